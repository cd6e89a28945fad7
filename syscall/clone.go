// SPDX-License-Identifier: GPL-2.0-only

package syscall

import (
	"github.com/nssim/nssim/sim"
	"github.com/nssim/nssim/syscall/uapi"
)

// MaxSetTid is how many levels of set_tid the model takes; the kernel takes 32.
const MaxSetTid = 8

// Clone is clone(2) and clone3(2): the flags without the exit signal, which has a
// field of its own. Of clone's flags the low byte is part of the signal and what does
// not fit into 32 bits is not looked at.
type Clone struct {
	Flags      uint64
	ExitSignal uint32
	SetTid     []int32 // innermost level first, at most MaxSetTid
	BadPidFD   bool    // the pointer for the pidfd faults
	BadStack   bool    // clone3's stack and its size contradict each other
	Clone3     bool    // CLONE_NEWTIME is a flag and not part of the signal
}

func (c Clone) start(x X) {
	if len(c.SetTid) > MaxSetTid {
		x.result(0, uapi.EINVAL)
		return
	}
	how := int64(0)
	if c.BadPidFD {
		how = cloneBadPidFD
	}
	if c.Clone3 {
		how |= clone3
		if c.BadStack {
			how |= cloneBadStack
		}
	} else {
		c.ExitSignal |= uint32(c.Flags & uapi.CSIGNAL)
		c.Flags &= legacyFlags
	}
	x.push(opClone, int64(c.Flags), int64(c.ExitSignal), how, int64(len(c.SetTid)))
	f := x.f()
	for i, tid := range c.SetTid {
		f.L[cloneTid+i/2] |= int64(uint32(tid)) << (32 * (i % 2))
	}
}

// Fork is fork(2). The child starts where the call returns, as a task of its own.
func (t T) Fork() (T, error) { return t.Clone(0, uapi.SIGCHLD) }

// Clone makes a process or thread (kernel/fork.c: kernel_clone, v6.19). EINVAL:
// flags that contradict each other; EPERM: no CAP_SYS_ADMIN over the owner of what
// is to be made; ENOSPC: a limit on nesting; ENOMEM: the pid namespace is dying.
func (t T) Clone(flags uint64, sig uapi.Signal) (T, error) {
	_, err := Do(t.M, t.ID, Clone{Flags: flags, ExitSignal: uint32(sig)})
	return T{t.M, sim.TaskID(t.M.Task(t.ID).Out[0])}, err
}

// Clone3 is Clone with everything that clone3(2) takes; it returns the pidfd too
// when CLONE_PIDFD asks for one.
func (t T) Clone3(c Clone) (child T, pidfd int, err error) {
	c.Clone3 = true
	_, err = Do(t.M, t.ID, c)
	k := t.M.Task(t.ID)
	return T{t.M, sim.TaskID(k.Out[0])}, int(int64(k.Out[1])) - 1, err
}

// Locals of clone.
const (
	cloneFlags = iota
	cloneSig
	cloneHow // cloneBadPidFD, clone3
	cloneNTid
	cloneChild
	cloneErr
	clonePid
	cloneTid                            // four locals, two tids each
	cloneVfork = cloneTid + MaxSetTid/2 // set until a vfork's child has let go of the memory
)

// Bits of cloneHow.
const (
	cloneBadPidFD = 1 << iota // the pointer for the pidfd faults
	clone3
	cloneBadStack
)

// cloneDone is the step that returns the child's number; only a vfork waits before it.
const cloneDone = 12

// Steps of clone that errors lead to.
const (
	cloneUnwindPid = cloneDone + 1 + iota
	cloneUnwindProxy
	cloneUnwindMM
	cloneUnwindCredNS
	cloneUnwindCred
	cloneUnwindTask
)

const cloneKnown = nsFlags | uapi.CLONE_NEWUSER | uapi.CLONE_VM | uapi.CLONE_FS | uapi.CLONE_FILES | uapi.CLONE_SIGHAND |
	uapi.CLONE_PIDFD | uapi.CLONE_PTRACE | uapi.CLONE_VFORK | uapi.CLONE_PARENT | uapi.CLONE_THREAD | uapi.CLONE_SYSVSEM |
	uapi.CLONE_SETTLS | uapi.CLONE_PARENT_SETTID | uapi.CLONE_CHILD_CLEARTID | uapi.CLONE_UNTRACED |
	uapi.CLONE_CHILD_SETTID | uapi.CLONE_IO | uapi.CLONE_CLEAR_SIGHAND

// legacyFlags are the flags that fit into clone(2); CLONE_DETACHED has no effect there.
const legacyFlags = 0xffffffff &^ uapi.CSIGNAL

// cloneNew71 are the flags that v7.1 brought.
const cloneNew71 = uapi.CLONE_AUTOREAP | uapi.CLONE_NNP | uapi.CLONE_PIDFD_AUTOKILL | uapi.CLONE_EMPTY_MNTNS

func init() {
	define(opClone, "clone",
		step{"copy_process", cloneCheck},
		step{"dup_task_struct", cloneDup},
		step{"copy_creds", cloneCreds},
		step{"set_cred_ucounts", cloneUCounts},
		step{"get_cred_namespaces", func(x X) { x.activeGet(x.child().cred().UserNS) }},
		step{"copy_mm", cloneShared},
		step{"copy_namespaces", cloneNamespaces},
		step{"nsproxy_ns_active_get", cloneActivate},
		step{"alloc_pid", cloneAllocPid},
		step{"pidfd_prepare", clonePidFD},
		step{"attach_pid", clonePublish},
		step{"wait_for_vfork_done", func(x X) {
			if x.f().L[cloneVfork] != 0 && !x.me().Has(sim.KillPending) {
				x.sleep()
			}
		}},
		step{"done", func(x X) { x.ret(x.f().Ret) }},
		// Errors come in from here on and fall through to the end.
		step{"free_pid", func(x X) {
			if p := sim.PidID(x.f().L[clonePid]); p != 0 {
				x.freePid(p)
			}
		}},
		step{"exit_nsproxy_namespaces", func(x X) {
			k := x.child().me()
			p := k.Proxy
			k.Proxy = 0
			if x.Cfg.Rules.Has(sim.ForkLeaksActive) && p != 0 && x.Proxy(p).Count == 1 {
				x.Proxy(p).Count = 0
				x.push(opFreeProxy, int64(p))
				return
			}
			x.putNSProxy(p)
		}},
		step{"mmput", func(x X) { x.child().dropShared() }},
		step{"exit_cred_namespaces", func(x X) {
			if !x.Cfg.Rules.Has(sim.ForkLeaksActive) {
				x.activePut(x.child().cred().UserNS)
			}
		}},
		step{"put_cred", func(x X) {
			k := x.child().me()
			c := k.Cred
			k.Cred = 0
			x.putCred(c)
		}},
		step{"delayed_free_task", func(x X) {
			f := x.f()
			child, e := sim.TaskID(f.L[cloneChild]), f.L[cloneErr]
			exec := x.Task(child).Exec
			x.Tasks.Free(int32(child))
			x.ret(e)
			x.putExecState(exec)
		}},
	)
}

// child is the task that the clone in progress is making.
func (x X) child() X { return X{x.Machine, sim.TaskID(x.f().L[cloneChild])} }

// cloneFail goes to the step that undoes what has been done so far.
func (x X) cloneFail(e uapi.Errno, step uint8) {
	x.f().L[cloneErr] = -int64(e)
	x.jump(step)
}

// cloneCheck makes the checks that come before anything is allocated; the first
// that matches decides the errno (kernel/fork.c: clone3_args_valid, kernel_clone,
// copy_process, v6.19).
func cloneCheck(x X) {
	f := x.f()
	if uint64(f.L[cloneFlags])&uapi.CLONE_EMPTY_MNTNS != 0 && !x.Cfg.Rules.Has(sim.NoCloneAutoreap) {
		f.L[cloneFlags] |= uapi.CLONE_NEWNS
	}
	fl, sig := uint64(f.L[cloneFlags]), uint64(f.L[cloneSig])
	e := x.clone3Check(fl, sig)
	if e == 0 {
		e = x.copyProcessCheck(fl, sig)
	}
	if e != 0 {
		x.fail(e)
	}
}

// clone3Check makes the checks of clone3's arguments, and that of the exit signal,
// which clone makes since v7.1.
func (x X) clone3Check(fl, sig uint64) uapi.Errno {
	known := uint64(legacyFlags)
	if x.f().L[cloneHow]&clone3 != 0 {
		known = cloneKnown | cloneNew71
		if x.Cfg.Rules.Has(sim.NoCloneAutoreap) {
			known = cloneKnown
		}
	}
	is3 := x.f().L[cloneHow]&clone3 != 0
	const sighand = uapi.CLONE_SIGHAND | uapi.CLONE_CLEAR_SIGHAND
	switch {
	case fl&^known != 0,
		is3 && fl&sighand == sighand,
		x.f().L[cloneHow]&cloneBadStack != 0,
		is3 && fl&(uapi.CLONE_THREAD|uapi.CLONE_PARENT) != 0 && sig != 0,
		sig > uapi.SIGRTMAX && (is3 || !x.Cfg.Rules.Has(sim.AnyExitSignal)):
		return uapi.EINVAL
	}
	return 0
}

func (x X) copyProcessCheck(fl, sig uint64) uapi.Errno {
	has := func(bits uint64) bool { return fl&bits == bits }
	any := func(bits uint64) bool { return fl&bits != 0 }
	leader := x.Task(x.me().Leader)
	switch {
	case has(uapi.CLONE_NEWNS | uapi.CLONE_FS), has(uapi.CLONE_NEWUSER | uapi.CLONE_FS):
		return uapi.EINVAL
	case any(uapi.CLONE_NEWUSER) && !x.mayCloneUserNS():
		return uapi.EPERM
	case any(uapi.CLONE_THREAD) && !any(uapi.CLONE_SIGHAND),
		any(uapi.CLONE_SIGHAND) && !any(uapi.CLONE_VM),
		any(uapi.CLONE_PARENT) && leader.Has(sim.Unkillable),
		any(uapi.CLONE_THREAD) && any(uapi.CLONE_NEWUSER|uapi.CLONE_NEWPID),
		any(uapi.CLONE_THREAD) && x.ActivePidNS(x.T) != x.Proxy(x.me().Proxy).NS[sim.SlotPid],
		has(uapi.CLONE_PIDFD | uapi.CLONE_DETACHED),
		any(uapi.CLONE_AUTOREAP) && (any(uapi.CLONE_THREAD|uapi.CLONE_PARENT) || sig != 0),
		any(uapi.CLONE_PARENT) && leader.Has(sim.AutoReap),
		any(uapi.CLONE_NNP) && any(uapi.CLONE_THREAD),
		any(uapi.CLONE_PIDFD_AUTOKILL) && (!has(uapi.CLONE_PIDFD|uapi.CLONE_AUTOREAP) || any(uapi.CLONE_THREAD)):
		return uapi.EINVAL
	case any(uapi.CLONE_PIDFD_AUTOKILL) && !any(uapi.CLONE_NNP) && !x.NSCapable(x.T, x.cred().UserNS, uapi.CAP_SYS_ADMIN):
		return uapi.EPERM
	}
	return 0
}

// mayCloneUserNS is Debian's check of kernel.unprivileged_userns_clone.
func (x X) mayCloneUserNS() bool {
	return !x.Cfg.Rules.Has(sim.UserNSClone) || x.NSCapable(x.T, x.InitUserNS(), uapi.CAP_SYS_ADMIN)
}

// cloneDup makes the embryo.
func cloneDup(x X) {
	f := x.f()
	fl := uint64(f.L[cloneFlags])
	if x.me().Has(sim.KillPending) {
		x.fail(uapi.EINTR) // to be restarted, if the task lived
		return
	}
	child := sim.TaskID(x.Tasks.New())
	k, p := x.Task(child), x.me()
	*k = sim.Task{State: sim.Embryo, Leader: child}
	k.Flags = p.Flags & sim.NoNewPrivs
	if fl&(uapi.CLONE_NNP) != 0 {
		k.Flags |= sim.NoNewPrivs
	}
	if fl&uapi.CLONE_AUTOREAP != 0 {
		k.Flags |= sim.AutoReap
	}
	f.L[cloneChild] = int64(child)
	if p.Exec == 0 {
		return
	}
	if fl&uapi.CLONE_VM != 0 {
		k.Exec = p.Exec
		x.ExecStates.At(int32(p.Exec)).Refs++
		return
	}
	e := x.ExecStates.New()
	ns := x.ExecStates.At(int32(p.Exec)).UserNS
	*x.ExecStates.At(e) = sim.TaskExecState{Refs: 1, UserNS: ns}
	x.Inc(ns)
	k.Exec = sim.ExecID(e)
}

// cloneCreds gives the child its credential: a thread shares its creator's.
func cloneCreds(x X) {
	f := x.f()
	fl := uint64(f.L[cloneFlags])
	child := x.child().me()
	if fl&uapi.CLONE_THREAD != 0 {
		if x.Cfg.Faults.Has(sim.ThreadReadsUnsetCred) {
			x.Warn(unsetCred, 0)
		}
		child.Cred = x.me().Cred
		x.Cred(child.Cred).Refs++
		return
	}
	child.Cred = x.prepareCreds()
	if fl&uapi.CLONE_NEWUSER != 0 {
		f.Ret = 0
		x.push(opCreateUserNS, int64(child.Cred))
	}
}

func cloneUCounts(x X) {
	f := x.f()
	if uint64(f.L[cloneFlags])&uapi.CLONE_NEWUSER == 0 {
		return
	}
	if f.Ret < 0 {
		x.cloneFail(uapi.Errno(-f.Ret), cloneUnwindCred)
		return
	}
	if e := x.injected(FailUCounts); e != 0 {
		x.cloneFail(e, cloneUnwindCred)
		return
	}
	x.setCredUCounts(x.child().me().Cred)
}

// cloneShared copies or shares descriptor table, file-system context, signal
// handlers and address space. A new address space remembers the user namespace that
// the parent's remembered, not the child's.
func cloneShared(x X) {
	fl := uint64(x.f().L[cloneFlags])
	k, p := x.child().me(), x.me()
	if k.Files = p.Files; fl&uapi.CLONE_FILES != 0 {
		x.FDs(p.Files).Users++
	} else {
		k.Files = x.CopyFDs(p.Files)
	}
	if k.FS = p.FS; fl&uapi.CLONE_FS != 0 {
		x.FS(p.FS).Users++
	} else {
		k.FS = sim.FSID(x.FSs.New())
		*x.FS(k.FS) = *x.FS(p.FS)
		x.FS(k.FS).Users = 1
	}
	if k.SigHand = p.SigHand; fl&uapi.CLONE_SIGHAND != 0 {
		x.SigHands.At(p.SigHand).Users++
	} else {
		k.SigHand = x.SigHands.New()
		*x.SigHands.At(k.SigHand) = *x.SigHands.At(p.SigHand)
		x.SigHands.At(k.SigHand).Users = 1
	}
	if k.MM = p.MM; p.MM == 0 {
		return
	}
	if fl&uapi.CLONE_VM != 0 {
		x.MM(p.MM).Users++
		return
	}
	k.MM = sim.MMID(x.MMs.New())
	mm := x.MM(k.MM)
	*mm = *x.MM(p.MM)
	mm.Users, mm.Count, mm.VMAs = 1, 1, 0
	if mm.Exe != 0 {
		x.getFile(mm.Exe)
	}
	if mm.UserNS != 0 {
		x.Inc(mm.UserNS)
	}
	x.copyVMAs(p.MM, k.MM)
}

// cloneNamespaces shares the parent's nsproxy or starts building one
// (kernel/nsproxy.c: copy_namespaces, v6.19). A pending time namespace forces a
// private one without any capability. The caller's credential is what counts, over
// the child's user namespace.
func cloneNamespaces(x X) {
	f := x.f()
	fl := uint64(f.L[cloneFlags])
	child := x.child().me()
	old := x.me().Proxy
	user := x.child().cred().UserNS
	f.Ret = 0
	if fl&nsFlags == 0 {
		p := x.Proxy(old)
		if fl&uapi.CLONE_VM != 0 || p.NS[sim.SlotTime] == p.NS[sim.SlotTimeForChildren] {
			p.Count++
			child.Proxy = old
			return
		}
	} else if !x.NSCapable(x.T, user, uapi.CAP_SYS_ADMIN) {
		x.cloneFail(uapi.EPERM, cloneUnwindMM)
		return
	}
	if fl&uapi.CLONE_NEWIPC != 0 && fl&uapi.CLONE_SYSVSEM != 0 {
		x.cloneFail(uapi.EINVAL, cloneUnwindMM)
		return
	}
	x.createNewNamespaces(fl&(nsFlags|uapi.CLONE_EMPTY_MNTNS), old, user, x.child().T)
}

func cloneActivate(x X) {
	f := x.f()
	child := x.child().me()
	switch {
	case f.Ret < 0:
		x.cloneFail(uapi.Errno(-f.Ret), cloneUnwindMM)
		return
	case child.Proxy != 0:
		return
	}
	child.Proxy = sim.ProxyID(f.Ret)
	fl := uint64(f.L[cloneFlags])
	x.enterMntNS(child.FS, child.Proxy, fl)
	if fl&uapi.CLONE_VM == 0 {
		x.timensOnFork(child.Proxy)
	}
	x.push(opActivateProxy, int64(child.Proxy))
}

// timensOnFork moves a new, not yet active nsproxy into its pending time namespace
// (kernel/time/namespace.c: timens_on_fork, v6.19).
func (x X) timensOnFork(p sim.ProxyID) {
	k := x.Proxy(p)
	old, now := k.NS[sim.SlotTime], k.NS[sim.SlotTimeForChildren]
	if old == now {
		return
	}
	x.Inc(now)
	k.NS[sim.SlotTime] = now
	x.Put(old) // never the last: the nsproxy it was copied from has one
}

// clonePidFD reserves a descriptor for the pidfd and writes it to user memory. EMFILE;
// EFAULT.
func clonePidFD(x X) {
	f := x.f()
	if uint64(f.L[cloneFlags])&uapi.CLONE_PIDFD == 0 {
		return
	}
	if f.L[cloneHow]&cloneBadPidFD != 0 {
		_, e := x.FDFree(x.me().Files, 0)
		if e == 0 {
			e = uapi.EFAULT
		}
		x.cloneFail(e, cloneUnwindPid)
		return
	}
	how := uint32(0)
	if uint64(f.L[cloneFlags])&uapi.CLONE_THREAD != 0 {
		how = uapi.PIDFD_THREAD
	}
	if uint64(f.L[cloneFlags])&uapi.CLONE_PIDFD_AUTOKILL != 0 {
		how |= uapi.PIDFD_AUTOKILL
	}
	fd, e := x.openPidfd(sim.PidID(f.L[clonePid]), how)
	if e != 0 {
		x.cloneFail(e, cloneUnwindPid)
		return
	}
	x.me().Out[1] = uint64(fd + 1)
}

// clonePublish makes the child visible: last look at whether its pid namespace still
// accepts processes and its parent still lives, then parent, group and session.
func clonePublish(x X) {
	f := x.f()
	pid := sim.PidID(f.L[clonePid])
	switch {
	case x.pidNSClosed(pid):
		x.cloneUnpublish(uapi.ENOMEM)
		return
	case x.me().Has(sim.KillPending):
		x.cloneUnpublish(uapi.EINTR)
		return
	}
	fl := uint64(f.L[cloneFlags])
	child := x.child().T
	k, p := x.Task(child), x.me()
	k.Pid = pid
	x.Pid(pid).Task = child
	x.Pid(pid).Uses++
	x.cloneParent(k, fl)
	if fl&uapi.CLONE_THREAD == 0 {
		lead := x.Task(p.Leader)
		k.Tgid, k.Pgid, k.Sid = pid, lead.Pgid, lead.Sid
		x.Pid(pid).Uses++
		x.Pid(k.Pgid).Uses++
		x.Pid(k.Sid).Uses++
		if x.UPids.At(x.Pid(pid).UPid).Nr == 1 {
			d := x.PidNSOf(x.PidNS(pid))
			d.Reaper, d.HadChild = child, true
			k.Flags |= sim.Unkillable
		}
		x.AddChild(k.Parent, child)
	}
	if fl&uapi.CLONE_VFORK != 0 {
		f.L[cloneVfork] = 1
	} else {
		x.jump(cloneDone)
	}
	k.State = sim.Running
	x.me().Out[0] = uint64(child)
	f.Ret = int64(x.PidNr(pid, x.ActivePidNS(x.T)))
}

// cloneParent settles who learns of the child's death, and how.
func (x X) cloneParent(k *sim.Task, fl uint64) {
	p := x.me()
	switch {
	case fl&uapi.CLONE_THREAD != 0:
		k.Leader, k.Parent, k.ExitSignal = p.Leader, p.Parent, 0
	case fl&uapi.CLONE_PARENT != 0:
		k.Parent, k.ExitSignal = p.Parent, x.Task(p.Leader).ExitSignal
		k.Flags |= p.Flags & sim.ExecedSinceFork
	default:
		k.Parent, k.ExitSignal = x.T, uint8(x.f().L[cloneSig])
	}
}

// cloneUnpublish undoes a clone that has reserved everything.
func (x X) cloneUnpublish(e uapi.Errno) {
	k := x.me()
	fd := int32(k.Out[1])
	k.Out[1] = 0
	x.cloneFail(e, cloneUnwindPid)
	if fd != 0 {
		x.fput(x.FDClear(k.Files, fd-1))
	}
}

// vforkDone lets the parent that waits for a vfork's child go on: the task gives its
// address space up (kernel/fork.c: mm_release, v6.19).
func (x X) vforkDone() {
	x.EachTask(func(t sim.TaskID, k *sim.Task) bool {
		if k.Top == 0 {
			return true
		}
		if f := x.Frame(k.Top); f.Op == opClone && f.L[cloneVfork] != 0 && sim.TaskID(f.L[cloneChild]) == x.T {
			f.L[cloneVfork] = 0
			x.Wake(t)
		}
		return true
	})
}

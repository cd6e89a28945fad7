// SPDX-License-Identifier: GPL-2.0-only

package syscall

import (
	"github.com/nssim/nssim/sim"
	"github.com/nssim/nssim/syscall/uapi"
)

// Execve is execve(2) of an ordinary binary: readable, without set-id bits or file
// capabilities.
type Execve struct{ Path string }

func (c Execve) start(x X) { x.push(opExecve, 0, 0, int64(x.Intern(c.Path))) }

// Execve replaces the program (fs/exec.c: bprm_execve, begin_new_exec, v6.19):
// other threads end, a pending time namespace is entered, descriptors marked
// close-on-exec are closed, capabilities are computed anew. ENOENT, EACCES: no such
// file, or nothing that can be executed.
func (t T) Execve(path string) error { return t.do(Execve{path}) }

// Locals of execve.
const (
	exCred = iota // the credential to be
	exFile        // the binary, opened with the old one
	exPath
)

// Steps of execve that others look for.
const (
	exWaitThreads = 3 // the other threads are ending
	exTakeLeader  = 4
	exMMap        = 7 // from here on, exec_update_lock is held
	exUnwind      = 14
)

func init() {
	define(opExecve, "execve",
		step{"do_open_execat", func(x X) {
			if e := x.mayExec(x.PathString(sim.PathID(x.f().L[exPath]))); e != 0 {
				x.fail(e)
			}
		}},
		step{"prepare_bprm_creds", func(x X) {
			c := x.prepareCreds()
			x.execCaps(x.Cred(c))
			x.f().L[exCred] = int64(c)
			x.f().L[exFile] = int64(x.newFile(sim.File{Kind: sim.FilePlain}))
		}},
		step{"de_thread", execKillThreads},
		step{"de_thread", execWaitThreads},
		step{"de_thread", execTakeLeader},
		step{"unshare_files", func(x X) {
			k := x.me()
			if x.FDs(k.Files).Users > 1 {
				n := x.CopyFDs(k.Files)
				x.FDs(k.Files).Users--
				k.Files = n
			}
		}},
		step{"do_close_on_exec", func(x X) {
			if !x.Cfg.Rules.Has(sim.ExecClosesLate) {
				execCloseOnExec(x)
			}
		}},
		step{"exec_mmap", execMMap},
		step{"exec_task_namespaces", func(x X) {
			k := x.me()
			x.f().Ret = 0
			if p := x.Proxy(k.Proxy); p.NS[sim.SlotTime] != p.NS[sim.SlotTimeForChildren] {
				x.createNewNamespaces(0, k.Proxy, x.cred().UserNS, x.T)
			}
		}},
		step{"switch_task_namespaces", func(x X) {
			if p := x.f().Ret; p != 0 {
				x.timensOnFork(sim.ProxyID(p))
				x.push(opSwitchNamespaces, p)
			}
		}},
		step{"unshare_sighand", execSigHand},
		step{"do_close_on_exec", func(x X) {
			if x.Cfg.Rules.Has(sim.ExecClosesLate) {
				execCloseOnExec(x)
			}
		}},
		step{"commit_creds", func(x X) {
			x.execDumpable()
			f := x.f()
			c := sim.CredID(f.L[exCred])
			f.L[exCred] = 0
			x.commitCreds(c)
		}},
		step{"setup_new_exec", func(x X) {
			x.wakeExecWaiters()
			x.ret(0)
		}},
		// Killed while the other threads were ending.
		step{"free_bprm", func(x X) {
			f := x.f()
			c, file := sim.CredID(f.L[exCred]), sim.FileID(f.L[exFile])
			x.fail(uapi.EAGAIN)
			x.putCred(c)
			x.fput(file)
		}},
	)
}

// execDumpable: execve of an ordinary binary makes the task dumpable again where
// the effective ids are the real ones, unless the new credential grants more.
func (x X) execDumpable() {
	c := x.cred()
	x.MM(x.me().MM).Dumpable = c.UID.Eff == c.UID.Real && c.GID.Eff == c.GID.Real
}

// execCaps computes the capabilities of an ordinary binary
// (security/commoncap.c: cap_bprm_creds_from_file, v6.19): root, as its user
// namespace maps it, gets what is bounded, anybody else what is ambient.
func (x X) execCaps(c *sim.Cred) {
	root := x.MakeID(x.UserNSOf(c.UserNS).UIDMap, 0)
	noroot := c.SecureBits&uapi.SECBIT_NOROOT != 0
	isRoot := root != sim.IDsUnmapped && !noroot && (c.UID.Eff == root || c.UID.Real == root)
	c.UID.Saved, c.UID.FS = c.UID.Eff, c.UID.Eff
	c.GID.Saved, c.GID.FS = c.GID.Eff, c.GID.Eff
	if isRoot {
		c.Permitted = c.Bounding | c.Inheritable
		c.Effective = 0
		if c.UID.Eff == root {
			c.Effective = c.Permitted
		}
		return
	}
	c.Permitted, c.Effective = c.Ambient, c.Ambient
}

func execKillThreads(x X) {
	x.killOthers()
}

// execWaitThreads sleeps until the group has no other member but perhaps its
// zombie leader.
func execWaitThreads(x X) {
	others := 0
	leader := x.me().Leader
	x.EachTask(func(t sim.TaskID, k *sim.Task) bool {
		if t != x.T && k.Leader == leader && k.State < sim.Dead && (t != leader || k.State != sim.Zombie) {
			others++
		}
		return true
	})
	switch {
	case others == 0:
	case x.me().Has(sim.KillPending):
		x.jump(exUnwind)
	default:
		x.sleep()
	}
}

// groupExecTask returns the thread of a group that is ending the others because of an
// execve, 0 for none (signal->group_exec_task).
func (x X) groupExecTask(leader sim.TaskID) sim.TaskID {
	return x.inExecve(leader, exWaitThreads, exTakeLeader)
}

// execLocked reports whether somebody holds the exec_update_lock of t's group.
func (x X) execLocked(t sim.TaskID) bool {
	return x.inExecve(x.Task(t).Leader, exMMap+1, exUnwind-1) != 0
}

// inExecve returns the thread of a group whose execve has one of these steps next.
func (x X) inExecve(leader sim.TaskID, from, to uint8) (found sim.TaskID) {
	x.EachTask(func(t sim.TaskID, k *sim.Task) bool {
		if k.Leader != leader || !k.Alive() {
			return true
		}
		for f := k.Top; f != 0; f = x.Frame(f).Prev {
			if o := x.Frame(f); o.Op == opExecve && o.Step >= from && o.Step <= to {
				found = t
			}
		}
		return found == 0
	})
	return found
}

// errExecBusy is what a step fails with that has to wait for the end of an execve and
// then to be done anew (down_read_killable of exec_update_lock). It is never returned to
// user mode; the value is the kernel's ERESTARTSYS.
const errExecBusy uapi.Errno = 512

// awaitExec returns errExecBusy while a task is in the part of execve that others must
// not look at, or EINTR if the caller has been killed while it waited.
func (x X) awaitExec(t sim.TaskID) uapi.Errno {
	x.me().ForExec = false
	switch {
	case x.Task(t).Leader == x.me().Leader || !x.execLocked(t):
		return 0
	case x.me().Has(sim.KillPending):
		return uapi.EINTR
	}
	return errExecBusy
}

// sleepForExec makes the running step wait.
func (x X) sleepForExec() {
	x.me().ForExec = true
	x.sleep()
}

// wakeExecWaiters lets those go on that wait for the end of an execve.
func (x X) wakeExecWaiters() {
	x.EachTask(func(t sim.TaskID, k *sim.Task) bool {
		if k.ForExec {
			k.ForExec = false
			x.Wake(t)
		}
		return true
	})
}

// execTakeLeader makes a thread that executes take over its dead leader's identity
// and release the leader (fs/exec.c: de_thread, v6.19).
func execTakeLeader(x X) {
	k := x.me()
	for c := k.Child; c != 0; c = x.Task(c).Sibling {
		x.Task(c).Flags |= sim.ExecedSinceFork
	}
	k.ExitSignal = uint8(uapi.SIGCHLD)
	k.Flags |= sim.Execed
	if k.Leader == x.T {
		return
	}
	old := k.Leader
	l := x.Task(old)
	k.Pid, l.Pid = l.Pid, k.Pid
	x.Pid(k.Pid).Task, x.Pid(l.Pid).Task = x.T, old
	k.Tgid, k.Pgid, k.Sid = l.Tgid, l.Pgid, l.Sid
	l.Tgid, l.Pgid, l.Sid = 0, 0, 0
	x.ReplaceChild(old, x.T)
	k.Flags |= l.Flags & (sim.SubReaper | sim.Unkillable | sim.AutoReap)
	k.Leader = x.T
	if ns := x.ActivePidNS(x.T); ns != 0 && x.PidNSOf(ns).Reaper == old {
		x.PidNSOf(ns).Reaper = x.T
	}
	l.Leader = x.T // a plain thread now, released like one
	l.State = sim.Dead
	x.push(opReleaseTask, int64(old))
}

// execSigHand gives the task signal handlers of its own (fs/exec.c: unshare_sighand,
// v6.19). What was ignored still is.
func execSigHand(x X) {
	h := x.me().SigHand
	if x.SigHands.At(h).Users == 1 {
		return
	}
	x.SigHands.At(h).Users--
	n := x.SigHands.New()
	*x.SigHands.At(n) = *x.SigHands.At(h)
	x.SigHands.At(n).Users = 1
	x.me().SigHand = n
}

// execMMap replaces the address space. The new one, or from v7.2 the task, pins
// the user namespace; the binary pins the credential that opened it.
func execMMap(x X) {
	f, k := x.f(), x.me()
	ns := x.cred().UserNS
	mm := sim.MMID(x.MMs.New())
	*x.MM(mm) = sim.MM{Users: 1, Count: 1, Exe: sim.FileID(f.L[exFile]), Dumpable: true}
	f.L[exFile] = 0
	x.vforkDone()
	old := k.MM
	k.MM = mm
	x.Inc(ns)
	if k.Exec != 0 {
		e := k.Exec
		k.Exec = sim.ExecID(x.ExecStates.New())
		*x.ExecStates.At(int32(k.Exec)) = sim.TaskExecState{Refs: 1, UserNS: ns}
		x.putExecState(e)
	} else {
		x.MM(mm).UserNS = ns
	}
	x.mmput(old)
}

func execCloseOnExec(x X) {
	table := x.me().Files
	fd, found := int32(0), false
	x.EachFD(table, func(n int32, _ sim.FileID) {
		if !found && x.FDCloExec(table, n) {
			fd, found = n, true
		}
	})
	if !found {
		return
	}
	x.again()
	x.fputSync(x.FDClear(table, fd))
}

func init() {
	define(opPutMM, "mmdrop_lazy_tlb", step{"mmdrop", func(x X) { x.mmdrop(sim.MMID(x.f().L[0])) }})
}

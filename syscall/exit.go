// SPDX-License-Identifier: GPL-2.0-only

package syscall

import (
	"github.com/nssim/nssim/sim"
	"github.com/nssim/nssim/syscall/uapi"
)

// ExitGroup is exit_group(2) and Exit is exit(2), which ends one thread.
type (
	ExitGroup struct{ Code int32 }
	Exit      struct{ Code int32 }
)

func (c ExitGroup) start(x X) {
	l := x.Task(x.me().Leader)
	if !l.Has(sim.GroupExiting) {
		l.ExitCode = uint8(c.Code)
		l.Flags |= sim.GroupExiting
	}
	x.killOthers()
	x.push(opDoExit)
}

func (c Exit) start(x X) { x.push(opDoExit, int64(uint8(c.Code))) }

// ExitGroup ends the process (kernel/exit.c: do_group_exit, v6.19).
func (t T) ExitGroup(code int) { _ = t.do(ExitGroup{int32(code)}) }

// Exit ends the calling thread; the code of the last one is the process's
// (kernel/exit.c: do_exit, synchronize_group_exit, v6.19).
func (t T) Exit(code int) { _ = t.do(Exit{int32(code)}) }

// killOthers makes SIGKILL pending on the other threads of the group
// (kernel/signal.c: zap_other_threads, v6.19).
func (x X) killOthers() {
	leader := x.me().Leader
	x.EachTask(func(t sim.TaskID, k *sim.Task) bool {
		if t != x.T && k.Leader == leader && k.Alive() && !k.Has(sim.Exiting) {
			k.Flags |= sim.KillPending
			x.Wake(t)
		}
		return true
	})
}

func init() {
	define(opDoExit, "do_exit",
		step{"exit_signals", exitSignals},
		step{"exit_mm", func(x X) { x.exitMM() }},
		step{"exit_files", func(x X) { x.exitFiles() }},
		step{"exit_fs", func(x X) { x.exitFS() }},
		step{"exit_nsproxy_namespaces", func(x X) { x.push(opSwitchNamespaces, 0) }},
		step{"exit_task_work", exitTaskWork},
		step{"exit_notify", func(x X) { x.push(opExitNotify) }},
	)
	define(opExitNotify, "exit_notify",
		step{"find_child_reaper", findChildReaper},
		step{"forget_original_parent", forgetOriginalParent},
		step{"release_task", releaseAutoreaped},
		step{"exit_notify", exitNotify},
	)
	define(opZapPidNS, "zap_pid_ns_processes",
		step{"disable_pid_allocation", zapStart},
		step{"kernel_wait4", zapReap},
		step{"schedule", zapWait},
	)
	define(opReleaseTask, "release_task",
		step{"__unhash_process", releaseUnhash},
		step{"proc_flush_pid", releaseFlush},
		step{"exit_cred_namespaces", func(x X) {
			x.activePut(x.TaskCred(sim.TaskID(x.f().L[relTask])).UserNS)
		}},
		step{"free_pids", releaseFreePids},
		step{"put_task_struct_rcu_user", releasePut},
	)
}

// exitSignals marks the task as exiting. A fatal signal or exit_group takes the
// other threads along; else the last thread's code, the frame's first local, is the
// process's.
func exitSignals(x X) {
	k := x.me()
	l := x.Task(k.Leader)
	switch {
	case !l.Has(sim.GroupExiting) && x.groupExecTask(k.Leader) != 0: // another thread execs
	case k.Has(sim.KillPending):
		if !l.Has(sim.GroupExiting) {
			l.Flags |= sim.GroupExiting | sim.KilledBySignal
			l.ExitCode = uint8(uapi.SIGKILL)
		}
		x.killOthers()
	case !l.Has(sim.GroupExiting) && !x.OtherThreadsAlive(x.T):
		l.Flags |= sim.GroupExiting
		l.ExitCode = uint8(x.f().L[0])
	}
	k.Flags |= sim.Exiting
	k.Flags &^= sim.KillPending
}

func (x X) exitMM() {
	x.vforkDone()
	k := x.me()
	mm := k.MM
	if mm == 0 {
		return
	}
	k.MM = 0
	if x.MM(mm).Dumpable {
		k.Flags |= sim.DumpableAtExit
	}
	// The CPU keeps the address space loaded until it runs another task.
	x.MM(mm).Count++
	x.Defer(sim.LazyTLB, 0, int32(mm))
	x.mmput(mm)
}

// mmput drops a user of an address space; the last one gives up mappings and
// executable, and with mm_count the user namespace (kernel/fork.c: mmput, v6.19).
func (x X) mmput(mm sim.MMID) {
	k := x.MM(mm)
	if k.Users--; k.Users > 0 {
		return
	}
	x.freeVMAs(mm)
	exe := k.Exe
	k.Exe = 0
	x.fput(exe)
	x.mmdrop(mm)
}

func (x X) mmdrop(mm sim.MMID) {
	k := x.MM(mm)
	if k.Count--; k.Count > 0 {
		return
	}
	ns := k.UserNS
	x.MMs.Free(int32(mm))
	x.putNS(ns)
}

func (x X) exitFiles() {
	k := x.me()
	table := k.Files
	if k.Files = 0; table == 0 {
		return
	}
	t := x.FDs(table)
	if t.Users--; t.Users == 0 {
		x.push(opCloseFiles, int64(table))
	}
}

func (x X) exitFS() {
	k := x.me()
	fs := k.FS
	if k.FS = 0; fs == 0 {
		return
	}
	x.putFS(fs)
}

// putFS drops a user of a file-system context.
func (x X) putFS(fs sim.FSID) {
	k := x.FS(fs)
	if k.Users--; k.Users == 0 {
		x.FSs.Free(int32(fs))
	}
}

// dropShared undoes what an unwound clone has copied or shared.
func (x X) dropShared() {
	k := x.me()
	if k.Files != 0 {
		if t := x.FDs(k.Files); t.Users > 1 {
			t.Users--
		} else {
			x.dropFiles(k.Files)
		}
	}
	if k.FS != 0 {
		x.putFS(k.FS)
	}
	x.putSigHand(k.SigHand)
	mm := k.MM
	k.Files, k.FS, k.SigHand, k.MM = 0, 0, 0, 0
	if mm == 0 {
		return
	}
	if m := x.MM(mm); m.Users > 1 {
		m.Users--
		return
	}
	// Never the last holder of anything: all was copied from the parent's.
	m := x.MM(mm)
	if m.Exe != 0 {
		x.File(m.Exe).Refs--
	}
	if m.UserNS != 0 {
		x.Put(m.UserNS)
	}
	x.freeVMAs(mm)
	x.MMs.Free(int32(mm))
}

func (x X) putSigHand(h int32) {
	if h == 0 {
		return
	}
	k := x.SigHands.At(h)
	if k.Users--; k.Users == 0 {
		x.SigHands.Free(h)
	}
}

// exitTaskWork releases what the task closed last, before its parent can see it as
// a zombie.
func exitTaskWork(x X) {
	f := x.TakeTaskWork(x.T)
	if f == 0 {
		return
	}
	x.again()
	x.push(opFPut, int64(f))
}

// findChildReaper passes the office of a dying child reaper to another thread, or
// ends the pid namespace (kernel/exit.c: find_child_reaper, v6.19).
func findChildReaper(x X) {
	ns := x.ActivePidNS(x.T)
	if ns == 0 {
		return
	}
	d := x.PidNSOf(ns)
	if d.Reaper != x.T {
		return
	}
	if t := x.aliveThread(x.T); t != 0 {
		d.Reaper = t
		return
	}
	if ns != x.Initial(uapi.PID_NS) {
		x.push(opZapPidNS, int64(ns))
	}
}

// aliveThread returns a thread of t's group that is not exiting, 0 for none.
func (x X) aliveThread(t sim.TaskID) (found sim.TaskID) {
	leader := x.Task(t).Leader
	x.EachTask(func(o sim.TaskID, k *sim.Task) bool {
		if o != t && k.Leader == leader && k.Alive() && !k.Has(sim.Exiting) {
			found = o
		}
		return found == 0
	})
	return found
}

// forgetOriginalParent gives the children to another thread of the group, the
// nearest subreaper in the same pid namespace, or the child reaper. A zombie is
// offered to its new parent again, which may make it vanish
// (kernel/exit.c: forget_original_parent, v6.19).
func forgetOriginalParent(x X) {
	if x.me().Child == 0 {
		return
	}
	heir := x.findNewReaper()
	sameGroup := x.Task(heir).Leader == x.me().Leader
	for child := x.me().Child; child != 0; child = x.me().Child {
		x.RemoveChild(child)
		x.reparent(child, heir)
		x.AddChild(heir, child)
		if !sameGroup && x.reparentLeader(child) {
			k, f := x.Task(child), x.f()
			k.State, k.LastChild = sim.Dead, sim.TaskID(f.L[0])
			f.L[0] = int64(child)
		}
	}
}

// reparent gives the threads of a process a new parent.
func (x X) reparent(child, heir sim.TaskID) {
	x.EachTask(func(t sim.TaskID, k *sim.Task) bool {
		if k.Leader == child && k.State < sim.Dead {
			k.Parent = heir
			if k.PDeathSig != 0 {
				_ = x.sendSignal(t, int32(k.PDeathSig), false) // may not be permitted
			}
		}
		return true
	})
}

// reparentLeader tells a new parent of a process that is dead already, and reports
// whether nobody wants to know (kernel/exit.c: reparent_leader, v6.19).
func (x X) reparentLeader(child sim.TaskID) bool {
	k := x.Task(child)
	k.ExitSignal = uint8(uapi.SIGCHLD)
	return k.State == sim.Zombie && x.Threads(child, true) == 0 && x.notifyParent(child)
}

// releaseAutoreaped releases the children that their new parent did not want, one a step.
// Dead as they are, and without children, they are chained by LastChild.
func releaseAutoreaped(x X) {
	f := x.f()
	child := sim.TaskID(f.L[0])
	if child == 0 {
		return
	}
	k := x.Task(child)
	f.L[0], k.LastChild = int64(k.LastChild), 0
	x.again()
	x.push(opReleaseTask, int64(child))
}

func (x X) findNewReaper() sim.TaskID {
	if t := x.aliveThread(x.T); t != 0 {
		return t
	}
	level := x.pidLevel(x.T)
	for p := x.me().Parent; p != 0 && x.pidLevel(p) == level; p = x.Task(p).Parent {
		k := x.Task(p)
		if !x.Task(k.Leader).Has(sim.SubReaper) {
			continue
		}
		if k.Alive() && !k.Has(sim.Exiting) {
			return p
		}
		if t := x.aliveThread(p); t != 0 {
			return t
		}
	}
	return x.PidNSOf(x.ActivePidNS(x.T)).Reaper
}

func (x X) pidLevel(t sim.TaskID) int32 {
	ns := x.ActivePidNS(t)
	if ns == 0 {
		return -1
	}
	return x.PidNSOf(ns).Level
}

// notifyParent tells the parent of a dead process and reports whether the parent
// does not want to know, so that the process reaps itself
// (kernel/signal.c: do_notify_parent, v6.19).
func (x X) notifyParent(t sim.TaskID) (autoreap bool) {
	k := x.Task(t)
	p := k.Parent
	sig := k.ExitSignal
	if k.Has(sim.ExecedSinceFork) {
		sig = uint8(uapi.SIGCHLD)
	}
	if p == 0 {
		return true
	}
	h := x.Task(x.Task(p).Leader).SigHand
	if sig == uint8(uapi.SIGCHLD) && h != 0 && x.SigHands.At(h).ChldIgnored {
		autoreap = true
	}
	if k.Has(sim.AutoReap) {
		autoreap, sig = true, 0
	}
	if sig != 0 && sig != uint8(uapi.SIGCHLD) {
		x.Signal(p, uapi.Signal(sig), false)
	}
	x.wakeGroup(p)
	return autoreap
}

// wakeGroup wakes the threads of p's group, which may wait for a child.
func (x X) wakeGroup(p sim.TaskID) {
	leader := x.Task(p).Leader
	x.EachTask(func(t sim.TaskID, k *sim.Task) bool {
		if k.Leader == leader {
			x.Wake(t)
		}
		return true
	})
}

// wakeExecTask wakes the thread of a group that waits in execve for the others to end.
func (x X) wakeExecTask(leader sim.TaskID) {
	if t := x.groupExecTask(leader); t != 0 {
		x.Wake(t)
	}
}

// exitNotify makes the task a zombie, or releases it if nobody will ask.
func exitNotify(x X) {
	k := x.me()
	leader := k.Leader == x.T
	autoreap := !leader
	if leader && x.Threads(x.T, true) == 0 {
		autoreap = x.notifyParent(x.T)
	}
	k.State = sim.Zombie
	for k.Top != 0 { // do_exit does not return
		f := k.Top
		k.Top = x.Frame(f).Prev
		x.Frames.Free(int32(f))
	}
	k.Ret = 0
	if autoreap {
		k.State = sim.Dead // it goes on just to release itself
		x.push(opReleaseTask, int64(x.T))
	}
	x.wakeExecTask(k.Leader)
}

// zapStart closes the namespace and kills everything in it, descendants included
// (kernel/pid_namespace.c: zap_pid_ns_processes, v6.19).
func zapStart(x X) {
	ns := sim.NS(x.f().L[0])
	x.PidNSOf(ns).Closed = true
	h := x.SigHands.At(x.Task(x.me().Leader).SigHand)
	h.ChldIgnored = true
	x.EachTask(func(t sim.TaskID, k *sim.Task) bool {
		if t != x.T && k.Alive() && k.Pid != 0 && x.PidNr(k.Pid, ns) != 0 && k.Leader != x.me().Leader {
			x.Signal(t, uapi.SIGKILL, true)
		}
		return true
	})
}

// zapReap waits for the dying init's children.
func zapReap(x X) {
	child, any := x.findZombie(waitAll, 0, uapi.WALL|uapi.WEXITED)
	switch {
	case child != 0:
		x.Task(child).State = sim.Dead
		x.again()
		x.push(opReleaseTask, int64(child))
	case any:
		x.sleep()
	}
}

// zapWait sleeps until only the init's own numbers are left: members whose parent
// lives outside have to be reaped by that parent first.
func zapWait(x X) {
	ns := sim.NS(x.f().L[0])
	own := int32(1)
	if x.me().Leader != x.T {
		own = 2
	}
	if x.PidNSOf(ns).Count > own {
		x.sleep()
	}
}

// Locals of release_task.
const (
	relTask  = iota
	relPids  // four struct pids of which the task was the last user
	relZap   = relPids + 4
	relSelf  = relZap + 1  // itself, while it goes on to release its leader
	relFlush = relSelf + 1 // the struct pid whose entries in procfs go
)

// releaseUnhash takes the task out of the process table. When it was the last
// other thread of a group whose leader is a zombie, the leader's parent learns of
// the leader's death now.
func releaseUnhash(x X) {
	f := x.f()
	t := sim.TaskID(f.L[relTask])
	k := x.Task(t)
	pid := k.Pid
	k.State = sim.Dead
	k.Pid = 0
	x.holdForFlush(pid)
	if x.Pid(pid).Task == t {
		x.Pid(pid).Task = 0
	}
	if x.detachPid(pid) {
		f.L[relPids] = int64(pid)
	}
	if k.Leader == t {
		x.RemoveChild(t)
		for i, p := range []sim.PidID{k.Tgid, k.Pgid, k.Sid} {
			if x.detachPid(p) {
				f.L[relPids+1+i] = int64(p)
			}
		}
		k.Tgid, k.Pgid, k.Sid = 0, 0, 0
	}
	x.putSigHand(k.SigHand)
	k.SigHand = 0
	leader := k.Leader
	x.wakeExecTask(leader)
	if leader != t && x.Task(leader).State == sim.Zombie && x.Threads(leader, true) == 0 {
		if x.notifyParent(leader) {
			x.Task(leader).State = sim.Dead
			f.L[relZap] = int64(leader)
		}
	}
	if p := k.Parent; p != 0 && x.TaskLive(p) {
		x.wakeGroup(p)
	}
}

// holdForFlush keeps the struct pid of the task that is being released until its entries in
// procfs are gone: others may give up the last use of it meanwhile.
func (x X) holdForFlush(p sim.PidID) {
	x.f().L[relFlush] = int64(p)
	if !x.Cfg.Faults.Has(sim.PidFreedBeforeFlush) {
		x.Pid(p).Refs++
	}
}

func releaseFlush(x X) {
	f := x.f()
	p := sim.PidID(f.L[relFlush])
	if f.L[relFlush] = 0; !x.Pids.Live(int32(p)) {
		x.Warn(flushedFreedPid, 0)
	}
	if !x.Cfg.Faults.Has(sim.PidFreedBeforeFlush) {
		x.putPid(p)
	}
}

func releaseFreePids(x X) {
	f := x.f()
	for i := 3; i >= 0; i-- {
		if p := sim.PidID(f.L[relPids+i]); p != 0 {
			f.L[relPids+i] = 0
			x.again()
			x.freePid(p)
			return
		}
	}
}

// releasePut leaves the record to RCU, and goes on with the group's leader if this
// was the last thread and nobody waits for the leader.
func releasePut(x X) {
	f := x.f()
	t, z, self := f.L[relTask], f.L[relZap], f.L[relSelf]
	if z == 0 {
		x.Defer(sim.RCUPutTask, 0, int32(t))
		if self != 0 {
			x.Defer(sim.RCUPutTask, 0, int32(self))
		}
		return
	}
	*f = sim.Frame{Op: f.Op, Prev: f.Prev}
	f.L[relTask] = z
	if t == int64(x.T) {
		f.L[relSelf] = t
	} else {
		x.Defer(sim.RCUPutTask, 0, int32(t))
	}
}

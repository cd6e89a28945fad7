// SPDX-License-Identifier: GPL-2.0-only

package syscall

import (
	"math"

	"github.com/nssim/nssim/sim"
	"github.com/nssim/nssim/syscall/uapi"
)

// Disposition says what a signal does. The model has no handlers.
type Disposition uint8

// The dispositions, with the values that C gives them.
const (
	SigDfl Disposition = iota // SIG_DFL
	SigIgn                    // SIG_IGN
)

// Kill is kill(2), Tgkill is tgkill(2), Signal is sigaction(2) without a handler.
type (
	Kill   struct{ Pid, Sig int32 }
	Tgkill struct{ Tgid, Tid, Sig int32 }
	Signal struct {
		Sig         int32
		Disposition Disposition
	}
)

func (c Kill) start(x X)   { x.push(opKill, int64(c.Pid), int64(c.Sig)) }
func (c Tgkill) start(x X) { x.push(opTgkill, int64(c.Tgid), int64(c.Tid), int64(c.Sig)) }
func (c Signal) start(x X) { x.push(opSigaction, int64(c.Sig), int64(c.Disposition)) }

// Kill sends a signal to a process, to a process group (pid 0 is the caller's, -n is
// n's), or with -1 to all that the caller may signal but its pid namespace's init and
// itself (kernel/signal.c: kill_something_info, v6.19). Pids are numbers in the
// caller's active pid namespace. ESRCH: there is none; EINVAL: no such signal; EPERM:
// none of them may be signalled. Stop signals are accepted and stop nothing.
func (t T) Kill(pid int, sig uapi.Signal) error { return t.do(Kill{int32(pid), int32(sig)}) }

// Tgkill sends a signal to one thread (kernel/signal.c: do_send_specific, v6.19); one
// that kills, kills the whole process. EINVAL: a pid below 1, or no such signal; ESRCH:
// there is no such thread in that process; EPERM: it may not be signalled.
func (t T) Tgkill(tgid, tid int, sig uapi.Signal) error {
	return t.do(Tgkill{int32(tgid), int32(tid), int32(sig)})
}

// Signal sets what a signal does (kernel/signal.c: do_sigaction, v6.19). Ignoring
// SIGCHLD makes children that die from then on reap themselves; zombies that are
// there stay. EINVAL: no such signal, or SIGKILL or SIGSTOP.
func (t T) Signal(sig uapi.Signal, d Disposition) error { return t.do(Signal{int32(sig), d}) }

func init() {
	define(opKill, "kill", step{"kill_something_info", func(x X) {
		f := x.f()
		x.done(0, x.killSomething(int32(f.L[0]), int32(f.L[1])))
	}})
	define(opTgkill, "tgkill", step{"do_send_specific", func(x X) {
		f := x.f()
		x.done(0, x.sendSpecific(int32(f.L[0]), int32(f.L[1]), int32(f.L[2])))
	}})
	define(opSigaction, "rt_sigaction", step{"do_sigaction", func(x X) {
		f := x.f()
		x.done(0, x.sigaction(int32(f.L[0]), Disposition(f.L[1])))
	}})
}

func (x X) killSomething(pid, sig int32) uapi.Errno {
	switch {
	case pid > 0:
		return x.killPid(x.FindPid(pid, x.ActivePidNS(x.T)), sig)
	case pid == math.MinInt32:
		return uapi.ESRCH
	case pid == -1:
		return x.killAll(sig)
	case pid == 0:
		return x.killGroup(x.Task(x.me().Leader).Pgid, sig)
	}
	return x.killGroup(x.FindPid(-pid, x.ActivePidNS(x.T)), sig)
}

// killPid signals the process of the task that has p for its pid, be it a thread
// (kernel/signal.c: kill_pid_info_type, v6.19).
func (x X) killPid(p sim.PidID, sig int32) uapi.Errno {
	if p == 0 || !x.attached(x.Pid(p).Task) {
		return uapi.ESRCH
	}
	return x.sendSignal(x.Pid(p).Task, sig, false)
}

// killGroup signals a process group: one success is success, else the last error
// counts (kernel/signal.c: __kill_pgrp_info, v6.19).
func (x X) killGroup(pgid sim.PidID, sig int32) uapi.Errno {
	if pgid == 0 {
		return uapi.ESRCH
	}
	last, sent := uapi.ESRCH, false
	x.EachTask(func(t sim.TaskID, k *sim.Task) bool {
		if k.Leader == t && k.Pgid == pgid && x.attached(t) {
			last = x.sendSignal(t, sig, false)
			sent = sent || last == 0
		}
		return true
	})
	if sent {
		return 0
	}
	return last
}

// killAll signals every process that the caller sees except pid 1 and its own. EPERM
// is no error here as long as there was any process. In the initial pid namespace
// there always is: kernel threads take any signal, with no effect.
func (x X) killAll(sig int32) (e uapi.Errno) {
	ns := x.ActivePidNS(x.T)
	found := ns == x.Initial(uapi.PID_NS)
	if found && !validSignal(sig) {
		e = uapi.EINVAL
	}
	x.EachTask(func(t sim.TaskID, k *sim.Task) bool {
		if k.Leader != t || t == x.me().Leader || !x.attached(t) || x.PidNr(k.Pid, ns) <= 1 {
			return true
		}
		found = true
		if err := x.sendSignal(t, sig, false); err != uapi.EPERM {
			e = err
		}
		return true
	})
	if !found {
		return uapi.ESRCH
	}
	return e
}

func (x X) sendSpecific(tgid, tid, sig int32) uapi.Errno {
	if tgid <= 0 || tid <= 0 {
		return uapi.EINVAL
	}
	t := x.FindTask(tid, x.ActivePidNS(x.T))
	if !x.attached(t) || x.tgidOf(t) != int64(tgid) {
		return uapi.ESRCH
	}
	return x.sendSignal(t, sig, true)
}

func validSignal(sig int32) bool { return sig >= 0 && sig <= uapi.SIGRTMAX }

// attached reports whether t is a task with a pid: published by its clone, and not
// yet released.
func (x X) attached(t sim.TaskID) bool {
	if t == 0 || !x.TaskLive(t) {
		return false
	}
	k := x.Task(t)
	return k.Pid != 0 && k.State < sim.Dead
}

// sendSignal checks that the caller may signal t and makes the signal pending on t's
// process, or on t alone (kernel/signal.c: group_send_sig_info, send_signal_locked,
// v6.19). EINVAL: no such signal; EPERM: not permitted. Signal 0 checks only; a zombie
// takes any signal without effect. To an init, only SIGKILL and SIGSTOP get through,
// and only from a task that has no number in the init's pid namespace.
func (x X) sendSignal(t sim.TaskID, sig int32, thread bool) uapi.Errno {
	k := x.Task(t)
	switch {
	case !validSignal(sig):
		return uapi.EINVAL
	case !x.mayKill(t, sig):
		return uapi.EPERM
	case thread && (!k.Alive() || k.Has(sim.Exiting)):
		return 0
	}
	outside := x.PidNr(x.me().Pid, x.ActivePidNS(t)) == 0
	x.Signal(t, uapi.Signal(sig), outside && (sig == uapi.SIGKILL || sig == uapi.SIGSTOP))
	return 0
}

// mayKill is check_kill_permission() for a signal from user space: always within a
// process; the caller's real or effective uid is the target's real or saved one;
// CAP_KILL over the target's user namespace; SIGCONT within a session.
func (x X) mayKill(t sim.TaskID, sig int32) bool {
	l, mine := x.Task(t).Leader, x.me().Leader
	if l == mine {
		return true
	}
	me, them := x.cred().UID, x.TaskCred(t).UID
	if me.Eff == them.Saved || me.Eff == them.Real || me.Real == them.Saved || me.Real == them.Real {
		return true
	}
	if x.NSCapable(x.T, x.UserNS(t), uapi.CAP_KILL) {
		return true
	}
	return sig == uapi.SIGCONT && x.Task(l).Sid == x.Task(mine).Sid
}

func (x X) sigaction(sig int32, d Disposition) uapi.Errno {
	if !validSignal(sig) || sig == 0 || sig == uapi.SIGKILL || sig == uapi.SIGSTOP {
		return uapi.EINVAL
	}
	h := x.SigHands.At(x.me().SigHand)
	h.Ignored &^= 1 << (sig - 1)
	if d == SigIgn {
		h.Ignored |= 1 << (sig - 1)
	}
	if sig == uapi.SIGCHLD {
		h.ChldIgnored = d == SigIgn
	}
	return 0
}

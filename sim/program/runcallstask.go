// SPDX-License-Identifier: GPL-2.0-only

package program

import (
	"math"

	"github.com/nssim/nssim/sim"
	"github.com/nssim/nssim/syscall"
	"github.com/nssim/nssim/syscall/uapi"
)

// The calls that make, end, signal and name tasks.
func init() {
	define(map[string]callSpec{
		"fork":  {build: func(*args) syscall.Call { return syscall.Clone{ExitSignal: uapi.SIGCHLD} }},
		"vfork": {build: buildVfork},
		"clone": {build: buildClone},
		"clone3": {build: buildClone3, outs: func(a *args) {
			s := a.structure(0)
			if fd := a.outs()[1]; fd != 0 {
				a.bindExpr(s.expr("pidfd"), a.r.fdValue(a.t, int32(fd-1)))
			}
		}},
		"unshare":    {build: func(a *args) syscall.Call { return syscall.Unshare{Flags: a.flags(0)} }},
		"setns":      {build: func(a *args) syscall.Call { return syscall.Setns{FD: a.fd(0), Flags: a.flags(1)} }},
		"exit_group": {build: func(a *args) syscall.Call { return syscall.ExitGroup{Code: a.int32(0)} }},
		"exit":       {build: func(a *args) syscall.Call { return syscall.Exit{Code: a.int32(0)} }},
		"wait4": {build: buildWait4, value: reapedTask, outs: func(a *args) {
			a.bindOut(1, Val{Kind: WaitStatus, N: a.out0()})
		}},
		"waitid": {build: buildWaitID, outs: func(a *args) {
			a.bindOut(2, Val{Kind: WaitStatus, N: a.out0()})
		}},
		"execve": {build: func(a *args) syscall.Call { return syscall.Execve{Path: a.str(0)} }},
		"kill":   {build: func(a *args) syscall.Call { return syscall.Kill{Pid: a.pid(0), Sig: a.int32(1)} }},
		"tgkill": {build: func(a *args) syscall.Call {
			return syscall.Tgkill{Tgid: a.pid(0), Tid: a.pid(1), Sig: a.int32(2)}
		}},
		"pidfd_send_signal": {build: func(a *args) syscall.Call {
			return syscall.PidfdSendSignal{PidFD: a.fd(0), Sig: a.int32(1)}
		}},
		"signal": {build: buildSignal},
		"pause":  {build: func(*args) syscall.Call { return syscall.Pause{} }},
		"prctl":  {build: buildPrctl},
		"getpid": {build: func(*args) syscall.Call { return syscall.Getpid{} }, value: func(a *args, ret int64) Val {
			return a.taskVal(a.r.m.Task(a.t).Leader, ret)
		}},
		"gettid": {build: func(*args) syscall.Call { return syscall.Gettid{} }, value: func(a *args, ret int64) Val {
			return a.taskVal(a.t, ret)
		}},
		"getppid": {build: func(*args) syscall.Call { return syscall.Getppid{} }, value: parentTask},
		"setsid": {build: func(*args) syscall.Call { return syscall.Setsid{} }, value: func(a *args, ret int64) Val {
			return a.taskVal(a.r.m.Task(a.t).Leader, ret)
		}},
		"pidfd_open": {build: func(a *args) syscall.Call {
			return syscall.PidfdOpen{Pid: a.pid(0), Flags: a.u32Or(1, 0)}
		}},
		"pidfd_getfd": {build: func(a *args) syscall.Call {
			return syscall.PidfdGetfd{PidFD: a.fd(0), FD: a.targetFD(a.fd(0), 1)}
		}},
	})
}

func buildVfork(*args) syscall.Call {
	return syscall.Clone{Flags: uapi.CLONE_VFORK | uapi.CLONE_VM, ExitSignal: uapi.SIGCHLD}
}

// buildClone takes the exit signal out of the flags; where there is none, it is the one
// that fork uses.
func buildClone(a *args) syscall.Call {
	flags := a.flags(0)
	c := syscall.Clone{Flags: flags &^ uapi.CSIGNAL, ExitSignal: uint32(flags & uapi.CSIGNAL)}
	if c.ExitSignal == 0 && flags&uapi.CLONE_THREAD == 0 {
		c.ExitSignal = uapi.SIGCHLD
	}
	return c
}

// buildClone3 takes the fields that matter here; stacks, thread areas and the cgroup to
// start in do not.
func buildClone3(a *args) syscall.Call {
	s := a.structure(0)
	c := syscall.Clone{
		Flags: s.numOr("flags", 0), Clone3: true,
		ExitSignal: uint32(min(s.numOr("exit_signal", 0), math.MaxUint32)), // which is no signal either
		BadStack:   (s.numOr("stack", 0) == 0) != (s.numOr("stack_size", 0) == 0),
	}
	switch s.expr("pidfd").(type) {
	case *Out, *Blank:
	default: // a null pointer, or an address that is not the program's
		c.BadPidFD = true
	}
	for _, x := range s.list("set_tid") {
		c.SetTid = append(c.SetTid, int32(a.r.number(a.r.eval(x, a.e), x, a.e)))
	}
	return c
}

// buildWait4 splits the pid as wait4(2) does.
func buildWait4(a *args) syscall.Call {
	pid := a.pid(0)
	c := syscall.Wait{Which: uapi.P_PID, ID: pid, Options: a.u32Or(2, 0)}
	switch {
	case pid == -1:
		c.Which = uapi.P_ALL
	case pid <= 0:
		c.Which, c.ID = uapi.P_PGID, -pid
	}
	return c
}

func buildWaitID(a *args) syscall.Call {
	c := syscall.Wait{Which: a.int32(0), Options: a.u32Or(3, uapi.WEXITED), WaitID: true}
	if c.Which == uapi.P_PIDFD {
		c.ID = a.fd(1)
	} else {
		c.ID = a.pid(1)
	}
	return c
}

// reapedTask is the task that wait4 has returned; with WNOHANG there may be none.
func reapedTask(a *args, ret int64) Val {
	if ret == 0 {
		return number64(0)
	}
	return a.taskVal(sim.TaskID(a.outs()[1]), ret)
}

// parentTask is the process that getppid has returned, if the caller sees it.
func parentTask(a *args, ret int64) Val {
	p := a.r.m.Task(a.r.m.Task(a.t).Leader).Parent
	if ret == 0 || p == 0 {
		return number64(ret)
	}
	return a.taskVal(a.r.m.Task(p).Leader, ret)
}

func buildSignal(a *args) syscall.Call {
	how := a.flags(1)
	if how > uint64(syscall.SigIgn) {
		a.r.bad(a.expr(1).Pos(), clip(a.expr(1).String()), "SIG_IGN or SIG_DFL", "there are no handlers")
	}
	return syscall.Signal{Sig: a.int32(0), Disposition: syscall.Disposition(how)}
}

func buildPrctl(a *args) syscall.Call {
	c := syscall.Prctl{Option: a.int32(0)}
	for i := range c.Args {
		c.Args[i] = a.numOr(i+1, 0)
	}
	return c
}

// targetFD is argument i as a descriptor of the process of a pidfd.
func (a *args) targetFD(pidfd int32, i int) int32 {
	v := a.val(i)
	if v.Kind != Descriptor {
		return a.fd(i)
	}
	if t := a.r.pidfdTask(a.r.m.FDGet(a.r.m.Task(a.t).Files, pidfd)); t != 0 {
		a.r.checkFD(v, a.expr(i), env{task: t})
	}
	return int32(v.N)
}

// pidfdTask returns the task of an open pidfd, 0 if it is none or the task is gone.
func (r *Runner) pidfdTask(f sim.FileID) sim.TaskID {
	if f == 0 || r.m.File(f).Kind != sim.FilePidFD {
		return 0
	}
	return r.m.Pid(sim.PidID(r.m.File(f).Obj)).Task
}

// SPDX-License-Identifier: GPL-2.0-only

package syscall

import (
	"github.com/nssim/nssim/sim"
	"github.com/nssim/nssim/syscall/uapi"
)

// Wait is wait4(2) and waitid(2): Which is one of the P_* constants; ID a pid as the
// caller numbers it, a process group, or a descriptor of a pidfd.
type Wait struct {
	Which   int32
	ID      int32
	Options uint32
	WaitID  bool // waitid's checks of the options, and 0 for the result
}

const (
	waitAll  = uapi.P_ALL
	waitPid  = uapi.P_PID
	waitPgid = uapi.P_PGID
)

const wait4Options = uapi.WNOHANG | uapi.WUNTRACED | uapi.WCONTINUED | uapi.WNOTHREAD | uapi.WCLONE | uapi.WALL

func (c Wait) start(x X) {
	if c.WaitID {
		known := uint32(uapi.WNOHANG | uapi.WNOWAIT | uapi.WEXITED | uapi.WSTOPPED | uapi.WCONTINUED | uapi.WNOTHREAD | uapi.WCLONE | uapi.WALL)
		if c.Options&^known != 0 || c.Options&(uapi.WEXITED|uapi.WSTOPPED|uapi.WCONTINUED) == 0 {
			x.result(0, uapi.EINVAL)
			return
		}
	} else if c.Options&^wait4Options != 0 {
		x.result(0, uapi.EINVAL)
		return
	}
	which, id, how, e := x.waitTarget(c)
	if e != 0 {
		x.result(0, e)
		return
	}
	if how&waitNonblock != 0 {
		c.Options |= uapi.WNOHANG
	}
	if c.WaitID {
		how |= waitID
	} else {
		c.Options |= uapi.WEXITED
	}
	x.push(opWait, int64(which), int64(id), int64(c.Options), how)
}

// Bits of the fourth local of do_wait.
const (
	waitID       = 1 << iota // waitid: the result is 0
	waitNonblock             // through a pidfd with PIDFD_NONBLOCK: EAGAIN
)

// waitTarget turns the arguments into a kind and a struct pid. A pidfd may ask not to
// sleep.
func (x X) waitTarget(c Wait) (which int32, pid sim.PidID, how int64, e uapi.Errno) {
	ns := x.ActivePidNS(x.T)
	switch c.Which {
	case uapi.P_ALL:
		return waitAll, 0, 0, 0
	case uapi.P_PID:
		if c.WaitID && c.ID <= 0 {
			return 0, 0, 0, uapi.EINVAL
		}
		return waitPid, x.FindPid(c.ID, ns), 0, 0
	case uapi.P_PGID:
		switch {
		case c.ID < 0 && c.WaitID:
			return 0, 0, 0, uapi.EINVAL
		case c.ID < 0: // wait4 of the least number
			return 0, 0, 0, uapi.ESRCH
		case c.ID == 0:
			return waitPgid, x.Task(x.me().Leader).Pgid, 0, 0
		}
		return waitPgid, x.FindPid(c.ID, ns), 0, 0
	case uapi.P_PIDFD:
		if c.ID < 0 {
			return 0, 0, 0, uapi.EINVAL
		}
		pid, f, e := x.pidfdPid(c.ID)
		if e == 0 && x.File(f).Flags&uapi.PIDFD_NONBLOCK != 0 && c.Options&uapi.WNOHANG == 0 {
			how = waitNonblock
		}
		return waitPid, pid, how, e
	}
	return 0, 0, 0, uapi.EINVAL
}

// Wait4 waits for child pid (0 or less as in wait4(2)) to exit, reaps it and
// returns it with its wait status (kernel/exit.c: kernel_wait4, v6.19). ECHILD:
// there is no such child; a task with status 0 and no error comes with WNOHANG.
func (t T) Wait4(pid int, options uint32) (T, uapi.WaitStatus, error) {
	c := Wait{Which: uapi.P_PID, ID: int32(pid), Options: options}
	switch {
	case pid == -1:
		c.Which = uapi.P_ALL
	case pid <= 0:
		c.Which, c.ID = uapi.P_PGID, int32(-pid)
	}
	return t.wait(c)
}

// WaitTask is Wait4 for a task that the caller holds a T of.
func (t T) WaitTask(child T) (uapi.WaitStatus, error) {
	_, status, err := t.Wait4(child.PidIn(t), 0)
	return status, err
}

// PidIn returns the task's pid as another task's pid namespace numbers it, 0 if it
// has none there.
func (t T) PidIn(o T) int {
	return int(t.M.PidNr(t.M.Task(t.ID).Pid, t.M.ActivePidNS(o.ID)))
}

// WaitID is waitid(2); with WNOWAIT the child stays a zombie.
func (t T) WaitID(which, id int, options uint32) (T, uapi.WaitStatus, error) {
	return t.wait(Wait{Which: int32(which), ID: int32(id), Options: options, WaitID: true})
}

func (t T) wait(c Wait) (T, uapi.WaitStatus, error) {
	_, err := Do(t.M, t.ID, c)
	k := t.M.Task(t.ID)
	return T{t.M, sim.TaskID(k.Out[1])}, uapi.WaitStatus(k.Out[0]), err
}

// Pause is pause(2): it sleeps until a signal ends the task.
type Pause struct{}

func (Pause) start(x X) { x.push(opPause) }

func init() {
	define(opWait, "do_wait",
		step{"wait_consider_task", waitConsider},
		step{"wait_task_zombie", func(x X) {
			f := x.f()
			if child := f.L[4]; child != 0 {
				x.push(opReleaseTask, child)
			}
		}},
		step{"done", func(x X) { x.ret(x.f().L[5]) }},
	)
	define(opPause, "pause", step{"schedule", func(x X) {
		if x.me().Has(sim.KillPending) {
			x.fail(uapi.EINTR)
			return
		}
		x.sleep()
	}})
}

// waitConsider looks for a dead child; it sleeps if there are only living ones.
func waitConsider(x X) {
	f := x.f()
	which, pid, opts := int32(f.L[0]), sim.PidID(f.L[1]), uint32(f.L[2])
	child, any := x.findZombie(which, pid, opts)
	switch {
	case child != 0:
		x.reap(child, f)
	case !any:
		x.fail(uapi.ECHILD)
	case opts&uapi.WNOHANG != 0 && f.L[3]&waitNonblock != 0:
		x.fail(uapi.EAGAIN)
	case opts&uapi.WNOHANG != 0:
		x.ret(0)
	case x.me().Has(sim.KillPending):
		x.fail(uapi.EINTR)
	default:
		x.sleep()
	}
}

func (x X) reap(child sim.TaskID, f *sim.Frame) {
	k, me := x.Task(child), x.me()
	me.Out[0], me.Out[1] = uint64(status(k)), uint64(child)
	if f.L[3]&waitID == 0 {
		f.L[5] = int64(x.PidNr(k.Pid, x.ActivePidNS(x.T)))
	}
	if uint32(f.L[2])&uapi.WNOWAIT != 0 {
		return
	}
	k.State = sim.Dead
	f.L[4] = int64(child)
}

// status is the wait status word of a dead process.
func status(k *sim.Task) uapi.WaitStatus {
	if k.Has(sim.KilledBySignal) {
		return uapi.SignalStatus(uapi.Signal(k.ExitCode), false)
	}
	return uapi.ExitStatus(int(k.ExitCode))
}

// findZombie returns a child of the caller's group that can be reaped, the eldest
// first and the caller's own before other threads', and whether there is any that can be
// waited for. A leader whose threads live on is no zombie yet
// (kernel/exit.c: __do_wait, wait_consider_task, v6.19).
func (x X) findZombie(which int32, pid sim.PidID, opts uint32) (zombie sim.TaskID, any bool) {
	leader := x.me().Leader
	look := func(t sim.TaskID) bool {
		for c := x.Task(t).Child; c != 0 && zombie == 0; c = x.Task(c).Sibling {
			if !x.eligible(c, which, pid, opts) {
				continue
			}
			dead := x.Task(c).State == sim.Zombie && x.Threads(c, true) == 0
			if !dead {
				any = true
			} else if opts&uapi.WEXITED != 0 {
				zombie = c
			}
		}
		return zombie == 0
	}
	if look(x.T) && opts&uapi.WNOTHREAD == 0 {
		x.EachTask(func(t sim.TaskID, k *sim.Task) bool {
			return k.Leader != leader || t == x.T || look(t)
		})
	}
	return zombie, any || zombie != 0
}

// eligible is eligible_child() (kernel/exit.c, v6.19): one that reports by another signal
// than SIGCHLD is waited for by WCLONE, or like any by WALL.
func (x X) eligible(t sim.TaskID, which int32, pid sim.PidID, opts uint32) bool {
	k := x.Task(t)
	switch {
	case k.State >= sim.Dead,
		which == waitPid && (pid == 0 || k.Tgid != pid),
		which == waitPgid && k.Pgid != pid:
		return false
	}
	return opts&uapi.WALL != 0 || (k.ExitSignal != uint8(uapi.SIGCHLD)) == (opts&uapi.WCLONE != 0)
}

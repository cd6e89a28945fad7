// SPDX-License-Identifier: GPL-2.0-only

package syscall

import (
	"errors"

	"github.com/nssim/nssim/sim"
	"github.com/nssim/nssim/syscall/uapi"
)

// Call is one system call with its arguments, ready to be started by a task. The
// types that implement it are named after the calls. A Call is only read, so one
// may be started any number of times.
type Call interface{ start(x X) }

// ErrBusy is returned for a call by a task that is inside another one, and ErrGone
// for a call by a task that has exited.
var (
	ErrBusy    = errors.New("the task is inside a call")
	ErrGone    = errors.New("the task has exited")
	ErrBlocked = errors.New("the call has not returned yet")
)

// Start begins a call by t. Nothing but the copying of arguments from user memory
// that precedes every check may have happened when it returns. It is generic so that a
// call is not put behind an interface, which would allocate.
func Start[C Call](m *sim.Machine, t sim.TaskID, c C) error {
	if err := begin(m, t); err != nil {
		return err
	}
	c.start(X{m, t})
	X{m, t}.leave() // start may have ended it already
	return nil
}

// begin makes t enter the kernel.
func begin(m *sim.Machine, t sim.TaskID) error {
	if !m.TaskLive(t) || !m.Task(t).Alive() {
		return ErrGone
	}
	if m.Task(t).Top != 0 {
		return ErrBusy
	}
	m.Now.Task = int32(t)
	m.Task(t).Out = [4]uint64{}
	m.Task(t).Flags |= sim.InCall | sim.Driven
	m.Left = false
	return nil
}

// Do starts a call, runs it, and lets every other task that it woke or killed run
// until all rest. The error is a uapi.Errno, ErrBusy, ErrGone or ErrBlocked.
func Do[C Call](m *sim.Machine, t sim.TaskID, c C) (int64, error) {
	if err := Start(m, t, c); err != nil {
		return 0, err
	}
	Run(m, t)
	Sched(m)
	return Result(m, t)
}

// Result returns what t's last call returned.
func Result(m *sim.Machine, t sim.TaskID) (int64, error) {
	k := m.Task(t)
	switch {
	case k.State == sim.Blocked || k.State == sim.Stopped:
		return 0, ErrBlocked
	case k.Ret < 0 && k.Ret > -4096:
		return k.Ret, uapi.Errno(-k.Ret)
	}
	return k.Ret, nil
}

// T is a task of a machine with the system calls as methods.
type T struct {
	M  *sim.Machine
	ID sim.TaskID
}

// Task returns task id of m with the system calls as methods.
func Task(m *sim.Machine, id sim.TaskID) T { return T{m, id} }

func (t T) do(c Call) error {
	_, err := Do(t.M, t.ID, c)
	return err
}

func (t T) fd(c Call) (int, error) {
	v, err := Do(t.M, t.ID, c)
	return int(v), err
}

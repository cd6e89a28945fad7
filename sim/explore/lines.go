// SPDX-License-Identifier: GPL-2.0-only

package explore

import (
	"github.com/nssim/nssim/sim"
	"github.com/nssim/nssim/syscall"
	"github.com/nssim/nssim/syscall/uapi"
)

// caller makes moves that are whole calls. It belongs to one worker: calls are built
// once and kept, so that making one allocates nothing.
type caller struct {
	lim    limits
	ops    []uint8 // what tasks may do, ascending
	first  []uint8 // what the first task may do
	settle bool    // deferred work is drained after every call
	dull   bool    // try calls that are certain to fail, too
	built  [256][]syscall.Call
	after  [256][]syscall.Call
}

// moves appends the moves that are possible in m.
func (c *caller) moves(m *sim.Machine, buf []Move) []Move {
	r := c.lim.room(m)
	for t := sim.InitTask; t < m.NumTasks(); t++ {
		if !c.idle(m, t) {
			continue
		}
		may := c.ops
		if t == sim.InitTask {
			may = c.first
		}
		buf = c.movesOf(m, t, may, &r, buf)
	}
	return buf
}

// idle reports whether t is a task of the program that is in user mode.
func (c *caller) idle(m *sim.Machine, t sim.TaskID) bool {
	if !m.TaskLive(t) {
		return false
	}
	k := m.Task(t)
	return k.State == sim.Running && k.Top == 0 && !k.Has(sim.KThread)
}

func (c *caller) movesOf(m *sim.Machine, t sim.TaskID, may []uint8, r *room, buf []Move) []Move {
	var fds [maxFDs]int32
	open := c.openFDs(m, t, fds[:0])
	for _, i := range may {
		o := &ops[i]
		if o.tasks|int(o.makes) != 0 && !r.allows(o) || o.fds != 0 && len(open) >= c.lim.FDs {
			continue
		}
		switch o.shape {
		case noArg:
			buf = c.try(buf, m, t, i, 0, 0)
		case anyFD, nsFD, sockFD, fdAndTask:
			for _, fd := range open {
				switch k := m.File(m.FDGet(m.Task(t).Files, fd)).Kind; {
				case o.shape == nsFD && k != sim.FileNSFS && k != sim.FilePidFD, o.shape == sockFD && k != sim.FileSocket:
				case o.shape == fdAndTask:
					buf = c.tryTasks(buf, m, t, i, fd)
				default:
					buf = c.try(buf, m, t, i, fd, 0)
				}
			}
		case aChild:
			for child := m.Task(t).Child; child != 0; child = m.Task(child).Sibling {
				if m.Task(child).State == sim.Zombie {
					buf = c.try(buf, m, t, i, int32(child), 0)
				}
			}
		case anID:
			for id := uint64(uapi.NS_LAST_INIT_ID); id <= min(m.LastID, 255); id++ {
				buf = c.try(buf, m, t, i, int32(id), 0)
			}
		case aTask:
			for o := sim.InitTask; o < m.NumTasks(); o++ {
				if o != t && m.TaskLive(o) && m.Task(o).Pid != 0 {
					buf = c.try(buf, m, t, i, int32(o), 0)
				}
			}
		}
	}
	return buf
}

// tryTasks appends the moves that give a descriptor to another task with room for it.
func (c *caller) tryTasks(buf []Move, m *sim.Machine, t sim.TaskID, i uint8, fd int32) []Move {
	var fds [maxFDs]int32
	for to := sim.InitTask; to < m.NumTasks(); to++ {
		if to != t && c.idle(m, to) && len(c.openFDs(m, to, fds[:0])) < c.lim.FDs {
			buf = c.try(buf, m, t, i, fd, int32(to))
		}
	}
	return buf
}

func (c *caller) try(buf []Move, m *sim.Machine, t sim.TaskID, i uint8, a, b int32) []Move {
	if d := ops[i].dull; d != nil && !c.dull && d(m, t, a) {
		return buf
	}
	return append(buf, newMove(i, t, a, b))
}

// firstFD is the lowest descriptor that searches are about: 0 to 2 are the console.
const firstFD = 3

// maxFDs bounds Bounds.FDs.
const maxFDs = 16

func (c *caller) openFDs(m *sim.Machine, t sim.TaskID, fds []int32) []int32 {
	table := m.Task(t).Files
	for fd := int32(firstFD); fd < int32(firstFD+c.lim.FDs) && fd < firstFD+maxFDs; fd++ {
		if m.FDGet(table, fd) != 0 {
			fds = append(fds, fd)
		}
	}
	return fds
}

// start begins a move's call.
func (c *caller) start(m *sim.Machine, v Move) {
	_ = syscall.Start(m, v.task(), c.build(m, v)) // the task is idle: it starts
}

// apply makes a move: the call and whatever it wakes run until all rest.
func (c *caller) apply(m *sim.Machine, v Move) {
	c.start(m, v)
	syscall.Run(m, v.task())
	syscall.Sched(m)
	if ops[v.op()].after != nil && m.Task(v.task()).Ret >= 0 {
		c.goOn(m, v)
	}
	if c.settle {
		syscall.Settle(m)
	}
}

// goOn makes the further calls of an operation, each as long as the one before succeeds.
func (c *caller) goOn(m *sim.Machine, v Move) {
	t := v.task()
	calls := c.after[v.op()]
	if calls == nil {
		calls = ops[v.op()].after()
		c.after[v.op()] = calls
	}
	fd := int32(0)
	for _, call := range calls {
		switch k := call.(type) {
		case syscall.Write:
			k.FD = fd
			call = k
		case syscall.Close:
			k.FD = fd
			call = k
		}
		ret, err := syscall.Do(m, t, call)
		if err != nil {
			return
		}
		if _, ok := call.(syscall.Open); ok {
			fd = int32(ret)
		}
	}
}

// build returns the call of a move.
func (c *caller) build(m *sim.Machine, v Move) syscall.Call {
	a := v.a()
	switch ops[v.op()].shape {
	case aChild, aTask: // a pid as the caller's namespace numbers it
		a = m.PidNr(m.Task(sim.TaskID(a)).Pid, m.ActivePidNS(v.task()))
	}
	key := a<<8 | v.b()
	if a >= 1<<16 { // too many to keep
		return ops[v.op()].call(a, v.b())
	}
	have := c.built[v.op()]
	if ops[v.op()].shape != fdAndTask {
		key = a
	}
	for int(key) >= len(have) {
		have = append(have, nil)
	}
	if have[key] == nil {
		have[key] = ops[v.op()].call(a, v.b())
	}
	c.built[v.op()] = have
	return have[key]
}

// failed returns the errno that a task's last call returned, 0 for success.
func failed(m *sim.Machine, t sim.TaskID) uapi.Errno {
	if !m.TaskLive(t) {
		return 0
	}
	if r := m.Task(t).Ret; r < 0 && r > -4096 {
		return uapi.Errno(-r)
	}
	return 0
}

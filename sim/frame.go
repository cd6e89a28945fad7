// SPDX-License-Identifier: GPL-2.0-only

package sim

// NumLocals is how many locals a frame has.
const NumLocals = 12

// Frame is one kernel function in progress: an operation, the step that comes
// next, locals, and how deep in RCU read sections it is. What the numbers mean is
// package syscall's business; here they are state like any other.
type Frame struct {
	Op   uint8
	Step uint8
	RCU  uint8
	Flag uint8
	Prev FrameID          // the caller
	Ret  int64            // what the last callee returned
	L    [NumLocals]int64 // locals
}

// Frame returns a frame.
func (m *Machine) Frame(f FrameID) *Frame { return m.Frames.At(int32(f)) }

// TopFrame returns the innermost frame of a task's call, nil in user mode.
func (m *Machine) TopFrame(t TaskID) *Frame {
	f := m.Task(t).Top
	if f == 0 {
		return nil
	}
	return m.Frame(f)
}

// Push enters a function. Pointers to frames are stale afterwards.
func (m *Machine) Push(t TaskID, op uint8) *Frame {
	id := FrameID(m.Frames.New())
	k := m.Task(t)
	f := m.Frame(id)
	f.Op, f.Prev = op, k.Top
	if m.Left {
		f.Flag = cleanUp
	}
	k.Top = id
	return f
}

// cleanUp marks a function that was entered after the result of the one before was
// known: to drop a reference, say. It does not change that result.
const cleanUp = 1

// Pop leaves the innermost function and hands its result to the caller's frame, or
// to the task when it was the call itself. It reports whether the call is over.
func (m *Machine) Pop(t TaskID, ret int64) (done bool) {
	k := m.Task(t)
	id := k.Top
	f := m.Frame(id)
	after := f.Flag&cleanUp != 0
	k.Top = f.Prev
	m.Frames.Free(int32(id))
	m.Left = true
	if k.Top == 0 {
		if k.Has(InCall) {
			k.Ret = ret
			k.Flags &^= InCall
		}
		return true
	}
	if !after {
		m.Frame(k.Top).Ret = ret
	}
	return false
}

// InFlight reports whether some task is inside a call that it could go on with.
func (m *Machine) InFlight() bool {
	if m.Frames.Count() == 0 {
		return false
	}
	for t := TaskID(1); t < m.NumTasks(); t++ {
		if m.TaskLive(t) {
			if k := m.Task(t); k.Top != 0 && k.State != Blocked {
				return true
			}
		}
	}
	return false
}

// Readers returns the tasks that are inside an RCU read section, as bits; tasks
// beyond 63 share the last bit.
func (m *Machine) Readers() (set uint64) {
	for t := TaskID(1); t < m.NumTasks(); t++ { // one that is not in use has no frame
		if m.Task(t).Top != 0 && m.InRCU(t) {
			set |= readerBit(t)
		}
	}
	return set
}

// InRCU reports whether a task is inside an RCU read section.
func (m *Machine) InRCU(t TaskID) bool {
	for f := m.Task(t).Top; f != 0; f = m.Frame(f).Prev {
		if m.Frame(f).RCU != 0 {
			return true
		}
	}
	return false
}

func readerBit(t TaskID) uint64 { return 1 << min(uint(t), 63) }

// RCULock enters an RCU read section in the task's innermost frame.
func (m *Machine) RCULock(t TaskID) { m.TopFrame(t).RCU++ }

// RCUUnlock leaves it; callbacks that waited for this reader wait no more.
func (m *Machine) RCUUnlock(t TaskID) {
	m.TopFrame(t).RCU--
	if m.Works.Count() == 0 || m.InRCU(t) {
		return
	}
	bit := readerBit(t)
	if t >= 63 {
		for o := TaskID(63); o < m.NumTasks(); o++ {
			if m.TaskLive(o) && m.InRCU(o) {
				return
			}
		}
	}
	for i := m.Deferred; i != 0; i = m.Work(i).Next {
		m.Work(i).Readers &^= bit
	}
}

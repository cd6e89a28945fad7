// SPDX-License-Identifier: GPL-2.0-only

package live

import "fmt"

// task is a task of a program on a guest.
type task struct {
	slot int
	// pids is its numbers in the pid namespaces that it is in, the initial one first.
	pids []int
	// state is - between calls, otherwise the letter of /proc/PID/stat, X when it is gone.
	state byte
	// pending is the call that it has not returned from.
	pending *call
}

// idle is the state of a task between calls.
const idle = '-'

// pidFor returns the task's number as another task sees it, 0 if that is in a pid
// namespace below. nil sees what the initial pid namespace does.
func (t *task) pidFor(viewer *task) int {
	level := 0
	if viewer != nil {
		level = len(viewer.pids) - 1
	}
	if level < 0 || level >= len(t.pids) {
		return 0
	}
	return t.pids[level]
}

// ended reports whether the task makes no call any more.
func (t *task) ended() bool { return t.state == 'Z' || t.state == 'X' }

// stateWord is the task's state in a program's words.
func (t *task) stateWord() string {
	switch t.state {
	case idle:
		return "running"
	case 'Z':
		return "zombie"
	case 'X':
		return "dead"
	}
	return "blocked"
}

// newSlot finds a slot for a new task: one never used, or one whose task is gone.
func (s *session) newSlot() (int, error) {
	if n := len(s.free); n > 0 {
		slot := s.free[n-1]
		s.free = s.free[:n-1]
		return slot, nil
	}
	if s.slots < int(s.g.geo.slots) {
		s.slots++
		return s.slots - 1, nil
	}
	for i, t := range s.tasks {
		if t.state == 'X' && t.slot > 0 {
			slot := t.slot
			s.tasks[i].slot = -1
			return slot, nil
		}
	}
	return 0, fmt.Errorf("%w: more than %d tasks at once", ErrCannot, s.g.geo.slots-1)
}

// taskIn returns the task in a slot, a new one if nobody was there.
func (s *session) taskIn(slot int) *task {
	for i := len(s.tasks) - 1; i >= 0; i-- {
		if s.tasks[i].slot == slot {
			return s.tasks[i]
		}
	}
	t := &task{slot: slot}
	s.tasks = append(s.tasks, t)
	return t
}

// taskWith returns the latest task that viewer knows by a number, nil if it is none of the
// program's.
func (s *session) taskWith(nr int, viewer *task) *task {
	for i := len(s.tasks) - 1; i >= 0; i-- {
		if s.tasks[i].pidFor(viewer) == nr {
			return s.tasks[i]
		}
	}
	return nil
}

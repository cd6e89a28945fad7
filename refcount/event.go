// SPDX-License-Identifier: GPL-2.0-only

package refcount

import "iter"

// Context says who is counting: it is stamped on every event.
type Context struct {
	Task int32 // the machine's task, 0 for none
	Line int32 // the program's line, 0 for none
}

// EventKind distinguishes events.
type EventKind uint8

const (
	// Warned is a kernel assertion that fired; What is the Assertion, Old and
	// New are the passive and the active count that it saw.
	Warned EventKind = iota + 1
	// PassiveChanged and ActiveChanged are count changes from Old to New.
	PassiveChanged
	ActiveChanged
	// Entered is a kernel function that was entered; the layers above number
	// functions in Old (operation) and New (step).
	Entered
	// Returned is a system call that returned the value in Old.
	Returned
	// Blocked is a task that went to sleep.
	Blocked
)

// Event is one thing worth telling: a warning, always recorded, or, while the
// table is tracing, a count change or a step.
type Event struct {
	Kind EventKind
	What Assertion
	NS   Handle
	Old  int32
	New  int32
	Context
}

// Warn records that an assertion fired on h.
func (t *Table) Warn(a Assertion, h Handle) {
	t.Fired++
	e := Event{Kind: Warned, What: a, NS: h, Context: t.Now}
	if h != 0 && int(h) < len(t.Entries) {
		e.Old, e.New = t.Entries[h].Passive, t.Entries[h].Active
	}
	t.Events = append(t.Events, e)
}

// Note records an event of another layer while the table is tracing.
func (t *Table) Note(k EventKind, h Handle, old, now int32) {
	if t.Tracing {
		t.Events = append(t.Events, Event{Kind: k, NS: h, Old: old, New: now, Context: t.Now})
	}
}

// Warnings runs over the recorded warnings, oldest first.
func (t *Table) Warnings() iter.Seq[Event] {
	return func(yield func(Event) bool) {
		for _, e := range t.Events {
			if e.Kind == Warned && !yield(e) {
				return
			}
		}
	}
}

// SPDX-License-Identifier: GPL-2.0-only

package refcount

import "fmt"

// Context says who is counting: it is stamped on every event.
type Context struct {
	Task int32 // the machine's task, 0 for none
	Line int32 // the program's line, 0 for none
}

// EventKind distinguishes events.
type EventKind uint8

const (
	// Warned is a kernel assertion that fired; What is the Assertion.
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

// Assertion is one condition that the kernel asserts with VFS debugging on, or a
// saturation that refcount_t reports always. Layers above declare theirs.
type Assertion uint8

// The assertions of this layer. Numbers up to 63 belong to it.
const (
	NoIDCounted Assertion = iota + 1
	PutInitialPassive
	PutInitialActive
	PutWhileActive
	GetInitialPassive
	GetInitialActive
	GetDeadActive
	IncInitialPassive
	IncInitialActive
	LockInitialPassive
	LockInitialActive
	InitialInactive
	ActivePutNegative
	ActivePutInitial
	ActivePutDead
	OwnerPutInitial
	OwnerPutNegative
	ActiveGetNegative
	OwnerGetInitial
	OwnerGetNegative
	RefcountFromZero
	RefcountUnderflow
	RefcountSaturated
	FreedUsed
)

// AssertionInfo says which kernel function asserts what.
type AssertionInfo struct {
	Func      string // kernel function
	Condition string // warns when this holds
}

var assertions [256]AssertionInfo

// Declare names an assertion; packages above this one call it for their own
// numbers from init.
func Declare(a Assertion, fn, condition string) { assertions[a] = AssertionInfo{fn, condition} }

// Info returns the function and condition of an assertion.
func (a Assertion) Info() AssertionInfo { return assertions[a] }

func (a Assertion) String() string {
	i := a.Info()
	if i.Func == "" {
		return fmt.Sprintf("assertion %d", uint8(a))
	}
	return i.Func + ": " + i.Condition
}

func init() {
	for a, i := range map[Assertion]AssertionInfo{
		NoIDCounted:        {"is_ns_init_id", "ns_id == 0"},
		PutInitialPassive:  {"__ns_ref_put", "initial and __ns_ref != 1"},
		PutInitialActive:   {"__ns_ref_put", "initial and __ns_ref_active != 1"},
		PutWhileActive:     {"__ns_ref_put", "__ns_ref == 0 and __ns_ref_active != 0"},
		GetInitialPassive:  {"__ns_ref_get", "initial and __ns_ref != 1"},
		GetInitialActive:   {"__ns_ref_get", "initial and __ns_ref_active != 1"},
		GetDeadActive:      {"__ns_ref_get", "__ns_ref == 0 and __ns_ref_active != 0"},
		IncInitialPassive:  {"__ns_ref_inc", "initial and __ns_ref != 1"},
		IncInitialActive:   {"__ns_ref_inc", "initial and __ns_ref_active != 1"},
		LockInitialPassive: {"__ns_ref_dec_and_lock", "initial and __ns_ref != 1"},
		LockInitialActive:  {"__ns_ref_dec_and_lock", "initial and __ns_ref_active != 1"},
		InitialInactive:    {"ns_get_unless_inactive", "initial and __ns_ref_active == 0"},
		ActivePutNegative:  {"__ns_ref_active_put", "__ns_ref_active < 0"},
		ActivePutInitial:   {"__ns_ref_active_put", "initial and __ns_ref_active == 0"},
		ActivePutDead:      {"__ns_ref_active_put", "__ns_ref_active == 0 and __ns_ref == 0"},
		OwnerPutInitial:    {"__ns_ref_active_put", "owner is initial"},
		OwnerPutNegative:   {"__ns_ref_active_put", "owner's __ns_ref_active < 0"},
		ActiveGetNegative:  {"__ns_ref_active_get", "__ns_ref_active < 0"},
		OwnerGetInitial:    {"__ns_ref_active_get", "owner is initial"},
		OwnerGetNegative:   {"__ns_ref_active_get", "owner's __ns_ref_active < 0"},
		RefcountFromZero:   {"refcount_t", "addition on 0; use-after-free"},
		RefcountUnderflow:  {"refcount_t", "underflow; use-after-free"},
		RefcountSaturated:  {"refcount_t", "saturated; leaking memory"},
		FreedUsed:          {"KASAN", "use of a freed namespace"},
	} {
		Declare(a, i.Func, i.Condition)
	}
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

// SPDX-License-Identifier: GPL-2.0-only

package refcount

import "fmt"

// Assertion is one condition that the kernel asserts with VFS debugging on, or a
// saturation that refcount_t reports always. Layers above declare theirs. Where the
// kernel warns once per boot, the model counts every time.
type Assertion uint8

// The assertions of this layer. Numbers up to 63 belong to it.
//
// Two of the kernel's are missing because the state that they look for cannot be
// had here: every namespace has a table of operations that belongs to its type, and
// that table has an owner operation.
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
	WalkNoOwner
	// Of the first posting only (FirstAsserts).
	ActiveGetBelowZero
	OwnerGetBelowZero
	ActiveGetInitial
	SeenActiveDead
)

// AssertionInfo says which kernel function asserts what.
type AssertionInfo struct {
	Func      string // kernel function
	Condition string // warns when this holds
}

var assertions = [256]AssertionInfo{
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
	WalkNoOwner:        {"ns_owner", "no owner and not the initial user namespace"},
	ActiveGetBelowZero: {"__ns_ref_active_get", "__ns_ref_active < 0 after the get"},
	OwnerGetBelowZero:  {"__ns_ref_active_get_owner", "owner's __ns_ref_active < 0 after the get"},
	ActiveGetInitial:   {"__ns_ref_active_get", "initial and __ns_ref_active <= 0 after the get"},
	SeenActiveDead:     {"ns_get_unless_inactive", "__ns_ref_active != 0 and __ns_ref == 0"},
}

// Declare names an assertion; packages above this one call it for their own
// numbers from init.
func Declare(a Assertion, fn, condition string) { assertions[a] = AssertionInfo{fn, condition} }

// Assertions lists every assertion that is declared in this program, by number.
func Assertions() (all []Assertion) {
	for a, i := range assertions {
		if i.Func != "" {
			all = append(all, Assertion(a))
		}
	}
	return all
}

// Info returns the function and condition of an assertion.
func (a Assertion) Info() AssertionInfo { return assertions[a] }

func (a Assertion) String() string {
	i := a.Info()
	if i.Func == "" {
		return fmt.Sprintf("assertion %d", uint8(a))
	}
	return i.Func + ": " + i.Condition
}

// SPDX-License-Identifier: GPL-2.0-only

package refcount

import "math"

// Passive reads __ns_ref.
func (t *Table) Passive(h Handle) int32 { return t.Entries[h].Passive }

// Get takes a passive reference unless the count has reached zero
// (include/linux/ns_common.h: __ns_ref_get, v6.19). It reports whether it did.
// On an initial namespace it always does, and nothing changes.
func (t *Table) Get(h Handle) bool {
	if h == 0 {
		return false
	}
	if t.frozen(h, GetInitialPassive, GetInitialActive) {
		return true
	}
	e := &t.Entries[h]
	if e.Passive == 0 {
		if e.Active != 0 && !t.Rules.Has(NoActive) {
			t.Warn(GetDeadActive, h)
		}
		return false
	}
	t.add(h)
	return true
}

// Inc takes a passive reference that the caller knows may be taken; from zero it
// saturates the count (include/linux/ns_common.h: __ns_ref_inc, v6.19).
func (t *Table) Inc(h Handle) {
	if h == 0 || t.frozen(h, IncInitialPassive, IncInitialActive) {
		return
	}
	if t.Entries[h].Passive == 0 {
		t.saturate(h, RefcountFromZero)
		return
	}
	t.add(h)
}

// Put drops a passive reference and reports whether it was the last: the caller
// then owes the type's destruction (include/linux/ns_common.h: __ns_ref_put,
// v6.19). An initial namespace's is never the last.
func (t *Table) Put(h Handle) bool {
	if h == 0 || t.frozen(h, PutInitialPassive, PutInitialActive) {
		return false
	}
	e := &t.Entries[h]
	if e.Passive <= 0 {
		t.saturate(h, RefcountUnderflow)
		return false
	}
	if !t.sub(h) {
		return false
	}
	if e.Active != 0 && !t.Rules.Has(NoActive) {
		t.Warn(PutWhileActive, h)
	}
	return true
}

// DecAndLock is Put for a type whose last reference is dropped under a lock (ipc
// uses mq_lock). The kernel does not look at the active count here
// (include/linux/ns_common.h: __ns_ref_dec_and_lock, v6.19).
//
// Its way down is another one than Put's: a saturated count stays as it is without
// a word, an underflow is reported and not saturated (lib/refcount.c:
// refcount_dec_not_one, v6.19).
func (t *Table) DecAndLock(h Handle) bool {
	if h == 0 || t.frozen(h, LockInitialPassive, LockInitialActive) {
		return false
	}
	switch t.Entries[h].Passive {
	case Saturated:
		return false
	case 0:
		t.Warn(RefcountUnderflow, h)
		return false
	}
	return t.sub(h)
}

// GetUnlessInactive takes a passive reference on a namespace that is visible:
// active, and not yet dead (kernel/nscommon.c: ns_get_unless_inactive, v6.19).
func (t *Table) GetUnlessInactive(h Handle) bool { return t.CheckActive(h) && t.Get(h) }

// CheckActive is the first half of GetUnlessInactive: the kernel reads the active
// count and takes the passive reference in two steps.
func (t *Table) CheckActive(h Handle) bool {
	if h == 0 {
		return false
	}
	e := &t.Entries[h]
	if e.Flags&(Freed|Live) != Live {
		t.Warn(FreedUsed, h)
	}
	switch {
	case t.Rules.Has(NoActive):
		return true
	case e.Active != 0:
		if e.Passive == 0 && t.Rules.Has(FirstAsserts) {
			t.Warn(SeenActiveDead, h)
		}
		return true
	case t.Rules.Has(InitCounted | FirstAsserts):
		return false
	}
	if e.Flags&NoID != 0 {
		t.Warn(NoIDCounted, h)
	}
	if e.Flags&Frozen != 0 {
		t.Warn(InitialInactive, h)
	}
	return false
}

// frozen answers is_ns_init_id(), and checks what the caller's assertions check
// on an initial namespace: both counts are 1.
func (t *Table) frozen(h Handle, passive, active Assertion) bool {
	if (t.Entries[h].Flags^Live)&unusual == 0 {
		return false
	}
	return t.frozenSlow(h, passive, active)
}

func (t *Table) frozenSlow(h Handle, passive, active Assertion) bool {
	e := &t.Entries[h]
	if *e == (Entry{Passive: 1, Active: 1, Owner: e.Owner, Flags: Live | Initial | Frozen}) {
		return true // an initial namespace as it always is
	}
	if !t.initID(h) {
		return false
	}
	if e.Passive != 1 {
		t.Warn(passive, h)
	}
	if e.Active != 1 && !t.Rules.Has(NoActive) {
		t.Warn(active, h)
	}
	return true
}

// initID is is_ns_init_id() where anything but "an ordinary namespace" is possible.
// A kernel that counts its initial namespaces never asks.
func (t *Table) initID(h Handle) bool {
	e := &t.Entries[h]
	if e.Flags&(Freed|Live) != Live {
		t.Warn(FreedUsed, h)
	}
	if t.Rules.Has(InitCounted) {
		return false
	}
	if e.Flags&NoID != 0 {
		t.Warn(NoIDCounted, h)
	}
	return e.Flags&Frozen != 0
}

// add raises a count that is not zero.
func (t *Table) add(h Handle) {
	if e := &t.Entries[h]; !t.Tracing && e.Passive > 0 && e.Passive < math.MaxInt32 {
		e.Passive++
		return
	}
	t.addSlow(h)
}

// addSlow: what is saturated stays, what would wrap becomes saturated
// (include/linux/refcount.h: __refcount_add, v6.19).
func (t *Table) addSlow(h Handle) {
	e := &t.Entries[h]
	if e.Passive < 0 || e.Passive == math.MaxInt32 {
		t.saturate(h, RefcountSaturated)
		return
	}
	e.Passive++
	t.Note(PassiveChanged, h, e.Passive-1, e.Passive)
}

// sub lowers a count that may be lowered and reports whether it is zero now.
func (t *Table) sub(h Handle) bool {
	e := &t.Entries[h]
	e.Passive--
	if t.Tracing {
		t.Note(PassiveChanged, h, e.Passive+1, e.Passive)
	}
	return e.Passive == 0
}

// saturate pins a count that has gone wrong, so that the object leaks and is never
// freed under somebody (lib/refcount.c: refcount_warn_saturate, v6.19).
func (t *Table) saturate(h Handle, why Assertion) {
	e := &t.Entries[h]
	old := e.Passive
	t.Warn(why, h)
	e.Passive = Saturated
	if old != Saturated {
		t.Note(PassiveChanged, h, old, Saturated)
	}
}

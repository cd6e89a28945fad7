// SPDX-License-Identifier: GPL-2.0-only

package refcount

// frozen answers is_ns_init_id(), and checks what the caller's assertions check
// on an initial namespace: both counts are 1.
func (t *Table) frozen(h Handle, passive, active Assertion) bool {
	e := &t.Entries[h]
	if e.Flags&(Frozen|NoID|Freed) == 0 {
		return false
	}
	return t.frozenSlow(h, passive, active)
}

func (t *Table) frozenSlow(h Handle, passive, active Assertion) bool {
	e := &t.Entries[h]
	if e.Flags&Freed != 0 {
		t.Warn(FreedUsed, h)
	}
	if e.Flags&NoID != 0 {
		t.Warn(NoIDCounted, h)
		return e.Flags&Frozen != 0
	}
	if e.Flags&Frozen == 0 {
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

// Get takes a passive reference unless the count has reached zero
// (include/linux/ns_common.h: __ns_ref_get, v6.19). It reports whether it did.
func (t *Table) Get(h Handle) bool {
	if h == 0 {
		return false
	}
	if t.frozen(h, GetInitialPassive, GetInitialActive) {
		return true
	}
	e := &t.Entries[h]
	if e.Passive <= 0 {
		return t.getSlow(h)
	}
	e.Passive++
	if t.Tracing {
		t.Note(PassiveChanged, h, e.Passive-1, e.Passive)
	}
	return true
}

func (t *Table) getSlow(h Handle) bool {
	e := &t.Entries[h]
	if e.Passive == 0 {
		if e.Active != 0 && !t.Rules.Has(NoActive) {
			t.Warn(GetDeadActive, h)
		}
		return false
	}
	t.Warn(RefcountSaturated, h)
	e.Passive = Saturated
	return true
}

// Inc takes a passive reference that the caller knows may be taken; from zero it
// saturates the count (include/linux/ns_common.h: __ns_ref_inc, v6.19).
func (t *Table) Inc(h Handle) {
	if h == 0 || t.frozen(h, IncInitialPassive, IncInitialActive) {
		return
	}
	e := &t.Entries[h]
	if e.Passive <= 0 {
		t.Warn(RefcountFromZero, h)
		e.Passive = Saturated
		return
	}
	e.Passive++
	if t.Tracing {
		t.Note(PassiveChanged, h, e.Passive-1, e.Passive)
	}
}

// Put drops a passive reference and reports whether it was the last: the caller
// then owes the type's destruction (include/linux/ns_common.h: __ns_ref_put,
// v6.19).
func (t *Table) Put(h Handle) bool {
	if h == 0 || t.frozen(h, PutInitialPassive, PutInitialActive) {
		return false
	}
	if !t.dec(h) {
		return false
	}
	if t.Entries[h].Active != 0 && !t.Rules.Has(NoActive) {
		t.Warn(PutWhileActive, h)
	}
	return true
}

// DecAndLock is Put for a type whose last reference is dropped under a lock (ipc
// uses mq_lock). The kernel does not look at the active count here
// (include/linux/ns_common.h: __ns_ref_dec_and_lock, v6.19).
func (t *Table) DecAndLock(h Handle) bool {
	if h == 0 || t.frozen(h, LockInitialPassive, LockInitialActive) {
		return false
	}
	return t.dec(h)
}

func (t *Table) dec(h Handle) bool {
	e := &t.Entries[h]
	if e.Passive <= 0 {
		t.Warn(RefcountUnderflow, h)
		e.Passive = Saturated
		return false
	}
	e.Passive--
	if t.Tracing {
		t.Note(PassiveChanged, h, e.Passive+1, e.Passive)
	}
	return e.Passive == 0
}

// Passive reads __ns_ref.
func (t *Table) Passive(h Handle) int32 { return t.Entries[h].Passive }

// GetUnlessInactive takes a passive reference on a namespace that is visible:
// active, and not yet dead (kernel/nscommon.c: ns_get_unless_inactive, v6.19).
func (t *Table) GetUnlessInactive(h Handle) bool { return t.CheckActive(h) && t.Get(h) }

// CheckActive is the first half of GetUnlessInactive: the kernel reads the active
// count and takes the passive reference in two steps.
func (t *Table) CheckActive(h Handle) bool {
	e := &t.Entries[h]
	if e.Flags&Freed != 0 {
		t.Warn(FreedUsed, h)
	}
	if t.Rules.Has(NoActive) {
		return true
	}
	if e.Active != 0 {
		return true
	}
	if e.Flags&Frozen != 0 {
		t.Warn(InitialInactive, h)
	}
	return false
}

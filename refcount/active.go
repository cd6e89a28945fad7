// SPDX-License-Identifier: GPL-2.0-only

package refcount

// Active reads __ns_ref_active.
func (t *Table) Active(h Handle) int32 { return t.Entries[h].Active }

// ActiveGet takes an active reference and resurrects the owner chain where it has
// to (kernel/nscommon.c: __ns_ref_active_get, v6.19).
func (t *Table) ActiveGet(h Handle) {
	for n := t.ActiveGetStep(h, false); n != 0; n = t.ActiveGetStep(n, true) {
	}
}

// ActivePut drops an active reference and lets the cascade run
// (kernel/nscommon.c: __ns_ref_active_put, v6.19).
func (t *Table) ActivePut(h Handle) {
	for n := t.ActivePutStep(h, false); n != 0; n = t.ActivePutStep(n, true) {
	}
}

// ActiveGetStep does one level of ActiveGet: the namespace itself, or with owner
// set an owner that the walk has come to. It returns the next level, 0 at the end.
//
// The walk goes on only from zero: whoever raises a count from zero, and nobody
// else, pays the owner. A negative old value was somebody's underflow; the kernel
// warns and takes it for "already active".
func (t *Table) ActiveGetStep(h Handle, owner bool) Handle {
	if h == 0 || t.Rules.Has(NoActive) {
		return 0
	}
	e := &t.Entries[h]
	if e.Flags&(Frozen|NoID|Freed) != 0 && t.activeSpecial(h, owner, OwnerGetInitial) {
		return 0
	}
	old := e.Active
	e.Active++
	t.Note(ActiveChanged, h, old, e.Active)
	if old != 0 {
		if old < 0 {
			t.negative(h, owner, ActiveGetNegative, OwnerGetNegative)
		}
		return 0
	}
	switch {
	case t.Rules.Has(OwnerAtCreation):
		return 0
	case owner && t.Rules.Has(ResurrectOneLevel):
		return 0
	}
	return t.Owner(h)
}

// ActivePutStep does one level of ActivePut and returns the next, 0 at the end.
func (t *Table) ActivePutStep(h Handle, owner bool) Handle {
	if h == 0 || t.Rules.Has(NoActive) {
		return 0
	}
	e := &t.Entries[h]
	if e.Flags&(Frozen|NoID|Freed) != 0 && t.activeSpecial(h, owner, OwnerPutInitial) {
		return 0
	}
	e.Active--
	t.Note(ActiveChanged, h, e.Active+1, e.Active)
	if e.Active != 0 {
		if e.Active < 0 {
			t.negative(h, owner, ActivePutNegative, OwnerPutNegative)
		}
		if t.Rules.Has(CascadeOnEveryPut) {
			return t.Owner(h)
		}
		return 0
	}
	if !owner {
		if e.Flags&Initial != 0 {
			t.Warn(ActivePutInitial, h)
		}
		if e.Passive == 0 {
			t.Warn(ActivePutDead, h)
		}
	}
	if t.Rules.Has(NoCascadeOnPut) {
		return 0
	}
	return t.Owner(h)
}

// Resurrect is the walking get of the first posting, where only the creation of
// an nsfs inode pays the owners; elsewhere it is ActiveGet.
func (t *Table) Resurrect(h Handle) {
	for n := t.ResurrectStep(h, false); n != 0; n = t.ResurrectStep(n, true) {
	}
}

// ResurrectStep does one level of Resurrect and returns the next, 0 at the end.
func (t *Table) ResurrectStep(h Handle, owner bool) Handle {
	if h == 0 || !t.Rules.Has(OwnerAtCreation) {
		return t.ActiveGetStep(h, owner)
	}
	old := t.Entries[h].Active
	t.ActiveGetStep(h, owner)
	if old != 0 {
		return 0
	}
	return t.Owner(h)
}

// GetOwner takes the owner's active reference when a namespace enters the trees.
// Only the first posting does that (OwnerAtCreation); it does not walk.
func (t *Table) GetOwner(h Handle) {
	if !t.Rules.Has(OwnerAtCreation) {
		return
	}
	if o := t.Owner(h); o != 0 {
		t.ActiveGetStep(o, true)
	}
}

// activeSpecial handles what is neither an ordinary namespace nor a live one and
// reports whether the operation ends here.
func (t *Table) activeSpecial(h Handle, owner bool, initial Assertion) bool {
	e := &t.Entries[h]
	if e.Flags&Freed != 0 {
		t.Warn(FreedUsed, h)
	}
	if e.Flags&NoID != 0 {
		t.Warn(NoIDCounted, h)
	}
	if e.Flags&Frozen == 0 {
		return false
	}
	if owner {
		t.Warn(initial, h)
	}
	return true
}

func (t *Table) negative(h Handle, owner bool, self, chain Assertion) {
	switch {
	case t.Rules.Has(UnderflowUnasserted):
	case owner:
		t.Warn(chain, h)
	default:
		t.Warn(self, h)
	}
}

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
	old, ok := t.activeInc(h, owner)
	if !ok {
		return 0
	}
	if old < 0 || t.Rules.Has(FirstAsserts) {
		t.assertGet(h, owner, old)
	}
	switch {
	case old != 0,
		t.Rules.Has(OwnerAtCreation),
		owner && t.Rules.Has(ResurrectOneLevel):
		return 0
	}
	return t.ownerStep(h)
}

// ActivePutStep does one level of ActivePut and returns the next, 0 at the end. The
// walk goes on only at zero.
func (t *Table) ActivePutStep(h Handle, owner bool) Handle {
	if h == 0 || t.Rules.Has(NoActive) {
		return 0
	}
	e := &t.Entries[h]
	if (e.Flags^Live)&unusual != 0 && t.activeFrozen(h, owner, OwnerPutInitial) {
		return 0
	}
	e.Active--
	if t.Tracing {
		t.Note(ActiveChanged, h, e.Active+1, e.Active)
	}
	if e.Active <= 0 && (e.Active < 0 || !owner) {
		t.assertPut(h, owner)
	}
	switch {
	case t.Rules.Has(NoCascadeOnPut),
		e.Active != 0 && !t.Rules.Has(CascadeOnEveryPut):
		return 0
	}
	return t.ownerStep(h)
}

// Resurrect is the walking get of the first posting, where only the creation of
// an nsfs inode pays the owners (kernel/nscommon.c: __ns_ref_active_resurrect,
// before v6.19); elsewhere it is ActiveGet.
func (t *Table) Resurrect(h Handle) {
	for n := t.ResurrectStep(h, false); n != 0; n = t.ResurrectStep(n, true) {
	}
}

// ResurrectStep does one level of Resurrect and returns the next, 0 at the end.
func (t *Table) ResurrectStep(h Handle, owner bool) Handle {
	if !t.Rules.Has(OwnerAtCreation) {
		return t.ActiveGetStep(h, owner)
	}
	old, ok := t.activeInc(h, owner)
	if !ok {
		return 0
	}
	if !t.Rules.Has(FirstAsserts) { // the first posting asserted nothing here
		t.assertGet(h, owner, old)
	}
	if old != 0 || owner && t.Rules.Has(ResurrectOneLevel) {
		return 0
	}
	return t.ownerStep(h)
}

// GetOwner takes the owner's active reference when a namespace enters the trees.
// Only the first posting does that (OwnerAtCreation); it does not walk
// (kernel/nscommon.c: __ns_ref_active_get_owner, before v6.19).
func (t *Table) GetOwner(h Handle) {
	if h == 0 || !t.Rules.Has(OwnerAtCreation) || t.Rules.Has(NoActive) {
		return
	}
	t.ActiveGetStep(t.ownerStep(h), true)
}

// activeInc raises an active count and returns what it was; ok is false where the
// kernel does not count.
func (t *Table) activeInc(h Handle, owner bool) (old int32, ok bool) {
	if h == 0 || t.Rules.Has(NoActive) {
		return 0, false
	}
	e := &t.Entries[h]
	if (e.Flags^Live)&unusual != 0 && t.activeFrozen(h, owner, OwnerGetInitial) {
		return 0, false
	}
	e.Active++
	if t.Tracing {
		t.Note(ActiveChanged, h, e.Active-1, e.Active)
	}
	return e.Active - 1, true
}

// activeFrozen is is_ns_init_id() at the head of a get or put, which ends there,
// and in the owner step, where it is an assertion and nothing more.
func (t *Table) activeFrozen(h Handle, owner bool, initial Assertion) bool {
	if !t.initID(h) {
		return false
	}
	if owner {
		t.Warn(initial, h)
	}
	return !owner
}

func (t *Table) assertGet(h Handle, owner bool, old int32) {
	if t.Rules.Has(FirstAsserts) {
		t.assertFirstGet(h, owner, old+1)
		return
	}
	if old < 0 && !t.Rules.Has(UnderflowUnasserted) {
		t.warnEither(h, owner, ActiveGetNegative, OwnerGetNegative)
	}
}

func (t *Table) assertFirstGet(h Handle, owner bool, now int32) {
	if now < 0 {
		t.warnEither(h, owner, ActiveGetBelowZero, OwnerGetBelowZero)
	}
	if now <= 0 && !owner && t.Entries[h].Flags&Initial != 0 {
		t.Warn(ActiveGetInitial, h)
	}
}

// assertPut looks at a count that a put has made zero or negative; at zero only the
// namespace itself is looked at, not an owner.
func (t *Table) assertPut(h Handle, owner bool) {
	e := &t.Entries[h]
	switch {
	case e.Active < 0:
		if !t.Rules.Has(UnderflowUnasserted | FirstAsserts) {
			t.warnEither(h, owner, ActivePutNegative, OwnerPutNegative)
		}
	default:
		if e.Flags&Initial != 0 {
			t.Warn(ActivePutInitial, h)
		}
		if e.Passive == 0 {
			t.Warn(ActivePutDead, h)
		}
	}
}

// warnEither records the assertion on the namespace itself or its twin in the
// owner step.
func (t *Table) warnEither(h Handle, owner bool, self, chain Assertion) {
	if owner {
		self = chain
	}
	t.Warn(self, h)
}

// SPDX-License-Identifier: GPL-2.0-only

package refcount_test

import (
	"fmt"
	"math"
	"testing"

	"github.com/nssim/nssim/refcount"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// pseudo is the model of callers that do not behave: the kernel's functions written
// down once more, from the specification, by namespace id in maps, with every rule
// and every assertion where it stands in the text.
type pseudo struct {
	refcount.Rules
	p, a  map[refcount.Handle]int64
	id    map[refcount.Handle]int
	owner map[refcount.Handle]refcount.Handle
	warns []string
}

func (m *pseudo) warn(cond bool, h refcount.Handle, a refcount.Assertion) {
	if cond {
		m.warns = append(m.warns, fmt.Sprintf("#%d %s", h, a))
	}
}

// initial is is_ns_init_id.
func (m *pseudo) initial(h refcount.Handle) bool {
	if m.Has(refcount.InitCounted) {
		return false
	}
	m.warn(m.id[h] == 0, h, refcount.NoIDCounted)
	return m.id[h] <= 8
}

func (m *pseudo) ones(h refcount.Handle, p, a refcount.Assertion) {
	m.warn(m.p[h] != 1, h, p)
	m.warn(m.a[h] != 1 && !m.Has(refcount.NoActive), h, a)
}

func (m *pseudo) counted(h refcount.Handle) bool {
	return m.a[h] != 0 && !m.Has(refcount.NoActive)
}

// inc is refcount_inc and refcount_inc_not_zero on a count that is not zero.
func (m *pseudo) inc(h refcount.Handle) {
	bad := m.p[h] < 0 || m.p[h]+1 > math.MaxInt32
	m.warn(bad, h, refcount.RefcountSaturated)
	if m.p[h]++; bad {
		m.p[h] = int64(refcount.Saturated)
	}
}

func (m *pseudo) Get(h refcount.Handle) bool {
	if m.initial(h) {
		m.ones(h, refcount.GetInitialPassive, refcount.GetInitialActive)
		return true
	}
	if m.p[h] == 0 {
		m.warn(m.counted(h), h, refcount.GetDeadActive)
		return false
	}
	m.inc(h)
	return true
}

func (m *pseudo) Inc(h refcount.Handle) {
	if m.initial(h) {
		m.ones(h, refcount.IncInitialPassive, refcount.IncInitialActive)
		return
	}
	if m.p[h] == 0 {
		m.warn(true, h, refcount.RefcountFromZero)
		m.p[h] = int64(refcount.Saturated)
		return
	}
	m.inc(h)
}

func (m *pseudo) Put(h refcount.Handle) bool {
	if m.initial(h) {
		m.ones(h, refcount.PutInitialPassive, refcount.PutInitialActive)
		return false
	}
	if m.p[h] == 1 {
		m.p[h] = 0
		m.warn(m.counted(h), h, refcount.PutWhileActive)
		return true
	}
	if m.p[h] <= 0 {
		m.warn(true, h, refcount.RefcountUnderflow)
		m.p[h] = int64(refcount.Saturated)
		return false
	}
	m.p[h]--
	return false
}

func (m *pseudo) DecAndLock(h refcount.Handle) bool {
	switch {
	case m.initial(h):
		m.ones(h, refcount.LockInitialPassive, refcount.LockInitialActive)
		return false
	case m.p[h] == int64(refcount.Saturated):
		return false
	case m.p[h] == 0:
		m.warn(true, h, refcount.RefcountUnderflow)
		return false
	}
	m.p[h]--
	return m.p[h] == 0
}

func (m *pseudo) GetUnlessInactive(h refcount.Handle) bool {
	if m.Has(refcount.NoActive) {
		return m.Get(h)
	}
	if m.Has(refcount.FirstAsserts) {
		m.warn(m.a[h] != 0 && m.p[h] == 0, h, refcount.SeenActiveDead)
	}
	if m.a[h] != 0 {
		return m.Get(h)
	}
	if !m.Has(refcount.FirstAsserts) && m.initial(h) {
		m.warn(true, h, refcount.InitialInactive)
	}
	return false
}

func (m *pseudo) ownerStep(h refcount.Handle) refcount.Handle {
	o := m.owner[h]
	m.warn(o == 0 && h != 1, h, refcount.WalkNoOwner)
	if o == 1 {
		return 0
	}
	return o
}

func (m *pseudo) ActiveGet(h refcount.Handle) {
	if m.Has(refcount.NoActive) || m.initial(h) {
		return
	}
	old := m.a[h]
	m.a[h]++
	m.asserted(h, old, refcount.ActiveGetNegative, refcount.ActiveGetBelowZero)
	if m.Has(refcount.FirstAsserts) {
		m.warn(1 <= m.id[h] && m.id[h] <= 8 && m.a[h] <= 0, h, refcount.ActiveGetInitial)
	}
	if !m.Has(refcount.OwnerAtCreation) {
		m.raiseOwners(h, old)
	}
}

// asserted warns of a get by the value found, or in the first posting by the result.
func (m *pseudo) asserted(h refcount.Handle, old int64, found, result refcount.Assertion) {
	switch {
	case m.Has(refcount.FirstAsserts):
		m.warn(old+1 < 0, h, result)
	case !m.Has(refcount.UnderflowUnasserted):
		m.warn(old < 0, h, found)
	}
}

func (m *pseudo) raiseOwners(h refcount.Handle, old int64) {
	for old == 0 {
		if h = m.ownerStep(h); h == 0 {
			return
		}
		m.warn(m.initial(h), h, refcount.OwnerGetInitial)
		old = m.a[h]
		m.a[h]++
		if !m.Has(refcount.OwnerAtCreation) || !m.Has(refcount.FirstAsserts) {
			m.asserted(h, old, refcount.OwnerGetNegative, refcount.OwnerGetBelowZero)
		}
	}
}

func (m *pseudo) Resurrect(h refcount.Handle) {
	if !m.Has(refcount.OwnerAtCreation) {
		m.ActiveGet(h)
		return
	}
	if m.Has(refcount.NoActive) || m.initial(h) {
		return
	}
	old := m.a[h]
	m.a[h]++
	if !m.Has(refcount.FirstAsserts) {
		m.asserted(h, old, refcount.ActiveGetNegative, 0)
	}
	m.raiseOwners(h, old)
}

func (m *pseudo) GetOwner(h refcount.Handle) {
	if !m.Has(refcount.OwnerAtCreation) || m.Has(refcount.NoActive) {
		return
	}
	o := m.ownerStep(h)
	if o == 0 {
		return
	}
	m.warn(m.initial(o), o, refcount.OwnerGetInitial)
	m.a[o]++
	m.asserted(o, m.a[o]-1, refcount.OwnerGetNegative, refcount.OwnerGetBelowZero)
}

func (m *pseudo) ActivePut(h refcount.Handle) {
	if m.Has(refcount.NoActive) || m.initial(h) {
		return
	}
	unasserted := m.Has(refcount.UnderflowUnasserted) || m.Has(refcount.FirstAsserts)
	if m.a[h]--; m.a[h] != 0 {
		m.warn(m.a[h] < 0 && !unasserted, h, refcount.ActivePutNegative)
		return
	}
	m.warn(1 <= m.id[h] && m.id[h] <= 8, h, refcount.ActivePutInitial)
	m.warn(m.p[h] == 0, h, refcount.ActivePutDead)
	for {
		if h = m.ownerStep(h); h == 0 {
			return
		}
		m.warn(m.initial(h), h, refcount.OwnerPutInitial)
		if m.a[h]--; m.a[h] != 0 {
			m.warn(m.a[h] < 0 && !unasserted, h, refcount.OwnerPutNegative)
			return
		}
	}
}

// counter is what the table and its second model have in common.
type counter interface {
	Get(refcount.Handle) bool
	Inc(refcount.Handle)
	Put(refcount.Handle) bool
	DecAndLock(refcount.Handle) bool
	GetUnlessInactive(refcount.Handle) bool
	ActiveGet(refcount.Handle)
	ActivePut(refcount.Handle)
	Resurrect(refcount.Handle)
	GetOwner(refcount.Handle)
}

var operations = []func(counter, refcount.Handle) bool{
	counter.Get, counter.Put, counter.DecAndLock, counter.GetUnlessInactive,
	void(counter.Inc), void(counter.ActiveGet), void(counter.ActivePut),
	void(counter.Resurrect), void(counter.GetOwner),
}

func void(op func(counter, refcount.Handle)) func(counter, refcount.Handle) bool {
	return func(c counter, h refcount.Handle) bool {
		op(c, h)
		return false
	}
}

var everyRule = []refcount.Rules{
	0, refcount.NoActive, refcount.InitCounted, refcount.OwnerAtCreation, refcount.UnderflowUnasserted, refcount.FirstAsserts,
	refcount.NoActive | refcount.InitCounted,                                // v6.18
	refcount.InitCounted | refcount.OwnerAtCreation | refcount.FirstAsserts, // the first posting
	refcount.OwnerAtCreation | refcount.UnderflowUnasserted,                 // two bugs at once
	refcount.InitCounted | refcount.FirstAsserts | refcount.OwnerAtCreation | refcount.UnderflowUnasserted,
}

// TestUnbalanced: whatever callers do, however wrong, counts, results and warnings
// are what the specification says, in its order.
func TestUnbalanced(t *testing.T) {
	for _, rules := range everyRule {
		t.Run(rules.String(), rapid.MakeCheck(func(t *rapid.T) { unbalanced(t, rules) }))
	}
}

func unbalanced(t *rapid.T, rules refcount.Rules) {
	var tab refcount.Table
	tab.Rules = rules
	m := &pseudo{
		Rules: rules, p: map[refcount.Handle]int64{}, a: map[refcount.Handle]int64{},
		id: map[refcount.Handle]int{}, owner: map[refcount.Handle]refcount.Handle{},
	}
	tab.AllocInitial(0) // 1, the initial user namespace
	tab.AllocInitial(1)
	m.id[1], m.id[2], m.owner[2] = 3, 7, 1
	for h := refcount.Handle(3); h <= 7; h++ {
		// Now and then one has no owner, or no id yet.
		owner := refcount.Handle(rapid.SampledFrom([]int{0, 1, 1, 3, 4, 5}).Draw(t, "owner"))
		if owner >= h {
			owner = 1
		}
		tab.Alloc(owner)
		m.owner[h] = owner
		if rapid.IntRange(0, 7).Draw(t, "id") > 0 {
			tab.SetIdentity(h, false)
			m.id[h] = 10 + int(h)
		}
	}
	for h := refcount.Handle(1); h <= 7; h++ {
		e := &tab.Entries[h]
		if rapid.IntRange(0, 3).Draw(t, "set") == 0 {
			e.Passive = rapid.SampledFrom([]int32{0, 1, 2, math.MaxInt32, refcount.Saturated}).Draw(t, "passive")
			e.Active = rapid.Int32Range(-3, 3).Draw(t, "active")
		}
		m.p[h], m.a[h] = int64(e.Passive), int64(e.Active)
	}
	t.Repeat(map[string]func(*rapid.T){"operation": func(t *rapid.T) {
		h := refcount.Handle(rapid.IntRange(1, 7).Draw(t, "ns"))
		op := rapid.IntRange(0, len(operations)-1).Draw(t, "op")
		m.warns, tab.Events = nil, tab.Events[:0]
		require.Equal(t, operations[op](m, h), operations[op](&tab, h), "result")
		var warns []string
		for e := range tab.Warnings() {
			warns = append(warns, fmt.Sprintf("#%d %s", e.NS, e.What))
		}
		require.Equal(t, m.warns, warns)
		for h := refcount.Handle(1); h <= 7; h++ {
			require.Equal(t, m.p[h], int64(tab.Passive(h)), "passive count of #%d", h)
			require.Equal(t, m.a[h], int64(tab.Active(h)), "active count of #%d", h)
		}
	}})
}

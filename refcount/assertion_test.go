// SPDX-License-Identifier: GPL-2.0-only

package refcount_test

import (
	"strings"
	"testing"

	"github.com/nssim/nssim/refcount"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// lineage is the smallest table in which every walk has somewhere to go.
type lineage struct {
	refcount.Table
	init, user, net refcount.Handle
}

func newLineage(rules refcount.Rules) *lineage {
	l := &lineage{}
	l.Rules = rules
	l.init = l.AllocInitial(0)
	l.user = l.Alloc(l.init)
	l.SetIdentity(l.user, false)
	l.net = l.Alloc(l.user)
	l.SetIdentity(l.net, false)
	return l
}

func (l *lineage) set(h refcount.Handle, passive, active int32) {
	l.Entries[h].Passive, l.Entries[h].Active = passive, active
}

// firings has for every assertion of this layer something that makes it fire, alone
// or after those in with. Most of it no kernel does: it is what the assertion is
// there to find.
var firings = map[refcount.Assertion]struct {
	rules refcount.Rules
	do    func(*lineage)
	on    func(*lineage) refcount.Handle
	with  []refcount.Assertion
}{
	refcount.NoIDCounted: {do: func(l *lineage) { l.ActiveGet(l.Alloc(l.user)) }, on: third},

	refcount.PutInitialPassive:  {do: func(l *lineage) { l.set(l.init, 2, 1); l.Put(l.init) }, on: initial},
	refcount.PutInitialActive:   {do: func(l *lineage) { l.set(l.init, 1, 0); l.Put(l.init) }, on: initial},
	refcount.GetInitialPassive:  {do: func(l *lineage) { l.set(l.init, 0, 1); l.Get(l.init) }, on: initial},
	refcount.GetInitialActive:   {do: func(l *lineage) { l.set(l.init, 1, 2); l.Get(l.init) }, on: initial},
	refcount.IncInitialPassive:  {do: func(l *lineage) { l.set(l.init, 3, 1); l.Inc(l.init) }, on: initial},
	refcount.IncInitialActive:   {do: func(l *lineage) { l.set(l.init, 1, 9); l.Inc(l.init) }, on: initial},
	refcount.LockInitialPassive: {do: func(l *lineage) { l.set(l.init, 9, 1); l.DecAndLock(l.init) }, on: initial},
	refcount.LockInitialActive:  {do: func(l *lineage) { l.set(l.init, 1, 3); l.DecAndLock(l.init) }, on: initial},
	refcount.InitialInactive:    {do: func(l *lineage) { l.set(l.init, 1, 0); l.CheckActive(l.init) }, on: initial},

	refcount.PutWhileActive: {do: func(l *lineage) { l.ActiveGet(l.net); l.Put(l.net) }, on: net},
	refcount.GetDeadActive:  {do: func(l *lineage) { l.set(l.net, 0, 1); l.Get(l.net) }, on: net},

	refcount.ActivePutNegative: {do: func(l *lineage) { l.ActivePut(l.net) }, on: net},
	refcount.ActivePutDead:     {do: func(l *lineage) { l.ActiveGet(l.net); l.set(l.net, 0, 1); l.ActivePut(l.net) }, on: net},
	refcount.ActivePutInitial: {
		rules: refcount.InitCounted,
		do:    func(l *lineage) { l.ActivePut(l.init) },
		on:    initial,
	},
	refcount.ActiveGetNegative: {do: func(l *lineage) { l.set(l.net, 1, -1); l.ActiveGet(l.net) }, on: net},

	refcount.OwnerPutNegative: {do: func(l *lineage) { l.set(l.net, 1, 1); l.ActivePut(l.net) }, on: user},
	refcount.OwnerGetNegative: {do: func(l *lineage) { l.set(l.user, 1, -1); l.ActiveGet(l.net) }, on: user},
	// The owner step never reaches an initial namespace, but one without an id
	// passes for it.
	refcount.OwnerPutInitial: {
		do: func(l *lineage) {
			o := l.Alloc(l.init)
			h := l.owned(o)
			l.set(o, 1, 1)
			l.set(h, 1, 1)
			l.ActivePut(h)
		},
		on:   third,
		with: []refcount.Assertion{refcount.NoIDCounted},
	},
	refcount.OwnerGetInitial: {
		do:   func(l *lineage) { l.ActiveGet(l.owned(l.Alloc(l.init))) },
		on:   third,
		with: []refcount.Assertion{refcount.NoIDCounted},
	},
	refcount.WalkNoOwner: {do: func(l *lineage) { l.Entries[l.user].Owner = 0; l.ActiveGet(l.user) }, on: user},

	refcount.RefcountFromZero:  {do: func(l *lineage) { l.Put(l.net); l.Inc(l.net) }, on: net},
	refcount.RefcountUnderflow: {do: func(l *lineage) { l.Put(l.net); l.Put(l.net) }, on: net},
	refcount.RefcountSaturated: {do: func(l *lineage) { l.set(l.net, refcount.Saturated, 0); l.Get(l.net) }, on: net},
	refcount.FreedUsed:         {do: func(l *lineage) { l.Put(l.net); l.Free(l.net); l.Get(l.net) }, on: net},

	refcount.ActiveGetBelowZero: {
		rules: refcount.FirstAsserts,
		do:    func(l *lineage) { l.set(l.net, 1, -2); l.ActiveGet(l.net) },
		on:    net,
	},
	refcount.OwnerGetBelowZero: {
		rules: refcount.FirstAsserts | refcount.OwnerAtCreation,
		do:    func(l *lineage) { l.set(l.user, 1, -2); l.GetOwner(l.net) },
		on:    user,
	},
	refcount.ActiveGetInitial: {
		rules: refcount.FirstAsserts | refcount.InitCounted,
		do:    func(l *lineage) { l.set(l.init, 1, -1); l.ActiveGet(l.init) },
		on:    initial,
	},
	refcount.SeenActiveDead: {
		rules: refcount.FirstAsserts,
		do:    func(l *lineage) { l.set(l.net, 0, 1); l.CheckActive(l.net) },
		on:    net,
	},
}

func initial(l *lineage) refcount.Handle { return l.init }
func user(l *lineage) refcount.Handle    { return l.user }
func net(l *lineage) refcount.Handle     { return l.net }
func third(l *lineage) refcount.Handle   { return l.net + 1 }

// owned makes a namespace with an id whose owner is o.
func (l *lineage) owned(o refcount.Handle) refcount.Handle {
	h := l.Alloc(o)
	l.SetIdentity(h, false)
	return h
}

func TestEveryAssertionFires(t *testing.T) {
	for _, a := range refcount.Assertions() {
		t.Run(a.String(), func(t *testing.T) {
			f, ok := firings[a]
			require.True(t, ok, "nothing makes it fire")
			l := newLineage(f.rules)
			f.do(l)
			want := f.on(l)
			var fired []refcount.Assertion
			for e := range l.Warnings() {
				fired = append(fired, e.What)
				assert.Equal(t, want, e.NS, "%s", e)
			}
			assert.Equal(t, append(f.with, a), fired)
			assert.EqualValues(t, len(fired), l.Fired)
		})
	}
}

func TestAssertionsAreDeclaredOnce(t *testing.T) {
	seen := map[string]refcount.Assertion{}
	for a := refcount.NoIDCounted; a <= refcount.SeenActiveDead; a++ {
		assert.Contains(t, refcount.Assertions(), a)
		assert.Less(t, uint8(a), uint8(64), "numbers from 64 on belong to the layers above")
		assert.Zero(t, seen[a.String()], "%d and %d say the same", a, seen[a.String()])
		seen[a.String()] = a
	}
	assert.Len(t, refcount.Assertions(), len(seen), "an assertion is declared that has no constant")
	assert.Equal(t, "assertion 63", refcount.Assertion(63).String())
}

// An id that is still 0 is not above 8: the namespace passes for an initial one,
// and then its counts are not what an initial one's are.
func TestNoIDPassesForInitial(t *testing.T) {
	ops := map[string]func(*lineage, refcount.Handle){
		"__ns_ref_put":           func(l *lineage, h refcount.Handle) { l.Put(h) },
		"__ns_ref_get":           func(l *lineage, h refcount.Handle) { l.Get(h) },
		"__ns_ref_inc":           func(l *lineage, h refcount.Handle) { l.Inc(h) },
		"__ns_ref_dec_and_lock":  func(l *lineage, h refcount.Handle) { l.DecAndLock(h) },
		"ns_get_unless_inactive": func(l *lineage, h refcount.Handle) { l.GetUnlessInactive(h) },
	}
	for fn, op := range ops {
		l := newLineage(0)
		h := l.Alloc(l.user)
		op(l, h)
		require.Len(t, l.Events, 2, fn)
		assert.Equal(t, refcount.NoIDCounted, l.Events[0].What, fn)
		assert.Equal(t, fn, l.Events[1].What.Info().Func)
		assert.True(t, strings.HasPrefix(l.Events[1].What.Info().Condition, "initial"), l.Events[1])
		assert.Equal(t, "p1 a0", l.Entries[h].String(), fn)

		// A kernel that counts its initial namespaces does not ask.
		l = newLineage(refcount.InitCounted)
		op(l, l.Alloc(l.user))
		assert.Empty(t, l.Events, fn)
	}
}

func TestReclaimedIsFreed(t *testing.T) {
	l := newLineage(0)
	l.Free(l.net)
	l.Reclaim(l.net)
	assert.False(t, l.Get(l.net))
	l.ActiveGet(l.net)
	for e := range l.Warnings() {
		assert.Contains(t, []refcount.Assertion{refcount.FreedUsed, refcount.WalkNoOwner}, e.What)
	}
	assert.EqualValues(t, 3, l.Fired)
}

// SPDX-License-Identifier: GPL-2.0-only

package refcount_test

import (
	"slices"
	"testing"

	"github.com/nssim/nssim/refcount"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// ledger is the dumb model of callers that behave: it knows no counts, only who
// holds what, and adds up afresh whenever it is asked.
type ledger struct {
	refcount.Table
	init  refcount.Handle
	all   []refcount.Handle // without init; owners come before what they own
	user  map[refcount.Handle]bool
	owner map[refcount.Handle]refcount.Handle

	held map[refcount.Handle]int // passive holders: creators, sockets, calls in flight
	used map[refcount.Handle]int // tasks and inodes: they hold both
}

func newLedger(rules refcount.Rules) *ledger {
	l := &ledger{
		user: map[refcount.Handle]bool{}, owner: map[refcount.Handle]refcount.Handle{},
		held: map[refcount.Handle]int{}, used: map[refcount.Handle]int{},
	}
	l.Rules = rules
	l.init = l.AllocInitial(0)
	return l
}

// active and passive are the definition of the counts: holders, and what a namespace
// owns as long as that has holders itself.
func (l *ledger) active() map[refcount.Handle]int  { return l.count(l.used) }
func (l *ledger) passive() map[refcount.Handle]int { return l.count(l.used, l.held) }

func (l *ledger) count(holders ...map[refcount.Handle]int) map[refcount.Handle]int {
	n := map[refcount.Handle]int{}
	for _, h := range slices.Backward(l.all) {
		for _, of := range holders {
			n[h] += of[h]
		}
		if n[h] > 0 {
			n[l.owner[h]]++
		}
	}
	return n
}

// choose draws one of the namespaces that qualify.
func (l *ledger) choose(t *rapid.T, ok func(refcount.Handle) bool) refcount.Handle {
	var hs []refcount.Handle
	for _, h := range l.all {
		if ok(h) {
			hs = append(hs, h)
		}
	}
	if len(hs) == 0 {
		t.Skip("none to choose from")
	}
	return rapid.SampledFrom(hs).Draw(t, "ns")
}

func (l *ledger) chooseAlive(t *rapid.T) refcount.Handle {
	return l.choose(t, func(h refcount.Handle) bool { return l.passive()[h] > 0 })
}

func (l *ledger) create(t *rapid.T) {
	if len(l.all) > 12 {
		t.Skip("enough")
	}
	owner := l.init
	if rapid.Bool().Draw(t, "nested") {
		active, passive := l.active(), l.passive()
		owner = l.choose(t, func(h refcount.Handle) bool {
			return l.user[h] && passive[h] > 0 && (active[h] > 0 || l.Rules == 0)
		})
	}
	h := l.Alloc(owner)
	l.SetIdentity(h, false)
	l.Inc(owner)
	l.all = append(l.all, h)
	l.owner[h], l.user[h], l.held[h] = owner, rapid.Bool().Draw(t, "user"), 1
	if l.Rules.Has(refcount.OwnerAtCreation) {
		// The first posting pays the owner here, and only a put gives it back.
		l.GetOwner(h)
		l.used[h]++
		l.Inc(h)
		l.ActiveGet(h)
	}
}

// get is one more task or inode. But in the first posting, whose plain get from zero
// is a bug, Resurrect is ActiveGet.
func (l *ledger) get(t *rapid.T) {
	h := l.chooseAlive(t)
	l.used[h]++
	l.Inc(h)
	l.Resurrect(h)
}

func (l *ledger) put(t *rapid.T) {
	h := l.choose(t, func(h refcount.Handle) bool { return l.used[h] > 0 })
	l.used[h]--
	l.ActivePut(h)
	l.dropped(t, h)
}

func (l *ledger) drop(t *rapid.T) {
	h := l.choose(t, func(h refcount.Handle) bool { return l.held[h] > 0 })
	l.held[h]--
	l.dropped(t, h)
}

// dropped drops the passive count of h, and the owner's of whatever that destroys.
func (l *ledger) dropped(t *rapid.T, h refcount.Handle) {
	put := l.Put
	if rapid.Bool().Draw(t, "lock") {
		put = l.DecAndLock
	}
	for left := l.passive(); ; h = l.owner[h] {
		last := put(h)
		require.Equal(t, h != l.init && left[h] == 0, last)
		if put = l.Put; !last {
			return
		}
	}
}

func (l *ledger) see(t *rapid.T) {
	h := rapid.SampledFrom(append([]refcount.Handle{l.init}, l.all...)).Draw(t, "ns")
	visible := h == l.init || l.active()[h] > 0
	require.Equal(t, visible, l.GetUnlessInactive(h))
	if visible && h != l.init {
		l.held[h]++
	}
}

func (l *ledger) check(t *rapid.T) {
	active, passive := l.active(), l.passive()
	for _, h := range l.all {
		require.EqualValues(t, active[h], l.Active(h), "active count of\n%s", l.Describe(h))
		require.EqualValues(t, passive[h], l.Passive(h), "passive count of\n%s", l.Describe(h))
		if l.Active(h) == 0 {
			continue
		}
		for o := range l.Owners(h) {
			require.Positive(t, l.Active(o), "owner-active:\n%s", l.Describe(h))
		}
	}
	require.Equal(t, "p1 a1", l.Entries[l.init].String(), "an initial namespace was counted")
	require.Zero(t, l.Fired, "%v", l.Events)
}

// TestCountsAreHolders: whatever balanced callers do, in whatever order, each count
// is the number of its holders, active owner chains included, and nothing warns.
func TestCountsAreHolders(t *testing.T) {
	for _, rules := range []refcount.Rules{0, refcount.OwnerAtCreation} {
		t.Run(rules.String(), rapid.MakeCheck(func(t *rapid.T) { balanced(t, newLedger(rules)) }))
	}
}

func balanced(t *rapid.T, l *ledger) {
	t.Repeat(map[string]func(*rapid.T){
		"create": l.create,
		"get":    l.get,
		"put":    l.put,
		"drop":   l.drop,
		"see":    l.see,
		"hold":   func(t *rapid.T) { h := l.chooseAlive(t); l.held[h]++; require.True(t, l.Get(h)) },
		"inc":    func(t *rapid.T) { h := l.chooseAlive(t); l.held[h]++; l.Inc(h) },
		"initial": func(t *rapid.T) {
			l.ActiveGet(l.init)
			l.ActivePut(l.init)
			require.True(t, l.Get(l.init))
			l.Inc(l.init)
			require.False(t, l.Put(l.init))
			require.False(t, l.DecAndLock(l.init))
		},
		"": l.check,
	})
}

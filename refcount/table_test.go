// SPDX-License-Identifier: GPL-2.0-only

package refcount_test

import (
	"math"
	"slices"
	"testing"

	"github.com/nssim/nssim/refcount"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

func TestHandlesAreReusedLowestFirst(t *testing.T) {
	var tab refcount.Table
	for h := refcount.Handle(1); h <= 6; h++ {
		require.Equal(t, h, tab.Alloc(0))
	}
	tab.Free(4)
	tab.Free(2)
	assert.Equal(t, []refcount.Handle{1, 3, 5, 6}, slices.Collect(tab.Handles()))
	assert.EqualValues(t, 7, tab.Alloc(0), "a freed handle was used again before Reclaim")
	tab.Reclaim(4)
	tab.Reclaim(2)
	assert.EqualValues(t, 2, tab.Alloc(0))
	assert.EqualValues(t, 4, tab.Alloc(0))
	assert.EqualValues(t, 8, tab.Alloc(0))
}

// Other than the kernel's functions, which dereference it, nothing stumbles over the
// handle of no namespace; where they accept NULL they answer the same.
func TestNoNamespace(t *testing.T) {
	var tab refcount.Table
	assert.False(t, tab.Get(0))
	assert.False(t, tab.Put(0))
	assert.False(t, tab.DecAndLock(0))
	assert.False(t, tab.GetUnlessInactive(0))
	tab.Inc(0)
	tab.ActiveGet(0)
	tab.ActivePut(0)
	tab.Resurrect(0)
	tab.GetOwner(0)
	assert.Empty(t, tab.Events)
}

func TestIdentity(t *testing.T) {
	var tab refcount.Table
	h := tab.Alloc(0)
	assert.Equal(t, refcount.Live|refcount.NoID|refcount.Frozen, tab.Entries[h].Flags)
	tab.SetIdentity(h, true)
	assert.Equal(t, refcount.Live|refcount.Initial|refcount.Frozen, tab.Entries[h].Flags)
	tab.SetIdentity(h, false)
	assert.Equal(t, refcount.Live, tab.Entries[h].Flags)
	tab.Rules = refcount.InitCounted
	tab.SetIdentity(h, true)
	assert.Equal(t, refcount.Live|refcount.Initial, tab.Entries[h].Flags)
}

// refcount_t, value by value: what is there, what the operation leaves, what it says
// and what is recorded.
func TestSaturation(t *testing.T) {
	const sat, top = refcount.Saturated, math.MaxInt32
	get, put, lock := (*refcount.Table).Get, (*refcount.Table).Put, (*refcount.Table).DecAndLock
	inc := func(tab *refcount.Table, h refcount.Handle) bool { tab.Inc(h); return false }
	for _, c := range []struct {
		name     string
		op       func(*refcount.Table, refcount.Handle) bool
		old, now int32
		ok       bool
		warn     refcount.Assertion
	}{
		{"get", get, 0, 0, false, 0},
		{"get", get, 1, 2, true, 0},
		{"get", get, top - 1, top, true, 0},
		{"get", get, top, sat, true, refcount.RefcountSaturated},
		{"get", get, sat, sat, true, refcount.RefcountSaturated},
		{"get", get, -1, sat, true, refcount.RefcountSaturated},
		{"inc", inc, 0, sat, false, refcount.RefcountFromZero},
		{"inc", inc, 1, 2, false, 0},
		{"inc", inc, top, sat, false, refcount.RefcountSaturated},
		{"inc", inc, sat, sat, false, refcount.RefcountSaturated},
		{"put", put, 2, 1, false, 0},
		{"put", put, 1, 0, true, 0},
		{"put", put, 0, sat, false, refcount.RefcountUnderflow},
		{"put", put, sat, sat, false, refcount.RefcountUnderflow},
		{"dec-and-lock", lock, 2, 1, false, 0},
		{"dec-and-lock", lock, 1, 0, true, 0},
		{"dec-and-lock", lock, 0, 0, false, refcount.RefcountUnderflow},
		{"dec-and-lock", lock, sat, sat, false, 0},
	} {
		l := newLineage(0)
		l.set(l.net, c.old, 0)
		assert.Equal(t, c.ok, c.op(&l.Table, l.net), "%s from %d", c.name, c.old)
		assert.Equal(t, c.now, l.Passive(l.net), "%s from %d", c.name, c.old)
		var fired []refcount.Assertion
		for e := range l.Warnings() {
			fired = append(fired, e.What)
		}
		var want []refcount.Assertion
		if c.warn != 0 {
			want = append(want, c.warn)
		}
		assert.Equal(t, want, fired, "%s from %d", c.name, c.old)
	}
}

// Between the steps of a walk another CPU sees a child active whose owner is not yet,
// and may release it again before the walk goes on: totals are conserved.
func TestStepsInterleave(t *testing.T) {
	l := newLineage(0)
	owner := l.ActiveGetStep(l.net, false)
	require.Equal(t, l.user, owner)
	assert.Equal(t, "p1 a1", l.Entries[l.net].String())
	assert.Equal(t, "p1 a0", l.Entries[l.user].String(), "not paid yet")

	assert.Zero(t, l.ActiveGetStep(l.net, false), "the second comer owes nothing")
	l.ActivePut(l.net)
	l.ActivePut(l.net) // releases an owner that is still to be paid
	assert.EqualValues(t, -1, l.Active(l.user))
	assert.Zero(t, l.ActiveGetStep(owner, true))
	assert.Zero(t, l.Active(l.user))
	assert.Equal(t, []string{
		"#2: warning: __ns_ref_active_put: owner's __ns_ref_active < 0 (p1 a-1)",
		"#2: warning: __ns_ref_active_get: owner's __ns_ref_active < 0 (p1 a0)",
	}, told(&l.Table))
}

func TestTracing(t *testing.T) {
	l := newLineage(0)
	l.Get(l.net)
	l.ActiveGet(l.net)
	assert.Empty(t, l.Events)
	l.Tracing = true
	l.Now = refcount.Context{Task: 2, Line: 5}
	l.Put(l.net)
	l.Inc(l.net)
	l.ActivePut(l.net)
	l.Now = refcount.Context{}
	l.set(l.net, math.MaxInt32, 0)
	l.Get(l.net)
	l.Note(refcount.Entered, l.net, 3, 1)
	assert.Equal(t, []string{
		"line 5: task 2: #3: passive 2 -> 1",
		"line 5: task 2: #3: passive 1 -> 2",
		"line 5: task 2: #3: active 1 -> 0",
		"line 5: task 2: #2: active 1 -> 0",
		"#3: warning: refcount_t: saturated; leaking memory (p2147483647 a0)",
		"#3: passive 2147483647 -> -1073741824",
		"entered operation 3 step 1",
	}, told(&l.Table))
	assert.Len(t, slices.Collect(l.Warnings()), 1)
}

func told(t *refcount.Table) (s []string) {
	for _, e := range t.Events {
		s = append(s, e.String())
	}
	return s
}

// A copy shows what the original showed and neither sees what is done to the other.
func TestCopyIsIsolated(t *testing.T) { rapid.Check(t, copyIsIsolated) }

func copyIsIsolated(t *rapid.T) {
	src, dst := newLineage(0), &lineage{}
	src.Tracing = true
	scribble(t, &src.Table, "before")
	for range rapid.IntRange(0, 2).Draw(t, "used before") {
		dst.CopyFrom(&newLineage(refcount.NoActive).Table)
		scribble(t, &dst.Table, "earlier life")
	}
	dst.CopyFrom(&src.Table)
	was := snapshot(&src.Table)
	require.Equal(t, was, snapshot(&dst.Table))
	scribble(t, &dst.Table, "copy")
	require.Equal(t, was, snapshot(&src.Table), "the original changed with its copy")
	was = snapshot(&dst.Table)
	scribble(t, &src.Table, "original")
	require.Equal(t, was, snapshot(&dst.Table), "the copy changed with its original")
}

// scribble does anything at all.
func scribble(t *rapid.T, tab *refcount.Table, label string) {
	for range rapid.IntRange(0, 20).Draw(t, label) {
		h := refcount.Handle(rapid.IntRange(1, len(tab.Entries)-1).Draw(t, "ns"))
		switch op := rapid.IntRange(-2, len(operations)-1).Draw(t, "op"); op {
		case -2:
			tab.SetIdentity(tab.Alloc(h), false)
		case -1:
			tab.Free(h)
			tab.Reclaim(h)
		default:
			operations[op](tab, h)
		}
	}
}

// snapshot is everything that can be seen of a table: its next handle too.
func snapshot(tab *refcount.Table) []any {
	next := refcount.Table{}
	next.CopyFrom(tab)
	return []any{
		slices.Clone(tab.Entries), append([]refcount.Event{}, tab.Events...),
		tab.Rules, tab.Now, tab.Tracing, tab.Fired, next.Alloc(0),
	}
}

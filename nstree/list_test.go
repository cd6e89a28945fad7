// SPDX-License-Identifier: GPL-2.0-only

package nstree_test

import (
	"slices"
	"testing"

	"github.com/nssim/nssim/nstree"
	"github.com/nssim/nssim/refcount"
	"github.com/nssim/nssim/syscall/uapi"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// withID makes a namespace with this id, owned by the initial user namespace, that is
// not on the trees yet.
func withID(t *testing.T, f *nstree.Forest, typ uapi.NSType, id uint64) handle {
	h := alloc(t, f, typ)
	f.SetID(h, id)
	return h
}

func fired(f *nstree.Forest) (as []refcount.Assertion) {
	for e := range f.Warnings() {
		as = append(as, e.What)
	}
	return as
}

// A network namespace draws its id before its init hooks run and enters the trees after
// them. Meanwhile others with larger ids have come.
func TestLateInsertion(t *testing.T) {
	f := booted(0)
	late := alloc(t, f, uapi.NET_NS)
	f.AssignID(late)
	create(t, f, uapi.UTS_NS, 1)
	create(t, f, uapi.NET_NS, 1)
	assert.Equal(t, []uint64{7, 12}, ids(f, f.All(uapi.NET_NS)))
	f.Insert(late)
	assert.Equal(t, []uint64{7, 8, 10, 11, 12}, ids(f, f.Walk(nstree.Unified, f.LookupAt(7, 0))))
	assert.Equal(t, []uint64{7, 10, 12}, ids(f, f.All(uapi.NET_NS)))
	assert.Equal(t, []uint64{12, 10, 7}, ids(f, f.Backward(uapi.NET_NS)))
	assert.Equal(t, []uint64{7, 8, 10, 11, 12}, ids(f, f.OwnedBy(1))[5:])
	assert.Empty(t, f.Events)
}

func TestInsertionInAnyOrder(t *testing.T) {
	f := &nstree.Forest{}
	f.SetID(f.AllocFixed(uapi.USER_NS, 0, uapi.USER_NS_INIT_INO), 3)
	f.Insert(1)
	for _, id := range []uint64{50, 20, 40, 1, 30, 60, 2} {
		f.Insert(withID(t, f, uapi.IPC_NS, id))
	}
	want := []uint64{1, 2, 20, 30, 40, 50, 60}
	assert.Equal(t, []uint64{1, 2, 3, 20, 30, 40, 50, 60}, ids(f, f.All(0)))
	assert.Equal(t, want, ids(f, f.All(uapi.IPC_NS)))
	assert.Equal(t, want, ids(f, f.OwnedBy(1)))
	slices.Reverse(want)
	assert.Equal(t, want, ids(f, f.WalkBack(nstree.PerOwner, f.LastOwned(1))))
}

// First posting, in the middle of the series: the owner's list is in order of insertion.
func TestOwnerListUnsorted(t *testing.T) {
	f := booted(nstree.OwnerListUnsorted)
	u := create(t, f, uapi.USER_NS, 1)
	for _, id := range []uint64{20, 12, 15} {
		h, e := f.Alloc(uapi.UTS_NS, u)
		require.Zero(t, e)
		f.SetID(h, id)
		f.Insert(h)
	}
	assert.Equal(t, []uint64{20, 12, 15}, ids(f, f.OwnedBy(u)))
	assert.Equal(t, []uint64{2, 12, 15, 20}, ids(f, f.All(uapi.UTS_NS)))
	after20 := f.LookupOwnedAt(21, u)
	assert.Zero(t, after20, "paging by the last id never comes to 12 and 15")
	assert.Equal(t, f.Lookup(12, 0), f.LookupOwnedAt(11, u))
}

// A walker that stands on a removed node goes on where it stood, meets nothing twice and
// never goes back. It may miss what has come since.
func TestRemovedKeepsLinks(t *testing.T) {
	f := booted(0)
	var hs []handle
	for range 5 {
		hs = append(hs, create(t, f, uapi.UTS_NS, 1)) // 10 to 14
	}
	on := hs[1] // 11
	f.Remove(on)
	f.Remove(hs[2])                               // 12, which 11 leads to
	f.Remove(hs[4])                               // 14, the tail
	newer := f.Node(create(t, f, uapi.UTS_NS, 1)) // 15
	assert.EqualValues(t, 15, newer.ID)
	for _, l := range []nstree.List{nstree.Unified, nstree.PerType, nstree.PerOwner} {
		assert.Equal(t, []uint64{11, 12, 13, 15}, ids(f, f.Walk(l, on)), l)
		assert.Equal(t, []uint64{14}, ids(f, f.Walk(l, hs[4])), "the end it knew is the end: %s", l)
		assert.Equal(t, []uint64{14, 13, 10}, ids(f, f.WalkBack(l, hs[4]))[:3], l)
	}
	assert.Equal(t, []uint64{2, 10, 13, 15}, ids(f, f.All(uapi.UTS_NS)))
	assert.True(t, f.Node(on).Is(nstree.Removed))
	assert.False(t, f.Node(on).Is(nstree.OnTree))
	assert.Zero(t, f.Lookup(11, 0))

	g := booted(nstree.ClearNextOnRemove)
	a := create(t, g, uapi.UTS_NS, 1)
	create(t, g, uapi.UTS_NS, 1)
	g.Remove(a)
	assert.Equal(t, []uint64{10}, ids(g, g.Walk(nstree.Unified, a)), "the mutation")
}

func TestRangeWhileRemoving(t *testing.T) {
	f := booted(0)
	for range 100 {
		create(t, f, uapi.UTS_NS, 1)
	}
	n := 0
	for h := range f.All(0) {
		if f.Node(h).ID > 8 {
			f.Remove(h)
		}
		n++
	}
	assert.Equal(t, 108, n)
	assert.Equal(t, 8, f.Len())
}

func TestAdjoined(t *testing.T) {
	f := booted(0)
	a, b := create(t, f, uapi.MNT_NS, 1), create(t, f, uapi.MNT_NS, 1)
	create(t, f, uapi.NET_NS, 1)
	next, e := f.Adjoined(a, false)
	assert.Equal(t, b, next)
	assert.Zero(t, e)
	prev, e := f.Adjoined(a, true)
	assert.EqualValues(t, uapi.MNT_NS_INIT_ID, f.Node(prev).ID)
	assert.Zero(t, e)
	_, e = f.Adjoined(b, false)
	assert.Equal(t, uapi.ENOENT, e)
	_, e = f.Adjoined(prev, true)
	assert.Equal(t, uapi.ENOENT, e)
}

// An id that is taken: the trees that hold it refuse the newcomer, which lands at the head
// of their lists, where no look-up finds it. Which trees these are depends on what the two
// have in common; the kernel asserts only for the type's.
func TestDuplicate(t *testing.T) {
	for _, c := range []struct {
		name             string
		typ              uapi.NSType
		sameOwner        bool
		inType, inOwner  bool // searchable there
		warnAdd, warnDel []refcount.Assertion
	}{
		{"same type and owner", uapi.UTS_NS, true, false, false,
			[]refcount.Assertion{nstree.AddDuplicate}, []refcount.Assertion{nstree.RemoveNotLinked}},
		{"same type", uapi.UTS_NS, false, false, true,
			[]refcount.Assertion{nstree.AddDuplicate}, []refcount.Assertion{nstree.RemoveNotLinked}},
		{"same owner", uapi.NET_NS, true, true, false, nil, nil},
		{"nothing but the id", uapi.NET_NS, false, true, true, nil, nil},
	} {
		for _, more := range []int{0, 100} { // look-ups by slice and by index
			f := booted(0)
			u, v := create(t, f, uapi.USER_NS, 1), create(t, f, uapi.USER_NS, 1)
			first := create(t, f, uapi.UTS_NS, u) // 12
			second := create(t, f, uapi.UTS_NS, u)
			for range more {
				create(t, f, uapi.TIME_NS, 1)
			}
			owner := v
			if c.sameOwner {
				owner = u
			}
			dup, e := f.Alloc(c.typ, owner)
			require.Zero(t, e)
			f.SetID(dup, 12)
			before := f.Len()
			f.Insert(dup)

			require.Equal(t, c.warnAdd, fired(f), c.name)
			assert.Equal(t, before+1, f.Len())
			assert.False(t, f.Node(dup).Searchable(nstree.Unified))
			assert.Equal(t, c.inType, f.Node(dup).Searchable(nstree.PerType), c.name)
			assert.Equal(t, c.inOwner, f.Node(dup).Searchable(nstree.PerOwner), c.name)
			assert.Equal(t, dup, f.First(0), c.name)
			assert.Equal(t, !c.inType, f.First(c.typ) == dup, c.name)
			assert.Equal(t, dup, f.FirstOwned(owner), c.name)
			assert.Equal(t, first, f.Lookup(12, 0), c.name)
			assert.Equal(t, second, f.LookupAt(13, 0), c.name)
			assert.Equal(t, first, f.Lookup(12, uapi.UTS_NS), c.name)
			assert.Equal(t, c.inType, f.Lookup(12, c.typ) == dup, c.name)
			assert.Equal(t, c.inOwner, f.LookupOwnedAt(12, owner) == dup, c.name)

			// The one in the trees goes: the other stays listed and is found no more.
			f.Events = f.Events[:0]
			f.Remove(first)
			assert.Empty(t, f.Events)
			assert.Zero(t, f.Lookup(12, 0), c.name)
			assert.Equal(t, dup, f.First(0), c.name)
			f.Remove(dup)
			assert.Equal(t, c.warnDel, fired(f), c.name)
			assert.EqualValues(t, 1, f.Node(f.First(0)).ID)
			assert.Equal(t, second, f.FirstOwned(u))
			assert.Zero(t, f.FirstOwned(v))
		}
	}
}

// What a tree has refused is no predecessor: only the nodes in the tree say where the next
// one goes, and an id whose holder in the tree has gone is free again.
func TestDuplicateIsNoPredecessor(t *testing.T) {
	f := booted(0)
	u := create(t, f, uapi.USER_NS, 1)
	owned := func(id uint64) handle {
		h, e := f.Alloc(uapi.UTS_NS, u)
		require.Zero(t, e)
		f.SetID(h, id)
		f.Insert(h)
		return h
	}
	first := owned(20)
	owned(20)
	f.Remove(first)
	assert.Equal(t, []uint64{20}, ids(f, f.OwnedBy(u)))
	assert.Zero(t, f.LookupOwnedAt(0, u))
	owned(30)
	assert.Equal(t, []uint64{30, 20}, ids(f, f.OwnedBy(u)), "before the only one on the list")
	again := owned(20)
	assert.True(t, f.Node(again).Searchable(nstree.PerOwner))
	assert.Equal(t, []uint64{20, 30, 20}, ids(f, f.OwnedBy(u)))
}

// The mutation that forgets the type's tree and list: found by id, not by type.
func TestUnifiedOnly(t *testing.T) {
	f := booted(nstree.UnifiedOnly)
	for _, more := range []int{0, 100} {
		h := create(t, f, uapi.UTS_NS, 1)
		for range more {
			create(t, f, uapi.TIME_NS, 1)
		}
		id := f.Node(h).ID
		assert.Equal(t, h, f.Lookup(id, 0))
		assert.Zero(t, f.Lookup(id, uapi.UTS_NS))
		assert.Zero(t, f.First(uapi.UTS_NS))
		assert.Equal(t, h, f.LookupOwnedAt(id, 1))
		f.Events = f.Events[:0]
		f.Remove(h)
		assert.Equal(t, []refcount.Assertion{nstree.RemoveNotLinked, nstree.RemoveNotListed}, fired(f))
		assert.Zero(t, f.Lookup(id, 0))
	}
}

// SPDX-License-Identifier: GPL-2.0-only

package nstree_test

import (
	"testing"

	"github.com/nssim/nssim/nstree"
	"github.com/nssim/nssim/refcount"
	"github.com/nssim/nssim/syscall/uapi"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// firings has for every assertion of this layer something that makes it fire. Each returns
// the namespace that it fires on.
var firings = map[refcount.Assertion]func(*testing.T, *nstree.Forest) handle{
	nstree.AddNoID: func(t *testing.T, f *nstree.Forest) handle {
		h := alloc(t, f, uapi.NET_NS)
		f.Insert(h)
		return h
	},
	nstree.AddOwnerNotUser: func(t *testing.T, f *nstree.Forest) handle {
		h, e := f.Alloc(uapi.NET_NS, create(t, f, uapi.UTS_NS, 1))
		require.Zero(t, e)
		f.AssignID(h)
		f.Insert(h)
		return h
	},
	nstree.AddNoOwner: func(t *testing.T, f *nstree.Forest) handle { return create(t, f, uapi.CGROUP_NS, 0) },
	nstree.AddDuplicate: func(t *testing.T, f *nstree.Forest) handle {
		h := withID(t, f, uapi.NET_NS, uapi.NET_NS_INIT_ID)
		f.Insert(h)
		return h
	},
	nstree.RemoveNotLinked: func(t *testing.T, f *nstree.Forest) handle {
		h := create(t, f, uapi.NET_NS, 1)
		f.Remove(h)
		f.Remove(h)
		return h
	},
	nstree.RemoveNotListed: func(t *testing.T, f *nstree.Forest) handle {
		h := alloc(t, f, uapi.NET_NS)
		f.Remove(h)
		return h
	},
	nstree.OwnerFilterNotUser: func(t *testing.T, f *nstree.Forest) handle {
		h := create(t, f, uapi.NET_NS, 1)
		assert.Zero(t, f.LookupOwnedAt(0, h))
		return h
	},
	nstree.InumZero: func(_ *testing.T, f *nstree.Forest) handle { return f.AllocFixed(uapi.NET_NS, 1, 0) },
}

// with has what fires before.
var with = map[refcount.Assertion][]refcount.Assertion{
	nstree.RemoveNotListed: {nstree.RemoveNotLinked}, // never inserted: neither in the tree nor on the list
}

func TestEveryAssertionFires(t *testing.T) {
	for _, a := range refcount.Assertions() {
		if a < 64 {
			continue // refcount's own
		}
		t.Run(a.String(), func(t *testing.T) {
			fire, ok := firings[a]
			require.True(t, ok, "nothing makes it fire")
			f := booted(0)
			h := fire(t, f)
			assert.Equal(t, append(with[a], a), fired(f))
			for e := range f.Warnings() {
				assert.Equal(t, h, e.NS)
			}
		})
	}
	for a := nstree.AddNoID; a <= nstree.InumZero; a++ {
		assert.Contains(t, refcount.Assertions(), a)
	}
}

// What would tie the lists into a knot is reported and not done.
func TestInsertedTwice(t *testing.T) {
	f := booted(0)
	h := create(t, f, uapi.NET_NS, 1)
	create(t, f, uapi.NET_NS, 1)
	f.Insert(h)
	assert.Equal(t, []refcount.Assertion{nstree.AddDuplicate}, fired(f))
	assert.Equal(t, []uint64{7, 10, 11}, ids(f, f.All(uapi.NET_NS)))
	f.Remove(h)
	f.Insert(h)
	assert.Equal(t, []uint64{7, 10, 11}, ids(f, f.All(uapi.NET_NS)), "out and in again")
	assert.False(t, f.Node(h).Is(nstree.Removed))
}

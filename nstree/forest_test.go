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

// booted is a forest with the initial namespaces, whose user namespace is 1.
func booted(rules nstree.Rules) *nstree.Forest {
	f := &nstree.Forest{Rules: rules}
	if f.Boot() != 1 {
		panic("the initial user namespace is not the first")
	}
	return f
}

func create(t require.TestingT, f *nstree.Forest, typ uapi.NSType, owner handle) handle {
	h, e := f.Create(typ, owner)
	require.Zero(t, e)
	return h
}

func ids(f *nstree.Forest, hs func(func(handle) bool)) (out []uint64) {
	for h := range hs {
		out = append(out, f.Node(h).ID)
	}
	return out
}

// visible is what listns(2) shows to somebody who may see everything.
func visible(f *nstree.Forest, hs func(func(handle) bool)) (out []uint64) {
	for h := range hs {
		if f.GetUnlessInactive(h) {
			out = append(out, f.Node(h).ID)
			f.Put(h)
		}
	}
	return out
}

func TestBoot(t *testing.T) {
	f := booted(0)
	assert.Equal(t, []uint64{1, 2, 3, 4, 5, 6, 7, 8}, ids(f, f.All(0)))
	assert.Equal(t, []uint64{1, 2, 4, 5, 6, 7, 8}, ids(f, f.OwnedBy(1)), "all but itself")
	for _, typ := range uapi.NSTypes() {
		h := f.Lookup(typ.InitID(), typ)
		require.NotZero(t, h, typ)
		assert.Equal(t, typ.InitInum(), f.Node(h).Inum)
		assert.Equal(t, "p1 a1", f.Entries[h].String())
		assert.Equal(t, []uint64{typ.InitID()}, ids(f, f.All(typ)))
	}
	f.ActiveGet(1)
	f.Get(1)
	assert.Equal(t, "p1 a1", f.Entries[1].String(), "counted")
	assert.Empty(t, f.Events)
}

// No kernel warns while it boots.
func TestBootIsQuiet(t *testing.T) {
	for rule := nstree.NoUnifiedTree; rule <= nstree.UnifiedOnly; rule <<= 1 {
		f := booted(rule)
		create(t, f, uapi.UTS_NS, create(t, f, uapi.USER_NS, 1))
		assert.Empty(t, f.Events, rule)
		assert.Equal(t, 10, f.Len(), rule)
	}
}

func TestInitActiveUnset(t *testing.T) {
	f := booted(nstree.InitActiveUnset)
	assert.Equal(t, "p1 a0", f.Entries[1].String())
}

// An anonymous mount namespace has a fixed inode number that is not an initial one.
func TestAnonymous(t *testing.T) {
	f := booted(0)
	h := f.AllocFixed(uapi.MNT_NS, 1, uapi.MNT_NS_ANON_INO)
	f.AssignID(h)
	f.Node(h).Flags |= nstree.Anonymous
	assert.Equal(t, "p1 a0", f.Entries[h].String())
	assert.EqualValues(t, 10, f.Node(h).ID, "it consumes an id")
	f.FreeInum(h)
	next := f.AllocFixed(uapi.MNT_NS, 1, uapi.MNT_NS_ANON_INO)
	assert.Equal(t, f.Node(h).Inum, f.Node(next).Inum, "and all share one inode number")
}

func TestBadTypes(t *testing.T) {
	f := booted(0)
	for _, typ := range []uapi.NSType{0, 1, uapi.NET_NS | uapi.UTS_NS} {
		_, e := f.Alloc(typ, 1)
		assert.Equal(t, uapi.EINVAL, e)
		_, e = f.Create(typ, 1)
		assert.Equal(t, uapi.EINVAL, e)
		assert.Zero(t, f.AllocFixed(typ, 1, 5))
		if typ != 0 {
			assert.Zero(t, f.First(typ))
			assert.Zero(t, f.Last(typ))
			assert.Empty(t, slices.Collect(f.All(typ)))
		}
	}
	assert.Equal(t, 8, f.Len())
}

// The worked examples of the lifecycle (refcount's testdata), as listns(2) shows them:
// nested user namespaces U and V, and uts T and net N in V.
func TestListing(t *testing.T) {
	f := booted(0)
	u := create(t, f, uapi.USER_NS, 1)
	v := create(t, f, uapi.USER_NS, u)
	uts := create(t, f, uapi.UTS_NS, v)
	net := create(t, f, uapi.NET_NS, v)
	for _, c := range []struct {
		what     string
		do       func()
		all, inV []uint64
	}{
		{"created", func() {}, nil, nil},
		{"a task lives in V with T and N", func() { f.ActiveGet(v); f.ActiveGet(uts); f.ActiveGet(net) },
			[]uint64{10, 11, 12, 13}, []uint64{12, 13}},
		{"N is opened", func() { f.ActiveGet(net) }, []uint64{10, 11, 12, 13}, []uint64{12, 13}},
		{"the task is a zombie", func() { f.ActivePut(uts); f.ActivePut(net) }, []uint64{10, 11, 13}, []uint64{13}},
		{"reaped", func() { f.ActivePut(v) }, []uint64{10, 11, 13}, []uint64{13}},
		{"N is closed", func() { f.ActivePut(net) }, nil, nil},
		{"SIOCGSKNS on a socket in N", func() { f.ActiveGet(net) }, []uint64{10, 11, 13}, []uint64{13}},
		{"V is opened, N closed", func() { f.ActiveGet(v); f.ActivePut(net) }, []uint64{10, 11}, nil},
		{"V is closed", func() { f.ActivePut(v) }, nil, nil},
	} {
		c.do()
		require.Equal(t, append([]uint64{1, 2, 3, 4, 5, 6, 7, 8}, c.all...), visible(f, f.All(0)), c.what)
		require.Equal(t, c.inV, visible(f, f.OwnedBy(v)), c.what)
		require.Equal(t, []uint64{10, 11, 12, 13}, ids(f, f.All(0))[8:], "the trees hold what nobody sees")
	}
	require.Empty(t, f.Events)
}

// A sibling that is resurrected alone, and a pid namespace whose parent is not.
func TestListingOfSiblings(t *testing.T) {
	f := booted(0)
	w := create(t, f, uapi.USER_NS, 1)
	n1, n2 := create(t, f, uapi.NET_NS, w), create(t, f, uapi.NET_NS, w)
	f.ActiveGet(n1)
	f.ActiveGet(n2)
	f.ActivePut(n1)
	assert.Equal(t, []uint64{10, 12}, visible(f, f.All(0))[8:])
	assert.Equal(t, []uint64{12}, visible(f, f.OwnedBy(w)))

	p1, p2 := create(t, f, uapi.PID_NS, 1), create(t, f, uapi.PID_NS, 1)
	f.ActiveGet(p2)
	assert.Equal(t, []uint64{4, 14}, visible(f, f.All(uapi.PID_NS)), "the parent is not kept active")
	f.ActiveGet(p1)
	assert.Equal(t, []uint64{4, 13, 14}, visible(f, f.All(uapi.PID_NS)))
}

// The first posting pays the owner when a namespace enters the trees.
func TestCreatePaysOwner(t *testing.T) {
	f := booted(0)
	f.Table.Rules = refcount.OwnerAtCreation
	u := create(t, f, uapi.USER_NS, 1)
	create(t, f, uapi.NET_NS, u)
	assert.EqualValues(t, 1, f.Active(u))
}

func TestDestroy(t *testing.T) {
	f := booted(0)
	a, b := create(t, f, uapi.UTS_NS, 1), create(t, f, uapi.UTS_NS, 1)
	f.Destroy(a)
	assert.Equal(t, []uint64{2, 11}, ids(f, f.All(uapi.UTS_NS)))
	assert.Equal(t, b, f.Next(nstree.PerType, a), "a walker standing on it goes on")
	c := create(t, f, uapi.UTS_NS, 1)
	assert.NotEqual(t, a, c, "the handle was used again before Reclaim")
	assert.Equal(t, f.Node(a).Inum, f.Node(c).Inum)
	f.Reclaim(a)
	assert.Equal(t, nstree.Node{}, *f.Node(a))
	assert.Equal(t, a, create(t, f, uapi.UTS_NS, 1))
	assert.Empty(t, f.Events)
}

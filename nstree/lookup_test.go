// SPDX-License-Identifier: GPL-2.0-only

package nstree_test

import (
	"slices"
	"testing"

	"github.com/nssim/nssim/nstree"
	"github.com/nssim/nssim/syscall/uapi"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

func TestLookup(t *testing.T) {
	f := booted(0)
	u := create(t, f, uapi.USER_NS, 1)   // 10
	m := create(t, f, uapi.MNT_NS, u)    // 11
	n := create(t, f, uapi.NET_NS, u)    // 12
	n2 := create(t, f, uapi.NET_NS, 1)   // 13
	for _, more := range []int{0, 100} { // by slice and by index
		for range more {
			create(t, f, uapi.TIME_NS, 1)
		}
		for _, c := range []struct {
			id        uint64
			typ       uapi.NSType
			exact, at handle
		}{
			{11, 0, m, m},
			{11, uapi.MNT_NS, m, m},
			{11, uapi.NET_NS, 0, n}, // an id of another type
			{9, 0, 0, u},
			{9, uapi.NET_NS, 0, n},
			{13, uapi.NET_NS, n2, n2},
			{14, uapi.NET_NS, 0, 0},
			{1000, 0, 0, 0},
			{^uint64(0), 0, 0, 0},
			{11, 1 << 31, 0, 0}, // an unknown type
			{11, uapi.MNT_NS | uapi.NET_NS, 0, 0},
		} {
			assert.Equal(t, c.exact, f.Lookup(c.id, c.typ), "%d %s", c.id, c.typ)
			assert.Equal(t, c.at, f.LookupAt(c.id, c.typ), "at %d %s", c.id, c.typ)
		}
		assert.Equal(t, m, f.LookupOwnedAt(0, u))
		assert.Equal(t, n, f.LookupOwnedAt(12, u))
		assert.Zero(t, f.LookupOwnedAt(13, u), "what others own is not there")
		assert.Equal(t, n2, f.LookupOwnedAt(11, 1))
	}
	assert.Zero(t, f.Active(m), "look-ups do not ask for activity")
	assert.Empty(t, f.Events)
}

func TestNoUnifiedTree(t *testing.T) {
	f := booted(nstree.NoUnifiedTree)
	h := create(t, f, uapi.MNT_NS, 1)
	assert.Zero(t, f.Lookup(10, 0))
	assert.Equal(t, h, f.Lookup(10, uapi.MNT_NS))
	create(t, f, uapi.CGROUP_NS, 0)
	assert.Empty(t, f.Events, "owners are not looked at")
}

// Look-ups change their structure between 64 and 65 namespaces. Going over that line in
// either direction, with or without a question in between, changes no answer.
func TestSmallAndBigAgree(t *testing.T) {
	for _, ask := range []bool{false, true} {
		f := booted(0)
		u := create(t, f, uapi.USER_NS, 1)
		var hs []handle
		check := func() {
			for i, h := range hs {
				id := f.Node(h).ID
				require.Equal(t, h, f.Lookup(id, 0), "of %d", f.Len())
				require.Equal(t, h, f.Lookup(id, f.Node(h).NSType()))
				require.Equal(t, h, f.LookupOwnedAt(id, f.Entries[h].Owner))
				if i > 0 {
					require.Equal(t, h, f.LookupAt(f.Node(hs[i-1]).ID+1, 0))
				}
			}
			require.Zero(t, f.LookupAt(f.LastID+1, 0))
		}
		types := uapi.NSTypes()
		for i := range 100 {
			hs = append(hs, create(t, f, types[i%8], []handle{1, u}[i%2]))
			if ask {
				check()
			}
		}
		check()
		for len(hs) > 0 {
			i := (len(hs) * 7) % len(hs)
			f.Remove(hs[i])
			hs = slices.Delete(hs, i, i+1)
			if ask || f.Len() == 65 || f.Len() == 64 {
				check()
			}
		}
		for range 3 { // to and fro
			for range 60 {
				hs = append(hs, create(t, f, uapi.NET_NS, u))
			}
			check()
			for _, h := range hs {
				f.Remove(h)
			}
			hs = nil
			check()
		}
		assert.Empty(t, f.Events)
	}
}

// Ids that come in far from the end of a long list are placed by the index.
func TestInsertionFarFromTheEnd(t *testing.T) {
	f := booted(0)
	for id := uint64(5000); id > 4000; id-- { // each before all the others
		f.Insert(withID(t, f, uapi.UTS_NS, id))
	}
	for id := uint64(1000); id < 1100; id += 3 {
		f.Insert(withID(t, f, uapi.NET_NS, id))
	}
	for _, l := range [][]uint64{ids(f, f.All(0)), ids(f, f.All(uapi.UTS_NS)), ids(f, f.All(uapi.NET_NS)), ids(f, f.OwnedBy(1))} {
		assert.True(t, slices.IsSorted(l))
	}
	assert.Equal(t, 8+1000+34, f.Len())
	assert.Empty(t, f.Events)
}

// sight is all that can be seen of a forest: counts, nodes, every list in both directions,
// every look-up, and what its generators would hand out next.
func sight(f *nstree.Forest) map[string]any {
	s := map[string]any{
		"entries": slices.Clone(f.Entries), "nodes": slices.Clone(f.Nodes),
		"rules": [2]any{f.Rules, f.Table.Rules}, "len": f.Len(), "last": f.LastID, "fired": f.Fired,
	}
	types := uapi.NSTypes()
	for _, typ := range append(types[:], 0) {
		s["list "+typ.String()] = ids(f, f.All(typ))
		s["back "+typ.String()] = ids(f, f.Backward(typ))
		var found []handle
		for id := range f.LastID + 2 {
			found = append(found, f.Lookup(id, typ), f.LookupAt(id, typ))
		}
		s["look "+typ.String()] = found
	}
	for h := range f.All(uapi.USER_NS) {
		var found []handle
		for id := range f.LastID + 2 {
			found = append(found, f.LookupOwnedAt(id, h))
		}
		s["owned "+f.Node(h).String()] = append(found, slices.Collect(f.OwnedBy(h))...)
	}
	return s
}

// next is what the generators would hand out; it spoils the forest.
func next(f *nstree.Forest) string {
	h, _ := f.Create(uapi.NET_NS, 1)
	return f.Describe(h)
}

// A copy of a big forest, whose look-ups go through a B-tree, shows what the original
// shows, and whatever is done to one of them the other does not see.
func TestCopyIsIsolated(t *testing.T) { rapid.Check(t, copyIsIsolated) }

func copyIsIsolated(t *rapid.T) {
	src, dst := booted(0), &nstree.Forest{}
	grow(t, src, rapid.IntRange(0, 200).Draw(t, "size"))
	if rapid.Bool().Draw(t, "indexed") {
		src.Lookup(9, 0)
	}
	if rapid.Bool().Draw(t, "used before") {
		dst = booted(nstree.NoUnifiedTree)
		grow(t, dst, rapid.IntRange(0, 100).Draw(t, "size before"))
		dst.Lookup(9, uapi.NET_NS)
	}
	dst.CopyFrom(src)
	was := sight(src)
	require.Equal(t, was, sight(dst))
	scribble(t, dst)
	require.Equal(t, was, sight(src), "the original changed with its copy")
	was = sight(dst)
	scribble(t, src)
	require.Equal(t, was, sight(dst), "the copy changed with its original")

	again := &nstree.Forest{}
	again.CopyFrom(dst)
	require.Equal(t, next(dst), next(again))
}

func grow(t *rapid.T, f *nstree.Forest, n int) {
	users := []handle{1}
	for i := range n {
		typ := uapi.NSTypes()[i%8]
		h := create(t, f, typ, users[(i*i)%len(users)])
		if typ == uapi.USER_NS {
			users = append(users, h)
		}
	}
}

// scribble creates, removes and counts.
func scribble(t *rapid.T, f *nstree.Forest) {
	for range rapid.IntRange(1, 150).Draw(t, "changes") {
		h := handle(rapid.IntRange(1, len(f.Entries)-1).Draw(t, "ns"))
		switch n := f.Node(h); {
		case rapid.Bool().Draw(t, "create"):
			create(t, f, uapi.UTS_NS, 1)
		case n.Is(nstree.OnTree) && f.FirstOwned(h) == 0 && n.ID > 8:
			f.Destroy(h)
		default:
			f.Get(h)
			f.ActiveGet(h)
		}
	}
}

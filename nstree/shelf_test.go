// SPDX-License-Identifier: GPL-2.0-only

package nstree_test

import (
	"maps"
	"slices"
	"testing"

	"github.com/nssim/nssim/nstree"
	"github.com/nssim/nssim/refcount"
	"github.com/nssim/nssim/syscall/uapi"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

type handle = nstree.Handle

// shelf is the dumb model of one tree and the list over it: a map by id and a slice,
// put together as the kernel does it, searched from one end to the other.
type shelf struct {
	tree map[uint64]handle
	list []handle
}

func (s *shelf) insert(id uint64, h handle) (taken bool) {
	if s.tree == nil {
		s.tree = map[uint64]handle{}
	}
	at := 0
	if _, taken = s.tree[id]; !taken {
		s.tree[id] = h
		for other, o := range s.tree {
			if other < id {
				at = max(at, slices.Index(s.list, o)+1)
			}
		}
	}
	s.list = slices.Insert(s.list, at, h)
	return taken
}

func (s *shelf) remove(id uint64, h handle) (unlinked bool) {
	if unlinked = s.tree[id] != h; !unlinked {
		delete(s.tree, id)
	}
	i := slices.Index(s.list, h)
	s.list = slices.Delete(s.list, i, i+1)
	return unlinked
}

func (s *shelf) atOrAbove(id uint64) handle {
	for _, at := range slices.Sorted(maps.Keys(s.tree)) {
		if at >= id {
			return s.tree[at]
		}
	}
	return 0
}

func (s *shelf) neighbours(h handle) nstree.Link {
	with := slices.Concat([]handle{0}, s.list, []handle{0})
	i := slices.Index(with, h)
	return nstree.Link{Prev: with[i-1], Next: with[i+1]}
}

// library is the model of a forest: shelves, and what is known of each namespace.
type library struct {
	nstree.Forest
	t       *rapid.T
	unified shelf
	typed   map[uapi.NSType]*shelf
	owned   map[handle]*shelf
	books   map[handle]*book
	pending []handle // have an id and are not on the trees
}

type book struct {
	id      uint64
	typ     uapi.NSType
	owner   handle
	on      bool
	removed bool
	links   [3]nstree.Link // what the removal left
}

func newLibrary(t *rapid.T, rules nstree.Rules) *library {
	b := &library{t: t, typed: map[uapi.NSType]*shelf{}, owned: map[handle]*shelf{}, books: map[handle]*book{}}
	b.Forest.Rules = rules
	for _, typ := range uapi.NSTypes() {
		b.typed[typ] = &shelf{}
	}
	b.insert(b.known(b.AllocFixed(uapi.USER_NS, 0, uapi.USER_NS_INIT_INO), uapi.USER_NS_INIT_ID))
	return b
}

// alloc makes a namespace that has an id, the next one or the given one.
func (b *library) alloc(typ uapi.NSType, owner handle, id uint64) handle {
	h, e := b.Alloc(typ, owner)
	require.Zero(b.t, e)
	return b.known(h, id)
}

func (b *library) known(h handle, id uint64) handle {
	if id == 0 {
		id = b.AssignID(h)
	} else {
		b.SetID(h, id)
	}
	typ := b.Node(h).NSType()
	b.books[h] = &book{id: id, typ: typ, owner: b.Entries[h].Owner}
	if typ == uapi.USER_NS {
		b.owned[h] = &shelf{}
	}
	return h
}

func (b *library) insert(h handle) {
	k := b.books[h]
	b.Events = b.Events[:0]
	b.Insert(h)
	var warns []refcount.Assertion
	b.unified.insert(k.id, h)
	if k.owner != 0 {
		b.owned[k.owner].insert(k.id, h)
	}
	if b.typed[k.typ].insert(k.id, h) {
		warns = append(warns, nstree.AddDuplicate)
	}
	k.on = true
	b.warned(warns)
}

func (b *library) remove(h handle) {
	k := b.books[h]
	k.links = [3]nstree.Link{b.unified.neighbours(h), b.typed[k.typ].neighbours(h)}
	if k.owner != 0 {
		k.links[nstree.PerOwner] = b.owned[k.owner].neighbours(h)
		b.owned[k.owner].remove(k.id, h)
	}
	b.Events = b.Events[:0]
	b.Remove(h)
	var warns []refcount.Assertion
	b.unified.remove(k.id, h)
	if b.typed[k.typ].remove(k.id, h) {
		warns = append(warns, nstree.RemoveNotLinked)
	}
	k.on, k.removed = false, true
	b.warned(warns)
}

func (b *library) warned(want []refcount.Assertion) {
	var got []refcount.Assertion
	for e := range b.Warnings() {
		got = append(got, e.What)
	}
	require.Equal(b.t, want, got)
}

// some returns the namespaces that qualify, in order of handles.
func (b *library) some(ok func(handle, *book) bool) (hs []handle) {
	for _, h := range slices.Sorted(maps.Keys(b.books)) {
		if ok(h, b.books[h]) {
			hs = append(hs, h)
		}
	}
	return hs
}

func (b *library) removable() []handle {
	return b.some(func(h handle, k *book) bool { return k.on && k.owner != 0 && !b.owns(h) })
}

func (b *library) owns(h handle) bool {
	return len(b.some(func(_ handle, k *book) bool { return k.owner == h && !k.removed })) > 0
}

func (b *library) drawOwner(t *rapid.T) handle {
	return rapid.SampledFrom(b.some(func(_ handle, k *book) bool {
		return k.typ == uapi.USER_NS && k.on
	})).Draw(t, "owner")
}

func drawType(t *rapid.T) uapi.NSType {
	all := uapi.NSTypes()
	return rapid.SampledFrom(all[:]).Draw(t, "type")
}

func (b *library) lists() {
	b.same(&b.unified, b.All(0), b.Backward(0), b.First(0), b.Last(0))
	require.Equal(b.t, len(b.unified.list), b.Len())
	for typ, s := range b.typed {
		b.same(s, b.All(typ), b.Backward(typ), b.First(typ), b.Last(typ))
	}
	for owner, s := range b.owned {
		b.same(s, b.OwnedBy(owner), b.WalkBack(nstree.PerOwner, b.LastOwned(owner)), b.FirstOwned(owner), b.LastOwned(owner))
	}
	for h, k := range b.books {
		require.Equal(b.t, k.on, b.Node(h).Is(nstree.OnTree))
		if k.removed {
			require.Equal(b.t, k.links, b.Node(h).Links, "links of removed %s", b.Node(h))
		}
	}
}

func (b *library) same(s *shelf, all, back func(func(handle) bool), first, last handle) {
	require.Equal(b.t, s.list, slices.AppendSeq(s.list[:0:0], all))
	backward := slices.AppendSeq(s.list[:0:0], back)
	slices.Reverse(backward)
	require.Equal(b.t, s.list, backward)
	if len(s.list) == 0 {
		require.Equal(b.t, [2]handle{}, [2]handle{first, last})
		return
	}
	require.Equal(b.t, [2]handle{s.list[0], s.list[len(s.list)-1]}, [2]handle{first, last})
}

// lookups compares every look-up of an id.
func (b *library) lookups(id uint64) {
	b.lookup(id, 0, &b.unified)
	for typ, s := range b.typed {
		b.lookup(id, typ, s)
	}
	for owner, s := range b.owned {
		require.Equal(b.t, s.atOrAbove(id), b.LookupOwnedAt(id, owner), "at or above %d, owned by %d", id, owner)
	}
	require.Zero(b.t, b.LookupAt(id, uapi.NET_NS|uapi.UTS_NS), "two types are no type")
	require.Zero(b.t, b.Lookup(id, 1), "an unknown type")
}

func (b *library) lookup(id uint64, typ uapi.NSType, s *shelf) {
	require.Equal(b.t, s.tree[id], b.Lookup(id, typ), "id %d, type %s", id, typ)
	require.Equal(b.t, s.atOrAbove(id), b.LookupAt(id, typ), "at or above %d, type %s", id, typ)
}

// TestForest: after any sequence of creations, late insertions, removals and copies,
// with ids that repeat now and then, every list in both directions, every look-up and
// every warning is what the dumb model says. It crosses the size at which the look-ups
// change their structure in both directions.
func TestForest(t *testing.T) { rapid.Check(t, func(t *rapid.T) { forest(t, newLibrary(t, 0)) }) }

func forest(t *rapid.T, b *library) {
	create := func(n int) {
		for range n {
			b.insert(b.alloc(drawType(t), b.drawOwner(t), 0))
		}
	}
	t.Repeat(map[string]func(*rapid.T){
		"create": func(t *rapid.T) { create(1) },
		"many":   func(t *rapid.T) { create(rapid.IntRange(1, 60).Draw(t, "n")) },
		"few": func(t *rapid.T) {
			for range rapid.IntRange(1, 60).Draw(t, "n") {
				if hs := b.removable(); len(hs) > 0 {
					b.remove(rapid.SampledFrom(hs).Draw(t, "ns"))
				}
			}
		},
		"draw": func(t *rapid.T) { b.pending = append(b.pending, b.alloc(drawType(t), b.drawOwner(t), 0)) },
		"late": func(t *rapid.T) {
			if len(b.pending) == 0 {
				t.Skip()
			}
			i := rapid.IntRange(0, len(b.pending)-1).Draw(t, "which")
			b.insert(b.pending[i])
			b.pending = slices.Delete(b.pending, i, i+1)
		},
		"fixed": func(t *rapid.T) {
			b.insert(b.alloc(drawType(t), b.drawOwner(t), rapid.Uint64Range(9, 300).Draw(t, "id")))
		},
		"reclaim": func(t *rapid.T) {
			hs := b.some(func(_ handle, k *book) bool { return k.removed })
			for _, h := range hs { // all at once: their links lead to each other
				b.FreeInum(h)
				b.Free(h)
				b.Reclaim(h)
				delete(b.books, h)
				delete(b.owned, h)
			}
		},
		"copy": func(t *rapid.T) {
			var old nstree.Forest
			old.CopyFrom(&b.Forest)
			b.CopyFrom(&old)
			for range old.Len() { // whatever happens to the other one
				old.Remove(old.First(0))
			}
			_, _ = old.Create(uapi.NET_NS, 1)
		},
		"look up": func(t *rapid.T) {
			b.lookups(rapid.Uint64Range(0, b.LastID+2).Draw(t, "id"))
			b.lookups(^uint64(0))
		},
		"": func(*rapid.T) { b.lists() },
	})
	for id := range b.LastID + 2 {
		b.lookups(id)
	}
}

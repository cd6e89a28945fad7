// SPDX-License-Identifier: GPL-2.0-only

package nstree

import (
	"slices"

	"github.com/google/btree"
	"github.com/nssim/nssim/syscall/uapi"
)

// smallMax is the size up to which a sorted slice serves the look-ups.
const smallMax = 64

// Lookup finds the namespace with exactly this id on the unified tree (typ 0) or
// on a type's; 0 for none. Neither count is looked at
// (kernel/nstree.c: ns_tree_lookup_rcu, v6.19).
func (f *Forest) Lookup(id uint64, typ uapi.NSType) Handle {
	if typ == 0 && f.Rules.Has(NoUnifiedTree) {
		return 0
	}
	h := f.LookupAt(id, typ)
	if h == 0 || f.Nodes[h].ID != id {
		return 0
	}
	return h
}

// LookupAt finds the smallest id not below the given one on the unified tree
// (typ 0) or on a type's (kernel/nstree.c: lookup_ns_id_at, v6.19).
func (f *Forest) LookupAt(id uint64, typ uapi.NSType) Handle {
	if f.count > smallMax {
		return f.indexed().at(rootOf(typ), id)
	}
	for _, h := range f.small[f.search(id):] {
		if typ == 0 || f.Nodes[h].NSType() == typ {
			return h
		}
	}
	return 0
}

// LookupOwnedAt is LookupAt inside one user namespace's owner tree
// (kernel/nstree.c: lookup_ns_owner_at, v6.19).
func (f *Forest) LookupOwnedAt(id uint64, owner Handle) Handle {
	if f.Nodes[owner].NSType() != uapi.USER_NS {
		f.Warn(OwnerFilterNotUser, owner)
		return 0
	}
	if f.count > smallMax {
		return f.indexed().at(rootOwned+int32(owner), id)
	}
	for _, h := range f.small[f.search(id):] {
		if f.Entries[h].Owner == owner && f.Nodes[h].Is(Owned) {
			return h
		}
	}
	return 0
}

// search returns the place of the first id not below the given one.
func (f *Forest) search(id uint64) int {
	lo, hi := 0, len(f.small)
	for lo < hi {
		mid := (lo + hi) / 2
		if f.Nodes[f.small[mid]].ID < id {
			lo = mid + 1
		} else {
			hi = mid
		}
	}
	return lo
}

// track enters h into the look-up structures, before it is on the lists.
func (f *Forest) track(h Handle) {
	id := f.Nodes[h].ID
	if f.count < smallMax {
		f.small = slices.Insert(f.small, f.search(id), h)
		return
	}
	if f.count == smallMax {
		f.small = f.small[:0]
	}
	if f.big != nil {
		f.big.add(f, h)
	}
}

// untrack undoes track, while h is still on the lists.
func (f *Forest) untrack(h Handle) {
	switch {
	case f.count <= smallMax:
		if i := slices.Index(f.small, h); i >= 0 {
			f.small = slices.Delete(f.small, i, i+1)
		}
	case f.count == smallMax+1:
		f.big = nil
		for n := f.lists[0].head; n != 0; n = f.Nodes[n].Links[Unified].Next {
			if n != h {
				f.small = append(f.small, n)
			}
		}
	case f.big != nil:
		f.big.remove(f, h)
	}
}

// index serves the look-ups of a big forest: one B-tree whose keys are (tree, id).
type index struct {
	t *btree.BTreeG[key]
}

type key struct {
	id   uint64
	root int32
	h    Handle
}

// Trees are numbered: the unified one, one per type, one per owner.
const (
	rootUnified int32 = 0
	rootOwned   int32 = 1 + uapi.NumNSTypes
)

func rootOf(typ uapi.NSType) int32 {
	if typ == 0 {
		return rootUnified
	}
	return 1 + int32(typ.Index())
}

func less(a, b key) bool {
	switch {
	case a.root != b.root:
		return a.root < b.root
	case a.id != b.id:
		return a.id < b.id
	}
	return a.h < b.h
}

func (f *Forest) indexed() *index {
	if f.big == nil {
		f.big = &index{btree.NewG(32, less)}
		for h := f.lists[0].head; h != 0; h = f.Nodes[h].Links[Unified].Next {
			f.big.add(f, h)
		}
	}
	return f.big
}

func (x *index) add(f *Forest, h Handle) {
	n := &f.Nodes[h]
	x.t.ReplaceOrInsert(key{n.ID, rootUnified, h})
	x.t.ReplaceOrInsert(key{n.ID, 1 + int32(n.Type), h})
	if o := f.Entries[h].Owner; o != 0 {
		x.t.ReplaceOrInsert(key{n.ID, rootOwned + int32(o), h})
	}
}

func (x *index) remove(f *Forest, h Handle) {
	n := &f.Nodes[h]
	x.t.Delete(key{n.ID, rootUnified, h})
	x.t.Delete(key{n.ID, 1 + int32(n.Type), h})
	if o := f.Entries[h].Owner; o != 0 {
		x.t.Delete(key{n.ID, rootOwned + int32(o), h})
	}
}

func (x *index) at(root int32, id uint64) (found Handle) {
	x.t.AscendGreaterOrEqual(key{id: id, root: root}, func(k key) bool {
		if k.root == root {
			found = k.h
		}
		return false
	})
	return found
}

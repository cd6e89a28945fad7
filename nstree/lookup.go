// SPDX-License-Identifier: GPL-2.0-only

package nstree

import (
	"slices"

	"github.com/nssim/nssim/syscall/uapi"
)

// smallMax is the size up to which a sorted slice serves the look-ups.
const smallMax = 64

// Lookup finds the namespace with exactly this id on the unified tree (typ 0) or
// on a type's; 0 for none, also for an unknown type. Neither count is looked at
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
// (typ 0) or on a type's; 0 for none (kernel/nstree.c: lookup_ns_id_at, v6.19).
// The look-up of v7.3.4, of the smallest id above, is the one of id+1 unless that
// wraps.
func (f *Forest) LookupAt(id uint64, typ uapi.NSType) Handle {
	if f.count > smallMax {
		if typ != 0 && !typ.Valid() {
			return 0
		}
		return f.indexed().atOrAbove(rootOf(typ), id)
	}
	l := list(typ)
	for _, h := range f.small[f.search(id, 0):] {
		n := &f.Nodes[h]
		if n.Searchable(l) && (typ == 0 || n.NSType() == typ) {
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
	}
	if f.count > smallMax {
		return f.indexed().atOrAbove(rootOwned+int32(owner), id)
	}
	for _, h := range f.small[f.search(id, 0):] {
		if f.Nodes[h].Searchable(PerOwner) && f.Entries[h].Owner == owner {
			return h
		}
	}
	return 0
}

// search returns the first place in the slice that is not before (id, h).
func (f *Forest) search(id uint64, h Handle) int {
	lo, hi := 0, len(f.small)
	for lo < hi {
		mid := (lo + hi) / 2
		m := f.small[mid]
		if f.Nodes[m].ID < id || f.Nodes[m].ID == id && m < h {
			lo = mid + 1
		} else {
			hi = mid
		}
	}
	return lo
}

// track enters h, which has come onto the lists, into the look-up structures.
func (f *Forest) track(h Handle) {
	switch {
	case f.count <= smallMax:
		f.small = slices.Insert(f.small, f.search(f.Nodes[h].ID, h), h)
	case f.big != nil:
		f.big.add(f, h)
	default:
		f.small = f.small[:0] // the index is built when somebody asks
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
		f.shrink(h)
	case f.big != nil:
		f.big.remove(f, h)
	}
}

// shrink goes back to the slice: the unified list but for h, which is leaving. A list
// that holds ids twice need not be in order.
func (f *Forest) shrink(h Handle) {
	f.big, f.small = nil, f.small[:0]
	for n := range f.All(0) {
		if n != h {
			f.small = slices.Insert(f.small, f.search(f.Nodes[n].ID, n), n)
		}
	}
}

// Ordered returns what is on the trees in order of id while the forest is small, nil
// when it is big. The slice is the forest's own: it must not be changed or kept.
func (f *Forest) Ordered() []Handle {
	if f.count > smallMax {
		return nil
	}
	return f.small
}

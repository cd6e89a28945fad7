// SPDX-License-Identifier: GPL-2.0-only

package nstree

import (
	"iter"

	"github.com/nssim/nssim/syscall/uapi"
)

// typeEnds returns the ends of the unified list (typ 0) or a type's; an unknown type
// has an empty list.
func (f *Forest) typeEnds(typ uapi.NSType) ends {
	if typ == 0 {
		return f.lists[0]
	}
	if i := typ.Index(); i >= 0 {
		return f.lists[1+i]
	}
	return ends{}
}

// First returns the first namespace of the unified list (typ 0) or of a type's,
// 0 when it is empty.
func (f *Forest) First(typ uapi.NSType) Handle { return f.typeEnds(typ).head }

// Last returns the last namespace of the unified list (typ 0) or of a type's, 0 when
// it is empty.
func (f *Forest) Last(typ uapi.NSType) Handle { return f.typeEnds(typ).tail }

// FirstOwned returns the first namespace that the user namespace owns.
func (f *Forest) FirstOwned(owner Handle) Handle { return f.Nodes[owner].Head }

// LastOwned returns the last namespace that the user namespace owns.
func (f *Forest) LastOwned(owner Handle) Handle { return f.Nodes[owner].Tail }

// Next returns h's successor on a list, 0 at the end. On a removed node it is the
// link that the removal left.
func (f *Forest) Next(l List, h Handle) Handle { return f.Nodes[h].Links[l].Next }

// Prev returns h's predecessor on a list, 0 at the beginning.
func (f *Forest) Prev(l List, h Handle) Handle { return f.Nodes[h].Links[l].Prev }

// Adjoined returns h's neighbour on its type's list, or ENOENT at the end
// (kernel/nstree.c: __ns_tree_adjoined_rcu, v6.19).
func (f *Forest) Adjoined(h Handle, previous bool) (Handle, uapi.Errno) {
	k := f.Nodes[h].Links[PerType]
	n := k.Next
	if previous {
		n = k.Prev
	}
	if n == 0 {
		return 0, uapi.ENOENT
	}
	return n, 0
}

// All runs over the unified list (typ 0) or a type's. Like the kernel's walkers it
// reads the link of a namespace when it goes on: what is inserted behind it meanwhile
// is met, and from a removed one it continues where that one stood.
func (f *Forest) All(typ uapi.NSType) iter.Seq[Handle] {
	return func(yield func(Handle) bool) { f.Walk(list(typ), f.First(typ))(yield) }
}

// Backward is All from the end.
func (f *Forest) Backward(typ uapi.NSType) iter.Seq[Handle] {
	return func(yield func(Handle) bool) { f.WalkBack(list(typ), f.Last(typ))(yield) }
}

// OwnedBy runs over what the user namespace owns itself: not what its children own.
func (f *Forest) OwnedBy(owner Handle) iter.Seq[Handle] {
	return f.Walk(PerOwner, f.FirstOwned(owner))
}

// Walk runs along a list from h, which it begins with, to the end.
func (f *Forest) Walk(l List, h Handle) iter.Seq[Handle] {
	return func(yield func(Handle) bool) {
		for at := h; at != 0 && yield(at); at = f.Next(l, at) {
		}
	}
}

// WalkBack runs along a list from h, which it begins with, to the beginning.
func (f *Forest) WalkBack(l List, h Handle) iter.Seq[Handle] {
	return func(yield func(Handle) bool) {
		for at := h; at != 0 && yield(at); at = f.Prev(l, at) {
		}
	}
}

// list is the list that a type argument selects.
func list(typ uapi.NSType) List {
	if typ == 0 {
		return Unified
	}
	return PerType
}

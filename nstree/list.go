// SPDX-License-Identifier: GPL-2.0-only

package nstree

import (
	"github.com/nssim/nssim/refcount"
	"github.com/nssim/nssim/syscall/uapi"
)

// The assertions of this layer (kernel/nstree.c, v6.19).
const (
	AddNoID refcount.Assertion = 64 + iota
	AddOwnerNotUser
	AddNoOwner
	AddDuplicate
	RemoveNotLinked
	RemoveNotListed
	OwnerFilterNotUser
)

func init() {
	refcount.Declare(AddNoID, "__ns_tree_add_raw", "ns_id == 0")
	refcount.Declare(AddOwnerNotUser, "__ns_tree_add_raw", "owner is not a user namespace")
	refcount.Declare(AddNoOwner, "__ns_tree_add_raw", "no owner and not the initial user namespace")
	refcount.Declare(AddDuplicate, "__ns_tree_add_raw", "ns_id already in the tree")
	refcount.Declare(RemoveNotLinked, "__ns_tree_remove", "not in the tree")
	refcount.Declare(RemoveNotListed, "__ns_tree_remove", "not on the type's list")
	refcount.Declare(OwnerFilterNotUser, "lookup_ns_owner_at", "owner is not a user namespace")
}

func (f *Forest) ends(l List, h Handle) *ends {
	if l == Unified {
		return &f.lists[0]
	}
	return &f.lists[1+f.Nodes[h].Type]
}

// Insert puts h on its three lists in order of its id
// (kernel/nstree.c: __ns_tree_add_raw, v6.19).
func (f *Forest) Insert(h Handle) {
	n := &f.Nodes[h]
	if n.ID == 0 {
		f.Warn(AddNoID, h)
	}
	f.track(h)
	n.Flags |= OnTree
	f.count++
	f.insert(Unified, h)
	if !f.Rules.Has(UnifiedOnly) {
		f.insert(PerType, h)
	}
	owner := f.Entries[h].Owner
	switch {
	case owner == 0 && n.ID == uapi.USER_NS_INIT_ID:
	case owner == 0:
		f.Warn(AddNoOwner, h)
	case f.Nodes[owner].NSType() != uapi.USER_NS:
		f.Warn(AddOwnerNotUser, h)
	default:
		f.insertOwned(h, owner)
	}
}

// insert links h into the unified or its type's list. Ids ascend, so the place is
// nearly always the end.
func (f *Forest) insert(l List, h Handle) {
	e := f.ends(l, h)
	after := f.before(l, e.tail, f.Nodes[h].ID)
	if l == PerType && after != 0 && f.Nodes[after].ID == f.Nodes[h].ID {
		f.Warn(AddDuplicate, h)
		after = 0 // the kernel finds no predecessor and puts it at the head
	}
	e.head, e.tail = f.link(l, h, after, e.head, e.tail)
}

func (f *Forest) insertOwned(h, owner Handle) {
	o := &f.Nodes[owner]
	after := o.Tail
	if !f.Rules.Has(OwnerListUnsorted) {
		after = f.before(PerOwner, o.Tail, f.Nodes[h].ID)
	}
	f.Nodes[h].Flags |= Owned
	o.Head, o.Tail = f.link(PerOwner, h, after, o.Head, o.Tail)
}

// before walks from tail to the last node whose id is not above id.
func (f *Forest) before(l List, tail Handle, id uint64) Handle {
	for tail != 0 && f.Nodes[tail].ID > id {
		tail = f.Nodes[tail].Links[l].Prev
	}
	return tail
}

func (f *Forest) link(l List, h, after, head, tail Handle) (Handle, Handle) {
	next := head
	if after != 0 {
		next = f.Nodes[after].Links[l].Next
		f.Nodes[after].Links[l].Next = h
	} else {
		head = h
	}
	if next != 0 {
		f.Nodes[next].Links[l].Prev = h
	} else {
		tail = h
	}
	f.Nodes[h].Links[l] = Link{Prev: after, Next: next}
	return head, tail
}

// Remove takes h off its lists. Its own links stay as they are, so that a walker
// standing on it goes on (kernel/nstree.c: __ns_tree_remove, v6.19).
func (f *Forest) Remove(h Handle) {
	n := &f.Nodes[h]
	if !n.Is(OnTree) {
		f.Warn(RemoveNotLinked, h)
		return
	}
	f.untrack(h)
	f.count--
	e := f.ends(Unified, h)
	e.head, e.tail = f.unlink(Unified, h, e.head, e.tail)
	if e = f.ends(PerType, h); f.Rules.Has(UnifiedOnly) {
		f.Warn(RemoveNotListed, h)
	} else {
		e.head, e.tail = f.unlink(PerType, h, e.head, e.tail)
	}
	if n.Is(Owned) {
		o := &f.Nodes[f.Entries[h].Owner]
		o.Head, o.Tail = f.unlink(PerOwner, h, o.Head, o.Tail)
	}
	n.Flags = n.Flags&^(OnTree|Owned) | Removed
	if f.Rules.Has(ClearNextOnRemove) {
		for l := range n.Links {
			n.Links[l].Next = 0
		}
	}
}

func (f *Forest) unlink(l List, h, head, tail Handle) (Handle, Handle) {
	k := f.Nodes[h].Links[l]
	if k.Prev != 0 {
		f.Nodes[k.Prev].Links[l].Next = k.Next
	} else {
		head = k.Next
	}
	if k.Next != 0 {
		f.Nodes[k.Next].Links[l].Prev = k.Prev
	} else {
		tail = k.Prev
	}
	return head, tail
}

// First returns the first namespace of the unified list (typ 0) or of a type's,
// 0 when it is empty.
func (f *Forest) First(typ uapi.NSType) Handle {
	if typ == 0 {
		return f.lists[0].head
	}
	return f.lists[1+typ.Index()].head
}

// FirstOwned returns the first namespace that the user namespace owns.
func (f *Forest) FirstOwned(owner Handle) Handle { return f.Nodes[owner].Head }

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

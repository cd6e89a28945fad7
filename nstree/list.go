// SPDX-License-Identifier: GPL-2.0-only

package nstree

import "github.com/nssim/nssim/syscall/uapi"

// Insert puts h on its three lists in order of its id and into the trees over them
// (kernel/nstree.c: __ns_tree_add_raw, v6.19).
//
// An id that a tree already holds is refused by that tree, but by then it is too late:
// the kernel goes on to look for the predecessor of a node that is not in the tree,
// finds none and puts it at the head of the list. It asserts only for the type's tree.
func (f *Forest) Insert(h Handle) {
	n := &f.Nodes[h]
	if n.Is(OnTree) { // would tie the lists into a knot
		f.Warn(AddDuplicate, h)
		return
	}
	if n.ID == 0 {
		f.Warn(AddNoID, h)
	}
	n.Flags = n.Flags&^Removed | OnTree
	n.trees = 0
	if !f.Rules.Has(UnifiedOnly) {
		f.add(PerType, h, f.ends(PerType, h))
	}
	f.add(Unified, h, f.ends(Unified, h))
	f.addOwned(h)
	f.count++
	f.track(h)
	if !n.Searchable(PerType) && !f.Rules.Has(UnifiedOnly) {
		f.Warn(AddDuplicate, h)
	}
}

// addOwned puts h on the list of what its owner owns.
func (f *Forest) addOwned(h Handle) {
	f.assertOwner(h)
	owner := f.Entries[h].Owner
	if owner == 0 {
		return
	}
	f.Nodes[h].Flags |= Owned
	o := &f.Nodes[owner]
	e := ends{o.Head, o.Tail}
	if f.Rules.Has(OwnerListUnsorted) {
		f.Nodes[h].trees |= 1 << PerOwner
		f.link(PerOwner, h, e.tail, &e)
	} else {
		f.add(PerOwner, h, &e)
	}
	o.Head, o.Tail = e.head, e.tail
}

// assertOwner: only the initial user namespace has no owner, and only user namespaces
// own. A kernel without owner trees (v6.18) does not look.
func (f *Forest) assertOwner(h Handle) {
	owner := f.Entries[h].Owner
	switch {
	case f.Rules.Has(NoUnifiedTree):
	case owner == 0:
		if f.Nodes[h].Inum != uapi.USER_NS_INIT_INO {
			f.Warn(AddNoOwner, h)
		}
	case f.Nodes[owner].NSType() != uapi.USER_NS:
		f.Warn(AddOwnerNotUser, h)
	}
}

// ends returns the ends of the list that h belongs on, but for its owner's.
func (f *Forest) ends(l List, h Handle) *ends {
	if l == Unified {
		return &f.lists[0]
	}
	return &f.lists[1+f.Nodes[h].Type]
}

// add puts h into one tree and on the list over it (kernel/nstree.c:
// ns_tree_node_add, v6.19).
func (f *Forest) add(l List, h Handle, e *ends) {
	n := &f.Nodes[h]
	after := f.before(l, h, e.tail)
	if after != 0 && f.Nodes[after].ID == n.ID {
		after = 0
	} else {
		n.trees |= 1 << l
	}
	f.link(l, h, after, e)
}

// nearby is how far before looks along the list until it asks the index.
const nearby = smallMax

// before returns the node of the tree with the largest id not above that of h. Ids
// ascend, so that is nearly always the tail.
func (f *Forest) before(l List, h, tail Handle) Handle {
	id := f.Nodes[h].ID
	for range nearby {
		if tail == 0 {
			return 0
		}
		n := &f.Nodes[tail]
		if n.ID <= id && n.Searchable(l) {
			return tail
		}
		tail = n.Links[l].Prev
	}
	return f.indexed().atOrBelow(f.root(l, h), id)
}

func (f *Forest) link(l List, h, after Handle, e *ends) {
	next := e.head
	if after != 0 {
		next = f.Nodes[after].Links[l].Next
		f.Nodes[after].Links[l].Next = h
	} else {
		e.head = h
	}
	if next != 0 {
		f.Nodes[next].Links[l].Prev = h
	} else {
		e.tail = h
	}
	f.Nodes[h].Links[l] = Link{Prev: after, Next: next}
}

// Remove takes h off its lists and out of the trees. Its own links stay as they are,
// so that a walker standing on it goes on (kernel/nstree.c: __ns_tree_remove, v6.19).
// What is not on the trees is reported and left alone, for the kernel would go on to
// corrupt them.
func (f *Forest) Remove(h Handle) {
	n := &f.Nodes[h]
	if !n.Searchable(PerType) {
		f.Warn(RemoveNotLinked, h)
	}
	if !n.Is(OnTree) && !n.Is(Removed) || n.Is(OnTree) && f.Rules.Has(UnifiedOnly) {
		f.Warn(RemoveNotListed, h)
	}
	if !n.Is(OnTree) {
		return
	}
	f.untrack(h)
	f.count--
	f.unlink(Unified, h, f.ends(Unified, h))
	if !f.Rules.Has(UnifiedOnly) {
		f.unlink(PerType, h, f.ends(PerType, h))
	}
	if n.Is(Owned) {
		o := &f.Nodes[f.Entries[h].Owner]
		e := ends{o.Head, o.Tail}
		f.unlink(PerOwner, h, &e)
		o.Head, o.Tail = e.head, e.tail
	}
	n.Flags = n.Flags&^(OnTree|Owned) | Removed
	n.trees = 0
	if f.Rules.Has(ClearNextOnRemove) {
		for l := range n.Links {
			n.Links[l].Next = 0
		}
	}
}

func (f *Forest) unlink(l List, h Handle, e *ends) {
	k := f.Nodes[h].Links[l]
	if k.Prev != 0 {
		f.Nodes[k.Prev].Links[l].Next = k.Next
	} else {
		e.head = k.Next
	}
	if k.Next != 0 {
		f.Nodes[k.Next].Links[l].Prev = k.Prev
	} else {
		e.tail = k.Prev
	}
}

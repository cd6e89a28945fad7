// SPDX-License-Identifier: GPL-2.0-only

package nstree

import (
	"github.com/nssim/nssim/refcount"
	"github.com/nssim/nssim/syscall/uapi"
)

// Handle names a namespace; it is the refcount.Handle of its counts.
type Handle = refcount.Handle

// List numbers the lists that a node is on, and the trees over them.
type List uint8

// The three lists of struct ns_common (include/linux/nstree_types.h, v6.19).
const (
	Unified List = iota
	PerType
	PerOwner
	numLists
)

// NodeFlags says where in its life a node is.
type NodeFlags uint8

const (
	// OnTree is set from insertion to removal.
	OnTree NodeFlags = 1 << iota
	// Removed is set once the node has left the trees; its links stay readable
	// until the grace period ends.
	Removed
	// Anonymous is a detached mount tree's namespace: it has an id but is never
	// on a tree, and all share one inode number.
	Anonymous
	// Owned is set while the node is on its owner's list. The flags above it
	// belong to the layers above.
	Owned
)

// Link is a node's place in one list; 0 is the end.
type Link struct{ Prev, Next Handle }

// Node is one namespace's ns_common without its counts.
type Node struct {
	ID    uint64 // ns_id; 0 until assigned
	Inum  uint32 // inode number in nsfs
	Type  uint8  // uapi.NSType.Index()
	Flags NodeFlags
	trees uint8 // by List: which trees hold the node, next to being on the list
	// Stashed is the nsfs inode whose dentry is cached in ns_common.stashed; 0
	// for none. It belongs to the layer above, as Data does.
	Stashed int32
	Data    int32
	UCounts int32 // the type's ucounts field: who is charged for the namespace
	Links   [numLists]Link
	Head    Handle // first and last of what this user namespace owns
	Tail    Handle
}

// typeBits caches the bits, because every step of a walk asks.
var typeBits = uapi.NSTypes()

// NSType returns the CLONE_NEW* bit.
func (n *Node) NSType() uapi.NSType { return typeBits[n.Type&7] }

// Is reports whether all the flags are set.
func (n *Node) Is(f NodeFlags) bool { return n.Flags&f == f }

// Searchable reports whether look-ups on the tree over a list find the node. A node
// on the list is not searchable when its id was taken: the tree has refused it.
func (n *Node) Searchable(l List) bool { return n.trees&(1<<l) != 0 }

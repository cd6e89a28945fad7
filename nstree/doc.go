// SPDX-License-Identifier: GPL-2.0-only

// Package nstree models the kernel's namespace tree: what struct ns_common adds
// to the two counts (id, inode number, type, place in the order), and the lists
// that listns(2) walks.
//
// Every namespace on the trees is on three lists in ascending order of its id:
// the unified list, its type's list, and the list of what its owning user
// namespace owns:
//
//	unified   3 user -> 7 net -> 10 user -> 11 mnt -> 12 net
//	by type   net:    7 net -> 12 net
//	by owner  3 user: 7 net -> 10 user      10 user: 11 mnt -> 12 net
//
// The order is kept as next and prev handles, as the kernel's lists are, because a
// walker under RCU may stand on a node that has just been removed: such a node keeps
// its links until the grace period has passed. A Forest holds the nodes and contains
// the refcount.Table; ids come from one counter that never goes back, inode numbers
// are recycled lowest first.
//
// Look-ups use a sorted slice while the forest is small and a B-tree when it is
// big; both are derived from the unified list and say nothing that it does not.
// Whether a node found may be referenced is the caller's question.
//
// A Forest is plain data: CopyFrom makes an independent copy. It is not safe for
// concurrent use, and a look-up in a big forest may build its index; what several CPUs
// do is modelled by the order of calls.
package nstree

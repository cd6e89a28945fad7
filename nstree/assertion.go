// SPDX-License-Identifier: GPL-2.0-only

package nstree

import "github.com/nssim/nssim/refcount"

// The assertions of this layer (kernel/nstree.c and include/linux/ns_common.h, v6.19).
// Numbers 64 to 127 belong to it.
const (
	AddNoID refcount.Assertion = 64 + iota
	AddOwnerNotUser
	AddNoOwner
	AddDuplicate
	RemoveNotLinked
	RemoveNotListed
	OwnerFilterNotUser
	InumZero
)

func init() {
	refcount.Declare(AddNoID, "__ns_tree_add_raw", "ns_id == 0")
	refcount.Declare(AddOwnerNotUser, "__ns_tree_add_raw", "owner is not a user namespace")
	refcount.Declare(AddNoOwner, "__ns_tree_add_raw", "no owner and not the initial user namespace")
	refcount.Declare(AddDuplicate, "__ns_tree_add_raw", "ns_id already in the tree")
	refcount.Declare(RemoveNotLinked, "__ns_tree_remove", "not in the tree")
	refcount.Declare(RemoveNotListed, "__ns_tree_remove", "not on the type's list")
	refcount.Declare(OwnerFilterNotUser, "lookup_ns_owner_at", "owner is not a user namespace")
	refcount.Declare(InumZero, "is_ns_init_inum", "inum == 0")
}

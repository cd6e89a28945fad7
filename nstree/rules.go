// SPDX-License-Identifier: GPL-2.0-only

package nstree

import "github.com/nssim/nssim/refcount"

// Rules is the set of switches that act in this layer. The zero value is mainline
// v6.19.
type Rules uint32

const (
	// NoUnifiedTree is a kernel that keeps per-type lists only (v6.18): an exact
	// look-up without a type finds nothing, and owners are nobody's concern.
	NoUnifiedTree Rules = 1 << iota
	// IDsPerCPU hands out ids in blocks of 4096 per CPU (v6.18), so that a newer
	// namespace may have a smaller id (bug ids-not-monotonic). None is reserved:
	// the initial namespaces draw theirs like all others, and are the first to.
	IDsPerCPU
	// OwnerListUnsorted appends to the owner's list instead of keeping it in
	// order of ids (first posting).
	OwnerListUnsorted
	// InitActiveUnset is the bug init-net-active-uninitialised: a namespace made
	// with a fixed inode number starts inactive even when it is initial.
	InitActiveUnset
	// DuplicateID is the bug duplicate-id-insert: the generator returns the
	// previous id once more. Forest.Repeated tells whether it has.
	DuplicateID
	// ClearNextOnRemove and UnifiedOnly are mutations that show the tests have
	// teeth: removal clears the forward links, insertion forgets the type's tree.
	ClearNextOnRemove
	UnifiedOnly
)

var ruleNames = []string{
	"NoUnifiedTree", "IDsPerCPU", "OwnerListUnsorted", "InitActiveUnset",
	"DuplicateID", "ClearNextOnRemove", "UnifiedOnly",
}

// Has reports whether the switch is on.
func (r Rules) Has(s Rules) bool { return r&s != 0 }

// String names the switches that are on; none is "mainline".
func (r Rules) String() string {
	if r == 0 {
		return "mainline"
	}
	return refcount.BitNames(uint64(r), ruleNames)
}

// SPDX-License-Identifier: GPL-2.0-only

package nstree

import (
	"github.com/nssim/nssim/refcount"
	"github.com/nssim/nssim/syscall/uapi"
)

// Forest is every namespace of a machine: counts, nodes, lists and generators. The
// zero value is an empty forest of a mainline kernel.
type Forest struct {
	refcount.Table
	Nodes []Node // parallel to Table.Entries
	Rules Rules

	lists    [1 + uapi.NumNSTypes]ends // unified, then by type
	LastID   uint64                    // the last id handed out
	CPU      uint8                     // the CPU that ids are drawn on (IDsPerCPU), modulo 2
	Repeated bool                      // an id has been handed out twice (DuplicateID)
	cpuID    [2]uint64                 // last id of each CPU's block
	inums    []uint64                  // bitmap of dynamic inode numbers in use
	inumLo   int                       // no free number below this word
	count    int                       // namespaces on the unified list
	small    []Handle                  // those in order of id and handle while count <= smallMax
	big      *index                    // built on demand beyond that; never part of the state
}

type ends struct{ head, tail Handle }

// Alloc makes a namespace that is on no tree yet: counts 1 and 0, an inode
// number, no id (kernel/nscommon.c: __ns_common_init, v6.19). It returns 0 and
// ENOSPC when the inode numbers are used up, and EINVAL if typ is not one type.
func (f *Forest) Alloc(typ uapi.NSType, owner Handle) (Handle, uapi.Errno) {
	if !typ.Valid() {
		return 0, uapi.EINVAL
	}
	inum, e := f.allocInum()
	if e != 0 {
		return 0, e
	}
	return f.place(typ, owner, inum), 0
}

// AllocFixed is Alloc with a given inode number: an initial namespace's, or the
// one that all anonymous mount namespaces share. The number is not reserved. It
// returns 0 if typ is not one type.
func (f *Forest) AllocFixed(typ uapi.NSType, owner Handle, inum uint32) Handle {
	if !typ.Valid() {
		return 0
	}
	h := f.place(typ, owner, inum)
	if inum == 0 {
		f.Warn(InumZero, h)
	}
	if uapi.IsInitInum(inum) && !f.Rules.Has(InitActiveUnset) {
		f.Entries[h].Active = 1
	}
	return h
}

func (f *Forest) place(typ uapi.NSType, owner Handle, inum uint32) Handle {
	h := f.Table.Alloc(owner)
	for len(f.Nodes) <= int(h) {
		f.Nodes = append(f.Nodes, Node{})
	}
	f.Nodes[h] = Node{Inum: inum, Type: uint8(typ.Index())}
	return h
}

// Node returns the node of h.
func (f *Forest) Node(h Handle) *Node { return &f.Nodes[h] }

// Len returns the number of namespaces on the unified list.
func (f *Forest) Len() int { return f.count }

// Reclaim makes a freed handle available again. The namespace must have left the
// trees, and the caller vouches that nobody in flight stands on it.
func (f *Forest) Reclaim(h Handle) {
	f.Table.Reclaim(h)
	f.Nodes[h] = Node{}
}

// CopyFrom makes f equal to src and shares nothing with it. It allocates only
// where f's slices are too small; the look-up index of a big forest is not
// copied but built again when f is asked.
func (f *Forest) CopyFrom(src *Forest) {
	f.Table.CopyFrom(&src.Table)
	f.Nodes = append(f.Nodes[:0], src.Nodes...)
	f.inums = append(f.inums[:0], src.inums...)
	f.small = append(f.small[:0], src.small...)
	f.Rules, f.lists, f.LastID, f.CPU, f.Repeated = src.Rules, src.lists, src.LastID, src.CPU, src.Repeated
	f.cpuID, f.inumLo, f.count = src.cpuID, src.inumLo, src.count
	f.big = nil
}

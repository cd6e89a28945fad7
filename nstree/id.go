// SPDX-License-Identifier: GPL-2.0-only

package nstree

import (
	"math/bits"

	"github.com/nssim/nssim/syscall/uapi"
)

// idBlock is the size of a CPU's block of ids (v6.18: COOKIE_LOCAL_BATCH).
const idBlock = 4096

// AssignID draws the next id for h. Ids ascend over the machine's whole life and
// are never used again; the first dynamic one is 10
// (kernel/nstree.c: __ns_tree_gen_id, v6.19).
func (f *Forest) AssignID(h Handle) uint64 {
	return f.SetID(h, f.nextID())
}

// SetID gives h a fixed id. Ids up to uapi.NS_LAST_INIT_ID are initial: their
// counts are frozen from here on.
func (f *Forest) SetID(h Handle, id uint64) uint64 {
	f.Nodes[h].ID = id
	f.SetIdentity(h, uapi.IsInitID(id) && !f.Rules.Has(IDsPerCPU))
	return id
}

func (f *Forest) nextID() uint64 {
	switch {
	case f.Rules.Has(IDsPerCPU):
		return f.nextCPUID()
	case f.Rules.Has(DuplicateID) && f.LastID > uapi.NS_LAST_INIT_ID+1:
		f.Rules &^= DuplicateID
		return f.LastID
	case f.LastID <= uapi.NS_LAST_INIT_ID:
		f.LastID = uapi.NS_LAST_INIT_ID + 1
	}
	f.LastID++
	return f.LastID
}

func (f *Forest) nextCPUID() uint64 {
	last := &f.cpuID[f.CPU%uint8(len(f.cpuID))]
	if *last%idBlock == 0 {
		*last = f.LastID
		f.LastID += idBlock
	}
	*last++
	return *last
}

// allocInum takes the lowest free dynamic inode number, as the kernel's ida does
// (fs/proc/generic.c: proc_alloc_inum, v6.19).
func (f *Forest) allocInum() (uint32, uapi.Errno) {
	w := f.inumLo
	for w < len(f.inums) && f.inums[w] == ^uint64(0) {
		w++
	}
	f.inumLo = w
	if w == len(f.inums) {
		f.inums = append(f.inums, 0)
	}
	b := bits.TrailingZeros64(^f.inums[w])
	n := uint64(uapi.PROC_DYNAMIC_FIRST) + uint64(w*64+b)
	if n > 0xffffffff {
		return 0, uapi.ENOSPC
	}
	f.inums[w] |= 1 << b
	return uint32(n), 0
}

// FreeInum gives h's inode number back; the next namespace may get it at once.
// Initial and anonymous namespaces keep theirs.
func (f *Forest) FreeInum(h Handle) {
	n := f.Nodes[h].Inum
	if n < uapi.PROC_DYNAMIC_FIRST {
		return
	}
	i := int(n - uapi.PROC_DYNAMIC_FIRST)
	f.inums[i/64] &^= 1 << (i % 64)
	f.inumLo = min(f.inumLo, i/64)
}

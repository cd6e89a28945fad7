// SPDX-License-Identifier: GPL-2.0-only

package nstree

import "github.com/nssim/nssim/syscall/uapi"

// idBlock is the size of a CPU's block of ids (include/linux/cookie.h:
// COOKIE_LOCAL_BATCH, v6.18).
const idBlock = 4096

// AssignID draws the next id for h. Ids ascend over the machine's whole life and
// are never used again; the first dynamic one is 10
// (kernel/nstree.c: __ns_tree_gen_id, v6.19).
func (f *Forest) AssignID(h Handle) uint64 {
	return f.SetID(h, f.nextID())
}

// SetID gives h a fixed id, before it enters the trees. Ids up to
// uapi.NS_LAST_INIT_ID are initial: their counts are frozen from here on. The
// generator knows nothing of it: what it hands out later may collide.
func (f *Forest) SetID(h Handle, id uint64) uint64 {
	f.Nodes[h].ID = id
	if id != 0 { // without an id it has no identity either
		f.SetIdentity(h, uapi.IsInitID(id))
	}
	return id
}

func (f *Forest) nextID() uint64 {
	switch {
	case f.Rules.Has(IDsPerCPU):
		return f.nextCPUID()
	case f.Rules.Has(DuplicateID) && !f.Repeated && f.LastID > uapi.NS_LAST_INIT_ID+1:
		f.Repeated = true
		return f.LastID
	case f.LastID <= uapi.NS_LAST_INIT_ID:
		f.LastID = uapi.NS_LAST_INIT_ID + 1 // 9 is never handed out
	}
	f.LastID++
	return f.LastID
}

// nextCPUID draws from the CPU's block; here LastID is the last id of the last block
// that a CPU has taken. Ids drawn in an interrupt, which come from the top of the range
// downwards, are not modelled (include/linux/cookie.h: gen_cookie_next, v6.18).
func (f *Forest) nextCPUID() uint64 {
	last := &f.cpuID[f.CPU%uint8(len(f.cpuID))]
	if *last%idBlock == 0 {
		*last = f.LastID
		f.LastID += idBlock
	}
	*last++
	return *last
}

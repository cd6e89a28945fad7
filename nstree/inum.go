// SPDX-License-Identifier: GPL-2.0-only

package nstree

import (
	"math"
	"math/bits"

	"github.com/nssim/nssim/syscall/uapi"
)

// allocInum takes the lowest free dynamic inode number, as the kernel's ida does
// (fs/proc/generic.c: proc_alloc_inum, v6.19). What procfs takes from the same
// numbers for its own files is not modelled.
func (f *Forest) allocInum() (uint32, uapi.Errno) {
	w := f.inumLo
	for w < len(f.inums) && f.inums[w] == math.MaxUint64 {
		w++
	}
	f.inumLo = w
	if uapi.PROC_DYNAMIC_FIRST+uint64(w)*64 > math.MaxUint32 {
		return 0, uapi.ENOSPC
	}
	if w == len(f.inums) {
		f.inums = append(f.inums, 0)
	}
	b := bits.TrailingZeros64(^f.inums[w])
	f.inums[w] |= 1 << b
	return uapi.PROC_DYNAMIC_FIRST + uint32(w*64+b), 0
}

// FreeInum gives h's inode number back; the next namespace may get it at once, also
// while h is still on the trees (fs/proc/generic.c: proc_free_inum, v6.19). Initial and
// anonymous namespaces keep theirs.
func (f *Forest) FreeInum(h Handle) {
	n := f.Nodes[h].Inum
	if n < uapi.PROC_DYNAMIC_FIRST {
		return
	}
	i := int(n - uapi.PROC_DYNAMIC_FIRST)
	if i/64 >= len(f.inums) {
		return // a fixed number that was never taken
	}
	f.inums[i/64] &^= 1 << (i % 64)
	f.inumLo = min(f.inumLo, i/64)
}

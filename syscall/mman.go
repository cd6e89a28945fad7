// SPDX-License-Identifier: GPL-2.0-only

package syscall

import (
	"github.com/nssim/nssim/sim"
	"github.com/nssim/nssim/syscall/uapi"
)

const (
	// TaskSize is the end of user memory (arch/x86: TASK_SIZE_MAX).
	TaskSize = 1<<47 - uapi.PAGE_SIZE
	// mmapBase is below which memory is mapped, downwards. A kernel draws it at
	// random when a program is executed.
	mmapBase = 0x7ffff7fff000
	mmapMin  = 65536 // vm.mmap_min_addr
)

// Mmap is mmap(2) of anonymous private memory that can be read and written. Munmap is
// munmap(2).
type (
	Mmap   struct{ Addr, Len uint64 }
	Munmap struct{ Addr, Len uint64 }
)

func (c Mmap) start(x X)   { x.push(opMmap, int64(c.Addr), int64(c.Len)) }
func (c Munmap) start(x X) { x.push(opMunmap, int64(c.Addr), int64(c.Len)) }

// Mmap maps n bytes, in whole pages, at addr if that is free and else, or if it is 0,
// in the highest hole (mm/mmap.c: do_mmap, v6.19). EINVAL: no bytes; ENOMEM: no room.
// What the machine has in memory is not asked.
func (t T) Mmap(addr, n uint64) (uint64, error) {
	v, err := Do(t.M, t.ID, Mmap{addr, n})
	return uint64(v), err
}

// Munmap unmaps the pages of a range, mapped or not (mm/vma.c: do_vmi_munmap, v6.19).
// EINVAL: addr is not a page's, or the range is empty or reaches beyond user memory.
func (t T) Munmap(addr, n uint64) error { return t.do(Munmap{addr, n}) }

func init() {
	define(opMmap, "mmap", step{"do_mmap", func(x X) {
		f := x.f()
		at, e := x.mmap(uint64(f.L[0]), uint64(f.L[1]))
		x.done(int64(at), e)
	}})
	define(opMunmap, "munmap", step{"do_vmi_munmap", func(x X) {
		f := x.f()
		x.done(0, x.munmap(uint64(f.L[0]), uint64(f.L[1])))
	}})
}

// pageAlign rounds up to whole pages; what wraps around is 0.
func pageAlign(n uint64) uint64 { return (n + uapi.PAGE_SIZE - 1) &^ (uapi.PAGE_SIZE - 1) }

func (x X) mmap(hint, n uint64) (uint64, uapi.Errno) {
	if n == 0 {
		return 0, uapi.EINVAL
	}
	if n = pageAlign(n); n == 0 || n > TaskSize {
		return 0, uapi.ENOMEM
	}
	mm := x.me().MM
	at, ok := x.hintedGap(mm, hint, n)
	if !ok {
		at, ok = x.highestGap(mm, n)
	}
	if !ok {
		return 0, uapi.ENOMEM
	}
	x.addVMA(mm, at, at+n)
	return at, 0
}

// hintedGap takes the address that was asked for, rounded down, if nothing is there.
func (x X) hintedGap(mm sim.MMID, hint, n uint64) (uint64, bool) {
	if hint &^= uapi.PAGE_SIZE - 1; hint == 0 {
		return 0, false
	}
	hint = max(hint, mmapMin)
	if !userRange(hint, n) {
		return 0, false
	}
	for i := x.MM(mm).VMAs; i != 0; i = x.VMAs.At(i).Next {
		if v := x.VMAs.At(i); v.Start < hint+n && hint < v.End {
			return 0, false
		}
	}
	return hint, true
}

// highestGap finds room as the kernel does: the upper end of the highest hole below
// mmapBase that is large enough (mm/mmap.c: vm_unmapped_area_topdown, v6.19).
func (x X) highestGap(mm sim.MMID, n uint64) (at uint64, ok bool) {
	from := uint64(mmapMin)
	consider := func(to uint64) {
		if to = min(to, mmapBase); from <= to && to-from >= n {
			at, ok = to-n, true
		}
	}
	for i := x.MM(mm).VMAs; i != 0; i = x.VMAs.At(i).Next {
		v := x.VMAs.At(i)
		consider(v.Start)
		from = v.End
	}
	consider(mmapBase)
	return at, ok
}

// addVMA adds a range to an address space's mappings, which are in order and never
// touch each other.
func (x X) addVMA(mm sim.MMID, start, end uint64) {
	prev, next := int32(0), x.MM(mm).VMAs
	for next != 0 && x.VMAs.At(next).Start < start {
		prev, next = next, x.VMAs.At(next).Next
	}
	if next != 0 && x.VMAs.At(next).Start == end {
		v := *x.VMAs.At(next)
		x.VMAs.Free(next)
		end, next = v.End, v.Next
	}
	if prev != 0 && x.VMAs.At(prev).End == start {
		x.VMAs.At(prev).End, x.VMAs.At(prev).Next = end, next
		return
	}
	i := x.VMAs.New()
	*x.VMAs.At(i) = sim.VMA{Start: start, End: end, Next: next}
	x.linkVMA(mm, prev, i)
}

// linkVMA makes i the mapping after prev, or with 0 the first.
func (x X) linkVMA(mm sim.MMID, prev, i int32) {
	if prev == 0 {
		x.MM(mm).VMAs = i
		return
	}
	x.VMAs.At(prev).Next = i
}

func (x X) munmap(start, n uint64) uapi.Errno {
	if start%uapi.PAGE_SIZE != 0 || start > TaskSize || n > TaskSize-start || n == 0 {
		return uapi.EINVAL
	}
	mm, end := x.me().MM, start+pageAlign(n)
	prev, i := int32(0), x.MM(mm).VMAs
	for i != 0 && x.VMAs.At(i).Start < end {
		v := *x.VMAs.At(i)
		switch {
		case v.End <= start:
			prev = i
		case v.Start < start && v.End > end: // a hole in the middle
			tail := x.VMAs.New()
			*x.VMAs.At(tail) = sim.VMA{Start: end, End: v.End, Next: v.Next}
			x.VMAs.At(i).End, x.VMAs.At(i).Next = start, tail
			return 0
		case v.Start < start:
			x.VMAs.At(i).End = start
			prev = i
		case v.End > end:
			x.VMAs.At(i).Start = end
			return 0
		default:
			x.VMAs.Free(i)
			x.linkVMA(mm, prev, v.Next)
		}
		i = v.Next
	}
	return 0
}

// userRange reports whether a range lies in user memory, mapped or not
// (arch/x86: access_ok, v6.19).
func userRange(addr, n uint64) bool { return addr+n >= addr && addr+n <= TaskSize }

// userWritable reports whether all of a range is mapped.
func (x X) userWritable(addr, n uint64) bool {
	if !userRange(addr, n) || x.me().MM == 0 {
		return false
	}
	if n == 0 {
		return true
	}
	for i := x.MM(x.me().MM).VMAs; i != 0; i = x.VMAs.At(i).Next {
		// Mappings never touch, so one has to hold it all.
		if v := x.VMAs.At(i); addr >= v.Start && addr < v.End {
			return addr+n <= v.End
		}
	}
	return false
}

// copyVMAs gives an address space without mappings those of another
// (mm/mmap.c: dup_mmap, v6.19).
func (x X) copyVMAs(from, to sim.MMID) {
	last := int32(0)
	for i := x.MM(from).VMAs; i != 0; i = x.VMAs.At(i).Next {
		v := *x.VMAs.At(i)
		v.Next = 0
		n := x.VMAs.New()
		*x.VMAs.At(n) = v
		x.linkVMA(to, last, n)
		last = n
	}
}

// freeVMAs unmaps everything (mm/mmap.c: exit_mmap, v6.19).
func (x X) freeVMAs(mm sim.MMID) {
	for i := x.MM(mm).VMAs; i != 0; {
		next := x.VMAs.At(i).Next
		x.VMAs.Free(i)
		i = next
	}
	x.MM(mm).VMAs = 0
}

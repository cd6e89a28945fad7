// SPDX-License-Identifier: GPL-2.0-only

package sim

// Arena is a typed store of records that are named by small positive integers. A
// freed record's number is the next to be handed out, so numbering is
// deterministic. Number 0 means none.
type Arena[T any] struct {
	s    []slot[T]
	free int32 // first free slot, 0 for none
	used int32
}

type slot[T any] struct {
	v    T
	next int32 // inUse, or the next free slot
}

const inUse = -1

// New makes a zeroed record and returns its number.
func (a *Arena[T]) New() int32 {
	if len(a.s) == 0 {
		a.s = append(a.s, slot[T]{})
	}
	a.used++
	if i := a.free; i != 0 {
		a.free = a.s[i].next
		a.s[i] = slot[T]{next: inUse}
		return i
	}
	a.s = append(a.s, slot[T]{next: inUse})
	return int32(len(a.s) - 1)
}

// At returns record i. The pointer is good until the next New.
func (a *Arena[T]) At(i int32) *T { return &a.s[i].v }

// Free gives record i back.
func (a *Arena[T]) Free(i int32) {
	a.s[i] = slot[T]{next: a.free}
	a.used--
	a.free = i
}

// Live reports whether i is a record in use.
func (a *Arena[T]) Live(i int32) bool {
	return i > 0 && int(i) < len(a.s) && a.s[i].next == inUse
}

// Cap returns one more than the largest number that may be in use: loops run from
// 1 to Cap()-1 and ask Live.
func (a *Arena[T]) Cap() int32 { return int32(len(a.s)) }

// Count returns the number of records in use.
func (a *Arena[T]) Count() int { return int(a.used) }

// CopyFrom makes a equal to src without sharing.
func (a *Arena[T]) CopyFrom(src *Arena[T]) {
	a.s = append(a.s[:0], src.s...)
	a.free, a.used = src.free, src.used
}

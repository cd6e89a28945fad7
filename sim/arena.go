// SPDX-License-Identifier: GPL-2.0-only

package sim

// Arena is a typed store of records that are named by small positive integers. A
// freed record's number is the next to be handed out, so numbering is
// deterministic; in an arena that has become empty it starts over, so that nothing of
// it has to be copied. Number 0 means none.
type Arena[T any] struct {
	s    []slot[T] // a record that is not in use is zero
	last int32     // largest number handed out
	free int32     // first free slot, 0 for none
	used int32
}

type slot[T any] struct {
	v    T
	next int32 // inUse, or the next free slot; has no meaning above last
}

const inUse = -1

// New makes a zeroed record and returns its number.
func (a *Arena[T]) New() int32 {
	i := a.free
	if i != 0 {
		a.free = a.s[i].next
	} else {
		a.last++
		if i = a.last; int(i) >= len(a.s) {
			a.grow()
		}
	}
	a.s[i].next = inUse
	a.used++
	return i
}

func (a *Arena[T]) grow() { a.s = append(a.s, make([]slot[T], 4+len(a.s))...) }

// At returns record i. The pointer is good until the next New.
func (a *Arena[T]) At(i int32) *T { return &a.s[i].v }

// Free gives record i back.
func (a *Arena[T]) Free(i int32) {
	a.s[i] = slot[T]{next: a.free}
	a.free = i
	if a.used--; a.used == 0 {
		a.last, a.free = 0, 0
	}
}

// Live reports whether i is a record in use.
func (a *Arena[T]) Live(i int32) bool { return i > 0 && i <= a.last && a.s[i].next == inUse }

// Cap returns one more than the largest number that may be in use: loops run from
// 1 to Cap()-1 and ask Live.
func (a *Arena[T]) Cap() int32 { return a.last + 1 }

// Count returns the number of records in use.
func (a *Arena[T]) Count() int { return int(a.used) }

// CopyFrom makes a equal to src without sharing.
func (a *Arena[T]) CopyFrom(src *Arena[T]) {
	if a.last|src.last != 0 { // most are empty
		a.copyFrom(src)
	}
}

func (a *Arena[T]) copyFrom(src *Arena[T]) {
	if a.last > src.last || len(a.s) < len(src.s) {
		a.fit(src)
	}
	if src.last != 0 {
		copy(a.s, src.s[:src.last+1])
		a.last, a.free, a.used = src.last, src.free, src.used
	}
}

// fit empties a and makes it as large as src.
func (a *Arena[T]) fit(src *Arena[T]) {
	if len(a.s) < len(src.s) {
		a.s = make([]slot[T], len(src.s))
	}
	clear(a.s[:min(int(a.last)+1, len(a.s))])
	a.last, a.free, a.used = 0, 0, 0
}

// SPDX-License-Identifier: GPL-2.0-only

package explore

import "github.com/nssim/nssim/sim"

// seenShards is how many tables the visited set is split into. They grow one by one, so
// that growing never doubles the whole set's memory.
const seenShards = 256

// seen is the set of visited states: fingerprints in open-addressing tables of 16 bytes
// a slot. The zero fingerprint stands for an empty slot.
//
// Looking up is safe for any number of goroutines as long as nobody adds.
type seen struct {
	shard [seenShards]seenTable
	count int
}

type seenTable struct {
	slots []sim.Fingerprint
	used  int
}

// seenStart is the size that a table starts with.
const seenStart = 16

// slotBytes is what a slot takes.
const slotBytes = 16

// nonzero keeps the zero fingerprint free.
func nonzero(f sim.Fingerprint) sim.Fingerprint {
	if f == (sim.Fingerprint{}) {
		f.Lo = 1
	}
	return f
}

func (s *seen) of(f sim.Fingerprint) *seenTable { return &s.shard[f.Hi>>56%seenShards] }

// has reports whether a state has been added.
func (s *seen) has(f sim.Fingerprint) bool {
	f = nonzero(f)
	t := s.of(f)
	return len(t.slots) != 0 && t.slots[t.place(f)] == f
}

// place returns the slot that f is in, or the empty one where it belongs. Tables are of
// any size, so the slot comes from a product and not from a mask.
func (t *seenTable) place(f sim.Fingerprint) int {
	n := uint64(len(t.slots))
	i := int((f.Lo >> 32) * n >> 32)
	for t.slots[i] != (sim.Fingerprint{}) && t.slots[i] != f {
		if i++; i == len(t.slots) {
			i = 0
		}
	}
	return i
}

// add puts a state in and reports whether it was not there yet.
func (s *seen) add(f sim.Fingerprint) bool {
	f = nonzero(f)
	t := s.of(f)
	if t.used*8 >= len(t.slots)*7 {
		t.grow()
	}
	i := t.place(f)
	if t.slots[i] == f {
		return false
	}
	t.slots[i] = f
	t.used++
	s.count++
	return true
}

// grow makes a table half as large again, so that it is between 58 and 88 percent full.
func (t *seenTable) grow() {
	old := t.slots
	t.slots = make([]sim.Fingerprint, max(seenStart, len(old)*3/2))
	for _, f := range old {
		if f != (sim.Fingerprint{}) {
			t.slots[t.place(f)] = f
		}
	}
}

// bytes is the memory that the set takes.
func (s *seen) bytes() (n int) {
	for i := range s.shard {
		n += len(s.shard[i].slots) * slotBytes
	}
	return n
}

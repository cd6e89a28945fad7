// SPDX-License-Identifier: GPL-2.0-only

// Package hash turns the canonical forms of machines, which are sequences of words, into
// fingerprints. It is what sim.Canon and the forms of sim/explore have in common.
package hash

import "math/bits"

// The constants of the lanes, to be mixed into what Mum multiplies.
const (
	A = 0xa0761d6478bd642f
	B = 0xe7037ed1a0b428db
	C = 0x8ebc6af09c88c6e3
	D = 0x589965cc75374cc3
)

// Mum multiplies and folds. A factor that is zero wipes out the other.
func Mum(a, b uint64) uint64 {
	hi, lo := bits.Mul64(a, b)
	return hi ^ lo
}

// Pack puts two numbers into a word.
func Pack(a, b int32) uint64 { return uint64(uint32(a))<<32 | uint64(uint32(b)) }

// Pack4 puts the lower halves of four numbers into a word.
func Pack4(a, b, c, d int32) uint64 {
	return uint64(uint16(a))<<48 | uint64(uint16(b))<<32 | uint64(uint16(c))<<16 | uint64(uint16(d))
}

// Fill is how many words more a form ought to have room for: zeros that fill the last
// lanes.
const Fill = 7

// Sum hashes a form: four lanes of two words each, so that no multiplication waits for
// the one before, folded into two halves at the end. A lane keeps what it has when a
// factor is zero. What stands behind the form, within Fill words of its capacity, is
// overwritten.
func Sum(form []uint64) (hi, lo uint64) {
	n := uint64(len(form))
	form = append(form, 0, 0, 0, 0, 0, 0, 0)
	p, q, r, s := uint64(A), uint64(B), uint64(C), uint64(D)
	for ; len(form) >= 8; form = form[8:] {
		p ^= Mum(p^form[0], B^form[1])
		q ^= Mum(q^form[2], C^form[3])
		r ^= Mum(r^form[4], D^form[5])
		s ^= Mum(s^form[6], A^form[7])
	}
	h := Mum(p^n, q^A) ^ Mum(r^B, s^C)
	l := Mum(p^D, r^n) + Mum(q^C, s^A)
	return Mum(h, D^l), Mum(l^B, h^A)
}

// SPDX-License-Identifier: GPL-2.0-only

package explore

import (
	"github.com/nssim/nssim/sim"
	"github.com/nssim/nssim/sim/check"
)

// whole is the graph of whole calls: a move is a call that runs to its end, with
// whatever it wakes, and by default with whatever it puts off.
type whole struct {
	caller
	former
	start   *sim.Machine
	props   []check.Property
	checker check.Checker
	holders check.Property
}

func (w *whole) root(s *state)        { s.m.CopyFrom(w.start) }
func (w *whole) copy(to, from *state) { to.m.CopyFrom(&from.m); to.bad = fine }

func (w *whole) apply(s *state, v Move) {
	w.caller.apply(&s.m, v)
	s.m.UserMem = s.m.UserMem[:0] // what was read is not used again
	// A state that does not say its counts may only be taken for one seen before if they
	// are what its holders come to.
	if w.former.sym.Counts && !w.holders.Holds(&w.checker, &s.m) {
		s.bad = broken
	}
}

func (w *whole) moves(s *state, buf []Move) []Move { return w.caller.moves(&s.m, buf) }

func (w *whole) fingerprint(s *state) sim.Fingerprint { return w.former.fingerprint(&s.m) }

func (w *whole) judge(s *state) verdict {
	for i := range w.props {
		if !w.props[i].Holds(&w.checker, &s.m) {
			return broken
		}
	}
	return fine
}

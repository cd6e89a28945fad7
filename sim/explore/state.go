// SPDX-License-Identifier: GPL-2.0-only

package explore

import "github.com/nssim/nssim/sim"

// state is one vertex of the graph that is searched.
type state struct {
	m   sim.Machine
	b   sim.Machine // the other machine of a comparison
	aux [8]uint8    // how far each script has come
	bad verdict     // what the move that led here has shown
}

// verdict is what is wrong with a state; 0: nothing.
type verdict uint8

const (
	fine     verdict = iota
	broken           // a property does not hold
	differs          // the two machines' outcomes differ
	deadlock         // a task can never go on
)

// system is a graph: where it starts, what can be done, and which vertices are the same.
// Every worker has one of its own, so methods may use scratch memory. None allocates once
// warm.
type system interface {
	root(*state)
	copy(to, from *state)
	moves(s *state, buf []Move) []Move
	apply(s *state, v Move)
	fingerprint(s *state) sim.Fingerprint
	judge(s *state) verdict
}

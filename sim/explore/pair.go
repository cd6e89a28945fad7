// SPDX-License-Identifier: GPL-2.0-only

package explore

import (
	"slices"

	"github.com/nssim/nssim/sim"
	"github.com/nssim/nssim/sim/internal/hash"
)

// pair is the graph of two machines under different configurations that make the same
// moves. As long as every call returns the same on both, they are one state; where a call
// does not, the search has found what it looks for.
//
// Tasks and descriptors are not exchanged for each other: an exchange would have to be
// the same one in both machines.
type pair struct {
	caller
	a, b   former
	starts [2]*sim.Machine
	ids    bool // calls name namespaces by their ids
}

func (p *pair) root(s *state) {
	s.m.CopyFrom(p.starts[0])
	s.b.CopyFrom(p.starts[1])
}

func (p *pair) copy(to, from *state) {
	to.m.CopyFrom(&from.m)
	to.b.CopyFrom(&from.b)
	to.bad = fine
}

func (p *pair) moves(s *state, buf []Move) []Move { return p.caller.moves(&s.m, buf) }

func (p *pair) apply(s *state, v Move) {
	p.caller.apply(&s.m, v)
	p.caller.apply(&s.b, v)
	if !sameOutcome(&s.m, &s.b, v.task()) {
		s.bad = differs
	}
	s.m.UserMem, s.b.UserMem = s.m.UserMem[:0], s.b.UserMem[:0]
}

func (p *pair) judge(*state) verdict { return fine }

func (p *pair) fingerprint(s *state) sim.Fingerprint {
	x, y := p.a.fingerprint(&s.m), p.b.fingerprint(&s.b)
	h := uint64(0)
	if p.ids {
		h = idsHeld(&s.m) + hash.Mum(idsHeld(&s.b), hash.A)
	}
	return sim.Fingerprint{Hi: hash.Mum(x.Hi^hash.A, y.Lo^hash.B^h), Lo: hash.Mum(x.Lo^hash.C^h, y.Hi^hash.D)}
}

// idsHeld hashes the ids themselves, where calls name them.
func idsHeld(m *sim.Machine) uint64 {
	h := m.LastID ^ hash.B
	for ns := m.First(0); ns != 0; ns = m.Next(0, ns) {
		h = hash.Mum(h^m.Nodes[ns].ID, hash.C)
	}
	return h
}

// sameOutcome reports whether a call of t has returned the same on two machines.
func sameOutcome(a, b *sim.Machine, t sim.TaskID) bool {
	if a.TaskLive(t) != b.TaskLive(t) {
		return false
	}
	if !a.TaskLive(t) {
		return true
	}
	x, y := a.Task(t), b.Task(t)
	return x.Ret == y.Ret && x.State == y.State && x.Out == y.Out && slices.Equal(a.UserMem, b.UserMem)
}

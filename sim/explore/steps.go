// SPDX-License-Identifier: GPL-2.0-only

package explore

import (
	"github.com/nssim/nssim/sim"
	"github.com/nssim/nssim/sim/check"
	"github.com/nssim/nssim/sim/internal/hash"
	"github.com/nssim/nssim/syscall"
)

// Moves of a search of interleavings: beginning the next call of a script, one step of a
// call in flight, and beginning some of what the kernel has put off.
const (
	opStart uint8 = 253 + iota
	opStep
	opWork
)

// kinds is how many kinds of deferred work there are.
const kinds = int(sim.WorkShrink) + 1

// steps is the graph of interleavings: each of some tasks makes the calls of its script,
// and between any two steps another task, a grace period, a work queue or a CPU's switch
// away from a dead address space may come in.
type steps struct {
	caller
	canon   sim.Canon
	start   *sim.Machine
	scripts []script
	fold    bool
	props   []check.Property
	checker check.Checker
	kind    sim.WorkKind // what ofKind asks for
	ofKind  func(*sim.Work) bool
	count   int // steps that the last move has made
}

// script is the calls that a task makes, in order.
type script struct {
	task  sim.TaskID
	calls []Move
}

func (x *steps) root(s *state) { s.m.CopyFrom(x.start) }

func (x *steps) copy(to, from *state) {
	to.m.CopyFrom(&from.m)
	to.aux, to.bad = from.aux, fine
}

func (x *steps) moves(s *state, buf []Move) []Move {
	m := &s.m
	for i := range x.scripts {
		k := &x.scripts[i]
		if x.idle(m, k.task) && !m.Task(k.task).Has(sim.KillPending) && int(s.aux[i]) < len(k.calls) && x.possible(m, k.calls[s.aux[i]]) {
			buf = append(buf, newMove(opStart, k.task, int32(i), 0))
		}
	}
	for t := sim.TaskID(1); t < m.NumTasks(); t++ {
		if syscall.Runnable(m, t) {
			buf = append(buf, newMove(opStep, t, 0, 0))
		}
	}
	if m.Deferred == 0 || m.Task(sim.KWorker).Top != 0 {
		return buf
	}
	var have [kinds]bool
	for w := m.Deferred; w != 0; w = m.Work(w).Next {
		if k := m.Work(w); k.Readers == 0 && !have[k.Kind] {
			have[k.Kind] = true
			buf = append(buf, newMove(opWork, sim.KWorker, int32(k.Kind), 0))
		}
	}
	return buf
}

// possible reports whether a call can be made: its task or descriptor is there.
func (x *steps) possible(m *sim.Machine, v Move) bool {
	if s := ops[v.op()].shape; s == aChild || s == aTask {
		t := sim.TaskID(v.a())
		return m.TaskLive(t) && m.Task(t).Pid != 0
	}
	return true
}

func (x *steps) apply(s *state, v Move) {
	m := &s.m
	t := v.task()
	x.count = 1
	switch v.op() {
	case opStart:
		x.caller.start(m, x.scripts[v.a()].calls[s.aux[v.a()]])
		s.aux[v.a()]++
		syscall.Step(m, t)
	case opStep:
		syscall.Deliver(m, t)
		syscall.Step(m, t)
	case opWork:
		x.work(m, sim.WorkKind(v.a()))
	}
	for x.fold && m.TaskLive(t) && syscall.Local(m, t) {
		syscall.Step(m, t)
		x.count++
	}
	if m.Frames.Count() == 0 {
		m.ReclaimNS()
		m.ReclaimPaths()
	}
}

func (x *steps) work(m *sim.Machine, k sim.WorkKind) {
	if x.ofKind == nil {
		x.ofKind = func(w *sim.Work) bool { return w.Kind == x.kind }
	}
	x.kind = k
	syscall.StartDeferred(m, x.ofKind)
}

func (x *steps) fingerprint(s *state) sim.Fingerprint {
	f := x.canon.Fingerprint(&s.m)
	h := uint64(0)
	for _, n := range s.aux {
		h = h<<8 | uint64(n)
	}
	return sim.Fingerprint{Hi: hash.Mum(f.Hi^h, hash.A), Lo: hash.Mum(f.Lo^h, hash.B)}
}

// judge checks what holds always, and what holds at rest when no call is in flight.
func (x *steps) judge(s *state) verdict {
	rest := s.m.Frames.Count() == 0
	for i := range x.props {
		if p := &x.props[i]; (rest || p.When == check.Always) && !p.Holds(&x.checker, &s.m) {
			return broken
		}
	}
	return fine
}

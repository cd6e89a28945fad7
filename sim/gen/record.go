// SPDX-License-Identifier: GPL-2.0-only

package gen

import (
	"github.com/nssim/nssim/sim"
	"github.com/nssim/nssim/sim/program"
)

// recorder runs a program as it grows, and writes into each line what came of it.
type recorder struct {
	p *program.Program
	r *program.Runner
	m *sim.Machine
	// portable: what a line is expected to return is not to hold numbers that differ from
	// machine to machine.
	portable bool
	// ids are the names of namespace ids.
	ids map[uint64]string
	// compared: the name that is the last line's result was bound before it.
	compared bool
	// watch, if there is one, looks at every line that is recorded; found is what it found
	// first.
	watch *Watch
	found *Broken
}

// fate is what became of a line that was tried.
type fate uint8

const (
	// recorded: it is part of the program.
	recorded fate = iota
	// asleep: its call does not return, or did return though it was to stay unfinished.
	// The line is taken back.
	asleep
	// refused: it cannot be carried out. The line is taken back.
	refused
	// skipped: it ends the program. The line is part of the program.
	skipped
)

func newRecorder(p *program.Program, m *sim.Machine) *recorder {
	c := &recorder{p: p, m: m, r: program.NewRunnerOn(p, m), ids: make(map[uint64]string)}
	c.r.KeepSnapshots(1)
	return c
}

// try runs a line as the next one of the program. If what it states does not hold, what
// came of it is written in its place.
func (c *recorder) try(l program.Line) fate {
	c.p.Lines = append(c.p.Lines, l)
	n := binds(l.Results)
	_, c.compared = c.r.Value(n)
	held := c.r.Next()
	if !held {
		switch o := c.r.Report().Outcome; {
		case o == program.Skip:
			return skipped
		case o == program.BadProgram, l.Kind == program.Assert:
			c.takeBack()
			return refused
		case !c.r.GoOn():
			c.takeBack()
			return asleep
		}
	}
	last := &c.p.Lines[len(c.p.Lines)-1]
	for _, o := range c.r.Observed().Outs {
		if o.Value.Kind == program.NSID && c.ids[o.Value.N] == "" {
			c.ids[o.Value.N] = o.Name
		}
	}
	if !held {
		last.Results = c.expect(last)
	}
	if c.watch != nil && c.found == nil {
		c.found = c.watch.after(c.r)
	}
	return recorded
}

// takeBack undoes the last line.
func (c *recorder) takeBack() {
	for _, o := range c.r.Observed().Outs {
		if c.ids[o.Value.N] == o.Name {
			delete(c.ids, o.Value.N)
		}
	}
	c.r.Back()
	c.p.Lines = c.p.Lines[:len(c.p.Lines)-1]
}

// opened returns the line that started the call which line i ends: itself, unless it
// resumes one that was left unfinished.
func opened(lines []program.Line, i int) *program.Line {
	l := &lines[i]
	if l.Kind != program.Resume {
		return l
	}
	for i--; i >= 0; i-- {
		if o := &lines[i]; o.Kind == program.Call && o.Task == l.Task {
			return o
		}
	}
	return l
}

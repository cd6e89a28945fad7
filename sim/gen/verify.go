// SPDX-License-Identifier: GPL-2.0-only

package gen

import (
	"fmt"
	"slices"

	"github.com/nssim/nssim/sim"
	"github.com/nssim/nssim/sim/check"
	"github.com/nssim/nssim/sim/program"
)

// Watch says which properties Verify looks at. The zero value is all that can be read off
// a machine.
type Watch struct {
	// But names properties that are not looked at.
	But []string
	// Probe is after how many lines each those are looked at that make calls of their own,
	// which takes time; 0 is never.
	Probe int

	checker check.Checker
	// What Search uses again: a machine as it boots, of which configuration, the one that
	// programs run on, and the last runner.
	booted  *sim.Machine
	kernel  string
	machine sim.Machine
	last    *program.Runner
}

// Broken is a property that does not hold.
type Broken struct {
	check.Finding
	// Line is the index of the line after which it was found.
	Line int
}

func (b *Broken) String() string { return fmt.Sprintf("after line %d: %s", b.Line+1, b.Finding) }

// Verify runs a program and looks at the properties after every line, and at the end at
// what is left if nothing of the program is. It returns the first that does not hold, nil
// if there is none. A line that does not hold ends the run; the report says so. The error
// is that of program.NewRunner.
func (w *Watch) Verify(p *program.Program, cfg sim.Config) (*Broken, *program.Report, error) {
	r, err := program.NewRunner(p, cfg)
	if err != nil {
		return nil, nil, err
	}
	for r.Next() {
		if b := w.after(r); b != nil {
			return b, r.Report(), nil
		}
	}
	if r.Report().Outcome == program.Pass {
		return w.atEnd(r), r.Report(), nil
	}
	return nil, r.Report(), nil
}

// Search is Generate with every property looked at after every line. It stops at the
// first that does not hold; then the program is what led there. It says how many calls
// were made.
func (w *Watch) Search(seed uint64, o Options) (p *program.Program, calls int, b *Broken) {
	if err := o.Check(); err != nil {
		panic("gen: " + err.Error())
	}
	p = &program.Program{Name: fmt.Sprintf("seed-%d", seed), License: "GPL-2.0-only", Config: configOf(o.Config)}
	g := newGenerator(p, w.boot(o.Config), seed, o)
	g.watch = w
	if w.last != nil {
		g.r.Inherit(w.last)
	}
	w.last = g.r
	g.program()
	if g.found == nil {
		g.found = w.atEnd(g.r)
	} else {
		p.Lines = p.Lines[:g.found.Line+1]
	}
	return p, g.r.Report().Calls, g.found
}

// boot returns a machine that has just booted, in the memory of the last one.
func (w *Watch) boot(cfg sim.Config) *sim.Machine {
	// Policies cannot be told apart.
	p := cfg.Policy
	if p.Visible != nil || p.MayList != nil || p.MayOpen != nil || p.MayReopen != nil {
		return sim.MustNew(cfg)
	}
	if w.booted == nil || w.kernel != cfg.String() {
		w.booted, w.kernel = sim.MustNew(cfg), cfg.String()
	}
	w.machine.CopyFrom(w.booted)
	w.machine.Tracing = false
	return &w.machine
}

// after looks at a machine after the line that was run last.
func (w *Watch) after(r *program.Runner) *Broken {
	when := check.Quiescent
	if r.Machine().InFlight() {
		when = check.Always
	}
	if b := w.look(r, when); b != nil {
		return b
	}
	if w.Probe > 0 && r.Line()%w.Probe == 0 && when == check.Quiescent {
		return w.look(r, check.Probing)
	}
	return nil
}

// atEnd looks at what is left if nothing of the program is.
func (w *Watch) atEnd(r *program.Runner) *Broken {
	if !check.Over(r.Machine()) {
		return nil
	}
	return w.look(r, check.AtEnd)
}

func (w *Watch) look(r *program.Runner, when check.When) *Broken {
	for _, f := range w.checker.Check(r.Machine(), when) {
		if !slices.Contains(w.But, f.Property) {
			return &Broken{Finding: f, Line: r.Line() - 1}
		}
	}
	return nil
}

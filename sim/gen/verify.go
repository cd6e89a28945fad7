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
		when := check.Quiescent
		if r.Machine().InFlight() {
			when = check.Always
		}
		if b := w.look(r, when); b != nil {
			return b, r.Report(), nil
		}
		if n := r.Line(); w.Probe > 0 && n%w.Probe == 0 && when == check.Quiescent {
			if b := w.look(r, check.Probing); b != nil {
				return b, r.Report(), nil
			}
		}
	}
	if r.Report().Outcome == program.Pass && nothingLeft(r.Machine()) {
		return w.look(r, check.AtEnd), r.Report(), nil
	}
	return nil, r.Report(), nil
}

func (w *Watch) look(r *program.Runner, when check.When) *Broken {
	for _, f := range w.checker.Check(r.Machine(), when) {
		if !slices.Contains(w.But, f.Property) {
			return &Broken{Finding: f, Line: r.Line() - 1}
		}
	}
	return nil
}

// nothingLeft reports whether the tasks and mounts of a program are gone, and what was put
// off is done.
func nothingLeft(m *sim.Machine) bool {
	left := m.Deferred != 0 || m.Mounts.Count() > 0 || m.Sockets.Count() > 0
	m.EachTask(func(t sim.TaskID, k *sim.Task) bool {
		left = left || t > sim.Pid1 && !k.Has(sim.KThread)
		return !left
	})
	return !left
}

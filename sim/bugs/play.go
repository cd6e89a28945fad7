// SPDX-License-Identifier: GPL-2.0-only

package bugs

import (
	"slices"

	"github.com/nssim/nssim/sim"
	"github.com/nssim/nssim/sim/check"
	"github.com/nssim/nssim/sim/export"
	"github.com/nssim/nssim/sim/program"
	"github.com/nssim/nssim/syscall"
	"github.com/nssim/nssim/syscall/uapi"
)

// Run is one run of a program, with everything that went wrong.
type Run struct {
	Config  string
	Lines   []Line
	Outcome program.Outcome
	Failed  string // what the first line that does not hold has to say
	End     []check.Finding
}

// Line is one line of a run.
type Line struct {
	Text     string // as strace would print it
	Failed   string // what was expected, if it does not hold
	Findings []check.Finding
}

// player runs one program.
type player struct {
	r       *program.Runner
	lines   *export.LineWriter
	checker check.Checker
	run     Run
	known   map[string]bool
	fired   uint32
}

// Play runs a program to its end, over lines that do not hold, and looks at every property
// after each line and at what is left when everything has been torn down.
func Play(p *program.Program, cfg sim.Config) (*Run, error) {
	r, err := program.NewRunner(p, cfg)
	if err != nil {
		return nil, err
	}
	x := &player{r: r, lines: export.NewLineWriter(p), known: make(map[string]bool)}
	x.run.Config = r.Machine().Cfg.String()
	for !r.Done() {
		x.line()
	}
	if x.run.Outcome != program.BadProgram {
		tearDown(r.Machine())
		x.run.End = x.look(check.AtEnd)
	}
	return &x.run, nil
}

// line runs one line.
func (x *player) line() {
	x.r.Next()
	rep := x.r.Report()
	l := Line{Text: x.lines.Line(x.r.Observed())}
	if rep.Outcome != program.Pass {
		l.Failed = rep.What()
		if x.run.Outcome == program.Pass {
			x.run.Outcome, x.run.Failed = rep.Outcome, rep.String()
		}
	}
	when := check.Quiescent
	if x.r.Machine().InFlight() {
		when = check.Always
	}
	l.Findings = x.look(when)
	if when == check.Quiescent {
		l.Findings = append(l.Findings, x.look(check.Probing)...)
	}
	x.run.Lines = append(x.run.Lines, l)
	x.r.GoOn()
}

// look returns what is newly broken: of each property the first finding, and each time an
// assertion fires.
func (x *player) look(when check.When) (found []check.Finding) {
	m := x.r.Machine()
	for _, f := range x.checker.Check(m, when) {
		if f.Property == "no-warning" {
			if m.Fired == x.fired {
				continue
			}
			x.fired = m.Fired
		} else if x.known[f.Property] {
			continue
		}
		x.known[f.Property] = true
		found = append(found, f)
	}
	return found
}

// Findings lists everything that was found, in the order of the lines.
func (r *Run) Findings() (all []check.Finding) {
	for i := range r.Lines {
		all = append(all, r.Lines[i].Findings...)
	}
	return append(all, r.End...)
}

// Broke reports whether a property was found broken.
func (r *Run) Broke(property string) bool {
	return slices.ContainsFunc(r.Findings(), func(f check.Finding) bool { return f.Property == property })
}

// tearDown ends every task, and what is put off is done.
func tearDown(m *sim.Machine) {
	init := syscall.Task(m, m.Init())
	kill(m, func(t sim.TaskID) bool { return t != init.ID })
	// The kernel looks for sockets that only hold each other when one is closed.
	if m.TaskLive(init.ID) && m.Task(init.ID).Alive() {
		if s, err := init.Socket(uapi.AF_UNIX, uapi.SOCK_DGRAM, 0); err == nil {
			_ = init.Close(s)
		}
	}
	kill(m, func(sim.TaskID) bool { return true })
}

func kill(m *sim.Machine, which func(sim.TaskID) bool) {
	for t := sim.Pid1 + 1; t < m.NumTasks(); t++ {
		if !m.TaskLive(t) || m.Task(t).Has(sim.KThread) {
			continue
		}
		syscall.Resume(m, t)
		if k := m.Task(t); k.Alive() && !k.Has(sim.Exiting) && which(t) {
			m.Task(t).Flags |= sim.KillPending
			m.Wake(t)
		}
	}
	syscall.Settle(m)
}

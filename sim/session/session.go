// SPDX-License-Identifier: GPL-2.0-only

package session

import (
	"slices"

	"github.com/nssim/nssim/sim"
	"github.com/nssim/nssim/sim/check"
	"github.com/nssim/nssim/sim/export"
	"github.com/nssim/nssim/sim/program"
)

// Options says what a session records besides results.
type Options struct {
	Trace bool // kernel functions and counts
	Check bool // properties
	Back  bool // snapshots, so that lines can be taken back
}

// Session is a program being run.
type Session struct {
	Runner *program.Runner
	Lines  *export.LineWriter
	Broken []string // the properties broken so far

	tracer  *export.Tracer  // nil: nothing is traced
	checker *check.Checker  // nil: nothing is checked
	known   map[string]bool // what is broken and has been told
	fired   uint32          // assertions that have been told
}

// New prepares a program under a configuration. The error is program.NewRunner's.
func New(p *program.Program, cfg sim.Config, o Options) (*Session, error) {
	r, err := program.NewRunner(p, cfg)
	if err != nil {
		return nil, err
	}
	s := &Session{Runner: r, Lines: export.NewLineWriter(p), known: make(map[string]bool)}
	if o.Trace {
		s.tracer = export.NewTracer(r.Machine(), r)
	}
	if o.Check {
		s.checker = new(check.Checker)
	}
	if o.Back {
		r.KeepSnapshots(-1)
	}
	return s, nil
}

// Result is what one line has done.
type Result struct {
	Line     int                 `json:"line"` // in the file
	Text     string              `json:"text"`
	Status   string              `json:"status,omitempty"`
	Return   string              `json:"return,omitempty"`
	Errno    string              `json:"errno,omitempty"`
	IDs      *[]uint64           `json:"ids,omitempty"`
	Bound    []Bound             `json:"bound,omitempty"`
	Trace    []export.TraceEvent `json:"trace,omitempty"`
	Findings []string            `json:"findings,omitempty"` // properties newly broken
}

// Bound is a name and what a line has bound it to.
type Bound struct {
	Name  string `json:"name"`
	Value string `json:"value"`
}

var statusWords = [...]string{"", "returned", "unfinished", "ended"}

// Done reports whether there is nothing more to run.
func (s *Session) Done() bool { return s.Runner.Done() }

// Next runs one line. There must be one.
func (s *Session) Next() *Result {
	l := &s.Runner.Program().Lines[s.Runner.Line()]
	var caller sim.TaskID
	if s.tracer != nil {
		caller = s.caller(l)
		s.tracer.Before()
	}
	s.Runner.Next()
	o := s.Runner.Observed()
	res := &Result{Line: l.Place().Line, Text: l.String(), Status: statusWords[o.Status]}
	if o.Status == program.Returned {
		res.Return = o.Ret.String()
	}
	if o.Errno != 0 {
		res.Return, res.Errno = "-1", o.Errno.Name()
	}
	if o.Lists {
		ids := append([]uint64{}, o.IDs...)
		res.IDs = &ids
	}
	for _, out := range o.Outs {
		res.Bound = append(res.Bound, Bound{out.Name, out.Value.String()})
	}
	res.Trace = s.trace(caller)
	res.Findings = s.check()
	return res
}

func (s *Session) trace(caller sim.TaskID) []export.TraceEvent {
	if s.tracer != nil {
		return s.tracer.After(s.Runner.Events(), caller)
	}
	return export.Warnings(s.Runner.Machine(), s.Runner, s.Runner.Events())
}

// Observed is the last line as strace would write it.
func (s *Session) Observed() string { return s.Lines.Observed(s.Runner.Observed()) }

// Back takes the last line back; false if that cannot be.
func (s *Session) Back() bool {
	if !s.Runner.Back() {
		return false
	}
	s.fired = s.Runner.Machine().Fired
	s.Broken = nil
	s.check() // what is broken here has been told
	return true
}

// caller is the task that makes a line's call, 0 for a line without one.
func (s *Session) caller(l *program.Line) (id sim.TaskID) {
	s.Runner.Machine().EachTask(func(t sim.TaskID, _ *sim.Task) bool {
		if l.Task != "" && s.Runner.TaskName(t) == l.Task {
			id = t
		}
		return id == 0
	})
	return id
}

// check returns the properties that are newly broken.
func (s *Session) check() (found []string) {
	if s.checker == nil {
		return nil
	}
	m, when := s.Runner.Machine(), check.Quiescent
	if m.InFlight() {
		when = check.Always
	}
	still := make(map[string]bool)
	for _, f := range s.checker.Check(m, when) {
		key := f.Property + " " + f.Text
		if f.Property == "no-warning" {
			// Once an assertion has fired this stays broken; tell each time one fires.
			if m.Fired == s.fired {
				continue
			}
			s.fired = m.Fired
		} else if still[key] = true; s.known[key] {
			continue
		}
		found = append(found, f.String())
		if !slices.Contains(s.Broken, f.Property) {
			s.Broken = append(s.Broken, f.Property)
		}
	}
	s.known = still
	return found
}

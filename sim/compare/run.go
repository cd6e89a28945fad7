// SPDX-License-Identifier: GPL-2.0-only

package compare

import (
	"fmt"

	"github.com/nssim/nssim/sim"
	"github.com/nssim/nssim/sim/check"
	"github.com/nssim/nssim/sim/program"
)

// Result is what came of a suite under one configuration. Its slices are in the order
// of the suite and of check.Properties.
type Result struct {
	Config     *sim.Config
	Answers    []bool
	Verdicts   []Verdict
	Selftests  []program.Outcome
	properties []check.Property
}

// Verdict is what is known about a property under a configuration.
type Verdict struct {
	Property check.Property
	// Applies is false where there is nothing that the property could be about.
	Applies bool
	// Broken is how the programs of the suite break it, the shortest first; empty where
	// it holds.
	Broken []Broken
}

// Broken is a program that breaks a property.
type Broken struct {
	Program string
	// Line is the line of the program's file after which it shows.
	Line int
	check.Finding
}

// Run puts a configuration to the suite.
func (s *Suite) Run(cfg sim.Config) (*Result, error) {
	r, err := s.Verdicts(cfg)
	if err != nil {
		return nil, err
	}
	for i := range s.Questions {
		rep, err := program.Run(s.Questions[i].Program, cfg)
		if err != nil {
			return nil, err
		}
		if err := rep.Err(); err != nil {
			return nil, fmt.Errorf("under %s: %w", r.Config, err)
		}
		r.Answers = append(r.Answers, rep.Outcome == program.Pass)
	}
	for i := range s.Selftests {
		rep, err := program.Run(s.Selftests[i].Program, cfg)
		if err != nil {
			return nil, err
		}
		r.Selftests = append(r.Selftests, rep.Outcome)
	}
	return r, nil
}

// Verdicts is Run for the properties alone.
func (s *Suite) Verdicts(cfg sim.Config) (*Result, error) {
	c, err := cfg.Compose()
	if err != nil {
		return nil, err
	}
	r := &Result{Config: c, properties: check.Properties()}
	for _, p := range r.properties {
		r.Verdicts = append(r.Verdicts, Verdict{Property: p, Applies: p.Applies(c)})
	}
	var w watch
	for i := range s.Breaks {
		if err := w.run(&s.Breaks[i], cfg, r); err != nil {
			return nil, err
		}
	}
	return r, nil
}

// watch looks at every property after every line of a program.
type watch struct {
	checker check.Checker
	seen    map[string]bool
}

func (w *watch) run(b *Breaker, cfg sim.Config, into *Result) error {
	r, err := program.NewRunner(b.Program, cfg)
	if err != nil {
		return err
	}
	w.seen = make(map[string]bool)
	for r.Next() {
		w.look(r, b.Name, into)
	}
	if err := r.Report().Err(); err != nil {
		return fmt.Errorf("under %s: %w", into.Config, err)
	}
	return nil
}

func (w *watch) look(r *program.Runner, name string, into *Result) {
	m := r.Machine()
	moments := []check.When{check.Always}
	if !m.InFlight() {
		moments = []check.When{check.Quiescent, check.Probing}
		if check.Over(m) {
			moments = []check.When{check.AtEnd}
		}
	}
	for _, when := range moments {
		for _, f := range w.checker.Check(m, when) {
			if w.seen[f.Property] {
				continue
			}
			w.seen[f.Property] = true
			v := into.Verdict(f.Property)
			v.Broken = append(v.Broken, Broken{name, r.Program().Lines[r.Line()-1].At.Line, f})
		}
	}
}

// Verdict finds the verdict on a property.
func (r *Result) Verdict(property string) *Verdict {
	for i := range r.Verdicts {
		if r.Verdicts[i].Property.Name == property {
			return &r.Verdicts[i]
		}
	}
	return nil
}

// Programs are the names of the programs that break a property.
func (v *Verdict) Programs() (names []string) {
	for i := range v.Broken {
		names = append(names, v.Broken[i].Program)
	}
	return names
}

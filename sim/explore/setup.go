// SPDX-License-Identifier: GPL-2.0-only

package explore

import (
	"fmt"
	"slices"
	"strings"

	"github.com/nssim/nssim/sim"
	"github.com/nssim/nssim/sim/check"
	"github.com/nssim/nssim/sim/program"
)

// Setup is a question that a search answers: where it starts, what may be done, and what
// ought to hold.
type Setup struct {
	Name string
	// Says is a sentence on what a complete search establishes.
	Says string
	// Config is the kernel.
	Config sim.Config
	// Prelude is a program that leads to where the search starts.
	Prelude string
	// Ops are the calls that tasks may make, First those of the first task; nil: as Ops.
	Ops, First []string
	Bounds     Bounds
	Symmetry   Symmetry
	// Lazy leaves deferred work to moves of its own; otherwise every call is followed by
	// all that it put off.
	Lazy bool
	// Dull tries calls that are certain to fail, too.
	Dull bool
	// Properties are checked in every state; nil: all that hold at rest.
	Properties []string
	// Expect is the number of states of a complete search.
	Expect int64
}

// plan is a Setup that has been checked.
type plan struct {
	Setup
	prelude    *program.Program
	start      *sim.Machine
	lim        limits
	ops, first []uint8
	props      []check.Property
}

// plan checks a Setup and runs its prelude.
func (s Setup) plan() (*plan, error) {
	p := &plan{Setup: s}
	var err error
	if p.ops, err = opNumbers(s.Ops); err != nil {
		return nil, err
	}
	p.first = p.ops
	if s.First != nil {
		if p.first, err = opNumbers(s.First); err != nil {
			return nil, err
		}
	}
	if p.props, err = s.properties(); err != nil {
		return nil, err
	}
	if p.prelude, err = program.Parse("prelude of "+s.Name, []byte(s.Prelude)); err != nil {
		return nil, err
	}
	r, err := program.NewRunner(p.prelude, s.Config)
	if err != nil {
		return nil, err
	}
	if rep := r.Run(); rep.Outcome != program.Pass {
		return nil, fmt.Errorf("explore: the prelude of %s: %s", s.Name, rep)
	}
	p.start = r.Machine()
	p.lim = s.Bounds.limits(p.start)
	if s.Bounds.FDs > maxFDs {
		return nil, fmt.Errorf("explore: %d descriptors, expected at most %d", s.Bounds.FDs, maxFDs)
	}
	return p, nil
}

func opNumbers(names []string) (nums []uint8, err error) {
	for _, name := range names {
		n, ok := opByName(name)
		if !ok {
			return nil, fmt.Errorf("unknown call %q, expected some of %s", name, strings.Join(OpNames(), ", "))
		}
		nums = append(nums, n)
	}
	slices.Sort(nums)
	return slices.Compact(nums), nil
}

func (s *Setup) properties() (props []check.Property, err error) {
	if s.Properties == nil {
		for _, p := range check.Properties() {
			if p.When == check.Always || p.When == check.Quiescent {
				props = append(props, p)
			}
		}
		return props, nil
	}
	for _, name := range s.Properties {
		p, ok := check.ByName(name)
		if !ok {
			return nil, fmt.Errorf("unknown property %q", name)
		}
		props = append(props, p)
	}
	return props, nil
}

// system returns a graph for one worker.
func (p *plan) system() system {
	w := &whole{start: p.start, props: p.props}
	w.caller = caller{lim: p.lim, ops: p.ops, first: p.first, settle: !p.Lazy, dull: p.Dull}
	w.former.sym = p.Symmetry
	w.holders, _ = check.ByName("holders")
	return w
}

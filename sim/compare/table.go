// SPDX-License-Identifier: GPL-2.0-only

package compare

import (
	"slices"

	"github.com/nssim/nssim/sim"
	"github.com/nssim/nssim/sim/check"
)

// Configs is the configurations that the table of expected verdicts has a row for: every
// kernel with every semantics, and the default kernel with single switches turned on and
// off, as far as that breaks or mends something.
func Configs() (cfgs []sim.Config) {
	for _, k := range sim.Profiles() {
		for _, s := range sim.AllSemantics() {
			cfgs = append(cfgs, sim.Config{Kernel: k.Name, Semantics: s.Name})
		}
	}
	for _, s := range sim.Switches() {
		if s.Layer == sim.LayerBoot {
			continue
		}
		base := sim.Config{Kernel: sim.DefaultKernel, Semantics: sim.DefaultSemantics}
		if c, err := base.Compose(); err == nil && c.SwitchOn(s.Name) {
			base.Off = []string{s.Name}
		} else {
			base.Bugs = []string{s.Name}
		}
		cfgs = append(cfgs, base)
	}
	return cfgs
}

// Table makes the table of verdicts anew, in the form of check.Expected. A row for a
// switch that changes no verdict is left out, and so are programs next to a shorter one
// that breaks the property wherever they do.
func (s *Suite) Table() (*check.Verdicts, error) {
	var all []*Result
	for _, cfg := range Configs() {
		r, err := s.Verdicts(cfg)
		if err != nil {
			return nil, err
		}
		all = append(all, r)
	}
	telling := s.telling(all)
	t := check.NewVerdicts()
	var plain []string
	for _, r := range all {
		row := r.row(telling)
		single := len(r.Config.Bugs)+len(r.Config.Off) > 0
		if single && slices.Equal(row, plain) {
			continue
		}
		if !single && r.Config.Kernel == sim.DefaultKernel && r.Config.Semantics == sim.DefaultSemantics {
			plain = row
		}
		t.Add(r.Config, row)
	}
	return t, nil
}

// breaking is a program that breaks a property.
type breaking struct{ property, program string }

// telling picks for each property the programs that stand for the others: no shorter one
// breaks it under the same configurations and more.
func (s *Suite) telling(all []*Result) map[breaking]bool {
	in := make(map[breaking][]bool)
	for i, r := range all {
		for _, v := range r.Verdicts {
			for _, b := range v.Broken {
				k := breaking{v.Property.Name, b.Program}
				if in[k] == nil {
					in[k] = make([]bool, len(all))
				}
				in[k][i] = true
			}
		}
	}
	out := make(map[breaking]bool)
	for _, p := range check.Properties() {
		for i, b := range s.Breaks {
			k := breaking{p.Name, b.Name}
			out[k] = in[k] != nil && !slices.ContainsFunc(s.Breaks[:i], func(a Breaker) bool {
				return covers(in[breaking{p.Name, a.Name}], in[k])
			})
		}
	}
	return out
}

// covers reports whether a is true wherever b is.
func covers(a, b []bool) bool {
	for i := range a {
		if b[i] && !a[i] {
			return false
		}
	}
	return a != nil
}

// row is the cells of a result.
func (r *Result) row(telling map[breaking]bool) (cells []string) {
	for i := range r.Verdicts {
		v := &r.Verdicts[i]
		var names []string
		for _, b := range v.Broken {
			if telling[breaking{v.Property.Name, b.Program}] {
				names = append(names, b.Program)
			}
		}
		cells = append(cells, check.Cell(v.Applies, names))
	}
	return cells
}

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
// switch that changes no verdict is left out, and so are programs that are nowhere the
// shortest to break a property.
func (s *Suite) Table() (*check.Verdicts, error) {
	var all []*Result
	for _, cfg := range Configs() {
		r, err := s.Verdicts(cfg)
		if err != nil {
			return nil, err
		}
		all = append(all, r)
	}
	tells := telling(all)
	t := check.NewVerdicts()
	var plain []string
	for _, r := range all {
		row := r.row(tells)
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

// telling picks for each property the programs that are the shortest to break it under
// some of the configurations.
func telling(all []*Result) map[breaking]bool {
	out := make(map[breaking]bool)
	for _, r := range all {
		for _, v := range r.Verdicts {
			if len(v.Broken) > 0 {
				out[breaking{v.Property.Name, v.Broken[0].Program}] = true
			}
		}
	}
	return out
}

// breaking is a program that breaks a property.
type breaking struct{ property, program string }

// row is the cells of a result.
func (r *Result) row(tells map[breaking]bool) (cells []string) {
	for i := range r.Verdicts {
		v := &r.Verdicts[i]
		var names []string
		for _, b := range v.Broken {
			if tells[breaking{v.Property.Name, b.Program}] {
				names = append(names, b.Program)
			}
		}
		cells = append(cells, check.Cell(v.Applies, names))
	}
	return cells
}

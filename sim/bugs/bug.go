// SPDX-License-Identifier: GPL-2.0-only

package bugs

import (
	"slices"
	"strings"

	"github.com/nssim/nssim/sim"
	"github.com/nssim/nssim/sim/program"
	"github.com/nssim/nssim/testdata"
)

// Area is what a bug is about.
type Area string

// The areas.
const (
	Counts     Area = "active counts"
	Lifetime   Area = "trees, RCU, lifetime"
	Listing    Area = "listns()"
	Permission Area = "permissions"
	Files      Area = "namespace files, ioctls, handles"
	Mutation   Area = "made up"
)

// Areas lists them in the order of the catalogue.
func Areas() []Area { return []Area{Counts, Lifetime, Listing, Permission, Files, Mutation} }

// Bug is one entry of the catalogue.
type Bug struct {
	Name  string // of the switch, and of the program in testdata/bugs
	Area  Area
	Title string // a sentence
	Found string // by whom or how
	Where string // report, series or commit that is about it; empty: none is known
	Fixed string // in what
	Story string // what goes wrong, in a paragraph
	// Gone says that a kernel without the bug does not come to the point of the program at
	// which it goes wrong, so that a line of it cannot stop there.
	Gone bool
}

// All lists the catalogue by area.
func All() []Bug { return slices.Clone(catalogue) }

// ByName finds a bug.
func ByName(name string) (*Bug, bool) {
	i := slices.IndexFunc(catalogue, func(b Bug) bool { return b.Name == name })
	if i < 0 {
		return nil, false
	}
	b := catalogue[i]
	return &b, true
}

// File is where the program stands in the source.
func (b *Bug) File() string { return "testdata/bugs/" + b.Name + ".ns" }

// Program returns the program that shows the bug.
func (b *Bug) Program() (*program.Program, error) {
	text, err := testdata.FS.ReadFile(strings.TrimPrefix(b.File(), "testdata/"))
	if err != nil {
		return nil, err
	}
	return program.Parse(b.File(), text)
}

// Configs returns the configuration that a program asks for with the bug and without it.
func (b *Bug) Configs(p *program.Program) (with, without sim.Config, err error) {
	cfg, err := p.MergeConfig(sim.Config{})
	if err != nil {
		return sim.Config{}, sim.Config{}, err
	}
	with, without = cfg, cfg
	with.Bugs = append(slices.Clone(cfg.Bugs), b.Name)
	without.Bugs = append([]string{}, cfg.Bugs...) // not nil: the program's own are in it
	without.Off = append(slices.Clone(cfg.Off), b.Name)
	return with, without, nil
}

// Kernels lists the profiles that have the bug.
func (b *Bug) Kernels() (names []string) {
	for _, p := range sim.Profiles() {
		if slices.Contains(p.Switches, b.Name) {
			names = append(names, p.Name)
		}
	}
	return names
}

// Absent is something that is known and not in the catalogue.
type Absent struct{ Name, Title, Why string }

// Missing lists what the model does not express, with the reason.
func Missing() []Absent { return slices.Clone(missing) }

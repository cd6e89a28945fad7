// SPDX-License-Identifier: GPL-2.0-only

package bugs

import (
	"slices"
	"strings"

	"github.com/nssim/nssim/sim/check"
	"github.com/nssim/nssim/sim/program"
)

// Caught is what a program shows of a bug.
type Caught struct {
	Bug            *Bug
	With, Without  *Run
	Warnings       []string // assertions that fire only with the bug
	Properties     []string // properties that are broken only with the bug
	ResultsDiffer  bool     // a line does something else
	FirstDifferent int      // the first such line
}

// By says what catches the bug, in a few words; empty if nothing does.
func (c *Caught) By() string {
	var by []string
	if len(c.Warnings) > 0 {
		by = append(by, "warning")
	}
	by = append(by, c.Properties...)
	if len(by) == 0 && c.ResultsDiffer {
		by = append(by, "result")
	}
	return strings.Join(by, ", ")
}

// Telling returns those findings that tell the two runs apart: of properties that one of
// them does not break.
func (c *Caught) Telling(found []check.Finding) (out []check.Finding) {
	for _, f := range found {
		if !c.With.Broke(f.Property) || !c.Without.Broke(f.Property) {
			out = append(out, f)
		}
	}
	return out
}

// Catch runs the bug's program with the bug and without it.
func (b *Bug) Catch() (*Caught, error) {
	p, err := b.Program()
	if err != nil {
		return nil, err
	}
	return b.catchWith(p)
}

func (b *Bug) catchWith(p *program.Program) (*Caught, error) {
	with, without, err := b.Configs(p)
	if err != nil {
		return nil, err
	}
	c := &Caught{Bug: b}
	if c.With, err = Play(p, with); err != nil {
		return nil, err
	}
	if c.Without, err = Play(p, without); err != nil {
		return nil, err
	}
	c.compare()
	return c, nil
}

func (c *Caught) compare() {
	for _, f := range c.With.Findings() {
		switch {
		case c.Without.Broke(f.Property):
		case f.Property == "no-warning":
			c.Warnings = append(c.Warnings, f.Text)
		case !slices.Contains(c.Properties, f.Property):
			c.Properties = append(c.Properties, f.Property)
		}
	}
	for i := range c.With.Lines {
		if i >= len(c.Without.Lines) || c.With.Lines[i].Text != c.Without.Lines[i].Text ||
			c.With.Lines[i].Failed != c.Without.Lines[i].Failed {
			c.ResultsDiffer, c.FirstDifferent = true, i
			return
		}
	}
	c.ResultsDiffer = len(c.With.Lines) != len(c.Without.Lines)
	c.FirstDifferent = len(c.With.Lines)
}

// SPDX-License-Identifier: GPL-2.0-only

package session

import (
	"github.com/nssim/nssim/sim"
	"github.com/nssim/nssim/sim/program"
)

// Comparison is a program under two configurations.
type Comparison struct {
	A, B Side
	// First is the index of the first line whose result differs, -1 for none.
	First int `json:"first"`
}

// Side is what one configuration made of the program: the lines as they ran.
type Side struct {
	Lines []string `json:"lines"`
	End   string   `json:"end"` // the outcome
}

// Compare runs a program under two configurations.
func Compare(p *program.Program, a, b sim.Config) (*Comparison, error) {
	left, err := side(p, a)
	if err != nil {
		return nil, err
	}
	right, err := side(p, b)
	if err != nil {
		return nil, err
	}
	c := &Comparison{A: left, B: right, First: -1}
	for i := range max(len(left.Lines), len(right.Lines)) {
		if i >= len(left.Lines) || i >= len(right.Lines) || left.Lines[i] != right.Lines[i] {
			c.First = i
			break
		}
	}
	return c, nil
}

func side(p *program.Program, cfg sim.Config) (Side, error) {
	s, err := New(p, cfg, Options{})
	if err != nil {
		return Side{}, err
	}
	out := Side{Lines: []string{}}
	for !s.Done() {
		s.Next()
		if s.Runner.Report().Outcome == program.Fail {
			out.End = s.Runner.Report().String()
			s.Runner.GoOn()
		}
		out.Lines = append(out.Lines, s.Observed())
	}
	if out.End == "" {
		out.End = s.Runner.Report().String()
	}
	return out, nil
}

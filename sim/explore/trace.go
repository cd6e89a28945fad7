// SPDX-License-Identifier: GPL-2.0-only

package explore

import (
	"fmt"
	"strings"

	"github.com/nssim/nssim/sim"
	"github.com/nssim/nssim/sim/check"
	"github.com/nssim/nssim/sim/program"
	"github.com/nssim/nssim/syscall"
)

// Trace is a finding made anew, as a program and what is wrong behind its last line.
type Trace struct {
	// Program is the text of a program that leads to the finding.
	Program string `json:"program"`
	// Lines is how many moves it has; the rest is the prelude.
	Lines int `json:"lines"`
	// Broken is what the properties say.
	Broken []check.Finding `json:"broken,omitempty"`
}

// text makes moves anew and writes them as a program behind the prelude.
func (p *plan) text(moves []Move) (string, error) {
	n := newNamer()
	r, err := program.NewRunner(p.prelude, p.Config)
	if err != nil {
		return "", err
	}
	n.follow(r)
	m := r.Machine()
	c := caller{lim: p.lim}
	var b strings.Builder
	if b.WriteString(strings.TrimRight(p.Setup.Prelude, "\n")); b.Len() > 0 {
		b.WriteString("\n")
	}
	for _, v := range moves {
		b.WriteString(n.call(v))
		c.apply(m, v)
		b.WriteString(n.outcome(m, v) + "\n")
		if !p.Lazy {
			settleLine(&b, m)
		}
		m.UserMem = m.UserMem[:0]
	}
	return b.String(), nil
}

// trace makes the moves of a finding anew and writes them as a program. The program is
// then run by itself, and has to end in the same violation.
func (p *plan) trace(f Finding) (*Trace, error) {
	text, err := p.text(f.Moves)
	if err != nil {
		return nil, err
	}
	// What a call puts off seldom matters.
	if t, err := p.repeat(f, dropSettle(text)); err == nil {
		return t, nil
	}
	return p.repeat(f, text)
}

func dropSettle(text string) string { return strings.ReplaceAll(text, "\nsettle\n", "\n") }

// repeat runs the text of a finding as a program.
func (p *plan) repeat(f Finding, text string) (*Trace, error) {
	q, err := program.Parse("finding", []byte(text))
	if err != nil {
		return nil, fmt.Errorf("explore: a finding is no program: %w\n%s", err, text)
	}
	t := &Trace{Program: string(program.Format(q)), Lines: len(f.Moves)}
	again, err := program.NewRunner(q, p.Config)
	if err != nil {
		return nil, err
	}
	if rep := again.Run(); rep.Outcome != program.Pass {
		return nil, fmt.Errorf("explore: a finding cannot be repeated: %s\n%s", rep, t.Program)
	}
	var ck check.Checker
	for i := range p.props {
		t.Broken = append(t.Broken, p.props[i].Find(&ck, again.Machine())...)
	}
	if f.verdict == broken && len(t.Broken) == 0 {
		return nil, fmt.Errorf("explore: a finding is gone when it is repeated\n%s", t.Program)
	}
	return t, nil
}

// settleLine drains what a call has put off, and writes that where it matters.
func settleLine(b *strings.Builder, m *sim.Machine) {
	if m.Works.Count() > 0 {
		b.WriteString("settle\n")
	}
	syscall.Settle(m)
}

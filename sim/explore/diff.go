// SPDX-License-Identifier: GPL-2.0-only

package explore

import (
	"fmt"
	"strings"

	"github.com/nssim/nssim/sim"
	"github.com/nssim/nssim/sim/program"
)

// DiffOps are the calls that Diff tries unless it is told which: those whose outcome
// versions, options and bugs are known to change, and what leads to them.
var DiffOps = []string{
	"fork", "clone-user", "unshare-usernet", "unshare-uts", "unshare-pid", "open-net", "open-user", "socket", "setns",
	"siocgskns", "get-userns", "get-parent", "close", "sendfd", "exit", "wait",
	"listns", "listns-own", "listns-after", "listns-after-net", "listns-owned", "open-handle",
}

// ParseConfig reads a configuration as it is named in comparisons: a kernel, a semantics,
// bug:NAME, off:NAME, or several of them joined by +.
func ParseConfig(text string) (c sim.Config, err error) {
	for part := range strings.SplitSeq(text, "+") {
		kind, name, ok := strings.Cut(part, ":")
		switch {
		case ok && kind == "bug":
			c.Bugs = append(c.Bugs, name)
		case ok && kind == "off":
			c.Off = append(c.Off, name)
		case ok || part == "":
			return c, fmt.Errorf("configuration %q, expected a kernel, a semantics, bug:NAME or off:NAME, joined by +", text)
		case isSemantics(part):
			c.Semantics = part
		default:
			c.Kernel = part
		}
	}
	_, err = c.Compose()
	return c, err
}

func isSemantics(name string) bool {
	for _, s := range sim.AllSemantics() {
		if s.Name == name {
			return true
		}
	}
	return false
}

// Difference is the answer to what tells two configurations apart.
type Difference struct {
	A, B string // the configurations, as they stand at the head of outputs
	// Program is the shortest program, with what A returns; "" if there is none within
	// the bounds.
	Program string `json:"program,omitempty"`
	// Lines is how many calls it has behind the prelude.
	Lines int `json:"lines,omitempty"`
	// OnA and OnB are what the last call returns.
	OnA string `json:"a,omitempty"`
	OnB string `json:"b,omitempty"`
	// Report is on the search.
	*Report
}

// Diff looks for the shortest program whose last call returns something else under
// another configuration than under that of the set-up.
func Diff(s Setup, b sim.Config, opt Options) (*Difference, error) {
	s.Symmetry, s.Dull = Symmetry{}, true
	p, err := s.plan()
	if err != nil {
		return nil, err
	}
	other := s
	other.Config = b
	q, err := other.plan()
	if err != nil {
		return nil, err
	}
	if opt.Depth == 0 {
		opt.Depth = s.Bounds.Depth
	}
	rep := run(func() system {
		x := &pair{starts: [2]*sim.Machine{p.start, q.start}}
		x.caller = caller{lim: p.lim, ops: p.ops, first: p.first, settle: true, dull: true}
		for _, i := range append(p.ops, p.first...) {
			x.ids = x.ids || ops[i].shape == anID
		}
		return x
	}, opt)
	d := &Difference{A: p.start.Cfg.String(), B: q.start.Cfg.String(), Report: rep}
	if len(rep.Findings) == 0 {
		return d, nil
	}
	return d, d.write(p, q, rep.Findings[0])
}

// write makes the finding anew as a program and runs that under both configurations.
func (d *Difference) write(p, q *plan, f Finding) error {
	text, err := p.text(f.Moves)
	if err != nil {
		return err
	}
	if err = d.repeat(p, q, dropSettle(text)); err != nil {
		err = d.repeat(p, q, text)
	}
	d.Lines = len(f.Moves)
	return err
}

func (d *Difference) repeat(p, q *plan, text string) error {
	parsed, err := program.Parse("difference", []byte(text))
	if err != nil {
		return fmt.Errorf("explore: a difference is no program: %w\n%s", err, text)
	}
	d.Program = string(program.Format(parsed))
	a, err := program.Run(parsed, p.Config)
	if err == nil && a.Outcome != program.Pass {
		err = fmt.Errorf("explore: a difference cannot be repeated: %s\n%s", a, d.Program)
	}
	if err != nil {
		return err
	}
	b, err := program.Run(parsed, q.Config)
	switch {
	case err != nil:
		return err
	case b.Outcome != program.Fail || b.Executed != len(parsed.Lines):
		return fmt.Errorf("explore: a difference is gone when it is repeated: %s\n%s", b, d.Program)
	}
	d.OnA, d.OnB = b.Want, b.Got
	return nil
}

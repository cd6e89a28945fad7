// SPDX-License-Identifier: GPL-2.0-only

package gen

import (
	"slices"

	"github.com/nssim/nssim/sim"
	"github.com/nssim/nssim/sim/program"
)

// Rerecord runs a program on the model and returns it with what each line does in place of
// what it states, where that does not hold. What cannot be carried out is left out: calls
// by tasks that are not there, what uses a name that nothing has bound, assertions that do
// not hold. A call that has come to block is left unfinished, one that returns is not
// unfinished any more. The program that comes out passes, unless a `skip if` ends it. The
// error is that of program.NewRunner.
func Rerecord(p *program.Program, cfg sim.Config) (*program.Program, error) {
	cfg, err := p.MergeConfig(cfg)
	if err != nil {
		return nil, err
	}
	m, err := sim.New(cfg)
	if err != nil {
		return nil, err
	}
	return rerecord(p, m), nil
}

// rerecord is Rerecord on a machine that is there.
func rerecord(p *program.Program, m *sim.Machine) *program.Program {
	q := *p
	q.Source = nil
	q.Lines = make([]program.Line, 0, len(p.Lines))
	c := &rewriter{recorder: newRecorder(&q, m), open: make(map[string]bool), used: boundNames(p.Lines)}
	for i := range p.Lines {
		if c.line(p.Lines[i]) == skipped {
			break
		}
	}
	return &q
}

// rewriter records lines that are there already.
type rewriter struct {
	*recorder
	open map[string]bool // tasks whose calls were left unfinished
	used map[string]bool
}

func (c *rewriter) line(l program.Line) fate {
	l.Stack = nil
	if l.Task != "" && c.open[l.Task] != (l.Kind == program.Resume) {
		return refused
	}
	f := c.try(l)
	if f == asleep {
		f = c.otherwise(l)
	}
	if f == recorded {
		c.settleNames(l)
		switch last := &c.p.Lines[len(c.p.Lines)-1]; {
		case last.Unfinished:
			c.open[l.Task] = true
		case last.Kind == program.Resume:
			delete(c.open, l.Task)
		}
	}
	return f
}

// otherwise tries a line that was not to block and does, or the reverse.
func (c *rewriter) otherwise(l program.Line) fate {
	sig := program.CallByName(l.Call.Name)
	if sig == nil || l.Kind == program.Resume && !l.Unfinished {
		return refused // what it waits for is not there any more
	}
	l.Unfinished = !l.Unfinished
	l.Call.Until = ""
	if l.Unfinished && (sig.Binds != program.BindsTask || binds(l.Results) == "") {
		l.Results = nil
	}
	f := c.try(l)
	if last := len(c.p.Lines) - 1; f == recorded && !l.Unfinished && l.Results == nil {
		c.p.Lines[last].Results = c.expect(&c.p.Lines[last])
	}
	return f
}

// settleNames gives a name to a task that a line makes all of a sudden, and takes away the
// names that a line has not bound.
func (c *rewriter) settleNames(old program.Line) {
	l := &c.p.Lines[len(c.p.Lines)-1]
	o := c.r.Observed()
	if o.Errno != 0 && l.Kind == program.Call && !bindsAll(c.r, l) {
		l.Call.Args, _ = rewriteAll(l.Call.Args, blankOuts)
	}
	if o.Ret.Kind == program.TaskValue && o.Errno == 0 && l.Kind == program.Call && binds(l.Results) == "" {
		if sig := program.CallByName(l.Call.Name); sig.Binds == program.BindsTask {
			l.Results = equals(name(c.unused("t")))
		}
	}
}

// bindsAll reports whether all outputs of a line are bound, as those of a listing that
// failed are.
func bindsAll(r *program.Runner, l *program.Line) bool {
	for _, n := range outNames(l) {
		if _, ok := r.Value(n); !ok {
			return false
		}
	}
	return true
}

// unused returns a name that the program does not have.
func (c *rewriter) unused(stem string) string {
	for i := 1; ; i++ {
		if n := numbered(stem, i); !c.used[n] {
			c.used[n] = true
			return n
		}
	}
}

// boundNames is every name that lines bind.
func boundNames(lines []program.Line) map[string]bool {
	names := map[string]bool{"init": true}
	for i := range lines {
		for _, n := range namesBoundBy(&lines[i]) {
			names[n] = true
		}
	}
	return names
}

// namesBoundBy lists what a line may bind: outputs, and a name that is its result.
func namesBoundBy(l *program.Line) []string {
	ns := outNames(l)
	if n := binds(l.Results); n != "" {
		ns = append(ns, n)
	}
	return slices.Clip(ns)
}

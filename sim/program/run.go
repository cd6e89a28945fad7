// SPDX-License-Identifier: GPL-2.0-only

package program

import (
	"slices"
	"strings"

	"github.com/nssim/nssim/refcount"
	"github.com/nssim/nssim/sim"
	"github.com/nssim/nssim/syscall"
)

// Runner executes a program on a machine, line by line, forwards and, if asked to keep
// snapshots, backwards.
type Runner struct {
	// OnCall, if set, is told of every call before it starts; a line may stand for
	// several.
	OnCall func(t sim.TaskID, c syscall.Call)

	p    *Program
	m    *sim.Machine
	next int
	rep  Report
	over bool

	names   []named
	index   map[string]int
	tasks   refTable
	files   refTable
	pids    [][]nsPid // of each task, while it was there
	seen    map[uint64]seenNS
	pending map[int32]*pendingCall
	obs     Observed
	args    args

	kept  int
	snaps []*snapshot
	spare []*snapshot
}

// Run executes a whole program. The error is that of NewRunner.
func Run(p *Program, cfg sim.Config) (*Report, error) {
	r, err := NewRunner(p, cfg)
	if err != nil {
		return nil, err
	}
	return r.Run(), nil
}

// NewRunner boots a machine for a program. What cfg leaves empty comes from the program's
// config lines. An error says which name of a kernel, a semantics or a bug is not known;
// one that stands in the program is an *Error with its place.
func NewRunner(p *Program, cfg sim.Config) (*Runner, error) {
	cfg, err := p.MergeConfig(cfg)
	if err != nil {
		return nil, err
	}
	m, err := sim.New(cfg)
	if err != nil {
		return nil, err
	}
	return NewRunnerOn(p, m), nil
}

// NewRunnerOn runs a program on a machine that is there already, in whatever state it is.
// The program's config lines are not looked at.
func NewRunnerOn(p *Program, m *sim.Machine) *Runner {
	r := &Runner{
		p: p, m: m,
		index:   make(map[string]int),
		seen:    make(map[uint64]seenNS),
		pending: make(map[int32]*pendingCall),
	}
	r.args.r = r
	r.rep = Report{Program: p.Name, Config: m.Cfg.String()}
	r.bind(nil, "init", r.taskValue(m.Init()))
	return r
}

// MergeConfig returns cfg with what it leaves empty taken from the program's config lines.
func (p *Program) MergeConfig(cfg sim.Config) (sim.Config, error) {
	bugs := cfg.Bugs == nil
	for _, c := range p.Config {
		one := sim.Config{}
		switch c.Key {
		case "kernel":
			one.Kernel = c.Value
			if cfg.Kernel == "" {
				cfg.Kernel = c.Value
			}
		case "semantics":
			one.Semantics = c.Value
			if cfg.Semantics == "" {
				cfg.Semantics = c.Value
			}
		case "bug":
			one.Bugs = strings.FieldsFunc(c.Value, func(r rune) bool { return r == ',' || r == '+' })
			if bugs {
				cfg.Bugs = append(slices.Clip(cfg.Bugs), one.Bugs...)
			}
		}
		if _, err := one.Compose(); err != nil {
			return cfg, &Error{Pos: c.At, Msg: err.Error()}
		}
	}
	return cfg, nil
}

// Program returns the program.
func (r *Runner) Program() *Program { return r.p }

// Machine returns the machine as the lines so far have left it. Set its Tracing to have
// Events record count changes and steps besides warnings.
func (r *Runner) Machine() *sim.Machine { return r.m }

// Line returns the index in Program.Lines of the line that is next.
func (r *Runner) Line() int { return r.next }

// Done reports whether there is nothing more to run.
func (r *Runner) Done() bool { return r.over || r.next >= len(r.p.Lines) }

// Report returns the report so far; it is final once Next has returned false.
func (r *Runner) Report() *Report { return &r.rep }

// Events returns what the last line recorded, until the next line is run: warnings, and
// with Machine().Tracing count changes and kernel functions too.
func (r *Runner) Events() []refcount.Event { return r.m.Events }

// Observed returns what the last line returned and put out.
func (r *Runner) Observed() *Observed { return &r.obs }

// Run executes the lines that are left.
func (r *Runner) Run() *Report {
	for r.Next() {
	}
	return &r.rep
}

// Next executes one line: the call runs to its end or until it blocks, then every other
// task that has something to do. It returns false when there is no line left and when the
// line did not hold.
func (r *Runner) Next() bool {
	if r.Done() {
		r.over = true
		return false
	}
	r.keep()
	l := &r.p.Lines[r.next]
	r.m.Events = r.m.Events[:0]
	r.m.Now.Line = int32(r.next + 1)
	r.obs = Observed{Line: r.next, Kind: l.Kind, IDs: r.obs.IDs[:0], Outs: r.obs.Outs[:0]}
	r.next++
	r.line(l)
	r.rep.Executed++
	r.rep.Warnings = int(r.m.Fired)
	r.sweep()
	return !r.over
}

// stop is what a line that does not hold panics with; Next turns it into the report.
type stop struct{}

// line carries out one line.
func (r *Runner) line(l *Line) {
	defer func() {
		if e := recover(); e != nil {
			if _, ok := e.(stop); !ok {
				panic(e)
			}
			r.over = true
			r.rep.Stack = l.Stack
		}
	}()
	switch l.Kind {
	case Call:
		r.call(l)
	case Resume:
		r.resume(l)
	case Assert:
		r.assert(l)
	case SkipIf:
		r.skipIf(l)
	case Settle:
		syscall.Settle(r.m)
	}
}

// bad ends the run because of the program itself.
func (r *Runner) bad(at Pos, found, expected, msg string) {
	e := Error{Found: found, Expected: expected, Msg: msg}
	r.rep.Outcome, r.rep.At, r.rep.Reason = BadProgram, at, e.text()
	panic(stop{})
}

// fail ends the run because something does not hold.
func (r *Runner) fail(at Pos, line, got, want, reason string) {
	r.rep.Outcome, r.rep.At, r.rep.Line = Fail, at, line
	r.rep.Got, r.rep.Want, r.rep.Reason = got, want, reason
	panic(stop{})
}

// skip ends the run with a reason of the program's.
func (r *Runner) skip(at Pos, reason *Str, task sim.TaskID) {
	r.rep.Outcome, r.rep.At = Skip, at
	r.rep.Reason = r.text(reason, env{task: task})
	panic(stop{})
}

func (r *Runner) assert(l *Line) {
	v := r.eval(l.Expr, env{})
	ok := r.truth(v, l.Expr)
	r.obs.Ret = v
	if !ok {
		r.failAssert(l.Expr)
	}
}

func (r *Runner) skipIf(l *Line) {
	v := r.eval(l.Expr, env{})
	ok := r.truth(v, l.Expr)
	r.obs.Ret = v
	if ok {
		r.skip(l.At, l.Reason, 0)
	}
}

// failAssert says which part of a condition does not hold and what its sides are.
func (r *Runner) failAssert(x Expr) {
	b, ok := x.(*Binary)
	switch {
	case ok && b.Op == "and":
		if !r.truth(r.eval(b.X, env{}), b.X) {
			r.failAssert(b.X)
		}
		r.failAssert(b.Y)
	case ok && b.prec() == precCompare:
		left, right := r.eval(b.X, env{}), r.eval(b.Y, env{})
		want := r.describe(right, b.Y)
		if w, ok := b.Y.(*Word); ok {
			want = w.Name
		}
		if b.Op != "==" {
			want = b.Op + " " + want
		}
		r.fail(x.Pos(), b.X.String(), r.show(left), want, "")
	}
	if u, ok := x.(*Unary); ok && u.Op == "not" && isOperand(u.X) {
		r.fail(x.Pos(), u.X.String(), r.show(r.eval(u.X, env{})), "0", "")
	}
	if isOperand(x) {
		r.fail(x.Pos(), x.String(), r.show(r.eval(x, env{})), "!= 0", "")
	}
	r.fail(x.Pos(), "? "+x.String(), "", "", "does not hold")
}

func isOperand(x Expr) bool { return x.prec() == precPrimary }

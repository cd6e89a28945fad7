// SPDX-License-Identifier: GPL-2.0-only

package live

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/nssim/nssim/sim/program"
	"github.com/nssim/nssim/syscall/uapi"
)

// Run carries a program out on the guest alone and checks what its lines state. It ends
// with the first line that does not hold, or at a `skip if` that applies. The error says
// that the run could not be made or not be finished: ErrCannot, ErrEmpty, or what has
// become of the guest.
func (g *Guest) Run(ctx context.Context, p *program.Program) (*Result, error) {
	start := time.Now()
	s, err := g.newSession(ctx, p)
	if err != nil {
		return nil, err
	}
	r := &Result{Program: p.Name, Release: g.release}
	err = s.run(r)
	left, endErr := s.end()
	r.Calls, r.Leftovers, r.Warnings, r.Elapsed = s.calls, left, s.alarms(), time.Since(start)
	switch {
	case err != nil:
		return r, err
	case endErr != nil:
		return r, endErr
	case s.calls == 0:
		return r, fmt.Errorf("%s: %w", p.Name, ErrEmpty)
	}
	return r, nil
}

func (s *session) run(r *Result) error {
	for i := range s.p.Lines {
		if err := s.line(i); err != nil {
			return err
		}
		v, err := s.verdict(i)
		if err != nil {
			return err
		}
		r.Lines = append(r.Lines, LineResult{s.obs.Clone(), slices.Clone(s.now)})
		if v.outcome != program.Pass {
			r.Outcome, r.At, r.Reason = v.outcome, v.at, v.reason
			return nil
		}
	}
	return nil
}

// verdict is what a line makes of a run.
type verdict struct {
	outcome program.Outcome
	at      program.Pos
	reason  string
}

// verdict checks what a line states, and asks an assertion again for a while: the kernel
// may need time.
func (s *session) verdict(i int) (v verdict, err error) {
	l := &s.p.Lines[i]
	err = try(func() { v = s.judge(l) })
	for end := time.Now().Add(s.g.opts.patience); err == nil && l.Kind == program.Assert && v.outcome == program.Fail && time.Now().Before(end); {
		if err = s.pause(catchUpPause); err == nil {
			err = s.look(0)
		}
		if err == nil {
			err = try(func() { s.obs.Ret = s.eval(l.Expr, env{}).Val; v = s.judge(l) })
		}
	}
	return v, err
}

func (s *session) judge(l *program.Line) verdict {
	switch l.Kind {
	case program.Assert:
		if s.obs.Ret.N == 0 {
			return verdict{program.Fail, l.Expr.Pos(), "? " + l.Expr.String() + " does not hold"}
		}
	case program.SkipIf:
		if s.obs.Ret.N != 0 {
			return verdict{program.Skip, l.At, s.text(l.Reason, env{})}
		}
	case program.Call, program.Resume:
		return s.judgeCall(l)
	}
	return verdict{}
}

// judgeCall checks how a call ended and then its results from left to right.
func (s *session) judgeCall(l *program.Line) verdict {
	e := env{task: s.caller(l)}
	failed := func(at program.Pos, want string) verdict {
		if !at.IsValid() {
			at = l.At
		}
		return verdict{program.Fail, at, fmt.Sprintf("%s %s, expected %s", l.Call.Name, s.obs.String(), want)}
	}
	if l.Unfinished != (s.obs.Status == program.Unfinished) {
		if l.Unfinished {
			return failed(l.Call.At, "<unfinished ...>")
		}
		return failed(l.Call.At, "to return")
	}
	if s.obs.Status != program.Returned {
		return verdict{}
	}
	for i := range l.Results {
		if r := &l.Results[i]; r.Kind == program.SkipOn && s.obs.Errno != 0 && named(r, s.obs.Errno) {
			return verdict{program.Skip, r.At, s.text(r.Reason, e)}
		}
	}
	mayFail := false
	for i := range l.Results {
		r := &l.Results[i]
		ok, may := s.meets(r, mayFail, e)
		if !ok {
			return failed(r.At, r.String())
		}
		mayFail = mayFail || may
	}
	if s.obs.Errno != 0 && !mayFail {
		return failed(l.Call.At, "success")
	}
	return verdict{}
}

// named reports whether an errno is among those of a result; none listed means any.
func named(r *program.Result, errno uapi.Errno) bool {
	return len(r.Errnos) == 0 || slices.ContainsFunc(r.Errnos, func(e program.Errno) bool { return e.Num == errno })
}

// meets checks one result; mayFail says that it allows the call to fail.
func (s *session) meets(r *program.Result, allowed bool, e env) (ok, mayFail bool) {
	failed := s.obs.Errno != 0
	switch r.Kind {
	case program.Any:
		return true, true
	case program.Errnos:
		return failed && named(r, s.obs.Errno), true
	case program.Compare:
		return s.meetsCompare(r, failed, e)
	case program.Has, program.Lacks:
		if failed && !allowed {
			return false, false
		}
		l := value{Val: program.Val{Kind: program.ListValue}}
		if !failed {
			l.L = s.obs.IDs
		}
		for _, x := range r.List {
			if !s.contains(l, x, r.Kind == program.Has, e) {
				return false, false
			}
		}
	case program.Value:
		return !failed && s.meetsValue(r, e), false
	}
	return true, false
}

// meetsCompare checks `>= N` and its like; `< 0` is any failure.
func (s *session) meetsCompare(r *program.Result, failed bool, e env) (ok, mayFail bool) {
	want := s.eval(r.X, e)
	if r.Op == "<" && want.N == 0 {
		return failed, true
	}
	return !failed && s.compare(r.Op, s.returned(), want, e), false
}

func (s *session) meetsValue(r *program.Result, e env) bool {
	want := s.eval(r.X, e) // a name that was not bound is by now
	if want.Kind == program.ListValue {
		return s.obs.Lists && slices.Equal(s.obs.IDs, want.L)
	}
	if want.Kind == program.TaskValue && want.task != nil && s.obs.Ret.Kind == program.TaskValue {
		return int(s.obs.Ret.N) == want.task.pidFor(e.task) || s.obs.Ret.N == want.N
	}
	return s.compare("==", s.returned(), want, e)
}

// returned is what the line's call has returned.
func (s *session) returned() value { return value{Val: s.obs.Ret} }

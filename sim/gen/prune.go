// SPDX-License-Identifier: GPL-2.0-only

package gen

import (
	"slices"

	"github.com/nssim/nssim/sim/program"
)

// tasksOf lists the tasks that lines make, in their order.
func tasksOf(lines []program.Line) (ts []string) {
	for i := range lines {
		if t := makes(&lines[i]); t != "" {
			ts = append(ts, t)
		}
	}
	return ts
}

// makes is the name of the task that a line makes, "" if it makes none.
func makes(l *program.Line) string {
	if l.Kind != program.Call {
		return ""
	}
	if sig := program.CallByName(l.Call.Name); sig == nil || sig.Binds != program.BindsTask {
		return ""
	}
	return binds(l.Results)
}

// prune leaves out some lines and whatever cannot be without them: lines of tasks that
// nobody makes, that use names which nothing binds, that end a call which does not begin.
// What a line states about such names is taken away.
func prune(lines []program.Line, drop func(i int) bool) (out []program.Line) {
	bound := map[string]bool{"init": true}
	open := make(map[string]*program.Line)
	for i := range lines {
		l := lines[i]
		if drop(i) || !pruned(&l, bound, open) {
			continue
		}
		out = append(out, l)
	}
	return out
}

// pruned takes from a line what it cannot state; false if it cannot be at all.
func pruned(l *program.Line, bound map[string]bool, open map[string]*program.Line) bool {
	if l.Task != "" && !bound[l.Task] {
		return false
	}
	began := l
	switch l.Kind {
	case program.Resume:
		if began = open[l.Task]; began == nil {
			return false
		}
		if !l.Unfinished {
			delete(open, l.Task)
		}
	case program.Call:
		if open[l.Task] != nil || !usesOnly(l.Call.Args, bound) {
			return false
		}
		if l.Unfinished {
			kept := *l
			open[l.Task] = &kept
		}
	case program.Assert, program.SkipIf:
		return usesOnly([]program.Expr{l.Expr}, bound)
	}
	l.Results = prunedResults(l.Results, bound)
	if !l.Unfinished {
		for _, n := range outNames(began) {
			bound[n] = true
		}
	}
	if n := binds(l.Results); n != "" {
		bound[n] = true
	}
	return true
}

// prunedResults leaves out what results say about names that are not bound, but a name
// that they bind.
func prunedResults(rs []program.Result, bound map[string]bool) (out []program.Result) {
	for _, r := range rs {
		if _, isName := r.X.(*program.Name); r.Kind == program.Value && isName {
			out = append(out, r)
			continue
		}
		if r.X != nil && !usesOnly([]program.Expr{r.X}, bound) {
			continue
		}
		if n := len(r.List); n > 0 {
			r.List = slices.DeleteFunc(slices.Clone(r.List), func(x program.Expr) bool { return !usesOnly([]program.Expr{x}, bound) })
			if len(r.List) == 0 {
				continue
			}
		}
		out = append(out, r)
	}
	if out == nil && len(rs) > 0 {
		return []program.Result{{Kind: program.Any}}
	}
	return out
}

// usesOnly reports whether every name in expressions is bound.
func usesOnly(xs []program.Expr, bound map[string]bool) bool {
	ok := true
	for _, x := range xs {
		program.Walk(x, func(x program.Expr) bool {
			if n, is := x.(*program.Name); is && !bound[n.Name] {
				ok = false
			}
			return ok
		})
	}
	return ok
}

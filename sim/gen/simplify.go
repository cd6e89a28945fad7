// SPDX-License-Identifier: GPL-2.0-only

package gen

import (
	"regexp"
	"slices"
	"strings"

	"github.com/nssim/nssim/sim/program"
)

// simplify makes the arguments of calls simpler, one at a time.
func (s *shrinker) simplify() (changed bool) {
	for i := 0; i < len(s.best.Lines); i++ {
		for s.simplifyLine(i) {
			changed = true
			if i >= len(s.best.Lines) {
				break
			}
		}
	}
	return changed
}

// simplifyLine tries the simpler forms of one line until one fails.
func (s *shrinker) simplifyLine(i int) bool {
	l := s.best.Lines[i]
	if l.Kind != program.Call {
		return false
	}
	for _, args := range simplerArgs(l.Call.Args, program.CallByName(l.Call.Name)) {
		q := *s.best
		q.Lines = slices.Clone(s.best.Lines)
		q.Lines[i].Call.Args = args
		q.Lines = prune(q.Lines, func(int) bool { return false })
		if s.take(&q) {
			return true
		}
	}
	return false
}

// simplerArgs lists arguments that are one step simpler: fewer, or one of them simpler.
func simplerArgs(args []program.Expr, sig *program.Signature) (out [][]program.Expr) {
	if len(args) > sig.Min {
		out = append(out, args[:len(args)-1])
		if sig.Lists && len(args) == 3 {
			out = append(out, []program.Expr{args[0], args[2]})
		}
	}
	for i, x := range args {
		for _, y := range simpler(x) {
			as := slices.Clone(args)
			as[i] = y
			out = append(out, as)
		}
	}
	return out
}

// simpler lists expressions that are a step simpler, the biggest step first.
func simpler(x program.Expr) (out []program.Expr) {
	switch e := x.(type) {
	case *program.Num:
		for _, n := range smaller(e.Value) {
			out = append(out, &program.Num{Value: n, Base: e.Base})
		}
	case *program.Const:
		if e.Value != 0 {
			out = append(out, num(0))
		}
	case *program.Binary:
		if e.Op == "|" {
			return simplerFlags(e)
		}
		out = append(out, e.X)
	case *program.Unary:
		out = append(out, num(0))
	case *program.Struct:
		return simplerFields(e.Fields, func(fs []program.FieldValue) program.Expr { return structure(fs...) })
	case *program.Changed:
		out = append(out, e.X)
		return append(out, simplerFields(e.Fields, func(fs []program.FieldValue) program.Expr {
			if len(fs) == 0 {
				return e.X
			}
			return &program.Changed{X: e.X, Fields: fs}
		})...)
	case *program.List:
		for i := range e.Elems {
			out = append(out, list(slices.Delete(slices.Clone(e.Elems), i, i+1)...))
		}
		for i, el := range e.Elems {
			for _, y := range simpler(el) {
				xs := slices.Clone(e.Elems)
				xs[i] = y
				out = append(out, list(xs...))
			}
		}
	case *program.Out:
		if e.Fields != nil {
			out = append(out, &program.Out{Name: e.Name})
		}
		out = append(out, blank())
	case *program.CallExpr:
		if e.Func == "raw" {
			out = append(out, num(-1))
		}
		for i, a := range e.Args {
			for _, y := range simpler(a) {
				as := slices.Clone(e.Args)
				as[i] = y
				out = append(out, &program.CallExpr{Func: e.Func, Args: as})
			}
		}
	case *program.Str:
		return simplerText(e)
	}
	return out
}

// smaller lists a few smaller numbers.
func smaller(n uint64) (out []uint64) {
	for _, m := range []uint64{0, 1, 2, n / 2, n - 1} {
		if m < n && !slices.Contains(out, m) {
			out = append(out, m)
		}
	}
	return out
}

// simplerFlags leaves out one flag of several.
func simplerFlags(x *program.Binary) (out []program.Expr) {
	var fs []program.Expr
	var collect func(program.Expr)
	collect = func(x program.Expr) {
		if b, ok := x.(*program.Binary); ok && b.Op == "|" {
			collect(b.X)
			collect(b.Y)
			return
		}
		fs = append(fs, x)
	}
	collect(x)
	for i := range fs {
		rest := slices.Delete(slices.Clone(fs), i, i+1)
		y := rest[0]
		for _, f := range rest[1:] {
			y = binary("|", y, f)
		}
		out = append(out, y)
	}
	return out
}

// simplerFields leaves out a field, or makes its value simpler.
func simplerFields(fs []program.FieldValue, make func([]program.FieldValue) program.Expr) (out []program.Expr) {
	for i := range fs {
		out = append(out, make(slices.Delete(slices.Clone(fs), i, i+1)))
	}
	for i := range fs {
		for _, y := range simpler(fs[i].X) {
			c := slices.Clone(fs)
			c[i].X = y
			out = append(out, make(c))
		}
	}
	return out
}

// simplerText writes a path in /proc as the caller's own, and an id map as one id.
func simplerText(s *program.Str) (out []program.Expr) {
	const own, thread = "/proc/self", "/proc/thread-self"
	first := ""
	if len(s.Parts) > 0 {
		first = s.Parts[0].Text
	}
	switch {
	case len(s.Parts) == 3 && first == "/proc/" && s.Parts[1].X != nil:
		out = append(out, str(own+s.Parts[2].Text))
	case len(s.Parts) == 1 && strings.HasPrefix(first, thread+"/"):
		out = append(out, str(own+strings.TrimPrefix(first, thread)))
	case len(s.Parts) == 1 && first != "0 0 1" && idMap.MatchString(first):
		out = append(out, str("0 0 1"))
	}
	return out
}

var idMap = regexp.MustCompile(`^\d+ \d+ \d+`)

// dropResults takes away what lines state and what nobody asks for: names that are not
// used, outputs, values. A line that states nothing says that its call succeeds.
func (s *shrinker) dropResults() {
	for i := range s.best.Lines {
		q := *s.best
		q.Lines = slices.Clone(s.best.Lines)
		l := &q.Lines[i]
		unused := func(n string) bool {
			return !slices.ContainsFunc(q.Lines, func(o program.Line) bool { return uses(&o, n) })
		}
		l.Call.Args, _ = rewriteAll(l.Call.Args, func(x program.Expr) program.Expr {
			if o, ok := x.(*program.Out); ok && o.Fields == nil && unused(o.Name) {
				return blank()
			}
			return x
		})
		if !stated(l, unused) {
			l.Results = nil
		}
		s.take(&q)
	}
}

// stated reports whether a line's results have to stay: an errno, or a name that is used.
func stated(l *program.Line, unused func(string) bool) bool {
	if n := binds(l.Results); n != "" {
		return l.Unfinished || !unused(n)
	}
	return slices.ContainsFunc(l.Results, func(r program.Result) bool { return r.Kind == program.Errnos || r.Kind == program.SkipOn })
}

// uses reports whether a line uses a name otherwise than to bind it.
func uses(l *program.Line, n string) bool {
	if l.Task == n {
		return true
	}
	xs := slices.Clone(l.Call.Args)
	if l.Expr != nil {
		xs = append(xs, l.Expr)
	}
	for i := range l.Results {
		r := &l.Results[i]
		if _, isName := r.X.(*program.Name); r.X != nil && !isName {
			xs = append(xs, r.X)
		}
		xs = append(xs, r.List...)
	}
	return !usesNot(xs, n)
}

func usesNot(xs []program.Expr, n string) bool {
	free := true
	for _, x := range xs {
		program.Walk(x, func(x program.Expr) bool {
			if m, ok := x.(*program.Name); ok && m.Name == n {
				free = false
			}
			return free
		})
	}
	return free
}

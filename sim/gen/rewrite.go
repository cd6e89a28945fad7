// SPDX-License-Identifier: GPL-2.0-only

package gen

import (
	"slices"

	"github.com/nssim/nssim/sim/program"
)

// rewrite returns x with every part replaced by what f makes of it, innermost first. What
// does not change is shared; nothing is changed in place.
func rewrite(x program.Expr, f func(program.Expr) program.Expr) program.Expr {
	switch e := x.(type) {
	case *program.Str:
		if parts, changed := rewriteParts(e.Parts, f); changed {
			x = &program.Str{At: e.At, Parts: parts}
		}
	case *program.Out:
		if fs, changed := rewriteFields(e.Fields, f); changed {
			c := *e
			c.Fields = fs
			x = &c
		}
	case *program.Struct:
		if fs, changed := rewriteFields(e.Fields, f); changed {
			x = &program.Struct{At: e.At, Fields: fs}
		}
	case *program.Changed:
		fs, changed := rewriteFields(e.Fields, f)
		if y := rewrite(e.X, f); changed || y != e.X {
			x = &program.Changed{X: y, Fields: fs}
		}
	case *program.Field:
		if y := rewrite(e.X, f); y != e.X {
			x = &program.Field{X: y, Name: e.Name}
		}
	case *program.Index:
		if y, i := rewrite(e.X, f), rewrite(e.I, f); y != e.X || i != e.I {
			x = &program.Index{X: y, I: i}
		}
	case *program.List:
		if xs, changed := rewriteAll(e.Elems, f); changed {
			x = &program.List{At: e.At, Elems: xs}
		}
	case *program.Unary:
		if y := rewrite(e.X, f); y != e.X {
			x = &program.Unary{At: e.At, Op: e.Op, X: y}
		}
	case *program.Binary:
		if y, z := rewrite(e.X, f), rewrite(e.Y, f); y != e.X || z != e.Y {
			x = &program.Binary{Op: e.Op, X: y, Y: z}
		}
	case *program.CallExpr:
		if xs, changed := rewriteAll(e.Args, f); changed {
			x = &program.CallExpr{At: e.At, Func: e.Func, Args: xs}
		}
	}
	return f(x)
}

func rewriteAll(xs []program.Expr, f func(program.Expr) program.Expr) (out []program.Expr, changed bool) {
	for i, x := range xs {
		y := rewrite(x, f)
		if y == x && !changed {
			continue
		}
		if !changed {
			out, changed = append([]program.Expr(nil), xs...), true
		}
		out[i] = y
	}
	if !changed {
		return xs, false
	}
	return out, true
}

func rewriteFields(fs []program.FieldValue, f func(program.Expr) program.Expr) (out []program.FieldValue, changed bool) {
	out = append(out, fs...)
	for i := range out {
		y := rewrite(out[i].X, f)
		changed = changed || y != out[i].X
		out[i].X = y
	}
	if !changed {
		return fs, false
	}
	return out, true
}

func rewriteParts(ps []program.Part, f func(program.Expr) program.Expr) (out []program.Part, changed bool) {
	out = append(out, ps...)
	for i := range out {
		if out[i].X == nil {
			continue
		}
		y := rewrite(out[i].X, f)
		changed = changed || y != out[i].X
		out[i].X = y
	}
	if !changed {
		return ps, false
	}
	return out, true
}

// rewriteLine returns a line with all its expressions rewritten. Its arguments and results
// are its own.
func rewriteLine(l program.Line, f func(program.Expr) program.Expr) program.Line {
	l.Call.Args, _ = rewriteAll(slices.Clone(l.Call.Args), f)
	if l.Expr != nil {
		l.Expr = rewrite(l.Expr, f)
	}
	rs := append([]program.Result(nil), l.Results...)
	for i := range rs {
		if rs[i].X != nil {
			rs[i].X = rewrite(rs[i].X, f)
		}
		rs[i].List, _ = rewriteAll(rs[i].List, f)
	}
	l.Results = rs
	return l
}

// blankOuts replaces outputs that name something by `_`, but those that say more.
func blankOuts(x program.Expr) program.Expr {
	if o, ok := x.(*program.Out); ok && o.Fields == nil {
		return blank()
	}
	return x
}

// SPDX-License-Identifier: GPL-2.0-only

package program

// number returns i as an expression.
func number(at Pos, i int64) Expr {
	if i < 0 {
		return &Unary{At: at, Op: "-", X: &Num{At: at, Value: -uint64(i), Base: 10}}
	}
	return &Num{At: at, Value: uint64(i), Base: 10}
}

// eval computes a loop bound.
func (x *expander) eval(e Expr, sc *scope) int64 {
	return x.evalAt(e, sc, Pos{})
}

// evalAt computes a loop bound or, when at is valid, the inside of the `$(...)` that stands
// there, in which variables have no `$`.
func (x *expander) evalAt(e Expr, sc *scope, at Pos) int64 {
	here := at
	if !at.IsValid() {
		here = e.Pos()
	}
	switch e := e.(type) {
	case *Num:
		return int64(e.Value)
	case *Const:
		return int64(e.Value)
	case *Name:
		if at.IsValid() {
			return x.eval(x.lookup(e.Name, at, sc), sc)
		}
		if isTemplate(e.Name) {
			if v := x.name(e, sc); !isNamed(v) {
				return x.eval(v, sc)
			}
		}
	case *Unary:
		if f := unaryOps[e.Op]; f != nil {
			return f(x.evalAt(e.X, sc, at))
		}
	case *Binary:
		if f := binaryOps[e.Op]; f != nil {
			a, b := x.evalAt(e.X, sc, at), x.evalAt(e.Y, sc, at)
			if e.Op == "%" && b == 0 {
				x.fail(sc, here, clip(e.String()), "a divisor other than 0", "")
			}
			return f(a, b)
		}
	}
	x.fail(sc, here, clip(e.String()), "a number", "it must be known when the file is read")
	return 0
}

func isNamed(e Expr) bool {
	_, ok := e.(*Name)
	return ok
}

var unaryOps = map[string]func(int64) int64{
	"-": func(a int64) int64 { return -a },
	"~": func(a int64) int64 { return ^a },
}

var binaryOps = map[string]func(a, b int64) int64{
	"+":  func(a, b int64) int64 { return a + b },
	"-":  func(a, b int64) int64 { return a - b },
	"*":  func(a, b int64) int64 { return a * b },
	"%":  func(a, b int64) int64 { return a % b },
	"|":  func(a, b int64) int64 { return a | b },
	"&":  func(a, b int64) int64 { return a & b },
	"<<": func(a, b int64) int64 { return a << (uint64(b) & 63) },
	">>": func(a, b int64) int64 { return a >> (uint64(b) & 63) },
}

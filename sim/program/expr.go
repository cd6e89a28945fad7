// SPDX-License-Identifier: GPL-2.0-only

package program

// Expr is an expression: an argument, what a result is compared with, an assertion.
type Expr interface {
	// Pos is where it starts.
	Pos() Pos
	// String is the canonical text.
	String() string
	// prec is how tightly its outermost operator binds.
	prec() int
}

// Binding strength of operators, loose to tight.
const (
	precOr = iota + 1
	precAnd
	precNot
	precCompare
	precBitOr
	precBitAnd
	precShift
	precAdd
	precMul
	precUnary
	precPrimary
)

// binaryPrec is how tightly a binary operator binds, 0 for what is none.
func binaryPrec(op string) int {
	switch op {
	case "or":
		return precOr
	case "and":
		return precAnd
	case "==", "!=", "<", "<=", ">", ">=", "has", "lacks", "in":
		return precCompare
	case "|":
		return precBitOr
	case "&":
		return precBitAnd
	case "<<", ">>":
		return precShift
	case "+", "-":
		return precAdd
	case "*", "%":
		return precMul
	}
	return 0
}

// unaryPrec is how tightly a prefix operator binds.
func unaryPrec(op string) int {
	if op == "not" {
		return precNot
	}
	return precUnary
}

type (
	// Num is a number. Base is the base that it is written in: 8, 16, otherwise 10.
	Num struct {
		At    Pos
		Value uint64
		Base  int
	}

	// Const is a constant by its C name.
	Const struct {
		At    Pos
		Name  string
		Value uint64
	}

	// Word is one of the fixed words that are values: the states of a task.
	Word struct {
		At   Pos
		Name string
	}

	// Str is a string.
	Str struct {
		At    Pos
		Parts []Part
	}

	// Part is a piece of a string: X, when it is not nil, is replaced by its value,
	// otherwise it is Text as it stands.
	Part struct {
		Text string
		X    Expr

		// sub says that Text is a `$name` or `$(expression)` of a loop or macro body.
		sub bool
	}

	// Name is a name of the program.
	Name struct {
		At   Pos
		Name string

		// frame is the expansion that the name's text comes from.
		frame int32
	}

	// Out is an output argument `&NAME`, or `&NAME{handle_bytes=8}`.
	Out struct {
		At     Pos
		Name   string
		Fields []FieldValue

		frame int32
	}

	// Blank is `_`, an output that does not matter.
	Blank struct{ At Pos }

	// Struct is a structure `{ns_type=NET_NS}`.
	Struct struct {
		At     Pos
		Fields []FieldValue
	}

	// Changed is a copy with fields replaced: `h{ns_inum=0}`.
	Changed struct {
		X      Expr
		Fields []FieldValue
	}

	// FieldValue is one `name=value` of a structure.
	FieldValue struct {
		At   Pos
		Name string
		X    Expr
	}

	// Field is `x.name`.
	Field struct {
		X    Expr
		Name string
	}

	// Index is `list[i]`; a negative i counts from the end.
	Index struct{ X, I Expr }

	// List is `[a, b]`.
	List struct {
		At    Pos
		Elems []Expr
	}

	// Unary is `-x`, `~x`, `not x`.
	Unary struct {
		At Pos
		Op string
		X  Expr
	}

	// Binary is `x OP y`.
	Binary struct {
		Op   string
		X, Y Expr
	}

	// CallExpr is a function: `active(net)`, `room(4)`, `exited(0)`. Functions is the
	// table of them.
	CallExpr struct {
		At   Pos
		Func string
		Args []Expr
	}
)

// Pos returns where the expression starts.
func (x *Num) Pos() Pos { return x.At }

// Pos returns where the expression starts.
func (x *Const) Pos() Pos { return x.At }

// Pos returns where the expression starts.
func (x *Word) Pos() Pos { return x.At }

// Pos returns where the expression starts.
func (x *Str) Pos() Pos { return x.At }

// Pos returns where the expression starts.
func (x *Name) Pos() Pos { return x.At }

// Pos returns where the expression starts.
func (x *Out) Pos() Pos { return x.At }

// Pos returns where the expression starts.
func (x *Blank) Pos() Pos { return x.At }

// Pos returns where the expression starts.
func (x *Struct) Pos() Pos { return x.At }

// Pos returns where the expression starts.
func (x *Changed) Pos() Pos { return x.X.Pos() }

// Pos returns where the expression starts.
func (x *Field) Pos() Pos { return x.X.Pos() }

// Pos returns where the expression starts.
func (x *Index) Pos() Pos { return x.X.Pos() }

// Pos returns where the expression starts.
func (x *List) Pos() Pos { return x.At }

// Pos returns where the expression starts.
func (x *Unary) Pos() Pos { return x.At }

// Pos returns where the expression starts.
func (x *Binary) Pos() Pos { return x.X.Pos() }

// Pos returns where the expression starts.
func (x *CallExpr) Pos() Pos { return x.At }

func (*Num) prec() int      { return precPrimary }
func (*Const) prec() int    { return precPrimary }
func (*Word) prec() int     { return precPrimary }
func (*Str) prec() int      { return precPrimary }
func (*Name) prec() int     { return precPrimary }
func (*Out) prec() int      { return precPrimary }
func (*Blank) prec() int    { return precPrimary }
func (*Struct) prec() int   { return precPrimary }
func (*Changed) prec() int  { return precPrimary }
func (*Field) prec() int    { return precPrimary }
func (*Index) prec() int    { return precPrimary }
func (*List) prec() int     { return precPrimary }
func (x *Unary) prec() int  { return unaryPrec(x.Op) }
func (x *Binary) prec() int { return binaryPrec(x.Op) }
func (*CallExpr) prec() int { return precPrimary }

// eachChild calls f for the direct subexpressions of x in the order of the text.
func eachChild(x Expr, f func(Expr)) {
	switch x := x.(type) {
	case *Str:
		for _, p := range x.Parts {
			if p.X != nil {
				f(p.X)
			}
		}
	case *Out:
		eachField(x.Fields, f)
	case *Struct:
		eachField(x.Fields, f)
	case *Changed:
		f(x.X)
		eachField(x.Fields, f)
	case *Field:
		f(x.X)
	case *Index:
		f(x.X)
		f(x.I)
	case *List:
		for _, e := range x.Elems {
			f(e)
		}
	case *Unary:
		f(x.X)
	case *Binary:
		f(x.X)
		f(x.Y)
	case *CallExpr:
		for _, e := range x.Args {
			f(e)
		}
	}
}

func eachField(fields []FieldValue, f func(Expr)) {
	for _, fv := range fields {
		f(fv.X)
	}
}

// Walk calls f for x and everything in it, outermost first; f returns false to leave out
// what is inside.
func Walk(x Expr, f func(Expr) bool) {
	if x == nil || !f(x) {
		return
	}
	eachChild(x, func(c Expr) { Walk(c, f) })
}

// Exprs returns the expressions of a line in the order of the text: arguments, results,
// conditions, reasons.
func (l *Line) Exprs() []Expr {
	xs := append([]Expr(nil), l.Call.Args...)
	for i := range l.Results {
		r := &l.Results[i]
		if r.X != nil {
			xs = append(xs, r.X)
		}
		xs = append(xs, r.List...)
		if r.Reason != nil {
			xs = append(xs, r.Reason)
		}
	}
	if l.Expr != nil {
		xs = append(xs, l.Expr)
	}
	if l.Reason != nil {
		xs = append(xs, l.Reason)
	}
	return xs
}

// nesting returns how deep the text of x nests as the parser counts: one level for each
// expression inside brackets or behind an operator.
func nesting(x Expr) int { return 1 + nestingInside(x) }

func nestingInside(x Expr) int {
	deepest := 0
	add := func(n int) { deepest = max(deepest, n) }
	// left is an operand that the parser reads in the same breath as its operator.
	left := func(x Expr, least int) {
		if x.prec() < least {
			add(nesting(x))
			return
		}
		add(nestingInside(x))
	}
	right := func(x Expr, least int) {
		if x.prec() < least {
			add(1 + nesting(x))
			return
		}
		add(nesting(x))
	}
	switch x := x.(type) {
	case *Unary:
		right(x.X, x.prec())
	case *Binary:
		least := x.prec()
		if least == precCompare {
			least++
		}
		left(x.X, least)
		right(x.Y, x.prec()+1)
	case *Field:
		left(x.X, precPrimary)
	case *Index:
		left(x.X, precPrimary)
		add(nesting(x.I))
	case *Changed:
		left(x.X, precPrimary)
		for _, f := range x.Fields {
			add(nesting(f.X))
		}
	default:
		eachChild(x, func(c Expr) { add(nesting(c)) })
	}
	return deepest
}

// SPDX-License-Identifier: GPL-2.0-only

package gen

import (
	"strings"

	"github.com/nssim/nssim/sim/program"
	"github.com/nssim/nssim/syscall/uapi"
)

// num is a number, negative ones as programs write them.
func num(n int64) program.Expr {
	if n < 0 {
		return &program.Unary{Op: "-", X: &program.Num{Value: uint64(-n), Base: 10}}
	}
	return &program.Num{Value: uint64(n), Base: 10}
}

func unum(n uint64) program.Expr { return &program.Num{Value: n, Base: 10} }
func hex(n uint64) program.Expr  { return &program.Num{Value: n, Base: 16} }
func octal(n uint64) program.Expr {
	return &program.Num{Value: n, Base: 8}
}

// word is a constant by its C name.
func word(name string) program.Expr {
	v, ok := uapi.ConstantByName(name)
	if !ok {
		panic("gen: no constant " + name)
	}
	return &program.Const{Name: name, Value: v}
}

// constant is one of the C library's, which uapi does not list.
func constant(name string, v uint64) program.Expr { return &program.Const{Name: name, Value: v} }

func ignore() program.Expr { return constant("SIG_IGN", 1) }

func name(s string) program.Expr { return &program.Name{Name: s} }
func out(s string) program.Expr  { return &program.Out{Name: s} }
func blank() program.Expr        { return &program.Blank{} }
func null() program.Expr         { return &program.Const{Name: "NULL"} }
func str(s string) *program.Str  { return &program.Str{Parts: []program.Part{{Text: s}}} }
func list(xs ...program.Expr) *program.List {
	return &program.List{Elems: xs}
}

func field(name string, x program.Expr) program.FieldValue {
	return program.FieldValue{Name: name, X: x}
}

func structure(fs ...program.FieldValue) *program.Struct { return &program.Struct{Fields: fs} }

func fn(f string, args ...program.Expr) program.Expr {
	return &program.CallExpr{Func: f, Args: args}
}

func binary(op string, x, y program.Expr) program.Expr {
	return &program.Binary{Op: op, X: x, Y: y}
}

// flags writes a value with the constants of a group.
func flags(g uapi.Group, v uint64) program.Expr {
	var x program.Expr
	for _, part := range strings.Split(uapi.FormatFlags(g, v), "|") {
		y := flagExpr(part)
		if x == nil {
			x = y
			continue
		}
		x = binary("|", x, y)
	}
	return x
}

func flagExpr(text string) program.Expr {
	if v, ok := uapi.ConstantByName(text); ok {
		return &program.Const{Name: text, Value: v}
	}
	v, err := uapi.ParseFlags(text)
	if err != nil {
		panic("gen: " + err.Error())
	}
	if v < 10 {
		return unum(v)
	}
	return hex(v)
}

// path is a string of texts and expressions: path("/proc/", x, "/ns/net").
func path(parts ...any) *program.Str {
	s := &program.Str{}
	for _, p := range parts {
		switch p := p.(type) {
		case string:
			s.Parts = append(s.Parts, program.Part{Text: p})
		case program.Expr:
			s.Parts = append(s.Parts, program.Part{X: p})
		}
	}
	return s
}

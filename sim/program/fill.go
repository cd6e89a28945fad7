// SPDX-License-Identifier: GPL-2.0-only

package program

import (
	"fmt"
	"slices"
	"strings"
)

// expr returns e with everything filled in. What needs no change is shared.
func (x *expander) expr(e Expr, sc *scope) Expr {
	x.spend(1, e.Pos(), sc)
	switch e := e.(type) {
	case *Name:
		return x.name(e, sc)
	case *Str:
		return x.str(e, sc)
	case *Out:
		return x.out(e, sc)
	case *Struct:
		return &Struct{At: e.At, Fields: x.fields(e.Fields, sc)}
	case *Changed:
		c := &Changed{X: x.expr(e.X, sc), Fields: x.fields(e.Fields, sc)}
		if !canChange(c.X) {
			x.fail(sc, c.X.Pos(), clip(c.X.String()), "a name", "its fields are changed")
		}
		return c
	case *Field:
		name, _ := x.word(e.Name, e.Pos(), sc, "the name of a field")
		return &Field{X: x.expr(e.X, sc), Name: name}
	case *Index:
		return &Index{X: x.expr(e.X, sc), I: x.expr(e.I, sc)}
	case *List:
		return &List{At: e.At, Elems: x.exprs(e.Elems, sc)}
	case *Unary:
		return &Unary{At: e.At, Op: e.Op, X: x.expr(e.X, sc)}
	case *Binary:
		return &Binary{Op: e.Op, X: x.expr(e.X, sc), Y: x.expr(e.Y, sc)}
	case *CallExpr:
		name, _ := x.word(e.Func, e.At, sc, "the name of a function")
		return &CallExpr{At: e.At, Func: name, Args: x.exprs(e.Args, sc)}
	}
	return e
}

func (x *expander) exprs(es []Expr, sc *scope) []Expr {
	if es == nil {
		return nil
	}
	out := make([]Expr, len(es))
	for i, e := range es {
		out[i] = x.expr(e, sc)
	}
	return out
}

func (x *expander) fields(fs []FieldValue, sc *scope) []FieldValue {
	if fs == nil {
		return nil
	}
	out := make([]FieldValue, len(fs))
	for i, f := range fs {
		f.Name, _ = x.word(f.Name, f.At, sc, "the name of a field")
		f.X = x.expr(f.X, sc)
		out[i] = f
	}
	return out
}

// name fills in a name. `$P` alone is the argument whatever it is; anything else must come
// out as a word or a number.
func (x *expander) name(n *Name, sc *scope) Expr {
	if !isTemplate(n.Name) {
		if sc.frame == 0 {
			return n
		}
		return &Name{At: n.At, Name: n.Name, frame: sc.frame}
	}
	tp := x.template(n.Name)
	if len(tp) == 1 {
		return x.part(tp[0], n.At, sc)
	}
	text, frame := x.fill(tp, n.At, sc)
	if isDigit(text[0]) {
		num, ok := parseNumber(n.At, text)
		if !ok {
			x.fail(sc, n.At, clip(text)+" from "+n.Name, "a name or a number", "")
		}
		return num
	}
	e := resolve(n.At, text)
	if name, ok := e.(*Name); ok {
		name.frame = frame
		if isKeyword(text) {
			x.fail(sc, n.At, "the reserved word "+text+" from "+n.Name, "a name", "")
		}
	}
	return e
}

func (x *expander) out(o *Out, sc *scope) Expr {
	name, frame := x.word(o.Name, o.At, sc, "the name that an output binds")
	return &Out{At: o.At, Name: name, Fields: x.fields(o.Fields, sc), frame: frame}
}

// str fills in a string. A string as an argument puts its contents there.
func (x *expander) str(s *Str, sc *scope) *Str {
	if s == nil {
		return nil
	}
	out := &Str{At: s.At}
	for _, part := range s.Parts {
		switch {
		case part.X != nil:
			x.interpolate(out, part.X, sc)
		case part.sub:
			e := x.part(x.template(part.Text)[0], s.At, sc)
			if inner, ok := e.(*Str); ok {
				out.append(inner.Parts...)
			} else {
				out.append(Part{Text: x.plain(e, s.At, sc)})
			}
		default:
			out.append(part)
		}
		if n := len(out.Parts); n > maxArg || n > 0 && len(out.Parts[n-1].Text) > maxText {
			x.fail(sc, s.At, "a string that is too long", fmt.Sprintf("at most %d bytes after expansion", maxText), "")
		}
	}
	for _, p := range out.Parts {
		x.spend(1+len(p.Text)/64, s.At, sc)
	}
	return out
}

// interpolate adds what `{raw}` stands for. A parameter that turned out to be a number or a
// string needs no braces any more.
func (x *expander) interpolate(out *Str, raw Expr, sc *scope) {
	e := x.expr(raw, sc)
	if n, ok := raw.(*Name); ok && isTemplate(n.Name) {
		switch e := e.(type) {
		case *Num:
			out.append(Part{Text: e.String()})
			return
		case *Str:
			out.append(e.Parts...)
			return
		}
	}
	out.append(Part{X: e})
}

// append adds parts, joining texts.
func (s *Str) append(parts ...Part) {
	for _, p := range parts {
		switch n := len(s.Parts); {
		case p.X == nil && p.Text == "":
		case p.X == nil && n > 0 && s.Parts[n-1].X == nil:
			s.Parts[n-1].Text += p.Text
		default:
			s.Parts = append(s.Parts, p)
		}
	}
}

// word fills in a word that must come out as a name and says which expansion the name's
// text comes from.
func (x *expander) word(raw string, at Pos, sc *scope, what string) (string, int32) {
	if !isTemplate(raw) {
		return raw, sc.frame
	}
	text, frame := x.fill(x.template(raw), at, sc)
	if !isName(text) || isKeyword(text) {
		x.fail(sc, at, clip(text)+" from "+raw, what, "")
	}
	return text, frame
}

// fill returns the text of a word. A word that contains a parameter belongs to where the
// argument was written.
func (x *expander) fill(tp template, at Pos, sc *scope) (string, int32) {
	var b strings.Builder
	frame := sc.frame
	for _, part := range tp {
		if part.name == "" && part.x == nil {
			b.WriteString(part.text)
			continue
		}
		e := x.part(part, at, sc)
		if n, ok := e.(*Name); ok {
			frame = n.frame
		}
		b.WriteString(x.plain(e, at, sc))
		if b.Len() > maxName {
			x.fail(sc, at, "a name of "+plural(b.Len(), "byte"), fmt.Sprintf("at most %d", maxName), "")
		}
	}
	return b.String(), frame
}

// plain returns the text of an argument where it becomes part of a word or a string.
func (x *expander) plain(e Expr, at Pos, sc *scope) string {
	switch e := e.(type) {
	case *Name, *Const, *Word, *Num:
		return e.String()
	case *Unary:
		if n, ok := e.X.(*Num); ok && e.Op == "-" {
			return "-" + n.String()
		}
	}
	x.fail(sc, at, "argument "+clip(e.String()), "a name, a number or a constant", "it becomes part of a word here")
	return ""
}

// part returns what a `$` part stands for.
func (x *expander) part(part templatePart, at Pos, sc *scope) Expr {
	if part.x != nil {
		return number(at, x.evalAt(part.x, sc, at))
	}
	if part.name == "TASK" && sc.task != "" {
		return &Name{At: at, Name: sc.task, frame: sc.taskFrame}
	}
	return x.lookup(part.name, at, sc)
}

func (x *expander) lookup(name string, at Pos, sc *scope) Expr {
	var known []string
	for _, b := range slices.Backward(sc.vars) {
		if b.name == name {
			x.spend(b.size, at, sc)
			return b.x
		}
		known = append(known, b.name)
	}
	msg := didYouMean(name, known)
	if name == "TASK" {
		msg = "$TASK is the caller of a macro"
	}
	x.fail(sc, at, "$"+clip(name), "a loop variable or a parameter", msg)
	return nil
}

// template returns the parsed form of a word with `$`, which has been read before.
func (x *expander) template(raw string) template {
	tp, ok := x.templates[raw]
	if !ok {
		p := newParser("", raw)
		tp = p.template(token{kind: tokWord, end: len(raw), line: 1, col: 1, hasDollar: true})
		x.templates[raw] = tp
	}
	return tp
}

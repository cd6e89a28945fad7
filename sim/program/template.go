// SPDX-License-Identifier: GPL-2.0-only

package program

import "strings"

// A template is a word of a loop or macro body that is filled in at expansion: `t$i`,
// `id$(i+1)`, `$NAME`. In the source form a word is kept as text, with `$`; templates are
// its parsed form.
type template []templatePart

// templatePart is plain text, the `$name` of a loop variable or parameter, or the
// arithmetic of `$(...)`, exactly one of them.
type templatePart struct {
	text string
	name string
	x    Expr
}

// isTemplate reports whether a word has something to fill in.
func isTemplate(word string) bool { return strings.Contains(word, "$") }

// normalize parses a word with `$` and returns its canonical text.
func (p *parser) normalize(t token) string {
	return p.template(t).String()
}

// String returns the canonical text, which has no blanks.
func (tp template) String() string {
	var b strings.Builder
	for _, part := range tp {
		switch {
		case part.name != "":
			b.WriteString("$" + part.name)
		case part.x != nil:
			b.WriteString("$(" + strings.ReplaceAll(part.x.String(), " ", "") + ")")
		default:
			b.WriteString(part.text)
		}
	}
	return b.String()
}

// template parses a word with `$`.
func (p *parser) template(t token) template {
	var tp template
	for i := t.off; i < t.end; {
		start := i
		if p.src[i] != '$' {
			for i < t.end && p.src[i] != '$' {
				i++
			}
			tp = append(tp, templatePart{text: p.src[start:i]})
			continue
		}
		i++
		if p.src[i] == '(' {
			var x Expr
			x, i = p.templateExpr(t, i, t.end)
			tp = append(tp, templatePart{x: x})
			continue
		}
		for i < t.end && isNameByte(p.src[i]) {
			i++
		}
		tp = append(tp, templatePart{name: p.src[start+1 : i]})
	}
	return tp
}

// templateExpr reads the parenthesis of `$(...)`. Inside, the variables of loops and the
// parameters of macros go by their bare names.
func (p *parser) templateExpr(t token, off, end int) (x Expr, after int) {
	p.inside(t, off, end, func() {
		p.advance()
		p.expect("(", "")
		x = bareNames(p.expr(precBitOr))
		if !p.isOp(")") {
			p.failTok("`)` or an operator", "")
		}
		after = p.tok.end
	})
	p.arithmetic(x)
	return x, after
}

// bareNames replaces $i by i.
func bareNames(x Expr) Expr {
	switch x := x.(type) {
	case *Name:
		return &Name{At: x.At, Name: strings.TrimPrefix(x.Name, "$")}
	case *Unary:
		return &Unary{At: x.At, Op: x.Op, X: bareNames(x.X)}
	case *Binary:
		return &Binary{Op: x.Op, X: bareNames(x.X), Y: bareNames(x.Y)}
	}
	return x
}

// arithmetic complains about what cannot be computed when the file is read.
func (p *parser) arithmetic(x Expr) {
	switch x := x.(type) {
	case *Num, *Const:
	case *Name:
		if !isName(x.Name) {
			p.fail(x.At, clip(x.Name), "the name of a loop variable or a parameter", "")
		}
	case *Unary:
		p.arithmetic(x.X)
	case *Binary:
		p.arithmetic(x.X)
		p.arithmetic(x.Y)
	default:
		p.fail(x.Pos(), clip(x.String()), "a number, a constant, a loop variable or a parameter", "")
	}
}

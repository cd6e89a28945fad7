// SPDX-License-Identifier: GPL-2.0-only

package program

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/nssim/nssim/syscall/uapi"
)

// enter counts nesting, so that a text cannot exhaust the stack.
func (p *parser) enter() {
	if p.depth++; p.depth > maxNesting {
		p.failTok(fmt.Sprintf("at most %d brackets and operators inside each other", maxNesting), "")
	}
}

// count counts what nests without brackets, such as a long chain of operators.
func (p *parser) count() {
	if p.operands++; p.operands > maxOperands {
		p.failTok(fmt.Sprintf("at most %d operands in one line", maxOperands), "")
	}
}

// expr reads an expression whose operators bind at least as tightly as least.
func (p *parser) expr(least int) Expr {
	p.enter()
	x := p.unary(least)
	compared := false
	for {
		op := p.binaryOp()
		prec := binaryPrec(op)
		if prec == 0 || prec < least {
			break
		}
		if prec == precCompare && compared {
			p.failTok("`and` or `or`", "comparisons do not chain")
		}
		compared = prec == precCompare
		p.advance()
		x = &Binary{Op: op, X: x, Y: p.expr(prec + 1)}
	}
	p.depth--
	return x
}

// binaryOp returns the current token if it may be a binary operator.
func (p *parser) binaryOp() string {
	if p.tok.kind == tokOp || p.tok.kind == tokWord {
		return p.text(p.tok)
	}
	return ""
}

func (p *parser) unary(least int) Expr {
	at := p.posOf(p.tok)
	switch {
	case p.isOp("-"), p.isOp("~"):
		op := p.text(p.tok)
		p.advance()
		return &Unary{At: at, Op: op, X: p.expr(precUnary)}
	case p.isWord("not"):
		if least > precNot {
			p.failTok("an operand", "put parentheses around `not ...`")
		}
		p.advance()
		return &Unary{At: at, Op: "not", X: p.expr(precNot)}
	}
	return p.postfix(p.primary())
}

// postfix reads what may follow an operand: .field, [index], {changed=fields}.
func (p *parser) postfix(x Expr) Expr {
	for {
		switch {
		case p.isOp("."):
			p.advance()
			x = &Field{X: x, Name: p.expectIdent("the name of a field")}
		case p.isOp("["):
			p.advance()
			i := p.inBrackets()
			p.expect("]", "")
			x = &Index{X: x, I: i}
		case p.isOp("{") && !p.noBrace && canChange(x):
			x = &Changed{X: x, Fields: p.fields()}
		default:
			return x
		}
		p.count()
	}
}

func canChange(x Expr) bool {
	switch x.(type) {
	case *Name, *Field, *Index:
		return true
	}
	return false
}

// inBrackets reads an expression inside brackets, where braces are structures again.
func (p *parser) inBrackets() Expr {
	saved := p.noBrace
	p.noBrace = false
	p.brackets++
	x := p.expr(precOr)
	p.brackets--
	p.noBrace = saved
	return x
}

const operandForms = "a value (number, constant, name, string, {structure}, [list], &output)"

func (p *parser) primary() Expr {
	t := p.tok
	at := p.posOf(t)
	if !p.isOp("(") {
		p.count()
	}
	switch t.kind {
	case tokNumber:
		return p.number()
	case tokString:
		return p.str()
	case tokWord:
		name := p.ident(t, operandForms)
		p.advance()
		if p.isOp("(") {
			p.advance()
			return &CallExpr{At: at, Func: name, Args: p.exprList(")")}
		}
		return resolve(at, name)
	case tokOp:
		switch p.text(t) {
		case "(":
			p.advance()
			x := p.inBrackets()
			p.expect(")", "")
			return x
		case "[":
			p.advance()
			return &List{At: at, Elems: p.exprList("]")}
		case "{":
			return &Struct{At: at, Fields: p.fields()}
		case "&":
			p.advance()
			o := &Out{At: at, Name: p.expectIdent("the name that the output binds")}
			if o.Name == "_" {
				p.fail(at, "&_", "`_` or &NAME", "")
			}
			if p.isOp("{") {
				o.Fields = p.fields()
			}
			return o
		}
	}
	if t.kind == tokNewline && p.brackets > 0 {
		p.failTok(operandForms, `a line that goes on ends in \`)
	}
	p.failTok(operandForms, "")
	return nil
}

// resolve says what a word in an expression is.
func resolve(at Pos, name string) Expr {
	if name == "_" {
		return &Blank{At: at}
	}
	if isState(name) {
		return &Word{At: at, Name: name}
	}
	if v, ok := constant(name); ok {
		return &Const{At: at, Name: name, Value: v}
	}
	return &Name{At: at, Name: name}
}

// constant returns the value of a constant by its C name, or the number of an errno.
func constant(name string) (uint64, bool) {
	if name == "" || 'a' <= name[0] && name[0] <= 'z' {
		return 0, false
	}
	if v, ok := uapi.ConstantByName(name); ok {
		return v, true
	}
	if e, ok := uapi.ErrnoByName(name); ok {
		return uint64(e), true
	}
	return 0, false
}

// asErrnos returns the alternatives when x is -E1|-E2|...
func asErrnos(x Expr) ([]Errno, bool) {
	switch x := x.(type) {
	case *Binary:
		if x.Op != "|" {
			return nil, false
		}
		left, ok := asErrnos(x.X)
		if !ok {
			return nil, false
		}
		right, ok := asErrnos(x.Y)
		return append(left, right...), ok
	case *Unary:
		if x.Op != "-" {
			return nil, false
		}
		c, ok := x.X.(*Const)
		if !ok {
			return nil, false
		}
		num, ok := uapi.ErrnoByName(c.Name)
		return []Errno{{At: x.At, Name: c.Name, Num: num}}, ok
	}
	return nil, false
}

// exprList reads expressions with commas between them up to the closing bracket, which it
// passes.
func (p *parser) exprList(closing string) []Expr {
	var xs []Expr
	for !p.accept(closing) {
		if len(xs) > 0 && !p.accept(",") {
			msg := ""
			if p.tok.kind == tokNewline {
				msg = `a line that goes on ends in \`
			}
			p.failTok("`,` or `"+closing+"`", msg)
		}
		xs = append(xs, p.inBrackets())
	}
	return xs
}

// fields reads `{name=value, ...}`.
func (p *parser) fields() []FieldValue {
	p.expect("{", "")
	var fs []FieldValue
	for !p.accept("}") {
		if len(fs) > 0 && !p.accept(",") {
			p.failTok("`,` or `}`", "")
		}
		f := FieldValue{At: p.posOf(p.tok), Name: p.expectIdent("the name of a field")}
		if slices.ContainsFunc(fs, func(g FieldValue) bool { return g.Name == f.Name }) {
			p.fail(f.At, "field "+clip(f.Name)+" a second time", "each field once", "")
		}
		p.expect("=", "")
		f.X = p.inBrackets()
		fs = append(fs, f)
	}
	return fs
}

func (p *parser) number() Expr {
	t := p.tok
	n, ok := parseNumber(p.posOf(t), p.text(t))
	if !ok {
		p.failTok("a number of at most 64 bits (64, 0xf1, 0644)", "")
	}
	p.advance()
	return n
}

// parseNumber reads a number as C does, without suffixes.
func parseNumber(at Pos, s string) (*Num, bool) {
	n := &Num{At: at, Base: 10}
	digits := s
	switch {
	case strings.HasPrefix(s, "0x"), strings.HasPrefix(s, "0X"):
		n.Base, digits = 16, s[2:]
	case len(s) > 1 && s[0] == '0':
		n.Base, digits = 8, s[1:]
	}
	v, err := strconv.ParseUint(digits, n.Base, 64)
	n.Value = v
	return n, err == nil
}

// str reads a string: its text, what is replaced in it, its escapes.
func (p *parser) str() *Str {
	t := p.tok
	s := &Str{At: p.posOf(t)}
	var b strings.Builder
	flush := func() {
		if b.Len() > 0 {
			s.Parts = append(s.Parts, Part{Text: b.String()})
			b.Reset()
		}
	}
	end := t.end - 1
	if n := plainLen(p.src[t.off+1 : end]); n > 0 && t.off+1+n == end {
		s.Parts = []Part{{Text: p.src[t.off+1 : end]}}
		p.advance()
		return s
	}
	for i := t.off + 1; i < end; {
		if n := plainLen(p.src[i:end]); n > 0 {
			b.WriteString(p.src[i : i+n])
			i += n
			continue
		}
		at := Pos{p.file, t.line, t.col + i - t.off}
		switch c := p.src[i]; c {
		case '\\':
			r, size := unescape(p.src[i:end])
			if size == 0 {
				p.fail(at, clip(p.src[i:min(i+2, end)]), `\" \\ \{ \} \$ \n \t or \xHH`, "")
			}
			b.WriteByte(r)
			i += size
		case '{':
			flush()
			var x Expr
			x, i = p.interpolation(t, i, end)
			s.Parts = append(s.Parts, Part{X: x})
		case '$':
			flush()
			p.dollars++
			var raw string
			raw, i = p.dollarPart(t, i, end)
			s.Parts = append(s.Parts, Part{Text: raw, sub: true})
		default:
			r, size := utf8.DecodeRuneInString(p.src[i:end])
			if r == utf8.RuneError && size == 1 || r < ' ' && r != '\t' || r == 0x7f {
				p.fail(at, fmt.Sprintf("byte %#02x", c), fmt.Sprintf(`text, or \x%02x`, c), "")
			}
			b.WriteString(p.src[i : i+size])
			i += size
		}
	}
	flush()
	p.advance()
	return s
}

// plainLen returns how many bytes at the start of s stand for themselves in a string.
func plainLen(s string) int {
	for i := range len(s) {
		if c := s[i]; c < ' ' || c >= 0x7f || c == '\\' || c == '{' || c == '$' {
			return i
		}
	}
	return len(s)
}

// unescape returns the byte that an escape stands for and the length of the escape, 0 if
// it is none.
func unescape(s string) (c byte, size int) {
	if len(s) < 2 {
		return 0, 0
	}
	switch s[1] {
	case '"', '\\', '{', '}', '$':
		return s[1], 2
	case 'n':
		return '\n', 2
	case 't':
		return '\t', 2
	case 'x':
		if len(s) < 4 {
			return 0, 0
		}
		v, err := strconv.ParseUint(s[2:4], 16, 8)
		if err != nil {
			return 0, 0
		}
		return byte(v), 4
	}
	return 0, 0
}

// inside runs f on a piece of a string token: with the text cut at end and off as the
// place to go on. The token before is restored afterwards.
func (p *parser) inside(t token, off, end int, f func()) {
	saved, tok := p.lexer, p.tok
	defer func() {
		saved.dollars = p.dollars
		p.lexer, p.tok = saved, tok
	}()
	p.off, p.end, p.line, p.lineStart = off, end, t.line, t.off-t.col+1
	f()
}

// interpolation reads `{EXPR}` at off and returns the place behind it.
func (p *parser) interpolation(t token, off, end int) (x Expr, after int) {
	p.inside(t, off+1, end, func() {
		p.advance()
		x = p.inBrackets()
		if !p.isOp("}") {
			p.failTok("`}`", `a brace that is meant is written \{`)
		}
		after = p.tok.end
	})
	return x, after
}

// dollarPart reads `$name` or `$(expression)` at off and returns the place behind it.
func (p *parser) dollarPart(t token, off, end int) (raw string, after int) {
	p.inside(t, off, end, func() {
		w := token{kind: tokWord, off: off, line: p.line, col: off - p.lineStart + 1, hasDollar: true}
		p.off = off
		if !p.dollar() {
			return
		}
		w.end = p.off
		raw, after = p.normalize(w), p.off
	})
	return raw, after
}

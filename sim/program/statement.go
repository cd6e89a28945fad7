// SPDX-License-Identifier: GPL-2.0-only

package program

import (
	"fmt"
	"slices"
	"strings"
)

const lineForms = "`TASK: CALL(ARGS)`, `? EXPR`, `skip if`, `settle`, `for`, `macro` or `config`"

// statement reads a line that is neither empty nor a comment, up to its end.
func (p *parser) statement(depth int) Item {
	at := p.posOf(p.tok)
	if p.accept("?") {
		p.started = true
		l := &Line{At: at, Kind: Assert, Expr: p.expr(precOr)}
		l.Comment = p.endLine("an operator or the end of the line")
		return l
	}
	if p.tok.kind != tokWord {
		p.failTok(lineForms, "")
	}
	word := p.tok
	if p.text(word) == "config" {
		if c := p.peekByte(0); c != ':' && c != '(' {
			return p.config(at)
		}
	}
	p.advance()
	if p.isOp(":") {
		p.started = true
		return p.callLine(at, word)
	}
	switch p.text(word) {
	case "settle":
		p.started = true
		return &Line{At: at, Kind: Settle, Comment: p.endLine("the end of the line")}
	case "skip":
		p.started = true
		p.expectWord("if")
		l := &Line{At: at, Kind: SkipIf, Expr: p.expr(precOr), Reason: p.reason()}
		l.Comment = p.endLine("the end of the line")
		return l
	case "for":
		return p.loop(at, depth)
	case "macro":
		return p.macro(at, depth)
	}
	if p.isOp("(") {
		p.failTok("`:`", "a line names the task first, as in `init: "+clip(p.text(word))+"(...)`")
	}
	hint := didYouMean(p.text(word), lineWords)
	if hint == "" && p.tok.kind == tokWord {
		hint = "a `:` is missing behind the task"
	}
	p.fail(at, p.describe(word), lineForms, hint)
	return nil
}

// ident returns the text of a word, which may have `$` parts.
func (p *parser) ident(t token, what string) string {
	text := p.text(t)
	if t.kind != tokWord {
		p.fail(p.posOf(t), p.describe(t), what, "")
	}
	if t.hasDollar {
		return p.normalize(t)
	}
	if isKeyword(text) {
		p.fail(p.posOf(t), "the reserved word "+text, what, "")
	}
	return text
}

// expectIdent passes a word.
func (p *parser) expectIdent(what string) string {
	s := p.ident(p.tok, what)
	p.advance()
	return s
}

// plainName passes a name without `$`.
func (p *parser) plainName(what string) string {
	if p.tok.hasDollar {
		p.failTok(what, "")
	}
	return p.expectIdent(what)
}

// callLine reads `TASK: ...` from the colon on.
func (p *parser) callLine(at Pos, task token) *Line {
	l := &Line{At: at, Kind: Call, Task: p.ident(task, "the name of a task")}
	p.advance()
	if p.isOp("<") {
		l.Kind = Resume
		p.advance()
		p.expect("...", "")
		l.Call.At = p.posOf(p.tok)
		l.Call.Name = p.expectIdent("the name of a call")
		p.expectWord("resumed")
		p.expect(">", "")
	} else {
		l.Call.At = p.posOf(p.tok)
		l.Call.Name = p.expectIdent("the name of a call")
		p.expect("(", "")
		l.Call.Args = p.exprList(")")
	}
	if p.isWord("fail") && l.Kind == Call {
		p.advance()
		l.Call.Fail = p.expectIdent("the name of a kernel function")
	}
	if p.isWord("until") {
		p.advance()
		l.Call.Until = p.expectIdent("the name of a kernel function")
	}
	for !p.atLineEnd() {
		if !p.result(l) {
			break
		}
	}
	l.Comment = p.endLine("the end of the line")
	return l
}

// result reads one result, or `<unfinished ...>`, after which nothing may follow.
func (p *parser) result(l *Line) (more bool) {
	r := Result{At: p.posOf(p.tok)}
	switch op := p.text(p.tok); {
	case p.tok.kind == tokOp && op == "=":
		p.advance()
		r.Kind, r.X = Value, p.expr(precBitOr)
		r.classify()
	case p.tok.kind == tokOp && isCompareOp(op):
		p.advance()
		if op == "<" && p.isWord("unfinished") {
			p.advance()
			p.expect("...", "")
			p.expect(">", "")
			l.Unfinished = true
			return false
		}
		r.Kind, r.Op, r.X = Compare, op, p.expr(precBitOr)
	case p.isWord("has"), p.isWord("lacks"):
		r.Kind = Has
		if op == "lacks" {
			r.Kind = Lacks
		}
		p.advance()
		r.List = append(r.List, p.expr(precBitOr))
		for p.accept(",") {
			r.List = append(r.List, p.expr(precBitOr))
		}
	case p.isWord("skip"):
		p.advance()
		p.expectWord("if")
		p.skipClause(&r)
	case p.isOp("=="):
		p.failTok("`=`", "")
	default:
		p.failTok("a result (`= VALUE`, `= -ERRNO`, `>= N`, `has X`, `lacks X`, `skip if`, `<unfinished ...>`)", "")
	}
	l.Results = append(l.Results, r)
	return true
}

func isCompareOp(op string) bool {
	return op == "<" || op == "<=" || op == ">" || op == ">=" || op == "!="
}

// classify turns a value into what it really says: `_` and -ERRNO are not values.
func (r *Result) classify() {
	if _, ok := r.X.(*Blank); ok {
		r.Kind, r.X = Any, nil
		return
	}
	if es, ok := asErrnos(r.X); ok {
		r.Kind, r.Errnos, r.X = Errnos, es, nil
	}
}

// skipClause reads what follows `skip if` in a result.
func (p *parser) skipClause(r *Result) {
	r.Kind = SkipOn
	if p.accept("<") {
		if p.text(p.tok) != "0" {
			p.failTok("0", "`skip if < 0` is any failure")
		}
		p.advance()
		r.Reason = p.reason()
		return
	}
	x := p.expr(precBitOr)
	es, ok := asErrnos(x)
	if !ok {
		// A whole macro parameter may turn out to be one.
		if n, isName := x.(*Name); !isName || !strings.HasPrefix(n.Name, "$") {
			p.fail(x.Pos(), x.String(), "-ERRNO, alternatives joined by |, or `< 0`", "")
		}
		r.X = x
	}
	r.Errnos = es
	r.Reason = p.reason()
}

func (p *parser) reason() *Str {
	if p.tok.kind != tokString {
		p.failTok("the reason in quotes", "")
	}
	return p.str()
}

func (p *parser) loop(at Pos, depth int) Item {
	if depth >= maxNesting {
		// There is no telling which braces belong together from here on.
		p.off = p.end
		p.advance()
		p.fail(at, "a loop", fmt.Sprintf("at most %d blocks inside each other", maxNesting), "")
	}
	l := &Loop{At: at, Var: p.plainName("a loop variable")}
	p.expectWord("in")
	p.noBrace = true
	l.From = p.expr(precBitOr)
	p.expect("..", "a loop runs over A..B")
	l.To = p.expr(precBitOr)
	p.noBrace = false
	l.Comment = p.openBlock()
	l.Body = p.block(depth)
	l.End = p.endLine("the end of the line")
	return l
}

func (p *parser) openBlock() (comment string) {
	p.expect("{", "")
	return p.endLine("the end of the line after {")
}

func (p *parser) macro(at Pos, depth int) Item {
	if depth > 0 {
		p.fail(at, "a macro", "a line that can be repeated", "macros stand outside of loops and macros")
	}
	nameAt := p.posOf(p.tok)
	m := &Macro{At: at, Name: p.plainName("the name of a macro")}
	switch {
	case signatures[m.Name] != nil:
		p.fail(nameAt, "macro "+m.Name, "a name of its own", "it is a system call")
	case p.macros[m.Name]:
		p.fail(nameAt, "macro "+m.Name, "a name of its own", "it is defined above")
	}
	p.expect("(", "")
	for !p.accept(")") {
		if len(m.Params) > 0 {
			p.expect(",", "")
		}
		param := p.tok
		name := p.plainName("the name of a parameter")
		if name == "TASK" || slices.Contains(m.Params, name) {
			p.fail(p.posOf(param), "parameter "+name, "a name of its own", "")
		}
		m.Params = append(m.Params, name)
	}
	m.Comment = p.openBlock()
	p.macros[m.Name] = true
	m.Body = p.block(depth)
	m.End = p.endLine("the end of the line")
	return m
}

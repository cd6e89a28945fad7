// SPDX-License-Identifier: GPL-2.0-only

package program

import (
	"slices"
	"strings"
)

// Limits of a text. They are far above what a person writes and keep a hostile file from
// using up stack, time or memory.
const (
	maxNesting  = 100     // of brackets, prefix operators and blocks
	maxOperands = 10000   // of one line; after expansion eight times maxSteps in all
	maxSteps    = 1e6     // lines, macro calls and rounds of loops after expansion
	maxArg      = 1 << 12 // operands of a macro argument after expansion
	maxText     = 1 << 16 // bytes of a string after expansion
	maxName     = 200     // bytes of a name after expansion
)

// isKeyword reports whether a word cannot be a name.
func isKeyword(word string) bool {
	switch word {
	case "and", "config", "for", "has", "if", "in", "lacks", "macro", "not", "or", "settle", "skip",
		"unfinished", "until":
		return true
	}
	return false
}

// isState reports whether a word is one that state() returns.
func isState(word string) bool {
	switch word {
	case "running", "blocked", "zombie", "dead":
		return true
	}
	return false
}

// lineWords is the keywords that begin a line.
var lineWords = []string{"config", "for", "macro", "settle", "skip"}

// Parse reads a program. The name is for messages. When the text has mistakes, the error
// is an ErrorList and the program holds what could be read.
func Parse(name string, src []byte) (*Program, error) {
	return parse(name, src, maxSteps)
}

func parse(name string, src []byte, steps int) (*Program, error) {
	p := newParser(name, string(src))
	prog := &Program{Name: name, Source: p.items(0)}
	prog.License, prog.Doc = topComment(prog.Source)
	prog.Config = configItems(prog.Source)

	x := newExpander(p.sink, steps)
	prog.Lines = x.expand(prog.Source)
	// What is missing because of a mistake elsewhere would only be reported as one more.
	complete := len(p.sink.list) == 0
	checkLines(prog.Lines, p.sink, x.all, complete)
	return prog, p.sink.sorted().Err()
}

// Check says what is wrong with a program that was put together from lines, by the same
// rules as Parse. The error is an ErrorList.
func Check(p *Program) error {
	sink := &errorSink{}
	for _, c := range p.Config {
		checkConfig(c, sink)
	}
	checkLines(p.Lines, sink, nil, true)
	return sink.list.Err()
}

// topComment returns the license and the description: the first block of comments.
func topComment(items []Item) (license string, doc []string) {
	for _, it := range items {
		switch it := it.(type) {
		case *BlankLine:
			if doc != nil {
				return license, doc
			}
		case *Comment:
			if id, ok := strings.CutPrefix(it.Text, "SPDX-License-Identifier: "); ok && doc == nil {
				license = id
				continue
			}
			doc = append(doc, it.Text)
		default:
			return license, doc
		}
	}
	return license, doc
}

// commentAbove returns the block of comments at the end of items.
func commentAbove(items []Item) []string {
	var doc []string
	for _, it := range slices.Backward(items) {
		c, ok := it.(*Comment)
		if !ok {
			break
		}
		doc = append(doc, c.Text)
	}
	slices.Reverse(doc)
	return doc
}

// parser reads the source form, in which loops, macros and `$` are still there.
type parser struct {
	lexer
	tok   token
	sink  *errorSink
	depth int
	// brackets counts the open ones.
	brackets int
	// noBrace: a `{` after a name opens a block.
	noBrace bool
	// started: a line was seen, config is over.
	started bool
	// inBlock: inside a loop or a macro.
	inBlock int
	// operands counts those of the current line.
	operands int
	// macros is the names of the macros that the text has defined so far.
	macros map[string]bool
}

// bailout leaves a line at its first syntax error.
type bailout struct{}

func newParser(name, src string) *parser {
	p := &parser{sink: &errorSink{}, macros: make(map[string]bool)}
	p.lexer = lexer{file: name, src: src, end: len(src), line: 1}
	p.lexer.complain = func(at Pos, found, expected, msg string) {
		p.sink.add(&Error{Pos: at, Found: found, Expected: expected, Msg: msg})
		panic(bailout{})
	}
	return p
}

// fail reports a syntax error and gives the line up.
func (p *parser) fail(at Pos, found, expected, msg string) {
	p.complain(at, found, expected, msg)
}

// failTok reports that the current token is not what was expected.
func (p *parser) failTok(expected, msg string) {
	p.fail(p.posOf(p.tok), p.describe(p.tok), expected, msg)
}

func (p *parser) advance() { p.tok = p.next() }

func (p *parser) isOp(op string) bool {
	return p.tok.kind == tokOp && p.text(p.tok) == op
}

func (p *parser) isWord(word string) bool {
	return p.tok.kind == tokWord && p.text(p.tok) == word
}

// accept passes an operator if it is the current token.
func (p *parser) accept(op string) bool {
	if !p.isOp(op) {
		return false
	}
	p.advance()
	return true
}

func (p *parser) expect(op, msg string) {
	if !p.accept(op) {
		p.failTok("`"+op+"`", msg)
	}
}

func (p *parser) expectWord(word string) {
	if !p.isWord(word) {
		p.failTok("`"+word+"`", "")
	}
	p.advance()
}

// atLineEnd reports whether nothing but perhaps a comment is left of the line.
func (p *parser) atLineEnd() bool {
	return p.tok.kind == tokNewline || p.tok.kind == tokEOF || p.tok.kind == tokComment
}

// endLine passes a comment and stops at the end of the line.
func (p *parser) endLine(expected string) (comment string) {
	if p.tok.kind == tokComment {
		comment = commentText(p.text(p.tok))
		p.advance()
	}
	if p.tok.kind != tokNewline && p.tok.kind != tokEOF {
		p.failTok(expected, "")
	}
	return comment
}

// items reads up to the end of the file, or, inside a block, to the closing brace, which
// is left as the current token.
func (p *parser) items(depth int) []Item {
	var items []Item
	for {
		item, more := p.item(depth)
		if m, ok := item.(*Macro); ok {
			m.Doc = commentAbove(items)
		}
		if item != nil {
			items = append(items, item)
		}
		if !more {
			return items
		}
	}
}

// item reads one line or block. A mistake costs the line it is in.
func (p *parser) item(depth int) (item Item, more bool) {
	if p.protect(func() { item, more = p.readItem(depth) }) {
		return item, more
	}
	p.depth, p.brackets, p.noBrace = 0, 0, false
	p.resync(depth)
	return nil, true
}

// protect runs f and reports whether it came to its end without a syntax error.
func (p *parser) protect(f func()) (ok bool) {
	defer func() {
		if r := recover(); r != nil {
			if _, isBailout := r.(bailout); !isBailout {
				panic(r)
			}
			ok = false
		}
	}()
	f()
	return true
}

func (p *parser) readItem(depth int) (item Item, more bool) {
	p.operands = 0
	dollars := p.dollars
	p.advance()
	switch p.tok.kind {
	case tokEOF:
		if depth > 0 {
			p.sink.add(&Error{Pos: p.posOf(p.tok), Found: "the end of the file", Expected: "`}`",
				Msg: "a loop or macro is still open"})
		}
		return nil, false
	case tokNewline:
		return &BlankLine{}, true
	case tokComment:
		c := &Comment{At: p.posOf(p.tok), Text: commentText(p.text(p.tok))}
		p.advance()
		return c, true
	}
	if p.isOp("}") {
		if depth > 0 {
			return nil, false
		}
		p.failTok("a line", "no loop or macro is open")
	}
	item = p.statement(depth)
	if l, ok := item.(*Line); ok {
		l.template = p.dollars > dollars
	}
	return item, true
}

// resync passes the rest of a line that has a mistake. When it opens a block, the block is
// read, so that its lines are checked and its brace does not surprise, and thrown away.
func (p *parser) resync(depth int) {
	if p.tok.kind == tokNewline || p.tok.kind == tokEOF {
		return
	}
	from := p.off
	if p.tok.kind != tokString && p.tok.kind != tokBad {
		from = p.tok.off
	}
	p.skipLine()
	opens := opensBlock(p.src[from:p.off])
	p.tok = p.next()
	if opens && depth < maxNesting {
		p.inBlock++
		p.items(depth + 1)
		p.inBlock--
		p.skipLine()
	}
}

// opensBlock reports whether the text of a line ends in `{`, comment aside.
func opensBlock(line string) bool {
	if i := strings.IndexByte(line, '#'); i >= 0 {
		line = line[:i]
	}
	return strings.HasSuffix(strings.TrimRight(line, " \t\r"), "{")
}

// block reads the lines up to the brace that closes the block and passes the brace.
func (p *parser) block(depth int) []Item {
	p.inBlock++
	items := p.items(depth + 1)
	p.inBlock--
	if p.isOp("}") {
		p.advance()
	}
	return items
}

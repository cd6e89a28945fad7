// SPDX-License-Identifier: GPL-2.0-only

package syz

import (
	"bytes"
	"encoding/hex"
	"fmt"
	"strconv"
	"strings"

	"github.com/nssim/nssim/sim/program"
)

// Limits that keep what a text can ask for within bounds.
const (
	maxDepth    = 64
	maxResource = 1 << 20
	maxErrors   = 100
)

// Parse reads a program. The error is a program.ErrorList with every line that is none.
func Parse(name string, text []byte) (*File, error) {
	f := &File{Name: name}
	var mistakes program.ErrorList
	n := 0
	for line := range bytes.Lines(text) {
		n++
		r := &reader{file: name, line: n, s: string(bytes.TrimRight(line, "\r\n"))}
		it, err := r.item()
		switch {
		case err != nil && len(mistakes) < maxErrors:
			mistakes = append(mistakes, err)
		case err == nil:
			f.Items = append(f.Items, it)
		}
	}
	return f, mistakes.Err()
}

// reader reads one line; i is where it stands. Its first mistake ends it, by a panic that
// item recovers.
type reader struct {
	file  string
	line  int
	s     string
	i     int
	depth int
}

func (r *reader) pos() program.Pos { return program.Pos{File: r.file, Line: r.line, Col: r.i + 1} }

// fail says what stands at i and what should.
func (r *reader) fail(expected string) {
	panic(&program.Error{Pos: r.pos(), Found: r.found(), Expected: expected})
}

func (r *reader) found() string {
	if r.i >= len(r.s) {
		return "end of line"
	}
	return strconv.QuoteToGraphic(r.s[r.i : r.i+1])
}

func (r *reader) item() (it Item, err *program.Error) {
	defer func() {
		switch e := recover().(type) {
		case nil:
		case *program.Error:
			err = e
		default:
			panic(e)
		}
	}()
	r.blanks()
	it.At = r.pos()
	switch {
	case r.i == len(r.s):
		it.Blank = true
	case r.s[r.i] == '#':
		it.Comment = r.comment()
	default:
		it.Call = r.call()
	}
	return it, nil
}

func (r *reader) comment() string { return strings.TrimSpace(r.s[r.i+1:]) }

func (r *reader) blanks() {
	for r.i < len(r.s) && (r.s[r.i] == ' ' || r.s[r.i] == '\t') {
		r.i++
	}
}

// next returns the byte that comes next behind blanks, 0 at the end.
func (r *reader) next() byte {
	if r.blanks(); r.i < len(r.s) {
		return r.s[r.i]
	}
	return 0
}

// take reads c if it comes next.
func (r *reader) take(c byte) bool {
	if r.next() != c || r.i >= len(r.s) {
		return false
	}
	r.i++
	return true
}

func (r *reader) must(c byte) {
	if !r.take(c) {
		r.fail(strconv.QuoteRune(rune(c)))
	}
}

func isWord(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '_' || c == '$'
}

func (r *reader) word(what string) string {
	r.blanks()
	start := r.i
	for r.i < len(r.s) && isWord(r.s[r.i]) {
		r.i++
	}
	if r.i == start {
		r.fail(what)
	}
	return r.s[start:r.i]
}

func (r *reader) number(what string) uint64 {
	r.blanks()
	start := r.i
	w := r.word(what)
	v, err := strconv.ParseUint(w, 0, 64)
	if err != nil {
		panic(&program.Error{
			Pos:   program.Pos{File: r.file, Line: r.line, Col: start + 1},
			Found: strconv.Quote(w), Expected: what,
		})
	}
	return v
}

// resource reads rN.
func (r *reader) resource() int {
	r.blanks()
	start := r.i
	w := r.word("a resource, like r0")
	n, err := strconv.ParseUint(strings.TrimPrefix(w, "r"), 10, 31)
	if err != nil || w[0] != 'r' || n > maxResource {
		r.i = start
		panic(&program.Error{Pos: r.pos(), Found: strconv.Quote(w), Expected: "a resource, like r0"})
	}
	return int(n)
}

func (r *reader) call() *Call {
	c := &Call{At: r.pos(), Ret: -1}
	start := r.i
	c.Name = r.word("a system call or a comment")
	if r.take('=') {
		end := r.i
		r.i = start
		c.Ret = r.resource()
		r.i = end
		r.blanks()
		c.At = r.pos()
		c.Name = r.word("a system call")
	}
	r.must('(')
	c.Args = r.args(')')
	if r.next() == '(' {
		r.i++
		c.Props = r.props()
	}
	switch r.next() {
	case 0:
		if r.i < len(r.s) {
			r.fail("the end of the line")
		}
	case '#':
		c.Comment = r.comment()
		r.i++
		r.blanks()
		c.CommentAt = r.pos()
	default:
		r.fail("a comment or the end of the line")
	}
	return c
}

// args reads what is separated by commas, up to a closing bracket.
func (r *reader) args(end byte) (args []Arg) {
	for !r.take(end) {
		args = append(args, r.arg())
		if r.take(end) {
			break
		}
		if !r.take(',') {
			r.fail(fmt.Sprintf("',' or %q", end))
		}
	}
	return args
}

func (r *reader) props() (props []Prop) {
	for {
		r.blanks()
		p := Prop{At: r.pos(), Name: r.word("a property of the call: async, fail_nth: N, rerun: N")}
		if r.take(':') {
			p.Has, p.Value = true, r.number("a number")
		}
		props = append(props, p)
		if r.take(')') {
			return props
		}
		r.must(',')
	}
}

const argument = "an argument: 0x..., rN, &(0x7f...)=, a string, {, [, @, nil, AUTO"

func (r *reader) arg() Arg {
	if r.depth++; r.depth > maxDepth {
		r.fail(fmt.Sprintf("at most %d arguments in each other", maxDepth))
	}
	defer func() { r.depth-- }()
	c := r.next()
	at := r.pos()
	switch {
	case c == '<':
		r.i++
		n := r.resource()
		r.must('=')
		r.must('>')
		return &Result{At: at, N: n, X: r.arg()}
	case c >= '0' && c <= '9':
		return &Const{At: at, Value: r.number("a number of up to 64 bits")}
	case c == 'r':
		return r.use(at)
	case c == '&':
		return r.pointer(at)
	case c == '"' || c == '\'':
		return r.data(at)
	case c == '{' || c == '[':
		r.i++
		return &Group{At: at, Open: c, Elems: r.args(c + 2)}
	case c == '@':
		return r.union(at)
	case strings.HasPrefix(r.s[r.i:], "nil"), strings.HasPrefix(r.s[r.i:], "AUTO"):
		return &Word{At: at, Text: r.word("nil or AUTO")}
	}
	r.fail(argument)
	return nil
}

func (r *reader) use(at program.Pos) Arg {
	a := &Resource{At: at, N: r.resource()}
	if r.take('/') {
		a.Div = r.number("a number to divide by")
	}
	if r.take('+') {
		a.Add = r.number("a number to add")
	}
	return a
}

func (r *reader) pointer(at program.Pos) Arg {
	a := &Pointer{At: at}
	r.i++
	if r.next() == 'A' {
		if w := r.word("AUTO"); w != "AUTO" {
			panic(&program.Error{Pos: at, Found: strconv.Quote("&" + w), Expected: "&AUTO or &(0x7f...)"})
		}
		a.Auto = true
	} else {
		r.must('(')
		r.blanks()
		start := r.i
		a.Addr = r.number("an address")
		if a.Addr < encodingBase || a.Addr-encodingBase >= memorySize {
			r.i = start
			panic(&program.Error{
				Pos: r.pos(), Found: fmt.Sprintf("address %#x", a.Addr),
				Expected: fmt.Sprintf("one from %#x to %#x", uint64(encodingBase), uint64(encodingBase+memorySize-1)),
			})
		}
		a.Addr -= encodingBase
		if r.take('/') {
			a.Size = r.number("the size of a region")
		}
		r.must(')')
	}
	if !r.take('=') {
		return a
	}
	r.blanks()
	if a.Any = strings.HasPrefix(r.s[r.i:], "ANY="); a.Any {
		r.i += len("ANY=")
	}
	a.X = r.arg()
	return a
}

func (r *reader) union(at program.Pos) Arg {
	r.i++
	a := &Union{At: at, Field: r.word("the name of a field")}
	if r.take('=') {
		a.X = r.arg()
	}
	return a
}

func (r *reader) data(at program.Pos) Arg {
	a := &Data{At: at, Size: -1, Quote: r.s[r.i]}
	r.i++
	switch {
	case a.Quote == '\'':
		a.Text = r.readable()
		r.i++
	case strings.HasPrefix(r.s[r.i:], "$"):
		a.Quote = '$'
		r.i++
		a.Text = []byte(r.untilQuote())
		return a
	default:
		a.Text = r.hexadecimal()
	}
	if r.take('/') {
		start := r.i
		n := r.number("the number of bytes")
		if n > memorySize {
			r.i = start
			r.fail(fmt.Sprintf("at most %d bytes", memorySize))
		}
		a.Size = int64(n)
	}
	return a
}

// untilQuote returns the text up to the closing quote, and goes behind it.
func (r *reader) untilQuote() string {
	n := strings.IndexByte(r.s[r.i:], '"')
	if n < 0 {
		r.i = len(r.s)
		r.fail("the closing quote")
	}
	s := r.s[r.i : r.i+n]
	r.i += n + 1
	return s
}

// hexadecimal reads "0a0b"; older programs have readable text between double quotes too.
func (r *reader) hexadecimal() []byte {
	start := r.i
	s := r.untilQuote()
	b, err := hex.DecodeString(s)
	if err != nil {
		r.i = start
		panic(&program.Error{Pos: r.pos(), Found: strconv.QuoteToGraphic(s), Expected: "an even number of hexadecimal digits"})
	}
	return b
}

// readable reads text with escapes up to its quote.
func (r *reader) readable() (b []byte) {
	for ; ; r.i++ {
		if r.i >= len(r.s) {
			r.fail("the closing quote")
		}
		switch c := r.s[r.i]; {
		case c == '\'':
			return b
		case c == '\\':
			b = append(b, r.escaped())
		default:
			b = append(b, c)
		}
	}
}

// escaped reads what follows a backslash, up to its last byte.
func (r *reader) escaped() byte {
	r.i++
	if r.i >= len(r.s) {
		r.fail("an escaped character")
	}
	if r.s[r.i] == 'x' {
		if r.i+2 < len(r.s) {
			if v, err := strconv.ParseUint(r.s[r.i+1:r.i+3], 16, 8); err == nil {
				r.i += 2
				return byte(v)
			}
		}
		r.fail(`\x and two hexadecimal digits`)
	}
	for c, e := range escapes {
		if e == r.s[r.i] {
			return c
		}
	}
	r.fail(`one of \x, \a, \b, \f, \n, \r, \t, \v, \', \", \\`)
	return 0
}

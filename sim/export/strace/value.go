// SPDX-License-Identifier: GPL-2.0-only

package strace

import (
	"strconv"
	"strings"
)

// kind says how an argument is written.
type kind uint8

const (
	atom   kind = iota // a number, constants, an address, an expression: anything without inner structure
	text               // a string in quotes
	record             // {field=value, ...}
	array              // [value, ...]
)

// value is an argument, or a part of one, as strace prints it.
type value struct {
	kind  kind
	name  string  // of a field or a named argument: name=value
	raw   string  // an atom's text, without comments and without what -y adds
	str   string  // a string's bytes
	cut   bool    // a string that strace has cut off
	elems []value // of a record or an array
	out   *value  // what the kernel has left: IN => OUT
	off   int     // where it stands in the joined text of the call
}

// field returns a field of a record, nil if it has none of that name.
func (v *value) field(name string) *value {
	for i := range v.elems {
		if v.elems[i].name == name {
			return &v.elems[i]
		}
	}
	return nil
}

// last is the value after the call.
func (v *value) last() *value {
	if v.out != nil {
		return v.out
	}
	return v
}

// isNull reports whether v is a null pointer, or nothing that strace has looked into.
func (v *value) isNull() bool { return v.kind == atom && (v.raw == "NULL" || v.raw == "0") }

// isAddress reports whether v is an address whose memory strace does not show.
func (v *value) isAddress() bool { return v.kind == atom && strings.HasPrefix(v.raw, "0x") }

// scanner reads the arguments of one call.
type scanner struct {
	s   string
	i   int
	err *syntaxError
}

// syntaxError is a mistake at an offset of the text that is being read.
type syntaxError struct {
	off             int
	found, expected string
}

func (p *scanner) fail(expected string) {
	if p.err == nil {
		found := "the end of the line"
		if p.i < len(p.s) {
			found = strconv.Quote(p.s[p.i:min(len(p.s), p.i+16)])
		}
		p.err = &syntaxError{p.i, found, expected}
	}
}

// more reports whether there is text left that can be read.
func (p *scanner) more() bool { return p.err == nil && p.i < len(p.s) }

func (p *scanner) peek() byte {
	if !p.more() {
		return 0
	}
	return p.s[p.i]
}

func (p *scanner) has(prefix string) bool {
	return p.err == nil && strings.HasPrefix(p.s[p.i:], prefix)
}

func (p *scanner) accept(prefix string) bool {
	if !p.has(prefix) {
		return false
	}
	p.i += len(prefix)
	return true
}

// blanks skips blanks and comments.
func (p *scanner) blanks() {
	for p.more() {
		switch {
		case p.s[p.i] == ' ':
			p.i++
		case p.has("/*"):
			end := strings.Index(p.s[p.i:], "*/")
			if end < 0 {
				p.fail("*/")
				return
			}
			p.i += end + 2
		default:
			return
		}
	}
}

// list reads values up to a closing bracket, which it consumes.
func (p *scanner) list(closing byte) (vs []value) {
	p.blanks()
	for p.peek() != closing {
		if !p.more() {
			p.fail("`" + string(closing) + "`")
			return vs
		}
		vs = append(vs, p.value(closing == ']'))
		p.blanks()
		switch {
		case p.accept(","):
			p.blanks()
		case p.peek() == closing, closing == ']':
		default:
			p.fail("`,` or `" + string(closing) + "`")
			return vs
		}
	}
	p.i++
	return vs
}

// value reads one value. In an array without commas (a set of signals) a blank ends it.
func (p *scanner) value(inArray bool) value {
	v := value{off: p.i, name: p.fieldName()}
	start := p.i
	switch p.peek() {
	case '"':
		v.kind = text
		v.str, v.cut = p.quoted()
	case '{':
		p.i++
		v.kind, v.elems = record, p.list('}')
	case '[':
		p.i++
		v.kind, v.elems = array, p.list(']')
	default:
		v.raw = p.atom(inArray)
	}
	if p.err == nil && p.i == start {
		p.fail("a value")
	}
	p.blanks()
	if p.accept("=>") {
		p.blanks()
		out := p.value(inArray)
		v.out = &out
	}
	return v
}

// fieldName reads the name of `name=value`.
func (p *scanner) fieldName() string {
	end := p.i
	for end < len(p.s) && isWord(p.s[end]) {
		end++
	}
	rest := p.s[end:]
	if end == p.i || !strings.HasPrefix(rest, "=") || strings.HasPrefix(rest, "==") || strings.HasPrefix(rest, "=>") {
		return ""
	}
	name := p.s[p.i:end]
	p.i = end + 1
	return name
}

func isWord(c byte) bool {
	return c == '_' || c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z'
}

// atom reads up to the next comma or closing bracket outside of brackets.
func (p *scanner) atom(inArray bool) string {
	var b strings.Builder
	var open []byte
	for p.more() {
		c := p.s[p.i]
		switch {
		case p.has("/*"):
			p.blanks()
			continue
		case c == '"':
			start := p.i
			p.quoted()
			b.WriteString(p.s[start:p.i])
			continue
		case c == '<' && p.annotated(b.String()):
			p.annotation()
			continue
		case c == '(' || c == '[' || c == '{':
			open = append(open, closers[c])
		case len(open) > 0 && c == open[len(open)-1]:
			open = open[:len(open)-1]
		case c == ')' || c == ']' || c == '}':
			if len(open) > 0 {
				p.fail("`" + string(open[len(open)-1]) + "`")
			}
			return strings.TrimSpace(b.String())
		case len(open) == 0 && (c == ',' || inArray && c == ' '), len(open) == 0 && p.has(" => "):
			return strings.TrimSpace(b.String())
		}
		b.WriteByte(c)
		p.i++
	}
	if len(open) > 0 {
		p.fail("`" + string(open[len(open)-1]) + "`")
	}
	return strings.TrimSpace(b.String())
}

var closers = map[byte]byte{'(': ')', '[': ']', '{': '}'}

// annotated reports whether what -y adds to a descriptor follows: 3</tmp/x>.
func (p *scanner) annotated(before string) bool {
	if before == "AT_FDCWD" {
		return true
	}
	_, err := strconv.Atoi(before)
	return err == nil && !strings.HasPrefix(p.s[p.i:], "<<")
}

// annotation skips it: up to a `>` behind which an argument may end.
func (p *scanner) annotation() {
	for j := p.i + 1; j < len(p.s); j++ {
		if p.s[j] == '>' && p.s[j-1] != '-' && (j+1 == len(p.s) || strings.IndexByte(",)]} (", p.s[j+1]) >= 0) {
			p.i = j + 1
			p.accept("(deleted)")
			return
		}
	}
	p.fail("`>`")
}

// quoted reads a string, with the `...` of one that was cut off.
func (p *scanner) quoted() (string, bool) {
	var b strings.Builder
	for p.i++; ; {
		if !p.more() {
			p.fail("`\"`")
			return "", false
		}
		c := p.s[p.i]
		p.i++
		switch c {
		case '"':
			return b.String(), p.accept("...")
		case '\\':
			b.WriteByte(p.escape())
		default:
			b.WriteByte(c)
		}
	}
}

var escapes = map[byte]byte{'n': '\n', 't': '\t', 'r': '\r', 'v': '\v', 'f': '\f', '"': '"', '\\': '\\'}

// escape reads what follows a backslash: as C does, octal with up to three digits.
func (p *scanner) escape() byte {
	c := p.peek()
	if e, ok := escapes[c]; ok {
		p.i++
		return e
	}
	digits, base := 3, 8
	if c == 'x' {
		p.i++
		digits, base = 2, 16
	}
	end := p.i
	for end < len(p.s) && end < p.i+digits {
		if _, err := strconv.ParseUint(p.s[end:end+1], base, 8); err != nil {
			break
		}
		end++
	}
	n, err := strconv.ParseUint(p.s[p.i:end], base, 8)
	if err != nil {
		p.fail("an escape")
	}
	p.i = end
	return byte(n)
}

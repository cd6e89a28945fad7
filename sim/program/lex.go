// SPDX-License-Identifier: GPL-2.0-only

package program

import (
	"fmt"
	"strings"
	"unicode/utf8"
)

// tokKind is the kind of a token.
type tokKind uint8

const (
	tokEOF     tokKind = iota
	tokNewline         // end of a line that is not continued
	tokComment         // text without the `#`
	tokWord            // name, keyword or constant; may contain `$name` and `$(expression)`
	tokNumber
	tokString // with its quotes
	tokOp     // operators and brackets
	tokBad    // a byte that starts nothing
)

// token is a piece of the text. Its text is src[off:end], for a comment without the `#`.
type token struct {
	kind     tokKind
	off, end int
	line     int
	col      int
	// hasDollar marks a word that a loop or a macro fills in.
	hasDollar bool
	// spaced says that white space precedes it.
	spaced bool
}

// lexer cuts a text into tokens, on demand.
type lexer struct {
	file string
	src  string
	// end is where the text ends; less than len(src) inside a string.
	end       int
	off       int
	line      int
	lineStart int
	// dollars counts the words with `$`.
	dollars int
	// complain receives what is wrong with a token.
	complain func(at Pos, found, expected, msg string)
}

// opLen returns the length of the operator or bracket that s starts with, 0 for none.
func opLen(s string) int {
	var second byte
	if len(s) > 1 {
		second = s[1]
	}
	switch s[0] {
	case '(', ')', '[', ']', '{', '}', ',', ':', '|', '&', '+', '-', '*', '%', '~', '?':
		return 1
	case '.':
		switch {
		case strings.HasPrefix(s, "..."):
			return 3
		case second == '.':
			return 2
		}
		return 1
	case '=':
		if second == '=' {
			return 2
		}
		return 1
	case '<', '>':
		if second == '=' || second == s[0] {
			return 2
		}
		return 1
	case '!':
		if second == '=' {
			return 2
		}
	}
	return 0
}

func isDigit(c byte) bool     { return '0' <= c && c <= '9' }
func isNameStart(c byte) bool { return c == '_' || 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' }
func isNameByte(c byte) bool  { return isNameStart(c) || isDigit(c) }

// isName reports whether s is a name: letters, digits, `_`, not starting with a digit.
func isName(s string) bool {
	if s == "" || !isNameStart(s[0]) {
		return false
	}
	for i := range len(s) {
		if !isNameByte(s[i]) {
			return false
		}
	}
	return true
}

func (l *lexer) pos(off int) Pos { return Pos{l.file, l.line, off - l.lineStart + 1} }

func (l *lexer) posOf(t token) Pos { return Pos{l.file, t.line, t.col} }

func (l *lexer) text(t token) string { return l.src[t.off:t.end] }

// peekByte returns the byte n after the current one, 0 at the end.
func (l *lexer) peekByte(n int) byte {
	if l.off+n < l.end {
		return l.src[l.off+n]
	}
	return 0
}

// next returns the next token.
func (l *lexer) next() token {
	spaced := l.skipSpace()
	t := token{off: l.off, end: l.off, line: l.line, col: l.off - l.lineStart + 1, spaced: spaced}
	if l.off >= l.end {
		return t
	}
	switch c := l.src[l.off]; {
	case c == '\n':
		t.kind = tokNewline
		l.newline()
		return t
	case c == '#':
		return l.comment(t)
	case c == '"':
		return l.stringToken(t)
	case isNameByte(c) || c == '$':
		return l.word(t)
	}
	if n := opLen(l.src[l.off:l.end]); n > 0 {
		t.kind = tokOp
		l.off += n
		t.end = l.off
		return t
	}
	_, size := utf8.DecodeRuneInString(l.src[l.off:l.end])
	t.kind = tokBad
	l.off += size
	t.end = l.off
	return t
}

// skipSpace passes blanks and continued line ends.
func (l *lexer) skipSpace() (skipped bool) {
	for l.off < l.end {
		switch c := l.src[l.off]; {
		case c == ' ' || c == '\t' || c == '\r':
			l.off++
		case c == '\\' && l.lineEndLen(1) > 0:
			l.off += l.lineEndLen(1)
			l.newline()
		default:
			return skipped
		}
		skipped = true
	}
	return skipped
}

// lineEndLen returns how many bytes from the current one lead to the line feed when there
// are only blanks between byte n and it, otherwise 0.
func (l *lexer) lineEndLen(n int) int {
	for ; ; n++ {
		switch l.peekByte(n) {
		case ' ', '\t', '\r':
		case '\n':
			return n
		default:
			return 0
		}
	}
}

// newline passes a line feed.
func (l *lexer) newline() {
	l.off++
	l.line++
	l.lineStart = l.off
}

// skipLine passes everything up to the line feed that ends the current, perhaps continued,
// line.
func (l *lexer) skipLine() {
	for l.off < l.end {
		switch {
		case l.src[l.off] == '\n':
			return
		case l.src[l.off] == '\\' && l.lineEndLen(1) > 0:
			l.off += l.lineEndLen(1)
			l.newline()
		case l.src[l.off] == '#':
			// A comment is not continued.
			l.comment(token{})
		default:
			l.off++
		}
	}
}

func (l *lexer) comment(t token) token {
	t.kind = tokComment
	t.off = l.off + 1
	if i := strings.IndexByte(l.src[l.off:l.end], '\n'); i >= 0 {
		l.off += i
	} else {
		l.off = l.end
	}
	t.end = l.off
	return t
}

// commentText is the text of a comment token as it is kept: without one leading space
// and without trailing blanks.
func commentText(s string) string {
	return strings.TrimPrefix(strings.TrimRight(s, " \t\r\v\f"), " ")
}

// stringToken reads to the closing quote. What is inside is looked at by the parser.
func (l *lexer) stringToken(t token) token {
	t.kind = tokString
	for l.off++; l.off < l.end; l.off++ {
		switch l.src[l.off] {
		case '"':
			l.off++
			t.end = l.off
			return t
		case '\n':
			return l.unterminated(t)
		case '\\':
			if l.peekByte(1) != '\n' && l.off+1 < l.end {
				l.off++
			}
		}
	}
	return l.unterminated(t)
}

func (l *lexer) unterminated(t token) token {
	l.complain(l.pos(t.off), "a string that does not end on its line", `"`, "")
	t.kind, t.end = tokBad, l.off
	return t
}

// word reads a name, a number, or a name with `$` parts.
func (l *lexer) word(t token) token {
	t.kind = tokWord
	if isDigit(l.src[l.off]) {
		t.kind = tokNumber
	}
	for l.off < l.end {
		c := l.src[l.off]
		if c == '$' {
			t.hasDollar, t.kind = true, tokWord
			l.dollars++
			if !l.dollar() {
				t.kind, t.end = tokBad, l.off
				return t
			}
			continue
		}
		if !isNameByte(c) {
			break
		}
		l.off++
	}
	t.end = l.off
	return t
}

// dollar passes `$name` or `$(expression)`.
func (l *lexer) dollar() bool {
	at := l.pos(l.off)
	l.off++
	if isNameStart(l.peekByte(0)) {
		for isNameByte(l.peekByte(0)) {
			l.off++
		}
		return true
	}
	if l.peekByte(0) != '(' {
		l.complain(at, "$ without a name", "$NAME or $(EXPRESSION)", "")
		return false
	}
	depth := 0
	for ; l.off < l.end; l.off++ {
		switch l.src[l.off] {
		case '(':
			depth++
		case ')':
			if depth--; depth == 0 {
				l.off++
				return true
			}
		case '\n', '"', '#':
			l.complain(at, "$( without its end", ")", "")
			return false
		}
	}
	l.complain(at, "$( without its end", ")", "")
	return false
}

// describe names a token in a message.
func (l *lexer) describe(t token) string {
	text := l.text(t)
	switch t.kind {
	case tokEOF:
		if l.end < len(l.src) {
			return "the end of the string"
		}
		return "the end of the file"
	case tokNewline:
		return "the end of the line"
	case tokComment:
		return "a comment"
	case tokString:
		return "string " + clip(text)
	case tokNumber:
		return "number " + clip(text)
	case tokWord:
		return clip(text)
	case tokBad:
		if r, size := utf8.DecodeRuneInString(text); size == len(text) && (r == utf8.RuneError || r < ' ' || r == 0x7f) {
			return fmt.Sprintf("byte %#02x", text[0])
		}
		return clip(text)
	}
	return "`" + text + "`"
}

// clip shortens what is quoted in a message.
func clip(s string) string {
	const most = 40
	if len(s) <= most {
		return s
	}
	cut := most
	for cut > 0 && !utf8.RuneStart(s[cut]) {
		cut--
	}
	return s[:cut] + "..."
}

// SPDX-License-Identifier: GPL-2.0-only

package program

import (
	"bytes"
	"fmt"
	"strings"
	"unicode/utf8"
)

// Format returns the program in the canonical layout: from Source, with its comments,
// loops and macros, or from Lines when there is no Source. What it returns reads back as
// the same program, and formatting that changes nothing.
func Format(p *Program) []byte {
	f := &formatter{}
	if p.Source == nil {
		f.flat(p)
	} else {
		f.items(p.Source, 0)
	}
	return f.buf.Bytes()
}

// Expanded returns the program without loops and macros, as text that reads back as the
// same lines.
func (p *Program) Expanded() []byte {
	f := &formatter{}
	f.flat(p)
	return f.buf.Bytes()
}

type formatter struct {
	buf  bytes.Buffer
	rows []row
}

// row is one line of output. Rows between empty lines are aligned with each other.
type row struct {
	label, body string
	comment     string
	hasComment  bool
	// own says that the row is a comment alone.
	own bool
}

func (f *formatter) flat(p *Program) {
	if p.License != "" {
		f.comment("SPDX-License-Identifier: " + p.License)
	}
	for _, d := range p.Doc {
		f.comment(d)
	}
	for _, c := range p.Config {
		f.rows = append(f.rows, row{body: "config " + c.Key + "=" + c.Value})
	}
	for i := range p.Lines {
		f.line(&p.Lines[i])
	}
	f.flush(0)
}

func (f *formatter) items(items []Item, indent int) {
	blank := false
	for i, it := range items {
		if _, ok := it.(*BlankLine); ok {
			// Several empty lines become one, those at the edges none.
			blank = i > 0 && (f.buf.Len() > 0 || len(f.rows) > 0)
			continue
		}
		if blank && hasBefore(items[:i]) {
			f.flush(indent)
			f.buf.WriteByte('\n')
		}
		blank = false
		f.item(it, indent)
	}
	f.flush(indent)
}

// hasBefore reports whether something other than empty lines precedes.
func hasBefore(items []Item) bool {
	for _, it := range items {
		if _, ok := it.(*BlankLine); !ok {
			return true
		}
	}
	return false
}

func (f *formatter) item(it Item, indent int) {
	switch it := it.(type) {
	case *Line:
		f.line(it)
	case *Comment:
		f.comment(it.Text)
	case *ConfigLine:
		var b strings.Builder
		b.WriteString("config")
		for _, c := range it.Items {
			b.WriteString(" " + c.Key + "=" + c.Value)
		}
		f.rows = append(f.rows, row{body: b.String(), comment: it.Comment, hasComment: it.Comment != ""})
	case *Loop:
		head := fmt.Sprintf("for %s in %s..%s {", it.Var, it.From, it.To)
		f.block(head, it.Comment, it.Body, it.End, indent)
	case *Macro:
		head := fmt.Sprintf("macro %s(%s) {", it.Name, strings.Join(it.Params, ", "))
		f.block(head, it.Comment, it.Body, it.End, indent)
	}
}

func (f *formatter) block(head, comment string, body []Item, end string, indent int) {
	f.flush(indent)
	f.rows = append(f.rows, row{body: head, comment: comment, hasComment: comment != ""})
	f.flush(indent)
	f.items(body, indent+4)
	f.rows = append(f.rows, row{body: "}", comment: end, hasComment: end != ""})
	f.flush(indent)
}

func (f *formatter) comment(text string) {
	f.rows = append(f.rows, row{comment: text, own: true})
}

func (f *formatter) line(l *Line) {
	label, body := l.halves()
	f.rows = append(f.rows, row{label: label, body: body, comment: l.Comment, hasComment: l.Comment != ""})
}

// labelWidth is how wide the task column is at least: `init:`, so that lines of one file
// mostly start in the same column.
const labelWidth = 5

// flush writes the rows collected so far, aligned: the calls behind the longest task, the
// comments of consecutive lines with each other.
func (f *formatter) flush(indent int) {
	width := labelWidth
	for _, r := range f.rows {
		width = max(width, utf8.RuneCountInString(r.label))
	}
	pad := strings.Repeat(" ", indent)
	texts := make([][]string, len(f.rows))
	for i, r := range f.rows {
		text := pad + r.body
		if r.label != "" {
			text = fmt.Sprintf("%s%-*s %s", pad, width, r.label, r.body)
		}
		texts[i] = wrap(text, indent+width+5)
	}
	for i := 0; i < len(f.rows); {
		column, end := 0, i
		for ; end < len(f.rows) && f.rows[end].hasComment; end++ {
			if len(texts[end]) == 1 {
				column = max(column, utf8.RuneCountInString(texts[end][0]))
			}
		}
		for end = max(end, i+1); i < end; i++ {
			f.row(pad, f.rows[i], texts[i], column)
		}
	}
	f.rows = f.rows[:0]
}

func (f *formatter) row(pad string, r row, text []string, column int) {
	if r.own {
		f.buf.WriteString(pad + commentLine(r.comment) + "\n")
		return
	}
	f.buf.WriteString(strings.Join(text, " \\\n"))
	if r.hasComment {
		gap := 2
		if len(text) == 1 {
			gap += column - utf8.RuneCountInString(text[0])
		}
		f.buf.WriteString(strings.Repeat(" ", gap) + commentLine(r.comment))
	}
	f.buf.WriteByte('\n')
}

func commentLine(text string) string {
	if text == "" {
		return "#"
	}
	// A comment that was not read but made may have line feeds.
	return "# " + strings.ReplaceAll(text, "\n", " ")
}

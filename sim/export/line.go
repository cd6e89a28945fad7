// SPDX-License-Identifier: GPL-2.0-only

package export

import (
	"strings"

	"github.com/nssim/nssim/sim/program"
)

// taskColumn is how wide the column of tasks is at least, as in a formatted program.
const taskColumn = 5

// LineWriter writes the lines of one program as strace would, with what each returned.
type LineWriter struct {
	p     *program.Program
	width int // of the task column
}

// NewLineWriter measures a program, so that its calls start in one column.
func NewLineWriter(p *program.Program) *LineWriter {
	w := &LineWriter{p, taskColumn}
	for i := range p.Lines {
		w.width = max(w.width, len(p.Lines[i].Task)+1)
	}
	return w
}

// Indent is the column where calls start.
func (w *LineWriter) Indent() int { return w.width + 1 }

// Plain returns line i as it stands in the program.
func (w *LineWriter) Plain(i int) string { return w.align(w.p.Lines[i].String()) }

// Observed returns a line with what it returned in place of what it states, and the
// name that was bound to that in parentheses.
func (w *LineWriter) Observed(o *program.Observed) string { return w.align(w.Line(o)) }

// Line is Observed without layout.
func (w *LineWriter) Line(o *program.Observed) string {
	l := &w.p.Lines[o.Line]
	if l.Kind != program.Call && l.Kind != program.Resume {
		return l.String()
	}
	text := o.Text(w.p)
	if name := boundName(l); name != "" && o.Errno == 0 && o.Status != program.Ended {
		text += " (" + name + ")"
	}
	return text
}

// boundName is the name on the right of a line's `=`.
func boundName(l *program.Line) string {
	for i := range l.Results {
		if n, ok := l.Results[i].X.(*program.Name); ok && l.Results[i].Kind == program.Value {
			return n.Name
		}
	}
	return ""
}

// align puts the call behind the column of tasks and breaks what is too long.
func (w *LineWriter) align(text string) string {
	label, rest, found := strings.Cut(text, " ")
	if !found || !strings.HasSuffix(label, ":") && label != "?" {
		return Wrap(text, w.Indent()+4)
	}
	body := Wrap(strings.Repeat(" ", w.Indent())+rest, w.Indent()+4)
	return label + body[len(label):]
}

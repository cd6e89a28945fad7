// SPDX-License-Identifier: GPL-2.0-only

package compare

import (
	"bytes"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
)

// Column is a result under the name that it goes by in a text. Results that are the same
// in all that is printed share one, with several names.
type Column struct {
	Names []string
	*Result
}

// Merge makes columns of results: those beside each other that do not differ become one.
func Merge(names []string, rs []*Result) (cs []Column) {
	for i, r := range rs {
		if n := len(cs); n > 0 && alike(cs[n-1].Result, r) {
			cs[n-1].Names = append(cs[n-1].Names, names[i])
			continue
		}
		cs = append(cs, Column{[]string{names[i]}, r})
	}
	return cs
}

func alike(a, b *Result) bool {
	for i := range a.Verdicts {
		x, y := &a.Verdicts[i], &b.Verdicts[i]
		if x.Applies != y.Applies || !slices.Equal(x.Programs(), y.Programs()) {
			return false
		}
	}
	return slices.Equal(a.Answers, b.Answers) && slices.Equal(a.Selftests, b.Selftests)
}

// Writer prints columns side by side and keeps the numbers that programs go by.
type Writer struct {
	s        *Suite
	numbers  map[string]int
	programs []string
}

// NewWriter returns a Writer.
func (s *Suite) NewWriter() *Writer { return &Writer{s: s, numbers: make(map[string]int)} }

// Columns prints a table of all that is known about some configurations.
func (w *Writer) Columns(out io.Writer, cs []Column) error {
	var b bytes.Buffer
	w.head(&b, cs)
	b.WriteString("\nwhat userspace can do\n")
	for i, q := range w.s.Questions {
		for j, l := range lines(q.Text) {
			number := strconv.Itoa(i + 1)
			if j > 0 {
				number = ""
			}
			fmt.Fprintf(&b, "%2s %s\n", number, l)
		}
		row(&b, "", cs, func(c Column) string { return yes(c.Answers[i]) })
	}
	b.WriteString("\nproperties: holds, or the numbers of programs that break it\n")
	tells := telling(results(cs))
	for i := range cs[0].Verdicts {
		name := cs[0].Verdicts[i].Property.Name
		row(&b, name, cs, func(c Column) string { return w.cell(&c.Verdicts[i], tells) })
	}
	w.selftests(&b, cs)
	_, err := out.Write(b.Bytes())
	return err
}

func results(cs []Column) (rs []*Result) {
	for _, c := range cs {
		rs = append(rs, c.Result)
	}
	return rs
}

const labelWidth, cellWidth = 21, 10

// head prints the names of the columns, one below the other where they are several.
func (w *Writer) head(b *bytes.Buffer, cs []Column) {
	for i := 0; ; i++ {
		more := false
		line := strings.Repeat(" ", labelWidth)
		for _, c := range cs {
			name := ""
			if i < len(c.Names) {
				name, more = c.Names[i], true
			}
			line += fmt.Sprintf("%-*s", cellWidth, name)
		}
		if !more {
			return
		}
		b.WriteString(strings.TrimRight(line, " ") + "\n")
	}
}

func row(b *bytes.Buffer, label string, cs []Column, cell func(Column) string) {
	line := fmt.Sprintf("%-*s", labelWidth, label)
	for _, c := range cs {
		line += fmt.Sprintf("%-*s", cellWidth, cell(c))
	}
	b.WriteString(strings.TrimRight(line, " ") + "\n")
}

func yes(a bool) string {
	if a {
		return "yes"
	}
	return "no"
}

// cell is the numbers of the programs that break a property.
func (w *Writer) cell(v *Verdict, tells map[breaking]bool) string {
	if !v.Applies {
		return "-"
	}
	var ns []string
	for _, p := range v.Programs() {
		if tells[breaking{v.Property.Name, p}] {
			ns = append(ns, strconv.Itoa(w.number(p)))
		}
	}
	if len(ns) == 0 {
		return "holds"
	}
	return strings.Join(ns, ",")
}

// number gives a program the next number when it is first met.
func (w *Writer) number(program string) int {
	if w.numbers[program] == 0 {
		w.programs = append(w.programs, program)
		w.numbers[program] = len(w.programs)
	}
	return w.numbers[program]
}

// selftests prints how many passed and, by what became of them, those that differ.
func (w *Writer) selftests(b *bytes.Buffer, cs []Column) {
	b.WriteString("\nselftests\n")
	for _, o := range outcomes {
		row(b, word(o), cs, func(c Column) string {
			n := 0
			for _, x := range c.Selftests {
				if x == o {
					n++
				}
			}
			return strconv.Itoa(n)
		})
	}
	var kinds []string
	tests := make(map[string][]string)
	for i := range w.s.Selftests {
		same := true
		for _, c := range cs {
			same = same && c.Selftests[i] == cs[0].Selftests[i]
		}
		if same {
			continue
		}
		var k bytes.Buffer
		row(&k, "", cs, func(c Column) string { return word(c.Selftests[i]) })
		if tests[k.String()] == nil {
			kinds = append(kinds, k.String())
		}
		tests[k.String()] = append(tests[k.String()], w.s.Selftests[i].Path())
	}
	for _, k := range kinds {
		b.WriteString(k)
		for _, t := range tests[k] {
			b.WriteString("  " + t + "\n")
		}
	}
}

// Programs prints the programs whose numbers were used so far.
func (w *Writer) Programs(out io.Writer) error {
	var b bytes.Buffer
	for i, name := range w.programs {
		p := w.s.Breaker(name)
		fmt.Fprintf(&b, "%d: %s\n", i+1, name)
		for _, l := range lines(p.Says()) {
			b.WriteString("    # " + l + "\n")
		}
		for j := range p.Program.Lines {
			b.WriteString("    " + p.Program.Lines[j].String() + "\n")
		}
	}
	_, err := out.Write(b.Bytes())
	return err
}

// lines breaks a text into lines of some 70 columns.
func lines(text string) (ls []string) {
	line := ""
	for word := range strings.FieldsSeq(text) {
		if line != "" && len(line)+1+len(word) > 72 {
			ls, line = append(ls, line), ""
		}
		if line != "" {
			line += " "
		}
		line += word
	}
	return append(ls, line)
}

// SPDX-License-Identifier: GPL-2.0-only

package syz

import (
	"errors"
	"fmt"
	"strings"
	"unicode"

	"github.com/nssim/nssim/sim/program"
	"github.com/nssim/nssim/syscall/uapi"
)

// Warning is something that an import has left out or changed.
type Warning struct {
	At   program.Pos
	Text string
}

// String returns file:line:col: text.
func (w Warning) String() string { return w.At.String() + ": " + w.Text }

// Import turns a program of syzkaller into one of the model. A file in which an errno stands
// behind a call, or a `# requires:`, is a test: a call without one must succeed. In any
// other, a call must succeed if a later one uses what it returns or puts out, and may return
// anything if not.
//
// A call that cannot be carried out becomes a comment, with a warning, and so do those that
// need what it would have returned. The error is a program.ErrorList.
func Import(f *File) (*program.Program, []Warning, error) {
	m := &importer{file: f, vars: make(map[int]*variable), used: uses(f), test: isTest(f)}
	body, from := m.items()
	text := strings.Join(body, "\n") + "\n"
	p, err := program.Parse(f.Name, []byte(text))
	if err != nil {
		return nil, nil, m.placed(err, from)
	}
	return p, m.warnings, nil
}

// isTest reports whether a file says what calls must return.
func isTest(f *File) bool {
	for i := range f.Items {
		it := &f.Items[i]
		if strings.HasPrefix(it.Comment, "requires:") || it.Call != nil && outcomeOf(it.Call.Comment) != noOutcome {
			return true
		}
	}
	return false
}

// uses returns the resources that calls use.
func uses(f *File) map[int]bool {
	used := make(map[int]bool)
	for i := range f.Items {
		if c := f.Items[i].Call; c != nil {
			each(c.Args, func(a Arg) {
				if r, ok := a.(*Resource); ok {
					used[r.N] = true
				}
			})
		}
	}
	return used
}

// each calls f for arguments and everything in them.
func each(args []Arg, f func(Arg)) {
	for _, a := range args {
		if f(a); a == nil {
			continue
		}
		switch a := a.(type) {
		case *Result:
			each([]Arg{a.X}, f)
		case *Pointer:
			if a.X != nil {
				each([]Arg{a.X}, f)
			}
		case *Union:
			if a.X != nil {
				each([]Arg{a.X}, f)
			}
		case *Group:
			each(a.Elems, f)
		}
	}
}

// outcome is what stands behind a call of a test.
type outcome uint8

const (
	noOutcome outcome = iota
	fails
	unfinished
	unexecuted
)

func outcomeOf(comment string) outcome {
	switch comment {
	case "blocked", "unfinished":
		return unfinished
	case "unexecuted":
		return unexecuted
	}
	if _, ok := uapi.ErrnoByName(comment); ok {
		return fails
	}
	return noOutcome
}

// variable is a resource of the program.
type variable struct {
	text string
	kind produces
	// constant says that text is a number: what a call that fails leaves.
	constant bool
	// closed says that the descriptor may not be open any more.
	closed bool
	// lost says why the resource has no value, "" if it has one.
	lost string
}

// importer translates calls one after the other.
type importer struct {
	file     *File
	test     bool
	used     map[int]bool
	vars     map[int]*variable
	warnings []Warning
	// closedAny says that any descriptor may have been closed by its number.
	closedAny bool
	// over says why nothing more is executed, blocked why the first task makes no more calls.
	over, blocked string

	// What belongs to the call at hand: whether it is to fail, which resources its outputs
	// bind, and names made for it.
	failing bool
	sys     string // the model's call, where it is not the one of the table
	calls   string // syzkaller's name of it
	async   int
	names   map[string]int
}

// refusal is why a call becomes a comment.
type refusal struct {
	at   program.Pos
	text string
}

// refuse gives up the call at hand.
func (m *importer) refuse(at program.Pos, format string, args ...any) {
	panic(refusal{at, fmt.Sprintf(format, args...)})
}

func (m *importer) warn(at program.Pos, format string, args ...any) {
	m.warnings = append(m.warnings, Warning{at, fmt.Sprintf(format, args...)})
}

// items returns the lines of the program, and the item that each comes from.
func (m *importer) items() (body []string, from []int) {
	add := func(i int, lines ...string) {
		for _, l := range lines {
			body, from = append(body, l), append(from, i)
		}
	}
	head, threads := m.header(), m.threads()
	for i := range m.file.Items {
		if i == head {
			add(i, threads...)
		}
		switch it := &m.file.Items[i]; {
		case it.Call != nil:
			add(i, m.call(it.Call)...)
		case it.Blank:
			add(i, "")
		case it.Comment == "nssim: settle":
			add(i, "settle")
		default:
			add(i, comment(it.Comment))
		}
	}
	return body, from
}

// header returns the first item that is a call.
func (m *importer) header() int {
	for i := range m.file.Items {
		if m.file.Items[i].Call != nil {
			return i
		}
	}
	return len(m.file.Items)
}

// threads returns the lines that make the threads of the asynchronous calls. The executor's
// main thread makes them, which makes no calls of the program: they begin with the
// namespaces and credentials that there are at the start.
func (m *importer) threads() (lines []string) {
	for i := range m.file.Items {
		if c := m.file.Items[i].Call; c != nil && c.has("async") {
			lines = append(lines, fmt.Sprintf("init: clone(%s) = async%d", uapi.FormatFlags(uapi.GroupClone, asyncFlags), len(lines)+1))
		}
	}
	return lines
}

func (c *Call) has(prop string) bool {
	for _, p := range c.Props {
		if p.Name == prop {
			return true
		}
	}
	return false
}

// comment writes a comment, without what a program must not have in one.
func comment(text string) string {
	text = strings.Map(func(r rune) rune {
		if r == '\t' {
			return ' '
		}
		if !unicode.IsPrint(r) {
			return '?'
		}
		return r
	}, strings.ToValidUTF8(text, "?"))
	return strings.TrimRight("# "+strings.TrimRight(text, "\\ "), " ")
}

// call returns the lines of a call, or the comment that it becomes.
func (m *importer) call(c *Call) (lines []string) {
	task := "init"
	if c.has("async") {
		m.async++
		task = fmt.Sprintf("async%d", m.async)
	}
	defer func() {
		switch e := recover().(type) {
		case nil:
		case refusal:
			m.lose(c, e.text)
			m.warn(e.at, "%s: %s; it becomes a comment", c.Name, e.text)
			lines = []string{comment(c.String())}
		default:
			panic(e)
		}
	}()
	return m.translate(task, c)
}

// lose notes that what a call returns and puts out has no value.
func (m *importer) lose(c *Call, why string) {
	if c.Ret >= 0 {
		m.vars[c.Ret] = &variable{lost: fmt.Sprintf("%s in line %d", c.Name, c.At.Line)}
	}
	each(c.Args, func(a Arg) {
		if r, ok := a.(*Result); ok {
			m.vars[r.N] = &variable{lost: fmt.Sprintf("%s in line %d", c.Name, c.At.Line)}
		}
	})
}

func (m *importer) translate(task string, c *Call) []string {
	out := outcomeOf(c.Comment)
	spec := specOf(c.Name)
	switch {
	case m.over != "":
		m.refuse(c.At, "it is not executed after %s", m.over)
	case m.blocked != "" && task == "init":
		m.refuse(c.At, "found a call after %s, which does not return, expected an asynchronous one", m.blocked)
	case out == unexecuted:
		m.refuse(c.At, "the program says that it is not executed")
	case spec == nil:
		m.refuse(c.At, "found a call that the model does not know, expected one of the table in docs/syzkaller.md")
	}
	repeat := m.props(c)
	if m.names == nil {
		m.names = make(map[string]int)
	}
	lines := []string{m.line(task, spec, c, out)}
	for range repeat {
		lines = append(lines, m.line(task, spec, c, out))
	}
	m.closes(spec, c)
	if c.Comment != "" && out == noOutcome {
		m.warn(c.CommentAt, "found comment %q behind a call, expected an errno by its name, blocked, unfinished or unexecuted; it states nothing", c.Comment)
		lines[0] += "  " + comment(c.Comment)
	}
	here := fmt.Sprintf("%s in line %d", c.Name, c.At.Line)
	switch {
	case task != "init" || out == fails:
	case out == unfinished:
		m.blocked = here
	case spec.returns == ends:
		m.over = here
	}
	return lines
}

// line writes a call with what it states.
func (m *importer) line(task string, spec *callSpec, c *Call, out outcome) string {
	m.failing, m.sys, m.calls = out == fails, spec.sys, c.Name
	var args []string
	if spec.in != nil {
		args = spec.in(m, c)
	} else {
		args = m.byParams(spec, c)
	}
	line := fmt.Sprintf("%s: %s(%s)", task, m.sys, strings.Join(args, ", "))
	if r := m.result(spec, c, out); r != "" {
		line += " " + r
	}
	return line
}

// maxRerun is how often a call is repeated at most.
const maxRerun = 64

// props returns how often a call is repeated.
func (m *importer) props(c *Call) (repeat int) {
	for _, p := range c.Props {
		switch p.Name {
		case "async":
		case "fail_nth":
			m.refuse(p.At, "found fail_nth, expected no fault injection: the model does not fail of itself")
		case "rerun":
			binds := c.Ret >= 0
			each(c.Args, func(a Arg) {
				_, result := a.(*Result)
				binds = binds || result
			})
			if binds || p.Value > maxRerun || outcomeOf(c.Comment) == unfinished {
				m.refuse(p.At, "found rerun: %d, expected at most %d times, of a call that returns no resource", p.Value, maxRerun)
			}
			repeat = int(p.Value)
		default:
			m.warn(p.At, "found property %q of a call, expected async, fail_nth or rerun; it is left out", p.Name)
		}
	}
	return repeat
}

// result returns what the line states, and binds what the call returns.
func (m *importer) result(spec *callSpec, c *Call, out outcome) string {
	kind := spec.returns
	if spec.sys == "ioctl" && ioctlOpens(c) || spec.sys == "fcntl" && fcntlCopies(c) {
		kind = aDescriptor
	}
	switch out {
	case fails:
		if program.CallByName(m.sys).Binds == program.BindsNothing {
			m.refuse(c.CommentAt, "found %s, expected no errno behind a call that does not return", c.Comment)
		}
		if c.Ret >= 0 {
			m.vars[c.Ret] = &variable{text: "-1", constant: true}
		}
		return "= -" + c.Comment
	case unfinished:
		if c.Ret >= 0 {
			m.vars[c.Ret] = &variable{lost: fmt.Sprintf("%s in line %d, which does not return", c.Name, c.At.Line)}
		}
		return "<unfinished ...>"
	}
	switch {
	case c.Ret >= 0:
		v := &variable{text: m.unique(fmt.Sprintf("r%d", c.Ret)), kind: kind}
		m.vars[c.Ret] = v
		if kind == ends || kind == nothing {
			v.text, v.constant = "0", true
			return ""
		}
		return "= " + v.text
	case kind == aChild:
		return "= " + m.fresh("child")
	case kind == ends, m.test, m.feeds(c):
		return ""
	}
	return "= _"
}

// feeds reports whether a later call uses what this one puts out.
func (m *importer) feeds(c *Call) (feeds bool) {
	each(c.Args, func(a Arg) {
		if r, ok := a.(*Result); ok && m.used[r.N] {
			feeds = true
		}
	})
	return feeds
}

// unique returns a name that is not in use: a resource may be assigned several times.
func (m *importer) unique(name string) string {
	if m.names == nil {
		m.names = make(map[string]int)
	}
	m.names[name]++
	if n := m.names[name]; n > 1 {
		return m.unique(fmt.Sprintf("%s_%d", name, n))
	}
	return name
}

// fresh returns the next name with a number behind it.
func (m *importer) fresh(prefix string) string {
	m.names[prefix+"#"]++
	return m.unique(fmt.Sprintf("%s%d", prefix, m.names[prefix+"#"]))
}

// closes notes which descriptors may be closed after a call.
func (m *importer) closes(spec *callSpec, c *Call) {
	at := map[string]int{"close": 0, "dup2": 1, "dup3": 1}
	i, ok := at[spec.sys]
	if !ok || i >= len(c.Args) {
		return
	}
	r, ok := c.Args[i].(*Resource)
	if !ok {
		m.closedAny = true
		return
	}
	if v := m.vars[r.N]; v != nil {
		v.closed = true
	}
	// A copy of the descriptor's number under another name is closed with it.
	m.closedAny = m.closedAny || spec.sys != "close"
}

// placed gives mistakes in the program that was made the place of the call that they come
// from.
func (m *importer) placed(err error, from []int) error {
	var list program.ErrorList
	if !errors.As(err, &list) {
		return err
	}
	for _, e := range list {
		if n := e.Pos.Line - 1; n >= 0 && n < len(from) && from[n] < len(m.file.Items) {
			e.Pos = m.file.Items[from[n]].At
		}
	}
	return list
}

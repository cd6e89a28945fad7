// SPDX-License-Identifier: GPL-2.0-only

package strace

import (
	"path"
	"strconv"
	"strings"

	"github.com/nssim/nssim/sim"
	"github.com/nssim/nssim/sim/program"
	"github.com/nssim/nssim/syscall/uapi"
)

func itoa(n int) string { return strconv.Itoa(n) }

// step is one line of the program that a call of the log becomes.
type step struct {
	line program.Line
	// added: the line is not a call of the log.
	added bool
	// then is done when the line has done what it states.
	then func()
}

// work is what is to be done about a call.
type work struct {
	steps []step
	// check compares what the program cannot state and says what is wrong.
	check func() string
	// after is done once all is well.
	after func()
}

// request is a call being looked at.
type request struct {
	im     *importer
	t      *task
	c      *call
	w      work
	passed bool
}

// prepare decides what is to be done about a call, nil for nothing.
func (im *importer) prepare(c *call) *work {
	t := im.tasks[c.pid]
	q := &request{im: im, t: t, c: c}
	do := handled[c.name]
	switch {
	case t == nil || t.gone:
		return nil
	case do == nil && standing[c.name] && c.errno == 0 && c.returns:
		q.stand(int32(c.ret), q.closesOnExec(), note{})
	case do == nil:
		q.pass()
	default:
		do(q)
	}
	if q.passed || im.err != nil {
		return nil
	}
	return &q.w
}

// pass lets the call through.
func (q *request) pass() {
	if !q.passed {
		q.passed = true
		q.im.pass(q.t, q.c)
	}
}

// bad ends the import because of an argument.
func (q *request) bad(v *value, expected string) {
	if q.im.err != nil {
		return
	}
	found, off := "nothing", len(q.c.name)+1
	if v != nil {
		off = v.off
		found = strconv.Quote(clip(q.c.text[min(off, len(q.c.text)):]))
	}
	q.im.err = q.im.log.mistake(q.c, off, found, expected)
}

var nothing = value{raw: "NULL"}

// arg returns argument i.
func (q *request) arg(i int) *value {
	if i < len(q.c.args) {
		return &q.c.args[i]
	}
	q.bad(nil, "an argument "+itoa(i+1)+" of "+q.c.name)
	return &nothing
}

// named returns the argument that strace prints with a name, nil if there is none.
func (c *call) named(name string) *value {
	for i := range c.args {
		if c.args[i].name == name {
			return &c.args[i]
		}
	}
	return nil
}

// num evaluates a number or constants.
func (q *request) num(v *value) uint64 {
	n, _ := q.flags(v)
	return n
}

// flags evaluates constants and keeps their names.
func (q *request) flags(v *value) (uint64, program.Expr) {
	if v.kind != atom {
		q.bad(v, "a number or constants")
		return 0, numX(0)
	}
	raw := strings.TrimSuffix(v.raw, "...")
	n, x, bad := flags(raw)
	if bad != "" {
		q.bad(v, "a number or constants that are known; "+strconv.Quote(bad)+" is none")
		return 0, numX(0)
	}
	return n, x
}

// flagsX is flags for the expression alone.
func (q *request) flagsX(i int) program.Expr {
	_, x := q.flags(q.arg(i))
	return x
}

// fd evaluates a descriptor.
func (q *request) fd(v *value) int32 { return int32(q.num(v)) }

func fdX(fd int32) program.Expr {
	switch int64(fd) {
	case uapi.AT_FDCWD:
		return constX("AT_FDCWD")
	case uapi.FD_NSFS_ROOT:
		return constX("FD_NSFS_ROOT")
	}
	return numX(int64(fd))
}

// str is a string argument.
func (q *request) str(v *value) string {
	if v.kind == text {
		return v.str
	}
	return ""
}

// call adds a call to the work, stating what the log says that it returned.
func (q *request) call(name string, args ...program.Expr) *step {
	l := program.Line{Kind: program.Call, Task: q.t.name, Call: program.Syscall{Name: name, Args: args}}
	if q.c.errno != 0 {
		l.Results = []program.Result{failure(q.c.errno)}
	}
	q.w.steps = append(q.w.steps, step{line: l})
	return &q.w.steps[len(q.w.steps)-1]
}

func failure(e uapi.Errno) program.Result {
	return program.Result{Kind: program.Errnos, Errnos: []program.Errno{{Name: e.Name(), Num: e}}}
}

// returns adds what a call is to return, if it succeeds.
func (s *step) returns(q *request, x program.Expr) *step {
	if q.c.errno == 0 {
		s.line.Results = append(s.line.Results, program.Result{Kind: program.Value, X: x})
	}
	return s
}

// opens states that a call returns the descriptor that the log says, of a file that the
// log knows by a path.
func (s *step) opens(q *request, n note) *step {
	fd := int32(q.c.ret)
	s.returns(q, numX(q.c.ret))
	if q.c.errno == 0 {
		s.then = func() { q.im.note(q.t, fd, n) }
	}
	return s
}

// add is call for one that is not in the log and has to succeed.
func (q *request) add(name string, args ...program.Expr) *step {
	l := program.Line{Kind: program.Call, Task: q.t.name, Call: program.Syscall{Name: name, Args: args}}
	q.w.steps = append(q.w.steps, step{line: l, added: true})
	return &q.w.steps[len(q.w.steps)-1]
}

// assert adds an assertion, to the one before if that is the last line.
func (q *request) assert(x program.Expr) {
	if n := len(q.w.steps); n > 0 && q.w.steps[n-1].line.Kind == program.Assert {
		l := &q.w.steps[n-1].line
		l.Expr = &program.Binary{Op: "and", X: l.Expr, Y: x}
		return
	}
	q.w.steps = append(q.w.steps, step{line: program.Line{Kind: program.Assert, Expr: x}})
}

// checks adds a comparison.
func (q *request) checks(f func() string) {
	before := q.w.check
	q.w.check = func() string {
		if before != nil {
			if what := before(); what != "" {
				return what
			}
		}
		return f()
	}
}

// local makes a name for something that the call puts out.
func (q *request) local(prefix string) string {
	line := q.c.last
	if line == 0 {
		line = q.c.first
	}
	return prefix + itoa(line)
}

// value is what a name is bound to.
func (q *request) value(name string) program.Val {
	v, _ := q.im.r.Value(name)
	return v
}

// stand opens something in place of a file that the model does not know, so that its
// descriptor is in use.
func (q *request) stand(fd int32, cloexec bool, n note) {
	how := constX("O_RDONLY")
	if cloexec {
		how = orX(how, constX("O_CLOEXEC"))
	}
	n.stand = true
	s := q.add("open", strX("/"), how)
	s.line.Results = []program.Result{{Kind: program.Value, X: numX(int64(fd))}}
	s.line.Comment = q.c.name
	if n.path != "" {
		s.line.Comment = printable(n.path)
	}
	s.then = func() { q.im.note(q.t, fd, n) }
}

// closesOnExec reports whether one of the arguments asks for it.
func (q *request) closesOnExec() bool {
	for i := range q.c.args {
		v := &q.c.args[i]
		if i == len(q.c.args)-1 && q.c.name != "memfd_create" && has(v, uapi.O_CLOEXEC) || strings.Contains(v.raw, "CLOEXEC") {
			return true
		}
	}
	return q.c.name == "pidfd_open" || q.c.name == "pidfd_getfd" || q.c.name == "seccomp"
}

// has reports whether flags, be some of them unknown, have a bit.
func has(v *value, bit uint64) bool {
	for t := range strings.SplitSeq(v.raw, "|") {
		if n, ok := term(t); ok && n&bit != 0 {
			return true
		}
	}
	return false
}

// file is the open file behind a descriptor on the model, 0 for none.
func (im *importer) file(t *task, fd int32) sim.FileID {
	return im.m.FDGet(im.m.Task(t.id).Files, fd)
}

func (im *importer) note(t *task, fd int32, n note) {
	if f := im.file(t, fd); f != 0 {
		im.notes[f] = n
	}
}

// noteOf is what is known about an open descriptor.
func (im *importer) noteOf(t *task, fd int32) note {
	if f := im.file(t, fd); f != 0 {
		return im.notes[f]
	}
	return note{}
}

// kindOf is what the model has behind a descriptor, 0 for a stand-in or nothing.
func (im *importer) kindOf(t *task, fd int32) sim.FileKind {
	f := im.file(t, fd)
	if f == 0 || im.notes[f].stand {
		return 0
	}
	return im.m.File(f).Kind
}

// abs makes a path absolute, "" if it cannot be told.
func (q *request) abs(dir int32, p string) string {
	if strings.HasPrefix(p, "/") {
		return cleanPath(p)
	}
	at := q.t.fs.cwd
	if int64(dir) != uapi.AT_FDCWD {
		at = q.im.noteOf(q.t, dir).path
	}
	if at == "" {
		return ""
	}
	return cleanPath(at + "/" + p)
}

// cleanPath drops what says nothing in a path; a slash at the end stays, for it asks for
// a directory.
func cleanPath(p string) string {
	c := path.Clean(p)
	if strings.HasSuffix(p, "/") && c != "/" {
		c += "/"
	}
	return c
}

// pid is a process's number as the program writes it; ok is false for a process that is
// not in the log.
func (q *request) pid(n int64) (x program.Expr, ok bool) {
	if n <= 1 || !q.im.inInitialPid(q.t) {
		return numX(n), true
	}
	if t := q.im.tasks[int(n)]; t != nil {
		return nameX(t.name), true
	}
	return nil, false
}

// SPDX-License-Identifier: GPL-2.0-only

package strace

import (
	"regexp"
	"strconv"
	"strings"

	"github.com/nssim/nssim/sim/program"
	"github.com/nssim/nssim/syscall/uapi"
)

// eventKind is what a line of a log tells.
type eventKind uint8

const (
	// enter: a call begins that another line ends, if any does.
	enter eventKind = iota
	// leave: a call has returned; it began on this line or an earlier one.
	leave
	// exited: the task is gone, by exit or by a signal.
	exited
	// signalled: a signal is delivered.
	signalled
	// notice: strace speaks about itself.
	notice
)

// event is one line of a log.
type event struct {
	kind eventKind
	line int
	pid  int
	call *call
	// status is how the task ended (exited).
	status uapi.WaitStatus
	// superseded: the task's number went to a thread that executed a program.
	superseded bool
	signal     string
	info       []value
}

// call is a system call with both its lines joined.
type call struct {
	pid   int
	name  string
	args  []value
	first int // line on which it begins
	last  int // line on which it returns, 0 if it never does
	cut   int // length of the part that stands on the first line
	start [2]int
	text  string

	ret     int64
	returns bool       // it did: otherwise `= ?`
	errno   uapi.Errno // it failed with
	restart bool       // it was interrupted and will be made again

	done    bool // it has been carried out
	vforked bool // it has made a child and waits for it to execute or end
	child   int  // the process that it has made, by its number in the log
}

// log is a whole log.
type log struct {
	name   string
	lines  int
	events []event
}

func (l *log) fail(line, col int, found, expected string) error {
	return &program.Error{Pos: program.Pos{File: l.name, Line: line, Col: col}, Found: found, Expected: expected}
}

// readLog reads a log; every line must be understood.
func readLog(name string, data []byte) (*log, error) {
	l := &log{name: name}
	open := map[int]*call{}
	pids := map[int]bool{}
	for s := range strings.Lines(string(data)) {
		l.lines++
		s = strings.TrimRight(s, "\r\n")
		if s == "" {
			continue
		}
		pid, body, found := prefix(s)
		if !found {
			pid = l.only(pids)
		}
		e := event{line: l.lines, pid: pid}
		off := len(s) - len(body)
		if err := l.event(&e, body, off, open); err != nil {
			return nil, err
		}
		switch {
		case e.kind == notice:
		case pid < 0:
			return nil, l.fail(l.lines, 1, "a line without a process number", "the number of the process, as several are running (strace -f -o FILE)")
		case e.kind == exited:
			delete(pids, pid)
			delete(open, pid)
		default:
			pids[pid] = true
		}
		l.events = append(l.events, e)
	}
	return l, nil
}

// only is the process that a line without a number is about: the only one there is.
func (l *log) only(pids map[int]bool) int {
	switch len(pids) {
	case 0:
		return 0
	case 1:
		for p := range pids {
			return p
		}
	}
	return -1
}

var (
	pidPrefix   = regexp.MustCompile(`^(?:(\d+) +|\[pid +(\d+)\] +)`)
	timePrefix  = regexp.MustCompile(`^(?:\d\d:\d\d:\d\d(?:\.\d+)?|\d{9,}\.\d+|\d+\.\d{6}) +`)
	spentSuffix = regexp.MustCompile(` <\d+\.\d+>$`)
)

// prefix takes the process number and the time off a line.
func prefix(s string) (pid int, body string, found bool) {
	if m := pidPrefix.FindStringSubmatch(s); m != nil {
		pid, _ = strconv.Atoi(m[1] + m[2])
		s, found = s[len(m[0]):], true
	}
	return pid, s[len(timePrefix.FindString(s)):], found
}

var (
	resumedLine = regexp.MustCompile(`^<\.\.\. (\w+) resumed>`)
	callLine    = regexp.MustCompile(`^(\w+)\(`)
	exitedLine  = regexp.MustCompile(`^\+\+\+ exited with (\d+) \+\+\+$`)
	killedLine  = regexp.MustCompile(`^\+\+\+ killed by (\w+)( \(core dumped\))? \+\+\+$`)
	superseded  = regexp.MustCompile(`^\+\+\+ superseded by execve in pid (\d+) \+\+\+$`)
	signalLine  = regexp.MustCompile(`^--- (SIG\w+) (\{.*\}) ---$`)
	stoppedLine = regexp.MustCompile(`^--- stopped by (SIG\w+) ---$`)
)

const unfinished = "<unfinished ...>"

func (l *log) event(e *event, body string, off int, open map[int]*call) error {
	switch {
	case strings.HasPrefix(body, "strace: ") || strings.HasPrefix(body, "/usr/bin/strace: "):
		e.kind = notice
		return nil
	case strings.HasPrefix(body, "+++ "):
		return l.exitEvent(e, body, off)
	case strings.HasPrefix(body, "--- "):
		return l.signalEvent(e, body, off)
	}
	if m := resumedLine.FindStringSubmatch(body); m != nil {
		c := open[e.pid]
		if c == nil || c.name != m[1] {
			return l.fail(e.line, off+1, "<... "+m[1]+" resumed>", "a call that the process has left unfinished")
		}
		delete(open, e.pid)
		e.kind, e.call = leave, c
		c.text += neverBack(body[len(m[0]):])
		c.last, c.start[1] = e.line, off+len(m[0])
		return l.finish(c)
	}
	m := callLine.FindStringSubmatch(body)
	if m == nil {
		return l.fail(e.line, off+1, strconv.Quote(clip(body)), "a system call, a signal or the end of a process")
	}
	if c := open[e.pid]; c != nil {
		return l.fail(e.line, off+1, "a call", "<... "+c.name+" resumed>, which the process left unfinished on line "+strconv.Itoa(c.first))
	}
	c := &call{pid: e.pid, name: m[1], first: e.line, start: [2]int{off, 0}}
	e.call = c
	if head, ok := strings.CutSuffix(body, unfinished); ok {
		e.kind = enter
		c.text = strings.TrimRight(head, " ")
		c.cut = len(c.text)
		open[e.pid] = c
		return nil
	}
	e.kind, c.last, c.text, c.cut = leave, e.line, neverBack(body), len(body)
	return l.finish(c)
}

// neverBack takes out what strace puts in the place of the arguments that it has not
// printed yet when the process is killed.
func neverBack(s string) string { return strings.Replace(s, " "+unfinished+") ", ") ", 1) }

func clip(s string) string {
	if len(s) > 32 {
		return s[:32]
	}
	return s
}

func (l *log) exitEvent(e *event, body string, off int) error {
	e.kind = exited
	if m := exitedLine.FindStringSubmatch(body); m != nil {
		n, _ := strconv.Atoi(m[1])
		e.status = uapi.ExitStatus(n)
		return nil
	}
	if superseded.MatchString(body) {
		e.superseded = true
		return nil
	}
	if m := killedLine.FindStringSubmatch(body); m != nil {
		if sig, ok := uapi.SignalByName(m[1]); ok {
			e.status = uapi.SignalStatus(sig, m[2] != "")
			return nil
		}
	}
	return l.fail(e.line, off+1, strconv.Quote(clip(body)), "+++ exited with N +++ or +++ killed by SIGNAL +++")
}

func (l *log) signalEvent(e *event, body string, off int) error {
	e.kind = signalled
	if m := stoppedLine.FindStringSubmatch(body); m != nil {
		e.signal = m[1]
		return nil
	}
	m := signalLine.FindStringSubmatchIndex(body)
	if m == nil {
		return l.fail(e.line, off+1, strconv.Quote(clip(body)), "--- SIGNAL {...} ---")
	}
	e.signal = body[m[2]:m[3]]
	p := scanner{s: body[m[4]:m[5]]}
	v := p.value(false)
	if p.err != nil {
		return l.fail(e.line, off+m[4]+p.err.off+1, p.err.found, p.err.expected)
	}
	e.info = v.elems
	return nil
}

// place is where an offset of a call's joined text stands in the log.
func (l *log) place(c *call, off int) program.Pos {
	pos := program.Pos{File: l.name, Line: c.first, Col: c.start[0] + off + 1}
	if off >= c.cut && c.last != c.first && c.last != 0 {
		pos.Line, pos.Col = c.last, c.start[1]+off-c.cut+1
	}
	return pos
}

func (l *log) mistake(c *call, off int, found, expected string) error {
	return &program.Error{Pos: l.place(c, off), Found: found, Expected: expected}
}

var resultText = regexp.MustCompile(`^\) += (\?|-?(?:0x[0-9a-f]+|\d+))`)

// finish parses a call whose text is whole.
func (l *log) finish(c *call) error {
	p := &scanner{s: c.text, i: len(c.name) + 1}
	c.args = p.list(')')
	if p.err != nil {
		return l.mistake(c, p.err.off, p.err.found, p.err.expected)
	}
	rest := spentSuffix.ReplaceAllString(c.text[p.i-1:], "")
	m := resultText.FindStringSubmatch(rest)
	if m == nil {
		return l.mistake(c, p.i, strconv.Quote(clip(rest[1:])), "= and a result")
	}
	tail := rest[len(m[0]):]
	if m[1] != "?" {
		c.returns = true
		if err := l.result(c, m[1], p.i-1+len(m[0])); err != nil {
			return err
		}
	}
	word, _, _ := strings.Cut(strings.TrimPrefix(tail, " "), " ")
	switch {
	case tail == "", strings.HasPrefix(tail, " ("), strings.HasPrefix(tail, "<"):
	case m[1] == "?" && strings.HasPrefix(word, "ERESTART"):
		c.restart = true
	case m[1] == "-1":
		e, ok := uapi.ErrnoByName(word)
		if !ok {
			return l.mistake(c, p.i-1+len(m[0])+1, strconv.Quote(word), "an errno")
		}
		c.errno = e
	default:
		return l.mistake(c, p.i-1+len(m[0]), strconv.Quote(clip(tail)), "the end of the line")
	}
	return nil
}

func (l *log) result(c *call, s string, off int) error {
	n, err := strconv.ParseInt(s, 0, 64)
	if err != nil {
		u, e := strconv.ParseUint(s, 0, 64)
		if e != nil {
			return l.mistake(c, off-len(s), s, "a number of 64 bits")
		}
		n = int64(u)
	}
	c.ret = n
	return nil
}

// SPDX-License-Identifier: GPL-2.0-only

package creproducer

import (
	"fmt"
	"strings"

	"github.com/nssim/nssim/sim/program"
)

// line writes the functions of a line and its entry in the table.
func (s *source) line(l *program.Line) (err error) {
	defer func() {
		if e := recover(); e != nil {
			var ok bool
			if err, ok = e.(error); !ok {
				panic(e)
			}
		}
	}()
	s.now = l
	text := l.String()
	switch l.Kind {
	case program.Settle:
		s.entry(-1, "NULL", "NULL", text, "", "SETTLE")
	case program.Assert, program.SkipIf:
		s.assertion(l, text)
	case program.Resume:
		s.resume(l, text)
	default:
		s.call(l, text)
	}
	return nil
}

// entry adds to the table.
func (s *source) entry(task int, run, check, text, expected, flags string) {
	id := "-1"
	if task >= 0 {
		id = fmt.Sprint(task)
	}
	fmt.Fprintf(&s.table, "\t{ %s, %s, %s, %s, %s, %s },\n", id, run, check, cstring(text), cstring(expected), flags)
	s.n++
}

func (s *source) assertion(l *program.Line, text string) {
	if cannotSee(l.Expr) {
		s.entry(-1, "NULL", "NULL", text, "", "UNCHECKED")
		return
	}
	name := fmt.Sprintf("check_%d", s.n)
	body := "return (" + s.expr(l.Expr).text + ") != 0;"
	if l.Kind == program.SkipIf {
		body = fmt.Sprintf("if (!(%s))\n\t\treturn 1;\n\tskip_reason = %s;\n\treturn -1;", s.expr(l.Expr).text, s.str(l.Reason))
	}
	fmt.Fprintf(&s.body, "/* %s */\nstatic int %s(int me)\n{\n\t(void)me;\n\t%s\n}\n\n", comment(text), name, body)
	s.entry(-1, "NULL", name, text, "", "0")
}

func comment(text string) string { return strings.ReplaceAll(text, "*/", "* /") }

// callText is a line without what it states.
func callText(l *program.Line) string {
	q := *l
	q.Results, q.Unfinished, q.Comment = nil, false, ""
	return q.String()
}

// expectation is what a line states, for messages.
func expectation(l *program.Line) string {
	var out []string
	for i := range l.Results {
		out = append(out, l.Results[i].String())
	}
	if len(out) == 0 {
		return "success"
	}
	return strings.Join(out, " ")
}

func (s *source) resume(l *program.Line, _ string) {
	flags := "RESUME"
	if l.Unfinished {
		flags += " | UNFINISHED"
	}
	s.entry(s.tasks[l.Task], "NULL", s.check(l, s.begun[l.Task]), callText(l), expectation(l), flags)
}

// call writes the function that makes the call.
func (s *source) call(l *program.Line, text string) {
	if l.Call.Until != "" {
		panic(fmt.Errorf("until %s: %w", l.Call.Until, ErrCannot))
	}
	if l.Call.Name == "sendfd" {
		s.sendfd(l, text)
		return
	}
	s.begun[l.Task] = l
	c := &callWriter{s, l}
	name := fmt.Sprintf("line_%d", s.n)
	statements := c.write() + c.bindResult()
	fmt.Fprintf(&s.body, "/* %s */\nstatic void %s(int me)\n{\n%s}\n\n", comment(text), name, statements)
	sig := program.CallByName(l.Call.Name)
	var flags []string
	if l.Unfinished {
		flags = append(flags, "UNFINISHED")
	}
	if sig.Binds == program.BindsNothing {
		flags = append(flags, "ENDS")
	}
	if sig.Lists {
		flags = append(flags, "LISTS")
	}
	if child, ok := s.child(l); ok {
		flags = append(flags, fmt.Sprintf("(%s + 1) << 16", taskID(child)))
	}
	if len(flags) == 0 {
		flags = []string{"0"}
	}
	check := "NULL"
	if !l.Unfinished && sig.Binds != program.BindsNothing && !kills(l) {
		check = s.check(l, l)
	}
	s.entry(s.tasks[l.Task], name, check, callText(l), expectation(l), strings.Join(flags, " | "))
}

// kills reports whether the call is a signal that may end its own caller.
func kills(l *program.Line) bool {
	return len(l.Results) == 0 && (l.Call.Name == "kill" || l.Call.Name == "tgkill" || l.Call.Name == "pidfd_send_signal")
}

// child is the name of the task that a line makes.
func (s *source) child(l *program.Line) (string, bool) {
	name := bound(l)
	_, ok := s.tasks[name]
	return name, ok && makesTask(l)
}

// sendfd is two lines: one task sends, another receives.
func (s *source) sendfd(l *program.Line, text string) {
	to, ok := l.Call.Args[0].(*program.Name)
	if !ok {
		panic(fmt.Errorf("%s: %w", l.Call.Args[0], ErrCannot))
	}
	send, receive := fmt.Sprintf("line_%d", s.n), fmt.Sprintf("line_%d", s.n+1)
	fmt.Fprintf(&s.body, "/* %s */\nstatic void %s(int me)\n{\n\tlong fds[1] = { %s };\n\n\tCALL(message(1, PASS_FD, fds, 1));\n}\n\n",
		comment(text), send, s.expr(l.Call.Args[1]).text)
	s.entry(s.tasks[l.Task], send, s.check(l, l), callText(l), "success", "QUIET")
	bind := ""
	if name := bound(l); name != "" {
		if _, isVar := s.kinds[name]; isVar {
			bind = fmt.Sprintf("\tif (!R->err)\n\t\tV.%s = R->ret;\n", variable(name))
		}
	}
	fmt.Fprintf(&s.body, "static void %s(int me)\n{\n\tlong fds[1] = { -1 };\n\n\tCALL(message(0, PASS_FD + 1, fds, 1));\n\tif (!R->err)\n\t\tR->ret = fds[0];\n%s}\n\n", receive, bind)
	s.entry(s.tasks[to.Name], receive, s.check(l, l), callText(l), expectation(l), "0")
}

// check writes the function that tests what a line states of the call that began with from.
func (s *source) check(l, _ *program.Line) string {
	var skips, conditions []string
	mayFail := false
	for i := range l.Results {
		r := &l.Results[i]
		switch r.Kind {
		case program.SkipOn:
			skips = append(skips, fmt.Sprintf("\tif (R->err && %s) {\n\t\tskip_reason = %s;\n\t\treturn -1;\n\t}\n", errnos(r), s.str(r.Reason)))
		case program.Any:
			mayFail = true
		case program.Errnos:
			mayFail = true
			conditions = append(conditions, errnos(r))
		case program.Compare:
			if n, ok := r.X.(*program.Num); ok && r.Op == "<" && n.Value == 0 {
				mayFail = true
				conditions = append(conditions, "R->err")
				continue
			}
			conditions = append(conditions, s.compared(r.Op, cvalue{"R->ret", program.Number}, s.expr(r.X)))
		case program.Has, program.Lacks:
			for _, x := range r.List {
				conditions = append(conditions, "(R->err || "+s.contains("R->ids", x, r.Kind == program.Has)+")")
			}
		case program.Value:
			if c := s.valueCheck(r.X); c != "" {
				conditions = append(conditions, c)
			}
		}
	}
	if !mayFail {
		conditions = append([]string{"!R->err"}, conditions...)
	}
	if len(conditions) == 0 {
		conditions = []string{"1"}
	}
	name := fmt.Sprintf("check_%d", s.n)
	fmt.Fprintf(&s.body, "static int %s(int me)\n{\n%s\treturn %s;\n}\n\n", name, strings.Join(skips, ""), strings.Join(conditions, " && "))
	return name
}

// valueCheck compares what a call has returned. A name that the line has bound is equal to
// it already.
func (s *source) valueCheck(x program.Expr) string {
	switch x := x.(type) {
	case *program.List:
		return s.sameList("==", "R->ids", x)
	case *program.Name:
		if _, ok := s.tasks[x.Name]; ok {
			if name, made := s.child(s.now); made && name == x.Name {
				return ""
			}
			return fmt.Sprintf("R->ret == pid_of(%s, me)", taskID(x.Name))
		}
	}
	return s.compared("==", cvalue{"R->ret", program.Number}, s.expr(x))
}

func errnos(r *program.Result) string {
	if len(r.Errnos) == 0 {
		return "R->err"
	}
	var out []string
	for _, e := range r.Errnos {
		out = append(out, "R->err == "+e.Name)
	}
	return "(" + strings.Join(out, " || ") + ")"
}

// SPDX-License-Identifier: GPL-2.0-only

package strace

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/nssim/nssim/sim"
	"github.com/nssim/nssim/sim/program"
	"github.com/nssim/nssim/syscall/uapi"
)

// taskCalls are the calls that make, end, signal and name tasks.
var taskCalls = map[string]func(*request){
	"fork":              func(q *request) { q.clone(sigchld, "", nil) },
	"vfork":             func(q *request) { q.clone(uapi.CLONE_VM|uapi.CLONE_VFORK|sigchld, "", nil) },
	"clone":             (*request).cloneCall,
	"clone3":            (*request).clone3,
	"exit":              func(q *request) { q.call("exit", q.code()) },
	"exit_group":        func(q *request) { q.call("exit_group", q.code()) },
	"execve":            (*request).execve,
	"execveat":          (*request).execve,
	"wait4":             (*request).wait4,
	"waitid":            (*request).waitid,
	"kill":              (*request).kill,
	"tkill":             (*request).tkill,
	"tgkill":            (*request).tgkill,
	"pidfd_send_signal": (*request).pidfdSignal,
	"rt_sigaction":      (*request).sigaction,
	"getpid":            func(q *request) { q.number("getpid") },
	"gettid":            func(q *request) { q.number("gettid") },
	"getppid":           func(q *request) { q.number("getppid") },
	"prctl":             (*request).prctl,
	"mmap":              (*request).mmap,
	"munmap":            (*request).munmap,
}

func (q *request) code() program.Expr {
	if len(q.c.args) == 0 {
		return numX(0)
	}
	return numX(int64(int32(q.num(q.arg(0)))))
}

// quiet are the flags of clone that say where numbers and thread areas are stored.
const quiet = uapi.CLONE_CHILD_CLEARTID | uapi.CLONE_CHILD_SETTID | uapi.CLONE_PARENT_SETTID | uapi.CLONE_SETTLS

func (q *request) cloneCall() {
	f := q.c.named("flags")
	if f == nil {
		q.bad(nil, "flags=")
		return
	}
	n := q.num(f)
	pidfd := (*value)(nil)
	if n&uapi.CLONE_PIDFD != 0 {
		pidfd = q.c.named("parent_tid")
	}
	q.clone(n, "", pidfd)
}

func (q *request) clone3() {
	s := q.arg(0)
	f := s.field("flags")
	if f == nil {
		q.bad(s, "a structure with flags")
		return
	}
	n := q.num(f)
	if e := s.field("exit_signal"); e != nil {
		n |= q.num(e) & uapi.CSIGNAL
	}
	pidfd := (*value)(nil)
	if o := s.last(); n&uapi.CLONE_PIDFD != 0 {
		if pidfd = o.field("pidfd"); pidfd == nil {
			pidfd = s.field("pidfd")
		}
	}
	if q.c.errno != 0 {
		q.pass() // strace does not show the whole of what was asked for
		return
	}
	if t := s.field("set_tid"); t != nil && t.kind == array && len(t.elems) > 0 {
		q.cloneSetTid(n, t)
		return
	}
	q.clone(n, "", pidfd)
}

func (q *request) cloneSetTid(n uint64, tids *value) {
	var xs []program.Expr
	for i := range tids.elems {
		xs = append(xs, numX(int64(q.num(&tids.elems[i]))))
	}
	q.makes(q.call("clone3", structX("flags", q.cloneFlags(n&^(quiet|uapi.CSIGNAL)), "exit_signal", smallX(n&uapi.CSIGNAL), "set_tid", listX(xs...))), n)
}

var cloneConstants = uapi.Constants()

// cloneFlags are flags by their names.
func (q *request) cloneFlags(n uint64) program.Expr {
	var x program.Expr
	for _, c := range cloneConstants {
		if strings.HasPrefix(c.Name, "CLONE_") && c.Value != 0 && c.Value&(c.Value-1) == 0 && n&c.Value == c.Value {
			x = orX(x, constX(c.Name))
			n &^= c.Value
		}
	}
	if n != 0 || x == nil {
		x = orX(x, smallX(n))
	}
	return x
}

// clone makes a task: fork where that says all.
func (q *request) clone(n uint64, _ string, pidfd *value) {
	asks := n &^ uint64(quiet|uapi.CLONE_INTO_CGROUP)
	const vfork = uapi.CLONE_VM | uapi.CLONE_VFORK
	switch sig := asks & uapi.CSIGNAL; {
	case asks&uapi.CLONE_PIDFD != 0:
		x := structX("flags", q.cloneFlags(asks&^uapi.CSIGNAL), "exit_signal", q.signalX(sig))
		if pidfd == nil || q.c.errno != 0 {
			q.makes(q.call("clone3", x), n)
			return
		}
		p := q.local("p")
		x.Fields = append(x.Fields, program.FieldValue{Name: "pidfd", X: outX(p)})
		q.makes(q.call("clone3", x), n)
		if v := pidfd.last(); v.kind == array && len(v.elems) == 1 {
			q.assert(equalX(nameX(p), numX(int64(q.num(&v.elems[0])))))
		}
	case asks == sigchld:
		q.makes(q.call("fork"), n)
	case asks == vfork|sigchld:
		q.makes(q.call("vfork"), n)
	case sig == 0 && asks&uapi.CLONE_THREAD == 0:
		q.makes(q.call("clone3", structX("flags", q.cloneFlags(asks))), n)
	default:
		x := q.cloneFlags(asks &^ uapi.CSIGNAL)
		if sig != 0 && sig != sigchld {
			x = orX(x, q.signalX(sig))
		}
		q.makes(q.call("clone", x), n)
	}
}

func (q *request) signalX(n uint64) program.Expr {
	if s := uapi.Signal(n); s.Valid() {
		return constX(s.String())
	}
	return smallX(n)
}

// makes names the task that a call makes.
func (q *request) makes(s *step, n uint64) {
	if q.c.errno != 0 {
		return
	}
	name := "t" + itoa(q.c.child)
	if q.c.child == 0 {
		name = q.local("t_")
	}
	s.returns(q, nameX(name))
	if n&uapi.CLONE_VFORK != 0 {
		s.line.Unfinished = true
	}
	parent := q.t
	s.then = func() { q.child(parent, name, n) }
	q.checks(func() string {
		if nr := q.value(name).N; !q.im.inInitialPid(parent) && nr != uint64(q.c.ret) {
			return fmt.Sprintf("%s returns %d on the model, expected %d", q.c.name, nr, q.c.ret)
		}
		return ""
	})
	q.w.after = func() { q.c.vforked = n&uapi.CLONE_VFORK != 0 }
}

// child enters the new task.
func (q *request) child(parent *task, name string, n uint64) {
	if q.c.child == 0 {
		return
	}
	t := &task{pid: q.c.child, name: name, id: sim.TaskID(q.im.m.Task(parent.id).Out[0]), fs: parent.fs, mem: parent.mem, sig: parent.sig}
	if n&uapi.CLONE_FS == 0 {
		fs := *parent.fs
		t.fs = &fs
	}
	if n&uapi.CLONE_VM == 0 {
		t.mem = parent.mem.clone()
	}
	if n&uapi.CLONE_SIGHAND == 0 {
		t.sig = &handlers{maps.Clone(parent.sig.of)}
	}
	q.im.tasks[t.pid] = t
}

// resumeVfork lets a parent go on that has waited for its child.
func (im *importer) resumeVfork(t *task, c *call) bool {
	l := program.Line{Kind: program.Resume, Task: t.name, Call: program.Syscall{Name: im.vforkName(c)}}
	for {
		k := im.mark()
		if im.exec(&step{line: l}, false) {
			return true
		}
		im.undo(k)
		moved := false
		for _, p := range slices.Clone(im.pending) {
			if p.pid == c.child && im.mayMove(p) && im.try(p) == nil {
				im.drop(p)
				moved = true
			}
		}
		if !moved {
			return false
		}
	}
}

// vforkName is the call's name in the program.
func (im *importer) vforkName(c *call) string {
	for i := len(im.p.Lines) - 1; i >= 0; i-- {
		l := &im.p.Lines[i]
		if l.Kind == program.Call && l.Unfinished && l.Task == im.tasks[c.pid].name {
			return l.Call.Name
		}
	}
	return c.name
}

// execve executes a program that the model has, in place of the one in the log. What
// handled signals is gone with the old program.
func (q *request) execve() {
	if q.c.errno != 0 {
		q.pass()
		return
	}
	s := q.call("execve", strX("/bin/true"))
	s.line.Comment = printable(q.str(q.arg(0)))
	q.t.sig.caught(func(sig uapi.Signal) {
		q.add("signal", constX(sig.String()), constX("SIG_DFL"))
	})
	t := q.t
	q.w.after = func() {
		t.mem = &memory{}
		t.sig = &handlers{}
	}
}

func (q *request) wait4() {
	pid, ok := q.pid(int64(int32(q.num(q.arg(0)))))
	if !ok {
		q.pass()
		return
	}
	args := []program.Expr{pid}
	st := q.arg(1).last()
	name := q.local("w")
	how, hx := q.flags(q.arg(2))
	want, known := q.status(st)
	if known && q.c.ret > 0 {
		args = append(args, outX(name))
	} else if how != 0 {
		args = append(args, &program.Blank{})
	}
	if how != 0 {
		args = append(args, hx)
	}
	s := q.call("wait4", args...)
	if q.c.errno != 0 {
		return
	}
	x, ok := q.pid(q.c.ret)
	if q.c.ret == 0 {
		x = numX(0)
	} else if !ok {
		q.bad(nil, "a child that the log shows, as the result")
		return
	}
	s.returns(q, x)
	if known && q.c.ret > 0 {
		q.assert(equalX(nameX(name), want))
	}
}

// status is a wait status as strace prints it.
func (q *request) status(v *value) (program.Expr, bool) {
	if v.kind != array || len(v.elems) != 1 {
		return nil, false
	}
	var words []string
	for i := range v.elems[0].elems {
		words = append(words, v.elems[0].elems[i].raw)
	}
	s := strings.Join(words, ", ")
	if v.elems[0].kind == atom {
		s = v.elems[0].raw
	}
	if _, n, ok := strings.Cut(s, "WEXITSTATUS(s) == "); ok {
		code, ok := term(n)
		return funcX("exited", numX(int64(code))), ok
	}
	if _, name, ok := strings.Cut(s, "WTERMSIG(s) == "); ok {
		name, _, _ = strings.Cut(name, " ")
		if sig, ok := uapi.SignalByName(name); ok {
			return funcX("killed", constX(sig.String())), !strings.Contains(s, "WCOREDUMP")
		}
	}
	return nil, false
}

func (q *request) waitid() {
	which, wx := q.flags(q.arg(0))
	id := program.Expr(numX(0))
	switch which {
	case uapi.P_PID, uapi.P_PGID:
		x, ok := q.pid(int64(int32(q.num(q.arg(1)))))
		if !ok {
			q.pass()
			return
		}
		id = x
	case uapi.P_PIDFD:
		id = fdX(q.fd(q.arg(1)))
	}
	q.call("waitid", wx, id, &program.Blank{}, q.flagsX(3))
}

// kill: a signal that the target handles does not end it, which the model knows as one
// that is ignored.
func (q *request) kill() {
	n := int64(int32(q.num(q.arg(0))))
	x, ok := q.pid(n)
	if n < 0 {
		x, ok = q.pid(-n)
		x = &program.Unary{Op: "-", X: x}
		ok = ok && n < -1 && !q.im.inInitialPid(q.t)
	}
	if !ok || n == 0 {
		q.pass()
		return
	}
	q.call("kill", x, q.sig(1))
}

func (q *request) sig(i int) program.Expr {
	n, _ := q.signal(q.arg(i))
	return n
}

// signal is a signal by its name, or a number.
func (q *request) signal(v *value) (program.Expr, uapi.Signal) {
	if s, ok := uapi.SignalByName(v.raw); ok {
		return constX(s.String()), s
	}
	if rest, ok := strings.CutPrefix(v.raw, "SIGRT_"); ok {
		n, _ := term(rest)
		return numX(32 + int64(n)), uapi.Signal(32 + n)
	}
	n := q.num(v)
	return numX(int64(n)), uapi.Signal(n)
}

func (q *request) tkill() {
	x, ok := q.pid(int64(int32(q.num(q.arg(0)))))
	if !ok {
		q.pass()
		return
	}
	q.call("kill", x, q.sig(1))
}

func (q *request) tgkill() {
	x, ok := q.pid(int64(int32(q.num(q.arg(0)))))
	y, ok2 := q.pid(int64(int32(q.num(q.arg(1)))))
	if !ok || !ok2 {
		q.pass()
		return
	}
	q.call("tgkill", x, y, q.sig(2))
}

func (q *request) pidfdSignal() {
	q.call("pidfd_send_signal", fdX(q.fd(q.arg(0))), q.sig(1))
}

// handlers is what threads share: the signals that are caught.
type handlers struct{ of map[uapi.Signal]bool }

func (h *handlers) caught(f func(uapi.Signal)) {
	for _, s := range slices.Sorted(maps.Keys(h.of)) {
		f(s)
	}
}

// sigaction: the model knows what is ignored. A signal that is caught is ignored there,
// but SIGCHLD, which would then reap children.
func (q *request) sigaction() {
	_, sig := q.signal(q.arg(0))
	act := q.arg(1)
	h := act.field("sa_handler")
	if h == nil {
		h = act.field("sa_sigaction")
	}
	if act.kind != record || h == nil || q.c.errno != 0 || !sig.Valid() || sig > uapi.SIGSYS {
		q.pass()
		return
	}
	t := q.t
	how := "SIG_IGN"
	n, _, bad := flags(strings.Replace(strings.Replace(h.raw, "SIG_DFL", "0", 1), "SIG_IGN", "1", 1))
	caught := bad != "" || n > 1
	if !caught && n == 0 {
		how = "SIG_DFL"
	}
	q.w.after = func() {
		if t.sig.of == nil {
			t.sig.of = map[uapi.Signal]bool{}
		}
		delete(t.sig.of, sig)
		if caught && sig != uapi.SIGCHLD {
			t.sig.of[sig] = true
		}
	}
	if f := act.field("sa_flags"); caught && sig == uapi.SIGCHLD && (f == nil || !has(f, saNoCldWait)) {
		how = "SIG_DFL"
	}
	q.call("signal", constX(sig.String()), &program.Const{Name: how, Value: map[string]uint64{"SIG_IGN": 1}[how]})
}

const saNoCldWait = 2 // SA_NOCLDWAIT

// number compares a process's own number, or its parent's.
func (q *request) number(name string) {
	if !q.im.inInitialPid(q.t) {
		q.call(name).returns(q, numX(q.c.ret))
		return
	}
	t := q.im.tasks[int(q.c.ret)]
	if t == nil {
		q.pass()
		return
	}
	q.call(name).returns(q, nameX(t.name))
}

// prctls are the options that the model knows, with the number of their arguments.
var prctls = map[uint64]int{
	uapi.PR_SET_PDEATHSIG: 1, uapi.PR_GET_DUMPABLE: 0, uapi.PR_SET_DUMPABLE: 1, uapi.PR_GET_KEEPCAPS: 0, uapi.PR_SET_KEEPCAPS: 1,
	uapi.PR_CAPBSET_READ: 1, uapi.PR_CAPBSET_DROP: 1, uapi.PR_GET_SECUREBITS: 0, uapi.PR_SET_SECUREBITS: 1,
	uapi.PR_SET_CHILD_SUBREAPER: 1, uapi.PR_SET_NO_NEW_PRIVS: 4, uapi.PR_GET_NO_NEW_PRIVS: 4, uapi.PR_CAP_AMBIENT: 4,
}

func (q *request) prctl() {
	option, ox, bad := flags(q.arg(0).raw)
	n, ok := prctls[option]
	if !ok || bad != "" {
		q.pass()
		return
	}
	args := []program.Expr{ox}
	for i := 1; i <= n && i < len(q.c.args); i++ {
		if s, ok := uapi.SignalByName(q.c.args[i].raw); ok {
			args = append(args, constX(s.String()))
			continue
		}
		args = append(args, q.flagsX(i))
	}
	q.call("prctl", args...).returns(q, numX(q.c.ret))
}

// sigchld is the exit signal of fork.
const sigchld = uint64(uapi.SIGCHLD)

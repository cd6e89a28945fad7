// SPDX-License-Identifier: GPL-2.0-only

package program

import (
	"slices"

	"github.com/nssim/nssim/sim"
	"github.com/nssim/nssim/syscall"
	"github.com/nssim/nssim/syscall/uapi"
)

// pendingCall is a call left unfinished.
type pendingCall struct {
	line *Line
	spec *callSpec
}

// caller returns the task of a line, which must be able to make calls.
func (r *Runner) caller(l *Line) (sim.TaskID, int32) {
	i, ok := r.index[l.Task]
	if !ok {
		r.bad(l.At, "task "+clip(l.Task), "a task that was made above", "the call that would have made it failed, or has not returned")
	}
	v := r.names[i].v
	if v.Kind != TaskValue {
		r.bad(l.At, clip(l.Task)+", which is "+v.Kind.String(), "a task", "")
	}
	return r.task(v.ref), v.ref
}

// alive sees to it that a task can make a call.
func (r *Runner) alive(l *Line, t sim.TaskID) {
	if t != 0 && r.m.Task(t).Alive() {
		return
	}
	r.bad(l.At, "a call by "+clip(l.Task)+", which has ended", "a task that lives", "")
}

// call starts a call and runs it as far as the line says.
func (r *Runner) call(l *Line) {
	t, ref := r.caller(l)
	r.alive(l, t)
	if r.m.Task(t).Top != 0 {
		r.bad(l.At, "a call by "+clip(l.Task)+", which is inside another one", "`"+l.Task+": <... resumed>` first", "")
	}
	spec := callSpecs[l.Call.Name]
	if spec == nil {
		r.bad(l.Call.At, "call "+clip(l.Call.Name), "a system call", "")
	}
	r.rep.Calls++
	a := r.argsOf(l, t)
	if spec.run != nil && (spec.several == nil || spec.several(a)) {
		if l.Call.Fail != "" {
			r.bad(l.Call.At, "fail with "+l.Call.Name, "a single system call", "this line stands for several")
		}
		ret, errno := spec.run(a)
		syscall.Sched(r.m)
		if l.Unfinished {
			r.fail(l.Call.At, l.Call.text(), resultText(ret, errno), "<unfinished ...>", "")
		}
		r.finish(l, l, a, spec, ret, errno)
		return
	}
	r.start(l, t, r.failing(l, spec.build(a)))
	if l.Call.Until != "" {
		r.stopBefore(l, t)
	} else {
		syscall.Run(r.m, t)
	}
	syscall.Sched(r.m)
	if l.Unfinished {
		r.leave(l, t, ref, spec)
		return
	}
	r.returned(l, l, t, spec)
}

// failing makes a call fail where the line says so.
func (r *Runner) failing(l *Line, c syscall.Call) syscall.Call {
	if l.Call.Fail == "" {
		return c
	}
	f, ok := syscall.FailureByName(l.Call.Fail)
	if !ok {
		r.bad(l.Call.At, "fail "+clip(l.Call.Fail), "a kernel function that can be made to fail", "")
	}
	return syscall.Failing{Call: c, At: f}
}

// start begins a call; what could be in its way has been looked at.
func (r *Runner) start(l *Line, t sim.TaskID, c syscall.Call) {
	if r.OnCall != nil {
		r.OnCall(t, c)
	}
	if err := syscall.Start(r.m, t, c); err != nil {
		r.bad(l.At, "a call by "+clip(l.Task), "a task in user mode", err.Error())
	}
}

// do runs one of the several calls that a line stands for.
func (r *Runner) do(l *Line, t sim.TaskID, c syscall.Call) (int64, uapi.Errno) {
	r.start(l, t, c)
	syscall.Run(r.m, t)
	syscall.Sched(r.m)
	r.mustReturn(l, l, t)
	return result(r.m.Task(t))
}

// result splits what a call returned into value and errno.
func result(k *sim.Task) (int64, uapi.Errno) {
	if k.Ret < 0 && k.Ret > -4096 {
		return -1, uapi.Errno(-k.Ret)
	}
	return k.Ret, 0
}

// stopBefore runs a call up to the step that the line names.
func (r *Runner) stopBefore(l *Line, t sim.TaskID) {
	if syscall.RunUntil(r.m, t, l.Call.Until) {
		return
	}
	syscall.Sched(r.m)
	got := "returned"
	if r.m.Task(t).Top != 0 {
		got = "blocked"
	}
	r.fail(l.Call.At, l.Call.text(), got, "to stop before "+l.Call.Until, "")
}

// text is the call as it stands in the program.
func (c *Syscall) text() string {
	_, body := (&Line{Kind: Call, Call: *c}).halves()
	return body
}

// leave notes a call that is to stay unfinished, which it must.
func (r *Runner) leave(l *Line, t sim.TaskID, ref int32, spec *callSpec) {
	r.obs.Status = Unfinished
	k := r.m.Task(t)
	if !k.Alive() {
		r.obs.Status = Ended
		r.fail(l.Call.At, l.Call.text(), "?", "<unfinished ...>", "the task has ended")
	}
	if k.Top == 0 {
		r.obs.Status = Returned
		v, errno := result(k)
		r.fail(l.Call.At, l.Call.text(), resultText(number64(v), errno), "<unfinished ...>", "")
	}
	open := l
	if l.Kind == Resume {
		open = r.pending[ref].line
	}
	r.pending[ref] = &pendingCall{line: open, spec: spec}
	for i := range l.Results { // a new task, whose parent goes on later
		res := &l.Results[i]
		if res.Kind != Value {
			r.bad(res.At, "a result of an unfinished call", "the result on the line that resumes it", "only the name of a new task stands here")
		}
		child := sim.TaskID(k.Out[0])
		if child == 0 || !r.m.TaskLive(child) || !r.m.Task(child).Alive() {
			r.fail(res.At, l.Call.text(), "no new task", res.X.String(), "")
		}
		r.obs.Ret = r.args.taskVal(child, int64(r.m.PidNr(r.m.Task(child).Pid, r.m.ActivePidNS(t))))
		r.valueResult(l, res, r.obs.Ret, env{task: t})
	}
}

// resume lets an unfinished call go on, which must return, or come to its next stop.
func (r *Runner) resume(l *Line) {
	t, ref := r.caller(l)
	p := r.pending[ref]
	if p == nil || p.line.Call.Name != l.Call.Name {
		r.bad(l.At, "<... "+clip(l.Call.Name)+" resumed>", "a call", "no such call of "+clip(l.Task)+" is unfinished")
	}
	if t == 0 || !r.m.Task(t).Alive() {
		delete(r.pending, ref)
		r.returned(l, p.line, t, p.spec)
		return
	}
	if r.m.Task(t).State == sim.Stopped {
		syscall.Resume(r.m, t)
		if l.Call.Until != "" {
			if _, step := syscall.NextStep(r.m, t); step == l.Call.Until {
				syscall.Step(r.m, t) // it stands there already: the next time
			}
			r.stopBefore(l, t)
		} else {
			syscall.Run(r.m, t)
		}
	} else if l.Call.Until != "" {
		r.fail(l.At, l.Call.Name, r.whatHappened(t), "to stop before "+l.Call.Until, "it was not stopped")
	}
	syscall.Sched(r.m)
	if l.Unfinished {
		r.leave(l, t, ref, p.spec)
		return
	}
	delete(r.pending, ref)
	r.returned(l, p.line, t, p.spec)
}

// whatHappened says in a word where a task's call stands.
func (r *Runner) whatHappened(t sim.TaskID) string {
	if r.m.Task(t).Top == 0 {
		return "returned"
	}
	return stateWord(r.m.Task(t).State)
}

// returned deals with the end of a call: of line l, which was started on line open.
func (r *Runner) returned(l, open *Line, t sim.TaskID, spec *callSpec) {
	ends := signatures[open.Call.Name].Binds == BindsNothing
	if t == 0 || !r.m.Task(t).Alive() {
		r.obs.Status = Ended
		switch {
		case len(l.Results) > 0:
			r.fail(l.Results[0].At, open.Call.text(), "?", l.Results[0].wanted(), "the task has ended")
		case l.Kind == Resume && !ends:
			r.fail(l.At, open.Call.text(), "?", "to return", "the task has ended")
		}
		return
	}
	if ends {
		r.fail(l.At, open.Call.text(), r.whatHappened(t), "the end of the task", "")
	}
	r.mustReturn(l, open, t)
	a := r.argsOf(open, t)
	ret, errno := result(r.m.Task(t))
	if spec.lists && (errno == 0 || errno == uapi.EFAULT) {
		a.ids = r.stored(a.ids, t)
	}
	v := number64(ret)
	if errno == 0 {
		v = spec.value(a, ret)
	}
	r.finish(l, open, a, spec, v, errno)
}

// mustReturn ends the run if a call is still in flight.
func (r *Runner) mustReturn(l, open *Line, t sim.TaskID) {
	if k := r.m.Task(t); k.Top != 0 {
		op, step := syscall.NextStep(r.m, t)
		r.obs.Status = Unfinished
		r.fail(l.At, open.Call.text(), "<unfinished ...>", "to return", "did not return: "+stateWord(k.State)+" in "+op+", before "+step)
	}
}

// finish binds what a call has put out and checks the results of its line.
func (r *Runner) finish(l, open *Line, a *args, spec *callSpec, v Val, errno uapi.Errno) {
	r.obs.Status, r.obs.Ret, r.obs.Errno = Returned, v, errno
	a.l, a.errno = open, errno
	if spec.lists {
		r.obs.Lists = true
		r.obs.IDs = append(r.obs.IDs[:0], a.ids...)
		for _, id := range a.ids {
			r.see(id)
		}
	}
	if errno != 0 {
		for i := range l.Results {
			if res := &l.Results[i]; res.Kind == SkipOn && res.names(errno) {
				r.skip(res.At, res.Reason, a.t)
			}
		}
	}
	if spec.outs != nil && (errno == 0 || spec.lists || errno == spec.putsOut) {
		spec.outs(a)
	}
	r.results(l, open, v, errno, env{task: a.t})
}

// names reports whether an errno is among those of a result; none listed means any.
func (res *Result) names(errno uapi.Errno) bool {
	return len(res.Errnos) == 0 || slices.ContainsFunc(res.Errnos, func(e Errno) bool { return e.Num == errno })
}

// results checks what a call returned against its line, from left to right.
func (r *Runner) results(l, open *Line, v Val, errno uapi.Errno, e env) {
	settled := false // something said that it may fail
	for i := range l.Results {
		res := &l.Results[i]
		switch res.Kind {
		case SkipOn:
		case Any:
			settled = true
		case Errnos:
			if errno == 0 || !res.names(errno) {
				r.failResult(open, res, v, errno)
			}
			settled = true
		case Compare:
			if r.compareResult(open, res, v, errno, e) {
				settled = true
			}
		case Has, Lacks:
			if errno != 0 && !settled {
				r.failResult(open, res, v, errno)
			}
			r.listingHas(open, res, errno, e)
		case Value:
			if errno != 0 {
				r.failResult(open, res, v, errno)
			}
			r.valueResult(open, res, v, e)
		}
	}
	if errno != 0 && !settled {
		at := l.Call.At
		if !at.IsValid() {
			at = l.At
		}
		r.fail(at, open.Call.text(), resultText(v, errno), "success", "")
	}
}

func (r *Runner) failResult(open *Line, res *Result, v Val, errno uapi.Errno) {
	r.fail(res.At, open.Call.text(), resultText(v, errno), res.wanted(), "")
}

// wanted is what a result states, for messages.
func (res *Result) wanted() string {
	switch res.Kind {
	case Value:
		return res.X.String()
	case Errnos:
		return errnoText(res.Errnos)
	}
	return res.String()
}

// resultText is what a call returned as strace prints it.
func resultText(v Val, errno uapi.Errno) string {
	if errno != 0 {
		return "-1 " + errno.Error()
	}
	return v.String()
}

// compareResult checks `>= N` and its like. `< 0` is any failure; otherwise the call must
// succeed.
func (r *Runner) compareResult(open *Line, res *Result, v Val, errno uapi.Errno, e env) (mayFail bool) {
	want := r.eval(res.X, e)
	n := Val{Kind: want.Kind, N: r.plainNumber(want, res.X, e)}
	if res.Op == "<" && n.N == 0 {
		if errno == 0 {
			r.failResult(open, res, v, errno)
		}
		return true
	}
	if errno != 0 {
		r.failResult(open, res, v, errno)
	}
	if res.Op == "!=" && want.Kind == TaskValue && v.Kind == TaskValue && want.ref != v.ref {
		return false
	}
	if !comparableKinds(&v, &want) {
		r.mismatch(res.X, want, v.Kind.String())
	}
	if !holds(res.Op, compareNumbers(&v, &n)) {
		r.fail(res.At, open.Call.text(), r.show(v), res.Op+" "+r.describe(want, res.X), "")
	}
	return false
}

// plainNumber is plain for what has to be a number.
func (r *Runner) plainNumber(v Val, x Expr, e env) uint64 {
	if !v.numeric() {
		r.mismatch(x, v, "a number")
	}
	return r.plain(v, e)
}

// listingHas checks `has` and `lacks`; a listing that failed has no ids.
func (r *Runner) listingHas(open *Line, res *Result, errno uapi.Errno, e env) {
	ids := r.obs.IDs
	if errno != 0 {
		ids = nil
	}
	for _, x := range res.List {
		v := r.eval(x, e)
		wanted := v.L
		if v.Kind != ListValue {
			wanted = []uint64{r.number(v, x, e)}
		}
		for _, id := range wanted {
			if slices.Contains(ids, id) == (res.Kind == Has) {
				continue
			}
			want := "one that has "
			if res.Kind == Lacks {
				want = "one that lacks "
			}
			r.fail(res.At, open.Call.text(), listText(ids), want+r.describe(idValue(id), x), "")
		}
	}
}

// valueResult checks `= VALUE`: it binds a name that is not bound yet, and compares.
func (r *Runner) valueResult(open *Line, res *Result, v Val, e env) {
	if n, ok := res.X.(*Name); ok {
		if _, bound := r.index[n.Name]; !bound {
			r.bind(nil, n.Name, v)
			return
		}
	}
	want := r.eval(res.X, e)
	if want.Kind == ListValue {
		if !r.obs.Lists {
			r.mismatch(res.X, want, v.Kind.String())
		}
		if !slices.Equal(r.obs.IDs, want.L) {
			r.fail(res.At, open.Call.text(), listText(r.obs.IDs), r.describe(want, res.X), "")
		}
		return
	}
	if !comparableKinds(&v, &want) {
		r.bad(res.X.Pos(), clip(res.X.String())+", which is "+want.Kind.String(), v.Kind.String(), "that is what "+open.Call.Name+" returns")
	}
	if v.Kind == TaskValue && want.Kind == TaskValue {
		if v.ref == want.ref {
			return
		}
	} else if v.N == r.plain(want, e) {
		return
	}
	r.fail(res.At, open.Call.text(), r.show(v), r.describe(want, res.X), "")
}

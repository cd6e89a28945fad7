// SPDX-License-Identifier: GPL-2.0-only

package gen

import (
	"math/rand/v2"
	"slices"

	"github.com/nssim/nssim/refcount"
	"github.com/nssim/nssim/sim"
	"github.com/nssim/nssim/sim/program"
	"github.com/nssim/nssim/syscall"
)

// Interleave returns a program in which some calls are stopped in the middle while other
// tasks go on, and some are made to fail where the model never lets them (`until` and
// `fail`). What lines state is written anew for the configuration, on which the result
// passes. The same program and seed always give the same result. The error is that of
// program.NewRunner.
func Interleave(p *program.Program, seed uint64, cfg sim.Config) (*program.Program, error) {
	r, err := program.NewRunner(p, cfg)
	if err != nil {
		return nil, err
	}
	r.KeepSnapshots(1)
	r.Machine().Tracing = true
	v := &interleaver{r: r, rand: rand.New(rand.NewPCG(seed, 1))}
	for !r.Done() {
		v.line(p.Lines[r.Line()])
	}
	for _, h := range v.held {
		v.resume(h)
	}
	q := *p
	q.Source, q.Lines = nil, v.out
	return passing(&q, cfg)
}

// passing is Rerecord without the lines on which a call ends with its task: there is
// nothing that they could state.
func passing(p *program.Program, cfg sim.Config) (*program.Program, error) {
	for {
		q, err := Rerecord(p, cfg)
		if err != nil {
			return nil, err
		}
		r, err := program.NewRunner(q, cfg)
		if err != nil || r.Run().Outcome != program.Fail || len(q.Lines) == 0 {
			return q, err
		}
		at := r.Observed().Line
		q.Lines = prune(q.Lines, func(i int) bool { return i == at })
		p = q
	}
}

type interleaver struct {
	r    *program.Runner
	rand *rand.Rand
	out  []program.Line
	held []heldCall
}

// heldCall is a call that is stopped and has yet to go on.
type heldCall struct {
	line program.Line
	left int // after so many lines at the latest
}

// Of a hundred calls so many are stopped, and of those that make namespaces so many fail.
// While a call is stopped, the first task looks or somebody dies in so many of a hundred
// cases; otherwise the program goes on as it is for a few lines.
const (
	stopPercent = 30
	failPercent = 25
	lookPercent = 50
	killPercent = 35
	holdLines   = 8
)

// meanwhile adds lines of the first task behind a call that has been stopped.
func (v *interleaver) meanwhile(stopped string) {
	busy := slices.ContainsFunc(v.held, func(h heldCall) bool { return h.line.Task == "init" })
	if stopped == "init" || busy {
		return
	}
	switch n := v.rand.IntN(100); {
	case n < lookPercent:
		v.add("listns", &program.Struct{}, num(64))
	case n < lookPercent+killPercent:
		if t := v.victim(stopped); t != "" {
			v.add("kill", name(t), word("SIGKILL"))
			v.add("wait4", name(t))
		}
	}
}

// add adds a call by the first task of which nothing is expected.
func (v *interleaver) add(call string, args ...program.Expr) {
	l := program.Line{Kind: program.Call, Task: "init", Results: []program.Result{{Kind: program.Any}}}
	l.Call.Name, l.Call.Args = call, args
	v.out = append(v.out, l)
}

// victim picks a task to be killed, other than init and one whose call is stopped.
func (v *interleaver) victim(stopped string) string {
	var names []string
	v.r.Machine().EachTask(func(t sim.TaskID, k *sim.Task) bool {
		n := v.r.TaskName(t)
		if n != "" && n != "init" && n != stopped && k.Alive() && t != sim.Pid1 && !k.Has(sim.KThread) &&
			!slices.ContainsFunc(v.held, func(h heldCall) bool { return h.line.Task == n }) {
			names = append(names, n)
		}
		return true
	})
	if len(names) == 0 {
		return ""
	}
	return names[v.rand.IntN(len(names))]
}

// line takes over a line, and sometimes stops it.
func (v *interleaver) line(l program.Line) {
	v.release(&l)
	if v.stoppable(&l) && v.rand.IntN(100) < stopPercent {
		if stops := v.stop(&l); stops != nil {
			v.out = append(v.out, stops...)
			v.meanwhile(l.Task)
			v.held = append(v.held, heldCall{l, 1 + v.rand.IntN(holdLines)})
			return
		}
	} else {
		v.r.Next()
	}
	if all := canFail(&l); len(all) > 0 && v.rand.IntN(100) < failPercent {
		l.Call.Fail = all[v.rand.IntN(len(all))].String()
	}
	v.out = append(v.out, l)
}

// stoppable: a single system call that returns on its line and makes no task.
func (v *interleaver) stoppable(l *program.Line) bool {
	sig := program.CallByName(l.Call.Name)
	return l.Kind == program.Call && !l.Unfinished && sig != nil && !sig.Short && sig.Binds != program.BindsTask &&
		l.Call.Name != "write"
}

// failing says which kernel functions a call comes to by its flags.
var failing = map[string]syscall.Failure{
	"CLONE_NEWUSER": syscall.FailUCounts, "CLONE_NEWCGROUP": syscall.FailCgroup,
	"CLONE_NEWIPC": syscall.FailMqSysctls, "CLONE_NEWNET": syscall.FailNetInit,
}

// canFail lists what can be made to fail in a call.
func canFail(l *program.Line) (all []syscall.Failure) {
	if l.Kind != program.Call || l.Call.Name != "unshare" && l.Call.Name != "clone" {
		return nil
	}
	for _, x := range l.Call.Args {
		program.Walk(x, func(x program.Expr) bool {
			if c, ok := x.(*program.Const); ok && failing[c.Name] != 0 {
				all = append(all, failing[c.Name])
			}
			return true
		})
	}
	return all
}

// stop runs a line, picks one of the steps that its call has gone through, and returns the
// lines that stop before that one; nil if there is none.
func (v *interleaver) stop(l *program.Line) []program.Line {
	caller := v.caller(l)
	v.r.Next()
	var steps []string
	for _, e := range v.r.Events() {
		if e.Kind == refcount.Entered && sim.TaskID(e.Task) == caller {
			_, step := syscall.StepName(e)
			steps = append(steps, step)
		}
	}
	if len(steps) < 2 {
		return nil
	}
	name := v.step(steps)
	if name == "" {
		return nil
	}
	var places []int
	for i, step := range steps {
		if i > 0 && step == name {
			places = append(places, i)
		}
	}
	at := places[v.rand.IntN(len(places))]
	first := *l
	first.Results, first.Unfinished, first.Call.Until = nil, true, name
	out := []program.Line{first}
	for range occurrences(steps[:at], name) {
		more := program.Line{Kind: program.Resume, Task: l.Task, Unfinished: true}
		more.Call.Name, more.Call.Until = l.Call.Name, name
		out = append(out, more)
	}
	return out
}

// step picks one of the steps but for the first, each name as often as any other.
func (v *interleaver) step(steps []string) string {
	var names []string
	for _, s := range steps[1:] {
		if isWord(s) && !slices.Contains(names, s) {
			names = append(names, s)
		}
	}
	if len(names) == 0 {
		return ""
	}
	return names[v.rand.IntN(len(names))]
}

func occurrences(steps []string, name string) (n int) {
	for _, s := range steps {
		if s == name {
			n++
		}
	}
	return n
}

// isWord reports whether a step can be named in a program.
func isWord(step string) bool {
	return step != "" && !slices.ContainsFunc([]rune(step), func(r rune) bool {
		return r != '_' && (r < 'a' || r > 'z') && (r < '0' || r > '9')
	})
}

func (v *interleaver) caller(l *program.Line) (id sim.TaskID) {
	v.r.Machine().EachTask(func(t sim.TaskID, _ *sim.Task) bool {
		if v.r.TaskName(t) == l.Task {
			id = t
		}
		return id == 0
	})
	return id
}

// release lets the calls go on that a line needs: its own task's, one that binds what it
// uses, one of a task that it names; and those that have been held long enough.
func (v *interleaver) release(l *program.Line) {
	kept := v.held[:0]
	for _, h := range v.held {
		if h.left--; h.left >= 0 && h.line.Task != l.Task && !needs(l, &h.line) {
			kept = append(kept, h)
			continue
		}
		v.resume(h)
	}
	v.held = kept
}

func (v *interleaver) resume(h heldCall) {
	l := program.Line{Kind: program.Resume, Task: h.line.Task, Results: h.line.Results}
	l.Call.Name = h.line.Call.Name
	v.out = append(v.out, l)
}

// needs reports whether a line uses what a held one binds, or names its task.
func needs(l, held *program.Line) bool {
	bound := namesBoundBy(held)
	found := false
	for _, x := range l.Exprs() {
		program.Walk(x, func(x program.Expr) bool {
			if n, ok := x.(*program.Name); ok && (n.Name == held.Task || slices.Contains(bound, n.Name)) {
				found = true
			}
			return !found
		})
	}
	return found
}

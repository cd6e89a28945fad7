// SPDX-License-Identifier: GPL-2.0-only

package export

import (
	"fmt"
	"strings"

	"github.com/nssim/nssim/refcount"
	"github.com/nssim/nssim/sim"
	"github.com/nssim/nssim/syscall"
)

// TraceKind says what a line of a trace tells.
type TraceKind string

// The kinds of trace lines.
const (
	// TraceTask: another task goes on.
	TraceTask TraceKind = "task"
	// TraceFunction: a kernel function runs.
	TraceFunction TraceKind = "function"
	// TraceCount: a count of a namespace changes.
	TraceCount TraceKind = "count"
	// TraceWarning: a kernel assertion fires.
	TraceWarning TraceKind = "warning"
	// TraceSleep: the task goes to sleep.
	TraceSleep TraceKind = "sleep"
)

// TraceEvent is one line of a trace.
type TraceEvent struct {
	Kind     TraceKind `json:"kind"`
	Depth    int       `json:"depth"` // of calls
	Task     string    `json:"task"`
	Function string    `json:"function,omitempty"`
	NS       *NSRef    `json:"ns,omitempty"`
	Count    string    `json:"count,omitempty"` // passive or active
	From     *int32    `json:"from,omitempty"`
	To       *int32    `json:"to,omitempty"`
	Note     string    `json:"note,omitempty"` // what the change means, or the assertion
}

// Text is the event for people, without indentation.
func (e *TraceEvent) Text() string {
	switch e.Kind {
	case TraceTask:
		return e.Task + ":"
	case TraceFunction:
		return e.Function
	case TraceSleep:
		return "sleeps"
	case TraceWarning:
		if e.NS == nil {
			return "WARNING " + e.Note
		}
		return "WARNING " + e.NS.Long() + ": " + e.Note
	}
	s := fmt.Sprintf("%s: %s %d -> %d", e.NS.Long(), e.Count, *e.From, *e.To)
	if e.Note != "" {
		s += ", " + e.Note
	}
	return s
}

// Tracer tells what single lines of a program did inside the kernel. Events carry no
// depth of calls: the Tracer works it out from the steps, which within one function
// ascend but for loops, and from the frames that were there before the line.
type Tracer struct {
	m     *sim.Machine
	names Namer
	refs  []NSRef // by handle, before the line
	line  int32
	now   sim.TaskID
	stack map[sim.TaskID][]traceFrame
	slept map[uint64]int32 // id of a namespace that became inactive, and the line where
	out   []TraceEvent
}

// traceFrame is a function that has been entered.
type traceFrame struct{ op, step int32 }

// NewTracer makes a tracer for a machine that records everything from now on.
func NewTracer(m *sim.Machine, names Namer) *Tracer {
	m.Tracing = true
	return &Tracer{m: m, names: names, stack: make(map[sim.TaskID][]traceFrame), slept: make(map[uint64]int32)}
}

// Before is called before each line. It notes what a namespace was called, because the
// line may destroy it, and which calls are in flight.
func (t *Tracer) Before() {
	t.refs = t.refs[:0]
	for i := range t.m.Entries {
		var r NSRef
		if present(t.m, sim.NS(i)) {
			r = refOf(t.m, t.names, sim.NS(i))
		}
		t.refs = append(t.refs, r)
	}
	clear(t.stack)
	t.m.EachTask(func(id sim.TaskID, k *sim.Task) bool {
		var s []traceFrame
		for f := k.Top; f != 0; f = t.m.Frame(f).Prev {
			s = append(s, traceFrame{int32(t.m.Frame(f).Op), int32(t.m.Frame(f).Step) - 1})
		}
		for i, j := 0, len(s)-1; i < j; i, j = i+1, j-1 {
			s[i], s[j] = s[j], s[i]
		}
		if s != nil {
			t.stack[id] = s
		}
		return true
	})
}

// After returns what the line since Before has done. caller is the task that made the
// line's call, 0 for none; other tasks are announced when they take over. The result is
// good until the next call.
func (t *Tracer) After(events []refcount.Event, caller sim.TaskID) []TraceEvent {
	t.out, t.now = t.out[:0], caller
	for i := range events {
		if i == 0 {
			t.startLine(events[0].Line)
		}
		t.event(&events[i])
	}
	return t.out
}

// Warnings returns the kernel assertions among events, which are recorded also when
// nothing is traced.
func Warnings(m *sim.Machine, names Namer, events []refcount.Event) []TraceEvent {
	t := Tracer{m: m, names: names}
	for i := range events {
		if events[i].Kind == refcount.Warned {
			t.now = sim.TaskID(events[i].Task)
			t.event(&events[i])
		}
	}
	return t.out
}

// startLine forgets what was learnt from a line that has been taken back.
func (t *Tracer) startLine(line int32) {
	t.line = line
	for id, at := range t.slept {
		if at >= line {
			delete(t.slept, id)
		}
	}
}

func (t *Tracer) event(e *refcount.Event) {
	id := sim.TaskID(e.Task)
	if id != 0 && id != t.now {
		t.now = id
		t.add(TraceEvent{Kind: TraceTask, Task: t.names.TaskName(id)})
	}
	switch e.Kind {
	case refcount.Entered:
		t.enter(id, e)
	case refcount.PassiveChanged, refcount.ActiveChanged:
		t.count(id, e)
	case refcount.Warned:
		ev := TraceEvent{Kind: TraceWarning, Depth: len(t.stack[id]), Note: e.What.String()}
		if e.NS != 0 {
			ev.NS = t.ref(e.NS)
		}
		t.add(ev)
	case refcount.Blocked:
		t.add(TraceEvent{Kind: TraceSleep, Depth: len(t.stack[id])})
	}
}

func (t *Tracer) add(e TraceEvent) {
	if e.Task == "" && t.now != 0 {
		e.Task = t.names.TaskName(t.now)
	}
	t.out = append(t.out, e)
}

// dull are steps that are bookkeeping of the model's and no kernel function.
var dull = map[string]bool{"done": true, "return": true}

// enter follows a task into a step: a further one of a function that it is in, or the
// first of a function that the step before has called.
func (t *Tracer) enter(id sim.TaskID, e *refcount.Event) {
	op, step := syscall.StepName(*e)
	f := traceFrame{e.Old, e.New}
	s := t.stack[id]
	at := find(s, f)
	if roots[op] && f.step == 0 && (id == sim.KWorker || op == exitToUser) {
		at, s = -1, s[:0]
	}
	if at >= 0 {
		again := s[at].step == f.step
		s[at].step = f.step
		t.stack[id] = s[:at+1]
		if !again {
			t.function(at+1, op, step)
		}
		return
	}
	t.stack[id] = append(s, f)
	if !dull[op] {
		t.add(TraceEvent{Kind: TraceFunction, Depth: len(s), Function: op})
	}
	t.function(len(s)+1, op, step)
}

// exitToUser is the one function that runs when a call is over.
const exitToUser = "exit_to_user_mode_loop"

// roots are the functions that nothing calls: the way back to user mode, and what the
// kernel's worker starts with.
var roots = map[string]bool{
	exitToUser: true, "put_cred_rcu": true, "put_pid": true, "delayed_put_task_struct": true,
	"delayed_free_pidns": true, "ns put": true, "free_ipc_ns": true, "free_user_ns": true,
	"destroy_pid_namespace": true, "cleanup_net": true, "mmdrop_lazy_tlb": true, "__fput": true, "unix_gc": true,
}

// find returns the place of the function that a step belongs to, -1 for a new one. A
// function starts with step 0; step 0 of one that has gone further is another call of
// it, unless it is the innermost.
func find(s []traceFrame, f traceFrame) int {
	for i := len(s) - 1; i >= 0; i-- {
		if s[i].op != f.op {
			continue
		}
		if f.step > 0 || s[i].step <= 0 || i == len(s)-1 {
			return i
		}
		return -1
	}
	return -1
}

// function tells a step, unless it says no more than the function's own name.
func (t *Tracer) function(depth int, op, step string) {
	if step != op && !dull[step] {
		t.add(TraceEvent{Kind: TraceFunction, Depth: depth, Function: step})
	}
}

func (t *Tracer) count(id sim.TaskID, e *refcount.Event) {
	from, to := e.Old, e.New
	t.add(TraceEvent{
		Kind: TraceCount, Depth: len(t.stack[id]) + 1, NS: t.ref(e.NS), Count: e.Kind.String(),
		From: &from, To: &to, Note: t.meaning(id, e),
	})
}

// walkName is the operation that walks an owner chain.
const walkName = "__ns_ref_active walk"

// meaning says what a change amounts to, where it amounts to something.
func (t *Tracer) meaning(id sim.TaskID, e *refcount.Event) string {
	var notes []string
	ns := t.ref(e.NS)
	switch {
	case e.Kind == refcount.PassiveChanged && e.New == 0:
		notes = append(notes, "dead")
	case e.Kind == refcount.PassiveChanged:
	case e.Old == 0 && e.New == 1:
		if _, slept := t.slept[ns.ID]; slept {
			notes = append(notes, "resurrected")
		} else {
			notes = append(notes, "active")
		}
	case e.New == 0:
		t.slept[ns.ID] = t.line
		notes = append(notes, "inactive")
	}
	if e.Kind == refcount.ActiveChanged && t.inWalk(id) {
		if e.New < e.Old {
			notes = append(notes, "cascade")
		} else {
			notes = append(notes, "as owner")
		}
	}
	return strings.Join(notes, ", ")
}

// inWalk reports whether a task is on its way up an owner chain.
func (t *Tracer) inWalk(id sim.TaskID) bool {
	s := t.stack[id]
	if len(s) == 0 {
		return false
	}
	f := s[len(s)-1]
	op, _ := syscall.StepName(refcount.Event{Old: f.op, New: f.step})
	return op == walkName
}

// ref describes a namespace as it is now, or if its memory has been given back or
// written over, as it was before the line.
func (t *Tracer) ref(ns sim.NS) *NSRef {
	if int(ns) < len(t.m.Nodes) && t.m.Nodes[ns].ID != 0 {
		r := refOf(t.m, t.names, ns)
		return &r
	}
	r := refOf(t.m, t.names, ns)
	if int(ns) < len(t.refs) && t.refs[ns].Type != "" {
		r = t.refs[ns]
	}
	return &r
}

// TraceText returns each event for people, indented by indent blanks and by two more
// for each level of calls. A long event takes several lines.
func TraceText(events []TraceEvent, indent int) []string {
	out := make([]string, len(events))
	other := 0 // one level more below the name of another task
	for i := range events {
		e := &events[i]
		pad := indent + 2*(e.Depth+other)
		if e.Kind == TraceTask {
			pad, other = indent, 1
		}
		out[i] = Wrap(strings.Repeat(" ", pad)+e.Text(), pad+4)
	}
	return out
}

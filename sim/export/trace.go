// SPDX-License-Identifier: GPL-2.0-only

package export

import (
	"fmt"
	"slices"
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
	was   []NSRef           // by handle: what namespaces were before the line, without names
	told  map[uint64]string // by id: the name that a namespace was last told by
	refs  map[sim.NS]NSRef  // what this line's namespaces are called
	tasks map[sim.TaskID]string
	line  int32
	now   sim.TaskID
	stack map[sim.TaskID][]traceFrame
	slept map[uint64]int32 // id of a namespace that became inactive, and the line where
	out   []TraceEvent
}

// traceFrame is a function that has been entered, and how deep its lines stand: those
// of its steps, and the line of the step that it is at, which may be that of its name.
type traceFrame struct {
	op, step int32
	steps    int
	at       int
}

// NewTracer makes a tracer for a machine that records everything from now on.
func NewTracer(m *sim.Machine, names Namer) *Tracer {
	m.Tracing = true
	return newTracer(m, names)
}

func newTracer(m *sim.Machine, names Namer) *Tracer {
	return &Tracer{
		m: m, names: names, told: make(map[uint64]string), refs: make(map[sim.NS]NSRef),
		tasks: make(map[sim.TaskID]string), stack: make(map[sim.TaskID][]traceFrame), slept: make(map[uint64]int32),
	}
}

// Before is called before each line. It notes the namespaces that there are, because
// the line may destroy them, and which calls are in flight.
func (t *Tracer) Before() {
	t.was = t.was[:0]
	for i := range t.m.Entries {
		var r NSRef
		if n := &t.m.Nodes[i]; present(t.m, sim.NS(i)) {
			r = NSRef{Type: n.NSType().String(), ID: n.ID, Inum: n.Inum}
		}
		t.was = append(t.was, r)
	}
	clear(t.stack)
	clear(t.refs)
	clear(t.tasks)
	t.m.EachTask(func(id sim.TaskID, k *sim.Task) bool {
		var s []traceFrame
		for f := k.Top; f != 0; f = t.m.Frame(f).Prev {
			s = append(s, traceFrame{op: int32(t.m.Frame(f).Op), step: int32(t.m.Frame(f).Step) - 1})
		}
		slices.Reverse(s)
		for i := range s {
			s[i].steps, s[i].at = i, i
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
	t := newTracer(m, names)
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
		t.add(TraceEvent{Kind: TraceTask})
	}
	switch e.Kind {
	case refcount.Entered:
		t.enter(id, e)
	case refcount.PassiveChanged, refcount.ActiveChanged:
		t.count(id, e)
	case refcount.Warned:
		ev := TraceEvent{Kind: TraceWarning, Depth: t.depth(id), Note: e.What.String()}
		if e.NS != 0 {
			ev.NS = t.ref(e.NS)
		}
		t.add(ev)
	case refcount.Blocked:
		t.add(TraceEvent{Kind: TraceSleep, Depth: t.depth(id)})
	}
}

func (t *Tracer) add(e TraceEvent) {
	if e.Task == "" && t.now != 0 {
		e.Task = t.task(t.now)
	}
	t.out = append(t.out, e)
}

// dull are steps that are bookkeeping of the model's and no kernel function.
var dull = map[string]bool{"done": true, "return": true}

// enter follows a task into a step: a further one of a function that it is in, or the
// first of a function that the step before has called.
func (t *Tracer) enter(id sim.TaskID, e *refcount.Event) {
	op, step := syscall.StepName(*e)
	f := traceFrame{op: e.Old, step: e.New}
	s := t.stack[id]
	at := find(s, f)
	if f.step == 0 && (roots[op] || id == sim.KWorker && workRoots[op]) {
		at, s = -1, s[:0]
	}
	if at < 0 {
		t.stack[id] = append(s, f)
		t.call(s, &t.stack[id][len(s)], op, step)
		return
	}
	again := s[at].step == f.step
	s[at].step = f.step
	t.stack[id] = s[:at+1]
	if !again {
		t.step(&s[at], op, step)
	}
}

// call tells that a function is called, by the step that its caller is at, and its
// first step. Where caller and function have the same name, one line does.
func (t *Tracer) call(callers []traceFrame, f *traceFrame, op, step string) {
	depth := 0
	if n := len(callers); n > 0 {
		depth = callers[n-1].at + 1
		if _, by := syscall.StepName(refcount.Event{Old: callers[n-1].op, New: callers[n-1].step}); by == op {
			f.steps, f.at = depth, depth-1
			t.step(f, op, step)
			return
		}
	}
	if !dull[op] {
		t.add(TraceEvent{Kind: TraceFunction, Depth: depth, Function: op})
	}
	f.steps, f.at = depth+1, depth
	t.step(f, op, step)
}

// step tells that a function goes on, unless the step says no more than its name.
func (t *Tracer) step(f *traceFrame, op, step string) {
	if step == op || dull[step] {
		f.at = f.steps - 1
		return
	}
	f.at = f.steps
	t.add(TraceEvent{Kind: TraceFunction, Depth: f.at, Function: step})
}

// depth is where something stands that a task's innermost function does.
func (t *Tracer) depth(id sim.TaskID) int {
	s := t.stack[id]
	if len(s) == 0 {
		return 0
	}
	return s[len(s)-1].at + 1
}

// roots are functions that nothing calls, and that may follow another call on the same
// line: the way back to user mode, and the calls that a line like `write(PATH, STRING)`
// stands for.
var roots = map[string]bool{
	"exit_to_user_mode_loop": true, "openat": true, "write": true, "close": true, "listns": true,
}

// workRoots are what the kernel's worker starts with.
var workRoots = map[string]bool{
	"put_cred_rcu": true, "put_pid": true, "delayed_put_task_struct": true, "delayed_free_pidns": true,
	"ns put": true, "free_ipc_ns": true, "free_user_ns": true, "destroy_pid_namespace": true, "cleanup_net": true,
	"mmdrop_lazy_tlb": true, "__fput": true, "unix_gc": true,
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

func (t *Tracer) count(id sim.TaskID, e *refcount.Event) {
	from, to := e.Old, e.New
	t.add(TraceEvent{
		Kind: TraceCount, Depth: t.depth(id), NS: t.ref(e.NS), Count: e.Kind.String(),
		From: &from, To: &to, Note: t.meaning(id, e),
	})
}

// walkName is the operation that walks an owner chain.
const walkName = "__ns_ref_active walk"

// meaning says what a change amounts to, where it amounts to something.
func (t *Tracer) meaning(id sim.TaskID, e *refcount.Event) string {
	if e.Kind == refcount.PassiveChanged {
		if e.New == 0 {
			return "dead"
		}
		return ""
	}
	nsID, walk := t.ref(e.NS).ID, t.inWalk(id)
	_, slept := t.slept[nsID]
	var notes []string
	switch {
	case e.New == 0:
		t.slept[nsID] = t.line
		notes = append(notes, "inactive")
	case e.Old == 0 && slept:
		notes = append(notes, "resurrected")
	case e.Old == 0 && !walk:
		notes = append(notes, "active")
	}
	switch {
	case walk && e.New < e.Old:
		notes = append(notes, "cascade")
	case walk:
		notes = append(notes, "as owner")
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

// ref describes a namespace as it is after the line. If its memory has been given back
// or written over, it is what it was before the line, by the name it was last told by.
func (t *Tracer) ref(ns sim.NS) *NSRef {
	r, ok := t.refs[ns]
	if !ok {
		r = t.refNow(ns)
		t.refs[ns] = r
	}
	return &r
}

func (t *Tracer) refNow(ns sim.NS) NSRef {
	if t.m.Nodes[ns].ID == 0 && int(ns) < len(t.was) && t.was[ns].Type != "" {
		r := t.was[ns]
		r.Name = t.told[r.ID]
		return r
	}
	r := refOf(t.m, t.names, ns)
	t.told[r.ID] = r.Name
	return r
}

// task is what a task is called.
func (t *Tracer) task(id sim.TaskID) string {
	name, ok := t.tasks[id]
	if !ok {
		name = t.names.TaskName(id)
		t.tasks[id] = name
	}
	return name
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

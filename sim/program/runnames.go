// SPDX-License-Identifier: GPL-2.0-only

package program

import (
	"strconv"

	"github.com/nssim/nssim/refcount"
	"github.com/nssim/nssim/sim"
	"github.com/nssim/nssim/syscall/uapi"
)

// named is a bound name. Names are assigned once, so the list only grows.
type named struct {
	name string
	v    Val
}

// nsPid is a task's number in one pid namespace, by the namespace's id.
type nsPid struct {
	ns uint64
	nr int32
}

// seenNS is what the program can ask about a namespace that has left the trees.
type seenNS struct {
	ns    sim.NS
	owner uint64
	inum  uint32
	typ   uapi.NSType
}

// bind gives a name its value. The checker has seen to it that it is bound once; a name
// that was bound by a line that was taken back is bound again.
func (r *Runner) bind(out *Observed, name string, v Val) {
	r.index[name] = len(r.names)
	r.names = append(r.names, named{name, v})
	switch v.Kind {
	case NSID:
		r.see(v.N)
	case ListValue:
		for _, id := range v.L {
			r.see(id)
		}
	}
	if out != nil {
		out.Outs = append(out.Outs, NamedValue{name, v})
	}
}

// Value returns what a name is bound to.
func (r *Runner) Value(name string) (Val, bool) {
	i, ok := r.index[name]
	if !ok {
		return Val{}, false
	}
	return r.names[i].v, true
}

// Names lists the names bound so far in the order in which they were bound.
func (r *Runner) Names() []string {
	out := make([]string, len(r.names))
	for i := range r.names {
		out[i] = r.names[i].name
	}
	return out
}

// Show returns a value as a person wants to read it: with the task's or descriptor's name
// where that says more than the number.
func (r *Runner) show(v Val) string {
	if v.Kind == TaskValue {
		if name := r.nameOf(v.Kind, v.ref); name != "" {
			return v.String() + " (" + name + ")"
		}
	}
	return v.String()
}

// describe is show for what an expression of the program has given.
func (r *Runner) describe(v Val, x Expr) string {
	switch x.(type) {
	case *Num, *Const, *List, *Str, *Word:
		return v.String()
	}
	if text := x.String(); text != v.String() {
		return v.String() + " (" + text + ")"
	}
	return v.String()
}

// nameOf returns the first name of a task or descriptor.
func (r *Runner) nameOf(kind ValueKind, ref int32) string {
	for i := range r.names {
		if n := &r.names[i]; n.v.Kind == kind && n.v.ref == ref {
			return n.name
		}
	}
	return ""
}

// taskValue returns a task as a value.
func (r *Runner) taskValue(t sim.TaskID) Val {
	ref := r.tasks.get(int32(t))
	for int(ref) >= len(r.pids) {
		r.pids = append(r.pids, nil)
	}
	if r.pids[ref] == nil {
		r.pids[ref] = r.pidsOf(t)
	}
	v := Val{Kind: TaskValue, ref: ref}
	if n := len(r.pids[ref]); n > 0 {
		v.N = uint64(r.pids[ref][n-1].nr)
	}
	return v
}

// task returns the task that a value refers to, 0 when it has been released.
func (r *Runner) task(ref int32) sim.TaskID {
	if k := &r.tasks.all[ref]; k.gone == 0 {
		return sim.TaskID(k.id)
	}
	return 0
}

// file returns the open file that a value refers to, 0 when it has been released.
func (r *Runner) file(ref int32) sim.FileID {
	if f := &r.files.all[ref]; f.gone == 0 {
		return sim.FileID(f.id)
	}
	return 0
}

// pidsOf lists a task's numbers, innermost first.
func (r *Runner) pidsOf(t sim.TaskID) (pids []nsPid) {
	p := r.m.Task(t).Pid
	if p == 0 {
		return nil
	}
	for u := r.m.Pid(p).UPid; u != 0; u = r.m.UPids.At(u).Outer {
		k := r.m.UPids.At(u)
		pids = append(pids, nsPid{r.m.Nodes[k.NS].ID, k.Nr})
	}
	return pids
}

// pidIn returns a task's number in a pid namespace, also of one that has been reaped, 0
// for none. Of a task that the program met only when it was reaped, the number is the one
// that the reaper was told.
func (r *Runner) pidIn(v Val, ns sim.NS) int32 {
	if ns == 0 {
		return 0
	}
	if t := r.task(v.ref); t != 0 {
		// A thread that executes takes over its leader's.
		if p := r.m.Task(t).Pid; p != 0 {
			return r.m.PidNr(p, ns)
		}
	}
	known := r.pids[v.ref]
	if known == nil {
		return int32(v.N)
	}
	id := r.m.Nodes[ns].ID
	for _, p := range known {
		if p.ns == id {
			return p.nr
		}
	}
	return 0
}

// fdValue returns an open descriptor of a task as a value.
func (r *Runner) fdValue(t sim.TaskID, fd int32) Val {
	v := number64(int64(fd))
	if f := r.m.FDGet(r.m.Task(t).Files, fd); f != 0 {
		v.Kind, v.ref = Descriptor, r.files.get(int32(f))
	}
	return v
}

// sweep notes which tasks and files that values refer to are gone, before the machine
// reuses their numbers.
func (r *Runner) sweep() {
	r.files.sweep(r.next, r.m.Files.Live)
	r.tasks.sweep(r.next, r.m.Tasks.Live)
}

// see remembers a namespace by its id, as long as it can be found.
func (r *Runner) see(id uint64) {
	if s, ok := r.seen[id]; ok && r.same(s.ns, id) {
		return
	}
	if ns := r.lookup(id); ns != 0 {
		r.seeNS(id, ns)
	}
}

func (r *Runner) seeNS(id uint64, ns sim.NS) {
	s := seenNS{ns: ns, inum: r.m.Nodes[ns].Inum, typ: r.m.Nodes[ns].NSType()}
	if o := r.m.Entries[ns].Owner; o != 0 {
		s.owner = r.m.Nodes[o].ID
		if _, ok := r.seen[s.owner]; !ok && s.owner != id {
			r.seeNS(s.owner, o)
		}
	}
	r.seen[id] = s
}

// same reports whether a handle still means the namespace with that id.
func (r *Runner) same(ns sim.NS, id uint64) bool {
	return int(ns) < len(r.m.Nodes) && r.m.Nodes[ns].ID == id &&
		r.m.Entries[ns].Flags&(refcount.Live|refcount.Freed) == refcount.Live
}

// lookup finds a namespace on the trees by its id.
func (r *Runner) lookup(id uint64) sim.NS {
	if ns := r.m.Lookup(id, 0); ns != 0 {
		return ns
	}
	if !r.m.Cfg.SwitchOn("no-unified-tree") {
		return 0
	}
	for _, typ := range uapi.NSTypes() {
		if ns := r.m.Lookup(id, typ); ns != 0 {
			return ns
		}
	}
	return 0
}

// find returns a namespace by its id: from the trees, or while its memory lasts.
func (r *Runner) find(id uint64) sim.NS {
	if ns := r.lookup(id); ns != 0 {
		return ns
	}
	if s, ok := r.seen[id]; ok && r.same(s.ns, id) {
		return s.ns
	}
	return 0
}

// kernelTasks is the tasks that no program names.
var kernelTasks = map[sim.TaskID]string{
	sim.KWorker: "kworker", sim.Pid1: "pid1", sim.KDevTmpfs: "kdevtmpfs",
}

// TaskName returns the program's name of a task, or what it is.
func (r *Runner) TaskName(t sim.TaskID) string {
	if ref, ok := r.tasks.find(int32(t)); ok {
		if name := r.nameOf(TaskValue, ref); name != "" {
			return name
		}
	}
	if name, ok := kernelTasks[t]; ok && (t != sim.KDevTmpfs || r.m.Task(t).Has(sim.KThread)) {
		return name
	}
	if r.m.TaskLive(t) {
		if p := r.m.Task(t).Pid; p != 0 {
			return "pid " + strconv.Itoa(int(r.m.PidNr(p, r.m.Initial(uapi.PID_NS))))
		}
	}
	return "task " + strconv.Itoa(int(t))
}

// NSName returns how the program would write a namespace: by a name bound to its id, by a
// descriptor of it, or as a task's (`t1.net`); otherwise its type and id.
func (r *Runner) NSName(ns sim.NS) string {
	if ns == 0 || int(ns) >= len(r.m.Nodes) {
		return "none"
	}
	node := &r.m.Nodes[ns]
	typ := node.NSType()
	if ns == r.m.Initial(typ) {
		return "initial " + typ.String()
	}
	for i := range r.names {
		if n := &r.names[i]; n.v.Kind == NSID && n.v.N == node.ID && node.ID != 0 {
			return n.name
		}
	}
	for i := range r.names {
		n := &r.names[i]
		if n.v.Kind != TaskValue || r.task(n.v.ref) == 0 {
			continue
		}
		for _, e := range uapi.ProcNSEntries() {
			if e.Type == typ && r.m.TaskNS(r.task(n.v.ref), e) == ns {
				return n.name + "." + e.Name
			}
		}
	}
	for i := range r.names {
		n := &r.names[i]
		if n.v.Kind != Descriptor {
			continue
		}
		if f := r.file(n.v.ref); f != 0 && r.fileNS(f) == ns {
			return typ.String() + " of " + n.name
		}
	}
	return typ.String() + " " + strconv.FormatUint(node.ID, 10)
}

// fileNS returns the namespace of an nsfs file, 0 for another file.
func (r *Runner) fileNS(f sim.FileID) sim.NS {
	k := r.m.File(f)
	if k.Kind != sim.FileNSFS {
		return 0
	}
	return r.m.Inode(sim.InodeID(k.Obj)).NS
}

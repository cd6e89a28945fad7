// SPDX-License-Identifier: GPL-2.0-only

package gen

import (
	"math"

	"github.com/nssim/nssim/sim"
	"github.com/nssim/nssim/sim/program"
	"github.com/nssim/nssim/syscall/uapi"
)

// typeWeights is how often each type of namespace is made.
var typeWeights = []struct {
	typ    uapi.NSType
	weight int
}{
	{uapi.USER_NS, 7}, {uapi.UTS_NS, 4}, {uapi.MNT_NS, 4}, {uapi.IPC_NS, 3}, {uapi.PID_NS, 4}, {uapi.CGROUP_NS, 2}, {uapi.TIME_NS, 3}, {uapi.NET_NS, 2},
}

// nsType picks a type to make; network namespaces only while there may be more.
func (g *generator) nsType() uapi.NSType {
	for {
		n := g.n(29)
		for _, w := range typeWeights {
			if n -= w.weight; n >= 0 {
				continue
			}
			if w.typ != uapi.NET_NS || g.nets < g.o.Nets {
				return w.typ
			}
			break
		}
	}
}

// nsFlags is one or more types to make.
func (g *generator) nsFlags() uint64 {
	f := uint64(g.nsType())
	for g.n(3) == 0 {
		f |= uint64(g.nsType())
	}
	return f
}

// anyType picks a type to look for.
func (g *generator) anyType() uapi.NSType { return uapi.NSTypes()[g.n(uapi.NumNSTypes)] }

// nsFile picks a name in /proc/PID/ns.
func (g *generator) nsFile() string { return procNS[g.n(len(procNS))] }

var procNS = []string{
	"user", "user", "net", "net", "mnt", "mnt", "uts", "ipc", "pid", "pid_for_children", "cgroup", "time", "time_for_children",
}

// pickOpen picks an open descriptor of some kinds; ok is false if there is none.
func (g *generator) pickOpen(t *task, kinds ...sim.FileKind) (f openFile, ok bool) {
	fs := g.open(t, kinds...)
	if len(fs) == 0 {
		return f, false
	}
	return fs[max(g.n(len(fs)), g.n(len(fs)))], true // the latest a bit more often
}

// fd is a descriptor for an argument: of one of some kinds if there is one, sometimes any
// other, sometimes none that is open.
func (g *generator) fd(t *task, kinds ...sim.FileKind) program.Expr {
	if g.wild() {
		if f, ok := g.pickOpen(t); ok && g.chance(60) {
			return f.x()
		}
		return g.closedFD(t)
	}
	f, ok := g.pickOpen(t, kinds...)
	if !ok {
		f, ok = g.pickOpen(t)
	}
	if !ok {
		return pick[program.Expr](g, num(0), g.closedFD(t))
	}
	return f.x()
}

// some is fd for a call that is for one kind of file only: if the task has none, it makes
// one first, mostly.
func (g *generator) some(t *task, make func(*task), kind sim.FileKind) program.Expr {
	if _, ok := g.pickOpen(t, kind); !ok && g.chance(85) {
		make(t)
	}
	return g.fd(t, kind)
}

// closedFD is a number that is no open descriptor, if it can be helped.
func (g *generator) closedFD(t *task) program.Expr {
	if len(g.files) > 0 && g.chance(30) {
		return fn("raw", name(pick(g, g.files...).name))
	}
	return num(int64(pick(g, -1, 99, 63, int(math.MaxInt32), -100)))
}

// nsID is the id of a namespace: one that was seen, mostly one that is still on the trees.
func (g *generator) nsID() program.Expr {
	if g.wild() {
		return g.wildID()
	}
	if len(g.lists) > 0 && g.chance(20) {
		if l := pick(g, g.lists...); len(l.ids) > 0 {
			return &program.Index{X: name(l.name), I: num(int64(g.n(len(l.ids)+1) - 1))}
		}
	}
	if g.chance(30) {
		if t := pick(g, g.tasks...); g.alive(t) {
			return g.taskField(t)
		}
	}
	if len(g.ns) == 0 || g.chance(10) {
		return num(1 + int64(g.n(8)))
	}
	return g.seenNS().x
}

// seenNS picks an id that has a name.
func (g *generator) seenNS() nsName {
	n := pick(g, g.ns...)
	for range 3 {
		if g.lookup(n.id) != 0 {
			break
		}
		n = pick(g, g.ns...)
	}
	return n
}

// lookup finds a namespace on the trees.
func (g *generator) lookup(id uint64) sim.NS {
	if ns := g.m.Lookup(id, 0); ns != 0 || !g.m.Cfg.SwitchOn("no-unified-tree") {
		return ns
	}
	for _, typ := range uapi.NSTypes() {
		if ns := g.m.Lookup(id, typ); ns != 0 {
			return ns
		}
	}
	return 0
}

// taskField is a task's namespace as an id.
func (g *generator) taskField(t *task) program.Expr {
	return &program.Field{X: name(t.name), Name: g.nsFile()}
}

// wildID is an id that was never given out, or borders on those that were.
func (g *generator) wildID() program.Expr {
	switch g.n(5) {
	case 0:
		return num(0)
	case 1:
		return unum(1 << 40)
	case 2:
		return &program.Unary{Op: "~", X: num(0)}
	case 3:
		return num(9)
	}
	if len(g.ns) == 0 {
		return num(8)
	}
	return binary(pick(g, "+", "-"), g.seenNS().x, num(1))
}

// someTask picks a task that is there, be it a zombie.
func (g *generator) someTask() *task {
	for range 4 {
		if t := pick(g, g.tasks...); !t.gone && g.m.Task(t.id).State < sim.Dead {
			return t
		}
	}
	return g.tasks[0]
}

// proc is /proc/PID of the caller or of another task.
func (g *generator) proc(t *task) (parts []any, of *task) {
	switch g.n(10) {
	case 0:
		return []any{"/proc/1"}, nil
	case 1:
		return []any{"/proc/thread-self"}, t
	case 2, 3, 4, 5:
		o := g.someTask()
		if g.wild() {
			o = pick(g, g.tasks...)
		}
		return []any{"/proc/", name(o.name)}, o
	}
	return []any{"/proc/self"}, t
}

// nsPath is the path of a namespace file: in /proc/PID/ns, as a descriptor, or where one
// is mounted.
func (g *generator) nsPath(t *task) *program.Str {
	if g.chance(10) {
		if f, ok := g.pickOpen(t, sim.FileNSFS); ok {
			return path("/proc/self/fd/", f.x())
		}
	}
	if g.chance(8) && g.hasFiles() {
		return str(pick(g, "/tmp/f", "/tmp/g", "/tmp/a/f"))
	}
	parts, _ := g.proc(t)
	return path(append(parts, "/ns/"+g.nsFile())...)
}

// hasFiles reports whether the program has made files.
func (g *generator) hasFiles() bool { return g.m.Dentries.Count() > 0 }

// SPDX-License-Identifier: GPL-2.0-only

package gen

import (
	"slices"
	"strconv"

	"github.com/nssim/nssim/sim"
	"github.com/nssim/nssim/sim/program"
)

// task is a task that the program has a name for.
type task struct {
	name string
	id   sim.TaskID
	gone bool // released; the number may be another one's
	// open is the call that it has left unfinished.
	open *program.Line
}

// fileName is a name for an open file under a number, in whatever task that is.
type fileName struct {
	name string
	file sim.FileID
	fd   int32
}

// nsName is an expression that gives a namespace's id.
type nsName struct {
	x  program.Expr
	id uint64
}

type listName struct {
	name string
	ids  []uint64
}

// memoryName is an address and the pages from there on, in one task's memory.
type memoryName struct {
	name string
	mm   sim.MMID
	at   uint64
}

type watchName struct {
	file sim.FileID
	wd   uint64
}

// freshName is a name made for the line that is being drawn.
type freshName struct {
	stem, name string
	n          int
}

// fresh makes a name: the stem, then with numbers from 2 on; of a task always with one.
func (g *generator) fresh(stem string) string {
	g.taken[stem]++
	n := g.taken[stem]
	g.made = append(g.made, freshName{stem, numbered(stem, n), n})
	return numbered(stem, n)
}

// numbered is the n-th name of a stem: t1, t2; but fd, fd2.
func numbered(stem string, n int) string {
	if n == 1 && stem != "t" {
		return stem
	}
	return stem + strconv.Itoa(n)
}

// release gives back the names that were made for a line and that it does not bind, so
// that the next ones have no gaps. Names that were made for another line stay.
func (g *generator) release(l *program.Line, kept bool) {
	names := namesBoundBy(l)
	var bound []string // which outputs are, whatever comes of the call
	if kept {
		bound = outNames(g.last())
	}
	for i, f := range slices.Backward(g.made) {
		if !slices.Contains(names, f.name) {
			continue
		}
		g.made = slices.Delete(g.made, i, i+1)
		_, ok := g.r.Value(f.name)
		if g.taken[f.stem] == f.n && !ok && !slices.Contains(bound, f.name) {
			g.taken[f.stem]--
		}
	}
}

// outNames lists the names that a line's output arguments bind.
func outNames(l *program.Line) (names []string) {
	for _, a := range l.Call.Args {
		program.Walk(a, func(x program.Expr) bool {
			if o, ok := x.(*program.Out); ok {
				names = append(names, o.Name)
			}
			return true
		})
	}
	return names
}

// note enters what a line has bound, and strikes out what is gone.
func (g *generator) note(t *task, l *program.Line, o *program.Observed) {
	call := opened(g.p.Lines, len(g.p.Lines)-1)
	for _, v := range o.Outs {
		g.noteValue(t, v.Name, v.Value, call)
	}
	if n := binds(l.Results); n != "" && o.Errno == 0 {
		if v, ok := g.r.Value(n); ok && !g.known(n) {
			g.noteValue(t, n, v, call)
		}
	}
	if call.Call.Name == "inotify_add_watch" && o.Errno == 0 && o.Status == program.Returned {
		g.noteWatch(t, call, o.Ret.N)
	}
	switch {
	case l.Unfinished:
		kept := *l
		t.open = &kept
	case l.Kind == program.Resume:
		t.open = nil
	}
	g.sweep()
}

// known reports whether a result's name is one that stands for a task already.
func (g *generator) known(n string) bool {
	return slices.ContainsFunc(g.tasks, func(t *task) bool { return t.name == n })
}

func (g *generator) noteValue(t *task, n string, v program.Val, l *program.Line) {
	switch v.Kind {
	case program.TaskValue:
		if sig := program.CallByName(l.Call.Name); sig.Binds == program.BindsTask && !g.known(n) {
			g.tasks = append(g.tasks, &task{name: n, id: sim.TaskID(g.m.Task(t.id).Out[0])})
		}
	case program.Descriptor:
		table := g.m.Task(t.id).Files
		if l.Call.Name == "sendfd" {
			table = g.m.Task(g.byName(l.Call.Args[0].String()).id).Files
		}
		g.files = append(g.files, fileName{n, g.m.FDGet(table, int32(v.N)), int32(v.N)})
	case program.NSID:
		g.ns = append(g.ns, nsName{name(n), v.N})
	case program.HandleValue:
		g.handles = append(g.handles, n)
	case program.ListValue:
		g.lists = append(g.lists, listName{n, v.L})
	case program.Address:
		g.memory = append(g.memory, memoryName{n, g.m.Task(t.id).MM, v.N})
	case program.RecordValue:
		for _, f := range v.F {
			if f.Kind == program.NSID && f.N != 0 {
				g.ns = append(g.ns, nsName{&program.Field{X: name(n), Name: f.Name}, f.N})
			}
		}
	}
}

func (g *generator) noteWatch(t *task, l *program.Line, wd uint64) {
	for _, f := range g.open(t) {
		if f.kind == sim.FileInotify && f.is(l.Call.Args[0]) {
			g.watches = append(g.watches, watchName{f.file, wd})
		}
	}
}

// sweep strikes out files and tasks that are gone, before their numbers are used again.
func (g *generator) sweep() {
	kept := g.files[:0]
	for _, f := range g.files {
		if g.m.Files.Live(int32(f.file)) {
			kept = append(kept, f)
		}
	}
	g.files = kept
	g.memory = slices.DeleteFunc(g.memory, func(m memoryName) bool { return !g.m.MMs.Live(int32(m.mm)) })
	for _, t := range g.tasks {
		t.gone = t.gone || !g.m.TaskLive(t.id)
	}
}

func (g *generator) byName(n string) *task {
	for _, t := range g.tasks {
		if t.name == n {
			return t
		}
	}
	return nil
}

// alive reports whether a task can make calls some time.
func (g *generator) alive(t *task) bool { return !t.gone && g.m.Task(t.id).Alive() }

// callable lists the tasks that can make a call now.
func (g *generator) callable() (ts []*task) {
	for _, t := range g.tasks {
		if g.alive(t) && t.open == nil && g.m.Task(t.id).Top == 0 {
			ts = append(ts, t)
		}
	}
	return ts
}

// full reports whether there are as many tasks as there are to be.
func (g *generator) full() bool {
	n := 0
	for _, t := range g.tasks {
		if !t.gone && g.m.Task(t.id).State < sim.Dead {
			n++
		}
	}
	return n >= g.o.Tasks
}

// openFile is a descriptor of a task.
type openFile struct {
	fd   int32
	file sim.FileID
	kind sim.FileKind
	name string
}

// x writes a descriptor by its name if it has one.
func (f openFile) x() program.Expr {
	if f.name != "" {
		return name(f.name)
	}
	return num(int64(f.fd))
}

// is reports whether an argument is this descriptor.
func (f openFile) is(x program.Expr) bool { return f.x().String() == x.String() }

// open lists a task's descriptors of some kinds, of any if none is given.
func (g *generator) open(t *task, kinds ...sim.FileKind) (fs []openFile) {
	g.m.EachFD(g.m.Task(t.id).Files, func(fd int32, f sim.FileID) {
		k := g.m.File(f).Kind
		if len(kinds) == 0 && fd > 2 || slices.Contains(kinds, k) {
			fs = append(fs, openFile{fd, f, k, g.fileName(f, fd)})
		}
	})
	return fs
}

func (g *generator) fileName(f sim.FileID, fd int32) string {
	for i := range g.files {
		if g.files[i].file == f && g.files[i].fd == fd {
			return g.files[i].name
		}
	}
	return ""
}

// nsOf is the namespace of an open namespace file, 0 for another file.
func (g *generator) nsOf(f sim.FileID) sim.NS {
	if k := g.m.File(f); k.Kind == sim.FileNSFS {
		return g.m.Inode(sim.InodeID(k.Obj)).NS
	}
	return 0
}

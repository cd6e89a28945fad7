// SPDX-License-Identifier: GPL-2.0-only

package naive

import (
	"maps"
	"slices"

	"github.com/nssim/nssim/syscall/uapi"
)

// Life is how far a task has got.
type Life uint8

// The stages of a task's life.
const (
	Running Life = iota
	Zombie       // exited, not reaped: it keeps its credential and its number
	Gone
)

// Facts is what the engine is told. Tasks go by numbers of the caller's choice.
type Facts interface {
	Life(task int) Life
	// Capable reports whether a task has CAP_SYS_ADMIN (or another capability) over a
	// user namespace.
	Capable(task int, user uint64, capability int) bool
	// Mapped reports whether a task's effective ids have numbers in its user namespace.
	Mapped(task int) bool
	// MayRead reports whether a task may look at another's namespaces in /proc.
	MayRead(task, target int) bool
	// ByPid finds the task that has a number in the initial pid namespace.
	ByPid(pid int) (task int, ok bool)
	// User is the user namespace of the task's credential, for calls that are told.
	User(task int) uint64
	// Files is what a task has open.
	Files(task int) map[int]File
}

// File is an open file.
type File struct {
	NS     uint64 // of a namespace file, 0 for any other
	Socket bool
	Path   bool   // opened with O_PATH
	Net    uint64 // a socket's network namespace
	User   uint64 // user namespace of the opener's credential
}

// Rules is what differs between kernels and semantics, by the names of switches.
type Rules func(name string) bool

// space is a namespace.
type space struct {
	id, owner uint64
	parent    uint64 // of a pid namespace
	typ       uapi.NSType
	inum      uint32
	initial   bool
	reaper    bool // a pid namespace that has had a process
	dying     bool // the flag of that semantics
	was       bool // it was active when last looked at
}

// slots are the fields of an nsproxy.
type slots struct{ mnt, uts, ipc, net, cgroup, time, pidc, timec uint64 }

func (s *slots) all() []uint64 {
	return []uint64{s.mnt, s.uts, s.ipc, s.net, s.cgroup, s.time, s.pidc, s.timec}
}

// task is where a task is and what it has open.
type task struct {
	slots
	user, pid uint64
	files     *files
	sharesFS  bool // root and working directory may be another task's too
}

type files struct{ open map[int]File }

// mount is a namespace file mounted in a mount namespace.
type mount struct {
	in     uint64
	target string
	ns     uint64
}

// World is the engine's state.
type World struct {
	rules  Rules
	facts  Facts
	spaces map[uint64]*space
	tasks  map[int]*task
	mounts []mount
	user   uint64          // the initial user namespace
	pid    uint64          // and pid namespace
	last   uint64          // the id given out last
	lately map[uint64]bool // what grace periods still hold until settle
	stray  map[uint64]bool // what is active by a reference that nobody holds
}

// Boot is what a kernel has booted with: the ids of the initial namespaces, that of the
// kernel thread kdevtmpfs's mount namespace (0: there is none), and the last id given out.
type Boot struct {
	Initial   map[uapi.NSType]uint64
	KDevTmpfs uint64
	Last      uint64
}

// New returns a world with one task, init and what it has open.
func New(rules Rules, facts Facts, boot Boot, init int) *World {
	w := &World{rules: rules, facts: facts, spaces: map[uint64]*space{}, tasks: map[int]*task{}, lately: map[uint64]bool{}, stray: map[uint64]bool{}, last: boot.Last}
	id := boot.Initial
	w.user, w.pid = id[uapi.USER_NS], id[uapi.PID_NS]
	for typ, i := range id {
		s := &space{id: i, typ: typ, owner: w.user, inum: initialInum[typ], reaper: true, initial: true}
		if typ == uapi.USER_NS {
			s.owner = 0
		}
		w.spaces[i] = s
	}
	in := slots{id[uapi.MNT_NS], id[uapi.UTS_NS], id[uapi.IPC_NS], id[uapi.NET_NS], id[uapi.CGROUP_NS], id[uapi.TIME_NS], w.pid, id[uapi.TIME_NS]}
	w.tasks[init] = &task{slots: in, user: w.user, pid: w.pid, files: &files{w.facts.Files(init)}}
	if boot.KDevTmpfs != 0 {
		w.last = boot.KDevTmpfs - 1
		t := &task{slots: in, user: w.user, pid: w.pid, files: &files{map[int]File{}}}
		t.mnt = w.create(uapi.MNT_NS, w.user).id
		w.tasks[kernelThread] = t
		w.last = boot.Last
	}
	w.Look()
	return w
}

// kernelThread is a task that never ends.
const kernelThread = -1

var initialInum = map[uapi.NSType]uint32{
	uapi.IPC_NS: 0xEFFFFFFF, uapi.UTS_NS: 0xEFFFFFFE, uapi.USER_NS: 0xEFFFFFFD, uapi.PID_NS: 0xEFFFFFFC,
	uapi.CGROUP_NS: 0xEFFFFFFB, uapi.TIME_NS: 0xEFFFFFFA, uapi.NET_NS: 0xEFFFFFF9, uapi.MNT_NS: 0xEFFFFFF8,
}

// create makes a namespace with the next id and the lowest free inode number.
func (w *World) create(typ uapi.NSType, owner uint64) *space {
	w.last++
	s := &space{id: w.last, typ: typ, owner: owner, inum: 0xF0000000}
	for slices.ContainsFunc(slices.Collect(maps.Values(w.spaces)), func(o *space) bool { return o.inum == s.inum }) {
		s.inum++
	}
	w.spaces[s.id] = s
	return s
}

func (w *World) life(t int) Life {
	if t == kernelThread {
		return Running
	}
	return w.facts.Life(t)
}

// eachFile calls f for every open file of a task that has not exited.
func (w *World) eachFile(f func(File)) {
	for t, k := range w.tasks {
		if w.life(t) == Running {
			for _, file := range k.files.open {
				f(file)
			}
		}
	}
}

// active works out which namespaces are active: a task uses them, a file or a mount is of
// them, or they own an active one. A task that has exited still has its credential and
// its number.
func (w *World) active() map[uint64]bool {
	on := map[uint64]bool{}
	for t, k := range w.tasks {
		life := w.life(t)
		if life == Running {
			for _, id := range k.all() {
				on[id] = true
			}
		}
		if life != Gone {
			on[k.user], on[k.pid] = true, true
		}
	}
	w.eachFile(func(f File) { on[f.NS] = on[f.NS] || f.NS != 0 })
	for _, m := range w.mounts {
		on[m.ns] = true
	}
	for id := range w.stray {
		on[id] = w.spaces[id] != nil
	}
	for id, s := range w.spaces {
		on[id] = on[id] || s.initial
	}
	w.upwards(on, func(s *space) []uint64 { return []uint64{s.owner} })
	return on
}

// upwards adds to a set what its members lead to.
func (w *World) upwards(on map[uint64]bool, to func(*space) []uint64) {
	for more := true; more; {
		more = false
		for id, s := range w.spaces {
			if !on[id] {
				continue
			}
			for _, o := range to(s) {
				if o != 0 && !on[o] {
					on[o], more = true, true
				}
			}
		}
	}
}

// pinned works out which namespaces anything at all holds: besides what makes them
// active, sockets, the credentials of open files, what grace periods have not let go
// yet, and namespaces that exist and belong to them or are their children.
func (w *World) pinned() map[uint64]bool {
	stray := w.stray
	w.stray = nil
	on := w.active()
	w.stray = stray
	w.eachFile(func(f File) { on[f.Net], on[f.User] = true, true })
	for id := range w.lately {
		on[id] = true
	}
	for _, s := range w.spaces {
		on[s.owner] = true
		if s.typ == uapi.PID_NS {
			on[s.parent] = true
		}
	}
	delete(on, 0)
	return on
}

// deferred types leave the trees only when work that is put off is done.
const deferred = uapi.USER_NS | uapi.PID_NS | uapi.NET_NS

// Look lets time pass after a call: what nothing holds is gone, but for the types that
// wait, and what has become inactive is noted.
func (w *World) Look() { w.reap(deferred) }

// Settle lets everything that was put off happen.
func (w *World) Settle() {
	clear(w.lately)
	w.reap(0)
	clear(w.lately)
	w.reap(0)
}

func (w *World) reap(waiting uapi.NSType) {
	for t, k := range w.tasks {
		if w.life(t) != Running && !w.shared(t) {
			for _, f := range k.files.open {
				w.drop(f)
			}
			k.files.open = map[int]File{}
		}
		if w.life(t) == Gone { // what a reaped task had is let go after a grace period
			w.lately[k.user], w.lately[k.pid] = true, true
			delete(w.tasks, t)
		}
	}
	for again := true; again; {
		again = false
		on := w.pinned()
		for id, s := range w.spaces {
			if !s.initial && !on[id] && s.typ&waiting == 0 {
				delete(w.spaces, id)
				w.mounts = slices.DeleteFunc(w.mounts, func(m mount) bool { return m.in == id })
				again = true
			}
		}
	}
	on := w.active()
	for id, s := range w.spaces {
		if s.was && !on[id] && s.typ != uapi.NET_NS {
			s.dying = true
		}
		s.was = on[id]
	}
}

// shared reports whether a task that lives uses the descriptors of one that has ended.
func (w *World) shared(ended int) bool {
	for t, k := range w.tasks {
		if t != ended && k.files == w.tasks[ended].files && w.life(t) == Running {
			return true
		}
	}
	return false
}

// visible reports whether a namespace can be seen by anybody, and alive whether it can
// be referenced.
func (w *World) visible(id uint64) (visible, alive bool) {
	s := w.spaces[id]
	if s == nil {
		return false, false
	}
	alive = w.pinned()[id]
	switch {
	case w.rules("list-pinned"), w.rules("no-active-count"):
		return true, alive
	case w.rules("dying-flag") && s.dying && !s.initial:
		return false, alive
	}
	return w.active()[id], alive
}

// Visible lists the ids of the namespaces that can be seen, ascending; Existing those
// that are still there.
func (w *World) Visible() (ids []uint64) {
	for _, id := range w.Existing() {
		if v, alive := w.visible(id); v && alive {
			ids = append(ids, id)
		}
	}
	return ids
}

// Existing lists the ids of the namespaces that are still there, ascending.
func (w *World) Existing() []uint64 { return slices.Sorted(maps.Keys(w.spaces)) }

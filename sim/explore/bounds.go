// SPDX-License-Identifier: GPL-2.0-only

package explore

import (
	"github.com/nssim/nssim/sim"
	"github.com/nssim/nssim/syscall/uapi"
)

// Bounds limit a search. What is reachable within them is finite, because ids, pids
// and inode numbers count only by their order.
type Bounds struct {
	// Tasks is how many tasks of the program may be there at a time, zombies and the
	// first one included.
	Tasks int
	// Namespaces is how many namespaces there may be besides those of boot.
	Namespaces int
	// PerType limits the namespaces of single types further, by the CLONE_NEW* bit.
	PerType map[uapi.NSType]int
	// FDs is how many descriptors a task may have open besides 0 to 2.
	FDs int
	// Reachable counts only namespaces that a task could still come by: those that one is
	// in or has open, and their owners. What else there is, only the credential of an open
	// file or the kernel's own records keep, and nothing leads back to it.
	Reachable bool
	// Depth is the length of a sequence of moves; 0: until nothing new is found.
	Depth int
}

// limits are Bounds in the form that is quick to look at, counted with what the root
// has.
type limits struct {
	Bounds
	base    int // namespaces of boot
	perType [uapi.NumNSTypes]int
}

func (b Bounds) limits(root *sim.Machine) limits {
	l := limits{Bounds: b, base: bootNamespaces(root)}
	for i, typ := range uapi.NSTypes() {
		l.perType[i] = b.Namespaces
		if n, ok := b.PerType[typ]; ok {
			l.perType[i] = min(n, b.Namespaces)
		}
	}
	return l
}

// bootNamespaces counts the initial namespaces and what the kernel's own threads have.
func bootNamespaces(m *sim.Machine) (n int) {
	for h := m.First(0); h != 0; h = m.Next(0, h) {
		if bootNS(m, h) {
			n++
		}
	}
	return n
}

// bootNS reports whether a namespace has been there since boot: an initial one, or the
// mount namespace of kdevtmpfs.
func bootNS(m *sim.Machine, ns sim.NS) bool {
	if uapi.IsInitInum(m.Nodes[ns].Inum) {
		return true
	}
	return m.TaskLive(sim.KDevTmpfs) && m.Task(sim.KDevTmpfs).Has(sim.KThread) &&
		m.Proxy(m.Task(sim.KDevTmpfs).Proxy).NS[sim.SlotMnt] == ns
}

// room is what a machine may still take within the bounds.
type room struct {
	tasks, ns int
	perType   [uapi.NumNSTypes]int
}

func (l *limits) room(m *sim.Machine) (r room) {
	r = room{l.Tasks, l.Namespaces, l.perType}
	for t := sim.InitTask; t < m.NumTasks(); t++ {
		if m.TaskLive(t) && !m.Task(t).Has(sim.KThread) {
			r.tasks--
		}
	}
	if l.Reachable {
		l.reachable(m, &r)
		return r
	}
	r.ns += l.base - m.Len()
	// Beyond the limits of single types it is enough to know the total.
	if len(l.PerType) == 0 || m.Len() == l.base {
		return r
	}
	for _, h := range m.Ordered() {
		if !bootNS(m, h) {
			r.perType[m.Nodes[h].Type]--
		}
	}
	return r
}

// allows reports whether there is room for what an operation makes.
func (r *room) allows(o *op) bool {
	if o.tasks > r.tasks {
		return false
	}
	if o.makes == 0 {
		return true
	}
	n := 0
	for i, typ := range uapi.NSTypes() {
		if o.makes&uint64(typ) == 0 {
			continue
		}
		if n++; r.perType[i] < 1 {
			return false
		}
	}
	return n <= r.ns
}

// reachable takes the namespaces that can be reached off the room.
func (l *limits) reachable(m *sim.Machine, r *room) {
	var seen [64]bool
	see := func(ns sim.NS) {
		for ; ns != 0 && int(ns) < len(seen) && !seen[ns] && !bootNS(m, ns); ns = m.Entries[ns].Owner {
			seen[ns] = true
			r.ns--
			r.perType[m.Nodes[ns].Type]--
		}
	}
	for t := sim.InitTask; t < m.NumTasks(); t++ {
		if !m.TaskLive(t) || m.Task(t).Has(sim.KThread) {
			continue
		}
		k := m.Task(t)
		if k.Cred != 0 {
			see(m.UserNS(t))
		}
		if k.Proxy != 0 {
			for _, ns := range m.Proxy(k.Proxy).NS {
				see(ns)
			}
		}
		for fd := int32(firstFD); k.Files != 0 && fd < int32(firstFD+l.FDs); fd++ {
			see(fileNS(m, m.FDGet(k.Files, fd)))
		}
	}
}

// fileNS is the namespace that an open file gives a task a way to: that of a namespace
// file or a socket.
func fileNS(m *sim.Machine, f sim.FileID) sim.NS {
	if f == 0 {
		return 0
	}
	switch k := m.File(f); k.Kind {
	case sim.FileNSFS:
		return m.Inode(sim.InodeID(k.Obj)).NS
	case sim.FileSocket:
		return m.Socket(sim.SocketID(k.Obj)).NetNS
	}
	return 0
}

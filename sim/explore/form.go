// SPDX-License-Identifier: GPL-2.0-only

package explore

import (
	"github.com/nssim/nssim/refcount"
	"github.com/nssim/nssim/sim"
	"github.com/nssim/nssim/sim/internal/hash"
)

// Symmetry says what a fingerprint does not tell apart, besides how things are numbered.
type Symmetry struct {
	// Tasks: which of several tasks is which.
	Tasks bool
	// FDs: at which numbers a task's descriptors are open.
	FDs bool
	// Counts: how often something is held, and by which of several equal objects.
	// Asked for without the other two and the property holders, it is not done.
	Counts bool
	// Order: which of two namespaces is older. Only where no call can tell.
	Order bool
	// Unreachable: namespaces that no task can come by any more; needs Bounds.Reachable.
	Unreachable bool
}

// former computes the fingerprints of a search. Where a machine has only what searches
// are mostly about (tasks that share nothing but an nsproxy, namespace files, sockets,
// pidfds; nothing mounted and no call in flight), it writes a form of its own, in which
// tasks come in an order that their content gives and not their number. For all other
// machines it asks sim.Canon, which tells tasks apart.
type former struct {
	sym   Symmetry
	canon sim.Canon
	quo   quotient
	m     *sim.Machine

	buf  []uint64
	n    int
	next int32
	slab []int32
	ns   []int32 // canonical numbers of objects; 0: not met yet
	prox []int32
	cred []int32
	pid  []int32
	file []int32
	ino  []int32
	sock []int32
	uc   []int32

	user  []sim.TaskID // the program's tasks, as they were
	order []sim.TaskID // in the order in which they are written
	sig   []uint64     // by place in user
	pos   []int32      // task -> place in order, from 1; 0: not one of the program's

	nsWords int // how much of buf the namespaces take
}

// covered reports whether the form says everything about m.
func covered(m *sim.Machine) bool {
	if m.Frames.Count()|m.Works.Count()|m.Mounts.Count()|m.Dentries.Count()|m.Pipes.Count()|m.Inotifies.Count()|
		m.VMAs.Count()|m.Msgs.Count()|len(m.Doomed)|len(m.Paths) != 0 || m.Repeated || m.Ordered() == nil {
		return false
	}
	return m.Len()+1 == len(m.Entries) || noStrays(m)
}

// noStrays reports whether every namespace that is allocated is on the trees.
func noStrays(m *sim.Machine) bool {
	live := 0
	for i := range m.Entries {
		if m.Entries[i].Flags&refcount.Live != 0 {
			live++
		}
	}
	return live == m.Len()
}

// fingerprint returns the fingerprint of m, and whether tasks were exchanged freely.
func (f *former) fingerprint(m *sim.Machine) sim.Fingerprint {
	if f.sym.Counts {
		f.quo.anyOrder, f.quo.reach = f.sym.Order, f.sym.Unreachable
		if fp, ok := f.quo.fingerprint(m); ok {
			return fp
		}
	}
	if !covered(m) || !f.tasks(m) {
		fp := f.canon.Fingerprint(m)
		return sim.Fingerprint{Hi: fp.Hi ^ hash.D, Lo: fp.Lo} // apart from forms of our own
	}
	f.begin(m)
	f.namespaces()
	f.sort()
	best := f.write()
	for f.sym.Tasks && len(f.user) > 2 && f.exchangeTwins() {
		f.begin(m)
		f.ranks()
		if fp := f.write(); fp.Hi < best.Hi || fp.Hi == best.Hi && fp.Lo < best.Lo {
			best = fp
		}
	}
	return best
}

// tasks collects the program's tasks; it reports false if some share more than what the
// form can say.
func (f *former) tasks(m *sim.Machine) bool {
	f.user = f.user[:0]
	for t := sim.Pid1; t < m.NumTasks(); t++ {
		if !m.TaskLive(t) {
			continue
		}
		k := m.Task(t)
		switch {
		case t == sim.Pid1, k.Has(sim.KThread):
			if t == sim.Pid1 && k.Has(sim.Driven) {
				return false
			}
			continue
		case k.Leader != t, k.Work != 0, k.Top != 0, k.State == sim.Dead:
			return false
		case k.MM != 0 && (m.MM(k.MM).Users != 1 || m.MM(k.MM).Count != 1), k.FS != 0 && m.FS(k.FS).Users != 1,
			k.Files != 0 && (m.FDs(k.Files).Users != 1 || m.Chunks.At(m.FDs(k.Files).First).Next != 0),
			k.SigHand != 0 && m.SigHands.At(k.SigHand).Users != 1,
			k.Exec != 0 && m.ExecStates.At(int32(k.Exec)).Refs != 1:
			return false
		}
		f.user = append(f.user, t)
	}
	return true
}

func (f *former) begin(m *sim.Machine) {
	f.m, f.n, f.next = m, 0, 0
	sizes := [...]int{len(m.Entries), int(m.Proxies.Cap()), int(m.Creds.Cap()), int(m.Pids.Cap()), int(m.Files.Cap()),
		int(m.Inodes.Cap()), int(m.Sockets.Cap()), int(m.UCounts.Cap()), int(m.NumTasks())}
	total := 0
	for _, n := range sizes {
		total += n
	}
	if len(f.slab) < total {
		f.slab = make([]int32, 2*total)
	}
	// More than any object takes, so that room never moves what is being written.
	if need := 64 + formWords*total + 2*int(m.Mappings.Cap()) + len(m.UserMem); len(f.buf) < need {
		f.buf = make([]uint64, 2*need)
	}
	s := f.slab[:total]
	clear(s)
	for i, at := range [...]*[]int32{&f.ns, &f.prox, &f.cred, &f.pid, &f.file, &f.ino, &f.sock, &f.uc, &f.pos} {
		*at, s = s[:sizes[i]], s[sizes[i]:]
	}
}

// formWords is how many words one object takes at most.
const formWords = 16

// room makes room for n words.
func (f *former) room(n int) []uint64 {
	at := f.n
	f.n += n
	return f.buf[at:f.n:f.n]
}

func (f *former) word(w uint64) { f.room(1)[0] = w }

// ranks numbers the namespaces by the order of their ids.
func (f *former) ranks() {
	for i, h := range f.m.Ordered() {
		f.ns[h] = int32(i + 1)
	}
	f.next = int32(f.m.Len())
	f.n = f.nsWords
}

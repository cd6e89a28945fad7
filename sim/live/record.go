// SPDX-License-Identifier: GPL-2.0-only

package live

import (
	"slices"

	"github.com/nssim/nssim/sim/program"
)

// Recording is what a program did on a kernel, with numbers that do not depend on the boot:
// ids count from firstID in the order in which they were given out, processes from
// firstPid, and so on. It can be compared with the model as the kernel itself can.
type Recording struct {
	// Lines are those carried out, then one for what there was when all was settled.
	Lines []RecordedLine
}

// RecordedLine is what one line did. Tasks and Namespaces are those that differ from the
// line before.
type RecordedLine struct {
	Observed   program.Observed
	Tasks      []TaskWord
	Namespaces []RecordedNamespace
}

// RecordedNamespace is a change of a namespace. Counts of those that there were at the
// start are relative to what they were then.
type RecordedNamespace struct {
	ID, Owner uint64
	Type      string // "" unless it is new
	Active    int
	Passive   int
	Settled   bool // Passive is known: the line is a settle
	Gone      bool // it is on the list no more
}

// TaskWord is a task's state in a program's words.
type TaskWord struct{ Name, State string }

// Where the numbers of recordings begin.
const (
	firstID    = 101
	firstPid   = 1001
	firstInum  = 4026540000 // and the id
	firstOther = 1
)

// recorder makes a recording.
type recorder struct {
	rec   *Recording
	mp    *mapping
	start map[uint64]Namespace // of the guest's namespaces at the start
	inums map[uint64]uint64    // of those seen last: their ids
	tasks map[string]string
	known map[uint64]RecordedNamespace

	pids, devs, mounts, others renumbering
}

// renumbering gives numbers new ones in the order of their appearance.
type renumbering struct {
	first uint64
	to    map[uint64]uint64
}

func renumberFrom(first uint64) renumbering { return renumbering{first, make(map[uint64]uint64)} }

func (r *renumbering) of(n uint64) uint64 {
	to, ok := r.to[n]
	if !ok {
		to = r.first + uint64(len(r.to))
		r.to[n] = to
	}
	return to
}

// begin takes in what the guest starts with.
func (r *recorder) begin(mp *mapping, init uint64, start []Namespace) {
	*r = recorder{rec: new(Recording), mp: mp, start: make(map[uint64]Namespace), inums: make(map[uint64]uint64),
		tasks: make(map[string]string), known: make(map[uint64]RecordedNamespace),
		pids: renumberFrom(firstPid), devs: renumberFrom(firstOther), mounts: renumberFrom(firstOther), others: renumberFrom(firstOther)}
	r.pids.of(init)
	for _, ns := range start {
		r.start[ns.ID] = ns
	}
}

// line adds a line.
func (r *recorder) line(p *program.Program, i int, inner bool, now *moment) {
	for _, ns := range now.namespaces {
		r.inums[uint64(ns.Inum)] = ns.ID
	}
	l := RecordedLine{Observed: now.obs.Clone()}
	if l.Observed.Line = i; i < len(p.Lines) {
		n := renamer{r, &p.Lines[i], inner}
		n.observed(&l.Observed)
	}
	for _, t := range now.tasks {
		if r.tasks[t.Name] != t.State {
			r.tasks[t.Name] = t.State
			l.Tasks = append(l.Tasks, t)
		}
	}
	l.Namespaces = r.changes(now.namespaces, now.obs.Kind == program.Settle)
	r.rec.Lines = append(r.rec.Lines, l)
}

// changes lists what is different about the namespaces. What depends on when the kernel
// gets round to things is left to settle: passive counts, and which inactive ones there are.
func (r *recorder) changes(now []Namespace, settle bool) (out []RecordedNamespace) {
	there := make(map[uint64]bool)
	for _, ns := range now {
		base, old := r.start[ns.ID]
		c := RecordedNamespace{ID: r.id(ns.ID), Owner: r.id(ns.Owner), Type: ns.Type.String(),
			Active: ns.Active - base.Active, Passive: ns.Passive - base.Passive, Settled: settle}
		there[c.ID] = true
		had, known := r.known[c.ID]
		if old {
			known = true
		}
		if !settle {
			c.Passive = had.Passive
		}
		if c.Active == had.Active && c.Passive == had.Passive && (known || !settle) {
			continue
		}
		r.known[c.ID] = c
		if known {
			c.Type, c.Owner = "", 0
		}
		out = append(out, c)
	}
	for id, had := range r.known {
		switch {
		case there[id]:
		case settle:
			out = append(out, RecordedNamespace{ID: id, Gone: true})
			delete(r.known, id)
		case had.Active != 0:
			had.Active = 0
			r.known[id] = had
			out = append(out, RecordedNamespace{ID: id})
		}
	}
	slices.SortFunc(out, func(a, b RecordedNamespace) int { return int(a.ID) - int(b.ID) })
	return out
}

// id is a namespace's id in recordings.
func (r *recorder) id(g uint64) uint64 {
	if g >= r.mp.nextGuest {
		return g - r.mp.nextGuest + firstID
	}
	if m, ok := r.mp.old.model[g]; ok {
		return m
	}
	return g
}

// inum is a namespace's inode number in recordings, 0 if it is none's.
func (r *recorder) inum(g uint64) uint64 {
	id, ok := r.inums[g]
	if !ok {
		return 0
	}
	if ns, old := r.start[id]; old {
		for m, guest := range r.mp.inums.guest {
			if guest == uint64(ns.Inum) {
				return m
			}
		}
	}
	return firstInum + r.id(id)
}

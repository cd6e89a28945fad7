// SPDX-License-Identifier: GPL-2.0-only

package export

import (
	"fmt"
	"strconv"

	"github.com/nssim/nssim/refcount"
	"github.com/nssim/nssim/sim"
)

// Namer calls a machine's objects as the reader knows them. A program.Runner is one.
type Namer interface {
	// TaskName returns what a task is called.
	TaskName(sim.TaskID) string
	// NSName returns what a namespace is called: `net`, `t1.user`, `initial net`, or
	// its type and id if nobody has named it.
	NSName(sim.NS) string
}

// NSRef identifies a namespace in output.
type NSRef struct {
	Type string `json:"type"`
	ID   uint64 `json:"id"`
	Inum uint32 `json:"inum"`
	Name string `json:"name,omitempty"` // what the program calls it, if it does
}

// refOf describes a namespace whose memory is there.
func refOf(m *sim.Machine, names Namer, ns sim.NS) NSRef {
	n := &m.Nodes[ns]
	r := NSRef{Type: n.NSType().String(), ID: n.ID, Inum: n.Inum, Name: names.NSName(ns)}
	if r.Name == r.unnamed() {
		r.Name = ""
	}
	return r
}

// unnamed is what a Namer says when a namespace has no name.
func (r NSRef) unnamed() string { return r.Type + " " + strconv.FormatUint(r.ID, 10) }

// initial reports whether the name already says type and all.
func (r NSRef) initial() bool { return r.Name == "initial "+r.Type }

// String is the short form, `net 11 (t1.net)`.
func (r NSRef) String() string {
	switch {
	case r.initial():
		return r.Name
	case r.Name == "":
		return r.unnamed()
	}
	return r.unnamed() + " (" + r.Name + ")"
}

// Long is the form with the inode number, `net 4026532201 (id 11, t1.net)`.
func (r NSRef) Long() string {
	if r.Name == "" {
		return fmt.Sprintf("%s %d (id %d)", r.Type, r.Inum, r.ID)
	}
	return fmt.Sprintf("%s %d (id %d, %s)", r.Type, r.Inum, r.ID, r.Name)
}

// present reports whether a namespace's memory is there.
func present(m *sim.Machine, ns sim.NS) bool {
	if ns <= 0 || int(ns) >= len(m.Entries) {
		return false
	}
	return m.Entries[ns].Flags&(refcount.Live|refcount.Freed) == refcount.Live
}

// stateOf says in a word where in its life a namespace is.
func stateOf(m *sim.Machine, ns sim.NS) string {
	e := &m.Entries[ns]
	if s := e.State(); s != "inactive" || !m.Table.Rules.Has(refcount.NoActive) {
		return s
	}
	return "alive" // no active count that could say more
}

func itoa[T ~int | ~int32](n T) string { return strconv.Itoa(int(n)) }

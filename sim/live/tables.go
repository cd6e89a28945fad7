// SPDX-License-Identifier: GPL-2.0-only

package live

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/nssim/nssim/sim"
)

// modelTable is the model's snapshot: what is on the unified list.
func modelTable(m *sim.Machine) []Namespace {
	var out []Namespace
	for ns := range m.All(0) {
		n, e := &m.Nodes[ns], &m.Entries[ns]
		entry := Namespace{ID: n.ID, Type: n.NSType(), Inum: n.Inum, Passive: int(e.Passive), Active: int(e.Active)}
		if e.Owner != 0 {
			entry.Owner = m.Nodes[e.Owner].ID
		}
		out = append(out, entry)
	}
	slices.SortFunc(out, byID)
	return out
}

func byID(a, b Namespace) int { return cmp.Compare(a.ID, b.ID) }

// tables compares snapshots. Namespaces that were there before the program are compared by
// how their counts have changed: on the guest the kernel and the agent hold them too.
type tables struct {
	*mapping
	modelStart, guestStart map[uint64]Namespace
}

// newTables relates the namespaces that both sides start with, in the order of their ids.
func newTables(mp *mapping, model, guest []Namespace) (*tables, error) {
	t := &tables{mp, make(map[uint64]Namespace), make(map[uint64]Namespace)}
	model, guest = slices.Clone(model), slices.Clone(guest)
	slices.SortFunc(model, byID)
	slices.SortFunc(guest, byID)
	same := len(model) == len(guest)
	for i := 0; same && i < len(model); i++ {
		same = model[i].Type == guest[i].Type && mp.id(model[i].ID, guest[i].ID) && mp.inums.match(uint64(model[i].Inum), uint64(guest[i].Inum))
	}
	if !same {
		return nil, fmt.Errorf("%w: the namespaces at the start are not the model's:\n%smodel\n%s", ErrBaseline, tableText(guest), tableText(model))
	}
	for i := range model {
		t.modelStart[model[i].ID], t.guestStart[guest[i].ID] = model[i], guest[i]
	}
	return t, nil
}

// row is a namespace on one side or both.
type row struct{ model, guest *Namespace }

// rows brings the two sides together, both in the order of their ids. strange are the
// guest's for which the model can have none.
func (t *tables) rows(model, guest []Namespace) (rows []row, strange []Namespace) {
	rows = make([]row, 0, len(model)+len(guest))
	for i := range guest {
		id, ok := t.toModel(guest[i].ID)
		if !ok {
			strange = append(strange, guest[i])
			continue
		}
		for len(model) > 0 && model[0].ID < id {
			rows = append(rows, row{model: &model[0]})
			model = model[1:]
		}
		if len(model) > 0 && model[0].ID == id {
			rows = append(rows, row{&model[0], &guest[i]})
			model = model[1:]
			continue
		}
		rows = append(rows, row{guest: &guest[i]})
	}
	for i := range model {
		rows = append(rows, row{model: &model[i]})
	}
	return rows, strange
}

// How much of a snapshot has to be equal.
type strictness int

const (
	// activeOnly: active counts. A namespace that is not on the list has 0.
	activeOnly strictness = iota
	// settled: which namespaces there are, and both counts.
	settled
)

// compare returns the differences of two snapshots.
func (t *tables) compare(model, guest []Namespace, how strictness) (diffs []string) {
	rows, strange := t.rows(model, guest)
	for _, ns := range strange {
		diffs = append(diffs, fmt.Sprintf("namespace %d %s on the guest, where the model can have none", ns.ID, ns.Type))
	}
	for _, r := range rows {
		if d := t.row(r, how); d != "" {
			diffs = append(diffs, d)
		}
	}
	return diffs
}

// row compares one namespace.
func (t *tables) row(r row, how strictness) string {
	if (r.model == nil || r.guest == nil) && how == settled {
		side := "guest"
		if r.guest == nil {
			side = "model"
		}
		return t.rowName(r) + ": only on the " + side
	}
	if a, b := t.active(r); a != b {
		return fmt.Sprintf("active(%s): model %d, guest %d", t.rowName(r), a, b)
	}
	if r.model == nil || r.guest == nil {
		return ""
	}
	if a, b := t.passive(r); a != b && how == settled {
		return fmt.Sprintf("passive(%s): model %d, guest %d", t.rowName(r), a, b)
	}
	switch m, g := r.model, r.guest; {
	case m.Type != g.Type:
		return fmt.Sprintf("type(%s): model %s, guest %s", t.rowName(r), m.Type, g.Type)
	case (m.Owner != 0 || g.Owner != 0) && !t.id(m.Owner, g.Owner):
		return fmt.Sprintf("owner(%s): model %d, guest %d", t.rowName(r), m.Owner, g.Owner)
	case !t.inums.match(uint64(m.Inum), uint64(g.Inum)):
		return fmt.Sprintf("inum(%s): %s", t.rowName(r), t.inums.explain(uint64(m.Inum), uint64(g.Inum)))
	}
	return ""
}

// active returns both sides' active counts, of namespaces that were there before as
// differences.
func (t *tables) active(r row) (model, guest int) {
	if r.model != nil {
		model = r.model.Active - t.modelStart[r.model.ID].Active
	}
	if r.guest != nil {
		guest = r.guest.Active - t.guestStart[r.guest.ID].Active
	}
	return model, guest
}

func (t *tables) passive(r row) (model, guest int) {
	return r.model.Passive - t.modelStart[r.model.ID].Passive, r.guest.Passive - t.guestStart[r.guest.ID].Passive
}

func (t *tables) rowName(r row) string {
	if r.guest != nil {
		return fmt.Sprintf("%s %d", r.guest.Type, r.guest.ID)
	}
	id := r.model.ID
	if g, ok := t.toGuest(id); ok {
		id = g
	}
	return fmt.Sprintf("%s %d", r.model.Type, id)
}

// relate pairs the inode numbers of what is on both sides. It does so afresh after every
// line: numbers are given out again, and the two sides may free them at different times.
func (t *tables) relate(model, guest []Namespace) {
	clear(t.inums.guest)
	clear(t.inums.model)
	rows, _ := t.rows(model, guest)
	for _, r := range rows {
		if r.model != nil && r.guest != nil {
			t.inums.match(uint64(r.model.Inum), uint64(r.guest.Inum))
		}
	}
}

// text shows both sides next to each other with the guest's ids; a star marks where they
// differ.
func (t *tables) text(model, guest []Namespace) string {
	rows, strange := t.rows(model, guest)
	for i := range strange {
		rows = append(rows, row{guest: &strange[i]})
	}
	var b strings.Builder
	fmt.Fprintf(&b, "  %-22s %15s %15s\n", "namespace", "model act/pas", "guest act/pas")
	for _, r := range rows {
		mark := " "
		if t.row(r, settled) != "" {
			mark = "*"
		}
		fmt.Fprintf(&b, "%s %-22s %15s %15s\n", mark, t.rowName(r), countsText(r.model), countsText(r.guest))
	}
	return b.String()
}

func countsText(ns *Namespace) string {
	if ns == nil {
		return "-"
	}
	return fmt.Sprintf("%d/%d", ns.Active, ns.Passive)
}

func tableText(all []Namespace) string {
	var b strings.Builder
	for _, ns := range all {
		fmt.Fprintf(&b, "  %s %d, owner %d, active %d, passive %d\n", ns.Type, ns.ID, ns.Owner, ns.Active, ns.Passive)
	}
	return b.String()
}

// SPDX-License-Identifier: GPL-2.0-only

package export

import (
	"fmt"
	"strings"

	"github.com/nssim/nssim/refcount"
	"github.com/nssim/nssim/sim"
)

// NSInfo is a namespace with its counts.
type NSInfo struct {
	NSRef
	State   string `json:"state"` // active, inactive, dead, initial; alive where there is no active count
	Passive int32  `json:"passive"`
	Active  int32  `json:"active"`
	Depth   int    `json:"depth"` // below the initial user namespace
}

// counted reports whether the counts say anything: those of an initial namespace stand
// still, and those of a dead one may be overwritten.
func (n *NSInfo) counted() bool { return n.State != "initial" && n.State != "dead" }

// Tree lists a machine's namespaces, each behind the user namespace that owns it. Of
// the initial namespaces, only the user namespace is in it.
func Tree(m *sim.Machine, names Namer) []NSInfo {
	var out []NSInfo
	walkOwners(m, func(ns sim.NS, depth int) {
		e := &m.Entries[ns]
		out = append(out, NSInfo{refOf(m, names, ns), stateOf(m, ns), e.Passive, e.Active, depth})
	})
	return out
}

// walkOwners visits the namespaces that Tree lists, in its order.
func walkOwners(m *sim.Machine, f func(ns sim.NS, depth int)) {
	owned := make(map[sim.NS][]sim.NS)
	for ns := range m.Handles() {
		if m.Entries[ns].Flags&refcount.Initial == 0 {
			owned[m.Entries[ns].Owner] = append(owned[m.Entries[ns].Owner], ns)
		}
	}
	var walk func(ns sim.NS, depth int)
	walk = func(ns sim.NS, depth int) {
		f(ns, depth)
		for _, o := range byID(m, owned[ns]) {
			walk(o, depth+1)
		}
	}
	walk(m.InitUserNS(), 0)
}

// byID sorts namespaces by id; those of equal id keep their order.
func byID(m *sim.Machine, list []sim.NS) []sim.NS {
	for i := 1; i < len(list); i++ {
		for j := i; j > 0 && m.Nodes[list[j]].ID < m.Nodes[list[j-1]].ID; j-- {
			list[j], list[j-1] = list[j-1], list[j]
		}
	}
	return list
}

// TreeText draws the tree of owners, with the counts in columns.
func TreeText(list []NSInfo) string {
	left := make([]string, len(list))
	width := 0
	for i := range list {
		left[i] = strings.Repeat("  ", list[i].Depth) + list[i].String()
		width = max(width, len(left[i]))
	}
	var b strings.Builder
	fmt.Fprintf(&b, "%-*s  %10s  %7s  %6s\n", width, "namespace", "inode", "passive", "active")
	for i := range list {
		n := &list[i]
		fmt.Fprintf(&b, "%-*s  %10d  %7d  %6d  %s\n", width, left[i], n.Inum, n.Passive, n.Active, n.State)
	}
	return b.String()
}

// NSHolders is a namespace with what holds it.
type NSHolders struct {
	NSInfo
	Passive []string `json:"held_passively"`
	Active  []string `json:"held_actively"`
}

// Counts lists the namespaces that are not initial, by id, with the kinds of their
// holders.
func Counts(m *sim.Machine, names Namer) (out []NSHolders) {
	var list []sim.NS
	for ns := range m.Handles() {
		if m.Entries[ns].Flags&refcount.Initial == 0 {
			list = append(list, ns)
		}
	}
	for _, ns := range byID(m, list) {
		e := &m.Entries[ns]
		h := NSHolders{NSInfo: NSInfo{refOf(m, names, ns), stateOf(m, ns), e.Passive, e.Active, 0}}
		for _, k := range m.Holders(ns) {
			h.Passive = tally(h.Passive, k.Kind.String(), k.Passive)
			h.Active = tally(h.Active, k.Kind.String(), k.Active)
		}
		out = append(out, h)
	}
	return out
}

func tally(list []string, what string, n int32) []string {
	for ; n > 0; n-- {
		list = append(list, what)
	}
	return list
}

// CountsText writes them for people.
func CountsText(list []NSHolders) string {
	var b strings.Builder
	for i := range list {
		h := &list[i]
		fmt.Fprintf(&b, "%s: %s\n", h.Long(), h.State)
		b.WriteString(Wrap(fmt.Sprintf("  passive %d: %s", h.NSInfo.Passive, summary(h.Passive)), 6) + "\n")
		b.WriteString(Wrap(fmt.Sprintf("  active  %d: %s", h.NSInfo.Active, summary(h.Active)), 6) + "\n")
	}
	return b.String()
}

// summary writes equal elements once, with their number.
func summary(list []string) string {
	if len(list) == 0 {
		return "nobody"
	}
	var parts []string
	for i := 0; i < len(list); {
		n := i
		for n < len(list) && list[n] == list[i] {
			n++
		}
		part := list[i]
		if n > i+1 {
			part += fmt.Sprintf(" (%d)", n-i)
		}
		parts = append(parts, part)
		i = n
	}
	return strings.Join(parts, ", ")
}

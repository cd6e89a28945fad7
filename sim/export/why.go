// SPDX-License-Identifier: GPL-2.0-only

package export

import (
	"fmt"
	"strings"

	"github.com/nssim/nssim/refcount"
	"github.com/nssim/nssim/sim"
)

// Why says everything that there is to say about why a namespace is there and who sees
// it.
type Why struct {
	NSInfo
	// Frozen: the counts stand still, so the holders need not add up to them.
	Frozen bool `json:"frozen,omitempty"`
	// Holders are those of the references, in a fixed order.
	Holders []WhyHolder `json:"holders"`
	// Pending is deferred work on the namespace itself.
	Pending []string `json:"pending,omitempty"`
	// Owners is the owner chain, innermost first.
	Owners []NSInfo `json:"owners"`
	// Sights tells for each task that can make calls whether it sees the namespace.
	Sights []Sight `json:"sights"`
	// Ways lead back to being active; only for a namespace that is alive and inactive.
	Ways []Way `json:"ways,omitempty"`
}

// WhyHolder is somebody who holds references.
type WhyHolder struct {
	Kind    string `json:"kind"`
	Text    string `json:"text"`
	Passive int32  `json:"passive"`
	Active  int32  `json:"active"`
}

// Explain tells why a namespace is alive and visible or not. Its memory must be there.
func Explain(m *sim.Machine, names Namer, ns sim.NS) *Why {
	p := newPlaces(m, names)
	e := &m.Entries[ns]
	w := &Why{
		NSInfo: NSInfo{refOf(m, names, ns), stateOf(m, ns), e.Passive, e.Active, 0},
		Frozen: !counted(m, ns),
	}
	for _, h := range m.Holders(ns) {
		if m.Table.Rules.Has(refcount.NoActive) {
			h.Active = 0
		}
		if h.Passive+h.Active == 0 {
			continue
		}
		w.Holders = append(w.Holders, WhyHolder{h.Kind.String(), p.holder(ns, h), h.Passive, h.Active})
	}
	for d := m.Deferred; d != 0; d = m.Work(d).Next {
		if m.Work(d).NS == ns {
			w.Pending = append(w.Pending, m.Work(d).Kind.String())
		}
	}
	for o := range m.Owners(ns) {
		w.Depth++
		w.Owners = append(w.Owners, NSInfo{refOf(m, names, o), stateOf(m, o), m.Entries[o].Passive, m.Entries[o].Active, 0})
	}
	for i := range w.Owners {
		w.Owners[i].Depth = w.Depth - 1 - i
	}
	w.Sights = p.sights(ns)
	if w.State == "inactive" {
		w.Ways = p.ways(ns)
	}
	return w
}

// String tells it to people.
func (w *Why) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s: %s\n", w.Long(), w.status())
	w.writeHolders(&b)
	for _, d := range w.Pending {
		fmt.Fprintf(&b, "deferred: %s\n", d)
	}
	if len(w.Owners) > 0 {
		b.WriteString("\nowners\n")
	}
	for i := range w.Owners {
		o := &w.Owners[i]
		fmt.Fprintf(&b, "  %s", o)
		switch o.State {
		case "initial":
		case "alive":
			fmt.Fprintf(&b, ": alive (passive %d)", o.Passive)
		default:
			fmt.Fprintf(&b, ": %s (passive %d, active %d)", o.State, o.Passive, o.Active)
		}
		b.WriteByte('\n')
	}
	b.WriteString("\nwho sees it\n")
	for i := range w.Sights {
		b.WriteString(Wrap("  "+w.Sights[i].String(), 6) + "\n")
	}
	if len(w.Sights) == 0 {
		b.WriteString("  no task is left that could ask\n")
	}
	if w.State == "inactive" {
		b.WriteString("\nwhat brings it back\n")
		for _, way := range w.Ways {
			b.WriteString(Wrap("  "+way.String(), 6) + "\n")
		}
		if len(w.Ways) == 0 {
			b.WriteString("  nothing that a task could do now\n")
		}
	}
	return b.String()
}

// statusWords says what a state means to somebody who asks why.
var statusWords = map[string]string{
	"active":   "alive and active",
	"inactive": "alive but inactive",
	"alive":    "alive",
	"dead":     "dead; its memory is still there",
	"initial":  "initial, always alive and active",
}

func (w *Why) status() string {
	if s := statusWords[w.State]; s != "" {
		return s
	}
	return w.State
}

// holderColumn is where the counts of a holder begin.
const holderColumn = Width - 18

func (w *Why) writeHolders(b *strings.Builder) {
	b.WriteByte('\n')
	active := itoa(w.Active)
	switch {
	case w.Active == sim.OverlaidActive:
		b.WriteString("The head of its RCU callback lies over its id and its active count.\n")
		active = "?"
	case w.State == "alive":
		active = "-"
	case w.Frozen:
		b.WriteString("The counts of an initial namespace stay at 1; who holds it is not counted.\n")
	}
	fmt.Fprintf(b, "%-*s  passive  active\n", holderColumn, "held by")
	for i := range w.Holders {
		h := &w.Holders[i]
		writeRow(b, "  "+h.Text, count(h.Passive), count(h.Active))
	}
	writeRow(b, "counts", itoa(w.Passive), active)
}

// writeRow writes a text and two numbers; a text that is too long goes over several
// lines.
func writeRow(b *strings.Builder, text, passive, active string) {
	lines := strings.Split(wrapAt(text, 6, holderColumn), "\n")
	for i, l := range lines {
		if i == len(lines)-1 {
			fmt.Fprintf(b, "%-*s  %7s  %6s\n", holderColumn, l, passive, active)
			return
		}
		b.WriteString(l + "\n")
	}
}

func count(n int32) string {
	if n == 0 {
		return "-"
	}
	return itoa(n)
}

// FindNS finds a namespace by its id, or as readlink of /proc/PID/ns shows it, like
// `net:[4026532201]`; 0 for none. A namespace that is off the trees is found while its
// memory is there.
func FindNS(m *sim.Machine, text string) sim.NS {
	for ns := range m.Handles() {
		n := &m.Nodes[ns]
		if n.ID != 0 && fmt.Sprint(n.ID) == text || n.NSType().LinkName(n.Inum) == text {
			return ns
		}
	}
	return 0
}

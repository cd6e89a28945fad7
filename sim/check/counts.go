// SPDX-License-Identifier: GPL-2.0-only

package check

import (
	"fmt"

	"github.com/nssim/nssim/refcount"
	"github.com/nssim/nssim/sim"
	"github.com/nssim/nssim/syscall/uapi"
)

// live reports whether ns is allocated and its memory not given back.
func live(m *sim.Machine, ns sim.NS) bool {
	f := m.Entries[ns].Flags
	return f&refcount.Live != 0 && f&refcount.Freed == 0
}

func holders(c *Checker, m *sim.Machine, found func(sim.NS, string)) {
	c.derived = m.DeriveCounts(c.derived)
	for i := 1; i < len(m.Entries); i++ {
		if text := m.CountsDiffer(sim.NS(i), c.derived[i]); text != "" {
			found(sim.NS(i), name(m, sim.NS(i))+": "+text)
		}
	}
}

func activeNeedsPassive(_ *Checker, m *sim.Machine, found func(sim.NS, string)) {
	for i := 1; i < len(m.Entries); i++ {
		ns := sim.NS(i)
		if e := m.Entries[ns]; live(m, ns) && e.Active > 0 && e.Passive <= 0 {
			found(ns, fmt.Sprintf("%s: active %d, passive %d", name(m, ns), e.Active, e.Passive))
		}
	}
}

// ownerActive goes by the counts and, where something else decides what can be seen,
// by that too.
func ownerActive(_ *Checker, m *sim.Machine, found func(sim.NS, string)) {
	for i := 1; i < len(m.Entries); i++ {
		ns := sim.NS(i)
		o := m.Entries[ns].Owner
		if o == 0 || !live(m, ns) {
			continue
		}
		switch {
		case m.Entries[ns].Active > 0 && m.Entries[o].Active <= 0 && !m.Table.Rules.Has(refcount.NoActive):
			found(ns, fmt.Sprintf("%s is active, its owner %s is not", name(m, ns), name(m, o)))
		case m.Node(ns).Is(sim.NodeOnTree) && seen(m, ns) && !seen(m, o):
			found(ns, fmt.Sprintf("%s can be seen, its owner %s cannot", name(m, ns), name(m, o)))
		}
	}
}

// seen reports whether a namespace can be seen by somebody, by its counts.
func seen(m *sim.Machine, ns sim.NS) bool {
	e := &m.Entries[ns]
	switch {
	case e.Passive <= 0:
		return false
	case m.Cfg.Policy.Visible != nil:
		return m.Cfg.Policy.Visible(m, ns)
	case m.Cfg.Rules.Has(sim.ListPinned) || m.Table.Rules.Has(refcount.NoActive):
		return true
	case m.Cfg.Rules.Has(sim.DyingFlag) && m.Node(ns).Is(sim.NodeDying):
		return false
	}
	return e.Active > 0
}

func initial(_ *Checker, m *sim.Machine, found func(sim.NS, string)) {
	for _, typ := range uapi.NSTypes() {
		ns := m.Initial(typ)
		e, n := m.Entries[ns], m.Node(ns)
		switch {
		case n.ID != typ.InitID():
			found(ns, fmt.Sprintf("initial %s namespace has id %d", typ, n.ID))
		case e.Passive != 1 || e.Active != 1:
			found(ns, fmt.Sprintf("initial %s namespace has counts %d/%d", typ, e.Passive, e.Active))
		}
	}
}

func noWarning(_ *Checker, m *sim.Machine, found func(sim.NS, string)) {
	if m.Fired == 0 {
		return
	}
	for _, e := range m.Events {
		if e.Kind == refcount.Warned {
			found(e.NS, e.What.String())
			return
		}
	}
	found(0, fmt.Sprintf("%d assertions fired", m.Fired))
}

// noLeak: what was there at boot is the initial namespaces and what the kernel's
// own threads hold.
func noLeak(_ *Checker, m *sim.Machine, found func(sim.NS, string)) {
	for i := 1; i < len(m.Entries); i++ {
		ns := sim.NS(i)
		if !live(m, ns) || uapi.IsInitInum(m.Node(ns).Inum) || keptAtBoot(m, ns) {
			continue
		}
		found(ns, fmt.Sprintf("%s is left with counts %d/%d", name(m, ns), m.Entries[ns].Passive, m.Entries[ns].Active))
	}
}

// keptAtBoot reports whether a kernel thread keeps the namespace.
func keptAtBoot(m *sim.Machine, ns sim.NS) (kept bool) {
	m.EachTask(func(_ sim.TaskID, k *sim.Task) bool {
		if k.Has(sim.KThread) && k.Proxy != 0 && m.Proxy(k.Proxy).NS[sim.SlotMnt] == ns {
			kept = true
		}
		return !kept
	})
	return kept
}

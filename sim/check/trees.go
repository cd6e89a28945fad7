// SPDX-License-Identifier: GPL-2.0-only

package check

import (
	"fmt"

	"github.com/nssim/nssim/nstree"
	"github.com/nssim/nssim/sim"
	"github.com/nssim/nssim/syscall/uapi"
)

// trees walks every list and compares it with the nodes that say they are on it.
func trees(c *Checker, m *sim.Machine, found func(sim.NS, string)) {
	unified := c.walk(m, nstree.Unified, m.First(0), 0, found)
	onTree, byType, owned := 0, 0, 0
	for i := 1; i < len(m.Entries); i++ {
		ns := sim.NS(i)
		n := m.Node(ns)
		if !n.Is(nstree.OnTree) {
			continue
		}
		onTree++
		if !live(m, ns) {
			found(ns, name(m, ns)+" is on the trees but freed")
		}
		if n.Is(nstree.Owned) {
			owned++
		} else if n.ID != uapi.USER_NS_INIT_ID && m.Entries[ns].Owner != 0 {
			found(ns, name(m, ns)+" is on no owner's list")
		}
	}
	for _, typ := range uapi.NSTypes() {
		byType += c.walk(m, nstree.PerType, m.First(typ), typ, found)
	}
	listed := 0
	for ns := m.First(uapi.USER_NS); ns != 0; ns = m.Next(nstree.PerType, ns) {
		listed += c.walkOwned(m, ns, found)
	}
	if unified != onTree || byType != onTree || listed != owned || m.Len() != onTree {
		found(0, fmt.Sprintf("%d namespaces on the trees, %d on the unified list, %d on the types' lists, %d of %d on the owners' lists",
			onTree, unified, byType, listed, owned))
	}
}

// walk checks one list: ids ascend, links agree both ways, types are right.
func (c *Checker) walk(m *sim.Machine, l nstree.List, first sim.NS, typ uapi.NSType, found func(sim.NS, string)) (n int) {
	prev := sim.NS(0)
	for ns := first; ns != 0; ns = m.Next(l, ns) {
		if n++; n > len(m.Entries) {
			found(ns, "a list does not end")
			return n
		}
		k := m.Node(ns)
		switch {
		case m.Prev(l, ns) != prev:
			found(ns, name(m, ns)+": next and prev disagree")
		case prev != 0 && m.Node(prev).ID >= k.ID:
			found(ns, name(m, ns)+" is out of order")
		case typ != 0 && k.NSType() != typ:
			found(ns, fmt.Sprintf("%s is on the list of %s", name(m, ns), typ))
		case !k.Is(nstree.OnTree):
			found(ns, name(m, ns)+" is on a list but not on the trees")
		}
		prev = ns
	}
	return n
}

func (c *Checker) walkOwned(m *sim.Machine, owner sim.NS, found func(sim.NS, string)) int {
	for ns := m.FirstOwned(owner); ns != 0; ns = m.Next(nstree.PerOwner, ns) {
		if m.Entries[ns].Owner != owner {
			found(ns, fmt.Sprintf("%s is on the list of %s, which does not own it", name(m, ns), name(m, owner)))
			break
		}
	}
	return c.walk(m, nstree.PerOwner, m.FirstOwned(owner), 0, found)
}

// SPDX-License-Identifier: GPL-2.0-only

package check

import (
	"fmt"

	"github.com/nssim/nssim/sim"
	"github.com/nssim/nssim/syscall"
	"github.com/nssim/nssim/syscall/uapi"
)

// reachable marks the namespaces that the rules of the series' cover letter make
// visible: a task uses it, a file or mount refers to it, or it is the owner or
// parent of such a one.
func reachable(m *sim.Machine) []bool {
	at := make([]bool, len(m.Entries))
	mark := func(ns sim.NS) {
		if ns != 0 {
			at[ns] = true
		}
	}
	m.EachTask(func(t sim.TaskID, k *sim.Task) bool {
		if k.State >= sim.Dead || k.Cred == 0 {
			return true
		}
		mark(m.UserNS(t))
		mark(m.ActivePidNS(t))
		if k.Proxy != 0 {
			for _, ns := range m.Proxy(k.Proxy).NS {
				mark(ns)
			}
		}
		return true
	})
	for i := int32(1); i < m.Pids.Cap(); i++ { // a group or session still uses it
		if m.Pids.Live(i) && !m.Pids.At(i).Freed {
			mark(m.PidNS(sim.PidID(i)))
		}
	}
	for i := int32(1); i < m.Inodes.Cap(); i++ {
		if m.Inodes.Live(i) && m.Inodes.At(i).Dentry > 0 {
			mark(m.Inodes.At(i).NS)
		}
	}
	for ns := len(at) - 1; ns > 0; ns-- {
		if !at[ns] {
			continue
		}
		for o := m.Entries[ns].Owner; o != 0 && !at[o]; o = m.Entries[o].Owner {
			at[o] = true
		}
		if n := m.Node(sim.NS(ns)); n.NSType() == uapi.PID_NS && n.Data != 0 {
			for p := m.PidNSOf(sim.NS(ns)).Parent; p != 0 && !at[p]; p = m.PidNSOf(p).Parent {
				at[p] = true
			}
		}
	}
	return at
}

// reach: nothing can be opened by id that could not be reached by a task, a file or
// mount, or a child.
func reach(c *Checker, m *sim.Machine, found func(sim.NS, string)) {
	p := c.probe.about(m)
	at := reachable(m)
	for _, t := range p.callers() {
		if !m.MaySeeAll(t) {
			continue
		}
		p.each(func(ns sim.NS) {
			if !at[ns] && p.opens(t, ns) {
				found(ns, fmt.Sprintf("%s opens by handle, though no task, file, mount or child leads to it", name(m, ns)))
			}
		})
		return // one caller that sees all is enough
	}
}

// resurrect: opening a network namespace that cannot be seen through a socket makes
// it and its whole owner chain seen, and nothing else.
func resurrect(c *Checker, m *sim.Machine, found func(sim.NS, string)) {
	p := c.probe.about(m)
	for _, t := range p.callers() {
		m.EachFD(m.Task(t).Files, func(fd int32, f sim.FileID) {
			if m.File(f).Kind != sim.FileSocket {
				return
			}
			net := m.Socket(sim.SocketID(m.File(f).Obj)).NetNS
			if !seen(m, net) && m.NSCapable(t, m.Entries[net].Owner, uapi.CAP_NET_ADMIN) {
				c.resurrectOne(p, t, int(fd), net, found)
			}
		})
	}
}

func (c *Checker) resurrectOne(p *prober, t sim.TaskID, fd int, net sim.NS, found func(sim.NS, string)) {
	m := p.fresh()
	p.clean = false
	if _, err := syscall.Task(m, t).SIOCGSKNS(fd); err != nil {
		if err != uapi.EMFILE {
			found(net, fmt.Sprintf("%s cannot be reopened through descriptor %d of task %d: %v", name(m, net), fd, t, err))
		}
		return
	}
	chain := map[sim.NS]bool{net: true}
	for o := m.Owner(net); o != 0; o = m.Owner(o) {
		chain[o] = true
	}
	for i := 1; i < len(m.Entries); i++ {
		ns := sim.NS(i)
		if !live(m, ns) || !live(p.m, ns) {
			continue
		}
		was, is := seen(p.m, ns), seen(m, ns)
		switch {
		case chain[ns] && !is:
			found(ns, fmt.Sprintf("%s stays hidden though %s was reopened", name(m, ns), name(m, net)))
		case !chain[ns] && is != was:
			found(ns, fmt.Sprintf("%s changed when %s was reopened", name(m, ns), name(m, net)))
		}
	}
}

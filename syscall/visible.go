// SPDX-License-Identifier: GPL-2.0-only

package syscall

import (
	"github.com/nssim/nssim/sim"
	"github.com/nssim/nssim/syscall/uapi"
)

// Visible decides whether a namespace can be seen at all: by its active count, or
// by what the configured semantics or policy puts in its place. It takes no
// reference; whether the namespace is still alive is the next question.
func Visible(m *sim.Machine, ns sim.NS) bool {
	if p := m.Cfg.Policy.Visible; p != nil {
		return p(m, ns)
	}
	switch {
	case m.Cfg.Rules.Has(sim.ListPinned):
		return true
	case m.Cfg.Rules.Has(sim.DyingFlag) && m.Nodes[ns].Is(sim.NodeDying):
		return false
	}
	return m.CheckActive(ns)
}

// MayOpen decides whether t may open a visible namespace by handle
// (fs/nsfs.c: nsfs_fh_to_dentry, v6.19): its own current ones always, others by a
// capability over the owner, or since v6.19.9 only if it may see everything.
func MayOpen(m *sim.Machine, t sim.TaskID, ns sim.NS) bool {
	if p := m.Cfg.Policy.MayOpen; p != nil {
		return p(m, t, ns)
	}
	if m.Current(t, ns) {
		return m.Nodes[ns].NSType() != uapi.PID_NS || m.PidNSOf(ns).HadChild
	}
	if !m.Cfg.Rules.Has(sim.HandleOwnerCap) {
		return m.MaySeeAll(t)
	}
	return m.NSCapable(t, ownerOrSelf(m, ns), uapi.CAP_SYS_ADMIN)
}

// ownerOrSelf is the user namespace over which a capability opens ns by handle: a
// user namespace's own, else the owner's.
func ownerOrSelf(m *sim.Machine, ns sim.NS) sim.NS {
	if m.Nodes[ns].NSType() == uapi.USER_NS {
		return ns
	}
	return m.Entries[ns].Owner
}

// MayList decides whether t may see a visible namespace in a listing without an
// owner filter (kernel/nstree.c: may_list_ns, v6.19).
func MayList(m *sim.Machine, t sim.TaskID, ns sim.NS) bool { return mayList(m, t, ns, 0) }

// ownerGrants is the rule that the interface documents: the owner filter shows a
// privileged caller all that its namespace owns.
func ownerGrants(m *sim.Machine, t sim.TaskID, filter sim.NS) bool {
	return filter != 0 && !m.Cfg.Faults.Has(sim.OwnerCannotList) && m.NSCapable(t, filter, uapi.CAP_SYS_ADMIN)
}

// mayList is MayList with an owner filter, 0 for none: up to v6.19.8 a capability
// over the filter's namespace grants all that it owns.
func mayList(m *sim.Machine, t sim.TaskID, ns, filter sim.NS) bool {
	if p := m.Cfg.Policy.MayList; p != nil {
		return p(m, t, ns)
	}
	if !m.Cfg.Rules.Has(sim.ListnsOwnerCap) {
		return m.Current(t, ns) || m.MaySeeAll(t) || ownerGrants(m, t, filter)
	}
	over := filter
	if over == 0 {
		if over = m.Entries[ns].Owner; over == 0 {
			over = ns
		}
	}
	return m.NSCapable(t, over, uapi.CAP_SYS_ADMIN) || m.Current(t, ns) ||
		(m.Nodes[ns].NSType() == uapi.USER_NS && m.NSCapable(t, ns, uapi.CAP_SYS_ADMIN))
}

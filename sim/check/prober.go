// SPDX-License-Identifier: GPL-2.0-only

package check

import (
	"fmt"
	"slices"

	"github.com/nssim/nssim/refcount"
	"github.com/nssim/nssim/sim"
	"github.com/nssim/nssim/syscall"
	"github.com/nssim/nssim/syscall/uapi"
)

// prober makes system calls on copies of a machine, so that looking changes
// nothing.
type prober struct {
	m    *sim.Machine // the machine that is asked about
	copy sim.Machine
}

// fresh returns a new copy of the machine.
func (p *prober) fresh() *sim.Machine {
	p.copy.CopyFrom(p.m)
	p.copy.Tracing = false
	return &p.copy
}

// callers lists the tasks that can make a call right now.
func (p *prober) callers() (ts []sim.TaskID) {
	p.m.EachTask(func(t sim.TaskID, k *sim.Task) bool {
		if k.State == sim.Running && k.Top == 0 && !k.Has(sim.KThread) && t != sim.Pid1 {
			ts = append(ts, t)
		}
		return true
	})
	return ts
}

// list makes one listns call; ids is what was stored.
func (p *prober) list(t sim.TaskID, req uapi.NSIDReq, nr int) ([]uint64, uapi.Errno) {
	m := p.fresh()
	ids, err := syscall.Task(m, t).Listns(req, nr)
	if e, ok := err.(uapi.Errno); ok {
		return nil, e
	}
	return ids, 0
}

// opens reports whether t can open a namespace by its full handle.
func (p *prober) opens(t sim.TaskID, ns sim.NS) bool {
	m := p.fresh()
	n := m.Node(ns)
	fd, err := syscall.Task(m, t).OpenByHandle(uapi.NSFSFileHandle{NSID: n.ID, NSType: n.NSType(), NSInum: n.Inum})
	return err == nil && fd >= 0
}

// each calls f for every namespace on the trees.
func (p *prober) each(f func(sim.NS)) {
	for ns := p.m.First(0); ns != 0; ns = p.m.Next(0, ns) {
		f(ns)
	}
}

// everything is more than a machine has namespaces.
func (p *prober) everything() int { return p.m.Len() + 8 }

// hasListns reports whether there is anything to ask.
func (p *prober) hasListns() bool { return !p.m.Cfg.Rules.Has(sim.NoListns) }

// requests are the listings that are compared: all, each type, each owner, the
// caller's own.
func (p *prober) requests() (reqs []uapi.NSIDReq) {
	reqs = append(reqs, uapi.NSIDReq{}, uapi.NSIDReq{NSType: uapi.NET_NS | uapi.UTS_NS})
	for _, typ := range uapi.NSTypes() {
		reqs = append(reqs, uapi.NSIDReq{NSType: typ})
	}
	reqs = append(reqs, uapi.NSIDReq{UserNSID: uapi.LISTNS_CURRENT_USER})
	for ns := p.m.First(uapi.USER_NS); ns != 0; ns, _ = p.m.Adjoined(ns, false) {
		reqs = append(reqs, uapi.NSIDReq{UserNSID: p.m.Node(ns).ID})
	}
	return reqs
}

// expected is what a request ought to return to t, from first principles: what is
// on the trees, asked for, visible by its holders and permitted.
func (p *prober) expected(t sim.TaskID, req uapi.NSIDReq, derived []sim.Derived) (ids []uint64, ok bool) {
	owner := sim.NS(0)
	switch req.UserNSID {
	case 0:
	case uapi.LISTNS_CURRENT_USER:
		owner = p.m.UserNS(t)
	default:
		owner = p.m.Lookup(req.UserNSID, uapi.USER_NS)
		if owner == 0 || !p.visible(owner, derived) {
			return nil, false
		}
	}
	for i := 1; i < len(p.m.Entries); i++ {
		ns := sim.NS(i)
		n := p.m.Node(ns)
		switch {
		case !live(p.m, ns) || !n.Is(sim.NodeOnTree),
			req.NSType != 0 && req.NSType&n.NSType() == 0,
			owner != 0 && p.m.Entries[ns].Owner != owner,
			!p.visible(ns, derived), !p.mayList(t, ns, owner):
			continue
		}
		ids = append(ids, n.ID)
	}
	slices.Sort(ids)
	return ids, true
}

func (p *prober) mayList(t sim.TaskID, ns, owner sim.NS) bool {
	if owner != 0 && p.m.Cfg.Rules.Has(sim.ListnsOwnerCap) && p.m.NSCapable(t, owner, uapi.CAP_SYS_ADMIN) {
		return true
	}
	if owner != 0 && p.m.Cfg.Rules.Has(sim.ListnsOwnerCap) {
		return p.m.Current(t, ns) || (p.m.Node(ns).NSType() == uapi.USER_NS && p.m.NSCapable(t, ns, uapi.CAP_SYS_ADMIN))
	}
	return syscall.MayList(p.m, t, ns)
}

// visible is visibility by the holders and not by the counts.
func (p *prober) visible(ns sim.NS, derived []sim.Derived) bool {
	if p.m.Entries[ns].Flags&refcount.Initial != 0 {
		return true
	}
	if derived[ns].Passive == 0 {
		return false
	}
	if f := p.m.Cfg.Policy.Visible; f != nil {
		return f(p.m, ns)
	}
	switch {
	case p.m.Cfg.Rules.Has(sim.ListPinned) || p.m.Table.Rules.Has(refcount.NoActive):
		return true
	case p.m.Cfg.Rules.Has(sim.DyingFlag) && p.m.Node(ns).Is(sim.NodeDying):
		return false
	}
	return derived[ns].Active > 0
}

func describe(req uapi.NSIDReq) string {
	switch {
	case req.UserNSID == uapi.LISTNS_CURRENT_USER:
		return "the caller's own"
	case req.UserNSID != 0:
		return fmt.Sprintf("owner %d", req.UserNSID)
	case req.NSType != 0:
		return req.NSType.CName()
	}
	return "all"
}

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

// prober makes system calls on a copy of a machine, so that looking changes nothing.
// Listings and refused opens leave the copy as it was, so it is made anew only after a
// call that did something.
type prober struct {
	m     *sim.Machine // the machine that is asked about
	copy  sim.Machine
	clean bool // the copy is still like m
	ids   []uint64
}

// about makes the prober ask about a machine.
func (p *prober) about(m *sim.Machine) *prober {
	p.m, p.clean = m, false
	return p
}

// fresh returns a copy of the machine that nothing has been done to.
func (p *prober) fresh() *sim.Machine {
	if !p.clean {
		p.copy.CopyFrom(p.m)
		p.copy.Tracing = false
		p.clean = true
	}
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

// list makes one listns call and returns what was stored, which is good until the next.
func (p *prober) list(t sim.TaskID, req uapi.NSIDReq, nr int) ([]uint64, uapi.Errno) {
	p.ids = slices.Grow(p.ids[:0], nr)
	n, err := syscall.Task(p.fresh(), t).ListnsInto(req, p.ids[:nr])
	if e, ok := err.(uapi.Errno); ok {
		return nil, e
	}
	return p.ids[:n], 0
}

// listAll is list with the flag that also returns inactive namespaces, on one page.
func (p *prober) listAll(t sim.TaskID) []uint64 {
	c := syscall.Listns{Buf: syscall.Buf{Room: syscall.Unlimited}, NR: uint64(p.everything()), Flags: syscall.ListnsAll}
	if _, err := syscall.Do(p.fresh(), t, c); err != nil {
		return nil
	}
	return syscall.Stored(&p.copy, t)
}

// opens reports whether t can open a namespace by its full handle.
func (p *prober) opens(t sim.TaskID, ns sim.NS) bool {
	m := p.fresh()
	n := m.Node(ns)
	_, err := syscall.Task(m, t).OpenByHandle(uapi.NSFSFileHandle{NSID: n.ID, NSType: n.NSType(), NSInum: n.Inum})
	p.clean = err == uapi.ESTALE
	return err == nil
}

// each calls f for every namespace on the trees.
func (p *prober) each(f func(sim.NS)) {
	for ns := p.m.First(0); ns != 0; ns = p.m.Next(0, ns) {
		f(ns)
	}
}

// everything is more than a machine has namespaces.
func (p *prober) everything() int { return p.m.Len() + 8 }

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
		if !p.m.Cfg.Faults.Has(sim.OwnerFilterTells) && !syscall.MayList(p.m, t, owner) {
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
	if owner != 0 && p.m.Cfg.Policy.MayList == nil && p.m.Cfg.Rules.Has(sim.ListnsOwnerCap) {
		return p.m.NSCapable(t, owner, uapi.CAP_SYS_ADMIN) || p.m.Current(t, ns) ||
			(p.m.Node(ns).NSType() == uapi.USER_NS && p.m.NSCapable(t, ns, uapi.CAP_SYS_ADMIN))
	}
	granted := owner != 0 && !p.m.Cfg.Faults.Has(sim.OwnerCannotList) && p.m.Cfg.Policy.MayList == nil
	return granted && p.m.NSCapable(t, owner, uapi.CAP_SYS_ADMIN) || syscall.MayList(p.m, t, ns)
}

// visible is visibility by the holders and not by the counts.
func (p *prober) visible(ns sim.NS, derived []sim.Derived) bool {
	initial := p.m.Entries[ns].Flags&refcount.Initial != 0
	if !initial && derived[ns].Passive == 0 {
		return false
	}
	if f := p.m.Cfg.Policy.Visible; f != nil {
		return f(p.m, ns)
	}
	switch {
	case initial, p.m.Cfg.Rules.Has(sim.ListPinned) || p.m.Table.Rules.Has(refcount.NoActive):
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

// SPDX-License-Identifier: GPL-2.0-only

package check

import (
	"fmt"
	"slices"

	"github.com/nssim/nssim/sim"
	"github.com/nssim/nssim/syscall/uapi"
)

// listSound: one large page returns exactly what ought to be listed, ascending.
func listSound(c *Checker, m *sim.Machine, found func(sim.NS, string)) {
	p := c.probe.about(m)
	c.derived = m.DeriveCounts(c.derived)
	for _, t := range p.callers() {
		for _, req := range p.requests() {
			want, ok := p.expected(t, req, c.derived)
			got, e := p.list(t, req, p.everything())
			switch {
			case !ok && e != uapi.EINVAL:
				found(0, fmt.Sprintf("task %d, %s: %s instead of EINVAL", t, describe(req), e.Name()))
			case ok && (e != 0 || !slices.Equal(got, want)):
				found(0, fmt.Sprintf("task %d, %s: %v %s instead of %v", t, describe(req), got, e.Name(), want))
			}
		}
	}
}

// listComplete: paging by the last id with pages of one, two and three entries
// returns what one large page returns.
func listComplete(c *Checker, m *sim.Machine, found func(sim.NS, string)) {
	p := c.probe.about(m)
	for _, t := range p.callers() {
		for _, req := range p.requests() {
			ids, e := p.list(t, req, p.everything())
			if e != 0 {
				continue
			}
			want := slices.Clone(ids)
			for size := 1; size <= 3; size++ {
				got, _ := p.page(t, req, size)
				if !slices.Equal(got, want) {
					found(0, fmt.Sprintf("task %d, %s: pages of %d give %v instead of %v", t, describe(req), size, got, want))
					break
				}
			}
		}
	}
}

// listEnd: the loop of the cover letter, which takes a negative return for an error
// and 0 or a short page for the end, ends without an error.
func listEnd(c *Checker, m *sim.Machine, found func(sim.NS, string)) {
	p := c.probe.about(m)
	for _, t := range p.callers() {
		for _, req := range p.requests() {
			if _, e := p.list(t, req, p.everything()); e != 0 {
				continue
			}
			for size := 1; size <= 3; size++ {
				if got, e := p.page(t, req, size); e != 0 {
					found(0, fmt.Sprintf("task %d, %s: after %v the next page of %d is %s", t, describe(req), got, size, e.Name()))
					break
				}
			}
		}
	}
}

// page pages through a listing until the end or an error.
func (p *prober) page(t sim.TaskID, req uapi.NSIDReq, size int) (all []uint64, e uapi.Errno) {
	for range p.everything() {
		ids, e := p.list(t, req, size)
		if e != 0 {
			return all, e
		}
		all = append(all, ids...)
		if len(ids) < size {
			return all, 0
		}
		req.NSID = ids[len(ids)-1]
	}
	return all, 0
}

// handleAgrees: what listns() shows a caller it can open by handle, and the
// reverse. Where listns() has a flag for inactive namespaces, what that shows is to
// open too.
func handleAgrees(c *Checker, m *sim.Machine, found func(sim.NS, string)) {
	p := c.probe.about(m)
	for _, t := range p.callers() {
		ids, e := p.list(t, uapi.NSIDReq{}, p.everything())
		if e != 0 {
			continue
		}
		shown, all := slices.Clone(ids), []uint64(nil)
		if m.Cfg.Rules.Has(sim.ListAllFlag) {
			all = p.listAll(t)
		}
		p.each(func(ns sim.NS) {
			id := m.Node(ns).ID
			listed := slices.Contains(shown, id)
			opens := p.opens(t, ns)
			switch {
			case opens != listed:
				found(ns, fmt.Sprintf("%s: task %d lists it: %v, opens it: %v", name(m, ns), t, listed, opens))
			case !opens && slices.Contains(all, id):
				found(ns, fmt.Sprintf("%s: task %d lists it with the flag, but cannot open it", name(m, ns), t))
			}
		})
	}
}

// quiet: what a caller that may not see a namespace gets does not depend on whether
// the namespace exists. Asked are the two places that tell: the owner filter, and
// the end of a listing.
func quiet(c *Checker, m *sim.Machine, found func(sim.NS, string)) {
	p := c.probe.about(m)
	const never = 1 << 40 // an id that does not exist
	for _, t := range p.callers() {
		ids, e := p.list(t, uapi.NSIDReq{}, p.everything())
		if e != 0 || m.MaySeeAll(t) {
			continue
		}
		shown := slices.Clone(ids)
		p.each(func(ns sim.NS) {
			id := m.Node(ns).ID
			if slices.Contains(shown, id) {
				return
			}
			typ := m.Node(ns).NSType()
			if typ == uapi.USER_NS {
				_, there := p.list(t, uapi.NSIDReq{UserNSID: id}, 4)
				_, absent := p.list(t, uapi.NSIDReq{UserNSID: never}, 4)
				if there != absent {
					found(ns, fmt.Sprintf("%s: task %d may not see it, but as owner filter it gives %s and an id that never was %s",
						name(m, ns), t, okName(there), okName(absent)))
				}
			}
			if slices.ContainsFunc(shown, func(i uint64) bool { return i >= id && m.Lookup(i, typ) != 0 }) {
				return // the list goes on anyway
			}
			_, there := p.list(t, uapi.NSIDReq{NSID: id - 1, NSType: typ}, 4)
			_, end := p.list(t, uapi.NSIDReq{NSID: never, NSType: typ}, 4)
			if there != end {
				found(ns, fmt.Sprintf("%s: task %d may not see it, but the page before it ends in %s and the list in %s",
					name(m, ns), t, okName(there), okName(end)))
			}
		})
	}
}

func okName(e uapi.Errno) string {
	if e == 0 {
		return "success"
	}
	return e.Name()
}

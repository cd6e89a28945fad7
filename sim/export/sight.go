// SPDX-License-Identifier: GPL-2.0-only

package export

import (
	"fmt"
	"strings"

	"github.com/nssim/nssim/nstree"
	"github.com/nssim/nssim/sim"
	"github.com/nssim/nssim/syscall"
	"github.com/nssim/nssim/syscall/uapi"
)

// Sight is what one task can see of a namespace: whether listns() shows it, without an
// owner filter, and whether its file handle opens, each with the reason.
type Sight struct {
	Task    string `json:"task"`
	Lists   bool   `json:"lists"`
	ListWhy string `json:"list_why"`
	Opens   bool   `json:"opens"`
	OpenWhy string `json:"open_why"`
}

// String says it in a sentence.
func (s *Sight) String() string {
	switch {
	case s.Lists && s.Opens && s.ListWhy == s.OpenWhy:
		return s.Task + ": lists it and opens it by handle: " + s.ListWhy
	case s.Lists && s.Opens:
		return s.Task + ": lists it: " + s.ListWhy + "; opens it by handle: " + s.OpenWhy
	case s.Lists:
		return s.Task + ": lists it: " + s.ListWhy + "; cannot open it by handle: " + s.OpenWhy
	case s.Opens:
		return s.Task + ": does not list it: " + s.ListWhy + "; opens it by handle: " + s.OpenWhy
	case s.ListWhy == s.OpenWhy:
		return s.Task + ": hidden: " + s.ListWhy
	}
	return s.Task + ": hidden: " + s.ListWhy + "; by handle: " + s.OpenWhy
}

// sights looks with the eyes of every task that can make a call.
func (p *places) sights(ns sim.NS) (out []Sight) {
	p.m.EachTask(func(t sim.TaskID, k *sim.Task) bool {
		if k.Alive() && !k.Has(sim.KThread) {
			out = append(out, p.sight(t, ns))
		}
		return true
	})
	return out
}

func (p *places) sight(t sim.TaskID, ns sim.NS) Sight {
	s := Sight{Task: p.names.TaskName(t)}
	if why := p.unseen(ns); why != "" {
		s.ListWhy, s.OpenWhy = why, why
		return s
	}
	s.Lists, s.ListWhy = p.listing(t, ns)
	s.Opens, s.OpenWhy = p.opening(t, ns)
	return s
}

// unseen says why nobody can see a namespace; empty if some may.
func (p *places) unseen(ns sim.NS) string {
	e, n := &p.m.Entries[ns], &p.m.Nodes[ns]
	switch {
	case e.Passive == 0:
		return "it is dead"
	case n.Is(nstree.Anonymous):
		return "a detached mount tree's namespace is on no tree"
	case !n.Is(nstree.OnTree):
		return "it is on no tree"
	case syscall.Visible(p.m, ns):
		return ""
	case p.m.Cfg.Policy.Visible != nil:
		return "policy " + p.m.Cfg.Policy.Name
	case n.Is(sim.NodeDying):
		return "it is marked dying"
	}
	return "it is inactive"
}

func (p *places) listing(t sim.TaskID, ns sim.NS) (bool, string) {
	c := p.m.Cfg
	if c.Rules.Has(sim.NoListns) {
		return false, "there is no listns() on this kernel"
	}
	may := syscall.MayList(p.m, t, ns)
	switch {
	case c.Policy.MayList != nil:
		return may, "policy " + c.Policy.Name
	case may:
		return true, p.reason(t, ns, c.Rules.Has(sim.ListnsOwnerCap))
	}
	return false, "not its own, and " + p.lacking(t, ns, c.Rules.Has(sim.ListnsOwnerCap))
}

func (p *places) opening(t sim.TaskID, ns sim.NS) (bool, string) {
	c := p.m.Cfg
	may := syscall.MayOpen(p.m, t, ns)
	switch {
	case c.Policy.MayOpen != nil:
		return may, "policy " + c.Policy.Name
	case may:
		return true, p.reason(t, ns, c.Rules.Has(sim.HandleOwnerCap))
	case p.m.Current(t, ns):
		return false, "its own, but without a first process"
	}
	return false, "not its own, and " + p.lacking(t, ns, c.Rules.Has(sim.HandleOwnerCap))
}

// reason says why a task may see a namespace. byOwner: a capability over the owner is
// what the kernel asks for.
func (p *places) reason(t sim.TaskID, ns sim.NS, byOwner bool) string {
	switch {
	case p.m.Current(t, ns):
		return "its own"
	case byOwner:
		return "CAP_SYS_ADMIN over " + p.over(ns)
	}
	return "sees all"
}

// lacking says what a task would need.
func (p *places) lacking(t sim.TaskID, ns sim.NS, byOwner bool) string {
	switch {
	case byOwner:
		return "no CAP_SYS_ADMIN over " + p.over(ns)
	case !p.m.NSCapable(t, p.m.InitUserNS(), uapi.CAP_SYS_ADMIN):
		return "no CAP_SYS_ADMIN over the initial user namespace"
	}
	return "not in the initial pid namespace"
}

// over is the user namespace over which a capability is asked for. For a user namespace
// it is enough to have it there, which one that has it over the owner does.
func (p *places) over(ns sim.NS) string {
	if p.m.Nodes[ns].NSType() == uapi.USER_NS {
		return "it"
	}
	if o := p.m.Entries[ns].Owner; o != p.m.InitUserNS() {
		return refOf(p.m, p.names, o).String()
	}
	return "the initial user namespace"
}

// Way is a call that would make an inactive namespace active again.
type Way struct {
	Task    string `json:"task"`
	FD      int32  `json:"fd"`
	Cmd     string `json:"cmd"` // of the ioctl
	Through string `json:"through,omitempty"`
}

// String writes the call as in a program.
func (w Way) String() string {
	arg := ""
	if strings.HasPrefix(w.Cmd, "NS_MNT_") {
		arg = ", &info"
	}
	s := fmt.Sprintf("%s: ioctl(%d, %s%s)", w.Task, w.FD, w.Cmd, arg)
	if w.Through != "" {
		s += ", which opens " + w.Through
	}
	return s
}

// ways lists what tasks could do now to make an inactive namespace active again.
func (p *places) ways(ns sim.NS) (out []Way) {
	p.m.EachTask(func(t sim.TaskID, k *sim.Task) bool {
		if k.Alive() && !k.Has(sim.KThread) {
			p.m.EachFD(k.Files, func(fd int32, f sim.FileID) {
				if cmd := p.way(t, f, ns); cmd != "" {
					out = append(out, Way{Task: p.names.TaskName(t), FD: fd, Cmd: cmd})
				}
			})
		}
		return true
	})
	for o := range p.m.Handles() {
		if e := &p.m.Entries[o]; e.Owner != ns || e.Passive == 0 || e.Active != 0 {
			continue
		}
		for _, w := range p.ways(o) {
			if w.Through == "" {
				w.Through = refOf(p.m, p.names, o).String()
			}
			out = append(out, w)
		}
	}
	return out
}

// way says which ioctl on a descriptor opens an inactive namespace. These ask for a
// passive reference only: a socket's, a child pid namespace's parent, and the next
// mount namespace.
func (p *places) way(t sim.TaskID, f sim.FileID, ns sim.NS) string {
	k := p.m.File(f)
	switch {
	case k.Path():
	case k.Kind == sim.FileSocket && p.m.Socket(sim.SocketID(k.Obj)).NetNS == ns && p.mayReopen(t, ns):
		return "SIOCGSKNS"
	case k.Kind == sim.FileNSFS:
		return p.wayFrom(t, p.m.Inode(sim.InodeID(k.Obj)).NS, ns)
	}
	return ""
}

func (p *places) mayReopen(t sim.TaskID, ns sim.NS) bool {
	c := p.m.Cfg
	switch {
	case !p.m.NSCapable(t, p.m.Entries[ns].Owner, uapi.CAP_NET_ADMIN):
		return false
	case c.Policy.MayReopen != nil:
		return c.Policy.MayReopen(p.m, t, ns)
	}
	return !c.Rules.Has(sim.SocketRefusesInactive)
}

func (p *places) wayFrom(t sim.TaskID, from, ns sim.NS) string {
	switch typ := p.m.Nodes[ns].NSType(); {
	case p.m.Nodes[from].NSType() != typ:
	case typ == uapi.PID_NS:
		if p.m.PidNSOf(from).Parent == ns && p.m.PidNSIsAncestor(p.m.ActivePidNS(t), ns) {
			return "NS_GET_PARENT"
		}
	case typ == uapi.MNT_NS && (p.m.Cfg.Rules.Has(sim.IterOwnerCap) || p.m.MaySeeAll(t)):
		if p.neighbour(t, from, false) == ns {
			return "NS_MNT_GET_NEXT"
		}
		if p.neighbour(t, from, true) == ns {
			return "NS_MNT_GET_PREV"
		}
	}
	return ""
}

// neighbour is the mount namespace that stepping from another one leads to.
func (p *places) neighbour(t sim.TaskID, ns sim.NS, previous bool) sim.NS {
	for {
		n, e := p.m.Adjoined(ns, previous)
		if e != 0 {
			return 0
		}
		if p.m.NSCapable(t, p.m.Entries[n].Owner, uapi.CAP_SYS_ADMIN) && p.m.Entries[n].Passive > 0 {
			return n
		}
		ns = n
	}
}

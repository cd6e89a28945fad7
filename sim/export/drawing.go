// SPDX-License-Identifier: GPL-2.0-only

package export

import (
	"fmt"
	"slices"

	"github.com/nssim/nssim/refcount"
	"github.com/nssim/nssim/sim"
)

// Drawing is a picture of a machine as data: its objects, and who points at what. An
// edge with counts is references on a namespace, so that the edges into a namespace
// add up to its counts; the others are pointers between objects. Initial namespaces,
// whose counts stand still, are in it only where something drawn needs them.
type Drawing struct {
	Nodes []DrawNode `json:"nodes"`
	Edges []DrawEdge `json:"edges"`
}

// DrawNode is an object of a drawing.
type DrawNode struct {
	ID    string   `json:"id"`   // the same in the drawings of one run, as long as the object lives
	Kind  DrawKind `json:"kind"` //
	Label string   `json:"label"`
	State string   `json:"state,omitempty"` // of a namespace as in NSInfo; of a task, if it is not running
	NS    *NSInfo  `json:"ns,omitempty"`
	Mark  Mark     `json:"mark,omitempty"`
	Was   *NSInfo  `json:"was,omitempty"` // a namespace that has changed, as it was
}

// DrawEdge points from one object to another.
type DrawEdge struct {
	From    string `json:"from"`
	To      string `json:"to"`
	Label   string `json:"label,omitempty"`
	Passive int32  `json:"passive,omitempty"`
	Active  int32  `json:"active,omitempty"`
	Owner   bool   `json:"owner,omitempty"` // from a namespace to the user namespace that owns it
	Mark    Mark   `json:"mark,omitempty"`
}

// DrawKind is what an object of a drawing is.
type DrawKind string

// The kinds of objects.
const (
	DrawNamespace DrawKind = "namespace"
	DrawTask      DrawKind = "task"
	DrawProxy     DrawKind = "nsproxy"
	DrawCred      DrawKind = "cred"
	DrawUCounts   DrawKind = "ucounts"
	DrawPid       DrawKind = "pid"
	DrawInode     DrawKind = "inode"
	DrawSocket    DrawKind = "socket"
	DrawFile      DrawKind = "file"
	DrawMount     DrawKind = "mount"
	DrawSuper     DrawKind = "superblock"
	DrawMM        DrawKind = "mm"
	DrawCall      DrawKind = "call"
	DrawWork      DrawKind = "deferred"
)

// Mark says what the last line did to an object.
type Mark string

// The marks.
const (
	MarkNew     Mark = "new"
	MarkChanged Mark = "changed"
)

// Draw makes a drawing of a machine.
func Draw(m *sim.Machine, names Namer) *Drawing {
	p := &painter{places: newPlaces(m, names), d: &Drawing{}, at: make(map[string]int)}
	p.namespaces()
	m.EachHolder(p.reference)
	p.creds()
	p.files()
	p.tasks()
	p.mounts()
	p.works()
	p.dropIdle()
	return p.d
}

// Mark marks what differs from an earlier drawing of the same run.
func (d *Drawing) Mark(before *Drawing) {
	nodes := make(map[string]*DrawNode)
	for i := range before.Nodes {
		nodes[before.Nodes[i].ID] = &before.Nodes[i]
	}
	for i := range d.Nodes {
		n := &d.Nodes[i]
		switch was := nodes[n.ID]; {
		case was == nil:
			n.Mark = MarkNew
		case n.NS != nil && *n.NS != *was.NS:
			n.Mark, n.Was = MarkChanged, was.NS
		case n.Label != was.Label || n.State != was.State:
			n.Mark = MarkChanged
		}
	}
	edges := make(map[edgeKey]*DrawEdge)
	for i := range before.Edges {
		edges[before.Edges[i].key()] = &before.Edges[i]
	}
	for i := range d.Edges {
		e := &d.Edges[i]
		switch was := edges[e.key()]; {
		case was == nil:
			e.Mark = MarkNew
		case e.Passive != was.Passive || e.Active != was.Active:
			e.Mark = MarkChanged
		}
	}
}

// edgeKey is what tells the edges of a drawing apart.
type edgeKey struct {
	from, to, label string
	owner           bool
}

func (e *DrawEdge) key() edgeKey { return edgeKey{e.From, e.To, e.Label, e.Owner} }

// Node returns the object with that ID, nil if it is not in the drawing.
func (d *Drawing) Node(id string) *DrawNode {
	for i := range d.Nodes {
		if d.Nodes[i].ID == id {
			return &d.Nodes[i]
		}
	}
	return nil
}

// painter puts a drawing together.
type painter struct {
	*places
	d  *Drawing
	at map[string]int // where a node is
}

// node adds an object unless it is there.
func (p *painter) node(id string, kind DrawKind, label string) string {
	if _, there := p.at[id]; !there {
		p.at[id] = len(p.d.Nodes)
		p.d.Nodes = append(p.d.Nodes, DrawNode{ID: id, Kind: kind, Label: label})
	}
	return id
}

func (p *painter) drawn(id string) bool { _, ok := p.at[id]; return ok }

// edge adds an edge; equal ones become one.
func (p *painter) edge(e DrawEdge) {
	for i := range p.d.Edges {
		if k := &p.d.Edges[i]; k.key() == e.key() {
			k.Passive += e.Passive
			k.Active += e.Active
			return
		}
	}
	p.d.Edges = append(p.d.Edges, e)
}

// namespaces draws those that are not initial, by owner, and the initial user
// namespace at the root.
func (p *painter) namespaces() {
	walkOwners(p.m, func(ns sim.NS, _ int) { p.ns(ns) })
}

// nsID is a node's ID for a namespace. Ids are never used again, but that of one whose
// memory waits to be freed may be overwritten.
func (p *painter) nsID(ns sim.NS) string {
	if p.m.Entries[ns].State() == "dead" {
		return fmt.Sprintf("dead%d", ns)
	}
	return fmt.Sprintf("ns%d", p.m.Nodes[ns].ID)
}

// ns draws a namespace.
func (p *painter) ns(ns sim.NS) string {
	id := p.nsID(ns)
	if p.drawn(id) {
		return id
	}
	e := &p.m.Entries[ns]
	info := NSInfo{NSRef: refOf(p.m, p.names, ns), State: stateOf(p.m, ns), Passive: e.Passive, Active: e.Active}
	p.node(id, DrawNamespace, info.String())
	n := &p.d.Nodes[p.at[id]]
	n.NS, n.State = &info, info.State
	return id
}

// dropIdle takes the kernel's own tasks out if nothing leads to or from them.
func (p *painter) dropIdle() {
	linked := make(map[string]bool)
	for i := range p.d.Edges {
		linked[p.d.Edges[i].From], linked[p.d.Edges[i].To] = true, true
	}
	idle := p.taskID(sim.Pid1)
	p.d.Nodes = slices.DeleteFunc(p.d.Nodes, func(n DrawNode) bool { return n.ID == idle && !linked[n.ID] })
}

// always are the holders that are drawn even if they hold an initial namespace:
// without them its file or socket would be nowhere.
func always(k sim.HolderKind) bool { return k == sim.HeldByInode }

// reference draws one holder's references on a namespace.
func (p *painter) reference(ns sim.NS, h sim.Holder) {
	owned := h.Kind == sim.HeldByOwned
	switch {
	case p.m.Entries[ns].Flags&refcount.Initial == 0, always(h.Kind):
	case owned && p.m.Entries[h.NS].Flags&refcount.Initial == 0:
	default:
		return
	}
	e := DrawEdge{From: p.holderNode(h), To: p.ns(ns), Passive: h.Passive, Active: h.Active, Owner: owned}
	switch h.Kind {
	case sim.HeldByProxy:
		if p.ownSlot(h) {
			e.Label = h.Slot.String()
		}
	case sim.HeldByTask:
		e.Label = "real_cred"
	case sim.HeldByMqueue:
		e.Label = "mqueue"
	case sim.HeldByChild:
		e.Label = "child of"
	}
	p.edge(e)
}

// ownSlot reports whether a field of an nsproxy says more than its namespace's type.
func (p *painter) ownSlot(h sim.Holder) bool {
	return h.Slot == sim.SlotPid || h.Slot == sim.SlotTimeForChildren
}

// holderNode is the node of a holder.
func (p *painter) holderNode(h sim.Holder) string {
	switch h.Kind {
	case sim.HeldByProxy:
		return p.node(fmt.Sprintf("nsproxy%d", h.ID), DrawProxy, "nsproxy")
	case sim.HeldByTask:
		return p.task(sim.TaskID(h.ID))
	case sim.HeldByCred:
		return p.node(credID(sim.CredID(h.ID)), DrawCred, p.credLabel(sim.CredID(h.ID)))
	case sim.HeldByUCounts:
		return p.node(fmt.Sprintf("ucounts%d", h.ID), DrawUCounts, fmt.Sprintf("ucounts\nuid %d", p.m.UCounts.At(h.ID).UID))
	case sim.HeldByPid:
		return p.pidNode(sim.PidID(h.ID))
	case sim.HeldByInode:
		return p.node(p.inodeID(sim.InodeID(h.ID)), DrawInode, "nsfs inode")
	case sim.HeldByOwned, sim.HeldByMqueue, sim.HeldByChild:
		return p.ns(h.NS)
	case sim.HeldBySocket:
		return p.socketNode(sim.SocketID(h.ID))
	case sim.HeldByFile, sim.HeldByTree:
		return p.fileNode(sim.FileID(h.ID))
	case sim.HeldBySuper:
		return p.node(superID(sim.SuperID(h.ID)), DrawSuper, superWords[p.m.Supers.At(h.ID).Kind])
	case sim.HeldByMM:
		return p.node(fmt.Sprintf("mm%d", h.ID), DrawMM, "mm")
	case sim.HeldByExecState:
		return p.node(fmt.Sprintf("exec%d", h.ID), DrawMM, "exec_state")
	}
	return p.call(sim.TaskID(h.ID))
}

// SPDX-License-Identifier: GPL-2.0-only

package export

import (
	"fmt"
	"strings"

	"github.com/nssim/nssim/refcount"
	"github.com/nssim/nssim/sim"
	"github.com/nssim/nssim/syscall"
)

// task draws a task.
func (p *painter) task(t sim.TaskID) string {
	k := p.m.Task(t)
	id := p.node(p.taskID(t), DrawTask, p.names.TaskName(t))
	p.d.Nodes[p.at[id]].State = taskStates[k.State]
	return id
}

func (p *painter) taskID(t sim.TaskID) string { return "task:" + p.names.TaskName(t) }

// taskStates are the states that a drawing tells.
var taskStates = map[sim.TaskState]string{
	sim.Embryo: "being made", sim.Zombie: "zombie", sim.Dead: "reaped", sim.Stopped: "stopped",
}

// tasks draws every task with what it points at. The kernel's worker is drawn while it
// does something.
func (p *painter) tasks() {
	p.m.EachTask(func(t sim.TaskID, k *sim.Task) bool {
		if t == sim.KWorker && k.Top == 0 {
			return true
		}
		id := p.task(t)
		p.uses(id, fmt.Sprintf("nsproxy%d", k.Proxy), "")
		p.uses(id, credID(k.Cred), "")
		p.uses(id, pidID(k.Pid), "")
		p.uses(id, fmt.Sprintf("mm%d", k.MM), "")
		p.uses(id, fmt.Sprintf("exec%d", k.Exec), "")
		if k.Top != 0 {
			p.edge(DrawEdge{From: id, To: p.call(t)})
		}
		return true
	})
}

// uses draws a pointer to an object, if the object is drawn.
func (p *painter) uses(from, to, label string) {
	if p.drawn(to) {
		p.edge(DrawEdge{From: from, To: to, Label: label})
	}
}

// call draws a call in flight.
func (p *painter) call(t sim.TaskID) string {
	op, step := syscall.NextStep(p.m, t)
	return p.node("call:"+p.names.TaskName(t), DrawCall, op+"\nbefore "+step)
}

func credID(c sim.CredID) string { return fmt.Sprintf("cred%d", c) }

func (p *painter) credLabel(c sim.CredID) string {
	s := fmt.Sprintf("cred\nuid %d", p.m.Cred(c).UID.Eff)
	if p.m.Cred(c).Effective == sim.FullCaps {
		s += ", all caps"
	}
	return s
}

// creds draws what charges which ucounts.
func (p *painter) creds() {
	for i := int32(1); i < p.m.Creds.Cap(); i++ {
		if id := credID(sim.CredID(i)); p.m.Creds.Live(i) && p.drawn(id) {
			p.uses(id, fmt.Sprintf("ucounts%d", p.m.Creds.At(i).UCounts), "")
		}
	}
}

func pidID(id sim.PidID) string { return fmt.Sprintf("pid%d", id) }

func (p *painter) pidNode(id sim.PidID) string {
	return p.node(pidID(id), DrawPid, fmt.Sprintf("struct pid %d", p.m.UPids.At(p.m.Pid(id).UPid).Nr))
}

// inodeID is a node's ID for an nsfs inode, of which a namespace has one at most.
func (p *painter) inodeID(i sim.InodeID) string {
	return "inode:" + p.nsID(p.m.Inode(i).NS)
}

var familyNames = map[uint8]string{1: "AF_UNIX", 2: "AF_INET", 10: "AF_INET6", 16: "AF_NETLINK", 17: "AF_PACKET"}

func (p *painter) socketNode(s sim.SocketID) string {
	label := "socket"
	if f := familyNames[p.m.Socket(s).Family]; f != "" {
		label += "\n" + f
	}
	return p.node(fmt.Sprintf("socket%d", s), DrawSocket, label)
}

func (p *painter) fileNode(f sim.FileID) string {
	word := fileWords[p.m.File(f).Kind]
	if word == "" {
		word = "file"
	}
	return p.node(fmt.Sprintf("file%d", f), DrawFile, word)
}

// object draws what an open file stands for: the nsfs inode, the socket, the struct
// pid, or else itself, if it holds anything that is drawn. "" if there is nothing.
func (p *painter) object(f sim.FileID) string {
	k := p.m.File(f)
	switch k.Kind {
	case sim.FileNSFS:
		return p.inodeID(sim.InodeID(k.Obj))
	case sim.FileSocket:
		return p.socketNode(sim.SocketID(k.Obj))
	case sim.FilePidFD:
		return p.pidNode(sim.PidID(k.Obj))
	}
	if id := fmt.Sprintf("file%d", f); p.drawn(id) {
		return id
	}
	if p.drawn(credID(k.Cred)) {
		return p.fileNode(f)
	}
	return ""
}

// files draws who has which file open, and with which credential it was opened.
func (p *painter) files() {
	for i := int32(1); i < p.m.Files.Cap(); i++ {
		f := sim.FileID(i)
		if !p.m.Files.Live(i) {
			continue
		}
		o := p.object(f)
		if o == "" {
			continue
		}
		p.openers(f, o)
		p.uses(o, credID(p.m.File(f).Cred), "f_cred")
		if k := p.m.File(f); k.Kind == sim.FileFSContext {
			p.uses(o, superID(sim.SuperID(k.Obj)), "")
		}
	}
	for i := int32(1); i < p.m.Sockets.Cap(); i++ {
		if p.m.Sockets.Live(i) {
			p.queue(sim.SocketID(i))
		}
	}
}

// openers draws the descriptors of one file, and tasks that are about to release it.
func (p *painter) openers(f sim.FileID, object string) {
	p.m.EachTask(func(t sim.TaskID, k *sim.Task) bool {
		var fds []int32
		if k.Files != 0 {
			p.m.EachFD(k.Files, func(fd int32, g sim.FileID) {
				if g == f {
					fds = append(fds, fd)
				}
			})
		}
		if len(fds) > 0 {
			p.edge(DrawEdge{From: p.task(t), To: object, Label: "fd " + spans(fds)})
		}
		for w := k.Work; w != 0; w = p.m.Work(w).Next {
			if p.m.Work(w).Obj == int32(f) {
				p.edge(DrawEdge{From: p.task(t), To: object, Label: "closing"})
			}
		}
		return true
	})
}

// queue draws the files in a socket's messages, and its peer.
func (p *painter) queue(s sim.SocketID) {
	id := p.socketNode(s)
	k := p.m.Socket(s)
	for i := k.First; i != 0; i = p.m.Msgs.At(i).Next {
		for f := p.m.Msgs.At(i).Files; f != 0; f = p.m.MsgFiles.At(f).Next {
			if o := p.object(p.m.MsgFiles.At(f).File); o != "" {
				p.edge(DrawEdge{From: id, To: o, Label: "queued"})
			}
		}
	}
	if k.Peer != 0 {
		p.edge(DrawEdge{From: id, To: p.socketNode(k.Peer), Label: "peer"})
	}
	p.uses(id, pidID(k.PeerPid), "peer_pid")
}

func superID(s sim.SuperID) string { return fmt.Sprintf("super%d", s) }

// mounts draws bind mounts of namespace files, and the mounts of superblocks that
// hold a namespace, each in its mount namespace.
func (p *painter) mounts() {
	for i := int32(1); i < p.m.Mounts.Cap(); i++ {
		if !p.m.Mounts.Live(i) {
			continue
		}
		k := p.m.Mounts.At(i)
		to := superID(k.Super)
		if k.Inode != 0 {
			to = p.inodeID(k.Inode)
		}
		if !p.drawn(to) {
			continue
		}
		label := "unmounted"
		if k.NS != 0 {
			label = "mount\n" + p.m.PathString(k.Path)
		}
		id := p.node(fmt.Sprintf("mount%d", i), DrawMount, label)
		p.edge(DrawEdge{From: id, To: to})
		if k.NS != 0 && p.m.Entries[k.NS].Flags&refcount.Initial == 0 {
			p.edge(DrawEdge{From: p.ns(k.NS), To: id})
		}
	}
	for i := int32(1); i < p.m.Files.Cap(); i++ {
		if k := p.m.Files.At(i); p.m.Files.Live(i) && k.Kind == sim.FileTree {
			p.uses(fmt.Sprintf("file%d", i), fmt.Sprintf("mount%d", k.Obj), "")
		}
	}
	for i := range p.d.Nodes {
		if n := &p.d.Nodes[i]; n.Kind == DrawInode {
			p.watches(n)
		}
	}
}

// watches tells how many inotify watches keep an nsfs inode.
func (p *painter) watches(n *DrawNode) {
	for i := int32(1); i < p.m.Inodes.Cap(); i++ {
		if k := p.m.Inodes.At(i); p.m.Inodes.Live(i) && p.inodeID(sim.InodeID(i)) == n.ID && k.Marks > 0 {
			n.Label += "\n" + plural(int(k.Marks), "inotify watch")
		}
	}
}

// works draws what the kernel has put off, at what it will be done to.
func (p *painter) works() {
	for w := p.m.Deferred; w != 0; w = p.m.Work(w).Next {
		k := p.m.Work(w)
		target := p.workOn(k)
		if target == "" || !p.drawn(target) {
			continue
		}
		id := p.node("deferred:"+k.Kind.String()+":"+target, DrawWork, "deferred\n"+k.Kind.String())
		p.edge(DrawEdge{From: id, To: target})
	}
}

// workOn is the node that deferred work is about.
func (p *painter) workOn(k *sim.Work) string {
	if k.NS != 0 {
		if !present(p.m, k.NS) {
			return ""
		}
		return p.nsID(k.NS)
	}
	switch k.Kind {
	case sim.RCUPutCred:
		return credID(sim.CredID(k.Obj))
	case sim.RCUPutPid:
		return pidID(sim.PidID(k.Obj))
	case sim.RCUPutTask:
		return p.taskID(sim.TaskID(k.Obj))
	case sim.RCUFreeExec:
		return fmt.Sprintf("exec%d", k.Obj)
	case sim.LazyTLB:
		return fmt.Sprintf("mm%d", k.Obj)
	case sim.FPut:
		return p.object(sim.FileID(k.Obj))
	}
	return ""
}

// Text is the drawing as a tree for terminals: the namespaces by owner, below each its
// holders, and below those who uses them.
func (d *Drawing) Text() string {
	t := &drawText{d: d, in: make(map[string][]*DrawEdge), seen: make(map[string]bool)}
	pointed := make(map[string]bool)
	for i := range d.Edges {
		e := &d.Edges[i]
		t.in[e.To] = append(t.in[e.To], e)
		pointed[e.From] = true
	}
	for i := range d.Nodes {
		if n := &d.Nodes[i]; n.Kind == DrawNamespace && !t.owned(n) {
			t.namespace(n, 0)
		}
	}
	for i := range d.Nodes {
		if n := &d.Nodes[i]; !t.seen[n.ID] && !pointed[n.ID] {
			t.line(0, t.chain(n, &DrawEdge{}))
		}
	}
	return t.b.String()
}

type drawText struct {
	d    *Drawing
	b    strings.Builder
	in   map[string][]*DrawEdge // by where they lead
	seen map[string]bool
}

// owned reports whether a namespace stands below another one.
func (t *drawText) owned(n *DrawNode) bool {
	for i := range t.d.Edges {
		if e := &t.d.Edges[i]; e.Owner && e.From == n.ID {
			return true
		}
	}
	return false
}

func (t *drawText) line(depth int, s string) {
	t.b.WriteString(Wrap(strings.Repeat("  ", depth)+s, 2*depth+4) + "\n")
}

// namespace writes one with its holders, then those it owns.
func (t *drawText) namespace(n *DrawNode, depth int) {
	t.seen[n.ID] = true
	t.line(depth, n.text())
	for _, e := range t.in[n.ID] {
		if from := t.d.Node(e.From); !e.Owner && from.Kind != DrawNamespace {
			t.line(depth+1, "<- "+t.chain(from, e))
		} else if !e.Owner {
			t.line(depth+1, fmt.Sprintf("<- %s %s%s", e.Label, from.Label, e.counts()))
		}
	}
	for _, e := range t.in[n.ID] {
		if e.Owner {
			t.namespace(t.d.Node(e.From), depth+1)
		}
	}
}

// chain tells a holder, and who uses it.
func (t *drawText) chain(n *DrawNode, e *DrawEdge) string {
	t.seen[n.ID] = true
	s := flat(n.text())
	if e.Label != "" {
		s = e.Label + " of " + s
	}
	s += e.counts()
	var users []string
	for _, u := range t.in[n.ID] {
		if from := t.d.Node(u.From); from.ID != n.ID {
			t.seen[from.ID] = true
			users = append(users, strings.TrimSpace(flat(from.text())+" "+u.Label))
		}
	}
	if users != nil {
		s += " <- " + strings.Join(users, ", ")
	}
	return s
}

// counts tells the references that an edge is.
func (e *DrawEdge) counts() string {
	var parts []string
	if e.Passive > 0 {
		parts = append(parts, times("passive", e.Passive))
	}
	if e.Active > 0 {
		parts = append(parts, times("active", e.Active))
	}
	if parts == nil {
		return ""
	}
	return " (" + strings.Join(parts, ", ") + ")"
}

func times(what string, n int32) string {
	if n == 1 {
		return what
	}
	return fmt.Sprintf("%d %s", n, what)
}

// text is a node in a line.
func (n *DrawNode) text() string {
	s := flat(n.Label)
	if n.NS != nil {
		if n.NS.counted() {
			s += fmt.Sprintf(": passive %s, active %s, %s", n.count(passiveOf), n.count(activeOf), n.State)
		}
	} else if n.State != "" {
		s += " (" + n.State + ")"
	}
	switch n.Mark {
	case MarkNew:
		s = "+ " + s
	case MarkChanged:
		s = "* " + s
	}
	return s
}

func passiveOf(i *NSInfo) int32 { return i.Passive }
func activeOf(i *NSInfo) int32  { return i.Active }

// count writes a count, with what it was before the last line.
func (n *DrawNode) count(of func(*NSInfo) int32) string {
	now := of(n.NS)
	if n.Was == nil || of(n.Was) == now {
		return fmt.Sprint(now)
	}
	return fmt.Sprintf("%d -> %d", of(n.Was), now)
}

// flat puts a label of several lines into one.
func flat(s string) string { return strings.ReplaceAll(s, "\n", " ") }

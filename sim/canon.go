// SPDX-License-Identifier: GPL-2.0-only

package sim

import (
	"math"
	"slices"

	"github.com/nssim/nssim/nstree"
	"github.com/nssim/nssim/refcount"
	"github.com/nssim/nssim/sim/internal/hash"
)

// Fingerprint is a 128-bit hash of a machine's canonical form. Machines that differ
// only in how things are numbered (places in arenas, pids, inode numbers, the
// absolute values of ids) have the same one. The order of ids is part of it, for it
// can be observed; so is which task is which, so tasks that could change places are
// told apart. Machines with calls in flight are the same only if numbered alike.
// It is exact for machines with up to 65,535 objects of a kind.
type Fingerprint struct{ Hi, Lo uint64 }

// Canon computes fingerprints. It keeps scratch memory, so that computing one
// allocates nothing; it is not safe for use by several goroutines at once.
type Canon struct {
	buf   []uint64 // the last canonical form
	next  int32
	once  int32 // references of an object that needs no number
	slab  []int32
	ns    []int32 // canonical numbers; 0: not met yet
	proxy []int32
	cred  []int32
	pid   []int32
	file  []int32
	table []int32
	inode []int32
	other []int32 // mm, fs, sighand, exec_state, socket, ucounts: by kind
	m     *Machine
	raw   bool // a call is in flight: its locals name things by their own numbers
}

// Fingerprint computes the fingerprint of m.
func (c *Canon) Fingerprint(m *Machine) Fingerprint {
	w := c.form(c.buf[:0], m)
	c.buf = slices.Grow(w, hash.Fill) // kept, so that only a bigger form allocates
	hi, lo := hash.Sum(c.buf)
	return Fingerprint{hi, lo}
}

// form appends the canonical form of m to w, as everything below does with its part.
func (c *Canon) form(w []uint64, m *Machine) []uint64 {
	c.m, c.next, c.once = m, 0, 1
	if c.raw = m.Frames.Count() > 0; c.raw {
		c.once = math.MinInt32
	}
	c.number0(len(m.Entries), m.Proxies.Cap(), m.Creds.Cap(), m.Pids.Cap(), m.Files.Cap(), m.FDTables.Cap(),
		m.Inodes.Cap(), otherSize(m))
	w = c.namespaces(w)
	for t := TaskID(1); t < m.NumTasks(); t++ {
		if m.TaskLive(t) && !asBooted(t, m.Task(t)) {
			w = c.task(w, t)
		}
	}
	w = c.works(w)
	w = c.rest(w)
	if c.raw {
		w = c.numbers(w)
	}
	return w
}

// numbers writes which number everything has in the machine.
func (c *Canon) numbers(w []uint64) []uint64 {
	for _, of := range [...][]int32{c.ns, c.proxy, c.cred, c.pid, c.file, c.table, c.inode, c.other} {
		for i, n := range of {
			if n != 0 {
				w = append(w, hash.Pack(int32(i), n))
			}
		}
	}
	return w
}

// asBooted reports whether a task is one of the machine's own and has nothing to tell:
// the worker while it is idle, and pid 1 as long as nobody has it make calls.
func asBooted(t TaskID, k *Task) bool {
	return t <= Pid1 && k.Top == 0 && k.Flags&(Driven|Exiting|KillPending) == 0
}

// number0 lays the tables of canonical numbers out in one piece of cleared memory.
func (c *Canon) number0(ns int, proxies, creds, pids, files, tables, inodes, others int32) {
	n := ns + int(proxies+creds+pids+files+tables+inodes+others)
	if len(c.slab) < n {
		c.slab = make([]int32, 2*n)
	}
	s := c.slab[:n]
	clear(s)
	c.ns, s = s[:ns], s[ns:]
	c.proxy, s = s[:proxies], s[proxies:]
	c.cred, s = s[:creds], s[creds:]
	c.pid, s = s[:pids], s[pids:]
	c.file, s = s[:files], s[files:]
	c.table, s = s[:tables], s[tables:]
	c.inode, c.other = s[:inodes], s[inodes:]
}

// number returns the canonical number of object i of a kind, and whether it is met
// for the first time and its content has to follow. Object 0 has number 0.
func (c *Canon) number(of []int32, i int32) (n int32, first bool) {
	if n = of[i]; n != 0 || i == 0 {
		return n, false
	}
	c.next++
	of[i] = c.next
	return c.next, true
}

// inline stands for the number of an object that has a single reference: its
// content follows, and nothing else can mean it.
const inline = -1

// shared is number for an object with that many references.
func (c *Canon) shared(of []int32, i, refs int32) (n int32, first bool) {
	if refs == c.once {
		return inline, true
	}
	return c.number(of, i)
}

// namespaces numbers what is on the unified list by rank, then whatever else is
// allocated in order of handles.
func (c *Canon) namespaces(w []uint64) []uint64 {
	m := c.m
	// An owner's or parent's id is smaller than that of what it owns, so one pass
	// does; where ids do not ascend the ranks have to be known first.
	if m.Forest.Rules.Has(nstree.IDsPerCPU) {
		for h, n := m.First(0), int32(0); h != 0; h = m.Next(0, h) {
			n++
			c.ns[h] = n
		}
	}
	if small := m.Ordered(); small != nil && !m.Repeated {
		w = c.smallForest(w, small)
	} else {
		for h := m.First(0); h != 0; h = m.Next(0, h) {
			c.next++
			c.ns[h] = c.next
			w = c.namespace(w, h)
		}
	}
	if m.Len()+1 == len(m.Entries) {
		return w
	}
	for i := 1; i < len(m.Entries); i++ {
		if m.Entries[i].Flags&refcount.Live != 0 && c.ns[i] == 0 {
			c.next++
			c.ns[i] = c.next
			w = c.namespace(w, NS(i))
			// A removed node's links are what a walker on it will read.
			for _, l := range m.Nodes[i].Links {
				w = append(w, hash.Pack(c.ns[l.Next], c.ns[l.Prev]))
			}
		}
	}
	return w
}

// smallForest writes the namespaces of a small machine in order. The initial ones are
// the same in every machine and take only their ranks.
func (c *Canon) smallForest(w []uint64, order []NS) []uint64 {
	m, rank := c.m, c.next
	skip := !c.raw && !m.Table.Rules.Has(refcount.InitCounted)
	for _, h := range order {
		n, e := &m.Nodes[h], &m.Entries[h]
		rank++
		c.ns[h] = rank
		switch {
		case skip && e.Flags&refcount.Frozen != 0 && e.Passive == 1 && e.Active == 1:
		case n.Data == 0 && uint32(e.Passive)|uint32(e.Active) < 1<<15 && !c.raw:
			w = append(w, uint64(e.Passive)<<49|uint64(e.Active)<<34|uint64(c.ns[e.Owner])<<16|
				uint64(n.Flags)<<8|uint64(e.Flags)<<3|uint64(n.Type))
		default:
			w = c.namespace(w, h)
		}
	}
	c.next = rank
	return w
}

func (c *Canon) namespace(w []uint64, h NS) []uint64 {
	m := c.m
	e, n := &m.Entries[h], &m.Nodes[h]
	what := uint64(n.Flags)<<8 | uint64(e.Flags)<<3 | uint64(n.Type)
	if p, a := uint64(e.Passive), uint64(e.Active); p|a < 1<<15 {
		w = append(w, p<<49|a<<34|uint64(c.ns[e.Owner])<<16|what)
	} else {
		w = append(w, 1<<33|uint64(c.ns[e.Owner])<<16|what, hash.Pack(e.Passive, e.Active))
	}
	if n.Data == 0 {
		return w
	}
	switch n.Type {
	case 0: // user
		u := m.UserNSOf(h)
		w = append(w, hash.Pack(int32(u.Owner), int32(u.Group)),
			hash.Pack4(u.Level, b2i(u.SetgroupsDeny)|b2i(u.ParentSetFCap)<<1,
				b2i(u.UIDMap != 0)|b2i(u.GIDMap != 0)<<1|b2i(u.ProjMap != 0)<<2, 0))
		w = c.mapping(w, u.UIDMap)
		w = c.mapping(w, u.GIDMap)
		w = c.mapping(w, u.ProjMap)
	case 4: // pid
		d := m.PidNSOf(h)
		w = append(w, hash.Pack(c.ns[d.Parent], d.Count<<8|b2i(d.Closed)<<1|b2i(d.HadChild)), uint64(uint32(d.Reaper)))
	case 1: // mnt
		d := m.MntNSOf(h)
		w = append(w, hash.Pack(int32(d.First), d.Base<<8|b2i(d.Bare)<<1|b2i(d.Anon)))
	}
	return w
}

func (c *Canon) mapping(w []uint64, i int32) []uint64 {
	for i != 0 {
		k := c.m.Mappings.At(i)
		i = k.Next
		w = append(w, hash.Pack(int32(k.First), int32(k.Lower)), uint64(k.Count)<<1|uint64(b2i(i != 0)))
	}
	return w
}

func b2i(b bool) int32 {
	if b {
		return 1
	}
	return 0
}

func (c *Canon) task(w []uint64, t TaskID) []uint64 {
	m := c.m
	k := m.Task(t)
	var proxy, cred, table, mm, fs, sh, ex int32
	var p1, c1, t1, m1, f1, s1, e1 bool
	if k.Proxy != 0 {
		proxy, p1 = c.shared(c.proxy, int32(k.Proxy), m.Proxy(k.Proxy).Count)
	}
	if k.Cred != 0 {
		cred, c1 = c.shared(c.cred, int32(k.Cred), m.Cred(k.Cred).Refs)
	}
	if k.Files != 0 {
		table, t1 = c.shared(c.table, int32(k.Files), m.FDs(k.Files).Users)
	}
	own := c.ownsAll(k)
	if !own {
		mm, m1, fs, f1, sh, s1, ex, e1 = c.shares(k)
	}
	pid, i1 := c.number(c.pid, int32(k.Pid))
	tgid, pgid, sid := pid, pid, pid
	var g1, r1, d1 bool
	if k.Tgid != k.Pid {
		tgid, g1 = c.number(c.pid, int32(k.Tgid))
	}
	if k.Pgid != k.Pid {
		pgid, r1 = c.number(c.pid, int32(k.Pgid))
	}
	if k.Sid != k.Pid {
		sid, d1 = c.number(c.pid, int32(k.Sid))
	}
	w = append(w, hash.Pack(int32(t), int32(k.State)|int32(k.ExitSignal)<<8|int32(k.ExitCode)<<16|int32(k.PDeathSig)<<24),
		uint64(k.Flags&^Driven)<<48|hash.Pack(int32(k.Leader)&0xffff, int32(k.Parent)),
		hash.Pack4(proxy, cred, table, mm),
		hash.Pack4(fs, sh, ex, b2i(own)|int32(k.Sibling)<<1),
		hash.Pack4(pid, tgid, pgid, sid))
	if p1 {
		w = c.nsproxy(w, k.Proxy)
	}
	if c1 {
		w = c.credential(w, k.Cred)
	}
	if i1 {
		w = c.structPid(w, k.Pid)
	}
	if g1 {
		w = c.structPid(w, k.Tgid)
	}
	if r1 {
		w = c.structPid(w, k.Pgid)
	}
	if d1 {
		w = c.structPid(w, k.Sid)
	}
	if t1 {
		w = c.fdTable(w, k.Files)
	}
	if own {
		w = c.owned(w, k)
	}
	if m1 {
		w = c.mm(w, k.MM)
	}
	if f1 || s1 {
		w = c.contextOf(w, k, f1, s1)
	}
	if e1 {
		o := m.ExecStates.At(int32(k.Exec))
		w = append(w, hash.Pack(o.Refs, c.ns[o.UserNS]))
	}
	for f := k.Top; f != 0; f = m.Frame(f).Prev {
		w = frame(w, m.Frame(f))
	}
	for i := k.Work; i != 0; i = m.Work(i).Next {
		var n int32
		w, n = c.fileRef(w, FileID(m.Work(i).Obj))
		w = append(w, uint64(n))
	}
	return w
}

func (c *Canon) nsproxy(w []uint64, p ProxyID) []uint64 {
	k := c.m.Proxy(p)
	ns := &k.NS
	return append(w, hash.Pack(k.Count, b2i(k.Active)),
		hash.Pack4(c.ns[ns[0]], c.ns[ns[1]], c.ns[ns[2]], c.ns[ns[3]]),
		hash.Pack4(c.ns[ns[4]], c.ns[ns[5]], c.ns[ns[6]], c.ns[ns[7]]))
}

func (c *Canon) credential(w []uint64, i CredID) []uint64 {
	k := c.m.Cred(i)
	w, u := c.ucountsRef(w, k.UCounts)
	w = append(w, hash.Pack4(c.ns[k.UserNS], k.Refs, u, int32(k.Groups)))
	if k.UID == (IDs{}) && k.GID == (IDs{}) && k.Effective == FullCaps && k.Permitted == FullCaps &&
		k.Bounding == FullCaps && k.Inheritable|k.Ambient == 0 && k.SecureBits == 0 {
		return w
	}
	return append(w, hash.Pack(int32(k.UID.Real), int32(k.UID.Eff)), hash.Pack(int32(k.UID.Saved), int32(k.UID.FS)),
		hash.Pack(int32(k.GID.Real), int32(k.GID.Eff)), hash.Pack(int32(k.GID.Saved), int32(k.GID.FS)),
		uint64(k.Permitted), uint64(k.Effective), uint64(k.Bounding)<<16|uint64(k.SecureBits),
		uint64(k.Inheritable), uint64(k.Ambient))
}

func (c *Canon) pidRef(w []uint64, p PidID) ([]uint64, int32) {
	n, first := c.number(c.pid, int32(p))
	if first {
		w = c.structPid(w, p)
	}
	return w, n
}

// structPid writes a struct pid without its numbers, but for being an init.
func (c *Canon) structPid(w []uint64, p PidID) []uint64 {
	k := c.m.Pid(p)
	l := c.m.UPids.At(k.UPid)
	w = append(w, hash.Pack4(k.Refs, k.Uses, int32(k.Task), c.ns[l.NS]<<3|b2i(k.Freed)|b2i(l.Nr == 1)<<1|b2i(l.Outer != 0)<<2))
	for u := l.Outer; u != 0; u = c.m.UPids.At(u).Outer {
		l := c.m.UPids.At(u)
		w = append(w, hash.Pack(c.ns[l.NS], b2i(l.Nr == 1)))
	}
	return w
}

// longTable marks a piece of a descriptor table that takes more than one word. Like
// every word of the form it must not be one of the constants that the hash multiplies
// with: a product with zero forgets what went before.
const longTable = 0x7ab1e << 40

func (c *Canon) fdTable(w []uint64, t FDTableID) []uint64 {
	w = append(w, uint64(c.m.FDs(t).Users))
	for i := c.m.FDs(t).First; i != 0; i = c.m.Chunks.At(i).Next {
		k := c.m.Chunks.At(i)
		var n [fdChunk]int32
		for s, f := range k.Slots {
			if f == 0 {
				continue
			}
			if n[s] = c.file[f]; n[s] == 0 {
				w, n[s] = c.fileRef(w, f)
			}
		}
		w = append(w, hash.Pack4(n[0], n[1], n[2], n[3]))
		if n[4]|n[5]|n[6]|n[7] != 0 || k.CloExec != 0 || k.Next != 0 {
			w = append(w, hash.Pack4(n[4], n[5], n[6], n[7]), longTable|uint64(k.CloExec))
		}
	}
	return w
}

func (c *Canon) fileRef(w []uint64, f FileID) ([]uint64, int32) {
	if f == 0 {
		return w, 0
	}
	k := c.m.File(f)
	n, first := c.shared(c.file, int32(f), k.Refs)
	if !first {
		return w, n
	}
	cred, new := c.number(c.cred, int32(k.Cred))
	if k.Kind == FilePlain && k.Refs|cred|k.Obj < 1<<12 && k.Flags>>24 == 0 && k.Mount|MountID(k.NS)|MountID(k.Pos) == 0 {
		// Nearly every file that is no namespace file: one word says it all.
		w = append(w, 1<<63|uint64(k.Flags)<<36|uint64(k.Refs)<<24|uint64(cred)<<12|uint64(k.Obj))
		if new {
			w = c.credential(w, k.Cred)
		}
		return w, n
	}
	what := uint64(k.Kind) | uint64(k.Which)<<5
	ns := k.NS != 0 || k.Mount != 0 || k.Pos != 0
	if ns {
		what |= 1 << 13
	}
	if k.Flags>>24 != 0 {
		what |= 1 << 14
	}
	w = append(w, what<<48|uint64(k.Flags&0xffffff)<<24|uint64(uint32(k.Refs)&0xffffff))
	if ns {
		w = append(w, hash.Pack4(c.ns[k.NS], int32(k.Mount), int32(k.Pos), 0))
	}
	if k.Flags>>24 != 0 {
		w = append(w, uint64(k.Flags))
	}
	if new {
		w = c.credential(w, k.Cred)
	}
	obj := k.Obj
	switch k.Kind {
	case FileNSFS:
		w, obj = c.inodeRef(w, InodeID(k.Obj))
	case FilePidFD, FileProcDir, FileProcNSLink:
		w, obj = c.pidRef(w, PidID(k.Obj))
	case FileSocket:
		w, obj = c.socketRef(w, SocketID(k.Obj))
	case FilePipe:
		w, obj = c.pipeRef(w, k.Obj)
	case FileInotify:
		w, obj = c.inotifyRef(w, k.Obj)
	}
	return append(w, hash.Pack(obj, cred)), n
}

func (c *Canon) inodeRef(w []uint64, i InodeID) ([]uint64, int32) {
	n, first := c.number(c.inode, int32(i))
	if first {
		k := c.m.Inode(i)
		w = append(w, hash.Pack4(c.ns[k.NS], k.Dentry, k.Marks,
			b2i(c.m.Nodes[k.NS].Stashed == int32(i))|b2i(k.Evicted)<<1|b2i(k.Idle)<<2))
	}
	return w, n
}

// socketRef writes a socket with its queue and the other end of its pair, which may
// be reachable by nothing else once its file has been closed.
func (c *Canon) socketRef(w []uint64, s SocketID) ([]uint64, int32) {
	n, first := c.number(c.other, c.otherAt(oSocket, int32(s)))
	if !first {
		return w, n
	}
	k := c.m.Socket(s)
	w = append(w, hash.Pack4(c.ns[k.NetNS], int32(k.Family)|int32(k.Type)<<8, int32(k.Proto), k.Refs<<2|b2i(k.Closed)|b2i(k.Reset)<<1))
	w, pid := c.pidRef(w, k.PeerPid)
	w, peer := c.socketRef(w, k.Peer)
	for i := k.First; i != 0; i = c.m.Msgs.At(i).Next {
		w = append(w, uint64(c.m.Msgs.At(i).Bytes)<<1|1)
		for f := c.m.Msgs.At(i).Files; f != 0; f = c.m.MsgFiles.At(f).Next {
			var file int32
			w, file = c.fileRef(w, c.m.MsgFiles.At(f).File)
			w = append(w, uint64(file)<<1)
		}
	}
	return append(w, hash.Pack(pid, peer)), n
}

func (c *Canon) pipeRef(w []uint64, i int32) ([]uint64, int32) {
	n, first := c.number(c.other, c.otherAt(oPipe, i))
	if first {
		p := c.m.Pipes.At(i)
		w = append(w, hash.Pack4(p.Bytes, p.Readers, p.Writers, 0))
	}
	return w, n
}

// inotifyRef writes an instance with its marks.
func (c *Canon) inotifyRef(w []uint64, i int32) ([]uint64, int32) {
	n, first := c.number(c.other, c.otherAt(oInotify, i))
	if !first {
		return w, n
	}
	k := c.m.Inotifies.At(i)
	for j := k.First; j != 0; j = c.m.Marks.At(j).Next {
		var inode int32
		w, inode = c.inodeRef(w, c.m.Marks.At(j).Inode)
		w = append(w, hash.Pack(inode, c.m.Marks.At(j).WD))
	}
	w, u := c.ucountsRef(w, k.UCounts)
	return append(w, hash.Pack(k.LastWD, u)), n
}

func (c *Canon) ucountsRef(w []uint64, u UCountsID) ([]uint64, int32) {
	n, first := c.number(c.other, c.otherAt(oUCounts, int32(u)))
	if first {
		o := c.m.UCounts.At(int32(u))
		w = append(w, hash.Pack(c.ns[o.NS], int32(o.UID)))
	}
	return w, n
}

// ownsAll reports whether a task shares neither address space nor file-system context
// nor signal handlers with another, as most do not.
func (c *Canon) ownsAll(k *Task) bool {
	m := c.m
	return !c.raw && k.MM != 0 && k.FS != 0 && k.SigHand != 0 && k.Exec == 0 && m.MM(k.MM).Users == 1 &&
		m.MM(k.MM).VMAs == 0 && m.FS(k.FS).Users == 1 && m.SigHands.At(k.SigHand).Users == 1 &&
		m.SigHands.At(k.SigHand).Ignored == 0
}

// owned writes what such a task has for itself.
func (c *Canon) owned(w []uint64, k *Task) []uint64 {
	m := c.m
	mm, fs, h := m.MM(k.MM), m.FS(k.FS), m.SigHands.At(k.SigHand)
	exe := c.file[mm.Exe]
	if exe == 0 {
		w, exe = c.fileRef(w, mm.Exe)
	}
	return append(w, hash.Pack4(exe, mm.Count, c.ns[mm.UserNS], 0),
		hash.Pack(c.ns[fs.Root], b2i(fs.Chroot)|b2i(h.ChldIgnored)<<1|b2i(mm.Dumpable)<<2))
}

// shares numbers what a task may share with others.
func (c *Canon) shares(k *Task) (mm int32, m1 bool, fs int32, f1 bool, sh int32, s1 bool, ex int32, e1 bool) {
	m := c.m
	if k.MM != 0 {
		mm, m1 = c.shared(c.other, c.otherAt(oMM, int32(k.MM)), m.MM(k.MM).Users)
	}
	if k.FS != 0 {
		fs, f1 = c.shared(c.other, c.otherAt(oFS, int32(k.FS)), m.FS(k.FS).Users)
	}
	if k.SigHand != 0 {
		sh, s1 = c.shared(c.other, c.otherAt(oSigHand, k.SigHand), m.SigHands.At(k.SigHand).Users)
	}
	if k.Exec != 0 {
		ex, e1 = c.shared(c.other, c.otherAt(oExec, int32(k.Exec)), m.ExecStates.At(int32(k.Exec)).Refs)
	}
	return mm, m1, fs, f1, sh, s1, ex, e1
}

func (c *Canon) mm(w []uint64, i MMID) []uint64 {
	o := c.m.MM(i)
	w, exe := c.fileRef(w, o.Exe)
	w = append(w, hash.Pack4(o.Users, o.Count, c.ns[o.UserNS], exe<<1|b2i(o.Dumpable)))
	for v := o.VMAs; v != 0; v = c.m.VMAs.At(v).Next {
		w = append(w, c.m.VMAs.At(v).Start, c.m.VMAs.At(v).End)
	}
	return w
}

// contextOf writes a task's file-system context and signal handlers.
func (c *Canon) contextOf(w []uint64, k *Task, f1, s1 bool) []uint64 {
	var fs FS
	var h SigHand
	if f1 {
		fs = *c.m.FS(k.FS)
	}
	if s1 {
		h = *c.m.SigHands.At(k.SigHand)
	}
	w = append(w, hash.Pack4(fs.Users, c.ns[fs.Root], h.Users, b2i(fs.Chroot)|b2i(h.ChldIgnored)<<1|b2i(h.Ignored != 0)<<2))
	if h.Ignored != 0 {
		w = append(w, h.Ignored)
	}
	return w
}

// frame writes a call in flight. Its locals are numbers of the machine's own, so
// two machines with calls in flight are the same only if numbered alike.
func frame(w []uint64, f *Frame) []uint64 {
	w = append(w, uint64(f.Op)<<24|uint64(f.Step)<<16|uint64(f.RCU)<<8|uint64(f.Flag), uint64(f.Ret))
	for _, l := range f.L {
		w = append(w, uint64(l))
	}
	return w
}

// works writes what the kernel has put off, in order.
func (c *Canon) works(w []uint64) []uint64 {
	for id := c.m.Deferred; id != 0; id = c.m.Work(id).Next {
		k := c.m.Work(id)
		var obj int32
		w, obj = c.workObject(w, k)
		w = append(w, hash.Pack4(int32(k.Kind), c.ns[k.NS], obj, b2i(k.Readers != 0)))
		if k.Readers != 0 {
			w = append(w, k.Readers)
		}
	}
	return w
}

// workObject returns the canonical number of what a piece of work is about, whose
// content it writes.
func (c *Canon) workObject(w []uint64, k *Work) ([]uint64, int32) {
	switch k.Kind {
	case RCUPutCred:
		n, first := c.number(c.cred, k.Obj)
		if first {
			w = c.credential(w, CredID(k.Obj))
		}
		return w, n
	case RCUPutPid:
		return c.pidRef(w, PidID(k.Obj))
	case RCUPutTask:
		return w, k.Obj // tasks are not renumbered
	case RCUFreeExec:
		return w, c.ns[c.m.ExecStates.At(k.Obj).UserNS]
	case LazyTLB: // its users, if it has any left, have written its counts
		mm := c.m.MM(MMID(k.Obj))
		return append(w, hash.Pack4(mm.Users, mm.Count, c.ns[mm.UserNS], 0)), 0
	case FPut:
		return c.fileRef(w, FileID(k.Obj))
	}
	return w, 0
}

// rest writes what no task leads to: mounts with what they pin, inodes held by
// marks, ids in user memory, and that warnings have fired.
func (c *Canon) rest(w []uint64) []uint64 {
	m := c.m
	for i := int32(1); i < m.Mounts.Cap(); i++ {
		if m.Mounts.Live(i) {
			k := m.Mounts.At(i)
			w = append(w, hash.Pack4(i, c.ns[k.NS], int32(k.Parent), k.Refs<<1|b2i(k.Locked)))
			var inode int32
			w, inode = c.inodeRef(w, k.Inode)
			w = append(w, hash.Pack4(int32(k.Path), int32(k.Super), inode, int32(k.Root)))
		}
	}
	for i := int32(1); i < m.Dentries.Cap(); i++ {
		if m.Dentries.Live(i) {
			d := m.Dentries.At(i)
			w = append(w, hash.Pack4(i, int32(d.Path), int32(d.Super), b2i(d.Dir)))
		}
	}
	for i := int32(1); i < m.Inodes.Cap(); i++ {
		if m.Inodes.Live(i) {
			w, _ = c.inodeRef(w, InodeID(i))
		}
	}
	for _, u := range m.UserMem {
		w = append(w, u.ID, uint64(u.Task))
	}
	return append(w, uint64(m.Fired)<<1|uint64(b2i(m.Repeated)))
}

// Objects that few things refer to share one table of numbers.
const (
	oMM = iota
	oFS
	oSigHand
	oExec
	oSocket
	oUCounts
	oPipe
	oInotify
	numOther
)

func (c *Canon) otherAt(kind, i int32) int32 {
	if i == 0 {
		return 0
	}
	return i*numOther + kind
}

func otherSize(m *Machine) int32 {
	n := max(m.MMs.Cap(), m.FSs.Cap(), m.SigHands.Cap(), m.ExecStates.Cap(), m.Sockets.Cap(), m.UCounts.Cap(),
		m.Pipes.Cap(), m.Inotifies.Cap())
	return (n + 1) * numOther
}

// SPDX-License-Identifier: GPL-2.0-only

package sim

import (
	"math/bits"

	"github.com/nssim/nssim/refcount"
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
	hi, lo uint64
	next   int32
	ns     []int32 // canonical numbers; 0: not met yet
	proxy  []int32
	cred   []int32
	pid    []int32
	file   []int32
	table  []int32
	inode  []int32
	other  []int32 // mm, fs, sighand, exec_state, socket, ucounts: by kind
	m      *Machine
	raw    bool // a call is in flight: its locals name things by their own numbers
}

// Two multiplications that do not wait for each other keep both halves moving.
const (
	mixA = 0xa0761d6478bd642f
	mixB = 0xe7037ed1a0b428db
)

func (c *Canon) word(w uint64) {
	h, l := bits.Mul64(c.hi^w, mixA)
	c.hi = h ^ l
	c.lo = (bits.RotateLeft64(c.lo, 23) ^ w) * mixB
}

func pack(a, b int32) uint64 { return uint64(uint32(a))<<32 | uint64(uint32(b)) }

func pack4(a, b, c, d int32) uint64 {
	return uint64(uint16(a))<<48 | uint64(uint16(b))<<32 | uint64(uint16(c))<<16 | uint64(uint16(d))
}

// Fingerprint computes the fingerprint of m.
func (c *Canon) Fingerprint(m *Machine) Fingerprint {
	c.m, c.hi, c.lo, c.next = m, mixB, mixA, 0
	c.ns = clearTo(c.ns, len(m.Entries))
	c.proxy = clearTo(c.proxy, int(m.Proxies.Cap()))
	c.cred = clearTo(c.cred, int(m.Creds.Cap()))
	c.pid = clearTo(c.pid, int(m.Pids.Cap()))
	c.file = clearTo(c.file, int(m.Files.Cap()))
	c.table = clearTo(c.table, int(m.FDTables.Cap()))
	c.inode = clearTo(c.inode, int(m.Inodes.Cap()))
	c.other = clearTo(c.other, otherSize(m))

	c.raw = m.Frames.Count() > 0
	c.namespaces()
	for t := TaskID(1); t < m.NumTasks(); t++ {
		if m.TaskLive(t) {
			c.task(t)
		}
	}
	c.works()
	c.rest()
	hi, lo := bits.Mul64(c.hi^mixA, c.lo^mixB)
	return Fingerprint{hi ^ c.lo, lo ^ c.hi}
}

// clearTo returns s with n zeroes.
func clearTo(s []int32, n int) []int32 {
	if cap(s) < n {
		return make([]int32, n, 2*n)
	}
	s = s[:n]
	clear(s)
	return s
}

// number returns the canonical number of object i of a kind, and whether it is met
// for the first time and its content has to follow.
func (c *Canon) number(of []int32, i int32) (n int32, first bool) {
	if i == 0 {
		return 0, false
	}
	if of[i] != 0 {
		return of[i], false
	}
	c.next++
	of[i] = c.next
	if c.raw {
		c.word(uint64(i))
	}
	return c.next, true
}

// namespaces numbers what is on the unified list by rank, then whatever else is
// allocated in order of handles.
func (c *Canon) namespaces() {
	m := c.m
	for h := m.First(0); h != 0; h = m.Next(0, h) {
		c.next++
		c.ns[h] = c.next
	}
	for h := m.First(0); h != 0; h = m.Next(0, h) {
		c.namespace(h)
	}
	if m.Len()+1 == len(m.Entries) {
		return
	}
	for i := 1; i < len(m.Entries); i++ {
		if m.Entries[i].Flags&refcount.Live != 0 && c.ns[i] == 0 {
			c.next++
			c.ns[i] = c.next
			c.namespace(NS(i))
			// A removed node's links are what a walker on it will read.
			for _, l := range m.Nodes[i].Links {
				c.word(pack(c.ns[l.Next], c.ns[l.Prev]))
			}
		}
	}
}

func (c *Canon) namespace(h NS) {
	m := c.m
	if c.raw {
		c.word(uint64(h))
	}
	e, n := &m.Entries[h], &m.Nodes[h]
	c.word(pack(e.Passive, e.Active))
	c.word(pack(c.ns[e.Owner]|int32(n.Type)<<24|int32(e.Flags)<<16, int32(n.Flags)))
	if n.Data == 0 {
		return
	}
	switch n.Type {
	case 0: // user
		u := m.UserNSOf(h)
		c.word(pack(int32(u.Owner), int32(u.Group)))
		c.word(pack4(u.Level, b2i(u.SetgroupsDeny)|b2i(u.ParentSetFCap)<<1, u.UIDMap, u.GIDMap))
		c.mapping(u.UIDMap)
		c.mapping(u.GIDMap)
	case 4: // pid
		d := m.PidNSOf(h)
		c.word(pack(c.ns[d.Parent], d.Count<<8|b2i(d.Closed)<<1|b2i(d.HadChild)))
		c.word(pack(int32(d.Reaper), 0))
	case 1: // mnt
		d := m.MntNSOf(h)
		c.word(pack(int32(d.First), d.Base<<8|b2i(d.Anon)))
	}
}

func (c *Canon) mapping(i int32) {
	for ; i != 0; i = c.m.Mappings.At(i).Next {
		e := c.m.Mappings.At(i).Extent
		c.word(pack(int32(e.First), int32(e.Lower)))
		c.word(uint64(e.Count))
	}
}

func b2i(b bool) int32 {
	if b {
		return 1
	}
	return 0
}

func (c *Canon) task(t TaskID) {
	m := c.m
	k := m.Task(t)
	c.word(pack(int32(t), int32(k.State)|int32(k.ExitSignal)<<8|int32(k.ExitCode)<<16|int32(k.PDeathSig)<<24))
	c.word(uint64(k.Flags)<<48 | pack(int32(k.Leader)&0xffff, int32(k.Parent)))
	proxy, p1 := c.number(c.proxy, int32(k.Proxy))
	cred, c1 := c.number(c.cred, int32(k.Cred))
	pid, i1 := c.number(c.pid, int32(k.Pid))
	table, t1 := c.number(c.table, int32(k.Files))
	c.word(pack4(proxy, cred, pid, table))
	if p1 {
		c.nsproxy(k.Proxy)
	}
	if c1 {
		c.credential(k.Cred)
	}
	if i1 {
		c.structPid(k.Pid)
	}
	if t1 {
		c.fdTable(k.Files)
	}
	if k.Tgid != 0 && (k.Pgid != k.Tgid || k.Sid != k.Tgid || k.Tgid != k.Pid) {
		c.word(pack4(c.pidRef(k.Tgid), c.pidRef(k.Pgid), c.pidRef(k.Sid), 1))
	}
	c.addressSpace(k)
	for f := k.Top; f != 0; f = m.Frame(f).Prev {
		c.frame(m.Frame(f))
	}
	for w := k.Work; w != 0; w = m.Work(w).Next {
		c.word(uint64(c.fileRef(FileID(m.Work(w).Obj))))
	}
}

func (c *Canon) nsproxy(p ProxyID) {
	k := c.m.Proxy(p)
	c.word(pack(k.Count, b2i(k.Active)))
	for s := 0; s < int(NumSlots); s += 4 {
		c.word(pack4(c.ns[k.NS[s]], c.ns[k.NS[s+1]], c.ns[k.NS[s+2]], c.ns[k.NS[s+3]]))
	}
}

func (c *Canon) credential(i CredID) {
	k := c.m.Cred(i)
	u, first := c.number(c.other, c.otherAt(oUCounts, int32(k.UCounts)))
	c.word(pack(c.ns[k.UserNS], k.Refs<<8|u))
	if first {
		o := c.m.UCounts.At(int32(k.UCounts))
		c.word(pack(c.ns[o.NS], int32(o.UID)))
	}
	if k.UID == (IDs{}) && k.GID == (IDs{}) && k.Effective == FullCaps && k.Permitted == FullCaps &&
		k.Bounding == FullCaps && k.Inheritable|k.Ambient == 0 && k.SecureBits == 0 {
		return
	}
	c.word(pack(int32(k.UID.Real), int32(k.UID.Eff)))
	c.word(pack(int32(k.UID.Saved), int32(k.UID.FS)))
	c.word(pack(int32(k.GID.Real), int32(k.GID.Eff)))
	c.word(pack(int32(k.GID.Saved), int32(k.GID.FS)))
	c.word(uint64(k.Permitted))
	c.word(uint64(k.Effective))
	c.word(uint64(k.Bounding))
	c.word(uint64(k.Inheritable) ^ bits.RotateLeft64(uint64(k.Ambient), 23) ^ uint64(k.SecureBits)<<56)
}

func (c *Canon) pidRef(p PidID) int32 {
	n, first := c.number(c.pid, int32(p))
	if first {
		c.structPid(p)
	}
	return n
}

// structPid writes a struct pid without its numbers, but for being an init.
func (c *Canon) structPid(p PidID) {
	k := c.m.Pid(p)
	c.word(pack4(k.Refs, k.Uses, int32(k.Task), b2i(k.Freed)))
	for u := k.UPid; u != 0; u = c.m.UPids.At(u).Outer {
		l := c.m.UPids.At(u)
		c.word(pack(c.ns[l.NS], b2i(l.Nr == 1)))
	}
}

func (c *Canon) fdTable(t FDTableID) {
	c.word(uint64(c.m.FDs(t).Users))
	for i := c.m.FDs(t).First; i != 0; i = c.m.Chunks.At(i).Next {
		k := c.m.Chunks.At(i)
		for s, f := range k.Slots {
			if f != 0 {
				c.word(pack(c.fileRef(f), int32(s)<<1|int32(k.CloExec>>s&1)))
			}
		}
		c.word(mixA)
	}
}

func (c *Canon) fileRef(f FileID) int32 {
	n, first := c.number(c.file, int32(f))
	if !first {
		return n
	}
	k := c.m.File(f)
	cred, new := c.number(c.cred, int32(k.Cred))
	c.word(pack4(int32(k.Kind)|int32(k.Which)<<8, k.Refs, cred, c.ns[k.NS]))
	if new {
		c.credential(k.Cred)
	}
	c.word(pack(int32(k.Flags), int32(k.Mount)))
	switch k.Kind {
	case FileNSFS:
		c.word(uint64(c.inodeRef(InodeID(k.Obj))))
	case FilePidFD, FileProcDir, FileProcNSLink:
		c.word(uint64(c.pidRef(PidID(k.Obj))))
	case FileSocket:
		c.socket(SocketID(k.Obj))
	default:
		c.word(uint64(k.Obj))
	}
	return n
}

func (c *Canon) inodeRef(i InodeID) int32 {
	n, first := c.number(c.inode, int32(i))
	if first {
		k := c.m.Inode(i)
		c.word(pack4(c.ns[k.NS], k.Dentry, k.Marks, b2i(c.m.Nodes[k.NS].Stashed == int32(i))|b2i(k.Evicted)<<1))
	}
	return n
}

func (c *Canon) socket(s SocketID) {
	n, first := c.number(c.other, c.otherAt(oSocket, int32(s)))
	c.word(uint64(n))
	if !first {
		return
	}
	k := c.m.Socket(s)
	c.word(pack4(c.ns[k.NetNS], int32(k.Family)|int32(k.Type)<<8, int32(k.Proto), int32(k.Peer)))
	for i := k.First; i != 0; i = c.m.Msgs.At(i).Next {
		c.word(uint64(c.m.Msgs.At(i).Bytes))
		for f := c.m.Msgs.At(i).Files; f != 0; f = c.m.MsgFiles.At(f).Next {
			c.word(uint64(c.fileRef(c.m.MsgFiles.At(f).File)))
		}
	}
}

func (c *Canon) addressSpace(k *Task) {
	mm, m1 := c.number(c.other, c.otherAt(oMM, int32(k.MM)))
	fs, f1 := c.number(c.other, c.otherAt(oFS, int32(k.FS)))
	sh, s1 := c.number(c.other, c.otherAt(oSigHand, k.SigHand))
	ex, e1 := c.number(c.other, c.otherAt(oExec, int32(k.Exec)))
	c.word(pack4(mm, fs, sh, ex))
	if m1 {
		o := c.m.MM(k.MM)
		c.word(pack4(o.Users, o.Count, c.ns[o.UserNS], c.fileRef(o.Exe)<<1|b2i(o.Dumpable)))
		for v := o.VMAs; v != 0; v = c.m.VMAs.At(v).Next {
			c.word(c.m.VMAs.At(v).Start)
			c.word(c.m.VMAs.At(v).End)
		}
	}
	if f1 {
		o := c.m.FS(k.FS)
		c.word(pack4(o.Users, c.ns[o.Root], b2i(o.Chroot), 0))
	}
	if s1 {
		o := c.m.SigHands.At(k.SigHand)
		c.word(pack(o.Users, b2i(o.ChldIgnored)))
		c.word(o.Ignored)
	}
	if e1 {
		o := c.m.ExecStates.At(int32(k.Exec))
		c.word(pack(o.Refs, c.ns[o.UserNS]))
	}
}

// frame writes a call in flight. Its locals are numbers of the machine's own, so
// two machines with calls in flight are the same only if numbered alike.
func (c *Canon) frame(f *Frame) {
	c.word(uint64(f.Op)<<24 | uint64(f.Step)<<16 | uint64(f.RCU)<<8 | uint64(f.Flag))
	c.word(uint64(f.Ret))
	for _, l := range f.L {
		c.word(uint64(l))
	}
}

// works writes what the kernel has put off, in order.
func (c *Canon) works() {
	for id := c.m.Deferred; id != 0; id = c.m.Work(id).Next {
		w := c.m.Work(id)
		c.word(pack4(int32(w.Kind), c.ns[w.NS], w.Obj, int32(w.Readers)))
		switch w.Kind {
		case RCUPutCred:
			if _, first := c.number(c.cred, w.Obj); first {
				c.credential(CredID(w.Obj))
			}
		case RCUPutPid:
			c.pidRef(PidID(w.Obj))
		}
	}
}

// rest writes what no task leads to: mounts with what they pin, inodes held by
// marks, ids in user memory, and that warnings have fired.
func (c *Canon) rest() {
	m := c.m
	for i := int32(1); i < m.Mounts.Cap(); i++ {
		if m.Mounts.Live(i) {
			k := m.Mounts.At(i)
			c.word(pack4(i, c.ns[k.NS], int32(k.Parent), k.Refs<<1|b2i(k.Locked)))
			c.word(pack4(int32(k.Path), int32(k.Super), c.inodeRef(k.Inode), int32(k.Root)))
		}
	}
	for i := int32(1); i < m.Dentries.Cap(); i++ {
		if m.Dentries.Live(i) {
			d := m.Dentries.At(i)
			c.word(pack4(i, int32(d.Path), int32(d.Super), b2i(d.Dir)))
		}
	}
	for i := int32(1); i < m.Inodes.Cap(); i++ {
		if m.Inodes.Live(i) {
			c.inodeRef(InodeID(i))
		}
	}
	for _, u := range m.UserMem {
		c.word(u.ID)
		c.word(uint64(u.Task))
	}
	c.word(uint64(m.Fired))
}

// Objects that few things refer to share one table of numbers.
const (
	oMM = iota
	oFS
	oSigHand
	oExec
	oSocket
	oUCounts
	numOther
)

func (c *Canon) otherAt(kind, i int32) int32 {
	if i == 0 {
		return 0
	}
	return i*numOther + kind
}

func otherSize(m *Machine) int {
	n := max(m.MMs.Cap(), m.FSs.Cap(), m.SigHands.Cap(), m.ExecStates.Cap(), m.Sockets.Cap(), m.UCounts.Cap())
	return int(n+1) * numOther
}

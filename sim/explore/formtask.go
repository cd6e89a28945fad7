// SPDX-License-Identifier: GPL-2.0-only

package explore

import (
	"cmp"
	"slices"

	"github.com/nssim/nssim/refcount"
	"github.com/nssim/nssim/sim"
	"github.com/nssim/nssim/sim/internal/hash"
)

// namespaces writes the namespaces in order of their ids, and numbers them by it.
func (f *former) namespaces() {
	m := f.m
	order := m.Ordered()
	for i, h := range order {
		f.ns[h] = int32(i + 1)
	}
	skip := !m.Table.Rules.Has(refcount.InitCounted)
	for _, h := range order {
		n, e := &m.Nodes[h], &m.Entries[h]
		if skip && e.Flags&refcount.Frozen != 0 && e.Passive == 1 && e.Active == 1 {
			continue // an initial namespace as it always is
		}
		w := f.room(2)
		w[0] = hash.Pack(e.Passive, e.Active)
		w[1] = uint64(f.ns[e.Owner])<<32 | uint64(n.Flags)<<16 | uint64(e.Flags)<<8 | uint64(n.Type)
		if n.Data == 0 {
			continue
		}
		switch n.Type {
		case 0: // user
			u := m.UserNSOf(h)
			w := f.room(2)
			w[0] = hash.Pack(int32(u.Owner), int32(u.Group))
			w[1] = hash.Pack4(u.Level, bit(u.SetgroupsDeny, 0)|bit(u.ParentSetFCap, 1),
				bit(u.UIDMap != 0, 0)|bit(u.GIDMap != 0, 1)|bit(u.ProjMap != 0, 2), 0)
			f.mapping(u.UIDMap)
			f.mapping(u.GIDMap)
			f.mapping(u.ProjMap)
		case 4: // pid; who its reaper is comes later
			d := m.PidNSOf(h)
			f.word(hash.Pack(f.ns[d.Parent], d.Count<<8|bit(d.Closed, 1)|bit(d.HadChild, 0)))
		case 1: // mnt
			d := m.MntNSOf(h)
			f.word(hash.Pack(int32(d.First), d.Base<<8|bit(d.Anon, 0)))
		}
	}
	f.next = int32(m.Len())
	f.nsWords = f.n
}

func (f *former) mapping(i int32) {
	for i != 0 {
		k := f.m.Mappings.At(i)
		i = k.Next
		w := f.room(2)
		w[0] = hash.Pack(int32(k.First), int32(k.Lower))
		w[1] = uint64(k.Count)<<1 | uint64(bit(i != 0, 0))
	}
}

func bit(b bool, at int) int32 {
	if b {
		return 1 << at
	}
	return 0
}

// sort puts the tasks in the order in which they are written: the first task, then the
// others by their content. What the content is hashed from must not depend on how tasks
// are numbered.
func (f *former) sort() {
	f.order = append(f.order[:0], f.user...)
	if f.sym.Tasks && len(f.user) > 2 {
		f.sig = f.sig[:0]
		for _, t := range f.user {
			f.sig = append(f.sig, f.taskSig(t))
		}
		// A handful: insertion is quickest, and keeps equal ones in order.
		for i := 1; i < len(f.order); i++ {
			for j := i; j > 0 && f.sig[j] < f.sig[j-1]; j-- {
				f.sig[j], f.sig[j-1] = f.sig[j-1], f.sig[j]
				f.order[j], f.order[j-1] = f.order[j-1], f.order[j]
			}
		}
	}
	f.place()
}

func (f *former) place() {
	for i, t := range f.order {
		f.pos[t] = int32(i + 1)
	}
}

// taskSig hashes what a task is and has, but for which other tasks it is related to. The
// first task comes first.
func (f *former) taskSig(t sim.TaskID) uint64 {
	if t == sim.InitTask {
		return 0
	}
	m := f.m
	k := m.Task(t)
	h := hash.Mum(uint64(k.State)<<32|uint64(k.Flags&^sim.Driven)^hash.A, hash.B^uint64(k.ExitCode))
	if k.Cred != 0 {
		h = hash.Mum(h^f.credSig(k.Cred), hash.C)
	}
	if k.Proxy != 0 {
		p := m.Proxy(k.Proxy)
		w := uint64(p.Count)
		for _, ns := range p.NS {
			w = w<<7 | w>>57
			w ^= uint64(f.ns[ns])
		}
		h = hash.Mum(h^w, hash.D)
	}
	if k.Files != 0 {
		sum := uint64(0)
		for _, file := range m.Chunks.At(m.FDs(k.Files).First).Slots[firstFD:] {
			if file != 0 {
				sum += f.fileSig(file)
			}
		}
		h = hash.Mum(h^sum, hash.A)
	}
	return h | 1
}

func (f *former) credSig(c sim.CredID) uint64 {
	k := f.m.Cred(c)
	return hash.Mum(uint64(f.ns[k.UserNS])<<32^uint64(k.Refs)<<52^uint64(k.UID.Eff)^hash.A, uint64(k.Effective)^hash.B)
}

func (f *former) fileSig(i sim.FileID) uint64 {
	m := f.m
	k := m.File(i)
	about := f.ns[k.NS]
	switch k.Kind {
	case sim.FileNSFS:
		about = f.ns[m.Inode(sim.InodeID(k.Obj)).NS]
	case sim.FileSocket:
		about = f.ns[m.Socket(sim.SocketID(k.Obj)).NetNS]
	}
	return hash.Mum(uint64(k.Kind)<<40^uint64(k.Refs)<<20^uint64(about)^hash.C, f.credSig(k.Cred)^hash.D)
}

// exchangeTwins goes on to the next order of the tasks whose content is the same; it
// reports false when all have been tried.
func (f *former) exchangeTwins() bool {
	for end := len(f.order); end > 1; {
		start := end - 1
		for start > 0 && f.sig[start-1] == f.sig[start] {
			start--
		}
		if nextOrder(f.order[start:end]) {
			return true
		}
		end = start
	}
	return false
}

// nextOrder makes s the next permutation of itself; after the last comes the first again,
// with false.
func nextOrder[T cmp.Ordered](s []T) bool {
	i := len(s) - 2
	for i >= 0 && s[i] > s[i+1] {
		i--
	}
	if i < 0 {
		slices.Reverse(s)
		return false
	}
	j := len(s) - 1
	for s[j] < s[i] {
		j--
	}
	s[i], s[j] = s[j], s[i]
	slices.Reverse(s[i+1:])
	return true
}

// write writes the tasks in their order, with what they lead to.
func (f *former) write() sim.Fingerprint {
	f.place()
	m := f.m
	for _, t := range f.order {
		f.task(t)
	}
	if m.PidNSs.Count() > 1 {
		for _, h := range m.Ordered() {
			if n := &m.Nodes[h]; n.Type == 4 && n.Data != 0 {
				f.word(uint64(f.taskRef(m.PidNSOf(h).Reaper)))
			}
		}
	}
	f.userMem()
	f.word(uint64(m.Fired))
	hi, lo := hash.Sum(f.buf[:f.n])
	return sim.Fingerprint{Hi: hi, Lo: lo}
}

// taskRef is how a task is referred to: by its place, or as one of the kernel's.
func (f *former) taskRef(t sim.TaskID) int32 {
	switch {
	case t == 0 || !f.m.TaskLive(t):
		return 0
	case f.pos[t] != 0:
		return f.pos[t]
	}
	return 1<<12 + int32(t)
}

func (f *former) task(t sim.TaskID) {
	m := f.m
	k := m.Task(t)
	w := f.room(3)
	at := f.n - 1
	w[0] = hash.Pack(int32(k.State)|int32(k.ExitSignal)<<8|int32(k.ExitCode)<<16|int32(k.PDeathSig)<<24, int32(k.Flags&^sim.Driven))
	sibling := int32(0)
	if !f.sym.Tasks {
		sibling = f.taskRef(k.Sibling)
	}
	w[1] = hash.Pack4(f.taskRef(k.Parent), sibling, f.sighand(k), bit(k.ForExec, 0))
	pid := f.pidRef(k.Pid)
	tgid, pgid, sid := pid, pid, pid
	if k.Tgid != k.Pid {
		tgid = f.pidRef(k.Tgid)
	}
	if k.Pgid != k.Pid {
		pgid = f.pidRef(k.Pgid)
	}
	if k.Sid != k.Pid {
		sid = f.pidRef(k.Sid)
	}
	f.buf[at] = hash.Pack4(pid, tgid, pgid, sid)
	f.word(hash.Pack4(f.credRef(k.Cred), f.proxyRef(k.Proxy), f.context(k), 0))
	if k.MM != 0 {
		mm := m.MM(k.MM)
		f.word(hash.Pack4(f.fileRef(mm.Exe), f.ns[mm.UserNS], bit(mm.Dumpable, 0), 1))
	}
	if k.Files != 0 {
		f.fds(k.Files)
	}
}

func (f *former) sighand(k *sim.Task) int32 {
	if k.SigHand == 0 {
		return 0
	}
	h := f.m.SigHands.At(k.SigHand)
	if h.Ignored != 0 {
		f.word(h.Ignored)
	}
	return 1 | bit(h.ChldIgnored, 1) | bit(h.Ignored != 0, 2)
}

// context is where root is, and what execve has recorded.
func (f *former) context(k *sim.Task) (c int32) {
	if k.FS != 0 {
		fs := f.m.FS(k.FS)
		c = f.ns[fs.Root]<<1 | bit(fs.Chroot, 0)
	}
	if k.Exec != 0 {
		c |= f.ns[f.m.ExecStates.At(int32(k.Exec)).UserNS] << 8
	}
	return c
}

// fds writes the files behind a table's descriptors.
func (f *former) fds(table sim.FDTableID) {
	first := f.m.FDs(table).First
	if first == 0 {
		return
	}
	k := f.m.Chunks.At(first)
	for fd := range firstFD {
		if file := k.Slots[fd]; file != 0 {
			f.word(uint64(fd)<<32 | uint64(f.fileRef(file)))
		}
	}
	slots := k.Slots
	open := slots[firstFD:]
	if f.sym.FDs {
		f.sortFDs(open)
	}
	for fd, file := range open {
		if file == 0 {
			continue
		}
		if f.sym.FDs {
			fd = 0
		}
		f.word(uint64(fd+firstFD)<<32 | uint64(f.fileRef(file)))
	}
}

// sortFDs puts files in the order of their content.
func (f *former) sortFDs(s []sim.FileID) {
	var sig [8]uint64
	n := 0
	for _, file := range s {
		if file == 0 {
			continue
		}
		v := f.fileSig(file)
		j := n
		for ; j > 0 && sig[j-1] > v; j-- {
			sig[j], s[j] = sig[j-1], s[j-1]
		}
		sig[j], s[j] = v, file
		n++
	}
	clear(s[n:])
}

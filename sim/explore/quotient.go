// SPDX-License-Identifier: GPL-2.0-only

package explore

import (
	"slices"

	"github.com/nssim/nssim/refcount"
	"github.com/nssim/nssim/sim"
	"github.com/nssim/nssim/sim/internal/hash"
	"github.com/nssim/nssim/syscall/uapi"
)

// quotient computes fingerprints of what a machine's future depends on, given that its
// counts are those of their holders: who is where, which files are open on what, and
// who owns what. How often something is held, by which of several equal objects, and
// which number it has, is left out. It speaks for machines as searches mostly have them;
// of others it says so.
type quotient struct {
	anyOrder bool // the order of ids is not looked at by any call
	reach    bool // leave out namespaces that no task can come by

	m     *sim.Machine
	n     int                 // namespaces besides those of boot
	ns    [quoMaxNS]sim.NS    // in order of their ids
	no    []uint8             // handle -> place in ns, from 1; 0: of boot
	sig   [quoMaxNS]uint64    // by place
	perm  [quoMaxNS + 1]uint8 // place -> number in the form
	at    [quoMaxNS]uint8     // number in the form -> place
	tasks int
	raw   [quoMaxTasks]quoTask
	form  [quoMaxTasks]quoForm
	// The order of tasks and descriptors in the best form, for who names moves by it.
	order [quoMaxTasks]quoForm
}

const (
	quoMaxNS    = 12
	quoMaxTasks = 8
	quoMaxFDs   = 5
)

// quoTask is what a task has, with namespaces by their places.
type quoTask struct {
	id    sim.TaskID
	what  uint32 // state, parent and the like
	user  uint8
	proxy [sim.NumSlots]uint8
	cred  uint64 // what of its credential is not the usual
	fds   int
	fd    [quoMaxFDs]quoFile
}

type quoFile struct {
	no   int8 // descriptor
	what uint16
	ns   uint8
	cred uint8 // user namespace of its credential, where nothing else pins it
}

// quoForm is a task as it is written: words to compare and hash.
type quoForm struct {
	w   [5]uint64
	id  sim.TaskID
	fds int
	fd  [quoMaxFDs]int8 // descriptors in the order of their content
}

// fingerprint returns the fingerprint of m, and false if the quotient cannot say all
// that matters about m.
func (q *quotient) fingerprint(m *sim.Machine) (sim.Fingerprint, bool) {
	q.m = m
	if !q.namespaces() || !q.collect() {
		return sim.Fingerprint{}, false
	}
	if q.reach {
		q.drop()
	}
	for i := range q.n {
		q.perm[i+1], q.at[i] = uint8(i+1), uint8(i)
	}
	if !q.anyOrder || q.n < 2 {
		fp := q.write()
		q.order = q.form
		return fp, true
	}
	q.sortNS()
	best := q.write()
	q.order = q.form
	for q.exchange() {
		if fp := q.write(); fp.Hi < best.Hi || fp.Hi == best.Hi && fp.Lo < best.Lo {
			best, q.order = fp, q.form
		}
	}
	return best, true
}

// namespaces collects what is not of boot.
func (q *quotient) namespaces() bool {
	m := q.m
	order := m.Ordered()
	if order == nil || !covered(m) || m.Table.Rules.Has(refcount.InitCounted) {
		return false
	}
	if len(q.no) < len(m.Entries) {
		q.no = make([]uint8, 2*len(m.Entries))
	}
	clear(q.no)
	q.n = 0
	for _, h := range order {
		if m.Entries[h].Flags&refcount.Frozen != 0 || bootNS(m, h) {
			continue
		}
		if q.n == quoMaxNS {
			return false
		}
		switch m.Nodes[h].Type {
		case 0, 2, 3, 5, 6, 7: // pid and mount namespaces have a life of their own
		default:
			return false
		}
		q.ns[q.n] = h
		q.n++
		q.no[h] = uint8(q.n)
	}
	return true
}

// collect looks at the tasks; it reports false where one has something that the form has
// no place for.
func (q *quotient) collect() bool {
	m := q.m
	q.tasks = 0
	init := m.Task(sim.InitTask)
	for t := sim.InitTask; t < m.NumTasks(); t++ {
		if !m.TaskLive(t) || m.Task(t).Has(sim.KThread) {
			continue
		}
		k := m.Task(t)
		switch {
		case q.tasks == quoMaxTasks, k.Leader != t, k.Work != 0, k.Top != 0, k.State != sim.Running && k.State != sim.Zombie,
			k.Parent != sim.InitTask && k.Parent != sim.Pid1, k.Pgid != init.Pgid || k.Sid != init.Sid || k.Tgid != k.Pid,
			m.Pid(k.Pid).Refs != 1 && t != sim.InitTask, m.PidNS(k.Pid) != m.Initial(uapi.PID_NS), k.Cred == 0,
			k.PDeathSig|k.ExitCode != 0, k.MM != 0 && m.MM(k.MM).UserNS != 0 && q.no[m.MM(k.MM).UserNS] != 0,
			k.Exec != 0 && q.no[m.ExecStates.At(int32(k.Exec)).UserNS] != 0,
			k.FS != 0 && (m.FS(k.FS).Users != 1 || m.FS(k.FS).Root != m.Initial(uapi.MNT_NS) || m.FS(k.FS).Chroot),
			k.MM != 0 && m.MM(k.MM).Users != 1, k.Files != 0 && m.FDs(k.Files).Users != 1,
			k.SigHand != 0 && (m.SigHands.At(k.SigHand).Users != 1 || m.SigHands.At(k.SigHand).Ignored != 0):
			return false
		}
		r := &q.raw[q.tasks]
		q.tasks++
		*r = quoTask{id: t, user: q.no[m.UserNS(t)], cred: unusualCred(m.Cred(k.Cred))}
		r.what = uint32(k.State)<<24 | uint32(k.Flags&^sim.Driven)<<1 | uint32(bit(k.Parent == sim.InitTask, 0))
		if k.SigHand != 0 && m.SigHands.At(k.SigHand).ChldIgnored {
			r.what |= 1 << 31
		}
		if k.MM != 0 && m.MM(k.MM).Dumpable {
			r.what |= 1 << 30
		}
		if t == sim.InitTask {
			r.what |= 1 << 29 // is not exchanged for others
		}
		if k.Proxy != 0 {
			for s, ns := range m.Proxy(k.Proxy).NS {
				r.proxy[s] = q.no[ns]
			}
		}
		if k.Files != 0 && !q.files(r, k.Files) {
			return false
		}
	}
	return true
}

// drop leaves out the namespaces that no task can come by, and with them what the
// credentials of files hold.
func (q *quotient) drop() {
	var seen [quoMaxNS + 1]bool
	see := func(i uint8) {
		for i != 0 && !seen[i] {
			seen[i] = true
			i = q.no[q.m.Entries[q.ns[i-1]].Owner]
		}
	}
	for i := range q.tasks {
		r := &q.raw[i]
		see(r.user)
		for _, ns := range r.proxy {
			see(ns)
		}
		for j := range r.fds {
			see(r.fd[j].ns)
		}
	}
	var to [quoMaxNS + 1]uint8 // old place -> new place
	n := 0
	for i := range q.n {
		h := q.ns[i]
		if q.no[h] = 0; seen[i+1] {
			q.ns[n] = h
			n++
			q.no[h], to[i+1] = uint8(n), uint8(n)
		}
	}
	q.n = n
	for i := range q.tasks {
		r := &q.raw[i]
		r.user = to[r.user]
		for s := range r.proxy {
			r.proxy[s] = to[r.proxy[s]]
		}
		for j := range r.fds {
			r.fd[j].ns, r.fd[j].cred = to[r.fd[j].ns], 0
		}
	}
}

// unusualCred is 0 for a credential with all capabilities and ids 0.
func unusualCred(k *sim.Cred) uint64 {
	if k.UID == (sim.IDs{}) && k.GID == (sim.IDs{}) && k.Effective == sim.FullCaps && k.Permitted == sim.FullCaps &&
		k.Bounding == sim.FullCaps && k.Inheritable|k.Ambient == 0 && k.SecureBits == 0 && k.Groups == 0 {
		return 0
	}
	h := hash.Mum(uint64(k.UID.Real)<<32|uint64(k.UID.Eff)^hash.A, uint64(k.UID.Saved)<<32|uint64(k.UID.FS)^hash.B)
	h = hash.Mum(h^uint64(k.GID.Real)<<32^uint64(k.GID.Eff), uint64(k.GID.Saved)<<32^uint64(k.GID.FS)^hash.C)
	h = hash.Mum(h^uint64(k.Effective), uint64(k.Permitted)^hash.D)
	h = hash.Mum(h^uint64(k.Bounding)^uint64(k.SecureBits)<<48, uint64(k.Inheritable)^hash.A)
	return hash.Mum(h^uint64(k.Ambient)^uint64(k.Groups)<<48, hash.B) | 1
}

// files collects the open descriptors from firstFD on.
func (q *quotient) files(r *quoTask, table sim.FDTableID) bool {
	m := q.m
	first := m.FDs(table).First
	if first == 0 {
		return true
	}
	c := m.Chunks.At(first)
	if c.Next != 0 {
		return false
	}
	for fd, file := range c.Slots {
		if fd < firstFD {
			if file == 0 || m.File(file).Kind != sim.FilePlain || m.File(file).Obj != 0 {
				return false // closed, or another file by now
			}
			continue
		}
		if file == 0 {
			continue
		}
		if r.fds == quoMaxFDs {
			return false
		}
		k := m.File(file)
		x := quoFile{no: int8(fd), what: uint16(k.Kind)<<8 | uint16(bit(k.Flags&uapi.O_PATH != 0, 0))}
		switch k.Kind {
		case sim.FileNSFS:
			ns := m.Inode(sim.InodeID(k.Obj)).NS
			x.what |= uint16(m.Nodes[ns].Type) << 1 // an initial one's place is 0
			x.ns = q.no[ns]
		case sim.FileSocket:
			s := m.Socket(sim.SocketID(k.Obj))
			if s.Peer != 0 || s.PeerPid != 0 || s.First != 0 || s.Family != uapi.AF_INET {
				return false
			}
			x.ns = q.no[s.NetNS]
		default:
			return false
		}
		if x.cred = q.no[m.Cred(k.Cred).UserNS]; x.cred != 0 && q.pins(x.ns, x.cred) {
			x.cred = 0
		}
		r.fd[r.fds] = x
		r.fds++
	}
	return true
}

// pins reports whether the namespace at place i keeps that at place user alive: it is
// that one or in its ownership.
func (q *quotient) pins(i, user uint8) bool {
	for i != 0 {
		if i == user {
			return true
		}
		i = q.no[q.m.Entries[q.ns[i-1]].Owner]
	}
	return false
}

// write writes the form under the present numbers of namespaces and hashes it.
func (q *quotient) write() sim.Fingerprint {
	m := q.m
	for i := range q.tasks {
		q.task(&q.form[i], &q.raw[i])
	}
	for i := 1; i < q.tasks; i++ { // a handful
		for j := i; j > 0 && lessForm(&q.form[j], &q.form[j-1]); j-- {
			q.form[j], q.form[j-1] = q.form[j-1], q.form[j]
		}
	}
	a, b := uint64(hash.A)^uint64(m.Fired), uint64(hash.B)^uint64(q.n)<<8^uint64(q.tasks)
	for i := range q.n {
		h := q.ns[q.at[i]]
		w := uint64(q.perm[q.no[m.Entries[h].Owner]])<<8 | uint64(m.Nodes[h].Type) | uint64(m.Nodes[h].Flags)<<16
		a, b = hash.Mum(a^w, hash.C^b), hash.Mum(b^q.content(h), hash.D^w)
	}
	for i := range q.tasks {
		w := &q.form[i].w
		a, b = hash.Mum(a^w[0], hash.C^w[1])^b, hash.Mum(b^w[2], hash.D^w[3])+hash.Mum(a^w[4], hash.A)
	}
	hi, lo := hash.Mum(a^hash.B, b^hash.C), hash.Mum(a^hash.D, b^hash.A)
	return sim.Fingerprint{Hi: hash.Mum(hi^a, hash.A^lo), Lo: hash.Mum(lo^b, hash.B^hi)}
}

// content is what a user namespace has beyond its place.
func (q *quotient) content(h sim.NS) uint64 {
	m := q.m
	if m.Nodes[h].Type != 0 {
		return 0
	}
	u := m.UserNSOf(h)
	w := uint64(u.Owner)<<32 ^ uint64(u.Group) ^ uint64(bit(u.SetgroupsDeny, 0)|bit(u.ParentSetFCap, 1))<<60
	for k, first := range [...]int32{u.UIDMap, u.GIDMap, u.ProjMap} {
		for i := first; i != 0; i = m.Mappings.At(i).Next {
			e := m.Mappings.At(i)
			w = hash.Mum(w^uint64(e.First)<<32^uint64(e.Lower), uint64(e.Count)^hash.C+uint64(k))
		}
	}
	return w
}

// task writes a task: descriptors by content, not by number.
func (q *quotient) task(f *quoForm, r *quoTask) {
	w := uint64(r.what)<<32 | uint64(q.perm[r.user])
	p := uint64(0)
	for _, i := range r.proxy {
		p = p<<5 | uint64(q.perm[i])
	}
	*f = quoForm{id: r.id, fds: r.fds}
	var words [quoMaxFDs]uint64
	for i := range r.fds {
		x := &r.fd[i]
		v := uint64(x.what)<<16 | uint64(q.perm[x.ns])<<8 | uint64(q.perm[x.cred])
		j := i
		for ; j > 0 && words[j-1] > v; j-- {
			words[j], f.fd[j] = words[j-1], f.fd[j-1]
		}
		words[j], f.fd[j] = v, x.no
	}
	f.w = [5]uint64{w, p, words[0] | words[1]<<32, words[2] | words[3]<<32, words[4] ^ r.cred}
}

func lessForm(a, b *quoForm) bool {
	for i := range a.w {
		if a.w[i] != b.w[i] {
			return a.w[i] < b.w[i]
		}
	}
	return false
}

// sortNS puts the namespaces in an order that follows from what they are and who uses
// them, not from their ids.
func (q *quotient) sortNS() {
	m := q.m
	for i := range q.n {
		h := q.ns[i]
		q.sig[i] = hash.Mum(uint64(m.Nodes[h].Type)^hash.A, uint64(m.Nodes[h].Flags)^hash.B) ^ q.content(h)
	}
	for range 2 {
		var sum [quoMaxNS + 1]uint64
		for i := range q.tasks {
			r := &q.raw[i]
			w := hash.Mum(uint64(r.what)^r.cred^hash.C, q.sigOf(r.user)^hash.D)
			for s, ns := range r.proxy {
				if ns != 0 {
					w += hash.Mum(q.sigOf(ns)^uint64(s), hash.A)
				}
			}
			for j := range r.fds {
				x := &r.fd[j]
				w += hash.Mum(uint64(x.what)^q.sigOf(x.ns), hash.B^q.sigOf(x.cred))
			}
			sum[r.user] += hash.Mum(w, hash.A)
			for s, ns := range r.proxy {
				sum[ns] += hash.Mum(w^uint64(s), hash.B)
			}
			for j := range r.fds {
				x := &r.fd[j]
				sum[x.ns] += hash.Mum(w^uint64(x.what), hash.C)
				sum[x.cred] += hash.Mum(w^uint64(x.what), hash.D)
			}
		}
		for i := range q.n {
			o := q.no[m.Entries[q.ns[i]].Owner]
			sum[o] += hash.Mum(q.sig[i], hash.B)
		}
		var next [quoMaxNS]uint64
		for i := range q.n {
			o := q.no[m.Entries[q.ns[i]].Owner]
			next[i] = hash.Mum(q.sig[i]^sum[i+1], q.sigOf(o)^hash.C)
		}
		q.sig = next
	}
	at := q.at[:q.n]
	slices.SortFunc(at, func(a, b uint8) int {
		switch x, y := q.sig[a], q.sig[b]; {
		case x < y:
			return -1
		case x > y:
			return 1
		}
		return int(a) - int(b)
	})
	q.renumber()
}

func (q *quotient) sigOf(i uint8) uint64 {
	if i == 0 {
		return hash.D
	}
	return q.sig[i-1]
}

func (q *quotient) renumber() {
	for i := range q.n {
		q.perm[q.at[i]+1] = uint8(i + 1)
	}
}

// exchange goes on to the next order of the namespaces that look alike.
func (q *quotient) exchange() bool {
	for end := q.n; end > 0; {
		start := end - 1
		for start > 0 && q.sig[q.at[start-1]] == q.sig[q.at[start]] {
			start--
		}
		if end-start > 1 && nextOrder(q.at[start:end]) {
			q.renumber()
			return true
		}
		end = start
	}
	return false
}

// SPDX-License-Identifier: GPL-2.0-only

package syscall

import (
	"encoding/binary"
	"math/bits"

	"github.com/nssim/nssim/nstree"
	"github.com/nssim/nssim/refcount"
	"github.com/nssim/nssim/sim"
	"github.com/nssim/nssim/syscall/uapi"
)

// ListnsAll is the flag of the semantics "list-all": inactive namespaces are
// returned too. No kernel has it.
const ListnsAll = 1

// Unlimited is the room of a buffer that does not fault.
const Unlimited = -1

// Buf is where listns stores ids.
type Buf struct {
	Addr uint64 // an address; 0: Room counts
	Room int64  // entries before the buffer faults, or Unlimited
}

// Listns is listns(2).
type Listns struct {
	Req   uapi.NSIDReq
	Raw   []byte // what stands at the request's address instead of Req, readable to its end
	Null  bool   // the request's address cannot be read
	Buf   Buf
	NR    uint64
	Flags uint32
}

// The model's own assertion: a walk that runs on another type's list.
const wrongList refcount.Assertion = 128

func init() {
	refcount.Declare(wrongList, "do_listns", "walk on the list of another type")
}

// Locals of listns.
const (
	lsCursor = iota
	lsMask
	lsOwner // id, then namespace
	lsLeft
	lsCount // or the negative errno
	lsAddr
	lsRoom
	lsAt    // the node the walk stands on
	lsPrev  // the node last returned, passively held
	lsList  // nstree.List
	lsFlags // lsSeeAll ...
	lsFirst // the start node where the look-up took a reference
)

// Bits of lsFlags.
const (
	lsSeeAll  = 1 << iota // permission is settled: everything
	lsHeld                // the owner filter is passively held
	lsAll                 // ListnsAll
	lsWrapped             // not used by the kernel: the cursor was given
)

// Steps of listns.
const (
	lsConsider = iota + 2
	lsCheck
	lsGet
	lsPermit
	lsUnlock
	lsPutPrev
	lsStore
	lsNext
	lsEnd
	lsPutFirst
	lsPutOwner
	lsReturn
)

func (c Listns) start(x X) {
	x.clearUserMem()
	req, e := c.check(x)
	if e != 0 {
		x.result(0, e)
		return
	}
	var flags int64
	if c.Flags&ListnsAll != 0 {
		flags = lsAll
	}
	x.push(opListns)
	f := x.f()
	f.L[lsCursor], f.L[lsMask], f.L[lsOwner] = int64(req.NSID), int64(req.NSType), int64(req.UserNSID)
	f.L[lsLeft], f.L[lsAddr], f.L[lsRoom] = int64(c.NR), int64(c.Buf.Addr), c.Buf.Room
	f.L[lsFlags] = flags
}

// check makes the checks of arguments in the kernel's order
// (kernel/nstree.c: listns, copy_ns_id_req, v6.19), which never looks at the second
// reserved field.
func (c Listns) check(x X) (uapi.NSIDReq, uapi.Errno) {
	rules := x.Cfg.Rules
	known := uint32(0)
	if rules.Has(sim.ListAllFlag) {
		known = ListnsAll
	}
	switch {
	case rules.Has(sim.NoListns):
		return uapi.NSIDReq{}, uapi.ENOSYS
	case c.Flags&^known != 0:
		return uapi.NSIDReq{}, uapi.EINVAL
	case c.NR > uapi.LISTNS_NR_MAX:
		return uapi.NSIDReq{}, uapi.EOVERFLOW
	case c.Buf.Addr != 0 && !userRange(c.Buf.Addr, 8*c.NR):
		return uapi.NSIDReq{}, uapi.EFAULT
	}
	req, e := c.Req, uapi.Errno(0)
	if c.Null {
		e = uapi.EFAULT
	} else if c.Raw != nil {
		req, e = decodeReq(c.Raw)
	} else if req.Size == 0 {
		req.Size = uapi.NS_ID_REQ_SIZE_VER0
	} else if req.Size != uapi.NS_ID_REQ_SIZE_VER0 {
		_, e = decodeReq(req.Encode())
	}
	switch {
	case e != 0:
		return req, e
	case req.Spare != 0, !rules.Has(sim.Spare2Unchecked) && req.Spare2 != 0:
		return req, uapi.EINVAL
	case uapi.NSType(req.NSType)&^uapi.NSTypeMask != 0:
		return req, uapi.EOPNOTSUPP
	}
	return req, 0
}

// decodeReq reads a request from user memory that ends where raw ends.
func decodeReq(raw []byte) (req uapi.NSIDReq, e uapi.Errno) {
	if len(raw) < 4 {
		return req, uapi.EFAULT
	}
	size := binary.LittleEndian.Uint32(raw)
	switch {
	case size > uapi.PAGE_SIZE:
		return req, uapi.E2BIG
	case size < uapi.NS_ID_REQ_SIZE_VER0:
		return req, uapi.EINVAL
	case int(size) > len(raw):
		return req, uapi.EFAULT
	}
	req, err := uapi.DecodeNSIDReq(raw[:size])
	if err != nil {
		return req, err.(uapi.Errno)
	}
	return req, 0
}

// clearUserMem forgets what earlier calls of the task have stored.
func (x X) clearUserMem() {
	kept := x.UserMem[:0]
	for _, u := range x.UserMem {
		if u.Task != x.T && u.Task != -x.T {
			kept = append(kept, u)
		}
	}
	x.UserMem = kept
}

// Stored returns the ids that t's last listns has copied out, also those of a call
// that failed in the middle.
func Stored(m *sim.Machine, t sim.TaskID) (ids []uint64) {
	for _, u := range m.UserMem {
		if u.Task == t {
			ids = append(ids, u.ID)
		}
	}
	return ids
}

// Listns lists up to nr namespace ids above req.NSID that the caller may see
// (kernel/nstree.c: listns, v6.19). ENOENT: there is none above the cursor; EINVAL:
// the owner to filter by is no active user namespace; EOPNOTSUPP: an unknown type.
func (t T) Listns(req uapi.NSIDReq, nr int) ([]uint64, error) {
	_, err := Do(t.M, t.ID, Listns{Req: req, Buf: Buf{Room: Unlimited}, NR: uint64(nr)})
	if err != nil {
		return nil, err
	}
	return Stored(t.M, t.ID), nil
}

// ListnsInto is Listns for a page as large as dst, which receives the ids in place
// of the machine; it returns how many. Nothing is allocated.
func (t T) ListnsInto(req uapi.NSIDReq, dst []uint64) (int, error) {
	c := Listns{Req: req, Buf: Buf{Room: Unlimited}, NR: uint64(len(dst))}
	t.M.Sink = dst[:0]
	n, err := Do(t.M, t.ID, c)
	if len(t.M.Sink) == 0 { // the walk was done step by step
		for _, u := range t.M.UserMem {
			if u.Task == t.ID && len(t.M.Sink) < len(dst) {
				t.M.Sink = append(t.M.Sink, u.ID)
			}
		}
	}
	t.M.Sink = nil
	return int(n), err
}

func init() {
	define(opListns, "listns",
		step{"prepare_klistns", lsPrepare},
		step{"lookup_ns_id_at", lsStart},
		step{"legitimize_ns", lsConsiderStep},
		step{"ns_get_unless_inactive", func(x X) {
			if !x.lsVisible() {
				x.lsSkip()
			}
		}},
		step{"__ns_ref_get", lsGetStep},
		step{"may_list_ns", lsPermitStep},
		step{"rcu_read_unlock", func(x X) { x.RCUUnlock(x.T) }},
		step{"ns_put prev", lsPutPrevStep},
		step{"put_user", lsStoreStep},
		step{"rcu_read_lock", lsNextStep},
		step{"ns_put", func(x X) {
			f := x.f()
			if f.RCU != 0 {
				x.RCUUnlock(x.T)
			}
			x.putNS(x.take(lsPrev))
		}},
		step{"ns_put first", func(x X) { x.putNS(x.take(lsFirst)) }},
		step{"put_user_ns", func(x X) {
			if x.f().L[lsFlags]&lsHeld != 0 {
				x.putNS(sim.NS(x.f().L[lsOwner]))
			}
		}},
		step{"return", func(x X) {
			if x.Cfg.Rules.Has(sim.ListnsBuffered) && !x.lsCopyOut() {
				x.fail(x.lsFault())
				return
			}
			x.lsReturn()
		}},
	)
}

// lsReturn returns the number of ids. A kernel that does not tell what it hides makes no
// difference between nothing behind the cursor and nothing that the caller may see.
func (x X) lsReturn() {
	f := x.f()
	quiet := !x.Cfg.Faults.Has(sim.EndTellsHidden) && x.Cfg.Rules.Has(sim.EndIsENOENT)
	if quiet && f.L[lsCount] == 0 && f.L[lsCursor] != 0 && f.L[lsLeft] > 0 {
		x.fail(uapi.ENOENT)
		return
	}
	x.ret(f.L[lsCount])
}

// lsCopyOut copies a page that was collected first to user memory, as far as there is
// room; what the kernel has collected is marked by the negative task.
func (x X) lsCopyOut() (all bool) {
	f := x.f()
	count := f.L[lsCount]
	f.L[lsCount], all = 0, true
	kept := x.UserMem[:0]
	for _, u := range x.UserMem {
		if u.Task == -x.T {
			if u.Task, all = x.T, all && x.lsFits(f); !all {
				continue
			}
			f.L[lsCount]++
		}
		kept = append(kept, u)
	}
	x.UserMem = kept
	f.L[lsCount] = count
	return all
}

// lsFail ends the walk with an errno after dropping what is held.
func (x X) lsFail(e uapi.Errno) {
	x.f().L[lsCount] = -int64(e)
	x.jump(lsEnd)
}

// lsPrepare resolves the owner to filter by and decides what permission depends on
// once for the call.
func lsPrepare(x X) {
	f := x.f()
	id := uint64(f.L[lsOwner])
	f.L[lsOwner] = 0
	switch id {
	case 0:
	case uapi.LISTNS_CURRENT_USER:
		f.L[lsOwner] = int64(x.cred().UserNS)
	default:
		ns := x.Lookup(id, uapi.USER_NS)
		if ns == 0 || !x.seen(ns) || !x.Get(ns) {
			x.lsFail(uapi.EINVAL)
			return
		}
		if !x.Cfg.Faults.Has(sim.OwnerFilterTells) && !MayList(x.Machine, x.T, ns) {
			x.lsFail(uapi.EINVAL)
			x.putNS(ns)
			return
		}
		f.L[lsOwner] = int64(ns)
		f.L[lsFlags] |= lsHeld
	}
	switch {
	case x.Cfg.Policy.MayList != nil:
	case x.Cfg.Rules.Has(sim.ListnsOwnerCap):
		if o := sim.NS(f.L[lsOwner]); o != 0 && x.NSCapable(x.T, o, uapi.CAP_SYS_ADMIN) {
			f.L[lsFlags] |= lsSeeAll
		}
	case x.MaySeeAll(x.T):
		f.L[lsFlags] |= lsSeeAll
	}
	typ := uapi.NSType(f.L[lsMask])
	switch {
	case f.L[lsOwner] != 0:
		f.L[lsList] = int64(nstree.PerOwner)
	case bits.OnesCount32(uint32(typ)) == 1:
		f.L[lsList] = int64(nstree.PerType)
	default:
		f.L[lsList] = int64(nstree.Unified)
	}
}

// seen is the visibility that this call goes by.
func (x X) seen(ns sim.NS) bool {
	return x.f().L[lsFlags]&lsAll != 0 || Visible(x.Machine, ns)
}

// lsStart finds where the walk begins and enters the RCU read section.
func lsStart(x X) {
	f := x.f()
	cursor := uint64(f.L[lsCursor])
	list, owner := nstree.List(f.L[lsList]), sim.NS(f.L[lsOwner])
	typ := uapi.NSType(0)
	if list == nstree.PerType {
		typ = uapi.NSType(f.L[lsMask])
	}
	if cursor == 0 {
		if list == nstree.PerOwner {
			f.L[lsAt] = int64(x.FirstOwned(owner))
		} else {
			f.L[lsAt] = int64(x.First(typ))
		}
		x.RCULock(x.T)
		x.lsRun()
		return
	}
	at := x.lsAfter(cursor, list, typ, owner)
	if at == 0 {
		x.lsNoEntry()
		return
	}
	if x.Cfg.Rules.Has(sim.CursorInactiveEnds) {
		if !x.seen(at) || !x.Get(at) {
			x.lsNoEntry()
			return
		}
		f.L[lsFirst] = int64(at)
	}
	if typ != 0 && x.Nodes[at].NSType() != typ {
		x.Warn(wrongList, at)
	}
	f.L[lsAt] = int64(at)
	x.RCULock(x.T)
	x.lsRun()
}

func (x X) lsNoEntry() {
	if !x.Cfg.Rules.Has(sim.EndIsENOENT) {
		x.jump(lsEnd)
		return
	}
	x.lsFail(uapi.ENOENT)
}

// lsAfter is the look-up of the first namespace after the cursor. Up to v7.3.3 it
// adds one to the cursor, which wraps at the largest.
func (x X) lsAfter(cursor uint64, list nstree.List, typ uapi.NSType, owner sim.NS) sim.NS {
	if cursor == ^uint64(0) && !x.Cfg.Rules.Has(sim.CursorWraps) {
		return 0
	}
	if list == nstree.PerOwner {
		return x.LookupOwnedAt(cursor+1, owner)
	}
	if x.Cfg.Rules.Has(sim.TypeCursorUnified) {
		typ = 0
	}
	return x.LookupAt(cursor+1, typ)
}

// lsRun goes through the walk in one go when nobody can look in between.
func (x X) lsRun() {
	if x.Whole && !x.Tracing && !x.Cfg.Rules.Has(sim.ListnsBuffered|sim.ListnsPutInRCU) {
		x.lsWhole()
	}
}

// lsWhole is the steps legitimize_ns to rcu_read_lock as a loop. As nobody can look
// in between, a reference that would be taken and dropped again is not counted; what
// taking it would have found out is.
func (x X) lsWhole() {
	f := x.f()
	list := nstree.List(f.L[lsList])
	ns, left, count := sim.NS(f.L[lsAt]), f.L[lsLeft], int64(0)
	mask, addr, room := uapi.NSType(f.L[lsMask]), f.L[lsAddr], f.L[lsRoom]
	sink := x.Sink
	plain := x.plainVisibility() && f.L[lsFlags]&lsAll == 0
	permitted := x.lsPermission()
	for ns != 0 && left > 0 {
		at := ns
		n, e := &x.Nodes[at], &x.Entries[at]
		// What follows mostly has the next handle. Said like this, the processor need
		// not wait for the link to begin with the next entry.
		if ns = n.Links[list].Next; ns == at+1 {
			ns = at + 1
		}
		switch {
		case mask != 0 && mask&n.NSType() == 0, plain && e.Active == 0,
			!permitted.all && !permitted.check(x, at, e.Owner), !plain && !x.seen(at):
			continue
		case e.Passive > 0 && e.Flags == refcount.Live:
		case !x.Get(at):
			continue
		default:
			x.Put(at)
		}
		if addr == 0 && count == room || addr != 0 && !x.userWritable(uint64(addr)+8*uint64(count), 8) {
			x.Sink = sink
			f.L[lsCount] = count
			x.lsFaulted()
			return
		}
		if sink != nil {
			sink = append(sink, n.ID)
		} else {
			x.UserMem = append(x.UserMem, sim.UserID{ID: n.ID, Task: x.T})
		}
		count++
		left--
	}
	x.Sink = sink
	f.L[lsCount], f.L[lsAt], f.L[lsLeft] = count, int64(ns), left
	x.jump(lsEnd)
}

// lsPermission remembers a granted permission: entries that follow each other mostly
// have the same owner.
type lsPermission struct {
	all     bool
	byOwner bool // a capability over the owner grants what it owns
	owner   sim.NS
	granted bool
}

func (x X) lsPermission() lsPermission {
	f := x.f()
	return lsPermission{
		all: f.L[lsFlags]&lsSeeAll != 0,
		byOwner: x.Cfg.Policy.MayList == nil && x.Cfg.Rules.Has(sim.ListnsOwnerCap) &&
			f.L[lsOwner] == 0,
	}
}

func (p *lsPermission) check(x X, ns, owner sim.NS) bool {
	if p.byOwner && owner != 0 {
		if owner != p.owner {
			p.owner, p.granted = owner, x.NSCapable(x.T, owner, uapi.CAP_SYS_ADMIN)
		}
		if p.granted {
			return true
		}
	}
	return x.lsPermitted(ns)
}

// plainVisibility reports whether a non-zero active count is all there is to it.
func (x X) plainVisibility() bool {
	return x.Cfg.Policy.Visible == nil && !x.Cfg.Rules.Has(sim.ListPinned|sim.DyingFlag) &&
		!x.Table.Rules.Has(refcount.NoActive)
}

// lsFaulted ends the walk where the buffer does: with an error, also when ids have been
// stored before.
func (x X) lsFaulted() {
	if x.f().L[lsCount] > 0 && !x.Cfg.Faults.Has(sim.PartialPageLost) {
		x.jump(lsEnd)
		return
	}
	x.lsFail(x.lsFault())
}

func (x X) lsFault() uapi.Errno {
	if x.Cfg.Rules.Has(sim.FaultEINVAL) {
		return uapi.EINVAL
	}
	return uapi.EFAULT
}

// lsPermitted is the permission check on one entry.
func (x X) lsPermitted(ns sim.NS) bool {
	f := x.f()
	return f.L[lsFlags]&lsSeeAll != 0 || mayList(x.Machine, x.T, ns, sim.NS(f.L[lsOwner]))
}

// lsSkip steps over an entry without leaving the read section.
func (x X) lsSkip() {
	f := x.f()
	f.L[lsAt] = int64(x.Next(nstree.List(f.L[lsList]), sim.NS(f.L[lsAt])))
	x.jump(lsConsider)
}

func lsConsiderStep(x X) {
	f := x.f()
	ns := sim.NS(f.L[lsAt])
	if ns == 0 || f.L[lsLeft] == 0 {
		x.jump(lsEnd)
		return
	}
	x.touch(ns)
	mask := uapi.NSType(f.L[lsMask])
	if mask != 0 && mask&x.Nodes[ns].NSType() == 0 {
		x.lsSkip()
		return
	}
	if !x.Cfg.Rules.Has(sim.ListnsGetFirst) && !x.lsPermitted(ns) {
		x.lsSkip()
	}
}

// touch records the use of a namespace whose memory has been given back.
func (x X) touch(ns sim.NS) {
	if x.Entries[ns].Flags&refcount.Freed != 0 {
		x.Warn(refcount.FreedUsed, ns)
	}
}

// lsVisible is the first half of ns_get_unless_inactive().
func (x X) lsVisible() bool { return x.seen(sim.NS(x.f().L[lsAt])) }

func lsGetStep(x X) {
	switch {
	case x.Cfg.Rules.Has(sim.ListnsBuffered):
		x.jump(lsPermit)
		return
	case x.Cfg.Faults.Has(sim.WalkWithoutReference):
		return
	}
	if !x.Get(sim.NS(x.f().L[lsAt])) {
		x.lsSkip()
	}
}

// lsPermitStep is where up to v7.2.6 permission is looked at: after the reference,
// which a refused entry gives up inside the read section.
func lsPermitStep(x X) {
	rules := x.Cfg.Rules
	ns := sim.NS(x.f().L[lsAt])
	if rules.Has(sim.ListnsGetFirst) && !x.lsPermitted(ns) {
		x.lsSkip()
		if !rules.Has(sim.ListnsBuffered) {
			x.putNS(ns)
		}
		return
	}
	if rules.Has(sim.ListnsBuffered) {
		x.lsStore(ns)
		x.lsSkip()
	}
}

func lsPutPrevStep(x X) {
	f := x.f()
	prev := sim.NS(f.L[lsPrev])
	if !x.Cfg.Faults.Has(sim.WalkWithoutReference) {
		f.L[lsPrev] = f.L[lsAt]
	}
	x.putNS(prev)
}

func lsStoreStep(x X) {
	f := x.f()
	if !x.lsFits(f) {
		x.lsFaulted()
		return
	}
	x.lsStore(sim.NS(f.L[lsAt]))
}

func (x X) lsStore(ns sim.NS) {
	f := x.f()
	x.touch(ns)
	u := sim.UserID{ID: x.Nodes[ns].ID, Task: x.T}
	if x.Cfg.Rules.Has(sim.ListnsBuffered) {
		u.Task = -x.T
	}
	x.UserMem = append(x.UserMem, u)
	f.L[lsCount]++
	f.L[lsLeft]--
}

// lsFits reports whether the next id can be stored.
func (x X) lsFits(f *sim.Frame) bool {
	if f.L[lsAddr] != 0 {
		return x.userWritable(uint64(f.L[lsAddr])+8*uint64(f.L[lsCount]), 8)
	}
	return f.L[lsCount] != f.L[lsRoom]
}

func lsNextStep(x X) {
	f := x.f()
	ns := sim.NS(f.L[lsAt])
	x.RCULock(x.T)
	x.touch(ns)
	x.lsSkip()
	if x.Cfg.Rules.Has(sim.ListnsPutInRCU) {
		f.L[lsPrev] = 0
		x.putNS(ns)
	}
}

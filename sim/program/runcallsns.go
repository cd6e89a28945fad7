// SPDX-License-Identifier: GPL-2.0-only

package program

import (
	"strconv"

	"github.com/nssim/nssim/sim"
	"github.com/nssim/nssim/syscall"
	"github.com/nssim/nssim/syscall/uapi"
)

// The calls that list and open namespaces.
func init() {
	define(map[string]callSpec{
		"listns": {build: func(a *args) syscall.Call { return a.listns() }, outs: func(a *args) {
			if buf, _, _ := a.listnsArgs(); buf >= 0 {
				a.bindListing(buf)
			}
		}},
		"pages":             {run: runPages, outs: func(a *args) { a.bindListing(len(a.l.Call.Args) - 2) }},
		"walk":              {run: runWalk, outs: func(a *args) { a.bindListing(1) }},
		"ioctl":             {build: buildIoctl, value: ioctlValue, outs: ioctlOuts},
		"open_by_handle_at": {build: buildOpenByHandle},
	})
}

// bindListing binds a list of ids: the empty one where the call has failed.
func (a *args) bindListing(i int) {
	if !a.isOut(i) {
		return
	}
	v := Val{Kind: ListValue}
	if a.errno == 0 {
		v.L = append(v.L, a.ids...)
	}
	a.bindOut(i, v)
}

// listnsArgs says which arguments of listns are what, -1 for one that is left out. Of
// three, the second is a buffer if it is an output or memory, else the number of entries.
func (a *args) listnsArgs() (buf, nr, flags int) {
	switch n := len(a.l.Call.Args); {
	case n == 4:
		return 1, 2, 3
	case n == 3 && a.isBuffer(1):
		return 1, 2, -1
	case n == 3:
		return -1, 1, 2
	}
	return -1, 1, -1
}

func (a *args) isBuffer(i int) bool {
	if a.isOut(i) || isNull(a.expr(i)) {
		return true
	}
	k := a.val(i).Kind
	return k == memory || k == Address
}

func (a *args) listns() syscall.Listns {
	buf, nr, flags := a.listnsArgs()
	c := syscall.Listns{NR: a.num(nr), Buf: syscall.Buf{Room: syscall.Unlimited}}
	if flags >= 0 {
		c.Flags = uint32(a.flags(flags))
	}
	if buf >= 0 {
		p := a.pointer(buf, 8)
		c.Buf = syscall.Buf{Addr: p.addr, Room: p.room}
	}
	a.request(&c)
	return c
}

// request reads what listns is asked for.
func (a *args) request(c *syscall.Listns) {
	if _, ok := a.expr(0).(*Struct); !ok {
		// Memory that the program has not written to.
		switch p := a.pointer(0, uapi.NS_ID_REQ_SIZE_VER0); {
		case p.null || p.bad:
			c.Null = true
		default:
			c.Raw = make([]byte, uapi.NS_ID_REQ_SIZE_VER0)
			if p.room > 0 {
				c.Raw = make([]byte, 8*p.room)
			}
		}
		return
	}
	s := a.structure(0)
	c.Req = uapi.NSIDReq{
		Size:     uint32(s.numOr("size", uapi.NS_ID_REQ_SIZE_VER0)),
		Spare:    uint32(s.numOr("spare", 0)),
		NSID:     s.numOr("ns_id", 0),
		NSType:   uapi.NSType(s.numOr("ns_type", 0)),
		Spare2:   uint32(s.numOr("spare2", 0)),
		UserNSID: s.numOr("user_ns_id", 0),
	}
	tail := s.tail()
	if c.Req.Size == uapi.NS_ID_REQ_SIZE_VER0 && tail == "" {
		return
	}
	// Behind the structure and its tail the memory is zero, for as long as the kernel
	// may want to read.
	c.Raw = append(c.Req.Encode(), tail...)
	for len(c.Raw) < min(int(c.Req.Size), uapi.PAGE_SIZE) {
		c.Raw = append(c.Raw, 0)
	}
}

// runPages lists page by page, with the last id as the cursor of the next, and collects
// all ids.
func runPages(a *args) (Val, uapi.Errno) {
	r, l, t := a.r, a.l, a.t
	n := len(l.Call.Args)
	c := syscall.Listns{NR: a.num(n - 1), Buf: syscall.Buf{Room: syscall.Unlimited}}
	a.request(&c)
	if c.NR == 0 {
		r.bad(a.expr(n-1).Pos(), "pages of 0 entries", "1 or more", "")
	}
	var all []uint64
	for {
		got, errno := r.do(l, t, c)
		if errno == uapi.ENOENT && (len(all) > 0 || c.Req.NSID != 0) {
			break
		}
		if errno != 0 {
			r.argsOf(l, t)
			return number64(-1), errno
		}
		all = r.stored(all, t)
		if uint64(got) < c.NR {
			break
		}
		last := all[len(all)-1]
		if last <= c.Req.NSID && len(all) > int(c.NR) {
			// A kernel whose listing does not go on behind the cursor has no end.
			r.fail(l.Call.At, l.Call.text(), listText(all[len(all)-int(c.NR):]), "ids above the cursor "+strconv.FormatUint(c.Req.NSID, 10), "")
		}
		c.Req.NSID = last
		if c.Raw != nil {
			// A request of another size carries its cursor in its bytes.
			copy(c.Raw, c.Req.Encode())
		}
	}
	r.argsOf(l, t)
	a.ids = append(a.ids, all...)
	return number64(int64(len(all))), 0
}

// runWalk goes along a list of the trees as it is, as a tracing program can: it asks
// nobody's permission and takes no reference. EOPNOTSUPP: an unknown type; EINVAL: the
// owner is no user namespace on the trees.
func runWalk(a *args) (Val, uapi.Errno) {
	m, s := a.r.m, a.structure(0)
	typ, owner := uapi.NSType(s.numOr("ns_type", 0)), s.numOr("user_ns_id", 0)
	if typ&^uapi.NSTypeMask != 0 {
		return number64(-1), uapi.EOPNOTSUPP
	}
	all := m.All(0)
	switch user := sim.NS(0); {
	case owner == uapi.LISTNS_CURRENT_USER:
		all = m.OwnedBy(m.UserNS(a.t))
	case owner != 0:
		if user = m.Lookup(owner, uapi.USER_NS); user == 0 {
			return number64(-1), uapi.EINVAL
		}
		all = m.OwnedBy(user)
	case typ != 0 && typ&(typ-1) == 0:
		all = m.All(typ)
	}
	for ns := range all {
		if n := m.Node(ns); typ == 0 || typ&n.NSType() != 0 {
			a.ids = append(a.ids, n.ID)
		}
	}
	return number64(int64(len(a.ids))), 0
}

// handleNames is the fields of a handle that name_to_handle_at puts out.
const handleNames = "handle_bytes handle_type ns_id ns_type ns_inum"

func buildOpenByHandle(a *args) syscall.Call {
	c := syscall.OpenByHandleAt{Anchor: a.fd(0), Flags: uint32(a.flags(2))}
	if _, ok := a.expr(1).(*Struct); !ok {
		if v := a.val(1); v.Kind != HandleValue {
			if p := a.pointer(1, uapi.MAX_HANDLE_SZ); p.null || p.bad {
				c.BadHeader = true
				return c
			}
			// A handle of zeros.
			c.Payload = make([]byte, uapi.MAX_HANDLE_SZ)
			return c
		}
	}
	s := a.structure(1)
	h := uapi.NSFSFileHandle{
		NSID: s.numOr("ns_id", 0), NSType: uapi.NSType(s.numOr("ns_type", 0)), NSInum: uint32(s.numOr("ns_inum", 0)),
	}
	c.Payload = append(h.Encode(), s.tail()...)
	c.Bytes = uint32(s.numOr("handle_bytes", uint64(len(c.Payload))))
	c.Type = int32(s.numOr("handle_type", uapi.FILEID_NSFS))
	for len(c.Payload) < min(int(c.Bytes), uapi.MAX_HANDLE_SZ) {
		c.Payload = append(c.Payload, 0)
	}
	return c
}

func buildIoctl(a *args) syscall.Call {
	c := syscall.Ioctl{FD: a.fd(0), Cmd: uapi.Ioctl(a.flags(1))}
	if !a.has(2) {
		c.Null = true
		return c
	}
	if a.isOut(2) {
		return c
	}
	if v := a.val(2); v.Kind == TaskValue {
		c.Arg = a.num(2) // a pid to translate
		return c
	}
	p := a.pointer(2, uint64(c.Cmd.Size()))
	c.Arg, c.Null, c.Bad = p.addr, p.null, p.bad && !p.null
	return c
}

// isMntIoctl reports whether a command is one of NS_MNT_GET_*, in any size.
func isMntIoctl(c uapi.Ioctl) bool {
	nr := c.Nr()
	return c.Type() == uapi.NSIO && nr >= uapi.Ioctl(uapi.NS_MNT_GET_INFO).Nr() && nr <= uapi.Ioctl(uapi.NS_MNT_GET_PREV).Nr()
}

// ioctlValue: the commands that open a namespace return a descriptor.
func ioctlValue(a *args, ret int64) Val {
	c := uapi.Ioctl(a.num(1))
	_, pidfd := c.PidfdNamespace()
	related := c == uapi.NS_GET_USERNS || c == uapi.NS_GET_PARENT || c == uapi.SIOCGSKNS
	step := isMntIoctl(c) && c.Nr() != uapi.Ioctl(uapi.NS_MNT_GET_INFO).Nr()
	if pidfd || related || step {
		return a.r.fdValue(a.t, int32(ret))
	}
	return number64(ret)
}

func ioctlOuts(a *args) {
	o := a.outs()
	switch c := uapi.Ioctl(a.num(1)); {
	case isMntIoctl(c):
		packed := o[syscall.OutMntNrSize]
		a.bindOut(2, record("size nr_mounts mnt_ns_id", packed&0xffffffff, packed>>32, o[syscall.OutMntNSID]).ofKind("mnt_ns_id", NSID))
	case c == uapi.NS_GET_ID || c == uapi.NS_GET_MNTNS_ID:
		a.bindOut(2, idValue(o[0]))
	default:
		a.bindOut(2, numberU(o[0]))
	}
}

// stored appends what a task's last listns has left in its memory.
func (r *Runner) stored(ids []uint64, t sim.TaskID) []uint64 {
	for i := range r.m.UserMem {
		if u := &r.m.UserMem[i]; u.Task == t {
			ids = append(ids, u.ID)
		}
	}
	return ids
}

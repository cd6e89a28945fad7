// SPDX-License-Identifier: GPL-2.0-only

package live

import (
	"slices"

	"github.com/nssim/nssim/sim/program"
	"github.com/nssim/nssim/syscall/uapi"
)

// The calls that list and name namespaces.
func init() {
	define(map[string]callSpec{
		"listns": {nr: sysListns, build: buildListns, outs: func(c *call) {
			if buf, _, _ := c.listnsArgs(); buf >= 0 {
				c.bindListing(buf)
			}
		}},
		"pages": {run: runPages, outs: func(c *call) { c.bindListing(len(c.l.Call.Args) - 2) }},
		"ioctl": {nr: sysIoctl, build: func(c *call) {
			c.set(c.num(0), c.num(1), c.pointer(2, max(8, uint64(uapi.Ioctl(c.num(1)).Size()))))
		}, value: ioctlValue, outs: bindIoctl},
	})
}

// bindListing binds a list of ids: the empty one where the call has failed.
func (c *call) bindListing(i int) {
	if !c.isOut(i) {
		return
	}
	v := value{Val: program.Val{Kind: program.ListValue}}
	if c.errno == 0 {
		v.L = slices.Clone(c.ids)
	}
	c.bindOut(i, v)
}

// listnsArgs says which arguments of listns are what, -1 for one that is left out.
func (c *call) listnsArgs() (buf, nr, flags int) {
	switch n := len(c.l.Call.Args); {
	case n == 4:
		return 1, 2, 3
	case n == 3 && c.isBuffer(1):
		return 1, 2, -1
	case n == 3:
		return -1, 1, 2
	}
	return -1, 1, -1
}

func (c *call) isBuffer(i int) bool {
	if c.isOut(i) || isNull(c.expr(i)) {
		return true
	}
	v := c.val(i)
	return v.room || v.Kind == program.Address
}

func buildListns(c *call) {
	buf, nr, flags := c.listnsArgs()
	n := c.num(nr)
	f := uint64(0)
	if flags >= 0 {
		f = c.num(flags)
	}
	c.set(c.request(), c.listBuffer(buf, n), n, f)
}

// listBuffer returns where listns is to store n ids.
func (c *call) listBuffer(i int, n uint64) uint64 {
	most := min(n, (c.s.g.geo.heap+c.s.g.geo.heapSize-c.heap)/8-16)
	if i < 0 || c.isOut(i) {
		at := c.heap
		c.heap += (8*most + 15) &^ 15
		c.out = append(c.out, output{at, 8 * most, 8})
		return at
	}
	v := c.val(i)
	if v.room {
		at := c.end(8 * v.N)
		c.out = append(c.out, output{at, 8 * v.N, 0})
		return at
	}
	if v.Kind == program.Address && v.N < kernelAddress {
		// The task's own memory: what is stored there is fetched afterwards.
		c.s.taskMemory(c.t, v.N, 8*most, true)
	}
	return v.N
}

// stored returns what a listns has left in memory. Behind the last id it is zero.
func (c *call) stored() []uint64 {
	var b []byte
	if len(c.out) > 0 {
		b = c.got[0]
	} else if buf, nr, _ := c.listnsArgs(); buf >= 0 && c.args[1] < kernelAddress && c.args[1] != 0 {
		b = c.s.taskMemory(c.t, c.args[1], 8*c.num(nr), false)
	}
	var ids []uint64
	for ; len(b) >= 8; b = b[8:] {
		id := order.Uint64(b)
		if id == 0 || c.errno == 0 && int64(len(ids)) == c.ret {
			break
		}
		ids = append(ids, id)
	}
	return ids
}

// request lays out what listns is asked for, or returns the address that argument 0 is.
func (c *call) request() uint64 {
	if _, ok := c.expr(0).(*program.Struct); !ok {
		return c.pointer(0, uapi.NS_ID_REQ_SIZE_VER0)
	}
	return c.bytes(c.requestBytes(c.fieldNum(0, "ns_id", 0)))
}

// requestBytes is the request with a cursor. Behind the structure and its tail the memory
// is zero for as long as the kernel may want to read.
func (c *call) requestBytes(cursor uint64) []byte {
	req := uapi.NSIDReq{
		Size:     uint32(c.fieldNum(0, "size", uapi.NS_ID_REQ_SIZE_VER0)),
		Spare:    uint32(c.fieldNum(0, "spare", 0)),
		NSID:     cursor,
		NSType:   uapi.NSType(c.fieldNum(0, "ns_type", 0)),
		Spare2:   uint32(c.fieldNum(0, "spare2", 0)),
		UserNSID: c.fieldNum(0, "user_ns_id", 0),
	}
	b := append(req.Encode(), c.tail(0)...)
	if short := min(int(req.Size), uapi.PAGE_SIZE) - len(b); short > 0 {
		b = append(b, make([]byte, short)...)
	}
	return b
}

// runPages lists page by page, with the last id as the cursor of the next.
func runPages(c *call) (value, uapi.Errno) {
	n := len(c.l.Call.Args)
	nr := c.num(n - 1)
	cursor := c.fieldNum(0, "ns_id", 0)
	for {
		p := c.another(sysListns)
		req := uint64(0)
		if _, ok := c.expr(0).(*program.Struct); ok {
			req = p.bytes(p.requestBytes(cursor))
		} else {
			req = p.request()
		}
		p.set(req, p.listBuffer(-1, nr), nr, 0)
		got, errno := c.s.do(p)
		if errno == uapi.ENOENT && (len(c.ids) > 0 || cursor != 0) {
			break
		}
		if errno != 0 {
			c.ids = nil
			return number(-1), errno
		}
		c.ids = append(c.ids, p.stored()...)
		if uint64(got) < nr {
			break
		}
		cursor = c.ids[len(c.ids)-1]
	}
	return number(int64(len(c.ids))), 0
}

// isMntIoctl reports whether a command is one of NS_MNT_GET_*, in any size.
func isMntIoctl(c uapi.Ioctl) bool {
	nr := c.Nr()
	return c.Type() == uapi.NSIO && nr >= uapi.Ioctl(uapi.NS_MNT_GET_INFO).Nr() && nr <= uapi.Ioctl(uapi.NS_MNT_GET_PREV).Nr()
}

// ioctlValue: the commands that open a namespace return a descriptor.
func ioctlValue(c *call) value {
	cmd := uapi.Ioctl(c.num(1))
	_, pidfd := cmd.PidfdNamespace()
	related := cmd == uapi.NS_GET_USERNS || cmd == uapi.NS_GET_PARENT || cmd == uapi.SIOCGSKNS
	step := isMntIoctl(cmd) && cmd.Nr() != uapi.Ioctl(uapi.NS_MNT_GET_INFO).Nr()
	if pidfd || related || step {
		return c.fd(c.ret)
	}
	return number(c.ret)
}

func bindIoctl(c *call) {
	if !c.isOut(2) {
		return
	}
	switch cmd := uapi.Ioctl(c.num(1)); {
	case isMntIoctl(cmd):
		f := func(name string, k program.ValueKind, n uint64) program.FieldNumber {
			return program.FieldNumber{Name: name, Kind: k, N: n}
		}
		b := append(slices.Clone(c.got[0]), make([]byte, uapi.MNT_NS_INFO_SIZE_VER0)...)
		c.bindOut(2, value{Val: program.Val{Kind: program.RecordValue, F: []program.FieldNumber{
			f("size", program.Number, uint64(order.Uint32(b))),
			f("nr_mounts", program.Number, uint64(order.Uint32(b[4:]))),
			f("mnt_ns_id", program.NSID, order.Uint64(b[8:])),
		}}})
	case cmd == uapi.NS_GET_ID || cmd == uapi.NS_GET_MNTNS_ID:
		c.bindOut(2, ofKind(program.NSID, c.u64(0, 0)))
	default:
		c.bindOut(2, ofKind(program.Number, c.u64(0, 0)))
	}
}

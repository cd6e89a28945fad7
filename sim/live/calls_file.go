// SPDX-License-Identifier: GPL-2.0-only

package live

import (
	"bytes"

	"github.com/nssim/nssim/sim/program"
	"github.com/nssim/nssim/syscall/uapi"
)

// The calls on files and descriptors.
func init() {
	define(map[string]callSpec{
		"open": {nr: sysOpen, build: func(c *call) { c.set(c.path(c.str(0)), c.num(1), c.numOr(2, 0)) }},
		"openat": {nr: sysOpenat, build: func(c *call) {
			c.set(c.num(0), c.path(c.str(1)), c.num(2), c.numOr(3, 0))
		}},
		"close": {nr: sysClose, build: func(c *call) { c.nums(1) }},
		"dup":   {nr: sysDup, build: func(c *call) { c.nums(1) }},
		"dup2":  {nr: sysDup2, build: func(c *call) { c.nums(2) }},
		"dup3":  {nr: sysDup3, build: func(c *call) { c.nums(3) }},
		"fcntl": {nr: sysFcntl, build: func(c *call) { c.nums(3) }, value: fcntlValue},
		"read":  {nr: sysRead, build: func(c *call) { c.set(c.num(0), c.place(c.num(1)), c.num(1)) }},
		"write": {nr: sysWrite, build: func(c *call) {
			text := []byte(c.str(1))
			c.set(c.num(0), c.bytes(text), uint64(len(text)))
		}, run: runWrite, several: func(c *call) bool { return c.val(0).Kind == program.StringValue }},
		"readlink": {nr: sysReadlink, build: func(c *call) {
			c.set(c.path(c.str(0)), c.result(4096), 4096)
		}, outs: func(c *call) {
			c.bindOut(1, value{Val: program.Val{Kind: program.StringValue, S: string(c.got[0][:c.ret])}})
		}},
		"stat":   {nr: sysStat, build: buildStat, outs: bindStat},
		"lstat":  {nr: sysLstat, build: buildStat, outs: bindStat},
		"fstat":  {nr: sysFstat, build: func(c *call) { c.set(c.num(0), c.result(statSize)) }, outs: bindStat},
		"access": {nr: sysAccess, build: func(c *call) { c.set(c.path(c.str(0)), c.num(1)) }},
		"mkdir":  {nr: sysMkdir, build: func(c *call) { c.set(c.path(c.str(0)), c.numOr(1, 0o755)) }},
		"unlink": {nr: sysUnlink, build: buildPath},
		"rmdir":  {nr: sysRmdir, build: buildPath},
		"chdir":  {nr: sysChdir, build: buildPath},
		"chroot": {nr: sysChroot, build: buildPath},
		"name_to_handle_at": {nr: sysNameToHandleAt, build: buildNameToHandle, outs: bindHandle,
			putsOut: uapi.EOVERFLOW},
		"open_by_handle_at": {nr: sysOpenByHandleAt, build: buildOpenByHandle},
	})
}

func buildPath(c *call) { c.set(c.path(c.str(0))) }

func fcntlValue(c *call) value {
	switch c.num(1) {
	case uapi.F_DUPFD, uapi.F_DUPFD_CLOEXEC:
		return c.fd(c.ret)
	}
	return number(c.ret)
}

// runWrite opens a file, writes to it and closes it.
func runWrite(c *call) (value, uapi.Errno) {
	o := c.another(sysOpen)
	o.set(o.path(c.str(0)), uapi.O_WRONLY)
	fd, errno := c.s.do(o)
	if errno != 0 {
		return number(-1), errno
	}
	text := []byte(c.str(1))
	w := c.another(sysWrite, uint64(fd))
	w.args[1], w.args[2] = w.bytes(text), uint64(len(text))
	n, errno := c.s.do(w)
	if _, e := c.s.do(c.another(sysClose, uint64(fd))); errno == 0 {
		errno = e
	}
	return number(n), errno
}

// statSize is the size of struct stat.
const statSize = 144

func buildStat(c *call) { c.set(c.path(c.str(0)), c.result(statSize)) }

// bindStat binds what a stat has read.
func bindStat(c *call) {
	number := func(name string, n uint64) program.FieldNumber {
		return program.FieldNumber{Name: name, Kind: program.Number, N: n}
	}
	c.bindOut(len(c.l.Call.Args)-1, value{Val: program.Val{Kind: program.RecordValue, F: []program.FieldNumber{
		{Name: "st_ino", Kind: program.Inum, N: c.u64(0, 8)},
		number("st_dev", c.u64(0, 0)),
		number("st_mode", uint64(c.u32(0, 24))),
		number("st_nlink", c.u64(0, 16)),
		number("st_uid", uint64(c.u32(0, 28))),
		number("st_gid", uint64(c.u32(0, 32))),
	}}})
}

// handleHead is what comes before a handle's bytes: how many there are, and the type.
const handleHead = 8

// buildNameToHandle offers the room that &H{handle_bytes=} says, or the most there is.
func buildNameToHandle(c *call) {
	room := uint64(uapi.MAX_HANDLE_SZ)
	if o, ok := c.expr(2).(*program.Out); ok {
		for _, f := range o.Fields {
			room = c.s.num(f.X, c.env())
		}
	}
	at := c.result(handleHead + uapi.MAX_HANDLE_SZ)
	c.in = append(c.in, input{at, order.AppendUint32(nil, uint32(room))})
	c.set(c.num(0), c.path(c.str(1)), at, c.result(8), c.numOr(4, 0))
}

func bindHandle(c *call) {
	f := func(name string, k program.ValueKind, n uint64) program.FieldNumber {
		return program.FieldNumber{Name: name, Kind: k, N: n}
	}
	h, _ := uapi.DecodeNSFSFileHandle(c.got[0][handleHead:])
	c.bindOut(2, value{Val: program.Val{Kind: program.HandleValue, F: []program.FieldNumber{
		f("handle_bytes", program.Number, uint64(c.u32(0, 0))),
		f("handle_type", program.Number, uint64(c.u32(0, 4))),
		f("ns_id", program.NSID, h.NSID),
		f("ns_type", program.Number, uint64(h.NSType)),
		f("ns_inum", program.Inum, uint64(h.NSInum)),
	}}})
	c.bindOut(3, ofKind(program.Number, c.u64(1, 0)))
}

// buildOpenByHandle lays a handle out; what is no structure is an address.
func buildOpenByHandle(c *call) {
	if _, ok := c.expr(1).(*program.Struct); !ok && c.val(1).Kind != program.HandleValue {
		c.set(c.num(0), c.pointer(1, handleHead+uapi.MAX_HANDLE_SZ), c.num(2))
		return
	}
	h := uapi.NSFSFileHandle{
		NSID:   c.fieldNum(1, "ns_id", 0),
		NSType: uapi.NSType(c.fieldNum(1, "ns_type", 0)),
		NSInum: uint32(c.fieldNum(1, "ns_inum", 0)),
	}
	payload := append(h.Encode(), c.tail(1)...)
	n := uint32(c.fieldNum(1, "handle_bytes", uint64(len(payload))))
	head := order.AppendUint32(nil, n)
	head = order.AppendUint32(head, uint32(c.fieldNum(1, "handle_type", uapi.FILEID_NSFS)))
	if short := min(int(n), uapi.MAX_HANDLE_SZ) - len(payload); short > 0 {
		payload = append(payload, bytes.Repeat([]byte{0}, short)...)
	}
	c.set(c.num(0), c.bytes(append(head, payload...)), c.num(2))
}

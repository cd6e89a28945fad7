// SPDX-License-Identifier: GPL-2.0-only

package live

import (
	"github.com/nssim/nssim/sim/program"
	"github.com/nssim/nssim/syscall/uapi"
)

// The calls on sockets, pipes, memory, mounts and watches.
func init() {
	define(map[string]callSpec{
		"socket": {nr: sysSocket, build: func(c *call) { c.nums(3) }},
		"socketpair": {nr: sysSocketpair, build: func(c *call) {
			c.set(c.num(0), c.num(1), c.num(2), c.result(8))
		}, outs: func(c *call) { c.bindPair(3) }},
		"pipe": {nr: sysPipe, build: func(c *call) { c.set(c.result(8)) }, outs: func(c *call) { c.bindPair(0) }},
		"getsockopt": {nr: sysGetsockopt, build: func(c *call) {
			c.set(c.num(0), c.num(1), c.num(2), c.result(8), c.bytes(order.AppendUint32(nil, 8)))
		}, outs: func(c *call) {
			kind := program.Number
			if c.num(1) == uapi.SOL_SOCKET && c.num(2) == uapi.SO_NETNS_COOKIE {
				kind = program.NSID
			}
			c.bindOut(3, ofKind(kind, c.u64(0, 0)))
		}},
		"sendmsg": {nr: sysSendmsg, build: func(c *call) {
			var fds []uint64
			for _, x := range c.fieldList(1, "fds") {
				fds = append(fds, c.s.num(x, c.env()))
			}
			// The model's messages are sent without SIGPIPE.
			c.set(c.num(0), c.message(fds, 0), c.fieldNum(1, "flags", 0)|uapi.MSG_NOSIGNAL)
		}},
		"recvmsg": {nr: sysRecvmsg, build: func(c *call) {
			c.set(c.num(0), c.message(nil, len(c.fieldList(1, "fds"))), c.fieldNum(1, "flags", 0))
		}, outs: func(c *call) {
			names := c.fieldList(1, "fds")
			for i, fd := range received(c.got[0]) {
				c.bindExpr(names[i], c.fd(fd))
			}
		}},
		"sendfd": {run: runSendfd},
		"mmap": {nr: sysMmap, build: func(c *call) {
			const readWrite, privateAnonymous, noFD = 3, 0x22, 1<<64 - 1
			c.set(c.num(0), c.num(1), readWrite, privateAnonymous, noFD)
		}},
		"munmap": {nr: sysMunmap, build: func(c *call) { c.nums(2) }},

		"mount": {nr: sysMount, build: func(c *call) {
			c.set(c.pathOrNull(0), c.path(c.str(1)), c.pathOrNull(2), c.num(3))
		}},
		"umount2":   {nr: sysUmount2, build: func(c *call) { c.set(c.path(c.str(0)), c.num(1)) }},
		"open_tree": {nr: sysOpenTree, build: func(c *call) { c.set(c.num(0), c.path(c.str(1)), c.num(2)) }},
		"fsopen":    {nr: sysFsopen, build: buildPath},
		"fsmount":   {run: runFsmount},
		"move_mount": {nr: sysMoveMount, build: func(c *call) {
			const emptyPath = 4 // MOVE_MOUNT_F_EMPTY_PATH
			here := int64(uapi.AT_FDCWD)
			c.set(c.num(0), c.path(""), uint64(here), c.path(c.str(1)), emptyPath)
		}},

		"inotify_init": {nr: sysInotifyInit, build: func(*call) {}},
		"inotify_add_watch": {nr: sysInotifyAddWatch, build: func(c *call) {
			c.set(c.num(0), c.path(c.str(1)), c.num(2))
		}},
		"inotify_rm_watch": {nr: sysInotifyRmWatch, build: func(c *call) { c.nums(2) }},
	})
}

// bindPair binds the two descriptors that a call has made.
func (c *call) bindPair(i int) {
	for n, x := range c.expr(i).(*program.List).Elems {
		c.bindExpr(x, c.fd(int64(int32(c.u32(0, 4*n)))))
	}
}

// A control message with descriptors: length, SOL_SOCKET, SCM_RIGHTS, the descriptors.
const (
	cmsgHead  = 16
	scmRights = 1
)

// message lays out a struct msghdr with one byte of data, descriptors to be sent, or room
// for some to be received, which are brought back first.
func (c *call) message(fds []uint64, room int) uint64 {
	var control, size uint64
	switch {
	case len(fds) > 0:
		n := cmsgHead + 4*len(fds)
		b := order.AppendUint64(nil, uint64(n))
		b = order.AppendUint32(b, uapi.SOL_SOCKET)
		b = order.AppendUint32(b, scmRights)
		for _, fd := range fds {
			b = order.AppendUint32(b, uint32(fd))
		}
		b = append(b, make([]byte, -n&7)...)
		control, size = c.bytes(b), uint64(len(b))
	case room > 0:
		size = uint64(cmsgHead + 4*room)
		control = c.result(size)
	}
	if room == 0 {
		c.out = append(c.out, output{c.place(8), 0, 0}) // so that there is one
	}
	var iov, m words
	iov.u64(c.bytes([]byte{'x'}), 1)
	m.u64(0, 0, c.bytes(iov), 1, control, size, 0)
	return c.bytes(m)
}

// received returns the descriptors of a control message.
func received(b []byte) (fds []int64) {
	if len(b) < cmsgHead || order.Uint32(b[12:]) != scmRights {
		return nil
	}
	for n := order.Uint64(b); n >= cmsgHead+4 && len(b) >= cmsgHead+4*(len(fds)+1); n -= 4 {
		fds = append(fds, int64(int32(order.Uint32(b[cmsgHead+4*len(fds):]))))
	}
	return fds
}

// runSendfd hands a descriptor over through a socket that all tasks share.
func runSendfd(c *call) (value, uapi.Errno) {
	to := c.val(0).task
	if to == nil {
		cannot(c.expr(0), "not a task of the program")
	}
	send := c.another(sysSendmsg, c.s.g.geo.passFD)
	send.args[1] = send.message([]uint64{c.num(1)}, 0)
	if _, errno := c.s.do(send); errno != 0 {
		return number(-1), errno
	}
	receive := c.s.newCall(c.l, to, nil)
	receive.nr, receive.args[0] = sysRecvmsg, c.s.g.geo.passToFD
	receive.args[1] = receive.message(nil, 1)
	if _, errno := c.s.do(receive); errno != 0 {
		return number(-1), errno
	}
	fds := received(receive.got[0])
	if len(fds) == 0 {
		return number(-1), uapi.EMFILE
	}
	return c.fdOf(to, fds[0]), 0
}

// runFsmount makes a context's superblock and mounts it, unless fsmount has something to
// say without a context. What it says of a context that has no superblock is not what went
// wrong.
func runFsmount(c *call) (value, uapi.Errno) {
	const create, nobody = 6, 1<<64 - 1 // FSCONFIG_CMD_CREATE
	if _, errno := c.s.do(c.another(sysFsmount, nobody, c.num(1))); errno != uapi.EBADF {
		return number(-1), errno
	}
	_, before := c.s.do(c.another(sysFsconfig, c.num(0), create))
	fd, errno := c.s.do(c.another(sysFsmount, c.num(0), c.num(1)))
	if errno == uapi.EINVAL && before != 0 {
		errno = before
	}
	if errno != 0 {
		return number(-1), errno
	}
	return c.fd(fd), 0
}

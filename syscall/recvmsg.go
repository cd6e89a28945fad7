// SPDX-License-Identifier: GPL-2.0-only

package syscall

import (
	"github.com/nssim/nssim/sim"
	"github.com/nssim/nssim/syscall/uapi"
)

// Locals of recvmsg.
const (
	rmFD    = iota
	rmBytes // wanted
	rmRoom  // for descriptors
	rmFlags
	rmFile
	rmSock
	rmFiles // of the message, received but not yet installed
	rmRet
)

const rmWait = 1 // the step behind the look-up

func init() {
	readOps[sim.FileSocket] = readSocket
	define(opRecvMsg, "recvmsg",
		step{"sockfd_lookup", func(x X) {
			f := x.f()
			file, e := x.sockLookup(int32(f.L[rmFD]))
			if e != 0 {
				x.fail(e)
				return
			}
			f.L[rmFile] = int64(x.getFile(file))
			f.L[rmSock] = int64(x.File(file).Obj)
		}},
		step{"unix_stream_read_generic", recvWait},
		step{"scm_detach_fds", recvFiles},
		step{"fput", func(x X) {
			f := x.f()
			file, ret := sim.FileID(f.L[rmFile]), f.L[rmRet]
			x.fput(file)
			x.ret(ret)
		}},
	)
}

// readSocket is read(2) on a socket: descriptors that come along are released.
func readSocket(x X, f sim.FileID, n int64) (int64, uapi.Errno) {
	if n == 0 {
		return 0, 0
	}
	x.push(opRecvMsg, 0, n, 0, 0, int64(x.getFile(f)), int64(x.File(f).Obj))
	x.jump(rmWait)
	return 0, 0
}

// wakeReceivers wakes the tasks that wait for a message on a socket.
func (x X) wakeReceivers(s sim.SocketID) { x.wakeBlocked(opRecvMsg, rmSock, int64(s)) }

// wakeBlocked wakes the tasks that sleep in an operation with that value in a local.
func (x X) wakeBlocked(o uint8, local int, v int64) {
	x.EachTask(func(t sim.TaskID, k *sim.Task) bool {
		if f := x.TopFrame(t); f != nil && f.Op == o && f.L[local] == v {
			x.Wake(t)
		}
		return true
	})
}

// recvWait takes what there is, or ends with an error, or sleeps.
func recvWait(x X) {
	f := x.f()
	s := x.Socket(sim.SocketID(f.L[rmSock]))
	e, wait := x.recvState(s)
	switch {
	case e == 0 && !wait && s.First != 0:
		x.receive()
	case e == 0 && !wait: // the end
		f.L[rmRet] = 0
	case e != 0:
		f.L[rmRet] = -int64(e)
	case f.L[rmFlags]&uapi.MSG_DONTWAIT != 0 || x.File(sim.FileID(f.L[rmFile])).Flags&uapi.O_NONBLOCK != 0:
		f.L[rmRet] = -int64(uapi.EAGAIN)
	case x.me().Has(sim.KillPending):
		f.L[rmRet] = -int64(uapi.EINTR)
	default:
		x.sleep()
	}
}

// recvState decides whether a receiver gets an error, has to wait, or finds a message
// or the end. Records look at a pending error before they look at the queue, a byte
// stream after.
func (x X) recvState(s *sim.Socket) (e uapi.Errno, wait bool) {
	closed := s.Peer != 0 && x.Socket(s.Peer).Closed
	switch {
	case s.Family != uapi.AF_UNIX:
		return recvErrno(s), true
	case s.Type == uapi.SOCK_DGRAM:
		return 0, s.First == 0 // is never told that its peer is gone
	case s.Peer == 0 && s.Type == uapi.SOCK_STREAM:
		return uapi.EINVAL, false
	case s.Peer == 0:
		return uapi.ENOTCONN, false
	case s.Type == uapi.SOCK_SEQPACKET || s.First == 0:
		if e := takeSockError(s); e != 0 {
			return e, false
		}
	}
	return 0, s.First == 0 && !closed
}

// recvErrno is what receiving says on an unconnected socket of another family; 0: it
// waits for ever.
func recvErrno(s *sim.Socket) uapi.Errno {
	switch {
	case s.Family == uapi.AF_XDP:
		return uapi.ENXIO
	case s.Family != uapi.AF_NETLINK && s.Family != uapi.AF_PACKET && s.Type == uapi.SOCK_STREAM:
		return uapi.ENOTCONN
	}
	return 0
}

// receive takes bytes and files out of the queue. From a byte stream it goes on to
// the next message, but not beyond one that carries files; of a record it leaves
// nothing.
func (x X) receive() {
	f := x.f()
	id := sim.SocketID(f.L[rmSock])
	stream := x.Socket(id).Type == uapi.SOCK_STREAM
	for left := f.L[rmBytes]; x.Socket(id).First != 0; {
		m := x.Msgs.At(x.Socket(id).First)
		n := min(left, int64(m.Bytes))
		m.Bytes -= int32(n)
		left -= n
		f.L[rmRet] += n
		f.L[rmFiles] = int64(m.Files)
		m.Files = 0
		if !stream || m.Bytes == 0 {
			x.Msgs.Free(x.unqueue(id))
		}
		if !stream || left == 0 || f.L[rmFiles] != 0 {
			return
		}
	}
}

// recvFiles installs the files received; the first that does not fit ends it, and it
// and the rest are released.
func recvFiles(x X) {
	f := x.f()
	k := x.me()
	i := int32(f.L[rmFiles])
	f.L[rmFiles] = 0
	n := 0
	for i != 0 && int64(n) < f.L[rmRoom] {
		fd, e := x.FDFree(k.Files, 0)
		if e != 0 {
			break
		}
		m := *x.MsgFiles.At(i)
		x.MsgFiles.Free(i)
		x.FDSet(k.Files, fd, m.File, f.L[rmFlags]&uapi.MSG_CMSG_CLOEXEC != 0)
		k.Out[n/4] |= uint64(fd) << (16 * (n % 4))
		n++
		i = m.Next
	}
	k.Out[outReceived] = uint64(n)
	x.putMsgFiles(i)
}

// SPDX-License-Identifier: GPL-2.0-only

package syscall

import (
	"github.com/nssim/nssim/sim"
	"github.com/nssim/nssim/syscall/uapi"
)

// MaxSCMFDs is how many descriptors a message of the model carries, and a receiver
// has room for; the kernel takes 253 (SCM_MAX_FD).
const MaxSCMFDs = 8

// Sendmsg is sendmsg(2) of one byte with descriptors (SCM_RIGHTS), as with
// MSG_NOSIGNAL. Recvmsg is recvmsg(2) of one byte with room for Room descriptors.
// Flags are MSG_DONTWAIT and, to receive, MSG_CMSG_CLOEXEC; the others are ignored.
type (
	Sendmsg struct {
		FD    int32
		FDs   []int32
		Flags uint32
	}
	Recvmsg struct {
		FD    int32
		Room  int32
		Flags uint32
	}
)

func (c Sendmsg) start(x X) {
	if len(c.FDs) > MaxSCMFDs {
		x.result(0, uapi.EINVAL)
		return
	}
	x.push(opSendmsg, int64(c.FD), int64(len(c.FDs)), 1)
	f := x.f()
	for i, fd := range c.FDs {
		f.L[smFDs+i/2] |= int64(uint32(fd)) << (32 * (i % 2))
	}
}

func (c Recvmsg) start(x X) {
	x.push(opRecvMsg, int64(c.FD), 1, int64(min(c.Room, MaxSCMFDs)), int64(c.Flags))
}

// Sendmsg sends a byte and descriptors; each is as good as open while it is in flight
// (net/unix/af_unix.c: unix_stream_sendmsg, unix_dgram_sendmsg; net/core/scm.c:
// scm_fp_copy, v6.19). EINVAL: more than MaxSCMFDs descriptors; EBADF, ENOTSOCK: the
// socket; ECONNRESET, ENOTCONN: a SOCK_SEQPACKET with a pending error, or no peer;
// EBADF: a descriptor is not open; ENOTCONN: no peer; EPIPE, or for datagrams
// ECONNREFUSED: the peer is closed. Sockets of other families fail as unconnected ones
// do. The kernel's limits on bytes queued and on descriptors in flight (EAGAIN,
// ETOOMANYREFS) are not modelled.
func (t T) Sendmsg(fd int, fds ...int) error {
	c := Sendmsg{FD: int32(fd)}
	for _, f := range fds {
		c.FDs = append(c.FDs, int32(f))
	}
	return t.do(c)
}

// Recvmsg receives a byte and at most room descriptors, which it installs at the
// lowest closed numbers; those for which there is no room, or no number, are released.
// It sleeps while there is nothing; n is 0 at the end (net/unix/af_unix.c:
// unix_stream_read_generic, __unix_dgram_recvmsg; net/core/scm.c: scm_detach_fds,
// v6.19). EBADF, ENOTSOCK; EINVAL, or ENOTCONN for SOCK_SEQPACKET: no peer; ECONNRESET:
// the peer closed without having read all; EAGAIN: nothing there, and O_NONBLOCK or
// MSG_DONTWAIT.
func (t T) Recvmsg(fd, room int, flags uint32) (fds []int, n int, err error) {
	v, err := Do(t.M, t.ID, Recvmsg{int32(fd), int32(room), flags})
	return Received(t.M, t.ID), int(v), err
}

// Received returns the descriptors that t's last Recvmsg has installed.
func Received(m *sim.Machine, t sim.TaskID) (fds []int) {
	k := m.Task(t)
	for i := range k.Out[outReceived] {
		fds = append(fds, int(k.Out[i/4]>>(16*(i%4))&0xffff))
	}
	return fds
}

// outReceived is the word of Task.Out with the number of descriptors received; the
// two words before it hold them, four in each.
const outReceived = 2

// Locals of sendmsg.
const (
	smFD    = iota
	smCount // of descriptors
	smBytes
	smFile
	smMsg
	smFDs // four locals, two numbers each
	smRet = smFDs + MaxSCMFDs/2
)

// smByWrite, for a descriptor, says that the call is write(2), which sends SIGPIPE.
const smByWrite = -1

const (
	smSend  = 1 // the step behind the look-up
	smLeave = 3 // the step that ends it
)

func init() {
	writeOps[sim.FileSocket] = writeSocket
	define(opSendmsg, "sendmsg",
		step{"sockfd_lookup", func(x X) {
			f := x.f()
			file, e := x.sockLookup(int32(f.L[smFD]))
			if e != 0 {
				x.fail(e)
				return
			}
			f.L[smFile] = int64(x.getFile(file))
		}},
		step{"scm_send", func(x X) {
			if e := x.scmSend(); e != 0 {
				x.f().L[smRet] = -int64(e)
				x.jump(smLeave)
			}
		}},
		step{"unix_stream_sendmsg", sendQueue},
		step{"scm_destroy", func(x X) {
			f := x.f()
			m, file, ret := int32(f.L[smMsg]), sim.FileID(f.L[smFile]), f.L[smRet]
			if ret == -int64(uapi.EPIPE) && f.L[smFD] == smByWrite && x.Socket(x.sockOf(smFile)).Type == uapi.SOCK_STREAM {
				x.sigPipe()
			}
			if m != 0 { // not queued
				x.freeMsg(m)
			}
			x.fput(file)
			x.ret(ret)
		}},
	)
}

// writeSocket is write(2) on a socket: a message of as many bytes.
func writeSocket(x X, f sim.FileID, data int64) (int64, uapi.Errno) {
	n := len(x.PathString(sim.PathID(data)))
	x.push(opSendmsg, smByWrite, 0, int64(n), int64(x.getFile(f)))
	x.jump(smSend)
	return 0, 0
}

// sockLookup returns the open socket behind a descriptor (net/socket.c:
// sockfd_lookup_light, v6.19).
func (x X) sockLookup(fd int32) (sim.FileID, uapi.Errno) {
	file, e := x.fdGet(fd, false)
	if e == 0 && x.File(file).Kind != sim.FileSocket {
		e = uapi.ENOTSOCK
	}
	return file, e
}

// sockOf is the socket of the frame's file.
func (x X) sockOf(local int) sim.SocketID {
	return sim.SocketID(x.File(sim.FileID(x.f().L[local])).Obj)
}

// scmSend makes the message and takes a reference on every file that it carries.
// What a SOCK_SEQPACKET checks, it checks before the descriptors.
func (x X) scmSend() uapi.Errno {
	f := x.f()
	s := x.Socket(x.sockOf(smFile))
	if s.Family != uapi.AF_UNIX {
		return sendErrno(s, f.L[smCount] != 0)
	}
	if s.Type == uapi.SOCK_SEQPACKET {
		switch e := takeSockError(s); {
		case e != 0:
			return e
		case s.Peer == 0:
			return uapi.ENOTCONN
		}
	}
	n := int(f.L[smCount])
	var files [MaxSCMFDs]sim.FileID
	for i := range n {
		file, e := x.fdGet(int32(f.L[smFDs+i/2]>>(32*(i%2))), true)
		if e != 0 {
			return e
		}
		files[i] = file
	}
	m := x.Msgs.New()
	x.Msgs.At(m).Bytes = int32(f.L[smBytes])
	f.L[smMsg] = int64(m)
	for i := n - 1; i >= 0; i-- {
		k := x.MsgFiles.New()
		*x.MsgFiles.At(k) = sim.MsgFile{File: x.getFile(files[i]), Next: x.Msgs.At(m).Files}
		x.Msgs.At(m).Files = k
	}
	return 0
}

// sendErrno is what sending says on an unconnected socket of another family. The
// kernel's own end takes whatever is written to a netlink socket.
func sendErrno(s *sim.Socket, files bool) uapi.Errno {
	switch s.Family {
	case uapi.AF_INET, uapi.AF_INET6:
		if s.Type == uapi.SOCK_STREAM {
			return uapi.EPIPE
		}
		return uapi.EDESTADDRREQ
	case uapi.AF_NETLINK:
		if files {
			return uapi.EINVAL
		}
		return 0
	}
	return uapi.ENXIO
}

// sendQueue puts the frame's message into the peer's queue and wakes who waits there.
func sendQueue(x X) {
	f := x.f()
	id := x.sockOf(smFile)
	s := x.Socket(id)
	var e uapi.Errno
	f.L[smRet] = f.L[smBytes]
	switch {
	case s.Family != uapi.AF_UNIX:
		return
	case s.Peer == 0:
		e = uapi.ENOTCONN
	case x.Socket(s.Peer).Closed && s.Type == uapi.SOCK_DGRAM:
		f.L[smRet] = -int64(uapi.ECONNREFUSED)
		x.disconnect(id)
		return
	case x.Socket(s.Peer).Closed:
		e = uapi.EPIPE
	case s.Type == uapi.SOCK_STREAM && f.L[smBytes] == 0:
		return
	}
	if e != 0 {
		f.L[smRet] = -int64(e)
		return
	}
	m := int32(f.L[smMsg])
	f.L[smMsg] = 0
	to := x.Socket(s.Peer)
	if to.Last == 0 {
		to.First = m
	} else {
		x.Msgs.At(to.Last).Next = m
	}
	to.Last = m
	x.wakeReceivers(s.Peer)
}

// disconnect: a datagram socket that finds its peer closed lets go of it and of all
// it has not read (net/unix/af_unix.c: unix_dgram_disconnected, v6.19).
func (x X) disconnect(id sim.SocketID) {
	s := x.Socket(id)
	peer := s.Peer
	s.Peer = 0
	x.purge(id)
	x.sockPut(peer)
}

// unqueue takes the first message off a socket's queue.
func (x X) unqueue(id sim.SocketID) int32 {
	s := x.Socket(id)
	m := s.First
	if s.First = x.Msgs.At(m).Next; s.First == 0 {
		s.Last = 0
	}
	x.Msgs.At(m).Next = 0
	return m
}

// purge throws away what a socket has not read.
func (x X) purge(id sim.SocketID) {
	for x.Socket(id).First != 0 {
		x.freeMsg(x.unqueue(id))
	}
}

// freeMsg throws a message away; its files are released when the task returns to
// user mode (net/core/scm.c: __scm_destroy, v6.19).
func (x X) freeMsg(m int32) {
	x.putMsgFiles(x.Msgs.At(m).Files)
	x.Msgs.Free(m)
}

func (x X) putMsgFiles(i int32) {
	for i != 0 {
		k := *x.MsgFiles.At(i)
		x.MsgFiles.Free(i)
		x.fput(k.File)
		i = k.Next
	}
}

// SPDX-License-Identifier: GPL-2.0-only

package syscall

import (
	"github.com/nssim/nssim/sim"
	"github.com/nssim/nssim/syscall/uapi"
)

// The operations of sockets, pipes, pidfds and user memory.
const (
	opSocket = opFirstFree + 60 + iota
	opSocketpair
	opGetsockopt
	opSockRelease
	opSkDestruct
	opSendmsg
	opUnixGC
	opPipe
	opPipeRead
	opPipeWrite
	opPidfdOpen
	opPidfdGetfd
	opPidfdSendSignal
	opMmap
	opMunmap
)

// Socket is socket(2), Socketpair is socketpair(2), Getsockopt is getsockopt(2).
type (
	Socket     struct{ Family, Type, Proto int32 }
	Socketpair struct{ Family, Type, Proto int32 }
	Getsockopt struct{ FD, Level, Option int32 }
)

func (c Socket) start(x X) { x.push(opSocket, int64(c.Family), int64(c.Type), int64(c.Proto)) }
func (c Socketpair) start(x X) {
	x.push(opSocketpair, int64(c.Family), int64(c.Type), int64(c.Proto))
}
func (c Getsockopt) start(x X) {
	x.push(opGetsockopt, int64(c.FD), int64(c.Level), int64(c.Option))
}

// Socket makes a socket in the caller's network namespace, which it holds passively
// (net/socket.c: __sys_socket, v6.19). EINVAL: unknown flags or type; EAFNOSUPPORT,
// ESOCKTNOSUPPORT, EPROTONOSUPPORT, EACCES: not a combination that there is, see
// socketFamilies; EPERM: no CAP_NET_RAW over the namespace's owner; EMFILE.
func (t T) Socket(family, typ, proto int) (int, error) {
	return t.fd(Socket{int32(family), int32(typ), int32(proto)})
}

// Socketpair makes two connected sockets (net/socket.c: __sys_socketpair, v6.19).
// EINVAL: unknown flags; EMFILE; then what Socket says; EOPNOTSUPP: only AF_UNIX
// sockets come in pairs.
func (t T) Socketpair(family, typ, proto int) ([2]int, error) {
	return t.fdPair(Socketpair{int32(family), int32(typ), int32(proto)})
}

// fdPair makes a call that leaves two descriptors.
func (t T) fdPair(c Call) ([2]int, error) {
	err := t.do(c)
	k := t.M.Task(t.ID)
	return [2]int{int(k.Out[0]), int(k.Out[1])}, err
}

// Getsockopt reads an option at SOL_SOCKET: SO_NETNS_COOKIE, which is the id of the
// socket's network namespace, SO_TYPE, SO_PROTOCOL, SO_DOMAIN or SO_ERROR
// (net/core/sock.c: sk_getsockopt, v6.19). EBADF, ENOTSOCK; EOPNOTSUPP: another level
// of an AF_UNIX socket; ENOPROTOOPT: an option that the model does not have.
func (t T) Getsockopt(fd, level, option int) (uint64, error) {
	err := t.do(Getsockopt{int32(fd), int32(level), int32(option)})
	return t.M.Task(t.ID).Out[0], err
}

func init() {
	define(opSocket, "socket", step{"__sys_socket", socketStep})
	define(opSocketpair, "socketpair", step{"__sys_socketpair", socketpairStep})
	define(opGetsockopt, "getsockopt", step{"sk_getsockopt", getsockoptStep})
	onRelease(sim.FileSocket, func(x X, f *sim.File) { x.push(opSockRelease, int64(f.Obj)) })
	define(opSockRelease, "sock_release",
		step{"unix_release_sock", sockOrphan},
		step{"sock_put peer", func(x X) {
			s := x.Socket(sim.SocketID(x.f().L[0]))
			peer := s.Peer
			s.Peer = 0
			x.sockPut(peer)
		}},
		step{"sock_put", func(x X) { x.sockPut(sim.SocketID(x.f().L[0])) }},
		step{"unix_schedule_gc", func(x X) {
			if x.f().L[1] == uapi.AF_UNIX {
				x.scheduleUnixGC()
			}
		}},
	)
	define(opSkDestruct, "__sk_destruct",
		step{"put_pid", func(x X) {
			s := x.Socket(sim.SocketID(x.f().L[0]))
			p := s.PeerPid
			s.PeerPid = 0
			x.putPid(p)
		}},
		step{"put_net", func(x X) {
			s := sim.SocketID(x.f().L[0])
			ns := x.Socket(s).NetNS
			x.Sockets.Free(int32(s))
			x.putNS(ns)
		}},
	)
}

// sockFlags are what may be or'ed to a socket's type.
const sockFlags = uapi.SOCK_CLOEXEC | uapi.SOCK_NONBLOCK

func socketStep(x X) {
	f := x.f()
	flags := int32(f.L[1]) &^ uapi.SOCK_TYPE_MASK
	if flags&^sockFlags != 0 {
		x.fail(uapi.EINVAL)
		return
	}
	k, e := x.checkSocket(sockKind{int32(f.L[0]), int32(f.L[1]) & uapi.SOCK_TYPE_MASK, int32(f.L[2])})
	if e != 0 {
		x.fail(e)
		return
	}
	fd, e := x.FDFree(x.me().Files, 0)
	if e != 0 {
		x.fail(e)
		return
	}
	x.installSocket(fd, x.newSocket(k), flags)
	x.ret(int64(fd))
}

// installSocket gives a socket its file and descriptor.
func (x X) installSocket(fd int32, s sim.SocketID, flags int32) {
	x.Socket(s).Refs++
	file := x.newFile(sim.File{
		Kind: sim.FileSocket, Flags: uapi.O_RDWR | uint32(flags)&uapi.O_NONBLOCK, Obj: int32(s),
	})
	x.FDSet(x.me().Files, fd, file, flags&uapi.SOCK_CLOEXEC != 0)
}

// socketpairStep reserves both descriptors before it looks at the family.
func socketpairStep(x X) {
	f := x.f()
	flags := int32(f.L[1]) &^ uapi.SOCK_TYPE_MASK
	if flags&^sockFlags != 0 {
		x.fail(uapi.EINVAL)
		return
	}
	fds, e := x.freePair()
	if e != 0 {
		x.fail(e)
		return
	}
	k, e := x.checkSocket(sockKind{int32(f.L[0]), int32(f.L[1]) & uapi.SOCK_TYPE_MASK, int32(f.L[2])})
	if e == 0 && k.family != uapi.AF_UNIX {
		e = uapi.EOPNOTSUPP
	}
	if e != 0 {
		x.fail(e)
		return
	}
	a, b := x.newSocket(k), x.newSocket(k)
	x.pair(a, b)
	x.pair(b, a)
	for i, s := range [...]sim.SocketID{a, b} {
		x.installSocket(fds[i], s, flags)
		x.me().Out[i] = uint64(fds[i])
	}
	x.ret(0)
}

// pair points a at b and records who made the pair (net/unix/af_unix.c:
// unix_socketpair, v6.19).
func (x X) pair(a, b sim.SocketID) {
	p := x.Task(x.me().Leader).Tgid
	x.Pid(p).Refs++
	x.Socket(a).Peer, x.Socket(a).PeerPid = b, p
	x.Socket(b).Refs++
}

// freePair finds the two lowest closed descriptors, or EMFILE.
func (x X) freePair() (fds [2]int32, e uapi.Errno) {
	table := x.me().Files
	if fds[0], e = x.FDFree(table, 0); e == 0 {
		fds[1], e = x.FDFree(table, fds[0]+1)
	}
	return fds, e
}

// newSocket makes a socket without a file. It cannot fail: checkSocket has.
func (x X) newSocket(k sockKind) sim.SocketID {
	net := x.netNS()
	x.Inc(net)
	s := x.Sockets.New()
	*x.Sockets.At(s) = sim.Socket{NetNS: net, Family: uint8(k.family), Type: uint8(k.typ), Proto: int16(k.proto)}
	return sim.SocketID(s)
}

// netNS is the network namespace that the caller's sockets are made in.
func (x X) netNS() sim.NS { return x.Proxy(x.me().Proxy).NS[sim.SlotNet] }

// sockPut drops a reference on a socket; the last one gives up what it holds
// (net/core/sock.c: sk_free, v6.19).
func (x X) sockPut(s sim.SocketID) {
	if s == 0 {
		return
	}
	k := x.Socket(s)
	if k.Refs--; k.Refs == 0 {
		x.push(opSkDestruct, int64(s))
	}
}

// sockOrphan is what closing a socket means to its peer and to what it has not read
// (net/unix/af_unix.c: unix_release_sock, v6.19). A peer with a byte stream or
// records sees the end; if messages were left unread, a reset first.
func sockOrphan(x X) {
	f := x.f()
	id := sim.SocketID(f.L[0])
	s := x.Socket(id)
	f.L[1] = int64(s.Family)
	s.Closed = true
	if s.Peer != 0 && s.Type != uapi.SOCK_DGRAM {
		if s.First != 0 {
			x.Socket(s.Peer).Reset = true
		}
		x.wakeReceivers(s.Peer)
	}
	x.purge(id)
}

func getsockoptStep(x X) {
	f := x.f()
	file, e := x.fdGet(int32(f.L[0]), false)
	if e != 0 {
		x.fail(e)
		return
	}
	if x.File(file).Kind != sim.FileSocket {
		x.fail(uapi.ENOTSOCK)
		return
	}
	s := x.Socket(sim.SocketID(x.File(file).Obj))
	if f.L[1] != uapi.SOL_SOCKET {
		if s.Family == uapi.AF_UNIX {
			x.fail(uapi.EOPNOTSUPP)
			return
		}
		x.fail(uapi.ENOPROTOOPT)
		return
	}
	read := sockOptions[f.L[2]]
	if read == nil {
		x.fail(uapi.ENOPROTOOPT)
		return
	}
	x.me().Out[0] = read(x, s)
	x.ret(0)
}

// sockOptions are the options at SOL_SOCKET. The cookie of a network namespace is
// its id (net/core/net_namespace.c: preinit_net, v6.18).
var sockOptions = map[int64]func(X, *sim.Socket) uint64{
	uapi.SO_NETNS_COOKIE: func(x X, s *sim.Socket) uint64 { return x.Nodes[s.NetNS].ID },
	uapi.SO_TYPE:         func(_ X, s *sim.Socket) uint64 { return uint64(s.Type) },
	uapi.SO_PROTOCOL:     func(_ X, s *sim.Socket) uint64 { return uint64(s.Proto) },
	uapi.SO_DOMAIN:       func(_ X, s *sim.Socket) uint64 { return uint64(s.Family) },
	uapi.SO_ERROR:        func(_ X, s *sim.Socket) uint64 { return uint64(takeSockError(s)) },
}

// takeSockError returns a socket's pending error and clears it
// (include/net/sock.h: sock_error, v6.19).
func takeSockError(s *sim.Socket) uapi.Errno {
	if !s.Reset {
		return 0
	}
	s.Reset = false
	return uapi.ECONNRESET
}

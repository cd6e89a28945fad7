// SPDX-License-Identifier: GPL-2.0-only

package syscall

import (
	"testing"

	"github.com/nssim/nssim/sim"
	"github.com/nssim/nssim/syscall/uapi"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func pairOf(t *testing.T, k T, typ int) (a, b int) {
	t.Helper()
	sv, err := k.Socketpair(uapi.AF_UNIX, typ, 0)
	require.NoError(t, err)
	return sv[0], sv[1]
}

// openNet opens the network namespace that the task is in.
func openNet(t *testing.T, k T) int {
	t.Helper()
	pid, err := k.Getpid()
	require.NoError(t, err)
	pfd, err := k.PidfdOpen(int(pid), 0)
	require.NoError(t, err)
	fd, err := k.Ioctl(pfd, uapi.PIDFD_GET_NET_NAMESPACE, 0)
	require.NoError(t, err)
	require.NoError(t, k.Close(pfd))
	return int(fd)
}

// Example X6 of the specification: a queued descriptor is as good as an open one.
func TestSCMRights(t *testing.T) {
	m := bootInit(t)
	a, b := pairOf(t, m, uapi.SOCK_STREAM)
	p := forkOf(t, m)
	require.NoError(t, p.Unshare(uapi.CLONE_NEWNET))
	n := netOf(p)
	fd := openNet(t, p)
	assert.Equal(t, "p2 a2", settled(m.M, n))
	require.NoError(t, p.Sendmsg(a, fd))
	assert.Equal(t, "p2 a2", settled(m.M, n), "queued")
	require.NoError(t, p.Close(fd))
	assert.Equal(t, "p2 a2", settled(m.M, n), "closed by the sender")
	reap(t, m, p)
	assert.Equal(t, "p1 a1", settled(m.M, n), "only in the queue")
	fds, got, err := m.Recvmsg(b, 1, 0)
	require.NoError(t, err)
	assert.Equal(t, 1, got)
	require.Len(t, fds, 1)
	assert.Equal(t, "p1 a1", settled(m.M, n), "received")
	require.NoError(t, m.Close(fds[0]))
	assert.Equal(t, "-", settled(m.M, n))
}

// Closing the receiving socket releases what it has not read, before close returns.
func TestCloseReleasesQueue(t *testing.T) {
	for _, typ := range []int{uapi.SOCK_STREAM, uapi.SOCK_DGRAM, uapi.SOCK_SEQPACKET} {
		m := bootInit(t)
		a, b := pairOf(t, m, typ)
		require.NoError(t, m.Unshare(uapi.CLONE_NEWNET))
		n := netOf(m)
		fd := openNet(t, m)
		require.NoError(t, m.Sendmsg(a, fd, fd))
		require.NoError(t, m.Sendmsg(a, fd))
		require.NoError(t, m.Close(fd))
		assert.Equal(t, "p2 a2", refsOf(m.M, n))
		require.NoError(t, m.Close(b))
		assert.Equal(t, "p1 a1", refsOf(m.M, n))
		assert.Zero(t, m.M.Msgs.Count())
		assert.Zero(t, m.M.MsgFiles.Count())
		require.NoError(t, m.Close(a))
		assert.Zero(t, m.M.Sockets.Count())
	}
}

// So does its owner's death, before the parent can see the zombie.
func TestExitReleasesQueue(t *testing.T) {
	m := bootInit(t)
	p := forkOf(t, m)
	a, _ := pairOf(t, p, uapi.SOCK_STREAM)
	require.NoError(t, m.Unshare(uapi.CLONE_NEWNET))
	n := netOf(m)
	own := openNet(t, m)
	fd, err := m.SendFD(p, own)
	require.NoError(t, err)
	require.NoError(t, m.Close(own))
	require.NoError(t, p.Sendmsg(a, fd))
	require.NoError(t, p.Close(fd))
	assert.Equal(t, "p2 a2", refsOf(m.M, n))
	p.ExitGroup(0)
	require.Equal(t, sim.Zombie, stateOf(p))
	assert.Equal(t, "p1 a1", refsOf(m.M, n))
}

func TestSendmsgErrors(t *testing.T) {
	m := bootInit(t)
	sock := func(family, typ, proto int) int {
		fd, err := m.Socket(family, typ, proto)
		require.NoError(t, err)
		return fd
	}
	a, _ := pairOf(t, m, uapi.SOCK_STREAM)
	stream, dgram := sock(uapi.AF_UNIX, uapi.SOCK_STREAM, 0), sock(uapi.AF_UNIX, uapi.SOCK_DGRAM, 0)
	seq := sock(uapi.AF_UNIX, uapi.SOCK_SEQPACKET, 0)
	tcp, udp := sock(uapi.AF_INET, uapi.SOCK_STREAM, 0), sock(uapi.AF_INET6, uapi.SOCK_DGRAM, 0)
	raw, netlink := sock(uapi.AF_INET, uapi.SOCK_RAW, 1), sock(uapi.AF_NETLINK, uapi.SOCK_RAW, 0)
	packet := sock(uapi.AF_PACKET, uapi.SOCK_RAW, 0)
	for _, c := range []struct {
		name string
		fd   int
		fds  []int
		err  error
	}{
		{"closed", 99, []int{99}, uapi.EBADF},
		{"no socket", 0, []int{99}, uapi.ENOTSOCK},
		{"descriptor not open", a, []int{0, 99}, uapi.EBADF},
		{"too many", a, make([]int, MaxSCMFDs+1), uapi.EINVAL},
		{"stream", stream, []int{0}, uapi.ENOTCONN},
		{"stream, not open", stream, []int{99}, uapi.EBADF},
		{"dgram", dgram, []int{0}, uapi.ENOTCONN},
		{"dgram, not open", dgram, []int{99}, uapi.EBADF},
		{"seqpacket", seq, []int{99}, uapi.ENOTCONN},
		{"tcp", tcp, []int{99}, uapi.EPIPE},
		{"udp", udp, []int{99}, uapi.EDESTADDRREQ},
		{"raw", raw, nil, uapi.EDESTADDRREQ},
		{"netlink", netlink, nil, nil},
		{"netlink with a descriptor", netlink, []int{0}, uapi.EINVAL},
		{"packet", packet, []int{0}, uapi.ENXIO},
	} {
		err := m.Sendmsg(c.fd, c.fds...)
		if c.err == nil {
			assert.NoError(t, err, c.name)
			continue
		}
		assert.Equal(t, c.err, err, c.name)
	}
	for _, c := range []struct {
		name string
		fd   int
		err  uapi.Errno
	}{
		{"closed", 99, uapi.EBADF},
		{"no socket", 0, uapi.ENOTSOCK},
		{"nothing there", a, uapi.EAGAIN},
		{"stream", stream, uapi.EINVAL},
		{"dgram", dgram, uapi.EAGAIN},
		{"seqpacket", seq, uapi.ENOTCONN},
		{"tcp", tcp, uapi.ENOTCONN},
		{"udp", udp, uapi.EAGAIN},
		{"raw", raw, uapi.EAGAIN},
		{"netlink", netlink, uapi.EAGAIN},
		{"packet", packet, uapi.EAGAIN},
	} {
		_, _, err := m.Recvmsg(c.fd, 1, uapi.MSG_DONTWAIT)
		assert.Equal(t, c.err, err, c.name)
	}
	assert.Zero(t, m.M.Msgs.Count())
	assert.EqualValues(t, 3, m.M.File(m.M.FDGet(m.M.Task(m.ID).Files, 0)).Refs)
}

// What each type of socket says when its peer is closed, as 6.18.15, 6.19.8 and 7.3.4
// say it. The peer has read everything, or (unread) a message is left in each queue.
func TestPeerClosed(t *testing.T) {
	const (
		send = "send"
		recv = "recv"
	)
	type op struct {
		call string
		n    int
		err  uapi.Errno
	}
	for _, c := range []struct {
		name   string
		typ    int
		unread bool
		ops    []op
	}{
		{"stream", uapi.SOCK_STREAM, false, []op{{send, 0, uapi.EPIPE}, {send, 0, uapi.EPIPE}, {recv, 0, 0}, {recv, 0, 0}}},
		{"stream, unread", uapi.SOCK_STREAM, true, []op{{send, 0, uapi.EPIPE}, {recv, 1, 0}, {recv, 0, uapi.ECONNRESET}, {recv, 0, 0}, {send, 0, uapi.EPIPE}}},
		{"dgram", uapi.SOCK_DGRAM, false, []op{{recv, 0, uapi.EAGAIN}, {send, 0, uapi.ECONNREFUSED}, {send, 0, uapi.ENOTCONN}, {recv, 0, uapi.EAGAIN}}},
		{"dgram, read first", uapi.SOCK_DGRAM, true, []op{{recv, 1, 0}, {recv, 0, uapi.EAGAIN}, {send, 0, uapi.ECONNREFUSED}}},
		{"dgram, send first", uapi.SOCK_DGRAM, true, []op{{send, 0, uapi.ECONNREFUSED}, {send, 0, uapi.ENOTCONN}, {recv, 0, uapi.EAGAIN}}},
		{"seqpacket", uapi.SOCK_SEQPACKET, false, []op{{send, 0, uapi.EPIPE}, {recv, 0, 0}, {recv, 0, 0}}},
		{"seqpacket, read first", uapi.SOCK_SEQPACKET, true, []op{{recv, 0, uapi.ECONNRESET}, {recv, 1, 0}, {recv, 0, 0}, {send, 0, uapi.EPIPE}}},
		{"seqpacket, send first", uapi.SOCK_SEQPACKET, true, []op{{send, 0, uapi.ECONNRESET}, {send, 0, uapi.EPIPE}, {recv, 1, 0}, {recv, 0, 0}}},
	} {
		t.Run(c.name, func(t *testing.T) {
			m := bootInit(t)
			a, b := pairOf(t, m, c.typ)
			if c.unread {
				require.NoError(t, m.Sendmsg(a))
				require.NoError(t, m.Sendmsg(b))
			}
			require.NoError(t, m.Close(a))
			for i, o := range c.ops {
				var n int
				var err error
				if o.call == send {
					err = m.Sendmsg(b, 0)
				} else {
					_, n, err = m.Recvmsg(b, 1, uapi.MSG_DONTWAIT)
				}
				if o.err != 0 {
					assert.Equal(t, o.err, err, "%d: %s", i, o.call)
					continue
				}
				assert.NoError(t, err, "%d: %s", i, o.call)
				assert.Equal(t, o.n, n, "%d: %s", i, o.call)
			}
			require.NoError(t, m.Close(b))
			assert.Zero(t, m.M.Sockets.Count())
			assert.Zero(t, m.M.Msgs.Count())
		})
	}
}

// A message divides at its receiver: descriptors for which there is no room are
// released.
func TestReceiveRoom(t *testing.T) {
	m := bootInit(t)
	a, b := pairOf(t, m, uapi.SOCK_STREAM)
	p, err := m.Pipe()
	require.NoError(t, err)
	file := m.M.FDGet(m.M.Task(m.ID).Files, int32(p[0]))
	require.NoError(t, m.Sendmsg(a, p[0], p[0], p[0]))
	assert.EqualValues(t, 4, m.M.File(file).Refs)
	fds, n, err := m.Recvmsg(b, 2, uapi.MSG_CMSG_CLOEXEC)
	require.NoError(t, err)
	assert.Equal(t, 1, n)
	assert.Equal(t, []int{7, 8}, fds)
	assert.EqualValues(t, 3, m.M.File(file).Refs)
	assert.True(t, m.M.FDCloExec(m.M.Task(m.ID).Files, 8))
	require.NoError(t, m.Sendmsg(a, p[0]))
	fds, n, err = m.Recvmsg(b, 0, 0)
	require.NoError(t, err)
	assert.Equal(t, 1, n)
	assert.Empty(t, fds)
	assert.EqualValues(t, 3, m.M.File(file).Refs)
}

// A byte stream is read across messages, but not beyond one with descriptors; what is
// left of a record is lost. 6.19.8 and 7.3.4 agree.
func TestReadSocket(t *testing.T) {
	const again = -1
	for _, c := range []struct {
		typ   int
		reads [][2]int // bytes wanted, bytes read
		after [2]int   // two reads after an empty write
	}{
		{uapi.SOCK_STREAM, [][2]int{{1, 1}, {0, 0}, {10, 2}, {10, 2}, {2, 2}, {10, 1}, {10, again}}, [2]int{again, again}},
		{uapi.SOCK_DGRAM, [][2]int{{1, 1}, {0, 0}, {10, 1}, {10, 1}, {2, 1}, {2, 2}, {10, again}}, [2]int{0, again}},
		{uapi.SOCK_SEQPACKET, [][2]int{{1, 1}, {0, 0}, {10, 1}, {10, 1}, {2, 1}, {2, 2}, {10, again}}, [2]int{0, again}},
	} {
		m := bootInit(t)
		a, b := pairOf(t, m, c.typ|uapi.SOCK_NONBLOCK)
		read := func(n, want int) {
			got, err := m.Read(b, n)
			if want == again {
				assert.Equal(t, uapi.EAGAIN, err)
				return
			}
			require.NoError(t, err)
			assert.Equal(t, want, got, "type %d", c.typ)
		}
		send := func(data string) {
			n, err := m.Write(a, data)
			require.NoError(t, err)
			assert.Len(t, data, n)
		}
		send("ab")
		require.NoError(t, m.Sendmsg(a, 0))
		send("c")
		require.NoError(t, m.Sendmsg(a, 0))
		send("def")
		for _, r := range c.reads {
			read(r[0], r[1])
		}
		send("")
		read(1, c.after[0])
		read(1, c.after[1])
		assert.EqualValues(t, 3, m.M.File(m.M.FDGet(m.M.Task(m.ID).Files, 0)).Refs, "descriptors are released")
		assert.Zero(t, m.M.Msgs.Count())
	}
}

// A full table takes what fits.
func TestReceiveEMFILE(t *testing.T) {
	m := bootInit(t)
	a, b := pairOf(t, m, uapi.SOCK_SEQPACKET)
	require.NoError(t, m.Sendmsg(a, 0, 1, 2))
	zero := m.M.FDGet(m.M.Task(m.ID).Files, 0)
	for range sim.RLimitNoFile - 6 {
		_, err := m.SendFD(m, 0)
		require.NoError(t, err)
	}
	fds, n, err := m.Recvmsg(b, 3, 0)
	require.NoError(t, err)
	assert.Equal(t, 1, n)
	assert.Equal(t, []int{sim.RLimitNoFile - 1}, fds)
	assert.Equal(t, zero, m.M.FDGet(m.M.Task(m.ID).Files, sim.RLimitNoFile-1))
	// Descriptors 0 to 2 are one file, the copies of 0 and the one received are on top.
	assert.EqualValues(t, 3+sim.RLimitNoFile-6+1, m.M.File(zero).Refs)
}

func TestReceiverSleeps(t *testing.T) {
	m := bootInit(t)
	a, b := pairOf(t, m, uapi.SOCK_STREAM)
	p := forkOf(t, m)
	_, _, err := p.Recvmsg(b, 1, 0)
	require.Equal(t, ErrBlocked, err)
	require.NoError(t, m.Sendmsg(a, 0))
	assert.Equal(t, sim.Running, stateOf(p))
	n, err := Result(m.M, p.ID)
	require.NoError(t, err)
	assert.EqualValues(t, 1, n)
	assert.Equal(t, []int{5}, Received(m.M, p.ID))

	_, _, err = p.Recvmsg(b, 1, 0)
	require.Equal(t, ErrBlocked, err)
	require.NoError(t, m.Close(a))
	assert.Equal(t, sim.Blocked, stateOf(p), "p has the sending end too")
	require.NoError(t, m.Kill(p.PidIn(m), uapi.SIGKILL))
	assert.Equal(t, sim.Zombie, stateOf(p))

	q := forkOf(t, m)
	c, d := pairOf(t, m, uapi.SOCK_SEQPACKET)
	d, err = m.SendFD(q, d)
	require.NoError(t, err)
	_, _, err = q.Recvmsg(d, 1, 0)
	require.Equal(t, ErrBlocked, err)
	require.NoError(t, m.Close(c))
	n, err = Result(m.M, q.ID)
	require.NoError(t, err)
	assert.Zero(t, n, "the end")
}

// A receiver asleep keeps its socket open when another thread closes the descriptor.
func TestCloseUnderReceiver(t *testing.T) {
	m := bootInit(t)
	a, b := pairOf(t, m, uapi.SOCK_DGRAM)
	k, err := m.Clone(uapi.CLONE_THREAD|uapi.CLONE_SIGHAND|uapi.CLONE_VM|uapi.CLONE_FILES, 0)
	require.NoError(t, err)
	_, _, err = k.Recvmsg(b, 1, 0)
	require.Equal(t, ErrBlocked, err)
	require.NoError(t, m.Close(b))
	require.NoError(t, m.Sendmsg(a))
	n, err := Result(m.M, k.ID)
	require.NoError(t, err)
	assert.EqualValues(t, 1, n)
	assert.Equal(t, uapi.ECONNREFUSED, m.Sendmsg(a), "released with the call")
}

// Descriptors that are only in flight to each other stay until an AF_UNIX socket is
// released, whoever's it is; 6.18.15, 6.19.8 and 7.3.4 agree.
func TestUnixGC(t *testing.T) {
	for _, c := range []struct {
		name  string
		inner bool // the end that holds itself is closed first
		other bool // another socket is needed
	}{
		{"last release after the cycle is lost", true, false},
		{"cycle lost by a plain close", false, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			m := bootInit(t)
			a, b := pairOf(t, m, uapi.SOCK_STREAM)
			p := forkOf(t, m)
			require.NoError(t, p.Unshare(uapi.CLONE_NEWNET))
			n := netOf(p)
			fd, err := p.SendFD(m, openNet(t, p))
			require.NoError(t, err)
			reap(t, m, p)
			require.NoError(t, m.Sendmsg(a, b, fd))
			require.NoError(t, m.Close(fd))
			first, last := a, b
			if c.inner {
				first, last = b, a
			}
			require.NoError(t, m.Close(first))
			assert.Equal(t, "p1 a1", settled(m.M, n))
			require.NoError(t, m.Close(last))
			if c.other {
				assert.Equal(t, "p1 a1", settled(m.M, n), "nothing looks for it")
				s, err := m.Socket(uapi.AF_UNIX, uapi.SOCK_STREAM, 0)
				require.NoError(t, err)
				require.NoError(t, m.Close(s))
			}
			assert.Equal(t, "p1 a1", refsOf(m.M, n), "collected by a worker")
			assert.Equal(t, "-", settled(m.M, n))
			assert.Zero(t, m.M.Sockets.Count())
			assert.Zero(t, m.M.Msgs.Count())
		})
	}
}

// A cycle over two pairs, with a third socket hanging off it, goes too; one that
// somebody can still receive from stays.
func TestUnixGCCycles(t *testing.T) {
	m := bootInit(t)
	a, b := pairOf(t, m, uapi.SOCK_DGRAM)
	c, d := pairOf(t, m, uapi.SOCK_STREAM)
	e, f := pairOf(t, m, uapi.SOCK_SEQPACKET)
	g, h := pairOf(t, m, uapi.SOCK_SEQPACKET)
	require.NoError(t, m.Sendmsg(a, d)) // d in b's queue
	require.NoError(t, m.Sendmsg(c, b)) // b in d's queue
	require.NoError(t, m.Sendmsg(a, f)) // f in b's queue
	require.NoError(t, m.Sendmsg(g, h)) // h in its own queue, and open
	for _, fd := range []int{b, d, f, a, c, e} {
		require.NoError(t, m.Close(fd))
	}
	Settle(m.M)
	assert.Equal(t, 2, m.M.Sockets.Count())
	fds, _, err := m.Recvmsg(h, 1, 0)
	require.NoError(t, err)
	require.Len(t, fds, 1)
	require.NoError(t, m.Close(fds[0]))
	require.NoError(t, m.Close(g))
	require.NoError(t, m.Close(h))
	Settle(m.M)
	assert.Zero(t, m.M.Sockets.Count())
}

// A socket that nobody has open but that somebody can receive keeps its queue.
func TestUnixGCSpares(t *testing.T) {
	m := bootInit(t)
	a, b := pairOf(t, m, uapi.SOCK_STREAM)
	c, d := pairOf(t, m, uapi.SOCK_STREAM)
	require.NoError(t, m.Sendmsg(c, 0)) // in d's queue
	require.NoError(t, m.Sendmsg(a, d)) // in b's queue
	require.NoError(t, m.Close(d))
	require.NoError(t, m.Close(c))
	Settle(m.M)
	fds, _, err := m.Recvmsg(b, 1, 0)
	require.NoError(t, err)
	require.Len(t, fds, 1)
	fds, n, err := m.Recvmsg(fds[0], 1, uapi.MSG_DONTWAIT)
	require.NoError(t, err)
	assert.Equal(t, 1, n)
	assert.Len(t, fds, 1)
}

func TestSendFD(t *testing.T) {
	m := bootInit(t)
	p := forkOf(t, m)
	sk, err := m.Socket(uapi.AF_UNIX, uapi.SOCK_STREAM|uapi.SOCK_CLOEXEC, 0)
	require.NoError(t, err)
	require.NoError(t, p.Close(1))
	fd, err := m.SendFD(p, sk)
	require.NoError(t, err)
	assert.Equal(t, 1, fd)
	assert.False(t, m.M.FDCloExec(m.M.Task(p.ID).Files, 1))
	assert.Equal(t, m.M.FDGet(m.M.Task(m.ID).Files, int32(sk)), m.M.FDGet(m.M.Task(p.ID).Files, 1))
	_, err = m.SendFD(p, 99)
	assert.Equal(t, uapi.EBADF, err)
	p.ExitGroup(0)
	_, err = m.SendFD(p, sk)
	assert.Equal(t, uapi.ESRCH, err)
}

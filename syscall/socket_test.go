// SPDX-License-Identifier: GPL-2.0-only

package syscall

import (
	"fmt"
	"testing"

	"github.com/nssim/nssim/sim"
	"github.com/nssim/nssim/syscall/uapi"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// netOf and userOf are the namespaces a task is in.
func netOf(k T) sim.NS  { return k.M.Proxy(k.M.Task(k.ID).Proxy).NS[sim.SlotNet] }
func userOf(k T) sim.NS { return k.M.UserNS(k.ID) }

// refsOf is a namespace's passive and active count, as the specification writes them.
func refsOf(m *sim.Machine, ns sim.NS) string {
	if !m.Nodes[ns].Is(sim.NodeOnTree) {
		return "-"
	}
	return fmt.Sprintf("p%d a%d", m.Passive(ns), m.Active(ns))
}

// settled is refsOf after everything that was put off.
func settled(m *sim.Machine, ns sim.NS) string {
	Settle(m)
	return refsOf(m, ns)
}

// reap ends a child and waits for it.
func reap(t *testing.T, parent, child T) {
	t.Helper()
	child.ExitGroup(0)
	_, err := parent.WaitTask(child)
	require.NoError(t, err)
}

const (
	sockOK  = uapi.Errno(0)
	noProto = uapi.EPROTONOSUPPORT
	noType  = uapi.ESOCKTNOSUPPORT
)

// measured is what 6.19.8 and 7.3.4 say, without modules, to socket(family, type,
// proto) for the protocols in protos.
var protos = []int{0, 1, 2, 6, 17, 58, 255, 256, 262, -1}

var measured = []struct {
	family int
	types  []int
	root   []uapi.Errno // one for all, or one for each of protos
	user   []uapi.Errno // nil: the same
}{
	{-1, []int{0, 1, 11}, []uapi.Errno{uapi.EAFNOSUPPORT}, nil},
	{47, []int{0, 1, 11}, []uapi.Errno{uapi.EAFNOSUPPORT}, nil},
	{uapi.AF_UNSPEC, []int{0, 1, 10}, []uapi.Errno{uapi.EAFNOSUPPORT}, nil},
	{uapi.AF_VSOCK, []int{0, 1, 10}, []uapi.Errno{uapi.EAFNOSUPPORT}, nil},
	{45, []int{11, 12, 15}, []uapi.Errno{uapi.EINVAL}, nil},
	{uapi.AF_UNIX, []int{1, 2, 3, 5}, []uapi.Errno{0, 0, noProto, noProto, noProto, noProto, noProto, noProto, noProto, noProto}, nil},
	{uapi.AF_UNIX, []int{0, 4, 6, 7, 8, 9, 10}, []uapi.Errno{noType, noType, noProto, noProto, noProto, noProto, noProto, noProto, noProto, noProto}, nil},
	{uapi.AF_INET, []int{0, 4, 5, 6, 7, 8, 9}, []uapi.Errno{noType, noType, noType, noType, noType, noType, noType, noType, noType, uapi.EINVAL}, nil},
	{uapi.AF_INET, []int{1}, []uapi.Errno{0, noProto, noProto, 0, noProto, noProto, noProto, noProto, 0, uapi.EINVAL}, nil},
	{uapi.AF_INET, []int{2}, []uapi.Errno{0, uapi.EACCES, noProto, noProto, 0, noProto, noProto, noProto, noProto, uapi.EINVAL}, nil},
	{
		uapi.AF_INET, []int{3}, []uapi.Errno{noProto, 0, 0, 0, 0, 0, 0, 0, 0, uapi.EINVAL},
		[]uapi.Errno{noProto, uapi.EPERM, uapi.EPERM, uapi.EPERM, uapi.EPERM, uapi.EPERM, uapi.EPERM, uapi.EPERM, uapi.EPERM, uapi.EINVAL},
	},
	{uapi.AF_INET, []int{10}, []uapi.Errno{sockOK}, []uapi.Errno{uapi.EPERM}},
	{uapi.AF_INET6, []int{0, 4, 5, 6, 7, 8, 9, 10}, []uapi.Errno{noType, noType, noType, noType, noType, noType, noType, noType, noType, uapi.EINVAL}, nil},
	{uapi.AF_INET6, []int{1}, []uapi.Errno{0, noProto, noProto, 0, noProto, noProto, noProto, noProto, 0, uapi.EINVAL}, nil},
	{uapi.AF_INET6, []int{2}, []uapi.Errno{0, noProto, noProto, noProto, 0, uapi.EACCES, noProto, noProto, noProto, uapi.EINVAL}, nil},
	{
		uapi.AF_INET6, []int{3}, []uapi.Errno{noProto, 0, 0, 0, 0, 0, 0, 0, 0, uapi.EINVAL},
		[]uapi.Errno{noProto, uapi.EPERM, uapi.EPERM, uapi.EPERM, uapi.EPERM, uapi.EPERM, uapi.EPERM, uapi.EPERM, uapi.EPERM, uapi.EINVAL},
	},
	{uapi.AF_NETLINK, []int{2, 3}, []uapi.Errno{0, noProto, 0, noProto, noProto, noProto, noProto, noProto, noProto, noProto}, nil},
	{uapi.AF_NETLINK, []int{0, 1, 4, 5, 10}, []uapi.Errno{noType}, nil},
	{uapi.AF_PACKET, []int{2, 3, 10}, []uapi.Errno{sockOK}, []uapi.Errno{uapi.EPERM}},
	{uapi.AF_PACKET, []int{0, 1, 4, 5, 9}, []uapi.Errno{noType}, []uapi.Errno{uapi.EPERM}},
	{uapi.AF_XDP, []int{3}, []uapi.Errno{0, noProto, noProto, noProto, noProto, noProto, noProto, noProto, noProto, noProto}, []uapi.Errno{uapi.EPERM}},
	{uapi.AF_XDP, []int{0, 1, 2, 10}, []uapi.Errno{noType}, []uapi.Errno{uapi.EPERM}},
}

func TestSocketCombinations(t *testing.T) {
	init := bootInit(t)
	user := forkOf(t, init)
	require.NoError(t, user.Setresuid(1000, 1000, 1000))
	check := func(who string, k T, family, typ int, want []uapi.Errno) {
		for i, proto := range protos {
			e := want[min(i, len(want)-1)]
			fd, err := k.Socket(family, typ, proto)
			if e != 0 {
				assert.Equal(t, e, err, "%s: socket(%d, %d, %d)", who, family, typ, proto)
				continue
			}
			if assert.NoError(t, err, "%s: socket(%d, %d, %d)", who, family, typ, proto) {
				require.NoError(t, k.Close(fd))
			}
		}
	}
	for _, c := range measured {
		for _, typ := range c.types {
			check("root", init, c.family, typ, c.root)
			if c.user == nil {
				c.user = c.root
			}
			check("user", user, c.family, typ, c.user)
		}
	}
	assert.Zero(t, init.M.Sockets.Count())
}

func TestSocketFlags(t *testing.T) {
	init := bootInit(t)
	_, err := init.Socket(uapi.AF_UNSPEC, uapi.SOCK_STREAM|0x10, 0)
	assert.Equal(t, uapi.EINVAL, err)
	fd, err := init.Socket(uapi.AF_UNIX, uapi.SOCK_DGRAM|uapi.SOCK_CLOEXEC|uapi.SOCK_NONBLOCK, 0)
	require.NoError(t, err)
	assert.Equal(t, 3, fd)
	files := init.M.Task(init.ID).Files
	assert.True(t, init.M.FDCloExec(files, 3))
	assert.EqualValues(t, uapi.O_RDWR|uapi.O_NONBLOCK, init.M.File(init.M.FDGet(files, 3)).Flags)
}

// A full table is noticed after the arguments of socket and before those of
// socketpair.
func TestSocketEMFILE(t *testing.T) {
	init := bootInit(t)
	for range sim.RLimitNoFile - 4 {
		_, err := init.Socket(uapi.AF_UNIX, uapi.SOCK_DGRAM, 0)
		require.NoError(t, err)
	}
	_, err := init.Socketpair(uapi.AF_UNIX, uapi.SOCK_STREAM, 0)
	assert.Equal(t, uapi.EMFILE, err)
	_, err = init.Socketpair(uapi.AF_UNSPEC, uapi.SOCK_STREAM, 0)
	assert.Equal(t, uapi.EMFILE, err)
	_, err = init.Socket(uapi.AF_UNIX, uapi.SOCK_DGRAM, 0)
	require.NoError(t, err, "one is left")
	_, err = init.Socket(uapi.AF_UNIX, uapi.SOCK_DGRAM, 0)
	assert.Equal(t, uapi.EMFILE, err)
	_, err = init.Socket(uapi.AF_UNSPEC, uapi.SOCK_DGRAM, 0)
	assert.Equal(t, uapi.EAFNOSUPPORT, err)
	assert.Equal(t, sim.RLimitNoFile-3, init.M.Sockets.Count())
}

func TestSocketpairErrors(t *testing.T) {
	init := bootInit(t)
	for _, c := range []struct {
		family, typ, proto int
		err                error
	}{
		{uapi.AF_UNIX, uapi.SOCK_RAW, 1, nil},
		{uapi.AF_UNIX, uapi.SOCK_STREAM, 6, uapi.EPROTONOSUPPORT},
		{uapi.AF_UNIX, uapi.SOCK_RDM, 0, uapi.ESOCKTNOSUPPORT},
		{uapi.AF_INET, uapi.SOCK_STREAM, 0, uapi.EOPNOTSUPP},
		{uapi.AF_INET, uapi.SOCK_STREAM, 1, uapi.EPROTONOSUPPORT},
		{uapi.AF_INET, uapi.SOCK_RAW, 0, uapi.EPROTONOSUPPORT},
		{uapi.AF_NETLINK, uapi.SOCK_RAW, 0, uapi.EOPNOTSUPP},
		{uapi.AF_PACKET, uapi.SOCK_STREAM, 0, uapi.ESOCKTNOSUPPORT},
		{uapi.AF_UNSPEC, uapi.SOCK_STREAM, 0, uapi.EAFNOSUPPORT},
	} {
		_, err := init.Socketpair(c.family, c.typ, c.proto)
		if c.err == nil {
			assert.NoError(t, err)
			continue
		}
		assert.Equal(t, c.err, err, "socketpair(%d, %d, %d)", c.family, c.typ, c.proto)
	}
}

// Example X7 of the specification, without SIOCGSKNS: a socket keeps its network
// namespace, and its file's credential the user namespace, but neither active.
func TestSocketPinsNetNS(t *testing.T) {
	m := bootInit(t)
	p := forkOf(t, m)
	require.NoError(t, p.Unshare(uapi.CLONE_NEWUSER|uapi.CLONE_NEWNET))
	u, n := userOf(p), netOf(p)
	assert.Equal(t, "p3 a2 p1 a1", settled(m.M, u)+" "+refsOf(m.M, n))
	sk, err := p.Socket(uapi.AF_INET, uapi.SOCK_STREAM, 0)
	require.NoError(t, err)
	sk, err = p.SendFD(m, sk)
	require.NoError(t, err)
	assert.Equal(t, "p3 a2 p2 a1", settled(m.M, u)+" "+refsOf(m.M, n))
	p.ExitGroup(0)
	assert.Equal(t, "p3 a1 p1 a0", settled(m.M, u)+" "+refsOf(m.M, n), "zombie")
	_, err = m.WaitTask(p)
	require.NoError(t, err)
	assert.Equal(t, "p3 a0 p1 a0", settled(m.M, u)+" "+refsOf(m.M, n), "reaped")
	nfd, err := m.SIOCGSKNS(sk)
	require.NoError(t, err)
	assert.Equal(t, "p3 a1 p2 a1", settled(m.M, u)+" "+refsOf(m.M, n))
	require.NoError(t, m.Close(nfd))
	require.NoError(t, m.Close(sk))
	assert.Equal(t, "- -", settled(m.M, u)+" "+refsOf(m.M, n))
}

// Example X8: any file's credential pins its opener's user namespace, passively.
func TestFileCredPinsUserNS(t *testing.T) {
	m := bootInit(t)
	p := forkOf(t, m)
	require.NoError(t, p.Unshare(uapi.CLONE_NEWUSER))
	u := userOf(p)
	fds, err := p.Pipe()
	require.NoError(t, err)
	fd, err := p.SendFD(m, fds[0])
	require.NoError(t, err)
	assert.Equal(t, "p2 a1", settled(m.M, u))
	reap(t, m, p)
	assert.Equal(t, "p2 a0", settled(m.M, u), "invisible, alive")
	require.NoError(t, m.Close(fd))
	assert.Equal(t, "-", settled(m.M, u))
}

// One end of a pair is enough to pin the pid namespace of the process that made the
// pair: both ends remember the peer's struct pid. On 6.18.15, 6.19.8 and 7.3.4
// max_pid_namespaces=1 refuses a second namespace until it is closed; a pipe passed
// in the same way does not.
func TestSocketpairPinsPidNS(t *testing.T) {
	for _, ends := range []int{1, 2} {
		m := bootInit(t)
		p := forkOf(t, m)
		require.NoError(t, p.Unshare(uapi.CLONE_NEWPID))
		q := forkOf(t, p)
		ns := m.M.ActivePidNS(q.ID)
		sv, err := q.Socketpair(uapi.AF_UNIX, uapi.SOCK_STREAM, 0)
		require.NoError(t, err)
		var held []int
		for _, fd := range sv[:ends] {
			fd, err = q.SendFD(m, fd)
			require.NoError(t, err)
			held = append(held, fd)
		}
		reap(t, p, q)
		reap(t, m, p)
		assert.Equal(t, "p1 a0", settled(m.M, ns), "the struct pid, however often it is held")
		for _, fd := range held {
			require.NoError(t, m.Close(fd))
		}
		assert.Equal(t, "-", settled(m.M, ns))
		assert.Zero(t, m.M.Sockets.Count())
	}
}

// The end that is still open points at the closed one, which therefore keeps its
// reference on the network namespace (net/unix/af_unix.c: unix_release_sock drops
// the reference on the peer, not on what the peer points at).
func TestClosedEndLivesOn(t *testing.T) {
	m := bootInit(t)
	p := forkOf(t, m)
	require.NoError(t, p.Unshare(uapi.CLONE_NEWNET))
	n := netOf(p)
	sv, err := p.Socketpair(uapi.AF_UNIX, uapi.SOCK_STREAM, 0)
	require.NoError(t, err)
	assert.Equal(t, "p3 a1", settled(m.M, n))
	require.NoError(t, p.Close(sv[0]))
	assert.Equal(t, "p3 a1", settled(m.M, n))
	require.NoError(t, p.Close(sv[1]))
	assert.Equal(t, "p1 a1", settled(m.M, n))
	assert.Zero(t, m.M.Sockets.Count())
}

func TestGetsockopt(t *testing.T) {
	m := bootInit(t)
	p := forkOf(t, m)
	sk, err := p.Socket(uapi.AF_INET, uapi.SOCK_DGRAM, 0)
	require.NoError(t, err)
	cookie, err := p.Getsockopt(sk, uapi.SOL_SOCKET, uapi.SO_NETNS_COOKIE)
	require.NoError(t, err)
	assert.EqualValues(t, uapi.NET_NS_INIT_ID, cookie)
	for option, want := range map[int]uint64{
		uapi.SO_TYPE: uapi.SOCK_DGRAM, uapi.SO_DOMAIN: uapi.AF_INET, uapi.SO_PROTOCOL: ipprotoUDP, uapi.SO_ERROR: 0,
	} {
		v, err := p.Getsockopt(sk, uapi.SOL_SOCKET, option)
		require.NoError(t, err)
		assert.Equal(t, want, v)
	}
	require.NoError(t, p.Unshare(uapi.CLONE_NEWNET))
	cookie, err = p.Getsockopt(sk, uapi.SOL_SOCKET, uapi.SO_NETNS_COOKIE)
	require.NoError(t, err)
	assert.EqualValues(t, uapi.NET_NS_INIT_ID, cookie, "a socket stays where it was made")
	un, err := p.Socket(uapi.AF_UNIX, uapi.SOCK_RAW, 1)
	require.NoError(t, err)
	cookie, err = p.Getsockopt(un, uapi.SOL_SOCKET, uapi.SO_NETNS_COOKIE)
	require.NoError(t, err)
	assert.Equal(t, p.M.Nodes[netOf(p)].ID, cookie)
	typ, err := p.Getsockopt(un, uapi.SOL_SOCKET, uapi.SO_TYPE)
	require.NoError(t, err)
	assert.EqualValues(t, uapi.SOCK_DGRAM, typ)

	for _, c := range []struct {
		fd, level, option int
		err               uapi.Errno
	}{
		{99, uapi.SOL_SOCKET, uapi.SO_NETNS_COOKIE, uapi.EBADF},
		{0, uapi.SOL_SOCKET, uapi.SO_NETNS_COOKIE, uapi.ENOTSOCK},
		{sk, uapi.SOL_SOCKET, 199, uapi.ENOPROTOOPT},
		{sk, 0, 99, uapi.ENOPROTOOPT},
		{un, 0, 99, uapi.EOPNOTSUPP},
	} {
		_, err := p.Getsockopt(c.fd, c.level, c.option)
		assert.Equal(t, c.err, err, "%+v", c)
	}
}

// SPDX-License-Identifier: GPL-2.0-only

package syscall

import (
	"strings"
	"testing"

	"github.com/nssim/nssim/sim"
	"github.com/nssim/nssim/syscall/uapi"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// fileHolders are the locals of calls in flight that hold an open file.
var fileHolders = map[uint8]int{opRecvMsg: rmFile, opSendmsg: smFile, opRead: rwFile, opWrite: rwFile, opPidFDGetNS: pnFile}

// checkFiles compares the reference counts of sockets and of the files of this test
// with what is derived from the rest of the state.
func checkFiles(t require.TestingT, m *sim.Machine) {
	refs := map[sim.FileID]int32{}
	for i := int32(1); i < m.FDTables.Cap(); i++ {
		if m.FDTables.Live(i) {
			m.EachFD(sim.FDTableID(i), func(_ int32, f sim.FileID) { refs[f]++ })
		}
	}
	for i := int32(1); i < m.MsgFiles.Cap(); i++ {
		if m.MsgFiles.Live(i) {
			refs[m.MsgFiles.At(i).File]++
		}
	}
	for i := int32(1); i < m.Frames.Cap(); i++ {
		if !m.Frames.Live(i) {
			continue
		}
		if at, ok := fileHolders[m.Frames.At(i).Op]; ok {
			refs[sim.FileID(m.Frames.At(i).L[at])]++
		}
	}
	socks := map[sim.SocketID]int32{}
	for i := int32(1); i < m.Files.Cap(); i++ {
		f := sim.FileID(i)
		if !m.Files.Live(i) || m.File(f).Kind == sim.FilePlain {
			continue
		}
		require.Equal(t, refs[f], m.File(f).Refs, "file %d of kind %d", f, m.File(f).Kind)
		if m.File(f).Kind == sim.FileSocket {
			socks[sim.SocketID(m.File(f).Obj)]++
		}
	}
	for i := int32(1); i < m.Sockets.Cap(); i++ {
		if m.Sockets.Live(i) && m.Sockets.At(i).Peer != 0 {
			socks[m.Sockets.At(i).Peer]++
		}
	}
	for i := int32(1); i < m.Sockets.Cap(); i++ {
		if m.Sockets.Live(i) {
			require.Equal(t, socks[sim.SocketID(i)], m.Sockets.At(i).Refs, "socket %d", i)
		}
	}
}

// checkCounts compares every namespace's counts with its holders, as package check
// does, which this test cannot import.
func checkCounts(t require.TestingT, m *sim.Machine) {
	for ns, d := range m.DeriveCounts(nil) {
		require.Empty(t, m.CountsDiffer(sim.NS(ns), d))
	}
	require.Zero(t, m.Fired)
}

// socketCall draws a call on sockets, pipes, pidfds or a namespace.
// The first task never sleeps, so that it can tidy up.
func socketCall(r *rapid.T, k T, tasks []T) Call {
	fd := func() int32 { return rapid.Int32Range(0, 16).Draw(r, "fd") }
	n := func(max int32) int32 { return rapid.Int32Range(0, max).Draw(r, "n") }
	dontwait := uint32(0)
	if k == tasks[0] || n(3) != 0 {
		dontwait = uapi.MSG_DONTWAIT
	}
	types := []int32{uapi.SOCK_STREAM, uapi.SOCK_DGRAM, uapi.SOCK_SEQPACKET}
	switch n(14) {
	case 0, 1:
		return Socketpair{uapi.AF_UNIX, types[n(2)], 0}
	case 2:
		return Socket{[]int32{uapi.AF_UNIX, uapi.AF_INET, uapi.AF_NETLINK}[n(2)], types[n(2)], 0}
	case 3, 4, 5:
		return Sendmsg{fd(), []int32{fd(), fd(), fd()}[:n(3)], 0}
	case 6:
		return Recvmsg{fd(), n(3), dontwait}
	case 7, 8, 9:
		return Close{fd()}
	case 10:
		return SendFD{tasks[n(2)].ID, fd()}
	case 11:
		return Pipe2{uapi.O_NONBLOCK * uint32(n(1))}
	case 12:
		return Write{fd(), strings.Repeat("x", int(n(3)))}
	case 13:
		if n(1) == 0 {
			return PidfdOpen{int32(tasks[n(2)].PidIn(k)), 0}
		}
		return Ioctl{FD: fd(), Cmd: []uapi.Ioctl{uapi.PIDFD_GET_NET_NAMESPACE, uapi.PIDFD_GET_USER_NAMESPACE, uapi.SIOCGSKNS}[n(2)]}
	}
	return Unshare{uapi.CLONE_NEWNET | uapi.CLONE_NEWUSER*uint64(n(1))}
}

// Whatever is sent to whom, every reference is accounted for after every call; and
// when all is closed and one more AF_UNIX socket has been released, nothing is left,
// however tangled the queues were.
func TestSocketsRandom(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		m := sim.MustNew(sim.Config{})
		init := Task(m, m.Init())
		require.NoError(r, init.Signal(uapi.SIGPIPE, SigIgn)) // children do the same
		tasks := []T{init}
		for range 2 {
			c, err := init.Fork()
			require.NoError(r, err)
			tasks = append(tasks, c)
		}
		for range rapid.IntRange(1, 60).Draw(r, "calls") {
			k := tasks[rapid.IntRange(0, len(tasks)-1).Draw(r, "task")]
			if m.Task(k.ID).Top == 0 {
				_, _ = Do(m, k.ID, socketCall(r, k, tasks))
			}
			if rapid.IntRange(0, 9).Draw(r, "settle") == 0 {
				Settle(m)
			}
			checkFiles(r, m)
			checkCounts(r, m)
		}
		last := tasks[0]
		for _, k := range tasks[1:] {
			require.NoError(r, last.Kill(k.PidIn(last), uapi.SIGKILL))
			_, err := last.WaitTask(k)
			require.NoError(r, err)
		}
		for fd := range sim.RLimitNoFile {
			_ = last.Close(fd)
		}
		s, err := last.Socket(uapi.AF_UNIX, uapi.SOCK_DGRAM, 0)
		require.NoError(r, err)
		require.NoError(r, last.Close(s))
		Settle(m)
		require.Zero(r, m.Sockets.Count())
		require.Zero(r, m.Msgs.Count())
		require.Zero(r, m.MsgFiles.Count())
		require.Zero(r, m.Pipes.Count())
		require.Zero(r, m.Inodes.Count())
		checkCounts(r, m)
	})
}

// SPDX-License-Identifier: GPL-2.0-only

package syscall

import (
	"testing"

	"github.com/nssim/nssim/sim"
	"github.com/nssim/nssim/syscall/uapi"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// bootKernel is bootInit for a given kernel.
func bootKernel(t *testing.T, kernel string) T {
	t.Helper()
	m, err := sim.New(sim.Config{Kernel: kernel})
	require.NoError(t, err)
	return Task(m, m.Init())
}

func pidfdOf(t *testing.T, k, of T) int {
	t.Helper()
	fd, err := k.PidfdOpen(of.PidIn(k), 0)
	require.NoError(t, err)
	return fd
}

func TestPidfdOpen(t *testing.T) {
	m := bootInit(t)
	k := threadOf(t, m)
	own, tid := m.PidIn(m), k.PidIn(m)
	for _, c := range []struct {
		name  string
		pid   int
		flags uint32
		err   error
	}{
		{"unknown flag", own, 1, uapi.EINVAL},
		{"no pid", 0, 0, uapi.EINVAL},
		{"negative", -1, 0, uapi.EINVAL},
		{"nobody's", 9999, 0, uapi.ESRCH},
		{"a thread", tid, 0, uapi.ENOENT},
		{"a thread as one", tid, uapi.PIDFD_THREAD, nil},
		{"a process as a thread", own, uapi.PIDFD_THREAD | uapi.PIDFD_NONBLOCK, nil},
	} {
		fd, err := m.PidfdOpen(c.pid, c.flags)
		if c.err != nil {
			assert.Equal(t, c.err, err, c.name)
			continue
		}
		if assert.NoError(t, err, c.name) {
			assert.True(t, m.M.FDCloExec(m.M.Task(m.ID).Files, int32(fd)), c.name)
		}
	}
}

func TestPidfdOpenDead(t *testing.T) {
	m := bootInit(t)
	p := forkOf(t, m)
	pid := p.PidIn(m)
	p.ExitGroup(0)
	_, err := m.PidfdOpen(pid, 0)
	assert.NoError(t, err, "a zombie")
	_, err = m.WaitTask(p)
	require.NoError(t, err)
	_, err = m.PidfdOpen(pid, 0)
	assert.Equal(t, uapi.ESRCH, err)
}

// A pidfd of a reaped task pins its pid namespace, passively.
func TestPidfdPinsPidNS(t *testing.T) {
	m := bootInit(t)
	p := forkOf(t, m)
	require.NoError(t, p.Unshare(uapi.CLONE_NEWPID))
	q := forkOf(t, p)
	ns := m.M.ActivePidNS(q.ID)
	fd := pidfdOf(t, m, q)
	reap(t, p, q)
	reap(t, m, p)
	assert.Equal(t, "p1 a0", settled(m.M, ns))
	require.NoError(t, m.Close(fd))
	assert.Equal(t, "-", settled(m.M, ns))
}

func TestPidfdGetfd(t *testing.T) {
	m := bootInit(t)
	p := forkOf(t, m)
	fds, err := p.Pipe()
	require.NoError(t, err)
	pfd := pidfdOf(t, m, p)
	fd, err := m.PidfdGetfd(pfd, fds[1], 0)
	require.NoError(t, err)
	files := m.M.Task(m.ID).Files
	assert.Equal(t, m.M.FDGet(m.M.Task(p.ID).Files, int32(fds[1])), m.M.FDGet(files, int32(fd)))
	assert.True(t, m.M.FDCloExec(files, int32(fd)))

	user := forkOf(t, m)
	require.NoError(t, user.Setresuid(1000, 1000, 1000))
	for _, c := range []struct {
		name      string
		from      T
		pidfd, fd int
		flags     uint32
		err       uapi.Errno
	}{
		{"any flag", m, 99, 99, 1, uapi.EINVAL},
		{"no pidfd", m, 0, 0, 0, uapi.EBADF},
		{"closed", m, 99, 0, 0, uapi.EBADF},
		{"not open there", m, pfd, 99, 0, uapi.EBADF},
		{"negative", m, pfd, -1, 0, uapi.EBADF},
		{"not permitted", user, pfd, 0, 0, uapi.EPERM},
		{"not permitted before not open", user, pfd, 99, 0, uapi.EPERM},
	} {
		_, err := c.from.PidfdGetfd(c.pidfd, c.fd, c.flags)
		assert.Equal(t, c.err, err, c.name)
	}
	p.ExitGroup(0)
	_, err = m.PidfdGetfd(pfd, 0, 0)
	assert.Equal(t, uapi.ESRCH, err, "a zombie")
	_, err = m.WaitTask(p)
	require.NoError(t, err)
	_, err = m.PidfdGetfd(pfd, 0, 0)
	assert.Equal(t, uapi.ESRCH, err)
}

func TestPidfdSendSignal(t *testing.T) {
	m := bootInit(t)
	p := forkOf(t, m)
	pfd := pidfdOf(t, m, p)
	own := pidfdOf(t, m, m)
	user := forkOf(t, m)
	require.NoError(t, user.Setresuid(1000, 1000, 1000))
	inner := forkOf(t, m)
	require.NoError(t, inner.Unshare(uapi.CLONE_NEWPID))
	below := forkOf(t, inner)
	for _, c := range []struct {
		name  string
		from  T
		pidfd int32
		sig   int32
		flags uint32
		err   error
	}{
		{"null signal", m, int32(pfd), 0, 0, nil},
		{"no such signal", m, int32(pfd), 65, 0, uapi.EINVAL},
		{"negative", m, int32(pfd), -1, 0, uapi.EINVAL},
		{"unknown flag", m, 99, 0, 8, uapi.EINVAL},
		{"two flags", m, 99, 0, 3, uapi.EINVAL},
		{"no pidfd", m, 0, 0, 0, uapi.EBADF},
		{"closed", m, 99, 0, 0, uapi.EBADF},
		{"no group leader", m, int32(pfd), 0, uapi.PIDFD_SIGNAL_PROCESS_GROUP, uapi.ESRCH},
		{"not permitted", user, int32(pfd), 0, 0, uapi.EPERM},
		{"no such signal before not permitted", user, int32(pfd), 65, 0, uapi.EINVAL},
		{"above the caller's pid namespace", below, int32(own), 0, 0, uapi.EINVAL},
	} {
		err := c.from.do(PidfdSendSignal{c.pidfd, c.sig, c.flags})
		if c.err == nil {
			assert.NoError(t, err, c.name)
			continue
		}
		assert.Equal(t, c.err, err, c.name)
	}
	require.NoError(t, m.PidfdSendSignal(pfd, uapi.SIGTERM, 0))
	require.Equal(t, sim.Zombie, stateOf(p))
	assert.NoError(t, m.PidfdSendSignal(pfd, uapi.SIGKILL, 0), "a zombie takes it")
	_, err := m.WaitTask(p)
	require.NoError(t, err)
	assert.Equal(t, uapi.ESRCH, m.PidfdSendSignal(pfd, 0, 0))
	assert.Equal(t, uapi.ESRCH, m.do(PidfdSendSignal{int32(pfd), 65, 0}), "before the signal is looked at")
}

// SPDX-License-Identifier: GPL-2.0-only

package syscall

import (
	"testing"

	"github.com/nssim/nssim/sim"
	"github.com/nssim/nssim/syscall/uapi"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

var allKernels = []string{"v6.18", "rfc-v1", "v6.19", "v6.19.9", "v7.0", "v7.1", "v7.2", "v7.3", "v7.3.4"}

// Each command opens what it is named after.
func TestPidfdNamespaces(t *testing.T) {
	for _, kernel := range allKernels {
		m := bootKernel(t, kernel)
		p := forkOf(t, m)
		require.NoError(t, p.Unshare(uapi.CLONE_NEWUSER|uapi.CLONE_NEWNS|uapi.CLONE_NEWUTS|uapi.CLONE_NEWIPC|
			uapi.CLONE_NEWCGROUP|uapi.CLONE_NEWNET|uapi.CLONE_NEWPID|uapi.CLONE_NEWTIME))
		pfd := pidfdOf(t, m, p)
		fired := m.M.Fired
		ns := m.M.Proxy(m.M.Task(p.ID).Proxy).NS
		for cmd, want := range map[uapi.Ioctl]sim.NS{
			uapi.PIDFD_GET_CGROUP_NAMESPACE:            ns[sim.SlotCgroup],
			uapi.PIDFD_GET_IPC_NAMESPACE:               ns[sim.SlotIpc],
			uapi.PIDFD_GET_MNT_NAMESPACE:               ns[sim.SlotMnt],
			uapi.PIDFD_GET_NET_NAMESPACE:               ns[sim.SlotNet],
			uapi.PIDFD_GET_PID_NAMESPACE:               m.M.Initial(uapi.PID_NS),
			uapi.PIDFD_GET_PID_FOR_CHILDREN_NAMESPACE:  ns[sim.SlotPid],
			uapi.PIDFD_GET_TIME_NAMESPACE:              m.M.Initial(uapi.TIME_NS),
			uapi.PIDFD_GET_TIME_FOR_CHILDREN_NAMESPACE: ns[sim.SlotTimeForChildren],
			uapi.PIDFD_GET_USER_NAMESPACE:              userOf(p),
			uapi.PIDFD_GET_UTS_NAMESPACE:               ns[sim.SlotUts],
		} {
			before := refsOf(m.M, want)
			fd, err := m.Ioctl(pfd, cmd, 0)
			require.NoError(t, err, "%s: %s", kernel, cmd)
			id, err := m.NSGetID(int(fd))
			require.NoError(t, err)
			assert.Equal(t, m.M.Nodes[want].ID, id, "%s: %s", kernel, cmd)
			assert.True(t, m.M.FDCloExec(m.M.Task(m.ID).Files, int32(fd)))
			require.NoError(t, m.Close(int(fd)))
			assert.Equal(t, before, refsOf(m.M, want), "%s: %s", kernel, cmd)
		}
		assert.EqualValues(t, 1, m.M.Proxy(m.M.Task(p.ID).Proxy).Count)
		assert.Equal(t, fired, m.M.Fired, kernel)
	}
}

// The order of errors, and what changed in it with v7.1: a zombie that the caller may
// not look at.
func TestPidfdNamespaceErrors(t *testing.T) {
	const cmd = uapi.PIDFD_GET_USER_NAMESPACE
	for _, kernel := range allKernels {
		m := bootKernel(t, kernel)
		user := forkOf(t, m)
		p := forkOf(t, m)
		require.NoError(t, user.Setresuid(1000, 1000, 1000))
		pfd := pidfdOf(t, m, p)
		upfd := pidfdOf(t, user, p)
		ioctl := func(k T, fd int, cmd uapi.Ioctl, arg uint64) error {
			_, err := k.Ioctl(fd, cmd, arg)
			return err
		}
		assert.Equal(t, uapi.ENOTTY, ioctl(m, pfd, uapi.IO(0xff, 99), 1), kernel)
		assert.Equal(t, uapi.EINVAL, ioctl(m, pfd, cmd, 1), kernel)
		assert.Equal(t, uapi.EINVAL, ioctl(user, upfd, cmd, 1), kernel)
		assert.Equal(t, uapi.EACCES, ioctl(user, upfd, cmd, 0), kernel)

		p.ExitGroup(0)
		require.Equal(t, sim.Zombie, stateOf(p))
		assert.Equal(t, uapi.ESRCH, ioctl(m, pfd, cmd, 0), kernel)
		assert.Equal(t, uapi.EINVAL, ioctl(m, pfd, cmd, 1), kernel)
		want := uapi.EACCES
		if m.M.Cfg.Rules.Has(sim.PidFDProxyFirst) {
			want = uapi.ESRCH
		}
		assert.Equal(t, want, ioctl(user, upfd, cmd, 0), kernel)

		_, err := m.WaitTask(p)
		require.NoError(t, err)
		assert.Equal(t, uapi.ESRCH, ioctl(m, pfd, cmd, 1), "%s: reaped, before the argument", kernel)
		assert.Equal(t, uapi.ENOTTY, ioctl(m, pfd, uapi.IO(0xff, 99), 1), kernel)
	}
}

// A task that exits in the middle of the call leaves its nsproxy to it: its namespaces
// stay active until the call has opened the one and dropped the rest.
func TestPidfdNamespaceHoldsProxy(t *testing.T) {
	m := bootInit(t)
	p := forkOf(t, m)
	require.NoError(t, p.Unshare(uapi.CLONE_NEWNET|uapi.CLONE_NEWUTS))
	ns := m.M.Proxy(m.M.Task(p.ID).Proxy).NS
	net, uts := ns[sim.SlotNet], ns[sim.SlotUts]
	pfd := pidfdOf(t, m, p)
	require.NoError(t, Start(m.M, m.ID, Ioctl{FD: int32(pfd), Cmd: uapi.PIDFD_GET_NET_NAMESPACE}))
	require.True(t, RunUntil(m.M, m.ID, "ns_ref_get"))
	p.ExitGroup(0)
	require.Equal(t, sim.Zombie, stateOf(p))
	assert.Equal(t, "p1 a1 p1 a1", refsOf(m.M, net)+" "+refsOf(m.M, uts))
	Resume(m.M, m.ID)
	Run(m.M, m.ID)
	fd, err := Result(m.M, m.ID)
	require.NoError(t, err)
	assert.Equal(t, "p1 a1 -", refsOf(m.M, net)+" "+refsOf(m.M, uts))
	require.NoError(t, m.Close(int(fd)))
	assert.Equal(t, "-", settled(m.M, net))
}

// A full table fails the call after the namespace was opened, and leaves no trace.
func TestPidfdNamespaceEMFILE(t *testing.T) {
	m := bootInit(t)
	p := forkOf(t, m)
	require.NoError(t, p.Unshare(uapi.CLONE_NEWNET))
	n := netOf(p)
	pfd := pidfdOf(t, m, p)
	for range sim.RLimitNoFile - 4 {
		_, err := m.SendFD(m, 0)
		require.NoError(t, err)
	}
	_, err := m.Ioctl(pfd, uapi.PIDFD_GET_NET_NAMESPACE, 0)
	assert.Equal(t, uapi.EMFILE, err)
	assert.Equal(t, "p1 a1", settled(m.M, n))
}

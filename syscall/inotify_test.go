// SPDX-License-Identifier: GPL-2.0-only

package syscall

import (
	"testing"

	"github.com/nssim/nssim/syscall/uapi"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// A watch keeps the inode but not the dentry: with no descriptor open each look-up makes
// a new inode, and each of them counts.
func TestWatchKeepsNamespaceActive(t *testing.T) {
	scenes(t, func(s scene) {
		in, err := s.InotifyInit(0)
		require.NoError(t, err)
		watch := func(path string, mask uint32) int {
			wd, err := s.InotifyAddWatch(in, path, mask)
			require.NoError(t, err)
			return wd
		}
		c, path, id := s.child(uapi.NET_NS)
		ns := netOf(c)
		assert.Equal(t, 1, watch(path, uapi.IN_OPEN))
		assert.EqualValues(t, 2, s.M.Active(ns))
		assert.Equal(t, 2, watch(path, uapi.IN_OPEN))
		fd := s.open(path, uapi.O_RDONLY)
		assert.Equal(t, 3, watch(path, uapi.IN_OPEN))
		assert.Equal(t, 3, watch(path, uapi.IN_OPEN))
		assert.EqualValues(t, 4, s.M.Active(ns))
		_, err = s.InotifyAddWatch(in, path, uapi.IN_OPEN|uapi.IN_MASK_CREATE)
		assert.Equal(t, uapi.EEXIST, err)
		require.NoError(t, s.Close(fd))
		assert.EqualValues(t, 4, s.M.Active(ns))
		s.kill(c)
		for wd := 1; wd <= 3; wd++ {
			assert.True(t, s.listed(id))
			require.NoError(t, s.InotifyRmWatch(in, wd))
		}
		assert.False(t, s.listed(id))
		assert.Equal(t, uapi.EINVAL, s.InotifyRmWatch(in, 1))

		id = s.dead(func(path string) { watch(path, uapi.IN_OPEN) })
		assert.True(t, s.listed(id))
		require.NoError(t, s.Close(in))
		assert.False(t, s.listed(id))
		assert.Zero(t, s.M.Marks.Count())
		assert.Zero(t, s.M.Inodes.Count())
		assert.Zero(t, s.M.Inotifies.Count())
	})
}

// The instance is charged to the user namespace it was made in.
func TestInotifyPinsUCounts(t *testing.T) {
	s := scene{bootInit(t), t}
	c := forkOf(t, s.T)
	require.NoError(t, c.Unshare(uapi.CLONE_NEWUSER))
	user := c.M.UserNS(c.ID)
	in, err := c.InotifyInit(uapi.IN_CLOEXEC)
	require.NoError(t, err)
	fd, err := c.SendFD(s.T, in)
	require.NoError(t, err)
	s.kill(c)
	Settle(s.M)
	// ucounts of the instance, and credential and ucounts of the opener
	assert.EqualValues(t, 2, s.M.Passive(user))
	assert.Zero(t, s.M.Active(user))
	require.NoError(t, s.Close(fd))
	Settle(s.M)
	assert.Zero(t, s.M.UserNSs.Count()-1)
}

func TestInotifyErrors(t *testing.T) {
	s := scene{bootInit(t), t}
	_, err := s.InotifyInit(1)
	assert.Equal(t, uapi.EINVAL, err)
	in, err := s.InotifyInit(0)
	require.NoError(t, err)
	ns := s.open("/proc/self/ns/net", uapi.O_RDONLY)
	for _, c := range []struct {
		fd   int
		path string
		mask uint32
		want uapi.Errno
	}{
		{99, "/none", 0, uapi.EINVAL},
		{99, "/none", uapi.IN_OPEN, uapi.EBADF},
		{ns, "/none", uapi.IN_OPEN, uapi.EINVAL},
		{in, "/none", uapi.IN_OPEN | uapi.IN_MASK_ADD | uapi.IN_MASK_CREATE, uapi.EINVAL},
		{in, "/none", uapi.IN_OPEN, uapi.ENOENT},
		{in, "/proc/self/ns/net", uapi.IN_OPEN | uapi.IN_ONLYDIR, uapi.ENOTDIR},
	} {
		_, err := s.InotifyAddWatch(c.fd, c.path, c.mask)
		assert.Equal(t, c.want, err, "%+v", c)
	}
	wd, err := s.InotifyAddWatch(in, "/tmp", uapi.IN_OPEN)
	require.NoError(t, err)
	assert.Equal(t, uapi.EBADF, s.InotifyRmWatch(99, wd))
	assert.Equal(t, uapi.EINVAL, s.InotifyRmWatch(ns, wd))
	assert.NoError(t, s.InotifyRmWatch(in, wd))
}

// SPDX-License-Identifier: GPL-2.0-only

package syscall

import (
	"fmt"
	"testing"

	"github.com/nssim/nssim/syscall/uapi"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// In a chroot no user namespace can be made, until the task is in another mount
// namespace. chroot("/") does not lead out.
func TestChroot(t *testing.T) {
	s := scene{bootInit(t), t}
	require.NoError(t, s.Chroot("/"))
	c := forkOf(t, s.T)
	require.NoError(t, c.Unshare(uapi.CLONE_NEWUSER))
	for _, leave := range []bool{false, true} {
		c := forkOf(t, s.T)
		require.NoError(t, c.Chroot("/tmp"))
		require.NoError(t, c.Chroot("/"))
		if !leave {
			assert.Equal(t, uapi.EPERM, c.Unshare(uapi.CLONE_NEWUSER))
			continue
		}
		fd, err := c.Open("/proc/1/ns/mnt", uapi.O_RDONLY)
		require.NoError(t, err)
		require.NoError(t, c.Setns(fd, uapi.CLONE_NEWNS))
		assert.NoError(t, c.Unshare(uapi.CLONE_NEWUSER))
	}
}

// A file system belongs to a user namespace: who has no number in it can make nothing
// there.
func TestCreateNeedsMappedID(t *testing.T) {
	s := scene{bootInit(t), t}
	require.NoError(t, s.Mkdir("/tmp/d"))
	c := callers["dump"](t, s.T)
	require.NoError(t, c.Unshare(uapi.CLONE_NEWUSER|uapi.CLONE_NEWNS))
	require.NoError(t, c.WriteFile("/proc/self/setgroups", "deny"))
	require.NoError(t, c.WriteFile("/proc/self/uid_map", "0 1000 1"))
	require.NoError(t, c.WriteFile("/proc/self/gid_map", "0 1000 1"))
	require.NoError(t, c.Mount("t", "/tmp/d", "tmpfs", 0))
	require.NoError(t, c.Mkdir("/tmp/d/a"))
	there := fmt.Sprintf("/proc/%d/root/tmp/d", c.PidIn(s.T))
	assert.NoError(t, s.Access(there+"/a", uapi.F_OK))
	assert.Equal(t, uapi.EOVERFLOW, s.Mkdir(there+"/b"))
	_, err := s.Open(there+"/f", uapi.O_CREAT|uapi.O_RDWR)
	assert.Equal(t, uapi.EOVERFLOW, err)
	assert.Equal(t, uapi.EEXIST, s.Mkdir(there+"/a"))
	st, err := c.Stat("/dev/null")
	require.NoError(t, err)
	assert.EqualValues(t, 65534, st.UID)
}

// Directories that a program makes; what is in them goes with their file system.
func TestMadeDirectories(t *testing.T) {
	s := scene{bootInit(t), t}
	require.NoError(t, s.Mkdir("/tmp/d"))
	require.NoError(t, s.Mkdir("/tmp/d/e/"))
	assert.Equal(t, uapi.ENOTEMPTY, s.Rmdir("/tmp/d"))
	s.touch("/tmp/d/e/f")
	assert.Equal(t, uapi.ENOTDIR, s.Unlink("/tmp/d/e/f/"))
	assert.Equal(t, uapi.ENOTDIR, s.Rmdir("/tmp/d/e/f"))
	assert.NoError(t, s.Access("/tmp/d/e/../e/./f", uapi.F_OK))
	assert.Equal(t, uapi.ENOTDIR, s.Access("/tmp/d/e/f/..", uapi.F_OK))
	fd := s.open("/tmp/d/e/f", uapi.O_RDWR)
	require.NoError(t, s.Unlink("/tmp/d/e/f"))
	n, err := s.Write(fd, "four")
	require.NoError(t, err)
	assert.Equal(t, 4, n)
	require.NoError(t, s.Rmdir("/tmp/d/e/"))
	require.NoError(t, s.Rmdir("/tmp/d"))
	assert.Zero(t, s.M.Dentries.Count())
}

// A path is walked through a task's root link into its mount namespace, and ".." leaves
// a mount where it is mounted.
func TestDotDotAcrossMounts(t *testing.T) {
	s := scene{bootInit(t), t}
	require.NoError(t, s.Mkdir("/tmp/d"))
	require.NoError(t, s.Mount("t", "/tmp/d", "tmpfs", 0))
	require.NoError(t, s.Mkdir("/tmp/d/x"))
	require.NoError(t, s.Mkdir("/tmp/e"))
	require.NoError(t, s.Mount("/tmp/d/x", "/tmp/e", "", uapi.MS_BIND))
	for path, want := range map[string]uapi.Errno{
		"/tmp/e/../d/x": 0, "/tmp/d/x/../../e": 0, "/tmp/e/../x": uapi.ENOENT, "/../../tmp": 0, "/proc/self/../1/ns": 0,
	} {
		assert.Equal(t, asError(want), s.Access(path, uapi.F_OK), path)
	}
	dir := s.open("/tmp/e", uapi.O_PATH)
	fd, err := s.Openat(dir, "../d", uapi.O_PATH)
	require.NoError(t, err)
	text, err := s.Readlink(fmt.Sprintf("/proc/self/fd/%d", fd))
	require.NoError(t, err)
	assert.Equal(t, "/tmp/d", text)
	text, err = s.Readlink(fmt.Sprintf("/proc/self/fd/%d", dir))
	require.NoError(t, err)
	assert.Equal(t, "/tmp/e", text)
}

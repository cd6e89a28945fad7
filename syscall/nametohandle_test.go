// SPDX-License-Identifier: GPL-2.0-only

package syscall

import (
	"testing"

	"github.com/nssim/nssim/syscall/uapi"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// What v6.19.8 and v7.3.4 answer, for each file and flag, and in which order.
func TestNameToHandleAt(t *testing.T) {
	scenes(t, func(s scene) {
		const empty, nofollow = uapi.AT_EMPTY_PATH, 0
		const cwd, link = uapi.AT_FDCWD, "/proc/self/ns/net"
		ns := s.open(link, uapi.O_RDONLY)
		path := s.open(link, uapi.O_PATH)
		proc := s.open(link, uapi.O_PATH|uapi.O_NOFOLLOW)
		sock, err := s.Socket(uapi.AF_INET, uapi.SOCK_DGRAM, 0)
		require.NoError(t, err)
		pid, err := s.Getpid()
		require.NoError(t, err)
		pidfd, err := s.PidfdOpen(pid, 0)
		require.NoError(t, err)
		for _, c := range []struct {
			fd    int
			path  string
			room  uint32
			flags uint32
			want  uapi.Errno
			bytes uint32
			typ   int32
		}{
			{ns, "", 128, empty, 0, 16, 0xf1},
			{path, "", 128, empty, 0, 16, 0xf1},
			{proc, "", 128, empty, uapi.EOPNOTSUPP, 0, 0},
			{ns, "", 128, 0, uapi.ENOENT, 0, 0},
			{cwd, link, 128, uapi.AT_SYMLINK_FOLLOW, 0, 16, 0xf1},
			{cwd, link, 128, nofollow, uapi.EOPNOTSUPP, 0, 0},
			{ns, "", 0, empty, uapi.EOVERFLOW, 16, 0xff},
			{ns, "", 15, empty, uapi.EOVERFLOW, 16, 0xff},
			{ns, "", 16, empty, 0, 16, 0xf1},
			{ns, "", 17, empty, 0, 16, 0xf1},
			{ns, "", 129, empty, uapi.EINVAL, 0, 0},
			{cwd, "/proc", 129, nofollow, uapi.EOPNOTSUPP, 0, 0},
			{ns, "", 128, empty | uapi.AT_HANDLE_FID, 0, 16, 0xf1},
			{cwd, link, 128, uapi.AT_SYMLINK_FOLLOW | uapi.AT_HANDLE_CONNECTABLE, uapi.EOPNOTSUPP, 0, 0},
			{ns, "", 128, empty | uapi.AT_HANDLE_CONNECTABLE, uapi.EINVAL, 0, 0},
			{cwd, "/tmp", 128, uapi.AT_HANDLE_FID | uapi.AT_HANDLE_CONNECTABLE, uapi.EINVAL, 0, 0},
			{ns, "", 128, empty | uapi.AT_HANDLE_MNT_ID_UNIQUE, 0, 16, 0xf1},
			{cwd, "/none", 128, 0x10000, uapi.EINVAL, 0, 0},
			{cwd, "/none", 128, nofollow, uapi.ENOENT, 0, 0},
			{99, "", 128, empty, uapi.EBADF, 0, 0},
			{99, "x", 128, nofollow, uapi.EBADF, 0, 0},
			{cwd, "/tmp", 128, nofollow, 0, 12, 1},
			{cwd, "/tmp/f", 128, nofollow, 0, 12, 1},
			{cwd, "/tmp/f", 128, uapi.AT_HANDLE_CONNECTABLE, uapi.EOPNOTSUPP, 0, 0},
			{cwd, "/tmp", 4, nofollow, uapi.EOVERFLOW, 12, 0xff},
			{cwd, "/dev/null", 128, nofollow, 0, 12, 1},
			{cwd, "/proc", 128, uapi.AT_HANDLE_FID, 0, 12, 0x81},
			{cwd, link, 128, uapi.AT_HANDLE_FID, 0, 12, 0x81},
			{cwd, "/proc/self/uid_map", 128, nofollow, uapi.EOPNOTSUPP, 0, 0},
			{cwd, "/sys", 128, nofollow, uapi.EOPNOTSUPP, 0, 0},
			{cwd, "/sys/fs/cgroup/cgroup.procs", 128, nofollow, 0, 8, 0xfe},
			{cwd, "/sys/fs/cgroup/cgroup.procs", 128, uapi.AT_HANDLE_CONNECTABLE, 0, 8, 0x100fe},
			{sock, "", 128, empty, uapi.EOPNOTSUPP, 0, 0},
			{sock, "", 128, empty | uapi.AT_HANDLE_FID, 0, 12, 0x81},
			{pidfd, "", 128, empty, 0, 8, 0xfe},
			{pidfd, "", 4, empty, uapi.EOVERFLOW, 8, 0xff},
		} {
			h, err := s.NameToHandleAt(c.fd, c.path, c.room, c.flags)
			assert.Equal(t, asError(c.want), err, "%+v", c)
			assert.Equal(t, []any{c.bytes, c.typ}, []any{h.Bytes, h.Type}, "%+v", c)
			if c.want == 0 && c.typ == uapi.FILEID_NSFS {
				assert.Equal(t, uapi.NSFSFileHandle{NSID: 7, NSType: uapi.NET_NS, NSInum: uapi.NET_NS_INIT_INO}, h.NSFSFileHandle)
			}
		}
	})
}

// The mount id is that of the mount that a namespace file was reached through, and it is
// written even where the room does not do.
func TestNameToHandleMountID(t *testing.T) {
	scenes(t, func(s scene) {
		require.NoError(t, s.Mount("/proc/self/ns/net", "/tmp/f", "", uapi.MS_BIND))
		id := func(path string, room uint32) uint64 {
			_, _ = s.NameToHandleAt(uapi.AT_FDCWD, path, room, uapi.AT_SYMLINK_FOLLOW)
			_, m := HandleOf(s.M.Task(s.ID).Out)
			return m
		}
		internal, bound := id("/proc/self/ns/net", 128), id("/tmp/f", 128)
		assert.NotEqual(t, internal, bound)
		assert.Equal(t, internal, id("/proc/self/ns/uts", 0))
		assert.Equal(t, bound, id("/tmp/f", 8))
		assert.Zero(t, id("/tmp/f", 129))
	})
}

// A handle made through a link opens the namespace for as long as it is active.
func TestHandleOfLink(t *testing.T) {
	scenes(t, func(s scene) {
		c, path, _ := s.child(uapi.NET_NS)
		ns := netOf(c)
		h, err := s.NameToHandleAt(uapi.AT_FDCWD, path, 128, uapi.AT_SYMLINK_FOLLOW)
		require.NoError(t, err)
		assert.EqualValues(t, 1, s.M.Active(ns), "the inode was transient")
		fd, err := s.OpenByHandle(h.NSFSFileHandle)
		require.NoError(t, err)
		again, err := s.HandleOfFD(fd)
		require.NoError(t, err)
		assert.Equal(t, h.NSFSFileHandle, again)
		require.NoError(t, s.Close(fd))
		s.kill(c)
		_, err = s.OpenByHandle(h.NSFSFileHandle)
		assert.Equal(t, uapi.ESTALE, err)
	})
}

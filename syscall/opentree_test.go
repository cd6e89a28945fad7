// SPDX-License-Identifier: GPL-2.0-only

package syscall

import (
	"fmt"
	"testing"

	"github.com/nssim/nssim/syscall/uapi"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestDetachedTreeKeepsNamespace(t *testing.T) {
	scenes(t, func(s scene) {
		var fd int
		openTree := func(flags uint32) func(string) {
			return func(path string) {
				var err error
				fd, err = s.OpenTree(uapi.AT_FDCWD, path, flags)
				require.NoError(t, err)
			}
		}
		for _, flags := range []uint32{uapi.OPEN_TREE_CLONE, 0} {
			id := s.dead(openTree(flags))
			assert.True(t, s.listed(id))
			_, err := s.NSGetID(fd)
			assert.Equal(t, uapi.EBADF, err)
			require.NoError(t, s.Close(fd))
			assert.False(t, s.listed(id))
		}
		id := s.dead(openTree(uapi.OPEN_TREE_CLONE))
		require.NoError(t, s.MoveMount(fd, "/tmp/f"))
		assert.Equal(t, uapi.EBUSY, s.Umount2("/tmp/f", 0))
		require.NoError(t, s.Close(fd))
		assert.True(t, s.listed(id))
		s.umount("/tmp/f", 0)
		assert.False(t, s.listed(id))
	})
}

// A detached tree's namespace draws an id, but from v6.19 on only, and is on no tree.
func TestAnonymousNamespaceDrawsID(t *testing.T) {
	for kernel, step := range map[string]uint64{"v6.18": 0, "v6.19": 1, "v7.3.4": 1} {
		s := scene{bootKernel(t, kernel), t}
		before, listed := s.M.LastID, s.M.Len()
		fd, err := s.OpenTree(uapi.AT_FDCWD, "/tmp", uapi.OPEN_TREE_CLONE)
		require.NoError(t, err)
		assert.Equal(t, step, s.M.LastID-before, kernel)
		assert.Equal(t, listed, s.M.Len())
		ns := s.M.File(s.M.FDGet(s.M.Task(s.ID).Files, int32(fd))).NS
		assert.EqualValues(t, uapi.MNT_NS_ANON_INO, s.M.Nodes[ns].Inum)
		assert.Zero(t, s.M.Active(ns))
		require.NoError(t, s.Close(fd))
		Settle(s.M)
		assert.Zero(t, s.M.Mounts.Count())
		assert.Equal(t, 2, s.M.MntNSs.Count(), "the initial one and kdevtmpfs's")
		assert.Zero(t, s.M.Fired)
	}
}

// open_tree and fsmount make mount namespaces that are active while they are open.
func TestMountNamespaceFromTree(t *testing.T) {
	for kernel, has := range map[string][2]bool{"v6.19": {}, "v7.0": {true, false}, "v7.3.4": {true, true}} {
		s := scene{bootKernel(t, kernel), t}
		check := func(fd int, err error, may bool, nr int) {
			t.Helper()
			if !may {
				assert.Equal(t, uapi.EINVAL, err, kernel)
				return
			}
			require.NoError(t, err, kernel)
			id, err := s.NSGetID(fd)
			require.NoError(t, err)
			assert.True(t, s.listed(id), kernel)
			_, err = s.Ioctl(fd, uapi.NS_MNT_GET_INFO, 0)
			require.NoError(t, err)
			assert.EqualValues(t, nr, s.M.Task(s.ID).Out[OutMntNrSize]>>32)
			require.NoError(t, s.Close(fd))
			assert.False(t, s.listed(id))
		}
		fd, err := s.OpenTree(uapi.AT_FDCWD, "/tmp", uapi.OPEN_TREE_NAMESPACE)
		check(fd, err, has[0], 1)
		fd, err = s.OpenTree(uapi.AT_FDCWD, "/", uapi.OPEN_TREE_NAMESPACE|uapi.AT_RECURSIVE)
		check(fd, err, has[0], 6)
		ctx, err := s.FSOpen("tmpfs", 0)
		require.NoError(t, err)
		fd, err = s.FSMount(ctx, uapi.FSMOUNT_NAMESPACE)
		check(fd, err, has[1], 1)
		require.NoError(t, s.Close(ctx))
		Settle(s.M)
		assert.Zero(t, s.M.Mounts.Count())
		assert.Zero(t, s.M.Supers.Count())
	}
}

func TestOpenTreeErrors(t *testing.T) {
	scenes(t, func(s scene) {
		none := map[bool]uapi.Errno{true: uapi.EINVAL, false: uapi.ENOTDIR}[s.M.Cfg.Kernel == "v6.19"]
		for _, c := range []struct {
			path  string
			flags uint32
			want  uapi.Errno
		}{
			{"/tmp", 0x40, uapi.EINVAL},
			{"/tmp", uapi.AT_RECURSIVE, uapi.EINVAL},
			{"/tmp", uapi.OPEN_TREE_CLONE | uapi.OPEN_TREE_NAMESPACE, uapi.EINVAL},
			{"/none", uapi.OPEN_TREE_CLONE, uapi.ENOENT},
			{"/dev/null", uapi.OPEN_TREE_NAMESPACE, none},
			{"/proc/self/ns/net", uapi.OPEN_TREE_NAMESPACE, none},
			{"/proc/self/ns/net", uapi.OPEN_TREE_CLONE | uapi.AT_SYMLINK_NOFOLLOW, 0},
		} {
			fd, err := s.OpenTree(uapi.AT_FDCWD, c.path, c.flags)
			if c.want != 0 {
				assert.Equal(t, c.want, err, "%s %#x", c.path, c.flags)
				continue
			}
			require.NoError(t, err)
			require.NoError(t, s.Close(fd))
		}
	})
}

func TestMoveMount(t *testing.T) {
	scenes(t, func(s scene) {
		require.NoError(t, s.Mkdir("/tmp/e"))
		tree, err := s.OpenTree(uapi.AT_FDCWD, "/tmp", uapi.OPEN_TREE_CLONE)
		require.NoError(t, err)
		require.NoError(t, s.Mount("t", "/tmp/d", "tmpfs", 0))
		base := nrMountsOf(t, s.T)
		assert.Equal(t, uapi.EINVAL, s.MoveMount(tree, "/tmp/f"))
		assert.Equal(t, uapi.ENOENT, s.MoveMount(99, "/tmp/none"))
		assert.Equal(t, uapi.EBADF, s.MoveMount(99, "/tmp/e"))
		require.NoError(t, s.MoveMount(tree, "/tmp/e"))
		assert.Equal(t, base+1, nrMountsOf(t, s.T))
		assert.Equal(t, uapi.ELOOP, s.MoveMount(tree, "/tmp/e"))
		assert.Equal(t, uapi.EBUSY, s.Umount2("/tmp/e", 0))
		require.NoError(t, s.Close(tree))
		s.umount("/tmp/e", 0)

		s.touch("/tmp/d/x")
		tree, err = s.OpenTree(uapi.AT_FDCWD, "/tmp/d", uapi.OPEN_TREE_CLONE)
		require.NoError(t, err)
		s.umount("/tmp/d", 0)
		fd, err := s.Openat(tree, "x", uapi.O_RDONLY)
		require.NoError(t, err)
		require.NoError(t, s.Close(fd))
		require.NoError(t, s.Close(tree))

		file, err := s.OpenTree(uapi.AT_FDCWD, "/proc/self/ns/net", uapi.OPEN_TREE_CLONE)
		require.NoError(t, err)
		assert.Equal(t, uapi.EINVAL, s.MoveMount(file, "/tmp/d"))
		fd = s.open(fmt.Sprintf("/proc/self/fd/%d", file), uapi.O_RDONLY)
		_, err = s.NSGetID(fd)
		assert.NoError(t, err)
		require.NoError(t, s.Close(fd))
		require.NoError(t, s.MoveMount(file, "/tmp/f"))
		require.NoError(t, s.Close(file))
		s.umount("/tmp/f", 0)
		Settle(s.M)
		assert.Zero(t, s.M.Mounts.Count())
		assert.Zero(t, s.M.Supers.Count())
		assert.Zero(t, s.M.Fired)
	})
}

func TestFSMount(t *testing.T) {
	scenes(t, func(s scene) {
		_, err := s.FSOpen("tmpfs", 8)
		assert.Equal(t, uapi.EINVAL, err)
		_, err = s.FSOpen("nope", 0)
		assert.Equal(t, uapi.ENODEV, err)
		_, err = s.FSMount(99, 0)
		assert.Equal(t, uapi.EBADF, err)
		_, err = s.FSMount(0, 0)
		assert.Equal(t, uapi.EINVAL, err)
		_, err = s.FSMount(99, 8)
		assert.Equal(t, uapi.EINVAL, err)
		ctx, err := s.FSOpen("tmpfs", uapi.FSOPEN_CLOEXEC)
		require.NoError(t, err)
		tree, err := s.FSMount(ctx, 0)
		require.NoError(t, err)
		_, err = s.FSMount(ctx, 0)
		assert.Equal(t, uapi.EBUSY, err)
		fd, err := s.Openat(tree, "q", uapi.O_CREAT|uapi.O_RDWR)
		require.NoError(t, err)
		require.NoError(t, s.Close(fd))
		require.NoError(t, s.MoveMount(tree, "/tmp/d"))
		require.NoError(t, s.Close(tree))
		require.NoError(t, s.Close(ctx))
		assert.NoError(t, s.Access("/tmp/d/q", uapi.F_OK))
		s.umount("/tmp/d", 0)
		assert.Equal(t, uapi.ENOENT, s.Access("/tmp/d/q", uapi.F_OK))
	})
}

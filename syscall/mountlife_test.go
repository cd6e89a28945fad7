// SPDX-License-Identifier: GPL-2.0-only

package syscall

import (
	"fmt"
	"slices"
	"testing"

	"github.com/nssim/nssim/sim"
	"github.com/nssim/nssim/syscall/uapi"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// scene is a task in the initial namespaces that watches namespaces of children.
type scene struct {
	T
	t *testing.T
}

// scenes runs a test on the kernels whose answers it was compared with.
func scenes(t *testing.T, f func(s scene)) {
	for _, kernel := range []string{"v6.19", "v7.3.4"} {
		t.Run(kernel, func(t *testing.T) {
			s := scene{bootKernel(t, kernel), t}
			s.touch("/tmp/f")
			s.touch("/tmp/g")
			require.NoError(t, s.Mkdir("/tmp/d"))
			f(s)
		})
	}
}

func (s scene) touch(path string) {
	fd, err := s.Open(path, uapi.O_CREAT|uapi.O_RDWR)
	require.NoError(s.t, err)
	require.NoError(s.t, s.Close(fd))
}

// open opens a path.
func (s scene) open(path string, flags int) int {
	s.t.Helper()
	fd, err := s.Open(path, flags)
	require.NoError(s.t, err)
	return fd
}

// child forks a child into a new namespace and returns it with the path of the
// namespace's link and the namespace's id.
func (s scene) child(typ uapi.NSType) (c T, path string, id uint64) {
	s.t.Helper()
	c = forkOf(s.t, s.T)
	require.NoError(s.t, c.Unshare(uint64(typ)))
	path = fmt.Sprintf("/proc/%d/ns/%s", c.PidIn(s.T), typ)
	fd := s.open(path, uapi.O_RDONLY)
	id, err := s.NSGetID(fd)
	require.NoError(s.t, err)
	require.NoError(s.t, s.Close(fd))
	return c, path, id
}

func (s scene) kill(c T) {
	s.t.Helper()
	require.NoError(s.t, s.Kill(c.PidIn(s.T), uapi.SIGKILL))
	_, err := s.WaitTask(c)
	require.NoError(s.t, err)
}

// dead is a namespace whose task is gone after use was given its link.
func (s scene) dead(use func(path string)) (id uint64) {
	s.t.Helper()
	c, path, id := s.child(uapi.NET_NS)
	use(path)
	s.kill(c)
	return id
}

func (s scene) bindTo(target string) func(path string) {
	return func(path string) { require.NoError(s.t, s.Mount(path, target, "", uapi.MS_BIND)) }
}

func (s scene) listed(id uint64) bool {
	s.t.Helper()
	ids, err := s.Listns(uapi.NSIDReq{}, 512)
	require.NoError(s.t, err)
	return slices.Contains(ids, id)
}

func (s scene) umount(path string, flags int) { require.NoError(s.t, s.Umount2(path, flags)) }

func TestBindMountKeepsNamespace(t *testing.T) {
	scenes(t, func(s scene) {
		id := s.dead(s.bindTo("/tmp/f"))
		assert.True(t, s.listed(id))
		s.umount("/tmp/f", 0)
		assert.False(t, s.listed(id))
	})
}

// Removing the file under a mount of another mount namespace unmounts it there.
func TestUnlinkUnmountsElsewhere(t *testing.T) {
	scenes(t, func(s scene) {
		c, path, id := s.child(uapi.NET_NS)
		other, _, _ := s.child(uapi.MNT_NS)
		require.NoError(t, other.Mount(path, "/tmp/f", "", uapi.MS_BIND))
		s.kill(c)
		assert.True(t, s.listed(id))
		assert.Equal(t, uapi.EBUSY, other.Unlink("/tmp/f"))
		require.NoError(t, s.Unlink("/tmp/f"))
		assert.False(t, s.listed(id))
	})
}

// A copy of a bind mount goes with its mount namespace; that the last task in there is
// a zombie is enough.
func TestMountNamespaceDies(t *testing.T) {
	scenes(t, func(s scene) {
		c, path, id := s.child(uapi.NET_NS)
		s.bindTo("/tmp/f")(path)
		other, _, _ := s.child(uapi.MNT_NS)
		s.kill(c)
		s.umount("/tmp/f", 0)
		assert.True(t, s.listed(id))
		require.NoError(t, s.Kill(other.PidIn(s.T), uapi.SIGKILL))
		require.Equal(t, sim.Zombie, s.M.Task(other.ID).State)
		assert.False(t, s.listed(id))
	})
}

// A mount namespace that is only pinned is inactive, but what is mounted in it still
// keeps other namespaces active.
func TestPinnedMountNamespaceKeepsItsMounts(t *testing.T) {
	scenes(t, func(s scene) {
		c, path, id := s.child(uapi.NET_NS)
		s.bindTo("/tmp/f")(path)
		other, _, mnt := s.child(uapi.MNT_NS)
		s.kill(c)
		s.umount("/tmp/f", 0)
		fd := s.open(fmt.Sprintf("/proc/%d/mountinfo", other.PidIn(s.T)), uapi.O_RDONLY)
		s.kill(other)
		assert.True(t, s.listed(id))
		assert.False(t, s.listed(mnt))
		require.NoError(t, s.Close(fd))
		assert.False(t, s.listed(id))
	})
}

// A descriptor opened with O_PATH keeps what it is open on: through the link the
// namespace, of the link itself nothing.
func TestOPathOfNamespace(t *testing.T) {
	scenes(t, func(s scene) {
		var fd int
		for flags, keeps := range map[int]bool{uapi.O_PATH: true, uapi.O_PATH | uapi.O_NOFOLLOW: false} {
			id := s.dead(func(path string) { fd = s.open(path, flags) })
			assert.Equal(t, keeps, s.listed(id))
			require.NoError(t, s.Close(fd))
			assert.False(t, s.listed(id))
		}
	})
}

// A file that was opened through a bind mount keeps the mount in existence, lazily
// unmounted or not.
func TestOpenThroughBindMount(t *testing.T) {
	scenes(t, func(s scene) {
		for _, flags := range []int{uapi.O_RDONLY, uapi.O_PATH} {
			id := s.dead(s.bindTo("/tmp/f"))
			fd := s.open("/tmp/f", flags)
			assert.Equal(t, uapi.EBUSY, s.Umount2("/tmp/f", 0))
			s.umount("/tmp/f", uapi.MNT_DETACH)
			assert.True(t, s.listed(id))
			assert.Equal(t, 1, s.M.Mounts.Count())
			require.NoError(t, s.Close(fd))
			assert.False(t, s.listed(id))
			assert.Zero(t, s.M.Mounts.Count())
		}
	})
}

// Lazily unmounting a mount unmounts what stands on it, even while it is itself kept.
func TestDetachTakesSubmounts(t *testing.T) {
	scenes(t, func(s scene) {
		require.NoError(t, s.Mount("t", "/tmp/d", "tmpfs", 0))
		s.touch("/tmp/d/x")
		dir := s.open("/tmp/d", uapi.O_PATH)
		id := s.dead(s.bindTo("/tmp/d/x"))
		assert.True(t, s.listed(id))
		s.umount("/tmp/d", uapi.MNT_DETACH)
		assert.False(t, s.listed(id))
		_, err := s.Open("/tmp/d/x", uapi.O_RDONLY)
		assert.Equal(t, uapi.ENOENT, err)
		fd, err := s.Openat(dir, "x", uapi.O_RDONLY)
		require.NoError(t, err)
		st, err := s.Fstat(fd)
		require.NoError(t, err)
		assert.EqualValues(t, 0o100644, st.Mode)
		require.NoError(t, s.Close(fd))
		require.NoError(t, s.Close(dir))
		assert.Zero(t, s.M.Mounts.Count())
		assert.Zero(t, s.M.Supers.Count())
		assert.Equal(t, 3, s.M.Dentries.Count()) // f, g and d, but not x
	})
}

// The file of a mount namespace may be mounted only in an elder one, and is left out
// when the mounts are copied.
func TestMountNamespaceFiles(t *testing.T) {
	scenes(t, func(s scene) {
		c, path, id := s.child(uapi.MNT_NS)
		base := nrMountsOf(t, s.T)
		assert.Equal(t, uapi.EINVAL, s.Mount("/proc/self/ns/mnt", "/tmp/f", "", uapi.MS_BIND))
		assert.Equal(t, uapi.EINVAL, c.Mount(path, "/tmp/f", "", uapi.MS_BIND))
		require.NoError(t, s.Mount(path, "/tmp/f", "", uapi.MS_BIND))
		require.NoError(t, s.Mount("/proc/self/ns/net", "/tmp/f", "", uapi.MS_BIND))
		assert.Equal(t, base+2, nrMountsOf(t, s.T))
		younger, _, _ := s.child(uapi.MNT_NS)
		assert.Equal(t, base, nrMountsOf(t, younger))
		assert.Equal(t, uapi.EINVAL, younger.Mount(path, "/tmp/f", "", uapi.MS_BIND))
		s.umount("/tmp/f", 0)
		require.NoError(t, s.Mount("/tmp/f", "/tmp/g", "", uapi.MS_BIND))
		s.umount("/tmp/g", 0)
		s.kill(c)
		assert.True(t, s.listed(id))
		s.umount("/tmp/f", 0)
		assert.False(t, s.listed(id))
	})
}

// A path into another mount namespace leads there, but nothing there can be changed.
func TestOtherMountNamespace(t *testing.T) {
	scenes(t, func(s scene) {
		c, _, _ := s.child(uapi.MNT_NS)
		tmp := fmt.Sprintf("/proc/%d/root/tmp", c.PidIn(s.T))
		assert.Equal(t, uapi.EINVAL, s.Mount(tmp, "/tmp/d", "", uapi.MS_BIND))
		assert.Equal(t, uapi.EINVAL, s.Mount("t", tmp, "tmpfs", 0))
		assert.Equal(t, uapi.EINVAL, s.Umount2(tmp, 0))
		assert.NoError(t, s.Mount("", tmp, "", uapi.MS_PRIVATE))
		_, err := s.OpenTree(uapi.AT_FDCWD, tmp, uapi.OPEN_TREE_CLONE)
		assert.Equal(t, uapi.EINVAL, err)
		fd, err := s.OpenTree(uapi.AT_FDCWD, tmp, 0)
		require.NoError(t, err)
		require.NoError(t, c.Mount("t", "/tmp/d", "tmpfs", 0))
		require.NoError(t, c.Mkdir("/tmp/d/x"))
		assert.NoError(t, s.Access(tmp+"/d/x", uapi.F_OK))
		assert.Equal(t, uapi.ENOENT, s.Access("/tmp/d/x", uapi.F_OK))
		require.NoError(t, s.Close(fd))
	})
}

// What superblocks and contexts pin, all of it passively.
func TestSuperblocksPin(t *testing.T) {
	scenes(t, func(s scene) {
		c := forkOf(t, s.T)
		require.NoError(t, c.Unshare(uapi.CLONE_NEWUSER|uapi.CLONE_NEWNS|uapi.CLONE_NEWPID|uapi.CLONE_NEWNET|uapi.CLONE_NEWIPC))
		user := c.M.UserNS(c.ID)
		p := c.M.Proxy(c.M.Task(c.ID).Proxy).NS
		pid, net, ipc := p[sim.SlotPid], p[sim.SlotNet], p[sim.SlotIpc]
		require.NoError(t, s.WriteFile(fmt.Sprintf("/proc/%d/uid_map", c.PidIn(s.T)), "0 0 1"))
		require.NoError(t, s.WriteFile(fmt.Sprintf("/proc/%d/gid_map", c.PidIn(s.T)), "0 0 1"))
		k := forkOf(t, c)
		Settle(s.M)
		refs := func() [4]int32 {
			Settle(s.M)
			return [4]int32{s.M.Passive(user), s.M.Passive(pid), s.M.Passive(net), s.M.Passive(ipc)}
		}
		before := refs()
		for typ, pins := range map[string][4]int32{
			"tmpfs": {1, 0, 0, 0}, "proc": {1, 1, 0, 0}, "sysfs": {1, 0, 0, 0}, "mqueue": {}, "devpts": {1, 0, 0, 0},
		} {
			require.NoError(t, k.Mount("x", "/tmp/d", typ, 0), typ)
			assert.Equal(t, plus(before, pins), refs(), typ)
			require.NoError(t, k.Umount2("/tmp/d", 0))
			assert.Equal(t, before, refs(), typ)
		}
		for typ, pins := range map[string][4]int32{"tmpfs": {1, 0, 1, 0}, "proc": {1, 1, 1, 0}} {
			ctx, err := k.FSOpen(typ, 0)
			require.NoError(t, err)
			assert.Equal(t, plus(before, pins), refs(), typ)
			tree, err := k.FSMount(ctx, 0)
			require.NoError(t, err)
			// The superblock's, and the anonymous namespace's owner and charge.
			assert.Equal(t, plus(before, pins, [4]int32{2, 0, 0, 0}), refs(), typ)
			require.NoError(t, k.Close(ctx))
			assert.Equal(t, plus(before, pins, [4]int32{1, 0, -1, 0}), refs(), typ)
			require.NoError(t, k.Close(tree))
			assert.Equal(t, before, refs(), typ)
		}
		// The instance shows its pid namespace, in which the caller is 1.
		require.NoError(t, k.Mount("x", "/tmp/d", "proc", 0))
		text, err := k.Readlink("/tmp/d/self")
		require.NoError(t, err)
		assert.Equal(t, "1", text)
		assert.Equal(t, uapi.ENOENT, c.Access("/tmp/d/self", uapi.F_OK))
	})
}

func plus(a [4]int32, more ...[4]int32) [4]int32 {
	for _, b := range more {
		for i := range a {
			a[i] += b[i]
		}
	}
	return a
}

// A copy keeps which mount stands on which, and who may unmount what.
func TestCopyKeepsNesting(t *testing.T) {
	scenes(t, func(s scene) {
		require.NoError(t, s.Mount("t", "/tmp/d", "tmpfs", 0))
		require.NoError(t, s.Mkdir("/tmp/d/x"))
		require.NoError(t, s.Mount("t", "/tmp/d/x", "tmpfs", 0))
		for flags, want := range map[uint64]uapi.Errno{uapi.CLONE_NEWNS: 0, uapi.CLONE_NEWNS | uapi.CLONE_NEWUSER: uapi.EINVAL} {
			c := forkOf(t, s.T)
			require.NoError(t, c.Unshare(flags))
			assert.Equal(t, nrMountsOf(t, s.T), nrMountsOf(t, c))
			if want == 0 {
				assert.Equal(t, uapi.EBUSY, c.Umount2("/tmp/d", 0))
			}
			assert.Equal(t, asError(want), c.Umount2("/tmp/d/x", 0))
			assert.Equal(t, asError(want), c.Umount2("/tmp/d", 0))
		}
	})
}

// An mqueue that is mounted when its ipc namespace dies lives on, and then it is what
// pins the owner.
func TestMqueueOutlivesItsNamespace(t *testing.T) {
	s := scene{bootInit(t), t}
	require.NoError(t, s.Mkdir("/tmp/d"))
	require.NoError(t, s.Unshare(uapi.CLONE_NEWIPC))
	require.NoError(t, s.Mount("q", "/tmp/d", "mqueue", 0))
	ipc := s.M.Proxy(s.M.Task(s.ID).Proxy).NS[sim.SlotIpc]
	super := s.M.Supers.At(1)
	assert.Equal(t, sim.Super{Kind: sim.SuperMqueue, NS: ipc, Refs: 1}, *super)
	x := X{s.M, s.ID}
	x.push(opFreeIPC, int64(ipc))
	mqPutMnt(x)
	x.Pop(s.ID, 0)
	assert.Equal(t, sim.Super{Kind: sim.SuperMqueue, UserNS: s.M.InitUserNS(), Refs: 1}, *super)
	s.umount("/tmp/d", 0)
	assert.Zero(t, s.M.Supers.Count())
}

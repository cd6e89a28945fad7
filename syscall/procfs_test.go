// SPDX-License-Identifier: GPL-2.0-only

package syscall

import (
	"fmt"
	"strings"
	"testing"

	"github.com/nssim/nssim/sim"
	"github.com/nssim/nssim/syscall/uapi"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// zombieFiles are files of /proc/PID with what opening them says of a zombie and the
// type and permissions of the file itself; "" where it is not even there.
var zombieFiles = []struct {
	name string
	want uapi.Errno
	mode string
}{
	{"ns/net", uapi.ENOENT, "120777"},
	{"ns/user", 0, "120777"},
	{"ns/pid", 0, "120777"},
	{"ns/pid_for_children", uapi.ENOENT, "120777"},
	{"ns/mnt", uapi.ENOENT, "120777"},
	{"mounts", uapi.EINVAL, "100444"},
	{"mountinfo", uapi.EINVAL, "100444"},
	{"uid_map", 0, "100644"},
	{"setgroups", 0, "100644"},
	{"net/dev", uapi.ENOENT, ""},
	{"status", 0, "100444"},
	{"root/tmp", uapi.ENOENT, ""},
	{"cwd", uapi.ENOENT, "120777"},
	{"exe", uapi.ENOENT, "120777"},
	{"fd/0", uapi.ENOENT, ""},
	{"fd", 0, "40500"},
}

// What v6.19.8 and v7.3.4 say of the files of a zombie, by path and relative to its
// directory, and of the directory once it is reaped.
func TestProcOfDeadTask(t *testing.T) {
	scenes(t, func(s scene) {
		c := forkOf(t, s.T)
		dir := fmt.Sprintf("/proc/%d", c.PidIn(s.T))
		pid, ns := s.open(dir, uapi.O_PATH), s.open(dir+"/ns", uapi.O_PATH)
		mounts, uidMap := s.open(dir+"/mountinfo", uapi.O_RDONLY), s.open(dir+"/uid_map", uapi.O_RDONLY)
		c.ExitGroup(0)
		require.Equal(t, sim.Zombie, s.M.Task(c.ID).State)
		for _, f := range zombieFiles {
			fd, err := s.Open(dir+"/"+f.name, uapi.O_RDONLY)
			assert.Equal(t, asError(f.want), err, f.name)
			at, err2 := s.Openat(pid, f.name, uapi.O_RDONLY)
			assert.Equal(t, err, err2, f.name)
			if err == nil {
				require.NoError(t, s.Close(fd))
				require.NoError(t, s.Close(at))
			}
			st, err := s.Lstat(dir + "/" + f.name)
			if f.mode == "" {
				assert.Equal(t, uapi.ENOENT, err, f.name)
				continue
			}
			require.NoError(t, err)
			assert.Equal(t, f.mode, fmt.Sprintf("%o", st.Mode), f.name)
		}
		_, err := s.Readlink(dir + "/ns/net")
		assert.Equal(t, uapi.ENOENT, err)
		text, err := s.Readlink(dir + "/ns/user")
		require.NoError(t, err)
		assert.Equal(t, uapi.USER_NS.LinkName(uapi.USER_NS_INIT_INO), text)

		_, err = s.WaitTask(c)
		require.NoError(t, err)
		for _, f := range zombieFiles {
			_, err := s.Openat(pid, f.name, uapi.O_RDONLY)
			assert.Equal(t, uapi.ESRCH, err, f.name)
			_, err = s.Open(dir+"/"+f.name, uapi.O_RDONLY)
			assert.Equal(t, uapi.ENOENT, err, f.name)
		}
		_, err = s.Openat(ns, "user", uapi.O_RDONLY)
		assert.Equal(t, uapi.ENOENT, err)
		for _, fd := range []int{mounts, uidMap} {
			_, err = s.Open(fmt.Sprintf("/proc/self/fd/%d", fd), uapi.O_RDONLY)
			assert.Equal(t, uapi.EINVAL, err)
			_, err = s.Read(fd, 4)
			assert.NoError(t, err)
		}
	})
}

// pid_for_children can be opened before the first child only since v7.2; once there was
// one it stays.
func TestPidForChildrenLink(t *testing.T) {
	for kernel, want := range map[string]uapi.Errno{"v6.19": uapi.ENOENT, "v7.0": uapi.ENOENT, "v7.2": 0} {
		s := scene{bootKernel(t, kernel), t}
		require.NoError(t, s.Unshare(uapi.CLONE_NEWPID))
		_, err := s.Open("/proc/self/ns/pid_for_children", uapi.O_RDONLY)
		assert.Equal(t, asError(want), err, kernel)
		c := forkOf(t, s.T)
		c.ExitGroup(0)
		_, err = s.WaitTask(c)
		require.NoError(t, err)
		_, err = s.Open("/proc/self/ns/pid_for_children", uapi.O_RDONLY)
		assert.NoError(t, err, kernel)
	}
}

// Following a link asks for the right to read the task, and looking at the link itself
// for nothing.
func TestLinkNeedsPtrace(t *testing.T) {
	scenes(t, func(s scene) {
		user := callers["dump"](t, s.T)
		for _, f := range []func(string) error{
			func(p string) error { _, e := user.Open(p, uapi.O_RDONLY); return e },
			func(p string) error { _, e := user.Open(p, uapi.O_PATH); return e },
			func(p string) error { _, e := user.Stat(p); return e },
			func(p string) error { _, e := user.Readlink(p); return e },
			func(p string) error { return user.Access(p, uapi.F_OK) },
		} {
			assert.Equal(t, uapi.EACCES, f("/proc/1/ns/net"))
			assert.NoError(t, f("/proc/self/ns/net"))
		}
		_, err := user.Lstat("/proc/1/ns/net")
		assert.NoError(t, err)
		_, err = user.Open("/proc/1/ns/net", uapi.O_PATH|uapi.O_NOFOLLOW)
		assert.NoError(t, err)
	})
}

// The inode that stat makes is gone when it returns; readlink makes none.
func TestStatIsTransient(t *testing.T) {
	s := scene{bootInit(t), t}
	c, path, _ := s.child(uapi.NET_NS)
	ns := netOf(c)
	before := refsOf(s.M, ns)
	for _, f := range []func() error{
		func() error { _, e := s.Stat(path); return e },
		func() error { return s.Access(path, uapi.R_OK) },
		func() error { return s.Access(path, uapi.X_OK) },
		func() error { _, e := s.Open(path, uapi.O_RDWR); return e },
		func() error { _, e := s.Readlink(path); return e },
		func() error { _, e := s.Lstat(path); return e },
	} {
		_ = f()
		assert.Equal(t, before, refsOf(s.M, ns))
		assert.Zero(t, s.M.Inodes.Count())
	}
	require.NoError(t, Start(s.M, s.ID, Stat{path}))
	require.True(t, RunUntil(s.M, s.ID, "vfs_getattr"))
	assert.EqualValues(t, 2, s.M.Active(ns))
	Resume(s.M, s.ID)
	Run(s.M, s.ID)
	assert.EqualValues(t, 1, s.M.Active(ns))
	assert.EqualValues(t, s.M.Nodes[ns].Inum, StatOf(s.M.Task(s.ID).Out).Ino)
}

// The open files that pin passively, by what they are about.
func TestProcFilesPin(t *testing.T) {
	scenes(t, func(s scene) {
		c := forkOf(t, s.T)
		require.NoError(t, c.Unshare(uapi.CLONE_NEWUSER|uapi.CLONE_NEWNS|uapi.CLONE_NEWNET|uapi.CLONE_NEWCGROUP))
		p := s.M.Proxy(s.M.Task(c.ID).Proxy).NS
		for name, ns := range map[string]sim.NS{
			"uid_map": userOf(c), "gid_map": userOf(c), "projid_map": userOf(c), "setgroups": userOf(c),
			"mounts": p[sim.SlotMnt], "mountinfo": p[sim.SlotMnt], "mountstats": p[sim.SlotMnt],
			"net/dev": p[sim.SlotNet], "net/unix": p[sim.SlotNet],
		} {
			passive, active := s.M.Passive(ns), s.M.Active(ns)
			fd := s.open(fmt.Sprintf("/proc/%d/%s", c.PidIn(s.T), name), uapi.O_RDONLY)
			assert.Equal(t, passive+1, s.M.Passive(ns), name)
			assert.Equal(t, active, s.M.Active(ns), name)
			path := s.open(fmt.Sprintf("/proc/%d/%s", c.PidIn(s.T), name), uapi.O_PATH)
			assert.Equal(t, passive+1, s.M.Passive(ns), name)
			require.NoError(t, s.Close(path))
			require.NoError(t, s.Close(fd))
			assert.Equal(t, passive, s.M.Passive(ns), name)
		}
		cg := p[sim.SlotCgroup]
		fd, err := c.Open("/sys/fs/cgroup/cgroup.procs", uapi.O_RDONLY)
		require.NoError(t, err)
		assert.EqualValues(t, 2, s.M.Passive(cg))
		require.NoError(t, c.Close(fd))
		assert.EqualValues(t, 1, s.M.Passive(cg))
	})
}

// An open directory of a task pins its struct pid, and with it the pid namespace.
func TestProcDirPinsPid(t *testing.T) {
	s := scene{bootInit(t), t}
	c, err := s.Clone(uapi.CLONE_NEWPID, uapi.SIGCHLD)
	require.NoError(t, err)
	ns := s.M.ActivePidNS(c.ID)
	for _, f := range []struct {
		name  string
		flags int
	}{
		{"", uapi.O_RDONLY}, {"/status", uapi.O_RDONLY}, {"/ns/net", uapi.O_PATH | uapi.O_NOFOLLOW}, {"/mounts", uapi.O_RDONLY},
	} {
		s.open(fmt.Sprintf("/proc/%d%s", c.PidIn(s.T), f.name), f.flags)
	}
	s.kill(c)
	Settle(s.M)
	assert.EqualValues(t, 1, s.M.Passive(ns))
	assert.Zero(t, s.M.Active(ns))
	s.M.EachFD(s.M.Task(s.ID).Files, func(fd int32, _ sim.FileID) {
		if fd > 2 {
			require.NoError(t, s.Close(int(fd)))
		}
	})
	Settle(s.M)
	assert.Equal(t, 1, s.M.PidNSs.Count())
}

// The numbers in /proc are those of the instance's pid namespace: self is not there for a
// task without a number in it.
func TestProcOfPidNamespaces(t *testing.T) {
	s := scene{bootInit(t), t}
	c, err := s.Clone(uapi.CLONE_NEWPID, uapi.SIGCHLD)
	require.NoError(t, err)
	text, err := c.Readlink("/proc/self")
	require.NoError(t, err)
	assert.Equal(t, fmt.Sprint(c.PidIn(s.T)), text)
	text, err = c.Readlink("/proc/thread-self")
	require.NoError(t, err)
	assert.Equal(t, fmt.Sprintf("%[1]d/task/%[1]d", c.PidIn(s.T)), text)

	require.NoError(t, c.Mkdir("/tmp/p"))
	require.NoError(t, c.Mount("p", "/tmp/p", "proc", 0))
	for path, want := range map[string]string{"/tmp/p/self": "1", "/tmp/p/thread-self": "1/task/1", "/tmp/p/net": "self/net"} {
		text, err := c.Readlink(path)
		require.NoError(t, err)
		assert.Equal(t, want, text)
	}
	for _, path := range []string{"/tmp/p/self", "/tmp/p/thread-self/ns/net", "/tmp/p/mounts"} {
		assert.Equal(t, uapi.ENOENT, s.Access(path, uapi.F_OK), path)
	}
	_, err = s.Open("/tmp/p/1/ns/pid", uapi.O_RDONLY)
	assert.NoError(t, err)
	assert.Equal(t, uapi.ENOENT, s.Access("/tmp/p/2", uapi.F_OK))
}

// Threads have directories under task, and numbers under /proc that no listing shows.
func TestProcTask(t *testing.T) {
	s := scene{bootInit(t), t}
	k := threadOf(t, s.T)
	tid, tgid := k.PidIn(s.T), s.PidIn(s.T)
	for path, want := range map[string]uapi.Errno{
		fmt.Sprintf("/proc/%d/task/%d/ns/net", tgid, tid):       0,
		fmt.Sprintf("/proc/%d/ns/net", tid):                     0,
		fmt.Sprintf("/proc/%d/task/%d/mounts", tgid, tid):       0,
		fmt.Sprintf("/proc/%d/task/%d/mountstats", tgid, tid):   uapi.ENOENT,
		fmt.Sprintf("/proc/%d/task/%d/task", tgid, tid):         uapi.ENOENT,
		fmt.Sprintf("/proc/1/task/%d", tid):                     uapi.ENOENT,
		fmt.Sprintf("/proc/%d/task/../ns/../task/%d", tid, tid): 0,
	} {
		assert.Equal(t, asError(want), s.Access(path, uapi.F_OK), path)
	}
	text, err := k.Readlink("/proc/thread-self")
	require.NoError(t, err)
	assert.Equal(t, fmt.Sprintf("%d/task/%d", tgid, tid), text)
}

// The links of descriptors, and what opening them again does.
func TestFDLinks(t *testing.T) {
	scenes(t, func(s scene) {
		ns := s.open("/proc/self/ns/net", uapi.O_RDONLY)
		path := s.open("/proc/self/ns/net", uapi.O_PATH)
		link := s.open("/proc/self/ns/net", uapi.O_PATH|uapi.O_NOFOLLOW)
		dir := s.open("/proc/self/ns", uapi.O_RDONLY|uapi.O_DIRECTORY)
		sock, err := s.Socket(uapi.AF_INET, uapi.SOCK_DGRAM, 0)
		require.NoError(t, err)
		at := func(fd int) string { return fmt.Sprintf("/proc/self/fd/%d", fd) }
		for _, c := range []struct {
			fd, flags int
			want      uapi.Errno
		}{
			{ns, uapi.O_RDONLY, 0}, {ns, uapi.O_RDWR, uapi.EPERM}, {ns, uapi.O_NOFOLLOW, uapi.ELOOP},
			{path, uapi.O_RDONLY, 0}, {link, uapi.O_RDONLY, uapi.ELOOP}, {link, uapi.O_PATH, 0},
			{sock, uapi.O_RDONLY, uapi.ENXIO}, {99, uapi.O_RDONLY, uapi.ENOENT}, {0, uapi.O_RDWR, 0},
		} {
			_, err := s.Open(at(c.fd), c.flags)
			assert.Equal(t, asError(c.want), err, "%+v", c)
		}
		text, err := s.Readlink(at(path))
		require.NoError(t, err)
		assert.Equal(t, uapi.NET_NS.LinkName(uapi.NET_NS_INIT_INO), text)
		text, err = s.Readlink(at(sock))
		require.NoError(t, err)
		assert.True(t, strings.HasPrefix(text, "socket:["), text)
		for _, c := range []struct {
			fd   int
			path string
			want uapi.Errno
		}{
			{link, "x", uapi.ENOTDIR}, {ns, "x", uapi.ENOTDIR}, {ns, "", uapi.ENOENT}, {dir, "net", 0},
			{dir, "../ns/uts", 0}, {99, "x", uapi.EBADF}, {99, "/tmp", 0},
		} {
			_, err := s.Openat(c.fd, c.path, uapi.O_RDONLY)
			assert.Equal(t, asError(c.want), err, "%+v", c)
		}
	})
}

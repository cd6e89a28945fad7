// SPDX-License-Identifier: GPL-2.0-only

package syscall

import (
	"testing"

	"github.com/nssim/nssim/sim"
	"github.com/nssim/nssim/syscall/uapi"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// Descriptors of a namespace file, as v6.19.8 and v7.3.4 treat them.
func TestDescriptors(t *testing.T) {
	scenes(t, func(s scene) {
		fd := s.open("/proc/self/ns/net", uapi.O_RDONLY)
		path := s.open("/proc/self/ns/net", uapi.O_PATH)
		none := func(e error) (int, error) { return 0, e }
		for name, c := range map[string]struct {
			call func() (int, error)
			ret  int
			want uapi.Errno
		}{
			"read":             {func() (int, error) { return s.Read(fd, 4) }, 0, uapi.EINVAL},
			"write":            {func() (int, error) { return s.Write(fd, "x") }, 0, uapi.EBADF},
			"lseek":            {func() (int, error) { return none(s.Lseek(fd)) }, 0, uapi.ESPIPE},
			"read O_PATH":      {func() (int, error) { return s.Read(path, 4) }, 0, uapi.EBADF},
			"dup2 same":        {func() (int, error) { return s.Dup2(fd, fd) }, fd, 0},
			"dup2 same closed": {func() (int, error) { return s.Dup2(99, 99) }, 0, uapi.EBADF},
			"dup2 closed":      {func() (int, error) { return s.Dup2(99, 5) }, 0, uapi.EBADF},
			"dup2 far":         {func() (int, error) { return s.Dup2(fd, 1<<20) }, 0, uapi.EBADF},
			"dup2 negative":    {func() (int, error) { return s.Dup2(fd, -1) }, 0, uapi.EBADF},
			"dup3 same":        {func() (int, error) { return s.Dup3(fd, fd, 0) }, 0, uapi.EINVAL},
			"dup3 flags":       {func() (int, error) { return s.Dup3(99, 50, uapi.O_APPEND) }, 0, uapi.EINVAL},
			"F_GETFL":          {func() (int, error) { return s.Fcntl(fd, uapi.F_GETFL, 0) }, uapi.O_LARGEFILE, 0},
			"F_GETFL O_PATH":   {func() (int, error) { return s.Fcntl(path, uapi.F_GETFL, 0) }, uapi.O_PATH, 0},
			"F_SETFL O_PATH":   {func() (int, error) { return s.Fcntl(path, uapi.F_SETFL, 0) }, 0, uapi.EBADF},
			"F_GETFD O_PATH":   {func() (int, error) { return s.Fcntl(path, uapi.F_GETFD, 0) }, 0, 0},
			"F_DUPFD far":      {func() (int, error) { return s.Fcntl(fd, uapi.F_DUPFD, 1<<20) }, 0, uapi.EINVAL},
			"unknown":          {func() (int, error) { return s.Fcntl(fd, 9999, 0) }, 0, uapi.EINVAL},
			"unknown O_PATH":   {func() (int, error) { return s.Fcntl(path, 9999, 0) }, 0, uapi.EBADF},
			"unknown closed":   {func() (int, error) { return s.Fcntl(99, 9999, 0) }, 0, uapi.EBADF},
		} {
			ret, err := c.call()
			assert.Equal(t, asError(c.want), err, name)
			if c.want == 0 {
				assert.Equal(t, c.ret, ret, name)
			}
		}
		for dir, want := range map[string]uapi.Errno{"/tmp": uapi.EISDIR, "/proc/self/ns": uapi.EISDIR, "/dev/null": 0} {
			d := s.open(dir, uapi.O_RDONLY)
			_, err := s.Read(d, 4)
			assert.Equal(t, asError(want), err, dir)
		}
	})
}

// Copies share the open file; what dup2 replaces is released before it returns.
func TestDupSharesInode(t *testing.T) {
	s := scene{bootInit(t), t}
	c, path, id := s.child(uapi.NET_NS)
	ns := netOf(c)
	fd := s.open(path, uapi.O_RDONLY)
	copies := []int{fd}
	for _, f := range []func() (int, error){
		func() (int, error) { return s.Dup(fd) },
		func() (int, error) { return s.Dup2(fd, 40) },
		func() (int, error) { return s.Dup3(fd, 41, uapi.O_CLOEXEC) },
		func() (int, error) { return s.Fcntl(fd, uapi.F_DUPFD_CLOEXEC, 50) },
	} {
		n, err := f()
		require.NoError(t, err)
		copies = append(copies, n)
	}
	assert.Equal(t, []int{fd, fd + 1, 40, 41, 50}, copies)
	assert.EqualValues(t, 2, s.M.Active(ns))
	for n, want := range map[int]int{40: 0, 41: 1, 50: 1} {
		got, err := s.Fcntl(n, uapi.F_GETFD, 0)
		require.NoError(t, err)
		assert.Equal(t, want, got, n)
	}
	_, err := s.Fcntl(50, uapi.F_SETFD, 0)
	require.NoError(t, err)
	s.kill(c)
	null := s.open("/dev/null", uapi.O_RDONLY)
	for _, n := range copies {
		assert.True(t, s.listed(id))
		_, err := s.Dup2(null, n)
		require.NoError(t, err)
	}
	assert.False(t, s.listed(id))
	assert.Zero(t, s.M.Inodes.Count())
}

// A full table is noticed before the path is walked, but after the flags and after an
// empty path.
func TestFullTable(t *testing.T) {
	s := scene{bootInit(t), t}
	for {
		if _, err := s.Dup(0); err != nil {
			require.Equal(t, uapi.EMFILE, err)
			break
		}
	}
	n := 0
	s.M.EachFD(s.M.Task(s.ID).Files, func(int32, sim.FileID) { n++ })
	assert.Equal(t, sim.RLimitNoFile, n)
	for _, c := range []struct {
		path  string
		flags int
		want  uapi.Errno
	}{
		{"/none", 0, uapi.EMFILE}, {"", 0, uapi.ENOENT}, {"/tmp", uapi.O_CREAT | uapi.O_DIRECTORY, uapi.EINVAL},
		{"/tmp/new", uapi.O_CREAT | uapi.O_RDWR, uapi.EMFILE}, {"/proc/self/ns/net", 0, uapi.EMFILE},
	} {
		_, err := s.Open(c.path, c.flags)
		assert.Equal(t, c.want, err, "%+v", c)
	}
	assert.Zero(t, s.M.Dentries.Count())
	for name, c := range map[string]struct {
		call func() (int, error)
		want uapi.Errno
	}{
		"dup":              {func() (int, error) { return s.Dup(5000) }, uapi.EBADF},
		"inotify":          {func() (int, error) { return s.InotifyInit(0) }, uapi.EMFILE},
		"inotify flags":    {func() (int, error) { return s.InotifyInit(1) }, uapi.EINVAL},
		"open_tree":        {func() (int, error) { return s.OpenTree(uapi.AT_FDCWD, "/none", 0x40) }, uapi.EMFILE},
		"fsopen":           {func() (int, error) { return s.FSOpen("tmpfs", 0) }, uapi.EMFILE},
		"fsopen bad type":  {func() (int, error) { return s.FSOpen("none", 0) }, uapi.ENODEV},
		"fsopen bad flags": {func() (int, error) { return s.FSOpen("none", 8) }, uapi.EINVAL},
	} {
		_, err := c.call()
		assert.Equal(t, c.want, err, name)
	}
	assert.Zero(t, s.M.Inodes.Count())
	assert.Zero(t, s.M.Inotifies.Count())
	assert.Zero(t, s.M.Supers.Count())
}

// A file that is read or written stays open for the call even if it is closed meanwhile.
func TestReadHoldsFile(t *testing.T) {
	s := scene{bootInit(t), t}
	k, err := s.Clone(uapi.CLONE_FILES, uapi.SIGCHLD)
	require.NoError(t, err)
	fd := s.open("/proc/self/uid_map", uapi.O_RDONLY)
	require.NoError(t, Start(s.M, s.ID, Read{int32(fd), 100}))
	require.True(t, RunUntil(s.M, s.ID, "vfs_read"))
	require.NoError(t, k.Close(fd))
	Resume(s.M, s.ID)
	Run(s.M, s.ID)
	n, err := Result(s.M, s.ID)
	require.NoError(t, err)
	assert.EqualValues(t, len("         0          0 4294967295\n"), n)
	files := s.M.Files.Count()
	again := s.open("/proc/self/uid_map", uapi.O_RDONLY)
	assert.Equal(t, fd, again)
	assert.Equal(t, files+1, s.M.Files.Count())
}

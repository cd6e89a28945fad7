// SPDX-License-Identifier: GPL-2.0-only

package uapi

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// Numbers written out a second time, independently of how the package derives them.
func TestKnownValues(t *testing.T) {
	for name, want := range map[string]uint64{
		"ENOENT": 2, "EAGAIN": 11, "EWOULDBLOCK": 11, "ENOTSUP": 95, "ESTALE": 116, "EHWPOISON": 133,
		"CLONE_NEWNS": 0x20000, "CLONE_NEWCGROUP": 0x2000000, "CLONE_NEWUSER": 0x10000000,
		"CLONE_NEWPID": 0x20000000, "CLONE_NEWNET": 0x40000000, "CLONE_NEWTIME": 0x80,
		"CLONE_CLEAR_SIGHAND": 0x100000000, "CLONE_INTO_CGROUP": 0x200000000,
		"CLONE_AUTOREAP": 0x400000000, "CLONE_NNP": 0x800000000,
		"CLONE_PIDFD_AUTOKILL": 0x1000000000, "CLONE_EMPTY_MNTNS": 0x2000000000,
		"UNSHARE_EMPTY_MNTNS": 0x100000,
		"NS_GET_USERNS":       0xb701, "NS_GET_PARENT": 0xb702, "NS_GET_NSTYPE": 0xb703,
		"NS_GET_OWNER_UID": 0xb704, "NS_GET_MNTNS_ID": 0x8008b705,
		"NS_GET_PID_FROM_PIDNS": 0x8004b706, "NS_GET_TGID_FROM_PIDNS": 0x8004b707,
		"NS_GET_PID_IN_PIDNS": 0x8004b708, "NS_GET_TGID_IN_PIDNS": 0x8004b709,
		"NS_MNT_GET_INFO": 0x8010b70a, "NS_MNT_GET_NEXT": 0x8010b70b, "NS_MNT_GET_PREV": 0x8010b70c,
		"NS_GET_ID": 0x8008b70d, "SIOCGSKNS": 0x894c,
		"PIDFD_GET_CGROUP_NAMESPACE": 0xff01, "PIDFD_GET_UTS_NAMESPACE": 0xff0a, "PIDFD_GET_INFO": 0xc058ff0b,
		"NET_NS": 0x40000000, "TIME_NS": 0x80, "MNT_NS_INIT_ID": 8, "NET_NS_INIT_INO": 4026531833,
		"AT_FDCWD": 1<<64 - 100, "FD_NSFS_ROOT": 1<<64 - 10003, "FILEID_NSFS": 0xf1,
		"O_CLOEXEC": 0o2000000, "O_PATH": 0o10000000, "O_TMPFILE": 0o20200000, "O_SYNC": 0o4010000,
		"MS_REC": 0x4000, "MS_PRIVATE": 0x40000, "SO_NETNS_COOKIE": 71, "SIGCHLD": 17,
		"CAP_SYS_ADMIN": 21, "CAP_LAST_CAP": 40, "CAP_VALID_MASK": 0x1ffffffffff,
		"SECURE_ALL_LOCKS": 0xaaa, "__WALL": 0x40000000, "SYS_listns": 470, "SYS_setns": 308,
		"LISTNS_CURRENT_USER": 0xffffffffffffffff, "IN_ALL_EVENTS": 0xfff,
	} {
		got, ok := ConstantByName(name)
		require.True(t, ok, name)
		assert.Equal(t, want, got, name)
	}
	_, ok := ConstantByName("CLONE_NEWFANGLED")
	assert.False(t, ok)
}

func TestErrno(t *testing.T) {
	assert.Equal(t, "ESTALE (Stale file handle)", ESTALE.Error())
	assert.Equal(t, "EAGAIN", EWOULDBLOCK.Name())
	assert.Equal(t, "no error", Errno(0).Error())
	assert.Equal(t, "0", Errno(0).Name())
	for _, hole := range []Errno{41, 58, 134, 65535} {
		assert.False(t, hole.Known())
		assert.Contains(t, hole.Error(), "Unknown error")
	}
	known := 0
	for e := range Errno(200) {
		if !e.Known() {
			continue
		}
		known++
		got, ok := ErrnoByName(e.Name())
		assert.True(t, ok)
		assert.Equal(t, e, got)
		assert.Greater(t, len(e.Error()), len(e.Name())+len(" ()"), "no text for %s", e.Name())
	}
	assert.Equal(t, 131, known)
	_, ok := ErrnoByName("ESCHATON")
	assert.False(t, ok)
	got, ok := ErrnoByName("ENOTSUP")
	assert.True(t, ok)
	assert.Equal(t, EOPNOTSUPP, got)
}

func TestSignals(t *testing.T) {
	for s := range Signal(70) {
		got, ok := SignalByName(s.String())
		assert.Equal(t, s.Valid(), ok, s.String())
		if ok {
			assert.Equal(t, s, got)
		}
	}
	assert.Equal(t, "SIGCHLD", Signal(SIGCHLD).String())
	assert.Equal(t, "SIGRT_3", Signal(SIGRTMIN+3).String())
	got, ok := SignalByName("SIGPOLL")
	assert.True(t, ok)
	assert.EqualValues(t, SIGIO, got)
}

func TestWaitStatus(t *testing.T) {
	for _, c := range []struct {
		status WaitStatus
		word   uint32
		code   int
		text   string
	}{
		{ExitStatus(0), 0, CLD_EXITED, "WIFEXITED(s) && WEXITSTATUS(s) == 0"},
		{ExitStatus(-1), 0xff00, CLD_EXITED, "WIFEXITED(s) && WEXITSTATUS(s) == 255"},
		{SignalStatus(SIGKILL, false), 9, CLD_KILLED, "WIFSIGNALED(s) && WTERMSIG(s) == SIGKILL"},
		{SignalStatus(SIGSEGV, true), 0x8b, CLD_DUMPED, "WIFSIGNALED(s) && WTERMSIG(s) == SIGSEGV && WCOREDUMP(s)"},
		{StopStatus(SIGSTOP), 0x137f, CLD_STOPPED, "WIFSTOPPED(s) && WSTOPSIG(s) == SIGSTOP"},
		{ContinuedStatus(), 0xffff, CLD_CONTINUED, "WIFCONTINUED(s)"},
		{0xff, 0xff, 0, "0xff"},
	} {
		assert.EqualValues(t, c.word, c.status)
		assert.Equal(t, c.code, c.status.Code(), c.text)
		assert.Equal(t, c.text, c.status.String())
	}
	assert.Equal(t, 7, ExitStatus(7).ExitCode())
	assert.Equal(t, -1, StopStatus(SIGSTOP).ExitCode())
	assert.Zero(t, ExitStatus(7).TermSignal())
	assert.Zero(t, ExitStatus(7).StopSignal())
}

// A status is at most one of the four things that wait can report.
func TestWaitStatusExclusive(t *testing.T) {
	for w := range WaitStatus(0x10000) {
		n := 0
		for _, is := range []bool{w.Exited(), w.Signaled(), w.Stopped(), w.Continued()} {
			if is {
				n++
			}
		}
		require.LessOrEqual(t, n, 1, "%#x", uint32(w))
	}
}

func TestCaps(t *testing.T) {
	var all []int
	for c := range CAP_LAST_CAP + 1 {
		name := CapName(c)
		assert.True(t, strings.HasPrefix(name, "CAP_"), "%d", c)
		got, ok := CapByName(name)
		assert.True(t, ok)
		assert.Equal(t, c, got)
		all = append(all, c)
	}
	assert.Equal(t, uint64(CAP_VALID_MASK), CapMask(all...))
	assert.Equal(t, uint64(1<<63), CapMask(-1, 63, 64))
	assert.Equal(t, "41", CapName(CAP_LAST_CAP+1))
	assert.Equal(t, "-1", CapName(-1))
}

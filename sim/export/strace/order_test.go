// SPDX-License-Identifier: GPL-2.0-only

package strace_test

import (
	"testing"

	"github.com/nssim/nssim/sim"
	"github.com/nssim/nssim/sim/export/strace"
	"github.com/stretchr/testify/require"
)

// A call on two lines takes effect on the second one, or before, if another call shows it.
func TestUnfinished(t *testing.T) {
	forked := []string{
		`10 clone(child_stack=NULL, flags=SIGCHLD) = 11`,
		`11 unshare(CLONE_NEWNET <unfinished ...>`,
		`10 listns({size=32, ns_id=0, ns_type=NET_NS, user_ns_id=0}, LIST, 8, 0) = N`,
		`11 <... unshare resumed>) = 0`,
		`11 listns({size=32, ns_id=0, ns_type=NET_NS, user_ns_id=0}, [0x7, 0x20], 8, 0) = 2`,
	}
	for list, early := range map[string]int{"[0x7], 8, 0) = 1": 0, "[0x7, 0x20], 8, 0) = 2": 1} {
		lines := append([]string(nil), forked...)
		lines[2] = `10 listns({size=32, ns_id=0, ns_type=NET_NS, user_ns_id=0}, ` + list
		require.Equal(t, early, read(t, lines...).Early, list)
	}
}

// A listing on two lines was made at some moment between them.
func TestListingInBetween(t *testing.T) {
	i := read(t,
		`10 clone(child_stack=NULL, flags=SIGCHLD) = 11`,
		`11 unshare(CLONE_NEWNET) = 0`,
		`10 listns({size=32, ns_id=0, ns_type=NET_NS, user_ns_id=0} <unfinished ...>`,
		`11 exit_group(0) = ?`,
		`11 +++ exited with 0 +++`,
		`10 <... listns resumed>, [0x7, 0x20], 8, 0) = 2`,
		`10 wait4(11, NULL, 0, NULL) = 11`,
		`10 listns({size=32, ns_id=0, ns_type=NET_NS, user_ns_id=0}, [0x7], 8, 0) = 1`,
	)
	require.Equal(t, 1, i.Early)
}

// A signal that ends a process need not do so before the call that sends it returns.
func TestLateSignal(t *testing.T) {
	read(t,
		`10 clone(child_stack=NULL, flags=SIGCHLD) = 11`,
		`11 unshare(CLONE_NEWNET) = 0`,
		`10 kill(11, SIGTERM) = 0`,
		`10 wait4(-1, 0x7ffc0000, WNOHANG, NULL) = 0`,
		`11 listns({size=32, ns_id=0, ns_type=NET_NS, user_ns_id=0}, [0x7, 0x20], 8, 0) = 2`,
		`11 --- SIGTERM {si_signo=SIGTERM, si_code=SI_USER, si_pid=10, si_uid=0} ---`,
		`11 +++ killed by SIGTERM +++`,
		`10 wait4(-1, [{WIFSIGNALED(s) && WTERMSIG(s) == SIGTERM}], WNOHANG, NULL) = 11`,
	)
}

// The parent of a vfork goes on when the child has executed a program.
func TestVfork(t *testing.T) {
	i := read(t,
		`10 vfork( <unfinished ...>`,
		`11 unshare(CLONE_NEWNET) = 0`,
		`11 execve("/bin/x", ["x"], 0x7ffc /* 3 vars */ <unfinished ...>`,
		`10 <... vfork resumed>) = 11`,
		`11 <... execve resumed>) = 0`,
		`11 exit_group(1) = ?`,
		`11 +++ exited with 1 +++`,
		`10 wait4(11, [{WIFEXITED(s) && WEXITSTATUS(s) == 1}], 0, NULL) = 11`,
	)
	require.Contains(t, body(i), "init: vfork() = t11 <unfinished ...>\n")
	require.Contains(t, body(i), "init: <... vfork resumed>\n")
}

// Processes that a signal ends although nobody in the log sends one: from outside, or with
// the pid namespace.
func TestKilledFromOutside(t *testing.T) {
	i := read(t,
		`10 clone(child_stack=NULL, flags=CLONE_NEWPID|SIGCHLD) = 11`,
		`11 clone(child_stack=NULL, flags=SIGCHLD) = 2`,
		`12 pause( <unfinished ...>`,
		`11 exit_group(0) = ?`,
		`12 <... pause resumed>) = ?`,
		`12 +++ killed by SIGKILL +++`,
		`11 +++ exited with 0 +++`,
		`10 wait4(11, [{WIFEXITED(s) && WEXITSTATUS(s) == 0}], 0, NULL) = 11`,
		`10 +++ killed by SIGHUP +++`,
	)
	require.Contains(t, body(i), "init: kill(init, SIGHUP)")
	require.NotContains(t, body(i), "kill(t")
}

// An id that a call has put out without strace showing it is known by its use; a number that
// no call has put out stays what it is.
func TestHiddenID(t *testing.T) {
	i := read(t,
		`10 unshare(CLONE_NEWUSER|CLONE_NEWNET) = 0`,
		`10 openat(AT_FDCWD, "/proc/self/ns/user", O_RDONLY) = 3`,
		`10 ioctl(3, _IOC(_IOC_READ, 0xb7, 0xd, 0x8), 0x7ffc0000) = 0`,
		`10 listns({size=32, ns_id=0, ns_type=0, user_ns_id=0x55}, [0x56], 8, 0) = 1`,
		`10 listns({size=32, ns_id=0, ns_type=0, user_ns_id=0xfffff}, 0x7ffc0000, 8, 0) = -1 EINVAL (Invalid argument)`,
	)
	require.Contains(t, body(i), "user_ns_id=id3}")
}

// Ids are given out in order. Inode numbers are used again when their namespace is gone, and
// mean one namespace at a time.
func TestNumbers(t *testing.T) {
	list := `listns({size=32, ns_id=0, ns_type=NET_NS, user_ns_id=0}, `
	for second, good := range map[string]bool{"0x21": true, "0x40": true, "0x20": false, "0x1f": false} {
		i, err := strace.Read("log", []byte(`10 unshare(CLONE_NEWNET) = 0
10 openat(AT_FDCWD, "/proc/self/ns/net", O_RDONLY) = 3
10 `+list+`[0x7, 0x20], 8, 0) = 2
10 unshare(CLONE_NEWNET) = 0
10 `+list+`[0x7, 0x20, `+second+`], 8, 0) = 3
`), strace.Options{Config: sim.Config{Kernel: "v6.19.9"}})
		require.NoError(t, err)
		require.Equal(t, good, len(i.Divergences) == 0, second)
	}
	stat := func(ino string) string {
		return `10 newfstatat(AT_FDCWD, "/proc/self/ns/net", {st_dev=makedev(0, 0x4), st_ino=` + ino + `, st_mode=S_IFREG|0444, st_nlink=1}, 0) = 0`
	}
	read(t, `10 unshare(CLONE_NEWNET) = 0`, stat("4026532111"), `10 unshare(CLONE_NEWNET) = 0`, stat("4026532111"))
	i, err := strace.Read("log", []byte("10 unshare(CLONE_NEWNET) = 0\n"+stat("4026532111")+"\n"+
		`10 openat(AT_FDCWD, "/proc/self/ns/net", O_RDONLY) = 3`+"\n10 unshare(CLONE_NEWNET) = 0\n"+stat("4026532111")+"\n"), strace.Options{})
	require.NoError(t, err)
	require.Len(t, i.Divergences, 1, "the first namespace is held by descriptor 3")
}

// How much room there is behind an address is known from the mappings in the log.
func TestFaults(t *testing.T) {
	i := read(t,
		`10 mmap(NULL, 8192, PROT_READ|PROT_WRITE, MAP_PRIVATE|MAP_ANONYMOUS, -1, 0) = 0x7f0000000000`,
		`10 munmap(0x7f0000001000, 4096) = 0`,
		`10 listns({size=32, ns_id=0, ns_type=0, user_ns_id=0}, 0x7f0000000ff0, 8, 0) = -1 EFAULT (Bad address)`,
		`10 listns({size=32, ns_id=0, ns_type=0, user_ns_id=0}, NULL, 8, 0) = -1 EFAULT (Bad address)`,
	)
	require.Contains(t, body(i), "listns({}, room(2), 8) = -EFAULT\n")
	require.Contains(t, body(i), "listns({}, NULL, 8) = -EFAULT\n")
}

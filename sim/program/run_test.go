// SPDX-License-Identifier: GPL-2.0-only

package program

import (
	"fmt"
	"maps"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/nssim/nssim/refcount"
	"github.com/nssim/nssim/sim"
	"github.com/nssim/nssim/syscall"
	"github.com/nssim/nssim/syscall/uapi"
)

// runText runs a program on the default kernel.
func runText(t testing.TB, text string) *Report {
	t.Helper()
	return runOn(t, sim.Config{}, text)
}

func runOn(t testing.TB, cfg sim.Config, text string) *Report {
	t.Helper()
	p, err := Parse("t.ns", []byte(text))
	require.NoError(t, err, text)
	rep, err := Run(p, cfg)
	require.NoError(t, err, text)
	return rep
}

// passing is programs for the forms that the format's description documents.
var passing = []struct{ name, text string }{
	{"results", `
init: getpid() = me
init: getpid() = me >= 1 > 0 < 1000 <= 999 != 0
init: getpid() = init
init: open("/nowhere", O_RDONLY) = -ENOENT
init: open("/nowhere", O_RDONLY) = -EPERM|-ENOENT
init: open("/nowhere", O_RDONLY) < 0
init: open("/nowhere", O_RDONLY) = _
init: open("/proc/self/ns/net", O_RDONLY) = fd skip if -ENOENT "none"
init: open("/nowhere", O_RDONLY) = _ skip if -EPERM "not this one"
init: listns({}, 64) = 9 has 7, 8 lacks 11, 12
init: listns({ns_type=NET_NS}, 64) = [7]
init: listns({ns_type=NET_NS}, &nets, 64) = [7] = n
?     nets == [7] and n == 1 and len(nets) == 1
init: listns({ns_type=NET_NS}, 64) = nets
init: listns({ns_id=99}, &none, 64) = _ lacks 7
?     none == []
`},
	{"names of tasks", `
init: fork() = t1
t1:   getppid() = init
t1:   setsid() = t1
t1:   getpid() = t1
t1:   unshare(CLONE_NEWPID) = 0
t1:   fork() = t2
t2:   getpid() = 1
t2:   getppid() = 0
t2:   getpid() = t2
t1:   getpid() = t1
t2:   stat("/proc/{t1}/ns/pid", &a) = 0  # /proc is the initial namespace's
init: stat("/proc/{t2}/ns/pid", &b) = 0
?     a.st_ino != b.st_ino
?     t2 != t1 and t1 == t1
t2:   exit_group(3)
t1:   wait4(t2, &st) = t2
?     st == exited(3) and st == 3 << 8
t1:   kill(t2, 0) = -ESRCH  # its number is remembered
t1:   exit_group(0)
init: waitid(P_PID, t1, &ws, WEXITED|WNOWAIT) = 0
?     ws == exited(0) and state(t1) == zombie
init: wait4(-1) = t1
?     state(t1) == dead and state(t2) == dead and state(init) == running
settle
?     state(t1) == dead
init: wait4(-1, _, WNOHANG) = -ECHILD
`},
	{"names of descriptors", `
init: open("/proc/self/ns/net", O_RDONLY) = fd
init: dup(fd) = fd2
init: dup2(fd, 9) = nine
init: close(raw(nine)) = 0
init: fork() = c
c:    fstat(fd, &st)  # inherited
c:    close(fd2)
init: close(fd2)
init: open("/proc/self/ns/net", O_RDONLY) = 4
init: close(4)
init: fcntl(fd, F_DUPFD, 20) = 20
init: fcntl(fd, F_DUPFD_CLOEXEC, 20) = twenty1
init: fcntl(twenty1, F_GETFD) = FD_CLOEXEC
init: dup3(fd, 30, O_CLOEXEC) = thirty
init: readlink("/proc/self/fd/{thirty}", &link) = len(link)
?     link == "net:[{st.st_ino}]"
c:    readlink("/proc/{init}/fd/{thirty}", &link2)
?     link2 == link
init: openat(AT_FDCWD, "/proc/self/ns/net", O_RDONLY) = again
?     inum(again) == st.st_ino
`},
	{"values", `
init: capget(&c)
?     c.effective & 1 << CAP_SYS_ADMIN != 0
?     0x10 == 16 and 010 == 8 and -1 == ~0 and 7 % 4 == 3 and 2 + 3 * 4 == 14
?     1 << 4 == 16 and 0xff >> 4 == 15 and 10 - 3 == 7 and (1|2|4) == 7 and 6 & 3 == 2
?     not 0 and not (1 == 2) or 1 == 2
?     3 in [1, 2, 3] and [1, 2] has 2 and [1, 2] lacks 3 and [1, 2] has [1, 2]
?     [1, 2][0] == 1 and [1, 2][-1] == 2
?     "a{c.effective % 2}b" == "a1b" and len("abc") == 3 and "\x41\t\n\\\{" == "A\t\n\\\{"
?     -1 < 0
?     init.net < LISTNS_CURRENT_USER
?     exited(1) != killed(SIGKILL)
?     "a" < "b"
`},
	{"namespaces", `
init: fork() = c
c:    unshare(CLONE_NEWUSER|CLONE_NEWNET) = 0
c:    open("/proc/self/ns/net", O_RDONLY) = fd
?     c.net != init.net and c.uts == init.uts and c.time_for_children == c.time
?     owner(c.net) == c.user and owner(c.user) == 3 and owner(init.user) == 0
?     type(c.net) == CLONE_NEWNET and type(fd) == NET_NS
?     inum(fd) == inum(c.net)
?     active(c.net) == 2 and active(fd) == 2 and listed(fd) and exists(fd)
c:    ioctl(fd, NS_GET_ID, &net) = 0
c:    ioctl(fd, NS_GET_USERNS) = ufd
c:    ioctl(ufd, NS_GET_ID, &user) = 0
?     net == c.net and user == c.user
c:    exit_group(0)
init: wait4(c) = c
?     active(net) == 0 and not listed(net)
?     owner(net) == user and type(user) == USER_NS and inum(net) != 0  # remembered
settle
?     passive(net) == 0 and not exists(net) and not exists(user)
?     warnings() == 0
`},
	{"unfinished", `
init: fork() = c
c:    pause() <unfinished ...>
?     state(c) == blocked
init: wait4(c, &st) <unfinished ...>
?     state(init) == blocked
`},
	{"resumed", `
init: fork() = c
c:    fork() = d
c:    wait4(d, &st) <unfinished ...>
d:    exit_group(4)
c:    <... wait4 resumed> = d
?     st == exited(4)
c:    pause() <unfinished ...>
init: kill(c, SIGTERM)
?     state(c) == zombie
init: wait4(c, &sc) = c
?     sc == killed(SIGTERM)
`},
	{"until", `
init: fork() = c
c:    unshare(CLONE_NEWNET) until switch_task_namespaces <unfinished ...>
?     state(c) == blocked and c.net == 7
c:    <... unshare resumed> until done <unfinished ...>
?     c.net != 7
c:    <... unshare resumed> = 0
?     state(c) == running
`},
	{"a call that makes a task, stopped", `
init: fork() until done = c <unfinished ...>
c:    getpid() = c
init: <... fork resumed> = c
`},
	{"an end that takes its time", `
init: unshare(CLONE_NEWPID) = 0
init: fork() = one
init: fork() = two
one:  exit_group(0) <unfinished ...>  # waits until its namespace is empty
?     state(one) == blocked and state(two) == zombie
init: wait4(two) = two
one:  <... exit_group resumed>
?     state(one) == zombie
init: fork() = -ENOMEM
`},
	{"an end that is stopped", `
init: fork() = c
c:    exit_group(0) until exit_files <unfinished ...>
c:    <... exit_group resumed> until exit_notify <unfinished ...>
c:    <... exit_group resumed>
?     state(c) == zombie
`},
	{"waiting", `
init: fork() = c
init: wait4(-1, &st0, WNOHANG) = 0
init: waitid(P_ALL, 0, _, WEXITED|WNOHANG) = 0
init: wait4(-c) = -ECHILD  # a process group
c:    exit_group(256 + 7)
init: wait4(0, &st) = who
?     st == exited(7) and who == c and who != init
init: wait4(who) = -ECHILD
init: clone(CLONE_NEWUTS) = d
init: pidfd_open(d) = pfd
d:    exit_group(0)
init: waitid(P_PIDFD, pfd) = 0
init: pidfd_open(d) = -ESRCH
init: fork() = 5
init: kill(5, SIGKILL)
init: wait4(-1) = 5 = other
?     other == 5 and state(other) == dead
init: kill(other, 0) = -ESRCH
init: getpid() != who >= 1
`},
	{"arguments in other forms", `
init: fork() = c
c:    open("/proc/self/ns/net", O_RDONLY) = fd
init: pidfd_open(c) = pfd
init: pidfd_getfd(pfd, fd) = got
init: pidfd_getfd(pfd, 3) = got2
init: pidfd_getfd(raw(fd), fd) = got3
init: pidfd_getfd(0, fd) = -EBADF
init: name_to_handle_at(got, "", &h, _, AT_EMPTY_PATH)
init: open_by_handle_at(FD_NSFS_ROOT, h{handle_bytes=20, tail="00000000"}, O_RDONLY) = o1
init: mmap(NULL, 4096) = addr
init: listns(addr, 64) = -EINVAL  # zeros
init: open_by_handle_at(FD_NSFS_ROOT, addr, O_RDONLY) = -EINVAL
init: listns({}, addr + 4088, 1) = 1
init: listns({}, addr + 4088, 2) = -EFAULT
init: munmap(addr, 4096)
init: listns(addr, 64) = -EFAULT
init: listns({}, &all, 64) has [1, 2], all lacks [99, 100] >= all[0]
?     all has all and not (all lacks [7, 99]) and "{all[0]}" == "1"
init: readlink("/proc/self/ns/net", &l) = len("net:[4026531833]")
?     l == "net:[{inum(7)}]"
`},
	{"vfork", `
init: vfork() = c <unfinished ...>
?     state(init) == blocked
c:    getpid() = c
c:    execve("/bin/true") = 0
init: <... vfork resumed> = c
c:    exit_group(0)
init: wait4(c) = c
init: vfork() = d <unfinished ...>
d:    exit_group(1)
init: <... vfork resumed> = d
`},
	{"clone3", `
init: clone3({flags=CLONE_PIDFD|CLONE_NEWPID, exit_signal=SIGCHLD, pidfd=&pfd, set_tid=[1, 77]}) = c
?     c == 77
c:    getpid() = 1
init: pidfd_send_signal(pfd, SIGKILL) = 0
init: waitid(P_PIDFD, pfd, &st) = 0
?     st == killed(SIGKILL)
init: clone3({flags=CLONE_PIDFD, exit_signal=SIGCHLD}) = -EFAULT
init: clone(CLONE_NEWUTS|SIGCHLD) = d
?     d.uts != init.uts
init: clone(CLONE_VM|CLONE_SIGHAND|CLONE_THREAD) = th
th:   gettid() = th
th:   getpid() = init
th:   exit(0)
`},
	{"exit signals", `
init: clone(65) = a
init: clone(CLONE_NEWTIME|SIGCHLD) = b
init: clone(CLONE_NEWNS|CLONE_FS|255) = -EINVAL
init: clone(CLONE_DETACHED|SIGCHLD) = c
init: clone3({exit_signal=64}) = d
init: clone3({exit_signal=65}) = -EINVAL
init: clone3({exit_signal=256}) = -EINVAL
init: clone3({exit_signal=0x100000011}) = -EINVAL
init: clone3({flags=SIGCHLD}) = -EINVAL
init: clone3({flags=CLONE_PARENT, exit_signal=SIGCHLD}) = -EINVAL
init: clone3({flags=CLONE_DETACHED}) = -EINVAL
init: clone3({flags=CLONE_AUTOREAP}) = -EINVAL
init: clone3({flags=CLONE_NEWTIME, exit_signal=SIGCHLD}) = e
init: clone3({stack=0x1000}) = -EINVAL
init: clone3({stack_size=4096}) = -EINVAL
init: clone3({stack=0x1000, stack_size=4096}) = f
init: clone(CLONE_VM) = g
g:    exit_group(3)
init: wait4(g, &st) = g
?     st == exited(3)
`},
	{"exit signals since v7.1", `
config kernel=v7.1
init: clone(65) = -EINVAL
init: clone(CLONE_NEWTIME|SIGCHLD) = -EINVAL
init: clone(CLONE_NEWUTS|64) = a
init: clone3({flags=CLONE_AUTOREAP, exit_signal=SIGCHLD}) = -EINVAL
init: clone3({flags=CLONE_AUTOREAP}) = b
init: clone3({flags=CLONE_PIDFD_AUTOKILL}) = -EINVAL
init: clone3({flags=CLONE_PIDFD_AUTOKILL|CLONE_AUTOREAP|CLONE_PIDFD, pidfd=&p}) = c
init: clone3({flags=CLONE_EMPTY_MNTNS|CLONE_NNP, exit_signal=SIGCHLD}) = d
`},
	{"handles", `
init: open("/proc/self/ns/net", O_RDONLY) = fd
init: name_to_handle_at(fd, "", &h, &mnt, AT_EMPTY_PATH) = 0
?     h.ns_id == 7 and h.handle_bytes == 16 and h.handle_type == 0xf1 and h.ns_inum == inum(7)
?     h.ns_type == NET_NS and mnt != 0
init: name_to_handle_at(fd, "", &h8{handle_bytes=8}, _, AT_EMPTY_PATH) = -EOVERFLOW
?     h8.handle_bytes == 16
init: open_by_handle_at(FD_NSFS_ROOT, h, O_RDONLY) = fd2
init: open_by_handle_at(FD_NSFS_ROOT, h{ns_inum=0}, O_RDONLY) = -ESTALE
init: open_by_handle_at(FD_NSFS_ROOT, h{ns_inum=0, ns_type=0}, O_RDONLY) = fd3
init: open_by_handle_at(FD_NSFS_ROOT, {ns_id=7}, O_RDONLY) = fd4
init: open_by_handle_at(FD_NSFS_ROOT, {ns_id=7, handle_type=0}, O_RDONLY) = -ESTALE
init: open_by_handle_at(fd, {ns_id=7, ns_type=NET_NS, ns_inum=h.ns_inum, handle_bytes=20, tail="00000000"}, O_RDONLY) = fd5
init: open_by_handle_at(FD_NSFS_ROOT, {ns_id=7, handle_bytes=8}, O_RDONLY) = -ESTALE
init: open_by_handle_at(FD_NSFS_ROOT, {ns_id=7, handle_bytes=0}, O_RDONLY) = -EINVAL
init: open_by_handle_at(FD_NSFS_ROOT, {ns_id=7, handle_bytes=129}, O_RDONLY) = -EINVAL
init: open_by_handle_at(FD_NSFS_ROOT, NULL, O_RDONLY) = -EFAULT
init: open_by_handle_at(FD_NSFS_ROOT, room(0), O_RDONLY) = -EFAULT
init: fstat(fd, &s1)
init: fstat(fd5, &s2)
?     s1 == s2 and h == h and h != h8
`},
	{"memory", `
init: mmap(NULL, 8192) = addr
init: listns({}, addr + 8192 - 24, 64) = -EFAULT
init: listns({}, addr, 64) = 9
init: listns({}, room(9), 64) = 9
init: listns({}, room(8), 64) = -EFAULT
init: listns({}, room(0), 0) = 0
init: listns({}, kernel(), 1) = -EFAULT
init: listns({}, NULL, 1) = -EFAULT
init: listns({}, 1, 0x1) = -EINVAL  # three numbers: one entry, flag 1
init: listns(NULL, 64) = -EFAULT
init: listns(room(0), 64) = -EFAULT
init: listns(room(1), 64) = -EINVAL  # a size of 0
init: listns({size=31}, 64) = -EINVAL
init: listns({size=40}, 64) = 9
init: listns({size=40, tail="0000000000000001"}, 64) = -E2BIG
init: listns({size=5000}, 64) = -E2BIG
init: listns({spare2=1}, 64) = 9
init: listns({ns_type=1}, 64) = -EOPNOTSUPP
init: munmap(addr + 4096, 4096) = 0
init: listns({}, addr + 4096 - 8, 64) = -EFAULT
init: open("/proc/self/ns/mnt", O_RDONLY) = fd
init: ioctl(fd, NS_GET_ID, NULL) = -EFAULT
init: ioctl(fd, NS_GET_ID, room(0)) = -EFAULT
init: ioctl(fd, NS_GET_ID, addr) = 0
init: ioctl(fd, NS_GET_ID, _) = 0
init: ioctl(fd, NS_MNT_GET_INFO, &info) = 0
?     info.size == 16 and info.mnt_ns_id == 8 and info.nr_mounts >= 5
init: ioctl(fd, NS_MNT_GET_NEXT, &next) = nfd
?     next.mnt_ns_id == 10 and type(nfd) == MNT_NS
init: ioctl(nfd, NS_GET_MNTNS_ID, &mid) = 0
?     mid == 10
init: ioctl(nfd, NS_MNT_GET_PREV, NULL) = -EFAULT
`},
	{"pid translation", `
init: open("/proc/self/ns/pid", O_RDONLY) = fd
init: fork() = c
init: ioctl(fd, NS_GET_PID_IN_PIDNS, c) = c
init: ioctl(fd, NS_GET_TGID_FROM_PIDNS, 12345) = -ENOTTY
init: open("/proc/self/ns/user", O_RDONLY) = ufd
init: ioctl(ufd, NS_GET_OWNER_UID, &uid) = 0
init: ioctl(ufd, NS_GET_NSTYPE) = USER_NS
init: ioctl(ufd, NS_GET_PARENT) = -EPERM
?     uid == 0
`},
	{"pages", `
init: pages({}, &all, 2) = 9 has 7, 8
?     len(all) == 9 and all[-1] == 10
init: pages({ns_id=3}, 100) = [4, 5, 6, 7, 8, 10]
init: pages({ns_id=99}, &none, 3) = 0
init: pages({size=40}, &larger, 2) = all
?     none == []
init: pages({spare=1}, &bad, 3) = -EINVAL
?     bad == []
`},
	{"walk", `
init: walk({}) = [1, 2, 3, 4, 5, 6, 7, 8, 10]
init: walk({ns_type=NET_NS|MNT_NS}) = [7, 8, 10]
init: unshare(CLONE_NEWNET) = 0
init: socket(AF_INET, SOCK_DGRAM, 0) = sk
init: unshare(CLONE_NEWUSER|CLONE_NEWNET) = 0
init: listns({ns_type=NET_NS}, 64) = [13]
init: walk({ns_type=NET_NS}, &nets) = 3 has 7, 11, 13
init: walk({user_ns_id=LISTNS_CURRENT_USER}) = [13]
init: walk({ns_type=UTS_NS, user_ns_id=LISTNS_CURRENT_USER}) = []
init: walk({user_ns_id=3}) has 11, 12
init: walk({user_ns_id=7}) = -EINVAL
init: walk({ns_type=1}) = -EOPNOTSUPP
?     nets == [7, 11, 13] and active(11) == 0
settle
init: walk({ns_type=NET_NS}) = [7, 11, 13]
`},
	{"files", `
init: mkdir("/tmp/d", 0700) = 0
init: mkdir("/tmp/d") = -EEXIST
init: chdir("/tmp/d") = 0
init: open("/tmp/d/f", O_RDWR|O_CREAT, 0600) = f
init: write(f, "hello") = 5
init: read(f, 5) >= 0
init: write("/tmp/d/f", "more") = 4
init: write("/tmp/d/nowhere", "more") = -ENOENT
init: access("/tmp/d/f", F_OK) = 0
init: lstat("/proc/self/ns/net", &l) = 0
?     l.st_mode & S_IFMT == S_IFLNK
init: unlink("/tmp/d/f") = 0
init: rmdir("/tmp/d") = 0
init: chroot("/") = 0
init: execve("/bin/true") = 0
init: inotify_init() = ino
init: inotify_add_watch(ino, "/tmp", IN_CREATE) = wd
init: inotify_rm_watch(ino, wd) = 0
`},
	{"mounts", `
init: unshare(CLONE_NEWNS)
init: mount(NULL, "/", NULL, MS_REC|MS_PRIVATE) = 0
init: mount("tmpfs", "/mnt", "tmpfs", 0) = 0
init: umount2("/mnt", 0) = 0
init: umount2("/mnt", 0) = -EINVAL
init: open_tree(AT_FDCWD, "/tmp", OPEN_TREE_CLONE) = tree
init: move_mount(tree, "/mnt") = 0
init: fsopen("tmpfs") = ctx
init: fsmount(ctx, 0) = mnt
`},
	{"sockets", `
init: fork() = c
init: socketpair(AF_UNIX, SOCK_STREAM, 0, [&a, &b]) = 0
init: pipe([&r, &w]) = 0
init: socket(AF_INET, SOCK_DGRAM, 0) = sk
init: sendmsg(a, {fds=[r, w]}) = 1
init: recvmsg(b, {fds=[&r2, _]}) = 1
init: write(w, "xy") = 2
init: read(r2, 2) = 2
init: sendfd(c, sk) = sk2
c:    ioctl(sk2, SIOCGSKNS) = nfd
c:    getsockopt(sk2, SOL_SOCKET, SO_NETNS_COOKIE, &cookie) = 0
c:    getsockopt(sk2, SOL_SOCKET, SO_TYPE, &kind) = 0
?     cookie == 7 and kind == SOCK_DGRAM
init: pidfd_open(c) = pfd
init: pidfd_getfd(pfd, nfd) = nfd2
init: ioctl(pfd, PIDFD_GET_NET_NAMESPACE) = nfd3
?     inum(nfd2) == inum(7) and inum(nfd3) == inum(7)
init: setns(nfd3, CLONE_NEWNET) = 0
`},
	{"credentials", `
init: fork() = c
c:    signal(SIGTERM, SIG_IGN) = 0
init: kill(c, SIGTERM) = 0
init: tgkill(c, c, SIGTERM) = 0
?     state(c) == running
c:    signal(SIGTERM, SIG_DFL) = 0
c:    prctl(PR_SET_DUMPABLE, 1) = 0
c:    capset({inheritable=[CAP_SYS_ADMIN, CAP_CHOWN]}) = 0
c:    capget(&caps) = 0
?     caps.inheritable == 1 << CAP_SYS_ADMIN | 1 << CAP_CHOWN
c:    capset(caps) = 0
c:    setgroups([]) = 0
c:    setgroups([1, 2]) = 0
c:    setregid(-1, 7) = 0
c:    getegid() = 7
c:    getgid() = 0
c:    setfsgid(9) = 7
c:    setfsuid(9) = 0
c:    setreuid(-1, 0) = 0
c:    setresgid(5, 5, 5) = 0
c:    setgid(5) = 0
c:    setresuid(5, 5, 5) = 0
c:    setuid(5) = 0
c:    geteuid() = 5
c:    getuid() = 5
c:    setuid(0) = -EPERM
`},
	{"macros", `
init: fork() = c
c:    setup_userns()
c:    getuid() = 0
c:    get_userns_fd(ufd, 0, 0, 1)
?     type(ufd) == USER_NS and owner(ufd) == c.user
init: fork() = d
d:    switch_ids(1000, 1000)
d:    getuid() = 1000
d:    enter_userns()
init: caps_down()
init: unshare(CLONE_NEWNET) = -EPERM
`},
	{"a task that ends in its call", `
init: fork() = c
c:    getpid() = me
c:    kill(me, SIGKILL)
?     state(c) == zombie
`},
}

// TestPassing: every documented form does what it says.
func TestPassing(t *testing.T) {
	for _, test := range passing {
		t.Run(test.name, func(t *testing.T) {
			rep := runText(t, test.text)
			require.Equal(t, Pass, rep.Outcome, "%s", rep)
			assert.Zero(t, rep.Warnings)
		})
	}
}

// TestEveryCallRuns: each call and each function of the tables is used by a program above.
func TestEveryCallRuns(t *testing.T) {
	calls, funcs := make(map[string]bool), make(map[string]bool)
	for _, test := range passing {
		for _, l := range mustParse(t, test.text).Lines {
			if l.Kind == Call {
				calls[l.Call.Name] = true
			}
			for _, x := range l.Exprs() {
				Walk(x, func(x Expr) bool {
					if c, ok := x.(*CallExpr); ok {
						funcs[c.Func] = true
					}
					return true
				})
			}
		}
	}
	assert.ElementsMatch(t, callNames, slices.Collect(maps.Keys(callSpecs)))
	assert.ElementsMatch(t, callNames, slices.Collect(maps.Keys(calls)))
	assert.ElementsMatch(t, funcNames, slices.Collect(maps.Keys(runFuncs)))
	assert.ElementsMatch(t, funcNames, slices.Collect(maps.Keys(funcs)))
}

// TestDocumentedPrograms: the programs in the format's description do what they say.
func TestDocumentedPrograms(t *testing.T) {
	for _, text := range docPrograms(t) {
		rep := runText(t, text)
		assert.Equal(t, Pass, rep.Outcome, "%s", rep)
	}
}

// TestObserved: what each line returned, in one line.
func TestObserved(t *testing.T) {
	const text = `init: fork() = c
c: unshare(CLONE_NEWUSER|CLONE_NEWNET) = 0
c: open("/proc/self/ns/net", O_RDONLY) = fd
c: ioctl(fd, NS_GET_ID, &net) = 0
init: listns({ns_type=NET_NS}, &ids, 64) >= 1
init: listns({}, room(2), 64) < 0
init: name_to_handle_at(0, "/proc/1/ns/net", &h) = -EOPNOTSUPP
init: open_by_handle_at(FD_NSFS_ROOT, {ns_id=net}, O_RDONLY) = nsfd
init: name_to_handle_at(nsfd, "", &h2, _, AT_EMPTY_PATH)
init: readlink("/proc/1/ns/net", &link)
init: mmap(NULL, 10) = addr
c: pause() <unfinished ...>
init: kill(c, SIGKILL)
init: wait4(c, &st)
? st == killed(SIGKILL)
settle
init: vfork() = v <unfinished ...>
v: exit_group(0)
init: <... vfork resumed>
init: exit_group(0)
`
	p := mustParse(t, text)
	r, err := NewRunner(p, sim.Config{})
	require.NoError(t, err)
	var got []string
	for r.Next() {
		o := r.Observed().Clone()
		got = append(got, o.Text(p))
	}
	require.Equal(t, Pass, r.Report().Outcome, "%s", r.Report())
	assert.Equal(t, []string{
		`init: fork() = 3`,
		`c: unshare(CLONE_NEWUSER|CLONE_NEWNET) = 0`,
		`c: open("/proc/self/ns/net", O_RDONLY) = 3`,
		`c: ioctl(fd, NS_GET_ID, &net) = 0 net=12`,
		`init: listns({ns_type=NET_NS}, &ids, 64) = 2 [7, 12] ids=[7, 12]`,
		`init: listns({}, room(2), 64) = -1 EFAULT (Bad address) [1, 2]`,
		`init: name_to_handle_at(0, "/proc/1/ns/net", &h) = -1 EOPNOTSUPP (Operation not supported)`,
		`init: open_by_handle_at(FD_NSFS_ROOT, {ns_id=net}, O_RDONLY) = 3`,
		`init: name_to_handle_at(nsfd, "", &h2, _, AT_EMPTY_PATH) = 0 h2={handle_bytes=16, handle_type=241, ns_id=12, ns_type=1073741824, ns_inum=` + inumOf(r, "h2") + `}`,
		`init: readlink("/proc/1/ns/net", &link) = 16 link="net:[4026531833]"`,
		`init: mmap(NULL, 10) = 0x7ffff7ffe000`,
		`c: pause() <unfinished ...>`,
		`init: kill(c, SIGKILL) = 0`,
		`init: wait4(c, &st) = 3 st=killed(SIGKILL)`,
		`? st == killed(SIGKILL) = 1`,
		`settle`,
		`init: vfork() = 4 <unfinished ...>`,
		`v: exit_group(0) = ?`,
		`init: <... vfork resumed> = 4`,
		`init: exit_group(0) = ?`,
	}, got)
}

func inumOf(r *Runner, name string) string {
	v, _ := r.Value(name)
	f, _ := v.field("ns_inum")
	return f.String()
}

// TestNames: tasks and namespaces go by the program's names.
func TestNames(t *testing.T) {
	p := mustParse(t, `init: fork() = c
c: unshare(CLONE_NEWUSER|CLONE_NEWNET|CLONE_NEWUTS) = 0
c: open("/proc/self/ns/net", O_RDONLY) = fd
c: ioctl(fd, NS_GET_ID, &net) = 0
c: open("/proc/self/ns/uts", O_RDONLY) = ufd
init: fork()
c: exit_group(0)
`)
	r, err := NewRunner(p, sim.Config{})
	require.NoError(t, err)
	for range 6 {
		require.True(t, r.Next())
	}
	assert.Equal(t, []string{"init", "c", "fd", "net", "ufd"}, r.Names())
	m := r.Machine()
	ns := func(typ uapi.NSType) sim.NS {
		v, ok := r.Value("c")
		require.True(t, ok)
		slot, _ := sim.SlotOf(typ)
		return m.Proxy(m.Task(r.task(v.ref)).Proxy).NS[slot]
	}
	assert.Equal(t, "net", r.NSName(ns(uapi.NET_NS)))
	assert.Equal(t, "c.uts", r.NSName(ns(uapi.UTS_NS)))
	assert.Equal(t, "initial mnt", r.NSName(ns(uapi.MNT_NS)))
	assert.Equal(t, "mnt 10", r.NSName(r.lookup(10)))
	assert.Equal(t, "none", r.NSName(0))
	assert.Equal(t, "init", r.TaskName(m.Init()))
	assert.Equal(t, "kworker", r.TaskName(sim.KWorker))
	assert.Equal(t, "pid1", r.TaskName(sim.Pid1))
	assert.Equal(t, "kdevtmpfs", r.TaskName(sim.KDevTmpfs))
	assert.Equal(t, "c", r.TaskName(sim.KDevTmpfs+1))
	assert.Equal(t, "pid 4", r.TaskName(sim.KDevTmpfs+2))
	_, ok := r.Value("nosuch")
	assert.False(t, ok)
	require.True(t, r.Next())
	assert.False(t, r.Next())
	assert.True(t, r.Done())
	assert.Equal(t, 7, r.Line())
}

// TestEvents: with tracing on, each line hands out what happened on it.
func TestEvents(t *testing.T) {
	p := mustParse(t, `init: fork() = c
c: unshare(CLONE_NEWUTS) = 0
settle
`)
	r, err := NewRunner(p, sim.Config{})
	require.NoError(t, err)
	r.Machine().Tracing = true
	var lines []int32
	for r.Next() {
		steps, counts := 0, 0
		for _, e := range r.Events() {
			assert.Equal(t, int32(r.Line()), e.Line)
			lines = append(lines, e.Line)
			switch e.Kind {
			case refcount.Entered:
				op, step := syscall.StepName(e)
				assert.NotEmpty(t, op+step)
				steps++
			case refcount.ActiveChanged:
				counts++
			}
		}
		if r.Line() < 3 {
			assert.NotZero(t, steps)
		}
		if r.Line() == 2 {
			assert.NotZero(t, counts)
		}
	}
	assert.NotEmpty(t, lines)
}

// TestBack: going back restores every state on the way, and forward again gives the same.
func TestBack(t *testing.T) {
	for _, test := range selftests(t) {
		if len(test.Program.Lines) > 300 {
			continue
		}
		r, err := NewRunner(test.Program, sim.Config{})
		require.NoError(t, err)
		r.KeepSnapshots(-1)
		assert.False(t, r.Back())
		var canon sim.Canon
		state := func() string {
			o := r.Observed().Clone()
			return fmt.Sprint(r.Line(), canon.Fingerprint(r.Machine()), r.Names(), o.String(), *r.Report(), r.tasks.all, r.files.all)
		}
		states := []string{state()}
		for r.Next() {
			states = append(states, state())
		}
		for i := len(states) - 1; i > 0; i-- {
			require.Equal(t, states[i], state(), "%s, line %d", test.Path(), i)
			require.True(t, r.CanBack())
			require.True(t, r.Back())
		}
		require.Equal(t, states[0], state())
		require.False(t, r.Back())
		for i := 1; r.Next(); i++ {
			require.Equal(t, states[i], state(), "%s, line %d", test.Path(), i)
		}
	}
}

// TestKeepSome: only as many lines can be taken back as were kept.
func TestKeepSome(t *testing.T) {
	p := mustParse(t, `for i in 1..9 {
    init: getpid() = init
}
`)
	r, err := NewRunner(p, sim.Config{})
	require.NoError(t, err)
	r.KeepSnapshots(3)
	r.Run()
	for _, line := range []int{8, 7, 6} {
		require.True(t, r.Back())
		require.Equal(t, line, r.Line())
	}
	require.False(t, r.Back())
	r.KeepSnapshots(2)
	r.Run()
	r.KeepSnapshots(1)
	require.True(t, r.Back())
	require.False(t, r.Back())
}

// SPDX-License-Identifier: GPL-2.0-only

package gen

// maker makes a line or a few.
type maker struct {
	name   string
	weight int
	make   func(*generator, *task)
}

// makers is everything that is drawn, with how often. Names of calls make that call;
// others are: open-ns opens a namespace file, create a plain one, write-map writes an id
// map, enter-user goes into a user namespace and writes its maps, drop becomes an ordinary
// user, learn gets a namespace's id, leave has a task end whose namespaces somebody pins,
// settle and assert are lines of that kind.
var makers = []maker{
	{"enter-user", 20, (*generator).enterUser},
	{"drop", 6, (*generator).drop},
	{"learn", 18, (*generator).learn},
	{"leave", 8, (*generator).leave},
	{"settle", 5, (*generator).settle},
	{"assert", 8, (*generator).assert},

	{"fork", 6, (*generator).fork},
	{"vfork", 2, (*generator).vfork},
	{"clone", 12, (*generator).clone},
	{"clone3", 7, (*generator).clone3},
	{"unshare", 14, (*generator).unshare},
	{"setns", 14, (*generator).setns},
	{"exit_group", 5, (*generator).exitGroup},
	{"exit", 2, (*generator).exit},
	{"wait4", 8, (*generator).wait4},
	{"waitid", 4, (*generator).waitid},
	{"execve", 3, (*generator).execve},
	{"kill", 5, (*generator).kill},
	{"tgkill", 2, (*generator).tgkill},
	{"pidfd_send_signal", 2, (*generator).pidfdSendSignal},
	{"signal", 2, (*generator).signal},
	{"pause", 2, (*generator).pause},
	{"prctl", 7, (*generator).prctl},
	{"getpid", 1, one("getpid")},
	{"gettid", 1, one("gettid")},
	{"getppid", 1, one("getppid")},
	{"setsid", 1, one("setsid")},

	{"open-ns", 14, (*generator).openNS},
	{"open", 6, (*generator).open_},
	{"create", 5, (*generator).create},
	{"openat", 3, (*generator).openat},
	{"close", 12, (*generator).close},
	{"dup", 2, (*generator).dup},
	{"dup2", 2, (*generator).dup2},
	{"dup3", 2, (*generator).dup3},
	{"fcntl", 3, (*generator).fcntl},
	{"read", 3, (*generator).read},
	{"write", 3, (*generator).write},
	{"write-map", 5, (*generator).writeMap},
	{"readlink", 2, (*generator).readlink},
	{"stat", 2, (*generator).stat},
	{"lstat", 1, (*generator).lstat},
	{"fstat", 2, (*generator).fstat},
	{"access", 2, (*generator).access},
	{"mkdir", 4, (*generator).mkdir},
	{"rmdir", 2, (*generator).rmdir},
	{"unlink", 2, (*generator).unlink},
	{"chdir", 1, (*generator).chdir},
	{"chroot", 1, (*generator).chroot},

	{"ioctl", 22, (*generator).ioctl},
	{"name_to_handle_at", 7, (*generator).nameToHandle},
	{"open_by_handle_at", 12, (*generator).openByHandle},
	{"listns", 18, (*generator).listns},
	{"pages", 6, (*generator).pages},

	{"socket", 8, (*generator).socket},
	{"socketpair", 2, (*generator).socketpair},
	{"pipe", 2, (*generator).pipe},
	{"getsockopt", 3, (*generator).getsockopt},
	{"sendmsg", 6, (*generator).sendmsg},
	{"recvmsg", 5, (*generator).recvmsg},
	{"sendfd", 6, (*generator).sendfd},
	{"pidfd_open", 6, (*generator).pidfdOpen},
	{"pidfd_getfd", 4, (*generator).pidfdGetfd},

	{"mount", 8, (*generator).mount},
	{"umount2", 4, (*generator).umount2},
	{"open_tree", 5, (*generator).openTree},
	{"fsopen", 2, (*generator).fsopen},
	{"fsmount", 3, (*generator).fsmount},
	{"move_mount", 3, (*generator).moveMount},
	{"inotify_init", 1, (*generator).inotifyInit},
	{"inotify_add_watch", 4, (*generator).inotifyAddWatch},
	{"inotify_rm_watch", 2, (*generator).inotifyRmWatch},

	{"setuid", 1, ids("setuid", 1)},
	{"setgid", 1, ids("setgid", 1)},
	{"setreuid", 1, ids("setreuid", 2)},
	{"setregid", 1, ids("setregid", 2)},
	{"setresuid", 3, ids("setresuid", 3)},
	{"setresgid", 2, ids("setresgid", 3)},
	{"setfsuid", 1, ids("setfsuid", 1)},
	{"setfsgid", 1, ids("setfsgid", 1)},
	{"setgroups", 1, (*generator).setgroups},
	{"getuid", 1, one("getuid")},
	{"geteuid", 1, one("geteuid")},
	{"getgid", 1, one("getgid")},
	{"getegid", 1, one("getegid")},
	{"capset", 4, (*generator).capset},
	{"capget", 1, (*generator).capget},

	{"mmap", 2, (*generator).mmap},
	{"munmap", 1, (*generator).munmap},
}

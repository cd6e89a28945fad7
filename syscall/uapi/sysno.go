// SPDX-License-Identifier: GPL-2.0-only

package uapi

// Numbers of the system calls that create, enter, list, open or hold namespaces, as the
// generic and the x86-64 table agree on them from 424 on, else x86-64's
// (arch/x86/entry/syscalls/syscall_64.tbl).
const (
	SYS_close             = 3
	SYS_ioctl             = 16
	SYS_dup               = 32
	SYS_socket            = 41
	SYS_sendmsg           = 46
	SYS_recvmsg           = 47
	SYS_socketpair        = 53
	SYS_clone             = 56
	SYS_wait4             = 61
	SYS_kill              = 62
	SYS_fcntl             = 72
	SYS_prctl             = 157
	SYS_mount             = 165
	SYS_umount2           = 166
	SYS_exit_group        = 231
	SYS_waitid            = 247
	SYS_unshare           = 272
	SYS_name_to_handle_at = 303
	SYS_open_by_handle_at = 304
	SYS_setns             = 308
	SYS_open_tree         = 428
	SYS_move_mount        = 429
	SYS_fsopen            = 430
	SYS_fsconfig          = 431
	SYS_fsmount           = 432
	SYS_pidfd_open        = 434
	SYS_clone3            = 435
	SYS_pidfd_getfd       = 438
	SYS_listns            = 470
)

var sysNumbers = []Constant{
	{"SYS_close", SYS_close},
	{"SYS_ioctl", SYS_ioctl},
	{"SYS_dup", SYS_dup},
	{"SYS_socket", SYS_socket},
	{"SYS_sendmsg", SYS_sendmsg},
	{"SYS_recvmsg", SYS_recvmsg},
	{"SYS_socketpair", SYS_socketpair},
	{"SYS_clone", SYS_clone},
	{"SYS_wait4", SYS_wait4},
	{"SYS_kill", SYS_kill},
	{"SYS_fcntl", SYS_fcntl},
	{"SYS_prctl", SYS_prctl},
	{"SYS_mount", SYS_mount},
	{"SYS_umount2", SYS_umount2},
	{"SYS_exit_group", SYS_exit_group},
	{"SYS_waitid", SYS_waitid},
	{"SYS_unshare", SYS_unshare},
	{"SYS_name_to_handle_at", SYS_name_to_handle_at},
	{"SYS_open_by_handle_at", SYS_open_by_handle_at},
	{"SYS_setns", SYS_setns},
	{"SYS_open_tree", SYS_open_tree},
	{"SYS_move_mount", SYS_move_mount},
	{"SYS_fsopen", SYS_fsopen},
	{"SYS_fsconfig", SYS_fsconfig},
	{"SYS_fsmount", SYS_fsmount},
	{"SYS_pidfd_open", SYS_pidfd_open},
	{"SYS_clone3", SYS_clone3},
	{"SYS_pidfd_getfd", SYS_pidfd_getfd},
	{"SYS_listns", SYS_listns},
}

// SPDX-License-Identifier: GPL-2.0-only

package uapi

// Ids of the eight initial namespaces, fixed since 6.19 (enum init_ns_id).
const (
	IPC_NS_INIT_ID    = 1
	UTS_NS_INIT_ID    = 2
	USER_NS_INIT_ID   = 3
	PID_NS_INIT_ID    = 4
	CGROUP_NS_INIT_ID = 5
	TIME_NS_INIT_ID   = 6
	NET_NS_INIT_ID    = 7
	MNT_NS_INIT_ID    = 8
)

var nsInitIDs = []Constant{
	{"IPC_NS_INIT_ID", IPC_NS_INIT_ID},
	{"UTS_NS_INIT_ID", UTS_NS_INIT_ID},
	{"USER_NS_INIT_ID", USER_NS_INIT_ID},
	{"PID_NS_INIT_ID", PID_NS_INIT_ID},
	{"CGROUP_NS_INIT_ID", CGROUP_NS_INIT_ID},
	{"TIME_NS_INIT_ID", TIME_NS_INIT_ID},
	{"NET_NS_INIT_ID", NET_NS_INIT_ID},
	{"MNT_NS_INIT_ID", MNT_NS_INIT_ID},
}

// NS_LAST_INIT_ID is the largest id of an initial namespace.
const (
	NS_LAST_INIT_ID = MNT_NS_INIT_ID
)

var nsInitIDAliases = []Constant{
	{"NS_LAST_INIT_ID", NS_LAST_INIT_ID},
}

// Inode numbers of the initial namespaces (enum init_ns_ino). MNT_NS_ANON_INO is shared by
// all anonymous mount namespaces and is no initial one.
const (
	IPC_NS_INIT_INO    = 0xEFFFFFFF
	UTS_NS_INIT_INO    = 0xEFFFFFFE
	USER_NS_INIT_INO   = 0xEFFFFFFD
	PID_NS_INIT_INO    = 0xEFFFFFFC
	CGROUP_NS_INIT_INO = 0xEFFFFFFB
	TIME_NS_INIT_INO   = 0xEFFFFFFA
	NET_NS_INIT_INO    = 0xEFFFFFF9
	MNT_NS_INIT_INO    = 0xEFFFFFF8
	MNT_NS_ANON_INO    = 0xEFFFFFF7
)

var nsInitInums = []Constant{
	{"IPC_NS_INIT_INO", IPC_NS_INIT_INO},
	{"UTS_NS_INIT_INO", UTS_NS_INIT_INO},
	{"USER_NS_INIT_INO", USER_NS_INIT_INO},
	{"PID_NS_INIT_INO", PID_NS_INIT_INO},
	{"CGROUP_NS_INIT_INO", CGROUP_NS_INIT_INO},
	{"TIME_NS_INIT_INO", TIME_NS_INIT_INO},
	{"NET_NS_INIT_INO", NET_NS_INIT_INO},
	{"MNT_NS_INIT_INO", MNT_NS_INIT_INO},
	{"MNT_NS_ANON_INO", MNT_NS_ANON_INO},
}

// PROC_DYNAMIC_FIRST is the first inode number that namespaces created at run time can get,
// shared with procfs (fs/proc/generic.c, v6.19).
const (
	PROC_DYNAMIC_FIRST = 0xF0000000
)

var procInums = []Constant{
	{"PROC_DYNAMIC_FIRST", PROC_DYNAMIC_FIRST},
}

// IsInitID is the kernel's test for "an initial namespace" by id. An id not yet assigned,
// 0, passes it too (include/linux/ns_common.h: is_ns_init_id, v6.19).
func IsInitID(id uint64) bool { return id <= NS_LAST_INIT_ID }

// IsInitInum is the kernel's test by inode number, the one that decides a new namespace's
// first active count (include/linux/ns_common.h: is_ns_init_inum, v6.19).
func IsInitInum(inum uint32) bool {
	return inum >= MNT_NS_INIT_INO && inum <= IPC_NS_INIT_INO
}

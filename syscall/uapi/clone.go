// SPDX-License-Identifier: GPL-2.0-only

package uapi

import "encoding/binary"

// CSIGNAL masks the part of clone's flags that holds the child's exit signal.
const (
	CSIGNAL = 0xff
)

var cloneMasks = []Constant{
	{"CSIGNAL", CSIGNAL},
}

// Flags of clone, clone3 and, where they describe something that can be unshared, unshare
// (include/uapi/linux/sched.h).
const (
	CLONE_VM             = 0x00000100
	CLONE_FS             = 0x00000200
	CLONE_FILES          = 0x00000400
	CLONE_SIGHAND        = 0x00000800
	CLONE_PIDFD          = 0x00001000
	CLONE_PTRACE         = 0x00002000
	CLONE_VFORK          = 0x00004000
	CLONE_PARENT         = 0x00008000
	CLONE_THREAD         = 0x00010000
	CLONE_NEWNS          = 0x00020000
	CLONE_SYSVSEM        = 0x00040000
	CLONE_SETTLS         = 0x00080000
	CLONE_CHILD_CLEARTID = 0x00200000
	CLONE_DETACHED       = 0x00400000
	CLONE_UNTRACED       = 0x00800000
	CLONE_CHILD_SETTID   = 0x01000000
	CLONE_NEWCGROUP      = 0x02000000
	CLONE_NEWUTS         = 0x04000000
	CLONE_NEWIPC         = 0x08000000
	CLONE_NEWUSER        = 0x10000000
	CLONE_NEWPID         = 0x20000000
	CLONE_NEWNET         = 0x40000000
	CLONE_IO             = 0x80000000
)

var cloneFlags = []Constant{
	{"CLONE_VM", CLONE_VM},
	{"CLONE_FS", CLONE_FS},
	{"CLONE_FILES", CLONE_FILES},
	{"CLONE_SIGHAND", CLONE_SIGHAND},
	{"CLONE_PIDFD", CLONE_PIDFD},
	{"CLONE_PTRACE", CLONE_PTRACE},
	{"CLONE_VFORK", CLONE_VFORK},
	{"CLONE_PARENT", CLONE_PARENT},
	{"CLONE_THREAD", CLONE_THREAD},
	{"CLONE_NEWNS", CLONE_NEWNS},
	{"CLONE_SYSVSEM", CLONE_SYSVSEM},
	{"CLONE_SETTLS", CLONE_SETTLS},
	{"CLONE_CHILD_CLEARTID", CLONE_CHILD_CLEARTID},
	{"CLONE_DETACHED", CLONE_DETACHED},
	{"CLONE_UNTRACED", CLONE_UNTRACED},
	{"CLONE_CHILD_SETTID", CLONE_CHILD_SETTID},
	{"CLONE_NEWCGROUP", CLONE_NEWCGROUP},
	{"CLONE_NEWUTS", CLONE_NEWUTS},
	{"CLONE_NEWIPC", CLONE_NEWIPC},
	{"CLONE_NEWUSER", CLONE_NEWUSER},
	{"CLONE_NEWPID", CLONE_NEWPID},
	{"CLONE_NEWNET", CLONE_NEWNET},
	{"CLONE_IO", CLONE_IO},
}

// CLONE_PARENT_SETTID is clone's and clone3's meaning of a bit that unshare reads as
// UNSHARE_EMPTY_MNTNS.
const (
	CLONE_PARENT_SETTID = 0x00100000
)

var cloneParentSettid = []Constant{
	{"CLONE_PARENT_SETTID", CLONE_PARENT_SETTID},
}

// CLONE_NEWTIME lies inside CSIGNAL, so clone reads it as part of the exit signal; only
// clone3, unshare and setns know it.
const (
	CLONE_NEWTIME = 0x00000080
)

var cloneNewtime = []Constant{
	{"CLONE_NEWTIME", CLONE_NEWTIME},
}

// Flags that only clone3 can pass. The last four are 7.1's.
const (
	CLONE_CLEAR_SIGHAND  = 1 << 32
	CLONE_INTO_CGROUP    = 1 << 33
	CLONE_AUTOREAP       = 1 << 34
	CLONE_NNP            = 1 << 35
	CLONE_PIDFD_AUTOKILL = 1 << 36
	CLONE_EMPTY_MNTNS    = 1 << 37
)

var clone3Flags = []Constant{
	{"CLONE_CLEAR_SIGHAND", CLONE_CLEAR_SIGHAND},
	{"CLONE_INTO_CGROUP", CLONE_INTO_CGROUP},
	{"CLONE_AUTOREAP", CLONE_AUTOREAP},
	{"CLONE_NNP", CLONE_NNP},
	{"CLONE_PIDFD_AUTOKILL", CLONE_PIDFD_AUTOKILL},
	{"CLONE_EMPTY_MNTNS", CLONE_EMPTY_MNTNS},
}

// UNSHARE_EMPTY_MNTNS asks unshare for an empty mount namespace (7.1).
const (
	UNSHARE_EMPTY_MNTNS = 0x00100000
)

var unshareFlags = []Constant{
	{"UNSHARE_EMPTY_MNTNS", UNSHARE_EMPTY_MNTNS},
}

// Published sizes of struct clone_args, in bytes: the first, with set_tid, with cgroup.
const (
	CLONE_ARGS_SIZE_VER0 = 64
	CLONE_ARGS_SIZE_VER1 = 80
	CLONE_ARGS_SIZE_VER2 = 88
)

var cloneSizes = []Constant{
	{"CLONE_ARGS_SIZE_VER0", CLONE_ARGS_SIZE_VER0},
	{"CLONE_ARGS_SIZE_VER1", CLONE_ARGS_SIZE_VER1},
	{"CLONE_ARGS_SIZE_VER2", CLONE_ARGS_SIZE_VER2},
}

// CloneArgs is clone3's struct clone_args. Pointers are user addresses.
type CloneArgs struct {
	Flags      uint64
	PIDFD      uint64 // address of an int, with CLONE_PIDFD
	ChildTID   uint64 // address, with CLONE_CHILD_SETTID or CLONE_CHILD_CLEARTID
	ParentTID  uint64 // address, with CLONE_PARENT_SETTID
	ExitSignal uint64
	Stack      uint64 // lowest address
	StackSize  uint64 // bytes
	TLS        uint64
	SetTID     uint64 // address of SetTIDSize pid_t, innermost pid namespace first
	SetTIDSize uint64 // number of elements
	Cgroup     uint64 // descriptor, with CLONE_INTO_CGROUP
}

// words lists the fields in the order of their layout.
func (a *CloneArgs) words() [CLONE_ARGS_SIZE_VER2 / 8]*uint64 {
	return [...]*uint64{
		&a.Flags, &a.PIDFD, &a.ChildTID, &a.ParentTID, &a.ExitSignal, &a.Stack,
		&a.StackSize, &a.TLS, &a.SetTID, &a.SetTIDSize, &a.Cgroup,
	}
}

// Encode lays a out in CLONE_ARGS_SIZE_VER2 bytes; a prefix of 64 or 80 bytes is the
// struct's older version.
func (a CloneArgs) Encode() []byte {
	out := make([]byte, 0, CLONE_ARGS_SIZE_VER2)
	for _, w := range a.words() {
		out = binary.LittleEndian.AppendUint64(out, *w)
	}
	return out
}

// DecodeCloneArgs reads what clone3 is passed, with len(b) as its size argument: E2BIG for
// more than a page or for set bytes past the struct, EINVAL for less than its first
// version, and fields past a shorter version are 0 (kernel/fork.c: copy_clone_args_from_user,
// v6.19).
func DecodeCloneArgs(b []byte) (CloneArgs, error) {
	var a CloneArgs
	full, err := copyStruct(b, CLONE_ARGS_SIZE_VER0, CLONE_ARGS_SIZE_VER2)
	if err != nil {
		return a, err
	}
	for i, w := range a.words() {
		*w = binary.LittleEndian.Uint64(full[8*i:])
	}
	return a, nil
}

// SPDX-License-Identifier: GPL-2.0-only

package uapi

import "strconv"

// Capabilities, as bit numbers (include/uapi/linux/capability.h).
const (
	CAP_CHOWN              = 0
	CAP_DAC_OVERRIDE       = 1
	CAP_DAC_READ_SEARCH    = 2
	CAP_FOWNER             = 3
	CAP_FSETID             = 4
	CAP_KILL               = 5
	CAP_SETGID             = 6
	CAP_SETUID             = 7
	CAP_SETPCAP            = 8
	CAP_LINUX_IMMUTABLE    = 9
	CAP_NET_BIND_SERVICE   = 10
	CAP_NET_BROADCAST      = 11
	CAP_NET_ADMIN          = 12
	CAP_NET_RAW            = 13
	CAP_IPC_LOCK           = 14
	CAP_IPC_OWNER          = 15
	CAP_SYS_MODULE         = 16
	CAP_SYS_RAWIO          = 17
	CAP_SYS_CHROOT         = 18
	CAP_SYS_PTRACE         = 19
	CAP_SYS_PACCT          = 20
	CAP_SYS_ADMIN          = 21
	CAP_SYS_BOOT           = 22
	CAP_SYS_NICE           = 23
	CAP_SYS_RESOURCE       = 24
	CAP_SYS_TIME           = 25
	CAP_SYS_TTY_CONFIG     = 26
	CAP_MKNOD              = 27
	CAP_LEASE              = 28
	CAP_AUDIT_WRITE        = 29
	CAP_AUDIT_CONTROL      = 30
	CAP_SETFCAP            = 31
	CAP_MAC_OVERRIDE       = 32
	CAP_MAC_ADMIN          = 33
	CAP_SYSLOG             = 34
	CAP_WAKE_ALARM         = 35
	CAP_BLOCK_SUSPEND      = 36
	CAP_AUDIT_READ         = 37
	CAP_PERFMON            = 38
	CAP_BPF                = 39
	CAP_CHECKPOINT_RESTORE = 40
)

var caps = []Constant{
	{"CAP_CHOWN", CAP_CHOWN},
	{"CAP_DAC_OVERRIDE", CAP_DAC_OVERRIDE},
	{"CAP_DAC_READ_SEARCH", CAP_DAC_READ_SEARCH},
	{"CAP_FOWNER", CAP_FOWNER},
	{"CAP_FSETID", CAP_FSETID},
	{"CAP_KILL", CAP_KILL},
	{"CAP_SETGID", CAP_SETGID},
	{"CAP_SETUID", CAP_SETUID},
	{"CAP_SETPCAP", CAP_SETPCAP},
	{"CAP_LINUX_IMMUTABLE", CAP_LINUX_IMMUTABLE},
	{"CAP_NET_BIND_SERVICE", CAP_NET_BIND_SERVICE},
	{"CAP_NET_BROADCAST", CAP_NET_BROADCAST},
	{"CAP_NET_ADMIN", CAP_NET_ADMIN},
	{"CAP_NET_RAW", CAP_NET_RAW},
	{"CAP_IPC_LOCK", CAP_IPC_LOCK},
	{"CAP_IPC_OWNER", CAP_IPC_OWNER},
	{"CAP_SYS_MODULE", CAP_SYS_MODULE},
	{"CAP_SYS_RAWIO", CAP_SYS_RAWIO},
	{"CAP_SYS_CHROOT", CAP_SYS_CHROOT},
	{"CAP_SYS_PTRACE", CAP_SYS_PTRACE},
	{"CAP_SYS_PACCT", CAP_SYS_PACCT},
	{"CAP_SYS_ADMIN", CAP_SYS_ADMIN},
	{"CAP_SYS_BOOT", CAP_SYS_BOOT},
	{"CAP_SYS_NICE", CAP_SYS_NICE},
	{"CAP_SYS_RESOURCE", CAP_SYS_RESOURCE},
	{"CAP_SYS_TIME", CAP_SYS_TIME},
	{"CAP_SYS_TTY_CONFIG", CAP_SYS_TTY_CONFIG},
	{"CAP_MKNOD", CAP_MKNOD},
	{"CAP_LEASE", CAP_LEASE},
	{"CAP_AUDIT_WRITE", CAP_AUDIT_WRITE},
	{"CAP_AUDIT_CONTROL", CAP_AUDIT_CONTROL},
	{"CAP_SETFCAP", CAP_SETFCAP},
	{"CAP_MAC_OVERRIDE", CAP_MAC_OVERRIDE},
	{"CAP_MAC_ADMIN", CAP_MAC_ADMIN},
	{"CAP_SYSLOG", CAP_SYSLOG},
	{"CAP_WAKE_ALARM", CAP_WAKE_ALARM},
	{"CAP_BLOCK_SUSPEND", CAP_BLOCK_SUSPEND},
	{"CAP_AUDIT_READ", CAP_AUDIT_READ},
	{"CAP_PERFMON", CAP_PERFMON},
	{"CAP_BPF", CAP_BPF},
	{"CAP_CHECKPOINT_RESTORE", CAP_CHECKPOINT_RESTORE},
}

// CAP_LAST_CAP is the highest capability.
const (
	CAP_LAST_CAP = CAP_CHECKPOINT_RESTORE
)

var capAliases = []Constant{
	{"CAP_LAST_CAP", CAP_LAST_CAP},
}

// CAP_VALID_MASK has the bit of every capability: what the creator of a user namespace gets.
// (include/linux/capability.h).
const (
	CAP_VALID_MASK = 1<<(CAP_LAST_CAP+1) - 1
)

var capMasks = []Constant{
	{"CAP_VALID_MASK", CAP_VALID_MASK},
}

// CapName is a capability's C name ("CAP_SYS_ADMIN"), or its number if there is no such
// capability.
func CapName(capability int) string {
	if n := lookup[GroupCap].byValue[uint64(capability)]; n != "" {
		return n
	}
	return strconv.Itoa(capability)
}

// CapByName finds a capability's bit number by its C name.
func CapByName(name string) (int, bool) {
	v, ok := lookup[GroupCap].byName[name]
	return int(v), ok
}

// CapMask is the set of the given capabilities; numbers outside 0 to 63 have no bit in it.
func CapMask(capabilities ...int) uint64 {
	var m uint64
	for _, c := range capabilities {
		if c >= 0 {
			m |= 1 << c
		}
	}
	return m
}

// Securebits, each with a lock that keeps it from changing (include/uapi/linux/securebits.h).
const (
	SECBIT_NOROOT                       = 1 << 0
	SECBIT_NOROOT_LOCKED                = 1 << 1
	SECBIT_NO_SETUID_FIXUP              = 1 << 2
	SECBIT_NO_SETUID_FIXUP_LOCKED       = 1 << 3
	SECBIT_KEEP_CAPS                    = 1 << 4
	SECBIT_KEEP_CAPS_LOCKED             = 1 << 5
	SECBIT_NO_CAP_AMBIENT_RAISE         = 1 << 6
	SECBIT_NO_CAP_AMBIENT_RAISE_LOCKED  = 1 << 7
	SECBIT_EXEC_RESTRICT_FILE           = 1 << 8
	SECBIT_EXEC_RESTRICT_FILE_LOCKED    = 1 << 9
	SECBIT_EXEC_DENY_INTERACTIVE        = 1 << 10
	SECBIT_EXEC_DENY_INTERACTIVE_LOCKED = 1 << 11
)

var secureBits = []Constant{
	{"SECBIT_NOROOT", SECBIT_NOROOT},
	{"SECBIT_NOROOT_LOCKED", SECBIT_NOROOT_LOCKED},
	{"SECBIT_NO_SETUID_FIXUP", SECBIT_NO_SETUID_FIXUP},
	{"SECBIT_NO_SETUID_FIXUP_LOCKED", SECBIT_NO_SETUID_FIXUP_LOCKED},
	{"SECBIT_KEEP_CAPS", SECBIT_KEEP_CAPS},
	{"SECBIT_KEEP_CAPS_LOCKED", SECBIT_KEEP_CAPS_LOCKED},
	{"SECBIT_NO_CAP_AMBIENT_RAISE", SECBIT_NO_CAP_AMBIENT_RAISE},
	{"SECBIT_NO_CAP_AMBIENT_RAISE_LOCKED", SECBIT_NO_CAP_AMBIENT_RAISE_LOCKED},
	{"SECBIT_EXEC_RESTRICT_FILE", SECBIT_EXEC_RESTRICT_FILE},
	{"SECBIT_EXEC_RESTRICT_FILE_LOCKED", SECBIT_EXEC_RESTRICT_FILE_LOCKED},
	{"SECBIT_EXEC_DENY_INTERACTIVE", SECBIT_EXEC_DENY_INTERACTIVE},
	{"SECBIT_EXEC_DENY_INTERACTIVE_LOCKED", SECBIT_EXEC_DENY_INTERACTIVE_LOCKED},
}

// All securebits, and all their locks.
const (
	SECURE_ALL_BITS  = 0x555
	SECURE_ALL_LOCKS = SECURE_ALL_BITS << 1
)

var secureMasks = []Constant{
	{"SECURE_ALL_BITS", SECURE_ALL_BITS},
	{"SECURE_ALL_LOCKS", SECURE_ALL_LOCKS},
}

// SECUREBITS_DEFAULT is what a process starts with, also on entering a user namespace.
const (
	SECUREBITS_DEFAULT = 0
)

var secureDefault = []Constant{
	{"SECUREBITS_DEFAULT", SECUREBITS_DEFAULT},
}

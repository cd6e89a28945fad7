// SPDX-License-Identifier: GPL-2.0-only

package uapi

import "fmt"

// Directions of an ioctl command, seen from the user: IOC_READ means that the kernel
// writes to the user's buffer (_IOC_NONE, _IOC_WRITE and _IOC_READ in C).
const (
	IOC_NONE  = 0
	IOC_WRITE = 1
	IOC_READ  = 2
)

var ioctlDirs = []Constant{
	{"_IOC_NONE", IOC_NONE},
	{"_IOC_WRITE", IOC_WRITE},
	{"_IOC_READ", IOC_READ},
}

// Where the parts of a command lie: 8 bits number, 8 type, 14 size, 2 direction.
const (
	iocTypeShift = 8
	iocSizeShift = 16
	iocDirShift  = 30
	iocSizeMask  = 1<<14 - 1

	iocRead      = IOC_READ << iocDirShift
	iocReadWrite = (IOC_READ | IOC_WRITE) << iocDirShift
)

// Ioctl is an ioctl command in the generic encoding (include/uapi/asm-generic/ioctl.h).
type Ioctl uint32

// IOC joins the parts of a command; bits that do not fit are dropped.
func IOC(dir, typ, nr, size uint32) Ioctl {
	return Ioctl((dir&3)<<iocDirShift | (size&iocSizeMask)<<iocSizeShift | (typ&0xff)<<iocTypeShift | nr&0xff)
}

// IO encodes a command without a buffer.
func IO(typ, nr uint32) Ioctl { return IOC(IOC_NONE, typ, nr, 0) }

// IOR encodes a command whose buffer of size bytes the kernel writes.
func IOR(typ, nr, size uint32) Ioctl { return IOC(IOC_READ, typ, nr, size) }

// IOW encodes a command whose buffer of size bytes the kernel reads.
func IOW(typ, nr, size uint32) Ioctl { return IOC(IOC_WRITE, typ, nr, size) }

// IOWR encodes a command whose buffer of size bytes the kernel reads and writes.
func IOWR(typ, nr, size uint32) Ioctl { return IOC(IOC_READ|IOC_WRITE, typ, nr, size) }

// Nr is the command's number within its type.
func (c Ioctl) Nr() uint32 { return uint32(c) & 0xff }

// Type is the command's type, also called its magic.
func (c Ioctl) Type() uint32 { return uint32(c) >> iocTypeShift & 0xff }

// Size is the buffer's size in bytes.
func (c Ioctl) Size() uint32 { return uint32(c) >> iocSizeShift & iocSizeMask }

// Dir is the direction, IOC_READ and IOC_WRITE or'ed.
func (c Ioctl) Dir() uint32 { return uint32(c) >> iocDirShift }

// Types (magics) of the two families.
const (
	NSIO              = 0xb7
	PIDFS_IOCTL_MAGIC = 0xFF
)

var ioctlMagics = []Constant{
	{"NSIO", NSIO},
	{"PIDFS_IOCTL_MAGIC", PIDFS_IOCTL_MAGIC},
}

// Ioctls on an nsfs descriptor (include/uapi/linux/nsfs.h). The NS_MNT_GET_* commands are
// extensible: a larger size is the same command.
const (
	NS_GET_USERNS          = NSIO<<iocTypeShift | 1
	NS_GET_PARENT          = NSIO<<iocTypeShift | 2
	NS_GET_NSTYPE          = NSIO<<iocTypeShift | 3
	NS_GET_OWNER_UID       = NSIO<<iocTypeShift | 4
	NS_GET_MNTNS_ID        = iocRead | 8<<iocSizeShift | NSIO<<iocTypeShift | 5
	NS_GET_PID_FROM_PIDNS  = iocRead | 4<<iocSizeShift | NSIO<<iocTypeShift | 6
	NS_GET_TGID_FROM_PIDNS = iocRead | 4<<iocSizeShift | NSIO<<iocTypeShift | 7
	NS_GET_PID_IN_PIDNS    = iocRead | 4<<iocSizeShift | NSIO<<iocTypeShift | 8
	NS_GET_TGID_IN_PIDNS   = iocRead | 4<<iocSizeShift | NSIO<<iocTypeShift | 9
	NS_MNT_GET_INFO        = iocRead | MNT_NS_INFO_SIZE_VER0<<iocSizeShift | NSIO<<iocTypeShift | 10
	NS_MNT_GET_NEXT        = iocRead | MNT_NS_INFO_SIZE_VER0<<iocSizeShift | NSIO<<iocTypeShift | 11
	NS_MNT_GET_PREV        = iocRead | MNT_NS_INFO_SIZE_VER0<<iocSizeShift | NSIO<<iocTypeShift | 12
	NS_GET_ID              = iocRead | 8<<iocSizeShift | NSIO<<iocTypeShift | 13
)

var nsIoctls = []Constant{
	{"NS_GET_USERNS", NS_GET_USERNS},
	{"NS_GET_PARENT", NS_GET_PARENT},
	{"NS_GET_NSTYPE", NS_GET_NSTYPE},
	{"NS_GET_OWNER_UID", NS_GET_OWNER_UID},
	{"NS_GET_MNTNS_ID", NS_GET_MNTNS_ID},
	{"NS_GET_PID_FROM_PIDNS", NS_GET_PID_FROM_PIDNS},
	{"NS_GET_TGID_FROM_PIDNS", NS_GET_TGID_FROM_PIDNS},
	{"NS_GET_PID_IN_PIDNS", NS_GET_PID_IN_PIDNS},
	{"NS_GET_TGID_IN_PIDNS", NS_GET_TGID_IN_PIDNS},
	{"NS_MNT_GET_INFO", NS_MNT_GET_INFO},
	{"NS_MNT_GET_NEXT", NS_MNT_GET_NEXT},
	{"NS_MNT_GET_PREV", NS_MNT_GET_PREV},
	{"NS_GET_ID", NS_GET_ID},
}

// PIDFD_INFO_SIZE_VER3 is the size of struct pidfd_info as 7.3 defines it, in bytes.
const (
	PIDFD_INFO_SIZE_VER3 = 88
)

var pidfdInfoSizes = []Constant{
	{"PIDFD_INFO_SIZE_VER3", PIDFD_INFO_SIZE_VER3},
}

// Ioctls on a pidfd (include/uapi/linux/pidfd.h). PIDFD_GET_INFO is extensible; its size
// here is 7.3's.
const (
	PIDFD_GET_CGROUP_NAMESPACE            = PIDFS_IOCTL_MAGIC<<iocTypeShift | 1
	PIDFD_GET_IPC_NAMESPACE               = PIDFS_IOCTL_MAGIC<<iocTypeShift | 2
	PIDFD_GET_MNT_NAMESPACE               = PIDFS_IOCTL_MAGIC<<iocTypeShift | 3
	PIDFD_GET_NET_NAMESPACE               = PIDFS_IOCTL_MAGIC<<iocTypeShift | 4
	PIDFD_GET_PID_NAMESPACE               = PIDFS_IOCTL_MAGIC<<iocTypeShift | 5
	PIDFD_GET_PID_FOR_CHILDREN_NAMESPACE  = PIDFS_IOCTL_MAGIC<<iocTypeShift | 6
	PIDFD_GET_TIME_NAMESPACE              = PIDFS_IOCTL_MAGIC<<iocTypeShift | 7
	PIDFD_GET_TIME_FOR_CHILDREN_NAMESPACE = PIDFS_IOCTL_MAGIC<<iocTypeShift | 8
	PIDFD_GET_USER_NAMESPACE              = PIDFS_IOCTL_MAGIC<<iocTypeShift | 9
	PIDFD_GET_UTS_NAMESPACE               = PIDFS_IOCTL_MAGIC<<iocTypeShift | 10
	PIDFD_GET_INFO                        = iocReadWrite | PIDFD_INFO_SIZE_VER3<<iocSizeShift | PIDFS_IOCTL_MAGIC<<iocTypeShift | 11
)

var pidfdIoctls = []Constant{
	{"PIDFD_GET_CGROUP_NAMESPACE", PIDFD_GET_CGROUP_NAMESPACE},
	{"PIDFD_GET_IPC_NAMESPACE", PIDFD_GET_IPC_NAMESPACE},
	{"PIDFD_GET_MNT_NAMESPACE", PIDFD_GET_MNT_NAMESPACE},
	{"PIDFD_GET_NET_NAMESPACE", PIDFD_GET_NET_NAMESPACE},
	{"PIDFD_GET_PID_NAMESPACE", PIDFD_GET_PID_NAMESPACE},
	{"PIDFD_GET_PID_FOR_CHILDREN_NAMESPACE", PIDFD_GET_PID_FOR_CHILDREN_NAMESPACE},
	{"PIDFD_GET_TIME_NAMESPACE", PIDFD_GET_TIME_NAMESPACE},
	{"PIDFD_GET_TIME_FOR_CHILDREN_NAMESPACE", PIDFD_GET_TIME_FOR_CHILDREN_NAMESPACE},
	{"PIDFD_GET_USER_NAMESPACE", PIDFD_GET_USER_NAMESPACE},
	{"PIDFD_GET_UTS_NAMESPACE", PIDFD_GET_UTS_NAMESPACE},
	{"PIDFD_GET_INFO", PIDFD_GET_INFO},
}

// SIOCGSKNS opens the network namespace of a socket. It predates the encoding, so Dir and
// Size say nothing about it (include/uapi/linux/sockios.h).
const (
	SIOCGSKNS = 0x894C
)

var socketIoctls = []Constant{
	{"SIOCGSKNS", SIOCGSKNS},
}

// pidfdNS names, for each pidfd ioctl, the /proc/PID/ns entry that opens the same.
var pidfdNS = map[Ioctl]string{
	PIDFD_GET_CGROUP_NAMESPACE:            "cgroup",
	PIDFD_GET_IPC_NAMESPACE:               "ipc",
	PIDFD_GET_MNT_NAMESPACE:               "mnt",
	PIDFD_GET_NET_NAMESPACE:               "net",
	PIDFD_GET_PID_NAMESPACE:               "pid",
	PIDFD_GET_PID_FOR_CHILDREN_NAMESPACE:  "pid_for_children",
	PIDFD_GET_TIME_NAMESPACE:              "time",
	PIDFD_GET_TIME_FOR_CHILDREN_NAMESPACE: "time_for_children",
	PIDFD_GET_USER_NAMESPACE:              "user",
	PIDFD_GET_UTS_NAMESPACE:               "uts",
}

// PidfdNamespace says which namespace of a task a pidfd ioctl opens, as the /proc/PID/ns
// entry that opens the same.
func (c Ioctl) PidfdNamespace() (ProcNSEntry, bool) {
	return ProcNSByName(pidfdNS[c])
}

// Name is the C name of exactly this command, "" if it has none.
func (c Ioctl) Name() string { return lookup[GroupIoctl].byValue[uint64(c)] }

// String is Name or, without one, the command's parts as strace prints them.
func (c Ioctl) String() string {
	if n := c.Name(); n != "" {
		return n
	}
	dirs := [...]string{"_IOC_NONE", "_IOC_WRITE", "_IOC_READ", "_IOC_READ|_IOC_WRITE"}
	return fmt.Sprintf("_IOC(%s, %s, %s, %s)", dirs[c.Dir()], cHex(c.Type()), cHex(c.Nr()), cHex(c.Size()))
}

// cHex is C's %#x, which unlike Go's leaves 0 bare.
func cHex(v uint32) string {
	if v == 0 {
		return "0"
	}
	return fmt.Sprintf("%#x", v)
}

// IoctlByName finds a command by its C name.
func IoctlByName(name string) (Ioctl, bool) {
	v, ok := lookup[GroupIoctl].byName[name]
	return Ioctl(v), ok
}

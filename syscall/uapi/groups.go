// SPDX-License-Identifier: GPL-2.0-only

package uapi

// Group names an argument or field: the set of constants that it is written with.
type Group string

// The groups.
const (
	GroupErrno      Group = "errno"
	GroupClone      Group = "clone"   // clone's flags, exit signal included
	GroupClone3     Group = "clone3"  // clone_args.flags
	GroupUnshare    Group = "unshare" // unshare's flags, and setns's type
	GroupNSType     Group = "ns_type" // listns's mask
	GroupNSID       Group = "ns_id"
	GroupInum       Group = "inum"
	GroupUserNSID   Group = "user_ns_id"
	GroupIoctl      Group = "ioctl"
	GroupDirFD      Group = "dirfd"
	GroupHandleType Group = "handle_type"
	GroupHandleAt   Group = "name_to_handle_at"
	GroupAt         Group = "at"
	GroupOpen       Group = "open" // flags of open and open_by_handle_at
	GroupFcntl      Group = "fcntl"
	GroupAccess     Group = "access"
	GroupMode       Group = "st_mode"
	GroupFD         Group = "fd"
	GroupMount      Group = "mount"
	GroupUmount     Group = "umount"
	GroupOpenTree   Group = "open_tree"
	GroupFsopen     Group = "fsopen"
	GroupFsconfig   Group = "fsconfig"
	GroupFsmount    Group = "fsmount"
	GroupMoveMount  Group = "move_mount"
	GroupFamily     Group = "family"
	GroupSocketType Group = "socket_type" // type and its flags
	GroupNetlink    Group = "netlink"
	GroupInet       Group = "inet"
	GroupSockLevel  Group = "sockopt_level"
	GroupSockopt    Group = "sockopt"
	GroupSCM        Group = "scm"
	GroupMsg        Group = "msg"
	GroupSignal     Group = "signal"
	GroupHandler    Group = "handler" // what a signal does
	GroupWait       Group = "wait"
	GroupWaitID     Group = "waitid"
	GroupCLD        Group = "cld"
	GroupCap        Group = "cap"     // a capability's number
	GroupCapSet     Group = "cap_set" // a set of capabilities
	GroupSecurebits Group = "securebits"
	GroupPrctl      Group = "prctl"
	GroupCapAmbient Group = "cap_ambient"
	GroupDumpable   Group = "dumpable"
	GroupProt       Group = "prot"
	GroupMap        Group = "map"
	GroupInotify    Group = "inotify"
	GroupInotify1   Group = "inotify_init1"
	GroupPidfdOpen  Group = "pidfd_open"
	GroupPidfdSig   Group = "pidfd_send_signal"
	GroupSyscall    Group = "syscall"
	GroupMisc       Group = "misc" // sizes, masks and limits, which no argument is made of
)

// spec says how a group's values are written: as flags or'ed together, and in the bits of
// field as one of values. A plain enumeration is a field of 64 bits and no flags.
type spec struct {
	group     Group
	flags     []Constant
	field     uint64
	values    []Constant
	fieldLast bool       // field is printed after the flags
	aliases   []Constant // read, never printed
	shift     bool       // flags are bit numbers, written 1<<NAME
}

const whole = 1<<64 - 1

// specs is the one table of groups; everything below is derived from it.
var specs = []spec{
	{group: GroupErrno, field: whole, values: errnoConsts(), aliases: errnoAliases},
	{group: GroupClone, flags: join(cloneFlags, cloneParentSettid), field: CSIGNAL, values: signals, fieldLast: true, aliases: cloneMasks},
	{group: GroupClone3, flags: join(cloneFlags, cloneParentSettid, cloneNewtime, clone3Flags)},
	{group: GroupUnshare, flags: join(cloneFlags, cloneNewtime, unshareFlags)},
	{group: GroupNSType, flags: nsTypeConsts},
	{group: GroupNSID, field: whole, values: nsInitIDs, aliases: nsInitIDAliases},
	{group: GroupInum, field: whole, values: nsInitInums, aliases: procInums},
	{group: GroupUserNSID, field: whole, values: listnsUsers},
	{group: GroupIoctl, field: whole, values: join(nsIoctls, pidfdIoctls, socketIoctls)},
	{group: GroupDirFD, field: whole, values: specialFDs},
	{group: GroupHandleType, flags: fileidFlags, field: 0xffff, values: fileidTypes},
	{group: GroupHandleAt, flags: join(atFlags, atHandleFlags)},
	{group: GroupAt, flags: join(atFlags, atRecursive)},
	{group: GroupOpen, flags: openFlags, field: O_ACCMODE, values: openModes, aliases: openOther},
	{group: GroupFcntl, field: whole, values: fcntlCmds},
	{group: GroupFD, flags: fdFlags},
	{group: GroupAccess, flags: accessModes, aliases: accessExists},
	{group: GroupMode, field: S_IFMT, values: fileTypes, aliases: fileTypeMask},
	{group: GroupMount, flags: mountFlags},
	{group: GroupUmount, flags: umountFlags},
	{group: GroupOpenTree, flags: join(openTreeFlags, atFlags, atRecursive)},
	{group: GroupFsopen, flags: fsopenFlags},
	{group: GroupFsconfig, field: whole, values: fsconfigCmds},
	{group: GroupFsmount, flags: fsmountFlags},
	{group: GroupMoveMount, flags: moveMountFlags},
	{group: GroupFamily, field: whole, values: addressFamilies, aliases: addressFamilyAliases},
	{group: GroupSocketType, flags: socketFlags, field: SOCK_TYPE_MASK, values: socketTypes, aliases: socketTypeMask},
	{group: GroupNetlink, field: whole, values: netlinkProtocols},
	{group: GroupInet, field: whole, values: inetProtocols},
	{group: GroupSockLevel, field: whole, values: sockoptLevels},
	{group: GroupSockopt, field: whole, values: sockopts},
	{group: GroupSCM, field: whole, values: scmTypes},
	{group: GroupMsg, flags: msgFlags},
	{group: GroupSignal, field: whole, values: signals, aliases: signalAliases},
	{group: GroupHandler, field: whole, values: handlers},
	{group: GroupWait, flags: waitOptions, aliases: waitAliases},
	{group: GroupWaitID, field: whole, values: waitIDTypes},
	{group: GroupCLD, field: whole, values: childCodes},
	{group: GroupCap, field: whole, values: caps, aliases: capAliases},
	{group: GroupCapSet, flags: caps, shift: true},
	{group: GroupSecurebits, flags: secureBits, aliases: join(secureMasks, secureDefault)},
	{group: GroupPrctl, field: whole, values: prctlOptions},
	{group: GroupCapAmbient, field: whole, values: capAmbientOps},
	{group: GroupDumpable, field: whole, values: dumpable},
	{group: GroupProt, flags: protFlags},
	{group: GroupMap, flags: mapFlags, field: MAP_TYPE, values: mapTypes, aliases: mapOther},
	{group: GroupInotify, flags: inotifyMask, aliases: inotifyAliases},
	{group: GroupInotify1, flags: inotifyInitFlags},
	{group: GroupPidfdOpen, flags: pidfdOpenFlags},
	{group: GroupPidfdSig, flags: pidfdSignalFlags},
	{group: GroupSyscall, field: whole, values: sysNumbers},
	{group: GroupMisc, aliases: join(cloneSizes, listnsSizes, mntNSInfoSizes, pidfdInfoSizes, handleSizes, fileidMasks, ioctlDirs, ioctlMagics, capMasks, pageSize, nullPointer)},
}

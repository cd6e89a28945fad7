// SPDX-License-Identifier: GPL-2.0-only

package uapi

import "fmt"

// NSType is the type of a namespace: exactly one CLONE_NEW* bit. listns takes a mask of
// them, and a mask has this type too.
type NSType uint32

// The types as users of listns write them (enum ns_type in include/uapi/linux/nsfs.h).
const (
	TIME_NS   NSType = CLONE_NEWTIME
	MNT_NS    NSType = CLONE_NEWNS
	CGROUP_NS NSType = CLONE_NEWCGROUP
	UTS_NS    NSType = CLONE_NEWUTS
	IPC_NS    NSType = CLONE_NEWIPC
	USER_NS   NSType = CLONE_NEWUSER
	PID_NS    NSType = CLONE_NEWPID
	NET_NS    NSType = CLONE_NEWNET
)

var nsTypeConsts = []Constant{
	{"TIME_NS", uint64(TIME_NS)},
	{"MNT_NS", uint64(MNT_NS)},
	{"CGROUP_NS", uint64(CGROUP_NS)},
	{"UTS_NS", uint64(UTS_NS)},
	{"IPC_NS", uint64(IPC_NS)},
	{"USER_NS", uint64(USER_NS)},
	{"PID_NS", uint64(PID_NS)},
	{"NET_NS", uint64(NET_NS)},
}

// NumNSTypes is how many types of namespace there are.
const NumNSTypes = 8

// NSTypeMask has the bit of every type: what listns accepts as ns_type.
const NSTypeMask = TIME_NS | MNT_NS | CGROUP_NS | UTS_NS | IPC_NS | USER_NS | PID_NS | NET_NS

// nsTypes is the one table of types. Its order is the one in which one call that creates
// several creates them and in which setns installs them: the user namespace first because
// it owns the others, then the order of kernel/nsproxy.c: create_new_namespaces, v6.19.
var nsTypes = [NumNSTypes]struct {
	typ        NSType
	name       string
	initID     uint64
	initInum   uint32
	parented   bool
	childrenNS bool
}{
	{USER_NS, "user", USER_NS_INIT_ID, USER_NS_INIT_INO, true, false},
	{MNT_NS, "mnt", MNT_NS_INIT_ID, MNT_NS_INIT_INO, false, false},
	{UTS_NS, "uts", UTS_NS_INIT_ID, UTS_NS_INIT_INO, false, false},
	{IPC_NS, "ipc", IPC_NS_INIT_ID, IPC_NS_INIT_INO, false, false},
	{PID_NS, "pid", PID_NS_INIT_ID, PID_NS_INIT_INO, true, true},
	{CGROUP_NS, "cgroup", CGROUP_NS_INIT_ID, CGROUP_NS_INIT_INO, false, false},
	{NET_NS, "net", NET_NS_INIT_ID, NET_NS_INIT_INO, false, false},
	{TIME_NS, "time", TIME_NS_INIT_ID, TIME_NS_INIT_INO, false, true},
}

// NSTypes lists all types in the order in which one call creates them: user, mnt, uts, ipc,
// pid, cgroup, net, time.
func NSTypes() [NumNSTypes]NSType {
	var out [NumNSTypes]NSType
	for i, t := range nsTypes {
		out[i] = t.typ
	}
	return out
}

// Index is t's place in NSTypes, 0 to 7, and -1 if t is not exactly one type.
func (t NSType) Index() int {
	for i := range nsTypes {
		if nsTypes[i].typ == t {
			return i
		}
	}
	return -1
}

// NSTypeByIndex is the inverse of Index.
func NSTypeByIndex(i int) (NSType, bool) {
	if i < 0 || i >= NumNSTypes {
		return 0, false
	}
	return nsTypes[i].typ, true
}

// Valid reports whether t is exactly one type.
func (t NSType) Valid() bool { return t.Index() >= 0 }

// Types lists the types whose bits are set in the mask t, in the order of NSTypes.
func (t NSType) Types() []NSType {
	var out []NSType
	for i := range nsTypes {
		if t&nsTypes[i].typ != 0 {
			out = append(out, nsTypes[i].typ)
		}
	}
	return out
}

// String is the name that /proc and nsfs show, like "net"; for anything but one type it is
// the mask in the spelling of listns's users, like "MNT_NS|NET_NS".
func (t NSType) String() string {
	if i := t.Index(); i >= 0 {
		return nsTypes[i].name
	}
	return FormatFlags(GroupNSType, uint64(t))
}

// CName is the spelling of listns's users, like "NET_NS".
func (t NSType) CName() string { return FormatFlags(GroupNSType, uint64(t)) }

// CloneName is the spelling of clone's users, like "CLONE_NEWNET".
func (t NSType) CloneName() string { return FormatFlags(GroupUnshare, uint64(t)) }

// HasParent reports whether namespaces of this type form a hierarchy, which only user and
// pid namespaces do (the get_parent operation of proc_ns_operations).
func (t NSType) HasParent() bool {
	i := t.Index()
	return i >= 0 && nsTypes[i].parented
}

// ForChildren reports whether a task has a second namespace of this type, the one its
// children start in: pid and time.
func (t NSType) ForChildren() bool {
	i := t.Index()
	return i >= 0 && nsTypes[i].childrenNS
}

// InitID is the id of the initial namespace of type t (6.19 and later), 0 if t is not
// exactly one type.
func (t NSType) InitID() uint64 {
	if i := t.Index(); i >= 0 {
		return nsTypes[i].initID
	}
	return 0
}

// InitInum is the nsfs inode number of the initial namespace of type t, 0 if t is not
// exactly one type.
func (t NSType) InitInum() uint32 {
	if i := t.Index(); i >= 0 {
		return nsTypes[i].initInum
	}
	return 0
}

// NSTypeByName finds a type by what String prints for it.
func NSTypeByName(name string) (NSType, bool) {
	for i := range nsTypes {
		if nsTypes[i].name == name {
			return nsTypes[i].typ, true
		}
	}
	return 0, false
}

// LinkName is what readlink of a /proc/PID/ns entry and the nsfs dentry's name show:
// "net:[4026531833]" (fs/nsfs.c: ns_get_name, v6.19). The _for_children entries show the
// plain type.
func (t NSType) LinkName(inum uint32) string { return fmt.Sprintf("%s:[%d]", t, inum) }

// ProcNSEntry is one name in /proc/PID/ns.
type ProcNSEntry struct {
	Name        string
	Type        NSType
	ForChildren bool // the namespace of future children, not the task's own
}

// procNSEntries is in the directory's order.
var procNSEntries = [...]ProcNSEntry{
	{"net", NET_NS, false},
	{"uts", UTS_NS, false},
	{"ipc", IPC_NS, false},
	{"pid", PID_NS, false},
	{"pid_for_children", PID_NS, true},
	{"user", USER_NS, false},
	{"mnt", MNT_NS, false},
	{"cgroup", CGROUP_NS, false},
	{"time", TIME_NS, false},
	{"time_for_children", TIME_NS, true},
}

// ProcNSEntries lists /proc/PID/ns in the directory's order (fs/proc/namespaces.c:
// ns_entries, v6.19, with every type configured).
func ProcNSEntries() []ProcNSEntry {
	return append([]ProcNSEntry(nil), procNSEntries[:]...)
}

// ProcNSByName finds an entry of /proc/PID/ns; no such name is ENOENT to the caller.
func ProcNSByName(name string) (ProcNSEntry, bool) {
	for _, e := range procNSEntries {
		if e.Name == name {
			return e, true
		}
	}
	return ProcNSEntry{}, false
}

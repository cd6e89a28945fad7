// SPDX-License-Identifier: GPL-2.0-only

package sim

// Rules is the set of switches that act in the kernel code above counts and
// trees. The zero value is the behaviour documented for v7.3.4, the newest profile,
// so that a switch is something a kernel did before, or does besides.
type Rules uint64

// Switches of this layer. The catalogue (switches.go) has each one's name and
// sentence.
const (
	// NoListns: the system call does not exist.
	NoListns Rules = 1 << iota
	// HandleExact: a file handle must carry type and inode number.
	HandleExact
	// HandleLoose: a handle whose id is 0 or that carries only one of type and
	// inode number is looked up all the same.
	HandleLoose
	// HandleOwnerCap, ListnsOwnerCap, IterOwnerCap: a capability over the owning
	// user namespace is enough to open by handle, to list, to step through
	// mount namespaces.
	HandleOwnerCap
	ListnsOwnerCap
	IterOwnerCap
	// IterNeedsInfo: NS_MNT_GET_NEXT and PREV fail on a null info pointer.
	IterNeedsInfo
	// PidIoctlENOTTY: the pid translation ioctls say ENOTTY for no such task.
	PidIoctlENOTTY
	// PidForChildrenNeedsReaper: the link pid_for_children is ENOENT before the
	// namespace has had a first process.
	PidForChildrenNeedsReaper
	// PidFDProxyFirst: the pidfd namespace ioctls look at the nsproxy before
	// they look at permissions.
	PidFDProxyFirst
	// ZombieDumpable: a zombie keeps its dumpability.
	ZombieDumpable
	// ExecState: the user namespace of the last execve is kept by the task and
	// not by its mm.
	ExecState
	// CursorInactiveEnds: an inactive namespace right after the cursor ends a
	// listing.
	CursorInactiveEnds
	// CursorWraps: the largest cursor starts again from the beginning.
	CursorWraps
	// ListnsBuffered: ids are collected first and copied in one go.
	ListnsBuffered
	// ListnsGetFirst: listns takes the reference before it looks at
	// permissions, and drops a refused one inside the RCU read section.
	ListnsGetFirst
	// ListnsPutInRCU: listns drops the previous entry's reference after it has
	// entered the read section again.
	ListnsPutInRCU
	// TypeCursorUnified: a cursor with one type is looked up in the tree of all
	// types.
	TypeCursorUnified
	// NoOpenTreeNS and NoFSMountNS: open_tree(OPEN_TREE_NAMESPACE) and
	// fsmount(FSMOUNT_NAMESPACE) are unknown flags.
	NoOpenTreeNS
	NoFSMountNS
	// SetTidInitFirst: alloc_pid looks for the namespace's init before it looks
	// at the capability.
	SetTidInitFirst
	// FirstForkClosesPidNS: a first fork that fails after alloc_pid closes the
	// pid namespace for good.
	FirstForkClosesPidNS
	// PidNSDyingInnermost: alloc_pid looks at the innermost namespace only when
	// it asks whether processes may still be added.
	PidNSDyingInnermost
	// SetnsMntPrivateFS: setns asks the prepared fs_struct whether it is shared,
	// which with several flags is a private copy.
	SetnsMntPrivateFS
	// SetnsMntIgnoresSharing: setns does not ask at all.
	SetnsMntIgnoresSharing
	// AnyExitSignal: clone accepts an exit signal that is none.
	AnyExitSignal
	// NoCloneAutoreap: the clone flags of v7.1 are unknown.
	NoCloneAutoreap
	// NoAnonID: anonymous mount namespaces draw no id.
	NoAnonID
	// RCUHeadOverlay: the RCU callback head lies over id and active count.
	RCUHeadOverlay
	// HandleDeref618: pidfd namespace ioctls take references unconditionally.
	HandleDeref618
	// FaultEINVAL: a fault of the ids buffer is EINVAL.
	FaultEINVAL
	// SocketRefusesInactive: SIOCGSKNS fails on an inactive namespace
	// (semantics active-v1).
	SocketRefusesInactive
	// ListPinned: whatever is still pinned is listed and opened (semantics
	// passive).
	ListPinned
	// DyingFlag: at zero a namespace is marked dying for good, except network
	// namespaces (semantics dying).
	DyingFlag
	// ListAllFlag: listns takes a flag that also returns inactive namespaces
	// (semantics list-all).
	ListAllFlag
	// FailedSetnsDropsActive: throwing away a prepared nsproxy also drops active
	// references.
	FailedSetnsDropsActive
	// ForkLeaksActive: an unwound fork leaves its active references.
	ForkLeaksActive
	// CgroupAddedEarly: a cgroup namespace enters the trees before it has its
	// owner.
	CgroupAddedEarly
	// Spare2Unchecked: listns does not look at spare2.
	Spare2Unchecked
	// EndIsENOENT: no entry after the cursor is ENOENT and not 0.
	EndIsENOENT
	// RootMountExtra: a mount namespace's root is an extra immutable mount.
	RootMountExtra
	// UserNSClone: Debian's sysctl kernel.unprivileged_userns_clone is 0.
	UserNSClone
	// BootKDevTmpfs: devtmpfs is configured, so a kernel thread owns the first
	// dynamic mount namespace.
	BootKDevTmpfs
	// InodeCached: closing the last descriptor leaves the inode (bug
	// nsfs-dentry-cached).
	InodeCached
	// IDMapNumberWraps: a number in an id map wraps at 64 bits and does not
	// saturate; only the lower 32 bits count.
	IDMapNumberWraps
	// SetTidByLevel: alloc_pid checks set_tid and draws the number of one level
	// before it looks at the next.
	SetTidByLevel
	// NSLinkIgnoresExec and PidFDIgnoresExec: following a link of /proc/PID/ns, and
	// the pidfd namespace ioctls, do not wait for an execve of the task.
	NSLinkIgnoresExec
	PidFDIgnoresExec
	// ExecClosesLate: execve closes descriptors after it has replaced the mm and
	// entered the time namespace.
	ExecClosesLate
	// UnshareNSProxyFirst: unshare installs the nsproxy before the fs_struct.
	UnshareNSProxyFirst
	// UserNSDropsExecBits: entering a user namespace clears the securebits that
	// restrict execve too.
	UserNSDropsExecBits
	// UnshareErrorLeaks: unshare forgets the new nsproxy when the accounting of the
	// new credential fails.
	UnshareErrorLeaks
	// OpenTreeNSPartial: OPEN_TREE_NAMESPACE may leave out what is mounted below in the
	// mount namespace of another user namespace.
	OpenTreeNSPartial
	// UnshareErrorDropsActive: in that case unshare drops active references that the
	// new nsproxy never took.
	UnshareErrorDropsActive
	// KDevTmpfsCopies: the kernel thread kdevtmpfs copies the initial mounts into its
	// mount namespace, and does not begin with an empty one.
	KDevTmpfsCopies
	// ProcPinsCred: a superblock of procfs holds its mounter's credential.
	ProcPinsCred
	// RCUHeadOverlayID: the RCU callback head lies over the id and a link of the tree,
	// which nobody reads any more.
	RCUHeadOverlayID
)

// Has reports whether one of the switches is on.
func (r Rules) Has(s Rules) bool { return r&s != 0 }

// SPDX-License-Identifier: GPL-2.0-only

package sim

// Faults is the set of switches for what kernel code above counts and trees does, or did
// while it was being written, against the rule. The zero value is a kernel without any of
// them; a kernel that still has one has it in its profile (profile.go). Differences
// between kernels that are no faults, and some faults that came first, are Rules.
type Faults uint64

// The faults. The catalogue (switches.go) has each one's name and sentence, package bugs
// its story.
const (
	// PartialProxyPut: a half-built nsproxy is thrown away with the error value in its
	// failing field put as if it were a namespace.
	PartialProxyPut Faults = 1 << iota
	// ThreadReadsUnsetCred: a new thread's active reference is taken through a
	// credential that it does not have yet.
	ThreadReadsUnsetCred
	// CredsPublishedEarly: commit_creds publishes before it takes the active reference.
	CredsPublishedEarly
	// MarkKeepsActive: the active reference of the file system's side belongs to the
	// inode, which an inotify mark pins, and not to its dentry.
	MarkKeepsActive
	// PidParentInactive: an active pid namespace does not keep its parent active.
	PidParentInactive
	// HandleIgnoresActive: opening by handle asks for a passive count and no more.
	HandleIgnoresActive
	// WalkWithoutReference: listns stands on an entry without a reference while it
	// copies.
	WalkWithoutReference
	// IPCNumberedLate: an ipc namespace gets its id when it enters the trees, after its
	// mqueue mount has counted on it.
	IPCNumberedLate
	// NetNSLingers: a dead network namespace stays on the trees until a worker runs.
	NetNSLingers
	// MntInumFreedEarly: a mount namespace gives back its inode number before it leaves
	// the trees.
	MntInumFreedEarly
	// IPCErrorLeaksMqueue: an ipc namespace that cannot be completed leaves its mqueue
	// mount behind.
	IPCErrorLeaksMqueue
	// NetErrorLeaks: a network namespace that gets no inode number is never freed.
	NetErrorLeaks
	// UnshareMovesRoot: unshare moves the caller's root into the new mount namespace
	// before the rest of the call has succeeded.
	UnshareMovesRoot
	// PidFreedBeforeFlush: release_task uses a struct pid that it holds no more.
	PidFreedBeforeFlush
	// PartialPageLost: a fault behind the first ids of a page is an error, and not the
	// number of ids that are there.
	PartialPageLost
	// EndTellsHidden: the end of a listing is another one while the caller may not see
	// what comes behind its cursor.
	EndTellsHidden
	// OwnerFilterTells: a user namespace that the caller may not see can be told from
	// one that does not exist by filtering with it.
	OwnerFilterTells
	// OwnerCannotList: a capability over the user namespace that a listing is filtered
	// by grants nothing.
	OwnerCannotList
	// HandleErrorCollapsed: opening by handle what is not permitted is ESTALE.
	HandleErrorCollapsed
	// HandleTailMisread: the tail of a file handle is looked for at offsets in words
	// taken for bytes.
	HandleTailMisread
	// HandleMismatchAsserts: type and inode number of a file handle are asserted to be
	// right.
	HandleMismatchAsserts
	// IterIgnoresActive: NS_MNT_GET_NEXT and PREV do not ask whether a namespace is
	// active.
	IterIgnoresActive
	// ZombiePidFDNeedsProxy: the pidfd ioctls want an nsproxy also for the user and pid
	// namespace, which do not come from it.
	ZombiePidFDNeedsProxy
)

// Has reports whether one of the switches is on.
func (f Faults) Has(s Faults) bool { return f&s != 0 }

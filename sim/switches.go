// SPDX-License-Identifier: GPL-2.0-only

package sim

import (
	"github.com/nssim/nssim/nstree"
	"github.com/nssim/nssim/refcount"
)

// Layer is where a switch acts.
type Layer string

// The layers.
const (
	LayerRefcount Layer = "refcount"
	LayerTree     Layer = "nstree"
	LayerKernel   Layer = "kernel"
	LayerFault    Layer = "fault" // kernel code too: what it does against the rule
	LayerBoot     Layer = "boot"
)

// Switch is one named difference between kernels, options or bugs.
type Switch struct {
	Name  string
	Layer Layer
	Doc   string // one sentence
	bit   uint64
}

var switches = []Switch{
	{"no-active-count", LayerRefcount, "there is no active count: what lives is visible", uint64(refcount.NoActive)},
	{"init-ns-counted", LayerRefcount, "references on initial namespaces are counted", uint64(refcount.InitCounted)},
	{"owner-at-creation", LayerRefcount, "the owner's active reference is taken at creation and never on a plain get", uint64(refcount.OwnerAtCreation)},
	{"first-asserts", LayerRefcount, "only the first posting's four assertions on counts are there", uint64(refcount.FirstAsserts)},
	{"underflow-unasserted", LayerRefcount, "a negative active count is not reported", uint64(refcount.UnderflowUnasserted)},
	{"no-cascade-on-put", LayerRefcount, "a count that reaches zero does not release the owner", uint64(refcount.NoCascadeOnPut)},
	{"cascade-on-every-put", LayerRefcount, "every put releases the owner", uint64(refcount.CascadeOnEveryPut)},
	{"resurrect-one-level", LayerRefcount, "resurrection stops after the first owner", uint64(refcount.ResurrectOneLevel)},

	{"no-unified-tree", LayerTree, "there are per-type trees only", uint64(nstree.NoUnifiedTree)},
	{"ids-per-cpu", LayerTree, "ids are drawn from per-CPU blocks; the initial namespaces have none reserved", uint64(nstree.IDsPerCPU)},
	{"owner-list-unsorted", LayerTree, "the list of owned namespaces is in order of creation", uint64(nstree.OwnerListUnsorted)},
	{"init-active-unset", LayerTree, "a fixed inode number leaves the active count at zero", uint64(nstree.InitActiveUnset)},
	{"duplicate-id", LayerTree, "the id generator repeats itself once", uint64(nstree.DuplicateID)},
	{"clear-next-on-remove", LayerTree, "removal clears the removed node's forward links", uint64(nstree.ClearNextOnRemove)},
	{"unified-but-not-type", LayerTree, "insertion forgets the type's list", uint64(nstree.UnifiedOnly)},

	{"no-listns", LayerKernel, "listns(2) does not exist", uint64(NoListns)},
	{"handle-exact", LayerKernel, "a file handle must carry type and inode number", uint64(HandleExact)},
	{"handle-loose", LayerKernel, "a file handle may carry only one of type and inode number", uint64(HandleLoose)},
	{"handle-owner-cap", LayerKernel, "CAP_SYS_ADMIN over the owner is enough to open by handle", uint64(HandleOwnerCap)},
	{"listns-owner-cap", LayerKernel, "CAP_SYS_ADMIN over the owner is enough to list", uint64(ListnsOwnerCap)},
	{"iter-owner-cap", LayerKernel, "CAP_SYS_ADMIN over the owner is enough to step through mount namespaces", uint64(IterOwnerCap)},
	{"iter-needs-info", LayerKernel, "NS_MNT_GET_NEXT and PREV fail without an info buffer", uint64(IterNeedsInfo)},
	{"pid-ioctl-enotty", LayerKernel, "translating the pid of no task is ENOTTY and not ESRCH", uint64(PidIoctlENOTTY)},
	{"pid-for-children-needs-reaper", LayerKernel, "pid_for_children is ENOENT before the first process", uint64(PidForChildrenNeedsReaper)},
	{"pidfd-proxy-first", LayerKernel, "pidfd namespace ioctls say ESRCH for a zombie before EACCES", uint64(PidFDProxyFirst)},
	{"zombie-dumpable", LayerKernel, "the dumpability test applies to zombies", uint64(ZombieDumpable)},
	{"exec-state", LayerKernel, "the task and not the mm remembers the user namespace of execve", uint64(ExecState)},
	{"cursor-inactive-ends", LayerKernel, "an inactive namespace after the cursor ends a listing", uint64(CursorInactiveEnds)},
	{"cursor-wraps", LayerKernel, "the largest cursor starts again from the beginning", uint64(CursorWraps)},
	{"listns-buffered", LayerKernel, "listns collects a page first and copies it in one go", uint64(ListnsBuffered)},
	{"listns-get-first", LayerKernel, "listns references an entry before it checks permission", uint64(ListnsGetFirst)},
	{"put-inside-rcu", LayerKernel, "listns drops the previous entry inside the RCU read section", uint64(ListnsPutInRCU)},
	{"type-cursor-unified", LayerKernel, "a cursor with one type starts in the tree of all types", uint64(TypeCursorUnified)},
	{"no-open-tree-ns", LayerKernel, "OPEN_TREE_NAMESPACE is unknown", uint64(NoOpenTreeNS)},
	{"open-tree-ns-partial", LayerKernel, "OPEN_TREE_NAMESPACE may leave out mounts of another user namespace's mount namespace", uint64(OpenTreeNSPartial)},
	{"no-fsmount-ns", LayerKernel, "FSMOUNT_NAMESPACE is unknown", uint64(NoFSMountNS)},
	{"set-tid-by-level", LayerKernel, "the number of one level is drawn before set_tid of the next is looked at", uint64(SetTidByLevel)},
	{"set-tid-init-first", LayerKernel, "set_tid without an init is EINVAL before EPERM", uint64(SetTidInitFirst)},
	{"first-fork-closes-pidns", LayerKernel, "a first fork that fails late closes the pid namespace", uint64(FirstForkClosesPidNS)},
	{"pidns-dying-innermost", LayerKernel, "only the innermost pid namespace is asked whether it is dying", uint64(PidNSDyingInnermost)},
	{"setns-mnt-private-fs", LayerKernel, "setns with several flags may join a mount namespace with a shared fs_struct", uint64(SetnsMntPrivateFS)},
	{"setns-mnt-ignores-sharing", LayerKernel, "setns never asks whether the fs_struct is shared", uint64(SetnsMntIgnoresSharing)},
	{"any-exit-signal", LayerKernel, "clone accepts an invalid exit signal", uint64(AnyExitSignal)},
	{"no-clone-autoreap", LayerKernel, "CLONE_AUTOREAP and its companions are unknown", uint64(NoCloneAutoreap)},
	{"no-anon-id", LayerKernel, "anonymous mount namespaces draw no id", uint64(NoAnonID)},
	{"rcu-head-overlays-id-and-active", LayerKernel, "the RCU callback head lies over id and active count", uint64(RCUHeadOverlay)},
	{"rcu-head-overlays-id", LayerKernel, "the RCU callback head lies over the id and a tree link", uint64(RCUHeadOverlayID)},
	{"pidfd-get-unconditional", LayerKernel, "pidfd namespace ioctls take references without asking", uint64(HandleDeref618)},
	{"put-user-error-wrong-code", LayerKernel, "a fault of the ids buffer is EINVAL", uint64(FaultEINVAL)},
	{"siocgskns-refuses-inactive", LayerKernel, "a socket cannot reopen an inactive network namespace", uint64(SocketRefusesInactive)},
	{"list-pinned", LayerKernel, "whatever is pinned can be listed and opened", uint64(ListPinned)},
	{"dying-flag", LayerKernel, "at zero a namespace is marked dying for good, except network namespaces", uint64(DyingFlag)},
	{"list-all-flag", LayerKernel, "a flag makes listns return inactive namespaces too", uint64(ListAllFlag)},
	{"failed-setns-drops-active", LayerKernel, "a failing setns drops active references it never took", uint64(FailedSetnsDropsActive)},
	{"fork-failure-leaks-active", LayerKernel, "an unwound fork leaves its active references", uint64(ForkLeaksActive)},
	{"cgroup-added-before-owner", LayerKernel, "a cgroup namespace enters the trees before it has its owner", uint64(CgroupAddedEarly)},
	{"spare2-unchecked", LayerKernel, "listns does not look at the reserved field spare2", uint64(Spare2Unchecked)},
	{"end-is-enoent", LayerKernel, "no entry after the cursor is ENOENT and not 0", uint64(EndIsENOENT)},
	{"root-mount-extra", LayerKernel, "a mount namespace has an extra immutable root mount", uint64(RootMountExtra)},
	{"nsfs-dentry-cached", LayerKernel, "the last close keeps the inode until settle", uint64(InodeCached)},
	{"ns-link-ignores-exec", LayerKernel, "following a link of /proc/PID/ns does not wait for an execve of the task", uint64(NSLinkIgnoresExec)},
	{"pidfd-get-ignores-exec", LayerKernel, "pidfd namespace ioctls do not wait for an execve of the task", uint64(PidFDIgnoresExec)},
	{"exec-closes-late", LayerKernel, "execve closes descriptors after it has entered the time namespace", uint64(ExecClosesLate)},
	{"unshare-nsproxy-first", LayerKernel, "unshare installs the nsproxy before the fs_struct", uint64(UnshareNSProxyFirst)},
	{"userns-drops-exec-securebits", LayerKernel, "entering a user namespace clears the securebits that restrict execve", uint64(UserNSDropsExecBits)},
	{"unshare-error-leaks-nsproxy", LayerKernel, "unshare leaks the new nsproxy when the accounting of the credential fails", uint64(UnshareErrorLeaks)},
	{"unshare-error-drops-active", LayerKernel, "unshare then drops active references that it never took", uint64(UnshareErrorDropsActive)},
	{"id-map-number-wraps", LayerKernel, "a number in an id map that is too large for 64 bits wraps", uint64(IDMapNumberWraps)},
	{"proc-pins-cred", LayerKernel, "a superblock of procfs holds the credential of whoever mounted it", uint64(ProcPinsCred)},

	{"partial-nsproxy-put", LayerFault, "an error value in a half-built nsproxy is put as if it were a namespace", uint64(PartialProxyPut)},
	{"thread-reads-unset-cred", LayerFault, "a new thread's active reference is taken through a credential that is not set yet", uint64(ThreadReadsUnsetCred)},
	{"creds-published-early", LayerFault, "commit_creds publishes a credential before its user namespace is active", uint64(CredsPublishedEarly)},
	{"mark-keeps-active", LayerFault, "an inotify watch keeps a namespace active without descriptor or mount", uint64(MarkKeepsActive)},
	{"pid-parent-inactive", LayerFault, "an active pid namespace does not keep its parent active", uint64(PidParentInactive)},
	{"handle-ignores-active", LayerFault, "a handle opens what is pinned and not active", uint64(HandleIgnoresActive)},
	{"walk-without-reference", LayerFault, "listns holds no reference on the entry that it copies", uint64(WalkWithoutReference)},
	{"zero-id-as-initial", LayerFault, "an ipc namespace is counted before it has its id, and taken for an initial one", uint64(IPCNumberedLate)},
	{"netns-lingers", LayerFault, "a dead network namespace stays on the trees until the worker runs", uint64(NetNSLingers)},
	{"mnt-inum-freed-early", LayerFault, "a mount namespace gives back its inode number while it is on the trees", uint64(MntInumFreedEarly)},
	{"ipc-error-leaks-mqueue", LayerFault, "an ipc namespace that cannot be completed leaves its mqueue mount", uint64(IPCErrorLeaksMqueue)},
	{"net-error-leaks", LayerFault, "a network namespace that gets no inode number is never freed", uint64(NetErrorLeaks)},
	{"unshare-moves-root", LayerFault, "unshare moves the root before it knows that it succeeds", uint64(UnshareMovesRoot)},
	{"pid-freed-before-flush", LayerFault, "release_task uses a struct pid that it does not hold", uint64(PidFreedBeforeFlush)},
	{"partial-page-lost", LayerFault, "a fault behind the first ids of a page is an error and not their number", uint64(PartialPageLost)},
	{"end-tells-hidden", LayerFault, "the end of a listing tells whether hidden namespaces follow", uint64(EndTellsHidden)},
	{"owner-filter-tells", LayerFault, "the owner filter tells whether a hidden user namespace exists", uint64(OwnerFilterTells)},
	{"owner-cannot-list", LayerFault, "CAP_SYS_ADMIN over the owner filter's namespace grants nothing", uint64(OwnerCannotList)},
	{"handle-error-collapsed", LayerFault, "opening by handle what is not permitted is ESTALE and not EPERM", uint64(HandleErrorCollapsed)},
	{"handle-tail-misread", LayerFault, "the check of a handle's tail counts words as bytes", uint64(HandleTailMisread)},
	{"handle-mismatch-asserts", LayerFault, "wrong type or inode number in a handle is an assertion", uint64(HandleMismatchAsserts)},
	{"iter-ignores-active", LayerFault, "NS_MNT_GET_NEXT and PREV open inactive mount namespaces", uint64(IterIgnoresActive)},
	{"zombie-pidfd-needs-nsproxy", LayerFault, "pidfd ioctls refuse a zombie's user and pid namespace", uint64(ZombiePidFDNeedsProxy)},

	{"kdevtmpfs-copies-mounts", LayerBoot, "kdevtmpfs's mount namespace is a copy of the initial one and not made empty", uint64(KDevTmpfsCopies)},
	{"boot-kdevtmpfs", LayerBoot, "a kernel thread owns the first dynamic mount namespace, id 10", uint64(BootKDevTmpfs)},
	{"userns-clone-sysctl", LayerBoot, "Debian's kernel.unprivileged_userns_clone is 0", uint64(UserNSClone)},
}

// Switches lists every switch, by layer.
func Switches() []Switch { return append([]Switch(nil), switches...) }

// SwitchByName finds a switch.
func SwitchByName(name string) (Switch, bool) {
	for _, s := range switches {
		if s.Name == name {
			return s, true
		}
	}
	return Switch{}, false
}

// rules is a set of switches, by layer.
type rules struct {
	ref  refcount.Rules
	tree nstree.Rules
	kern Rules
	bad  Faults
}

func (r *rules) set(s Switch, on bool) {
	switch s.Layer {
	case LayerRefcount:
		setBit(&r.ref, refcount.Rules(s.bit), on)
	case LayerTree:
		setBit(&r.tree, nstree.Rules(s.bit), on)
	case LayerFault:
		setBit(&r.bad, Faults(s.bit), on)
	default:
		setBit(&r.kern, Rules(s.bit), on)
	}
}

func (r *rules) has(s Switch) bool {
	switch s.Layer {
	case LayerRefcount:
		return uint64(r.ref)&s.bit != 0
	case LayerTree:
		return uint64(r.tree)&s.bit != 0
	case LayerFault:
		return uint64(r.bad)&s.bit != 0
	}
	return uint64(r.kern)&s.bit != 0
}

func setBit[T refcount.Rules | nstree.Rules | Rules | Faults](r *T, bit T, on bool) {
	*r &^= bit
	if on {
		*r |= bit
	}
}

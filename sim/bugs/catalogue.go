// SPDX-License-Identifier: GPL-2.0-only

package bugs

// catalogue is by area. Hashes, message ids and reports are as they were published.
var catalogue = []Bug{
	{
		Name: "cgroup-added-before-owner", Area: Counts,
		Title: "A new cgroup namespace enters the trees before its owner is set.",
		Found: "syzbot ci, on the first posting of the series",
		Where: "768b1565d9d1 (cgroup: add cgroup namespace to tree after owner is set)",
		Fixed: "series v2; v6.19",
		Story: "The allocator put the namespace on the trees as its last step, and its caller filled in the " +
			"owning user namespace after that. As soon as the trees have a list per owner, the owner is " +
			"read while it is empty: the namespace gets on no owner's list, and is later taken off one.",
	},
	{
		Name: "init-active-unset", Area: Counts,
		Title: "The active count of the initial network namespace is never set.",
		Found: "the author",
		Where: "0355dcae2d15 (ns: don't skip active reference count initialization)",
		Fixed: "before v6.19",
		Story: "The common initialiser returned early for a fixed inode number, before it set the active " +
			"count. The initial network namespace is the one that is initialised at run time with a fixed " +
			"number, so it started with 0 and was listed nowhere.",
	},
	{
		Name: "init-ns-counted", Area: Counts,
		Title: "References on initial namespaces are counted, though nobody took those of boot.",
		Found: "syzbot (0b2e79f91ff6579bfa5b, 0a8655a80e189278487e)",
		Where: "7cd3d204412b (ns: don't increment or decrement initial namespaces)",
		Fixed: "before v6.19",
		Story: "Tasks and nsproxy of boot never took references on the initial namespaces. Their counts are " +
			"right only while every other get has its put; one too many puts elsewhere takes an initial " +
			"namespace to 0, and its owner with it. Now neither operation does anything on ids 1 to 8.",
	},
	{
		Name: "owner-at-creation", Area: Counts,
		Title: "setns() through a pidfd revives a namespace but not its owner.",
		Found: "syzbot (1957b26299cf3ff7890c, 553c4078ab14e3cf3358, 18ca16805765b88f983b)",
		Where: "f8d5a8970d2f (ns: handle setns(pidfd, ...) cleanly)",
		Fixed: "before v6.19",
		Story: "A pidfd keeps no namespace active. If its task exits between the look at its namespaces and " +
			"the commit, they have gone to 0 and let go of their owner. The owner's reference had been " +
			"taken once, at creation, so the commit raised a count from 0 and did not look at the owner; " +
			"the next put takes the owner below zero.",
	},
	{
		Name: "underflow-unasserted", Area: Counts,
		Title: "No check for a negative active count.",
		Found: "the author",
		Where: "57b39aabb99e (ns: add asserts for active refcount underflow)",
		Fixed: "before v6.19",
		Story: "Only the step to exactly 0 was looked at. A count that had gone to -1 was noticed by nobody, " +
			"and the next get took it to 0: in use, and never listed again. It takes another bug to get " +
			"there.",
	},
	{
		Name: "failed-setns-drops-active", Area: Counts,
		Title: "A setns() that fails drops active references that it never took.",
		Found: "syzbot (0b2e79f91ff6579bfa5b, 0a8655a80e189278487e)",
		Where: "cefd55bd2159 (nsproxy: fix free_nsproxy() and simplify create_new_namespaces())",
		Fixed: "before v6.19",
		Story: "One destructor served both for an nsproxy in use, which has an active reference for each " +
			"field, and for one that setns() has prepared and throws away, which has passive ones only. " +
			"Every setns() that fails makes the caller's own namespaces less visible by one.",
	},
	{
		Name: "partial-nsproxy-put", Area: Counts,
		Title: "A half-built nsproxy puts an error value as if it were a namespace.",
		Found: "syzbot (983e44006c89c92789a4), linux-next of November 2025",
		Where: "69155e34.050a0220.3565dc.0018.GAE@google.com",
		Fixed: "before v6.19",
		Story: "The builder stored what each copy operation returned in the field itself. When one failed, " +
			"the clean-up put every field, and the one that failed held an error value.",
	},
	{
		Name: "unshare-error-leaks-nsproxy", Area: Counts,
		Title: "unshare() leaks the new nsproxy when the accounting of the new credential fails.",
		Found: "review",
		Where: "a98621a0f187 (unshare: fix nsproxy leak in ksys_unshare() on set_cred_ucounts() failure)",
		Fixed: "v7.1 and stable kernels of spring 2026",
		Story: "The failure went to a label behind the one that frees the nsproxy. All its namespaces, the " +
			"new and the inherited, keep a passive reference for ever; the new ones stay on the trees, " +
			"inactive, where no listing shows them.",
	},
	{
		Name: "unshare-error-drops-active", Area: Counts,
		Title: "The fix of that leak drops active references that were never taken.",
		Found: "review",
		Where: "0b6f31a3c0b1 (unshare: don't drop active namespace references that were never taken)",
		Fixed: "v7.2.11, v7.3",
		Story: "The new error path used the ordinary put of an nsproxy, which takes it for one in use: " +
			"failed-setns-drops-active once more, through unshare().",
	},
	{
		Name: "fork-failure-leaks-active", Area: Counts,
		Title: "A fork that fails late leaves its active references.",
		Found: "the author, between versions 2 and 3 of the series",
		Where: "20251024-work-namespace-nstree-listns-v3-0-b6241981b72b@kernel.org (change log)",
		Fixed: "series v3",
		Story: "A new task takes active references when its credentials and its nsproxy are copied. The " +
			"unwinding of a fork dropped the passive ones only, so the namespaces stay listed with nobody " +
			"in them.",
	},
	{
		Name: "thread-reads-unset-cred", Area: Counts,
		Title: "A new thread takes its active reference through a credential that it does not have yet.",
		Found: "syzbot ci, on version 2 of the series",
		Where: "20251022-work-namespace-nstree-listns-v2-0-71a588572371@kernel.org (reply)",
		Fixed: "series v3",
		Story: "Threads share their creator's credential on a short cut. The active reference was taken " +
			"through the new task's pointer before that was set.",
	},
	{
		Name: "creds-published-early", Area: Counts,
		Title: "A new credential is visible before its user namespace is active.",
		Found: "reading of v7.3",
		Fixed: "open",
		Story: "commit_creds() first publishes the new credential and then takes the active reference; for " +
			"an nsproxy the order is the other way round. In between the task is in a namespace that is " +
			"not listed and whose handle is stale. Nothing is miscounted.",
	},
	{
		Name: "mark-keeps-active", Area: Counts,
		Title: "An inotify watch keeps a namespace active without task, descriptor or mount.",
		Found: "reading of v7.3",
		Fixed: "open",
		Story: "The active reference belongs to the nsfs inode, and a watch pins the inode. The documented " +
			"rule knows descriptors and bind mounts only. With the switch off the reference goes with the " +
			"dentry.",
	},
	{
		Name: "pid-parent-inactive", Area: Counts,
		Title: "The parent of an active pid namespace need not be active.",
		Found: "reading, against the text of the commit",
		Where: "3a18f809184b (ns: add active reference count), case (3)",
		Fixed: "open",
		Story: "The commit says that the parent of a visible hierarchical namespace is visible. The cascade " +
			"follows ownership, which for user namespaces is the same and for pid namespaces is not. With " +
			"the switch off it goes along the parents of pid namespaces too.",
	},
	{
		Name: "handle-ignores-active", Area: Counts,
		Title: "A handle opens a namespace that only the kernel's internals still hold.",
		Found: "the reason for the series",
		Where: "3a18f809184b (ns: add active reference count)",
		Fixed: "v6.19",
		Story: "Before there were active counts, a handle opened whatever had a passive reference: the " +
			"namespace of a file's credential, or of an address space that an idle CPU had not let go of " +
			"yet.",
	},
	{
		Name: "siocgskns-refuses-inactive", Area: Counts,
		Title: "A socket cannot reopen its inactive network namespace.",
		Found: "the author, as an open problem of the first posting",
		Where: "20251021-work-namespace-nstree-listns-v1-0-ad44261a8a5b@kernel.org",
		Fixed: "series v2",
		Story: "With visibility bound to the active count and no way back, the ioctl failed as soon as the " +
			"last task and descriptor were gone, though the socket still held the namespace. Now an nsfs " +
			"inode that is made brings its namespace and all owners back.",
	},
	{
		Name: "nsfs-dentry-cached", Area: Counts,
		Title: "The active reference lingers in a cached dentry after the last close.",
		Found: "the author, in preparation of the series",
		Where: "1e9a9be249ad (nsfs: use inode_just_drop()), 6dbe134e4bf7 (nsfs: raise DCACHE_DONTCACHE explicitly)",
		Fixed: "never in a release",
		Story: "The active reference ends when the inode is evicted. If the dentry were kept, the namespace " +
			"would stay listed until memory gets scarce; settle is when it does in the model.",
	},
	{
		Name: "rcu-head-overlays-id-and-active", Area: Lifetime,
		Title: "The RCU callback's head shares its memory with the id and the active count.",
		Found: "reading of v7.2 and v7.3, then on running kernels",
		Fixed: "v7.3",
		Story: "Queueing the callback writes over the id and the active count. A walk that stands on the " +
			"namespace then sees an active count that is not 0 and an id of 0, which passes for an " +
			"initial namespace: the get succeeds and takes nothing. The walk returns 0 or a kernel " +
			"address as an id, and later puts what it never got.",
	},
	{
		Name: "put-inside-rcu", Area: Lifetime,
		Title: "listns() drops a last reference inside an RCU read section.",
		Found: "the author",
		Where: "2ec2aff3c8e2 (ns: make sure reference are dropped outside of rcu lock)",
		Fixed: "before v6.19",
		Story: "The reference on an entry was dropped after the read section had been entered again for the " +
			"next. Meanwhile the walk may have become the last holder, and taking down a mount namespace " +
			"sleeps.",
	},
	{
		Name: "listns-get-first", Area: Lifetime,
		Title: "A namespace that the caller may not see is referenced, and released inside the read section.",
		Found: "review",
		Where: "56ea4e86832d (nstree: check listing permission before taking a namespace reference)",
		Fixed: "v7.2.7, v7.3",
		Story: "The fix of put-inside-rcu moved the put of accepted entries only. A refused one was " +
			"referenced first and put in the same read section, so an unprivileged caller can become the " +
			"last holder there.",
		Gone: true,
	},
	{
		Name: "type-cursor-unified", Area: Lifetime,
		Title: "A page of one type is looked for in the tree of all types.",
		Found: "KASAN, during development",
		Where: "20251029-work-namespace-nstree-listns-v4-72-2e6f823ebdc0@kernel.org (its selftest)",
		Fixed: "series v3",
		Story: "The walk runs along one type's list, but its start was looked up without the type. The entry " +
			"found can be of another type, and its links lead along another list, whose head is never " +
			"recognised as the end.",
	},
	{
		Name: "walk-without-reference", Area: Lifetime,
		Title: "The walk holds no reference on an entry while it copies the id.",
		Found: "the author, between versions 2 and 3",
		Where: "20251024-work-namespace-nstree-listns-v3-0-b6241981b72b@kernel.org (change log)",
		Fixed: "series v3",
		Story: "The entry was used after the read section had been left, so it could be freed in between.",
	},
	{
		Name: "zero-id-as-initial", Area: Lifetime,
		Title: "A namespace that has no id yet passes for an initial one.",
		Found: "the author, when the assertions on ids were turned on",
		Where: "20251110-work-namespace-nstree-fixes-v1-11-e8a9264e0fb9@kernel.org",
		Fixed: "before v6.19",
		Story: "Initial is what has an id up to 8, and 0 is one of these. References on a namespace under " +
			"construction do nothing, and if the put comes when the id is there, the count is off. The " +
			"mqueue mount of an ipc namespace counts on it that early.",
	},
	{
		Name: "ids-per-cpu", Area: Lifetime,
		Title: "Ids come from per-CPU blocks, so a newer namespace may have a smaller id.",
		Found: "reading of v6.18 and v6.19",
		Fixed: "v6.19",
		Story: "Each CPU took a block of 4096 ids. Order of ids was not order of creation, and pages that go " +
			"on behind the last id missed what was created later on another CPU. The initial namespaces " +
			"had no ids of their own either. The model draws on one CPU, so that is what its programs " +
			"show.",
	},
	{
		Name: "owner-list-unsorted", Area: Lifetime,
		Title: "The list of an owner's namespaces is in order of insertion.",
		Found: "reading of the first posting",
		Where: "20251021-work-namespace-nstree-listns-v1-14-ad44261a8a5b@kernel.org",
		Fixed: "series v2",
		Story: "New entries were appended. Two tasks that make namespaces at the same time may insert them " +
			"in the other order, and pages that go on behind the last id then lose entries.",
	},
	{
		Name: "duplicate-id", Area: Lifetime,
		Title: "An id that is there already corrupts the lists.",
		Found: "reading of v7.3",
		Fixed: "open; not reachable",
		Story: "The tree refuses the node, but the code then looks for its predecessor in the tree, finds " +
			"none and puts it at the head of the list. The assertion comes when both disagree. It takes " +
			"an id generator that repeats itself.",
	},
	{
		Name: "netns-lingers", Area: Lifetime,
		Title: "A dead network namespace stays on the trees until the worker has run.",
		Found: "review of the patch that put it there",
		Fixed: "by design",
		Story: "Other types leave the trees with their last reference, network namespaces in a worker that " +
			"may take its time. Look-ups skip what they cannot get, so nothing shows but the trees " +
			"themselves.",
	},
	{
		Name: "mnt-inum-freed-early", Area: Lifetime,
		Title: "A mount namespace gives back its inode number while it is on the trees.",
		Found: "reading of v7.3",
		Fixed: "open; harmless as far as seen",
		Story: "All other types leave the trees first. In between two entries can have the same inode " +
			"number.",
	},
	{
		Name: "ipc-error-leaks-mqueue", Area: Lifetime,
		Title: "An ipc namespace that cannot be completed leaves its mqueue mount.",
		Found: "review",
		Where: "ipc: drop the mqueue mount with kern_unmount() on setup failure",
		Fixed: "v6.19 in part, v7.2.13, v7.3",
		Story: "The mount was made early and not undone when a later step failed. Its superblock holds the " +
			"user namespace for ever. The first repair, up to v7.2.12, dropped the mount in the wrong " +
			"way, which the model does not tell apart.",
	},
	{
		Name: "net-error-leaks", Area: Lifetime,
		Title: "A network namespace that gets no inode number is never freed.",
		Found: "reading of v6.19 and v7.2",
		Fixed: "by v7.2",
		Story: "The failure of the common initialisation went to a label that gives back the accounting and " +
			"not the object.",
	},
	{
		Name: "unshare-moves-root", Area: Lifetime,
		Title: "A failing unshare() leaves the caller's root in a mount namespace that is gone.",
		Found: "review",
		Where: "CVE-2026-43472",
		Fixed: "v7.0 and stable",
		Story: "When the caller's file-system context was not shared, the copy of the mount namespace worked " +
			"on it directly. If a later namespace of the same call failed, the new mount namespace was " +
			"taken down and the root stayed in it.",
	},
	{
		Name: "pid-freed-before-flush", Area: Lifetime,
		Title: "The struct pid of a task is freed before its entries in procfs are flushed.",
		Found: "review",
		Where: "cdd812d0683d (exit: hold a reference to thread_pid across proc_flush_pid)",
		Fixed: "v7.2.7, v7.3",
		Story: "release_task() remembers the struct pid and uses it after it has given up the task's use of " +
			"it. Whoever has the last use of the number, here a process of the task's group, may end in " +
			"between.",
	},
	{
		Name: "put-user-error-wrong-code", Area: Listing,
		Title: "A buffer that faults is EINVAL.",
		Found: "the author",
		Where: "a51dce7c3261 (ns: return EFAULT on put_user() error)",
		Fixed: "before v6.19",
		Story: "The error of the copy was replaced by a general one.",
	},
	{
		Name: "partial-page-lost", Area: Listing,
		Title: "A fault behind the first ids of a page is an error, not their number.",
		Found: "reading; the selftests want it so",
		Where: "07d7ad46dad4 (selftests/namespaces: test for efault)",
		Fixed: "by design",
		Story: "Ids are copied one by one. When a later one faults, EFAULT is returned and how many are in " +
			"the buffer is lost.",
	},
	{
		Name: "cursor-wraps", Area: Listing,
		Title: "The largest cursor starts the listing again.",
		Found: "review",
		Where: "listns: don't wrap around with a U64_MAX cursor",
		Fixed: "v7.3.4",
		Story: "The start was looked up as \"cursor + 1 or above\", which is 0 or above for the largest " +
			"cursor.",
	},
	{
		Name: "cursor-inactive-ends", Area: Listing,
		Title: "An inactive namespace behind the cursor ends the listing.",
		Found: "review",
		Where: "nstree: don't end listns() at an inactive namespace",
		Fixed: "v7.3.4",
		Story: "The start was found by id alone and then referenced. If that one entry was inactive the " +
			"look-up counted as nothing found, and ENOENT hid everything behind it.",
	},
	{
		Name: "end-is-enoent", Area: Listing,
		Title: "The end of a listing is an error.",
		Found: "reading, against the examples of the cover letter",
		Where: "20251021-work-namespace-nstree-listns-v1-0-ad44261a8a5b@kernel.org",
		Fixed: "open",
		Story: "No entry above the cursor is ENOENT; entries above it of which none is returned are 0. The " +
			"loop of the cover letter takes any negative value for a failure, so it fails whenever its " +
			"last page was exactly full.",
	},
	{
		Name: "end-tells-hidden", Area: Listing,
		Title: "The end of a listing tells whether hidden namespaces follow.",
		Found: "reading of v7.3",
		Fixed: "open",
		Story: "Whether there is an entry above the cursor is asked without a look at permissions. With a " +
			"type and a search over the cursor anybody learns the largest id in use, inactive ones " +
			"included, and can watch others create and destroy.",
	},
	{
		Name: "owner-filter-tells", Area: Listing,
		Title: "The owner filter tells whether a hidden user namespace exists.",
		Found: "reading of v7.3",
		Fixed: "open",
		Story: "The filter's id is resolved before any permission is considered: EINVAL if there is no such " +
			"active user namespace, else 0 or ENOENT.",
	},
	{
		Name: "spare2-unchecked", Area: Listing,
		Title: "One of two reserved fields is not checked.",
		Found: "reading of v7.3",
		Fixed: "open",
		Story: "Only the first has to be 0. What callers leave in the second is accepted, so it cannot be " +
			"given a meaning later.",
	},
	{
		Name: "listns-buffered", Area: Listing,
		Title: "A page is collected in one read section, into a buffer of the caller's size.",
		Found: "review",
		Where: "20251029-work-namespace-nstree-listns-v4-0-2e6f823ebdc0@kernel.org (change log)",
		Fixed: "series v4",
		Story: "Up to a million ids were collected in kernel memory before a single copy. Copying them one " +
			"by one is what made references across the copy necessary, and with them put-inside-rcu.",
	},
	{
		Name: "listns-owner-cap", Area: Permission,
		Title: "CAP_SYS_ADMIN in any owning user namespace is enough to list.",
		Found: "review",
		Where: "8d76afe84fa2 (nstree: tighten permission checks for listing)",
		Fixed: "v7.0, v6.19.9",
		Story: "Inside a container that capability is easy to have, so services with a common ancestor could " +
			"enumerate each other. Now a caller sees the namespaces it is in, or everything if it is in " +
			"the initial pid namespace and privileged in the initial user namespace.",
	},
	{
		Name: "handle-owner-cap", Area: Permission,
		Title: "The same for opening by handle.",
		Found: "review; CVE-2026-43391",
		Where: "d2324a9317f0 (nsfs: tighten permission checks for handle opening)",
		Fixed: "v7.0, v6.19.9 and v6.18 stable",
		Story: "As listns-owner-cap. The new refusal is ESTALE (see handle-error-collapsed).",
	},
	{
		Name: "iter-owner-cap", Area: Permission,
		Title: "The same for stepping through mount namespaces.",
		Found: "review; CVE-2026-43403",
		Where: "e6b899f08066 (nsfs: tighten permission checks for ns iteration ioctls)",
		Fixed: "v7.0, v6.19.9 and older stable",
		Story: "As listns-owner-cap. The new check comes before the type of the descriptor is looked at.",
	},
	{
		Name: "owner-cannot-list", Area: Permission,
		Title: "After that, root of a user namespace cannot list what it owns.",
		Found: "reading, against the rules of the cover letter",
		Where: "8d76afe84fa2",
		Fixed: "open; intended for now",
		Story: "The owner filter grants nothing by itself any more, though the published text says that a " +
			"process can enumerate the namespaces it owns. Its own namespaces for children are hidden " +
			"from their creator.",
	},
	{
		Name: "handle-error-collapsed", Area: Permission,
		Title: "A refused handle and a stale one give the same error.",
		Found: "users",
		Where: "systemd 42070 and 42483",
		Fixed: "by design of the handle code",
		Story: "nsfs reports EPERM, and the generic code makes ESTALE of every failure but lack of memory. A " +
			"caller cannot tell gone from not allowed.",
	},
	{
		Name: "setns-mnt-ignores-sharing", Area: Permission,
		Title: "setns() enters a mount namespace though the file-system context is shared.",
		Found: "regression",
		Where: "mount: refuse setns() with a shared fs_struct again",
		Fixed: "v7.3.4",
		Story: "The refusal was lost, so threads that share the context could end up with a root in a " +
			"foreign mount namespace. What v7.3 does in the model is setns-mnt-private-fs.",
	},
	{
		Name: "setns-mnt-private-fs", Area: Permission,
		Title: "It does so when several namespaces are asked for at once.",
		Found: "reading of v7.3",
		Where: "mount: refuse setns() with a shared fs_struct again",
		Fixed: "v7.3.4",
		Story: "With more than one flag setns() prepares a private copy of the context, and it is the copy " +
			"that is asked whether it is shared.",
	},
	{
		Name: "handle-tail-misread", Area: Files,
		Title: "The check that a handle's tail is 0 looks at the wrong bytes.",
		Found: "reading of v7.3",
		Fixed: "open",
		Story: "Lengths there count 32-bit words, and are added to a byte pointer. Garbage behind the known " +
			"fields is accepted, and a long handle with valid fields is refused, because they fall into " +
			"the range that is tested.",
	},
	{
		Name: "handle-mismatch-asserts", Area: Files,
		Title: "An assertion compares what the caller has supplied.",
		Found: "syzbot (9eefe09bedd093f156c2), linux-next of September 2025",
		Where: "68cdf1ae.a00a0220.37dadf.0021.GAE@google.com",
		Fixed: "before v6.18, for the type v6.19",
		Story: "Type and inode number of a handle come from user space. That they do not fit the namespace " +
			"that the id names is the caller's mistake.",
	},
	{
		Name: "iter-needs-info", Area: Files,
		Title: "Stepping to the next mount namespace needs an info buffer.",
		Found: "reading of v6.19",
		Fixed: "open",
		Story: "The buffer is optional. When the ioctl was converted to another helper the test for a null " +
			"pointer was lost, so the copy fails and the new descriptor is thrown away.",
	},
	{
		Name: "iter-ignores-active", Area: Files,
		Title: "Stepping through mount namespaces reaches inactive ones.",
		Found: "reading of v7.3",
		Fixed: "open",
		Story: "The ioctl takes any neighbour with a passive reference and opens it, which makes it active. " +
			"What listns() hides and a handle refuses is one ioctl away.",
	},
	{
		Name: "pid-ioctl-enotty", Area: Files,
		Title: "Translating the pid of no task is ENOTTY.",
		Found: "users",
		Where: "725ecd80688b (nsfs: fix wrong error code returned for pidns ioctls)",
		Fixed: "v7.0.13, v7.1",
		Story: "No such task left the inner selection and fell into the next one, whose default overwrites " +
			"the error.",
	},
	{
		Name: "pid-for-children-needs-reaper", Area: Files,
		Title: "A pid namespace without a first process is visible through some doors only.",
		Found: "reading",
		Fixed: "by v7.2",
		Story: "The namespace is active through its creator's nsproxy as soon as unshare() returns. It was " +
			"listed and opened by handle; only the link in /proc looked for the first process.",
	},
	{
		Name: "zombie-pidfd-needs-nsproxy", Area: Files,
		Title: "/proc opens the user namespace of a zombie, and a pidfd does not.",
		Found: "reading of v7.3",
		Fixed: "open",
		Story: "The pidfd ioctls want the nsproxy, which a zombie has given up, also for the two namespaces " +
			"that do not come from it.",
	},
	{
		Name: "no-cascade-on-put", Area: Mutation,
		Title: "A count that reaches 0 does not let go of the owner.",
		Story: "The owner stays listed for ever.",
	},
	{
		Name: "cascade-on-every-put", Area: Mutation,
		Title: "Every put lets go of the owner.",
		Story: "The owner goes below zero while what it owns is active.",
	},
	{
		Name: "resurrect-one-level", Area: Mutation,
		Title: "Resurrection stops after the first owner.",
		Story: "A namespace is active and its owner's owner is not.",
	},
	{
		Name: "clear-next-on-remove", Area: Mutation,
		Title: "Removal clears the forward link.",
		Story: "A walk that stands on a namespace that leaves the list is at its end.",
	},
	{
		Name: "unified-but-not-type", Area: Mutation,
		Title: "Insertion forgets the type's list.",
		Story: "Listings with and without a type disagree.",
	},
}

var missing = []Absent{
	{"credentials-read-without-protection", "Helpers read a task's credentials without the annotation that makes it safe.",
		"It is about annotation: in the callers that there are nothing can go wrong, and the model has no reads that are torn or reordered."},
	{"bind-mount-in-inactive-mount-namespace", "A bind mount keeps a namespace active though the mount namespace that it is in is not.",
		"It follows from the rules as they are. Other rules would make mounts drop and retake references whenever their mount namespace leaves or reaches zero, which is another design and no switch of one line."},
	{"no-rescheduling-point", "A caller that may see nothing walks the whole list in one read section.",
		"It is about time, and the model has none."},
	{"initial-namespace-without-operations", "Initial ipc and network namespaces are on the trees of a kernel that is built without them.",
		"The model's kernel has every type of namespace."},
	{"handle-default-branch-leaks", "The branch of the handle code for unknown types forgets a reference.",
		"It is reached only in a kernel built without a type."},
	{"stress-test-baseline-drift", "The stress tests assume that nothing of earlier tests is still dying.",
		"It is no bug of the kernel. In the model what is deferred runs at settle and at no other time."},
	{"seqcount-not-retried", "A look-up during an insertion is not tried again.",
		"Look-ups are one step in the model. See the mutants."},
}

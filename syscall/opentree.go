// SPDX-License-Identifier: GPL-2.0-only

package syscall

import (
	"math/bits"

	"github.com/nssim/nssim/sim"
	"github.com/nssim/nssim/syscall/uapi"
)

// OpenTree is open_tree(2), MoveMount is move_mount(2) of a descriptor's mount
// (MOVE_MOUNT_F_EMPTY_PATH) to a path.
type (
	OpenTree struct {
		FD    int32
		Path  string
		Flags uint32
	}
	MoveMount struct {
		FD   int32
		Path string
	}
)

func (c OpenTree) start(x X) {
	x.push(opOpenTree, int64(c.FD), int64(x.Intern(c.Path)), int64(c.Flags))
}
func (c MoveMount) start(x X) { x.push(opMoveMount, int64(c.FD), int64(x.Intern(c.Path))) }

// OpenTree opens a mount (fs/namespace.c: vfs_open_tree, v7.0). With OPEN_TREE_CLONE it
// is a detached copy in an anonymous mount namespace, which draws an id and is never
// listed; with OPEN_TREE_NAMESPACE (v7.0) a mount namespace with the copy in it, which
// is active while it is open. AT_RECURSIVE copies what is mounted below. EMFILE; EINVAL:
// unknown flags, both kinds of copy, or AT_RECURSIVE without one; EPERM: no CAP_SYS_ADMIN
// over the owner of the mount namespace, or for a namespace over the caller's own; path
// errors; ENOTDIR: a namespace of what is no directory; EINVAL: what may not be copied.
func (t T) OpenTree(fd int, path string, flags uint32) (int, error) {
	return t.fd(OpenTree{int32(fd), path, flags})
}

// MoveMount attaches a detached tree, or moves a mount (fs/namespace.c: do_move_mount,
// v6.19). EPERM: no CAP_SYS_ADMIN over the owner of the mount namespace; path errors;
// EBADF; EINVAL: the descriptor is not at a mount's root, a directory and a file, a locked
// mount, another mount namespace; ELOOP: into itself, or the file of a mount namespace
// that is not younger than the caller's.
func (t T) MoveMount(fd int, path string) error { return t.do(MoveMount{int32(fd), path}) }

// Locals of open_tree.
const (
	otDir = iota
	otPath
	otFlags
	otMount
	otRet
)

// otNamespace is the step that ends a call with the descriptor of a new namespace.
const otNamespace = 3

func init() {
	define(opOpenTree, "open_tree",
		step{"filename_lookup", openTree},
		step{"open_detached_copy", func(x X) {
			f := x.f()
			i := sim.InodeID(f.Ret)
			t := target{kind: toNSFS, inode: i, nsfs: x.Inode(i).NS, mnt: sim.MountID(f.L[otMount]), path: "/"}
			fd, spent, e := x.openTreeOf(&t, uint32(f.L[otFlags]))
			if f.L[otRet] = fd; e != 0 {
				f.L[otRet] = -int64(e)
			}
			x.pathPut(i, t.mnt)
			x.putNS(spent)
		}},
		step{"done", func(x X) { x.ret(x.f().L[otRet]) }},
		step{"open_namespace_file", func(x X) { x.ret(x.f().Ret) }},
	)
	define(opMoveMount, "move_mount",
		step{"do_move_mount", func(x X) {
			f := x.f()
			e := x.moveMountFD(int32(f.L[0]), x.PathString(sim.PathID(f.L[1])))
			f.L[2] = -int64(e)
		}},
		// The anonymous namespace that the tree came from is empty now.
		step{"free_mnt_ns", func(x X) {
			f := x.f()
			if f.L[2] == 0 {
				x.putNS(x.emptied(int32(f.L[0])))
			}
		}},
		step{"done", func(x X) { x.ret(x.f().L[2]) }},
	)
	// Closing the descriptor of a tree that was never attached unmounts it and frees
	// its namespace (fs/namespace.c: dissolve_on_fput, v6.19).
	onRelease(sim.FileTree, func(x X, f *sim.File) {
		ns := f.NS
		f.NS = 0
		x.putNS(ns)
	})
}

const openTreeKnown = uapi.AT_EMPTY_PATH | uapi.AT_NO_AUTOMOUNT | uapi.AT_RECURSIVE | uapi.AT_SYMLINK_NOFOLLOW |
	uapi.OPEN_TREE_CLONE | uapi.OPEN_TREE_CLOEXEC

// openTreeFlags checks the flags and the capability that they need.
func (x X) openTreeFlags(flags uint32) uapi.Errno {
	known := uint32(openTreeKnown)
	if !x.Cfg.Rules.Has(sim.NoOpenTreeNS) {
		known |= uapi.OPEN_TREE_NAMESPACE
	}
	copies := flags & (uapi.OPEN_TREE_CLONE | uapi.OPEN_TREE_NAMESPACE)
	switch {
	case flags&^known != 0, flags&uapi.AT_RECURSIVE != 0 && copies == 0, bits.OnesCount32(copies) > 1:
		return uapi.EINVAL
	case flags&uapi.OPEN_TREE_NAMESPACE != 0 && !x.NSCapable(x.T, x.cred().UserNS, uapi.CAP_SYS_ADMIN),
		flags&uapi.OPEN_TREE_CLONE != 0 && !x.mayMount():
		return uapi.EPERM
	}
	return 0
}

func openTree(x X) {
	f := x.f()
	flags := uint32(f.L[otFlags])
	_, e := x.FDFree(x.me().Files, 0)
	if e == 0 {
		e = x.openTreeFlags(flags)
	}
	how := follow
	if flags&uapi.AT_SYMLINK_NOFOLLOW != 0 {
		how = 0
	}
	if flags&uapi.AT_EMPTY_PATH != 0 {
		how |= emptyPath
	}
	var t target
	if e == 0 {
		t, e = x.resolveAt(int32(f.L[otDir]), x.PathString(sim.PathID(f.L[otPath])), how)
	}
	if e == 0 && t.kind == toNSFS {
		f.L[otMount] = int64(t.mnt)
		x.hold(&t)
		return
	}
	if e == 0 && flags&uapi.OPEN_TREE_NAMESPACE != 0 {
		x.openNewNamespace(&t, flags)
		return
	}
	fd, spent := int64(0), sim.NS(0)
	if e == 0 {
		fd, spent, e = x.openTreeOf(&t, flags)
	}
	x.done(fd, e)
	x.putNS(spent)
}

// openTreeOf opens t itself, or with OPEN_TREE_CLONE a detached copy. Where the copying
// fails, spent is the namespace that was made for it and has used up an id.
func (x X) openTreeOf(t *target, flags uint32) (fd int64, spent sim.NS, e uapi.Errno) {
	cloexec := uint32(flags & uapi.OPEN_TREE_CLOEXEC)
	switch {
	case flags&uapi.OPEN_TREE_NAMESPACE != 0:
		return 0, 0, uapi.ENOTDIR
	case flags&uapi.OPEN_TREE_CLONE == 0 && t.kind == toNSFS:
		x.Inode(t.inode).Dentry++
		fd, e = x.openInode(t.inode, uapi.O_PATH|cloexec, t.mnt)
		return fd, 0, e
	case flags&uapi.OPEN_TREE_CLONE == 0:
		fd, e = x.openAs(t, uapi.O_PATH|cloexec)
		return fd, 0, e
	}
	ns := x.newAnonNS()
	if !x.mayCopy(t, flags&uapi.AT_RECURSIVE != 0) {
		return 0, ns, uapi.EINVAL
	}
	root := x.cloneTree(t, ns, flags&uapi.AT_RECURSIVE != 0, true)
	fd, e = x.openDetached(ns, root, cloexec)
	return fd, 0, e
}

// newAnonNS makes the mount namespace of a detached tree. It belongs to the owner of the
// caller's and is charged like any other, but enters no tree; up to v6.18 it draws no id
// (fs/namespace.c: alloc_mnt_ns, v6.19).
func (x X) newAnonNS() sim.NS {
	owner := x.Entries[x.mntNS()].Owner
	ns := x.AllocFixed(uapi.MNT_NS, owner, uapi.MNT_NS_ANON_INO)
	x.Nodes[ns].Flags |= sim.NodeAnonymous
	x.initMntNS(ns)
	x.MntNSOf(ns).Anon = true
	if x.Cfg.Rules.Has(sim.NoAnonID) {
		x.SetIdentity(ns, false)
	} else {
		x.AssignID(ns)
	}
	return ns
}

// initMntNS gives a new mount namespace what it has besides its mounts.
func (x X) initMntNS(ns sim.NS) {
	owner := x.Entries[ns].Owner
	x.Nodes[ns].UCounts = int32(x.UCountsGet(owner, x.cred().UID.Eff))
	x.Inc(owner)
	data := x.MntNSs.New()
	x.Nodes[ns].Data = data
}

// openDetached opens a detached tree. The file holds the namespace, and the tree's root
// like any file opened through it.
func (x X) openDetached(ns sim.NS, root sim.MountID, cloexec uint32) (int64, uapi.Errno) {
	x.MntNSOf(ns).Root = root
	x.Mount(root).Refs++
	return x.openFile(sim.File{
		Kind: sim.FileTree, Flags: uapi.O_PATH, Obj: int32(root), Mount: root, NS: ns,
	}, cloexec != 0)
}

// openNewNamespace opens a mount namespace whose only mounts are a copy of t
// (fs/namespace.c: create_new_namespace, v7.0). It belongs to the caller's user namespace;
// where that is not the owner of the caller's mount namespace, all is locked and, since
// v7.2, nothing mounted below may be left out. It fails, or pushes a frame.
func (x X) openNewNamespace(t *target, flags uint32) {
	recurse := flags&uapi.AT_RECURSIVE != 0
	foreign := x.cred().UserNS != x.Entries[x.mntNS()].Owner
	all := foreign && !x.Cfg.Rules.Has(sim.OpenTreeNSPartial)
	if !t.isDir() {
		x.fail(uapi.ENOTDIR)
		return
	}
	ns, e := x.Alloc(uapi.MNT_NS, x.cred().UserNS)
	if e != 0 {
		x.fail(e)
		return
	}
	x.initMntNS(ns)
	x.AssignID(ns)
	if !x.mayCopy(t, recurse) || all && !recurse && x.hasChildren(t) {
		x.fail(uapi.EINVAL)
		x.putNS(ns) // it has used up an id
		return
	}
	x.installTree(ns, x.cloneTree(t, ns, recurse, false), foreign)
	x.jump(otNamespace)
	x.openTreeNS(ns, flags&uapi.OPEN_TREE_CLOEXEC)
}

// installTree makes a tree the content of a new mount namespace.
func (x X) installTree(ns sim.NS, root sim.MountID, lock bool) {
	d := x.MntNSOf(ns)
	d.Root = root
	for m := d.First; m != 0; m = x.Mount(m).Next {
		x.Mount(m).Locked = x.Mount(m).Locked || lock
	}
	x.enterTrees(ns)
}

// openTreeNS opens a new namespace, whose creation reference goes to the inode. The
// frame's next step finds the descriptor.
func (x X) openTreeNS(ns sim.NS, cloexec uint32) {
	x.push(opOpenNamespace, int64(ns), 0, int64(uapi.O_RDONLY|cloexec))
}

// moveMountFD is move_mount of a descriptor's mount.
func (x X) moveMountFD(fd int32, path string) uapi.Errno {
	if !x.mayMount() {
		return uapi.EPERM
	}
	to, e := x.resolve(path, 0)
	if e != 0 {
		return e
	}
	from, e := x.startOf(fd, "")
	if e != 0 {
		return e
	}
	return x.moveMount(&from, &to)
}

// moveMount attaches the mount whose root from is at another place.
func (x X) moveMount(from, to *target) uapi.Errno {
	at := x.cross(*to)
	switch {
	case !x.isMountRoot(from), from.isDir() != to.isDir():
		return uapi.EINVAL
	case from.mnt == 0:
		return x.moveBase(from, &at)
	}
	k := x.Mount(from.mnt)
	root := k.NS != 0 && x.MntNSOf(k.NS).Root == from.mnt
	anon := root && x.MntNSOf(k.NS).Anon
	switch {
	case !x.isMine(&at), !x.isMine(from) && !anon, x.isMine(from) && (root || k.Locked):
		return uapi.EINVAL
	case x.holdsElderMntNS(from.mnt), x.isUnder(at.mnt, from.mnt):
		return uapi.ELOOP
	}
	if anon {
		x.MntNSOf(k.NS).Root = 0
		for _, m := range x.eachUnder(from.mnt) {
			x.removeMount(m)
			x.addMount(at.ns, m)
		}
	}
	x.attach(from.mnt, &at)
	return 0
}

// moveBase says why a base mount cannot be moved. The model moves none, where a kernel
// may move all but the root.
func (x X) moveBase(from, at *target) uapi.Errno {
	switch {
	case !x.isMine(from), x.baseLocked(from.ns), !x.isMine(at),
		from.path == "/" && !x.Cfg.Rules.Has(sim.RootMountExtra):
		return uapi.EINVAL
	case x.standsOnBase(at, from.path):
		return uapi.ELOOP
	}
	return uapi.EINVAL
}

// standsOnBase reports whether at's mount is the base mount at a path or stands on it.
func (x X) standsOnBase(at *target, base string) bool {
	path := at.path
	for m := at.mnt; m != 0; m = x.Mount(m).Parent {
		path = x.PathString(x.Mount(m).Path)
	}
	return path == base || isBelow(path, base)
}

// holdsElderMntNS reports whether a tree contains the file of a mount namespace that is
// not younger than the caller's (fs/namespace.c: check_for_nsfs_mounts, v6.19).
func (x X) holdsElderMntNS(top sim.MountID) bool {
	for _, m := range x.eachUnder(top) {
		if x.mntNSLoop(x.Mount(m).Inode) {
			return true
		}
	}
	return false
}

// emptied takes over a descriptor's reference on the anonymous namespace whose tree it
// has just attached; 0 if it was none.
func (x X) emptied(fd int32) sim.NS {
	file, e := x.fdGet(fd, true)
	if e != 0 {
		return 0
	}
	k := x.File(file)
	if k.Kind != sim.FileTree || k.NS == 0 || x.MntNSOf(k.NS).First != 0 {
		return 0
	}
	ns := k.NS
	k.NS = 0
	return ns
}

// SPDX-License-Identifier: GPL-2.0-only

package syscall

import (
	"math/bits"

	"github.com/nssim/nssim/sim"
	"github.com/nssim/nssim/syscall/uapi"
)

// Mount is mount(2). An empty Source or Type is a null pointer.
type Mount struct {
	Source, Target, Type string
	Flags                uint64
}

func (c Mount) start(x X) {
	x.push(opMount, int64(x.internOrNull(c.Source)), int64(x.Intern(c.Target)), int64(x.internOrNull(c.Type)), int64(c.Flags))
}

func (x X) internOrNull(s string) sim.PathID {
	if s == "" {
		return 0
	}
	return x.Intern(s)
}

// Mount mounts, binds (MS_BIND), moves (MS_MOVE) or changes a mount (fs/namespace.c:
// path_mount, v6.19). Errors in order: those of the target's path; EPERM: no
// CAP_SYS_ADMIN over the owner of the caller's mount namespace; then
//
// MS_BIND: EINVAL: no source; those of the source's path; EINVAL: the file of a mount
// namespace that is not younger than the caller's, a source or target in another mount
// namespace, locked mounts that the copy would leave out; ENOTDIR: a directory and a
// file.
//
// MS_SHARED, MS_PRIVATE, MS_SLAVE, MS_UNBINDABLE, with MS_REC or without: EINVAL: several
// of them, or no mount point. MS_REMOUNT: EINVAL, EPERM. Both change nothing in the
// model, in which no mount propagates.
//
// Else a new file system: EINVAL: no type; ENODEV: an unknown one; EPERM: no CAP_SYS_ADMIN
// over the user namespace it would belong to, one that user namespaces may not mount, or
// a procfs or sysfs that would reveal what is hidden; EINVAL, ENOTDIR, EBUSY: the same
// file system is there already.
func (t T) Mount(source, target, fstype string, flags uint64) error {
	return t.do(Mount{source, target, fstype, flags})
}

// Locals of mount.
const (
	mtSource = iota
	mtTarget
	mtType
	mtFlags
	mtMount // the source's mount
	mtInode
	mtRet
)

const propagation = uapi.MS_SHARED | uapi.MS_PRIVATE | uapi.MS_SLAVE | uapi.MS_UNBINDABLE

func init() {
	define(opMount, "mount",
		step{"path_mount", pathMount},
		step{"do_loopback", func(x X) {
			f := x.f()
			i := sim.InodeID(f.Ret)
			f.L[mtInode] = int64(i)
			t := target{kind: toNSFS, inode: i, nsfs: x.Inode(i).NS, mnt: sim.MountID(f.L[mtMount]), path: "/"}
			e := x.bind(&t, x.PathString(sim.PathID(f.L[mtTarget])), false)
			f.L[mtRet] = -int64(e)
			x.pathPut(i, t.mnt)
		}},
		step{"done", func(x X) { x.ret(x.f().L[mtRet]) }},
	)
}

func pathMount(x X) {
	f := x.f()
	flags := uint64(f.L[mtFlags])
	t, e := x.resolve(x.PathString(sim.PathID(f.L[mtTarget])), follow)
	if e == 0 && !x.mayMount() {
		e = uapi.EPERM
	}
	if e != 0 {
		x.fail(e)
		return
	}
	switch {
	case flags&uapi.MS_REMOUNT != 0:
		e = x.remount(&t, flags)
	case flags&uapi.MS_BIND != 0:
		x.bindFrom(sim.PathID(f.L[mtSource]), &t, flags&uapi.MS_REC != 0)
		return
	case flags&propagation != 0:
		e = x.changeType(&t, flags)
	case flags&uapi.MS_MOVE != 0:
		e = x.moveFrom(sim.PathID(f.L[mtSource]), &t)
	default:
		e = x.newFS(sim.PathID(f.L[mtType]), &t)
	}
	x.done(0, e)
}

// remount checks a remount, which has no effect in the model.
func (x X) remount(t *target, flags uint64) uapi.Errno {
	switch {
	case !x.isMine(t), !x.isMountRoot(t):
		return uapi.EINVAL
	case flags&uapi.MS_BIND == 0 && !x.NSCapable(x.T, x.superOwner(x.superOf(t.mnt)), uapi.CAP_SYS_ADMIN):
		return uapi.EPERM
	}
	return 0
}

// changeType checks a change of propagation, which has no effect in the model
// (fs/namespace.c: do_change_type, v6.19).
func (x X) changeType(t *target, flags uint64) uapi.Errno {
	how := flags &^ (uapi.MS_REC | uapi.MS_SILENT)
	switch {
	case !x.isMountRoot(t), how&^propagation != 0, bits.OnesCount64(how) != 1, t.ns == 0:
		return uapi.EINVAL
	case !x.NSCapable(x.T, x.Entries[t.ns].Owner, uapi.CAP_SYS_ADMIN):
		return uapi.EPERM
	}
	return 0
}

// isMine reports whether t is on a mount of the caller's mount namespace
// (fs/namespace.c: check_mnt, v6.19).
func (x X) isMine(t *target) bool {
	return t.ns == x.mntNS() && !t.isInternal()
}

// isInternal reports whether t is a namespace file, a socket or the like that was not
// reached through a mount of a mount namespace. Nothing can be mounted on it.
func (t *target) isInternal() bool { return t.mnt == 0 && (t.kind == toNSFS || t.kind == toAnon) }

// bindFrom binds a path. Where the source is a namespace file, the next step does it.
func (x X) bindFrom(source sim.PathID, to *target, recurse bool) {
	if source == 0 {
		x.fail(uapi.EINVAL)
		return
	}
	f := x.f()
	from, e := x.resolve(x.PathString(source), follow)
	if e == 0 && from.kind == toNSFS {
		f.L[mtMount] = int64(from.mnt)
		x.hold(&from)
		return
	}
	if e == 0 {
		e = x.bindTo(&from, to, recurse)
	}
	x.done(0, e)
}

// bind is bindTo with the target's path, which is looked at again where it may have
// changed meanwhile.
func (x X) bind(from *target, path string, recurse bool) uapi.Errno {
	to, e := x.resolve(path, follow)
	if e != 0 {
		return e
	}
	return x.bindTo(from, &to, recurse)
}

// bindTo attaches a copy of what from shows (fs/namespace.c: do_loopback, v6.19).
func (x X) bindTo(from, to *target, recurse bool) uapi.Errno {
	if x.mntNSLoop(from.inode) {
		return uapi.EINVAL
	}
	switch {
	case to.isInternal():
		return uapi.ENOENT
	case !x.isMine(to), !x.mayCopy(from, recurse):
		return uapi.EINVAL
	}
	if from.isDir() != to.isDir() {
		return uapi.ENOTDIR
	}
	x.attach(x.cloneTree(from, to.ns, recurse, true), to)
	return 0
}

// mayCopy reports whether a mount tree can be copied by the caller (fs/namespace.c:
// may_copy_tree, __do_loopback, v6.19): from its own mount namespace, from a detached
// tree, or any namespace file; and not without the locked mounts in it.
func (x X) mayCopy(t *target, recurse bool) bool {
	if t.kind == toNSFS {
		return true
	}
	if !x.isMine(t) && (t.ns == 0 || !x.MntNSOf(t.ns).Anon) {
		return false
	}
	return recurse || !x.hasLockedChildren(t)
}

// attach puts an unattached mount, already in the namespace's list, on top of what is at
// t (fs/namespace.c: attach_mnt, v6.19).
func (x X) attach(m sim.MountID, t *target) {
	at := x.cross(*t)
	p := x.Intern(at.path)
	k := x.Mount(m)
	k.Parent, k.Path = at.mnt, p
}

// newFS mounts a new file system (fs/namespace.c: do_new_mount, v6.19).
func (x X) newFS(typ sim.PathID, to *target) uapi.Errno {
	if typ == 0 {
		return uapi.EINVAL
	}
	i, ok := findFSType(x.PathString(typ))
	if !ok {
		return uapi.ENODEV
	}
	ft := &fsTypes[i]
	if e := x.mayMountType(ft, x.superOwnerFor(ft)); e != 0 {
		return e
	}
	if x.tooRevealing(ft.kind) {
		return uapi.EPERM
	}
	if e := x.mayGraft(to, ft); e != 0 {
		return e
	}
	s, root := x.getTree(ft, x.superOwnerFor(ft), x.shown(ft), x.me().Cred)
	x.addMountAt(s, root, to)
	return 0
}

// mayGraft makes the checks on where a new file system goes.
func (x X) mayGraft(to *target, ft *fsType) uapi.Errno {
	at := x.cross(*to)
	switch {
	case to.isInternal():
		return uapi.ENOENT
	case !x.isMine(&at):
		return uapi.EINVAL
	case x.sameSuperAt(&at, ft):
		return uapi.EBUSY
	case !at.isDir():
		return uapi.ENOTDIR
	}
	return 0
}

// sameSuperAt reports whether t is the root of the file system that would be mounted.
func (x X) sameSuperAt(t *target, ft *fsType) bool {
	if !x.isMountRoot(t) {
		return false
	}
	s := x.superOf(t.mnt)
	shown := x.shown(ft)
	switch {
	case ft.base != "":
		return s == 0 && t.path == ft.base
	case ft.kind == sim.SuperSysfs && shown == x.Initial(uapi.NET_NS):
		return s == 0 && t.path == "/sys"
	case ft.kind == sim.SuperSysfs, ft.kind == sim.SuperMqueue:
		return s != 0 && s == x.findSuper(ft.kind, shown)
	}
	return false
}

// addMountAt attaches a mount of a superblock, whose reference it takes over.
func (x X) addMountAt(s sim.SuperID, root string, to *target) {
	m := x.mountOf(s, root)
	x.addMount(to.ns, m)
	x.attach(m, to)
}

// mountOf makes an unattached mount of a superblock, whose reference it takes over.
func (x X) mountOf(s sim.SuperID, root string) sim.MountID {
	p := sim.PathID(0)
	if root != "/" {
		p = x.Intern(root)
	}
	m := x.newMount(s, 0, p)
	if s != 0 {
		x.super(s).Refs--
	}
	return m
}

// moveFrom is MS_MOVE.
func (x X) moveFrom(source sim.PathID, to *target) uapi.Errno {
	if source == 0 {
		return uapi.EINVAL
	}
	from, e := x.resolve(x.PathString(source), follow)
	if e != 0 {
		return e
	}
	return x.moveMount(&from, to)
}

// SPDX-License-Identifier: GPL-2.0-only

package syscall

import (
	"strings"

	"github.com/nssim/nssim/sim"
	"github.com/nssim/nssim/syscall/uapi"
)

// Mkdir is mkdir(2), Rmdir is rmdir(2), Unlink is unlink(2), Chdir is chdir(2), Chroot
// is chroot(2).
type (
	Mkdir  struct{ Path string }
	Rmdir  struct{ Path string }
	Unlink struct{ Path string }
	Chdir  struct{ Path string }
	Chroot struct{ Path string }
)

func (c Mkdir) start(x X)  { x.push(opMkdir, int64(x.Intern(c.Path))) }
func (c Rmdir) start(x X)  { x.push(opRmdir, int64(x.Intern(c.Path))) }
func (c Unlink) start(x X) { x.push(opUnlink, int64(x.Intern(c.Path))) }
func (c Chdir) start(x X)  { x.push(opChdir, int64(x.Intern(c.Path))) }
func (c Chroot) start(x X) { x.push(opChroot, int64(x.Intern(c.Path))) }

// Mkdir makes a directory (fs/namei.c: vfs_mkdir, v6.19). EEXIST; EACCES: the directory
// may not be written to; EPERM: its file system has no directories to make; EOVERFLOW:
// the caller's ids have no number in the file system's user namespace; path errors.
func (t T) Mkdir(path string) error { return t.do(Mkdir{path}) }

// Rmdir removes an empty directory (fs/namei.c: vfs_rmdir, v6.19). ENOTDIR; ENOTEMPTY;
// EBUSY: a mount point of the caller's mount namespace, or the root; EINVAL: ".";
// EACCES, EPERM as Mkdir. What is mounted there in other mount namespaces is unmounted,
// and with that a namespace file released.
func (t T) Rmdir(path string) error { return t.do(Rmdir{path}) }

// Unlink removes a file (fs/namei.c: vfs_unlink, v6.19). EISDIR; else as Rmdir.
func (t T) Unlink(path string) error { return t.do(Unlink{path}) }

// Chdir checks that a path is a directory that may be entered (fs/open.c: chdir,
// v6.19). ENOTDIR, EACCES, path errors. The model keeps no working directory: relative
// paths begin at the root.
func (t T) Chdir(path string) error { return t.do(Chdir{path}) }

// Chroot puts the caller into a chroot, unless the path is the root of its mount
// namespace (fs/open.c: chroot, v6.19). ENOTDIR, EACCES, path errors; EPERM: no
// CAP_SYS_CHROOT. In a chroot no user namespace can be made. The model keeps no more of
// it: paths still begin at the mount namespace's root, and nothing but another mount
// namespace leads out.
func (t T) Chroot(path string) error { return t.do(Chroot{path}) }

func init() {
	define(opMkdir, "mkdir", step{"vfs_mkdir", func(x X) {
		t, e := x.resolve(x.PathString(sim.PathID(x.f().L[0])), mayMiss)
		if e == 0 && t.kind != toNothing {
			e = uapi.EEXIST
		}
		if e == 0 {
			e = x.mayCreate(&t)
		}
		if s := x.superOf(t.mnt); e == 0 && s != 0 && x.super(s).Kind == sim.SuperMqueue {
			e = uapi.EPERM // mqueue has no directories
		}
		if e == 0 {
			t.path = joinPath(t.path, t.name)
			x.makeDentry(&t, true)
		}
		x.done(0, e)
	}})
	define(opRmdir, "rmdir", step{"vfs_rmdir", func(x X) { x.remove(true) }}, step{"done", func(x X) { x.ret(0) }})
	define(opUnlink, "unlink", step{"vfs_unlink", func(x X) { x.remove(false) }}, step{"done", func(x X) { x.ret(0) }})
	define(opChdir, "chdir", step{"set_fs_pwd", func(x X) {
		_, e := x.enterable(sim.PathID(x.f().L[0]))
		x.done(0, e)
	}})
	define(opChroot, "chroot", step{"set_fs_root", func(x X) {
		t, e := x.enterable(sim.PathID(x.f().L[0]))
		if e == 0 && !x.NSCapable(x.T, x.cred().UserNS, uapi.CAP_SYS_CHROOT) {
			e = uapi.EPERM
		}
		if e == 0 {
			fs := x.FS(x.me().FS)
			root := x.root(x.T)
			fs.Chroot = fs.Chroot || t.mnt != root.mnt || t.path != root.path
		}
		x.done(0, e)
	}})
}

// enterable finds a directory that the caller may search.
func (x X) enterable(p sim.PathID) (target, uapi.Errno) {
	t, e := x.resolve(x.PathString(p), follow)
	if e == 0 {
		e = x.maySearch(&t)
	}
	return t, e
}

// remove is rmdir and unlink.
func (x X) remove(dir bool) {
	t, e := x.lookupLast(x.PathString(sim.PathID(x.f().L[0])), dir)
	if e == 0 {
		e = x.mayRemove(&t, dir)
	}
	if e != 0 {
		x.fail(e)
		return
	}
	s := x.superOf(t.mnt)
	x.Dentries.Free(x.findDentry(s, t.path))
	x.push(opDetachMounts, int64(s), int64(x.Intern(t.path)))
}

// lookupLast finds what is to be removed: not the mount that covers it. The root of a
// mount is its mount point.
func (x X) lookupLast(path string, dir bool) (target, uapi.Errno) {
	trimmed := strings.TrimRight(path, "/")
	last := trimmed[strings.LastIndexByte(trimmed, '/')+1:]
	switch {
	case path == "":
		return target{}, uapi.ENOENT
	case last == "" && dir:
		return target{}, uapi.EBUSY
	case last == ".." && dir:
		return target{}, uapi.ENOTEMPTY
	case last == "." && dir:
		return target{}, uapi.EINVAL
	case last == "" || last == "." || last == "..":
		return target{}, uapi.EISDIR
	}
	parent := strings.TrimSuffix(trimmed, last)
	at := x.cwd(x.T)
	if parent != "" {
		var e uapi.Errno
		if at, e = x.resolve(parent, follow); e != 0 {
			return target{}, e
		}
	}
	if e := x.maySearch(&at); e != 0 {
		return target{}, e
	}
	t, e := x.lookupChild(at, last)
	if e == 0 && !dir && trimmed != path {
		if e = uapi.ENOTDIR; t.isDir() {
			e = uapi.EISDIR
		}
	}
	return t, e
}

// mayRemove makes the checks of removing t: the right to write to its directory, its
// kind, that nothing is mounted on it here, and that it is empty
// (fs/namei.c: may_delete, v6.19).
func (x X) mayRemove(t *target, dir bool) uapi.Errno {
	up := x.parentOf(*t)
	if e := x.permission(x.cred(), &up, mayWrite|mayExecute); e != 0 {
		return e
	}
	s := x.superOf(t.mnt)
	d := x.findDentry(s, t.path)
	switch {
	case dir && !t.isDir():
		return uapi.ENOTDIR
	case !dir && t.isDir():
		return uapi.EISDIR
	case x.isLocalMountpoint(t) || t.mnt == 0 && isBaseMount(t.path):
		return uapi.EBUSY
	case d == 0:
		return uapi.EPERM // there at boot
	case dir && !x.isEmptyDir(s, t.path):
		return uapi.ENOTEMPTY
	}
	return 0
}

// isLocalMountpoint reports whether something is mounted on t, by whatever mount it is
// reached, in the caller's mount namespace.
func (x X) isLocalMountpoint(t *target) bool {
	s := x.superOf(t.mnt)
	for m := x.MntNSOf(x.mntNS()).First; m != 0; m = x.Mount(m).Next {
		if x.isMountedAt(m, s, t.path) {
			return true
		}
	}
	return false
}

// isMountedAt reports whether a mount's mount point is a file of a file system.
func (x X) isMountedAt(m sim.MountID, s sim.SuperID, path string) bool {
	k := x.Mount(m)
	return k.Path != 0 && x.superOf(k.Parent) == s && x.PathString(k.Path) == path
}

// mayCreate reports whether a name can be made in the directory t.
func (x X) mayCreate(t *target) uapi.Errno {
	dir := *t
	dir.kind = toDir
	if t.pidns != 0 {
		return uapi.ENOENT
	}
	if s := x.superOf(t.mnt); s != 0 {
		u, c := x.UserNSOf(x.superOwner(s)), x.cred()
		if x.FromID(u.UIDMap, c.UID.FS) == sim.IDsUnmapped || x.FromID(u.GIDMap, c.GID.FS) == sim.IDsUnmapped {
			return uapi.EOVERFLOW
		}
	}
	if e := x.permission(x.cred(), &dir, mayWrite|mayExecute); e != 0 {
		return e
	}
	if t.under && t.path == "/" {
		return uapi.ENOENT // nullfs
	}
	if !x.hasFiles(&dir) {
		return uapi.EPERM
	}
	return 0
}

// hasFiles reports whether programs can make files in the file system that t is on:
// those that only show something have none, but directories of cgroup are cgroups.
func (x X) hasFiles(t *target) bool {
	if s := x.superOf(t.mnt); s != 0 {
		k := x.super(s).Kind
		return k == sim.SuperTmpfs || k == sim.SuperOther || k == sim.SuperMqueue
	}
	return !t.under && t.pidns == 0 && (t.path != "/sys" && !isBelow(t.path, "/sys") || inCgroup(t.path))
}

// makeDentry makes a file or directory at t.
func (x X) makeDentry(t *target, dir bool) {
	d := x.Dentries.New()
	*x.Dentries.At(d) = sim.Dentry{Path: x.Intern(t.path), Super: x.superOf(t.mnt), Dir: dir}
}

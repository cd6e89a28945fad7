// SPDX-License-Identifier: GPL-2.0-only

package syscall

import (
	"strings"

	"github.com/nssim/nssim/refcount"
	"github.com/nssim/nssim/sim"
	"github.com/nssim/nssim/syscall/uapi"
)

// targetKind says what a path leads to.
type targetKind uint8

const (
	toNothing    targetKind = iota // the last name is missing in the directory path
	toDir                          // a directory outside procfs
	toFile                         // a regular file outside procfs
	toDevice                       // a character device
	toNSFS                         // a namespace file
	toCgroup                       // a control file of a cgroup
	toAnon                         // an open file without a name: socket, pipe, pidfd
	toProcRoot                     // the directories of procfs
	toProcPid                      // /proc/PID and /proc/PID/task/TID
	toProcTasks                    // /proc/PID/task
	toProcNSDir                    // /proc/PID/ns
	toProcFDs                      // /proc/PID/fd
	toProcNetDir                   // /proc/PID/net
	toProcText                     // a symbolic link of procfs: self, thread-self, net, mounts
	toNSLink                       // /proc/PID/ns/NAME
	toFDLink                       // /proc/PID/fd/N
	toTaskLink                     // /proc/PID/root, cwd, exe
	toProcMounts                   // /proc/PID/mounts and its family
	toProcUser                     // /proc/PID/uid_map and its family
	toProcNet                      // a file in /proc/PID/net
	toProcFile                     // another file of procfs
)

// target is where a path leads: which object, on which mount. It is worked out and
// used within one step and never kept.
type target struct {
	kind  targetKind
	which uint8       // toNSLink: place in procNS; toProcUser: procUIDMap...; toProcText, toTaskLink: procLink...
	isTID bool        // toProcPid: reached through task/
	under bool        // toDir: the empty directory that a base mount stands on
	mode  uint32      // type and permissions, for the kinds whose files differ
	ns    sim.NS      // mount namespace that the mount is in, 0: none any more
	mnt   sim.MountID // explicit mount; 0: a base mount
	path  string      // inside the mount's file system; base mounts: where it was at boot
	name  string      // toNothing: the missing name
	slash bool        // toNothing: the path asked for a directory
	inode sim.InodeID // toNSFS: 0 if it was reached through a link and has no inode yet
	nsfs  sim.NS      // toNSFS: the namespace
	pidns sim.NS      // procfs: the instance's pid namespace
	pid   sim.PidID   // procfs: whose
	file  sim.FileID  // toFDLink, toAnon
}

// lookup says how to treat the end of a path.
type lookup uint8

const (
	// follow goes through a symbolic link at the end.
	follow lookup = 1 << iota
	// mayMiss accepts a missing last name (toNothing).
	mayMiss
	// emptyPath lets "" stand for the descriptor itself.
	emptyPath
)

// resolve finds what a path leads to for the running task, from its mount
// namespace's root (fs/namei.c: path_lookupat, v6.19). ENOENT, ENOTDIR; EACCES: a
// directory that may not be searched, or a link of a task that may not be read.
func (x X) resolve(path string, how lookup) (target, uapi.Errno) {
	return x.resolveAt(uapi.AT_FDCWD, path, how)
}

// resolveAt is resolve for a path that may be relative to a directory's descriptor.
// EBADF: it is not open.
func (x X) resolveAt(dir int32, path string, how lookup) (target, uapi.Errno) {
	if path == "" && how&emptyPath == 0 {
		return target{}, uapi.ENOENT
	}
	at, e := x.startOf(dir, path)
	if e != 0 {
		return target{}, e
	}
	for rest := strings.TrimLeft(path, "/"); rest != ""; {
		var name string
		name, rest, _ = strings.Cut(rest, "/")
		slash := rest != "" || strings.HasSuffix(path, "/")
		rest = strings.TrimLeft(rest, "/")
		if e := x.maySearch(&at); e != 0 {
			return target{}, e
		}
		next, e := x.enter(at, name)
		if e == uapi.ENOENT && rest == "" && how&mayMiss != 0 {
			at.kind, at.name, at.slash = toNothing, name, slash
			return at, 0
		}
		if e == 0 && next.isLink() && (slash || how&follow != 0) {
			next, e = x.followLink(&next)
		}
		if e == 0 && slash && !next.isDir() {
			e = uapi.ENOTDIR
		}
		if e != 0 {
			return target{}, e
		}
		at = next
	}
	return at, 0
}

// startOf returns where a walk begins.
func (x X) startOf(dir int32, path string) (target, uapi.Errno) {
	switch {
	case strings.HasPrefix(path, "/"):
		return x.root(x.T), 0
	case dir == uapi.AT_FDCWD:
		return x.cwd(x.T), 0
	}
	f, e := x.fdGet(dir, true)
	if e != 0 {
		return target{}, e
	}
	return x.fileTarget(f), 0
}

// root is a task's root directory. The model keeps no other than that of the mount
// namespace.
func (x X) root(t sim.TaskID) target {
	ns := x.rootNS(t)
	if ns != 0 && x.MntNSOf(ns).Root != 0 {
		return x.mountRoot(ns, x.MntNSOf(ns).Root)
	}
	empty := ns != 0 && x.MntNSOf(ns).Base == 0 // CLONE_EMPTY_MNTNS
	return target{kind: toDir, ns: ns, path: "/", under: empty, mode: baseNodes["/"]}
}

// rootNS is the mount namespace that a task's root directory is in; 0 once that one is
// gone, which happens to a task whose fs_struct another one took along.
func (x X) rootNS(t sim.TaskID) sim.NS {
	ns := x.FS(x.Task(t).FS).Root
	if x.Nodes[ns].NSType() != uapi.MNT_NS || x.Entries[ns].Flags&(refcount.Live|refcount.Freed) != refcount.Live {
		return 0
	}
	return ns
}

// cwd is a task's working directory, which the model takes to be its root.
func (x X) cwd(t sim.TaskID) target { return x.root(t) }

// isDir reports whether names can be looked up in t.
func (t *target) isDir() bool {
	return t.kind == toDir || (t.kind >= toProcRoot && t.kind <= toProcNetDir)
}

// isLink reports whether t is a symbolic link, magic or not.
func (t *target) isLink() bool { return t.kind >= toProcText && t.kind <= toTaskLink }

// enter goes one name further: into what is mounted there, or up.
func (x X) enter(at target, name string) (target, uapi.Errno) {
	switch name {
	case ".":
		return at, 0
	case "..":
		return x.cross(x.parentOf(at)), 0
	}
	next, e := x.lookupChild(at, name)
	if e != 0 {
		return target{}, e
	}
	return x.cross(next), 0
}

// cross steps onto the mounts that cover t.
func (x X) cross(t target) target {
	for m := x.mountOn(&t); m != 0; m = x.mountOn(&t) {
		t = x.mountRoot(t.ns, m)
	}
	return t
}

// mountOn returns the explicit mount whose mount point is exactly t, 0 for none.
func (x X) mountOn(t *target) sim.MountID {
	if t.ns == 0 {
		return 0
	}
	for m := x.MntNSOf(t.ns).First; m != 0; m = x.Mount(m).Next {
		if k := x.Mount(m); k.Parent == t.mnt && k.Path != 0 && x.PathString(k.Path) == t.path {
			return m
		}
	}
	return 0
}

// mountRoot returns the root of an explicit mount.
func (x X) mountRoot(ns sim.NS, m sim.MountID) target {
	k := x.Mount(m)
	if k.Inode != 0 {
		return target{kind: toNSFS, ns: ns, mnt: m, path: "/", inode: k.Inode, nsfs: x.Inode(k.Inode).NS}
	}
	t, e := x.at(ns, m, x.mountRootPath(m))
	if e != 0 { // unlinked since
		t = target{kind: toFile, ns: ns, mnt: m, path: x.mountRootPath(m), mode: regular | 0o644}
	}
	return t
}

// mountRootPath is where in its file system a mount has its root.
func (x X) mountRootPath(m sim.MountID) string {
	if p := x.Mount(m).Root; p != 0 {
		return x.PathString(p)
	}
	return "/"
}

// at walks inside one mount's file system, through no mount and no link.
func (x X) at(ns sim.NS, m sim.MountID, path string) (target, uapi.Errno) {
	t := x.fsRoot(ns, m)
	for rest := strings.TrimLeft(path, "/"); rest != ""; {
		var name string
		name, rest, _ = strings.Cut(rest, "/")
		var e uapi.Errno
		if t, e = x.lookupChild(t, name); e != 0 {
			return target{}, e
		}
	}
	return t, 0
}

// fsRoot is the root of the file system that a mount shows.
func (x X) fsRoot(ns sim.NS, m sim.MountID) target {
	t := target{kind: toDir, ns: ns, mnt: m, path: "/"}
	s := x.superOf(m)
	if s == 0 {
		t.mode = baseNodes["/"]
		return t
	}
	k := x.super(s)
	if k.Kind == sim.SuperProc {
		t.kind, t.pidns = toProcRoot, k.NS
	}
	t.mode = superModes[k.Kind]
	return t
}

// superOf returns a mount's file system, 0 for that of the base mounts.
func (x X) superOf(m sim.MountID) sim.SuperID {
	if m == 0 {
		return 0
	}
	return x.Mount(m).Super
}

// isMountRoot reports whether t is the root of a mount (fs/namespace.c:
// path_mounted, v6.19).
func (x X) isMountRoot(t *target) bool {
	switch {
	case t.mnt != 0:
		return t.path == x.mountRootPath(t.mnt)
	case t.kind == toNSFS: // on nsfs's internal mount
		return false
	}
	return isBaseMount(t.path)
}

// parentOf is "..": at a mount's root it goes on from the mount point.
func (x X) parentOf(t target) target {
	for t.mnt != 0 && x.isMountRoot(&t) {
		k := x.Mount(t.mnt)
		if k.Path == 0 {
			return t // the root of a namespace, or detached
		}
		up, e := x.at(t.ns, k.Parent, x.PathString(k.Path))
		if e != 0 {
			return t
		}
		t = up
	}
	if t.path == "/" {
		return t
	}
	up, e := x.at(t.ns, t.mnt, dirName(t.path))
	if e != 0 {
		return t
	}
	return up
}

// lookupChild looks one name up in a directory, without regard to what is mounted there.
func (x X) lookupChild(t target, name string) (target, uapi.Errno) {
	if len(name) > nameMax {
		return target{}, uapi.ENAMETOOLONG
	}
	n := target{ns: t.ns, mnt: t.mnt, path: joinPath(t.path, name), pidns: t.pidns, pid: t.pid, isTID: t.isTID}
	if t.kind == toDir {
		return x.plainChild(&t, n)
	}
	return x.procChild(&t, n, name)
}

// nameMax is NAME_MAX.
const nameMax = 255

// fileTarget is the object that an open file stands for.
func (x X) fileTarget(f sim.FileID) target {
	k := x.File(f)
	t := target{kind: toAnon, mnt: k.Mount, file: f}
	if t.ns = x.rootNS(x.T); t.mnt != 0 {
		t.ns = x.Mount(t.mnt).NS
	}
	switch k.Kind {
	case sim.FileNSFS:
		i := sim.InodeID(k.Obj)
		t.kind, t.inode, t.nsfs, t.path = toNSFS, i, x.Inode(i).NS, "/"
	case sim.FileTree:
		return x.mountRoot(t.ns, sim.MountID(k.Obj))
	case sim.FilePlain:
		return x.plainFileTarget(t, sim.PathID(k.Obj))
	case sim.FileCgroup:
		t.kind, t.mode = toCgroup, regular|0o644
	case sim.FileProcDir, sim.FileProcNSLink, sim.FileProcMounts, sim.FileProcUser, sim.FileProcNet:
		return x.procFileTarget(t, k)
	}
	return t
}

// plainFileTarget is fileTarget for a file or directory that is kept by its path.
// One without a path is /dev/null, which every task has for its standard streams.
func (x X) plainFileTarget(t target, p sim.PathID) target {
	path := x.PathString(p)
	if p == 0 {
		path = "/dev/null"
	}
	n, e := x.at(t.ns, t.mnt, path)
	if e != 0 { // unlinked since
		n = target{kind: toFile, ns: t.ns, mnt: t.mnt, path: path, mode: regular | 0o644}
	}
	return n
}

// hold references a namespace file for the call in flight. The inode is the result
// that the next step finds in its frame; pathPut gives it back together with the
// mount. It may push a frame.
func (x X) hold(t *target) {
	if t.mnt != 0 {
		x.Mount(t.mnt).Refs++
	}
	if t.inode == 0 {
		x.Inc(t.nsfs)
		x.pathFromStashed(t.nsfs)
		return
	}
	x.Inode(t.inode).Dentry++
	x.f().Ret = int64(t.inode)
}

// pathPut gives back what hold took.
func (x X) pathPut(i sim.InodeID, m sim.MountID) { x.push(opPathPut, int64(i), int64(m)) }

func init() {
	define(opPathPut, "path_put",
		step{"dput", func(x X) { x.dput(sim.InodeID(x.f().L[0])) }},
		step{"mntput", func(x X) { x.mntput(sim.MountID(x.f().L[1])) }},
	)
}

// mayExec makes the checks on a path that is to be executed (fs/exec.c:
// do_open_execat, v6.19). Apart from path errors it is EACCES: for what is no
// regular file, is on a file system without programs, or is not executable.
func (x X) mayExec(path string) uapi.Errno {
	t, e := x.resolve(path, follow)
	if e != 0 {
		return e
	}
	if t.kind != toFile {
		return uapi.EACCES
	}
	return x.permission(x.cred(), &t, mayExecute)
}

func joinPath(dir, name string) string {
	if dir == "/" {
		return "/" + name
	}
	return dir + "/" + name
}

// dirName is the path without its last name.
func dirName(path string) string {
	i := strings.LastIndexByte(path, '/')
	if i <= 0 {
		return "/"
	}
	return path[:i]
}

// isBelow reports whether path is strictly inside dir.
func isBelow(path, dir string) bool {
	if dir == "/" {
		return path != "/"
	}
	return len(path) > len(dir) && path[len(dir)] == '/' && strings.HasPrefix(path, dir)
}

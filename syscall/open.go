// SPDX-License-Identifier: GPL-2.0-only

package syscall

import (
	"github.com/nssim/nssim/sim"
	"github.com/nssim/nssim/syscall/uapi"
)

// The operations of files, paths and mounts.
const (
	opPathPut = opFirstFree + 20 + iota
	opOpen
	opProcRelease
	opDupFD
	opDup2
	opFcntl
	opRead
	opWrite
	opLseek
	opStat
	opReadlink
	opMkdir
	opRmdir
	opUnlink
	opChdir
	opChroot
	opNameToHandle
	opMount
	opUmount
	opOpenTree
	opFSOpen
	opFSMount
	opMoveMount
	opDetachMounts
	opSuperPut
	opFSContextPut
	opInotifyInit
	opInotifyAdd
	opInotifyRemove
	opInotifyRelease
)

// Open is open(2), Openat is openat(2): FD is the descriptor of a directory or
// uapi.AT_FDCWD.
type (
	Open struct {
		Path  string
		Flags uint32
		Mode  uint32
	}
	Openat struct {
		FD    int32
		Path  string
		Flags uint32
		Mode  uint32
	}
)

func (c Open) start(x X) { Openat{uapi.AT_FDCWD, c.Path, c.Flags, c.Mode}.start(x) }
func (c Openat) start(x X) {
	x.push(opOpen, int64(c.FD), int64(x.Intern(c.Path)), int64(c.Flags))
}

// Open opens a file (fs/open.c: do_sys_openat2, v6.19). EINVAL: flags that exclude
// each other; EMFILE; path errors; EEXIST: O_EXCL and it is there; EISDIR, ENOTDIR;
// ELOOP: O_NOFOLLOW on a link; EACCES; EPERM: a namespace file is never writable;
// EINVAL: O_DIRECT where there is none.
//
// Following /proc/PID/ns/NAME: EACCES if the caller may not read the task, ENOENT if
// the task has given the namespace up. The namespace becomes active if it was not.
func (t T) Open(path string, flags int) (int, error) {
	return t.fd(Open{Path: path, Flags: uint32(flags)})
}

// Openat is Open relative to a directory. EBADF: its descriptor is not open.
func (t T) Openat(fd int, path string, flags int) (int, error) {
	return t.fd(Openat{FD: int32(fd), Path: path, Flags: uint32(flags)})
}

// Locals of open; what follows a hold uses the first two again.
const (
	opnDir = iota
	opnPath
	opnFlags
	opnMount
	opnRet
)

func init() {
	define(opOpen, "openat",
		step{"link_path_walk", openWalk},
		step{"do_dentry_open", openNSFS},
		step{"done", func(x X) { x.ret(x.f().L[opnRet]) }},
	)
}

// tmpfileBit is __O_TMPFILE: O_TMPFILE without the O_DIRECTORY in it.
const tmpfileBit = uapi.O_TMPFILE &^ uapi.O_DIRECTORY

// openFlagsOf checks flags against each other and drops those that O_PATH ignores
// (fs/open.c: build_open_how, build_open_flags, v6.19).
func openFlagsOf(flags uint32) (uint32, uapi.Errno) {
	if flags&uapi.O_PATH != 0 {
		return flags & (uapi.O_PATH | uapi.O_DIRECTORY | uapi.O_NOFOLLOW | uapi.O_CLOEXEC), 0
	}
	if flags&(uapi.O_DIRECTORY|uapi.O_CREAT) == uapi.O_DIRECTORY|uapi.O_CREAT {
		return 0, uapi.EINVAL
	}
	if flags&tmpfileBit != 0 && (flags&uapi.O_DIRECTORY == 0 || !writes(flags)) {
		return 0, uapi.EINVAL
	}
	if flags&(uapi.O_CREAT|uapi.O_EXCL) == uapi.O_CREAT|uapi.O_EXCL {
		flags |= uapi.O_NOFOLLOW
	}
	return flags, 0
}

// writes reports whether the access mode asks for write access; mode 3 does.
func writes(flags uint32) bool { return flags&uapi.O_ACCMODE != uapi.O_RDONLY }

// openAsks is what an open asks of the file, O_PATH nothing.
func openAsks(flags uint32) (ask uint32) {
	if flags&uapi.O_PATH != 0 {
		return 0
	}
	ask = [...]uint32{mayRead, mayWrite, mayRead | mayWrite, mayRead | mayWrite}[flags&uapi.O_ACCMODE]
	if flags&uapi.O_TRUNC != 0 {
		ask |= mayWrite
	}
	return ask
}

// nsfsOpenFlags decides whether a namespace file that a path or a handle leads to can
// be opened with these flags. EINVAL: flags that exclude each other; EEXIST: O_CREAT
// with O_EXCL; ENOTDIR: O_DIRECTORY; EPERM: any write access; EINVAL: O_DIRECT.
func nsfsOpenFlags(flags uint32) uapi.Errno {
	flags, e := openFlagsOf(flags)
	switch {
	case e != 0:
		return e
	case flags&(uapi.O_CREAT|uapi.O_EXCL) == uapi.O_CREAT|uapi.O_EXCL:
		return uapi.EEXIST
	case flags&uapi.O_DIRECTORY != 0:
		return uapi.ENOTDIR
	case openAsks(flags)&mayWrite != 0:
		return uapi.EPERM
	case flags&uapi.O_DIRECT != 0:
		return uapi.EINVAL
	}
	return 0
}

// openWalk walks the path. All but namespace files are opened here.
func openWalk(x X) {
	f := x.f()
	path := x.PathString(sim.PathID(f.L[opnPath]))
	flags, e := openFlagsOf(uint32(f.L[opnFlags]))
	if e == 0 && path == "" {
		e = uapi.ENOENT
	}
	if e == 0 {
		_, e = x.FDFree(x.me().Files, 0)
	}
	if e != 0 {
		x.fail(e)
		return
	}
	var how lookup
	if flags&uapi.O_NOFOLLOW == 0 {
		how |= follow
	}
	if flags&uapi.O_CREAT != 0 {
		how |= mayMiss
	}
	t, e := x.resolveAt(int32(f.L[opnDir]), path, how)
	if e == 0 && t.kind == toNSFS {
		f.L[opnMount] = int64(t.mnt)
		x.hold(&t)
		return
	}
	fd := int64(0)
	if e == 0 {
		fd, e = x.openTarget(&t, flags)
	}
	x.done(fd, e)
}

// openNSFS opens the namespace file whose inode the walk has left.
func openNSFS(x X) {
	f := x.f()
	i, m := sim.InodeID(f.Ret), sim.MountID(f.L[opnMount])
	flags := uint32(f.L[opnFlags])
	e := nsfsOpenFlags(flags)
	flags, _ = openFlagsOf(flags)
	if e == 0 && flags&uapi.O_NOATIME != 0 && !x.ownsFile(x.cred(), attr{}) {
		e = uapi.EPERM
	}
	fd := int64(0)
	if e == 0 {
		fd, e = x.openInode(i, openedFlags(flags), m)
	}
	if e != 0 {
		f.L[opnRet] = -int64(e)
		x.pathPut(i, m)
		return
	}
	if m != 0 {
		x.Mount(m).Refs--
	}
	x.ret(fd)
}

// openedFlags are the flags that stay with an open file; O_CLOEXEC is for the
// descriptor.
func openedFlags(flags uint32) uint32 {
	if flags&uapi.O_PATH != 0 {
		return flags
	}
	return flags&^(uapi.O_CREAT|uapi.O_EXCL|uapi.O_NOCTTY|uapi.O_TRUNC) | uapi.O_LARGEFILE
}

// openTarget opens anything but a namespace file.
func (x X) openTarget(t *target, flags uint32) (int64, uapi.Errno) {
	if t.kind == toNothing {
		return x.openNew(t, flags)
	}
	if e := x.mayOpen(t, flags); e != 0 {
		return 0, e
	}
	return x.openAs(t, flags)
}

// mayOpen makes the checks of opening what is there (fs/namei.c: do_open, may_open,
// v6.19).
func (x X) mayOpen(t *target, flags uint32) uapi.Errno {
	dir, write := t.isDir(), openAsks(flags)&mayWrite != 0
	path := flags&uapi.O_PATH != 0
	switch {
	case flags&(uapi.O_CREAT|uapi.O_EXCL) == uapi.O_CREAT|uapi.O_EXCL:
		return uapi.EEXIST
	case flags&uapi.O_CREAT != 0 && dir:
		return uapi.EISDIR
	case flags&uapi.O_DIRECTORY != 0 && !dir:
		return uapi.ENOTDIR
	case path:
		return 0
	case flags&tmpfileBit != 0:
		return x.mayMakeTmpfile(t)
	case t.isLink():
		return uapi.ELOOP
	case dir && write:
		return uapi.EISDIR
	case t.kind == toAnon:
		return uapi.ENXIO
	}
	if e := x.permission(x.cred(), t, openAsks(flags)); e != 0 {
		return e
	}
	if flags&uapi.O_NOATIME != 0 && !x.ownsFile(x.cred(), x.attrOf(x.cred(), t)) {
		return uapi.EPERM
	}
	return 0
}

// mayMakeTmpfile: EOPNOTSUPP where the file system has no unnamed files.
func (x X) mayMakeTmpfile(t *target) uapi.Errno {
	if e := x.permission(x.cred(), t, mayWrite|mayExecute); e != 0 {
		return e
	}
	if !x.hasFiles(t) {
		return uapi.EOPNOTSUPP
	}
	return 0
}

// openNew makes the file that an open with O_CREAT did not find.
func (x X) openNew(t *target, flags uint32) (int64, uapi.Errno) {
	if t.slash {
		return 0, uapi.EISDIR
	}
	e := x.mayCreate(t)
	if e == uapi.EPERM || e == 0 && t.mnt == 0 && inCgroup(t.path) {
		e = uapi.EACCES // there is no create operation
	}
	if e != 0 {
		return 0, e
	}
	n := *t
	n.kind, n.path = toFile, joinPath(t.path, t.name)
	x.makeDentry(&n, false)
	return x.openAs(&n, flags)
}

// openAs makes the open file, with what its kind pins.
func (x X) openAs(t *target, flags uint32) (int64, uapi.Errno) {
	k := sim.File{Kind: sim.FilePlain, Flags: openedFlags(flags) &^ uapi.O_CLOEXEC, Mount: t.mnt}
	var e uapi.Errno
	switch {
	case t.kind == toAnon:
		k.Mount = 0
	case t.kind == toNSLink:
		k.Kind, k.Which = sim.FileProcNSLink, t.which
	case t.kind == toDevice && t.path == "/dev/null":
	case t.kind <= toDevice:
		if flags&tmpfileBit == 0 {
			k.Obj = int32(x.Intern(t.path))
		}
	case flags&uapi.O_PATH != 0:
		k.Kind, k.Which = sim.FileProcDir, procWhich(t)
	default:
		e = x.openPinning(t, &k)
	}
	if e != 0 {
		return 0, e
	}
	if k.Kind != sim.FilePlain && t.pid != 0 {
		k.Obj = int32(t.pid)
		x.Pid(t.pid).Refs++
	}
	if k.Mount != 0 {
		x.Mount(k.Mount).Refs++
	}
	x.Inc(k.NS)
	return x.openFile(k, flags&uapi.O_CLOEXEC != 0)
}

// openPinning is the open operation of the files that pin a namespace passively: the
// mounts family its mount namespace (EINVAL: the task is a zombie), the uid_map family
// its user namespace (setgroups opened for writing, EACCES: no CAP_SYS_ADMIN over it),
// the files of /proc/net a network namespace, a control file the opener's cgroup
// namespace (fs/proc_namespace.c: mounts_open_common; fs/proc/base.c:
// proc_id_map_open, proc_setgroups_open; fs/proc/proc_net.c: seq_open_net;
// kernel/cgroup/cgroup.c: cgroup_file_open, v6.19).
func (x X) openPinning(t *target, k *sim.File) uapi.Errno {
	task := x.pidTask(t.pid)
	switch t.kind {
	case toProcMounts:
		p := x.Task(task).Proxy
		if p == 0 {
			return uapi.EINVAL
		}
		k.Kind, k.NS = sim.FileProcMounts, x.Proxy(p).NS[sim.SlotMnt]
	case toProcUser:
		if task == 0 {
			return uapi.EINVAL
		}
		k.Kind, k.Which, k.NS = sim.FileProcUser, t.which, x.UserNS(task)
		if t.which == procSetgroups && writes(k.Flags) && !x.NSCapable(x.T, k.NS, uapi.CAP_SYS_ADMIN) {
			return uapi.EACCES
		}
	case toProcNet:
		switch {
		case writes(k.Flags):
			return uapi.EACCES
		case x.Task(task).Proxy == 0:
			return uapi.ENXIO
		}
		k.Kind, k.NS = sim.FileProcNet, x.Proxy(x.Task(task).Proxy).NS[sim.SlotNet]
	case toCgroup:
		k.Kind, k.NS = sim.FileCgroup, x.Proxy(x.me().Proxy).NS[sim.SlotCgroup]
	default:
		k.Kind, k.Which = sim.FileProcDir, procWhich(t)
	}
	return 0
}

// procTID marks, in the Which of a FileProcDir, a directory reached through task/.
const procTID = 0x80

// procWhich is the Which of a FileProcDir: what it is.
func procWhich(t *target) uint8 {
	if t.isTID {
		return uint8(t.kind) | procTID
	}
	return uint8(t.kind)
}

func init() {
	// A file of procfs holds, besides the namespace that it shows, the struct pid of
	// the directory that it is in.
	for _, k := range []sim.FileKind{sim.FileProcMounts, sim.FileProcUser, sim.FileProcNet} {
		onRelease(k, func(x X, f *sim.File) { x.push(opProcRelease, int64(f.NS), int64(f.Obj)) })
	}
	define(opProcRelease, "seq_release",
		step{"put", func(x X) { x.putNS(sim.NS(x.f().L[0])) }},
		step{"put_pid", func(x X) { x.putPid(sim.PidID(x.f().L[1])) }},
	)
}

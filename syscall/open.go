// SPDX-License-Identifier: GPL-2.0-only

package syscall

import (
	"github.com/nssim/nssim/sim"
	"github.com/nssim/nssim/syscall/uapi"
)

// Open is open(2), Openat is openat(2): FD is the descriptor of a directory or
// uapi.AT_FDCWD. The model's files keep no Mode.
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

// SPDX-License-Identifier: GPL-2.0-only

package syscall

import (
	"hash/fnv"

	"github.com/nssim/nssim/sim"
	"github.com/nssim/nssim/syscall/uapi"
)

// Stat is stat(2), Lstat is lstat(2), Fstat is fstat(2), Access is access(2). The
// first three leave in Task.Out what StatOf reads.
type (
	Stat   struct{ Path string }
	Lstat  struct{ Path string }
	Fstat  struct{ FD int32 }
	Access struct {
		Path string
		Mode uint32
	}
)

// What a stat leaves in Task.Out.
const (
	OutStatIno   = 0 // st_ino
	OutStatDev   = 1 // st_dev
	OutStatMode  = 2 // st_nlink << 32 | st_mode
	OutStatOwner = 3 // st_uid << 32 | st_gid
)

// FileStat is the part of struct stat that the model knows. Of a namespace file Ino is
// the namespace's inode number; other files have numbers of the model's own.
type FileStat struct {
	Ino, Dev    uint64
	Mode, Nlink uint32
	UID, GID    uint32 // as the caller's user namespace numbers them
}

// StatOf reads the result of a stat from Task.Out.
func StatOf(out [4]uint64) FileStat {
	return FileStat{
		Ino: out[OutStatIno], Dev: out[OutStatDev],
		Mode: uint32(out[OutStatMode]), Nlink: uint32(out[OutStatMode] >> 32),
		UID: uint32(out[OutStatOwner] >> 32), GID: uint32(out[OutStatOwner]),
	}
}

// How a stat finds its file.
const (
	statFollow = iota
	statLink
	statFD
	statAccess
)

// Locals of stat.
const (
	stHow  = iota
	stPath // or the descriptor
	stMode // of access
	stMount
	stInode
	stRet
)

func (c Stat) start(x X)  { x.push(opStat, statFollow, int64(x.Intern(c.Path))) }
func (c Lstat) start(x X) { x.push(opStat, statLink, int64(x.Intern(c.Path))) }
func (c Fstat) start(x X) { x.push(opStat, statFD, int64(c.FD)) }
func (c Access) start(x X) {
	x.push(opStat, statAccess, int64(x.Intern(c.Path)), int64(c.Mode))
}

// Stat reads a file's attributes (fs/stat.c: vfs_statx, v6.19). Path errors as in Open.
// Through /proc/PID/ns/NAME the namespace has an inode, and with it is active, for the
// duration of the call.
func (t T) Stat(path string) (FileStat, error) { return t.stat(Stat{path}) }

// Lstat is Stat without following a link at the end. It asks nothing of the task whose
// link it is.
func (t T) Lstat(path string) (FileStat, error) { return t.stat(Lstat{path}) }

// Fstat is Stat of an open file, which may be open with O_PATH. EBADF.
func (t T) Fstat(fd int) (FileStat, error) { return t.stat(Fstat{int32(fd)}) }

// Access tells whether the real ids may use a file: F_OK or a sum of R_OK, W_OK and X_OK
// (fs/open.c: do_faccessat, v6.19). EINVAL: another mode; path errors; EPERM: W_OK of a
// namespace file; EACCES.
func (t T) Access(path string, mode int) error { return t.do(Access{path, uint32(mode)}) }

func (t T) stat(c Call) (FileStat, error) {
	err := t.do(c)
	return StatOf(t.M.Task(t.ID).Out), err
}

func init() {
	define(opStat, "statx",
		step{"filename_lookup", statWalk},
		step{"vfs_getattr", func(x X) {
			f := x.f()
			i := sim.InodeID(f.Ret)
			t := target{kind: toNSFS, inode: i, nsfs: x.Inode(i).NS, mnt: sim.MountID(f.L[stMount]), path: "/"}
			f.L[stRet] = -int64(x.statTarget(f, &t))
			x.pathPut(i, t.mnt)
		}},
		step{"done", func(x X) { x.ret(x.f().L[stRet]) }},
	)
}

func statWalk(x X) {
	f := x.f()
	if f.L[stHow] == statFD {
		file, e := x.fdGet(int32(f.L[stPath]), true)
		if e == 0 {
			t := x.fileTarget(file)
			x.fillStat(&t)
		}
		x.done(0, e)
		return
	}
	how := follow
	if f.L[stHow] == statLink {
		how = 0
	}
	if f.L[stHow] == statAccess && f.L[stMode]&^(uapi.R_OK|uapi.W_OK|uapi.X_OK) != 0 {
		x.fail(uapi.EINVAL)
		return
	}
	t, e := x.resolve(x.PathString(sim.PathID(f.L[stPath])), how)
	switch {
	case e != 0:
	case t.kind == toNSFS:
		f.L[stMount] = int64(t.mnt)
		x.hold(&t)
		return
	default:
		e = x.statTarget(f, &t)
	}
	x.done(0, e)
}

// statTarget does what the call wants of a file.
func (x X) statTarget(f *sim.Frame, t *target) uapi.Errno {
	if f.L[stHow] == statAccess {
		return x.access(t, uint32(f.L[stMode]))
	}
	x.fillStat(t)
	return 0
}

// access decides with the real ids, and with the capabilities that go with them.
func (x X) access(t *target, mode uint32) uapi.Errno {
	c := *x.cred()
	c.UID.FS, c.GID.FS = c.UID.Real, c.GID.Real
	if root := x.MakeID(x.UserNSOf(c.UserNS).UIDMap, 0); c.SecureBits&uapi.SECBIT_NO_SETUID_FIXUP == 0 {
		if c.Effective = 0; c.UID.Real == root {
			c.Effective = c.Permitted
		}
	}
	if t.kind == toNSFS && mode&uapi.X_OK != 0 {
		return uapi.EACCES // nsfs has no programs
	}
	if mode == uapi.F_OK {
		return 0
	}
	return x.permission(&c, t, mode)
}

// nsfsDev and baseDev number devices: nsfs's, and the first of the file systems that
// are there at boot.
const (
	nsfsDev = 4
	baseDev = 20
)

func (x X) fillStat(t *target) {
	c := x.cred()
	a := x.attrOf(c, t)
	u := x.UserNSOf(c.UserNS)
	ino, dev := x.fileNumber(t)
	nlink := uint64(1)
	if t.isDir() {
		nlink = 2
	}
	x.me().Out = [4]uint64{
		OutStatIno: ino, OutStatDev: dev, OutStatMode: nlink<<32 | uint64(a.mode),
		OutStatOwner: uint64(x.Munged(u.UIDMap, a.uid))<<32 | uint64(x.Munged(u.GIDMap, a.gid)),
	}
}

// fileNumber returns inode and device number.
func (x X) fileNumber(t *target) (ino, dev uint64) {
	if t.kind == toNSFS {
		return uint64(x.Nodes[t.nsfs].Inum), nsfsDev
	}
	if t.kind == toAnon {
		return uint64(t.file), nsfsDev - 1
	}
	h := fnv.New32a()
	_, _ = h.Write([]byte(t.path))
	if s := x.superOf(t.mnt); s != 0 {
		return uint64(h.Sum32()), baseDev + sim.BaseMounts + 1 + uint64(s)
	}
	on := baseMountOf(t.path)
	for i, m := range baseMounts {
		if m == on {
			return uint64(h.Sum32()), baseDev + 1 + uint64(i)
		}
	}
	return uint64(h.Sum32()), baseDev
}

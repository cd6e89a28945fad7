// SPDX-License-Identifier: GPL-2.0-only

package syscall

import (
	"github.com/nssim/nssim/sim"
	"github.com/nssim/nssim/syscall/uapi"
)

// InotifyInit is inotify_init1(2), InotifyAddWatch is inotify_add_watch(2),
// InotifyRmWatch is inotify_rm_watch(2).
type (
	InotifyInit     struct{ Flags uint32 }
	InotifyAddWatch struct {
		FD   int32
		Path string
		Mask uint32
	}
	InotifyRmWatch struct{ FD, WD int32 }
)

func (c InotifyInit) start(x X) { x.push(opInotifyInit, int64(c.Flags)) }
func (c InotifyAddWatch) start(x X) {
	x.push(opInotifyAdd, int64(c.FD), int64(x.Intern(c.Path)), int64(c.Mask))
}
func (c InotifyRmWatch) start(x X) { x.push(opInotifyRemove, int64(c.FD), int64(c.WD)) }

// InotifyInit makes an inotify instance, charged to the caller's user namespace and euid
// (fs/notify/inotify/inotify_user.c: do_inotify_init, v6.19). EINVAL: unknown flags; EMFILE.
func (t T) InotifyInit(flags uint32) (int, error) { return t.fd(InotifyInit{flags}) }

// InotifyAddWatch watches a file and returns the watch's number
// (fs/notify/inotify/inotify_user.c: inotify_add_watch, v6.19). On a namespace file the
// watch holds the inode and keeps the namespace active without a descriptor or mount;
// but not the dentry, so that with nothing else holding it the next open makes a second
// inode. EINVAL: no event, or unknown bits; EBADF; EINVAL: no inotify instance, or
// IN_MASK_ADD with IN_MASK_CREATE; path errors; ENOTDIR: IN_ONLYDIR; EEXIST:
// IN_MASK_CREATE and it is watched.
func (t T) InotifyAddWatch(fd int, path string, mask uint32) (int, error) {
	return t.fd(InotifyAddWatch{int32(fd), path, mask})
}

// InotifyRmWatch removes a watch (fs/notify/inotify/inotify_user.c: inotify_rm_watch,
// v6.19). EBADF; EINVAL: no inotify instance, or no such watch.
func (t T) InotifyRmWatch(fd, wd int) error {
	return t.do(InotifyRmWatch{int32(fd), int32(wd)})
}

// inotifyBits is ALL_INOTIFY_BITS.
const inotifyBits = uapi.IN_ALL_EVENTS | uapi.IN_UNMOUNT | uapi.IN_Q_OVERFLOW | uapi.IN_IGNORED | uapi.IN_ONLYDIR |
	uapi.IN_DONT_FOLLOW | uapi.IN_EXCL_UNLINK | uapi.IN_MASK_ADD | uapi.IN_MASK_CREATE | uapi.IN_ISDIR | uapi.IN_ONESHOT

// Locals of inotify_add_watch.
const (
	iaFD = iota // then the instance
	iaPath
	iaMask
	iaMount
	iaRet
)

func init() {
	define(opInotifyInit, "inotify_init1", step{"do_inotify_init", func(x X) {
		flags := uint32(x.f().L[0])
		if flags&^(uapi.IN_CLOEXEC|uapi.IN_NONBLOCK) != 0 {
			x.fail(uapi.EINVAL)
			return
		}
		if _, e := x.FDFree(x.me().Files, 0); e != 0 {
			x.fail(e)
			return
		}
		u := x.UCountsGet(x.cred().UserNS, x.cred().UID.Eff)
		n := x.Inotifies.New()
		x.Inotifies.At(n).UCounts = u
		x.done(x.openFile(sim.File{Kind: sim.FileInotify, Flags: flags &^ uapi.IN_CLOEXEC, Obj: n}, flags&uapi.IN_CLOEXEC != 0))
	}})
	define(opInotifyAdd, "inotify_add_watch",
		step{"inotify_find_inode", inotifyFind},
		step{"inotify_update_watch", func(x X) {
			f := x.f()
			i, m := sim.InodeID(f.Ret), sim.MountID(f.L[iaMount])
			v, e := x.updateWatch(int32(f.L[iaFD]), i, uint32(f.L[iaMask]))
			if f.L[iaRet] = v; e != 0 {
				f.L[iaRet] = -int64(e)
			}
			x.pathPut(i, m)
		}},
		step{"done", func(x X) { x.ret(x.f().L[iaRet]) }},
	)
	define(opInotifyRemove, "inotify_rm_watch",
		step{"fsnotify_destroy_mark", func(x X) {
			f := x.f()
			n, e := x.inotify(int32(f.L[0]))
			if e == 0 && !x.dropWatch(n, int32(f.L[1])) {
				e = uapi.EINVAL
			}
			if e != 0 {
				x.fail(e)
			}
		}},
		step{"done", func(x X) { x.ret(0) }},
	)
	onRelease(sim.FileInotify, func(x X, f *sim.File) { x.push(opInotifyRelease, int64(f.Obj)) })
	define(opInotifyRelease, "fsnotify_destroy_group",
		step{"fsnotify_clear_marks_by_group", func(x X) {
			n := int32(x.f().L[0])
			if first := x.Inotifies.At(n).First; first != 0 {
				x.again()
				x.dropWatch(n, x.Marks.At(first).WD)
			}
		}},
		step{"dec_inotify_instances", func(x X) {
			n := int32(x.f().L[0])
			u := x.Inotifies.At(n).UCounts
			x.Inotifies.Free(n)
			x.putNS(x.UCountsPut(u))
		}},
	)
}

// inotify returns the instance behind a descriptor.
func (x X) inotify(fd int32) (int32, uapi.Errno) {
	file, e := x.fdGet(fd, false)
	if e != 0 {
		return 0, e
	}
	if x.File(file).Kind != sim.FileInotify {
		return 0, uapi.EINVAL
	}
	return x.File(file).Obj, 0
}

func inotifyFind(x X) {
	f := x.f()
	mask := uint32(f.L[iaMask])
	if mask&^inotifyBits != 0 || mask&inotifyBits == 0 {
		x.fail(uapi.EINVAL)
		return
	}
	n, e := x.inotify(int32(f.L[iaFD]))
	if both := uint32(uapi.IN_MASK_ADD | uapi.IN_MASK_CREATE); e == 0 && mask&both == both {
		e = uapi.EINVAL
	}
	if e != 0 {
		x.fail(e)
		return
	}
	how := follow
	if mask&uapi.IN_DONT_FOLLOW != 0 {
		how = 0
	}
	t, e := x.resolve(x.PathString(sim.PathID(f.L[iaPath])), how)
	if e == 0 && mask&uapi.IN_ONLYDIR != 0 && !t.isDir() {
		e = uapi.ENOTDIR
	}
	if e == 0 && t.kind == toNSFS {
		f.L[iaFD], f.L[iaMount] = int64(n), int64(t.mnt)
		x.hold(&t)
		return
	}
	if e == 0 {
		e = x.permission(x.cred(), &t, mayRead)
	}
	if e != 0 {
		x.fail(e)
		return
	}
	x.done(x.updateWatch(n, 0, mask))
}

// updateWatch adds a watch on an inode, or finds the one that is there. Watches on files
// other than namespace files (inode 0) are numbered and nothing else; each is a new one.
func (x X) updateWatch(n int32, i sim.InodeID, mask uint32) (int64, uapi.Errno) {
	for m := x.Inotifies.At(n).First; m != 0 && i != 0; m = x.Marks.At(m).Next {
		if k := x.Marks.At(m); k.Inode == i {
			if mask&uapi.IN_MASK_CREATE != 0 {
				return 0, uapi.EEXIST
			}
			return int64(k.WD), 0
		}
	}
	m := x.Marks.New()
	k := x.Inotifies.At(n)
	k.LastWD++
	*x.Marks.At(m) = sim.Mark{Inode: i, WD: k.LastWD, Next: k.First}
	k.First = m
	if i != 0 {
		x.Inode(i).Marks++
	}
	return int64(k.LastWD), 0
}

// dropWatch removes a watch and gives up its inode; false if there is none of that
// number. It may push a frame.
func (x X) dropWatch(n, wd int32) bool {
	at := &x.Inotifies.At(n).First
	for *at != 0 && x.Marks.At(*at).WD != wd {
		at = &x.Marks.At(*at).Next
	}
	m := *at
	if m == 0 {
		return false
	}
	i := x.Marks.At(m).Inode
	*at = x.Marks.At(m).Next
	x.Marks.Free(m)
	if i != 0 {
		x.Inode(i).Marks--
		x.iputIfUnused(i)
	}
	return true
}

// SPDX-License-Identifier: GPL-2.0-only

package syscall

import (
	"github.com/nssim/nssim/sim"
	"github.com/nssim/nssim/syscall/uapi"
)

// getFile takes a reference on an open file.
func (x X) getFile(f sim.FileID) sim.FileID {
	x.File(f).Refs++
	return f
}

// fput drops a reference on an open file. The last one releases it on the way back
// to user mode, or in the worker for a kernel thread (fs/file_table.c: fput, v6.19).
func (x X) fput(f sim.FileID) {
	if f == 0 {
		return
	}
	k := x.File(f)
	if k.Refs--; k.Refs > 0 {
		return
	}
	if x.me().Has(sim.KThread) {
		x.Defer(sim.FPut, 0, int32(f))
		return
	}
	x.TaskWork(x.T, f)
}

// fputSync drops a reference and releases the file at once when it was the last,
// as close does (fs/file_table.c: fput_close_sync, v6.19).
func (x X) fputSync(f sim.FileID) {
	if f == 0 {
		return
	}
	k := x.File(f)
	if k.Refs--; k.Refs == 0 {
		x.push(opFPut, int64(f))
	}
}

// release is what each kind of file does when its last reference is gone.
var release = [32]func(x X, f *sim.File){
	sim.FileNSFS:       func(x X, f *sim.File) { x.dput(sim.InodeID(f.Obj)) },
	sim.FilePidFD:      func(x X, f *sim.File) { x.pidfdRelease(f) },
	sim.FileProcDir:    func(x X, f *sim.File) { x.putPid(sim.PidID(f.Obj)) },
	sim.FileProcNSLink: func(x X, f *sim.File) { x.putPid(sim.PidID(f.Obj)) },
	sim.FileProcMounts: func(x X, f *sim.File) { x.putNS(f.NS) },
	sim.FileProcUser:   func(x X, f *sim.File) { x.putNS(f.NS) },
	sim.FileProcNet:    func(x X, f *sim.File) { x.putNS(f.NS) },
	sim.FileCgroup:     func(x X, f *sim.File) { x.putNS(f.NS) },
	sim.FileFSContext:  func(x X, f *sim.File) { x.putNS(f.NS) },
}

// onRelease registers what a kind of file does on its last reference; the file is
// freed afterwards.
func onRelease(k sim.FileKind, do func(x X, f *sim.File)) { release[k] = do }

func init() {
	define(opFPut, "__fput",
		step{"release", func(x X) {
			f := x.File(sim.FileID(x.f().L[0]))
			if do := release[f.Kind]; do != nil {
				do(x, f)
			}
		}},
		step{"mntput", func(x X) { x.mntput(x.File(sim.FileID(x.f().L[0])).Mount) }},
		step{"file_free", func(x X) {
			f := sim.FileID(x.f().L[0])
			c := x.File(f).Cred
			x.Files.Free(int32(f))
			x.putCred(c)
		}},
	)
	define(opShrink, "shrink_dentry_list", step{"dentry_kill", shrinkDentries})
	define(opEvict, "nsfs_evict",
		step{"__ns_ref_active_put", func(x X) {
			if i := x.Inode(sim.InodeID(x.f().L[0])); !i.Idle {
				x.activePut(i.NS)
			}
		}},
		step{"put", func(x X) {
			i := sim.InodeID(x.f().L[0])
			ns := x.Inode(i).NS
			x.Inodes.Free(int32(i))
			x.putNS(ns)
		}},
	)
	define(opClose, "close",
		step{"filp_flush", func(x X) { x.fputSync(sim.FileID(x.f().L[0])) }},
		step{"done", func(x X) { x.ret(0) }},
	)
	define(opCloseFiles, "put_files_struct",
		step{"close_files", closeFiles},
	)
}

// dput drops a holder of an nsfs dentry. The dentry is never cached: with the last
// holder it leaves ns_common.stashed, and the inode goes too unless a mark pins it
// (fs/nsfs.c: ns_prune_dentry, nsfs_evict, v6.19).
func (x X) dput(i sim.InodeID) {
	if i == 0 {
		return
	}
	k := x.Inode(i)
	if k.Dentry--; k.Dentry > 0 {
		return
	}
	if x.Cfg.Rules.Has(sim.InodeCached) {
		if !x.isDeferred(sim.WorkShrink) {
			x.Defer(sim.WorkShrink, 0, 0)
		}
		return
	}
	x.dentryKill(i)
}

// dentryKill drops a dentry without holders.
func (x X) dentryKill(i sim.InodeID) {
	if n := &x.Nodes[x.Inode(i).NS]; n.Stashed == int32(i) {
		n.Stashed = 0
	}
	if k := x.Inode(i); k.Marks > 0 && !k.Idle && !x.Cfg.Faults.Has(sim.MarkKeepsActive) {
		k.Idle = true
		x.activePut(k.NS)
		return
	}
	x.iputIfUnused(i)
}

// isDeferred reports whether work of a kind is queued.
func (x X) isDeferred(k sim.WorkKind) bool {
	for w := x.Deferred; w != 0; w = x.Work(w).Next {
		if x.Work(w).Kind == k {
			return true
		}
	}
	return false
}

// shrinkDentries drops the dentries that nobody uses, one a step. Only a kernel that
// caches them has any (bug nsfs-dentry-cached).
func shrinkDentries(x X) {
	for i := sim.InodeID(1); i < sim.InodeID(x.Inodes.Cap()); i++ {
		if x.Inodes.Live(int32(i)) && x.Inode(i).Dentry == 0 && x.Nodes[x.Inode(i).NS].Stashed == int32(i) {
			x.again()
			x.dentryKill(i)
			return
		}
	}
}

// iputIfUnused evicts an inode that neither a dentry nor a mark holds.
func (x X) iputIfUnused(i sim.InodeID) {
	k := x.Inode(i)
	if k.Dentry > 0 || k.Marks > 0 || k.Evicted {
		return
	}
	k.Evicted = true
	x.push(opEvict, int64(i))
}

// Close is close(2).
type Close struct{ FD int32 }

func (c Close) start(x X) {
	f := x.FDClear(x.me().Files, c.FD)
	if f == 0 {
		x.push(opSimple, -int64(uapi.EBADF))
		return
	}
	x.push(opClose, int64(f))
}

// Close closes a descriptor (fs/open.c: close, v6.19). EBADF: it is not open.
func (t T) Close(fd int) error { return t.do(Close{int32(fd)}) }

// closeFiles releases the files of a table whose last user exits, one descriptor
// that holds a last reference a step; the releases themselves run as task work.
func closeFiles(x X) {
	table := sim.FDTableID(x.f().L[0])
	for {
		f := x.FDTakeAny(table)
		if f == 0 {
			x.FreeFDs(table)
			return
		}
		last := x.File(f).Refs == 1
		x.fput(f)
		if last {
			x.again()
			return
		}
	}
}

// newFile makes an open file that holds the running task's credential, with one
// reference.
func (x X) newFile(f sim.File) sim.FileID {
	id := sim.FileID(x.Files.New())
	k := x.File(id)
	*k = f
	k.Refs = 1
	k.Cred = x.me().Cred
	x.Cred(k.Cred).Refs++
	return id
}

// openFile makes an open file of the running task and installs it at the lowest
// descriptor; EMFILE makes nothing.
func (x X) openFile(f sim.File, cloexec bool) (int64, uapi.Errno) {
	fd, e := x.FDFree(x.me().Files, 0)
	if e != 0 {
		return 0, e
	}
	x.FDSet(x.me().Files, fd, x.newFile(f), cloexec)
	return int64(fd), 0
}

// fdGet returns the file behind a descriptor of the caller, or EBADF; a descriptor
// opened with O_PATH is EBADF too unless path is set (fs/file.c: fdget, fdget_raw).
func (x X) fdGet(fd int32, path bool) (sim.FileID, uapi.Errno) {
	f := x.FDGet(x.me().Files, fd)
	if f == 0 || (!path && x.File(f).Path()) {
		return 0, uapi.EBADF
	}
	return f, 0
}

// simple ends a call that needs no further step: its frame's first local is the
// result.
func init() {
	define(opSimple, "return", step{"return", func(x X) { x.ret(x.f().L[0]) }})
}

// result makes a call that is over already.
func (x X) result(v int64, e uapi.Errno) {
	if e != 0 {
		v = -int64(e)
	}
	x.push(opSimple, v)
}

// SPDX-License-Identifier: GPL-2.0-only

package syscall

import (
	"github.com/nssim/nssim/sim"
	"github.com/nssim/nssim/syscall/uapi"
)

// Locals of path_from_stashed and open_namespace.
const (
	pfsNS = iota
	pfsInode
	onFlags // of the file to be
)

// pathFromStashed enters path_from_stashed with a passive reference on ns that it
// consumes. The result is an nsfs inode with a dentry reference for the caller.
func (x X) pathFromStashed(ns sim.NS) { x.push(opPathFromStashed, int64(ns)) }

// openNamespace enters open_namespace with a passive reference on ns that it
// consumes. The result is a descriptor or a negative errno.
func (x X) openNamespace(ns sim.NS) {
	x.push(opOpenNamespace, int64(ns), 0, uapi.O_RDONLY|uapi.O_CLOEXEC)
}

func init() {
	// All ways to open a namespace come here, so that all openers share one
	// inode and with it one active reference (fs/libfs.c: path_from_stashed;
	// fs/nsfs.c: nsfs_init_inode, v6.19).
	define(opPathFromStashed, "path_from_stashed",
		step{"stashed_dentry_get", func(x X) {
			f := x.f()
			ns := sim.NS(f.L[pfsNS])
			i := sim.InodeID(x.Nodes[ns].Stashed)
			if i == 0 {
				return
			}
			x.Inode(i).Dentry++
			x.ret(int64(i))
			x.putNS(ns)
		}},
		step{"nsfs_init_inode", func(x X) {
			f := x.f()
			ns := sim.NS(f.L[pfsNS])
			i := x.Inodes.New()
			*x.Inodes.At(i) = sim.Inode{NS: ns, Dentry: 1} // which takes the passive reference over
			f.L[pfsInode], f.L[pfsNS] = int64(i), 0
			x.resurrect(ns)
		}},
		step{"stash_dentry", func(x X) {
			f := x.f()
			mine := sim.InodeID(f.L[pfsInode])
			ns := x.Inode(mine).NS
			theirs := sim.InodeID(x.Nodes[ns].Stashed)
			if theirs == 0 {
				x.Nodes[ns].Stashed = int32(mine)
				x.ret(int64(mine))
				return
			}
			x.Inode(theirs).Dentry++
			x.ret(int64(theirs))
			x.dput(mine)
		}},
	)
	define(opOpenNamespace, "open_namespace",
		step{"path_from_stashed", func(x X) {
			f := x.f()
			ns := sim.NS(f.L[pfsNS])
			f.L[pfsNS] = 0
			x.pathFromStashed(ns)
		}},
		step{"get_unused_fd_flags", func(x X) {
			f := x.f()
			i := sim.InodeID(f.Ret)
			fd, e := x.openInode(i, uint32(f.L[onFlags]), 0)
			x.done(fd, e)
			if e != 0 {
				x.dput(i)
			}
		}},
	)
}

// openInode opens an nsfs inode whose dentry reference it takes over; on an error
// the reference stays the caller's.
func (x X) openInode(i sim.InodeID, flags uint32, mnt sim.MountID) (int64, uapi.Errno) {
	fd, e := x.openFile(sim.File{
		Kind: sim.FileNSFS, Flags: flags &^ uapi.O_CLOEXEC, Obj: int32(i), Mount: mnt,
	}, flags&uapi.O_CLOEXEC != 0)
	if e == 0 && mnt != 0 {
		x.Mount(mnt).Refs++
	}
	return fd, e
}

// nsOfFile returns the namespace of an nsfs file, 0 if it is none
// (include/linux/proc_ns.h: proc_ns_file, get_proc_ns, v6.19).
func (x X) nsOfFile(f sim.FileID) sim.NS {
	k := x.File(f)
	if k.Kind != sim.FileNSFS {
		return 0
	}
	return x.Inode(sim.InodeID(k.Obj)).NS
}

// getOwner is ns_get_owner() (kernel/user_namespace.c, v6.19): the owner of ns with
// a passive reference, if the caller's user namespace is the owner or an ancestor
// of it; EPERM otherwise. No capability is needed.
func (x X) getOwner(ns sim.NS) (sim.NS, uapi.Errno) {
	mine, owner := x.cred().UserNS, x.Entries[ns].Owner
	if owner == 0 || !x.userNSIsAncestor(mine, owner) {
		return 0, uapi.EPERM
	}
	x.Inc(owner)
	return owner, 0
}

// getParent is the get_parent operation of the two hierarchical types: EINVAL for
// the others, EPERM for a parent outside the caller's reach
// (kernel/pid_namespace.c: pidns_get_parent, v6.19).
func (x X) getParent(ns sim.NS) (sim.NS, uapi.Errno) {
	switch x.Nodes[ns].NSType() {
	case uapi.USER_NS:
		return x.getOwner(ns)
	case uapi.PID_NS:
		parent := x.PidNSOf(ns).Parent
		if parent == 0 || !x.PidNSIsAncestor(x.ActivePidNS(x.T), parent) {
			return 0, uapi.EPERM
		}
		x.Inc(parent)
		return parent, 0
	}
	return 0, uapi.EINVAL
}

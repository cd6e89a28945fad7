// SPDX-License-Identifier: GPL-2.0-only

package syscall

import (
	"encoding/binary"
	"slices"

	"github.com/nssim/nssim/sim"
	"github.com/nssim/nssim/syscall/uapi"
)

// OpenByHandleAt is open_by_handle_at(2). Bytes and Type are the handle's header,
// Payload what is readable behind it; BadHeader says that the header faults.
type OpenByHandleAt struct {
	Anchor    int32
	Bytes     uint32
	Type      int32
	Payload   []byte
	BadHeader bool
	Flags     uint32
}

// Handle makes the call for a handle as name_to_handle_at(2) returns it.
func Handle(anchor int, h uapi.NSFSFileHandle, flags uint32) OpenByHandleAt {
	p := h.Encode()
	return OpenByHandleAt{
		Anchor: int32(anchor), Bytes: uint32(len(p)), Type: uapi.FILEID_NSFS, Payload: p, Flags: flags,
	}
}

// OpenByHandle opens a namespace by its handle, relative to the root of nsfs
// (fs/fhandle.c: open_by_handle_at; fs/nsfs.c: nsfs_fh_to_dentry, v6.19). ESTALE: it
// does not exist, is inactive, or the caller may not see it, which cannot be told
// apart.
func (t T) OpenByHandle(h uapi.NSFSFileHandle) (int, error) {
	return t.fd(Handle(uapi.FD_NSFS_ROOT, h, uapi.O_RDONLY))
}

// Locals of open_by_handle_at.
const (
	ohNS = iota
	ohFlags
	ohMount
	ohAnchorNS // namespace of the anchor, 0 for the root
	ohType
)

// The user flags of a handle's type (include/linux/exportfs.h, v6.19).
const (
	handleConnectable = 0x10000
	handleDir         = 0x20000
	handleUserFlags   = 0xffff0000
)

func (c OpenByHandleAt) start(x X) {
	mnt, anchorNS, fs, e := c.check(x)
	if e != 0 {
		x.result(0, e)
		return
	}
	if len(c.Payload) < int(c.Bytes) {
		x.result(0, uapi.EFAULT)
		return
	}
	h, ok := c.decode(x, fs)
	if !ok {
		x.result(0, uapi.ESTALE)
		return
	}
	ns := x.Lookup(h.NSID, h.NSType)
	exact := x.Cfg.Rules.Has(sim.HandleExact)
	switch {
	case ns == 0,
		(exact || h.NSInum != 0) && h.NSInum != x.Nodes[ns].Inum,
		h.NSType != 0 && h.NSType != x.Nodes[ns].NSType():
		if ns != 0 && x.Cfg.Faults.Has(sim.HandleMismatchAsserts) {
			x.Warn(handleMismatch, ns)
		}
		x.result(0, uapi.ESTALE)
		return
	}
	x.push(opOpenByHandle, int64(ns), int64(c.Flags), int64(mnt), int64(anchorNS), int64(uint32(c.Type)&handleUserFlags))
}

// anchorFS says which file system decodes a handle.
type anchorFS uint8

const (
	anchorNSFS anchorFS = iota
	anchorOther
)

// check makes the checks that precede the reading of the payload.
func (c OpenByHandleAt) check(x X) (mnt sim.MountID, ns sim.NS, fs anchorFS, e uapi.Errno) {
	switch {
	case c.BadHeader:
		return 0, 0, 0, uapi.EFAULT
	case c.Bytes == 0 || c.Bytes > uapi.MAX_HANDLE_SZ:
		return 0, 0, 0, uapi.EINVAL
	case c.Type < 0 || uint32(c.Type)&handleUserFlags&^uint32(handleConnectable|handleDir) != 0:
		return 0, 0, 0, uapi.EINVAL
	}
	switch {
	case c.Anchor == uapi.FD_NSFS_ROOT:
		return 0, 0, anchorNSFS, 0
	case c.Anchor == uapi.FD_PIDFS_ROOT:
		return 0, 0, anchorOther, c.pidfsFlags()
	case c.Anchor == uapi.AT_FDCWD:
		t := x.cwd(x.T)
		return 0, 0, anchorOther, c.mayDecode(x, &t)
	case c.Anchor < 0:
		return 0, 0, 0, uapi.EBADF
	}
	f, e := x.fdGet(c.Anchor, false)
	if e != 0 {
		return 0, 0, 0, e
	}
	switch k := x.File(f); k.Kind {
	case sim.FileNSFS:
		return k.Mount, x.nsOfFile(f), anchorNSFS, 0
	case sim.FilePidFD:
		return 0, 0, anchorOther, c.pidfsFlags()
	default:
		t := x.fileTarget(f)
		return 0, 0, anchorOther, c.mayDecode(x, &t)
	}
}

// pidfsFlags: pidfs opens only what pidfd_open would (fs/pidfs.c: pidfs_export_permission,
// v6.19).
func (c OpenByHandleAt) pidfsFlags() uapi.Errno {
	const known = uapi.O_ACCMODE | uapi.O_NONBLOCK | uapi.O_CLOEXEC | uapi.O_EXCL | uapi.O_LARGEFILE
	if c.Flags&^uint32(known) != 0 {
		return uapi.EINVAL
	}
	return 0
}

// mayDecode is the right to decode handles of an ordinary file system: everywhere, or of
// directories for whoever could mount the anchor's file system or sees all of the
// anchor's mount (fs/fhandle.c: may_decode_fh, v6.19).
func (c OpenByHandleAt) mayDecode(x X, t *target) uapi.Errno {
	if x.NSCapable(x.T, x.InitUserNS(), uapi.CAP_DAC_READ_SEARCH) {
		return 0
	}
	mounted := t.kind != toAnon && t.ns != 0
	switch {
	case c.Flags&uapi.O_DIRECTORY == 0:
	case x.NSCapable(x.T, x.superOwner(x.superOf(t.mnt)), uapi.CAP_SYS_ADMIN),
		mounted && x.NSCapable(x.T, x.Entries[t.ns].Owner, uapi.CAP_SYS_ADMIN) && !x.hasLockedChildren(t):
		if x.NSCapable(x.T, x.cred().UserNS, uapi.CAP_DAC_READ_SEARCH) {
			return 0
		}
	}
	return uapi.EPERM
}

// decode reads the handle; false means ESTALE, which is what every failure to
// decode becomes.
func (c OpenByHandleAt) decode(x X, fs anchorFS) (h uapi.NSFSFileHandle, ok bool) {
	if fs != anchorNSFS {
		return h, false
	}
	words := int(c.Bytes / 4)
	if words < 4 || uint32(c.Type)&^uint32(handleUserFlags) != uapi.FILEID_NSFS {
		return h, false
	}
	if !c.tailIsZero(x, words) {
		return h, false
	}
	h.NSID = binary.LittleEndian.Uint64(c.Payload)
	h.NSType = uapi.NSType(binary.LittleEndian.Uint32(c.Payload[8:]))
	h.NSInum = binary.LittleEndian.Uint32(c.Payload[12:])
	switch {
	case x.Cfg.Rules.Has(sim.HandleExact):
		return h, h.NSType != 0
	case x.Cfg.Rules.Has(sim.HandleLoose):
		return h, true
	}
	return h, h.NSID != 0 && (h.NSType == 0) == (h.NSInum == 0)
}

// tailIsZero looks at the bytes behind the ones that are known. Where offsets counted in
// words are used as bytes, it looks at the bytes from 4 to the number of words.
func (c OpenByHandleAt) tailIsZero(x X, words int) bool {
	from, to := 16, 4*words
	if x.Cfg.Faults.Has(sim.HandleTailMisread) {
		from, to = 4, words
	}
	return !slices.ContainsFunc(c.Payload[from:max(from, to)], func(b byte) bool { return b != 0 })
}

func init() {
	define(opOpenByHandle, "open_by_handle_at",
		step{"ns_get_unless_inactive", func(x X) {
			ns := sim.NS(x.f().L[ohNS])
			x.touch(ns)
			if !x.Cfg.Faults.Has(sim.HandleIgnoresActive) && !Visible(x.Machine, ns) || !x.Get(ns) {
				x.fail(uapi.ESTALE)
			}
		}},
		step{"may_open_ns", func(x X) {
			ns := sim.NS(x.f().L[ohNS])
			if !MayOpen(x.Machine, x.T, ns) {
				e := uapi.EPERM
				if x.Cfg.Faults.Has(sim.HandleErrorCollapsed) {
					e = uapi.ESTALE
				}
				x.fail(e)
				x.putNS(ns)
			}
		}},
		// No active reference is held up to here: if the namespace went inactive
		// since the check, the inode brings it back.
		step{"path_from_stashed", func(x X) { x.pathFromStashed(sim.NS(x.f().L[ohNS])) }},
		step{"do_file_open_root", func(x X) {
			f := x.f()
			i := sim.InodeID(f.Ret)
			e := x.acceptHandle(f)
			if e == 0 {
				e = nsfsOpenFlags(uint32(f.L[ohFlags]))
				if _, full := x.FDFree(x.me().Files, 0); full != 0 {
					e = full
				}
			}
			fd := int64(0)
			if e == 0 {
				fd, e = x.openInode(i, uint32(f.L[ohFlags]), sim.MountID(f.L[ohMount]))
			}
			x.done(fd, e)
			if e != 0 {
				x.dput(i)
			}
		}},
	)
}

// acceptHandle honours the user flags of the handle's type: a namespace is no
// directory, and it lies below the anchor only if it is the anchor.
func (x X) acceptHandle(f *sim.Frame) uapi.Errno {
	switch {
	case f.L[ohType]&handleDir != 0,
		f.L[ohType]&handleConnectable != 0 && f.L[ohAnchorNS] != f.L[ohNS]:
		return uapi.ESTALE
	}
	return 0
}

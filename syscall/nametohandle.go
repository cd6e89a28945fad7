// SPDX-License-Identifier: GPL-2.0-only

package syscall

import (
	"github.com/nssim/nssim/sim"
	"github.com/nssim/nssim/syscall/uapi"
)

// NameToHandleAt is name_to_handle_at(2). Room is the handle_bytes that the caller
// offers. It leaves in Task.Out what HandleOf reads.
type NameToHandleAt struct {
	FD    int32
	Path  string
	Room  uint32
	Flags uint32
}

// What name_to_handle_at leaves in Task.Out.
const (
	OutHandleID    = 0 // ns_id
	OutHandleNS    = 1 // ns_type << 32 | ns_inum
	OutHandleType  = 2 // handle_type << 32 | handle_bytes
	OutHandleMount = 3 // mount id
)

// FileHandle is a struct file_handle with the payload of one that names a namespace;
// of another file's handle the model knows type and size only.
type FileHandle struct {
	Bytes uint32 // handle_bytes
	Type  int32  // handle_type
	uapi.NSFSFileHandle
}

// HandleOf reads the result of a name_to_handle_at from Task.Out.
func HandleOf(out [4]uint64) (h FileHandle, mountID uint64) {
	h.Bytes, h.Type = uint32(out[OutHandleType]), int32(out[OutHandleType]>>32)
	h.NSID = out[OutHandleID]
	h.NSType, h.NSInum = uapi.NSType(out[OutHandleNS]>>32), uint32(out[OutHandleNS])
	return h, out[OutHandleMount]
}

func (c NameToHandleAt) start(x X) {
	x.push(opNameToHandle, int64(c.FD), int64(x.Intern(c.Path)), int64(c.Room), int64(c.Flags))
}

// NameToHandleAt makes the handle of a file (fs/fhandle.c: name_to_handle_at,
// fs/nsfs.c: nsfs_encode_fh, v6.19). EINVAL: unknown flags, or AT_HANDLE_CONNECTABLE
// with AT_HANDLE_FID or AT_EMPTY_PATH; path errors; EOPNOTSUPP: a file system without
// handles, as procfs with its links, unless AT_HANDLE_FID, or no connectable ones; EINVAL: room for more than
// 128 bytes; EOVERFLOW: too little room, and handle and mount id are filled in all the
// same.
func (t T) NameToHandleAt(fd int, path string, room, flags uint32) (FileHandle, error) {
	err := t.do(NameToHandleAt{int32(fd), path, room, flags})
	h, _ := HandleOf(t.M.Task(t.ID).Out)
	return h, err
}

// HandleOfFD is NameToHandleAt for a descriptor on a namespace file.
func (t T) HandleOfFD(fd int) (uapi.NSFSFileHandle, error) {
	h, err := t.NameToHandleAt(fd, "", uapi.MAX_HANDLE_SZ, uapi.AT_EMPTY_PATH)
	return h.NSFSFileHandle, err
}

// Locals of name_to_handle_at.
const (
	nhDir = iota
	nhPath
	nhRoom
	nhFlags
	nhMount
	nhRet
)

const nameToHandleFlags = uapi.AT_SYMLINK_FOLLOW | uapi.AT_EMPTY_PATH | uapi.AT_HANDLE_FID |
	uapi.AT_HANDLE_MNT_ID_UNIQUE | uapi.AT_HANDLE_CONNECTABLE

func init() {
	define(opNameToHandle, "name_to_handle_at",
		step{"filename_lookup", nameToHandle},
		step{"nsfs_encode_fh", func(x X) {
			f := x.f()
			i := sim.InodeID(f.Ret)
			t := target{kind: toNSFS, inode: i, nsfs: x.Inode(i).NS, mnt: sim.MountID(f.L[nhMount]), path: "/"}
			f.L[nhRet] = -int64(x.encodeHandle(f, &t))
			x.pathPut(i, t.mnt)
		}},
		step{"done", func(x X) { x.ret(x.f().L[nhRet]) }},
	)
}

func nameToHandle(x X) {
	f := x.f()
	flags := uint32(f.L[nhFlags])
	if flags&^nameToHandleFlags != 0 ||
		flags&uapi.AT_HANDLE_CONNECTABLE != 0 && flags&(uapi.AT_HANDLE_FID|uapi.AT_EMPTY_PATH) != 0 {
		x.fail(uapi.EINVAL)
		return
	}
	var how lookup
	if flags&uapi.AT_SYMLINK_FOLLOW != 0 {
		how |= follow
	}
	if flags&uapi.AT_EMPTY_PATH != 0 {
		how |= emptyPath
	}
	t, e := x.resolveAt(int32(f.L[nhDir]), x.PathString(sim.PathID(f.L[nhPath])), how)
	switch {
	case e != 0:
	case t.kind == toNSFS:
		f.L[nhMount] = int64(t.mnt)
		x.hold(&t)
		return
	default:
		e = x.encodeHandle(f, &t)
	}
	x.done(0, e)
}

// handleForm is type and size of a file system's handles, and whether it makes
// connectable ones.
type handleForm struct {
	typ         uint64
	bytes       uint32
	connectable bool
}

// The handles of nsfs, of tmpfs and its like, of cgroup and pidfs, and of file systems
// that make none that could be opened (AT_HANDLE_FID).
var (
	nsfsHandle   = handleForm{typ: uapi.FILEID_NSFS, bytes: uapi.NSFS_FILE_HANDLE_SIZE_VER0}
	tmpfsHandle  = handleForm{typ: 1, bytes: 12}
	cgroupHandle = handleForm{typ: uapi.FILEID_KERNFS, bytes: 8, connectable: true}
	pidfsHandle  = handleForm{typ: uapi.FILEID_KERNFS, bytes: 8}
	fidHandle    = handleForm{typ: 0x81, bytes: 12}
)

// handleFormOf returns the form of t's handles; false where only AT_HANDLE_FID gets any,
// as in procfs and sysfs and for sockets and pipes.
func (x X) handleFormOf(t *target) (handleForm, bool) {
	s := x.superOf(t.mnt)
	switch {
	case t.kind == toNSFS:
		return nsfsHandle, true
	case t.kind == toAnon && x.File(t.file).Kind == sim.FilePidFD:
		return pidfsHandle, true
	case t.kind == toCgroup, t.kind == toDir && s == 0 && inCgroup(t.path) && !t.under:
		return cgroupHandle, true
	case t.kind == toAnon, t.kind >= toProcRoot:
		return fidHandle, false
	case s == 0 && baseMountOf(t.path) == "/sys", s != 0 && x.super(s).Kind == sim.SuperSysfs:
		return fidHandle, false
	}
	return tmpfsHandle, true
}

// encodeHandle fills in Task.Out.
func (x X) encodeHandle(f *sim.Frame, t *target) uapi.Errno {
	form, decodes := x.handleFormOf(t)
	room, flags := uint32(f.L[nhRoom]), uint32(f.L[nhFlags])
	connectable := flags&uapi.AT_HANDLE_CONNECTABLE != 0
	switch {
	case !decodes && flags&uapi.AT_HANDLE_FID == 0, connectable && !form.connectable:
		return uapi.EOPNOTSUPP
	case room > uapi.MAX_HANDLE_SZ:
		return uapi.EINVAL
	}
	out := &x.me().Out
	out[OutHandleMount] = x.mountNumber(t)
	if room < form.bytes {
		out[OutHandleType] = uapi.FILEID_INVALID<<32 | uint64(form.bytes)
		return uapi.EOVERFLOW
	}
	out[OutHandleType] = form.typ<<32 | uint64(form.bytes)
	if connectable {
		out[OutHandleType] |= uapi.FILEID_IS_CONNECTABLE << 32
		if t.isDir() {
			out[OutHandleType] |= uapi.FILEID_IS_DIR << 32
		}
	}
	if t.kind == toNSFS {
		n := &x.Nodes[t.nsfs]
		out[OutHandleID], out[OutHandleNS] = n.ID, uint64(n.NSType())<<32|uint64(n.Inum)
	}
	return 0
}

// mountNumber is the id of the mount that t is on. The internal mount of nsfs is 1,
// then come the base mounts and the others.
func (x X) mountNumber(t *target) uint64 {
	switch {
	case t.mnt != 0:
		return uint64(t.mnt) + sim.BaseMounts + 2
	case t.kind == toNSFS || t.kind == toAnon:
		return 1
	}
	on := baseMountOf(t.path)
	for i, m := range baseMounts {
		if m == on {
			return uint64(i) + 3
		}
	}
	return 2
}

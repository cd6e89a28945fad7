// SPDX-License-Identifier: GPL-2.0-only

package uapi

import "encoding/binary"

// Types of file handle (enum fid_type in include/linux/exportfs.h).
const (
	FILEID_ROOT    = 0
	FILEID_NSFS    = 0xf1
	FILEID_KERNFS  = 0xfe
	FILEID_INVALID = 0xff
)

var fileidTypes = []Constant{
	{"FILEID_ROOT", FILEID_ROOT},
	{"FILEID_NSFS", FILEID_NSFS},
	{"FILEID_KERNFS", FILEID_KERNFS},
	{"FILEID_INVALID", FILEID_INVALID},
}

// The upper half of a handle's type carries flags for the user's side of the interface.
const (
	FILEID_IS_CONNECTABLE = 0x10000
	FILEID_IS_DIR         = 0x20000
)

var fileidFlags = []Constant{
	{"FILEID_IS_CONNECTABLE", FILEID_IS_CONNECTABLE},
	{"FILEID_IS_DIR", FILEID_IS_DIR},
}

// Masks of those flags: the ones that exist, and the half of the type reserved for them.
const (
	FILEID_VALID_USER_FLAGS = FILEID_IS_CONNECTABLE | FILEID_IS_DIR
	FILEID_USER_FLAGS_MASK  = 0xffff0000
)

var fileidMasks = []Constant{
	{"FILEID_VALID_USER_FLAGS", FILEID_VALID_USER_FLAGS},
	{"FILEID_USER_FLAGS_MASK", FILEID_USER_FLAGS_MASK},
}

// Sizes in bytes: the largest payload of a file handle, and nsfs's.
const (
	MAX_HANDLE_SZ              = 128
	NSFS_FILE_HANDLE_SIZE_VER0 = 16
)

var handleSizes = []Constant{
	{"MAX_HANDLE_SZ", MAX_HANDLE_SZ},
	{"NSFS_FILE_HANDLE_SIZE_VER0", NSFS_FILE_HANDLE_SIZE_VER0},
}

// Descriptors that name no open file (include/uapi/linux/fcntl.h).
const (
	AT_FDCWD                = -100
	PIDFD_SELF_THREAD       = -10000
	PIDFD_SELF_THREAD_GROUP = -10001
	FD_PIDFS_ROOT           = -10002
	FD_NSFS_ROOT            = -10003
	FD_INVALID              = -10009
)

var specialFDs = []Constant{
	{"AT_FDCWD", signed(AT_FDCWD)},
	{"PIDFD_SELF_THREAD", signed(PIDFD_SELF_THREAD)},
	{"PIDFD_SELF_THREAD_GROUP", signed(PIDFD_SELF_THREAD_GROUP)},
	{"FD_PIDFS_ROOT", signed(FD_PIDFS_ROOT)},
	{"FD_NSFS_ROOT", signed(FD_NSFS_ROOT)},
	{"FD_INVALID", signed(FD_INVALID)},
}

// Flags shared by the *at family.
const (
	AT_SYMLINK_NOFOLLOW = 0x100
	AT_SYMLINK_FOLLOW   = 0x400
	AT_NO_AUTOMOUNT     = 0x800
	AT_EMPTY_PATH       = 0x1000
)

var atFlags = []Constant{
	{"AT_SYMLINK_NOFOLLOW", AT_SYMLINK_NOFOLLOW},
	{"AT_SYMLINK_FOLLOW", AT_SYMLINK_FOLLOW},
	{"AT_NO_AUTOMOUNT", AT_NO_AUTOMOUNT},
	{"AT_EMPTY_PATH", AT_EMPTY_PATH},
}

// AT_RECURSIVE applies a mount call to the whole subtree.
const (
	AT_RECURSIVE = 0x8000
)

var atRecursive = []Constant{
	{"AT_RECURSIVE", AT_RECURSIVE},
}

// Flags of name_to_handle_at alone.
const (
	AT_HANDLE_MNT_ID_UNIQUE = 0x001
	AT_HANDLE_CONNECTABLE   = 0x002
	AT_HANDLE_FID           = 0x200
)

var atHandleFlags = []Constant{
	{"AT_HANDLE_MNT_ID_UNIQUE", AT_HANDLE_MNT_ID_UNIQUE},
	{"AT_HANDLE_CONNECTABLE", AT_HANDLE_CONNECTABLE},
	{"AT_HANDLE_FID", AT_HANDLE_FID},
}

// NSFSFileHandle is struct nsfs_file_handle, the payload of a handle of type FILEID_NSFS,
// 16 bytes. From 6.19 on a handle made by hand may have only its NSID set; NSType and NSInum
// are then both 0.
type NSFSFileHandle struct {
	NSID   uint64
	NSType NSType
	NSInum uint32
}

// Encode lays h out as it stands in struct file_handle.
func (h NSFSFileHandle) Encode() []byte {
	le := binary.LittleEndian
	out := make([]byte, 0, NSFS_FILE_HANDLE_SIZE_VER0)
	out = le.AppendUint64(out, h.NSID)
	out = le.AppendUint32(out, uint32(h.NSType))
	return le.AppendUint32(out, h.NSInum)
}

// DecodeNSFSFileHandle reads a handle's payload, EINVAL if it is shorter than the struct.
// What longer payloads mean differs between kernels and is the caller's to decide.
func DecodeNSFSFileHandle(b []byte) (NSFSFileHandle, error) {
	if len(b) < NSFS_FILE_HANDLE_SIZE_VER0 {
		return NSFSFileHandle{}, EINVAL
	}
	le := binary.LittleEndian
	return NSFSFileHandle{
		NSID:   le.Uint64(b),
		NSType: NSType(le.Uint32(b[8:])),
		NSInum: le.Uint32(b[12:]),
	}, nil
}

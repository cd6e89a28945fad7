// SPDX-License-Identifier: GPL-2.0-only

package uapi

import "encoding/binary"

// Limits of listns: the size of its request in bytes, and the largest buffer it accepts, in
// ids, which the kernel gives no name (kernel/nstree.c: listns, v6.19).
const (
	NS_ID_REQ_SIZE_VER0 = 32
	LISTNS_NR_MAX       = 1000000
)

var listnsSizes = []Constant{
	{"NS_ID_REQ_SIZE_VER0", NS_ID_REQ_SIZE_VER0},
	{"LISTNS_NR_MAX", LISTNS_NR_MAX},
}

// LISTNS_CURRENT_USER as listns's user_ns_id stands for the caller's user namespace.
const LISTNS_CURRENT_USER = 1<<64 - 1

var listnsUsers = []Constant{
	{"LISTNS_CURRENT_USER", LISTNS_CURRENT_USER},
}

// NSIDReq is listns's struct ns_id_req, 32 bytes.
type NSIDReq struct {
	Size     uint32 // bytes of the struct, as the caller states it
	Spare    uint32 // must be 0
	NSID     uint64 // last id already seen, 0 to start
	NSType   NSType // mask of types, 0 for all
	Spare2   uint32 // never looked at
	UserNSID uint64 // only what this user namespace owns; 0 for no filter
}

// Encode lays r out as the kernel reads it.
func (r NSIDReq) Encode() []byte {
	le := binary.LittleEndian
	out := make([]byte, 0, NS_ID_REQ_SIZE_VER0)
	out = le.AppendUint32(out, r.Size)
	out = le.AppendUint32(out, r.Spare)
	out = le.AppendUint64(out, r.NSID)
	out = le.AppendUint32(out, uint32(r.NSType))
	out = le.AppendUint32(out, r.Spare2)
	return le.AppendUint64(out, r.UserNSID)
}

// DecodeNSIDReq reads what listns is passed; b has as many bytes as the request's size
// states. E2BIG for more than a page or for set bytes past the struct, EINVAL for fewer
// than 32 (kernel/nstree.c: copy_ns_id_req, v6.19, without its check of Spare and NSType).
func DecodeNSIDReq(b []byte) (NSIDReq, error) {
	b, err := copyStruct(b, NS_ID_REQ_SIZE_VER0, NS_ID_REQ_SIZE_VER0)
	if err != nil {
		return NSIDReq{}, err
	}
	le := binary.LittleEndian
	return NSIDReq{
		Size:     le.Uint32(b),
		Spare:    le.Uint32(b[4:]),
		NSID:     le.Uint64(b[8:]),
		NSType:   NSType(le.Uint32(b[16:])),
		Spare2:   le.Uint32(b[20:]),
		UserNSID: le.Uint64(b[24:]),
	}, nil
}

// MNT_NS_INFO_SIZE_VER0 is the size of struct mnt_ns_info in bytes.
const (
	MNT_NS_INFO_SIZE_VER0 = 16
)

var mntNSInfoSizes = []Constant{
	{"MNT_NS_INFO_SIZE_VER0", MNT_NS_INFO_SIZE_VER0},
}

// MntNSInfo is struct mnt_ns_info, which the NS_MNT_GET_* ioctls write.
type MntNSInfo struct {
	Size     uint32 // bytes the kernel wrote
	NrMounts uint32 // without the root mount
	MntNSID  uint64
}

// Encode lays i out as the kernel writes it.
func (i MntNSInfo) Encode() []byte {
	le := binary.LittleEndian
	out := make([]byte, 0, MNT_NS_INFO_SIZE_VER0)
	out = le.AppendUint32(out, i.Size)
	out = le.AppendUint32(out, i.NrMounts)
	return le.AppendUint64(out, i.MntNSID)
}

// DecodeMntNSInfo reads a buffer that one of the ioctls filled, EINVAL if it is too short.
// Bytes past the struct are the user's own and are left alone.
func DecodeMntNSInfo(b []byte) (MntNSInfo, error) {
	if len(b) < MNT_NS_INFO_SIZE_VER0 {
		return MntNSInfo{}, EINVAL
	}
	le := binary.LittleEndian
	return MntNSInfo{Size: le.Uint32(b), NrMounts: le.Uint32(b[4:]), MntNSID: le.Uint64(b[8:])}, nil
}

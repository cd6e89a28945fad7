// SPDX-License-Identifier: GPL-2.0-only

package uapi

import (
	"bytes"
	"encoding/hex"
	"testing"
	"testing/quick"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestLayouts(t *testing.T) {
	assert.Equal(t, "20000000"+"01000000"+"0a00000000000000"+"80000200"+"02000000"+"ffffffffffffffff",
		hex.EncodeToString(NSIDReq{32, 1, 10, MNT_NS | TIME_NS, 2, LISTNS_CURRENT_USER}.Encode()))
	assert.Equal(t, "10000000"+"05000000"+"0800000000000000",
		hex.EncodeToString(MntNSInfo{16, 5, 8}.Encode()))
	assert.Equal(t, "0700000000000000"+"00000040"+"f9ffffef",
		hex.EncodeToString(NSFSFileHandle{NET_NS_INIT_ID, NET_NS, NET_NS_INIT_INO}.Encode()))

	args := CloneArgs{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11}.Encode()
	require.Len(t, args, CLONE_ARGS_SIZE_VER2)
	for i := range 11 {
		assert.EqualValues(t, i+1, args[8*i])
	}
}

func TestRoundTrips(t *testing.T) {
	check := func(property any) { t.Helper(); require.NoError(t, quick.Check(property, nil)) }
	check(func(v CloneArgs) bool { got, err := DecodeCloneArgs(v.Encode()); return err == nil && got == v })
	check(func(v NSIDReq) bool { got, err := DecodeNSIDReq(v.Encode()); return err == nil && got == v })
	check(func(v MntNSInfo) bool { got, err := DecodeMntNSInfo(v.Encode()); return err == nil && got == v })
	check(func(v NSFSFileHandle) bool {
		got, err := DecodeNSFSFileHandle(v.Encode())
		return err == nil && got == v
	})
}

func TestDecodeSizes(t *testing.T) {
	cloneArgs := func(b []byte) error { _, err := DecodeCloneArgs(b); return err }
	nsIDReq := func(b []byte) error { _, err := DecodeNSIDReq(b); return err }
	mntInfo := func(b []byte) error { _, err := DecodeMntNSInfo(b); return err }
	handle := func(b []byte) error { _, err := DecodeNSFSFileHandle(b); return err }
	set := func(size, at int) []byte { b := make([]byte, size); b[at] = 1; return b }

	for _, c := range []struct {
		what   string
		decode func([]byte) error
		in     []byte
		want   error
	}{
		{"clone empty", cloneArgs, nil, EINVAL},
		{"clone below version 0", cloneArgs, make([]byte, 63), EINVAL},
		{"clone version 0", cloneArgs, make([]byte, 64), nil},
		{"clone odd size", cloneArgs, make([]byte, 67), nil},
		{"clone zero tail", cloneArgs, make([]byte, 4096), nil},
		{"clone set tail", cloneArgs, set(89, 88), E2BIG},
		{"clone over a page", cloneArgs, make([]byte, 4097), E2BIG},
		{"listns below", nsIDReq, make([]byte, 31), EINVAL},
		{"listns exact", nsIDReq, make([]byte, 32), nil},
		{"listns zero tail", nsIDReq, make([]byte, 4096), nil},
		{"listns set tail", nsIDReq, set(4096, 4095), E2BIG},
		{"listns over a page", nsIDReq, make([]byte, 4097), E2BIG},
		{"info short", mntInfo, make([]byte, 15), EINVAL},
		{"info long", mntInfo, set(32, 31), nil},
		{"handle short", handle, make([]byte, 15), EINVAL},
		{"handle long", handle, set(128, 127), nil},
	} {
		assert.Equal(t, c.want, c.decode(c.in), c.what)
	}
}

// An old program's struct reads as the new one with zeros.
func TestCloneArgsOlderVersions(t *testing.T) {
	args := CloneArgs{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11}
	for _, size := range []int{CLONE_ARGS_SIZE_VER0, CLONE_ARGS_SIZE_VER1} {
		got, err := DecodeCloneArgs(args.Encode()[:size])
		require.NoError(t, err)
		want := args
		want.Cgroup = 0
		if size == CLONE_ARGS_SIZE_VER0 {
			want.SetTID, want.SetTIDSize = 0, 0
		}
		assert.Equal(t, want, got)
	}
}

// What decodes encodes to the bytes it came from, cut or padded with zeros to the struct.
func FuzzDecode(f *testing.F) {
	f.Add([]byte{})
	f.Add(NSIDReq{Size: 32, NSID: 10}.Encode())
	f.Add(CloneArgs{Flags: CLONE_NEWUSER, Cgroup: 3}.Encode())
	f.Fuzz(func(t *testing.T, in []byte) {
		same := func(out []byte, err error) {
			if err != nil {
				require.ErrorAs(t, err, new(Errno))
				return
			}
			n := min(len(in), len(out))
			require.Equal(t, in[:n], out[:n])
			require.Empty(t, bytes.Trim(out[n:], "\x00"))
		}
		args, err := DecodeCloneArgs(in)
		same(args.Encode(), err)
		req, err := DecodeNSIDReq(in)
		same(req.Encode(), err)
		info, err := DecodeMntNSInfo(in)
		same(info.Encode(), err)
		handle, err := DecodeNSFSFileHandle(in)
		same(handle.Encode(), err)
	})
}

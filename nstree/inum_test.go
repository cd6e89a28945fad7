// SPDX-License-Identifier: GPL-2.0-only

package nstree

import (
	"math"
	"testing"

	"github.com/nssim/nssim/syscall/uapi"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// The range ends with 0xffffffff, 2^28 numbers above the first. Taking them one by one
// would need a namespace each, so the bitmap is filled from inside.
func TestInumsRunOut(t *testing.T) {
	var f Forest
	f.inums = make([]uint64, 1<<28/64)
	for i := range f.inums {
		f.inums[i] = math.MaxUint64
	}
	f.inums[len(f.inums)-1] = math.MaxUint64 >> 1

	last, e := f.Alloc(uapi.NET_NS, 0)
	require.Zero(t, e)
	assert.EqualValues(t, 0xffffffff, f.Node(last).Inum)
	for range 2 {
		h, e := f.Alloc(uapi.NET_NS, 0)
		assert.Equal(t, uapi.ENOSPC, e)
		assert.Zero(t, h)
	}
	assert.Len(t, f.Entries, 2, "a namespace was made without a number")

	f.FreeInum(last)
	h, e := f.Alloc(uapi.NET_NS, 0)
	require.Zero(t, e)
	assert.EqualValues(t, 0xffffffff, f.Node(h).Inum)
}

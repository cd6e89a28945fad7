// SPDX-License-Identifier: GPL-2.0-only

package nstree_test

import (
	"testing"

	"github.com/nssim/nssim/nstree"
	"github.com/nssim/nssim/refcount"
	"github.com/nssim/nssim/syscall/uapi"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func alloc(t *testing.T, f *nstree.Forest, typ uapi.NSType) handle {
	h, e := f.Alloc(typ, 1)
	require.Zero(t, e)
	return h
}

func TestFirstDynamicIDIsTen(t *testing.T) {
	for _, f := range []*nstree.Forest{booted(0), {}, {LastID: 9}} {
		h := alloc(t, f, uapi.NET_NS)
		assert.EqualValues(t, 10, f.AssignID(h))
		assert.EqualValues(t, 10, f.Node(h).ID)
		assert.EqualValues(t, 11, f.AssignID(alloc(t, f, uapi.UTS_NS)))
		f.Free(h)
		f.Reclaim(h)
		assert.EqualValues(t, 12, f.AssignID(alloc(t, f, uapi.UTS_NS)), "never used again")
	}
}

func TestSetIDDecidesWhatIsInitial(t *testing.T) {
	for _, c := range []struct {
		id    uint64
		flags refcount.Flags
	}{
		{0, refcount.Live | refcount.NoID | refcount.Frozen},
		{1, refcount.Live | refcount.Initial | refcount.Frozen},
		{8, refcount.Live | refcount.Initial | refcount.Frozen},
		{9, refcount.Live},
		{10, refcount.Live},
	} {
		f := &nstree.Forest{}
		h := alloc(t, f, uapi.MNT_NS)
		f.SetID(h, c.id)
		assert.Equal(t, c.flags, f.Entries[h].Flags, "id %d", c.id)
	}
}

// v6.18: each CPU has a block of 4096 ids, and the initial namespaces draw the first.
func TestIDsPerCPU(t *testing.T) {
	f := booted(nstree.IDsPerCPU)
	assert.EqualValues(t, 1, f.Node(1).ID)
	assert.Equal(t, []uint64{1, 2, 3, 4, 5, 6, 7, 8}, ids(f, f.All(0)))
	for _, c := range []struct {
		cpu uint8
		id  uint64
	}{{0, 9}, {1, 4097}, {0, 10}, {1, 4098}, {0, 11}} {
		f.CPU = c.cpu
		h := create(t, f, uapi.MNT_NS, 1)
		assert.Equal(t, c.id, f.Node(h).ID, "CPU %d", c.cpu)
	}
	assert.Equal(t, []uint64{8, 9, 10, 11, 4097, 4098}, ids(f, f.All(uapi.MNT_NS))[:6], "in order all the same")

	// The block runs out: the next one begins above the other CPU's.
	h := alloc(t, f, uapi.MNT_NS)
	f.CPU = 0
	for id := uint64(12); id <= 4096; id++ {
		require.Equal(t, id, f.AssignID(h))
	}
	assert.EqualValues(t, 8193, f.AssignID(h))
	f.CPU = 1
	assert.EqualValues(t, 4099, f.AssignID(h))
	f.CPU = 2
	assert.EqualValues(t, 8194, f.AssignID(h), "two CPUs are enough")
}

// The generator repeats one id, once, and only where there is a previous one. The rules
// are not touched.
func TestDuplicateID(t *testing.T) {
	f := booted(nstree.DuplicateID)
	h := alloc(t, f, uapi.UTS_NS)
	var drawn []uint64
	var after nstree.Forest
	for range 4 {
		drawn = append(drawn, f.AssignID(h))
		if len(drawn) == 1 {
			after.CopyFrom(f)
		}
	}
	assert.Equal(t, []uint64{10, 10, 11, 12}, drawn)
	assert.True(t, f.Repeated)
	assert.Equal(t, nstree.DuplicateID, f.Rules)

	assert.False(t, after.Repeated, "a copy from before has it still to come")
	assert.EqualValues(t, 10, after.AssignID(h))
	assert.EqualValues(t, 11, after.AssignID(h))
}

// Inode numbers are recycled at once, the lowest first: three times unshare(CLONE_NEWUTS)
// in one task, which drops the previous namespace when it has the next.
func TestInumsAreRecycledLowestFirst(t *testing.T) {
	f := booted(0)
	var got []uint32
	prev := handle(0)
	for range 3 {
		h := create(t, f, uapi.UTS_NS, 1)
		if prev != 0 {
			f.Destroy(prev)
		}
		got = append(got, f.Node(h).Inum-uapi.PROC_DYNAMIC_FIRST)
		prev = h
	}
	assert.Equal(t, []uint32{0, 1, 0}, got)

	var hs []handle
	for range 200 {
		hs = append(hs, alloc(t, f, uapi.NET_NS))
	}
	for _, i := range []int{150, 3, 70} {
		f.FreeInum(hs[i])
	}
	for _, i := range []int{3, 70, 150} {
		assert.Equal(t, f.Node(hs[i]).Inum, f.Node(alloc(t, f, uapi.NET_NS)).Inum)
	}
	assert.EqualValues(t, uapi.PROC_DYNAMIC_FIRST+201, f.Node(alloc(t, f, uapi.NET_NS)).Inum)
}

// A number given by hand is not the allocator's.
func TestFixedInumsAreNotAllocated(t *testing.T) {
	f := booted(0)
	for _, inum := range []uint32{uapi.UTS_NS_INIT_INO, uapi.PROC_DYNAMIC_FIRST + 1000, 1<<32 - 1} {
		assert.NotPanics(t, func() { f.FreeInum(f.AllocFixed(uapi.UTS_NS, 1, inum)) })
	}
	assert.EqualValues(t, uapi.PROC_DYNAMIC_FIRST, f.Node(alloc(t, f, uapi.UTS_NS)).Inum)
}

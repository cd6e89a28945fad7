// SPDX-License-Identifier: GPL-2.0-only

package syscall

import (
	"testing"

	"github.com/nssim/nssim/sim"
	"github.com/nssim/nssim/syscall/uapi"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

const page = uapi.PAGE_SIZE

// The places that 6.19.8 and 7.3.4 choose: downwards, and the highest hole first.
func TestMmapPlaces(t *testing.T) {
	m := bootInit(t)
	mmap := func(n uint64) uint64 {
		a, err := m.Mmap(0, n)
		require.NoError(t, err)
		return a
	}
	a := mmap(3 * page)
	b := mmap(page)
	assert.Equal(t, a-page, b)
	require.NoError(t, m.Munmap(a+page, page))
	assert.Equal(t, a+page, mmap(1), "the hole is used again")
	require.NoError(t, m.Munmap(a+page, page))
	assert.Equal(t, b-2*page, mmap(2*page), "too small a hole is passed over")
	assert.Equal(t, a+page, mmap(page))

	c, err := m.Mmap(0x10001, page)
	require.NoError(t, err)
	assert.EqualValues(t, 0x10000, c, "an address asked for")
	for _, hint := range []uint64{a, 0x10, 0x1010, TaskSize - page} {
		d, err := m.Mmap(hint, 2*page)
		require.NoError(t, err)
		assert.Greater(t, d, uint64(1)<<46, "%#x is taken, none, taken, too high", hint)
		assert.NotEqual(t, hint, d)
	}
}

func TestMmapErrors(t *testing.T) {
	m := bootInit(t)
	for _, c := range []struct {
		n   uint64
		err uapi.Errno
	}{
		{0, uapi.EINVAL}, {^uint64(0), uapi.ENOMEM}, {1 << 47, uapi.ENOMEM}, {^uint64(page - 1), uapi.ENOMEM},
	} {
		_, err := m.Mmap(0, c.n)
		assert.Equal(t, c.err, err, "mmap of %#x bytes", c.n)
	}
	for _, c := range []struct {
		addr, n uint64
		err     error
	}{
		{1, page, uapi.EINVAL},
		{TaskSize, page, uapi.EINVAL},
		{TaskSize, 0, uapi.EINVAL},
		{0x10000, 0, uapi.EINVAL},
		{0x10000, 1, nil},
		{0x10000, TaskSize, uapi.EINVAL},
		{TaskSize - page, page, nil},
		{0x10000, ^uint64(0), uapi.EINVAL},
		{0, page, nil},
	} {
		err := m.Munmap(c.addr, c.n)
		if c.err == nil {
			assert.NoError(t, err, "munmap(%#x, %#x)", c.addr, c.n)
			continue
		}
		assert.Equal(t, c.err, err, "munmap(%#x, %#x)", c.addr, c.n)
	}
}

func TestUserRange(t *testing.T) {
	assert.True(t, userRange(0, 0))
	assert.True(t, userRange(TaskSize-8, 8))
	assert.True(t, userRange(TaskSize, 0))
	assert.False(t, userRange(TaskSize-7, 8))
	assert.False(t, userRange(TaskSize+1, 0))
	assert.False(t, userRange(1, ^uint64(0)))
}

// A child has its own copy of the mappings; the last task frees them.
func TestMappingsOfChild(t *testing.T) {
	m := bootInit(t)
	a, err := m.Mmap(0, 2*page)
	require.NoError(t, err)
	p := forkOf(t, m)
	k := threadOf(t, p)
	require.NoError(t, m.Munmap(a+page, page))
	writable := func(k T, addr, n uint64) bool { return X{k.M, k.ID}.userWritable(addr, n) }
	assert.True(t, writable(m, a, page))
	assert.False(t, writable(m, a, page+1))
	assert.True(t, writable(p, a, 2*page))
	require.NoError(t, p.Munmap(a, page))
	assert.False(t, writable(k, a+page-1, 2), "a thread shares them")
	assert.True(t, writable(k, a+page, page))
	assert.Equal(t, 2, m.M.VMAs.Count())
	reap(t, m, p)
	assert.Equal(t, 1, m.M.VMAs.Count())
}

// Whatever is mapped and unmapped, the list agrees with a bit for each page, is in
// order, and has no two mappings that touch.
func TestMappingsRandom(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		const pages, base = 24, uint64(0x100000)
		m := sim.MustNew(sim.Config{})
		k := Task(m, m.Init())
		x := X{m, k.ID}
		var mapped [pages]bool
		for range rapid.IntRange(1, 30).Draw(t, "calls") {
			at := rapid.IntRange(0, pages-1).Draw(t, "page")
			n := rapid.IntRange(1, pages-at).Draw(t, "pages")
			addr, size := base+uint64(at)*page, uint64(n)*page
			if rapid.Bool().Draw(t, "unmap") {
				require.NoError(t, k.Munmap(addr, size-1))
				clear(mapped[at : at+n])
			} else {
				got, err := k.Mmap(addr, size)
				require.NoError(t, err)
				free := true
				for _, b := range mapped[at : at+n] {
					free = free && !b
				}
				require.Equal(t, free, got == addr)
				if !free {
					require.NoError(t, k.Munmap(got, size))
					continue
				}
				for i := at; i < at+n; i++ {
					mapped[i] = true
				}
			}
			for i, b := range mapped {
				require.Equal(t, b, x.userWritable(base+uint64(i)*page, page), "page %d", i)
			}
			end := uint64(0)
			for i := m.MM(m.Task(k.ID).MM).VMAs; i != 0; i = m.VMAs.At(i).Next {
				require.Less(t, end, m.VMAs.At(i).Start)
				end = m.VMAs.At(i).End
			}
		}
		require.NoError(t, k.Munmap(0, TaskSize))
		require.Zero(t, m.VMAs.Count())
	})
}

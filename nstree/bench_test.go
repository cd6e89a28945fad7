// SPDX-License-Identifier: GPL-2.0-only

package nstree_test

import (
	"runtime"
	"strconv"
	"testing"

	"github.com/nssim/nssim/nstree"
	"github.com/nssim/nssim/syscall/uapi"
	"github.com/stretchr/testify/require"
)

// population is n namespaces of all types, a thousand or so to an owner.
func population(tb testing.TB, n int) *nstree.Forest {
	f := booted(0)
	owner, types := handle(1), uapi.NSTypes()
	for i := f.Len(); i < n; i++ {
		if i%1024 == 0 {
			owner = create(tb, f, uapi.USER_NS, 1)
			continue
		}
		create(tb, f, types[i%8], owner)
	}
	return f
}

// bytesPer is what a population costs on the heap, index included, per namespace.
func bytesPer(tb testing.TB, n int) (*nstree.Forest, float64) {
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	f := population(tb, n)
	require.NotZero(tb, f.Lookup(10, 0))
	runtime.GC()
	runtime.ReadMemStats(&after)
	return f, float64(after.HeapAlloc-before.HeapAlloc) / float64(n)
}

const maxBytes = 400

func TestBytesPerNamespace(t *testing.T) {
	f, bytes := bytesPer(t, 100_000)
	require.Less(t, bytes, float64(maxBytes))
	require.Equal(t, 100_000, f.Len())
}

func BenchmarkResident(b *testing.B) {
	var bytes float64
	for b.Loop() {
		var f *nstree.Forest
		f, bytes = bytesPer(b, 1_000_000)
		runtime.KeepAlive(f)
	}
	b.ReportMetric(bytes, "B/ns")
	b.ReportMetric(maxBytes, "B/ns-at-most")
	require.Less(b, bytes, float64(maxBytes))
}

func BenchmarkLookup(b *testing.B) {
	for _, n := range []int{20, 1_000_000} {
		f := population(b, n)
		top := f.LastID
		f.Lookup(10, 0) // builds the index
		b.Run(strconv.Itoa(n), func(b *testing.B) {
			b.ReportAllocs()
			id := uint64(0)
			for b.Loop() {
				id = (id + 7919) % top
				f.LookupAt(id, 0)
			}
		})
	}
}

func BenchmarkCreateDestroy(b *testing.B) {
	for _, n := range []int{20, 1_000_000} {
		f := population(b, n)
		f.Lookup(10, 0)
		b.Run(strconv.Itoa(n), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				h, _ := f.Create(uapi.NET_NS, 1)
				f.Destroy(h)
				f.Reclaim(h)
			}
		})
	}
}

func BenchmarkWalk(b *testing.B) {
	const n = 1_000_000
	f := population(b, n)
	sum := uint64(0)
	b.ReportAllocs()
	for b.Loop() {
		for h := range f.All(0) {
			sum += f.Node(h).ID
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/n, "ns/node")
	require.NotZero(b, sum)
}

func BenchmarkCopyFrom(b *testing.B) {
	src := population(b, 20)
	var dst nstree.Forest
	dst.CopyFrom(src)
	b.ReportAllocs()
	for b.Loop() {
		dst.CopyFrom(src)
	}
}

func TestNothingAllocates(t *testing.T) {
	src := population(t, 20)
	var dst nstree.Forest
	dst.CopyFrom(src)
	require.Zero(t, testing.AllocsPerRun(100, func() { dst.CopyFrom(src) }), "CopyFrom of 20 namespaces")

	big := population(t, 1000)
	big.Lookup(10, 0)
	for _, f := range []*nstree.Forest{src, big} {
		require.Zero(t, testing.AllocsPerRun(100, func() {
			f.Lookup(15, 0)
			f.LookupAt(11, uapi.NET_NS)
			f.LookupOwnedAt(11, 1)
			for h := range f.All(0) {
				f.Get(h)
				f.Put(h)
			}
		}), "looking up and walking %d", f.Len())
	}
}

// SPDX-License-Identifier: GPL-2.0-only

package refcount_test

import (
	"testing"

	"github.com/nssim/nssim/refcount"
	"github.com/stretchr/testify/require"
)

// chain is a network namespace owned by depth nested user namespaces.
func chain(depth int) (*refcount.Table, refcount.Handle) {
	t := &refcount.Table{}
	h := t.AllocInitial(0)
	for range depth + 1 {
		h = t.Alloc(h)
		t.SetIdentity(h, false)
	}
	return t, h
}

func BenchmarkGetPut(b *testing.B) {
	t, h := chain(0)
	b.ReportAllocs()
	for b.Loop() {
		t.Get(h)
		t.Put(h)
	}
}

func BenchmarkGetPutInitial(b *testing.B) {
	t, _ := chain(0)
	b.ReportAllocs()
	for b.Loop() {
		t.Get(1)
		t.Put(1)
	}
}

func BenchmarkActiveGetPut(b *testing.B) {
	for _, depth := range []int{0, 1, 32} {
		t, h := chain(depth)
		b.Run(map[int]string{0: "alone", 1: "owner", 32: "chain=32"}[depth], func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				t.ActiveGet(h)
				t.ActivePut(h)
			}
		})
	}
}

func BenchmarkCopyFrom(b *testing.B) {
	src, _ := chain(20)
	var dst refcount.Table
	dst.CopyFrom(src)
	b.ReportAllocs()
	for b.Loop() {
		dst.CopyFrom(src)
	}
}

func TestNothingAllocates(t *testing.T) {
	tab, h := chain(20)
	var dst refcount.Table
	dst.CopyFrom(tab)
	require.Zero(t, testing.AllocsPerRun(100, func() {
		tab.Get(h)
		tab.Put(h)
		tab.ActiveGet(h)
		tab.ActivePut(h)
		dst.CopyFrom(tab)
	}))
}

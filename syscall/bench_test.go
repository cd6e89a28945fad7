// SPDX-License-Identifier: GPL-2.0-only

package syscall_test

import (
	"testing"

	"github.com/nssim/nssim/sim"
	"github.com/nssim/nssim/syscall"
	"github.com/nssim/nssim/syscall/uapi"
	"github.com/stretchr/testify/require"
)

// BenchmarkNetNSCycle is one life of a network namespace: fork, unshare(NEWNET),
// exit, reap, settle.
func BenchmarkNetNSCycle(b *testing.B) {
	m := sim.MustNew(sim.Config{})
	init := syscall.Task(m, m.Init())
	b.ReportAllocs()
	for b.Loop() {
		c, err := init.Fork()
		if err == nil {
			err = c.Unshare(uapi.CLONE_NEWNET)
		}
		if err != nil {
			b.Fatal(err)
		}
		c.ExitGroup(0)
		if _, err := init.WaitTask(c); err != nil {
			b.Fatal(err)
		}
		syscall.Settle(m)
	}
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "cycles/s")
	b.ReportMetric(300_000, "cycles/s-at-least")
}

// twenty is a machine with 20 namespaces and 5 tasks.
func twenty(tb testing.TB) *sim.Machine {
	m := sim.MustNew(sim.Config{Off: []string{"boot-kdevtmpfs"}})
	init := syscall.Task(m, m.Init())
	for range 2 {
		c, err := init.Fork()
		require.NoError(tb, err)
		require.NoError(tb, c.Unshare(uapi.CLONE_NEWUSER|uapi.CLONE_NEWNET|uapi.CLONE_NEWUTS|uapi.CLONE_NEWIPC|
			uapi.CLONE_NEWCGROUP|uapi.CLONE_NEWNS))
	}
	syscall.Settle(m)
	require.Equal(tb, 20, m.Len())
	require.Equal(tb, 5, m.Tasks.Count())
	return m
}

// BenchmarkCopy copies a machine with 20 namespaces and 5 tasks into a used one.
func BenchmarkCopy(b *testing.B) {
	m := twenty(b)
	var to sim.Machine
	b.ReportAllocs()
	for b.Loop() {
		to.CopyFrom(m)
	}
	b.ReportMetric(300, "ns/op-at-most")
}

// BenchmarkFingerprint hashes the canonical form of the same machine.
func BenchmarkFingerprint(b *testing.B) {
	m := twenty(b)
	var c sim.Canon
	b.ReportAllocs()
	for b.Loop() {
		c.Fingerprint(m)
	}
	b.ReportMetric(500, "ns/op-at-most")
}

// BenchmarkListns lists a million namespaces in one call.
func BenchmarkListns(b *testing.B) {
	const n = 1_000_000
	m := sim.MustNew(sim.Config{})
	for range n {
		ns, e := m.Alloc(uapi.UTS_NS, m.InitUserNS())
		require.Zero(b, e)
		m.AssignID(ns)
		m.Insert(ns)
		m.ActiveGet(ns)
	}
	init := syscall.Task(m, m.Init())
	ids := make([]uint64, n)
	b.ReportAllocs()
	total := 0
	for b.Loop() {
		k, err := init.ListnsInto(uapi.NSIDReq{}, ids)
		if err != nil || k != n {
			b.Fatal(k, err)
		}
		total += k
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(total), "ns/id")
	b.ReportMetric(10, "ns/id-at-most")
}

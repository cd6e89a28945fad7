// SPDX-License-Identifier: GPL-2.0-only

package explore

import (
	"maps"
	"slices"
	"testing"

	"github.com/nssim/nssim/sim"
	"github.com/nssim/nssim/syscall/uapi"
	"github.com/stretchr/testify/require"
)

// reductions are the ways to tell less apart, each with what it builds upon.
var reductions = []struct {
	name string
	sym  Symmetry
}{
	{"tasks", Symmetry{Tasks: true}},
	{"descriptors", Symmetry{FDs: true}},
	{"both", Symmetry{Tasks: true, FDs: true}},
	{"counts", Symmetry{Tasks: true, FDs: true, Counts: true}},
	{"order", Symmetry{Tasks: true, FDs: true, Counts: true, Order: true}},
	{"unreachable", every},
}

// tiny are set-ups whose raw graph is small.
func tiny() []Setup {
	spin, _ := SetupByName("spin")
	spin.Bounds.Tasks, spin.Bounds.FDs = 3, 1
	spin.Bounds.PerType = map[uapi.NSType]int{uapi.USER_NS: 1, uapi.NET_NS: 1}
	two, _ := SetupByName("spin")
	two.Bounds.Tasks, two.Bounds.PerType = 2, map[uapi.NSType]int{uapi.USER_NS: 1, uapi.NET_NS: 1}
	life, _ := SetupByName("lifecycle")
	nest, _ := SetupByName("userns-nesting")
	life.Bounds.Reachable, nest.Bounds.Reachable = true, true
	life.Bounds.PerType = userNet(1, 1)
	return []Setup{life, nest, spin, two}
}

// classes searches without reduction and puts the states it finds into the classes that
// a reduction makes: how many states each has.
func classes(t *testing.T, s Setup, sym Symmetry) (sizes map[sim.Fingerprint]int, raw int) {
	s.Symmetry = Symmetry{}
	p, err := s.plan()
	require.NoError(t, err)
	b := &bfs{workers: []*worker{newWorker(p.system())}}
	b.search()
	require.True(t, b.rep.Complete)
	f := former{sym: sym}
	sizes = map[sim.Fingerprint]int{}
	for i := range b.tree.n {
		sizes[f.fingerprint(&b.workers[0].load(&b.tree, i).m)]++
	}
	return sizes, int(b.tree.n)
}

// A reduced search visits every class of the raw graph and no other, once; and the classes'
// sizes add up to the raw number of states.
func TestReductionsLoseNothing(t *testing.T) {
	for _, s := range tiny() {
		for _, r := range reductions {
			sizes, raw := classes(t, s, r.sym)
			s.Symmetry = r.sym
			p, err := s.plan()
			require.NoError(t, err)
			b := &bfs{workers: []*worker{newWorker(p.system())}}
			b.search()
			sum := 0
			for i := range b.tree.n {
				st := b.workers[0].load(&b.tree, i)
				k := b.workers[0].sys.fingerprint(st)
				require.Contains(t, sizes, k, "%s %s", s.Name, r.name)
				sum += sizes[k]
				delete(sizes, k)
			}
			// The full form may tell apart two states that differ only in which of two like
			// files is shared with whom; the quotient does not.
			if r.sym.Counts {
				require.Empty(t, sizes, "%s %s", s.Name, r.name)
				require.Equal(t, raw, sum)
			}
			require.LessOrEqual(t, int(b.tree.n), raw)
		}
	}
}

// Without any reduction, the form tells apart what sim.Canon tells apart, and no more.
func TestFormIsCanon(t *testing.T) {
	for _, s := range tiny() {
		s.Symmetry = Symmetry{}
		p, err := s.plan()
		require.NoError(t, err)
		b := &bfs{workers: []*worker{newWorker(p.system())}}
		b.search()
		var canon sim.Canon
		of := map[sim.Fingerprint]sim.Fingerprint{}
		for i := range b.tree.n {
			st := b.workers[0].load(&b.tree, i)
			of[canon.Fingerprint(&st.m)] = b.workers[0].sys.fingerprint(st)
		}
		require.Len(t, of, int(b.tree.n), s.Name)
	}
}

// Each reduction leaves the verdict on every switch what it is without.
func TestReductionsVerdicts(t *testing.T) {
	spin := tiny()[2]
	spin.Bounds.Depth = 5
	found := map[string]bool{}
	for _, sw := range sim.Switches() {
		if sw.Layer != sim.LayerRefcount && !slices.Contains([]string{"fork-failure-leaks-active", "failed-setns-drops-active",
			"nsfs-dentry-cached", "siocgskns-refuses-inactive", "list-pinned"}, sw.Name) || sw.Name == "no-active-count" {
			continue
		}
		spin.Config.Bugs = []string{sw.Name}
		lines := map[int]bool{}
		for _, r := range append(reductions, struct {
			name string
			sym  Symmetry
		}{"none", Symmetry{}}) {
			spin.Symmetry = r.sym
			rep, err := Search(spin, Options{Workers: 2})
			require.NoError(t, err)
			n := 0
			if len(rep.Traces) > 0 {
				n, found[sw.Name] = rep.Traces[0].Lines, true
			}
			lines[n] = true
		}
		require.Len(t, lines, 1, "%s: the shortest finding has %v lines", sw.Name, slices.Sorted(maps.Keys(lines)))
	}
	require.GreaterOrEqual(t, len(found), 2, found)
}

// Calls that are taken for certain to fail and to change nothing do so.
func TestDullCallsChangeNothing(t *testing.T) {
	for _, s := range tiny() {
		without, err := Search(s, Options{})
		require.NoError(t, err)
		s.Dull = true
		with, err := Search(s, Options{})
		require.NoError(t, err)
		require.Equal(t, without.States, with.States, s.Name)
		require.GreaterOrEqual(t, with.Transitions, without.Transitions)
	}
}

// SPDX-License-Identifier: GPL-2.0-only

package explore

import (
	"testing"

	"github.com/nssim/nssim/sim"
	"github.com/stretchr/testify/require"
)

// small is a set-up that is searched in an instant.
func small() Setup {
	s, _ := SetupByName("lifecycle")
	s.Bounds.Tasks, s.Bounds.Namespaces, s.Bounds.PerType = 2, 2, nil
	return s
}

// A search of a kernel without bugs finds nothing; what it finds does not depend on how
// many workers there are.
func TestClean(t *testing.T) {
	one, err := Search(small(), Options{})
	require.NoError(t, err)
	require.True(t, one.Complete)
	require.Empty(t, one.Findings)
	require.Equal(t, int64(72), one.States)
	three, err := Search(small(), Options{Workers: 3})
	require.NoError(t, err)
	require.Equal(t, one, three)
}

// Bugs are found, by the shortest program.
func TestBug(t *testing.T) {
	for bug, lines := range map[string]int{"no-cascade-on-put": 4, "cascade-on-every-put": 4} {
		s := small()
		s.Bounds.Tasks, s.Bounds.Namespaces = 3, 3
		s.Config = sim.Config{Bugs: []string{bug}}
		rep, err := Search(s, Options{Workers: 2})
		require.NoError(t, err)
		require.Len(t, rep.Traces, 1, bug)
		require.Equal(t, lines, rep.Traces[0].Lines, rep.Traces[0].Program)
		require.NotEmpty(t, rep.Traces[0].Broken)
	}
}

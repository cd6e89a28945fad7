// SPDX-License-Identifier: GPL-2.0-only

package bugs

import (
	"os"
	"regexp"
	"strconv"
	"testing"

	"github.com/nssim/nssim/sim/check"
	"github.com/nssim/nssim/sim/program"
	"github.com/stretchr/testify/require"
)

// stated is what docs/bugs.md says that random programs take: the median number of calls,
// 0 where it says that they take more than were tried.
func stated(t *testing.T) map[string]int {
	text, err := os.ReadFile("../../docs/bugs.md")
	require.NoError(t, err)
	calls := make(map[string]int)
	for _, m := range regexp.MustCompile(`(?m)^\| \[([a-z0-9-]+)\]\(.*\| (> )?([0-9]+) \|$`).FindAllStringSubmatch(string(text), -1) {
		n, err := strconv.Atoi(m[3])
		require.NoError(t, err)
		if m[2] != "" {
			n = 0
		}
		calls[m[1]] = n
	}
	require.Len(t, calls, len(All()), "make bugs-table")
	return calls
}

// Random programs catch each bug within twenty times the calls that docs/bugs.md states.
// Those that take long are left to NSSIM_HUNT=1.
func TestHunt(t *testing.T) {
	most := 600
	switch {
	case os.Getenv("NSSIM_HUNT") != "":
		most = MaxCalls
	case testing.Short():
		most = 200
	}
	hunted := 0
	for name, median := range stated(t) {
		if median == 0 || median > most {
			continue
		}
		hunted++
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b, ok := ByName(name)
			require.True(t, ok)
			h, err := b.Hunt(1, 20*median+200)
			require.NoError(t, err)
			require.True(t, h.Found, "not in %d calls", h.Calls)

			// It is the bug that is seen: the program passes without it.
			p, err := b.Program()
			require.NoError(t, err)
			_, without, err := b.Configs(p)
			require.NoError(t, err)
			rep, err := program.Run(h.Program, without)
			require.NoError(t, err)
			require.Equal(t, program.Pass, rep.Outcome, rep)
		})
	}
	require.GreaterOrEqual(t, hunted, 5)
}

// Nothing is found where there is nothing: a kernel is hunted for what it is.
func TestHuntNothing(t *testing.T) {
	b, ok := ByName("put-inside-rcu")
	require.True(t, ok)
	p, err := b.Program()
	require.NoError(t, err)
	h := &hunter{bug: b}
	_, h.without, err = b.Configs(p)
	require.NoError(t, err)
	h.with = h.without
	for n := range uint64(40) {
		p, err := h.program(n)
		require.NoError(t, err)
		by, err := h.catches(p)
		require.NoError(t, err)
		require.Empty(t, by, "program %d", n)
	}
	require.NotZero(t, h.calls)
}

// Programs with interleaved calls keep every property but those that kernels are known to
// break.
func TestInterleavedProgramsAreClean(t *testing.T) {
	b, ok := ByName("put-inside-rcu")
	require.True(t, ok)
	h := &hunter{bug: b}
	stopped := 0
	h.without.Kernel = "v7.3.4" // nothing that is open there breaks a property
	for n := range uint64(60) {
		p, err := h.program(n)
		require.NoError(t, err)
		r, err := program.NewRunner(p, h.without)
		require.NoError(t, err)
		for r.Next() {
			when := check.Quiescent
			if r.Machine().InFlight() {
				when = check.Always
			}
			require.Empty(t, h.checker.Check(r.Machine(), when), "program %d, line %d", n, r.Line())
		}
		require.Equal(t, program.Pass, r.Report().Outcome, "program %d: %s", n, r.Report())
		for i := range p.Lines {
			if p.Lines[i].Call.Until != "" {
				stopped++
			}
		}
	}
	require.Greater(t, stopped, 50)
}

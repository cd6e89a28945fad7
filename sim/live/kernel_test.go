// SPDX-License-Identifier: GPL-2.0-only

package live

import (
	"context"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/nssim/nssim/sim"
	"github.com/nssim/nssim/sim/program"
	"github.com/nssim/nssim/testdata"
)

// onKernel boots the kernel that NSSIM_KERNEL names: an image, or a version that has been
// fetched.
func onKernel(t *testing.T) *Guest {
	t.Helper()
	kernel := os.Getenv("NSSIM_KERNEL")
	if kernel == "" {
		t.Skip("SKIP: NSSIM_KERNEL names no kernel (an image, or a version fetched before)")
	}
	g, err := Open(context.Background(), WithKernel(kernel))
	require.NoError(t, err)
	t.Cleanup(func() { g.Close() })
	return g
}

// ownPrograms are programs that make every call.
func ownPrograms(t *testing.T) (ps []*program.Program) {
	t.Helper()
	files, err := filepath.Glob("../../testdata/calls/*.ns")
	require.NoError(t, err)
	for _, f := range files {
		text, err := os.ReadFile(f)
		require.NoError(t, err)
		p, err := program.Parse(f, text)
		require.NoError(t, err)
		ps = append(ps, p)
	}
	require.NotEmpty(t, ps)
	return ps
}

// TestOwnProgramsOnTheModel: they hold there, and between them make every call.
func TestOwnProgramsOnTheModel(t *testing.T) {
	made := make(map[string]bool)
	for _, p := range ownPrograms(t) {
		for i := range p.Lines {
			made[p.Lines[i].Call.Name] = true
		}
		r, err := program.Run(p, sim.Config{Kernel: "v7.3.4"})
		require.NoError(t, err)
		assert.Equal(t, program.Pass, r.Outcome, "%s", r)
	}
	for _, c := range program.Calls {
		assert.True(t, made[c.Name] || c.ModelOnly, "no program makes the call %s", c.Name)
	}
}

func TestOwnProgramsOnAKernel(t *testing.T) {
	g := onKernel(t)
	for _, p := range ownPrograms(t) {
		compareOn(t, g, p, sim.Config{})
	}
}

// compareOn fails unless a program does the same on both sides, and what it says.
func compareOn(t *testing.T, g *Guest, p *program.Program, cfg sim.Config) {
	t.Helper()
	c, err := Compare(context.Background(), p, cfg, g)
	require.NoError(t, err)
	assert.True(t, c.Agree(), "%s", c)
	r, err := g.Run(context.Background(), p)
	require.NoError(t, err)
	if c.Model.Outcome != program.Fail {
		assert.Equal(t, c.Model.Outcome, r.Outcome, "%s", r)
	}
}

// TestSelftestsOnAKernel runs the kernel's selftests on both sides.
func TestSelftestsOnAKernel(t *testing.T) {
	g := onKernel(t)
	tests, err := program.Selftests(testdata.FS)
	require.NoError(t, err)
	for _, st := range tests {
		t.Run(st.Path(), func(t *testing.T) {
			c, err := Compare(context.Background(), st.Program, sim.Config{}, g)
			require.NoError(t, err)
			assert.True(t, c.Agree(), "%s", c)
		})
	}
}

// TestBugIsSeen: a model with a bug differs from the kernel, which has none, by the counts
// alone.
func TestBugIsSeen(t *testing.T) {
	g := onKernel(t)
	if !g.HasCounts() {
		t.Skipf("SKIP: %s has no active counts", g.Release())
	}
	p := parse(t, "init: fork() = t\nt: unshare(CLONE_NEWUSER|CLONE_NEWNET) = 0\nt: exit_group(0)\n")
	c, err := Compare(context.Background(), p, sim.Config{Bugs: []string{"no-cascade-on-put"}}, g)
	require.NoError(t, err)
	require.NotNil(t, c.Divergence)
	assert.Equal(t, 2, c.Divergence.Line)
	assert.Regexp(t, `^active\(user [0-9]+\): model [0-9], guest [0-9]$`, c.Divergence.Diffs[0])
}

func TestCompareAll(t *testing.T) {
	kernel := os.Getenv("NSSIM_KERNEL")
	if kernel == "" {
		t.Skip("SKIP: NSSIM_KERNEL names no kernel (an image, or a version fetched before)")
	}
	ps := ownPrograms(t)
	var seen []int
	err := CompareAll(context.Background(), len(ps), func(i int) *program.Program { return ps[i] }, sim.Config{}, 1, func(i int, c *Comparison, err error) {
		assert.NoError(t, err)
		seen = append(seen, i)
	}, WithKernel(kernel))
	require.NoError(t, err)
	assert.Len(t, seen, len(ps))
	assert.IsIncreasing(t, seen)
}

func TestCompareAllWithoutAGuest(t *testing.T) {
	err := CompareAll(context.Background(), 2, func(int) *program.Program { return parse(t, small) }, sim.Config{}, 2,
		func(int, *Comparison, error) { t.Error("nothing was compared") }, WithKernel("/nowhere"))
	assert.ErrorIs(t, err, ErrNoKernel)
}

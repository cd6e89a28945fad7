// SPDX-License-Identifier: GPL-2.0-only

package gen

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/nssim/nssim/sim"
	"github.com/nssim/nssim/sim/program"
)

// Search makes the programs that Generate makes, and finds what Verify finds.
func TestSearch(t *testing.T) {
	w := &Watch{Probe: 7, But: expectedBroken(sim.MustNew(sim.Config{}).Cfg)}
	for seed := range uint64(60) {
		o := Options{Open: seed%2 == 0}
		p, calls, b := w.Search(seed, o)
		require.Nil(t, b)
		assert.Equal(t, string(program.Format(Generate(seed, o))), string(program.Format(p)), "seed %d", seed)
		assert.Positive(t, calls)
	}
	o := Options{Config: sim.Config{Bugs: []string{"resurrect-one-level"}}}
	found := 0
	for seed := range uint64(200) {
		p, _, b := w.Search(seed, o)
		if b == nil {
			continue
		}
		found++
		again, _, err := w.Verify(p, sim.Config{})
		require.NoError(t, err)
		require.NotNil(t, again, "%s\n%s", b, program.Format(p))
		assert.Equal(t, b.String(), again.String())
		assert.Equal(t, len(p.Lines)-1, b.Line)
	}
	assert.Positive(t, found)
}

// What is found does not depend on how many programs are run at a time.
func TestFuzzWorkers(t *testing.T) {
	run := func(workers int) *FuzzResult {
		f := Fuzz{Options: Options{Config: sim.Config{Bugs: []string{"resurrect-one-level"}}}, Seed: 5, Workers: workers, Shrink: 300}
		res, err := f.Run(100_000)
		require.NoError(t, err)
		require.NotNil(t, res.Failure)
		return res
	}
	one := run(1)
	many := run(5)
	assert.Equal(t, one.Next, many.Next)
	assert.Equal(t, one.Calls, many.Calls)
	assert.Equal(t, string(program.Format(one.Failure.Program)), string(program.Format(many.Failure.Program)))
}

// A failure is kept, found again on the same configuration only, and told with its place
// if it cannot be read.
func TestFuzzKeeps(t *testing.T) {
	dir := t.TempDir()
	f := Fuzz{Options: Options{Config: sim.Config{Bugs: []string{"no-cascade-on-put"}}}, Dir: dir, Workers: 1}
	first, err := f.Run(1000)
	require.NoError(t, err)
	require.NotNil(t, first.Failure)
	assert.Equal(t, filepath.Join(dir, "v6.19-active+no-cascade-on-put-holders-"+first.Failure.Program.Name+".ns"), first.Failure.Kept)

	again, err := f.Run(1000)
	require.NoError(t, err)
	require.NotNil(t, again.Failure)
	assert.Zero(t, again.Programs)
	assert.Equal(t, first.Failure.Kept, again.Failure.Kept)

	other := Fuzz{Dir: dir, Workers: 1}
	res, err := other.Run(300)
	require.NoError(t, err)
	assert.Nil(t, res.Failure)
	assert.GreaterOrEqual(t, res.Calls, 300)
	assert.Less(t, res.Calls, 900)

	require.NoError(t, os.WriteFile(filepath.Join(dir, "a.ns"), []byte("init: frobnicate()\n"), 0o666))
	_, err = other.Run(300)
	assert.ErrorContains(t, err, "a.ns:1:7: found call frobnicate")

	_, err = (&Fuzz{Options: Options{Config: sim.Config{Kernel: "v5.4"}}}).Run(1)
	assert.ErrorContains(t, err, "unknown kernel")
}

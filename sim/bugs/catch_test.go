// SPDX-License-Identifier: GPL-2.0-only

package bugs

import (
	"io/fs"
	"path"
	"slices"
	"strings"
	"testing"

	"github.com/nssim/nssim/sim"
	"github.com/nssim/nssim/sim/check"
	"github.com/nssim/nssim/sim/program"
	"github.com/nssim/nssim/testdata"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// Every bug is caught by its program, and the program is clean without it.
func TestCatch(t *testing.T) {
	for _, b := range All() {
		t.Run(b.Name, func(t *testing.T) {
			c, err := b.Catch()
			require.NoError(t, err)
			assert.NotEmpty(t, c.By(), "nothing catches it")
			clean(t, &b, c.Without)
			if c.By() == "result" {
				assert.Equal(t, program.Fail, c.With.Outcome, "the program does not say what is wrong")
			}
			assert.NotEqual(t, program.BadProgram, c.With.Outcome, c.With.Failed)
		})
	}
}

// clean: without the bug every line holds and nothing is broken that the kernel does not
// break anyway, as a run of nothing at all shows.
func clean(t *testing.T, b *Bug, r *Run) {
	if b.Gone {
		assert.Contains(t, r.Failed, "expected to stop before")
	} else {
		assert.Equal(t, program.Pass, r.Outcome, r.Failed)
	}
	p, err := b.Program()
	require.NoError(t, err)
	if slices.ContainsFunc(p.Config, func(c program.ConfigItem) bool { return c.Key == "bug" }) {
		return // another bug is on in both runs
	}
	for _, f := range r.Findings() {
		prop, ok := check.ByName(f.Property)
		assert.True(t, ok && prop.When == check.Probing, "without the bug: %s", f)
	}
}

// Every program belongs to a bug, every bug is a switch with a story, and every fault of
// the model is a bug of the catalogue.
func TestCatalogue(t *testing.T) {
	files, err := fs.Glob(testdata.FS, "bugs/*.ns")
	require.NoError(t, err)
	for _, f := range files {
		_, ok := ByName(strings.TrimSuffix(path.Base(f), ".ns"))
		assert.True(t, ok, f)
	}
	require.Len(t, files, len(All()))
	for _, b := range All() {
		_, ok := sim.SwitchByName(b.Name)
		assert.True(t, ok, "%s is no switch", b.Name)
		assert.NotEmpty(t, b.Title, b.Name)
		assert.NotEmpty(t, b.Story, b.Name)
		assert.Contains(t, Areas(), b.Area, b.Name)
		if b.Area != Mutation {
			assert.NotEmpty(t, b.Found, b.Name)
			assert.NotEmpty(t, b.Fixed, b.Name)
		}
		p, err := b.Program()
		require.NoError(t, err)
		assert.NotEmpty(t, p.Doc, b.Name)
	}
	for _, s := range sim.Switches() {
		if _, ok := ByName(s.Name); s.Layer == sim.LayerFault {
			assert.True(t, ok, "the fault %s is not in the catalogue", s.Name)
		}
	}
	for _, m := range Missing() {
		_, ok := sim.SwitchByName(m.Name)
		assert.False(t, ok, "%s is a switch", m.Name)
		assert.NotEmpty(t, m.Why, m.Name)
	}
}

// A kernel that is said to be fixed does not have the switch, and one that has it is not.
func TestOpenBugsAreInTheNewestKernel(t *testing.T) {
	newest := sim.Profiles()[len(sim.Profiles())-1]
	for _, b := range All() {
		open := strings.HasPrefix(b.Fixed, "open") || strings.HasPrefix(b.Fixed, "by design")
		if b.Name == "duplicate-id" { // not reachable
			open = false
		}
		assert.Equal(t, open, slices.Contains(newest.Switches, b.Name), b.Name)
	}
}

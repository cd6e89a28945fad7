// SPDX-License-Identifier: GPL-2.0-only

package gen

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/nssim/nssim/sim"
	"github.com/nssim/nssim/sim/program"
)

// failures is where programs are kept that once broke a property.
const failures = "testdata/failures"

// watch is what has to hold under a kernel and a semantics.
func watch(t require.TestingT, cfg sim.Config) *Watch {
	c, err := cfg.Compose()
	require.NoError(t, err)
	return ExpectingVerdicts(c, 30)
}

// TestProperties makes random programs for every kernel and semantics and looks at every
// property after every line. A program that breaks one is shrunk and kept; those that are kept are run
// first.
func TestProperties(t *testing.T) {
	for _, file := range kept(t) {
		src, err := os.ReadFile(file)
		require.NoError(t, err)
		p, err := program.Parse(file, src)
		require.NoError(t, err)
		cfg, err := p.MergeConfig(sim.Config{})
		require.NoError(t, err)
		broken, rep, err := watch(t, cfg).Verify(p, sim.Config{})
		require.NoError(t, err)
		require.Nil(t, broken, "%s: %s", file, broken)
		require.Equal(t, program.Pass, rep.Outcome, rep)
	}
	profiles := sim.Profiles()
	var first error // rapid looks for others once it has one
	rapid.Check(t, func(rt *rapid.T) {
		kernel := rapid.SampledFrom(profiles).Draw(rt, "kernel").Name
		semantics := rapid.SampledFrom(sim.AllSemantics()).Draw(rt, "semantics").Name
		seed := rapid.Uint64().Draw(rt, "seed")
		o := Options{Config: sim.Config{Kernel: kernel, Semantics: semantics}, Lines: rapid.IntRange(1, 100).Draw(rt, "lines"), Tasks: rapid.IntRange(1, 12).Draw(rt, "tasks"),
			Open: rapid.Bool().Draw(rt, "open"), Kernel: rapid.Bool().Draw(rt, "real")}
		for i := range uint64(12) {
			p := Generate(seed+i, o)
			b, rep, err := watch(rt, o.Config).Verify(p, sim.Config{})
			if err == nil && b == nil && rep.Outcome == program.Pass {
				continue
			}
			if first == nil {
				first = report(watch(rt, o.Config), p, failures)
			}
			rt.Fatalf("%s %s %v\n%s\nfirst: %v", rep, b, err, program.Format(p), first)
		}
	})
}

func kept(t *testing.T) []string {
	files, err := filepath.Glob(failures + "/*.ns")
	require.NoError(t, err)
	return files
}

// report says what is wrong with a program. One that breaks a property is shrunk and kept
// in a directory.
func report(w *Watch, p *program.Program, dir string) error {
	broken, rep, err := w.Verify(p, sim.Config{})
	if broken == nil {
		return errors.Join(err, fmt.Errorf("%s\n%s", rep, program.Format(p)))
	}
	all := *w
	all.Probe = min(w.Probe, 1)
	small := Shrink(p, func(p *program.Program) bool {
		b, _, err := all.Verify(p, sim.Config{})
		return err == nil && b != nil && b.Property == broken.Property
	}, 3000)
	if b, _, _ := all.Verify(small, sim.Config{}); b != nil {
		broken = b
	}
	small.Doc = []string{broken.String()}
	text := program.Format(small)
	file := filepath.Join(dir, broken.Property+"-"+p.Name+".ns")
	return errors.Join(fmt.Errorf("%s\nkept as %s:\n%s", broken, file, text), os.MkdirAll(dir, 0o755), os.WriteFile(file, text, 0o644))
}

// A failure is shrunk, said, and kept as a program that still fails.
func TestFailuresAreKept(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "failures")
	o := Options{Config: sim.Config{Bugs: []string{"no-cascade-on-put"}}}
	w := &Watch{}
	p := firstWith(t, o, func(p *program.Program) bool {
		b, _, _ := w.Verify(p, sim.Config{})
		return b != nil
	})
	err := report(w, p, dir)
	require.ErrorContains(t, err, "holders: user namespace")
	require.ErrorContains(t, err, "kept as "+dir)
	files, globErr := filepath.Glob(dir + "/holders-seed-*.ns")
	require.NoError(t, globErr)
	require.Len(t, files, 1)
	src, readErr := os.ReadFile(files[0])
	require.NoError(t, readErr)
	assert.True(t, strings.HasPrefix(string(src), "# SPDX-License-Identifier: GPL-2.0-only\n# after line "), "%s", src)
	back, parseErr := program.Parse(files[0], src)
	require.NoError(t, parseErr)
	b, _, verifyErr := w.Verify(back, sim.Config{})
	require.NoError(t, verifyErr)
	require.NotNil(t, b)
	assert.Equal(t, "holders", b.Property)
}

// What Verify finds at which line, and that it says when a program does not hold.
func TestVerify(t *testing.T) {
	p := parse(t, `
		init: clone(CLONE_NEWUSER) = t1
		t1: clone(CLONE_NEWUTS) = t2
		t2: exit(0)
		init: getpid() = t1`)
	var w Watch
	b, rep, err := w.Verify(p, sim.Config{Bugs: []string{"no-cascade-on-put"}})
	require.NoError(t, err)
	require.NotNil(t, b)
	assert.Equal(t, 2, b.Line)
	assert.Equal(t, program.Pass, rep.Outcome)
	w.But = []string{"holders"}
	b, rep, err = w.Verify(p, sim.Config{Bugs: []string{"no-cascade-on-put"}})
	require.NoError(t, err)
	assert.Nil(t, b)
	assert.Equal(t, program.Fail, rep.Outcome)
	_, _, err = w.Verify(p, sim.Config{Kernel: "v1"})
	assert.ErrorContains(t, err, "unknown kernel")

	// Only calls on copies of the machine show this.
	p = parse(t, `
		init: clone(CLONE_NEWUTS) = t1
		init: inotify_init() = fd
		init: inotify_add_watch(fd, "/proc/{t1}/ns/uts", IN_OPEN) = 1
		init: kill(t1, SIGKILL) = 0
		init: wait4(t1) = t1`)
	w.But = []string{"list-end", "quiet", "list-complete"}
	b, _, _ = w.Verify(p, sim.Config{})
	assert.Nil(t, b)
	w.Probe = 1
	b, _, _ = w.Verify(p, sim.Config{})
	require.NotNil(t, b)
	assert.Equal(t, "reach", b.Property)
}

// SPDX-License-Identifier: GPL-2.0-only

package gen

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/nssim/nssim/sim"
	"github.com/nssim/nssim/sim/check"
	"github.com/nssim/nssim/sim/program"
)

// mixtures is options of every sort.
var mixtures = []Options{
	{}, {Kernel: true}, {Open: true}, {Lines: 150, Tasks: 20, Nets: 8}, {Lines: 3}, {Tasks: 1}, {Nets: -1},
	{Weights: map[string]int{"listns": 500, "unshare": 200}},
	{Config: sim.Config{Semantics: "passive"}}, {Config: sim.Config{Semantics: "dying", Kernel: "v7.3.4"}},
	{Config: sim.Config{Bugs: []string{"no-cascade-on-put"}}},
}

// seeds is how many programs a test makes: fewer when it is to be short.
func seeds(n uint64) uint64 {
	if testing.Short() {
		return n / 4
	}
	return n
}

// A generated program reads back from its text as the same program and passes on the
// configuration that it was made under, which it names.
func TestGeneratedProgramsPass(t *testing.T) {
	for _, p := range sim.Profiles() {
		for i, o := range mixtures {
			if o.Config.Kernel == "" {
				o.Config.Kernel = p.Name
			}
			for seed := range seeds(12) {
				passes(t, Generate(seed, o), fmt.Sprintf("%s, options %d, seed %d", p.Name, i, seed))
			}
		}
	}
}

func passes(t *testing.T, p *program.Program, what string) {
	t.Helper()
	text := program.Format(p)
	back, err := program.Parse(p.Name, text)
	require.NoError(t, err, "%s\n%s", what, text)
	require.Equal(t, string(text), string(program.Format(back)), what)
	rep, err := program.Run(back, sim.Config{})
	require.NoError(t, err, what)
	require.Equal(t, program.Pass, rep.Outcome, "%s: %s\n%s", what, rep, text)
	require.Equal(t, len(p.Lines), rep.Executed)
}

// The same seed and options give the same bytes, another seed gives others.
func TestGenerateIsDeterministic(t *testing.T) {
	seen := make(map[string]uint64)
	for seed := range uint64(100) {
		for _, o := range mixtures[:4] {
			a, b := program.Format(Generate(seed, o)), program.Format(Generate(seed, o))
			require.Equal(t, string(a), string(b))
		}
		text := string(program.Format(Generate(seed, Options{})))
		other, twice := seen[text]
		require.False(t, twice, "seeds %d and %d", seed, other)
		seen[text] = seed
	}
}

// At the end of a program that is not left open nothing of it is there any more: not even
// what the properties of package check do not look at.
func TestNothingIsLeft(t *testing.T) {
	for seed := range seeds(500) {
		p := Generate(seed, Options{Config: sim.Config{Kernel: "v7.3.4"}, Lines: 60, Kernel: seed%2 == 0})
		r, err := program.NewRunner(p, sim.Config{})
		require.NoError(t, err)
		require.Equal(t, program.Pass, r.Run().Outcome)
		m := r.Machine()
		require.True(t, check.Over(m), "seed %d", seed)
		for what, n := range map[string]int{
			"mounts": m.Mounts.Count(), "sockets": m.Sockets.Count(), "messages": m.Msgs.Count(), "calls": m.Frames.Count(),
			"watches": m.Marks.Count(), "inodes": m.Inodes.Count(), "pipes": m.Pipes.Count(), "files made": m.Dentries.Count(),
		} {
			require.Zero(t, n, "seed %d: %s", seed, what)
		}
	}
}

// A program that is left open has tasks that live on, and may have lost its first one.
func TestOpenProgramsStay(t *testing.T) {
	left, gone := 0, 0
	for seed := range uint64(100) {
		r, err := program.NewRunner(Generate(seed, Options{Open: true}), sim.Config{})
		require.NoError(t, err)
		require.Equal(t, program.Pass, r.Run().Outcome)
		m := r.Machine()
		if !check.Over(m) {
			left++
		}
		if !m.TaskLive(m.Init()) || !m.Task(m.Init()).Alive() {
			gone++
		}
	}
	assert.Greater(t, left, 80)
	assert.NotZero(t, gone)
}

func TestOptions(t *testing.T) {
	for want, o := range map[string]Options{
		"unknown kernel":              {Config: sim.Config{Kernel: "v5"}},
		"nothing to draw is called":   {Weights: map[string]int{"listns": 1, "nope": 2}},
		"the weight of fork is -1":    {Weights: map[string]int{"fork": -1}},
		"-1 lines and 0 tasks":        {Lines: -1},
		"unknown bug or switch \"x\"": {Config: sim.Config{Bugs: []string{"x"}}},
	} {
		assert.ErrorContains(t, o.Check(), want)
		assert.Panics(t, func() { Generate(1, o) })
	}
	none := make(map[string]int)
	for name := range Weights() {
		none[name] = 0
	}
	assert.Equal(t, "# SPDX-License-Identifier: GPL-2.0-only\ninit: exit_group(0)\nsettle\n",
		string(program.Format(Generate(1, Options{Weights: none}))), "nothing is drawn")
	none["fork"] = 1
	c := Coverage{}
	for seed := range uint64(20) {
		c.Add(Generate(seed, Options{Weights: none}))
	}
	assert.Equal(t, 20*(DefaultTasks-1), c.Succeeds("fork"), "as many tasks as there may be")
	assert.Zero(t, c.Calls()-c.Succeeds("fork")-c.Succeeds("settle")-sum(c["exit_group"])-sum(c["kill"])-sum(c["wait4"]), "the rest cleans up")
}

func sum(outcomes map[string]int) (n int) {
	for _, k := range outcomes {
		n += k
	}
	return n
}

func TestNets(t *testing.T) {
	for _, o := range []Options{{Nets: -1}, {Nets: 1}, {Nets: 3}, {Kernel: true}} {
		most := 0
		for seed := range uint64(200) {
			n := 0
			for _, l := range Generate(seed, o).Lines {
				if l.Kind == program.Call && makesNet(&l) {
					n++
				}
			}
			most = max(most, n)
		}
		assert.Equal(t, max(0, o.withDefaults().Nets), most, "%+v", o)
	}
}

// makesNet reports whether a line made a network namespace.
func makesNet(l *program.Line) bool {
	switch l.Call.Name {
	case "clone", "clone3", "unshare":
		text := l.String()
		return strings.Contains(text, "CLONE_NEWNET") && !strings.Contains(text, ") = -") && len(l.Results) > 0
	}
	return false
}

// SPDX-License-Identifier: GPL-2.0-only

package program

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/nssim/nssim/sim"
)

// goOn runs a line whatever came of the one before.
func (r *Runner) goOn() Outcome {
	r.over, r.rep.Outcome = false, Pass
	r.Next()
	return r.rep.Outcome
}

// TestRandomRuns: lines that Check accepts never make the runner or the model panic, and
// what does not hold is said with a place and a text.
func TestRandomRuns(t *testing.T) {
	count := make(map[Outcome]int)
	rapid.Check(t, func(rt *rapid.T) {
		g := &generator{T: rt}
		p := g.program()
		r := NewRunnerOn(p, sim.MustNew(sim.Config{}))
		for !r.Done() {
			o := r.goOn()
			count[o]++
			if o == Fail || o == BadProgram {
				require.NotEmpty(rt, r.Report().What(), "%s", Format(p))
			}
		}
	})
	if testing.Short() {
		return // too few programs to meet every outcome
	}
	for o := Pass; o <= BadProgram; o++ {
		assert.NotZero(t, count[o], o)
	}
}

// TestRandomGaps: a selftest with some of its lines left out, and no stop at what does not
// hold then, never makes the runner or the model panic.
func TestRandomGaps(t *testing.T) {
	tests := selftests(t)
	var kernels []string
	for _, p := range sim.Profiles() {
		kernels = append(kernels, p.Name)
	}
	rapid.Check(t, func(rt *rapid.T) {
		test := rapid.SampledFrom(tests).Draw(rt, "test")
		kernel := rapid.SampledFrom(kernels).Draw(rt, "kernel")
		p := &Program{Name: test.Path()}
		chance := rapid.IntRange(2, 20).Draw(rt, "chance")
		for _, l := range test.Program.Lines[:min(120, len(test.Program.Lines))] {
			if rapid.IntRange(0, chance).Draw(rt, "left out") != 0 {
				p.Lines = append(p.Lines, l)
			}
		}
		r := NewRunnerOn(p, sim.MustNew(sim.Config{Kernel: kernel}))
		for !r.Done() {
			r.goOn()
		}
	})
}

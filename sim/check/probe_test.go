// SPDX-License-Identifier: GPL-2.0-only

package check_test

import (
	"math/rand/v2"
	"testing"

	"github.com/nssim/nssim/sim"
	"github.com/nssim/nssim/sim/check"
	"github.com/stretchr/testify/require"
)

// Random programs break no probing property but those that the table of expected
// verdicts has as broken.
func TestProbingProperties(t *testing.T) {
	for i, p := range sim.Profiles() {
		t.Run(p.Name, func(t *testing.T) {
			t.Parallel()
			cfg := sim.MustNew(sim.Config{Kernel: p.Name}).Cfg
			r := &randomizer{Rand: rand.New(rand.NewPCG(uint64(i), 7)), t: t}
			for range 60 {
				r.some(sim.Config{Kernel: p.Name}, 60)
				for _, f := range r.checker.Check(r.m, check.Probing) {
					require.NotEmpty(t, brokenBy(t, cfg, f.Property), "%s", f)
				}
			}
		})
	}
}

// brokenBy is what the table of expected verdicts says about a configuration.
func brokenBy(t *testing.T, cfg *sim.Config, property string) []string {
	programs, ok := check.Expected().Broken(check.RowName(cfg), property)
	require.True(t, ok, "%s, %s", check.RowName(cfg), property)
	return programs
}

// some boots a machine and makes calls, and leaves it at that.
func (r *randomizer) some(cfg sim.Config, calls int) {
	r.m = sim.MustNew(cfg)
	for range calls {
		t := r.task()
		if t == 0 {
			return
		}
		r.run(t, r.call(t))
	}
}

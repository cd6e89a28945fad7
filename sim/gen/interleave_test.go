// SPDX-License-Identifier: GPL-2.0-only

package gen

import (
	"testing"

	"github.com/nssim/nssim/sim"
	"github.com/nssim/nssim/sim/program"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// Programs with interleaved calls are programs: they pass where they were made, are the same
// every time, and can be written and read.
func TestInterleave(t *testing.T) {
	stops, fails := 0, 0
	for seed := range uint64(40) {
		cfg := sim.Config{Kernel: []string{"", "v7.3.4"}[seed%2]}
		p := Generate(seed, Options{Config: cfg})
		q, err := Interleave(p, seed, cfg)
		require.NoError(t, err)
		rep, err := program.Run(q, cfg)
		require.NoError(t, err)
		require.Equal(t, program.Pass, rep.Outcome, "seed %d: %s", seed, rep)
		require.NoError(t, program.Check(q), "seed %d", seed)

		again, err := Interleave(p, seed, cfg)
		require.NoError(t, err)
		text := program.Format(q)
		require.Equal(t, string(text), string(program.Format(again)), "seed %d", seed)
		read, err := program.Parse("again", text)
		require.NoError(t, err)
		require.Equal(t, string(text), string(program.Format(read)), "seed %d", seed)
		for i := range q.Lines {
			if q.Lines[i].Call.Until != "" {
				stops++
			}
			if q.Lines[i].Call.Fail != "" {
				fails++
			}
		}
	}
	assert.Greater(t, stops, 80)
	assert.Greater(t, fails, 5)
}

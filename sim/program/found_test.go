// SPDX-License-Identifier: GPL-2.0-only

package program

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/nssim/nssim/sim"
)

// What comparing random programs with kernels has found stays as those do it. A program
// that names no kernel does the same on all from v6.19 on.
func TestFound(t *testing.T) {
	files, err := filepath.Glob("testdata/found/*.ns")
	require.NoError(t, err)
	require.NotEmpty(t, files)
	for _, file := range files {
		src, err := os.ReadFile(file)
		require.NoError(t, err)
		p, err := Parse(file, src)
		require.NoError(t, err)
		kernels := []string{""}
		if len(p.Config) == 0 {
			kernels = []string{"v6.19", "v6.19.9", "v7.0", "v7.1", "v7.2", "v7.3", "v7.3.4"}
		}
		for _, k := range kernels {
			rep, err := Run(p, sim.Config{Kernel: k})
			require.NoError(t, err)
			require.Equal(t, Pass, rep.Outcome, "%s: %s", k, rep)
		}
	}
}

// SPDX-License-Identifier: GPL-2.0-only

package syz_test

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/nssim/nssim/sim"
	"github.com/nssim/nssim/sim/export/syz"
	"github.com/nssim/nssim/sim/program"
	"github.com/stretchr/testify/require"
)

var update = flag.Bool("update", false, "rewrite the expected programs and outcomes")

// kernels are those that the reproducers run under.
var kernels = []string{"v6.19", "v7.3.4"}

// reproducers are the files of testdata/syz, which are ten.
func reproducers(t testing.TB) []string {
	names, err := filepath.Glob("../../../testdata/syz/*.syz")
	require.NoError(t, err)
	require.Len(t, names, 10)
	return names
}

// read imports a file.
func read(t testing.TB, name string) (*program.Program, []syz.Warning) {
	text, err := os.ReadFile(name)
	require.NoError(t, err)
	return imported(t, filepath.Base(name), string(text))
}

func imported(t testing.TB, name, text string) (*program.Program, []syz.Warning) {
	f, err := syz.Parse(name, []byte(text))
	require.NoError(t, err)
	p, warnings, err := syz.Import(f)
	require.NoError(t, err, text)
	return p, warnings
}

// play runs a program and returns what its lines returned.
func play(t testing.TB, p *program.Program, kernel string) ([]program.Observed, *program.Report) {
	r, err := program.NewRunner(p, sim.Config{Kernel: kernel})
	require.NoError(t, err)
	var seen []program.Observed
	for !r.Done() {
		r.Next()
		if o := r.Observed(); r.Report().Outcome == program.Pass {
			seen = append(seen, o.Clone())
		}
	}
	return seen, r.Report()
}

// The reproducers become the programs that stand beside them, with the warnings and the
// outcomes that the .out files have.
func TestReproducers(t *testing.T) {
	for _, name := range reproducers(t) {
		t.Run(filepath.Base(name), func(t *testing.T) {
			p, warnings := read(t, name)
			golden(t, strings.TrimSuffix(name, ".syz")+".ns", string(program.Format(p)))
			var b strings.Builder
			for _, w := range warnings {
				fmt.Fprintf(&b, "warning: %s\n", w)
			}
			for _, k := range kernels {
				seen, rep := play(t, p, k)
				fmt.Fprintf(&b, "\n# kernel %s\n", k)
				for i := range seen {
					b.WriteString(seen[i].Text(p) + "\n")
				}
				b.WriteString(rep.String() + "\n")
			}
			golden(t, strings.TrimSuffix(name, ".syz")+".out", strings.TrimPrefix(b.String(), "\n"))
		})
	}
}

// golden compares with a file.
func golden(t *testing.T, name, got string) {
	if *update {
		require.NoError(t, os.WriteFile(name, []byte(got), 0o666))
	}
	want, err := os.ReadFile(name)
	require.NoError(t, err)
	require.Equal(t, string(want), got, name)
}

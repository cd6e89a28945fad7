// SPDX-License-Identifier: GPL-2.0-only

package strace_test

import (
	"bytes"
	"compress/gzip"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/nssim/nssim/sim"
	"github.com/nssim/nssim/sim/export/strace"
	"github.com/nssim/nssim/sim/program"
	"github.com/stretchr/testify/require"
)

// logs is where the logs are that testdata/strace/make-logs.sh makes.
const logs = "../../../testdata/strace"

// kernels are those that the logs were made on, with their profiles.
var kernels = map[string]string{"6.19.14": "v6.19.9", "7.3.4": "v7.3.4"}

// jobs is how many programs are run on each of them: 12 selftests, 6 other programs, and 7
// of these again under other options of strace.
const jobs = 25

func readLog(t testing.TB, name string) []byte {
	data, err := os.ReadFile(name)
	require.NoError(t, err)
	z, err := gzip.NewReader(bytes.NewReader(data))
	require.NoError(t, err)
	data, err = io.ReadAll(z)
	require.NoError(t, err)
	return data
}

// Every log is understood to its last line and the model does what it says, and the
// program that is made of it passes on its own.
func TestLogs(t *testing.T) {
	for version, kernel := range kernels {
		names, err := filepath.Glob(filepath.Join(logs, version, "*.strace.gz"))
		require.NoError(t, err)
		require.Len(t, names, jobs, version)
		for _, name := range names {
			t.Run(version+"/"+strings.TrimSuffix(filepath.Base(name), ".strace.gz"), func(t *testing.T) {
				t.Parallel()
				data := readLog(t, name)
				if testing.Short() && len(data) > 1<<20 {
					t.Skip("a long one")
				}
				i, err := strace.Read(name, data, strace.Options{Config: sim.Config{Kernel: kernel}})
				require.NoError(t, err)
				require.Empty(t, i.Divergences)
				require.Equal(t, bytes.Count(data, []byte("\n")), i.Lines)
				require.Greater(t, i.Calls, 20)
				runsAlone(t, i)
			})
		}
	}
}

// runsAlone checks the text of a program.
func runsAlone(t *testing.T, i *strace.Import) {
	text := program.Format(i.Program)
	p, err := program.Parse("log.ns", text)
	require.NoError(t, err)
	require.Equal(t, string(text), string(program.Format(p)))
	rep, err := program.Run(p, sim.Config{})
	require.NoError(t, err)
	require.Equal(t, program.Pass, rep.Outcome, rep)
	require.Equal(t, len(i.Program.Lines), rep.Executed)
}

// The kernels differ in what the logs show, so a log does not fit the wrong one.
func TestWrongKernel(t *testing.T) {
	for name, kernel := range map[string]string{
		"ns_active_ref_test": "v6.18", "siocgskns_test": "v6.18", "listns_test": "v6.18",
	} {
		file := filepath.Join(logs, "6.19.14", name+".strace.gz")
		i, err := strace.Read(file, readLog(t, file), strace.Options{Config: sim.Config{Kernel: kernel}})
		require.NoError(t, err)
		require.NotEmpty(t, i.Divergences, "%s on %s", name, kernel)
	}
}

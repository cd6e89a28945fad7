// SPDX-License-Identifier: GPL-2.0-only

package creproducer

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/nssim/nssim/sim"
	"github.com/nssim/nssim/sim/program"
)

func parse(t *testing.T, file string) *program.Program {
	text, err := os.ReadFile(file)
	require.NoError(t, err)
	p, err := program.Parse(file, text)
	require.NoError(t, err)
	return p
}

// TestCompiles: what is written compiles without warnings: a program for every call, and
// some selftests.
func TestCompiles(t *testing.T) {
	cc, err := exec.LookPath("gcc")
	if err != nil {
		t.Skip("SKIP: gcc is not installed")
	}
	files, err := filepath.Glob("../../../testdata/calls/*.ns")
	require.NoError(t, err)
	require.NotEmpty(t, files)
	for _, name := range []string{"siocgskns_test/siocgskns_multilevel_resurrection", "listns_efault_test/listns_partial_fault_with_ns_cleanup", "listns_test/listns_error_cases"} {
		files = append(files, "../../../testdata/selftests/"+name+".ns")
	}
	if testing.Short() {
		files = files[:2]
	}
	for _, file := range files {
		t.Run(filepath.Base(file), func(t *testing.T) {
			t.Parallel()
			out, err := Source(parse(t, file), sim.Config{Kernel: "v7.3.4"}, "the tests")
			require.NoError(t, err)
			cmd := exec.Command(cc, "-Wall", "-Wno-unused", "-Wno-parentheses", "-Werror", "-fsyntax-only", "-x", "c", "-")
			cmd.Stdin = strings.NewReader(string(out))
			said, err := cmd.CombinedOutput()
			assert.NoError(t, err, "%s", said)
		})
	}
}

// TestSelftestsCanBeWritten: each of the kernel's selftests.
func TestSelftestsCanBeWritten(t *testing.T) {
	files, err := filepath.Glob("../../../testdata/selftests/*/*.ns")
	require.NoError(t, err)
	require.NotEmpty(t, files)
	for _, file := range files {
		if strings.Contains(file, "stress_test") {
			continue
		}
		out, err := Source(parse(t, file), sim.Config{}, "the tests")
		require.NoError(t, err, file)
		again, err := Source(parse(t, file), sim.Config{}, "the tests")
		require.NoError(t, err, file)
		assert.Equal(t, string(out), string(again))
	}
}

func TestCannot(t *testing.T) {
	p, err := program.Parse("t.ns", []byte("init: unshare(CLONE_NEWUTS) until unshare_nsproxy_namespaces <unfinished ...>\n"))
	require.NoError(t, err)
	_, err = Source(p, sim.Config{}, "")
	assert.ErrorIs(t, err, ErrCannot)
	assert.ErrorContains(t, err, "t.ns:1:1")
	_, err = Source(p, sim.Config{Kernel: "v1"}, "")
	assert.Error(t, err)
	assert.False(t, errors.Is(err, ErrCannot))
}

func TestCString(t *testing.T) {
	assert.Equal(t, `"a\"\\\012\3013"`, cstring("a\"\\\n\xc13"))
}

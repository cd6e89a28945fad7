// SPDX-License-Identifier: GPL-2.0-only

package main

import (
	"os"
	"testing"

	"github.com/nssim/nssim/sim"
	"github.com/nssim/nssim/sim/export"
	"github.com/nssim/nssim/sim/program"
	"github.com/nssim/nssim/testdata"
	"github.com/stretchr/testify/require"
)

const expectedFile = "../../testdata/selftests/EXPECTED.tsv"

// The table of expected outcomes is what running every test under every kernel and
// semantics gives. With -update it is made anew.
func TestExpectedTable(t *testing.T) {
	got := nssim("", "selftest", "--table")
	require.Zero(t, got.status, got.err)
	if *update {
		require.NoError(t, os.WriteFile(expectedFile, []byte(got.out), 0o666))
	}
	want, err := os.ReadFile(expectedFile)
	require.NoError(t, err)
	require.Equal(t, string(want), got.out)
}

// What real kernels do: 6.18.15 passes 51, skips 38 and fails 11 of the 100 tests. On the
// kernels with listns() all pass but for one or two, other ones each time, which lose a
// race of the test's own that a program does not have.
func TestSelftestsAsOnRealKernels(t *testing.T) {
	data, err := os.ReadFile(expectedFile)
	require.NoError(t, err)
	x, err := export.ParseExpected(data)
	require.NoError(t, err)
	require.Len(t, x.Tests(), 100)
	for _, p := range sim.Profiles() {
		want := export.Totals{Pass: 100}
		switch p.Name {
		case "v6.18":
			want = export.Totals{Pass: 51, Fail: 11, Skip: 38}
		case "rfc-v1": // was never released
			continue
		}
		var got export.Totals
		for _, test := range x.Tests() {
			cell, ok := x.Cell(test, p.Name+"/active")
			require.True(t, ok, p.Name)
			got.Add(map[byte]program.Outcome{'p': program.Pass, 's': program.Skip, 'f': program.Fail}[cell[0]])
		}
		require.Equal(t, want, got, p.Name)
	}
}

// The table that is inside the binary is the one in the file.
func TestExpectedIsEmbedded(t *testing.T) {
	want, err := os.ReadFile(expectedFile)
	require.NoError(t, err)
	got, err := testdata.FS.ReadFile("selftests/EXPECTED.tsv")
	require.NoError(t, err)
	require.Equal(t, string(want), string(got))
	for _, k := range kernelNames() {
		require.Zero(t, nssim("", "selftest", "--expected", "--kernel", k).status, k)
	}
}

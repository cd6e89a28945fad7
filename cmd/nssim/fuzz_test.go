// SPDX-License-Identifier: GPL-2.0-only

package main

import (
	"encoding/json"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// A property that is broken is told with a program, which is kept and run first next time,
// on the same configuration only.
func TestFuzz(t *testing.T) {
	t.Chdir(t.TempDir())
	first := nssim("", "fuzz", "--bug", "no-cascade-on-put", "--save", "kept", "--n", "1000")
	require.Equal(t, 1, first.status)
	require.Contains(t, first.out, "# nssim: kernel v6.19, semantics active, bugs no-cascade-on-put, version ")
	require.Contains(t, first.out, "\nbroken: holders: user namespace ")
	require.Contains(t, first.out, "made small from ")
	require.Contains(t, first.out, "\nconfig bug=no-cascade-on-put\n")
	files, err := filepath.Glob("kept/v6.19-active+no-cascade-on-put-holders-seed-*.ns")
	require.NoError(t, err)
	require.Len(t, files, 1)
	require.Equal(t, 1, nssim("", "run", "--check", files[0]).status)

	again := nssim("", "fuzz", "--bug", "no-cascade-on-put", "--save", "kept", "--n", "1000", "--seed", "77")
	require.Equal(t, 1, again.status)
	require.Contains(t, again.out, "by "+files[0]+", which was kept:\n")

	other := nssim("", "fuzz", "--save", "kept", "--n", "100", "--json")
	require.Zero(t, other.status)
	var j fuzzJSON
	require.NoError(t, json.Unmarshal([]byte(other.out), &j))
	require.GreaterOrEqual(t, j.Calls, 100)
	require.EqualValues(t, 1, j.Seed)
	require.EqualValues(t, j.Programs+1, j.Next)
	require.Empty(t, j.Property)
}

// The table of expected verdicts that the command makes is the one that comes with it, and
// every configuration is there as JSON.
func TestOptions(t *testing.T) {
	t.Chdir(root)
	table := nssim("", "options", "--table")
	require.Equal(t, strings.Join(readLines(t, "sim/check/verdicts.tsv"), "\n")+"\n", table.out)
	rows := nssim("", "options", "--json")
	require.Zero(t, rows.status)
	require.Equal(t, len(semanticsNames())+len(kernelNames()), strings.Count(rows.out, "\n"))
	one := nssim("", "options", "--kernel", "v7.3.4", "--semantics", "passive")
	require.Contains(t, one.out, "\n                     passive\n")
	require.Contains(t, one.out, "\n                     v7.3.4\n")
}

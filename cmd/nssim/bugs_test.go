// SPDX-License-Identifier: GPL-2.0-only

package main

import (
	"bufio"
	"bytes"
	"os"
	"regexp"
	"strconv"
	"testing"

	"github.com/nssim/nssim/sim/bugs"
	"github.com/stretchr/testify/require"
)

// docs/bugs.md is what `nssim bugs --table` prints, but for what random programs took, which
// is counted anew only by make bugs-table.
func TestBugsDocument(t *testing.T) {
	const name = root + "/docs/bugs.md"
	want, err := os.ReadFile(name)
	require.NoError(t, err)
	line := regexp.MustCompile(`(?m)^\| \[([a-z0-9-]+)\]\(.*\| ([a-z-]+) \| (> )?([0-9]+) \|$`)
	random := make(map[string][]string)
	for _, m := range line.FindAllStringSubmatch(string(want), -1) {
		random[m[1]] = m
	}
	m := regexp.MustCompile(`the median of ([0-9]+) seeds with at most ([0-9]+) calls`).FindStringSubmatch(string(want))
	require.NotNil(t, m)
	seeds, err := strconv.Atoi(m[1])
	require.NoError(t, err)
	calls, err := strconv.Atoi(m[2])
	require.NoError(t, err)
	var rows []bugs.Row
	for _, b := range bugs.All() {
		caught, err := b.Catch()
		require.NoError(t, err)
		m := random[b.Name]
		require.NotNil(t, m, "%s is not in the table: make bugs-table", b.Name)
		r := bugs.Row{Bug: b, Caught: caught.By(), Random: m[2]}
		if m[3] == "" {
			r.Median, err = strconv.Atoi(m[4])
			require.NoError(t, err)
		}
		if r.Random == "-" {
			r.Random = ""
		}
		rows = append(rows, r)
	}
	var out bytes.Buffer
	c := &cli{out: bufio.NewWriter(&out)}
	c.printBugs(rows, seeds, calls)
	require.NoError(t, c.out.Flush())
	if *update {
		require.NoError(t, os.WriteFile(name, out.Bytes(), 0o666))
		want = out.Bytes()
	}
	require.Equal(t, string(want), out.String())
}

// SPDX-License-Identifier: GPL-2.0-only

package program

import (
	"bufio"
	"bytes"
	"fmt"
	"os"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/nssim/nssim/sim"
	"github.com/nssim/nssim/testdata"
)

// selftests reads the embedded programs.
func selftests(t testing.TB) []Selftest {
	tests, err := Selftests(testdata.FS)
	require.NoError(t, err)
	return tests
}

// nonpass is the recorded outcomes on a kernel, but for those that passed.
func nonpass(t testing.TB, kernel string) map[string]string {
	text, err := os.ReadFile("../../testdata/selftests/nonpass-" + kernel)
	if os.IsNotExist(err) {
		return nil
	}
	require.NoError(t, err)
	out := make(map[string]string)
	for s := bufio.NewScanner(bytes.NewReader(text)); s.Scan(); {
		if outcome, name, ok := strings.Cut(s.Text(), " "); ok && outcome != "#" {
			out[name] = strings.ToUpper(outcome)
		}
	}
	return out
}

// TestSelftests runs all programs under every profile. From v6.19 on all pass; on v6.18
// each comes out as the kernel's own test does there.
func TestSelftests(t *testing.T) {
	tests := selftests(t)
	require.Len(t, tests, 100)
	var table strings.Builder
	fmt.Fprintf(&table, "%-9s %5s %5s %5s %6s %7s\n", "kernel", "pass", "skip", "fail", "error", "ms")
	for _, profile := range sim.Profiles() {
		if profile.Name == "rfc-v1" {
			continue // see TestSelftestsRFC
		}
		recorded := nonpass(t, profile.Name)
		require.Equal(t, profile.Name == "v6.18", recorded != nil)
		count := make(map[Outcome]int)
		start := time.Now()
		for i := range tests {
			rep, err := Run(tests[i].Program, sim.Config{Kernel: profile.Name})
			require.NoError(t, err)
			count[rep.Outcome]++
			want := recorded[tests[i].Path()]
			if want == "" {
				want = "PASS"
			}
			assert.Equal(t, want, rep.Outcome.String(), "%s: %s", profile.Name, rep)
			assert.Zero(t, rep.Warnings, "%s: %s", profile.Name, tests[i].Path())
			assert.NotZero(t, rep.Calls)
			if rep.Outcome == Pass {
				assert.Equal(t, len(tests[i].Program.Lines), rep.Executed)
			}
		}
		fmt.Fprintf(&table, "%-9s %5d %5d %5d %6d %7.1f\n", profile.Name,
			count[Pass], count[Skip], count[Fail], count[BadProgram], float64(time.Since(start).Microseconds())/1000)
	}
	t.Logf("\n%s", table.String())
}

// TestSelftestsRFC: the series as first posted. Its listns() starts a page of one type in
// the list of all types, and its SIOCGSKNS opens no inactive network namespace.
func TestSelftestsRFC(t *testing.T) {
	var failed []string
	for _, test := range selftests(t) {
		rep, err := Run(test.Program, sim.Config{Kernel: "rfc-v1"})
		require.NoError(t, err)
		if rep.Outcome != Pass {
			failed = append(failed, rep.Outcome.String()+" "+test.Path())
		}
	}
	assert.Equal(t, []string{
		"FAIL listns_pagination_bug/pagination_with_type_filter",
		"SKIP siocgskns_test/siocgskns_keeps_netns_active",
		"SKIP siocgskns_test/siocgskns_listns_visibility",
		"SKIP siocgskns_test/siocgskns_file_handle",
		"SKIP siocgskns_test/siocgskns_listns_and_file_handle",
		"SKIP siocgskns_test/siocgskns_multilevel_resurrection",
		"FAIL stress_test/listns_pagination_stress",
	}, failed)
}

func TestSelftestMatch(t *testing.T) {
	s := Selftest{Binary: "listns_test", Name: "listns_pagination"}
	for _, pattern := range []string{"", "*", "listns_test", "listns_pagination", "listns_test/listns_pagination", "listns_*/*", "*_pagination"} {
		ok, err := s.Match(pattern)
		assert.NoError(t, err)
		assert.True(t, ok, pattern)
	}
	ok, err := s.Match("nsid_test")
	assert.NoError(t, err)
	assert.False(t, ok)
	_, err = s.Match("[")
	assert.Error(t, err)
}

// TestSelftestsList: the list and the files have to agree one to one.
func TestSelftestsList(t *testing.T) {
	file := func(text string) *fstest.MapFile { return &fstest.MapFile{Data: []byte(text)} }
	good := "init: getpid()\n"
	for _, test := range []struct {
		files map[string]*fstest.MapFile
		err   string
	}{
		{map[string]*fstest.MapFile{"selftests/LIST": file("# all\na/x\na/y\n"), "selftests/a/x.ns": file(good), "selftests/a/y.ns": file(good)}, ""},
		{map[string]*fstest.MapFile{}, "open selftests/LIST: file does not exist"},
		{map[string]*fstest.MapFile{"selftests/LIST": file("a/x\n")}, "open selftests/a/x.ns: file does not exist"},
		{map[string]*fstest.MapFile{"selftests/LIST": file("a/x\na/x\n"), "selftests/a/x.ns": file(good)}, "selftests/LIST: a/x is listed twice"},
		{map[string]*fstest.MapFile{"selftests/LIST": file("a/x\n"), "selftests/a/x.ns": file(good), "selftests/a/z.ns": file(good)}, "selftests/a/z.ns: not in selftests/LIST"},
		{map[string]*fstest.MapFile{"selftests/LIST": file("a/x\n"), "selftests/a/x.ns": file("init:")}, "selftests/a/x.ns:1:6: found the end of the file, expected the name of a call"},
	} {
		tests, err := Selftests(fstest.MapFS(test.files))
		if test.err == "" {
			assert.NoError(t, err)
			assert.Len(t, tests, 2)
			continue
		}
		assert.EqualError(t, err, test.err)
	}
}

func BenchmarkSelftests(b *testing.B) {
	tests := selftests(b)
	lines := 0
	for b.Loop() {
		lines = 0
		for i := range tests {
			rep, err := Run(tests[i].Program, sim.Config{})
			if err != nil || rep.Outcome != Pass {
				b.Fatal(rep, err)
			}
			lines += rep.Executed
		}
	}
	b.ReportMetric(float64(lines), "lines/op")
}

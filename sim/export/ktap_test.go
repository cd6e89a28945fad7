// SPDX-License-Identifier: GPL-2.0-only

package export

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/nssim/nssim/sim"
	"github.com/nssim/nssim/sim/program"
	"github.com/stretchr/testify/require"
)

// kunitTest is what the kernel's reader makes of a test.
type kunitTest struct {
	name, status, reason string
	log                  []string
	subtests             []*kunitTest
}

// kunitReader reads KTAP by the rules that tools/testing/kunit/kunit_parser.py (v7.3)
// goes by; what that reports as an error is an error here.
type kunitReader struct {
	lines []string
	errs  []string
}

var (
	ktapVersion = regexp.MustCompile(`^\s*KTAP version ([0-9]+)$`)
	ktapSubtest = regexp.MustCompile(`^\s*# Subtest: (.*)$`)
	ktapPlan    = regexp.MustCompile(`^\s*1\.\.([0-9]+)`)
	ktapResult  = regexp.MustCompile(`^\s*(ok|not ok) ([0-9]+) ?(?::?- )?([^#]*?)( # .*)?$`)
	ktapSkip    = regexp.MustCompile(`^\s*(?:ok|not ok) [0-9]+ ?(?::?- )?(.*) # SKIP ?(.*)$`)
)

func (r *kunitReader) fail(format string, args ...any) {
	r.errs = append(r.errs, fmt.Sprintf(format, args...))
}

// take returns the submatches of the next line and goes on, or nil.
func (r *kunitReader) take(re *regexp.Regexp) []string {
	if len(r.lines) == 0 {
		return nil
	}
	m := re.FindStringSubmatch(r.lines[0])
	if m != nil {
		r.lines = r.lines[1:]
	}
	return m
}

// log takes the lines that are diagnostics.
func (r *kunitReader) log() (log []string) {
	for len(r.lines) > 0 {
		for _, re := range []*regexp.Regexp{ktapResult, ktapSubtest, ktapVersion, ktapPlan} {
			if re.MatchString(r.lines[0]) {
				return log
			}
		}
		log = append(log, r.lines[0])
		r.lines = r.lines[1:]
	}
	return log
}

// named reports whether the next line is the result of the test of that name.
func (r *kunitReader) named(name string) bool {
	if len(r.lines) == 0 {
		return false
	}
	m := ktapResult.FindStringSubmatch(r.lines[0])
	return m != nil && m[3] == name && name != ""
}

// test reads a test with its subtests and its result; num 0 is the whole log.
func (r *kunitReader) test(num int) *kunitTest {
	t := &kunitTest{log: r.log()}
	parent := r.version(t, num == 0)
	if m := r.take(ktapSubtest); num > 0 && m != nil {
		t.name, parent = m[1], true
	}
	t.log = append(t.log, r.log()...)
	want := -1
	if m := r.take(ktapPlan); m != nil {
		want, _ = strconv.Atoi(m[1])
	}
	for n := 1; parent && (want < 0 || n <= want); n++ {
		if len(r.lines) == 0 || num > 0 && r.named(t.name) {
			if want >= 0 {
				r.fail("%s: subtest %d of %d is missing", t.name, n, want)
			}
			break
		}
		t.subtests = append(t.subtests, r.test(n))
	}
	if num > 0 {
		r.result(t, num)
	}
	return t
}

func (r *kunitReader) version(t *kunitTest, top bool) bool {
	m := r.take(ktapVersion)
	if m != nil && m[1] != "1" {
		r.fail("version %s", m[1])
	}
	if m == nil && top {
		r.fail("no version line")
	}
	return m != nil
}

func (r *kunitReader) result(t *kunitTest, num int) {
	t.log = append(t.log, r.log()...)
	if t.name != "" && !r.named(t.name) {
		r.fail("%s: no result line", t.name)
		return
	}
	if len(r.lines) == 0 {
		r.fail("no more results")
		return
	}
	skip := ktapSkip.FindStringSubmatch(r.lines[0])
	m := r.take(ktapResult)
	if m == nil {
		r.fail("found %q, expected a result", r.lines[0])
		return
	}
	if m[2] != strconv.Itoa(num) {
		r.fail("found test number %s, expected %d", m[2], num)
	}
	t.name, t.status = m[3], m[1]
	if skip != nil {
		t.name, t.status, t.reason = skip[1], "skip", skip[2]
	}
}

// readKTAP reads a whole output without an error.
func readKTAP(t testing.TB, text string) *kunitTest {
	r := &kunitReader{lines: strings.Split(strings.TrimSuffix(text, "\n"), "\n")}
	top := r.test(0)
	require.Empty(t, r.errs)
	for _, l := range r.lines {
		require.True(t, strings.HasPrefix(l, "# "), "left over: %q", l)
	}
	return top
}

// What is written reads back as what was meant: names, results, reasons, and each
// diagnostic with the test that it is about.
func TestKTAP(t *testing.T) {
	suites := []Suite{
		{Name: "first_test", Tests: []TestResult{
			{Name: "passes"},
			{Name: "fails", Outcome: program.Fail, Notes: []string{"a.ns:3:1: listns() = 3, expected 4\n\tin macro m at a.ns:1:1"}},
			{Name: "skips", Outcome: program.Skip, Reason: "listns()  not\nsupported"},
			{Name: "is.bad", Outcome: program.BadProgram, Notes: []string{"1..2 is no plan", "ok 1 nor is this a result"}},
		}},
		{Name: "second_test", Tests: []TestResult{{Name: "only", Outcome: program.Skip}}},
		{Name: "third_test", Tests: []TestResult{{Name: "only"}}},
	}
	var b strings.Builder
	total, err := WriteKTAP(&b, []string{"nssim: kernel v6.19"}, suites)
	require.NoError(t, err)
	require.Equal(t, Totals{Pass: 2, Fail: 2, Skip: 2}, total)

	top := readKTAP(t, b.String())
	require.Equal(t, []string{"# nssim: kernel v6.19"}, top.log)
	require.Len(t, top.subtests, 3)
	first := top.subtests[0]
	require.Equal(t, []string{"first_test", "not ok"}, []string{first.name, first.status})
	var got []string
	for _, s := range first.subtests {
		got = append(got, strings.Join([]string{s.name, s.status, s.reason, strings.Join(s.log, "|")}, ";"))
	}
	require.Equal(t, []string{
		"passes;ok;;",
		"fails;not ok;;    # a.ns:3:1: listns() = 3, expected 4|    #   in macro m at a.ns:1:1",
		"skips;skip;listns() not supported;",
		"is.bad;not ok;;    # 1..2 is no plan|    # ok 1 nor is this a result",
	}, got)
	require.Equal(t, "skip", top.subtests[1].status)
	require.Equal(t, "ok", top.subtests[2].status)
	require.True(t, strings.HasSuffix(b.String(), "\n# Totals: pass:2 fail:2 skip:2\n"))
}

// The reader finds what is wrong; otherwise the test above would show nothing.
func TestKTAPReaderFindsErrors(t *testing.T) {
	good := "KTAP version 1\n1..1\n    KTAP version 1\n    # Subtest: s\n    1..2\n    ok 1 a\n    ok 2 b\nok 1 s"
	for name, change := range map[string][2]string{
		"number":  {"ok 2 b", "ok 3 b"},
		"missing": {"    ok 2 b\n", ""},
		"version": {"KTAP version 1\n1..1", "KTAP version 2\n1..1"},
		"name":    {"ok 1 s", "ok 1 other"},
		"none":    {"KTAP version 1\n1..1\n", "1..1\n"},
	} {
		r := &kunitReader{lines: strings.Split(strings.Replace(good, change[0], change[1], 1), "\n")}
		r.test(0)
		require.NotEmpty(t, r.errs, name)
	}
	readKTAP(t, good)
}

// The selftests' own names, reasons and diagnostics survive too.
func TestKTAPOfSelftests(t *testing.T) {
	var suites []Suite
	for _, s := range smallSelftests(t, 1<<20) {
		rep, err := program.Run(s.Program, sim.Config{Kernel: "v6.18"})
		require.NoError(t, err)
		if len(suites) == 0 || suites[len(suites)-1].Name != s.Binary {
			suites = append(suites, Suite{Name: s.Binary})
		}
		u := &suites[len(suites)-1]
		u.Tests = append(u.Tests, TestResult{Name: s.Name, Outcome: rep.Outcome, Reason: rep.Reason, Notes: []string{rep.String()}})
	}
	var b strings.Builder
	total, err := WriteKTAP(&b, nil, suites)
	require.NoError(t, err)
	var read Totals
	for i, s := range readKTAP(t, b.String()).subtests {
		require.Equal(t, suites[i].Name, s.name)
		for j, u := range s.subtests {
			want := suites[i].Tests[j]
			require.Equal(t, want.Name, u.name)
			require.NotEmpty(t, u.log)
			if u.status == "skip" {
				require.Equal(t, want.Reason, u.reason)
			}
			read.Add(map[string]program.Outcome{"ok": program.Pass, "skip": program.Skip, "not ok": program.Fail}[u.status])
		}
	}
	require.Equal(t, total, read)
}

// SPDX-License-Identifier: GPL-2.0-only

package export

import (
	"fmt"
	"io"
	"strings"

	"github.com/nssim/nssim/sim/program"
)

// TestResult is the outcome of one test.
type TestResult struct {
	Name    string
	Outcome program.Outcome // a bad program counts as failed
	Reason  string          // of a skip
	Notes   []string        // diagnostic lines, written before the result
}

// Suite is a group of tests; in the selftests, one binary.
type Suite struct {
	Name  string
	Tests []TestResult
}

// Totals counts outcomes.
type Totals struct {
	Pass int `json:"pass"`
	Fail int `json:"fail"`
	Skip int `json:"skip"`
}

// Add counts one outcome.
func (t *Totals) Add(o program.Outcome) {
	switch o {
	case program.Pass:
		t.Pass++
	case program.Skip:
		t.Skip++
	default:
		t.Fail++
	}
}

// String is the text behind "# Totals:" (tools/testing/selftests/kselftest.h).
func (t Totals) String() string {
	return fmt.Sprintf("pass:%d fail:%d skip:%d", t.Pass, t.Fail, t.Skip)
}

// Totals counts the suite's outcomes.
func (s *Suite) Totals() (t Totals) {
	for i := range s.Tests {
		t.Add(s.Tests[i].Outcome)
	}
	return t
}

// WriteKTAP writes results in the kernel's test protocol, KTAP version 1
// (Documentation/dev-tools/ktap.rst), nested by suite in the layout that
// tools/testing/kunit/kunit_parser.py reads. The header's lines become diagnostics
// behind the version line. It returns the totals.
func WriteKTAP(w io.Writer, header []string, suites []Suite) (Totals, error) {
	var sum Totals
	k := ktap{}
	k.line("KTAP version 1")
	k.notes(header)
	k.line("1..%d", len(suites))
	for i := range suites {
		t := k.suite(i+1, &suites[i])
		sum.Pass += t.Pass
		sum.Fail += t.Fail
		sum.Skip += t.Skip
	}
	k.line("# Totals: %s", sum)
	_, err := io.WriteString(w, k.b.String())
	return sum, err
}

type ktap struct {
	b      strings.Builder
	indent string
}

func (k *ktap) line(format string, args ...any) {
	fmt.Fprintf(&k.b, k.indent+format+"\n", args...)
}

// notes writes diagnostic lines; a note of several lines becomes several.
func (k *ktap) notes(notes []string) {
	for _, n := range notes {
		for l := range strings.SplitSeq(n, "\n") {
			k.line("# %s", strings.ReplaceAll(l, "\t", "  "))
		}
	}
}

func (k *ktap) suite(num int, s *Suite) Totals {
	t := s.Totals()
	k.indent = "    "
	k.line("KTAP version 1")
	k.line("# Subtest: %s", s.Name)
	k.line("1..%d", len(s.Tests))
	for i := range s.Tests {
		r := &s.Tests[i]
		k.notes(r.Notes)
		k.result(r.Outcome, i+1, r.Name, r.Reason)
	}
	k.indent = ""
	o := program.Pass
	switch {
	case t.Fail > 0:
		o = program.Fail
	case t.Pass == 0:
		o = program.Skip
	}
	k.result(o, num, s.Name, "")
	return t
}

func (k *ktap) result(o program.Outcome, num int, name, reason string) {
	switch {
	case o == program.Skip:
		k.line("%s", strings.TrimRight(fmt.Sprintf("ok %d %s # SKIP %s", num, name, oneLine(reason)), " "))
	case o == program.Pass:
		k.line("ok %d %s", num, name)
	default:
		k.line("not ok %d %s", num, name)
	}
}

// oneLine keeps a reason from breaking the protocol.
func oneLine(s string) string { return strings.Join(strings.Fields(s), " ") }

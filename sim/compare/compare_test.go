// SPDX-License-Identifier: GPL-2.0-only

package compare_test

import (
	"flag"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/fstest"

	"github.com/nssim/nssim/sim"
	"github.com/nssim/nssim/sim/check"
	"github.com/nssim/nssim/sim/compare"
	"github.com/nssim/nssim/sim/program"
	"github.com/nssim/nssim/testdata"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

var update = flag.Bool("update", false, "write the table of expected verdicts anew")

var suite = sync.OnceValues(func() (*compare.Suite, error) { return compare.Read(testdata.FS) })

func read(t *testing.T) *compare.Suite {
	s, err := suite()
	require.NoError(t, err)
	return s
}

// The table of expected verdicts is what running the programs gives.
func TestExpectedVerdicts(t *testing.T) {
	v, err := read(t).Table()
	require.NoError(t, err)
	if *update {
		require.NoError(t, os.WriteFile("../check/verdicts.tsv", v.Format(), 0o666))
		return
	}
	require.Equal(t, string(check.Expected().Format()), string(v.Format()))
}

// Every property is broken under some configuration, and holds under some.
func TestEveryPropertyCanBreak(t *testing.T) {
	v := check.Expected()
	for _, p := range check.Properties() {
		broken, holds := 0, 0
		for _, row := range v.Rows() {
			programs, ok := v.Broken(row, p.Name)
			require.True(t, ok)
			if len(programs) > 0 {
				broken++
			} else {
				holds++
			}
		}
		assert.NotZero(t, broken, "%s", p.Name)
		assert.NotZero(t, holds, "%s", p.Name)
	}
}

// The programs end under the default configuration as they say they do, and each breaks
// something somewhere: it stands in the table, or is one of the ways in which the kernel
// pins what nobody can reach.
func TestBreaks(t *testing.T) {
	s := read(t)
	all := strings.FieldsFunc(string(check.Expected().Format()), func(r rune) bool { return strings.ContainsRune("\t,\n", r) })
	passive, err := s.Verdicts(sim.Config{Semantics: "passive"})
	require.NoError(t, err)
	all = append(all, passive.Verdict("reach").Programs()...)
	for _, b := range s.Breaks {
		rep, err := program.Run(b.Program, sim.Config{})
		require.NoError(t, err)
		assert.Equal(t, program.Pass, rep.Outcome, rep)
		assert.True(t, slices.Contains(all, b.Name), "%s breaks nothing", b.Name)
		assert.NotEmpty(t, b.Says(), b.Name)
	}
}

func TestDiff(t *testing.T) {
	s := read(t)
	run := func(semantics string) *compare.Result {
		r, err := s.Run(sim.Config{Semantics: semantics})
		require.NoError(t, err)
		return r
	}
	active, first, none, passive := run("active"), run("active-v1"), run("none"), run("passive")
	assert.Equal(t, "no difference\n", s.Diff(active, active).String())

	d := s.Diff(active, first)
	assert.Equal(t, []string{
		"Does a socket still open its network namespace when nobody is in it any more?",
		"Are the owners of a network namespace that a socket has reopened listed with it?",
	}, d.Cannot)
	require.Len(t, d.Broken, 1)
	assert.Equal(t, "resurrect", d.Broken[0].Property)
	assert.Equal(t, "socket", d.Broken[0].By.Program)
	assert.False(t, d.Broken[0].Also)
	assert.Equal(t, []string{"resurrect"}, s.Diff(first, active).Mended)

	d = s.Diff(active, none)
	assert.Equal(t, []string{"list-sound", "list-complete", "list-end", "handle-agrees", "quiet"}, d.Gone)
	assert.Equal(t, d.Gone, s.Diff(none, active).New)

	d = s.Diff(active, passive)
	require.Len(t, d.Broken, 1)
	assert.True(t, d.Broken[0].Also)
	assert.Equal(t, "reach", d.Broken[0].Property)
	assert.Contains(t, s.Diff(passive, active).Less[0].Programs, "opened-file")
	assert.NotEmpty(t, d.Selftests)
	assert.Contains(t, d.String(), "25 fail, was pass")
}

// Input that is no table is told with its place.
func TestParseVerdicts(t *testing.T) {
	text := string(check.Expected().Format())
	for _, bad := range []struct{ old, new, msg string }{
		{"\tholders\t", "\thoalders\t", `line 6: found column "hoalders", expected "holders"`},
		{"\tholders\t", "\t", "line 6: found 14 columns, expected 15"},
		{"v6.18/passive\t", "v6.18/active\t", `line 9: found "v6.18/active" again`},
	} {
		_, err := check.ParseVerdicts([]byte(strings.Replace(text, bad.old, bad.new, 1)))
		assert.ErrorContains(t, err, bad.msg)
	}
}

// A program whose description is no question is refused.
func TestRead(t *testing.T) {
	data := fstest.MapFS{"options/questions/q.ns": {Data: []byte("# A statement.\ninit: getpid() = init\n")}}
	_, err := compare.Read(data)
	assert.ErrorContains(t, err, `options/questions/q.ns: found "A statement." as its description, expected a question`)
}

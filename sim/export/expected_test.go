// SPDX-License-Identifier: GPL-2.0-only

package export

import (
	"testing"

	"github.com/nssim/nssim/sim"
	"github.com/nssim/nssim/sim/program"
	"github.com/stretchr/testify/require"
)

// A table that is written reads back as the same table.
func TestExpectedRoundTrip(t *testing.T) {
	tests := []program.Selftest{
		{Binary: "a_test", Name: "passes", Program: parse(t, "init: getpid() > 0\n")},
		{Binary: "a_test", Name: "needs_listns", Program: parse(t, "init: listns({}, 8) > 0 skip if -ENOSYS \"no  listns()\"\n")},
		{Binary: "b_test", Name: "fails_on_v6.18", Program: parse(t, "init: listns({}, 8) > 0\n")},
	}
	x, err := RunAll(tests)
	require.NoError(t, err)
	y, err := ParseExpected(x.Format())
	require.NoError(t, err)
	require.Equal(t, x, y)
	require.Equal(t, []string{"a_test/passes", "a_test/needs_listns", "b_test/fails_on_v6.18"}, y.Tests())
	for test, want := range map[string]string{
		"a_test/passes": "pass", "a_test/needs_listns": "skip: no listns()",
		"b_test/fails_on_v6.18": "fail: 1:21: listns({}, 8) = -1 ENOSYS (Function not implemented), expected > 0",
	} {
		got, ok := y.Cell(test, "v6.18/none")
		require.True(t, ok)
		require.Equal(t, want, got)
	}
	got, _ := y.Cell("b_test/fails_on_v6.18", "v6.19/active")
	require.Equal(t, "pass", got)
}

func TestExpectedErrors(t *testing.T) {
	for text, want := range map[string]string{
		"test\tv6.19/active\nx\n":         "line 2: found 1 columns, expected 2",
		"test\tv6.19/active\nx\tskip 3\n": `line 2: found reason "3", expected the number of one above`,
	} {
		_, err := ParseExpected([]byte(text))
		require.EqualError(t, err, want)
	}
}

func TestColumn(t *testing.T) {
	c, err := sim.Config{}.Compose()
	require.NoError(t, err)
	name, plain := Column(c)
	require.Equal(t, "v6.19/active", name)
	require.True(t, plain)
	_, plain = Column(&sim.Config{Bugs: []string{"cursor-wraps"}})
	require.False(t, plain)
}

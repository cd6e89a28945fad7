// SPDX-License-Identifier: GPL-2.0-only

package explore

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// The shortest programs that tell configurations apart.
func TestDiff(t *testing.T) {
	for _, k := range []struct {
		a, b  string
		lines int
	}{
		{"v6.18", "v6.19", 1},
		{"v6.19", "v7.3.4", 3},
		{"v6.19", "v6.19.9", 3},
		{"v6.19", "v6.19+bug:failed-setns-drops-active", 4},
		{"v6.19", "bug:proc-pins-cred", 0}, // no call of the search can show it
	} {
		a, err := ParseConfig(k.a)
		require.NoError(t, err)
		b, err := ParseConfig(k.b)
		require.NoError(t, err)
		s := Setup{Name: "diff", Config: a, Ops: DiffOps, Bounds: Bounds{Tasks: 2, Namespaces: 3, FDs: 2, Depth: 3}}
		if k.lines > 3 {
			s.Bounds.Depth = k.lines
		}
		d, err := Diff(s, b, Options{Workers: 2})
		require.NoError(t, err)
		require.Equal(t, k.lines, d.Lines, d.Program)
		if k.lines > 0 {
			require.NotEqual(t, d.OnA, d.OnB)
		} else {
			require.Equal(t, "depth", d.Cut)
		}
	}
}

func TestParseConfig(t *testing.T) {
	c, err := ParseConfig("v7.2+passive+bug:cursor-wraps+off:boot-kdevtmpfs")
	require.NoError(t, err)
	require.Equal(t, "kernel v7.2, semantics passive, bugs cursor-wraps, off boot-kdevtmpfs", c.String())
	for _, bad := range []string{"", "v6", "bug:none-such", "kernel:v7.2", "v6.19+"} {
		_, err := ParseConfig(bad)
		require.Error(t, err, bad)
	}
}

// SPDX-License-Identifier: GPL-2.0-only

package program

import (
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

var rewrite = flag.Bool("rewrite", false, "write testdata/errors/expected.txt anew")

// TestErrors reads every program in testdata/errors; the messages are those in
// expected.txt.
func TestErrors(t *testing.T) {
	files, err := filepath.Glob("testdata/errors/*.ns")
	require.NoError(t, err)
	require.NotEmpty(t, files)
	var got strings.Builder
	for _, file := range files {
		src, err := os.ReadFile(file)
		require.NoError(t, err)
		p, err := Parse(filepath.Base(file), src)
		require.Error(t, err, file)
		require.NotNil(t, p, file)
		got.WriteString(err.Error() + "\n\n")
	}
	const expected = "testdata/errors/expected.txt"
	if *rewrite {
		require.NoError(t, os.WriteFile(expected, []byte(got.String()), 0o644))
	}
	want, err := os.ReadFile(expected)
	require.NoError(t, err)
	assert.Equal(t, string(want), got.String())
}

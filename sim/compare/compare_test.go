// SPDX-License-Identifier: GPL-2.0-only

package compare_test

import (
	"flag"
	"os"
	"sync"
	"testing"

	"github.com/nssim/nssim/sim/check"
	"github.com/nssim/nssim/sim/compare"
	"github.com/nssim/nssim/testdata"
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

// SPDX-License-Identifier: GPL-2.0-only

package refcount_test

import (
	"testing"

	"github.com/nssim/nssim/refcount"
	"github.com/stretchr/testify/require"
)

// The owner step of a walk ends before the initial user namespace, which Owners includes.
func TestOwnerEndsBeforeInitial(t *testing.T) {
	var table refcount.Table
	initial := table.AllocInitial(0)
	outer := table.Alloc(initial)
	inner := table.Alloc(outer)
	require.Equal(t, outer, table.Owner(inner))
	require.Zero(t, table.Owner(outer))
	require.Zero(t, table.Owner(initial))

	var chain []refcount.Handle
	for h := range table.Owners(inner) {
		chain = append(chain, h)
	}
	require.Equal(t, []refcount.Handle{outer, initial}, chain)
}

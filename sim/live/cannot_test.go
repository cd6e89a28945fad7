// SPDX-License-Identifier: GPL-2.0-only

package live

import (
	"testing"

	"github.com/nssim/nssim/sim/program"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestCannot(t *testing.T) {
	for text, why := range map[string]string{
		"init: getpid()\n": "",
		"init: getpid()\ninit: unshare(CLONE_NEWNET) until commit_creds <unfinished ...>\n": "x.ns:2:1: cannot be done on a real kernel: until commit_creds: the kernel has no place to stop there",
		"init: unshare(CLONE_NEWNET) fail net_ns_common_init = -ENOSPC\n":                   "x.ns:1:1: cannot be done on a real kernel: fail net_ns_common_init: the kernel cannot be made to fail there",
		"init: walk({})\n": "x.ns:1:1: cannot be done on a real kernel: only the model has walk",
	} {
		p, err := program.Parse("x.ns", []byte(text))
		require.NoError(t, err)
		if err := Cannot(p); why == "" {
			assert.NoError(t, err)
		} else {
			assert.ErrorIs(t, err, ErrCannot)
			assert.EqualError(t, err, why)
		}
	}
}

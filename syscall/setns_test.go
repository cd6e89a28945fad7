// SPDX-License-Identifier: GPL-2.0-only

package syscall_test

import (
	"testing"

	"github.com/nssim/nssim/sim"
	"github.com/nssim/nssim/syscall/uapi"
	"github.com/stretchr/testify/require"
)

// Joining asks for CAP_SYS_ADMIN twice: over the owner of the namespace, and over the user
// namespace that the caller is in.
func TestSetnsAsksTwice(t *testing.T) {
	for _, typ := range []string{"uts", "ipc", "net", "cgroup", "time"} {
		w := newWorld(t, sim.Config{})
		p := w.fork(w.init)
		outside := w.open(p, p, typ)
		w.unshare(p, uapi.CLONE_NEWUSER)
		require.Equal(t, uapi.EPERM, p.Setns(outside, 0), "%s: root of its own user namespace only", typ)
	}
}

// SPDX-License-Identifier: GPL-2.0-only

package syscall_test

import (
	"testing"

	"github.com/nssim/nssim/sim"
	"github.com/nssim/nssim/syscall"
	"github.com/nssim/nssim/syscall/uapi"
	"github.com/stretchr/testify/require"
)

// Opening a socket's namespace asks for CAP_NET_ADMIN, and for no other capability.
func TestSocketAsksForNetAdmin(t *testing.T) {
	for name, c := range map[string]struct {
		caps sim.CapSet
		want string
	}{
		"only it":     {1 << uapi.CAP_NET_ADMIN, "ok"},
		"all but":     {sim.FullCaps &^ (1 << uapi.CAP_NET_ADMIN), "EPERM"},
		"CAP_NET_RAW": {1 << uapi.CAP_NET_RAW, "EPERM"},
	} {
		w := newWorld(t, sim.Config{})
		p := w.fork(w.init)
		sk := w.socket(p)
		w.do(p, syscall.Capset{Effective: c.caps, Permitted: c.caps})
		require.Equal(t, c.want, saysFD(p.SIOCGSKNS(sk)), name)
	}
}

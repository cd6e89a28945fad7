// SPDX-License-Identifier: GPL-2.0-only

package syscall_test

import (
	"testing"

	"github.com/nssim/nssim/sim"
	"github.com/nssim/nssim/syscall"
	"github.com/nssim/nssim/syscall/uapi"
	"github.com/stretchr/testify/assert"
)

// While a namespace is being opened, the reference that its opener has found is with
// exactly one holder at every step: the call, then the inode.
func TestOpeningHoldsOnce(t *testing.T) {
	for _, open := range []bool{false, true} {
		w := boot(t, "v6.19")
		sk, n, _ := w.deadSocket()
		if open {
			w.fd(w.init.SIOCGSKNS(sk))
		}
		syscall.Settle(w.m)
		w.ok(syscall.Start(w.m, w.init.ID, syscall.Ioctl{FD: int32(sk), Cmd: uapi.SIOCGSKNS}))
		steps := 0
		for more := true; more; steps++ {
			more = syscall.Step(w.m, w.init.ID)
			held := int32(0)
			for _, h := range w.m.Holders(n) {
				held += h.Passive
			}
			op, step := syscall.NextStep(w.m, w.init.ID)
			if op != "__ns_ref_put" && op != "ns put" { // which has the reference that it drops
				assert.Equal(t, w.m.Passive(n), held, "before %s: %s", op, step)
			}
		}
		assert.GreaterOrEqual(t, steps, 3)
		assert.Equal(t, sim.Running, w.m.Task(w.init.ID).State)
	}
}

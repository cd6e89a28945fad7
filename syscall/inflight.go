// SPDX-License-Identifier: GPL-2.0-only

package syscall

import "github.com/nssim/nssim/sim"

// heldLocals says which locals of an operation's frames are namespaces that the
// frame holds passively; what is in an nsproxy or credential counts there.
var heldLocals = map[uint8][]int{
	opListns:          {lsPrev, lsFirst},
	opSetns:           {snTgtUser, snTgtPid},
	opPathFromStashed: {pfsNS},
	opOpenNamespace:   {pfsNS},
}

func init() {
	sim.HoldsInFlight = func(m *sim.Machine, f *sim.Frame, hold func(sim.NS)) {
		for _, i := range heldLocals[f.Op] {
			hold(sim.NS(f.L[i]))
		}
		if f.Op == opListns && f.L[lsFlags]&lsHeld != 0 {
			hold(sim.NS(f.L[lsOwner]))
		}
	}
}

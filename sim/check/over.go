// SPDX-License-Identifier: GPL-2.0-only

package check

import "github.com/nssim/nssim/sim"

// Over reports whether nothing of a program is left: its tasks are reaped, nothing is
// mounted, no socket is in flight and what was put off is done. Then AtEnd is due.
func Over(m *sim.Machine) bool {
	over := m.Deferred == 0 && m.Mounts.Count() == 0 && m.Sockets.Count() == 0
	m.EachTask(func(t sim.TaskID, k *sim.Task) bool {
		over = over && (t <= sim.Pid1 || k.Has(sim.KThread))
		return over
	})
	return over
}

// SPDX-License-Identifier: GPL-2.0-only

package syscall

import "github.com/nssim/nssim/sim"

// Settle drains everything that the kernel has put off: grace periods pass, work
// queues run, CPUs switch address spaces. Tasks that this wakes run too. Callbacks
// that wait for a stopped reader stay.
func Settle(m *sim.Machine) {
	for {
		Sched(m)
		if !Deferred(m, nil) {
			break
		}
	}
	m.ReclaimNS()
	m.ReclaimPaths()
}

// Deferred starts the first piece of deferred work that may run and that ok
// accepts (nil: any), runs it to its end, and reports whether there was one.
func Deferred(m *sim.Machine, ok func(*sim.Work) bool) bool {
	if !StartDeferred(m, ok) {
		return false
	}
	Run(m, sim.KWorker)
	return true
}

// StartDeferred is Deferred without running the work: the kernel's worker is left
// with a call in flight, to be stepped like any task's.
func StartDeferred(m *sim.Machine, ok func(*sim.Work) bool) bool {
	if m.Task(sim.KWorker).Top != 0 {
		return false
	}
	w, found := m.TakeWork(ok)
	if !found {
		return false
	}
	m.Now.Task = int32(sim.KWorker)
	m.Left = false
	x := X{m, sim.KWorker}
	switch w.Kind {
	case sim.RCUPutCred:
		x.push(opPutCredRCU, int64(w.Obj))
	case sim.RCUPutPid:
		x.push(opPutPid, int64(w.Obj))
	case sim.RCUPutTask:
		x.push(opPutTask, int64(w.Obj))
	case sim.RCUFreeNS:
		m.FreeNSData(w.NS)
	case sim.RCUFreePidNS:
		x.push(opFreePidRCU, int64(w.NS))
	case sim.RCUFreeMntNS:
		owner := m.Entries[w.NS].Owner
		m.Nodes[w.NS].Flags |= sim.NodeOwnerPut
		m.FreeNSData(w.NS)
		x.push(opPutNS, int64(owner))
	case sim.RCUFreeExec:
		ns := m.ExecStates.At(w.Obj).UserNS
		m.ExecStates.Free(w.Obj)
		x.push(opPutNS, int64(ns))
	case sim.RCUFreeIPC:
		x.push(opFreeIPC, int64(w.NS))
	case sim.WorkFreeUser:
		x.push(opFreeUser, int64(w.NS))
	case sim.WorkFreePid:
		x.push(opFreePid, int64(w.NS))
	case sim.WorkCleanNet:
		x.push(opCleanNet, int64(w.NS))
	case sim.LazyTLB:
		x.push(opPutMM, int64(w.Obj))
	case sim.FPut:
		x.push(opFPut, int64(w.Obj))
	case sim.WorkShrink:
		x.push(opShrink)
	case sim.WorkUnixGC:
		x.push(opUnixGC)
	}
	return true
}

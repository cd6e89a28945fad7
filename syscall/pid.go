// SPDX-License-Identifier: GPL-2.0-only

package syscall

import (
	"github.com/nssim/nssim/sim"
	"github.com/nssim/nssim/syscall/uapi"
)

// pidMax is the first number that is no pid: kernel.pid_max's default, for few CPUs in
// the initial pid namespace, and PID_MAX_LIMIT in others.
func (x X) pidMax(ns sim.NS) int32 {
	if ns == x.Initial(uapi.PID_NS) {
		return 32768
	}
	return 1 << 22
}

// cloneAllocPid makes the child's struct pid in the pid namespace for children:
// a number for every level, innermost first (kernel/pid.c: alloc_pid, v6.19).
func cloneAllocPid(x X) {
	f := x.f()
	f.Ret = 0
	ns := x.Proxy(x.child().me().Proxy).NS[sim.SlotPid]
	p, e := x.allocPid(ns)
	if e != 0 {
		x.cloneFail(e, cloneUnwindProxy)
		return
	}
	x.f().L[clonePid] = int64(p)
	x.activeGet(ns)
}

// setTid returns the number asked for at a depth (0: innermost), 0 for any.
func (x X) setTid(depth int) int32 {
	f := x.f()
	if int64(depth) >= f.L[cloneNTid] {
		return 0
	}
	return int32(f.L[cloneTid+depth/2] >> (32 * (depth % 2)))
}

func (x X) allocPid(ns sim.NS) (sim.PidID, uapi.Errno) {
	if x.f().L[cloneNTid] > int64(x.PidNSOf(ns).Level)+1 {
		return 0, uapi.EINVAL
	}
	var nrs [maxPidNSLevel + 1]int32
	if e := x.drawNumbers(ns, &nrs); e != 0 {
		return 0, e
	}
	for n := ns; n != 0; n = x.PidNSOf(n).Parent {
		if x.PidNSOf(n).Closed {
			return 0, uapi.ENOMEM
		}
		if x.Cfg.Rules.Has(sim.PidNSDyingInnermost) {
			break
		}
	}
	p := sim.PidID(x.Pids.New())
	for n, i := ns, 0; n != 0; n, i = x.PidNSOf(n).Parent, i+1 {
		u := x.UPids.New()
		*x.UPids.At(u) = sim.UPid{NS: n, Nr: nrs[i]}
		*x.lastOuter(p) = u
		x.PidNSOf(n).Count++
	}
	x.Pid(p).Refs = 1
	x.Inc(ns)
	return p, 0
}

// drawNumbers checks what set_tid asks for and draws a number for every level, innermost
// first. A number drawn for a process that then is not made is not drawn again soon.
func (x X) drawNumbers(ns sim.NS, nrs *[maxPidNSLevel + 1]int32) (e uapi.Errno) {
	byLevel := x.Cfg.Rules.Has(sim.SetTidByLevel)
	for n, i := ns, 0; n != 0 && e == 0 && !byLevel; n, i = x.PidNSOf(n).Parent, i+1 {
		e = x.checkSetTid(n, i)
	}
	if d := x.PidNSOf(ns); d.Count == 0 && !d.Closed {
		d.LastNr = 0 // a first process that failed is tried again as number 1
	}
	for n, i := ns, 0; n != 0 && e == 0; n, i = x.PidNSOf(n).Parent, i+1 {
		if byLevel {
			e = x.checkSetTid(n, i)
		}
		if e == 0 {
			nrs[i], e = x.pickNr(n, x.setTid(i))
		}
		if e == 0 && !x.Cfg.Rules.Has(sim.SetTidInitFirst) && nrs[i] != 1 && x.PidNSOf(n).Reaper == 0 {
			e = uapi.EINVAL
		}
	}
	return e
}

// lastOuter returns the end of a struct pid's chain of levels.
func (x X) lastOuter(p sim.PidID) *int32 {
	at := &x.Pid(p).UPid
	for *at != 0 {
		at = &x.UPids.At(*at).Outer
	}
	return at
}

// checkSetTid makes the checks on the number that clone3 asked for at a depth. Up to
// v7.0 a namespace without an init refuses before the capability is looked at.
func (x X) checkSetTid(n sim.NS, depth int) uapi.Errno {
	if int64(depth) >= x.f().L[cloneNTid] {
		return 0
	}
	tid, d := x.setTid(depth), x.PidNSOf(n)
	owner := x.Entries[n].Owner
	switch {
	case tid < 1 || tid >= x.pidMax(n):
		return uapi.EINVAL
	case x.Cfg.Rules.Has(sim.SetTidInitFirst) && tid != 1 && d.Reaper == 0:
		return uapi.EINVAL
	case !x.NSCapable(x.T, owner, uapi.CAP_CHECKPOINT_RESTORE) && !x.NSCapable(x.T, owner, uapi.CAP_SYS_ADMIN):
		return uapi.EPERM
	}
	return 0
}

// reservedPids is RESERVED_PIDS: after the first round low numbers stay free.
const reservedPids = 300

// pickNr returns the number asked for, or the next after the last one drawn.
func (x X) pickNr(ns sim.NS, tid int32) (int32, uapi.Errno) {
	if tid != 0 {
		if x.FindPid(tid, ns) != 0 {
			return 0, uapi.EEXIST
		}
		return tid, 0
	}
	d := x.PidNSOf(ns)
	for nr := d.LastNr + 1; nr != d.LastNr; nr++ {
		if nr >= x.pidMax(ns) {
			nr = reservedPids
		}
		if d.Count == 0 || x.FindPid(nr, ns) == 0 {
			d.LastNr = nr
			return nr, 0
		}
	}
	return 0, uapi.EAGAIN
}

// pidNSClosed reports whether a namespace of a struct pid stopped accepting
// processes since alloc_pid (kernel/fork.c: copy_process, v6.19).
func (x X) pidNSClosed(p sim.PidID) bool { return x.PidNSOf(x.PidNS(p)).Closed }

// freePid takes a struct pid out of its namespaces. The active reference goes first
// and at once; the memory, and with it the passive one, after a grace period
// (kernel/pid.c: free_pid, v6.19).
func (x X) freePid(p sim.PidID) {
	k := x.Pid(p)
	k.Freed, k.Task = true, 0
	for u := k.UPid; u != 0; u = x.UPids.At(u).Outer {
		d := x.PidNSOf(x.UPids.At(u).NS)
		d.Count--
		switch {
		case d.Count == 0 && !d.Closed:
			// Only when the first process of a namespace failed.
			d.Closed = x.Cfg.Rules.Has(sim.FirstForkClosesPidNS)
		case d.Count <= 2 && d.Closed && x.reaperLives(d):
			x.Wake(d.Reaper)
		}
	}
	x.Defer(sim.RCUPutPid, 0, int32(p))
	x.activePut(x.PidNS(p))
}

func (x X) reaperLives(d *sim.PidNSData) bool {
	return d.Reaper != 0 && x.TaskLive(d.Reaper) && x.Task(d.Reaper).State < sim.Dead
}

// detachPid drops one use of a struct pid and reports whether it was the last.
func (x X) detachPid(p sim.PidID) bool {
	if p == 0 {
		return false
	}
	k := x.Pid(p)
	k.Uses--
	return k.Uses == 0
}

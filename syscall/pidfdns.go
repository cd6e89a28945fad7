// SPDX-License-Identifier: GPL-2.0-only

package syscall

import (
	"github.com/nssim/nssim/sim"
	"github.com/nssim/nssim/syscall/uapi"
)

// Locals of PIDFD_GET_*_NAMESPACE.
const (
	pnFile = iota
	pnArg
	pnSlot  // of the nsproxy, or one of the two below
	pnProxy // share of the task's nsproxy
	pnNS    // passively held
	pnRet
)

// The namespaces that hang off the task and not off its nsproxy.
const (
	pnUser = int64(sim.NumSlots) + iota
	pnPid
)

const (
	pnPutProxy = 3
	pnLeave    = 4
)

// pidfdNSes says where each command finds its namespace.
var pidfdNSes = map[uapi.Ioctl]int64{
	uapi.PIDFD_GET_CGROUP_NAMESPACE:            int64(sim.SlotCgroup),
	uapi.PIDFD_GET_IPC_NAMESPACE:               int64(sim.SlotIpc),
	uapi.PIDFD_GET_MNT_NAMESPACE:               int64(sim.SlotMnt),
	uapi.PIDFD_GET_NET_NAMESPACE:               int64(sim.SlotNet),
	uapi.PIDFD_GET_PID_NAMESPACE:               pnPid,
	uapi.PIDFD_GET_PID_FOR_CHILDREN_NAMESPACE:  int64(sim.SlotPid),
	uapi.PIDFD_GET_TIME_NAMESPACE:              int64(sim.SlotTime),
	uapi.PIDFD_GET_TIME_FOR_CHILDREN_NAMESPACE: int64(sim.SlotTimeForChildren),
	uapi.PIDFD_GET_USER_NAMESPACE:              pnUser,
	uapi.PIDFD_GET_UTS_NAMESPACE:               int64(sim.SlotUts),
}

// pidfdIoctl enters an ioctl on a pidfd: one of PIDFD_GET_*_NAMESPACE, which open a
// namespace of the pidfd's task (fs/pidfs.c: pidfd_ioctl, v6.19). ENOTTY: another
// command; ESRCH: the task has been reaped; EINVAL: the argument is not 0; EINTR: killed
// while it waited for the task's execve (v7.2); EACCES: the task may not be looked at
// (PTRACE_MODE_READ_FSCREDS); ESRCH: it has no nsproxy any more, also for its user and pid
// namespaces; EOPNOTSUPP: the namespace is dead. Up to v7.1 the nsproxy is looked at
// before the permission.
func (x X) pidfdIoctl(f sim.FileID, cmd uapi.Ioctl, arg uint64) {
	slot, ok := pidfdNSes[cmd]
	if !ok {
		x.result(0, uapi.ENOTTY)
		return
	}
	x.push(opPidFDGetNS, int64(x.getFile(f)), int64(arg), slot)
}

func init() {
	heldLocals[opPidFDGetNS] = []int{pnNS}
	define(opPidFDGetNS, "pidfd_ioctl",
		step{"get_nsproxy", pidfdGetProxy},
		step{"ns_ref_get", func(x X) {
			f := x.f()
			s := f.L[pnSlot]
			if s >= int64(sim.NumSlots) {
				return
			}
			x.pidfdHold(x.Proxy(sim.ProxyID(f.L[pnProxy])).NS[s])
		}},
		step{"open_namespace", func(x X) {
			f := x.f()
			if ns := sim.NS(f.L[pnNS]); ns != 0 {
				f.L[pnNS] = 0
				f.Flag = 1 // the result is open_namespace's
				x.openNamespace(ns)
			}
		}},
		step{"put_nsproxy", func(x X) {
			f := x.f()
			if f.Flag != 0 {
				f.L[pnRet] = f.Ret
			}
			x.putNSProxy(sim.ProxyID(x.take(pnProxy)))
		}},
		step{"fdput", func(x X) {
			f := x.f()
			file, ret := sim.FileID(f.L[pnFile]), f.L[pnRet]
			x.fput(file)
			x.ret(ret)
		}},
	)
}

// pidfdGetProxy makes the checks and takes a share of the task's nsproxy, which keeps
// its namespaces active to the end of the call even if the task exits. The task's user
// and pid namespace are read in the same step, while its record is certain to exist.
func pidfdGetProxy(x X) {
	f := x.f()
	t := x.pidTask(sim.PidID(x.File(sim.FileID(f.L[pnFile])).Obj))
	var e uapi.Errno
	switch {
	case t == 0:
		e = uapi.ESRCH
	case f.L[pnArg] != 0:
		e = uapi.EINVAL
	case !x.Cfg.Rules.Has(sim.PidFDIgnoresExec) && x.awaitExec(t) != 0:
		if e = x.awaitExec(t); e == errExecBusy {
			x.sleepForExec()
			return
		}
	case x.Cfg.Rules.Has(sim.PidFDProxyFirst) && x.lacksProxy(t):
		e = uapi.ESRCH
	case !x.PtraceMayRead(x.T, t, sim.FSCreds):
		e = uapi.EACCES
	case x.lacksProxy(t):
		e = uapi.ESRCH
	}
	if e != 0 {
		f.L[pnRet] = -int64(e)
		x.jump(pnLeave)
		return
	}
	if p := x.Task(t).Proxy; p != 0 {
		x.Proxy(p).Count++
		f.L[pnProxy] = int64(p)
	}
	switch f.L[pnSlot] {
	case pnUser:
		x.pidfdHold(x.UserNS(t))
	case pnPid:
		x.pidfdHold(x.ActivePidNS(t))
	}
}

// lacksProxy reports whether a task has given up the nsproxy that the command asks for. The
// kernel asks for one whatever the command is.
func (x X) lacksProxy(t sim.TaskID) bool {
	return x.Task(t).Proxy == 0 && (x.f().L[pnSlot] < pnUser || x.Cfg.Faults.Has(sim.ZombiePidFDNeedsProxy))
}

// pidfdHold takes the passive reference that open_namespace consumes; v6.18 does not
// ask whether it may.
func (x X) pidfdHold(ns sim.NS) {
	f := x.f()
	switch {
	case x.Cfg.Rules.Has(sim.HandleDeref618):
		x.Inc(ns)
	case !x.Get(ns):
		f.L[pnRet] = -int64(uapi.EOPNOTSUPP)
		x.jump(pnPutProxy)
		return
	}
	f.L[pnNS] = int64(ns)
}

// SPDX-License-Identifier: GPL-2.0-only

package syscall

import (
	"github.com/nssim/nssim/sim"
	"github.com/nssim/nssim/syscall/uapi"
)

// Setns is setns(2).
type Setns struct {
	FD    int32
	Flags uint64
}

func (c Setns) start(x X) {
	f, e := x.fdGet(c.FD, false)
	if e != 0 {
		x.result(0, e)
		return
	}
	file := x.File(f)
	flags := c.Flags
	var ns sim.NS
	switch file.Kind {
	case sim.FileNSFS:
		ns = x.nsOfFile(f)
		typ := uint64(x.Nodes[ns].NSType())
		if flags != 0 && flags != typ {
			e = uapi.EINVAL
		}
		flags = typ
	case sim.FilePidFD:
		if flags == 0 || flags&^uint64(uapi.NSTypeMask) != 0 {
			e = uapi.EINVAL
		}
	default:
		e = uapi.EINVAL
	}
	if e != 0 {
		x.result(0, e)
		return
	}
	x.push(opSetns, int64(flags), int64(x.getFile(f)), int64(ns))
}

// Setns joins the namespace of an nsfs descriptor, or the namespaces that flags
// name of a pidfd's task (kernel/nsproxy.c: setns, v6.19). EBADF, EINVAL: no such
// descriptor, or not of that type; ESRCH: the task is gone; EPERM: not permitted to
// look at the task or to join; EUSERS: time namespace with several threads.
func (t T) Setns(fd int, flags uint64) error { return t.do(Setns{int32(fd), flags}) }

// Locals of setns: the nsset, and the snapshot of a pidfd's task.
const (
	snFlags = iota
	snFile
	snNS    // of an nsfs file; 0: a pidfd
	snProxy // prepared: passive references only
	snCred  // prepared with CLONE_NEWUSER
	snErr
	snTgtProxy
	snTgtUser
	snTgtPid
	snAt        // place in installOrder
	snTgtUserNS // what "tgt" of the install checks is
)

const (
	snReleaseStep = 3
	snPutStep     = 9
)

// installOrder is the order in which a pidfd's namespaces are installed.
var installOrder = uapi.NSTypes()

func init() {
	define(opSetns, "setns",
		step{"prepare_nsset", func(x X) {
			x.createNewNamespaces(0, x.me().Proxy, x.cred().UserNS, x.T)
		}},
		step{"validate_nsset", setnsSnapshot},
		step{"validate_ns", setnsInstall},
		// What the snapshot took is dropped before the commit, so from here on nothing
		// keeps the task's namespaces active if it exits.
		step{"put_pid_ns", func(x X) { x.putNS(x.take(snTgtPid)) }},
		step{"put_nsproxy", func(x X) { x.putNSProxy(sim.ProxyID(x.take(snTgtProxy))) }},
		step{"put_user_ns", func(x X) { x.putNS(x.take(snTgtUser)) }},
		step{"point of no return", func(x X) {
			if x.f().L[snErr] != 0 {
				x.jump(snPutStep)
			}
		}},
		step{"commit_creds", func(x X) {
			f := x.f()
			if c := f.L[snCred]; c != 0 {
				f.L[snCred] = 0
				x.commitCreds(sim.CredID(c))
			}
		}},
		step{"commit_nsset", func(x X) {
			f := x.f()
			p := f.L[snProxy]
			f.L[snProxy] = 0
			if uint64(f.L[snFlags])&uapi.CLONE_NEWNS != 0 {
				fs := x.FS(x.me().FS)
				fs.Root, fs.Chroot = x.Proxy(sim.ProxyID(p)).NS[sim.SlotMnt], false
			}
			x.push(opSwitchNamespaces, p)
		}},
		step{"put_nsset", func(x X) {
			f := x.f()
			p := f.L[snProxy]
			if f.L[snProxy] = 0; p == 0 {
				return
			}
			if x.Cfg.Rules.Has(sim.FailedSetnsDropsActive) {
				x.push(opDeactivateProxy, p)
				return
			}
			x.push(opFreeProxy, p)
		}},
		step{"put_cred", func(x X) { x.putCred(sim.CredID(x.take(snCred))) }},
		step{"fdput", func(x X) {
			f := x.f()
			file, e := sim.FileID(f.L[snFile]), f.L[snErr]
			x.ret(e)
			x.fput(file)
		}},
	)
}

// take returns a local of the frame and clears it.
func (x X) take(i int) sim.NS {
	f := x.f()
	v := f.L[i]
	f.L[i] = 0
	return sim.NS(v)
}

// setnsSnapshot completes the nsset, and for a pidfd takes passive references on
// what the task has at this moment; nothing keeps it active until commit.
func setnsSnapshot(x X) {
	f := x.f()
	f.L[snProxy] = f.Ret
	f.L[snTgtUserNS] = int64(x.cred().UserNS)
	fl := uint64(f.L[snFlags])
	if fl&uapi.CLONE_NEWUSER != 0 {
		f.L[snCred] = int64(x.prepareCreds())
		f = x.f()
	}
	if f.L[snNS] != 0 {
		return
	}
	t := x.Pid(sim.PidID(x.File(sim.FileID(f.L[snFile])).Obj)).Task
	switch {
	case t == 0:
		x.setnsFail(uapi.ESRCH)
		return
	case !x.PtraceMayRead(x.T, t, sim.RealCreds):
		x.setnsFail(uapi.EPERM)
		return
	case x.Task(t).Proxy == 0:
		x.setnsFail(uapi.ESRCH)
		return
	}
	p := x.Task(t).Proxy
	x.Proxy(p).Count++
	f.L[snTgtProxy] = int64(p)
	if fl&uapi.CLONE_NEWPID != 0 {
		ns := x.ActivePidNS(t)
		x.Inc(ns)
		f.L[snTgtPid] = int64(ns)
	}
	if fl&uapi.CLONE_NEWUSER != 0 {
		ns := x.UserNS(t)
		x.Inc(ns)
		f.L[snTgtUser] = int64(ns)
	}
}

func (x X) setnsFail(e uapi.Errno) {
	x.f().L[snErr] = -int64(e)
	x.jump(snReleaseStep)
}

// setnsInstall installs one namespace into the nsset per step; the first failure
// ends the call.
func setnsInstall(x X) {
	f := x.f()
	if ns := sim.NS(f.L[snNS]); ns != 0 {
		if e := x.install(ns); e != 0 {
			x.setnsFail(e)
		}
		return
	}
	if f.L[snAt] == int64(len(installOrder)) {
		return
	}
	typ := installOrder[f.L[snAt]]
	f.L[snAt]++
	x.again()
	if uint64(f.L[snFlags])&uint64(typ) == 0 {
		return
	}
	if e := x.install(x.snapshot(typ)); e != 0 {
		x.setnsFail(e)
	}
}

// snapshot returns what the snapshot has of a type: the pid and time namespaces the
// task is in, not those for its children.
func (x X) snapshot(typ uapi.NSType) sim.NS {
	f := x.f()
	switch typ {
	case uapi.USER_NS:
		return sim.NS(f.L[snTgtUser])
	case uapi.PID_NS:
		return sim.NS(f.L[snTgtPid])
	}
	s, _ := sim.SlotOf(typ) // for time the first slot: time_ns
	return x.Proxy(sim.ProxyID(f.L[snTgtProxy])).NS[s]
}

// install is the install operation of a namespace's type: its checks in order, then
// the change to the prepared set. The caller's capabilities are those of its old
// credential all the while.
func (x X) install(ns sim.NS) uapi.Errno {
	switch typ := x.Nodes[ns].NSType(); typ {
	case uapi.USER_NS:
		return x.installUser(ns)
	case uapi.MNT_NS:
		return x.installMnt(ns)
	case uapi.TIME_NS:
		if x.Threads(x.T, true) > 0 || x.MM(x.me().MM).Users > 1 {
			return uapi.EUSERS
		}
		if !x.mayInstall(ns) {
			return uapi.EPERM
		}
		x.replace(sim.SlotTime, ns)
		x.replace(sim.SlotTimeForChildren, ns)
		return 0
	default:
		if !x.mayInstall(ns) {
			return uapi.EPERM
		}
		if typ == uapi.PID_NS && !x.PidNSIsAncestor(x.ActivePidNS(x.T), ns) {
			return uapi.EINVAL
		}
		s, _ := sim.SlotOf(typ)
		x.replace(s, ns)
		return 0
	}
}

// mayInstall is the pair of capabilities that every type asks for: CAP_SYS_ADMIN
// over the namespace's owner, and over the user namespace the caller will be in.
func (x X) mayInstall(ns sim.NS) bool {
	return x.NSCapable(x.T, x.Entries[ns].Owner, uapi.CAP_SYS_ADMIN) &&
		x.NSCapable(x.T, sim.NS(x.f().L[snTgtUserNS]), uapi.CAP_SYS_ADMIN)
}

// replace puts ns into a field of the prepared nsproxy. The reference dropped is
// never the last: the caller's own nsproxy has the same namespace.
func (x X) replace(s sim.Slot, ns sim.NS) {
	p := x.Proxy(sim.ProxyID(x.f().L[snProxy]))
	x.Inc(ns)
	x.Put(p.NS[s])
	p.NS[s] = ns
}

func (x X) installUser(ns sim.NS) uapi.Errno {
	f := x.f()
	switch {
	case ns == x.cred().UserNS:
		return uapi.EINVAL
	case x.Threads(x.T, true) > 0:
		return uapi.EINVAL
	case x.FS(x.me().FS).Users > 1:
		return uapi.EINVAL
	case !x.NSCapable(x.T, ns, uapi.CAP_SYS_ADMIN):
		return uapi.EPERM
	}
	c := sim.CredID(f.L[snCred])
	k := x.Cred(c)
	old := k.UserNS
	x.Inc(ns)
	k.UserNS = ns
	x.fullCaps(k)
	f.L[snTgtUserNS] = int64(ns)
	x.Put(old) // the caller's own credential has another
	u := k.UCounts
	k.UCounts = x.UCountsGet(ns, k.UID.Real)
	x.Put(x.UCountsPut(u)) // and another of these
	return 0
}

func (x X) installMnt(ns sim.NS) uapi.Errno {
	f := x.f()
	owner, tgt := x.Entries[ns].Owner, sim.NS(f.L[snTgtUserNS])
	if !x.NSCapable(x.T, owner, uapi.CAP_SYS_ADMIN) ||
		!x.NSCapable(x.T, tgt, uapi.CAP_SYS_CHROOT) || !x.NSCapable(x.T, tgt, uapi.CAP_SYS_ADMIN) {
		return uapi.EPERM
	}
	if x.MntNSOf(ns).Anon {
		return uapi.EINVAL
	}
	shared := x.FS(x.me().FS).Users > 1
	switch {
	case x.Cfg.Rules.Has(sim.SetnsMntIgnoresSharing):
		shared = false
	case x.Cfg.Rules.Has(sim.SetnsMntPrivateFS) && uint64(f.L[snFlags]) != uapi.CLONE_NEWNS:
		shared = false
	}
	if shared {
		return uapi.EINVAL
	}
	x.replace(sim.SlotMnt, ns)
	return 0
}

// SPDX-License-Identifier: GPL-2.0-only

package syscall

import (
	"github.com/nssim/nssim/refcount"
	"github.com/nssim/nssim/sim"
	"github.com/nssim/nssim/syscall/uapi"
)

// putOrder is the order in which an nsproxy's passive references are dropped
// (kernel/nsproxy.c: nsproxy_free, v6.19).
var putOrder = [sim.NumSlots]sim.Slot{
	sim.SlotMnt, sim.SlotUts, sim.SlotIpc, sim.SlotPid, sim.SlotTime, sim.SlotTimeForChildren, sim.SlotCgroup, sim.SlotNet,
}

// activeOrder is the order in which the active references are taken and dropped
// (include/linux/nsproxy.h: nsproxy_ns_active_get, v6.19).
var activeOrder = [sim.NumSlots]sim.Slot{0, 1, 2, 3, 4, 5, 6, 7}

// nextField returns the namespace in the next field of the frame's nsproxy, to be
// counted in this step, and makes the step come again; 0 after the last. Initial
// namespaces, for which counting does nothing, are no step of their own.
func (x X) nextField(order *[sim.NumSlots]sim.Slot) sim.NS {
	f := x.f()
	p := x.Proxy(sim.ProxyID(f.L[0]))
	for f.L[1] < int64(sim.NumSlots) {
		ns := p.NS[order[f.L[1]]]
		f.L[1]++
		if ns != 0 && x.Entries[ns].Flags&refcount.Frozen == 0 {
			x.again()
			return ns
		}
	}
	return 0
}

// copyOrder is the order in which one call makes namespaces
// (kernel/nsproxy.c: create_new_namespaces, v6.19).
var copyOrder = [...]sim.Slot{
	sim.SlotMnt, sim.SlotUts, sim.SlotIpc, sim.SlotPid, sim.SlotCgroup, sim.SlotNet, sim.SlotTimeForChildren,
}

// nsFlags are the flags that ask for a namespace kept in the nsproxy.
const nsFlags = uint64(uapi.NSTypeMask &^ uapi.USER_NS)

// putNSProxy drops a share of an nsproxy; the last one deactivates it.
func (x X) putNSProxy(p sim.ProxyID) {
	if p == 0 {
		return
	}
	k := x.Proxy(p)
	if k.Count--; k.Count == 0 {
		x.push(opDeactivateProxy, int64(p))
	}
}

func init() {
	// The fields' active references go first, so that no namespace is ever
	// active without being alive.
	define(opDeactivateProxy, "deactivate_nsproxy",
		step{"nsproxy_ns_active_put", func(x X) {
			p := x.Proxy(sim.ProxyID(x.f().L[0]))
			if ns := x.nextField(&activeOrder); ns != 0 {
				x.activePut(ns)
				return
			}
			p.Active = false
		}},
		step{"nsproxy_free", func(x X) { x.push(opFreeProxy, x.f().L[0]) }},
	)
	define(opFreeProxy, "nsproxy_free",
		step{"put", func(x X) {
			if ns := x.nextField(&putOrder); ns != 0 {
				x.putNS(ns)
				return
			}
			x.Proxies.Free(int32(x.f().L[0]))
		}},
	)
	define(opActivateProxy, "nsproxy_ns_active_get",
		step{"ns_ref_active_get", func(x X) {
			p := x.Proxy(sim.ProxyID(x.f().L[0]))
			if ns := x.nextField(&activeOrder); ns != 0 {
				x.activeGet(ns)
				return
			}
			p.Active = true
		}},
	)
	// Locals: the new nsproxy or 0. The get precedes the put, so a namespace used
	// before and after never dips to zero.
	define(opSwitchNamespaces, "switch_task_namespaces",
		step{"nsproxy_ns_active_get", func(x X) {
			if p := x.f().L[0]; p != 0 {
				x.push(opActivateProxy, p)
			}
		}},
		step{"swap nsproxy", func(x X) {
			f, k := x.f(), x.me()
			f.L[0], k.Proxy = int64(k.Proxy), sim.ProxyID(f.L[0])
		}},
		step{"put_nsproxy", func(x X) { x.putNSProxy(sim.ProxyID(x.f().L[0])) }},
	)
	define(opCreateNewNamespaces, "create_new_namespaces",
		step{"create_nsproxy", cnnAlloc},
		step{"copy", cnnCopy},
		step{"ns_tree_add", cnnInsert},
		step{"done", func(x X) {
			f := x.f()
			p := x.Proxy(sim.ProxyID(f.L[cnnNew]))
			ns := x.Proxy(sim.ProxyID(f.L[cnnOld])).NS[sim.SlotTime]
			x.Inc(ns)
			p.NS[sim.SlotTime] = ns
			x.ret(f.L[cnnNew])
		}},
		step{"unwind", cnnUnwind},
	)
}

// Locals of create_new_namespaces.
const (
	cnnFlags = iota // which namespaces are to be new
	cnnOld          // the nsproxy to copy
	cnnUser         // owner of the new ones
	cnnTask         // the task they are for
	cnnNew          // the nsproxy being built
	cnnAt           // place in copyOrder
	cnnErr
)

const cnnUnwindStep = 4

// createNewNamespaces enters create_new_namespaces; its result is an nsproxy with
// passive references only, or a negative errno.
func (x X) createNewNamespaces(flags uint64, old sim.ProxyID, user sim.NS, task sim.TaskID) {
	x.push(opCreateNewNamespaces, int64(flags), int64(old), int64(user), int64(task))
}

func cnnAlloc(x X) {
	p := x.Proxies.New()
	x.Proxies.At(p).Count = 1
	x.f().L[cnnNew] = int64(p)
}

// cnnCopy takes a reference on the namespace of the next field, or makes a new one. As
// in nextField, initial namespaces are no step of their own.
func cnnCopy(x X) {
	f := x.f()
	old, p := x.Proxy(sim.ProxyID(f.L[cnnOld])), x.Proxy(sim.ProxyID(f.L[cnnNew]))
	for f.L[cnnAt] < int64(len(copyOrder)) {
		s := copyOrder[f.L[cnnAt]]
		if uint64(f.L[cnnFlags])&uint64(s.Type()) != 0 {
			cnnMake(x, s, old.NS[s])
			return
		}
		ns := old.NS[s]
		x.Inc(ns)
		p.NS[s] = ns
		f.L[cnnAt]++
		if x.Entries[ns].Flags&refcount.Frozen == 0 {
			x.again()
			return
		}
	}
	x.jump(3)
}

// cnnMake makes the namespace for a field.
func cnnMake(x X, s sim.Slot, old sim.NS) {
	f := x.f()
	ns, e := x.makeNS(s, old, sim.NS(f.L[cnnUser]), sim.TaskID(f.L[cnnTask]))
	if e != 0 {
		if x.Cfg.Faults.Has(sim.PartialProxyPut) {
			x.Warn(putErrorValue, 0)
		}
		f.L[cnnErr] = -int64(e)
		x.jump(cnnUnwindStep)
		return
	}
	x.Proxy(sim.ProxyID(f.L[cnnNew])).NS[s] = ns
	x.moveRootEarly(s, ns, sim.TaskID(f.L[cnnTask]))
}

// cnnInsert puts the namespace just made on the trees. One that has drawn its id before
// may have a smaller one than others that are there already.
func cnnInsert(x X) {
	f := x.f()
	s := copyOrder[f.L[cnnAt]]
	ns := x.Proxy(sim.ProxyID(f.L[cnnNew])).NS[s]
	x.enterTrees(ns)
	f.L[cnnAt]++
	x.jump(1)
}

func cnnUnwind(x X) {
	f := x.f()
	if f.L[cnnAt] == 0 {
		e := f.L[cnnErr]
		x.Proxies.Free(int32(f.L[cnnNew]))
		x.ret(e)
		return
	}
	f.L[cnnAt]--
	s := copyOrder[f.L[cnnAt]]
	ns := x.Proxy(sim.ProxyID(f.L[cnnNew])).NS[s]
	x.again()
	x.putNS(ns)
}

// enterTrees inserts a namespace; in the first posting that is when the owner's
// active reference is taken.
func (x X) enterTrees(ns sim.NS) {
	if x.Nodes[ns].Is(sim.NodeOnTree) {
		return
	}
	if x.Nodes[ns].ID == 0 {
		x.AssignID(ns)
	}
	x.Insert(ns)
	x.GetOwner(ns)
}

// drawsIDEarly are the types whose id is drawn before the rest is set up; those of the
// others are drawn when they enter the trees.
var drawsIDEarly = map[uapi.NSType]bool{uapi.MNT_NS: true, uapi.IPC_NS: true, uapi.NET_NS: true}

// makeNS makes one namespace that is not yet on the trees. It fails with ENOSPC beyond 32
// nested pid namespaces or when inode numbers run out, and with EINVAL for a pid namespace
// that the caller may not nest.
func (x X) makeNS(s sim.Slot, old, user sim.NS, task sim.TaskID) (sim.NS, uapi.Errno) {
	typ := s.Type()
	switch typ {
	case uapi.PID_NS:
		if e := x.mayNestPidNS(task, old, user); e != 0 {
			return 0, e
		}
	case uapi.CGROUP_NS:
		if !x.NSCapable(x.T, user, uapi.CAP_SYS_ADMIN) {
			return 0, uapi.EPERM
		}
	}
	if e := x.failedNS(typ); e != 0 {
		return 0, e
	}
	ns, e := x.Alloc(typ, user)
	if e == 0 {
		e = x.abandon(ns)
	}
	if e != 0 {
		return 0, e
	}
	x.Nodes[ns].UCounts = int32(x.UCountsGet(user, x.cred().UID.Eff))
	switch {
	case typ == uapi.CGROUP_NS && x.Cfg.Rules.Has(sim.CgroupAddedEarly):
		x.addBeforeOwner(ns)
	case typ == uapi.IPC_NS && x.Cfg.Faults.Has(sim.IPCNumberedLate):
		x.Put(x.mqueueMount(ns))
	case drawsIDEarly[typ]:
		x.AssignID(ns)
	}
	x.Inc(user)
	switch typ {
	case uapi.IPC_NS:
		x.Inc(user) // the superblock of its internal mqueue mount
	case uapi.PID_NS:
		x.initPidNS(ns, old)
	case uapi.MNT_NS:
		if uint64(x.f().L[cnnFlags])&uapi.CLONE_EMPTY_MNTNS != 0 {
			x.Nodes[ns].Data = x.MntNSs.New()
		} else {
			x.copyMounts(ns, old, task)
		}
	}
	return ns, 0
}

// mqueueMount is what the making of an ipc namespace's mqueue mount does to it: the mount's
// context holds it for a moment.
func (x X) mqueueMount(ns sim.NS) sim.NS {
	x.Get(ns)
	return ns
}

// addBeforeOwner is the bug cgroup-added-before-owner.
func (x X) addBeforeOwner(ns sim.NS) {
	owner := x.Entries[ns].Owner
	x.Entries[ns].Owner = 0
	x.AssignID(ns)
	x.Insert(ns)
	x.Entries[ns].Owner = owner
}

// mayNestPidNS makes the checks of copy_pid_ns and create_pid_namespace, v6.19.
func (x X) mayNestPidNS(task sim.TaskID, parent, user sim.NS) uapi.Errno {
	if x.ActivePidNS(x.T) != parent {
		return uapi.EINVAL
	}
	if !x.userNSIsAncestor(x.Entries[parent].Owner, user) {
		return uapi.EINVAL
	}
	if x.PidNSOf(parent).Level >= maxPidNSLevel {
		return uapi.ENOSPC
	}
	return 0
}

// maxPidNSLevel and maxUserNSLevel bound nesting (MAX_PID_NS_LEVEL; user.c, v6.19).
const (
	maxPidNSLevel  = 32
	maxUserNSLevel = 32
)

// userNSIsAncestor reports whether a is ns or one of its ancestors
// (kernel/user_namespace.c: in_userns, v6.19).
func (x X) userNSIsAncestor(a, ns sim.NS) bool {
	for ns != 0 {
		if ns == a {
			return true
		}
		ns = x.Entries[ns].Owner
	}
	return false
}

func (x X) initPidNS(ns, parent sim.NS) {
	x.Nodes[ns].Data = x.PidNSs.New()
	d := x.PidNSOf(ns)
	d.Parent = parent
	d.Level = x.PidNSOf(parent).Level + 1
	x.Inc(parent)
}

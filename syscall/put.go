// SPDX-License-Identifier: GPL-2.0-only

package syscall

import (
	"github.com/nssim/nssim/refcount"
	"github.com/nssim/nssim/sim"
	"github.com/nssim/nssim/syscall/uapi"
)

// The model's own assertion: might_sleep() inside an RCU read section.
const sleepInRCU refcount.Assertion = 129

func init() {
	refcount.Declare(sleepInRCU, "put_mnt_ns", "sleeps inside an RCU read section")
}

// Walks of the active count: each level is an atomic operation of its own.
const (
	walkGet = iota
	walkPut
	walkResurrect
)

// activeGet takes an active reference; where it resurrects, the owner chain is
// walked by a frame, level by level.
func (x X) activeGet(ns sim.NS) {
	parent := x.activeParent(ns, 0)
	x.walk(x.ActiveGetStep(ns, false), walkGet)
	x.walkParent(parent, walkGet)
}

// activePut drops one; where the count reaches zero, the cascade is a frame.
func (x X) activePut(ns sim.NS) {
	x.markDying(ns)
	parent := x.activeParent(ns, 1)
	x.walk(x.ActivePutStep(ns, false), walkPut)
	x.walkParent(parent, walkPut)
}

// resurrect is the get of a new nsfs inode.
func (x X) resurrect(ns sim.NS) {
	parent := x.activeParent(ns, 0)
	x.walk(x.ResurrectStep(ns, false), walkResurrect)
	x.walkParent(parent, walkGet)
}

func (x X) walk(next sim.NS, how int64) {
	if next != 0 {
		x.push(opActiveWalk, int64(next), how)
	}
}

func activeWalk(x X) {
	f := x.f()
	ns := sim.NS(f.L[0])
	switch f.L[1] {
	case walkGet:
		ns = x.ActiveGetStep(ns, true)
	case walkPut:
		x.markDying(ns)
		ns = x.ActivePutStep(ns, true)
	case walkResurrect:
		ns = x.ResurrectStep(ns, true)
	}
	if f.L[0] = int64(ns); ns != 0 {
		x.again()
	}
}

// markDying notes, under the semantics "dying", that this put is the one that
// makes a namespace inactive for good.
func (x X) markDying(ns sim.NS) {
	if ns == 0 || !x.Cfg.Rules.Has(sim.DyingFlag) {
		return
	}
	if e := &x.Entries[ns]; e.Active != 1 || e.Flags&refcount.Initial != 0 {
		return
	}
	if n := &x.Nodes[ns]; n.NSType() != uapi.NET_NS {
		n.Flags |= sim.NodeDying
	}
}

// putNS drops a passive reference through the type's put operation; the last one
// starts the type's destruction.
func (x X) putNS(ns sim.NS) {
	if ns == 0 {
		return
	}
	if x.Nodes[ns].NSType() == uapi.IPC_NS {
		if x.DecAndLock(ns) {
			x.push(opDestroyIPC, int64(ns))
		}
		return
	}
	if x.Put(ns) {
		x.destroy(ns)
	}
}

// destroy does what the type owes when its passive count has reached zero: at once,
// or by handing it to a worker.
func (x X) destroy(ns sim.NS) {
	switch x.Nodes[ns].NSType() {
	case uapi.NET_NS:
		if !x.Cfg.Faults.Has(sim.NetNSLingers) {
			x.push(opCleanNet, int64(ns))
			return
		}
		x.Defer(sim.WorkCleanNet, ns, 0)
	case uapi.USER_NS:
		x.Defer(sim.WorkFreeUser, ns, 0)
	case uapi.PID_NS:
		x.Defer(sim.WorkFreePid, ns, 0)
	case uapi.MNT_NS:
		if x.InRCU(x.T) {
			x.Warn(sleepInRCU, ns)
		}
		x.push(opDestroyMnt, int64(ns))
	default:
		x.push(opDestroySync, int64(ns))
	}
}

// removeFromTrees takes the namespace of the frame's first local off the trees.
func removeFromTrees(x X) {
	ns := sim.NS(x.f().L[0])
	if x.Nodes[ns].Is(sim.NodeOnTree) {
		x.Remove(ns)
	}
}

// decUCounts gives back the charge for the frame's namespace.
func decUCounts(x X) {
	n := &x.Nodes[x.f().L[0]]
	u := sim.UCountsID(n.UCounts)
	n.UCounts = 0
	x.putNS(x.UCountsPut(u))
}

// putOwner drops the passive reference on the owner of the frame's namespace.
func putOwner(x X) {
	ns := sim.NS(x.f().L[0])
	x.Nodes[ns].Flags |= sim.NodeOwnerPut
	x.putNS(x.Entries[ns].Owner)
}

// freeInum gives back the inode number of the frame's namespace.
func freeInum(x X) { x.FreeInum(sim.NS(x.f().L[0])) }

// freeRCU hands the memory of the frame's namespace to RCU.
func freeRCU(x X) { x.callRCU(sim.RCUFreeNS, sim.NS(x.f().L[0])) }

// callRCU queues the callback that frees a namespace. Up to v7.2 the callback's head
// lies over the id and, from v6.19 on, the active count, so a walker that still stands on
// the node reads rubbish.
func (x X) callRCU(k sim.WorkKind, ns sim.NS) {
	x.Defer(k, ns, 0)
	if x.Cfg.Rules.Has(sim.RCUHeadOverlay|sim.RCUHeadOverlayID) && x.Nodes[ns].Is(sim.NodeRemoved) {
		x.Overlay(ns)
	}
}

// freeNS gives the memory of the frame's namespace back.
func freeNS(x X) { x.FreeNSData(sim.NS(x.f().L[0])) }

func init() {
	define(opActiveWalk, "__ns_ref_active walk", step{"ns_owner", activeWalk})
	define(opPutNS, "ns put", step{"put", func(x X) { x.putNS(sim.NS(x.f().L[0])) }})
	// uts, cgroup, time: in the context that dropped the last reference.
	define(opDestroySync, "free namespace",
		step{"ns_tree_remove", removeFromTrees},
		step{"dec_ucount", decUCounts},
		step{"put_user_ns", putOwner},
		step{"ns_common_free", freeInum},
		step{"kfree_rcu", freeRCU},
	)
	// ipc: off the trees at once, the rest by a worker after a grace period.
	define(opDestroyIPC, "put_ipc_ns",
		step{"ns_tree_remove", removeFromTrees},
		step{"schedule_work", func(x X) { x.Defer(sim.RCUFreeIPC, sim.NS(x.f().L[0]), 0) }},
	)
	define(opFreeIPC, "free_ipc_ns",
		step{"mq_put_mnt", mqPutMnt}, // the internal mqueue's superblock
		step{"dec_ucount", decUCounts},
		step{"put_user_ns", putOwner},
		step{"ns_common_free", freeInum},
		step{"kfree", freeNS},
	)
	define(opDestroyMnt, "put_mnt_ns",
		step{"umount_tree", func(x X) { x.push(opUmountTree, x.f().L[0]) }},
		step{"ns_common_free", func(x X) {
			if x.Cfg.Faults.Has(sim.MntInumFreedEarly) {
				freeInum(x)
			}
		}},
		step{"dec_mnt_namespaces", decUCounts},
		step{"ns_tree_remove", func(x X) {
			removeFromTrees(x)
			if !x.Cfg.Faults.Has(sim.MntInumFreedEarly) {
				freeInum(x)
			}
		}},
		step{"call_rcu", func(x X) { x.callRCU(sim.RCUFreeMntNS, sim.NS(x.f().L[0])) }},
	)
	define(opFreeUser, "free_user_ns",
		step{"ns_tree_remove", removeFromTrees},
		step{"dec_user_namespaces", decUCounts},
		step{"ns_common_free", freeInum},
		step{"kfree_rcu", freeRCU},
		step{"put parent", putParent},
	)
	define(opFreePid, "destroy_pid_namespace",
		step{"ns_tree_remove", removeFromTrees},
		step{"ns_common_free", freeInum},
		step{"call_rcu", func(x X) { x.callRCU(sim.RCUFreePidNS, sim.NS(x.f().L[0])) }},
		step{"put parent", putParent},
	)
	define(opFreePidRCU, "delayed_free_pidns",
		step{"dec_pid_namespaces", decUCounts},
		step{"put_user_ns", putOwner},
		step{"kmem_cache_free", freeNS},
	)
	define(opCleanNet, "cleanup_net",
		step{"ns_tree_remove", removeFromTrees},
		step{"ops_exit_list", func(X) {}},
		step{"ns_common_free", freeInum},
		step{"dec_net_namespaces", decUCounts},
		step{"put_user_ns", putOwner},
		step{"net_free", freeNS},
	)
}

// putParent climbs: the worker that frees a user or pid namespace goes on with the
// parent itself when it held the last reference.
func putParent(x X) {
	f := x.f()
	ns := sim.NS(f.L[0])
	parent := x.Entries[ns].Owner
	if f.Op == opFreePid {
		parent = x.PidNSOf(ns).Parent
		x.Nodes[ns].Flags |= sim.NodeParentPut
	} else {
		x.Nodes[ns].Flags |= sim.NodeOwnerPut
	}
	if parent != 0 && x.Put(parent) {
		f.L[0] = int64(parent)
		x.jump(0)
	}
}

// putCred drops a reference on a credential; the last one is given up after a grace
// period (kernel/cred.c: __put_cred, v6.19).
func (x X) putCred(c sim.CredID) {
	if c == 0 {
		return
	}
	if k := x.Cred(c); k.Refs > 1 {
		k.Refs--
		return
	}
	x.Cred(c).Refs = 0
	x.Defer(sim.RCUPutCred, 0, int32(c))
}

// putPid drops a reference on a struct pid (kernel/pid.c: put_pid, v6.19).
func (x X) putPid(p sim.PidID) {
	if p == 0 {
		return
	}
	if k := x.Pid(p); k.Refs > 1 {
		k.Refs--
		return
	}
	ns := x.FreePidMemory(p)
	x.putNS(ns)
}

func init() {
	define(opPutCredRCU, "put_cred_rcu",
		step{"put_ucounts", func(x X) {
			k := x.Cred(sim.CredID(x.f().L[0]))
			u := k.UCounts
			k.UCounts = 0
			x.putNS(x.UCountsPut(u))
		}},
		step{"put_user_ns", func(x X) {
			c := sim.CredID(x.f().L[0])
			ns := x.Cred(c).UserNS
			x.Creds.Free(int32(c))
			x.putNS(ns)
		}},
	)
	define(opPutTask, "delayed_put_task_struct",
		step{"exit_creds", func(x X) {
			k := x.Task(sim.TaskID(x.f().L[0]))
			c := k.Cred
			k.Cred = 0
			x.putCred(c)
		}},
		step{"put_exec_state", func(x X) {
			t := sim.TaskID(x.f().L[0])
			e := x.Task(t).Exec
			x.Tasks.Free(int32(t))
			x.putExecState(e)
		}},
	)
	define(opPutPid, "put_pid", step{"put_pid", func(x X) { x.putPid(sim.PidID(x.f().L[0])) }})
}

// putExecState drops a reference on what execve recorded (v7.2).
func (x X) putExecState(e sim.ExecID) {
	if e == 0 {
		return
	}
	k := x.ExecStates.At(int32(e))
	if k.Refs--; k.Refs == 0 {
		x.Defer(sim.RCUFreeExec, 0, int32(e))
	}
}

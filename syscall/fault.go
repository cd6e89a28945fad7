// SPDX-License-Identifier: GPL-2.0-only

package syscall

import (
	"github.com/nssim/nssim/refcount"
	"github.com/nssim/nssim/sim"
	"github.com/nssim/nssim/syscall/uapi"
)

// What only a faulty kernel does (sim.Faults), where it takes more than a condition.

// The model's own assertions: what is a crash or a report of KASAN in a kernel.
const (
	putErrorValue refcount.Assertion = 130 + iota
	unsetCred
	flushedFreedPid
	handleMismatch
)

func init() {
	refcount.Declare(putErrorValue, "put_pid_ns", "an error value is put as a namespace")
	refcount.Declare(unsetCred, "copy_creds", "real_cred is not set yet")
	refcount.Declare(flushedFreedPid, "proc_flush_pid", "use of a freed struct pid")
	refcount.Declare(handleMismatch, "nsfs_fh_to_dentry", "type or inode number is not that of ns_id")
}

const opParentWalk = opFirstFree + 120

func init() {
	define(opParentWalk, "pid namespace parent", step{"pidns_parent", func(x X) {
		f := x.f()
		parent, how := sim.NS(f.L[0]), f.L[1]
		x.ret(0)
		if how == walkPut {
			x.activePut(parent)
		} else {
			x.activeGet(parent)
		}
	}})
}

// activeParent returns the parent of a pid namespace whose active count is about to leave
// or to reach zero, if that is to move the parent's count too; it does by the documented
// rule, and in no kernel (pid-parent-inactive). from is the count before.
func (x X) activeParent(ns sim.NS, from int32) sim.NS {
	if x.Cfg.Faults.Has(sim.PidParentInactive) || x.Table.Rules.Has(refcount.NoActive) ||
		ns == 0 || x.Entries[ns].Active != from || x.Nodes[ns].NSType() != uapi.PID_NS {
		return 0
	}
	return x.PidNSOf(ns).Parent
}

func (x X) walkParent(parent sim.NS, how int64) {
	if parent != 0 {
		x.push(opParentWalk, int64(parent), how)
	}
}

// moveRootEarly is the fault unshare-moves-root: a file-system context that is not shared
// is changed itself, whatever becomes of the call.
func (x X) moveRootEarly(s sim.Slot, ns sim.NS, task sim.TaskID) {
	if s != sim.SlotMnt || task != x.T || !x.Cfg.Faults.Has(sim.UnshareMovesRoot) {
		return
	}
	if fs := x.FS(x.me().FS); fs.Users == 1 {
		fs.Root = ns
	}
}

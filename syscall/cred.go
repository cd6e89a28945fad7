// SPDX-License-Identifier: GPL-2.0-only

package syscall

import (
	"github.com/nssim/nssim/sim"
	"github.com/nssim/nssim/syscall/uapi"
)

// prepareCreds makes a private copy of the caller's credential
// (kernel/cred.c: prepare_creds, v6.19).
func (x X) prepareCreds() sim.CredID { return x.copyCred(x.me().Cred) }

func (x X) copyCred(old sim.CredID) sim.CredID {
	c := sim.CredID(x.Creds.New())
	k := x.Cred(c)
	*k = *x.Cred(old)
	k.Refs = 1
	x.UCounts.At(int32(k.UCounts)).Refs++
	x.Inc(k.UserNS)
	return c
}

// Locals of create_user_ns.
const (
	cunCred = iota // the prepared credential
	cunNS
)

func init() {
	// The parent's reference that the prepared credential held becomes the new
	// namespace's reference on its parent; the credential takes over the
	// creation reference of the new one.
	define(opCreateUserNS, "create_user_ns",
		step{"create_user_ns", createUserNS},
		step{"ns_tree_add", func(x X) {
			f := x.f()
			x.enterTrees(sim.NS(f.L[cunNS]))
			x.ret(0)
		}},
	)
	define(opCommitCreds, "commit_creds",
		step{"publish", func(x X) {
			commitPublish(x)
			if !x.Cfg.Faults.Has(sim.CredsPublishedEarly) {
				x.switchCredNS(0)
			}
		}},
		step{"ns_ref_active_get", func(x X) {
			if x.Cfg.Faults.Has(sim.CredsPublishedEarly) {
				x.switchCredNS(0)
			}
		}},
		step{"ns_ref_active_put", func(x X) { x.switchCredNS(1) }},
		step{"put_cred", func(x X) { x.putCred(sim.CredID(x.f().L[0])) }},
	)
}

// createUserNS makes a user namespace for a prepared credential. ENOSPC: nested too
// deeply. EPERM: the caller is in a chroot, or its euid or egid has no mapping in
// its own user namespace.
func createUserNS(x X) {
	f := x.f()
	c := x.Cred(sim.CredID(f.L[cunCred]))
	parent := c.UserNS
	p := x.UserNSOf(parent)
	if p.Level > maxUserNSLevel {
		x.fail(uapi.ENOSPC)
		return
	}
	if x.FS(x.me().FS).Chroot ||
		x.FromID(p.UIDMap, c.UID.Eff) == sim.IDsUnmapped || x.FromID(p.GIDMap, c.GID.Eff) == sim.IDsUnmapped {
		x.fail(uapi.EPERM)
		return
	}
	ns, e := x.Alloc(uapi.USER_NS, parent)
	if e != 0 {
		x.fail(e)
		return
	}
	u := x.UserNSs.New()
	x.Nodes[ns].Data = u
	p = x.UserNSOf(parent) // the arena may have moved
	*x.UserNSs.At(u) = sim.UserNSData{
		Owner: c.UID.Eff, Group: c.GID.Eff, Level: p.Level + 1, SetgroupsDeny: p.SetgroupsDeny,
		ParentSetFCap: c.Effective.Has(uapi.CAP_SETFCAP),
	}
	x.Nodes[ns].UCounts = int32(x.UCountsGet(parent, c.UID.Eff))
	c.UserNS = ns
	x.fullCaps(c)
	f.L[cunNS] = int64(ns)
}

// fullCaps gives a credential what entering a user namespace gives
// (kernel/user_namespace.c: set_cred_user_ns, v7.3.4): the restrictions of execve that
// the task has put on itself stay.
func (x X) fullCaps(c *sim.Cred) {
	c.Permitted, c.Effective, c.Bounding = sim.FullCaps, sim.FullCaps, sim.FullCaps
	c.Inheritable, c.Ambient = 0, 0
	if c.SecureBits &= secureUnprivileged; x.Cfg.Rules.Has(sim.UserNSDropsExecBits) {
		c.SecureBits = 0
	}
}

// setCredUCounts points a credential's ucounts at its user namespace and uid
// (kernel/cred.c: set_cred_ucounts, v6.19). The reference on the old object goes;
// where it was the last, its namespace's passive reference is dropped by a frame.
func (x X) setCredUCounts(c sim.CredID) {
	k := x.Cred(c)
	u := x.UCounts.At(int32(k.UCounts))
	if u.NS == k.UserNS && u.UID == k.UID.Real {
		return
	}
	old := k.UCounts
	k.UCounts = x.UCountsGet(k.UserNS, k.UID.Real)
	x.putNS(x.UCountsPut(old))
}

// commitCreds installs a prepared credential on the caller.
func (x X) commitCreds(c sim.CredID) { x.push(opCommitCreds, int64(c)) }

// commitPublish swaps the credential and clears dumpability where the task gained
// or changed identity (kernel/cred.c: commit_creds, v6.19). The old credential is
// left in the first local.
func commitPublish(x X) {
	f, k := x.f(), x.me()
	oldID, newID := k.Cred, sim.CredID(f.L[0])
	old, now := x.Cred(oldID), x.Cred(newID)
	if old.UID.Eff != now.UID.Eff || old.GID.Eff != now.GID.Eff ||
		old.UID.FS != now.UID.FS || old.GID.FS != now.GID.FS || !x.credIsSubset(old, now) {
		if k.MM != 0 {
			x.MM(k.MM).Dumpable = false
		}
		k.PDeathSig = 0
	}
	k.Cred = newID
	f.L[0], f.L[1] = int64(oldID), int64(newID)
}

// credIsSubset is cred_cap_issubset() (kernel/cred.c, v6.19): the new credential
// grants nothing that the old one could not have had, because a new user namespace
// that the old one's euid owns is no gain.
func (x X) credIsSubset(set, subset *sim.Cred) bool {
	if set.UserNS == subset.UserNS {
		return subset.Permitted.Subset(set.Permitted)
	}
	for ns := subset.UserNS; ns != 0; ns = x.Entries[ns].Owner {
		if x.Entries[ns].Owner == set.UserNS && x.UserNSOf(ns).Owner == set.UID.Eff {
			return true
		}
	}
	return false
}

// switchCredNS moves the task's active reference when its user namespace changes:
// first the get on the new one, then the put on the old.
func (x X) switchCredNS(half int) {
	f := x.f()
	old, now := x.Cred(sim.CredID(f.L[0])).UserNS, x.Cred(sim.CredID(f.L[1])).UserNS
	switch {
	case old == now:
	case half == 0:
		x.activeGet(now)
	default:
		x.activePut(old)
	}
}

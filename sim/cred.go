// SPDX-License-Identifier: GPL-2.0-only

package sim

import "github.com/nssim/nssim/syscall/uapi"

// IDs are the four ids of one kind, as global (kernel) ids.
type IDs struct{ Real, Eff, Saved, FS uint32 }

// CapSet is a set of capabilities, bit n for CAP number n.
type CapSet uint64

// Has reports whether the capability is in the set.
func (s CapSet) Has(c int) bool { return s>>uint(c)&1 != 0 }

// Subset reports whether all of s is in t.
func (s CapSet) Subset(t CapSet) bool { return s&^t == 0 }

// Cred models struct cred. It is shared by threads and by the files that were
// opened with it; all its references are passive.
type Cred struct {
	UID, GID                          IDs
	Permitted, Effective, Inheritable CapSet
	Ambient, Bounding                 CapSet
	UserNS                            NS
	UCounts                           UCountsID
	Refs                              int32
	SecureBits                        uint16 // SECBIT_*
	Groups                            uint8  // number of supplementary groups, at most 255; their values play no role
}

// Cred returns a credential.
func (m *Machine) Cred(c CredID) *Cred { return m.Creds.At(int32(c)) }

// TaskCred returns the objective credential of a task.
func (m *Machine) TaskCred(t TaskID) *Cred { return m.Cred(m.Task(t).Cred) }

// UserNS returns the user namespace a task is in.
func (m *Machine) UserNS(t TaskID) NS { return m.TaskCred(t).UserNS }

// Extent is a line of an id map: Count ids from First inside are the global ids
// from Lower on.
type Extent struct{ First, Lower, Count uint32 }

// Mapping is one line of a map with the line that follows it.
type Mapping struct {
	Extent
	Next int32
}

// UserNSData is what a user namespace has beyond ns_common. The parent is the
// owner.
type UserNSData struct {
	Owner, Group   uint32 // global ids of the creator
	UIDMap, GIDMap int32  // first Mapping; 0: not written yet
	ProjMap        int32  // projid_map, likewise
	Level          int32
	SetgroupsDeny  bool
	ParentSetFCap  bool // the creator had CAP_SETFCAP
}

// UserNSOf returns the user part of a user namespace.
func (m *Machine) UserNSOf(ns NS) *UserNSData { return m.UserNSs.At(m.Nodes[ns].Data) }

// IDsUnmapped is what an id that has no mapping translates to.
const IDsUnmapped = ^uint32(0)

// OverflowID is what user space sees in its place (/proc/sys/kernel/overflowuid).
const OverflowID = 65534

// MakeID translates an id as a user namespace numbers it into a global one
// (kernel/user_namespace.c: make_kuid, v6.19). The maps hold global ids, so no
// walk through the parents is needed.
func (m *Machine) MakeID(first int32, id uint32) uint32 {
	for i := first; i != 0; i = m.Mappings.At(i).Next {
		if e := m.Mappings.At(i).Extent; id-e.First < e.Count {
			return e.Lower + (id - e.First)
		}
	}
	return IDsUnmapped
}

// FromID is the inverse of MakeID (kernel/user_namespace.c: from_kuid, v6.19).
func (m *Machine) FromID(first int32, id uint32) uint32 {
	for i := first; i != 0; i = m.Mappings.At(i).Next {
		if e := m.Mappings.At(i).Extent; id-e.Lower < e.Count {
			return e.First + (id - e.Lower)
		}
	}
	return IDsUnmapped
}

// Munged is FromID with the overflow id for what has no mapping.
func (m *Machine) Munged(first int32, id uint32) uint32 {
	if v := m.FromID(first, id); v != IDsUnmapped {
		return v
	}
	return OverflowID
}

// Capable decides whether a credential has a capability over a user namespace
// (security/commoncap.c: cap_capable, v6.19): it has it there or in an ancestor,
// or its euid made the namespace (or an ancestor of it) from the namespace it is in.
func (m *Machine) Capable(c *Cred, ns NS, cap int) bool {
	level := m.UserNSOf(c.UserNS).Level
	for {
		if ns == c.UserNS {
			return c.Effective.Has(cap)
		}
		u := m.UserNSOf(ns)
		if u.Level <= level {
			return false
		}
		parent := m.Entries[ns].Owner
		if parent == c.UserNS && u.Owner == c.UID.Eff {
			return true
		}
		ns = parent
	}
}

// NSCapable is ns_capable(): the calling task's credential over a user namespace.
func (m *Machine) NSCapable(t TaskID, ns NS, cap int) bool {
	return m.Capable(m.TaskCred(t), ns, cap)
}

// PtraceMode says which of the caller's ids a ptrace access check compares.
type PtraceMode uint8

const (
	// RealCreds compares the real ids and the permitted set (setns).
	RealCreds PtraceMode = iota
	// FSCreds compares the file-system ids and the effective set (/proc links,
	// pidfd ioctls).
	FSCreds
)

// PtraceMayRead decides whether t may read from target
// (kernel/ptrace.c: __ptrace_may_access with PTRACE_MODE_READ, v6.19).
func (m *Machine) PtraceMayRead(t, target TaskID, mode PtraceMode) bool {
	a, b := m.Task(t), m.Task(target)
	if a.Leader == b.Leader {
		return true
	}
	me, them := m.Cred(a.Cred), m.Cred(b.Cred)
	uid, gid, caps := me.UID.Real, me.GID.Real, me.Permitted
	if mode == FSCreds {
		uid, gid, caps = me.UID.FS, me.GID.FS, me.Effective
	}
	same := uid == them.UID.Eff && uid == them.UID.Saved && uid == them.UID.Real &&
		gid == them.GID.Eff && gid == them.GID.Saved && gid == them.GID.Real
	if !same && !m.Capable(me, them.UserNS, uapi.CAP_SYS_PTRACE) {
		return false
	}
	if dumpable, ns := m.dumpable(target); !dumpable && !m.Capable(me, ns, uapi.CAP_SYS_PTRACE) {
		return false
	}
	if me.UserNS == them.UserNS && them.Permitted.Subset(caps) {
		return true
	}
	return m.Capable(me, them.UserNS, uapi.CAP_SYS_PTRACE)
}

// dumpable answers the dumpability test of a ptrace access check: whether the
// target passes, and if not, the user namespace over which CAP_SYS_PTRACE helps.
func (m *Machine) dumpable(t TaskID) (bool, NS) {
	k := m.Task(t)
	switch {
	case k.MM != 0:
		return m.MM(k.MM).Dumpable, m.ExecUserNS(t)
	case !m.Cfg.Rules.Has(ZombieDumpable):
		return true, 0
	case k.Has(DumpableAtExit):
		return true, 0
	case m.Cfg.Rules.Has(ExecState):
		return false, m.ExecUserNS(t)
	}
	return false, m.InitUserNS()
}

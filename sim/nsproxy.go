// SPDX-License-Identifier: GPL-2.0-only

package sim

import "github.com/nssim/nssim/syscall/uapi"

// Slot numbers the fields of an nsproxy, in the order in which the kernel takes
// their active references.
type Slot uint8

// The fields of struct nsproxy.
const (
	SlotMnt Slot = iota
	SlotUts
	SlotIpc
	SlotPid // pid_ns_for_children
	SlotCgroup
	SlotNet
	SlotTime
	SlotTimeForChildren
	NumSlots
)

// slotTypes is the type of namespace that each field holds.
var slotTypes = [NumSlots]uapi.NSType{
	uapi.MNT_NS, uapi.UTS_NS, uapi.IPC_NS, uapi.PID_NS, uapi.CGROUP_NS, uapi.NET_NS, uapi.TIME_NS, uapi.TIME_NS,
}

var slotNames = [NumSlots]string{
	"mnt", "uts", "ipc", "pid_for_children", "cgroup", "net", "time", "time_for_children",
}

// Type returns the type of namespace in the field.
func (s Slot) Type() uapi.NSType { return slotTypes[s] }

func (s Slot) String() string { return slotNames[s] }

// SlotOf returns the field that a namespace of this type is installed in; user
// namespaces have none.
func SlotOf(typ uapi.NSType) (Slot, bool) {
	for s, t := range slotTypes {
		if t == typ {
			return Slot(s), true
		}
	}
	return 0, false
}

// NSProxy models struct nsproxy: the namespaces that tasks share, all but the user
// namespace and the pid namespace a task is in. Each field holds a passive
// reference, and while the record is installed an active one.
type NSProxy struct {
	NS     [NumSlots]NS
	Count  int32
	Active bool // the active references have been taken
}

// Proxy returns an nsproxy.
func (m *Machine) Proxy(p ProxyID) *NSProxy { return m.Proxies.At(int32(p)) }

// Current reports whether ns is one of t's current namespaces
// (kernel/nstree.c: is_current_namespace, v6.19): the pid namespace it is in, the
// time namespace it is in, its credential's user namespace, else its nsproxy's.
func (m *Machine) Current(t TaskID, ns NS) bool {
	k := m.Task(t)
	switch n := &m.Nodes[ns]; n.NSType() {
	case uapi.USER_NS:
		return m.Cred(k.Cred).UserNS == ns
	case uapi.PID_NS:
		return m.ActivePidNS(t) == ns
	default:
		if k.Proxy == 0 {
			return false
		}
		s, _ := SlotOf(n.NSType())
		return m.Proxy(k.Proxy).NS[s] == ns
	}
}

// MaySeeAll is may_see_all_namespaces() (kernel/nscommon.c, v6.19.9): the caller is
// in the initial pid namespace and has CAP_SYS_ADMIN over the initial user
// namespace.
func (m *Machine) MaySeeAll(t TaskID) bool {
	return m.ActivePidNS(t) == m.Initial(uapi.PID_NS) && m.NSCapable(t, m.InitUserNS(), uapi.CAP_SYS_ADMIN)
}

// TaskNS returns a namespace of a task by its name in /proc/PID/ns, 0 when the task has
// none of that type any more: what is in the nsproxy goes with the task's exit, the user
// and the pid namespace when it is released.
func (m *Machine) TaskNS(t TaskID, e uapi.ProcNSEntry) NS {
	k := m.Task(t)
	slot, kept := SlotOf(e.Type)
	switch {
	case k.State == Dead || k.Cred == 0:
		return 0
	case !kept:
		return m.UserNS(t)
	case e.Type == uapi.PID_NS && !e.ForChildren:
		return m.ActivePidNS(t)
	case k.Proxy == 0:
		return 0
	case e.Type == uapi.TIME_NS && e.ForChildren:
		slot = SlotTimeForChildren
	}
	return m.Proxy(k.Proxy).NS[slot]
}

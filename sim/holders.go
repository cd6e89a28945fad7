// SPDX-License-Identifier: GPL-2.0-only

package sim

import (
	"fmt"

	"github.com/nssim/nssim/refcount"
	"github.com/nssim/nssim/syscall/uapi"
)

// HolderKind says what holds a reference.
type HolderKind uint8

// The holders of references on namespaces.
const (
	HeldByProxy     HolderKind = iota + 1 // a field of an nsproxy; Slot says which
	HeldByTask                            // a task's real_cred is in it
	HeldByCred                            // a struct cred
	HeldByUCounts                         // a ucounts object
	HeldByPid                             // a struct pid whose innermost namespace it is
	HeldByInode                           // the nsfs inode
	HeldByOwned                           // a namespace that it owns
	HeldByMqueue                          // the mqueue superblock of an ipc namespace that it owns
	HeldByChild                           // a child pid namespace
	HeldBySocket                          // a socket
	HeldByFile                            // an open /proc file or cgroup file
	HeldBySuper                           // a superblock
	HeldByMM                              // an address space, by its last execve
	HeldByExecState                       // a task's record of its last execve
	HeldByTree                            // a detached mount tree
	HeldByFrame                           // a call in flight
)

var holderNames = [...]string{
	"none", "nsproxy", "real_cred", "cred", "ucounts", "struct pid", "nsfs inode", "owned", "mqueue superblock",
	"child", "socket", "file", "superblock", "mm", "exec_state", "detached tree", "call in flight",
}

func (k HolderKind) String() string { return holderNames[k] }

// Holder is somebody who holds references on a namespace.
type Holder struct {
	Kind    HolderKind
	ID      int32 // number of the nsproxy, cred, task, file and so on
	NS      NS    // the owned or child namespace
	Slot    Slot  // the nsproxy's field
	Passive int32 // passive references held
	Active  int32 // active references held
}

// EachHolder derives every reference on every namespace from the rest of the state,
// looking at no count but to know whether an owned namespace is active. It is the
// oracle that the counts are checked against: in a quiescent state they are equal.
func (m *Machine) EachHolder(f func(NS, Holder)) {
	hold := func(ns NS, h Holder) {
		if ns != 0 {
			f(ns, h)
		}
	}
	m.proxyHolders(hold)
	m.credHolders(hold)
	m.pidHolders(hold)
	m.fileHolders(hold)
	m.namespaceHolders(hold)
	m.frameHolders(hold)
}

func (m *Machine) proxyHolders(hold func(NS, Holder)) {
	for i := int32(1); i < m.Proxies.Cap(); i++ {
		if !m.Proxies.Live(i) {
			continue
		}
		p := m.Proxies.At(i)
		active := int32(0)
		if p.Active {
			active = 1
		}
		for s, ns := range p.NS {
			hold(ns, Holder{Kind: HeldByProxy, ID: i, Slot: Slot(s), Passive: 1, Active: active})
		}
	}
}

func (m *Machine) credHolders(hold func(NS, Holder)) {
	for i := int32(1); i < m.Creds.Cap(); i++ {
		if m.Creds.Live(i) {
			hold(m.Creds.At(i).UserNS, Holder{Kind: HeldByCred, ID: i, Passive: 1})
		}
	}
	for i := int32(1); i < m.UCounts.Cap(); i++ {
		if m.UCounts.Live(i) {
			hold(m.UCounts.At(i).NS, Holder{Kind: HeldByUCounts, ID: i, Passive: 1})
		}
	}
	m.EachTask(func(t TaskID, k *Task) bool {
		if k.Cred != 0 && k.State != Dead && k.State != Embryo {
			hold(m.Cred(k.Cred).UserNS, Holder{Kind: HeldByTask, ID: int32(t), Active: 1})
		}
		return true
	})
	for i := int32(1); i < m.MMs.Cap(); i++ {
		if m.MMs.Live(i) {
			hold(m.MMs.At(i).UserNS, Holder{Kind: HeldByMM, ID: i, Passive: 1})
		}
	}
	for i := int32(1); i < m.ExecStates.Cap(); i++ {
		if m.ExecStates.Live(i) {
			hold(m.ExecStates.At(i).UserNS, Holder{Kind: HeldByExecState, ID: i, Passive: 1})
		}
	}
}

func (m *Machine) pidHolders(hold func(NS, Holder)) {
	for i := int32(1); i < m.Pids.Cap(); i++ {
		if !m.Pids.Live(i) {
			continue
		}
		active := int32(1)
		if m.Pids.At(i).Freed {
			active = 0
		}
		hold(m.PidNS(PidID(i)), Holder{Kind: HeldByPid, ID: i, Passive: 1, Active: active})
	}
}

func (m *Machine) fileHolders(hold func(NS, Holder)) {
	for i := int32(1); i < m.Inodes.Cap(); i++ {
		if m.Inodes.Live(i) {
			active := int32(1)
			if m.Inodes.At(i).Idle {
				active = 0
			}
			hold(m.Inodes.At(i).NS, Holder{Kind: HeldByInode, ID: i, Passive: 1, Active: active})
		}
	}
	for i := int32(1); i < m.Sockets.Cap(); i++ {
		if m.Sockets.Live(i) {
			hold(m.Sockets.At(i).NetNS, Holder{Kind: HeldBySocket, ID: i, Passive: 1})
		}
	}
	for i := int32(1); i < m.Files.Cap(); i++ {
		if !m.Files.Live(i) {
			continue
		}
		k := HeldByFile
		if m.Files.At(i).Kind == FileTree {
			k = HeldByTree
		}
		hold(m.Files.At(i).NS, Holder{Kind: k, ID: i, Passive: 1})
	}
	for i := int32(1); i < m.Supers.Cap(); i++ {
		if m.Supers.Live(i) {
			hold(m.Supers.At(i).UserNS, Holder{Kind: HeldBySuper, ID: i, Passive: 1})
			hold(m.superNS(i), Holder{Kind: HeldBySuper, ID: i, Passive: 1})
		}
	}
}

// superNS returns the namespace that an instance of a file system shows and pins:
// procfs its pid namespace. A mounted mqueue or sysfs does not pin what it shows.
func (m *Machine) superNS(i int32) NS {
	if s := m.Supers.At(i); s.Kind == SuperProc {
		return s.NS
	}
	return 0
}

// namespaceHolders: ownership and parenthood.
func (m *Machine) namespaceHolders(hold func(NS, Holder)) {
	for i := 1; i < len(m.Entries); i++ {
		ns := NS(i)
		e, n := &m.Entries[ns], &m.Nodes[ns]
		if e.Flags&refcount.Live == 0 || e.Flags&refcount.Freed != 0 {
			continue
		}
		h := Holder{Kind: HeldByOwned, NS: ns}
		if !n.Is(NodeOwnerPut) {
			h.Passive = 1
			if n.NSType() == uapi.IPC_NS && e.Owner != 0 && !uapi.IsInitInum(n.Inum) {
				hold(e.Owner, Holder{Kind: HeldByMqueue, NS: ns, Passive: 1})
			}
		}
		if e.Active > 0 && n.Is(NodeOnTree) {
			h.Active = 1
		}
		if h.Passive|h.Active != 0 {
			hold(e.Owner, h)
		}
		if n.NSType() == uapi.PID_NS && !n.Is(NodeParentPut) && n.Data != 0 {
			child := Holder{Kind: HeldByChild, NS: ns, Passive: 1}
			if e.Active > 0 && !m.Cfg.Faults.Has(PidParentInactive) {
				child.Active = 1
			}
			hold(m.PidNSOf(ns).Parent, child)
		}
	}
}

// frameHolders tells what calls in flight hold, as far as they say so by
// HoldsInFlight.
func (m *Machine) frameHolders(hold func(NS, Holder)) {
	if HoldsInFlight == nil {
		return
	}
	m.EachTask(func(t TaskID, k *Task) bool {
		for id := k.Top; id != 0; id = m.Frame(id).Prev {
			HoldsInFlight(m, m.Frame(id), func(ns NS) {
				hold(ns, Holder{Kind: HeldByFrame, ID: int32(t), Passive: 1})
			})
		}
		return true
	})
}

// HoldsInFlight calls hold for every namespace that a frame holds passively in its
// locals. Package syscall, which knows what locals mean, sets it.
var HoldsInFlight func(m *Machine, f *Frame, hold func(NS))

// Holders returns who holds references on a namespace, in a fixed order.
func (m *Machine) Holders(ns NS) (hs []Holder) {
	m.EachHolder(func(n NS, h Holder) {
		if n == ns {
			hs = append(hs, h)
		}
	})
	return hs
}

// Derived is what the counts of a namespace ought to be.
type Derived struct{ Passive, Active int32 }

// DeriveCounts adds up the holders of every namespace, indexed by NS. The result
// reuses into.
func (m *Machine) DeriveCounts(into []Derived) []Derived {
	into = into[:0]
	for range m.Entries {
		into = append(into, Derived{})
	}
	m.EachHolder(func(ns NS, h Holder) {
		into[ns].Passive += h.Passive
		into[ns].Active += h.Active
	})
	return into
}

// CountsDiffer compares counts with derived ones for a namespace whose counts are
// counted, and says how they differ; empty when they agree.
func (m *Machine) CountsDiffer(ns NS, d Derived) string {
	e := &m.Entries[ns]
	if e.Flags&refcount.Live == 0 || e.Flags&(refcount.Freed|refcount.Frozen|refcount.Initial) != 0 {
		return ""
	}
	if e.Passive != d.Passive {
		return fmt.Sprintf("passive count %d, but %d holders", e.Passive, d.Passive)
	}
	if e.Active != d.Active && !m.Table.Rules.Has(refcount.NoActive) {
		return fmt.Sprintf("active count %d, but %d holders", e.Active, d.Active)
	}
	return ""
}

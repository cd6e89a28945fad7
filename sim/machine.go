// SPDX-License-Identifier: GPL-2.0-only

package sim

import (
	"github.com/nssim/nssim/nstree"
	"github.com/nssim/nssim/refcount"
	"github.com/nssim/nssim/syscall/uapi"
)

// Machine is the whole state of a running kernel as far as namespaces go.
type Machine struct {
	Cfg *Config // immutable and shared by all copies
	// Whole is set while a call runs to its end with nobody looking in between;
	// not part of the state.
	Whole bool
	// Left is set once the step in progress has left a function; not part of the
	// state.
	Left bool
	// Sink, while a caller lends it, takes what listns stores in its place; not
	// part of the state.
	Sink []uint64

	nstree.Forest

	Tasks      Arena[Task]
	SigHands   Arena[SigHand]
	UPids      Arena[UPid]
	Pids       Arena[Pid]
	Creds      Arena[Cred]
	Proxies    Arena[NSProxy]
	Files      Arena[File]
	FDTables   Arena[FDTable]
	Chunks     Arena[FDChunk]
	Inodes     Arena[Inode]
	MMs        Arena[MM]
	FSs        Arena[FS]
	UCounts    Arena[UCounts]
	UserNSs    Arena[UserNSData]
	PidNSs     Arena[PidNSData]
	MntNSs     Arena[MntNSData]
	Mappings   Arena[Mapping]
	Works      Arena[Work]
	Frames     Arena[Frame]
	Sockets    Arena[Socket]
	Msgs       Arena[Msg]
	MsgFiles   Arena[MsgFile]
	Pipes      Arena[Pipe]
	Inotifies  Arena[Inotify]
	Marks      Arena[Mark]
	Mounts     Arena[Mount]
	Supers     Arena[Super]
	Dentries   Arena[Dentry]
	VMAs       Arena[VMA]
	ExecStates Arena[TaskExecState]

	Paths     []Path
	PathBytes []byte
	UserMem   []UserID // ids that listns has copied out, by task
	Doomed    []NS     // freed namespaces whose handles may not be used again yet

	Deferred     WorkID // queue of work that the kernel has put off
	DeferredTail WorkID
	initial      [uapi.NumNSTypes]NS
}

// UserID is an id that listns has stored in a task's user memory.
type UserID struct {
	ID   uint64
	Task TaskID
}

// Initial returns the initial namespace of a type.
func (m *Machine) Initial(typ uapi.NSType) NS { return m.initial[typ.Index()] }

// InitUserNS returns init_user_ns.
func (m *Machine) InitUserNS() NS { return m.initial[0] }

// CopyFrom makes m equal to src without sharing anything but the configuration. It
// allocates only where m's arenas are too small.
func (m *Machine) CopyFrom(src *Machine) {
	if m.Cfg != src.Cfg {
		m.Cfg = src.Cfg
	}
	m.Forest.CopyFrom(&src.Forest)
	m.Tasks.CopyFrom(&src.Tasks)
	m.SigHands.CopyFrom(&src.SigHands)
	m.UPids.CopyFrom(&src.UPids)
	m.Pids.CopyFrom(&src.Pids)
	m.Creds.CopyFrom(&src.Creds)
	m.Proxies.CopyFrom(&src.Proxies)
	m.Files.CopyFrom(&src.Files)
	m.FDTables.CopyFrom(&src.FDTables)
	m.Chunks.CopyFrom(&src.Chunks)
	m.Inodes.CopyFrom(&src.Inodes)
	m.MMs.CopyFrom(&src.MMs)
	m.FSs.CopyFrom(&src.FSs)
	m.UCounts.CopyFrom(&src.UCounts)
	m.UserNSs.CopyFrom(&src.UserNSs)
	m.PidNSs.CopyFrom(&src.PidNSs)
	m.MntNSs.CopyFrom(&src.MntNSs)
	m.Mappings.CopyFrom(&src.Mappings)
	m.Works.CopyFrom(&src.Works)
	m.Frames.CopyFrom(&src.Frames)
	m.Sockets.CopyFrom(&src.Sockets)
	m.Msgs.CopyFrom(&src.Msgs)
	m.MsgFiles.CopyFrom(&src.MsgFiles)
	m.Pipes.CopyFrom(&src.Pipes)
	m.Inotifies.CopyFrom(&src.Inotifies)
	m.Marks.CopyFrom(&src.Marks)
	m.Mounts.CopyFrom(&src.Mounts)
	m.Supers.CopyFrom(&src.Supers)
	m.Dentries.CopyFrom(&src.Dentries)
	m.VMAs.CopyFrom(&src.VMAs)
	m.ExecStates.CopyFrom(&src.ExecStates)
	copySlice(&m.Paths, src.Paths)
	copySlice(&m.PathBytes, src.PathBytes)
	copySlice(&m.UserMem, src.UserMem)
	copySlice(&m.Doomed, src.Doomed)
	m.Deferred, m.DeferredTail = src.Deferred, src.DeferredTail
	m.initial = src.initial
}

// copySlice is for what is mostly empty.
func copySlice[T any](to *[]T, from []T) {
	if len(*to)|len(from) != 0 {
		*to = append((*to)[:0], from...)
	}
}

// Clone returns an independent copy.
func (m *Machine) Clone() *Machine {
	c := new(Machine)
	c.CopyFrom(m)
	return c
}

// FreeNS gives a namespace's memory back. Its handle is not used again while a
// call in flight might still hold it, so that a use after free is recorded for
// what it is and not taken for a use of the handle's next owner.
func (m *Machine) FreeNS(ns NS) {
	m.Free(ns)
	m.Doomed = append(m.Doomed, ns)
}

// ReclaimNS makes the handles of freed namespaces available again, unless a call
// is in flight.
func (m *Machine) ReclaimNS() {
	if len(m.Doomed) == 0 || m.InFlight() {
		return
	}
	for _, ns := range m.Doomed {
		m.Reclaim(ns)
	}
	m.Doomed = m.Doomed[:0]
}

// FreeNSData gives back a namespace's memory together with its type's part.
func (m *Machine) FreeNSData(ns NS) {
	switch n := &m.Nodes[ns]; n.NSType() {
	case uapi.USER_NS:
		u := m.UserNSOf(ns)
		m.freeMap(u.UIDMap)
		m.freeMap(u.GIDMap)
		m.freeMap(u.ProjMap)
		m.UserNSs.Free(n.Data)
	case uapi.PID_NS:
		m.PidNSs.Free(n.Data)
	case uapi.MNT_NS:
		m.MntNSs.Free(n.Data)
	}
	m.FreeNS(ns)
}

func (m *Machine) freeMap(i int32) {
	for i != 0 {
		next := m.Mappings.At(i).Next
		m.Mappings.Free(i)
		i = next
	}
}

// Overlay is what queueing the RCU callback does to a dead node up to v7.2: the
// callback's head is written over the id, and from v6.19 on over the active count. The
// id reads as 0, for the head's next pointer is null at the end of the list, and the
// active count as the low half of a function's address.
func (m *Machine) Overlay(ns NS) {
	m.Nodes[ns].ID = 0
	e := &m.Entries[ns]
	if m.Cfg.Rules.Has(RCUHeadOverlay) {
		e.Active = OverlaidActive
	}
	e.Flags |= refcount.Frozen | refcount.NoID
}

// OverlaidActive stands for the half of a kernel address that a walker reads as
// the active count of an overlaid node.
const OverlaidActive = -0x7eadbeef

// SPDX-License-Identifier: GPL-2.0-only

package nstree

import "github.com/nssim/nssim/syscall/uapi"

// The steps of a namespace's life in one call each, for who does not need to look in
// between.

// bootOrder is the order in which the initial namespaces enter the trees. With fixed
// ids it has no consequence; where ids are drawn it decides them.
var bootOrder = [uapi.NumNSTypes]uapi.NSType{
	uapi.USER_NS, uapi.UTS_NS, uapi.PID_NS, uapi.IPC_NS, uapi.CGROUP_NS, uapi.TIME_NS, uapi.NET_NS, uapi.MNT_NS,
}

// Boot makes the eight initial namespaces and returns the initial user namespace,
// which owns the others. Each has its fixed inode number, its fixed id where the
// kernel has such, and counts 1 and 1.
func (f *Forest) Boot() (initUserNS Handle) {
	for _, typ := range bootOrder {
		h := f.AllocFixed(typ, initUserNS, typ.InitInum())
		if typ == uapi.USER_NS {
			initUserNS = h
		}
		if f.Rules.Has(IDsPerCPU) {
			f.AssignID(h)
		} else {
			f.SetID(h, typ.InitID())
		}
		f.Insert(h)
	}
	return initUserNS
}

// Create makes a namespace with the next id and puts it on the trees. Like every new
// one it is inactive until somebody uses it. The passive reference that it holds on its
// owner is the caller's to take. It fails as Alloc does.
func (f *Forest) Create(typ uapi.NSType, owner Handle) (Handle, uapi.Errno) {
	h, e := f.Alloc(typ, owner)
	if e != 0 {
		return 0, e
	}
	f.AssignID(h)
	f.Insert(h)
	f.GetOwner(h)
	return h, 0
}

// Destroy is what is owed when the passive count has reached zero: the namespace
// leaves the trees and gives back its inode number and its memory. Its links stay
// readable, and its handle is not used again, until Reclaim ends the grace period.
func (f *Forest) Destroy(h Handle) {
	f.Remove(h)
	f.FreeInum(h)
	f.Free(h)
}

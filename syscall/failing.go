// SPDX-License-Identifier: GPL-2.0-only

package syscall

import (
	"slices"

	"github.com/nssim/nssim/sim"
	"github.com/nssim/nssim/syscall/uapi"
)

// Failing is a call in which one kernel function fails that the model never lets fail by
// itself, as with the kernel's fault injection. A call that does not come to that function
// is not changed.
type Failing struct {
	Call Call
	At   Failure
}

func (c Failing) start(x X) {
	c.Call.start(x)
	if f := x.f(); f != nil {
		f.Flag |= uint8(c.At) << failShift
	}
}

// Failure is a kernel function that can be made to fail.
type Failure uint8

// The failures: for each, what goes wrong and what the function returns.
const (
	// FailUCounts: set_cred_ucounts finds no memory for a new ucounts object; EAGAIN.
	FailUCounts Failure = iota + 1
	// FailCgroup: copy_cgroup_ns finds no memory; ENOMEM.
	FailCgroup
	// FailMqSysctls: setup_mq_sysctls of a new ipc namespace, which has its mqueue mount by
	// then, finds no memory; ENOMEM.
	FailMqSysctls
	// FailNetInit: ns_common_init of a new network namespace gets no inode number; ENOSPC.
	FailNetInit
)

var failures = []struct {
	name string
	e    uapi.Errno
}{
	FailUCounts:   {"set_cred_ucounts", uapi.EAGAIN},
	FailCgroup:    {"copy_cgroup_ns", uapi.ENOMEM},
	FailMqSysctls: {"setup_mq_sysctls", uapi.ENOMEM},
	FailNetInit:   {"net_ns_common_init", uapi.ENOSPC},
}

// String names the function.
func (f Failure) String() string { return failures[f].name }

// Failures lists the functions that can be made to fail.
func Failures() (all []Failure) {
	for f := range failures[1:] {
		all = append(all, Failure(f+1))
	}
	return all
}

// FailureByName finds a function that can be made to fail.
func FailureByName(name string) (Failure, bool) {
	i := slices.IndexFunc(Failures(), func(f Failure) bool { return f.String() == name })
	return Failure(i + 1), i >= 0
}

// failShift is where in the flags of a call's outermost frame its failure stands.
const failShift = 1

// injected returns what a function fails with in this call, 0 if it does not.
func (x X) injected(at Failure) uapi.Errno {
	outer := x.f()
	for outer.Prev != 0 {
		outer = x.Frame(outer.Prev)
	}
	if Failure(outer.Flag>>failShift) != at {
		return 0
	}
	return failures[at].e
}

// failedNS is the errno with which the construction of a namespace fails before anything
// has been made of it.
func (x X) failedNS(typ uapi.NSType) uapi.Errno {
	if typ == uapi.CGROUP_NS {
		return x.injected(FailCgroup)
	}
	return 0
}

// abandon undoes the construction of a namespace that has just been allocated, and does it
// badly where the kernel does.
func (x X) abandon(ns sim.NS) (e uapi.Errno) {
	switch x.Nodes[ns].NSType() {
	case uapi.NET_NS:
		if e = x.injected(FailNetInit); e == 0 {
			return 0
		}
		if x.FreeInum(ns); x.Cfg.Faults.Has(sim.NetErrorLeaks) {
			x.Nodes[ns].Flags |= sim.NodeOwnerPut
			return e
		}
	case uapi.IPC_NS:
		if e = x.injected(FailMqSysctls); e == 0 {
			return 0
		}
		if x.FreeInum(ns); x.Cfg.Faults.Has(sim.IPCErrorLeaksMqueue) {
			x.Inc(x.Entries[ns].Owner) // the mount's superblock stays
		}
	default:
		return 0
	}
	x.FreeNSData(ns)
	return e
}

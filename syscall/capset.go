// SPDX-License-Identifier: GPL-2.0-only

package syscall

import (
	"github.com/nssim/nssim/sim"
	"github.com/nssim/nssim/syscall/uapi"
)

// Capset is capset(2) on the caller itself, the only task it can act on. Bits beyond
// the last capability are ignored.
type Capset struct{ Effective, Permitted, Inheritable sim.CapSet }

// Capget is capget(2) on the caller itself. It stores the effective, permitted and
// inheritable set in the task's Out, in this order.
type Capget struct{}

func (c Capset) start(x X) {
	x.push(opCapset, int64(c.Effective&sim.FullCaps), int64(c.Permitted&sim.FullCaps), int64(c.Inheritable&sim.FullCaps))
}

func (Capget) start(x X) { x.push(opCapset, 0, 0, 0, 1) }

// Capset sets the capability sets (security/commoncap.c: cap_capset, v6.19). EPERM:
// the permitted set would grow, the effective one is not within the new permitted
// one, or the inheritable one would gain what is not in the bounding set or, without
// CAP_SETPCAP, not in the permitted set.
func (t T) Capset(c Capset) error { return t.do(c) }

// Capget returns the sets that Capset takes (kernel/capability.c: sys_capget,
// v6.19). No errno.
func (t T) Capget() (Capset, error) {
	err := t.do(Capget{})
	out := &t.M.Task(t.ID).Out
	return Capset{sim.CapSet(out[0]), sim.CapSet(out[1]), sim.CapSet(out[2])}, err
}

// Locals of opCapset.
const (
	csEffective = iota
	csPermitted
	csInheritable
	csGet
)

func init() {
	define(opCapset, "capset",
		step{"security_capset", capset},
		step{"done", func(x X) { x.ret(0) }},
	)
}

func capset(x X) {
	f := x.f()
	old := x.cred()
	if f.L[csGet] != 0 {
		x.me().Out = [4]uint64{uint64(old.Effective), uint64(old.Permitted), uint64(old.Inheritable)}
		return
	}
	e, p, i := sim.CapSet(f.L[csEffective]), sim.CapSet(f.L[csPermitted]), sim.CapSet(f.L[csInheritable])
	// The new credential is there before the checks and goes when one fails.
	c := x.prepareCreds()
	old = x.cred()
	if !x.maySetCaps(old, e, p, i) {
		x.putCred(c)
		x.fail(uapi.EPERM)
		return
	}
	k := x.Cred(c)
	k.Effective, k.Permitted, k.Inheritable = e, p, i
	k.Ambient &= p & i
	x.commitCreds(c)
}

func (x X) maySetCaps(old *sim.Cred, e, p, i sim.CapSet) bool {
	capped := !x.Capable(old, old.UserNS, uapi.CAP_SETPCAP)
	switch {
	case capped && !i.Subset(old.Inheritable|old.Permitted):
		return false
	case !i.Subset(old.Inheritable | old.Bounding):
		return false
	}
	return p.Subset(old.Permitted) && e.Subset(p)
}

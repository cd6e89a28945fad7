// SPDX-License-Identifier: GPL-2.0-only

package syscall

import (
	"github.com/nssim/nssim/sim"
	"github.com/nssim/nssim/syscall/uapi"
)

// Prctl is prctl(2). Where an option takes a pointer, NULL faults and any other
// pointer is good: what is stored there is in the task's Out[0].
type Prctl struct {
	Option int32
	Args   [4]uint64
}

func (c Prctl) start(x X) {
	x.push(opPrctl, int64(c.Option), int64(c.Args[0]), int64(c.Args[1]), int64(c.Args[2]), int64(c.Args[3]))
}

// Prctl reads and sets the attributes of a task that have to do with credentials,
// dumpability and reaping (kernel/sys.c: sys_prctl; security/commoncap.c:
// cap_task_prctl, v6.19). EINVAL: an option that the model does not know, or an
// argument out of range; EPERM: a capability is missing or a securebit is locked;
// EFAULT: a null pointer.
func (t T) Prctl(option int, args ...uint64) (int, error) {
	c := Prctl{Option: int32(option)}
	copy(c.Args[:], args)
	return t.fd(c)
}

// Locals of opPrctl: the option and its arguments.
const (
	prOption = iota
	prArgs
)

func init() {
	define(opPrctl, "prctl",
		step{"security_task_prctl", prctl},
		step{"done", func(x X) { x.ret(0) }},
	)
}

func prctl(x X) {
	f := x.f()
	do := prctls[int32(f.L[prOption])]
	if do == nil {
		x.fail(uapi.EINVAL)
		return
	}
	var a [4]uint64
	for i := range a {
		a[i] = uint64(f.L[prArgs+i])
	}
	c, v, e := do(x, a)
	if c == 0 {
		x.done(v, e)
		return
	}
	x.commitCreds(c)
}

// prctls are the options: each returns a credential to commit or else the result.
var prctls = map[int32]func(x X, a [4]uint64) (sim.CredID, int64, uapi.Errno){
	uapi.PR_SET_PDEATHSIG:       prSetPDeathSig,
	uapi.PR_GET_PDEATHSIG:       prGetPDeathSig,
	uapi.PR_GET_DUMPABLE:        prGetDumpable,
	uapi.PR_SET_DUMPABLE:        prSetDumpable,
	uapi.PR_GET_KEEPCAPS:        prGetKeepCaps,
	uapi.PR_SET_KEEPCAPS:        prSetKeepCaps,
	uapi.PR_CAPBSET_READ:        prCapBSetRead,
	uapi.PR_CAPBSET_DROP:        prCapBSetDrop,
	uapi.PR_GET_SECUREBITS:      prGetSecureBits,
	uapi.PR_SET_SECUREBITS:      prSetSecureBits,
	uapi.PR_SET_CHILD_SUBREAPER: prSetSubReaper,
	uapi.PR_GET_CHILD_SUBREAPER: prGetSubReaper,
	uapi.PR_SET_NO_NEW_PRIVS:    prSetNoNewPrivs,
	uapi.PR_GET_NO_NEW_PRIVS:    prGetNoNewPrivs,
	uapi.PR_CAP_AMBIENT:         prCapAmbient,
}

// putUser stores a value through a pointer argument.
func (x X) putUser(p uint64, v int64) (sim.CredID, int64, uapi.Errno) {
	if p == 0 {
		return 0, 0, uapi.EFAULT
	}
	x.me().Out[0] = uint64(v)
	return 0, 0, 0
}

func prSetPDeathSig(x X, a [4]uint64) (sim.CredID, int64, uapi.Errno) {
	if a[0] > uapi.SIGRTMAX {
		return 0, 0, uapi.EINVAL
	}
	x.me().PDeathSig = uint8(a[0])
	return 0, 0, 0
}

func prGetPDeathSig(x X, a [4]uint64) (sim.CredID, int64, uapi.Errno) {
	return x.putUser(a[0], int64(x.me().PDeathSig))
}

// Whether PR_SET_DUMPABLE writes to the mm or, from v7.2, to the exec_state makes no
// difference: tasks share either both or neither.
func prSetDumpable(x X, a [4]uint64) (sim.CredID, int64, uapi.Errno) {
	if a[0] != uapi.SUID_DUMP_DISABLE && a[0] != uapi.SUID_DUMP_USER {
		return 0, 0, uapi.EINVAL
	}
	x.MM(x.me().MM).Dumpable = a[0] == uapi.SUID_DUMP_USER
	return 0, 0, 0
}

func prGetDumpable(x X, _ [4]uint64) (sim.CredID, int64, uapi.Errno) {
	return 0, truth(x.MM(x.me().MM).Dumpable), 0
}

func prGetKeepCaps(x X, _ [4]uint64) (sim.CredID, int64, uapi.Errno) {
	return 0, truth(x.cred().SecureBits&uapi.SECBIT_KEEP_CAPS != 0), 0
}

func prSetKeepCaps(x X, a [4]uint64) (sim.CredID, int64, uapi.Errno) {
	switch {
	case a[0] > 1:
		return 0, 0, uapi.EINVAL
	case x.cred().SecureBits&uapi.SECBIT_KEEP_CAPS_LOCKED != 0:
		return 0, 0, uapi.EPERM
	}
	c := x.prepareCreds()
	k := x.Cred(c)
	k.SecureBits &^= uapi.SECBIT_KEEP_CAPS
	if a[0] == 1 {
		k.SecureBits |= uapi.SECBIT_KEEP_CAPS
	}
	return c, 0, 0
}

func prCapBSetRead(x X, a [4]uint64) (sim.CredID, int64, uapi.Errno) {
	if a[0] > uapi.CAP_LAST_CAP {
		return 0, 0, uapi.EINVAL
	}
	return 0, truth(x.cred().Bounding.Has(int(a[0]))), 0
}

func prCapBSetDrop(x X, a [4]uint64) (sim.CredID, int64, uapi.Errno) {
	switch {
	case !x.NSCapable(x.T, x.cred().UserNS, uapi.CAP_SETPCAP):
		return 0, 0, uapi.EPERM
	case a[0] > uapi.CAP_LAST_CAP:
		return 0, 0, uapi.EINVAL
	}
	c := x.prepareCreds()
	x.Cred(c).Bounding &^= 1 << a[0]
	return c, 0, 0
}

func prGetSecureBits(x X, _ [4]uint64) (sim.CredID, int64, uapi.Errno) {
	return 0, int64(x.cred().SecureBits), 0
}

// secureUnprivileged are the securebits that are a task's promise about itself, with
// their locks: no capability is asked for.
const secureUnprivileged = (uapi.SECBIT_EXEC_RESTRICT_FILE | uapi.SECBIT_EXEC_DENY_INTERACTIVE) * 3

func prSetSecureBits(x X, a [4]uint64) (sim.CredID, int64, uapi.Errno) {
	old, now := uint64(x.cred().SecureBits), a[0]
	changed := old ^ now
	locks := old & uapi.SECURE_ALL_LOCKS
	switch {
	case changed&(locks>>1) != 0, locks&^now != 0, now&^(uapi.SECURE_ALL_BITS|uapi.SECURE_ALL_LOCKS) != 0:
		return 0, 0, uapi.EPERM
	case x.NSCapable(x.T, x.cred().UserNS, uapi.CAP_SETPCAP):
	case changed == 0, changed&^secureUnprivileged != 0:
		return 0, 0, uapi.EPERM
	}
	c := x.prepareCreds()
	x.Cred(c).SecureBits = uint16(now)
	return c, 0, 0
}

func prSetSubReaper(x X, a [4]uint64) (sim.CredID, int64, uapi.Errno) {
	l := x.Task(x.me().Leader)
	l.Flags &^= sim.SubReaper
	if a[0] != 0 {
		l.Flags |= sim.SubReaper
	}
	return 0, 0, 0
}

func prGetSubReaper(x X, a [4]uint64) (sim.CredID, int64, uapi.Errno) {
	return x.putUser(a[0], truth(x.Task(x.me().Leader).Has(sim.SubReaper)))
}

func prSetNoNewPrivs(x X, a [4]uint64) (sim.CredID, int64, uapi.Errno) {
	if a != [4]uint64{1} {
		return 0, 0, uapi.EINVAL
	}
	x.me().Flags |= sim.NoNewPrivs
	return 0, 0, 0
}

func prGetNoNewPrivs(x X, a [4]uint64) (sim.CredID, int64, uapi.Errno) {
	if a != [4]uint64{} {
		return 0, 0, uapi.EINVAL
	}
	return 0, truth(x.me().Has(sim.NoNewPrivs)), 0
}

func prCapAmbient(x X, a [4]uint64) (sim.CredID, int64, uapi.Errno) {
	how, cap := a[0], a[1]
	all := how == uapi.PR_CAP_AMBIENT_CLEAR_ALL
	if a[2]|a[3] != 0 || (all && cap != 0) || cap > uapi.CAP_LAST_CAP {
		return 0, 0, uapi.EINVAL
	}
	old, bit := x.cred(), sim.CapSet(1)<<cap
	now := old.Ambient
	switch how {
	case uapi.PR_CAP_AMBIENT_IS_SET:
		return 0, truth(now&bit != 0), 0
	case uapi.PR_CAP_AMBIENT_CLEAR_ALL:
		now = 0
	case uapi.PR_CAP_AMBIENT_LOWER:
		now &^= bit
	case uapi.PR_CAP_AMBIENT_RAISE:
		if !bit.Subset(old.Permitted&old.Inheritable) || old.SecureBits&uapi.SECBIT_NO_CAP_AMBIENT_RAISE != 0 {
			return 0, 0, uapi.EPERM
		}
		now |= bit
	default:
		return 0, 0, uapi.EINVAL
	}
	c := x.prepareCreds()
	x.Cred(c).Ambient = now
	return c, 0, 0
}

func truth(b bool) int64 {
	if b {
		return 1
	}
	return 0
}

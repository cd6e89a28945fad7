// SPDX-License-Identifier: GPL-2.0-only

package syscall

import (
	"github.com/nssim/nssim/sim"
	"github.com/nssim/nssim/syscall/uapi"
)

// Operations of this file and of capset.go, prctl.go, signal.go and ids.go.
const (
	opSetID uint8 = opFirstFree + iota
	opGroupsFromUser
	opSetGroups
	opCapset
	opPrctl
	opKill
	opTgkill
	opSigaction
	opGetID
)

// NoID, which C writes -1, leaves an id as it is in the calls that take several.
const NoID = ^uint32(0)

// The calls that change ids. All ids are numbers in the caller's user namespace.
type (
	Setuid    struct{ UID uint32 }
	Setgid    struct{ GID uint32 }
	Setreuid  struct{ Real, Eff uint32 }
	Setregid  struct{ Real, Eff uint32 }
	Setresuid struct{ Real, Eff, Saved uint32 }
	Setresgid struct{ Real, Eff, Saved uint32 }
	Setfsuid  struct{ UID uint32 }
	Setfsgid  struct{ GID uint32 }
)

func (c Setuid) start(x X)    { x.setID(formSet, false, c.UID, NoID, NoID) }
func (c Setgid) start(x X)    { x.setID(formSet, true, c.GID, NoID, NoID) }
func (c Setreuid) start(x X)  { x.setID(formSetre, false, c.Real, c.Eff, NoID) }
func (c Setregid) start(x X)  { x.setID(formSetre, true, c.Real, c.Eff, NoID) }
func (c Setresuid) start(x X) { x.setID(formSetres, false, c.Real, c.Eff, c.Saved) }
func (c Setresgid) start(x X) { x.setID(formSetres, true, c.Real, c.Eff, c.Saved) }
func (c Setfsuid) start(x X)  { x.setID(formSetfs, false, c.UID, NoID, NoID) }
func (c Setfsgid) start(x X)  { x.setID(formSetfs, true, c.GID, NoID, NoID) }

// Setuid sets the effective uid, and with CAP_SETUID over the caller's user
// namespace the real and saved one too (kernel/sys.c: __sys_setuid, v6.19). EINVAL:
// the id has no mapping in that namespace; EPERM: no CAP_SETUID and neither the real
// nor the saved uid.
func (t T) Setuid(uid uint32) error { return t.do(Setuid{uid}) }

// Setgid is Setuid for group ids and CAP_SETGID (kernel/sys.c: __sys_setgid, v6.19).
func (t T) Setgid(gid uint32) error { return t.do(Setgid{gid}) }

// Setreuid sets real and effective uid (kernel/sys.c: __sys_setreuid, v6.19). EINVAL:
// one of them has no mapping; EPERM: no CAP_SETUID, and the real uid is to be neither
// the old real nor effective one, or the effective uid none of the old three.
func (t T) Setreuid(ruid, euid uint32) error { return t.do(Setreuid{ruid, euid}) }

// Setregid is Setreuid for group ids (kernel/sys.c: __sys_setregid, v6.19).
func (t T) Setregid(rgid, egid uint32) error { return t.do(Setregid{rgid, egid}) }

// Setresuid sets all three uids (kernel/sys.c: __sys_setresuid, v6.19). EINVAL: one
// of them has no mapping; EPERM: no CAP_SETUID and one is none of the old three.
// Where nothing changes there is no new credential.
func (t T) Setresuid(ruid, euid, suid uint32) error { return t.do(Setresuid{ruid, euid, suid}) }

// Setresgid is Setresuid for group ids (kernel/sys.c: __sys_setresgid, v6.19).
func (t T) Setresgid(rgid, egid, sgid uint32) error { return t.do(Setresgid{rgid, egid, sgid}) }

// Setfsuid sets the file-system uid and returns the old one, whether or not it could
// (kernel/sys.c: __sys_setfsuid, v6.19). No errno.
func (t T) Setfsuid(uid uint32) (uint32, error) { return t.id(Setfsuid{uid}) }

// Setfsgid is Setfsuid for the group id (kernel/sys.c: __sys_setfsgid, v6.19).
func (t T) Setfsgid(gid uint32) (uint32, error) { return t.id(Setfsgid{gid}) }

func (t T) id(c Call) (uint32, error) {
	v, err := Do(t.M, t.ID, c)
	return uint32(v), err
}

// Locals of opSetID.
const (
	siForm = iota
	siGroup
	siArgs                 // the ids given
	siCred    = siArgs + 3 // the new credential
	siUCounts = siCred + 1 // its uid may have changed
	siRet     = siUCounts + 1
)

func (x X) setID(form int64, group bool, ids ...uint32) {
	x.push(opSetID, form)
	f := x.f()
	if group {
		f.L[siGroup] = 1
	}
	for i, id := range ids {
		f.L[siArgs+i] = int64(id)
	}
}

func init() {
	define(opSetID, "set*id",
		step{"prepare_creds", setIDPrepare},
		step{"set_cred_ucounts", func(x X) {
			if f := x.f(); f.L[siUCounts] != 0 {
				x.setCredUCounts(sim.CredID(f.L[siCred]))
			}
		}},
		step{"commit_creds", func(x X) { x.commitCreds(sim.CredID(x.f().L[siCred])) }},
		step{"done", func(x X) { x.ret(x.f().L[siRet]) }},
	)
}

// verdict says what becomes of a change of ids.
type verdict uint8

const (
	change verdict = iota // commit the new ids
	keep                  // succeed without a new credential
	refuse                // EPERM without a new credential
	abort                 // fail and throw the new credential away
)

// The forms of call, by the ids they take.
const (
	formSet = iota
	formSetre
	formSetres
	formSetfs
)

// idForms works out the new ids from the old ones, the global ids asked for (NoID:
// not given), and whether the caller has CAP_SETUID or CAP_SETGID.
var idForms = [...]func(old sim.IDs, to [3]uint32, priv bool) (sim.IDs, verdict){
	formSet:    nextSet,
	formSetre:  nextSetre,
	formSetres: nextSetres,
	formSetfs:  nextSetfs,
}

func nextSet(old sim.IDs, to [3]uint32, priv bool) (sim.IDs, verdict) {
	id := to[0]
	switch {
	case priv:
		return sim.IDs{Real: id, Eff: id, Saved: id, FS: id}, change
	case id != old.Real && id != old.Saved:
		return old, abort
	}
	old.Eff, old.FS = id, id
	return old, change
}

func nextSetre(old sim.IDs, to [3]uint32, priv bool) (sim.IDs, verdict) {
	r, e := to[0], to[1]
	now := old
	if r != NoID {
		if r != old.Real && r != old.Eff && !priv {
			return old, abort
		}
		now.Real = r
	}
	if e != NoID {
		if e != old.Real && e != old.Eff && e != old.Saved && !priv {
			return old, abort
		}
		now.Eff = e
	}
	if r != NoID || (e != NoID && e != old.Real) {
		now.Saved = now.Eff
	}
	now.FS = now.Eff
	return now, change
}

func nextSetres(old sim.IDs, to [3]uint32, priv bool) (sim.IDs, verdict) {
	now := old
	fields := [...]*uint32{&now.Real, &now.Eff, &now.Saved}
	for i, id := range to {
		if id == NoID {
			continue
		}
		if id != old.Real && id != old.Eff && id != old.Saved && !priv {
			return old, refuse
		}
		*fields[i] = id
	}
	// Giving the effective id restores the file-system id, which is a change.
	if to[1] != NoID {
		now.FS = now.Eff
	}
	if now == old {
		return old, keep
	}
	now.FS = now.Eff
	return now, change
}

func nextSetfs(old sim.IDs, to [3]uint32, priv bool) (sim.IDs, verdict) {
	id := to[0]
	known := id == old.Real || id == old.Eff || id == old.Saved || id == old.FS
	if (!known && !priv) || id == old.FS {
		return old, abort
	}
	old.FS = id
	return old, change
}

// setIDPrepare makes the checks of all the calls and the new credential, which is
// still private. It looks for a mapping before it looks for permission.
func setIDPrepare(x X) {
	f := x.f()
	cred := x.cred()
	user := x.UserNSOf(cred.UserNS)
	ids, idMap, cap := cred.UID, user.UIDMap, uapi.CAP_SETUID
	group := f.L[siGroup] != 0
	if group {
		ids, idMap, cap = cred.GID, user.GIDMap, uapi.CAP_SETGID
	}
	fs := f.L[siForm] == formSetfs
	if fs {
		f.L[siRet] = int64(x.Munged(idMap, ids.FS))
	}
	to, ok := x.makeIDs(f, idMap)
	switch {
	case !ok && fs:
		x.ret(f.L[siRet])
		return
	case !ok:
		x.fail(uapi.EINVAL)
		return
	}
	now, v := idForms[f.L[siForm]](ids, to, x.NSCapable(x.T, cred.UserNS, cap))
	switch v {
	case keep:
		x.ret(0)
		return
	case refuse:
		x.fail(uapi.EPERM)
		return
	}
	c := x.prepareCreds()
	if v == abort {
		ret := f.L[siRet]
		if !fs {
			ret = -int64(uapi.EPERM)
		}
		x.putCred(c)
		x.ret(ret)
		return
	}
	f.L[siCred] = int64(c)
	if group {
		x.Cred(c).GID = now
		return
	}
	x.Cred(c).UID = now
	x.fixSetuid(x.Cred(c), x.cred(), fs)
	if !fs {
		f.L[siUCounts] = 1
	}
}

// makeIDs translates the ids given. In the calls that take one id, NoID is an id
// without a mapping like any other.
func (x X) makeIDs(f *sim.Frame, idMap int32) (to [3]uint32, ok bool) {
	for i := range to {
		id := uint32(f.L[siArgs+i])
		to[i] = x.MakeID(idMap, id)
		single := i == 0 && (f.L[siForm] == formSet || f.L[siForm] == formSetfs)
		if to[i] == sim.IDsUnmapped && (single || id != NoID) {
			return to, false
		}
	}
	return to, true
}

// capFSSet is what being root meant to file systems (include/linux/capability.h:
// CAP_FS_SET, v6.19).
const capFSSet sim.CapSet = 1<<uapi.CAP_CHOWN | 1<<uapi.CAP_DAC_OVERRIDE | 1<<uapi.CAP_DAC_READ_SEARCH |
	1<<uapi.CAP_FOWNER | 1<<uapi.CAP_FSETID | 1<<uapi.CAP_LINUX_IMMUTABLE | 1<<uapi.CAP_MKNOD |
	1<<uapi.CAP_MAC_OVERRIDE

// fixSetuid lets the capability sets follow the uids: whoever gives up root, gives up
// its capabilities (security/commoncap.c: cap_task_fix_setuid, v6.19). Root is id 0
// of the user namespace; a namespace that does not map 0 has none.
func (x X) fixSetuid(now, old *sim.Cred, fs bool) {
	if old.SecureBits&uapi.SECBIT_NO_SETUID_FIXUP != 0 {
		return
	}
	root := x.MakeID(x.UserNSOf(old.UserNS).UIDMap, 0)
	if fs {
		switch was, is := old.UID.FS == root, now.UID.FS == root; {
		case was && !is:
			now.Effective &^= capFSSet
		case !was && is:
			now.Effective |= now.Permitted & capFSSet
		}
		return
	}
	if holdsID(old.UID, root) && !holdsID(now.UID, root) {
		if old.SecureBits&uapi.SECBIT_KEEP_CAPS == 0 {
			now.Permitted, now.Effective = 0, 0
		}
		now.Ambient = 0
	}
	switch was, is := old.UID.Eff == root, now.UID.Eff == root; {
	case was && !is:
		now.Effective = 0
	case !was && is:
		now.Effective = now.Permitted
	}
}

// holdsID reports whether id is the real, effective or saved one.
func holdsID(ids sim.IDs, id uint32) bool {
	return ids.Real == id || ids.Eff == id || ids.Saved == id
}

// SPDX-License-Identifier: GPL-2.0-only

package syscall

import (
	"github.com/nssim/nssim/sim"
	"github.com/nssim/nssim/syscall/uapi"
)

// Umount2 is umount2(2).
type Umount2 struct {
	Target string
	Flags  uint32
}

func (c Umount2) start(x X) { x.push(opUmount, int64(x.Intern(c.Target)), int64(c.Flags)) }

// Umount2 unmounts (fs/namespace.c: ksys_umount, v6.19). EINVAL: unknown flags; path
// errors; EPERM: no CAP_SYS_ADMIN over the owner of the caller's mount namespace;
// EINVAL: no mount point, another mount namespace's, a locked mount, or the root; EBUSY:
// files are open through it or mounts stand on it, and no MNT_DETACH. The mounts that
// every namespace starts with stay: EBUSY.
func (t T) Umount2(target string, flags int) error { return t.do(Umount2{target, uint32(flags)}) }

func init() {
	define(opUmount, "umount",
		step{"path_umount", pathUmount},
		step{"done", func(x X) { x.ret(0) }},
	)
}

const umountKnown = uapi.MNT_FORCE | uapi.MNT_DETACH | uapi.MNT_EXPIRE | uapi.UMOUNT_NOFOLLOW

func pathUmount(x X) {
	f := x.f()
	flags := uint32(f.L[1])
	if flags&^umountKnown != 0 {
		x.fail(uapi.EINVAL)
		return
	}
	how := follow
	if flags&uapi.UMOUNT_NOFOLLOW != 0 {
		how = 0
	}
	t, e := x.resolve(x.PathString(sim.PathID(f.L[0])), how)
	if e == 0 {
		e = x.mayUmount(&t, flags)
	}
	if e != 0 {
		x.fail(e)
		return
	}
	x.umountTree(t.mnt)
}

// mayUmount makes the checks of unmounting (fs/namespace.c: can_umount, do_umount,
// v6.19).
func (x X) mayUmount(t *target, flags uint32) uapi.Errno {
	switch {
	case !x.mayMount():
		return uapi.EPERM
	case !x.isMountRoot(t), !x.isMine(t), x.isLocked(t):
		return uapi.EINVAL
	case flags&uapi.MNT_FORCE != 0 && !x.NSCapable(x.T, x.superOwner(x.superOf(t.mnt)), uapi.CAP_SYS_ADMIN):
		return uapi.EPERM
	case flags&uapi.MNT_EXPIRE != 0 && flags&(uapi.MNT_FORCE|uapi.MNT_DETACH) != 0:
		return uapi.EINVAL
	case t.mnt == 0 || t.mnt == x.MntNSOf(t.ns).Root:
		return x.umountBase(t, flags)
	}
	busy := x.Mount(t.mnt).Refs > 1 || len(x.eachUnder(t.mnt)) > 1
	switch {
	case busy && flags&uapi.MNT_DETACH == 0:
		return uapi.EBUSY
	case flags&uapi.MNT_EXPIRE != 0:
		return uapi.EAGAIN // the model keeps no mark, so every one is a first one
	}
	return 0
}

// umountBase is the answer for what a namespace starts with, which stays. Up to v6.19
// the root is the absolute root.
func (x X) umountBase(t *target, flags uint32) uapi.Errno {
	if t.path == "/" && flags&uapi.MNT_DETACH != 0 && !x.Cfg.Rules.Has(sim.RootMountExtra) {
		return uapi.EINVAL
	}
	return uapi.EBUSY
}

// isLocked reports whether t's mount came with a copy into a less privileged mount
// namespace.
func (x X) isLocked(t *target) bool {
	if t.mnt != 0 {
		return x.Mount(t.mnt).Locked
	}
	return x.baseLocked(t.ns) && (t.path != "/" || x.Cfg.Rules.Has(sim.RootMountExtra))
}

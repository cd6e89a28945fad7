// SPDX-License-Identifier: GPL-2.0-only

package syscall

import (
	"github.com/nssim/nssim/sim"
	"github.com/nssim/nssim/syscall/uapi"
)

// fsType is what a file system that can be mounted is like.
type fsType struct {
	name string
	kind sim.SuperKind
	// userNS: a user namespace's root may mount it (FS_USERNS_MOUNT).
	userNS bool
	// base is the base mount whose superblock is the only one there is.
	base string
	// shows is the field of the nsproxy whose namespace it belongs to; procfs
	// belongs to the pid namespace that the caller is in.
	shows sim.Slot
	owned bool // it has a field
}

// fsTypes are the file systems that can be mounted without a device. The index is the
// Which of a FileFSContext.
var fsTypes = []fsType{
	{name: "tmpfs", kind: sim.SuperTmpfs, userNS: true},
	{name: "ramfs", kind: sim.SuperTmpfs, userNS: true},
	{name: "proc", kind: sim.SuperProc, userNS: true},
	{name: "mqueue", kind: sim.SuperMqueue, userNS: true, shows: sim.SlotIpc, owned: true},
	{name: "sysfs", kind: sim.SuperSysfs, userNS: true, shows: sim.SlotNet, owned: true},
	{name: "cgroup2", kind: sim.SuperOther, userNS: true, shows: sim.SlotCgroup, owned: true, base: cgroupRoot},
	{name: "devtmpfs", kind: sim.SuperOther, base: "/dev"},
	{name: "devpts", kind: sim.SuperOther, userNS: true},
}

// findFSType returns a type's place in fsTypes (fs/filesystems.c: get_fs_type, v6.19).
func findFSType(name string) (int, bool) {
	for i := range fsTypes {
		if fsTypes[i].name == name {
			return i, true
		}
	}
	return 0, false
}

// super returns a superblock.
func (x X) super(s sim.SuperID) *sim.Super { return x.Supers.At(int32(s)) }

// shown is the namespace that an instance of a file system mounted by the caller shows,
// 0 for a file system that shows none.
func (x X) shown(ft *fsType) sim.NS {
	switch {
	case ft.kind == sim.SuperProc:
		return x.ActivePidNS(x.T)
	case ft.owned:
		return x.Proxy(x.me().Proxy).NS[ft.shows]
	}
	return 0
}

// superOwnerFor is the user namespace that a superblock mounted by the caller belongs
// to: the owner of the namespace it shows, else the caller's own (fc->user_ns).
func (x X) superOwnerFor(ft *fsType) sim.NS {
	if ns := x.shown(ft); ns != 0 {
		return x.Entries[ns].Owner
	}
	return x.cred().UserNS
}

// superOwner is a superblock's s_user_ns. An mqueue belongs to the owner of its ipc
// namespace, whose internal mount pins it.
func (x X) superOwner(s sim.SuperID) sim.NS {
	if s == 0 {
		return x.InitUserNS()
	}
	switch k := x.super(s); {
	case k.UserNS == 0:
		return x.Entries[k.NS].Owner
	default:
		return k.UserNS
	}
}

// mayMountType makes the checks of a new superblock (fs/sysfs/mount.c:
// sysfs_init_fs_context; fs/super.c: mount_capable, v6.19): CAP_SYS_ADMIN over the user
// namespace that it will belong to, or over the initial one where user namespaces may
// not mount it.
func (x X) mayMountType(ft *fsType, owner sim.NS) uapi.Errno {
	over := x.InitUserNS()
	if ft.userNS {
		over = owner
	}
	if !x.NSCapable(x.T, over, uapi.CAP_SYS_ADMIN) {
		return uapi.EPERM
	}
	return 0
}

// getTree finds or makes the superblock of a type that belongs to owner, referenced, and
// the path of its root. It pins the user namespace it belongs to, procfs also the pid
// namespace that it shows and, since v7.2, cred; an mqueue is the ipc namespace's own and
// pins nothing (fs/proc/root.c: proc_fill_super, v7.3.4).
func (x X) getTree(ft *fsType, owner, shown sim.NS, cred sim.CredID) (s sim.SuperID, root string) {
	switch {
	case ft.base != "":
		return 0, ft.base
	case ft.kind == sim.SuperSysfs && shown == x.Initial(uapi.NET_NS):
		return 0, "/sys"
	case ft.kind == sim.SuperMqueue, ft.kind == sim.SuperSysfs:
		if s := x.findSuper(ft.kind, shown); s != 0 {
			x.super(s).Refs++
			return s, "/"
		}
	}
	s = sim.SuperID(x.Supers.New())
	*x.super(s) = sim.Super{Kind: ft.kind, UserNS: owner, NS: shown, Refs: 1}
	switch ft.kind {
	case sim.SuperMqueue:
		x.super(s).UserNS = 0
	case sim.SuperProc:
		x.Inc(shown)
		if x.Cfg.Rules.Has(sim.ProcPinsCred) {
			x.super(s).Cred = cred
			x.Cred(cred).Refs++
		}
		fallthrough
	default:
		x.Inc(owner)
	}
	return s, "/"
}

// findSuper returns the superblock of a kind that shows a namespace, 0 for none.
func (x X) findSuper(kind sim.SuperKind, shown sim.NS) sim.SuperID {
	for i := int32(1); i < x.Supers.Cap(); i++ {
		if s := x.Supers.At(i); x.Supers.Live(i) && s.Kind == kind && s.NS == shown {
			return sim.SuperID(i)
		}
	}
	return 0
}

// superPut drops a reference on a superblock, 0 for the ones that stay for ever; the
// last one takes down what is in it and what it pins.
func (x X) superPut(s sim.SuperID) {
	if s == 0 {
		return
	}
	k := x.super(s)
	if k.Refs--; k.Refs == 0 {
		x.push(opSuperPut, int64(s))
	}
}

func init() {
	define(opSuperPut, "deactivate_super",
		step{"kill_sb", func(x X) {
			s := sim.SuperID(x.f().L[0])
			for i := int32(1); i < x.Dentries.Cap(); i++ {
				if x.Dentries.Live(i) && x.Dentries.At(i).Super == s {
					x.Dentries.Free(i)
				}
			}
			k := x.super(s)
			ns := k.NS
			if k.NS = 0; k.Kind != sim.SuperProc {
				return
			}
			cred := k.Cred
			if k.Cred = 0; cred != 0 {
				x.putCred(cred)
			}
			x.putNS(ns)
		}},
		step{"put_user_ns", func(x X) {
			s := x.f().L[0]
			ns := x.super(sim.SuperID(s)).UserNS
			x.Supers.Free(int32(s))
			x.putNS(ns)
		}},
	)
}

// mqPutMnt is the end of an ipc namespace's internal mqueue mount, whose superblock has
// pinned the owner. Where the same superblock is mounted elsewhere too, it lives on
// there, shows nothing any more, and keeps the owner pinned (ipc/mqueue.c: mq_put_mnt,
// mq_clear_sbinfo, v6.19).
func mqPutMnt(x X) {
	ns := sim.NS(x.f().L[0])
	s := x.findSuper(sim.SuperMqueue, ns)
	if s == 0 {
		putOwner(x)
		return
	}
	x.super(s).UserNS, x.super(s).NS = x.Entries[ns].Owner, 0
}

// tooRevealing reports whether a new mount of procfs or sysfs would show what the
// caller's mount namespace hides: one that belongs to a user namespace may have it only
// where it already sees one without locked mounts in it (fs/namespace.c:
// mount_too_revealing, v6.19).
func (x X) tooRevealing(kind sim.SuperKind) bool {
	base, restricted := map[sim.SuperKind]string{sim.SuperProc: "/proc", sim.SuperSysfs: "/sys"}[kind]
	ns := x.mntNS()
	if !restricted || x.Entries[ns].Owner == x.InitUserNS() {
		return false
	}
	d := x.MntNSOf(ns)
	if d.Root == 0 && d.Base > 0 && !x.hidesPart(ns, 0, base) {
		return false
	}
	for m := d.First; m != 0; m = x.Mount(m).Next {
		s, root := x.Mount(m).Super, x.mountRootPath(m)
		whole := s == 0 && root == base || s != 0 && x.super(s).Kind == kind && root == "/"
		if whole && x.Mount(m).Inode == 0 && !x.hidesPart(ns, m, root) {
			return false
		}
	}
	return true
}

// hidesPart reports whether a locked mount covers something below a path of a mount.
func (x X) hidesPart(ns sim.NS, parent sim.MountID, path string) bool {
	for m := x.MntNSOf(ns).First; m != 0; m = x.Mount(m).Next {
		k := x.Mount(m)
		if !k.Locked || k.Parent != parent || k.Path == 0 {
			continue
		}
		if at := x.PathString(k.Path); at != cgroupRoot && (at == path || isBelow(at, path)) {
			return true
		}
	}
	return false
}

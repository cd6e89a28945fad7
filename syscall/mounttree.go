// SPDX-License-Identifier: GPL-2.0-only

package syscall

import (
	"github.com/nssim/nssim/sim"
	"github.com/nssim/nssim/syscall/uapi"
)

// mntNS is the caller's mount namespace.
func (x X) mntNS() sim.NS { return x.Proxy(x.me().Proxy).NS[sim.SlotMnt] }

// mayMount is the right to change the caller's mount namespace
// (fs/namespace.c: may_mount, v6.19).
func (x X) mayMount() bool {
	return x.NSCapable(x.T, x.Entries[x.mntNS()].Owner, uapi.CAP_SYS_ADMIN)
}

// nrMounts is what NS_MNT_GET_INFO reports: the mounts besides the root. Since v7.0 the
// root is an extra, immutable mount, so that what was the root counts too.
func (x X) nrMounts(ns sim.NS) int32 {
	d := x.MntNSOf(ns)
	n := d.Base
	for m := d.First; m != 0; m = x.Mount(m).Next {
		n++
	}
	if d.Root == 0 && d.Base != 0 && !d.Bare && x.Cfg.Rules.Has(sim.RootMountExtra) {
		n++
	}
	return n
}

// copyMounts gives a new mount namespace a copy of another's mounts (fs/namespace.c:
// copy_mnt_ns, copy_tree, v6.19). Files of mount namespaces are not copied, lest mount
// namespaces pin each other. Where the owner differs, the copies are locked.
func (x X) copyMounts(ns, old sim.NS, _ sim.TaskID) {
	data := x.MntNSs.New()
	x.Nodes[ns].Data = data
	from := *x.MntNSOf(old)
	x.MntNSs.At(data).Base, x.MntNSs.At(data).Bare = from.Base, from.Bare
	if from.First == 0 {
		return
	}
	lock := x.Entries[ns].Owner != x.Entries[old].Owner
	copies := map[sim.MountID]sim.MountID{}
	for m := from.First; m != 0; m = x.Mount(m).Next {
		if x.underMntNSFile(m) {
			continue
		}
		c := x.cloneMount(m)
		x.Mount(c).Locked = x.Mount(m).Locked || lock
		copies[m] = c
		x.addMount(ns, c)
	}
	for m, c := range copies {
		x.Mount(c).Parent, x.Mount(c).Path = copies[x.Mount(m).Parent], x.Mount(m).Path
	}
	x.MntNSOf(ns).Root = copies[from.Root]
}

// underMntNSFile reports whether a mount is a mount namespace's file, or stands on one.
func (x X) underMntNSFile(m sim.MountID) bool {
	for ; m != 0; m = x.Mount(m).Parent {
		if x.isMntNSFile(x.Mount(m).Inode) {
			return true
		}
	}
	return false
}

// isMntNSFile is is_mnt_ns_file() (fs/namespace.c, v6.19).
func (x X) isMntNSFile(i sim.InodeID) bool {
	return i != 0 && x.Nodes[x.Inode(i).NS].NSType() == uapi.MNT_NS
}

// mntNSLoop reports whether mounting a namespace file in the caller's mount namespace
// could make mount namespaces pin each other: only younger ones may be mounted
// (fs/namespace.c: mnt_ns_loop, v6.19).
func (x X) mntNSLoop(i sim.InodeID) bool {
	return x.isMntNSFile(i) && x.Nodes[x.mntNS()].ID >= x.Nodes[x.Inode(i).NS].ID
}

// cloneMount makes an unattached mount of the same thing (fs/namespace.c: clone_mnt,
// v6.19).
func (x X) cloneMount(m sim.MountID) sim.MountID {
	k := *x.Mount(m)
	return x.newMount(k.Super, k.Inode, k.Root)
}

// newMount makes an unattached mount, which holds what it shows. Its one reference is
// for being attached.
func (x X) newMount(s sim.SuperID, i sim.InodeID, root sim.PathID) sim.MountID {
	m := sim.MountID(x.Mounts.New())
	*x.Mount(m) = sim.Mount{Super: s, Inode: i, Root: root, Refs: 1}
	if s != 0 {
		x.super(s).Refs++
	}
	if i != 0 {
		x.Inode(i).Dentry++
	}
	return m
}

// addMount enters a mount into a namespace's list.
func (x X) addMount(ns sim.NS, m sim.MountID) {
	x.Mount(m).NS = ns
	x.Mount(m).Next = 0
	at := &x.MntNSOf(ns).First
	for *at != 0 {
		at = &x.Mount(*at).Next
	}
	*at = m
}

// removeMount takes a mount out of its namespace's list.
func (x X) removeMount(m sim.MountID) {
	k := x.Mount(m)
	at := &x.MntNSOf(k.NS).First
	for *at != m {
		at = &x.Mount(*at).Next
	}
	*at = k.Next
	k.NS, k.Next = 0, 0
}

// cloneTree makes an unattached copy of what t shows, and with recurse of the mounts
// below it, all entered into ns; it returns the root, whose place is left to the caller
// (fs/namespace.c: __do_loopback, copy_tree, v6.19). Files of mount namespaces below t
// are left out unless keep is set.
func (x X) cloneTree(t *target, ns sim.NS, recurse, keep bool) sim.MountID {
	var root sim.MountID
	switch {
	case t.kind == toNSFS:
		root = x.newMount(0, t.inode, 0)
	case t.path == "/":
		root = x.newMount(x.superOf(t.mnt), 0, 0)
	default:
		root = x.newMount(x.superOf(t.mnt), 0, x.Intern(t.path))
	}
	x.addMount(ns, root)
	if !recurse || t.kind == toNSFS && t.mnt == 0 {
		return root
	}
	copies := map[sim.MountID]sim.MountID{t.mnt: root}
	baseAt := map[string]sim.MountID{}
	if t.mnt == 0 {
		baseAt[baseMountOf(t.path)] = root
		x.cloneBase(t.path, ns, root, baseAt)
	}
	for again := true; again; {
		again = false
		for m := x.MntNSOf(t.ns).First; m != 0; m = x.Mount(m).Next {
			k := x.Mount(m)
			parent, found := copies[k.Parent]
			if _, done := copies[m]; done || !found || k.Path == 0 {
				continue
			}
			at := x.PathString(k.Path)
			if k.Parent == t.mnt && at != t.path && !isBelow(at, t.path) || !keep && x.isMntNSFile(k.Inode) {
				continue
			}
			if k.Parent == 0 {
				parent = baseAt[baseMountOf(at)]
			}
			c := x.cloneMount(m)
			x.Mount(c).Parent, x.Mount(c).Path = parent, x.Mount(m).Path
			x.Mount(c).Locked = x.Mount(m).Locked
			x.addMount(ns, c)
			copies[m], again = c, true
		}
	}
	return root
}

// cloneBase makes mounts for the base mounts below a path, which are only counted where
// they were.
func (x X) cloneBase(path string, ns sim.NS, root sim.MountID, made map[string]sim.MountID) {
	locked := x.baseLocked(x.mntNS())
	for _, at := range baseMounts {
		if !isBelow(at, path) {
			continue
		}
		parent := root
		if up := baseMountOf(dirName(at)); made[up] != 0 {
			parent = made[up]
		}
		c := x.newMount(0, 0, x.Intern(at))
		x.Mount(c).Parent, x.Mount(c).Path, x.Mount(c).Locked = parent, x.Mount(c).Root, locked
		x.addMount(ns, c)
		made[at] = c
	}
}

// baseLocked reports whether the base mounts of a namespace are locked: they came with
// a copy into a less privileged one.
func (x X) baseLocked(ns sim.NS) bool { return x.Entries[ns].Owner != x.InitUserNS() }

// hasLockedChildren reports whether locked mounts stand below t on its own mount
// (fs/namespace.c: has_locked_children, v6.19).
func (x X) hasLockedChildren(t *target) bool {
	if t.mnt == 0 && t.kind != toNSFS && x.MntNSOf(t.ns).Base != 0 && x.baseLocked(t.ns) {
		for _, at := range baseMounts {
			if isBelow(at, t.path) {
				return true
			}
		}
	}
	return x.hidesPart(t.ns, t.mnt, t.path)
}

// hasChildren reports whether any mounts stand below t on its own mount.
func (x X) hasChildren(t *target) bool {
	if t.mnt == 0 && x.MntNSOf(t.ns).Base != 0 {
		for _, at := range baseMounts {
			if isBelow(at, t.path) {
				return true
			}
		}
	}
	for m := x.MntNSOf(t.ns).First; m != 0; m = x.Mount(m).Next {
		k := x.Mount(m)
		if k.Parent == t.mnt && k.Path != 0 && isBelow(x.PathString(k.Path), t.path) {
			return true
		}
	}
	return false
}

// isUnder reports whether a mount is another one or stands on it.
func (x X) isUnder(m, top sim.MountID) bool {
	for ; m != 0; m = x.Mount(m).Parent {
		if m == top {
			return true
		}
	}
	return false
}

// eachUnder lists a mount and those that stand on it, in the order of the namespace.
func (x X) eachUnder(top sim.MountID) (all []sim.MountID) {
	for m := x.MntNSOf(x.Mount(top).NS).First; m != 0; m = x.Mount(m).Next {
		if x.isUnder(m, top) {
			all = append(all, m)
		}
	}
	return all
}

// umountTree takes a mount and what stands on it out of the namespace and then drops
// them, one a step (fs/namespace.c: umount_tree, namespace_unlock, v6.19). It pushes a
// frame.
func (x X) umountTree(top sim.MountID) {
	x.push(opUmountTree, 0, int64(x.unhook(x.eachUnder(top))))
}

// unhook takes mounts out of their namespace and chains them, the last one first.
func (x X) unhook(all []sim.MountID) (chain sim.MountID) {
	for _, m := range all {
		x.removeMount(m)
	}
	for _, m := range all {
		k := x.Mount(m)
		k.Parent, k.Path, k.Locked = 0, 0, false
		k.Next, chain = chain, m
	}
	return chain
}

// mntput drops a reference on a mount, 0 for one that stays for ever; the last one
// releases what it shows (fs/namespace.c: mntput, cleanup_mnt, v6.19).
func (x X) mntput(m sim.MountID) {
	if m == 0 {
		return
	}
	k := x.Mount(m)
	if k.Refs--; k.Refs == 0 {
		x.push(opMntPut, int64(m))
	}
}

func init() {
	define(opMntPut, "cleanup_mnt",
		step{"dput", func(x X) {
			k := x.Mount(sim.MountID(x.f().L[0]))
			i := k.Inode
			k.Inode = 0
			x.dput(i)
		}},
		step{"deactivate_super", func(x X) {
			m := x.f().L[0]
			s := x.Mount(sim.MountID(m)).Super
			x.Mounts.Free(int32(m))
			x.superPut(s)
		}},
	)
	// Locals: a mount namespace all of whose mounts go, or 0; the chain of mounts that
	// have left their namespace.
	define(opUmountTree, "umount_tree",
		step{"umount_tree", func(x X) {
			f := x.f()
			if ns := sim.NS(f.L[0]); ns != 0 {
				var all []sim.MountID
				for m := x.MntNSOf(ns).First; m != 0; m = x.Mount(m).Next {
					all = append(all, m)
				}
				x.MntNSOf(ns).Root = 0
				f.L[1] = int64(x.unhook(all))
			}
		}},
		step{"mntput", func(x X) {
			f := x.f()
			m := sim.MountID(f.L[1])
			if m == 0 {
				return
			}
			k := x.Mount(m)
			f.L[1], k.Next = int64(k.Next), 0
			x.again()
			x.mntput(m)
		}},
	)
	// Locals: file system and path of a file that was removed. What was mounted on it,
	// in whatever namespace, goes (fs/namespace.c: __detach_mounts, v6.19).
	define(opDetachMounts, "__detach_mounts", step{"umount_tree", func(x X) {
		f := x.f()
		s, path := sim.SuperID(f.L[0]), x.PathString(sim.PathID(f.L[1]))
		for m := sim.MountID(1); m < sim.MountID(x.Mounts.Cap()); m++ {
			if x.Mounts.Live(int32(m)) && x.Mount(m).NS != 0 && x.isMountedAt(m, s, path) {
				x.again()
				x.umountTree(m)
				return
			}
		}
	}})
}

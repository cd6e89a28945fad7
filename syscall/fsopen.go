// SPDX-License-Identifier: GPL-2.0-only

package syscall

import (
	"github.com/nssim/nssim/sim"
	"github.com/nssim/nssim/syscall/uapi"
)

// FSOpen is fsopen(2), FSMount is fsmount(2) after the fsconfig(FSCONFIG_CMD_CREATE) that
// it needs.
type (
	FSOpen struct {
		Type  string
		Flags uint32
	}
	FSMount struct {
		FD    int32
		Flags uint32
	}
)

func (c FSOpen) start(x X)  { x.push(opFSOpen, int64(x.Intern(c.Type)), int64(c.Flags)) }
func (c FSMount) start(x X) { x.push(opFSMount, int64(c.FD), int64(c.Flags)) }

// FSOpen opens a context for a new superblock (fs/fsopen.c: fsopen, v6.19). The context
// holds passively the caller's network namespace, the user namespace that the superblock
// will belong to, and the pid namespace of a procfs. EPERM: no CAP_SYS_ADMIN over the owner
// of the caller's mount namespace; EINVAL: unknown flags; ENODEV: unknown type; EPERM: a
// sysfs of a network namespace of others; EMFILE.
func (t T) FSOpen(fstype string, flags uint32) (int, error) { return t.fd(FSOpen{fstype, flags}) }

// FSMount makes the superblock of a context and a detached mount of it, or with
// FSMOUNT_NAMESPACE (v7.2) a mount namespace with the mount in it (fs/fsopen.c:
// vfs_cmd_create; fs/namespace.c: fsmount, v7.2). EINVAL: unknown flags; EPERM, up to v7.0
// before that: no CAP_SYS_ADMIN over the owner of the mount namespace, or for a namespace over the caller's
// own user namespace; EBADF; EINVAL: no context; EBUSY: it has been mounted already; EPERM:
// what Mount says of the type; EMFILE.
func (t T) FSMount(fd int, flags uint32) (int, error) { return t.fd(FSMount{int32(fd), flags}) }

// fsCreated is set in the Which of a context whose superblock has been made.
const fsCreated = 0x80

func init() {
	define(opFSOpen, "fsopen", step{"fs_context_for_mount", fsOpen})
	define(opFSMount, "fsmount",
		step{"vfs_create_mount", fsMount},
		step{"open_namespace_file", func(x X) { x.ret(x.f().Ret) }},
	)
	onRelease(sim.FileFSContext, func(x X, f *sim.File) {
		ns := f.NS
		f.NS = 0
		x.push(opFSContextPut, int64(f.Obj), int64(ns))
	})
	define(opFSContextPut, "put_fs_context",
		step{"proc_fs_context_free", func(x X) { x.superPut(sim.SuperID(x.f().L[0])) }},
		step{"put_net", func(x X) { x.putNS(sim.NS(x.f().L[1])) }},
	)
}

// fsOpen makes a context. What it holds besides the network namespace is kept in a
// superblock record of its own.
func fsOpen(x X) {
	f := x.f()
	if !x.mayMount() {
		x.fail(uapi.EPERM)
		return
	}
	if f.L[1]&^uapi.FSOPEN_CLOEXEC != 0 {
		x.fail(uapi.EINVAL)
		return
	}
	i, ok := findFSType(x.PathString(sim.PathID(f.L[0])))
	if !ok {
		x.fail(uapi.ENODEV)
		return
	}
	ft := &fsTypes[i]
	e := uapi.Errno(0)
	if ft.kind == sim.SuperSysfs {
		e = x.mayMountType(ft, x.superOwnerFor(ft))
	}
	if e == 0 {
		_, e = x.FDFree(x.me().Files, 0)
	}
	if e != 0 {
		x.fail(e)
		return
	}
	s := sim.SuperID(x.Supers.New())
	*x.super(s) = sim.Super{Kind: sim.SuperOther, UserNS: x.superOwnerFor(ft), Refs: 1}
	if ft.kind == sim.SuperProc || ft.kind == sim.SuperMqueue {
		// It holds what its superblock will show, as one of procfs does.
		x.super(s).Kind, x.super(s).NS = sim.SuperProc, x.shown(ft)
	}
	x.Inc(x.super(s).UserNS)
	x.Inc(x.super(s).NS)
	net := x.netNS()
	x.Inc(net)
	fd, e := x.openFile(sim.File{
		Kind: sim.FileFSContext, Which: uint8(i), Flags: uapi.O_RDWR, Obj: int32(s), NS: net,
	}, f.L[1]&uapi.FSOPEN_CLOEXEC != 0)
	x.done(fd, e)
}

func fsMount(x X) {
	f := x.f()
	flags := uint32(f.L[1])
	ft, file, e := x.mayFSMount(int32(f.L[0]), flags)
	if e != 0 {
		x.fail(e)
		return
	}
	x.File(file).Which |= fsCreated
	id := sim.SuperID(x.File(file).Obj)
	s, root := x.getTree(ft, x.super(id).UserNS, x.contextShows(ft, file), x.File(file).Cred)
	m := x.mountOf(s, root)
	// The context is done with the namespace (fs/fs_context.c: vfs_clean_context, v6.19).
	ctx := x.super(id)
	shown := ctx.NS
	ctx.Kind, ctx.NS = sim.SuperOther, 0
	cloexec := uint32(0)
	if flags&uapi.FSMOUNT_CLOEXEC != 0 {
		cloexec = uapi.O_CLOEXEC
	}
	if flags&uapi.FSMOUNT_NAMESPACE == 0 {
		ns := x.newAnonNS()
		x.addMount(ns, m)
		x.done(x.openDetached(ns, m, cloexec))
		x.putNS(shown)
		return
	}
	ns, _ := x.Alloc(uapi.MNT_NS, x.cred().UserNS)
	x.initMntNS(ns)
	x.AssignID(ns)
	x.addMount(ns, m)
	x.installTree(ns, m, x.cred().UserNS != x.Entries[x.mntNS()].Owner)
	x.openTreeNS(ns, cloexec)
	x.putNS(shown)
}

// contextShows is the namespace that a context's superblock shows: that of its opener.
func (x X) contextShows(ft *fsType, file sim.FileID) sim.NS {
	switch ft.kind {
	case sim.SuperProc, sim.SuperMqueue:
		return x.super(sim.SuperID(x.File(file).Obj)).NS
	case sim.SuperSysfs:
		return x.File(file).NS
	}
	return x.shown(ft)
}

// mayFSMount makes the checks of fsmount and of the fsconfig before it.
func (x X) mayFSMount(fd int32, flags uint32) (*fsType, sim.FileID, uapi.Errno) {
	known := uint32(uapi.FSMOUNT_CLOEXEC)
	if !x.Cfg.Rules.Has(sim.NoFSMountNS) {
		known |= uapi.FSMOUNT_NAMESPACE
	}
	over := x.Entries[x.mntNS()].Owner
	if flags&known&uapi.FSMOUNT_NAMESPACE != 0 {
		over = x.cred().UserNS
	}
	switch bad, may := flags&^known != 0, x.NSCapable(x.T, over, uapi.CAP_SYS_ADMIN); {
	case bad && (may || !x.Cfg.Rules.Has(sim.NoFSMountNS)):
		return nil, 0, uapi.EINVAL
	case !may:
		return nil, 0, uapi.EPERM
	}
	file, e := x.fdGet(fd, false)
	if e != 0 {
		return nil, 0, e
	}
	k := x.File(file)
	if k.Kind != sim.FileFSContext {
		return nil, 0, uapi.EINVAL
	}
	if k.Which&fsCreated != 0 {
		return nil, 0, uapi.EBUSY
	}
	ft := &fsTypes[k.Which]
	if e = x.mayMountType(ft, x.super(sim.SuperID(k.Obj)).UserNS); e == 0 && x.tooRevealing(ft.kind) {
		e = uapi.EPERM
	}
	if e == 0 {
		_, e = x.FDFree(x.me().Files, 0)
	}
	return ft, file, e
}

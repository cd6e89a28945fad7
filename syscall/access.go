// SPDX-License-Identifier: GPL-2.0-only

package syscall

import (
	"github.com/nssim/nssim/sim"
	"github.com/nssim/nssim/syscall/uapi"
)

// What is asked of a file, as in the bits of its mode.
const (
	mayExecute = 1
	mayWrite   = 2
	mayRead    = 4
)

// attr is what permissions are decided by.
type attr struct {
	mode     uint32
	uid, gid uint32 // global ids
}

// procDirMode is the mode of the directories in procfs that belong to the task's
// effective ids even if it is not dumpable.
const procDirMode = directory | 0o555

// attrOf returns type, permissions and owner. The files that a program makes have no
// owner in the model: they belong to whoever asks.
func (x X) attrOf(c *sim.Cred, t *target) attr {
	switch t.kind {
	case toNSFS:
		return attr{mode: regular | 0o444}
	case toProcRoot:
		return attr{mode: procDirMode}
	case toProcText:
		return attr{mode: symlink | 0o777}
	case toAnon:
		a := attr{mode: x.anonMode(t.file)}
		if k := x.File(t.file).Kind; k == sim.FileSocket || k == sim.FilePipe {
			a.uid, a.gid = c.UID.FS, c.GID.FS
		}
		return a
	case toProcPid, toProcTasks, toProcNetDir:
		return x.dumpOwner(t.pid, procDirMode)
	case toProcNSDir:
		return x.dumpOwner(t.pid, directory|0o511)
	case toProcFDs:
		return x.dumpOwner(t.pid, directory|0o500)
	case toNSLink, toTaskLink:
		return x.dumpOwner(t.pid, symlink|0o777)
	case toFDLink:
		return x.dumpOwner(t.pid, symlink|x.fdLinkMode(t.file))
	case toProcUser:
		return x.dumpOwner(t.pid, regular|0o644)
	case toProcMounts, toProcFile:
		if t.pid != 0 {
			return x.dumpOwner(t.pid, t.mode)
		}
	}
	a := attr{mode: t.mode}
	if x.isMade(t) {
		a.uid, a.gid = c.UID.FS, c.GID.FS
	}
	return a
}

// isMade reports whether a program made the file, or the file system that it is the
// root of.
func (x X) isMade(t *target) bool {
	if t.kind != toDir && t.kind != toFile {
		return false
	}
	_, atBoot := baseNodes[t.path]
	return x.superOf(t.mnt) != 0 || !atBoot
}

// fdLinkMode is the permissions of /proc/PID/fd/N.
func (x X) fdLinkMode(f sim.FileID) (mode uint32) {
	k := x.File(f)
	if k.Path() {
		return 0
	}
	if k.Flags&uapi.O_ACCMODE != uapi.O_WRONLY {
		mode |= 0o500
	}
	if k.Flags&uapi.O_ACCMODE != uapi.O_RDONLY {
		mode |= 0o300
	}
	return mode
}

// anonMode is the type and permissions of what has no name.
func (x X) anonMode(f sim.FileID) uint32 {
	switch x.File(f).Kind {
	case sim.FileSocket:
		return 0o140777
	case sim.FilePipe:
		return 0o010600
	case sim.FilePidFD:
		return 0o700 // the type is hidden (fs/libfs.c: anon_inode_getattr, v6.19)
	}
	return 0o600
}

// dumpOwner gives a task's file in procfs to the task's effective ids, or to root if
// the task is not dumpable (fs/proc/base.c: task_dump_owner, v6.19).
func (x X) dumpOwner(p sim.PidID, mode uint32) attr {
	a := attr{mode: mode}
	t := x.pidTask(p)
	if t == 0 || x.Task(t).Has(sim.KThread) {
		return a
	}
	c := x.TaskCred(t)
	if mode == procDirMode || x.dumpableOwner(t) {
		a.uid, a.gid = c.UID.Eff, c.GID.Eff
		return a
	}
	u := x.UserNSOf(x.ExecUserNS(t))
	if id := x.MakeID(u.UIDMap, 0); id != sim.IDsUnmapped {
		a.uid = id
	}
	if id := x.MakeID(u.GIDMap, 0); id != sim.IDsUnmapped {
		a.gid = id
	}
	return a
}

// dumpableOwner reports whether a task owns its files in procfs. Where the mm has
// the answer, a zombie has none and root owns its files.
func (x X) dumpableOwner(t sim.TaskID) bool {
	k := x.Task(t)
	if k.MM != 0 {
		return x.MM(k.MM).Dumpable
	}
	return x.Cfg.Rules.Has(sim.ExecState) && k.Has(sim.DumpableAtExit)
}

// permission decides whether a credential may do what is asked, bits of mayRead,
// mayWrite and mayExecute (fs/namei.c: inode_permission, generic_permission, v6.19).
// EPERM: a namespace file may not be written to by anybody; EACCES.
func (x X) permission(c *sim.Cred, t *target, ask uint32) uapi.Errno {
	if ask&mayWrite != 0 && t.kind == toNSFS {
		return uapi.EPERM
	}
	a := x.attrOf(c, t)
	if x.modeAllows(c, a, ask) {
		return 0
	}
	if t.kind == toProcFDs && x.sameGroup(t.pid) {
		return 0
	}
	return uapi.EACCES
}

func (x X) modeAllows(c *sim.Cred, a attr, ask uint32) bool {
	mode := a.mode
	switch {
	case a.uid == c.UID.FS:
		mode >>= 6
	case a.gid == c.GID.FS:
		mode >>= 3
	}
	if mode&ask == ask {
		return true
	}
	dir := a.mode&typeMask == directory
	if (ask == mayRead || (dir && ask&mayWrite == 0)) && x.capableOverFile(c, a, uapi.CAP_DAC_READ_SEARCH) {
		return true
	}
	return (dir || ask&mayExecute == 0 || a.mode&0o111 != 0) && x.capableOverFile(c, a, uapi.CAP_DAC_OVERRIDE)
}

// capableOverFile reports whether a credential has a capability in its own user
// namespace and the file's owners are mapped there
// (kernel/capability.c: capable_wrt_inode_uidgid, v6.19).
func (x X) capableOverFile(c *sim.Cred, a attr, capability int) bool {
	u := x.UserNSOf(c.UserNS)
	return c.Effective.Has(capability) &&
		x.FromID(u.UIDMap, a.uid) != sim.IDsUnmapped && x.FromID(u.GIDMap, a.gid) != sim.IDsUnmapped
}

// ownsFile reports whether a credential is the file's owner or stands in for him
// (fs/inode.c: inode_owner_or_capable, v6.19).
func (x X) ownsFile(c *sim.Cred, a attr) bool {
	return a.uid == c.UID.FS ||
		(c.Effective.Has(uapi.CAP_FOWNER) && x.FromID(x.UserNSOf(c.UserNS).UIDMap, a.uid) != sim.IDsUnmapped)
}

// sameGroup reports whether a struct pid is that of a thread of the caller's group.
func (x X) sameGroup(p sim.PidID) bool {
	t := x.pidTask(p)
	return t != 0 && x.Task(t).Leader == x.me().Leader
}

// maySearch reports whether names can be looked up in t by the caller. ENOTDIR;
// EACCES; ESRCH: a directory of a process that has been reaped.
func (x X) maySearch(t *target) uapi.Errno {
	switch {
	case !t.isDir():
		return uapi.ENOTDIR
	case t.kind == toProcPid && !t.isTID && x.pidTask(t.pid) == 0:
		return uapi.ESRCH // proc_pid_permission
	}
	return x.permission(x.cred(), t, mayExecute)
}

// SPDX-License-Identifier: GPL-2.0-only

package syscall

import (
	"github.com/nssim/nssim/sim"
	"github.com/nssim/nssim/syscall/uapi"
)

// openTarget opens anything but a namespace file.
func (x X) openTarget(t *target, flags uint32) (int64, uapi.Errno) {
	if t.kind == toNothing {
		return x.openNew(t, flags)
	}
	if e := x.mayOpen(t, flags); e != 0 {
		return 0, e
	}
	return x.openAs(t, flags)
}

// mayOpen makes the checks of opening what is there (fs/namei.c: do_open, may_open,
// v6.19).
func (x X) mayOpen(t *target, flags uint32) uapi.Errno {
	dir, write := t.isDir(), openAsks(flags)&mayWrite != 0
	path := flags&uapi.O_PATH != 0
	switch {
	case flags&(uapi.O_CREAT|uapi.O_EXCL) == uapi.O_CREAT|uapi.O_EXCL:
		return uapi.EEXIST
	case flags&uapi.O_CREAT != 0 && dir:
		return uapi.EISDIR
	case flags&uapi.O_DIRECTORY != 0 && !dir:
		return uapi.ENOTDIR
	case path:
		return 0
	case flags&tmpfileBit != 0:
		return x.mayMakeTmpfile(t)
	case t.isLink():
		return uapi.ELOOP
	case dir && write:
		return uapi.EISDIR
	case t.kind == toAnon && !x.reopens(t):
		return uapi.ENXIO
	}
	if e := x.permission(x.cred(), t, openAsks(flags)); e != 0 {
		return e
	}
	if flags&uapi.O_NOATIME != 0 && !x.ownsFile(x.cred(), x.attrOf(x.cred(), t)) {
		return uapi.EPERM
	}
	return 0
}

// mayMakeTmpfile: EOPNOTSUPP where the file system has no unnamed files.
func (x X) mayMakeTmpfile(t *target) uapi.Errno {
	if e := x.permission(x.cred(), t, mayWrite|mayExecute); e != 0 {
		return e
	}
	if !x.hasFiles(t) {
		return uapi.EOPNOTSUPP
	}
	return 0
}

// openNew makes the file that an open with O_CREAT did not find.
func (x X) openNew(t *target, flags uint32) (int64, uapi.Errno) {
	if t.slash {
		return 0, uapi.EISDIR
	}
	e := x.mayCreate(t)
	if e == uapi.EPERM || e == 0 && t.mnt == 0 && inCgroup(t.path) {
		e = uapi.EACCES // there is no create operation
	}
	if e != 0 {
		return 0, e
	}
	n := *t
	n.kind, n.path = toFile, joinPath(t.path, t.name)
	x.makeDentry(&n, false)
	return x.openAs(&n, flags)
}

// openAs makes the open file, with what its kind pins.
func (x X) openAs(t *target, flags uint32) (int64, uapi.Errno) {
	k := sim.File{Kind: sim.FilePlain, Flags: openedFlags(flags) &^ uapi.O_CLOEXEC, Mount: t.mnt}
	var e uapi.Errno
	switch {
	case t.kind == toAnon:
		k.Mount = 0
		if flags&uapi.O_PATH == 0 {
			e = x.reopen(t, flags, &k)
		}
	case t.kind == toNSLink:
		k.Kind, k.Which = sim.FileProcNSLink, t.which
	case t.kind == toDevice && t.path == "/dev/null":
	case t.kind <= toDevice:
		if flags&tmpfileBit == 0 {
			k.Obj = int32(x.Intern(t.path))
		}
	case flags&uapi.O_PATH != 0:
		k.Kind, k.Which = sim.FileProcDir, procWhich(t)
	default:
		e = x.openPinning(t, &k)
	}
	if e == 0 && flags&(uapi.O_DIRECT|uapi.O_PATH) == uapi.O_DIRECT && !x.hasDirectIO(t) {
		e = uapi.EINVAL
	}
	if e != 0 {
		return 0, e
	}
	if t.kind != toAnon && k.Kind != sim.FilePlain && t.pid != 0 {
		k.Obj = int32(t.pid)
		x.Pid(t.pid).Refs++
	}
	if k.Mount != 0 {
		x.Mount(k.Mount).Refs++
	}
	x.Inc(k.NS)
	return x.openFile(k, flags&uapi.O_CLOEXEC != 0)
}

// reopens reports whether what has no name can be opened by its link in /proc/PID/fd:
// pidfds and pipes can.
func (x X) reopens(t *target) bool {
	k := x.File(t.file).Kind
	return k == sim.FilePidFD || k == sim.FilePipe
}

// reopen opens a pidfd or a pipe once more. EINVAL: O_DIRECT; EOPNOTSUPP: O_TRUNC of a
// pidfd.
func (x X) reopen(t *target, flags uint32, k *sim.File) uapi.Errno {
	old := x.File(t.file)
	switch {
	case flags&uapi.O_DIRECT != 0:
		return uapi.EINVAL
	case old.Kind == sim.FilePidFD && flags&uapi.O_TRUNC != 0:
		return uapi.EOPNOTSUPP
	}
	k.Kind, k.Obj = old.Kind, old.Obj
	if k.Kind == sim.FilePidFD {
		x.Pid(sim.PidID(k.Obj)).Refs++
	} else {
		x.reopenPipe(k)
	}
	return 0
}

// hasDirectIO reports whether a file can be opened with O_DIRECT: regular files of tmpfs
// can (mm/shmem.c: shmem_file_open, v6.19).
func (x X) hasDirectIO(t *target) bool {
	if s := x.superOf(t.mnt); s != 0 && x.super(s).Kind != sim.SuperTmpfs {
		return false
	}
	return t.kind == toFile && x.hasFiles(t) && !inCgroup(t.path)
}

// openPinning is the open operation of the files that pin a namespace passively: the
// mounts family its mount namespace (EINVAL: the task is a zombie), the uid_map family
// its user namespace (setgroups opened for writing, EACCES: no CAP_SYS_ADMIN over it),
// the files of /proc/net a network namespace, a control file the opener's cgroup
// namespace (fs/proc_namespace.c: mounts_open_common; fs/proc/base.c:
// proc_id_map_open, proc_setgroups_open; fs/proc/proc_net.c: seq_open_net;
// kernel/cgroup/cgroup.c: cgroup_file_open, v6.19).
func (x X) openPinning(t *target, k *sim.File) uapi.Errno {
	task := x.pidTask(t.pid)
	switch t.kind {
	case toProcMounts:
		p := x.Task(task).Proxy
		if p == 0 {
			return uapi.EINVAL
		}
		k.Kind, k.NS = sim.FileProcMounts, x.Proxy(p).NS[sim.SlotMnt]
	case toProcUser:
		if task == 0 {
			return uapi.EINVAL
		}
		k.Kind, k.Which, k.NS = sim.FileProcUser, t.which, x.UserNS(task)
		if t.which == procSetgroups && writes(k.Flags) && !x.NSCapable(x.T, k.NS, uapi.CAP_SYS_ADMIN) {
			return uapi.EACCES
		}
	case toProcNet:
		switch {
		case writes(k.Flags):
			return uapi.EACCES
		case x.Task(task).Proxy == 0:
			return uapi.ENXIO
		}
		k.Kind, k.NS = sim.FileProcNet, x.Proxy(x.Task(task).Proxy).NS[sim.SlotNet]
	case toCgroup:
		k.Kind, k.NS = sim.FileCgroup, x.Proxy(x.me().Proxy).NS[sim.SlotCgroup]
	default:
		k.Kind, k.Which = sim.FileProcDir, procWhich(t)
	}
	return 0
}

// procTID marks, in the Which of a FileProcDir, a directory reached through task/.
const procTID = 0x80

// procWhich is the Which of a FileProcDir: what it is.
func procWhich(t *target) uint8 {
	if t.isTID {
		return uint8(t.kind) | procTID
	}
	return uint8(t.kind)
}

func init() {
	// A file of procfs holds, besides the namespace that it shows, the struct pid of
	// the directory that it is in.
	for _, k := range []sim.FileKind{sim.FileProcMounts, sim.FileProcUser, sim.FileProcNet} {
		onRelease(k, func(x X, f *sim.File) { x.push(opProcRelease, int64(f.NS), int64(f.Obj)) })
	}
	define(opProcRelease, "seq_release",
		step{"put", func(x X) { x.putNS(sim.NS(x.f().L[0])) }},
		step{"put_pid", func(x X) { x.putPid(sim.PidID(x.f().L[1])) }},
	)
}

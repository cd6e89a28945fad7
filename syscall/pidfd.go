// SPDX-License-Identifier: GPL-2.0-only

package syscall

import (
	"math/bits"

	"github.com/nssim/nssim/sim"
	"github.com/nssim/nssim/syscall/uapi"
)

// PidfdOpen is pidfd_open(2), PidfdGetfd is pidfd_getfd(2), PidfdSendSignal is
// pidfd_send_signal(2) without a siginfo.
type (
	PidfdOpen struct {
		Pid   int32
		Flags uint32
	}
	PidfdGetfd struct {
		PidFD, FD int32
		Flags     uint32
	}
	PidfdSendSignal struct {
		PidFD, Sig int32
		Flags      uint32
	}
)

func (c PidfdOpen) start(x X) { x.push(opPidfdOpen, int64(c.Pid), int64(c.Flags)) }
func (c PidfdGetfd) start(x X) {
	x.push(opPidfdGetfd, int64(c.PidFD), int64(c.FD), int64(c.Flags))
}
func (c PidfdSendSignal) start(x X) {
	x.push(opPidfdSendSignal, int64(c.PidFD), int64(c.Sig), int64(c.Flags))
}

// PidfdOpen opens the process, or with uapi.PIDFD_THREAD the thread, that has a number in
// the caller's active pid namespace; a zombie will do (kernel/pid.c: pidfd_open;
// kernel/fork.c: pidfd_prepare, v6.19). EINVAL: unknown flags, or a pid below 1; ESRCH:
// there is none, or it has been reaped; ENOENT: a thread that leads no process;
// EMFILE. The descriptor is close-on-exec and pins the struct pid.
func (t T) PidfdOpen(pid int, flags uint32) (int, error) {
	return t.fd(PidfdOpen{int32(pid), flags})
}

// PidfdGetfd copies descriptor fd of a pidfd's task (kernel/pid.c: pidfd_getfd,
// v6.19). EINVAL: any flag; EBADF: no pidfd; ESRCH: the task has been reaped; EPERM: it
// may not be attached to (PTRACE_MODE_ATTACH_REALCREDS, without Yama); ESRCH: it is
// exiting; EBADF: fd is not open there; EMFILE. The copy is close-on-exec.
func (t T) PidfdGetfd(pidfd, fd int, flags uint32) (int, error) {
	return t.fd(PidfdGetfd{int32(pidfd), int32(fd), flags})
}

// PidfdSendSignal sends a signal to a pidfd's task, process or process group
// (kernel/signal.c: pidfd_send_signal, v6.19). EINVAL: unknown flags, or more than one;
// EBADF: no pidfd; EINVAL: the task is in no pid namespace below the caller's; ESRCH:
// it has been reaped; EINVAL: no such signal; EPERM: not permitted, as for kill.
func (t T) PidfdSendSignal(pidfd int, sig uapi.Signal, flags uint32) error {
	return t.do(PidfdSendSignal{int32(pidfd), int32(sig), flags})
}

func init() {
	define(opPidfdOpen, "pidfd_open", step{"pidfd_prepare", pidfdOpenStep})
	define(opPidfdGetfd, "pidfd_getfd", step{"__pidfd_fget", pidfdGetfdStep})
	define(opPidfdSendSignal, "pidfd_send_signal", step{"do_pidfd_send_signal", func(x X) {
		x.done(0, x.pidfdSignal())
	}})
}

func pidfdOpenStep(x X) {
	pid, flags := int32(x.f().L[0]), uint32(x.f().L[1])
	if flags&^(uapi.PIDFD_NONBLOCK|uapi.PIDFD_THREAD) != 0 || pid <= 0 {
		x.fail(uapi.EINVAL)
		return
	}
	p := x.FindPid(pid, x.ActivePidNS(x.T))
	t := x.pidTask(p)
	switch {
	case t == 0:
		x.fail(uapi.ESRCH)
	case flags&uapi.PIDFD_THREAD == 0 && (x.Task(t).Leader != t || x.Task(t).Tgid != p):
		x.fail(uapi.ENOENT)
	default:
		fd, e := x.openPidfd(p, flags)
		x.done(fd, e)
	}
}

// openPidfd opens a pidfd of a process, or with uapi.PIDFD_THREAD of a thread. EMFILE.
func (x X) openPidfd(p sim.PidID, flags uint32) (int64, uapi.Errno) {
	fd, e := x.openFile(sim.File{Kind: sim.FilePidFD, Flags: uapi.O_RDWR | flags, Obj: int32(p)}, true)
	if e == 0 {
		x.Pid(p).Refs++
	}
	return fd, e
}

// pidfdRelease is the last close of a pidfd; that of one made with CLONE_PIDFD_AUTOKILL
// kills the process (fs/pidfs.c: pidfs_file_release, v7.1).
func (x X) pidfdRelease(f *sim.File) {
	p := sim.PidID(f.Obj)
	if t := x.pidTask(p); f.Flags&uapi.PIDFD_AUTOKILL != 0 && t != 0 && x.Task(t).Tgid == p {
		x.Signal(t, uapi.SIGKILL, true)
	}
	x.putPid(p)
}

// pidfdPid returns the struct pid of a pidfd of the caller, or EBADF
// (fs/pidfs.c: pidfd_pid, v6.19).
func (x X) pidfdPid(fd int32) (sim.PidID, sim.FileID, uapi.Errno) {
	file, e := x.fdGet(fd, false)
	if e == 0 && x.File(file).Kind != sim.FilePidFD {
		e = uapi.EBADF
	}
	if e != 0 {
		return 0, 0, e
	}
	return sim.PidID(x.File(file).Obj), file, 0
}

func pidfdGetfdStep(x X) {
	f := x.f()
	if f.L[2] != 0 {
		x.fail(uapi.EINVAL)
		return
	}
	p, _, e := x.pidfdPid(int32(f.L[0]))
	if e != 0 {
		x.fail(e)
		return
	}
	file, e := x.fileOfTask(x.pidTask(p), int32(f.L[1]))
	if e != 0 {
		x.fail(e)
		return
	}
	fd, e := x.FDFree(x.me().Files, 0)
	if e != 0 {
		x.fail(e)
		return
	}
	x.FDSet(x.me().Files, fd, x.getFile(file), true)
	x.ret(int64(fd))
}

// fileOfTask returns the file behind another task's descriptor.
func (x X) fileOfTask(t sim.TaskID, fd int32) (sim.FileID, uapi.Errno) {
	switch {
	case t == 0:
		return 0, uapi.ESRCH
	case !x.PtraceMayRead(x.T, t, sim.RealCreds): // attaching asks for no more
		return 0, uapi.EPERM
	case x.Task(t).Has(sim.Exiting):
		return 0, uapi.ESRCH
	}
	file := x.FDGet(x.Task(t).Files, fd)
	if file == 0 {
		return 0, uapi.EBADF
	}
	return file, 0
}

// signalledPid is pidfdPid, or the process of a directory of /proc, as which pidfds began
// (fs/proc/base.c: tgid_pidfd_to_pid, v6.19).
func (x X) signalledPid(fd int32) (sim.PidID, sim.FileID, uapi.Errno) {
	p, file, e := x.pidfdPid(fd)
	if e == 0 {
		return p, file, 0
	}
	file, err := x.fdGet(fd, false)
	if err != 0 || x.File(file).Kind != sim.FileProcDir || x.File(file).Which != uint8(toProcPid) {
		return 0, 0, e
	}
	return sim.PidID(x.File(file).Obj), file, 0
}

func (x X) pidfdSignal() uapi.Errno {
	f := x.f()
	sig, flags := int32(f.L[1]), uint32(f.L[2])
	const known = uapi.PIDFD_SIGNAL_THREAD | uapi.PIDFD_SIGNAL_THREAD_GROUP | uapi.PIDFD_SIGNAL_PROCESS_GROUP
	if flags&^known != 0 || bits.OnesCount32(flags) > 1 {
		return uapi.EINVAL
	}
	p, file, e := x.signalledPid(int32(f.L[0]))
	if e != 0 {
		return e
	}
	if !x.PidNSIsAncestor(x.ActivePidNS(x.T), x.PidNS(p)) {
		return uapi.EINVAL
	}
	if flags == uapi.PIDFD_SIGNAL_PROCESS_GROUP {
		return x.killGroup(p, sig)
	}
	t := x.pidTask(p)
	if t == 0 {
		return uapi.ESRCH
	}
	thread := flags == uapi.PIDFD_SIGNAL_THREAD || flags == 0 && x.File(file).Flags&uapi.PIDFD_THREAD != 0
	return x.sendSignal(t, sig, thread)
}

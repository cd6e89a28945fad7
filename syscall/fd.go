// SPDX-License-Identifier: GPL-2.0-only

package syscall

import (
	"github.com/nssim/nssim/sim"
	"github.com/nssim/nssim/syscall/uapi"
)

// Dup is dup(2), Dup2 is dup2(2), Dup3 is dup3(2), Fcntl is fcntl(2).
type (
	Dup   struct{ FD int32 }
	Dup2  struct{ FD, NewFD int32 }
	Dup3  struct{ FD, NewFD, Flags int32 }
	Fcntl struct {
		FD, Cmd int32
		Arg     int64
	}
)

func (c Dup) start(x X) { x.push(opDupFD, int64(c.FD)) }
func (c Dup2) start(x X) {
	if c.FD == c.NewFD {
		_, e := x.fdGet(c.FD, true)
		x.result(int64(c.FD), e)
		return
	}
	x.push(opDup2, int64(c.FD), int64(c.NewFD))
}
func (c Dup3) start(x X) { x.push(opDup2, int64(c.FD), int64(c.NewFD), int64(c.Flags)) }
func (c Fcntl) start(x X) {
	x.push(opFcntl, int64(c.FD), int64(c.Cmd), c.Arg)
}

// Dup copies a descriptor to the lowest free number (fs/file.c: dup, v6.19). EBADF,
// EMFILE.
func (t T) Dup(fd int) (int, error) { return t.fd(Dup{int32(fd)}) }

// Dup2 copies a descriptor to a number, closing what is open there (fs/file.c: dup2,
// v6.19). EBADF: fd is not open, or newfd is beyond the limit.
func (t T) Dup2(fd, newfd int) (int, error) { return t.fd(Dup2{int32(fd), int32(newfd)}) }

// Dup3 is Dup2 with O_CLOEXEC for the copy (fs/file.c: ksys_dup3, v6.19). EINVAL:
// other flags, or both numbers are the same; then as Dup2.
func (t T) Dup3(fd, newfd, flags int) (int, error) {
	return t.fd(Dup3{int32(fd), int32(newfd), int32(flags)})
}

// Fcntl does F_DUPFD, F_DUPFD_CLOEXEC, F_GETFD, F_SETFD, F_GETFL and F_SETFL
// (fs/fcntl.c: do_fcntl, v6.19). EBADF: not open, or a command other than those on an
// O_PATH descriptor; EINVAL: another command, or a number to start at that is beyond
// the limit; EMFILE.
func (t T) Fcntl(fd, cmd, arg int) (int, error) {
	return t.fd(Fcntl{int32(fd), int32(cmd), int64(arg)})
}

func init() {
	define(opDupFD, "dup", step{"get_unused_fd_flags", func(x X) {
		file, e := x.fdGet(int32(x.f().L[0]), true)
		if e != 0 {
			x.fail(e)
			return
		}
		x.done(x.dupFD(file, 0, false))
	}})
	define(opDup2, "dup3",
		step{"do_dup2", dup3},
		step{"done", func(x X) { x.ret(x.f().L[1]) }},
	)
	define(opFcntl, "fcntl", step{"do_fcntl", func(x X) {
		f := x.f()
		x.done(x.fcntl(int32(f.L[0]), int32(f.L[1]), f.L[2]))
	}})
}

// dupFD installs another reference on an open file at the lowest free descriptor not
// below from.
func (x X) dupFD(file sim.FileID, from int32, cloexec bool) (int64, uapi.Errno) {
	fd, e := x.FDFree(x.me().Files, from)
	if e != 0 {
		return 0, e
	}
	x.FDSet(x.me().Files, fd, x.getFile(file), cloexec)
	return int64(fd), 0
}

// dup3 swaps the files first; what was open at the new number is released on the way
// back to user mode, before the call returns.
func dup3(x X) {
	f := x.f()
	fd, to, flags := int32(f.L[0]), int32(f.L[1]), f.L[2]
	if flags&^uapi.O_CLOEXEC != 0 || fd == to {
		x.fail(uapi.EINVAL)
		return
	}
	file, e := x.fdGet(fd, true)
	if e != 0 || to < 0 || to >= sim.RLimitNoFile {
		x.fail(uapi.EBADF)
		return
	}
	table := x.me().Files
	x.getFile(file)
	old := x.FDClear(table, to)
	x.FDSet(table, to, file, flags&uapi.O_CLOEXEC != 0)
	x.fput(old)
}

func (x X) fcntl(fd, cmd int32, arg int64) (int64, uapi.Errno) {
	table := x.me().Files
	file, e := x.fdGet(fd, true)
	if e != 0 {
		return 0, e
	}
	k := x.File(file)
	switch cmd {
	case uapi.F_DUPFD, uapi.F_DUPFD_CLOEXEC:
		if arg < 0 || arg >= sim.RLimitNoFile {
			return 0, uapi.EINVAL
		}
		return x.dupFD(file, int32(arg), cmd == uapi.F_DUPFD_CLOEXEC)
	case uapi.F_GETFD:
		return truth(x.FDCloExec(table, fd)), 0
	case uapi.F_SETFD:
		x.FDSetCloExec(table, fd, arg&uapi.FD_CLOEXEC != 0)
		return 0, 0
	case uapi.F_GETFL:
		return int64(k.Flags), 0
	}
	if k.Path() {
		return 0, uapi.EBADF
	}
	if cmd == uapi.F_SETFL {
		k.Flags = k.Flags&^settable | uint32(arg)&settable
		return 0, 0
	}
	return 0, uapi.EINVAL
}

// settable are the flags that F_SETFL changes (fs/fcntl.c: SETFL_MASK, v6.19, without
// O_DIRECT, which most of the model's files refuse).
const settable = uapi.O_APPEND | uapi.O_NONBLOCK | uapi.O_NOATIME

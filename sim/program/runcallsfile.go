// SPDX-License-Identifier: GPL-2.0-only

package program

import (
	"github.com/nssim/nssim/syscall"
	"github.com/nssim/nssim/syscall/uapi"
)

// The calls on files and descriptors.
func init() {
	define(map[string]callSpec{
		"open": {build: func(a *args) syscall.Call {
			return syscall.Open{Path: a.str(0), Flags: uint32(a.flags(1)), Mode: a.u32Or(2, 0)}
		}},
		"openat": {build: func(a *args) syscall.Call {
			return syscall.Openat{FD: a.fd(0), Path: a.str(1), Flags: uint32(a.flags(2)), Mode: a.u32Or(3, 0)}
		}},
		"close": {build: func(a *args) syscall.Call { return syscall.Close{FD: a.fd(0)} }},
		"dup":   {build: func(a *args) syscall.Call { return syscall.Dup{FD: a.fd(0)} }},
		"dup2":  {build: func(a *args) syscall.Call { return syscall.Dup2{FD: a.fd(0), NewFD: a.fd(1)} }},
		"dup3": {build: func(a *args) syscall.Call {
			return syscall.Dup3{FD: a.fd(0), NewFD: a.fd(1), Flags: a.int32(2)}
		}},
		"fcntl": {build: func(a *args) syscall.Call {
			return syscall.Fcntl{FD: a.fd(0), Cmd: a.int32(1), Arg: int64(a.numOr(2, 0))}
		}, value: fcntlValue},
		"read":  {build: func(a *args) syscall.Call { return syscall.Read{FD: a.fd(0), N: int64(a.num(1))} }},
		"write": {build: buildWrite, run: runWrite, several: (*args).isPath},
		"readlink": {build: func(a *args) syscall.Call { return syscall.Readlink{Path: a.str(0)} }, outs: func(a *args) {
			a.bindOut(1, Val{Kind: StringValue, S: syscall.LinkText(a.r.m, *a.outs())})
		}},
		"stat":  {build: func(a *args) syscall.Call { return syscall.Stat{Path: a.str(0)} }, outs: bindStat},
		"lstat": {build: func(a *args) syscall.Call { return syscall.Lstat{Path: a.str(0)} }, outs: bindStat},
		"fstat": {build: func(a *args) syscall.Call { return syscall.Fstat{FD: a.fd(0)} }, outs: bindStat},
		"access": {build: func(a *args) syscall.Call {
			return syscall.Access{Path: a.str(0), Mode: uint32(a.flags(1))}
		}},
		"mkdir":             {build: func(a *args) syscall.Call { return syscall.Mkdir{Path: a.str(0)} }},
		"unlink":            {build: func(a *args) syscall.Call { return syscall.Unlink{Path: a.str(0)} }},
		"rmdir":             {build: func(a *args) syscall.Call { return syscall.Rmdir{Path: a.str(0)} }},
		"chdir":             {build: func(a *args) syscall.Call { return syscall.Chdir{Path: a.str(0)} }},
		"chroot":            {build: func(a *args) syscall.Call { return syscall.Chroot{Path: a.str(0)} }},
		"name_to_handle_at": {build: buildNameToHandle, outs: bindHandle, putsOut: uapi.EOVERFLOW},
	})
}

func fcntlValue(a *args, ret int64) Val {
	switch a.num(1) {
	case uapi.F_DUPFD, uapi.F_DUPFD_CLOEXEC:
		return a.r.fdValue(a.t, int32(ret))
	}
	return number64(ret)
}

// isPath reports whether the first argument is a path and no descriptor.
func (a *args) isPath() bool {
	if _, ok := a.expr(0).(*Str); ok {
		return true
	}
	return a.val(0).Kind == StringValue
}

// buildWrite is write(2) on a descriptor.
func buildWrite(a *args) syscall.Call { return syscall.Write{FD: a.fd(0), Data: a.str(1)} }

// runWrite opens a file, writes to it and closes it.
func runWrite(a *args) (Val, uapi.Errno) {
	r, l, t := a.r, a.l, a.t
	path, data := a.str(0), a.str(1)
	fd, errno := r.do(l, t, syscall.Open{Path: path, Flags: uapi.O_WRONLY})
	if errno != 0 {
		return number64(-1), errno
	}
	n, errno := r.do(l, t, syscall.Write{FD: int32(fd), Data: data})
	if _, e := r.do(l, t, syscall.Close{FD: int32(fd)}); errno == 0 {
		errno = e
	}
	r.argsOf(l, t)
	return number64(n), errno
}

// bindStat binds what a stat has read.
func bindStat(a *args) {
	i := len(a.l.Call.Args) - 1
	s := syscall.StatOf(*a.outs())
	a.bindOut(i, record("st_ino st_dev st_mode st_nlink st_uid st_gid",
		s.Ino, s.Dev, uint64(s.Mode), uint64(s.Nlink), uint64(s.UID), uint64(s.GID)).ofKind("st_ino", Inum))
}

// buildNameToHandle offers the room that &H{handle_bytes=} says, or the most there is.
func buildNameToHandle(a *args) syscall.Call {
	c := syscall.NameToHandleAt{FD: a.fd(0), Path: a.str(1), Room: uapi.MAX_HANDLE_SZ, Flags: a.u32Or(4, 0)}
	if o, ok := a.expr(2).(*Out); ok {
		for _, f := range o.Fields {
			if f.Name != "handle_bytes" {
				a.r.bad(f.At, "field "+clip(f.Name), "handle_bytes", "only the room can be set")
			}
			c.Room = uint32(a.r.number(a.r.eval(f.X, a.e), f.X, a.e))
		}
	}
	return c
}

func bindHandle(a *args) {
	h, mount := syscall.HandleOf(*a.outs())
	v := record(handleNames, uint64(h.Bytes), uint64(uint32(h.Type)), h.NSID, uint64(h.NSType), uint64(h.NSInum))
	v.Kind = HandleValue
	a.bindOut(2, v.ofKind("ns_id", NSID).ofKind("ns_inum", Inum))
	a.bindOut(3, numberU(mount))
}

// SPDX-License-Identifier: GPL-2.0-only

package program

import (
	"github.com/nssim/nssim/syscall"
	"github.com/nssim/nssim/syscall/uapi"
)

// The calls on sockets, pipes and memory.
func init() {
	define(map[string]callSpec{
		"socket": {build: func(a *args) syscall.Call {
			return syscall.Socket{Family: a.int32(0), Type: a.int32(1), Proto: a.int32(2)}
		}},
		"socketpair": {build: func(a *args) syscall.Call {
			a.pair(3)
			return syscall.Socketpair{Family: a.int32(0), Type: a.int32(1), Proto: a.int32(2)}
		}, outs: func(a *args) { a.bindPair(3) }},
		"pipe": {build: func(a *args) syscall.Call {
			a.pair(0)
			return syscall.Pipe2{}
		}, outs: func(a *args) { a.bindPair(0) }},
		"getsockopt": {build: func(a *args) syscall.Call {
			return syscall.Getsockopt{FD: a.fd(0), Level: a.int32(1), Option: a.int32(2)}
		}, outs: func(a *args) {
			v := numberU(a.out0())
			if a.num(1) == uapi.SOL_SOCKET && a.num(2) == uapi.SO_NETNS_COOKIE {
				v = idValue(a.out0())
			}
			a.bindOut(3, v)
		}},
		"sendmsg": {build: buildSendmsg},
		"recvmsg": {build: buildRecvmsg, outs: func(a *args) {
			s := a.structure(1)
			names := s.list("fds")
			for i, fd := range syscall.Received(a.r.m, a.t) {
				a.bindExpr(names[i], a.r.fdValue(a.t, int32(fd)))
			}
		}},
		"sendfd": {build: func(a *args) syscall.Call {
			return syscall.SendFD{To: a.task(0), FD: a.fd(1)}
		}, value: func(a *args, ret int64) Val { return a.r.fdValue(a.task(0), int32(ret)) }},
		"mmap": {build: func(a *args) syscall.Call {
			return syscall.Mmap{Addr: a.num(0), Len: a.num(1)}
		}},
		"munmap": {build: func(a *args) syscall.Call {
			return syscall.Munmap{Addr: a.num(0), Len: a.num(1)}
		}},
	})
}

// pair is an argument that receives two descriptors.
func (a *args) pair(i int) []Expr {
	l, ok := a.expr(i).(*List)
	if !ok || len(l.Elems) != 2 {
		a.r.bad(a.expr(i).Pos(), clip(a.expr(i).String()), "[&A, &B]", "")
	}
	return l.Elems
}

func (a *args) bindPair(i int) {
	o := *a.outs()
	for n, x := range a.pair(i) {
		a.bindExpr(x, a.r.fdValue(a.t, int32(o[n])))
	}
}

func buildSendmsg(a *args) syscall.Call {
	s := a.structure(1)
	c := syscall.Sendmsg{FD: a.fd(0)}
	for _, x := range s.list("fds") {
		c.FDs = append(c.FDs, a.fdOf(x))
	}
	return c
}

func buildRecvmsg(a *args) syscall.Call {
	s := a.structure(1)
	return syscall.Recvmsg{FD: a.fd(0), Room: int32(len(s.list("fds")))}
}

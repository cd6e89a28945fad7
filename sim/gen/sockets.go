// SPDX-License-Identifier: GPL-2.0-only

package gen

import (
	"github.com/nssim/nssim/sim"
	"github.com/nssim/nssim/sim/program"
	"github.com/nssim/nssim/syscall/uapi"
)

func (g *generator) socket(t *task) {
	k := pick(g, socketKinds...)
	if g.wild() {
		k = pick(g, wildSockets...)
	}
	g.run(call{t: t, name: "socket", bind: "sk", args: []program.Expr{
		flags(uapi.GroupFamily, k.family), flags(uapi.GroupSocketType, k.typ), num(k.proto),
	}})
}

type socketKind struct {
	family, typ uint64
	proto       int64
}

var socketKinds = []socketKind{
	{uapi.AF_UNIX, uapi.SOCK_STREAM, 0}, {uapi.AF_UNIX, uapi.SOCK_DGRAM, 0}, {uapi.AF_INET, uapi.SOCK_DGRAM, 0},
	{uapi.AF_INET, uapi.SOCK_STREAM, 0}, {uapi.AF_INET, uapi.SOCK_DGRAM | uapi.SOCK_CLOEXEC, 0}, {uapi.AF_INET6, uapi.SOCK_DGRAM, 0},
	{uapi.AF_NETLINK, uapi.SOCK_RAW, 0}, {uapi.AF_INET, uapi.SOCK_RAW, 1}, {uapi.AF_PACKET, uapi.SOCK_DGRAM, 0},
}

var wildSockets = []socketKind{
	{uapi.AF_INET, uapi.SOCK_RAW, 0}, {uapi.AF_INET, uapi.SOCK_DGRAM, 1}, {uapi.AF_UNIX, uapi.SOCK_RDM, 0}, {uapi.AF_UNIX, uapi.SOCK_DGRAM, 9},
	{uapi.AF_INET, uapi.SOCK_STREAM, 17}, {uapi.AF_NETLINK, uapi.SOCK_RAW, 40}, {46, uapi.SOCK_DGRAM, 0}, {uapi.AF_UNSPEC, uapi.SOCK_DGRAM, 0},
	{uapi.AF_INET, 14, 0}, {uapi.AF_INET, uapi.SOCK_DGRAM | 0x10, 0},
}

func (g *generator) socketpair(t *task) {
	family, typ := uint64(uapi.AF_UNIX), pick[uint64](g, uapi.SOCK_STREAM, uapi.SOCK_STREAM, uapi.SOCK_DGRAM, uapi.SOCK_SEQPACKET)
	if g.wild() {
		family, typ = pick[uint64](g, uapi.AF_INET, uapi.AF_UNIX, 46), pick[uint64](g, uapi.SOCK_DGRAM, 0x40|uapi.SOCK_STREAM)
	}
	g.run(call{t: t, name: "socketpair", args: []program.Expr{
		flags(uapi.GroupFamily, family), flags(uapi.GroupSocketType, typ), num(0), list(out(g.fresh("sk")), out(g.fresh("sk"))),
	}})
}

func (g *generator) pipe(t *task) {
	g.run(call{t: t, name: "pipe", args: []program.Expr{list(out(g.fresh("fd")), out(g.fresh("fd")))}})
}

func (g *generator) getsockopt(t *task) {
	level, option, stem := program.Expr(word("SOL_SOCKET")), pick(g, "SO_NETNS_COOKIE", "SO_NETNS_COOKIE", "SO_TYPE", "SO_DOMAIN", "SO_PROTOCOL", "SO_ERROR"), "v"
	if option == "SO_NETNS_COOKIE" {
		stem = "id"
	}
	if g.wild() {
		level = pick[program.Expr](g, num(0), num(6))
		if g.o.Kernel {
			level = word("SOL_SOCKET")
		}
	}
	g.run(call{t: t, name: "getsockopt", args: []program.Expr{g.some(t, g.socket, sim.FileSocket), level, word(option), out(g.fresh(stem))}})
}

// paired picks a socket that has another end, one with messages if that is wanted and
// there is one.
func (g *generator) paired(t *task, full bool) (openFile, bool) {
	var fs, queued []openFile
	for _, f := range g.open(t, sim.FileSocket) {
		s := g.m.Socket(sim.SocketID(g.m.File(f.file).Obj))
		if s.Peer == 0 {
			continue
		}
		if fs = append(fs, f); s.First != 0 {
			queued = append(queued, f)
		}
	}
	if full && len(queued) > 0 {
		fs = queued
	}
	if len(fs) == 0 {
		return openFile{}, false
	}
	return pick(g, fs...), true
}

// sendmsg puts descriptors in flight, also sockets through themselves.
func (g *generator) sendmsg(t *task) {
	f, ok := g.paired(t, false)
	if !ok && g.chance(80) {
		g.socketpair(t)
		f, ok = g.paired(t, false)
	}
	if !ok || g.wild() {
		if f, ok = g.pickOpen(t); !ok {
			return
		}
	}
	var fds []program.Expr
	for range pick(g, 0, 1, 1, 1, 2, 3) {
		fds = append(fds, g.fd(t, sim.FileNSFS, sim.FileSocket, sim.FilePidFD))
	}
	if g.o.Kernel && !g.local(f) {
		return
	}
	var fs []program.FieldValue
	if fds != nil {
		fs = []program.FieldValue{field("fds", list(fds...))}
	}
	g.run(call{t: t, name: "sendmsg", args: []program.Expr{f.x(), structure(fs...)}})
}

// recvmsg receives what was sent, or waits for it.
func (g *generator) recvmsg(t *task) {
	f, ok := g.paired(t, true)
	if !ok {
		g.sendmsg(t)
		f, ok = g.paired(t, true)
	}
	if !ok || g.wild() {
		if f, ok = g.pickOpen(t, sim.FileNSFS); !ok {
			return
		}
	}
	var fds []program.Expr
	for range pick(g, 0, 1, 1, 2, 2) {
		fds = append(fds, out(g.fresh("fd")))
	}
	var fs []program.FieldValue
	if fds != nil {
		fs = []program.FieldValue{field("fds", list(fds...))}
	}
	g.run(call{t: t, name: "recvmsg", args: []program.Expr{f.x(), structure(fs...)}, sleeps: g.maySleep(t, false)})
}

// sendfd gives a descriptor to a task that is not inside a call.
func (g *generator) sendfd(t *task) {
	ts := g.callable()
	to := pick(g, ts...)
	fd := g.fd(t, sim.FileNSFS, sim.FileSocket, sim.FilePidFD, sim.FileTree)
	if g.o.Kernel {
		if f, ok := g.pickOpen(t); ok { // it takes several calls, which fail each in its own way
			fd = f.x()
		} else {
			return
		}
	}
	g.run(call{t: t, name: "sendfd", args: []program.Expr{name(to.name), fd}})
}

func (g *generator) pidfdOpen(t *task) {
	args := []program.Expr{g.pid(t)}
	if g.chance(20) {
		args = append(args, pick(g, flags(uapi.GroupPidfdOpen, uapi.PIDFD_THREAD), flags(uapi.GroupPidfdOpen, uapi.PIDFD_NONBLOCK), num(1)))
	}
	g.run(call{t: t, name: "pidfd_open", args: args, bind: "pfd"})
}

// pidfdGetfd copies a descriptor of the task of a pidfd.
func (g *generator) pidfdGetfd(t *task) {
	f, ok := g.pickOpen(t, sim.FilePidFD)
	if !ok {
		g.pidfdOpen(t)
		return
	}
	if g.o.Kernel && g.m.Pid(sim.PidID(g.m.File(f.file).Obj)).Task == sim.Pid1 {
		return // what pid 1 has open is the guest's own business
	}
	n := program.Expr(num(int64(g.n(8))))
	if p := g.m.Pid(sim.PidID(g.m.File(f.file).Obj)); p.Task != 0 && g.m.TaskLive(p.Task) {
		for _, o := range g.tasks {
			if o.id == p.Task && g.alive(o) && !g.wild() {
				n = g.fd(o)
			}
		}
	}
	g.run(call{t: t, name: "pidfd_getfd", args: []program.Expr{f.x(), n}})
}

func (g *generator) pidfdSendSignal(t *task) {
	g.run(call{t: t, name: "pidfd_send_signal", args: []program.Expr{g.some(t, g.pidfdOpen, sim.FilePidFD), g.signalNumber()}})
}

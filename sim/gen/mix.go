// SPDX-License-Identifier: GPL-2.0-only

package gen

import (
	"github.com/nssim/nssim/nstree"
	"github.com/nssim/nssim/sim"
	"github.com/nssim/nssim/sim/program"
	"github.com/nssim/nssim/syscall/uapi"
)

// learn opens a namespace file and asks for its id, so that later lines can use it; the
// descriptor is closed again more often than not.
func (g *generator) learn(t *task) {
	if !g.run(call{t: t, name: "open", args: []program.Expr{g.nsPath(t), flags(uapi.GroupOpen, uapi.O_RDONLY)}}) {
		return
	}
	fd := name(binds(g.last().Results))
	g.run(call{t: t, name: "ioctl", args: []program.Expr{fd, word("NS_GET_ID"), out(g.fresh("id"))}})
	if g.chance(40) {
		g.run(call{t: t, name: "name_to_handle_at", args: []program.Expr{fd, str(""), out(g.fresh("h")), blank(), word("AT_EMPTY_PATH")}})
	}
	if g.chance(60) {
		g.run(call{t: t, name: "close", args: []program.Expr{fd}})
	}
}

func (g *generator) last() *program.Line { return &g.p.Lines[len(g.p.Lines)-1] }

// leave makes a task that goes into namespaces of its own, has somebody keep something of
// them, and ends: what is left is pinned, and maybe inactive.
func (g *generator) leave(t *task) {
	f := g.nsFlags()
	if g.chance(50) {
		f |= uapi.CLONE_NEWUSER
	}
	if g.nets < g.o.Nets && g.chance(50) {
		f |= uapi.CLONE_NEWNET
	}
	if g.full() || !g.run(call{t: t, name: "clone", args: []program.Expr{flags(uapi.GroupClone, f|uint64(uapi.SIGCHLD))}, flags: f}) {
		return
	}
	c := g.tasks[len(g.tasks)-1]
	if g.chance(60) && g.alive(c) {
		g.learn(c)
	}
	for range 1 + g.n(2) {
		g.pin(c, t)
	}
	if g.alive(c) && c.open == nil && g.chance(80) {
		g.run(call{t: c, name: "exit_group", args: []program.Expr{num(0)}})
	}
	if g.alive(t) && t.open == nil && !c.gone && g.m.Task(c.id).State == sim.Zombie && g.chance(80) {
		g.run(call{t: t, name: "wait4", args: []program.Expr{name(c.name)}})
	}
}

// pin has one task open something that holds its namespaces and hand it to another.
func (g *generator) pin(c, to *task) {
	if !g.alive(c) || c.open != nil || !g.alive(to) || to.open != nil || g.m.Task(to.id).Top != 0 {
		return
	}
	ok := false
	switch g.n(6) {
	case 0, 1:
		ok = g.run(call{t: c, name: "socket", bind: "sk", args: []program.Expr{word("AF_UNIX"), word("SOCK_DGRAM"), num(0)}})
	case 2:
		ok = g.run(call{t: c, name: "open", args: []program.Expr{path("/proc/self/ns/" + g.nsFile()), word("O_RDONLY")}})
	case 3:
		ok = g.run(call{t: c, name: "open", args: []program.Expr{str("/proc/self/" + pick(g, "uid_map", "mountinfo", "net/dev")), word("O_RDONLY")}})
	case 4:
		if g.o.may("inotify_add_watch") && g.run(call{t: c, name: "inotify_init"}) {
			fd := name(binds(g.last().Results))
			g.run(call{t: c, name: "inotify_add_watch", args: []program.Expr{fd, path("/proc/self/ns/" + g.nsFile()), word("IN_OPEN")}})
			g.run(call{t: c, name: "sendfd", args: []program.Expr{name(to.name), fd}})
		}
		return
	case 5:
		g.mount(c)
		return
	}
	if ok {
		fd := binds(g.last().Results)
		g.run(call{t: c, name: "sendfd", args: []program.Expr{name(to.name), name(fd)}})
	}
}

// settle drains what is deferred, never twice in a row.
func (g *generator) settle(*task) {
	if len(g.p.Lines) == 0 || g.last().Kind == program.Settle || g.o.Kernel && g.settles >= kernelSettles {
		return
	}
	g.settles++
	g.keepState(program.Line{Kind: program.Settle})
}

// keepState adds a line that is no call.
func (g *generator) keepState(l program.Line) bool {
	ok := g.try(l) == recorded
	g.sweep()
	return ok
}

// assert states something about the state as it is.
func (g *generator) assert(*task) {
	if x := g.fact(); x != nil {
		g.keepState(program.Line{Kind: program.Assert, Expr: x})
	}
}

func (g *generator) fact() program.Expr {
	if g.chance(20) {
		t := pick(g, g.tasks...)
		return binary("==", fn("state", name(t.name)), &program.Word{Name: g.stateOf(t)})
	}
	if len(g.ns) == 0 {
		return nil
	}
	n := g.seenNS()
	ns := g.lookup(n.id)
	if ns == 0 {
		return binary("==", fn("exists", n.x), num(0))
	}
	switch k := g.m.Node(ns); g.n(6) {
	case 0:
		return binary("==", fn("type", n.x), word(k.NSType().CloneName()))
	case 1:
		if o := g.m.Entries[ns].Owner; o != 0 {
			if x, ok := g.idExpr(g.m.Node(o).ID); ok || !g.portable {
				return binary("==", fn("owner", n.x), x)
			}
		}
	case 2:
		if g.last().Kind == program.Settle {
			return binary("==", fn("passive", n.x), num(int64(g.m.Entries[ns].Passive)))
		}
	case 3:
		if k.Is(nstree.OnTree) {
			return fn("exists", n.x)
		}
	}
	if g.m.Cfg.SwitchOn("no-active-count") {
		return nil
	}
	return binary("==", fn("active", n.x), num(int64(g.m.Entries[ns].Active)))
}

func (g *generator) stateOf(t *task) string {
	if t.gone {
		return "dead"
	}
	switch g.m.Task(t.id).State {
	case sim.Blocked, sim.Stopped:
		return "blocked"
	case sim.Zombie:
		return "zombie"
	case sim.Running:
		return "running"
	}
	return "dead"
}

// SPDX-License-Identifier: GPL-2.0-only

package gen

import (
	"fmt"

	"github.com/nssim/nssim/sim"
	"github.com/nssim/nssim/sim/program"
	"github.com/nssim/nssim/syscall/uapi"
)

// uid is a user or group id.
func (g *generator) uid() program.Expr {
	if g.wild() {
		return pick(g, num(-1), num(65534), unum(1<<32-2))
	}
	return num(int64(pick(g, 0, 0, 1000, 1000, 1001, 1, 5)))
}

// keepID is an id for a call that takes several: -1 leaves one as it is.
func (g *generator) keepID() program.Expr {
	if g.chance(30) {
		return num(-1)
	}
	return g.uid()
}

// ids is a call that takes n ids.
func ids(name string, n int) func(*generator, *task) {
	return func(g *generator, t *task) {
		var args []program.Expr
		for range n {
			x := g.uid
			if n > 1 {
				x = g.keepID
			}
			args = append(args, x())
		}
		g.run(call{t: t, name: name, args: args})
	}
}

// one is a call without arguments.
func one(name string) func(*generator, *task) {
	return func(g *generator, t *task) { g.run(call{t: t, name: name}) }
}

func (g *generator) setgroups(t *task) {
	var xs []program.Expr
	for g.chance(30) {
		xs = append(xs, g.uid())
	}
	g.run(call{t: t, name: "setgroups", args: []program.Expr{list(xs...)}})
}

var someCaps = []string{
	"CAP_SYS_ADMIN", "CAP_SYS_PTRACE", "CAP_SETUID", "CAP_SETGID", "CAP_KILL", "CAP_NET_ADMIN", "CAP_NET_RAW",
	"CAP_SYS_CHROOT", "CAP_DAC_OVERRIDE", "CAP_DAC_READ_SEARCH", "CAP_SETPCAP", "CAP_SYS_RESOURCE",
}

func (g *generator) caps() program.Expr {
	switch g.n(4) {
	case 0:
		return num(0)
	case 1:
		return &program.Unary{Op: "~", X: num(0)}
	}
	xs := []program.Expr{word(pick(g, someCaps...))}
	for g.chance(60) {
		xs = append(xs, word(pick(g, someCaps...)))
	}
	return list(xs...)
}

// capset mostly gives up capabilities, and sometimes wants more than there are.
func (g *generator) capset(t *task) {
	if g.chance(40) {
		g.run(call{t: t, name: "capset", args: []program.Expr{structure(field("effective", num(0)))}})
		return
	}
	var fs []program.FieldValue
	if g.chance(80) {
		fs = append(fs, field("effective", g.caps()))
	}
	if g.chance(40) {
		fs = append(fs, field("permitted", g.caps()))
	}
	if g.chance(30) {
		fs = append(fs, field("inheritable", g.caps()))
	}
	g.run(call{t: t, name: "capset", args: []program.Expr{structure(fs...)}})
}

func (g *generator) capget(t *task) {
	g.run(call{t: t, name: "capget", args: []program.Expr{g.maybeOut("caps")}})
}

// drop makes a task an ordinary user, whose files in /proc can still be opened, mostly.
func (g *generator) drop(t *task) {
	if t.name == "init" && !g.o.Open {
		return
	}
	id := num(int64(pick(g, 1000, 1000, 1001, 1)))
	g.run(call{t: t, name: "setgroups", args: []program.Expr{list()}})
	g.run(call{t: t, name: "setresgid", args: []program.Expr{id, id, id}})
	g.run(call{t: t, name: "setresuid", args: []program.Expr{id, id, id}})
	if g.chance(70) {
		g.run(call{t: t, name: "prctl", args: []program.Expr{word("PR_SET_DUMPABLE"), num(1)}})
	}
}

// ownMap is the line that maps the caller's own id, as its parent namespace has it, to 0.
func (g *generator) ownMap(t *task) string {
	c := g.m.TaskCred(t.id)
	outer := c.UserNS
	if o := g.m.Entries[outer].Owner; o != 0 {
		outer = o
	}
	id := g.m.Munged(g.m.UserNSOf(outer).UIDMap, c.UID.Eff)
	return fmt.Sprintf("%d %d 1", pick(g, 0, 0, 0, 1000), id)
}

// enterUser puts a task into a new user namespace, with others or without, and writes its
// maps, by itself or, when a child is made for it, by its parent.
func (g *generator) enterUser(t *task) {
	f := uint64(uapi.CLONE_NEWUSER)
	if g.chance(60) {
		f |= g.nsFlags()
	}
	if g.chance(50) || t.name == "init" {
		g.childInUser(t, f)
		return
	}
	if !g.run(call{t: t, name: "unshare", args: []program.Expr{flags(uapi.GroupUnshare, f)}, flags: f}) || g.chance(10) {
		return
	}
	m := str(g.ownMap(t))
	g.run(call{t: t, name: "write", args: []program.Expr{str("/proc/self/uid_map"), m}})
	g.run(call{t: t, name: "write", args: []program.Expr{str("/proc/self/setgroups"), str("deny")}})
	g.run(call{t: t, name: "write", args: []program.Expr{str("/proc/self/gid_map"), m}})
}

func (g *generator) childInUser(t *task, f uint64) {
	if g.full() || !g.run(call{t: t, name: "clone", args: []program.Expr{flags(uapi.GroupClone, f|uint64(uapi.SIGCHLD))}, flags: f}) {
		return
	}
	c := g.tasks[len(g.tasks)-1]
	m := str(g.childMap(t, c))
	for _, file := range []string{"/uid_map", "/gid_map"} {
		if g.chance(85) && g.alive(t) {
			g.run(call{t: t, name: "write", args: []program.Expr{path("/proc/", name(c.name), file), m}})
		}
	}
}

// childMap is a map that a parent writes for its child: of many ids if it has many.
func (g *generator) childMap(t, c *task) string {
	switch cred := g.m.TaskCred(t.id); {
	case g.wild():
		return g.mapText(t)
	case cred.UserNS == g.m.InitUserNS() && cred.Effective == sim.FullCaps:
		return pick(g, "0 0 65536", "0 0 4294967295", "0 0 1", "0 100000 65536", "0 1000 2\n1000 0 1")
	}
	return g.ownMap(c)
}

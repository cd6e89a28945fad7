// SPDX-License-Identifier: GPL-2.0-only

package gen

import (
	"cmp"
	"slices"
	"strings"

	"github.com/nssim/nssim/sim"
	"github.com/nssim/nssim/sim/program"
	"github.com/nssim/nssim/syscall/uapi"
)

// cleanUp ends a program: init kills who is left and reaps its children, unmounts what is
// mounted in the initial mount namespace and removes the files. Then it ends too.
func (g *generator) cleanUp() {
	init := g.tasks[0]
	for range patience {
		if !g.cleanStep(init) {
			break
		}
	}
	if g.anyInFlight() {
		g.collect(init)
	}
	g.ending = true
	g.run(call{t: init, name: "exit_group", args: []program.Expr{num(0)}})
	g.keepState(program.Line{Kind: program.Settle})
}

// collect gets rid of sockets that only hold each other. The kernel looks for them when
// another one is closed, and nobody may have a descriptor of theirs then: neither init nor
// its threads, which may have descriptors of their own.
func (g *generator) collect(init *task) {
	for _, t := range g.callable() {
		if t != init && g.m.Task(t.id).Leader == init.id {
			g.run(call{t: t, name: "exit", args: []program.Expr{num(0)}})
		}
	}
	for _, f := range g.open(init, sim.FileSocket) {
		if g.local(f) {
			g.run(call{t: init, name: "close", args: []program.Expr{f.x()}})
		}
	}
	if g.run(call{t: init, name: "socket", bind: "sk", args: []program.Expr{word("AF_UNIX"), word("SOCK_DGRAM"), num(0)}}) {
		g.run(call{t: init, name: "close", args: []program.Expr{name(binds(g.last().Results))}})
	}
}

// deathSignal is the signal by which a child of init says that it has ended, if that would
// kill init; 0 otherwise.
func (g *generator) deathSignal(t *task) uapi.Signal {
	k := g.m.Task(t.id)
	if t.gone || k.Parent == 0 || g.m.Task(k.Parent).Leader != g.m.Init() {
		return 0
	}
	switch sig := uapi.Signal(k.ExitSignal); sig {
	case uapi.SIGCHLD, uapi.SIGCONT, uapi.SIGURG, uapi.SIGWINCH:
	default:
		if sig.Valid() && g.m.SigHands.At(g.m.Task(g.m.Init()).SigHand).Ignored>>(sig-1)&1 == 0 {
			return sig
		}
	}
	return 0
}

// ignoreDeaths makes init survive the signals of its children.
func (g *generator) ignoreDeaths(init *task) {
	for _, t := range g.tasks[1:] {
		if sig := g.deathSignal(t); sig != 0 {
			g.run(call{t: init, name: "signal", args: []program.Expr{flags(uapi.GroupSignal, uint64(sig)), ignore()}})
		}
	}
}

// cleanStep does one thing that is left to do; false if there is none.
func (g *generator) cleanStep(init *task) bool {
	g.resume(true)
	if init.open == nil {
		g.ignoreDeaths(init)
		if t := g.childOf(init, true); t != nil && g.m.Task(t.id).State == sim.Zombie && g.m.Threads(t.id, true) == 0 {
			return g.reap(init, t)
		}
	}
	if t := g.leftOver(init.open == nil); t != nil {
		return g.end(init, t)
	}
	if init.open != nil {
		return false
	}
	return g.unmount(init) || g.remove(init)
}

// leftOver picks a task that lives, the youngest first, so that children end before
// their parents more often than not. Threads of init end with it, and one that is ending
// may wait for another one here to be reaped. While init sleeps in vfork, its children whose
// end would kill it have to wait.
func (g *generator) leftOver(any bool) *task {
	for i := len(g.tasks) - 1; i > 0; i-- {
		t := g.tasks[i]
		if g.alive(t) && (any || g.deathSignal(t) == 0) && !g.m.Task(t.id).Has(sim.Exiting) && g.m.Task(t.id).Leader != g.m.Init() {
			return t
		}
	}
	return nil
}

// end makes a task end by itself or by init.
func (g *generator) end(init, t *task) bool {
	if t.open == nil && g.m.Task(t.id).Top == 0 && (init.open != nil || g.chance(60)) {
		return g.runs(call{t: t, name: "exit_group", args: []program.Expr{num(0)}, sleeps: true})
	}
	return g.runs(call{t: init, name: "kill", args: []program.Expr{name(t.name), word("SIGKILL")}})
}

// runs is run, and tells only whether there is one more line.
func (g *generator) runs(c call) bool {
	n := len(g.p.Lines)
	g.run(c)
	return len(g.p.Lines) > n
}

func (g *generator) reap(init, t *task) bool {
	args := []program.Expr{name(t.name)}
	if k := g.m.Task(t.id); k.ExitSignal != uint8(uapi.SIGCHLD) && !k.Has(sim.ExecedSinceFork) {
		args = append(args, blank(), flags(uapi.GroupWait, uapi.WALL))
	}
	return g.runs(call{t: init, name: "wait4", args: args})
}

// anyInFlight reports whether files are in messages that nobody has received.
func (g *generator) anyInFlight() bool { return g.m.MsgFiles.Count() > 0 }

// unmount takes off a tree of mounts of the initial mount namespace: the one highest up,
// for it may cover the mount points of others.
func (g *generator) unmount(init *task) bool {
	top := ""
	for m := g.m.MntNSOf(g.m.Initial(uapi.MNT_NS)).First; m != 0; m = g.m.Mount(m).Next {
		if k := g.m.Mount(m); k.Parent == 0 && k.Path != 0 {
			if p := g.m.PathString(k.Path); top == "" || len(p) < len(top) {
				top = p
			}
		}
	}
	return top != "" && g.run(call{t: init, name: "umount2", args: []program.Expr{str(top), flags(uapi.GroupUmount, uapi.MNT_DETACH)}})
}

// remove removes a file or directory that the program has made at boot's file systems,
// what is deepest first.
func (g *generator) remove(init *task) bool {
	type made struct {
		path string
		dir  bool
	}
	var all []made
	for i := int32(1); i < g.m.Dentries.Cap(); i++ {
		if g.m.Dentries.Live(i) && g.m.Dentries.At(i).Super == 0 {
			d := g.m.Dentries.At(i)
			all = append(all, made{g.m.PathString(d.Path), d.Dir})
		}
	}
	if len(all) == 0 {
		return false
	}
	d := slices.MinFunc(all, func(a, b made) int {
		return cmp.Or(strings.Count(b.path, "/")-strings.Count(a.path, "/"), strings.Compare(a.path, b.path))
	})
	how := "unlink"
	if d.dir {
		how = "rmdir"
	}
	return g.run(call{t: init, name: how, args: []program.Expr{str(d.path)}})
}

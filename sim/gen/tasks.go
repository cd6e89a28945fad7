// SPDX-License-Identifier: GPL-2.0-only

package gen

import (
	"math"

	"github.com/nssim/nssim/sim"
	"github.com/nssim/nssim/sim/program"
	"github.com/nssim/nssim/syscall/uapi"
)

const threadFlags = uapi.CLONE_VM | uapi.CLONE_SIGHAND | uapi.CLONE_THREAD

func (g *generator) fork(t *task) {
	if !g.full() {
		g.run(call{t: t, name: "fork"})
	}
}

func (g *generator) vfork(t *task) {
	if !g.full() {
		g.run(call{t: t, name: "vfork", sleeps: true})
	}
}

// clone makes children in new namespaces, threads, children that share something, and
// combinations that there are not.
func (g *generator) clone(t *task) {
	if g.full() {
		return
	}
	f := g.cloneFlags()
	if f&(uapi.CLONE_THREAD|uapi.CSIGNAL) == 0 {
		f |= uint64(g.exitSignal(t, f))
	}
	g.run(call{t: t, name: "clone", args: []program.Expr{flags(uapi.GroupClone, f)}, flags: f, sleeps: true})
}

func (g *generator) cloneFlags() uint64 {
	switch g.n(13) {
	case 0, 1, 2:
		return uapi.CLONE_NEWUSER | g.nsFlags()
	case 3, 4, 5, 6:
		return g.nsFlags()
	case 7, 8, 9:
		return threadFlags | pick[uint64](g, 0, uapi.CLONE_FILES, uapi.CLONE_FS|uapi.CLONE_FILES, uapi.CLONE_FS|uapi.CLONE_FILES|uapi.CLONE_SYSVSEM)
	case 10:
		return pick[uint64](g, uapi.CLONE_VM, uapi.CLONE_FILES, uapi.CLONE_FS, uapi.CLONE_PARENT,
			uapi.CLONE_VM|uapi.CLONE_FILES|uapi.CLONE_FS, uapi.CLONE_VM|uapi.CLONE_SIGHAND, uapi.CLONE_VM|uapi.CLONE_VFORK)
	case 11:
		return g.nsFlags() | pick[uint64](g, uapi.CLONE_FILES, uapi.CLONE_VM, uapi.CLONE_PARENT, uapi.CLONE_VM|uapi.CLONE_VFORK, threadFlags)
	}
	return pick[uint64](g, uapi.CLONE_NEWUSER|uapi.CLONE_FS, uapi.CLONE_NEWNS|uapi.CLONE_FS, uapi.CLONE_THREAD,
		uapi.CLONE_SIGHAND, threadFlags|uapi.CLONE_NEWUSER, threadFlags|uapi.CLONE_NEWPID, uapi.CLONE_NEWIPC|uapi.CLONE_SYSVSEM,
		threadFlags|uapi.CLONE_NEWUTS)
}

// exitSignal is mostly the usual one. It must not kill an init that sleeps in vfork, where
// it cannot ignore it.
func (g *generator) exitSignal(t *task, f uint64) uapi.Signal {
	if t.name == "init" && f&uapi.CLONE_VFORK != 0 {
		return uapi.SIGCHLD
	}
	switch g.n(12) {
	case 0:
		return 0
	case 1:
		return pick[uapi.Signal](g, uapi.SIGUSR1, uapi.SIGTERM, uapi.SIGCONT, 100)
	}
	return uapi.SIGCHLD
}

func (g *generator) clone3(t *task) {
	if g.full() {
		return
	}
	f := g.cloneFlags() &^ uapi.CSIGNAL
	if g.chance(30) {
		f |= pick[uint64](g, uapi.CLONE_NEWTIME, uapi.CLONE_CLEAR_SIGHAND, uapi.CLONE_AUTOREAP, uapi.CLONE_NNP,
			uapi.CLONE_AUTOREAP|uapi.CLONE_PIDFD_AUTOKILL|uapi.CLONE_NNP|uapi.CLONE_PIDFD, uapi.CLONE_EMPTY_MNTNS, 1<<40)
	}
	var fs []program.FieldValue
	if g.chance(40) || f&uapi.CLONE_PIDFD != 0 {
		f |= uapi.CLONE_PIDFD
		x := out(g.fresh("pfd"))
		if g.wild() {
			x = null()
		}
		fs = append(fs, field("pidfd", x))
	}
	fs = append([]program.FieldValue{field("flags", flags(uapi.GroupClone3, f))}, fs...)
	if f&(uapi.CLONE_THREAD|uapi.CLONE_AUTOREAP) == 0 || g.wild() {
		if s := g.exitSignal(t, f); s != 0 {
			fs = append(fs, field("exit_signal", flags(uapi.GroupSignal, uint64(s))))
		}
	}
	if x := g.setTid(t, f); x != nil {
		fs = append(fs, field("set_tid", x))
	}
	g.run(call{t: t, name: "clone3", args: []program.Expr{structure(fs...)}, flags: f, sleeps: true})
}

// setTid asks for process numbers: in the initial pid namespace those of a real kernel
// cannot be known.
func (g *generator) setTid(t *task, f uint64) program.Expr {
	if !g.chance(20) {
		return nil
	}
	if g.wild() {
		return pick[program.Expr](g, list(num(0)), list(num(-1)), list(num(1), num(1), num(1)), list(num(math.MaxInt32)))
	}
	nested := g.m.Proxy(g.m.Task(t.id).Proxy).NS[sim.SlotPid] != g.m.Initial(uapi.PID_NS) || f&uapi.CLONE_NEWPID != 0
	if g.o.Kernel && !nested {
		return nil
	}
	x := list(num(int64(pick(g, 1, 1, 2+g.n(9)))))
	if !g.o.Kernel && g.chance(30) {
		x.Elems = append(x.Elems, num(int64(100+g.n(50))))
	}
	return x
}

func (g *generator) exitGroup(t *task) { g.exitBy(t, "exit_group") }
func (g *generator) exit(t *task)      { g.exitBy(t, "exit") }

func (g *generator) exitBy(t *task, how string) {
	if t.name == "init" && !g.o.Open {
		return
	}
	// An init of a pid namespace waits for others to be reaped.
	g.run(call{t: t, name: how, args: []program.Expr{num(int64(pick(g, 0, 0, 1, 255)))}, sleeps: true})
}

// wait4 reaps mostly children that have ended.
func (g *generator) wait4(t *task) {
	if g.childOf(t, false) == nil && g.chance(70) {
		return
	}
	who, options := g.waitFor(t)
	args := []program.Expr{who}
	if g.chance(60) || options != 0 {
		args = append(args, g.maybeOut("st"))
	}
	if options != 0 {
		args = append(args, flags(uapi.GroupWait, uint64(options)))
	}
	g.run(call{t: t, name: "wait4", args: args, sleeps: g.maySleep(t, false)})
}

// maybeOut is an output argument whose value is kept or not.
func (g *generator) maybeOut(stem string) program.Expr {
	if g.chance(30) {
		return blank()
	}
	return out(g.fresh(stem))
}

// waitFor picks a child and the options with which it can be waited for, mostly.
func (g *generator) waitFor(t *task) (who program.Expr, options uint32) {
	if g.wild() {
		options = pick[uint32](g, uapi.WNOHANG, uapi.WALL, uapi.WCLONE, uapi.WNOTHREAD|uapi.WNOHANG, 1<<20, uapi.WCONTINUED|uapi.WNOHANG)
		return g.pid(t), options
	}
	child := g.childOf(t, g.chance(80))
	if child == nil {
		return g.pid(t), uapi.WNOHANG * uint32(g.n(2))
	}
	k := g.m.Task(child.id)
	if k.ExitSignal != uint8(uapi.SIGCHLD) && !k.Has(sim.ExecedSinceFork) {
		options |= uapi.WALL
	}
	if k.State != sim.Zombie && g.chance(50) {
		options |= uapi.WNOHANG
	}
	if g.chance(15) {
		return num(-1), options
	}
	return name(child.name), options
}

// childOf picks a child of a task, a zombie if there is one and it is wanted.
func (g *generator) childOf(t *task, zombie bool) *task {
	var some, dead []*task
	for _, c := range g.tasks {
		if c.gone {
			continue
		}
		k := g.m.Task(c.id)
		if k.State > sim.Zombie || k.Leader != c.id || k.Parent == 0 || g.m.Task(k.Parent).Leader != g.m.Task(t.id).Leader {
			continue
		}
		if some = append(some, c); k.State == sim.Zombie {
			dead = append(dead, c)
		}
	}
	if zombie && len(dead) > 0 {
		some = dead
	}
	if len(some) == 0 {
		return nil
	}
	return pick(g, some...)
}

func (g *generator) waitid(t *task) {
	if g.childOf(t, false) == nil && g.chance(70) {
		return
	}
	options := uint64(uapi.WEXITED)
	if g.chance(50) {
		options |= uapi.WNOHANG
	}
	if g.chance(25) {
		options |= pick[uint64](g, uapi.WNOWAIT, uapi.WALL, uapi.WCLONE, uapi.WNOTHREAD)
	}
	if g.wild() {
		options = pick[uint64](g, 0, uapi.WNOHANG, 1<<20|uapi.WEXITED, uapi.WSTOPPED|uapi.WNOHANG)
	}
	which, id := program.Expr(word("P_PID")), g.pid(t)
	if c := g.childOf(t, true); c != nil && !g.wild() {
		id = name(c.name)
	}
	switch g.n(6) {
	case 0:
		which, id = word("P_ALL"), num(0)
	case 1:
		which, id = word("P_PIDFD"), g.some(t, g.pidfdOpen, sim.FilePidFD)
	case 2:
		which = word("P_PGID")
		if g.chance(60) {
			id = num(0)
		}
	}
	if g.wild() {
		which = num(int64(4 + g.n(3)))
	}
	args := []program.Expr{which, id, g.maybeOut("st"), flags(uapi.GroupWait, options)}
	if options == uapi.WEXITED && g.chance(50) {
		args = args[:2+g.n(2)]
	}
	g.run(call{t: t, name: "waitid", args: args, sleeps: g.maySleep(t, false)})
}

func (g *generator) execve(t *task) {
	paths := []string{"/bin/true", "/bin/true", "/bin/true", "/tmp", "/nope"}
	if !g.o.Kernel {
		paths = append(paths, "/bin/sh", "/etc/passwd", "/proc/self/exe", "/init", "/tmp/f")
	}
	g.run(call{t: t, name: "execve", args: []program.Expr{str(pick(g, paths...))}})
}

// pid is a number of some process: mostly a task's name, which the caller's pid namespace
// must number.
func (g *generator) pid(t *task) program.Expr {
	if g.wild() {
		return g.wildPid(t)
	}
	ns := g.m.ActivePidNS(t.id)
	var ts []*task
	for _, o := range g.tasks {
		if o.gone || g.m.Task(o.id).Pid == 0 {
			if g.chance(10) {
				ts = append(ts, o) // the runner knows whether it had a number
			}
			continue
		}
		if g.m.PidNr(g.m.Task(o.id).Pid, ns) != 0 {
			ts = append(ts, o)
		}
	}
	if len(ts) == 0 {
		return g.wildPid(t)
	}
	return name(ts[g.n(len(ts))].name)
}

// wildPid is a number that is nobody's, or that in a nested pid namespace may be anybody's.
func (g *generator) wildPid(t *task) program.Expr {
	ns := []int64{0, -1, 1, 30000000, math.MaxInt32, math.MinInt32}
	if !g.o.Kernel || g.m.ActivePidNS(t.id) != g.m.Initial(uapi.PID_NS) {
		ns = append(ns, 2, 3, 4, 5)
	}
	return num(ns[g.n(len(ns))])
}

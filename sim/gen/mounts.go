// SPDX-License-Identifier: GPL-2.0-only

package gen

import (
	"strings"

	"github.com/nssim/nssim/sim"
	"github.com/nssim/nssim/sim/program"
	"github.com/nssim/nssim/syscall/uapi"
)

// The paths under /tmp at which programs make files and directories.
var (
	filePlaces = []string{"/tmp/f", "/tmp/g", "/tmp/a/f"}
	dirPlaces  = []string{"/tmp/a", "/tmp/b", "/tmp/a/b"}
)

// place is a file or directory for a mount, mostly one that is there.
func (g *generator) place(t *task, dir bool) program.Expr {
	places := filePlaces
	if dir {
		places = dirPlaces
	}
	there := g.there(dir)
	if len(there) == 0 && g.chance(85) {
		if dir {
			g.mkdir(t)
		} else {
			g.create(t)
		}
		there = g.there(dir)
	}
	if len(there) > 0 && !g.wild() {
		places = there
	}
	return str(pick(g, places...))
}

// there lists the files or directories that the program has made where boot's file systems
// are.
func (g *generator) there(dir bool) (paths []string) {
	for i := int32(1); i < g.m.Dentries.Cap(); i++ {
		if !g.m.Dentries.Live(i) {
			continue
		}
		if d := g.m.Dentries.At(i); d.Super == 0 && d.Dir == dir {
			paths = append(paths, g.m.PathString(d.Path))
		}
	}
	return paths
}

// mountPoint is where something is mounted in a task's mount namespace, mostly.
func (g *generator) mountPoint(t *task) program.Expr {
	var ps []string
	ns := g.m.FS(g.m.Task(t.id).FS).Root
	for m := g.m.MntNSOf(ns).First; m != 0; m = g.m.Mount(m).Next {
		if k := g.m.Mount(m); k.Path != 0 && k.Parent == 0 {
			ps = append(ps, g.m.PathString(k.Path))
		}
	}
	if len(ps) == 0 || g.wild() {
		return g.place(t, g.chance(40))
	}
	return str(pick(g, ps...))
}

// mount binds namespace files and directories, mounts new file systems, and changes and
// moves what is mounted.
func (g *generator) mount(t *task) {
	if g.wild() {
		g.mountWildly(t)
		return
	}
	switch g.n(8) {
	case 0, 1, 2, 3:
		g.run(call{t: t, name: "mount", args: []program.Expr{g.nsPath(t), g.place(t, false), null(), flags(uapi.GroupMount, uapi.MS_BIND)}})
	case 4:
		g.run(call{t: t, name: "mount", args: []program.Expr{g.place(t, true), g.place(t, true), null(),
			flags(uapi.GroupMount, pick[uint64](g, uapi.MS_BIND, uapi.MS_BIND|uapi.MS_REC, uapi.MS_MOVE))}})
	case 5, 6:
		typ := pick(g, "tmpfs", "tmpfs", "proc", "mqueue", "sysfs")
		g.run(call{t: t, name: "mount", args: []program.Expr{str("none"), g.place(t, true), str(typ), num(0)}})
	default:
		g.run(call{t: t, name: "mount", args: []program.Expr{str("none"), str(pick(g, "/", "/", "/tmp", "/tmp/a")), null(),
			flags(uapi.GroupMount, pick[uint64](g, uapi.MS_REC|uapi.MS_PRIVATE, uapi.MS_PRIVATE, uapi.MS_PRIVATE|uapi.MS_SLAVE))}})
	}
}

func (g *generator) mountWildly(t *task) {
	target := g.place(t, g.chance(50))
	if !g.o.Kernel {
		target = pick[program.Expr](g, target, str("/proc"), str("/tmp"), g.nsPath(t))
	}
	how := pick[uint64](g, uapi.MS_BIND, uapi.MS_BIND|uapi.MS_REC, uapi.MS_MOVE, uapi.MS_REMOUNT|uapi.MS_BIND, 0, 0, uapi.MS_SHARED|uapi.MS_PRIVATE)
	source := program.Expr(g.anyPath(t))
	if g.o.Kernel && (how == uapi.MS_MOVE || how&uapi.MS_BIND != 0 && g.chance(80)) {
		// The guest's own mounts stay, and those on a directory of /proc/PID go with it.
		source = g.place(t, g.chance(50))
	} else if g.o.Kernel && how&uapi.MS_BIND != 0 {
		source = str(pick(g, "/dev/null", "/tmp", "/nope"))
	}
	g.run(call{t: t, name: "mount", args: []program.Expr{source, target, pick[program.Expr](g, null(), str("nope"), str("tmpfs"), str("proc")), flags(uapi.GroupMount, how)}})
}

func (g *generator) umount2(t *task) {
	target := g.mountPoint(t)
	if g.wild() && !g.o.Kernel {
		target = g.anyPath(t)
	}
	how := pick[uint64](g, 0, 0, uapi.MNT_DETACH, uapi.MNT_DETACH, uapi.UMOUNT_NOFOLLOW)
	if g.wild() {
		how = pick[uint64](g, 1<<8, uapi.MNT_EXPIRE|uapi.MNT_DETACH)
	}
	g.run(call{t: t, name: "umount2", args: []program.Expr{target, flags(uapi.GroupUmount, how)}})
}

// openTree copies mounts into anonymous and, where there are any, into new mount
// namespaces.
func (g *generator) openTree(t *task) {
	how := pick[uint64](g, 0, uapi.OPEN_TREE_CLONE, uapi.OPEN_TREE_CLONE, uapi.OPEN_TREE_CLONE|uapi.AT_RECURSIVE,
		uapi.OPEN_TREE_NAMESPACE, uapi.OPEN_TREE_NAMESPACE, uapi.OPEN_TREE_NAMESPACE|uapi.AT_RECURSIVE, uapi.OPEN_TREE_CLONE|uapi.OPEN_TREE_CLOEXEC)
	if g.wild() {
		how = pick[uint64](g, uapi.AT_RECURSIVE, uapi.OPEN_TREE_CLONE|uapi.OPEN_TREE_NAMESPACE, 1<<20)
	}
	if f, ok := g.pickOpen(t, sim.FileNSFS, sim.FileTree); ok && g.chance(30) {
		g.run(call{t: t, name: "open_tree", args: []program.Expr{f.x(), str(""), flags(uapi.GroupOpenTree, how|uapi.AT_EMPTY_PATH)}})
		return
	}
	p := program.Expr(str(pick(g, "/", "/tmp")))
	switch g.n(4) {
	case 0:
		p = g.mountPoint(t)
	case 1:
		p = g.nsPath(t)
	}
	g.run(call{t: t, name: "open_tree", args: []program.Expr{word("AT_FDCWD"), p, flags(uapi.GroupOpenTree, how)}})
}

func (g *generator) fsopen(t *task) {
	g.run(call{t: t, name: "fsopen", args: []program.Expr{str(pick(g, "tmpfs", "tmpfs", "proc", "mqueue", "sysfs", "nope"))}})
}

func (g *generator) fsmount(t *task) {
	f, ok := g.pickOpen(t, sim.FileFSContext)
	x := f.x()
	if !ok {
		if g.fsopen(t); g.chance(70) {
			return
		}
		x = g.fd(t)
	}
	how := pick[uint64](g, 0, 0, uapi.FSMOUNT_CLOEXEC, uapi.FSMOUNT_NAMESPACE, uapi.FSMOUNT_NAMESPACE)
	if g.wild() {
		how = 1 << 8
	}
	g.run(call{t: t, name: "fsmount", args: []program.Expr{x, flags(uapi.GroupFsmount, how)}})
}

func (g *generator) moveMount(t *task) {
	x := g.some(t, g.openTree, sim.FileTree)
	dir := true
	if f, ok := g.pickOpen(t, sim.FileTree); ok && !g.wild() {
		x = f.x()
		dir = g.m.Mount(sim.MountID(g.m.File(f.file).Obj)).Inode == 0
	}
	to := g.place(t, dir)
	if g.o.Kernel && g.movesBase(t, x) {
		return
	}
	g.run(call{t: t, name: "move_mount", args: []program.Expr{x, to}})
}

// movesBase reports whether an argument is a descriptor of a place that was mounted at boot,
// other than where all else is mounted: a real kernel can move it.
func (g *generator) movesBase(t *task, x program.Expr) bool {
	for _, f := range g.open(t, sim.FilePlain, sim.FileProcDir) {
		if f.is(x) {
			if f.kind == sim.FileProcDir {
				return true
			}
			path := g.m.PathString(sim.PathID(g.m.File(f.file).Obj))
			return path != "/" && !strings.HasPrefix(path, "/tmp")
		}
	}
	return false
}

func (g *generator) inotifyInit(t *task) { g.run(call{t: t, name: "inotify_init"}) }

// inotifyAddWatch watches namespace files: that keeps them without a descriptor.
func (g *generator) inotifyAddWatch(t *task) {
	x := g.some(t, g.inotifyInit, sim.FileInotify)
	mask := pick[uint64](g, uapi.IN_OPEN, uapi.IN_OPEN, uapi.IN_ALL_EVENTS, uapi.IN_CLOSE_NOWRITE)
	if g.wild() {
		mask = pick[uint64](g, 0, 1<<27, uapi.IN_OPEN|uapi.IN_ONLYDIR, uapi.IN_OPEN|uapi.IN_MASK_CREATE, uapi.IN_OPEN|uapi.IN_MASK_ADD)
	}
	events := flags(uapi.GroupInotify, mask)
	if mask == uapi.IN_ALL_EVENTS {
		events = word("IN_ALL_EVENTS")
	}
	p := g.nsPath(t)
	if g.wild() {
		p = str(pick(g, "/tmp", "/nope"))
	}
	g.run(call{t: t, name: "inotify_add_watch", args: []program.Expr{x, p, events}})
}

// inotifyRmWatch removes a watch that there is, mostly.
func (g *generator) inotifyRmWatch(t *task) {
	wd := num(int64(1 + g.n(3)))
	f, ok := g.pickOpen(t, sim.FileInotify)
	if ok {
		for _, w := range g.watches {
			if w.file == f.file && g.chance(60) {
				wd = unum(w.wd)
			}
		}
	}
	x := f.x()
	if !ok || g.wild() {
		x = g.some(t, g.inotifyInit, sim.FileInotify)
	}
	g.run(call{t: t, name: "inotify_rm_watch", args: []program.Expr{x, wd}})
}

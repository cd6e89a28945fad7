// SPDX-License-Identifier: GPL-2.0-only

package gen

import (
	"github.com/nssim/nssim/sim"
	"github.com/nssim/nssim/sim/program"
	"github.com/nssim/nssim/syscall/uapi"
)

// openNS opens a namespace file.
func (g *generator) openNS(t *task) {
	g.run(call{t: t, name: "open", args: []program.Expr{g.nsPath(t), flags(uapi.GroupOpen, g.openFlags())}})
}

func (g *generator) openFlags() uint64 {
	if g.wild() {
		return pick[uint64](g, uapi.O_RDWR, uapi.O_WRONLY, uapi.O_PATH, uapi.O_PATH|uapi.O_NOFOLLOW, uapi.O_NOFOLLOW,
			uapi.O_DIRECTORY, uapi.O_CREAT|uapi.O_EXCL, uapi.O_TRUNC, uapi.O_NOATIME, uapi.O_DIRECT, uapi.O_TMPFILE)
	}
	return pick[uint64](g, uapi.O_RDONLY, uapi.O_RDONLY, uapi.O_CLOEXEC)
}

// open opens what is no namespace file: what pins namespaces otherwise, and the rest.
func (g *generator) open_(t *task) {
	p, f := g.anyPath(t), g.openFlags()
	if g.o.Kernel {
		f &^= uapi.O_CREAT | uapi.O_EXCL // what it makes belongs to somebody
	}
	if g.chance(60) {
		parts, _ := g.proc(t)
		p = path(append(parts, pick(g, "/uid_map", "/gid_map", "/mountinfo", "/mounts", "/net/dev", "/net/tcp", "/setgroups", "/projid_map"))...)
	}
	g.run(call{t: t, name: "open", args: []program.Expr{p, flags(uapi.GroupOpen, f)}})
}

// create makes a file in /tmp, for mounts to stand on.
func (g *generator) create(t *task) {
	if !g.ownsFiles(t) {
		return
	}
	p := str(pick(g, "/tmp/f", "/tmp/g", "/tmp/a/f"))
	f := pick[uint64](g, uapi.O_CREAT|uapi.O_RDWR, uapi.O_CREAT|uapi.O_RDWR, uapi.O_CREAT|uapi.O_EXCL|uapi.O_WRONLY)
	g.run(call{t: t, name: "open", args: []program.Expr{p, flags(uapi.GroupOpen, f), octal(0o644)}})
}

// ownsFiles reports whether files of the task are as free to use as the model has it: in
// the model they belong to whoever asks.
func (g *generator) ownsFiles(t *task) bool {
	c := g.m.TaskCred(t.id)
	return !g.o.Kernel || c.UID.FS == 0 && c.GID.FS == 0 && c.UserNS == g.m.InitUserNS()
}

// anyPath is a path that is often there.
func (g *generator) anyPath(t *task) *program.Str {
	ps := []string{"/dev/null", "/tmp", "/", "/proc", "/proc/self/ns", "/nope", "/tmp/f", "/tmp/a"}
	if !g.o.Kernel {
		ps = append(ps, "/proc/self", "/proc/self/fd", "/etc/passwd", "/sys/fs/cgroup/cgroup.procs", "/proc/self/root",
			"/tmp/b", "/tmp/a/f", "/proc/self/status", "/proc/1/mountinfo", "", "/root", "/tmp/a/b")
	}
	if g.chance(30) {
		return g.nsPath(t)
	}
	if g.o.Kernel && !g.ownsFiles(t) {
		ps = ps[:6]
	}
	return str(pick(g, ps...))
}

func (g *generator) openat(t *task) {
	f := flags(uapi.GroupOpen, g.openFlags())
	if d, ok := g.directory(t); ok && g.chance(70) {
		g.run(call{t: t, name: "openat", args: []program.Expr{d, str(pick(g, "net", "user", "mnt", "self/ns/net", "..", "nope")), f}})
		return
	}
	g.run(call{t: t, name: "openat", args: []program.Expr{pick(g, word("AT_FDCWD"), g.fd(t)), g.nsPath(t), f}})
}

// directory picks an open directory of procfs, and opens one if there is none.
func (g *generator) directory(t *task) (program.Expr, bool) {
	if f, ok := g.pickOpen(t, sim.FileProcDir); ok {
		return f.x(), true
	}
	parts, _ := g.proc(t)
	g.run(call{t: t, name: "open", args: []program.Expr{path(append(parts, "/ns")...), flags(uapi.GroupOpen, uapi.O_DIRECTORY)}})
	f, ok := g.pickOpen(t, sim.FileProcDir)
	return f.x(), ok
}

func (g *generator) close(t *task) {
	g.run(call{t: t, name: "close", args: []program.Expr{g.fd(t)}})
}

func (g *generator) dup(t *task) { g.run(call{t: t, name: "dup", args: []program.Expr{g.fd(t)}}) }

// newFD is a number to copy a descriptor to. Programs for a real kernel keep away from
// the numbers that the guest uses.
func (g *generator) newFD(t *task) program.Expr {
	if g.wild() {
		return num(int64(pick(g, -1, 2000000)))
	}
	if f, ok := g.pickOpen(t); ok && g.chance(40) {
		return fn("raw", f.x())
	}
	return num(int64(10 + g.n(20)))
}

func (g *generator) dup2(t *task) {
	g.run(call{t: t, name: "dup2", args: []program.Expr{g.fd(t), g.newFD(t)}})
}

func (g *generator) dup3(t *task) {
	how := pick[uint64](g, 0, uapi.O_CLOEXEC, uapi.O_CLOEXEC, 1)
	g.run(call{t: t, name: "dup3", args: []program.Expr{g.fd(t), g.newFD(t), flags(uapi.GroupOpen, how)}})
}

func (g *generator) fcntl(t *task) {
	fd := g.fd(t)
	switch g.n(6) {
	case 0, 1:
		g.run(call{t: t, name: "fcntl", bind: "fd", args: []program.Expr{fd, word(pick(g, "F_DUPFD", "F_DUPFD_CLOEXEC")), num(int64(pick(g, 0, 3, 20, -1)))}})
	case 2:
		g.run(call{t: t, name: "fcntl", args: []program.Expr{fd, word("F_GETFD")}})
	case 3, 4:
		g.run(call{t: t, name: "fcntl", args: []program.Expr{fd, word("F_SETFD"), pick(g, num(0), word("FD_CLOEXEC"))}})
	default:
		g.run(call{t: t, name: "fcntl", args: []program.Expr{fd, num(99)}})
	}
}

// read reads where something can be read, or nothing ever can.
func (g *generator) read(t *task) {
	kinds := []sim.FileKind{sim.FilePipe, sim.FilePipe, sim.FileSocket, sim.FileNSFS, sim.FileProcUser}
	n := pick(g, 1, 1, 4, 0)
	f, ok := g.pickOpen(t, kinds...)
	if g.o.Kernel && (!ok || !g.local(f)) {
		return
	}
	x := f.x()
	if !ok || !g.o.Kernel && g.wild() {
		x = g.fd(t)
	}
	g.run(call{t: t, name: "read", args: []program.Expr{x, num(int64(n))}, sleeps: g.maySleep(t, false)})
}

// write fills pipes and tries to write where it cannot.
func (g *generator) write(t *task) {
	f, ok := g.pickOpen(t, sim.FilePipe, sim.FileSocket, sim.FileNSFS, sim.FileProcUser)
	if !ok || g.o.Kernel && !g.local(f) {
		return
	}
	data := "x"
	if f.kind == sim.FileProcUser {
		data = g.mapText(t)
	}
	g.run(call{t: t, name: "write", args: []program.Expr{f.x(), str(data)}})
}

// local reports whether a file is no socket that talks to the network, whose own rules are
// not the model's.
func (g *generator) local(f openFile) bool {
	return f.kind != sim.FileSocket || g.m.Socket(sim.SocketID(g.m.File(f.file).Obj)).Family == uapi.AF_UNIX
}

// writeMap writes an id map, or what stands in for one.
func (g *generator) writeMap(t *task) {
	parts, _ := g.proc(t)
	which, data := pick(g, "/uid_map", "/uid_map", "/gid_map", "/gid_map", "/projid_map"), g.mapText(t)
	if g.chance(20) {
		which, data = "/setgroups", pick(g, "deny", "allow", "deny\n", "x")
	}
	g.run(call{t: t, name: "write", args: []program.Expr{path(append(parts, which)...), str(data)}})
}

// mapText is lines of an id map, mostly such as are permitted.
func (g *generator) mapText(t *task) string {
	if g.chance(50) {
		return g.ownMap(t)
	}
	if g.wild() {
		return pick(g, "x", "", "0 0 0", "0 0", "0 0 1 1", "0 0 1\n0 1 1", "0 0 1\nx", "4294967295 0 1")
	}
	return pick(g, "0 0 1", "0 0 65536", "0 1000 1", "1000 1000 1", "0 0 4294967295", "0 0 1\n1 1000 10", "0 100000 1000", "5 0 1")
}

func (g *generator) readlink(t *task) {
	p := g.nsPath(t)
	if !g.o.Kernel && g.chance(30) {
		p = g.anyPath(t)
	}
	g.run(call{t: t, name: "readlink", args: []program.Expr{p, g.maybeOut("link")}})
}

func (g *generator) stat(t *task) {
	g.run(call{t: t, name: pick(g, "stat", "stat", "lstat"), args: []program.Expr{g.anyPath(t), g.maybeOut("s")}})
}

func (g *generator) lstat(t *task) {
	g.run(call{t: t, name: "lstat", args: []program.Expr{g.nsPath(t), g.maybeOut("s")}})
}

func (g *generator) fstat(t *task) {
	g.run(call{t: t, name: "fstat", args: []program.Expr{g.fd(t, sim.FileNSFS), g.maybeOut("s")}})
}

func (g *generator) access(t *task) {
	mode := pick(g, constant("F_OK", 0), constant("R_OK", 4), constant("R_OK", 4), num(8))
	if !g.o.Kernel {
		mode = pick(g, mode, constant("W_OK", 2), constant("X_OK", 1))
	}
	g.run(call{t: t, name: "access", args: []program.Expr{g.anyPath(t), mode}})
}

func (g *generator) mkdir(t *task) {
	if g.ownsFiles(t) {
		g.run(call{t: t, name: "mkdir", args: []program.Expr{str(pick(g, "/tmp/a", "/tmp/b", "/tmp/a/b", "/tmp/a")), octal(0o755)}})
	}
}

func (g *generator) rmdir(t *task) {
	if g.ownsFiles(t) {
		g.run(call{t: t, name: "rmdir", args: []program.Expr{str(pick(g, "/tmp/a", "/tmp/b", "/tmp/a/b", "/tmp/f", "/tmp"))}})
	}
}

func (g *generator) unlink(t *task) {
	if g.ownsFiles(t) {
		g.run(call{t: t, name: "unlink", args: []program.Expr{str(pick(g, "/tmp/f", "/tmp/g", "/tmp/a/f", "/tmp/a"))}})
	}
}

func (g *generator) chdir(t *task) {
	ps := []string{"/", "/tmp", "/dev/null", "/nope"}
	if !g.o.Kernel { // where a working directory holds a struct pid
		ps = append(ps, "/proc/self/ns")
	}
	g.run(call{t: t, name: "chdir", args: []program.Expr{str(pick(g, ps...))}})
}

// chroot: the model's paths go on from the same root, so a real one is tried only where
// that makes no difference.
func (g *generator) chroot(t *task) {
	ps := []string{"/", "/", "/dev/null", "/nope"}
	if !g.o.Kernel {
		ps = append(ps, "/tmp", "/tmp/a")
	}
	g.run(call{t: t, name: "chroot", args: []program.Expr{str(pick(g, ps...))}})
}

func (g *generator) mmap(t *task) {
	addr := pick[program.Expr](g, null(), null(), null(), num(0x10000000))
	if g.o.Kernel {
		addr = null()
	}
	n := num(int64(pick(g, 4096, 8192, 1, 0)))
	if !g.o.Kernel && g.wild() {
		n = hex(1 << 60)
	}
	g.run(call{t: t, name: "mmap", args: []program.Expr{addr, n}})
}

// munmap unmaps what the program has mapped, or asks for what cannot be.
func (g *generator) munmap(t *task) {
	at := fn("kernel")
	for _, m := range g.memory {
		if m.mm == g.m.Task(t.id).MM && g.chance(70) {
			at = name(m.name)
		}
	}
	if g.wild() {
		at = num(1)
	}
	g.run(call{t: t, name: "munmap", args: []program.Expr{at, num(int64(pick(g, 4096, 4096, 4096, 0)))}})
}

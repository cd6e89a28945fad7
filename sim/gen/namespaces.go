// SPDX-License-Identifier: GPL-2.0-only

package gen

import (
	"github.com/nssim/nssim/sim"
	"github.com/nssim/nssim/sim/program"
	"github.com/nssim/nssim/syscall/uapi"
)

func (g *generator) unshare(t *task) {
	f := g.nsFlags()
	switch g.n(16) {
	case 0:
		f = pick[uint64](g, uapi.CLONE_FS, uapi.CLONE_FILES, uapi.CLONE_FS|uapi.CLONE_FILES, uapi.CLONE_SYSVSEM)
	case 1:
		f |= pick[uint64](g, uapi.CLONE_FS, uapi.CLONE_FILES)
	case 2:
		f = pick[uint64](g, 0, uapi.CLONE_THREAD, uapi.CLONE_VM, uapi.CLONE_SIGHAND, 1<<4, f|uapi.CLONE_PARENT, f|1<<21)
	}
	// What init may not do is tried by others.
	if t.name == "init" && !g.o.Open {
		f &^= uapi.CLONE_NEWUSER | uapi.CLONE_NEWNS
		if g.chance(70) {
			f &^= uapi.CLONE_NEWPID
		}
	}
	g.run(call{t: t, name: "unshare", args: []program.Expr{flags(uapi.GroupUnshare, f)}, flags: f})
}

// setns moves into the namespace of a descriptor, or into those of a pidfd's task.
func (g *generator) setns(t *task) {
	f, ok := g.pickOpen(t, sim.FileNSFS, sim.FilePidFD)
	switch {
	case g.wild():
		g.run(call{t: t, name: "setns", args: []program.Expr{g.fd(t), flags(uapi.GroupUnshare, g.setnsFlags())}})
		return
	case !ok && g.chance(30):
		g.pidfdOpen(t)
		return
	case !ok:
		g.openNS(t)
		return
	}
	how := uint64(0)
	if ns := g.nsOf(f.file); ns != 0 {
		how = pick(g, 0, uint64(g.m.Node(ns).NSType()), uint64(g.m.Node(ns).NSType()))
		if g.wild() {
			how = g.setnsFlags()
		}
	} else {
		how = g.setnsFlags()
	}
	g.run(call{t: t, name: "setns", args: []program.Expr{f.x(), flags(uapi.GroupUnshare, how)}})
}

func (g *generator) setnsFlags() uint64 {
	f := uint64(g.anyType())
	for g.chance(40) {
		f |= uint64(g.anyType())
	}
	switch {
	case g.chance(10):
		f = uint64(uapi.NSTypeMask)
	case g.wild():
		f ^= pick[uint64](g, f, uapi.CLONE_FS, uapi.CLONE_VM, 1)
	}
	return f
}

// ioctl asks namespace files, sockets and pidfds what they can tell.
func (g *generator) ioctl(t *task) {
	switch g.n(10) {
	case 0, 1:
		if f, ok := g.pickOpen(t, sim.FileSocket); ok {
			g.run(call{t: t, name: "ioctl", args: []program.Expr{f.x(), word("SIOCGSKNS")}, bind: "fd"})
			return
		}
	case 2, 3:
		if f, ok := g.pickOpen(t, sim.FilePidFD); ok {
			args := []program.Expr{f.x(), word("PIDFD_GET_" + pick(g, pidfdTypes...) + "_NAMESPACE"), num(0)}
			if g.chance(50) {
				args = args[:2]
			}
			if g.wild() {
				args = []program.Expr{f.x(), args[1], num(1)}
			}
			g.run(call{t: t, name: "ioctl", args: args, bind: "fd"})
			return
		}
	}
	g.nsIoctl(t, g.some(t, g.openNS, sim.FileNSFS), pick(g, nsIoctls...))
}

var pidfdTypes = []string{
	"CGROUP", "IPC", "MNT", "NET", "PID", "PID_FOR_CHILDREN", "TIME", "TIME_FOR_CHILDREN", "USER", "UTS",
}

// nsCommand is an ioctl of namespace files, by what its argument is.
type nsCommand struct {
	name string
	arg  string // stem of an output, "pid", or "" for none
	fd   bool   // returns a descriptor
}

var nsIoctls = []nsCommand{
	{"NS_GET_ID", "id", false}, {"NS_GET_ID", "id", false}, {"NS_GET_ID", "id", false},
	{"NS_GET_USERNS", "", true}, {"NS_GET_USERNS", "", true}, {"NS_GET_PARENT", "", true}, {"NS_GET_PARENT", "", true},
	{"NS_GET_NSTYPE", "", false}, {"NS_GET_OWNER_UID", "uid", false}, {"NS_GET_MNTNS_ID", "id", false},
	{"NS_MNT_GET_INFO", "info", false}, {"NS_MNT_GET_NEXT", "info", true}, {"NS_MNT_GET_NEXT", "info", true}, {"NS_MNT_GET_PREV", "info", true},
	{"NS_GET_PID_FROM_PIDNS", "pid", false}, {"NS_GET_TGID_FROM_PIDNS", "pid", false},
	{"NS_GET_PID_IN_PIDNS", "pid", false}, {"NS_GET_TGID_IN_PIDNS", "pid", false},
}

func (g *generator) nsIoctl(t *task, fd program.Expr, c nsCommand) {
	if g.wild() {
		g.oddIoctl(t, fd)
		return
	}
	if f, ok := g.ofType(t, c); ok && g.chance(70) {
		fd = f.x()
	}
	args := []program.Expr{fd, word(c.name)}
	switch c.arg {
	case "":
	case "pid":
		args = append(args, g.pid(t))
	default:
		args = append(args, g.result(c.arg))
	}
	bind := ""
	if c.fd {
		bind = "fd"
	}
	g.run(call{t: t, name: "ioctl", args: args, bind: bind})
}

// oddIoctl asks for what there is not, and for a structure of another size.
func (g *generator) oddIoctl(t *task, fd program.Expr) {
	cmd := pick[program.Expr](g, hex(0xb700), hex(0xb77f), num(0), hex(0xff7f))
	if !g.o.Kernel && g.chance(60) {
		cmd = binary(pick(g, "+", "-"), word("NS_MNT_GET_INFO"), hex(8<<16))
	}
	g.run(call{t: t, name: "ioctl", args: []program.Expr{fd, cmd, g.result("info")}})
}

// ofType picks a descriptor of the type that a command is for.
func (g *generator) ofType(t *task, c nsCommand) (openFile, bool) {
	want := uapi.NSType(0)
	switch {
	case c.arg == "info" || c.name == "NS_GET_MNTNS_ID":
		want = uapi.MNT_NS
	case c.arg == "pid":
		want = uapi.PID_NS
	case c.name == "NS_GET_OWNER_UID":
		want = uapi.USER_NS
	case c.name == "NS_GET_PARENT":
		want = pick(g, uapi.USER_NS, uapi.PID_NS)
	default:
		return openFile{}, false
	}
	var fs []openFile
	for _, f := range g.open(t, sim.FileNSFS) {
		if g.m.Node(g.nsOf(f.file)).NSType() == want {
			fs = append(fs, f)
		}
	}
	if len(fs) == 0 {
		return openFile{}, false
	}
	return pick(g, fs...), true
}

// result is where a call is to put something out: a name mostly, now and then an address
// that faults.
func (g *generator) result(stem string) program.Expr {
	if g.wild() {
		return pick(g, null(), fn("room", num(0)), fn("kernel"), blank())
	}
	return out(g.fresh(stem))
}

// nameToHandle makes handles of namespace files, seldom of other files.
func (g *generator) nameToHandle(t *task) {
	o := &program.Out{Name: g.fresh("h")}
	if g.wild() {
		o.Fields = []program.FieldValue{field("handle_bytes", num(int64(pick(g, 0, 8, 15, 16, 128, 129))))}
	}
	fd, p, how := g.some(t, g.openNS, sim.FileNSFS), program.Expr(str("")), uint64(uapi.AT_EMPTY_PATH)
	if g.chance(30) {
		fd, p, how = word("AT_FDCWD"), g.nsPath(t), uapi.AT_SYMLINK_FOLLOW
	}
	if !g.o.Kernel && g.wild() {
		fd, p = word("AT_FDCWD"), g.anyPath(t)
	}
	switch g.n(10) {
	case 0:
		how |= pick[uint64](g, uapi.AT_HANDLE_FID, uapi.AT_HANDLE_CONNECTABLE, uapi.AT_HANDLE_MNT_ID_UNIQUE)
	case 1:
		how = pick[uint64](g, 0, uapi.AT_EMPTY_PATH, uapi.AT_SYMLINK_FOLLOW, 1, uapi.AT_HANDLE_FID)
	}
	args := []program.Expr{fd, p, o, blank(), flags(uapi.GroupHandleAt, how)}
	if how == 0 {
		args = args[:3]
	}
	g.run(call{t: t, name: "name_to_handle_at", args: args})
}

// openByHandle opens handles as they were made, with fields left out or wrong, and made up
// from ids.
func (g *generator) openByHandle(t *task) {
	anchor := program.Expr(word("FD_NSFS_ROOT"))
	switch {
	case g.chance(8):
		anchor = g.fd(t, sim.FileNSFS)
	case g.wild():
		anchor = pick(g, word("AT_FDCWD"), word("FD_PIDFS_ROOT"), num(-1), g.fd(t))
	}
	how := uint64(uapi.O_RDONLY)
	switch g.n(12) {
	case 0, 1:
		how = uapi.O_CLOEXEC
	case 2:
		how = pick[uint64](g, uapi.O_RDWR, uapi.O_WRONLY, uapi.O_PATH, uapi.O_DIRECTORY, uapi.O_CREAT|uapi.O_EXCL, uapi.O_NONBLOCK, uapi.O_TRUNC)
	}
	g.run(call{t: t, name: "open_by_handle_at", args: []program.Expr{anchor, g.handle(), flags(uapi.GroupOpen, how)}})
}

func (g *generator) handle() program.Expr {
	if len(g.handles) > 0 && g.chance(60) {
		h := name(pick(g, g.handles...))
		if g.chance(60) {
			return h
		}
		return &program.Changed{X: h, Fields: g.mangled()}
	}
	if g.wild() {
		return pick[program.Expr](g, null(), fn("room", num(0)), fn("room", num(4)), fn("kernel"))
	}
	fs := []program.FieldValue{field("ns_id", g.nsID())}
	if g.chance(40) {
		fs = append(fs, field("ns_type", flags(uapi.GroupNSType, uint64(g.anyType()))))
	}
	if g.wild() {
		fs = append(fs, g.mangled()...)
	}
	return structure(dropTwins(fs)...)
}

// mangled is fields of a handle as they should not be.
func (g *generator) mangled() []program.FieldValue {
	fs := []program.FieldValue{pick(g,
		field("ns_inum", num(0)), field("ns_inum", num(0)), field("ns_type", num(0)), field("ns_type", flags(uapi.GroupNSType, uint64(g.anyType()))),
		field("ns_id", g.nsID()), field("ns_inum", num(1)), field("ns_type", num(1)),
		field("handle_bytes", num(int64(pick(g, 0, 4, 8, 12, 15, 17, 24, 128, 129)))),
		field("handle_type", pick(g, hex(0xf0), hex(0x100f1), hex(0x200f1), hex(0x400f1), num(-1), hex(0xff))),
		field("tail", str(pick(g, "00", "01", "0000000000000000", "0000000000000001"))))}
	if g.chance(40) {
		fs = append(fs, g.mangled()...)
	}
	return dropTwins(fs)
}

// dropTwins leaves each field only once.
func dropTwins(fs []program.FieldValue) (out []program.FieldValue) {
	seen := make(map[string]bool)
	for _, f := range fs {
		if !seen[f.Name] {
			out = append(out, f)
		}
		seen[f.Name] = true
	}
	return out
}

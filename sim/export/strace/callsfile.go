// SPDX-License-Identifier: GPL-2.0-only

package strace

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/nssim/nssim/sim"
	"github.com/nssim/nssim/sim/program"
	"github.com/nssim/nssim/syscall/uapi"
)

// standing are the calls that the model does not know and that return a descriptor.
var standing = map[string]bool{
	"accept": true, "accept4": true, "epoll_create": true, "epoll_create1": true, "eventfd": true, "eventfd2": true,
	"signalfd": true, "signalfd4": true, "timerfd_create": true, "memfd_create": true, "memfd_secret": true, "userfaultfd": true,
	"perf_event_open": true, "fanotify_init": true, "inotify_init": true, "inotify_init1": true, "io_uring_setup": true,
	"landlock_create_ruleset": true, "mq_open": true, "open_tree": true, "open_tree_attr": true, "fsopen": true, "fsmount": true, "fspick": true,
}

// handled are the calls that the model may know, by name.
var handled map[string]func(*request)

func init() {
	handled = map[string]func(*request){
		"open":    func(q *request) { q.open(int32(uapi.AT_FDCWD), q.arg(0), q.arg(1)) },
		"creat":   func(q *request) { q.open(int32(uapi.AT_FDCWD), q.arg(0), &value{raw: "O_WRONLY|O_CREAT|O_TRUNC"}) },
		"openat":  func(q *request) { q.open(q.fd(q.arg(0)), q.arg(1), q.arg(2)) },
		"openat2": (*request).openat2,
		"close":   func(q *request) { q.call("close", fdX(q.fd(q.arg(0)))) },
		"dup":     (*request).dup,
		"dup2":    (*request).dup,
		"dup3":    (*request).dup,
		"fcntl":   (*request).fcntl,
		"fcntl64": (*request).fcntl,
		"pipe":    (*request).pipe,
		"pipe2":   (*request).pipe,
		"write":   (*request).write,
		"stat":    func(q *request) { q.stat(int32(uapi.AT_FDCWD), q.arg(0), q.arg(1), 0) },
		"lstat":   func(q *request) { q.stat(int32(uapi.AT_FDCWD), q.arg(0), q.arg(1), uapi.AT_SYMLINK_NOFOLLOW) },
		"fstat":   func(q *request) { q.fstat(q.fd(q.arg(0)), q.arg(1)) },
		"newfstatat": func(q *request) {
			q.stat(q.fd(q.arg(0)), q.arg(1), q.arg(2), q.num(q.arg(3)))
		},
		"statx":       (*request).statx,
		"access":      func(q *request) { q.access(int32(uapi.AT_FDCWD), q.arg(0), q.arg(1)) },
		"readlink":    func(q *request) { q.readlink(int32(uapi.AT_FDCWD), q.arg(0), q.arg(1)) },
		"readlinkat":  func(q *request) { q.readlink(q.fd(q.arg(0)), q.arg(1), q.arg(2)) },
		"mkdir":       func(q *request) { q.onPath("mkdir", int32(uapi.AT_FDCWD), q.arg(0)) },
		"mkdirat":     func(q *request) { q.onPath("mkdir", q.fd(q.arg(0)), q.arg(1)) },
		"rmdir":       func(q *request) { q.onPath("rmdir", int32(uapi.AT_FDCWD), q.arg(0)) },
		"unlink":      func(q *request) { q.onPath("unlink", int32(uapi.AT_FDCWD), q.arg(0)) },
		"unlinkat":    (*request).unlinkat,
		"chdir":       (*request).chdir,
		"fchdir":      (*request).fchdir,
		"close_range": (*request).closeRange,

		"mount":   (*request).mount,
		"umount":  (*request).umount,
		"umount2": (*request).umount,
	}
	for name, f := range nsCalls {
		handled[name] = f
	}
	for name, f := range taskCalls {
		handled[name] = f
	}
	for name, f := range credCalls {
		handled[name] = f
	}
	for name, f := range sockCalls {
		handled[name] = f
	}
}

// open opens a path: on the model if it leads to a namespace, otherwise something takes
// the descriptor's number.
func (q *request) open(dir int32, path, how *value) {
	at := q.where(dir, q.str(path))
	n := note{path: at.abs, foreign: at.foreign}
	_, fx := q.flags(how)
	if at.x == nil {
		q.standOrPass(has(how, uapi.O_CLOEXEC), n)
		return
	}
	args := []program.Expr{at.x, fx}
	if i := 3; has(how, uapi.O_CREAT) && q.c.name == "openat" && len(q.c.args) > i {
		args = append(args, q.flagsX(i))
	}
	q.call("open", args...).opens(q, n)
}

// standOrPass lets a call through that returns a descriptor.
func (q *request) standOrPass(cloexec bool, n note) {
	if q.c.errno != 0 {
		q.pass()
		return
	}
	q.stand(int32(q.c.ret), cloexec, n)
}

func (q *request) openat2() {
	how := q.arg(2)
	f := how.field("flags")
	if f == nil {
		q.standOrPass(false, note{})
		return
	}
	if r := how.field("resolve"); r != nil && q.num2(r) != 0 {
		q.standOrPass(has(f, uapi.O_CLOEXEC), note{path: q.abs(q.fd(q.arg(0)), q.str(q.arg(1)))})
		return
	}
	q.open(q.fd(q.arg(0)), q.arg(1), f)
}

// num2 is num for constants that need not be known.
func (q *request) num2(v *value) uint64 {
	n, _, bad := flags(v.raw)
	if bad != "" {
		return 1
	}
	return n
}

func (q *request) dup() {
	args := []program.Expr{fdX(q.fd(q.arg(0)))}
	if q.c.name != "dup" {
		args = append(args, fdX(q.fd(q.arg(1))))
	}
	if q.c.name == "dup3" {
		args = append(args, q.flagsX(2))
	}
	q.call(q.c.name, args...).returns(q, numX(q.c.ret))
}

func (q *request) fcntl() {
	fd := fdX(q.fd(q.arg(0)))
	n, cmd, bad := flags(q.arg(1).raw)
	switch {
	case bad != "":
		q.pass()
	case n == uapi.F_DUPFD || n == uapi.F_DUPFD_CLOEXEC:
		q.call("fcntl", fd, cmd, q.flagsX(2)).returns(q, numX(q.c.ret))
	case n == uapi.F_GETFD:
		q.call("fcntl", fd, cmd).returns(q, numX(q.c.ret))
	case n == uapi.F_SETFD:
		q.call("fcntl", fd, cmd, q.flagsX(2))
	default:
		q.pass()
	}
}

func (q *request) pipe() {
	r, w := q.local("r"), q.local("w")
	q.call("pipe", listX(outX(r), outX(w)))
	q.bothEnds(q.arg(0), r, w, q.closesOnExec())
}

// bothEnds checks the two descriptors that a call has made.
func (q *request) bothEnds(v *value, r, w string, cloexec bool) {
	if q.c.errno != 0 {
		return
	}
	v = v.last()
	if v.kind != array || len(v.elems) != 2 {
		q.bad(v, "two descriptors")
		return
	}
	for i, name := range []string{r, w} {
		fd := q.fd(&v.elems[i])
		q.assert(equalX(nameX(name), fdX(fd)))
		if cloexec {
			q.add("fcntl", fdX(fd), constX("F_SETFD"), constX("FD_CLOEXEC"))
		}
	}
	ends := [2]int32{q.fd(&v.elems[0]), q.fd(&v.elems[1])}
	q.w.after = func() {
		for _, fd := range ends {
			q.im.note(q.t, fd, note{})
		}
	}
}

// write writes to an id map; other writes do not concern the model.
func (q *request) write() {
	fd := q.fd(q.arg(0))
	if q.im.kindOf(q.t, fd) != sim.FileProcUser || q.arg(1).kind != text {
		q.pass()
		return
	}
	if q.arg(1).cut {
		q.bad(q.arg(1), "the whole string; strace -s sets how much is printed")
		return
	}
	q.call("write", fdX(fd), strX(q.arg(1).str)).returns(q, numX(q.c.ret))
}

func (q *request) stat(dir int32, path, st *value, how uint64) {
	p := q.str(path)
	if p == "" && how&uapi.AT_EMPTY_PATH != 0 {
		q.fstat(dir, st)
		return
	}
	at := q.where(dir, p)
	if at.foreign || q.learnStrange(&at, st) || at.x == nil {
		q.pass()
		return
	}
	name := "stat"
	if how&uapi.AT_SYMLINK_NOFOLLOW != 0 {
		name = "lstat"
	}
	q.statOf(name, at.x, st)
}

// learnStrange notices that a process that is not in the log is not in the initial
// namespace either.
func (q *request) learnStrange(at *place, st *value) bool {
	if at.kind == "" || at.of != nil || q.c.errno != 0 {
		return false
	}
	who, _, _ := strings.Cut(strings.TrimPrefix(at.abs, "/proc/"), "/")
	ino := st.field("st_ino")
	if who == "1" || ino == nil {
		return false
	}
	n := q.num(ino)
	for _, t := range uapi.NSTypes() {
		if n == uint64(t.InitInum()) {
			return false
		}
	}
	q.im.seen.strange[who+"/"+at.kind] = true
	return true
}

func (q *request) fstat(fd int32, st *value) {
	if q.im.kindOf(q.t, fd) != sim.FileNSFS {
		q.pass()
		return
	}
	q.statOf("fstat", fdX(fd), st)
}

// statOf compares what a stat has read of a namespace file.
func (q *request) statOf(name string, what program.Expr, st *value) {
	if q.c.errno != 0 {
		q.call(name, what, &program.Blank{})
		return
	}
	s := q.local("st")
	q.call(name, what, outX(s))
	q.compareStat(s, st, "st_")
}

// compareStat compares the fields of a structure whose names begin with a prefix.
func (q *request) compareStat(s string, st *value, prefix string) {
	if f := st.field(prefix + "ino"); f != nil {
		q.sameInum(q.num(f), fieldX(nameX(s), "st_ino"), func() uint64 { return fieldOf(q.value(s), "st_ino") })
	}
	for _, name := range []string{"mode", "nlink", "uid", "gid"} {
		if f := st.field(prefix + name); f != nil {
			x := numX(int64(q.num(f)))
			if name == "mode" {
				x = &program.Num{Value: q.num(f), Base: 8}
			}
			q.assert(equalX(fieldX(nameX(s), "st_"+name), x))
		}
	}
	if f := st.field("st_dev"); f != nil {
		q.sameDev(f.raw, func() uint64 { return fieldOf(q.value(s), "st_dev") })
	}
}

func fieldOf(v program.Val, name string) uint64 {
	for _, f := range v.F {
		if f.Name == name {
			return f.N
		}
	}
	return 0
}

// sameInum states that an inode number is the log's.
func (q *request) sameInum(log uint64, x program.Expr, model func() uint64) {
	q.same(q.im.inums, log, x, model)
}

// same states that a number of the program is what the log has: where the log's is known,
// in the program; it is met otherwise.
func (q *request) same(n *numbers, log uint64, x program.Expr, model func() uint64) {
	if p := n.find(log); p != nil && p.x != nil {
		q.assert(equalX(x, p.x))
	}
	q.checks(func() string {
		m := model()
		if p := n.nearest(log); q.im.strict && p != nil && log-p.log != m-p.model {
			return n.what + " out of step"
		}
		return n.meet(log, m, x)
	})
}

// sameDev relates device numbers, makedev(0, 0x4) in the log.
func (q *request) sameDev(raw string, model func() uint64) {
	if n, ok := term(raw); ok {
		q.checks(func() string { return q.im.devs.meet(n, model(), nil) })
		return
	}
	inside, ok := strings.CutPrefix(raw, "makedev(")
	a, b, ok2 := strings.Cut(strings.TrimSuffix(inside, ")"), ",")
	major, ok3 := term(a)
	minor, ok4 := term(b)
	if ok && ok2 && ok3 && ok4 {
		q.checks(func() string { return q.im.devs.meet(major<<32|minor, model(), nil) })
	}
}

func (q *request) statx() {
	fd, p := q.fd(q.arg(0)), q.str(q.arg(1))
	at := place{}
	switch {
	case p != "":
		at = q.where(fd, p)
	case q.im.kindOf(q.t, fd) == sim.FileNSFS:
	default:
		q.pass()
		return
	}
	if p != "" && (at.x == nil || at.foreign) {
		q.pass()
		return
	}
	st := q.arg(4).last()
	if q.c.errno != 0 || st.kind != record {
		q.pass()
		return
	}
	s := q.local("st")
	if p == "" {
		q.call("fstat", fdX(fd), outX(s))
	} else {
		q.call("stat", at.x, outX(s))
	}
	if f := st.field("stx_ino"); f != nil {
		q.sameInum(q.num(f), fieldX(nameX(s), "st_ino"), func() uint64 { return fieldOf(q.value(s), "st_ino") })
	}
}

func (q *request) access(dir int32, path, mode *value) {
	at := q.where(dir, q.str(path))
	if at.x == nil || at.foreign {
		q.pass()
		return
	}
	_, mx := q.flags(mode)
	q.call("access", at.x, mx)
}

// readlink compares the text of a link in /proc/PID/ns.
func (q *request) readlink(dir int32, path, buf *value) {
	at := q.where(dir, q.str(path))
	if at.x == nil || at.foreign || at.kind == "" {
		q.pass()
		return
	}
	if q.c.errno != 0 {
		q.call("readlink", at.x, &program.Blank{})
		return
	}
	typ, inum, ok := linkText(buf.str)
	if !ok || int(q.c.ret) != len(buf.str) {
		q.bad(buf, "the text of a namespace's link, which is as long as the result says")
		return
	}
	s := q.local("s")
	q.call("readlink", at.x, outX(s))
	var x program.Expr
	if at.of != nil {
		x = funcX("inum", fieldX(nameX(at.of.name), at.kind))
	}
	if p := q.im.inums.find(inum); p != nil && p.x != nil {
		x = p.x
	}
	if x != nil {
		q.assert(equalX(nameX(s), &program.Str{Parts: []program.Part{{Text: typ + ":["}, {X: x}, {Text: "]"}}}))
	}
	q.checks(func() string {
		typ2, model, ok := linkText(q.value(s).S)
		if !ok || typ2 != typ {
			return fmt.Sprintf("readlink is %q on the model, expected %q", q.value(s).S, buf.str)
		}
		return q.im.inums.meet(inum, model, nil)
	})
}

// linkText takes net:[4026531833] apart.
func linkText(s string) (typ string, inum uint64, ok bool) {
	typ, rest, ok := strings.Cut(s, ":[")
	inum, err := strconv.ParseUint(strings.TrimSuffix(rest, "]"), 10, 32)
	return typ, inum, ok && err == nil && strings.HasSuffix(rest, "]")
}

// onPath makes a call on a path that is or will be a mount point on the model.
func (q *request) onPath(name string, dir int32, path *value) {
	at := q.where(dir, q.str(path))
	if at.x == nil || !q.im.seen.mounted[at.abs] {
		q.pass()
		return
	}
	q.call(name, at.x)
}

const atRemoveDir = 0x200 // AT_REMOVEDIR

func (q *request) unlinkat() {
	name := "unlink"
	if has(q.arg(2), atRemoveDir) {
		name = "rmdir"
	}
	q.onPath(name, q.fd(q.arg(0)), q.arg(1))
}

// chdir keeps track of the working directory, which the model does not have.
func (q *request) chdir() {
	if q.c.errno == 0 {
		q.t.fs.cwd = q.abs(int32(uapi.AT_FDCWD), q.str(q.arg(0)))
	}
	q.pass()
}

func (q *request) fchdir() {
	if q.c.errno == 0 {
		q.t.fs.cwd = q.im.noteOf(q.t, q.fd(q.arg(0))).path
	}
	q.pass()
}

// closeRange closes the descriptors one by one.
func (q *request) closeRange() {
	if q.c.errno != 0 {
		q.pass()
		return
	}
	first, last, how := q.num(q.arg(0)), q.num(q.arg(1)), q.num(q.arg(2))
	if how&2 != 0 {
		q.bad(q.arg(2), "no CLOSE_RANGE_UNSHARE, which the model does not have")
		return
	}
	q.im.m.EachFD(q.im.m.Task(q.t.id).Files, func(fd int32, _ sim.FileID) {
		if uint64(fd) < first || uint64(fd) > last {
			return
		}
		if how&4 != 0 {
			q.add("fcntl", fdX(fd), constX("F_SETFD"), constX("FD_CLOEXEC"))
			return
		}
		q.add("close", fdX(fd))
	})
	if len(q.w.steps) == 0 {
		q.pass()
	}
}

// nsFileSystems are the file systems that belong to a namespace.
var nsFileSystems = map[string]bool{"proc": true, "mqueue": true, "sysfs": true}

// mount mounts what has to do with namespaces: their files, the file systems that show
// one. Everything else passes.
func (q *request) mount() {
	src, target, typ := q.str(q.arg(0)), q.str(q.arg(1)), q.str(q.arg(2))
	how, fx := q.flags(q.arg(3))
	to := q.where(int32(uapi.AT_FDCWD), target)
	from := place{}
	if how&uapi.MS_BIND != 0 && how&uapi.MS_REMOUNT == 0 {
		from = q.where(int32(uapi.AT_FDCWD), src)
	}
	if from.foreign || to.foreign {
		q.pass()
		return
	}
	const propagation = uapi.MS_SHARED | uapi.MS_PRIVATE | uapi.MS_SLAVE | uapi.MS_UNBINDABLE
	switch {
	case from.x != nil:
		tx := to.x
		if tx == nil {
			tx = strX(to.abs)
		}
		q.call("mount", from.x, tx, constX("NULL"), fx)
	case how&propagation != 0 && to.abs == "/":
		q.call("mount", constX("NULL"), strX("/"), constX("NULL"), fx)
	case nsFileSystems[typ] && how&(uapi.MS_REMOUNT|uapi.MS_BIND) == 0 && to.abs == "/"+typ:
		q.call("mount", strX(typ), strX("/"+typ), strX(typ), fx)
	case typ == "tmpfs" && how&(uapi.MS_REMOUNT|uapi.MS_BIND) == 0 && q.im.seen.mounted[to.abs]:
		q.call("mount", constX("NULL"), to.x, strX(typ), fx)
	default:
		q.pass()
	}
}

func (q *request) umount() {
	at := q.where(int32(uapi.AT_FDCWD), q.str(q.arg(0)))
	if !q.im.seen.mounted[at.abs] {
		q.pass()
		return
	}
	how := program.Expr(numX(0))
	if q.c.name == "umount2" {
		how = q.flagsX(1)
	}
	q.call("umount2", at.x, how)
}

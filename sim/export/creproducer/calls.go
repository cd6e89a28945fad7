// SPDX-License-Identifier: GPL-2.0-only

package creproducer

import (
	"fmt"
	"strings"

	"github.com/nssim/nssim/sim/program"
	"github.com/nssim/nssim/syscall/uapi"
)

// callWriter writes the call of one line.
type callWriter struct {
	*source
	l *program.Line
}

// raw are the calls that are made by number: the C library has no wrapper, or one that does
// more than the call.
var raw = map[string]bool{
	"setuid": true, "setgid": true, "setreuid": true, "setregid": true, "setresuid": true, "setresgid": true, "setfsuid": true,
	"setfsgid": true, "exit": true, "tgkill": true, "pidfd_open": true, "pidfd_getfd": true, "move_mount": true, "open_tree": true,
	"fsopen": true, "gettid": true,
}

// special are the calls that are more than their name and arguments.
var special map[string]func(c *callWriter) string

func init() {
	special = map[string]func(c *callWriter) string{
		"fork":   func(c *callWriter) string { return c.spawn("SYS_clone", "SIGCHLD", "0", "0", "0", "0") },
		"vfork":  func(c *callWriter) string { return c.spawn("SYS_vfork", "0", "0", "0", "0", "0") },
		"clone":  clone,
		"clone3": clone3,
		"wait4":  wait4,
		"waitid": waitid,
		"execve": execve,
		"signal": func(c *callWriter) string { return c.do("signal(%s, %s) == SIG_ERR ? -1 : 0", c.arg(0), c.arg(1)) },
		"prctl":  prctl,
		"read": func(c *callWriter) string {
			return "\tstatic char buffer[65536];\n\n" + c.do("read(%s, buffer, %s)", c.arg(0), c.arg(1))
		},
		"write":    write,
		"stat":     stat,
		"lstat":    stat,
		"fstat":    stat,
		"mkdir":    func(c *callWriter) string { return c.do("mkdir(%s, %s)", c.arg(0), c.argOr(1, "0755")) },
		"readlink": readlink,
		"ioctl":    ioctl,
		"pages":    pages,
		"listns":   listns,
		"capget":   capget,
		"capset":   capset,
		"pipe":     func(c *callWriter) string { return c.pair(0, "pipe(pair)") },
		"socketpair": func(c *callWriter) string {
			return c.pair(3, fmt.Sprintf("socketpair(%s, %s, %s, pair)", c.arg(0), c.arg(1), c.arg(2)))
		},
		"name_to_handle_at": nameToHandle,
		"open_by_handle_at": openByHandle,
		"getsockopt":        getsockopt,
		"sendmsg":           sendmsg,
		"recvmsg":           recvmsg,
		"setgroups":         setgroups,
		"mmap": func(c *callWriter) string {
			return c.do("mmap((void *)(%s), %s, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)", c.arg(0), c.arg(1))
		},
		"munmap": func(c *callWriter) string { return c.do("munmap((void *)(%s), %s)", c.arg(0), c.arg(1)) },
		"mount": func(c *callWriter) string {
			return c.do("mount(%s, %s, %s, %s, NULL)", c.path(0), c.arg(1), c.path(2), c.arg(3))
		},
		"fsmount": func(c *callWriter) string {
			return "\tsyscall(SYS_fsconfig, " + c.arg(0) + ", 6 /* FSCONFIG_CMD_CREATE */, NULL, NULL, 0);\n" +
				c.do("syscall(SYS_fsmount, %s, %s, 0)", c.arg(0), c.arg(1))
		},
		"move_mount": func(c *callWriter) string {
			return c.do("syscall(SYS_move_mount, %s, \"\", AT_FDCWD, %s, 4 /* MOVE_MOUNT_F_EMPTY_PATH */)", c.arg(0), c.arg(1))
		},
		"pidfd_open": func(c *callWriter) string { return c.do("syscall(SYS_pidfd_open, %s, %s)", c.arg(0), c.argOr(1, "0")) },
		"pidfd_getfd": func(c *callWriter) string {
			return c.do("syscall(SYS_pidfd_getfd, %s, %s, 0)", c.arg(0), c.arg(1))
		},
		"pidfd_send_signal": func(c *callWriter) string {
			return c.do("syscall(SYS_pidfd_send_signal, %s, %s, NULL, 0)", c.arg(0), c.arg(1))
		},
	}
}

// write writes the statements of the call.
func (c *callWriter) write() string {
	name := c.l.Call.Name
	if f := special[name]; f != nil {
		return f(c)
	}
	var args []string
	for i := range c.l.Call.Args {
		args = append(args, c.arg(i))
	}
	if name == "exit_group" || raw[name] {
		return c.do("%s", "syscall("+strings.Join(append([]string{"SYS_" + name}, args...), ", ")+")")
	}
	return c.do("%s", name+"("+strings.Join(args, ", ")+")")
}

func (c *callWriter) do(format string, args ...any) string {
	return "\tCALL(" + fmt.Sprintf(format, args...) + ");\n"
}

func (c *callWriter) has(i int) bool { return i < len(c.l.Call.Args) }

func (c *callWriter) arg(i int) string { return c.expr(c.l.Call.Args[i]).text }

func (c *callWriter) argOr(i int, otherwise string) string {
	if !c.has(i) {
		return otherwise
	}
	return c.arg(i)
}

// path is a string or NULL.
func (c *callWriter) path(i int) string {
	if k, ok := c.l.Call.Args[i].(*program.Const); ok && k.Name == "NULL" {
		return "NULL"
	}
	return c.arg(i)
}

// out is the variable that argument i binds, "" if none is.
func (c *callWriter) out(i int) string {
	if !c.has(i) {
		return ""
	}
	return c.outOf(c.l.Call.Args[i])
}

func (c *callWriter) outOf(x program.Expr) string {
	if o, ok := x.(*program.Out); ok {
		return "V." + variable(o.Name)
	}
	return ""
}

func (c *callWriter) blank(i int) bool {
	if !c.has(i) {
		return true
	}
	_, ok := c.l.Call.Args[i].(*program.Blank)
	return ok
}

// bindResult stores what the call has returned in the name that stands as its result.
func (c *callWriter) bindResult() string {
	name := bound(c.l)
	if _, ok := c.kinds[name]; !ok || c.bindsElsewhere(name) {
		return ""
	}
	return fmt.Sprintf("\tif (!R->err)\n\t\tV.%s = R->ret;\n", variable(name))
}

// bindsElsewhere reports whether a name was bound by an earlier line, so that this one
// compares with it.
func (c *callWriter) bindsElsewhere(name string) bool {
	for i := range c.p.Lines {
		l := &c.p.Lines[i]
		if l == c.l {
			return false
		}
		if bound(l) == name {
			return true
		}
		found := false
		for _, a := range l.Call.Args {
			program.Walk(a, func(x program.Expr) bool {
				o, ok := x.(*program.Out)
				found = found || ok && o.Name == name
				return !found
			})
		}
		if found {
			return true
		}
	}
	return false
}

func (c *callWriter) fields(i int) map[string]program.Expr {
	out := make(map[string]program.Expr)
	if st, ok := c.l.Call.Args[i].(*program.Struct); ok {
		for _, f := range st.Fields {
			out[f.Name] = f.X
		}
	}
	return out
}

func (c *callWriter) field(fs map[string]program.Expr, name, otherwise string) string {
	if x := fs[name]; x != nil {
		return c.expr(x).text
	}
	return otherwise
}

// initializer writes the fields given, in their order.
func (c *callWriter) initializer(fields []program.FieldValue, skip ...string) string {
	var out []string
next:
	for _, f := range fields {
		for _, s := range skip {
			if f.Name == s {
				continue next
			}
		}
		out = append(out, fmt.Sprintf(".%s = %s", f.Name, c.expr(f.X).text))
	}
	if len(out) == 0 {
		return "0"
	}
	return strings.Join(out, ", ")
}

func (c *callWriter) spawn(args ...string) string {
	child, ok := c.child(c.l)
	if !ok {
		// It fails, or nobody cares: there is no slot for a child.
		return c.do("syscall(%s)", strings.Join(args, ", "))
	}
	return c.do("spawn(%s, %s)", taskID(child), strings.Join(args, ", "))
}

func clone(c *callWriter) string {
	flags := c.arg(0)
	return "\tstatic int tids[2];\n\tlong flags = " + flags + ";\n\n" +
		c.spawn("SYS_clone", "flags & (CSIGNAL | CLONE_THREAD) ? flags : flags | SIGCHLD", "0", "(long)tids", "(long)(tids + 1)", "0")
}

func clone3(c *callWriter) string {
	fs := c.fields(0)
	set, n := "0", 0
	head := "\tstatic int tids[2];\n\tint pidfd = -1;\n"
	if l, ok := fs["set_tid"].(*program.List); ok && len(l.Elems) > 0 {
		n = len(l.Elems)
		head += fmt.Sprintf("\tint set_tid[] = { %s };\n", c.list(l))
		set = "(long)set_tid"
	}
	pidfd := "(long)&pidfd"
	bind := ""
	if x := fs["pidfd"]; x != nil {
		if v := c.outOf(x); v != "" {
			bind = fmt.Sprintf("\tif (!R->err)\n\t\t%s = pidfd;\n", v)
		} else if _, blank := x.(*program.Blank); !blank {
			pidfd = c.expr(x).text
		}
	}
	return head + fmt.Sprintf("\tstruct clone_args a = {\n\t\t.flags = %s, .pidfd = %s, .child_tid = (long)tids, .parent_tid = (long)(tids + 1),\n\t\t.exit_signal = %s, .set_tid = %s, .set_tid_size = %d, .cgroup = %s,\n\t};\n\n",
		c.field(fs, "flags", "0"), pidfd, c.field(fs, "exit_signal", "0"), set, n, c.field(fs, "cgroup", "0")) +
		c.spawn("SYS_clone3", "(long)&a", "sizeof a", "0", "0", "0") + bind
}

func wait4(c *callWriter) string {
	text := "\tint status = 0;\n\n" + c.do("wait4(%s, &status, %s, NULL)", c.arg(0), c.argOr(2, "0"))
	if v := c.out(1); v != "" {
		text += fmt.Sprintf("\tif (!R->err)\n\t\t%s = status;\n", v)
	}
	return text
}

func waitid(c *callWriter) string {
	text := "\tsiginfo_t info = { 0 };\n\n" + c.do("waitid(%s, %s, &info, %s)", c.arg(0), c.arg(1), c.argOr(3, "WEXITED"))
	if v := c.out(2); v != "" {
		text += fmt.Sprintf("\tif (!R->err)\n\t\t%s = info.si_code == CLD_EXITED ? W_EXITCODE(info.si_status, 0) : info.si_status;\n", v)
	}
	return text
}

func execve(c *callWriter) string {
	if s, ok := c.l.Call.Args[0].(*program.Str); ok && len(s.Parts) == 1 {
		switch s.Parts[0].Text {
		case "/bin/true", "/bin/sh", "/init":
			return c.do("exec_self(me)")
		}
	}
	return c.do("execl(%s, \"nssim-task\", NULL)", c.arg(0))
}

func prctl(c *callWriter) string {
	args := []string{"SYS_prctl"}
	for i := range 5 {
		args = append(args, c.argOr(i, "0"))
	}
	return c.do("syscall(%s)", strings.Join(args, ", "))
}

func write(c *callWriter) string {
	if c.expr(c.l.Call.Args[0]).kind == program.StringValue {
		return c.do("write_file(%s, %s)", c.arg(0), c.arg(1))
	}
	return "\tconst char *data = " + c.arg(1) + ";\n\n" + c.do("write(%s, data, strlen(data))", c.arg(0))
}

func stat(c *callWriter) string {
	to := c.out(1)
	if to == "" {
		return "\tstruct stat st;\n\n" + c.do("%s(%s, &st)", c.l.Call.Name, c.arg(0))
	}
	return c.do("%s(%s, &%s)", c.l.Call.Name, c.arg(0), to)
}

func readlink(c *callWriter) string {
	text := "\tstatic char link[4096];\n\n" + c.do("readlink(%s, link, sizeof link - 1)", c.arg(0))
	if v := c.out(1); v != "" {
		text += fmt.Sprintf("\tif (!R->err) {\n\t\tlink[R->ret] = 0;\n\t\tstrcpy(%s, link);\n\t}\n", v)
	}
	return text
}

func ioctl(c *callWriter) string {
	v := c.out(2)
	switch {
	case v != "" && c.kinds[strings.TrimSuffix(strings.TrimPrefix(v, "V."), "_")].ctype == "struct mnt_ns_info":
		return "\tstruct mnt_ns_info info = { 0 };\n\n" + c.do("ioctl(%s, %s, &info)", c.arg(0), c.arg(1)) + fmt.Sprintf("\tif (!R->err)\n\t\t%s = info;\n", v)
	case v != "":
		return "\tu64 value = 0;\n\n" + c.do("ioctl(%s, %s, &value)", c.arg(0), c.arg(1)) + fmt.Sprintf("\tif (!R->err)\n\t\t%s = value;\n", v)
	case c.has(2) && c.blank(2):
		return "\tchar value[64] = { 0 };\n\n" + c.do("ioctl(%s, %s, value)", c.arg(0), c.arg(1))
	}
	return c.do("ioctl(%s, %s, %s)", c.arg(0), c.arg(1), c.argOr(2, "0"))
}

// request is listns's first argument.
func (c *callWriter) request() string {
	st, ok := c.l.Call.Args[0].(*program.Struct)
	if !ok {
		return "(void *)(" + c.arg(0) + ")"
	}
	tail := `""`
	if x := c.fields(0)["tail"]; x != nil {
		tail = c.expr(x).text
	}
	return fmt.Sprintf("request(%s, %s)", c.requestStruct(st), tail)
}

func (c *callWriter) requestStruct(st *program.Struct) string {
	size := ".size = sizeof(struct ns_id_req), "
	for _, f := range st.Fields {
		if f.Name == "size" {
			size = ""
		}
	}
	init := c.initializer(st.Fields, "tail")
	if init == "0" {
		size, init = strings.TrimSuffix(size, ", "), ""
	}
	return "(struct ns_id_req){ " + size + init + " }"
}

// listnsArgs says which arguments of listns are what, -1 for one that is left out.
func (c *callWriter) listnsArgs() (buf, nr, flags int) {
	switch n := len(c.l.Call.Args); {
	case n == 4:
		return 1, 2, 3
	case n == 3 && c.isBuffer(1):
		return 1, 2, -1
	case n == 3:
		return -1, 1, 2
	}
	return -1, 1, -1
}

func (c *callWriter) isBuffer(i int) bool {
	switch x := c.l.Call.Args[i].(type) {
	case *program.Out, *program.Blank:
		return true
	case *program.Const:
		return x.Name == "NULL"
	}
	return c.expr(c.l.Call.Args[i]).kind == program.Address
}

func listns(c *callWriter) string {
	buf, nr, flags := c.listnsArgs()
	f := "0"
	if flags >= 0 {
		f = c.arg(flags)
	}
	to, fits := "NULL", "0"
	bind := ""
	if buf >= 0 {
		if v := c.out(buf); v != "" {
			bind = fmt.Sprintf("\tif (R->err)\n\t\t%[1]s.n = 0;\n\telse\n\t\t%[1]s = R->ids;\n", v)
		} else if !c.blank(buf) {
			to, fits = c.buffer(c.l.Call.Args[buf], nr)
		}
	}
	return fmt.Sprintf("\tlist(me, %s, %s, %s, %s, %s);\n", c.request(), to, c.arg(nr), f, fits) + bind
}

// buffer is memory for ids, and how many of them fit.
func (c *callWriter) buffer(x program.Expr, nr int) (to, fits string) {
	switch x := x.(type) {
	case *program.CallExpr:
		if x.Func == "room" {
			return c.expr(x).text, c.expr(x.Args[0]).text
		}
		return c.expr(x).text, "0"
	case *program.Const:
		return "(void *)8", "0" // NULL is the runtime's own memory; both fault
	}
	return "(u64 *)(" + c.expr(x).text + ")", c.arg(nr)
}

func pages(c *callWriter) string {
	st, ok := c.l.Call.Args[0].(*program.Struct)
	if !ok {
		c.cannot(c.l.Call.Args[0])
	}
	n := len(c.l.Call.Args)
	text := fmt.Sprintf("\tpages(me, %s, %s);\n", c.requestStruct(st), c.arg(n-1))
	if v := c.out(n - 2); v != "" {
		text += fmt.Sprintf("\tif (R->err)\n\t\t%[1]s.n = 0;\n\telse\n\t\t%[1]s = R->ids;\n", v)
	}
	return text
}

func capget(c *callWriter) string {
	if v := c.out(0); v != "" {
		return c.do("get_caps(&%s)", v)
	}
	return "\tstruct caps caps;\n\n" + c.do("get_caps(&caps)")
}

func capset(c *callWriter) string {
	st, ok := c.l.Call.Args[0].(*program.Struct)
	if !ok {
		return c.do("set_caps(%s)", c.arg(0))
	}
	text := "\tstruct caps caps;\n\n\tget_caps(&caps);\n"
	for _, f := range st.Fields {
		text += fmt.Sprintf("\tcaps.%s = %s;\n", f.Name, c.capSet(f.X))
	}
	return text + c.do("set_caps(caps)")
}

func (c *callWriter) capSet(x program.Expr) string {
	l, ok := x.(*program.List)
	if !ok {
		return c.expr(x).text
	}
	out := []string{"0"}
	for _, e := range l.Elems {
		out = append(out, "1ull << "+c.expr(e).text)
	}
	return strings.Join(out, " | ")
}

// pair binds the two descriptors of a list.
func (c *callWriter) pair(i int, call string) string {
	text := "\tint pair[2];\n\n" + c.do("%s", call)
	if l, ok := c.l.Call.Args[i].(*program.List); ok {
		for n, e := range l.Elems {
			if v := c.outOf(e); v != "" {
				text += fmt.Sprintf("\tif (!R->err)\n\t\t%s = pair[%d];\n", v, n)
			}
		}
	}
	return text
}

func nameToHandle(c *callWriter) string {
	room := fmt.Sprint(uapi.MAX_HANDLE_SZ)
	if o, ok := c.l.Call.Args[2].(*program.Out); ok {
		for _, f := range o.Fields {
			room = c.expr(f.X).text
		}
	}
	text := fmt.Sprintf("\tstruct handle h = { .handle_bytes = %s };\n\tint mount = 0;\n\n", room) +
		c.do("name_to_handle_at(%s, %s, (struct file_handle *)&h, &mount, %s)", c.arg(0), c.arg(1), c.argOr(4, "0"))
	if v := c.out(2); v != "" {
		text += fmt.Sprintf("\tif (!R->err || R->err == EOVERFLOW)\n\t\t%s = h;\n", v)
	}
	if v := c.out(3); v != "" {
		text += fmt.Sprintf("\tif (!R->err || R->err == EOVERFLOW)\n\t\t%s = mount;\n", v)
	}
	return text
}

func openByHandle(c *callWriter) string {
	tail, h := `""`, ""
	switch x := c.l.Call.Args[1].(type) {
	case *program.Struct:
		fs := c.fields(1)
		if t := fs["tail"]; t != nil {
			tail = c.expr(t).text
		}
		size := ""
		if fs["handle_bytes"] == nil {
			size = fmt.Sprintf(".handle_bytes = 16 + strlen(%s) / 2, ", tail)
		}
		if fs["handle_type"] == nil {
			size += ".handle_type = 0xf1, "
		}
		init := c.initializer(x.Fields, "tail")
		if init == "0" {
			init = ""
		}
		h = "(struct handle){ " + size + init + " }"
	case *program.Changed:
		text := fmt.Sprintf("\tstruct handle h = %s;\n\n", c.expr(x.X).text)
		for _, f := range x.Fields {
			if f.Name == "tail" {
				tail = c.expr(f.X).text
				continue
			}
			text += fmt.Sprintf("\th.%s = %s;\n", f.Name, c.expr(f.X).text)
		}
		return text + c.do("open_by_handle_at(%s, (struct file_handle *)handle(h, %s), %s)", c.arg(0), tail, c.arg(2))
	default:
		v := c.expr(x)
		if v.kind != program.HandleValue {
			return c.do("open_by_handle_at(%s, (struct file_handle *)(%s), %s)", c.arg(0), v.text, c.arg(2))
		}
		h = v.text
	}
	return c.do("open_by_handle_at(%s, (struct file_handle *)handle(%s, %s), %s)", c.arg(0), h, tail, c.arg(2))
}

func getsockopt(c *callWriter) string {
	text := "\tu64 value = 0;\n\tsocklen_t size = sizeof value;\n\n" + c.do("getsockopt(%s, %s, %s, &value, &size)", c.arg(0), c.arg(1), c.arg(2))
	if v := c.out(3); v != "" {
		text += fmt.Sprintf("\tif (!R->err)\n\t\t%s = value;\n", v)
	}
	return text
}

// fds is the list of descriptors of a message.
func (c *callWriter) fds() []program.Expr {
	if l, ok := c.fields(1)["fds"].(*program.List); ok {
		return l.Elems
	}
	return nil
}

func sendmsg(c *callWriter) string {
	var fds []string
	for _, x := range c.fds() {
		fds = append(fds, c.expr(x).text)
	}
	return fmt.Sprintf("\tlong fds[] = { %s };\n\n", strings.Join(append(fds, "-1"), ", ")) + c.do("message(1, %s, fds, %d)", c.arg(0), len(fds))
}

func recvmsg(c *callWriter) string {
	xs := c.fds()
	text := "\tlong fds[16] = { 0 };\n\n" + c.do("message(0, %s, fds, %d)", c.arg(0), len(xs))
	for i, x := range xs {
		if v := c.outOf(x); v != "" {
			text += fmt.Sprintf("\tif (!R->err)\n\t\t%s = fds[%d];\n", v, i)
		}
	}
	return text
}

func setgroups(c *callWriter) string {
	l, ok := c.l.Call.Args[0].(*program.List)
	if !ok {
		c.cannot(c.l.Call.Args[0])
	}
	return fmt.Sprintf("\tgid_t groups[] = { %s };\n\n", strings.TrimPrefix(c.list(l)+", 0", ", ")) + c.do("syscall(SYS_setgroups, %d, groups)", len(l.Elems))
}

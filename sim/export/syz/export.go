// SPDX-License-Identifier: GPL-2.0-only

package syz

import (
	"fmt"
	"slices"
	"strings"

	"github.com/nssim/nssim/sim/program"
	"github.com/nssim/nssim/syscall/uapi"
)

// Export turns a program of the model into a test of syzkaller: the errno that each call has
// failed with stands behind it. seen is what the lines returned when the program ran, from
// the first on; a program that ended early, skipped, ends early too.
//
// Only the first task can make calls, and threads that make a single one; what only the
// model knows, assertions and what is expected of a value, becomes a comment. The error is
// a program.ErrorList with everything that cannot be expressed.
func Export(p *program.Program, seen []program.Observed) (*File, error) {
	x := &exporter{p: p, seen: seen, lost: make(map[string]bool), uses: make(map[string]int), made: make(map[string]int), file: &File{Name: p.Name}}
	x.head()
	x.threads()
	for i := range p.Lines {
		if i >= len(seen) {
			break
		}
		x.line(i)
	}
	if n := len(x.file.Items); n > 0 && x.file.Items[n-1].Blank {
		x.file.Items = x.file.Items[:n-1]
	}
	if len(x.mistakes) > 0 {
		return nil, x.mistakes
	}
	return x.file, nil
}

type exporter struct {
	p        *program.Program
	seen     []program.Observed
	file     *File
	mistakes program.ErrorList
	// async is the calls by threads that make one: the lines that make them and the tasks.
	async map[string]bool

	lost map[string]bool // names that lines bind which cannot be expressed
	uses map[string]int  // how often `name`, `name.field`, `name[3]` is used
	made map[string]int  // the resource that has it
	next int
	addr uint64

	// The line at hand.
	l *program.Line
	o *program.Observed
}

// head writes the comments at the top, and notes what calls use of what others put out.
func (x *exporter) head() {
	if x.p.License != "" {
		x.comment("SPDX-License-Identifier: " + x.p.License)
	}
	for _, d := range x.p.Doc {
		x.comment(d)
	}
	for _, c := range x.p.Config {
		x.comment("config " + c.Key + "=" + c.Value)
	}
	if len(x.file.Items) > 0 {
		x.blank()
	}
	for i := range x.p.Lines {
		l := &x.p.Lines[i]
		if l.Kind != program.Call {
			continue
		}
		for _, a := range l.Call.Args {
			program.Walk(a, func(e program.Expr) bool {
				key := x.key(e, i)
				if key != "" {
					x.uses[key]++
				}
				return key == ""
			})
		}
	}
}

// key names what an expression uses: a name, a field of it, an entry of a list.
func (x *exporter) key(e program.Expr, line int) string {
	switch e := e.(type) {
	case *program.Name:
		return e.Name
	case *program.Field:
		if n, ok := e.X.(*program.Name); ok {
			return n.Name + "." + e.Name
		}
	case *program.Index:
		n, ok := e.X.(*program.Name)
		i, known := fold(e.I)
		if !ok || !known {
			return ""
		}
		if int64(i) < 0 {
			i += uint64(x.entries(n.Name, line))
		}
		return fmt.Sprintf("%s[%d]", n.Name, i)
	}
	return ""
}

// entries is how many ids a list had.
func (x *exporter) entries(name string, line int) int {
	for i := range min(line, len(x.seen)) {
		for _, o := range x.seen[i].Outs {
			if o.Name == name {
				return len(o.Value.L)
			}
		}
	}
	return 0
}

// threads finds those made at the beginning as an import makes them for asynchronous calls.
func (x *exporter) threads() {
	x.async = make(map[string]bool)
	calls := make(map[string]int)
	for i := range x.p.Lines {
		calls[x.p.Lines[i].Task]++
	}
	for i := range x.p.Lines {
		l := &x.p.Lines[i]
		if l.Kind != program.Call || l.Task != "init" || l.Call.Name != "clone" || len(l.Results) != 1 {
			return
		}
		n, ok := l.Results[0].X.(*program.Name)
		v, known := fold(l.Call.Args[0])
		if !ok || !known || v != asyncFlags || calls[n.Name] != 1 || x.uses[n.Name] > 0 {
			return
		}
		x.async[n.Name] = true
	}
}

// inexpressible is a mistake that ends the line at hand.
type inexpressible struct{ *program.Error }

func (x *exporter) refuse(at program.Pos, found, expected string, hint ...string) {
	if !at.IsValid() {
		at = x.l.Place()
	}
	panic(inexpressible{&program.Error{Pos: at, Found: found, Expected: expected, Msg: strings.Join(hint, ", ")}})
}

// maxMistakes is how many lines an error names.
const maxMistakes = 20

func (x *exporter) line(i int) {
	x.l, x.o = &x.p.Lines[i], &x.seen[i]
	defer func() {
		switch e := recover().(type) {
		case nil:
		case inexpressible:
			x.lose()
			if e.Error != nil && len(x.mistakes) < maxMistakes {
				x.mistakes = append(x.mistakes, e.Error)
			}
		default:
			panic(e)
		}
	}()
	switch x.l.Kind {
	case program.Settle:
		x.alone("nssim: settle")
	case program.Assert, program.SkipIf:
		x.alone(x.l.String())
	case program.Resume:
		x.refuse(x.l.At, "a call that is resumed", "calls that return before the next", "syzkaller does not say when a call goes on")
	default:
		x.call()
	}
}

// lose notes the names that the line at hand binds: a line that uses one of them is no
// mistake of its own.
func (x *exporter) lose() {
	x.lost[firstName(x.l.Results)] = true
	for _, a := range x.l.Call.Args {
		program.Walk(a, func(e program.Expr) bool {
			if o, ok := e.(*program.Out); ok {
				x.lost[o.Name] = true
			}
			return true
		})
	}
}

func (x *exporter) comment(text string) {
	x.file.Items = append(x.file.Items, Item{Comment: strings.TrimSpace(strings.ReplaceAll(text, "\n", " "))})
}

func (x *exporter) blank() { x.file.Items = append(x.file.Items, Item{Blank: true}) }

// alone writes a comment that belongs to no call: an empty line follows, since syzkaller
// takes a comment right above a call for that call's.
func (x *exporter) alone(text string) {
	if n := len(x.file.Items); n > 0 && x.file.Items[n-1].Call != nil {
		x.blank()
	}
	x.comment(text)
	x.blank()
}

func (x *exporter) call() {
	l := x.l
	if x.async[firstName(l.Results)] && l.Call.Name == "clone" && l.Task == "init" {
		return
	}
	switch {
	case x.lost[l.Task]:
		panic(inexpressible{})
	case l.Task != "init" && !x.async[l.Task]:
		x.refuse(l.At, "a call by "+l.Task, "calls by init", "a child that syzkaller makes makes no call, and a thread one, if it is made at the beginning")
	case l.Call.Until != "":
		x.refuse(l.At, "until "+l.Call.Until, "calls that are not stopped")
	}
	name := l.Call.Name
	if name == "write" && isStr(l.Call.Args[0]) {
		x.writePath()
		return
	}
	spec := bySys[name]
	if spec == nil {
		x.refuse(l.Call.At, "call "+name, "one of those in the table of docs/syzkaller.md")
	}
	if cookie := program.CallByName(name); cookie.Binds == program.BindsTask && x.o.Status == program.Unfinished {
		x.refuse(l.At, "a child that its parent waits for", "a child that makes no call")
	}
	if name == "execve" && x.o.Errno == 0 && x.goesOn() {
		x.refuse(l.At, "calls after an execve that succeeds", "no calls", "the program of syzkaller is gone then")
	}
	c := &Call{Ret: -1, Name: spec.syz + spec.variant}
	x.commentOf(l.Comment)
	if args := x.procfs(); args != nil {
		c.Name, c.Args = "syz_open_procfs$namespace", args
	} else if spec.out != nil {
		c.Args = spec.out(x)
	} else {
		c.Args = x.byParams(spec)
	}
	x.named(c)
	x.returned(c)
	x.put(c)
}

// goesOn reports whether the task of the line at hand makes a later call.
func (x *exporter) goesOn() bool {
	for i := x.o.Line + 1; i < len(x.seen); i++ {
		if l := &x.p.Lines[i]; l.Kind == program.Call && l.Task == x.l.Task {
			return true
		}
	}
	return false
}

// procfs are the arguments of syz_open_procfs$namespace, which syzkaller's calls on namespace
// files are described with; nil if the line at hand opens something else.
func (x *exporter) procfs() []Arg {
	given := x.l.Call.Args
	if x.l.Call.Name != "open" || x.o.Errno != 0 || len(given) != 2 || !isStr(given[0]) {
		return nil
	}
	how, _ := fold(given[1])
	for dir, pid := range map[string]uint64{"/proc/self/": 0, "/proc/thread-self/": 1<<64 - 1} {
		file, ok := strings.CutPrefix(x.text(given[0]), dir)
		if ok && how == uapi.O_RDONLY && slices.Contains(namespaceFiles, file) {
			return []Arg{constant(pid), x.pointer(x.data(file+"\x00"), len(file)+1)}
		}
	}
	return nil
}

// namespaceFiles are those that syzkaller's descriptions have.
var namespaceFiles = []string{"ns/cgroup", "ns/ipc", "ns/mnt", "ns/net", "ns/pid", "ns/user", "ns/uts", "ns/pid_for_children"}

// commentOf writes what stands behind a line, above it.
func (x *exporter) commentOf(text string) {
	if text != "" {
		x.alone(text)
	}
}

func firstName(results []program.Result) string {
	for _, r := range results {
		if n, ok := r.X.(*program.Name); ok && r.Kind == program.Value {
			return n.Name
		}
	}
	return ""
}

// fcntlVariants are those of syzkaller's descriptions, by command.
var fcntlVariants = map[uint64]string{
	uapi.F_DUPFD: "$dupfd", uapi.F_DUPFD_CLOEXEC: "$dupfd", uapi.F_GETFD: "$getflags", uapi.F_SETFD: "$setflags",
}

// named gives a call whose second argument is a command its variant.
func (x *exporter) named(c *Call) {
	if c.Name != "ioctl" && c.Name != "fcntl" {
		return
	}
	k, ok := c.Args[1].(*Const)
	switch {
	case !ok:
	case c.Name == "fcntl":
		c.Name += fcntlVariants[k.Value]
	case k.Value == uapi.SIOCGSKNS:
		c.Name += "$sock_SIOCGSKNS"
	case uapi.Ioctl(k.Value).Name() != "":
		c.Name += "$" + uapi.Ioctl(k.Value).Name()
	}
}

// returned notes what the call returned: a resource, an errno, that it has not.
func (x *exporter) returned(c *Call) {
	switch {
	case x.o.Status == program.Unfinished:
		c.Comment = "unfinished"
		return
	case x.o.Errno != 0:
		c.Comment = x.o.Errno.Name()
		return
	}
	name := firstName(x.l.Results)
	if _, known := x.made[name]; name != "" && !known && x.uses[name] > 0 {
		c.Ret = x.resource(name)
	}
}

func (x *exporter) put(c *Call) {
	if x.async[x.l.Task] {
		c.Props = append(c.Props, Prop{Name: "async"})
	}
	x.file.Items = append(x.file.Items, Item{Call: c})
}

// resource makes a resource for something that is used.
func (x *exporter) resource(key string) int {
	n := x.next
	x.next++
	x.made[key] = n
	return n
}

// writePath writes to a file by its path: three calls.
func (x *exporter) writePath() {
	if x.o.Errno != 0 {
		x.refuse(x.l.At, "a write to a path that fails", "open, write and close as calls of their own", "it does not say which of the three fails")
	}
	x.commentOf(x.l.Comment)
	data := x.text(x.l.Call.Args[1])
	fd := x.next
	x.next++
	cwd := int64(uapi.AT_FDCWD)
	for _, c := range []*Call{
		{Ret: fd, Name: "openat", Args: []Arg{constant(uint64(cwd)), x.path(x.l.Call.Args[0]), constant(uapi.O_WRONLY), constant(0)}},
		{Ret: -1, Name: "write", Args: []Arg{&Resource{N: fd}, x.pointer(x.data(data), len(data)), constant(uint64(len(data)))}},
		{Ret: -1, Name: "close", Args: []Arg{&Resource{N: fd}}},
	} {
		x.put(c)
	}
}

func isStr(e program.Expr) bool { _, ok := e.(*program.Str); return ok }

func constant(v uint64) Arg { return &Const{Value: v} }

// byParams translates arguments one by one.
func (x *exporter) byParams(spec *callSpec) []Arg {
	var out []Arg
	given := x.l.Call.Args
	for i, p := range spec.params {
		switch p.kind {
		case zero, ignored:
			out = append(out, constant(p.value))
			continue
		case length:
			out = append(out, constant(uint64(len(x.text(x.l.Call.Args[i-1])))))
			continue
		}
		if len(given) == 0 {
			out = append(out, constant(0))
			continue
		}
		out = append(out, x.byParam(p, given[0]))
		given = given[1:]
	}
	return out
}

func (x *exporter) byParam(p param, e program.Expr) Arg {
	switch p.kind {
	case text:
		b := x.text(e)
		return x.pointer(x.data(b), len(b))
	case path:
		return x.path(e)
	case name:
		if isStr(e) && x.text(e) == "" {
			return constant(0)
		}
		return x.path(e)
	case output:
		return x.output(e, 0)
	case opaque, status:
		return x.unused(e)
	case stat:
		return x.record(e, statFields, 144)
	case process:
		return x.process(e)
	case ident, descriptor, bare:
		v := x.value(e)
		if c, ok := v.(*Const); ok && p.kind != descriptor {
			c.Value = uint64(uint32(c.Value))
		}
		return v
	}
	return x.value(e)
}

// process is the pid of a task. That of the first task is asked for when it is needed.
func (x *exporter) process(e program.Expr) Arg {
	n, ok := e.(*program.Name)
	if !ok || n.Name != "init" {
		return x.value(e)
	}
	if _, ok := x.made["init"]; !ok {
		x.file.Items = append(x.file.Items, Item{Call: &Call{Ret: x.resource("init"), Name: "getpid"}})
	}
	return &Resource{N: x.made["init"]}
}

// value is a number: a constant, or a resource with something added.
func (x *exporter) value(e program.Expr) Arg {
	if v, ok := fold(e); ok {
		return constant(v)
	}
	if key := x.key(e, x.o.Line); key != "" {
		if n, ok := x.made[key]; ok {
			return &Resource{N: n}
		}
		if key == "init" {
			return x.process(e)
		}
	}
	switch b := e.(type) {
	case *program.CallExpr:
		if b.Func == "raw" && len(b.Args) == 1 {
			return x.value(b.Args[0])
		}
	case *program.Binary:
		if v, ok := fold(b.Y); ok && (b.Op == "+" || b.Op == "-") {
			if b.Op == "-" {
				v = -v
			}
			if r, ok := x.value(b.X).(*Resource); ok {
				r.Add += v
				return r
			}
		}
	}
	program.Walk(e, func(e program.Expr) bool {
		if n, ok := e.(*program.Name); ok && x.lost[n.Name] {
			panic(inexpressible{})
		}
		return true
	})
	x.refuse(e.Pos(), e.String(), "a number, or what a call of this program has put out, with a number added to it")
	return nil
}

// fold computes an expression of constants.
func fold(e program.Expr) (uint64, bool) {
	switch e := e.(type) {
	case *program.Num:
		return e.Value, true
	case *program.Const:
		return e.Value, true
	case *program.Unary:
		v, ok := fold(e.X)
		switch e.Op {
		case "-":
			return -v, ok
		case "~":
			return ^v, ok
		}
	case *program.Binary:
		a, ok := fold(e.X)
		b, ok2 := fold(e.Y)
		return foldBinary(e.Op, a, b, ok && ok2)
	}
	return 0, false
}

func foldBinary(op string, a, b uint64, ok bool) (uint64, bool) {
	switch op {
	case "|":
		return a | b, ok
	case "&":
		return a & b, ok
	case "+":
		return a + b, ok
	case "-":
		return a - b, ok
	case "*":
		return a * b, ok
	case "<<":
		return a << min(b, 64), ok
	}
	return 0, false
}

// text is a string without anything to be filled in.
func (x *exporter) text(e program.Expr) string {
	s, ok := e.(*program.Str)
	if !ok {
		x.refuse(e.Pos(), e.String(), "a string")
	}
	var b strings.Builder
	for _, part := range s.Parts {
		if n, ok := part.X.(*program.Name); ok && n.Name == "init" && b.String() == "/proc/" {
			b.WriteString("self") // the first task is who makes the call
			continue
		}
		if part.X != nil {
			v, ok := fold(part.X)
			if !ok {
				x.refuse(e.Pos(), e.String(), "a string without names", "syzkaller does not fill in numbers")
			}
			b.WriteString(fmt.Sprint(int64(v)))
			continue
		}
		b.WriteString(part.Text)
	}
	return b.String()
}

func (x *exporter) data(s string) Arg { return &Data{Text: []byte(s), Size: -1, Quote: '\''} }

func (x *exporter) path(e program.Expr) Arg {
	if n, ok := e.(*program.Const); ok && n.Value == 0 {
		return constant(0)
	}
	s := x.text(e) + "\x00"
	return x.pointer(x.data(s), len(s))
}

// pointer puts something of some bytes at the next free address.
func (x *exporter) pointer(a Arg, size int) Arg {
	p := &Pointer{Addr: x.addr, X: a}
	x.addr += uint64(size+63) &^ 63
	if x.addr > memorySize/2 {
		x.addr = 0 // what lay there has been used
	}
	return p
}

// place is where an output goes. It returns what stands for memory that faults; name is
// that of an output that is bound, "" for one that does not matter.
func (x *exporter) place(e program.Expr) (faulty Arg, name string) {
	switch e := e.(type) {
	case *program.Out:
		return nil, e.Name
	case *program.Blank:
		return nil, ""
	}
	return x.memory(e), ""
}

// memory is an address that faults, wholly or behind some entries of 8 bytes.
func (x *exporter) memory(e program.Expr) Arg {
	if v, ok := fold(e); ok {
		if v == 0 || v>>63 != 0 {
			return constant(v)
		}
	}
	if f, ok := e.(*program.CallExpr); ok {
		switch f.Func {
		case "kernel":
			return constant(1<<64 - 1)
		case "room":
			if n, ok := fold(f.Args[0]); ok && n < memorySize/16 {
				return &Pointer{Addr: memorySize - max(1, 8*n)}
			}
		}
	}
	x.refuse(e.Pos(), e.String(), "an output, NULL, room(N) or kernel()")
	return nil
}

// output is a number that a call stores, of which the default is given.
func (x *exporter) output(e program.Expr, def uint64) Arg {
	faulty, name := x.place(e)
	if faulty != nil {
		return faulty
	}
	return x.pointer(x.result(name, def), 8)
}

// result is a place to store what goes by a key.
func (x *exporter) result(key string, def uint64) Arg {
	if x.uses[key] == 0 || x.failed() {
		return constant(def)
	}
	return &Result{N: x.resource(key), X: constant(def)}
}

// failed reports whether the call has put nothing out.
func (x *exporter) failed() bool { return x.o.Errno != 0 || x.o.Status != program.Returned }

// unused is an output of which a program of syzkaller can use nothing.
func (x *exporter) unused(e program.Expr) Arg {
	faulty, name := x.place(e)
	if faulty != nil {
		return faulty
	}
	for key := range x.uses {
		if key == name || strings.HasPrefix(key, name+".") {
			x.refuse(e.Pos(), e.String()+", which a call uses", "_", "syzkaller has no resource for it")
		}
	}
	return x.pointer(&Data{Size: 128, Quote: '"'}, 128)
}

// record is a structure that a call fills in.
func (x *exporter) record(e program.Expr, fields []string, size int) Arg {
	faulty, name := x.place(e)
	if faulty != nil {
		return faulty
	}
	return x.pointer(x.group(name, fields), size)
}

// group is the fields of a structure, up to the last that is used.
func (x *exporter) group(name string, fields []string) *Group {
	g := &Group{Open: '{'}
	least := 0
	for i, f := range fields {
		a := x.result(name+"."+f, 0)
		if g.Elems = append(g.Elems, a); !isZero(a) {
			least = i + 1
		}
	}
	g.Elems = g.Elems[:max(least, 1)]
	return g
}

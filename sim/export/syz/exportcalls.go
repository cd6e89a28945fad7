// SPDX-License-Identifier: GPL-2.0-only

package syz

import (
	"encoding/hex"
	"fmt"

	"github.com/nssim/nssim/sim/program"
	"github.com/nssim/nssim/syscall/uapi"
)

func (x *exporter) arg(i int) program.Expr {
	if i < len(x.l.Call.Args) {
		return x.l.Call.Args[i]
	}
	return &program.Num{At: x.l.Call.At}
}

func (x *exporter) number(e program.Expr) uint64 {
	v, ok := fold(e)
	if !ok {
		x.refuse(e.Pos(), e.String(), "a number")
	}
	return v
}

func (x *exporter) fork() []Arg {
	return []Arg{constant(uapi.SIGCHLD), constant(0), constant(0), constant(0), constant(0), constant(0)}
}

// clone is syz_clone, which shares no memory.
func (x *exporter) clone() []Arg {
	v := x.number(x.arg(0))
	x.childless(v)
	if v&(uapi.CSIGNAL|uapi.CLONE_THREAD) == 0 {
		v |= uapi.SIGCHLD
	}
	return []Arg{constant(v), constant(0), constant(0), constant(0), constant(0), constant(0)}
}

func (x *exporter) childless(v uint64) {
	if v&(uapi.CLONE_VM|uapi.CLONE_VFORK) != 0 {
		x.refuse(x.arg(0).Pos(), x.arg(0).String(), "flags without CLONE_VM and CLONE_VFORK", "syz_clone makes a child with a memory of its own")
	}
}

// structOf returns the fields of a structure by name.
func (x *exporter) structOf(e program.Expr) map[string]program.Expr {
	s, ok := e.(*program.Struct)
	if !ok {
		x.refuse(e.Pos(), e.String(), "a structure {...}")
	}
	m := make(map[string]program.Expr)
	for _, f := range s.Fields {
		m[f.Name] = f.X
	}
	return m
}

// numbers are fields of a structure in their order, 0 where they are left out.
func (x *exporter) numbers(m map[string]program.Expr, names []string) (out []Arg) {
	for _, name := range names {
		a := constant(0)
		if e := m[name]; e != nil {
			a = x.value(e)
		}
		out = append(out, a)
	}
	return out
}

func (x *exporter) clone3() []Arg {
	m := x.structOf(x.arg(0))
	v := uint64(0)
	if m["flags"] != nil {
		v = x.number(m["flags"])
	}
	x.childless(v)
	g := &Group{Open: '{'}
	for _, name := range cloneFields {
		e := m[name]
		switch {
		case e == nil:
			g.Elems = append(g.Elems, constant(0))
		case name == "pidfd":
			g.Elems = append(g.Elems, x.output(e, 1<<64-1))
		case name == "set_tid":
			pids := x.list(e, x.process)
			g.Elems = append(g.Elems, x.pointer(&Group{Open: '[', Elems: pids}, 4*len(pids)))
		default:
			g.Elems = append(g.Elems, x.value(e))
		}
	}
	if l, ok := m["set_tid"].(*program.List); ok {
		g.Elems[9] = constant(uint64(len(l.Elems)))
	}
	return []Arg{x.pointer(g, 88), constant(88)}
}

func (x *exporter) list(e program.Expr, f func(program.Expr) Arg) (out []Arg) {
	l, ok := e.(*program.List)
	if !ok {
		x.refuse(e.Pos(), e.String(), "a list [...]")
	}
	for _, i := range l.Elems {
		out = append(out, f(i))
	}
	return out
}

func (x *exporter) waitid() []Arg {
	opts := constant(uapi.WEXITED)
	if len(x.l.Call.Args) > 3 {
		opts = x.value(x.arg(3))
	}
	info := constant(0)
	if len(x.l.Call.Args) > 2 {
		info = x.unused(x.arg(2))
	}
	return []Arg{x.value(x.arg(0)), x.process(x.arg(1)), info, opts, constant(0)}
}

func (x *exporter) fcntl() []Arg {
	return []Arg{x.value(x.arg(0)), x.value(x.arg(1)), x.value(x.arg(2))}
}

func (x *exporter) ioctl() []Arg {
	args := []Arg{x.value(x.arg(0)), constant(x.number(x.arg(1)))}
	if len(x.l.Call.Args) < 3 {
		return append(args, constant(0))
	}
	e := x.arg(2)
	cmd := uapi.Ioctl(x.number(x.arg(1)))
	switch cmd {
	case uapi.NS_GET_PID_FROM_PIDNS, uapi.NS_GET_TGID_FROM_PIDNS, uapi.NS_GET_PID_IN_PIDNS, uapi.NS_GET_TGID_IN_PIDNS:
		return append(args, x.process(e))
	case uapi.NS_MNT_GET_INFO, uapi.NS_MNT_GET_NEXT, uapi.NS_MNT_GET_PREV:
		return append(args, x.record(e, []string{"size", "nr_mounts", "mnt_ns_id"}, 16))
	}
	if v, ok := fold(e); ok && (v == 0 || v>>63 == 0) {
		return append(args, constant(v))
	}
	return append(args, x.output(e, 0))
}

func (x *exporter) nameToHandle() []Arg {
	args := []Arg{x.value(x.arg(0)), x.path(x.arg(1))}
	room := uint64(uapi.MAX_HANDLE_SZ)
	if o, ok := x.arg(2).(*program.Out); ok {
		for _, f := range o.Fields {
			room = x.number(f.X)
		}
	}
	faulty, name := x.place(x.arg(2))
	if faulty == nil {
		typ, inner := x.handleField(name, "handle_type"), &Group{Open: '{'}
		for _, f := range handleFields {
			inner.Elems = append(inner.Elems, x.handleField(name, f))
		}
		faulty = x.pointer(&Union{Field: "nsfs", X: &Group{Open: '{', Elems: []Arg{constant(room), typ, inner}}}, 136)
	}
	mnt := x.pointer(constant(0), 8)
	if len(x.l.Call.Args) > 3 {
		mnt = x.output(x.arg(3), 0)
	}
	return append(args, faulty, mnt, x.value(x.arg(4)))
}

// handleField is a field of a handle, which is used if the handle is.
func (x *exporter) handleField(name, field string) Arg {
	if name != "" && x.uses[name] > 0 {
		x.uses[name+"."+field]++
	}
	return x.result(name+"."+field, 0)
}

// openByHandle writes the fields of the handle, those of one that is bound as resources.
func (x *exporter) openByHandle() []Arg {
	fd, fl := x.value(x.arg(0)), x.value(x.arg(2))
	given, tail := map[string]program.Expr{}, ""
	base := x.arg(1)
	var fields []program.FieldValue
	switch h := base.(type) {
	case *program.Struct:
		fields, base = h.Fields, nil
	case *program.Changed:
		fields, base = h.Fields, h.X
	case *program.Name:
	default:
		return []Arg{fd, x.memory(base), fl}
	}
	for _, f := range fields {
		if f.Name == "tail" {
			tail = x.text(f.X)
			continue
		}
		given[f.Name] = f.X
	}
	b, err := hex.DecodeString(tail)
	if err != nil {
		x.refuse(x.arg(1).Pos(), "tail "+tail, "hexadecimal digits")
	}
	field := func(name string, def uint64) Arg {
		switch e := given[name]; {
		case e != nil:
			return x.value(e)
		case base != nil:
			return x.value(&program.Field{X: base, Name: name})
		}
		return constant(def)
	}
	inner := &Group{Open: '{'}
	for _, f := range handleFields {
		inner.Elems = append(inner.Elems, field(f, 0))
	}
	if len(b) > 0 {
		inner.Elems = append(inner.Elems, &Data{Text: b, Size: -1, Quote: '"'})
	}
	size := constant(uint64(uapi.NSFS_FILE_HANDLE_SIZE_VER0 + len(b)))
	if given["handle_bytes"] != nil {
		size = x.value(given["handle_bytes"])
	}
	h := &Group{Open: '{', Elems: []Arg{size, field("handle_type", uapi.FILEID_NSFS), inner}}
	return []Arg{fd, x.pointer(&Union{Field: "nsfs", X: h}, 136), fl}
}

func (x *exporter) listns() []Arg {
	args := x.l.Call.Args
	req, buf, nr, fl := args[0], program.Expr(&program.Blank{}), args[1], program.Expr(&program.Num{})
	switch n := len(args); {
	case n == 4:
		buf, nr, fl = args[1], args[2], args[3]
	case n == 3 && x.isBuffer(args[1]):
		buf, nr = args[1], args[2]
	case n == 3:
		fl = args[2]
	}
	return []Arg{x.request(req), x.ids(buf), x.value(nr), x.value(fl)}
}

func (x *exporter) isBuffer(e program.Expr) bool {
	switch e := e.(type) {
	case *program.Out, *program.Blank:
		return true
	case *program.Const:
		return e.Name == "NULL"
	case *program.CallExpr:
		return e.Func == "room" || e.Func == "kernel"
	}
	return false
}

func (x *exporter) request(e program.Expr) Arg {
	if _, ok := e.(*program.Struct); !ok {
		return x.memory(e)
	}
	m := x.structOf(e)
	g := &Group{Open: '{', Elems: x.numbers(m, reqFields)}
	if m["size"] == nil {
		g.Elems[0] = constant(uapi.NS_ID_REQ_SIZE_VER0)
	}
	size := 64
	if m["tail"] != nil {
		b, err := hex.DecodeString(x.text(m["tail"]))
		if err != nil {
			x.refuse(m["tail"].Pos(), m["tail"].String(), "hexadecimal digits")
		}
		g.Elems = append(g.Elems, &Data{Text: b, Size: -1, Quote: '"'})
		size += len(b)
	}
	for n := len(g.Elems) - 1; n > 0 && isZero(g.Elems[n]); n-- {
		g.Elems = g.Elems[:n]
	}
	return x.pointer(g, size)
}

// ids is the buffer of listns, with a resource for each entry that is used.
func (x *exporter) ids(e program.Expr) Arg {
	faulty, name := x.place(e)
	if faulty != nil {
		return faulty
	}
	g := &Group{Open: '['}
	least := 0
	for i := range x.o.IDs {
		if x.uses[fmt.Sprintf("%s[%d]", name, i)] > 0 {
			least = i + 1
		}
	}
	for i := range least {
		g.Elems = append(g.Elems, x.result(fmt.Sprintf("%s[%d]", name, i), 0))
	}
	if len(g.Elems) == 0 {
		return x.pointer(&Data{Size: 4096, Quote: '"'}, 4096)
	}
	return x.pointer(g, 4096)
}

func (x *exporter) pair(e program.Expr) Arg {
	l, ok := e.(*program.List)
	if !ok {
		x.refuse(e.Pos(), e.String(), "[&A, &B]")
	}
	g := &Group{Open: '{'}
	for _, i := range l.Elems {
		faulty, name := x.place(i)
		if faulty != nil {
			x.refuse(i.Pos(), i.String(), "&NAME or _")
		}
		g.Elems = append(g.Elems, x.result(name, 1<<64-1))
	}
	return x.pointer(g, 8)
}

func (x *exporter) socketpair() []Arg {
	return []Arg{x.value(x.arg(0)), x.value(x.arg(1)), x.value(x.arg(2)), x.pair(x.arg(3))}
}

func (x *exporter) pipe() []Arg { return []Arg{x.pair(x.arg(0))} }

// message is one with descriptors in its control data and a byte of data.
func (x *exporter) message(fds []Arg) Arg {
	vec := &Group{Open: '[', Elems: []Arg{&Group{Open: '{', Elems: []Arg{x.pointer(&Data{Text: []byte{0}, Size: -1, Quote: '"'}, 1), constant(1)}}}}
	g := &Group{Open: '{', Elems: []Arg{constant(0), constant(0), x.pointer(vec, 16), constant(1)}}
	if len(fds) > 0 {
		size := 16 + 4*len(fds)
		cmsg := &Group{Open: '{', Elems: []Arg{constant(uint64(size)), constant(uapi.SOL_SOCKET), constant(uapi.SCM_RIGHTS), &Group{Open: '[', Elems: fds}}}
		rights := &Union{Field: "rights", X: &Group{Open: '{', Elems: []Arg{cmsg}}}
		size = (size + 7) &^ 7
		g.Elems = append(g.Elems, x.pointer(&Group{Open: '[', Elems: []Arg{rights}}, size), constant(uint64(size)))
	}
	return x.pointer(g, 56)
}

func (x *exporter) sendmsg() []Arg {
	fds := x.list(x.fds(), x.value)
	return []Arg{x.value(x.arg(0)), x.message(fds), constant(0)}
}

func (x *exporter) recvmsg() []Arg {
	fds := x.list(x.fds(), func(e program.Expr) Arg {
		faulty, name := x.place(e)
		if faulty != nil {
			x.refuse(e.Pos(), e.String(), "&NAME or _")
		}
		return x.result(name, 1<<64-1)
	})
	return []Arg{x.value(x.arg(0)), x.message(fds), constant(0)}
}

func (x *exporter) fds() program.Expr {
	if fds := x.structOf(x.arg(1))["fds"]; fds != nil {
		return fds
	}
	return &program.List{At: x.arg(1).Pos()}
}

func (x *exporter) moveMount() []Arg {
	cwd := int64(uapi.AT_FDCWD)
	empty := x.pointer(x.data("\x00"), 1)
	return []Arg{x.value(x.arg(0)), empty, constant(uint64(cwd)), x.path(x.arg(1)), constant(uapi.MOVE_MOUNT_F_EMPTY_PATH)}
}

func (x *exporter) setgroups() []Arg {
	ids := x.list(x.arg(0), x.value)
	if len(ids) == 0 {
		return []Arg{constant(0), constant(0)}
	}
	return []Arg{constant(uint64(len(ids))), x.pointer(&Group{Open: '[', Elems: ids}, 4*len(ids))}
}

// capVersion is _LINUX_CAPABILITY_VERSION_3, with sets of 64 bits in two halves.
const capVersion = 0x20080522

func (x *exporter) capHeader() Arg {
	return x.pointer(&Group{Open: '{', Elems: []Arg{constant(capVersion)}}, 8)
}

func (x *exporter) capset() []Arg {
	m := x.structOf(x.arg(0))
	g := &Group{Open: '{', Elems: make([]Arg, 6)}
	for i, name := range []string{"effective", "permitted", "inheritable"} {
		if m[name] == nil {
			x.refuse(x.arg(0).Pos(), "no "+name, "effective, permitted and inheritable", "a program of syzkaller does not know the sets that it has")
		}
		v := x.capMask(m[name])
		g.Elems[i], g.Elems[i+3] = constant(v&(1<<32-1)), constant(v>>32)
	}
	return []Arg{x.capHeader(), x.pointer(g, 24)}
}

// capMask is a set of capabilities as a mask, or a list of their numbers.
func (x *exporter) capMask(e program.Expr) (v uint64) {
	l, ok := e.(*program.List)
	if !ok {
		return x.number(e)
	}
	for _, c := range l.Elems {
		v |= 1 << x.number(c)
	}
	return v
}

func (x *exporter) capget() []Arg { return []Arg{x.capHeader(), x.unused(x.arg(0))} }

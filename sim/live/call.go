// SPDX-License-Identifier: GPL-2.0-only

package live

import (
	"fmt"

	"github.com/nssim/nssim/sim/program"
	"github.com/nssim/nssim/syscall/uapi"
)

// call is one system call of a task, laid out as the kernel reads it: its number, its
// arguments, what has to be in memory before, and what is to be brought back after.
type call struct {
	s    *session
	l    *program.Line // the line that has started it
	spec *callSpec
	t    *task

	nr    uint64
	args  [6]uint64
	child int // slot of the task that it makes
	flags uint64
	in    []input
	out   []output
	data  uint64 // next free byte of the slot's memory
	heap  uint64 // and of the memory for what is too big for it

	done  bool
	ret   int64
	errno uapi.Errno
	got   [][]byte // what was brought back, by output
	ids   []uint64 // the listing
}

type input struct {
	addr uint64
	data []byte
}

// output is memory to be brought back. With a unit, only as many units as the call
// returned.
type output struct{ addr, len, unit uint64 }

// callSpec says how a call of the table program.Calls is made: what its arguments become
// and what is to be made of what it returns and puts out.
type callSpec struct {
	nr    uint64
	build func(c *call)
	// value makes a value of what a successful call returned; by default what the
	// signature says.
	value func(c *call) value
	// outs binds the output arguments after success.
	outs func(c *call)
	// run, in place of build, is for a line that stands for several calls: always, or where
	// several says so.
	run     func(c *call) (value, uapi.Errno)
	several func(c *call) bool
	// putsOut is an errno with which outputs are bound all the same.
	putsOut uapi.Errno
}

var callSpecs = make(map[string]*callSpec)

// define enters calls into the table.
func define(specs map[string]callSpec) {
	for name, spec := range specs {
		sig := program.CallByName(name)
		if sig == nil || callSpecs[name] != nil {
			panic("live: call " + name + " has no signature, or is defined twice")
		}
		if spec.value == nil {
			spec.value = defaultValue[sig.Binds]
		}
		callSpecs[name] = &spec
	}
}

var defaultValue = map[program.Binding]func(c *call) value{
	program.BindsZero:    plainValue,
	program.BindsNumber:  plainValue,
	program.BindsNothing: plainValue,
	program.BindsAny:     plainValue,
	program.BindsTask:    func(c *call) value { return c.taskValue(c.s.taskIn(c.child)) },
	program.BindsPid:     func(c *call) value { return c.taskValue(c.s.taskWith(int(c.ret), c.t)) },
	program.BindsFD:      func(c *call) value { return c.fd(c.ret) },
	program.BindsAddress: func(c *call) value { return ofKind(program.Address, uint64(c.ret)) },
}

func plainValue(c *call) value { return number(c.ret) }

// taskValue is a task as a value with the number that the call returned; 0 is no task.
func (c *call) taskValue(t *task) value {
	if c.ret == 0 {
		return number(0)
	}
	return value{Val: program.Val{Kind: program.TaskValue, N: uint64(c.ret)}, task: t}
}

// fd is a descriptor of the caller's as a value.
func (c *call) fd(n int64) value { return c.fdOf(c.t, n) }

func (c *call) fdOf(t *task, n int64) value {
	return value{Val: program.Val{Kind: program.Descriptor, N: uint64(n)}, task: t}
}

// newCall prepares a call of a line without arguments yet.
func (s *session) newCall(l *program.Line, t *task, spec *callSpec) *call {
	slot := s.g.geo.base + uint64(t.slot)*s.g.geo.slotSize
	c := &call{s: s, l: l, spec: spec, t: t, data: slot + s.g.geo.dataOffset, heap: s.g.geo.heap}
	if spec != nil {
		c.nr = spec.nr
	}
	return c
}

// another prepares one more call of the same line.
func (c *call) another(nr uint64, args ...uint64) *call {
	n := c.s.newCall(c.l, c.t, nil)
	n.nr = nr
	copy(n.args[:], args)
	return n
}

func (c *call) env() env { return env{task: c.t} }

// has reports whether argument i was given.
func (c *call) has(i int) bool { return i < len(c.l.Call.Args) }

func (c *call) expr(i int) program.Expr { return c.l.Call.Args[i] }

func (c *call) val(i int) value { return c.s.eval(c.expr(i), c.env()) }

func (c *call) num(i int) uint64 { return c.s.num(c.expr(i), c.env()) }

func (c *call) numOr(i int, otherwise uint64) uint64 {
	if !c.has(i) {
		return otherwise
	}
	return c.num(i)
}

func (c *call) str(i int) string { return c.val(i).S }

// set fills the call's arguments in.
func (c *call) set(args ...uint64) { copy(c.args[:], args) }

// nums fills the first n arguments in with numbers; those left out are 0.
func (c *call) nums(n int) {
	for i := range n {
		c.args[i] = c.numOr(i, 0)
	}
}

// place finds room for n bytes.
func (c *call) place(n uint64) uint64 {
	n = (n + 15) &^ 15
	slot := c.s.g.geo.base + uint64(c.t.slot)*c.s.g.geo.slotSize
	if end := slot + c.s.g.geo.dataOffset + c.s.g.geo.dataSize; c.data+n <= end {
		c.data += n
		return c.data - n
	}
	if c.heap+n > c.s.g.geo.heap+c.s.g.geo.heapSize {
		panic(problem{fmt.Errorf("%v: %s: %w: it takes more memory than a guest's task has", c.l.At, c.l.Call.Name, ErrCannot)})
	}
	c.heap += n
	return c.heap - n
}

// bytes puts bytes into the task's memory and returns where.
func (c *call) bytes(b []byte) uint64 {
	at := c.place(uint64(len(b)))
	c.in = append(c.in, input{at, b})
	return at
}

// path puts a C string there.
func (c *call) path(s string) uint64 { return c.bytes(append([]byte(s), 0)) }

// pathOrNull is path for argument i, a null pointer if that is NULL.
func (c *call) pathOrNull(i int) uint64 {
	if isNull(c.expr(i)) {
		return 0
	}
	return c.path(c.str(i))
}

func isNull(x program.Expr) bool {
	k, ok := x.(*program.Const)
	return ok && k.Name == "NULL"
}

// result makes room for n bytes to be brought back.
func (c *call) result(n uint64) uint64 {
	at := c.place(n)
	c.out = append(c.out, output{at, n, 0})
	return at
}

// end returns the address n bytes before memory that is not mapped.
func (c *call) end(n uint64) uint64 { return c.s.g.geo.heap + c.s.g.geo.heapSize - n }

// isOut reports whether argument i is an output: &NAME, or `_`.
func (c *call) isOut(i int) bool {
	if !c.has(i) {
		return false
	}
	switch c.expr(i).(type) {
	case *program.Out, *program.Blank:
		return true
	}
	return false
}

// pointer is argument i as an address: of n bytes that are brought back for an output, of
// what else it says otherwise.
func (c *call) pointer(i int, n uint64) uint64 {
	if !c.has(i) {
		return 0
	}
	if c.isOut(i) {
		return c.result(n)
	}
	v := c.val(i)
	if v.room {
		at := c.end(8 * v.N)
		c.in = append(c.in, input{at, make([]byte, 8*v.N)})
		return at
	}
	return c.s.plain(v, c.env())
}

// bindOut gives an output argument its value.
func (c *call) bindOut(i int, v value) {
	if c.has(i) {
		c.bindExpr(c.expr(i), v)
	}
}

func (c *call) bindExpr(x program.Expr, v value) {
	if o, ok := x.(*program.Out); ok {
		c.s.bind(o.Name, v)
		c.s.obs.Outs = append(c.s.obs.Outs, program.NamedValue{Name: o.Name, Value: v.Val})
	}
}

// u32 and u64 read output i at an offset.
func (c *call) u32(i, at int) uint32 { return order.Uint32(c.got[i][at:]) }
func (c *call) u64(i, at int) uint64 { return order.Uint64(c.got[i][at:]) }

// fields returns the fields of a structure that is written out.
func (c *call) fields(i int) []program.FieldValue {
	if x, ok := c.expr(i).(*program.Struct); ok {
		return x.Fields
	}
	return nil
}

// fieldExpr returns a field of the structure that is argument i, nil if it is left out.
func (c *call) fieldExpr(i int, name string) program.Expr {
	for _, f := range c.fields(i) {
		if f.Name == name {
			return f.X
		}
	}
	return nil
}

// fieldNum returns a field of argument i, a structure written out or a value that has
// fields, as a number.
func (c *call) fieldNum(i int, name string, otherwise uint64) uint64 {
	if x := c.fieldExpr(i, name); x != nil {
		return c.s.num(x, c.env())
	}
	if c.fields(i) == nil {
		if _, ok := c.expr(i).(*program.Struct); !ok {
			if f, ok := fieldOf(c.val(i).Val, name); ok {
				return f.N
			}
		}
	}
	return otherwise
}

// fieldList returns the entries of a field that is a list.
func (c *call) fieldList(i int, name string) []program.Expr {
	if l, ok := c.fieldExpr(i, name).(*program.List); ok {
		return l.Elems
	}
	return nil
}

// tail returns the bytes of the field of that name.
func (c *call) tail(i int) string {
	if x := c.fieldExpr(i, "tail"); x != nil {
		return unhex(c.s.eval(x, c.env()).S)
	}
	if _, ok := c.expr(i).(*program.Struct); !ok {
		return c.val(i).S
	}
	return ""
}

// encode is the request to make the call.
func (c *call) encode(flags uint64, limitMicros uint64) []byte {
	var w words
	w.u64(uint64(c.t.slot), uint64(c.child), flags|c.flags, limitMicros, c.nr)
	w.u64(c.args[:]...)
	w.u64(uint64(len(c.out)))
	for _, o := range c.out {
		w.u64(o.addr, o.len, o.unit)
	}
	w.u64(uint64(len(c.in)))
	for _, in := range c.in {
		w.u64(in.addr, uint64(len(in.data)))
		w.bytes(in.data)
	}
	return w
}

// returned takes in what the agent says about the call.
func (c *call) returned(ret int64, data []byte) error {
	c.done, c.ret, c.errno = true, ret, 0
	if ret < 0 && ret > -4096 {
		c.ret, c.errno = -1, uapi.Errno(-ret)
	}
	for range c.out {
		if len(data) < 8 || order.Uint64(data) > uint64(len(data)-8) {
			return fmt.Errorf("%w: the outputs of %s", errFrame, c.l.Call.Name)
		}
		n := order.Uint64(data)
		c.got = append(c.got, data[8:8+n])
		data = data[8+n:]
	}
	return nil
}

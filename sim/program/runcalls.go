// SPDX-License-Identifier: GPL-2.0-only

package program

import (
	"slices"
	"strings"

	"github.com/nssim/nssim/sim"
	"github.com/nssim/nssim/syscall"
	"github.com/nssim/nssim/syscall/uapi"
)

// callSpec says how a call of the table of signatures is run: how its arguments become a
// call of the model, what the value that it returns is, and what it puts out.
type callSpec struct {
	build func(a *args) syscall.Call
	// value makes a value of what a successful call returned; by default it is what the
	// signature says.
	value func(a *args, ret int64) Val
	// outs binds the output arguments after success.
	outs func(a *args)
	// run, in place of build, is for a line that stands for several calls: for all of this
	// name, or those that several picks out.
	run     func(a *args) (Val, uapi.Errno)
	several func(a *args) bool
	// putsOut is an errno with which outputs are bound all the same.
	putsOut uapi.Errno
	// lists: the call leaves a listing in user memory.
	lists bool
}

// callSpecs is the runnable calls by name.
var callSpecs = make(map[string]*callSpec)

// define enters calls into the table.
func define(specs map[string]callSpec) {
	for name, s := range specs {
		sig := signatures[name]
		if sig == nil || callSpecs[name] != nil {
			panic("program: call " + name + " has no signature, or is defined twice")
		}
		if s.value == nil {
			s.value = defaultValue[sig.Binds]
		}
		s.lists = sig.Lists
		callSpecs[name] = &s
	}
}

// defaultValue makes a value of what is returned, by what the signature says it is.
var defaultValue = [...]func(a *args, ret int64) Val{
	BindsZero:    plainValue,
	BindsTask:    func(a *args, ret int64) Val { return a.taskVal(sim.TaskID(a.out0()), ret) },
	BindsPid:     plainValue,
	BindsFD:      func(a *args, ret int64) Val { return a.r.fdValue(a.t, int32(ret)) },
	BindsNumber:  plainValue,
	BindsAddress: func(_ *args, ret int64) Val { return Val{Kind: Address, N: uint64(ret)} },
	BindsNothing: plainValue,
	BindsAny:     plainValue,
}

func plainValue(_ *args, ret int64) Val { return number64(ret) }

// args is the arguments of the call that is being made or has returned.
type args struct {
	r     *Runner
	l     *Line // where they stand
	t     sim.TaskID
	e     env
	errno uapi.Errno
	ids   []uint64 // the listing
}

// argsOf prepares the arguments of a line. The result is good until the next call of it.
func (r *Runner) argsOf(l *Line, t sim.TaskID) *args {
	r.args = args{r: r, l: l, t: t, e: env{task: t}, ids: r.args.ids[:0]}
	return &r.args
}

// has reports whether argument i was given.
func (a *args) has(i int) bool { return i < len(a.l.Call.Args) }

func (a *args) expr(i int) Expr { return a.l.Call.Args[i] }

// val evaluates argument i.
func (a *args) val(i int) Val { return a.r.eval(a.expr(i), a.e) }

// num is argument i as a number.
func (a *args) num(i int) uint64 { return a.r.number(a.val(i), a.expr(i), a.e) }

// numOr is num for an argument that may be left out.
func (a *args) numOr(i int, otherwise uint64) uint64 {
	if !a.has(i) {
		return otherwise
	}
	return a.num(i)
}

// int32 and u32 are num cut to what the call takes.
func (a *args) int32(i int) int32 { return int32(a.num(i)) }
func (a *args) u32(i int) uint32  { return uint32(a.num(i)) }

// u32Or is u32 for an argument that may be left out.
func (a *args) u32Or(i int, otherwise uint32) uint32 { return uint32(a.numOr(i, uint64(otherwise))) }

// flags is a number that is none of the program's objects.
func (a *args) flags(i int) uint64 {
	v := a.val(i)
	if v.Kind != Number {
		a.r.mismatch(a.expr(i), v, "a number or constants")
	}
	return v.N
}

// fd is argument i as a descriptor of the caller's.
func (a *args) fd(i int) int32 { return a.fdOf(a.expr(i)) }

func (a *args) fdOf(x Expr) int32 {
	v := a.r.eval(x, a.e)
	if v.Kind != Descriptor && v.Kind != Number {
		a.r.mismatch(x, v, "a descriptor")
	}
	return int32(a.r.number(v, x, a.e))
}

// pid is argument i as a number of a task.
func (a *args) pid(i int) int32 {
	v := a.val(i)
	if v.Kind != TaskValue && v.Kind != Number {
		a.r.mismatch(a.expr(i), v, "a task or its number")
	}
	return int32(a.r.number(v, a.expr(i), a.e))
}

// task is argument i as a task that is still there.
func (a *args) task(i int) sim.TaskID {
	v := a.val(i)
	if v.Kind != TaskValue {
		a.r.mismatch(a.expr(i), v, "a task")
	}
	t := a.r.task(v.ref)
	if t == 0 {
		a.r.bad(a.expr(i).Pos(), clip(a.expr(i).String())+", which has ended", "a task that lives", "")
	}
	return t
}

// str is argument i as a string.
func (a *args) str(i int) string {
	v := a.val(i)
	if v.Kind != StringValue {
		a.r.mismatch(a.expr(i), v, "a string")
	}
	return v.S
}

// strOrNull is str, with NULL as the empty string.
func (a *args) strOrNull(i int) string {
	if isNull(a.expr(i)) {
		return ""
	}
	return a.str(i)
}

func isNull(x Expr) bool {
	c, ok := x.(*Const)
	return ok && c.Name == "NULL"
}

// isOut reports whether argument i is an output: &NAME, or `_`.
func (a *args) isOut(i int) bool {
	if !a.has(i) {
		return false
	}
	switch a.expr(i).(type) {
	case *Out, *Blank:
		return true
	}
	return false
}

// bindOut gives an output argument its value.
func (a *args) bindOut(i int, v Val) {
	if a.has(i) {
		a.bindExpr(a.expr(i), v)
	}
}

func (a *args) bindExpr(x Expr, v Val) {
	if o, ok := x.(*Out); ok {
		a.r.bind(&a.r.obs, o.Name, v)
	}
}

// out0 is the first word that the call has left for user memory.
func (a *args) out0() uint64 { return a.outs()[0] }

func (a *args) outs() *[4]uint64 { return &a.r.m.Task(a.t).Out }

// taskVal is a task as a value, with the number that the call returned.
func (a *args) taskVal(t sim.TaskID, ret int64) Val {
	if t == 0 || !a.r.m.TaskLive(t) {
		return number64(ret)
	}
	v := a.r.taskValue(t)
	v.N = uint64(ret)
	return v
}

// pointer says what can be done with an argument that is an address.
type pointer struct {
	addr uint64
	null bool
	room int64 // entries before it faults; unlimited for an output
	bad  bool  // faults at once
}

// pointer is argument i as an address of memory of at least n bytes.
func (a *args) pointer(i int, n uint64) pointer {
	if !a.has(i) {
		return pointer{null: true}
	}
	if a.isOut(i) {
		return pointer{room: syscall.Unlimited}
	}
	switch v := a.val(i); v.Kind {
	case memory:
		return pointer{room: int64(v.N), bad: v.N == 0}
	case Number, Address:
		return pointer{addr: v.N, null: v.N == 0, bad: !a.r.mapped(a.t, v.N, n)}
	default:
		a.r.mismatch(a.expr(i), v, "memory: &NAME, an address, room(K) or NULL")
	}
	return pointer{}
}

// mapped reports whether a task has memory at an address.
func (r *Runner) mapped(t sim.TaskID, addr, n uint64) bool {
	mm := r.m.Task(t).MM
	if mm == 0 {
		return false
	}
	for i := r.m.MM(mm).VMAs; i != 0; i = r.m.VMAs.At(i).Next {
		if v := r.m.VMAs.At(i); addr >= v.Start && addr < v.End {
			return addr+n <= v.End
		}
	}
	return false
}

// fields is a structure given as an argument: written out, or a value with fields.
type fields struct {
	a *args
	x []FieldValue
	v Val
}

// structure is argument i as a structure: written out with some of the fields that the
// signature lists, or a value that has fields.
func (a *args) structure(i int) fields {
	s, ok := a.expr(i).(*Struct)
	names := signatures[a.l.Call.Name].Fields
	if !ok {
		v := a.val(i)
		if v.Kind != RecordValue && v.Kind != HandleValue {
			a.r.mismatch(a.expr(i), v, "a structure with "+strings.Join(names, ", "))
		}
		return fields{a: a, v: v}
	}
	for _, f := range s.Fields {
		if !slices.Contains(names, f.Name) {
			a.r.bad(f.At, "field "+clip(f.Name), "one of "+strings.Join(names, ", "), didYouMean(f.Name, names))
		}
	}
	return fields{a: a, x: s.Fields}
}

// expr returns a field as it is written, nil if it is left out.
func (f *fields) expr(name string) Expr {
	for i := range f.x {
		if f.x[i].Name == name {
			return f.x[i].X
		}
	}
	return nil
}

// num returns a field as a number; ok is false if it is left out.
func (f *fields) num(name string) (n uint64, ok bool) {
	if x := f.expr(name); x != nil {
		return f.a.r.number(f.a.r.eval(x, f.a.e), x, f.a.e), true
	}
	v, ok := f.v.field(name)
	return v.N, ok
}

// numOr is num with what a field is when it is left out.
func (f *fields) numOr(name string, otherwise uint64) uint64 {
	if n, ok := f.num(name); ok {
		return n
	}
	return otherwise
}

// list returns the elements of a field that is a list as they are written.
func (f *fields) list(name string) []Expr {
	switch x := f.expr(name).(type) {
	case nil:
	case *List:
		return x.Elems
	default:
		f.a.r.bad(x.Pos(), clip(x.String()), "a list", "")
	}
	return nil
}

// tail returns the bytes of the field of that name.
func (f *fields) tail() string {
	if x := f.expr("tail"); x != nil {
		return f.a.r.hex(x, f.a.e)
	}
	return f.v.S
}

// record makes a structure of fields and their values.
func record(names string, values ...uint64) Val {
	v := Val{Kind: RecordValue}
	for i, name := range strings.Fields(names) {
		v.F = append(v.F, FieldNumber{name, Number, values[i]})
	}
	return v
}

// ofKind changes the kind of a field.
func (v Val) ofKind(name string, k ValueKind) Val {
	for i := range v.F {
		if v.F[i].Name == name {
			v.F[i].Kind = k
		}
	}
	return v
}

// SPDX-License-Identifier: GPL-2.0-only

package program

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/nssim/nssim/sim"
	"github.com/nssim/nssim/syscall/uapi"
)

// env is where an expression stands: as whose argument or result, if anybody's.
type env struct {
	task sim.TaskID
	// proc: inside a string that starts with /proc/, where pids are those that the
	// mounted procfs shows, and descriptors those of the task named before.
	proc bool
	of   sim.TaskID
}

// eval computes an expression.
func (r *Runner) eval(x Expr, e env) Val {
	switch x := x.(type) {
	case *Num:
		return numberU(x.Value)
	case *Const:
		return numberU(x.Value)
	case *Word:
		return Val{Kind: StateValue, S: x.Name}
	case *Str:
		return Val{Kind: StringValue, S: r.text(x, e)}
	case *Name:
		return r.named(x)
	case *Field:
		return r.fieldOf(x, e)
	case *Index:
		return r.indexed(x, e)
	case *List:
		return Val{Kind: ListValue, L: r.list(x.Elems, e)}
	case *Changed:
		return r.changed(x, e)
	case *Unary:
		return r.unary(x, e)
	case *Binary:
		return r.binary(x, e)
	case *CallExpr:
		return r.function(x, e)
	}
	r.bad(x.Pos(), clip(x.String()), "a value", "")
	return Val{}
}

func (r *Runner) named(x *Name) Val {
	i, ok := r.index[x.Name]
	if !ok {
		r.bad(x.At, clip(x.Name), "a name that is bound by now", "the call that would have bound it failed, or has not returned")
	}
	return r.names[i].v
}

// number gives a value's number as it counts for the task: its pid for a task, and for a
// descriptor its number, which must still be that open file.
func (r *Runner) number(v Val, x Expr, e env) uint64 {
	switch v.Kind {
	case TaskValue:
		return uint64(int64(r.pid(v, x, e)))
	case Descriptor:
		r.checkFD(v, x, e)
		return v.N
	}
	if !v.numeric() {
		r.mismatch(x, v, "a number")
	}
	return v.N
}

func (r *Runner) mismatch(x Expr, v Val, expected string) {
	r.bad(x.Pos(), clip(x.String())+", which is "+v.Kind.String(), expected, "")
}

// pid is a task's number in the caller's pid namespace, or in the one that /proc shows.
func (r *Runner) pid(v Val, x Expr, e env) int32 {
	ns := r.m.Initial(uapi.PID_NS)
	if e.task != 0 && !e.proc {
		ns = r.m.ActivePidNS(e.task)
	}
	nr := r.pidIn(v, ns)
	if nr == 0 {
		r.bad(x.Pos(), clip(x.String())+", which has no pid there", "a task that the caller's pid namespace numbers", "")
	}
	return nr
}

// checkFD sees to it that a descriptor's number is still the open file that the name was
// given to: in the task that uses it, or outside of a call anywhere.
func (r *Runner) checkFD(v Val, x Expr, e env) {
	f := r.file(v.ref)
	if f == 0 {
		r.bad(x.Pos(), clip(x.String())+", which is closed", "an open descriptor", "raw("+clip(x.String())+") is the bare number")
	}
	task := e.task
	if e.proc && e.of != 0 {
		task = e.of
	}
	if task == 0 || r.m.FDGet(r.m.Task(task).Files, int32(v.N)) == f {
		return
	}
	found := "closed"
	if r.m.FDGet(r.m.Task(task).Files, int32(v.N)) != 0 {
		found = "another file"
	}
	r.bad(x.Pos(), fmt.Sprintf("%s, whose number %d is %s in %s", clip(x.String()), v.N, found, r.TaskName(task)),
		"the same open file", "raw("+clip(x.String())+") is the bare number")
}

// truth is a condition's value.
func (r *Runner) truth(v Val, x Expr) bool {
	if v.Kind != Number {
		r.mismatch(x, v, "a condition")
	}
	return v.N != 0
}

// text puts a string together.
func (r *Runner) text(s *Str, e env) string {
	switch len(s.Parts) {
	case 0:
		return ""
	case 1:
		if s.Parts[0].X == nil {
			return s.Parts[0].Text
		}
	}
	e.proc = s.Parts[0].X == nil && strings.HasPrefix(s.Parts[0].Text, "/proc/")
	var b strings.Builder
	for _, p := range s.Parts {
		if p.X == nil {
			b.WriteString(p.Text)
			continue
		}
		v := r.eval(p.X, e)
		switch v.Kind {
		case StringValue, StateValue:
			b.WriteString(v.S)
		case TaskValue:
			if e.proc && e.of == 0 {
				e.of = r.task(v.ref)
			}
			b.WriteString(strconv.Itoa(int(r.pid(v, p.X, e))))
		case Number:
			b.WriteString(strconv.FormatInt(int64(v.N), 10))
		default:
			b.WriteString(strconv.FormatUint(r.number(v, p.X, e), 10))
		}
	}
	return b.String()
}

// fieldOf is a structure's field or a task's namespace.
func (r *Runner) fieldOf(x *Field, e env) Val {
	v := r.eval(x.X, e)
	if v.Kind == TaskValue {
		entry, ok := uapi.ProcNSByName(x.Name)
		if !ok {
			r.bad(x.Pos(), clip(x.String()), "one of a task's namespaces", taskFieldHint(x.Name))
		}
		return r.taskNSID(x, v, entry)
	}
	f, ok := v.field(x.Name)
	if !ok {
		if len(v.F) == 0 {
			r.mismatch(x.X, v, "a structure, a handle or a task")
		}
		r.bad(x.Pos(), clip(x.String()), "one of "+strings.Join(v.fieldNames(), ", "), didYouMean(x.Name, v.fieldNames()))
	}
	return f
}

func taskFieldHint(name string) string {
	var names []string
	for _, e := range uapi.ProcNSEntries() {
		names = append(names, e.Name)
	}
	if hint := didYouMean(name, names); hint != "" {
		return hint
	}
	return strings.Join(names, ", ")
}

func (r *Runner) taskNSID(x *Field, v Val, entry uapi.ProcNSEntry) Val {
	ns := sim.NS(0)
	if t := r.task(v.ref); t != 0 {
		ns = r.m.TaskNS(t, entry)
	}
	if ns == 0 {
		r.bad(x.Pos(), fmt.Sprintf("%s of a task that has ended", clip(x.String())), "a task that is in a namespace of this type",
			"bind its id while the task lives")
	}
	id := r.m.Nodes[ns].ID
	if s, ok := r.seen[id]; !ok || s.ns != ns {
		r.seeNS(id, ns)
	}
	return idValue(id)
}

func (r *Runner) indexed(x *Index, e env) Val {
	v := r.eval(x.X, e)
	if v.Kind != ListValue {
		r.mismatch(x.X, v, "a list")
	}
	n := r.eval(x.I, e)
	i := int64(r.number(n, x.I, e))
	if i < 0 {
		i += int64(len(v.L))
	}
	if i < 0 || i >= int64(len(v.L)) {
		r.fail(x.Pos(), "len("+x.X.String()+")", strconv.Itoa(len(v.L)), "enough for "+x.String(), "")
	}
	return idValue(v.L[i])
}

// list evaluates the entries of a list.
func (r *Runner) list(xs []Expr, e env) []uint64 {
	out := make([]uint64, len(xs))
	for i, x := range xs {
		out[i] = r.number(r.eval(x, e), x, e)
	}
	return out
}

// changed is a copy of a structure with fields replaced.
func (r *Runner) changed(x *Changed, e env) Val {
	v := r.eval(x.X, e)
	if len(v.F) == 0 {
		r.mismatch(x.X, v, "a handle or a structure")
	}
	v.F = slices.Clone(v.F)
	for _, f := range x.Fields {
		if f.Name == "tail" && v.Kind == HandleValue {
			v.S = r.hex(f.X, e)
			continue
		}
		i := slices.IndexFunc(v.F, func(g FieldNumber) bool { return g.Name == f.Name })
		if i < 0 {
			r.bad(f.At, "field "+clip(f.Name), "one of "+strings.Join(v.fieldNames(), ", "), didYouMean(f.Name, v.fieldNames()))
		}
		v.F[i].N = r.number(r.eval(f.X, e), f.X, e)
	}
	return v
}

// hex reads bytes written in hexadecimal.
func (r *Runner) hex(x Expr, e env) string {
	v := r.eval(x, e)
	if v.Kind != StringValue {
		r.mismatch(x, v, "bytes in hexadecimal, in quotes")
	}
	out := make([]byte, 0, len(v.S)/2)
	for i := 0; i < len(v.S); i += 2 {
		b, err := strconv.ParseUint(v.S[i:min(i+2, len(v.S))], 16, 8)
		if err != nil || i+1 == len(v.S) {
			r.bad(x.Pos(), clip(v.String()), "pairs of hexadecimal digits", "")
		}
		out = append(out, byte(b))
	}
	return string(out)
}

func (r *Runner) unary(x *Unary, e env) Val {
	v := r.eval(x.X, e)
	if x.Op == "not" {
		return truthValue(!r.truth(v, x.X))
	}
	n := r.number(v, x.X, e)
	if x.Op == "-" {
		return numberU(-n)
	}
	return numberU(^n)
}

func (r *Runner) binary(x *Binary, e env) Val {
	switch x.Op {
	case "and", "or":
		left := r.truth(r.eval(x.X, e), x.X)
		if left == (x.Op == "or") {
			return truthValue(left)
		}
		return truthValue(r.truth(r.eval(x.Y, e), x.Y))
	case "has", "lacks", "in":
		return r.membership(x, e)
	}
	a, b := r.eval(x.X, e), r.eval(x.Y, e)
	if x.prec() == precCompare {
		return truthValue(r.compare(x.Op, a, b, x.X, x.Y, e))
	}
	m, n := r.number(a, x.X, e), r.number(b, x.Y, e)
	if x.Op == "%" && n == 0 {
		r.bad(x.Y.Pos(), clip(x.Y.String())+", which is 0", "a divisor other than 0", "")
	}
	v := numberU(uint64(binaryOps[x.Op](int64(m), int64(n))))
	// An offset into memory is an address again.
	if (a.Kind == Address) != (b.Kind == Address) && (x.Op == "+" || x.Op == "-") {
		v.Kind = Address
	}
	return v
}

func (r *Runner) membership(x *Binary, e env) Val {
	lx, ex, op := x.X, x.Y, x.Op
	if op == "in" {
		lx, ex, op = x.Y, x.X, "has"
	}
	l := r.eval(lx, e)
	if l.Kind != ListValue {
		r.mismatch(lx, l, "a list")
	}
	v := r.eval(ex, e)
	wanted := v.L
	if v.Kind != ListValue {
		wanted = []uint64{r.number(v, ex, e)}
	}
	for _, n := range wanted {
		if slices.Contains(l.L, n) != (op == "has") {
			return truthValue(false)
		}
	}
	return truthValue(true)
}

// compare decides a comparison.
func (r *Runner) compare(op string, a, b Val, ax, bx Expr, e env) bool {
	if !comparableKinds(&a, &b) {
		r.bad(ax.Pos(), fmt.Sprintf("%s, which is %s, and %s, which is %s", clip(ax.String()), a.Kind, clip(bx.String()), b.Kind),
			"two values of one kind", "")
	}
	if a.numeric() {
		if a.Kind == TaskValue && b.Kind == TaskValue && (op == "==" || op == "!=") {
			return (a.ref == b.ref) == (op == "==")
		}
		a.N, b.N = r.plain(a, e), r.plain(b, e)
		return holds(op, compareNumbers(&a, &b))
	}
	equal := false
	switch a.Kind {
	case ListValue:
		equal = slices.Equal(a.L, b.L)
	case StringValue, StateValue:
		if op != "==" && op != "!=" {
			return holds(op, strings.Compare(a.S, b.S))
		}
		equal = a.S == b.S
	default:
		equal = equalFields(&a, &b)
	}
	switch op {
	case "==":
		return equal
	case "!=":
		return !equal
	}
	r.bad(ax.Pos(), clip(op)+" between "+a.Kind.String()+" and "+b.Kind.String(), "== or !=", "")
	return false
}

// plain is a number to be compared: no descriptor has to be open for that, and a task
// that the caller does not see counts as 0.
func (r *Runner) plain(v Val, e env) uint64 {
	if v.Kind != TaskValue {
		return v.N
	}
	ns := r.m.Initial(uapi.PID_NS)
	if e.task != 0 {
		ns = r.m.ActivePidNS(e.task)
	}
	return uint64(r.pidIn(v, ns))
}

// holds applies an operator to the order of its operands.
func holds(op string, order int) bool {
	switch op {
	case "==":
		return order == 0
	case "!=":
		return order != 0
	case "<":
		return order < 0
	case "<=":
		return order <= 0
	case ">":
		return order > 0
	}
	return order >= 0
}

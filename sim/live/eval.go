// SPDX-License-Identifier: GPL-2.0-only

package live

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/nssim/nssim/sim/program"
	"github.com/nssim/nssim/syscall/uapi"
)

// value is a value of a program on a guest.
type value struct {
	program.Val
	task *task // of a TaskValue: which, nil if it is none of the program's
	room bool  // a buffer that faults after N entries
}

func number(n int64) value { return value{Val: program.Val{Kind: program.Number, N: uint64(n)}} }

func ofKind(k program.ValueKind, n uint64) value { return value{Val: program.Val{Kind: k, N: n}} }

func truth(b bool) value {
	if b {
		return number(1)
	}
	return number(0)
}

// env is where an expression stands.
type env struct {
	task *task // whose argument it is, nil outside of calls
	proc bool  // in a string that begins with /proc/, where pids are the initial pid namespace's
}

// problem is what ends the evaluation of a line: its error.
type problem struct{ err error }

// cannot ends a line that a guest cannot carry out.
func cannot(x program.Expr, format string, args ...any) {
	panic(problem{fmt.Errorf("%v: %s: %w: %s", x.Pos(), x, ErrCannot, fmt.Sprintf(format, args...))})
}

// try runs f and returns the problem that ended it.
func try(f func()) (err error) {
	defer func() {
		switch e := recover().(type) {
		case nil:
		case problem:
			err = e.err
		default:
			panic(e)
		}
	}()
	f()
	return nil
}

// must ends the evaluation with an error, if there is one.
func must(err error) {
	if err != nil {
		panic(problem{err})
	}
}

// eval computes an expression. The model has run the same line before or will after, so
// that the mistakes of programs are its business.
func (s *session) eval(x program.Expr, e env) value {
	switch x := x.(type) {
	case *program.Num:
		return ofKind(program.Number, x.Value)
	case *program.Const:
		return ofKind(program.Number, x.Value)
	case *program.Word:
		return value{Val: program.Val{Kind: program.StateValue, S: x.Name}}
	case *program.Str:
		return value{Val: program.Val{Kind: program.StringValue, S: s.text(x, e)}}
	case *program.Name:
		v, ok := s.names[x.Name]
		if !ok {
			cannot(x, "the name is not bound")
		}
		return v
	case *program.Field:
		return s.field(x, e)
	case *program.Index:
		return s.index(x, e)
	case *program.List:
		return value{Val: program.Val{Kind: program.ListValue, L: s.list(x.Elems, e)}}
	case *program.Changed:
		return s.changed(x, e)
	case *program.Unary:
		return s.unary(x, e)
	case *program.Binary:
		return s.binary(x, e)
	case *program.CallExpr:
		return s.function(x, e)
	}
	cannot(x, "not a value")
	return value{}
}

// num is an expression's number as it counts for a task: a task's is its pid there.
func (s *session) num(x program.Expr, e env) uint64 { return s.plain(s.eval(x, e), e) }

func (s *session) plain(v value, e env) uint64 {
	if v.Kind != program.TaskValue || v.task == nil {
		return v.N
	}
	if e.proc {
		return uint64(v.task.pidFor(nil))
	}
	return uint64(v.task.pidFor(e.task))
}

func (s *session) list(xs []program.Expr, e env) []uint64 {
	out := make([]uint64, len(xs))
	for i, x := range xs {
		out[i] = s.num(x, e)
	}
	return out
}

func (s *session) text(x *program.Str, e env) string {
	e.proc = len(x.Parts) > 0 && x.Parts[0].X == nil && strings.HasPrefix(x.Parts[0].Text, "/proc/")
	var b strings.Builder
	for _, p := range x.Parts {
		if p.X == nil {
			b.WriteString(p.Text)
			continue
		}
		switch v := s.eval(p.X, e); v.Kind {
		case program.StringValue, program.StateValue:
			b.WriteString(v.S)
		case program.Number:
			b.WriteString(strconv.FormatInt(int64(v.N), 10))
		default:
			b.WriteString(strconv.FormatUint(s.plain(v, e), 10))
		}
	}
	return b.String()
}

// field is a structure's field or the id of a task's namespace.
func (s *session) field(x *program.Field, e env) value {
	v := s.eval(x.X, e)
	if v.Kind == program.TaskValue {
		if v.task == nil {
			cannot(x, "not a task of the program")
		}
		id, err := s.taskNamespace(v.task.pidFor(nil), x.Name)
		must(err)
		return ofKind(program.NSID, id)
	}
	f, ok := fieldOf(v.Val, x.Name)
	if !ok {
		cannot(x, "no such field")
	}
	return f
}

func fieldOf(v program.Val, name string) (value, bool) {
	for _, f := range v.F {
		if f.Name == name {
			return ofKind(f.Kind, f.N), true
		}
	}
	return value{}, false
}

func (s *session) index(x *program.Index, e env) value {
	l := s.eval(x.X, e).L
	i := int64(s.num(x.I, e))
	if i < 0 {
		i += int64(len(l))
	}
	if i < 0 || i >= int64(len(l)) {
		cannot(x, "the list has %d entries", len(l))
	}
	return ofKind(program.NSID, l[i])
}

func (s *session) changed(x *program.Changed, e env) value {
	v := s.eval(x.X, e)
	v.F = slices.Clone(v.F)
	for _, f := range x.Fields {
		if f.Name == "tail" && v.Kind == program.HandleValue {
			v.S = unhex(s.eval(f.X, e).S)
			continue
		}
		i := slices.IndexFunc(v.F, func(g program.FieldNumber) bool { return g.Name == f.Name })
		if i < 0 {
			cannot(x, "no field %s", f.Name)
		}
		v.F[i].N = s.num(f.X, e)
	}
	return v
}

// unhex reads bytes in hexadecimal, which the model has found to be well-formed.
func unhex(text string) string {
	var out []byte
	for i := 0; i+2 <= len(text); i += 2 {
		b, _ := strconv.ParseUint(text[i:i+2], 16, 8)
		out = append(out, byte(b))
	}
	return string(out)
}

func (s *session) unary(x *program.Unary, e env) value {
	n := s.num(x.X, e)
	switch x.Op {
	case "not":
		return truth(n == 0)
	case "-":
		return ofKind(program.Number, -n)
	}
	return ofKind(program.Number, ^n)
}

var arithmetic = map[string]func(a, b uint64) uint64{
	"|": func(a, b uint64) uint64 { return a | b }, "&": func(a, b uint64) uint64 { return a & b },
	"+": func(a, b uint64) uint64 { return a + b }, "-": func(a, b uint64) uint64 { return a - b },
	"*":  func(a, b uint64) uint64 { return a * b },
	"<<": func(a, b uint64) uint64 { return a << b }, ">>": func(a, b uint64) uint64 { return uint64(int64(a) >> b) },
	"%": func(a, b uint64) uint64 {
		if b == 0 {
			return 0
		}
		return uint64(int64(a) % int64(b))
	},
}

func (s *session) binary(x *program.Binary, e env) value {
	switch x.Op {
	case "and":
		return truth(s.num(x.X, e) != 0 && s.num(x.Y, e) != 0)
	case "or":
		return truth(s.num(x.X, e) != 0 || s.num(x.Y, e) != 0)
	case "has", "lacks":
		return truth(s.contains(s.eval(x.X, e), x.Y, x.Op == "has", e))
	case "in":
		return truth(s.contains(s.eval(x.Y, e), x.X, true, e))
	}
	a, b := s.eval(x.X, e), s.eval(x.Y, e)
	if f := arithmetic[x.Op]; f != nil {
		v := ofKind(program.Number, f(s.plain(a, e), s.plain(b, e)))
		if (a.Kind == program.Address) != (b.Kind == program.Address) {
			v.Kind = program.Address
		}
		return v
	}
	return truth(s.compare(x.Op, a, b, e))
}

// contains reports whether all of x are in a list, or none.
func (s *session) contains(l value, x program.Expr, has bool, e env) bool {
	v := s.eval(x, e)
	wanted := v.L
	if v.Kind != program.ListValue {
		wanted = []uint64{s.plain(v, e)}
	}
	for _, n := range wanted {
		if slices.Contains(l.L, n) != has {
			return false
		}
	}
	return true
}

// compare decides a comparison of two values.
func (s *session) compare(op string, a, b value, e env) bool {
	switch {
	case a.Kind == program.TaskValue && b.Kind == program.TaskValue && (op == "==" || op == "!="):
		if a.task != nil && b.task != nil {
			return (a.task == b.task) == (op == "==")
		}
	case a.Kind == program.ListValue:
		return slices.Equal(a.L, b.L) == (op == "==")
	case a.Kind == program.StringValue || a.Kind == program.StateValue:
		return holds(op, strings.Compare(a.S, b.S))
	case len(a.F) > 0:
		return (a.S == b.S && slices.Equal(a.F, b.F)) == (op == "==")
	}
	m, n := s.plain(a, e), s.plain(b, e)
	unsigned := func(v value) bool { return v.Kind == program.NSID || v.Kind == program.Address }
	if unsigned(a) || unsigned(b) {
		return holds(op, compareNumbers(m, n))
	}
	return holds(op, compareNumbers(int64(m), int64(n)))
}

func compareNumbers[T uint64 | int64](a, b T) int {
	switch {
	case a < b:
		return -1
	case a > b:
		return 1
	}
	return 0
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

// kernelAddress is the lowest address of the kernel's half.
const kernelAddress = 1 << 63

// functions are the functions of expressions.
var functions map[string]func(s *session, x *program.CallExpr, e env) value

func init() {
	// Not in the declaration: eval refers to the table.
	functions = map[string]func(s *session, x *program.CallExpr, e env) value{
		"active":  countFunction(func(ns *Namespace) value { return number(int64(ns.Active)) }),
		"passive": countFunction(func(ns *Namespace) value { return number(int64(ns.Passive)) }),
		"exists":  countFunction(func(*Namespace) value { return number(1) }),
		"listed":  countFunction(func(ns *Namespace) value { return truth(ns.Active > 0 && ns.Passive > 0) }),
		"inum":    seenFunction(func(ns *Namespace) value { return ofKind(program.Inum, uint64(ns.Inum)) }),
		"owner":   seenFunction(func(ns *Namespace) value { return ofKind(program.NSID, ns.Owner) }),
		"type":    seenFunction(func(ns *Namespace) value { return ofKind(program.Number, uint64(ns.Type)) }),
		"state": func(s *session, x *program.CallExpr, e env) value {
			v := s.eval(x.Args[0], e)
			if v.task == nil {
				cannot(x, "not a task of the program")
			}
			return value{Val: program.Val{Kind: program.StateValue, S: v.task.stateWord()}}
		},
		"warnings": func(s *session, _ *program.CallExpr, _ env) value { return number(int64(len(s.warnings))) },
		"len": func(s *session, x *program.CallExpr, e env) value {
			v := s.eval(x.Args[0], e)
			return number(int64(len(v.L) + len(v.S)))
		},
		"exited": func(s *session, x *program.CallExpr, e env) value {
			return ofKind(program.WaitStatus, uint64(uapi.ExitStatus(int(s.num(x.Args[0], e)))))
		},
		"killed": func(s *session, x *program.CallExpr, e env) value {
			return ofKind(program.WaitStatus, uint64(uapi.SignalStatus(uapi.Signal(s.num(x.Args[0], e)), false)))
		},
		"raw": func(s *session, x *program.CallExpr, e env) value {
			return ofKind(program.Number, s.eval(x.Args[0], e).N)
		},
		"room": func(s *session, x *program.CallExpr, e env) value {
			v := ofKind(program.Number, s.num(x.Args[0], e))
			v.room = true
			return v
		},
		"kernel": func(*session, *program.CallExpr, env) value { return ofKind(program.Address, kernelAddress) },
	}
}

func (s *session) function(x *program.CallExpr, e env) value {
	f := functions[x.Func]
	if f == nil {
		cannot(x, "no such function")
	}
	return f(s, x, e)
}

// namespace finds the id that a function of the state is asked about.
func (s *session) namespace(x *program.CallExpr, e env) uint64 {
	if !s.g.HasCounts() {
		cannot(x, "this kernel has no list of all namespaces")
	}
	v := s.eval(x.Args[0], e)
	if v.Kind != program.Descriptor {
		return v.N
	}
	holder := v.task
	if holder == nil || holder.ended() {
		cannot(x, "nobody has the descriptor")
	}
	id, err := s.linkedNamespace(fmt.Sprintf("/proc/%d/fd/%d", holder.pidFor(nil), v.N))
	must(err)
	return id
}

// countFunction is a function that is 0 for a namespace that does not exist any more.
func countFunction(f func(*Namespace) value) func(*session, *program.CallExpr, env) value {
	return func(s *session, x *program.CallExpr, e env) value {
		id := s.namespace(x, e)
		if i := slices.IndexFunc(s.now, func(ns Namespace) bool { return ns.ID == id }); i >= 0 {
			return f(&s.now[i])
		}
		return number(0)
	}
}

// seenFunction is a function of what never changes about a namespace.
func seenFunction(f func(*Namespace) value) func(*session, *program.CallExpr, env) value {
	return func(s *session, x *program.CallExpr, e env) value {
		ns, ok := s.seen[s.namespace(x, e)]
		if !ok {
			cannot(x, "no such namespace was ever seen")
		}
		return f(&ns)
	}
}

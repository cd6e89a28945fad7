// SPDX-License-Identifier: GPL-2.0-only

package creproducer

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/nssim/nssim/sim/program"
)

// cvalue is an expression in C with the kind of its value.
type cvalue struct {
	text string
	kind program.ValueKind
}

func (v cvalue) unsigned() bool { return v.kind == program.NSID || v.kind == program.Address }

// unseen are the functions that look at what user space cannot see.
var unseen = map[string]bool{"active": true, "passive": true, "exists": true, "listed": true, "inum": true, "owner": true, "type": true, "warnings": true}

// cannotSee reports whether an expression asks for that.
func cannotSee(x program.Expr) (found bool) {
	program.Walk(x, func(x program.Expr) bool {
		if f, ok := x.(*program.CallExpr); ok && unseen[f.Func] {
			found = true
		}
		return !found
	})
	return found
}

func (s *source) cannot(x program.Expr) cvalue {
	panic(fmt.Errorf("%s: %w", x, ErrCannot))
}

// expr writes an expression; viewer is the task that it is for, -1 for none, as C.
func (s *source) expr(x program.Expr) cvalue {
	switch x := x.(type) {
	case *program.Num:
		if x.Value > 1<<31 {
			return cvalue{fmt.Sprintf("%#xull", x.Value), program.Number}
		}
		return cvalue{strconv.FormatUint(x.Value, 10), program.Number}
	case *program.Const:
		if x.Name == "NULL" {
			return cvalue{"0", program.Number}
		}
		s.consts[x.Name] = x.Value
		return cvalue{x.Name, program.Number}
	case *program.Word:
		return cvalue{strconv.Quote(x.Name), program.StringValue}
	case *program.Str:
		return cvalue{s.str(x), program.StringValue}
	case *program.Name:
		return s.name(x)
	case *program.Field:
		return s.field(x)
	case *program.Index:
		return cvalue{fmt.Sprintf("entry(&%s, %s)", s.expr(x.X).text, s.expr(x.I).text), program.NSID}
	case *program.List:
		return cvalue{s.list(x), program.ListValue}
	case *program.Unary:
		op := x.Op
		if op == "not" {
			op = "!"
		}
		return cvalue{op + "(" + s.expr(x.X).text + ")", program.Number}
	case *program.Binary:
		return s.binary(x)
	case *program.CallExpr:
		return s.function(x)
	}
	return s.cannot(x)
}

func (s *source) name(x *program.Name) cvalue {
	if _, ok := s.tasks[x.Name]; ok {
		return cvalue{fmt.Sprintf("pid_of(%s, me)", taskID(x.Name)), program.TaskValue}
	}
	k := s.kinds[x.Name]
	return cvalue{"V." + variable(x.Name), k.kind}
}

func (s *source) field(x *program.Field) cvalue {
	if n, ok := x.X.(*program.Name); ok {
		if _, ok := s.tasks[n.Name]; ok {
			return cvalue{fmt.Sprintf("ns_of(%s, %q)", taskID(n.Name), x.Name), program.NSID}
		}
	}
	v := s.expr(x.X)
	kind := program.Number
	if x.Name == "ns_id" || x.Name == "mnt_ns_id" {
		kind = program.NSID
	}
	return cvalue{v.text + "." + x.Name, kind}
}

func (s *source) list(x *program.List) string {
	var out []string
	for _, e := range x.Elems {
		out = append(out, s.expr(e).text)
	}
	return strings.Join(out, ", ")
}

// str is a string, put together at run time if it has names in it.
func (s *source) str(x *program.Str) string {
	var format strings.Builder
	var args []string
	proc := len(x.Parts) > 0 && x.Parts[0].X == nil && strings.HasPrefix(x.Parts[0].Text, "/proc/")
	for _, p := range x.Parts {
		if p.X == nil {
			format.WriteString(p.Text)
			continue
		}
		v := s.expr(p.X)
		switch {
		case v.kind == program.StringValue:
			format.WriteString("%s")
			args = append(args, v.text)
			continue
		case v.kind == program.TaskValue && proc:
			v.text = strings.Replace(v.text, ", me)", ", -1)", 1)
		}
		format.WriteString("%llu")
		args = append(args, "(u64)("+v.text+")")
	}
	if len(args) == 0 {
		return cstring(format.String())
	}
	return fmt.Sprintf("text(%s, %s)", cstring(strings.ReplaceAll(format.String(), "%%", "%")), strings.Join(args, ", "))
}

// cstring quotes for C: what is no printable character in octal.
func cstring(text string) string {
	var b strings.Builder
	b.WriteByte('"')
	for i := range len(text) {
		switch c := text[i]; {
		case c == '"' || c == '\\':
			b.WriteByte('\\')
			b.WriteByte(c)
		case c < ' ' || c > '~':
			fmt.Fprintf(&b, "\\%03o", c)
		default:
			b.WriteByte(c)
		}
	}
	b.WriteByte('"')
	return b.String()
}

func (s *source) binary(x *program.Binary) cvalue {
	switch x.Op {
	case "and", "or":
		op := map[string]string{"and": "&&", "or": "||"}[x.Op]
		return cvalue{fmt.Sprintf("(%s) %s (%s)", s.expr(x.X).text, op, s.expr(x.Y).text), program.Number}
	case "has", "lacks":
		return cvalue{s.contains(s.expr(x.X).text, x.Y, x.Op == "has"), program.Number}
	case "in":
		if l, ok := x.Y.(*program.List); ok {
			var alternatives []string
			for _, e := range l.Elems {
				alternatives = append(alternatives, s.compare("==", x.X, e))
			}
			return cvalue{"(" + strings.Join(alternatives, " || ") + ")", program.Number}
		}
		return cvalue{s.contains(s.expr(x.Y).text, x.X, true), program.Number}
	case "==", "!=", "<", "<=", ">", ">=":
		return cvalue{s.compare(x.Op, x.X, x.Y), program.Number}
	}
	a, b := s.expr(x.X), s.expr(x.Y)
	kind := a.kind
	if b.unsigned() {
		kind = b.kind
	}
	if kind != program.NSID && kind != program.Address {
		kind = program.Number
	}
	return cvalue{fmt.Sprintf("(%s %s %s)", a.text, x.Op, b.text), kind}
}

func (s *source) contains(list string, x program.Expr, want bool) string {
	text := fmt.Sprintf("has(&%s, %s)", list, s.expr(x).text)
	if !want {
		return "!" + text
	}
	return text
}

func (s *source) compare(op string, x, y program.Expr) string {
	if l, ok := y.(*program.List); ok {
		return s.sameList(op, s.expr(x).text, l)
	}
	if l, ok := x.(*program.List); ok {
		return s.sameList(op, s.expr(y).text, l)
	}
	return s.compared(op, s.expr(x), s.expr(y))
}

func (s *source) sameList(op, list string, l *program.List) string {
	not := ""
	if op == "!=" {
		not = "!"
	}
	if len(l.Elems) == 0 {
		return fmt.Sprintf("%s(%s.n == 0)", not, list)
	}
	return fmt.Sprintf("%ssame(&%s, %d, (u64[]){ %s })", not, list, len(l.Elems), s.list(l))
}

func (s *source) compared(op string, a, b cvalue) string {
	switch {
	case a.kind == program.StringValue || b.kind == program.StringValue || a.kind == program.StateValue:
		return fmt.Sprintf("strcmp(%s, %s) %s 0", a.text, b.text, op)
	case a.kind == program.ListValue:
		return fmt.Sprintf("same(&%s, %s.n, %s.id) %s 1", a.text, b.text, b.text, op)
	case a.kind == program.HandleValue || a.kind == program.RecordValue:
		return fmt.Sprintf("memcmp(&%s, &%s, sizeof %s) %s 0", a.text, b.text, a.text, op)
	}
	cast := "(s64)"
	if a.unsigned() || b.unsigned() {
		cast = "(u64)"
	}
	return fmt.Sprintf("%s(%s) %s %s(%s)", cast, a.text, op, cast, b.text)
}

func (s *source) function(x *program.CallExpr) cvalue {
	switch x.Func {
	case "state":
		if n, ok := x.Args[0].(*program.Name); ok {
			return cvalue{fmt.Sprintf("state_of(%s)", taskID(n.Name)), program.StringValue}
		}
	case "len":
		v := s.expr(x.Args[0])
		if v.kind == program.StringValue {
			return cvalue{"strlen(" + v.text + ")", program.Number}
		}
		return cvalue{v.text + ".n", program.Number}
	case "exited":
		return cvalue{"W_EXITCODE(" + s.expr(x.Args[0]).text + ", 0)", program.Number}
	case "killed":
		return cvalue{"W_EXITCODE(0, " + s.expr(x.Args[0]).text + ")", program.Number}
	case "raw":
		return s.expr(x.Args[0])
	case "room":
		return cvalue{"room(" + s.expr(x.Args[0]).text + ")", program.Address}
	case "kernel":
		return cvalue{"KERNEL_ADDRESS", program.Address}
	}
	return s.cannot(x)
}

// SPDX-License-Identifier: GPL-2.0-only

package program

import (
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"
)

// String returns the line as it stands in a program alone.
func (l *Line) String() string {
	label, body := l.halves()
	if label == "" {
		return body
	}
	return label + " " + body
}

// halves returns what stands before and after the task column.
func (l *Line) halves() (label, body string) {
	switch l.Kind {
	case Assert:
		return "?", l.Expr.String()
	case SkipIf:
		return "", fmt.Sprintf("skip if %s %s", l.Expr, l.Reason)
	case Settle:
		return "", "settle"
	}
	var b strings.Builder
	if l.Kind == Resume {
		b.WriteString("<... " + l.Call.Name + " resumed>")
	} else {
		b.WriteString(l.Call.Name)
		writeExprs(&b, "(", l.Call.Args, ")")
	}
	if l.Call.Fail != "" {
		b.WriteString(" fail " + l.Call.Fail)
	}
	if l.Call.Until != "" {
		b.WriteString(" until " + l.Call.Until)
	}
	for i := range l.Results {
		b.WriteByte(' ')
		b.WriteString(l.Results[i].String())
	}
	if l.Unfinished {
		b.WriteString(" <unfinished ...>")
	}
	return l.Task + ":", b.String()
}

// String returns the result as it stands behind a call.
func (r *Result) String() string {
	switch r.Kind {
	case Errnos:
		return "= " + errnoText(r.Errnos)
	case Compare:
		return r.Op + " " + operand(r.X, precBitOr)
	case Has, Lacks:
		var b strings.Builder
		b.WriteString(r.Kind.String())
		for i, x := range r.List {
			if i > 0 {
				b.WriteByte(',')
			}
			b.WriteString(" " + operand(x, precBitOr))
		}
		return b.String()
	case Any:
		return "= _"
	case SkipOn:
		what := errnoText(r.Errnos)
		switch {
		case r.X != nil:
			what = r.X.String()
		case len(r.Errnos) == 0:
			what = "< 0"
		}
		return "skip if " + what + " " + r.Reason.String()
	}
	return "= " + operand(r.X, precBitOr)
}

func errnoText(es []Errno) string {
	names := make([]string, len(es))
	for i, e := range es {
		names[i] = "-" + e.Name
	}
	return strings.Join(names, "|")
}

// operand returns the text of x for a place where only operators as tight as least may
// stand.
func operand(x Expr, least int) string {
	if x.prec() < least {
		return "(" + x.String() + ")"
	}
	return x.String()
}

func writeExprs(b *strings.Builder, open string, xs []Expr, closing string) {
	b.WriteString(open)
	for i, x := range xs {
		if i > 0 {
			b.WriteString(", ")
		}
		b.WriteString(x.String())
	}
	b.WriteString(closing)
}

func writeFields(b *strings.Builder, fs []FieldValue) {
	b.WriteByte('{')
	for i, f := range fs {
		if i > 0 {
			b.WriteString(", ")
		}
		b.WriteString(f.Name + "=" + f.X.String())
	}
	b.WriteByte('}')
}

// String returns the number in its base.
func (x *Num) String() string {
	switch x.Base {
	case 16:
		return "0x" + strconv.FormatUint(x.Value, 16)
	case 8:
		return "0" + strconv.FormatUint(x.Value, 8)
	}
	return strconv.FormatUint(x.Value, 10)
}

// String returns the C name.
func (x *Const) String() string { return x.Name }

// String returns the word.
func (x *Word) String() string { return x.Name }

// String returns the name.
func (x *Name) String() string { return x.Name }

// String returns `_`.
func (x *Blank) String() string { return "_" }

// String returns the string in quotes, with escapes.
func (x *Str) String() string {
	var b strings.Builder
	b.WriteByte('"')
	for _, p := range x.Parts {
		switch {
		case p.X != nil:
			b.WriteString("{" + p.X.String() + "}")
		case p.sub:
			b.WriteString(p.Text)
		default:
			escape(&b, p.Text)
		}
	}
	b.WriteByte('"')
	return b.String()
}

func escape(b *strings.Builder, s string) {
	for i := 0; i < len(s); {
		r, size := utf8.DecodeRuneInString(s[i:])
		switch {
		case r == '\n':
			b.WriteString(`\n`)
		case r == '\t':
			b.WriteString(`\t`)
		case r == '"' || r == '\\' || r == '{' || r == '$':
			b.WriteByte('\\')
			b.WriteRune(r)
		case r == utf8.RuneError && size == 1 || r < ' ' || r == 0x7f:
			fmt.Fprintf(b, `\x%02x`, s[i])
		default:
			b.WriteString(s[i : i+size])
		}
		i += size
	}
}

// String returns `&NAME` with its fields.
func (x *Out) String() string {
	if x.Fields == nil {
		return "&" + x.Name
	}
	var b strings.Builder
	b.WriteString("&" + x.Name)
	writeFields(&b, x.Fields)
	return b.String()
}

// String returns `{field=value, ...}`.
func (x *Struct) String() string {
	var b strings.Builder
	writeFields(&b, x.Fields)
	return b.String()
}

// String returns the original and the fields that are replaced.
func (x *Changed) String() string {
	var b strings.Builder
	b.WriteString(operand(x.X, precPrimary))
	writeFields(&b, x.Fields)
	return b.String()
}

// String returns `x.name`.
func (x *Field) String() string { return operand(x.X, precPrimary) + "." + x.Name }

// String returns `x[i]`.
func (x *Index) String() string {
	return operand(x.X, precPrimary) + "[" + x.I.String() + "]"
}

// String returns `[a, b]`.
func (x *List) String() string {
	var b strings.Builder
	writeExprs(&b, "[", x.Elems, "]")
	return b.String()
}

// String returns the operator and its operand.
func (x *Unary) String() string {
	op := x.Op
	if op == "not" {
		op = "not "
	}
	return op + operand(x.X, x.prec())
}

// String returns the operands and the operator, with blanks around it unless it joins
// flags.
func (x *Binary) String() string {
	left := operand(x.X, x.prec())
	if x.prec() == precCompare {
		left = operand(x.X, precCompare+1)
	}
	op := " " + x.Op + " "
	if joinsFlags(x) {
		op = x.Op
	}
	return left + op + operand(x.Y, x.prec()+1)
}

// joinsFlags reports whether x is `A|B|C` of single operands.
func joinsFlags(x *Binary) bool {
	if x.Op != "|" {
		return false
	}
	if left, ok := x.X.(*Binary); ok && left.prec() >= precBitOr && !joinsFlags(left) {
		return false
	}
	right, ok := x.Y.(*Binary)
	return !ok || right.prec() <= precBitOr
}

// String returns the function with its arguments.
func (x *CallExpr) String() string {
	var b strings.Builder
	b.WriteString(x.Func)
	writeExprs(&b, "(", x.Args, ")")
	return b.String()
}

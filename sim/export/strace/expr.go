// SPDX-License-Identifier: GPL-2.0-only

package strace

import (
	"strconv"
	"strings"

	"github.com/nssim/nssim/sim/program"
	"github.com/nssim/nssim/syscall/uapi"
)

// Expressions of programs, put together.

func numX(n int64) program.Expr {
	if n < 0 {
		return &program.Unary{Op: "-", X: &program.Num{Value: uint64(-n)}}
	}
	return &program.Num{Value: uint64(n)}
}

func hexX(n uint64) program.Expr            { return &program.Num{Value: n, Base: 16} }
func nameX(s string) program.Expr           { return &program.Name{Name: s} }
func outX(s string) program.Expr            { return &program.Out{Name: s} }
func listX(xs ...program.Expr) program.Expr { return &program.List{Elems: xs} }
func fieldX(x program.Expr, f string) program.Expr {
	return &program.Field{X: x, Name: f}
}

func indexX(x program.Expr, i int) program.Expr {
	return &program.Index{X: x, I: numX(int64(i))}
}

func funcX(f string, args ...program.Expr) program.Expr {
	return &program.CallExpr{Func: f, Args: args}
}

func equalX(x, y program.Expr) program.Expr { return &program.Binary{Op: "==", X: x, Y: y} }

func constX(name string) program.Expr {
	v, _ := constant(name)
	return &program.Const{Name: name, Value: v}
}

func strX(s string) *program.Str {
	if s == "" {
		return &program.Str{}
	}
	return &program.Str{Parts: []program.Part{{Text: s}}}
}

// structX makes a structure of names and values, without those that are nil.
func structX(pairs ...any) *program.Struct {
	s := &program.Struct{}
	for i := 0; i < len(pairs); i += 2 {
		if x, ok := pairs[i+1].(program.Expr); ok && x != nil {
			s.Fields = append(s.Fields, program.FieldValue{Name: pairs[i].(string), X: x})
		}
	}
	return s
}

// libc are constants of C headers that the model's tables do not have.
var libc = map[string]uint64{
	"NULL": 0, "IPPROTO_IP": 0, "IPPROTO_ICMP": 1, "IPPROTO_TCP": 6, "IPPROTO_UDP": 17, "IPPROTO_RAW": 255, "IPPROTO_ICMPV6": 58,
	"AT_STATX_DONT_SYNC": 0x4000, "AT_STATX_FORCE_SYNC": 0x2000, "AT_STATX_SYNC_AS_STAT": 0, "AT_NO_AUTOMOUNT": 0x800,
	"F_OK": 0, "X_OK": 1, "W_OK": 2, "R_OK": 4, "MS_MGC_VAL": 0xc0ed0000, "CLOSE_RANGE_CLOEXEC": 4, "CLOSE_RANGE_UNSHARE": 2,
	"S_IFREG": 0o100000, "S_IFDIR": 0o40000, "S_IFLNK": 0o120000, "S_IFCHR": 0o20000, "S_IFIFO": 0o10000,
	"S_IFSOCK": 0o140000, "S_IFBLK": 0o60000, "S_ISUID": 0o4000, "S_ISGID": 0o2000, "S_ISVTX": 0o1000,
	"EFD_CLOEXEC": uapi.O_CLOEXEC, "SFD_CLOEXEC": uapi.O_CLOEXEC, "TFD_CLOEXEC": uapi.O_CLOEXEC, "EPOLL_CLOEXEC": uapi.O_CLOEXEC,
	"MFD_CLOEXEC": 1, "IN_CLOEXEC": uapi.O_CLOEXEC,
}

func constant(name string) (uint64, bool) {
	if v, ok := libc[name]; ok {
		return v, true
	}
	return uapi.ConstantByName(name)
}

// inProgram reports whether programs know a constant by that name.
func inProgram(name string) bool {
	switch name {
	case "IPPROTO_ICMP", "IPPROTO_TCP", "IPPROTO_UDP", "NULL", "F_OK", "X_OK", "W_OK", "R_OK":
		return true
	}
	_, ok := uapi.ConstantByName(name)
	return ok
}

// term evaluates one of the numbers or constants that are joined by `|`.
func term(s string) (uint64, bool) {
	s = strings.TrimSpace(s)
	if rest, ok := strings.CutPrefix(s, "1<<"); ok {
		n, ok := term(rest)
		return 1 << n, ok && n < 64
	}
	if a, b, ok := strings.Cut(s, "*"); ok {
		x, ok1 := term(a)
		y, ok2 := term(b)
		return x * y, ok1 && ok2
	}
	if v, ok := constant(s); ok {
		return v, true
	}
	if n, err := strconv.ParseInt(s, 0, 64); err == nil {
		return uint64(n), true
	}
	n, err := strconv.ParseUint(s, 0, 64)
	return n, err == nil
}

// flags evaluates an atom: numbers and constants joined by `|`. The expression has the
// constants that programs know by their names.
func flags(raw string) (n uint64, x program.Expr, bad string) {
	rest := uint64(0)
	for t := range strings.SplitSeq(raw, "|") {
		t = strings.TrimSpace(t)
		v, ok := term(t)
		if !ok {
			return 0, nil, t
		}
		n |= v
		if !inProgram(t) {
			rest |= v
			continue
		}
		x = orX(x, constX(t))
	}
	if x == nil {
		return n, smallX(n), ""
	}
	if rest != 0 {
		x = orX(x, hexX(rest))
	}
	return n, x, ""
}

func smallX(n uint64) program.Expr {
	if int64(n) < 0 || n < 1<<16 {
		return numX(int64(n))
	}
	return hexX(n)
}

func orX(x, y program.Expr) program.Expr {
	if x == nil {
		return y
	}
	return &program.Binary{Op: "|", X: x, Y: y}
}

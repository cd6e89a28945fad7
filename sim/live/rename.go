// SPDX-License-Identifier: GPL-2.0-only

package live

import (
	"slices"
	"strconv"
	"strings"

	"github.com/nssim/nssim/sim/program"
	"github.com/nssim/nssim/syscall/uapi"
)

// renamer gives the numbers of one line their names in a recording.
type renamer struct {
	*recorder
	line  *program.Line
	inner bool // the caller is in a pid namespace below the initial one, where numbers are exact
}

func (n *renamer) observed(o *program.Observed) {
	o.Ret = n.value(o.Ret)
	for i := range o.IDs {
		o.IDs[i] = n.id(o.IDs[i])
	}
	for i := range o.Outs {
		if v := &o.Outs[i].Value; i == 1 && n.line.Call.Name == "name_to_handle_at" {
			v.N = n.mounts.of(v.N)
		} else {
			*v = n.value(*v)
		}
	}
}

func (n *renamer) value(v program.Val) program.Val {
	v.N = n.number(v.Kind, v.N)
	switch v.Kind {
	case program.StringValue:
		v.S = n.text(v.S)
	case program.ListValue:
		v.L = slices.Clone(v.L)
		for i := range v.L {
			v.L[i] = n.id(v.L[i])
		}
	case program.RecordValue, program.HandleValue:
		v.F = n.fields(v.F)
	}
	return v
}

func (n *renamer) number(k program.ValueKind, g uint64) uint64 {
	switch k {
	case program.Address, program.Nothing:
		return 0
	case program.NSID:
		return n.id(g)
	case program.Inum:
		return n.inum(g)
	case program.TaskValue:
		return n.pid(g)
	case program.Number:
		if to, ok := n.pids.to[g]; ok && translatesPids(n.line) {
			return to
		}
	}
	return g
}

func (n *renamer) pid(g uint64) uint64 {
	if n.inner || g <= 1 {
		return g
	}
	return n.pids.of(g)
}

// fields renames those of a structure, and drops those of files that are no namespaces'.
func (n *renamer) fields(fs []program.FieldNumber) []program.FieldNumber {
	fs = slices.Clone(fs)
	ours := true
	for _, f := range fs {
		switch f.Name {
		case "st_ino":
			ours = n.inum(f.N) != 0
		case "handle_type":
			ours = f.N == uapi.FILEID_NSFS
		}
	}
	for i := range fs {
		f := &fs[i]
		switch {
		case !ours && slices.Contains(ownNumbers, f.Name):
			f.N = 0
		case f.Name == "st_dev":
			f.N = n.devs.of(f.N)
		default:
			f.N = n.number(f.Kind, f.N)
		}
	}
	return fs
}

// text renames the numbers in a string, as mapping.text compares them.
func (n *renamer) text(s string) string {
	var b strings.Builder
	at := 0
	for _, m := range digits.FindAllStringIndex(s, -1) {
		g, _ := strconv.ParseUint(s[m[0]:m[1]], 10, 64)
		b.WriteString(s[at:m[0]])
		b.WriteString(n.numberIn(s[:m[0]], s[m[0]:m[1]], g))
		at = m[1]
	}
	return b.String() + s[at:]
}

func (n *renamer) numberIn(before, text string, g uint64) string {
	switch {
	case strings.HasSuffix(before, "socket:[") || strings.HasSuffix(before, "pipe:["):
		return strconv.FormatUint(n.others.of(g), 10)
	case strings.HasSuffix(before, ":["):
		return strconv.FormatUint(n.inum(g), 10)
	}
	if to, ok := n.pids.to[g]; ok && !n.inner {
		return strconv.FormatUint(to, 10)
	}
	return text
}

// SPDX-License-Identifier: GPL-2.0-only

package uapi

import (
	"fmt"
	"math/bits"
	"slices"
	"strings"
)

// Constant is a constant of the userspace ABI under its C name. A negative one is held in
// two's complement, so AT_FDCWD is uint64(int64(-100)) at run time.
type Constant struct {
	Name  string
	Value uint64
}

// signed converts a negative constant, which Go refuses to convert as a constant.
func signed(v int64) uint64 { return uint64(v) }

// index is a spec made ready for look-ups.
type index struct {
	spec
	byName  map[string]uint64 // what the group's constants are worth
	byValue map[uint64]string // names of single values
}

var (
	lookup    = buildLookup()
	constants = buildConstants()
)

func join(tables ...[]Constant) []Constant { return slices.Concat(tables...) }

// all lists every constant that s knows.
func (s *spec) all() []Constant { return join(s.flags, s.values, s.aliases) }

func buildLookup() map[Group]*index {
	out := make(map[Group]*index, len(specs))
	for _, s := range specs {
		x := &index{spec: s, byName: map[string]uint64{}, byValue: map[uint64]string{}}
		for _, c := range s.all() {
			x.byName[c.Name] = c.Value
		}
		for _, c := range s.values {
			x.byValue[c.Value] = c.Name
		}
		x.flags = wideFirst(s.flags, s.shift)
		out[s.group] = x
	}
	return out
}

// wideFirst orders flags for matching: those with several bits first, so that O_SYNC is not
// taken for its part O_DSYNC, and from the lowest value up.
func wideFirst(flags []Constant, shift bool) []Constant {
	out := slices.Clone(flags)
	slices.SortStableFunc(out, func(a, b Constant) int {
		if shift {
			return int(a.Value) - int(b.Value)
		}
		if d := min(2, bits.OnesCount64(b.Value)) - min(2, bits.OnesCount64(a.Value)); d != 0 {
			return d
		}
		if a.Value < b.Value {
			return -1
		}
		return 1
	})
	return out
}

func buildConstants() map[string]uint64 {
	out := map[string]uint64{}
	for i := range specs {
		for _, c := range specs[i].all() {
			out[c.Name] = c.Value
		}
	}
	return out
}

// Constants lists every constant of this package under its C name, in the names' order.
func Constants() []Constant {
	out := make([]Constant, 0, len(constants))
	for name, v := range constants {
		out = append(out, Constant{name, v})
	}
	slices.SortFunc(out, func(a, b Constant) int { return strings.Compare(a.Name, b.Name) })
	return out
}

// ConstantByName finds a constant by its C name.
func ConstantByName(name string) (uint64, bool) {
	v, ok := constants[name]
	return v, ok
}

// Groups lists the groups in this package's order.
func Groups() []Group {
	out := make([]Group, len(specs))
	for i := range specs {
		out[i] = specs[i].group
	}
	return out
}

// FormatFlags writes value with the constants of group, as strace does:
// "CLONE_NEWUSER|CLONE_NEWNET". Bits without a name stand in hexadecimal at the end; 0 is
// the name of the group's zero or else "0". An unknown group has no names.
// ParseFlags reads the result back.
func FormatFlags(group Group, value uint64) string {
	x := lookup[group]
	if x == nil {
		x = &index{}
	}
	field, rest := x.fieldName(value)
	var parts []string
	if field != "" && !x.fieldLast {
		parts = append(parts, field)
	}
	for _, c := range x.flags {
		bit, name := c.Value, c.Name
		if x.shift {
			bit, name = 1<<c.Value, "1<<"+c.Name
		}
		if bit != 0 && rest&bit == bit {
			rest &^= bit
			parts = append(parts, name)
		}
	}
	if field != "" && x.fieldLast {
		parts = append(parts, field)
	}
	if rest != 0 {
		parts = append(parts, fmt.Sprintf("%#x", rest))
	}
	if len(parts) == 0 {
		return x.zeroName()
	}
	return strings.Join(parts, "|")
}

// fieldName names the part of value that lies in the group's field, "" if it has no name,
// and returns the bits that are left to name.
func (x *index) fieldName(value uint64) (string, uint64) {
	if x.field == 0 {
		return "", value
	}
	name := x.byValue[value&x.field]
	if name == "" {
		return "", value
	}
	return name, value &^ x.field
}

// zeroName is how the group writes "no bit set".
func (x *index) zeroName() string {
	for _, c := range x.flags {
		if c.Value == 0 && !x.shift {
			return c.Name
		}
	}
	return "0"
}

// SPDX-License-Identifier: GPL-2.0-only

package program

import (
	"cmp"
	"slices"
	"strconv"
	"strings"

	"github.com/nssim/nssim/syscall/uapi"
)

// ValueKind is the type of a value, given by what assigned it.
type ValueKind uint8

// The kinds of values.
const (
	// Nothing is the value of a call that put none out.
	Nothing ValueKind = iota
	// Number is 64 bits, compared as a signed number.
	Number
	// TaskValue is a task; as a number, its pid as the caller's pid namespace numbers it.
	TaskValue
	// Descriptor is an open file of some task; as a number, the descriptor.
	Descriptor
	// NSID is a namespace id.
	NSID
	// Inum is the inode number of a namespace.
	Inum
	// WaitStatus is what wait4 stores.
	WaitStatus
	// Address is an address of user memory.
	Address
	// ListValue is a list of numbers, mostly ids.
	ListValue
	// StringValue is a string.
	StringValue
	// StateValue is the state of a task.
	StateValue
	// HandleValue is a file handle: fields, and in S the bytes behind the known ones.
	HandleValue
	// RecordValue is a structure that a call has filled in.
	RecordValue
	// memory is a buffer with room for N entries that faults behind them.
	memory
)

var kindNames = [...]string{
	"nothing", "a number", "a task", "a descriptor", "a namespace id", "an inode number", "a wait status",
	"an address", "a list", "a string", "a task's state", "a file handle", "a structure", "memory",
}

// String returns the kind in words, with its article.
func (k ValueKind) String() string { return kindNames[k] }

// Val is what a name is bound to and what an expression gives. Values are plain data and
// never changed once made.
type Val struct {
	Kind ValueKind
	// N is the number. A task's is its pid in the initial pid namespace when the value was
	// made.
	N uint64
	// S is a string's bytes, a state's word, what follows in a handle.
	S string
	// L is a list's entries.
	L []uint64
	// F is the fields of a structure or a handle, in their order.
	F []FieldNumber

	ref int32 // of a task or a descriptor: what the runner knows about it
}

// FieldNumber is one field of a structure.
type FieldNumber struct {
	Name string
	Kind ValueKind
	N    uint64
}

func number64(n int64) Val  { return Val{Kind: Number, N: uint64(n)} }
func numberU(n uint64) Val  { return Val{Kind: Number, N: n} }
func idValue(id uint64) Val { return Val{Kind: NSID, N: id} }

func truthValue(b bool) Val {
	if b {
		return Val{Kind: Number, N: 1}
	}
	return Val{Kind: Number}
}

// field returns a field of a structure or handle.
func (v *Val) field(name string) (Val, bool) {
	for i := range v.F {
		if f := &v.F[i]; f.Name == name {
			return Val{Kind: f.Kind, N: f.N}, true
		}
	}
	return Val{}, false
}

// fieldNames lists the fields, for messages.
func (v *Val) fieldNames() (names []string) {
	for i := range v.F {
		names = append(names, v.F[i].Name)
	}
	return names
}

// numeric reports whether a value stands for a number.
func (v *Val) numeric() bool {
	switch v.Kind {
	case Number, TaskValue, Descriptor, NSID, Inum, WaitStatus, Address:
		return true
	}
	return false
}

// comparable reports whether two values may be compared: a number with anything that is
// one, otherwise what is of one kind.
func comparableKinds(a, b *Val) bool {
	switch {
	case a.Kind == b.Kind:
		return true
	case a.Kind == Number:
		return b.numeric()
	case b.Kind == Number:
		return a.numeric()
	}
	return false
}

// compareNumbers orders two numbers of comparable kinds: ids as they are, all else as
// signed.
func compareNumbers(a, b *Val) int {
	if a.Kind == NSID || b.Kind == NSID || a.Kind == Address || b.Kind == Address {
		return cmp.Compare(a.N, b.N)
	}
	return cmp.Compare(int64(a.N), int64(b.N))
}

// String returns the value as programs and strace write it.
func (v Val) String() string {
	switch v.Kind {
	case Nothing:
		return "?"
	case Number:
		return strconv.FormatInt(int64(v.N), 10)
	case WaitStatus:
		return statusText(uapi.WaitStatus(v.N))
	case Address:
		return "0x" + strconv.FormatUint(v.N, 16)
	case ListValue:
		return listText(v.L)
	case StringValue:
		return (&Str{Parts: []Part{{Text: v.S}}}).String()
	case StateValue:
		return v.S
	case HandleValue, RecordValue:
		return v.recordText()
	case memory:
		return "room(" + strconv.FormatUint(v.N, 10) + ")"
	}
	return strconv.FormatUint(v.N, 10)
}

// statusText writes a wait status as programs do.
func statusText(w uapi.WaitStatus) string {
	switch {
	case w.Exited():
		return "exited(" + strconv.Itoa(w.ExitCode()) + ")"
	case w.Signaled():
		return "killed(" + w.TermSignal().String() + ")"
	}
	return "0x" + strconv.FormatUint(uint64(w), 16)
}

func listText(ids []uint64) string {
	var b strings.Builder
	b.WriteByte('[')
	for i, id := range ids {
		if i > 0 {
			b.WriteString(", ")
		}
		b.WriteString(strconv.FormatUint(id, 10))
	}
	b.WriteByte(']')
	return b.String()
}

func (v *Val) recordText() string {
	var b strings.Builder
	b.WriteByte('{')
	for i, f := range v.F {
		if i > 0 {
			b.WriteString(", ")
		}
		b.WriteString(f.Name + "=" + Val{Kind: f.Kind, N: f.N}.String())
	}
	if v.S != "" {
		b.WriteString(", tail=\"" + hexText(v.S) + "\"")
	}
	b.WriteByte('}')
	return b.String()
}

func hexText(s string) string {
	const digits = "0123456789abcdef"
	var b strings.Builder
	for i := range len(s) {
		b.WriteByte(digits[s[i]>>4])
		b.WriteByte(digits[s[i]&15])
	}
	return b.String()
}

// equalFields compares structures.
func equalFields(a, b *Val) bool { return a.S == b.S && slices.Equal(a.F, b.F) }

// SPDX-License-Identifier: GPL-2.0-only

package syz

import "github.com/nssim/nssim/sim/program"

// File is a program of syzkaller, item by item.
type File struct {
	// Name is the file name, for messages.
	Name  string
	Items []Item
}

// Item is one line: a call, or else a comment, which is "" for an empty line.
type Item struct {
	At program.Pos
	// Call is nil for a line that is none.
	Call *Call
	// Comment is the text of a line that starts with #, without it and blanks around.
	Comment string
	// Blank says that the line is empty.
	Blank bool
}

// Call is one system call.
type Call struct {
	At program.Pos
	// Ret is the resource that the call returns, without the r, or -1.
	Ret int
	// Name is the call's name with its variant: ioctl$NS_GET_USERNS.
	Name  string
	Args  []Arg
	Props []Prop
	// Comment follows the call: the errno that it must fail with, or blocked.
	Comment   string
	CommentAt program.Pos
}

// Prop is a property of a call: async, fail_nth: N, rerun: N.
type Prop struct {
	At   program.Pos
	Name string
	// Value is the number behind the colon, Has whether there is one.
	Value uint64
	Has   bool
}

// Arg is an argument, or a part of one.
type Arg interface {
	// Pos is where it starts.
	Pos() program.Pos
	// append writes it.
	append(b []byte) []byte
}

type (
	// Const is a number.
	Const struct {
		At    program.Pos
		Value uint64
	}

	// Resource is what an earlier call has returned or put out, divided by Div unless
	// that is 0, plus Add.
	Resource struct {
		At       program.Pos
		N        int
		Div, Add uint64
	}

	// Result is a place that the call fills in: `<r1=>0x0`.
	Result struct {
		At program.Pos
		N  int
		X  Arg
	}

	// Pointer is an address with what lies there.
	Pointer struct {
		At program.Pos
		// Auto leaves the address to syzkaller. Addr is an offset to encodingBase.
		Auto bool
		Addr uint64
		// Size is that of a region of memory, 0 if none is given.
		Size uint64
		// Any says that what lies there is untyped.
		Any bool
		// X is nil when it is left out: what it is by default.
		X Arg
	}

	// Data is bytes. Size is their number with the zeros behind them, -1 if not given.
	Data struct {
		At   program.Pos
		Text []byte
		Size int64
		// Quote is the style: ' text, " hexadecimal, $ compressed (which is kept as it is).
		Quote byte
	}

	// Group is a structure or an array: Open is { or [.
	Group struct {
		At    program.Pos
		Open  byte
		Elems []Arg
	}

	// Union is one alternative of several. X is nil when it is left out.
	Union struct {
		At    program.Pos
		Field string
		X     Arg
	}

	// Word is nil or AUTO.
	Word struct {
		At   program.Pos
		Text string
	}
)

// encodingBase is what stands for the beginning of syzkaller's memory in the text;
// memorySize is its size in bytes, with no memory behind it.
const (
	encodingBase = 0x7f0000000000
	memorySize   = 16 << 20
)

// Pos returns where the argument starts.
func (a *Const) Pos() program.Pos { return a.At }

// Pos returns where the argument starts.
func (a *Resource) Pos() program.Pos { return a.At }

// Pos returns where the argument starts.
func (a *Result) Pos() program.Pos { return a.At }

// Pos returns where the argument starts.
func (a *Pointer) Pos() program.Pos { return a.At }

// Pos returns where the argument starts.
func (a *Data) Pos() program.Pos { return a.At }

// Pos returns where the argument starts.
func (a *Group) Pos() program.Pos { return a.At }

// Pos returns where the argument starts.
func (a *Union) Pos() program.Pos { return a.At }

// Pos returns where the argument starts.
func (a *Word) Pos() program.Pos { return a.At }

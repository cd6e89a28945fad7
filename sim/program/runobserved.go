// SPDX-License-Identifier: GPL-2.0-only

package program

import (
	"strings"

	"github.com/nssim/nssim/syscall/uapi"
)

// Status is how a line's call ended.
type Status uint8

// What may become of a call on its line.
const (
	// NoCall: an assertion, `skip if` or settle.
	NoCall Status = iota
	// Returned: with a value or an errno.
	Returned
	// Unfinished: it is blocked, or stopped before a step.
	Unfinished
	// Ended: it does not return, because the task has ended.
	Ended
)

// Observed is what one line returned and put out: plain data, to be compared with what a
// real kernel does.
type Observed struct {
	// Line is the index in Program.Lines.
	Line   int
	Kind   LineKind
	Status Status
	// Ret is what the call returned, a task that an unfinished call has made, or the value
	// of an assertion's expression. Its kind says how to compare it: ids and process
	// numbers differ from machine to machine.
	Ret Val
	// Errno is what the call failed with, 0 for success.
	Errno uapi.Errno
	// IDs is the listing of listns and pages. A listns that faults has stored some.
	IDs []uint64
	// Lists says that there is a listing, be it an empty one.
	Lists bool
	// Outs is what output arguments have bound, in the order of the text.
	Outs []NamedValue
}

// NamedValue is a name of the program with what it is bound to.
type NamedValue struct {
	Name  string
	Value Val
}

// Clone returns a copy that the next line does not change.
func (o *Observed) Clone() Observed {
	c := *o
	c.IDs = append([]uint64(nil), o.IDs...)
	c.Outs = append([]NamedValue(nil), o.Outs...)
	return c
}

// String returns what the line returned in one line, as strace writes it behind a call:
//
//	= 3 [7, 10, 11]
//	= -1 ESTALE (Stale file handle)
//	= 0 net=10
//	<unfinished ...>
func (o *Observed) String() string {
	var b strings.Builder
	switch {
	case o.Status == Ended:
		b.WriteString("= ?")
	case o.Errno != 0:
		b.WriteString("= -1 " + o.Errno.Error())
	case o.Ret.Kind != Nothing:
		b.WriteString("= " + o.Ret.String())
	}
	if o.Status == Unfinished {
		b.WriteString(" <unfinished ...>")
	}
	if o.Lists {
		b.WriteString(" " + listText(o.IDs))
	}
	for _, out := range o.Outs {
		b.WriteString(" " + out.Name + "=" + out.Value.String())
	}
	return strings.TrimPrefix(b.String(), " ")
}

// Text returns the whole line of p with what it returned in place of what it states.
func (o *Observed) Text(p *Program) string {
	l := p.Lines[o.Line]
	l.Results, l.Unfinished = nil, false
	if s := o.String(); s != "" {
		return l.String() + " " + s
	}
	return l.String()
}

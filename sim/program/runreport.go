// SPDX-License-Identifier: GPL-2.0-only

package program

import (
	"fmt"
	"strings"
)

// Outcome is how a run ended.
type Outcome uint8

// The outcomes.
const (
	// Pass: every line did what it says.
	Pass Outcome = iota
	// Skip: a `skip if` applied.
	Skip
	// Fail: the kernel's behaviour is not the one that a line states.
	Fail
	// BadProgram: a line cannot be carried out: the program itself is at fault.
	BadProgram
)

// String returns the word that reports use.
func (o Outcome) String() string { return [...]string{"PASS", "SKIP", "FAIL", "ERROR"}[o] }

// ExitStatus is what a command exits with: 0 for Pass and Skip, 1 for Fail, 2 for a bad
// program.
func (o Outcome) ExitStatus() int { return [...]int{0, 0, 1, 2}[o] }

// Report is the outcome of a run and, unless it passed, where and why it ended.
type Report struct {
	Outcome Outcome
	// Program is the program's name, Config what it ran under.
	Program, Config string
	// At is the place of what did not hold, Stack how the line was expanded.
	At    Pos
	Stack []Frame
	// Line is the call or the condition that did not hold, as text.
	Line string
	// Got and Want are what came and what the line states: for a call what it returned,
	// as strace prints it (`-1 ESTALE (Stale file handle)`, `[7, 11]`).
	Got, Want string
	// Reason is the text of a `skip if`, what is wrong with the program, or what there is
	// to say besides Got and Want.
	Reason string
	// Executed counts the lines that were carried out, Calls the calls among them.
	Executed, Calls int
	// Warnings counts the kernel assertions that fired.
	Warnings int
}

// String returns one line such as
//
//	FAIL file.ns:12:7: listns({ns_type=NET_NS}, 64) = 3, expected 4
//
// with a further line for each expansion that led to it, innermost first.
func (r *Report) String() string {
	var b strings.Builder
	b.WriteString(r.Outcome.String())
	b.WriteByte(' ')
	if r.Outcome == Pass {
		b.WriteString(r.Program)
		return b.String()
	}
	b.WriteString(r.At.String())
	b.WriteString(": ")
	b.WriteString(r.What())
	for i := len(r.Stack) - 1; i >= 0; i-- {
		fmt.Fprintf(&b, "\n\tin %s at %s", r.Stack[i].What, r.Stack[i].At)
	}
	return b.String()
}

// What returns what happened, without outcome and place; "" for Pass.
func (r *Report) What() string {
	switch {
	case r.Outcome == Pass:
		return ""
	case r.Outcome == Skip || r.Outcome == BadProgram:
		return r.Reason
	case r.Got == "":
		return r.Line + ": " + r.Reason
	case r.Reason != "":
		return fmt.Sprintf("%s = %s, expected %s (%s)", r.Line, r.Got, r.Want, r.Reason)
	}
	return fmt.Sprintf("%s = %s, expected %s", r.Line, r.Got, r.Want)
}

// Err returns the mistake of a bad program as an *Error, nil for any other outcome.
func (r *Report) Err() error {
	if r.Outcome != BadProgram {
		return nil
	}
	return &Error{Pos: r.At, Msg: r.Reason, Stack: r.Stack}
}

// SPDX-License-Identifier: GPL-2.0-only

package program

import "github.com/nssim/nssim/syscall/uapi"

// Program is a program as read, or as put together by a generator, which leaves Source
// empty.
type Program struct {
	// Name is the file name, for messages.
	Name string
	// License is the identifier of the SPDX line, or "".
	License string
	// Doc is the comment block at the top, without the SPDX line and the leading `# `.
	Doc []string
	// Config is what the program wants to run under.
	Config []ConfigItem
	// Lines is what is executed: flat, loops and macros expanded.
	Lines []Line
	// Source is the text item by item, for Format. Expressions in it may contain `$`. Who
	// changes Lines sets it to nil.
	Source []Item
}

// ConfigItem is one KEY=VALUE of a config line.
type ConfigItem struct {
	At         Pos
	Key, Value string
}

// LineKind tells what a line does.
type LineKind uint8

// The kinds of lines.
const (
	// Call starts a system call.
	Call LineKind = iota
	// Resume lets a call that was left unfinished return.
	Resume
	// Assert is `? EXPR`.
	Assert
	// SkipIf is `skip if EXPR "REASON"`.
	SkipIf
	// Settle drains deferred work.
	Settle
)

// String returns the kind in words, for messages.
func (k LineKind) String() string {
	return [...]string{"call", "resumed call", "assertion", "skip if", "settle"}[k]
}

// Line is one line of a program.
type Line struct {
	// At is the line's place in the text; in a macro, the place in the macro's body.
	At Pos
	// Stack is how the line was expanded, outermost first; empty for a line that stands in
	// the text itself.
	Stack []Frame
	Kind  LineKind
	// Task makes the call (Call, Resume).
	Task string
	// Call is the system call (Call) or the name of the one that returns (Resume).
	Call Syscall
	// Unfinished says that the call does not return on this line.
	Unfinished bool
	// Results bind or check what the call returns. None: it must succeed.
	Results []Result
	// Expr is the condition of Assert and SkipIf.
	Expr Expr
	// Reason is the text of SkipIf.
	Reason *Str
	// Comment follows the line, without `# `.
	Comment string

	// template says that something in the line is to be filled in: it has a `$`.
	template bool
	// taskFrame is the expansion that Task's text comes from.
	taskFrame int32
}

// Place is where the reader of the file should look: the line itself, or the outermost
// macro call or loop that expanded to it when the line stands in another file.
func (l *Line) Place() Pos {
	if l.At.File == preludeName && len(l.Stack) > 0 {
		return l.Stack[0].At
	}
	return l.At
}

// Syscall is a call by name with its arguments.
type Syscall struct {
	At   Pos
	Name string
	Args []Expr
	// Until names the kernel function before which the call is stopped, or "".
	Until string
	// Fail names the kernel function that is made to fail, or "".
	Fail string
}

// ResultKind tells what a result says.
type ResultKind uint8

// The kinds of results.
const (
	// Value is `= EXPR`: binds X when it is a name not yet bound, otherwise compares.
	Value ResultKind = iota
	// Errnos is `= -E1|-E2`: the call fails with one of them.
	Errnos
	// Compare is `>= EXPR` and its like.
	Compare
	// Has is `has X, Y`: the listing contains all of List.
	Has
	// Lacks is `lacks X, Y`: the listing contains none of List.
	Lacks
	// Any is `= _`: anything, failure included.
	Any
	// SkipOn is `skip if -E1|-E2 "REASON"`, or `skip if < 0 "REASON"` with no Errnos.
	SkipOn
)

// String returns the kind in words, for messages.
func (k ResultKind) String() string {
	return [...]string{"value", "errno", "comparison", "has", "lacks", "anything", "skip if"}[k]
}

// Result is one expectation on what a call returns.
type Result struct {
	At   Pos
	Kind ResultKind
	// Op is the operator of Compare: "<", "<=", ">", ">=", "!=".
	Op string
	// X is the expression of Value and Compare.
	X Expr
	// List is the entries of Has and Lacks.
	List []Expr
	// Errnos is the alternatives of Errnos and SkipOn. For SkipOn, none means any failure.
	Errnos []Errno
	// Reason is the text of SkipOn.
	Reason *Str
}

// Errno is an errno by name, as a call fails with: ENOENT for -ENOENT.
type Errno struct {
	At   Pos
	Name string
	Num  uapi.Errno
}

// Item is an entry of Program.Source: *Line, *Comment, *BlankLine, *ConfigLine, *Loop, *Macro.
type Item interface{ item() }

// Comment is a line that is only a comment.
type Comment struct {
	At   Pos
	Text string
}

// BlankLine is an empty line.
type BlankLine struct{}

// ConfigLine is `config KEY=VALUE ...`.
type ConfigLine struct {
	At      Pos
	Items   []ConfigItem
	Comment string
}

// Loop is `for VAR in FROM..TO {`.
type Loop struct {
	At       Pos
	Var      string
	From, To Expr
	Body     []Item
	// Comment follows the head, End the closing brace.
	Comment, End string
}

// Macro is `macro NAME(PARAMS) {`.
type Macro struct {
	At     Pos
	Name   string
	Params []string
	Body   []Item
	// Comment follows the head, End the closing brace.
	Comment, End string
	// Doc is the comment block right above.
	Doc []string
}

func (*Line) item()       {}
func (*Comment) item()    {}
func (*BlankLine) item()  {}
func (*ConfigLine) item() {}
func (*Loop) item()       {}
func (*Macro) item()      {}

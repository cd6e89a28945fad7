// SPDX-License-Identifier: GPL-2.0-only

package program

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// Pos is a place in a program text. Line and Col count from 1, Col in bytes.
type Pos struct {
	File string
	Line int
	Col  int
}

// IsValid reports whether p is a place in a text. Nodes that were made by a generator
// have none.
func (p Pos) IsValid() bool { return p.Line > 0 }

// String returns file:line:col, or "-" for no place.
func (p Pos) String() string {
	switch {
	case !p.IsValid():
		return "-"
	case p.File == "":
		return fmt.Sprintf("%d:%d", p.Line, p.Col)
	}
	return fmt.Sprintf("%s:%d:%d", p.File, p.Line, p.Col)
}

// Frame is one level of expansion: the macro call or the round of a loop that put a line
// where it is.
type Frame struct {
	// At is the macro call or the loop's head.
	At Pos
	// What names it: "macro setup_userns", "for i = 3".
	What string
}

// Error is one mistake in a program.
type Error struct {
	Pos Pos
	// Found and Expected make the sentence "found X, expected Y".
	Found, Expected string
	// Msg is a hint that follows in parentheses, or the whole text when Found is empty.
	Msg string
	// Stack is how the line came to be, outermost first, when it was expanded.
	Stack []Frame
}

// Error returns `file:line:col: found X, expected Y (hint)`, with one further line for
// each expansion that led there, innermost first.
func (e *Error) Error() string {
	var b strings.Builder
	b.WriteString(e.Pos.String())
	b.WriteString(": ")
	b.WriteString(e.text())
	for i, f := range slices.Backward(e.Stack) {
		if skip := len(e.Stack) - maxFrames; skip > 0 && i > 0 && i <= skip {
			if i == skip {
				fmt.Fprintf(&b, "\n\t... %d more", skip)
			}
			continue
		}
		fmt.Fprintf(&b, "\n\tin %s at %s", f.What, f.At)
	}
	return b.String()
}

func (e *Error) text() string {
	switch {
	case e.Found == "":
		return e.Msg
	case e.Msg == "":
		return fmt.Sprintf("found %s, expected %s", e.Found, e.Expected)
	}
	return fmt.Sprintf("found %s, expected %s (%s)", e.Found, e.Expected, e.Msg)
}

// ErrorList is every mistake that was found, in the order of the text.
type ErrorList []*Error

// Error returns all of them, one after the other.
func (l ErrorList) Error() string {
	if len(l) == 0 {
		return "no errors"
	}
	lines := make([]string, len(l))
	for i, e := range l {
		lines[i] = e.Error()
	}
	return strings.Join(lines, "\n")
}

// Unwrap makes errors.As find the single errors.
func (l ErrorList) Unwrap() []error {
	errs := make([]error, len(l))
	for i, e := range l {
		errs[i] = e
	}
	return errs
}

// Err returns nil for an empty list.
func (l ErrorList) Err() error {
	if len(l) == 0 {
		return nil
	}
	return l
}

// maxFrames is how many levels of expansion a message shows, the outermost always.
const maxFrames = 8

// maxErrors bounds what one Parse reports; beyond it more lines help nobody.
const maxErrors = 100

// errorSink collects errors. The same error at the same place is kept once, so that a line
// in a loop complains only the first time.
type errorSink struct {
	list ErrorList
	seen map[errorKey]bool
}

type errorKey struct {
	pos             Pos
	found, expected string
}

func (s *errorSink) add(e *Error) {
	key := errorKey{e.Pos, e.Found, e.Expected}
	if s.seen[key] || len(s.list) > maxErrors {
		return
	}
	if s.seen == nil {
		s.seen = make(map[errorKey]bool)
	}
	s.seen[key] = true
	if len(s.list) == maxErrors {
		e = &Error{Pos: e.Pos, Msg: fmt.Sprintf("more than %d errors, the rest is not shown", maxErrors)}
	}
	s.list = append(s.list, e)
}

// sorted returns the errors by place. Errors in the prelude go last: they come from a call
// further up.
func (s *errorSink) sorted() ErrorList {
	slices.SortStableFunc(s.list, func(a, b *Error) int {
		pa, pb := a.place(), b.place()
		return cmp.Or(cmp.Compare(pa.Line, pb.Line), cmp.Compare(pa.Col, pb.Col))
	})
	return s.list
}

// place is where the error shows in the file being read: for an expanded line of another
// file, the call that brought it.
func (e *Error) place() Pos {
	if e.Pos.File == preludeName && len(e.Stack) > 0 {
		return e.Stack[0].At
	}
	return e.Pos
}

// didYouMean returns the candidate that is closest to name, as a hint, or "".
func didYouMean(name string, candidates []string) string {
	best, limit := "", min(1+len(name)/4, len(name)-1)
	for _, c := range candidates {
		if d := distance(name, c, limit); d <= limit && (best == "" || d < limit) {
			best, limit = c, d
		}
	}
	if best == "" {
		return ""
	}
	return fmt.Sprintf("did you mean %s?", best)
}

// distance counts the single-character edits, a swap of neighbours being one, that turn a
// into b without regard to case. It gives up with limit+1.
func distance(a, b string, limit int) int {
	if diff := len(a) - len(b); diff > limit || -diff > limit {
		return limit + 1
	}
	a, b = strings.ToLower(a), strings.ToLower(b)
	older, old, row := make([]int, len(b)+1), make([]int, len(b)+1), make([]int, len(b)+1)
	for j := range old {
		old[j] = j
	}
	for i := 1; i <= len(a); i++ {
		row[0] = i
		for j := 1; j <= len(b); j++ {
			cost := 1
			if a[i-1] == b[j-1] {
				cost = 0
			}
			row[j] = min(old[j]+1, row[j-1]+1, old[j-1]+cost)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				row[j] = min(row[j], older[j-2]+1)
			}
		}
		older, old, row = old, row, older
	}
	return old[len(b)]
}

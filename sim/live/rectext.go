// SPDX-License-Identifier: GPL-2.0-only

package live

import (
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/nssim/nssim/sim/program"
	"github.com/nssim/nssim/syscall/uapi"
)

// A recording as text has one line for each line of the program that did more than what
// goes without saying, which is to return 0, for an assertion to hold, and for tasks and
// counts to stay as they are:
//
//	NUMBER RESULT [LISTING] NAME=OUTPUT... @TASK:STATE... #ID:TYPE<OWNER:ACTIVE/PASSIVE...
//
// RESULT is =VALUE, =-ERRNO, `...` for a call left unfinished, `?` for a task that ended in
// it. @TASK alone is a new task that runs. TYPE<OWNER stands with a new namespace only,
// /PASSIVE at settle only; -ID is a namespace that is gone then. The last number is one more
// than the program has lines: what there was when all was settled. A line with nothing but
// a number ends a recording that ends with something that goes without saying.

// Text writes a recording of a program.
func (r *Recording) Text() string {
	var b strings.Builder
	for i := range r.Lines {
		l := &r.Lines[i]
		words := l.words()
		if len(words) == 0 && i < len(r.Lines)-1 {
			continue
		}
		fmt.Fprintf(&b, "%d", l.Observed.Line+1)
		for _, w := range words {
			b.WriteString(" " + w)
		}
		b.WriteString("\n")
	}
	return b.String()
}

// words are what a line has to say.
func (l *RecordedLine) words() (out []string) {
	if w := resultWord(&l.Observed); w != usualResult(l.Observed.Kind) {
		out = append(out, w)
	}
	if l.Observed.Lists {
		out = append(out, listWord(l.Observed.IDs))
	}
	for _, o := range l.Observed.Outs {
		out = append(out, o.Name+"="+valueWord(o.Value))
	}
	for _, t := range l.Tasks {
		w := "@" + t.Name
		if t.State != "running" {
			w += ":" + t.State
		}
		out = append(out, w)
	}
	for _, ns := range l.Namespaces {
		out = append(out, ns.word())
	}
	return out
}

// usualResult goes without saying.
func usualResult(k program.LineKind) string {
	switch k {
	case program.Settle:
		return ""
	case program.Assert:
		return "=1"
	}
	return "=0"
}

func resultWord(o *program.Observed) string {
	switch {
	case o.Kind == program.Settle:
		return ""
	case o.Status == program.Unfinished && o.Ret.Kind == program.Nothing:
		return "..."
	case o.Status == program.Unfinished:
		return "..." + valueWord(o.Ret)
	case o.Status == program.Ended:
		return "?"
	case o.Errno != 0:
		return "=-" + o.Errno.Name()
	}
	return "=" + valueWord(o.Ret)
}

func valueWord(v program.Val) string {
	switch v.Kind {
	case program.Nothing, program.Address:
		return "0"
	case program.StringValue:
		return strconv.Quote(v.S)
	case program.StateValue:
		return "'" + v.S
	case program.ListValue:
		return listWord(v.L)
	case program.RecordValue, program.HandleValue:
		var fs []string
		for _, f := range v.F {
			fs = append(fs, f.Name+"="+strconv.FormatInt(int64(f.N), 10))
		}
		w := "{" + strings.Join(fs, ",") + "}"
		if v.S != "" {
			w += strconv.Quote(v.S)
		}
		return w
	}
	return strconv.FormatInt(int64(v.N), 10)
}

func listWord(ids []uint64) string {
	var out []string
	for _, id := range ids {
		out = append(out, strconv.FormatUint(id, 10))
	}
	return "[" + strings.Join(out, ",") + "]"
}

func (ns *RecordedNamespace) word() string {
	if ns.Gone {
		return fmt.Sprintf("-%d", ns.ID)
	}
	w := fmt.Sprintf("#%d", ns.ID)
	if ns.Type != "" {
		w += fmt.Sprintf(":%s<%d", ns.Type, ns.Owner)
	}
	w += fmt.Sprintf(":%d", ns.Active)
	if ns.Settled {
		w += fmt.Sprintf("/%d", ns.Passive)
	}
	return w
}

// errRecording is text that is no recording.
var errRecording = errors.New("not a recording")

// ParseRecording reads what Text has written for a program of some lines.
func ParseRecording(p *program.Program, text string) (*Recording, error) {
	r := new(Recording)
	for line := range strings.Lines(text) {
		words, err := splitWords(strings.TrimSuffix(line, "\n"))
		if err != nil {
			return nil, fmt.Errorf("%w: %q: %w", errRecording, line, err)
		}
		if len(words) == 0 {
			continue
		}
		n, err := strconv.Atoi(words[0])
		if err != nil || n < len(r.Lines)+1 || n > len(p.Lines)+1 {
			return nil, fmt.Errorf("%w: %q: expected a line number from %d to %d", errRecording, line, len(r.Lines)+1, len(p.Lines)+1)
		}
		for len(r.Lines) < n {
			r.Lines = append(r.Lines, usualLine(p, len(r.Lines)))
		}
		l := &r.Lines[n-1]
		for _, w := range words[1:] {
			if err := l.parse(w); err != nil {
				return nil, fmt.Errorf("%w: line %d: %q: %w", errRecording, n, w, err)
			}
		}
	}
	if len(r.Lines) == 0 {
		return nil, fmt.Errorf("%w: it has no line", errRecording)
	}
	return r, nil
}

// usualLine is a line about which there is nothing to say.
func usualLine(p *program.Program, i int) RecordedLine {
	o := program.Observed{Line: i, Kind: program.Settle}
	if i == len(p.Lines) {
		return RecordedLine{Observed: o}
	}
	switch o.Kind = p.Lines[i].Kind; o.Kind {
	case program.Call, program.Resume:
		o.Status = program.Returned
		o.Ret = program.Val{Kind: program.Number}
	case program.Assert, program.SkipIf:
		o.Ret = program.Val{Kind: program.Number}
		if o.Kind == program.Assert {
			o.Ret.N = 1
		}
	}
	return RecordedLine{Observed: o}
}

// splitWords splits at blanks outside of quotes.
func splitWords(s string) (out []string, err error) {
	for s = strings.TrimLeft(s, " "); s != ""; s = strings.TrimLeft(s, " ") {
		end := 0
		for end < len(s) && s[end] != ' ' {
			if s[end] != '"' {
				end++
				continue
			}
			q, err := strconv.QuotedPrefix(s[end:])
			if err != nil {
				return nil, err
			}
			end += len(q)
		}
		out = append(out, s[:end])
		s = s[end:]
	}
	return out, nil
}

// parse takes in one word of a line.
func (l *RecordedLine) parse(w string) (err error) {
	o := &l.Observed
	switch {
	case w == "?":
		o.Status, o.Ret = program.Ended, program.Val{}
	case strings.HasPrefix(w, "..."):
		o.Status, o.Ret = program.Unfinished, program.Val{}
		if len(w) > 3 {
			o.Ret, err = parseValue(w[3:])
		}
	case strings.HasPrefix(w, "=-") && (w[2] < '0' || w[2] > '9'):
		e, ok := uapi.ErrnoByName(w[2:])
		if !ok {
			return errors.New("no such errno")
		}
		o.Errno, o.Ret = e, program.Val{Kind: program.Number, N: ^uint64(0)}
	case w[0] == '=':
		o.Ret, err = parseValue(w[1:])
	case w[0] == '[':
		v, err := parseValue(w)
		o.Lists, o.IDs = true, v.L
		return err
	case w[0] == '@':
		name, state, ok := strings.Cut(w[1:], ":")
		if !ok {
			state = "running"
		}
		l.Tasks = append(l.Tasks, TaskWord{name, state})
	case w[0] == '#' || w[0] == '-':
		ns, e := parseNamespace(w)
		l.Namespaces, err = append(l.Namespaces, ns), e
	default:
		name, value, ok := strings.Cut(w, "=")
		if !ok {
			return errors.New("expected NAME=VALUE")
		}
		v, e := parseValue(value)
		o.Outs, err = append(o.Outs, program.NamedValue{Name: name, Value: v}), e
	}
	return err
}

// parseValue reads a value. What kind of number it is only the model knows.
func parseValue(w string) (v program.Val, err error) {
	if w == "" {
		return v, errors.New("expected a value")
	}
	switch w[0] {
	case '"':
		v.Kind = program.StringValue
		v.S, err = strconv.Unquote(w)
	case '\'':
		v.Kind, v.S = program.StateValue, w[1:]
	case '[':
		v.Kind = program.ListValue
		inner, ok := strings.CutSuffix(w[1:], "]")
		if !ok {
			return v, errors.New("expected ]")
		}
		for part := range strings.SplitSeq(inner, ",") {
			if part == "" {
				continue
			}
			n, err := strconv.ParseUint(part, 10, 64)
			if err != nil {
				return v, err
			}
			v.L = append(v.L, n)
		}
	case '{':
		v.Kind = program.RecordValue
		inner, tail, ok := strings.Cut(w[1:], "}")
		if !ok {
			return v, errors.New("expected }")
		}
		for f := range strings.SplitSeq(inner, ",") {
			name, num, _ := strings.Cut(f, "=")
			n, err := strconv.ParseInt(num, 10, 64)
			if err != nil {
				return v, err
			}
			v.F = append(v.F, program.FieldNumber{Name: name, N: uint64(n)})
		}
		if tail != "" {
			v.S, err = strconv.Unquote(tail)
		}
	default:
		n, e := strconv.ParseInt(w, 10, 64)
		v.Kind, v.N, err = program.Number, uint64(n), e
	}
	return v, err
}

func parseNamespace(w string) (ns RecordedNamespace, err error) {
	parts := strings.Split(w[1:], ":")
	if ns.ID, err = strconv.ParseUint(parts[0], 10, 64); err != nil {
		return ns, err
	}
	if w[0] == '-' {
		ns.Gone = true
		return ns, nil
	}
	if len(parts) == 3 {
		typ, owner, _ := strings.Cut(parts[1], "<")
		if _, ok := uapi.NSTypeByName(typ); !ok {
			return ns, errors.New("no such type")
		}
		ns.Type = typ
		if ns.Owner, err = strconv.ParseUint(owner, 10, 64); err != nil {
			return ns, err
		}
	} else if len(parts) != 2 {
		return ns, errors.New("expected #ID:ACTIVE")
	}
	active, passive, settled := strings.Cut(parts[len(parts)-1], "/")
	ns.Settled = settled
	if ns.Active, err = strconv.Atoi(active); err != nil || !settled {
		return ns, err
	}
	ns.Passive, err = strconv.Atoi(passive)
	return ns, err
}

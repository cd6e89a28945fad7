// SPDX-License-Identifier: GPL-2.0-only

package program

import (
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"
)

// expander turns the source form into the flat list of lines.
type expander struct {
	sink  *errorSink
	lines []Line
	// macros is those defined so far, all those of the text.
	macros, all map[string]*Macro
	// steps and nodes are what is left of the bounds on the expansion.
	steps, limit int
	nodes        int
	// frames counts macro calls. The text of each call's body is told apart by its number,
	// so that names bound in it can be made unique; 0 is the program's own text.
	frames int32
	// templates is the parsed form of words with `$`.
	templates map[string]template
	failed    bool
}

// scope is what `$` may refer to at some place, and how that place was reached.
type scope struct {
	frame int32
	vars  []binding
	// task is the caller of the macro, empty outside of macros.
	task      string
	taskFrame int32
	// active is the macros whose bodies enclose the place.
	active []string
	stack  []Frame
}

// binding is a loop variable or a parameter with its value.
type binding struct {
	name string
	x    Expr
	// size is the number of operands in x.
	size int
}

func newExpander(sink *errorSink, steps int) *expander {
	x := &expander{sink: sink, steps: steps, limit: steps, nodes: 8 * steps, templates: make(map[string]template)}
	x.macros = make(map[string]*Macro)
	for _, m := range Builtins() {
		x.macros[m.Name] = m
	}
	x.all = maps.Clone(x.macros)
	return x
}

// expand returns the lines that items stand for.
func (x *expander) expand(items []Item) []Line {
	x.lines = make([]Line, 0, len(items))
	for _, it := range items {
		if m, ok := it.(*Macro); ok {
			x.all[m.Name] = m
		}
	}
	x.items(items, scope{})
	x.unique()
	return x.lines
}

// fail reports a mistake and gives the line up.
func (x *expander) fail(sc *scope, at Pos, found, expected, msg string) {
	x.sink.add(&Error{Pos: at, Found: found, Expected: expected, Msg: msg, Stack: sc.stack})
	panic(bailout{})
}

// step counts against the bound on the expansion; once it is used up, everything ends.
func (x *expander) step(sc *scope, at Pos) bool {
	x.steps--
	if x.steps < 0 && !x.failed {
		x.failed = true
		x.sink.add(&Error{Pos: at, Found: "loops and macros that do not end",
			Expected: fmt.Sprintf("at most %d lines, rounds and macro calls", x.limit), Stack: sc.stack})
	}
	return !x.failed
}

// spend counts operands against the bound on the expansion.
func (x *expander) spend(n int, at Pos, sc *scope) {
	x.nodes -= n
	if x.nodes < 0 && !x.failed {
		x.failed = true
		x.fail(sc, at, "loops and macros that do not end",
			fmt.Sprintf("at most %d operands", 8*x.limit), "")
	}
}

func (x *expander) items(items []Item, sc scope) {
	for _, it := range items {
		if x.failed {
			return
		}
		x.item(it, &sc)
	}
}

// item expands one item. A mistake costs that item.
func (x *expander) item(it Item, sc *scope) {
	defer func() {
		if r := recover(); r != nil {
			if _, ok := r.(bailout); !ok {
				panic(r)
			}
		}
	}()
	switch it := it.(type) {
	case *Line:
		x.line(it, sc)
	case *Loop:
		x.loop(it, sc)
	case *Macro:
		x.macros[it.Name] = it
		checkBody(it.Body, x.sink, x.macros, x.all)
	}
}

func (x *expander) loop(l *Loop, sc *scope) {
	from, to := x.eval(l.From, sc), x.eval(l.To, sc)
	if slices.ContainsFunc(sc.vars, func(b binding) bool { return b.name == l.Var }) {
		x.fail(sc, l.At, "loop variable "+l.Var, "a name of its own", "an enclosing loop or macro uses it")
	}
	if from > to {
		checkBody(l.Body, x.sink, x.macros, x.all)
	}
	inner := *sc
	inner.vars = append(slices.Clip(sc.vars), binding{name: l.Var, size: 1})
	for i := from; i <= to; i++ {
		if !x.step(sc, l.At) {
			return
		}
		inner.vars[len(inner.vars)-1].x = number(l.At, i)
		inner.stack = append(slices.Clip(sc.stack), Frame{l.At, fmt.Sprintf("for %s = %d", l.Var, i)})
		x.items(l.Body, inner)
		if i == math.MaxInt64 || x.failed {
			return
		}
	}
}

func (x *expander) line(l *Line, sc *scope) {
	if !x.step(sc, l.At) {
		return
	}
	out := *l
	out.Stack, out.template = sc.stack, false
	if sc.frame == 0 && !l.template && x.macros[l.Call.Name] == nil {
		// Nothing to fill in: the line is its own expansion.
		x.lines = append(x.lines, out)
		return
	}
	if l.Task != "" {
		out.Task, out.taskFrame = x.word(l.Task, l.At, sc, "the name of a task")
	}
	if l.Call.Name != "" {
		out.Call.Name, _ = x.word(l.Call.Name, l.Call.At, sc, "the name of a call")
	}
	if m := x.macros[out.Call.Name]; m != nil && l.Kind == Call {
		x.call(m, &out, sc)
		return
	}
	if l.Call.Fail != "" {
		out.Call.Fail, _ = x.word(l.Call.Fail, l.Call.At, sc, "the name of a kernel function")
	}
	if l.Call.Until != "" {
		out.Call.Until, _ = x.word(l.Call.Until, l.Call.At, sc, "the name of a kernel function")
	}
	out.Call.Args = x.exprs(l.Call.Args, sc)
	if l.Expr != nil {
		out.Expr = x.expr(l.Expr, sc)
	}
	out.Reason = x.str(l.Reason, sc)
	out.Results = x.results(l.Results, sc)
	x.lines = append(x.lines, out)
}

func (x *expander) results(rs []Result, sc *scope) []Result {
	if rs == nil {
		return nil
	}
	out := make([]Result, len(rs))
	for i, r := range rs {
		if r.X != nil {
			r.X = x.expr(r.X, sc)
		}
		r.List = x.exprs(r.List, sc)
		r.Reason = x.str(r.Reason, sc)
		switch {
		case r.Kind == Value:
			r.classify()
		case r.Kind == SkipOn && r.X != nil:
			es, ok := asErrnos(r.X)
			if !ok {
				x.fail(sc, r.X.Pos(), clip(r.X.String()), "-ERRNO, or alternatives joined by |", "")
			}
			r.Errnos, r.X = es, nil
		}
		out[i] = r
	}
	return out
}

// call expands a macro call. The line has its task filled in, its arguments not yet.
func (x *expander) call(m *Macro, l *Line, sc *scope) {
	what := "macro " + m.Name
	switch {
	case slices.Contains(sc.active, m.Name):
		x.fail(sc, l.Call.At, what+" inside itself", "another call", "")
	case len(l.Results) > 0 || l.Unfinished || l.Call.Until+l.Call.Fail != "":
		x.fail(sc, l.At, "a result of "+what, "nothing after the call", "a macro returns nothing")
	case len(l.Call.Args) != len(m.Params):
		x.fail(sc, l.Call.At, fmt.Sprintf("%s with %s", what, plural(len(l.Call.Args), "argument")),
			fmt.Sprintf("%s(%s)", m.Name, strings.Join(m.Params, ", ")), "")
	}
	x.frames++
	inner := scope{
		frame: x.frames,
		task:  l.Task, taskFrame: l.taskFrame,
		active: append(slices.Clip(sc.active), m.Name),
		stack:  append(slices.Clip(sc.stack), Frame{l.At, what}),
	}
	for i, arg := range l.Call.Args {
		a := x.expr(arg, sc)
		n := 0
		Walk(a, func(Expr) bool { n++; return n <= maxArg })
		if n > maxArg {
			x.fail(sc, arg.Pos(), "an argument that is too big", fmt.Sprintf("at most %d operands", maxArg), "")
		}
		inner.vars = append(inner.vars, binding{name: m.Params[i], x: a, size: n})
	}
	x.items(m.Body, inner)
}

func plural(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}

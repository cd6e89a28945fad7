// SPDX-License-Identifier: GPL-2.0-only

package program

import (
	"fmt"
	"slices"
	"strings"

	"github.com/nssim/nssim/syscall"
)

// checker looks for mistakes that show without running: what is called, what is bound.
type checker struct {
	sink *errorSink
	// names says where each name is bound.
	names map[string]bound
	// inFlight is the call that each task has left unfinished.
	inFlight map[string]*Line
	// complete: the text was read without mistakes, so that a name that nothing binds is
	// one too.
	complete bool
	reported map[string]bool
	line     *Line
	// operands counts those of the line.
	operands int
	// macros is those of the text, for messages.
	macros map[string]*Macro
}

// bound is where and as what a name is bound.
type bound struct {
	at   Pos
	task bool
}

// where says, for a name that is bound again at some place, where it is bound already.
func (b bound) where(name string, again Pos) string {
	switch {
	case !b.at.IsValid():
		return ""
	case b.at == again:
		return "in a loop its name must change from round to round, as in " + clip(name) + "$i"
	}
	return "it is bound at " + b.at.String()
}

// checkLines checks an expanded program. The macros of its text, whatever their place, make
// better messages; they may be nil.
func checkLines(lines []Line, sink *errorSink, macros map[string]*Macro, complete bool) {
	c := &checker{sink: sink, complete: complete, macros: macros,
		names:    make(map[string]bound, 1+len(lines)/2),
		inFlight: make(map[string]*Line), reported: make(map[string]bool)}
	c.names["init"] = bound{task: true}
	for i := range lines {
		c.line = &lines[i]
		c.check()
	}
}

// checkBody checks the lines of a macro or loop body as far as that is possible before it
// is expanded. It finds mistakes in macros that nothing calls. The macros so far may be
// called, all are for messages.
func checkBody(items []Item, sink *errorSink, soFar, all map[string]*Macro) {
	for _, it := range items {
		switch it := it.(type) {
		case *Loop:
			checkBody(it.Body, sink, soFar, all)
		case *Line:
			if it.Kind == Call && !isTemplate(it.Call.Name) && soFar[it.Call.Name] == nil {
				c := &checker{sink: sink, line: it, macros: all}
				c.shape()
			}
		}
	}
}

func (c *checker) report(at Pos, found, expected, msg string) {
	c.sink.add(&Error{Pos: at, Found: found, Expected: expected, Msg: msg, Stack: c.line.Stack})
}

func (c *checker) check() {
	l := c.line
	c.operands = 0
	switch l.Kind {
	case Call:
		c.call(l)
	case Resume:
		c.resume(l)
	case Assert, SkipIf:
		c.value(l.Expr, InState|InValues)
		if l.Reason != nil {
			c.value(l.Reason, InValues)
		}
	}
	if c.operands > maxOperands {
		c.report(l.At, "a line that is too long", fmt.Sprintf("at most %d operands", maxOperands), "")
	}
}

// task checks that a line's task exists and is not inside a call.
func (c *checker) task(l *Line) {
	b, ok := c.names[l.Task]
	switch {
	case !ok && (!c.complete || c.reported[l.Task]):
	case !ok:
		c.reported[l.Task] = true
		c.report(l.At, "task "+clip(l.Task), "init, or a task made above by fork, vfork, clone or clone3", didYouMean(l.Task, c.tasks()))
	case !b.task:
		c.report(l.At, clip(l.Task)+", which is not a task", "init, or a task made above by fork, vfork, clone or clone3", "it is bound at "+b.at.String())
	}
}

func (c *checker) tasks() []string {
	var ts []string
	for name, b := range c.names {
		if b.task {
			ts = append(ts, name)
		}
	}
	slices.Sort(ts)
	return ts
}

func (c *checker) call(l *Line) {
	c.task(l)
	if open := c.inFlight[l.Task]; open != nil {
		c.report(l.At, "a call by "+l.Task, fmt.Sprintf("`%s: <... %s resumed>` first", l.Task, open.Call.Name),
			"its call at "+open.At.String()+" is unfinished")
		delete(c.inFlight, l.Task)
	}
	sig := c.shape()
	for i, arg := range l.Call.Args {
		c.use(arg, InArgs|InValues)
		c.outputs(arg, sig, sig == nil || slices.Contains(sig.Outs, i))
		c.fields(arg, sig)
	}
	if !l.Unfinished {
		c.bindOuts(l)
		c.results(l, sig)
		return
	}
	c.unfinished(l, sig)
}

// shape checks a call against its signature, as far as that does not depend on other lines.
func (c *checker) shape() *Signature {
	l := c.line
	sig := signatures[l.Call.Name]
	if sig == nil {
		c.report(l.Call.At, "call "+clip(l.Call.Name), "a system call or a macro defined above", c.callHint(l.Call.Name))
		return nil
	}
	if n := len(l.Call.Args); n < sig.Min || n > sig.Max {
		c.report(l.Call.At, sig.Name+" with "+plural(n, "argument"), sig.Name+"("+sig.Usage+")", "")
		sig = nil
	}
	if l.Call.Until != "" && !l.Unfinished {
		c.report(l.At, "until without <unfinished ...>", "`until "+l.Call.Until+" <unfinished ...>`", "a call that is stopped does not return here")
	}
	c.failure(l, sig)
	return sig
}

// failure checks the name of a kernel function that is to fail.
func (c *checker) failure(l *Line, sig *Signature) {
	if l.Call.Fail == "" {
		return
	}
	if _, ok := syscall.FailureByName(l.Call.Fail); !ok {
		var names []string
		for _, f := range syscall.Failures() {
			names = append(names, f.String())
		}
		c.report(l.Call.At, "fail "+clip(l.Call.Fail), strings.Join(names, ", "), didYouMean(l.Call.Fail, names))
	}
	if sig != nil && sig.Short {
		c.report(l.Call.At, "fail with "+sig.Name, "a single system call", sig.Name+" stands for several")
	}
}

func (c *checker) callHint(name string) string {
	if m := c.macros[name]; m != nil {
		return fmt.Sprintf("macro %s is defined further down, at %s", name, m.At)
	}
	candidates := slices.Clone(callNames)
	for macro := range c.macros {
		candidates = append(candidates, macro)
	}
	slices.Sort(candidates)
	return didYouMean(name, candidates)
}

// unfinished notes a call that does not return on its line. Only one that makes a task may
// have a result there: the child is there before its parent goes on.
func (c *checker) unfinished(l *Line, sig *Signature) {
	c.inFlight[l.Task] = l
	if sig == nil {
		return
	}
	if sig.Short && l.Call.Until != "" {
		c.report(l.Call.At, "until with "+sig.Name, "a single system call", sig.Name+" stands for several")
	}
	if len(l.Results) == 0 {
		return
	}
	if r := &l.Results[0]; sig.Binds != BindsTask || len(l.Results) > 1 || r.Kind != Value {
		c.report(r.At, "a result of an unfinished call", "the result on the line that resumes it",
			"only the name of a new task stands here")
		return
	}
	c.results(l, sig)
}

func (c *checker) resume(l *Line) {
	c.task(l)
	open := c.inFlight[l.Task]
	switch {
	case open == nil:
		if c.complete {
			c.report(l.At, fmt.Sprintf("<... %s resumed>", clip(l.Call.Name)), "a call", "no call of "+clip(l.Task)+" is unfinished")
		}
		return
	case open.Call.Name != l.Call.Name:
		c.report(l.Call.At, clip(l.Call.Name), open.Call.Name, "the call at "+open.At.String()+" is the unfinished one")
		return
	}
	sig := signatures[l.Call.Name]
	if l.Call.Until != "" && !l.Unfinished {
		c.report(l.At, "until without <unfinished ...>", "`until "+l.Call.Until+" <unfinished ...>`", "a call that is stopped does not return here")
	}
	if l.Unfinished {
		if len(l.Results) > 0 {
			c.report(l.Results[0].At, "a result of an unfinished call", "the result on the line that resumes it", "")
		}
		return
	}
	delete(c.inFlight, l.Task)
	c.bindOuts(open)
	c.results(l, sig)
}

// results checks what follows a call and binds what it binds.
func (c *checker) results(l *Line, sig *Signature) {
	for i := range l.Results {
		r := &l.Results[i]
		if sig != nil {
			c.fits(r, sig)
		}
		if n, ok := r.X.(*Name); ok && r.Kind == Value {
			c.bindResult(n, l, sig)
			continue
		}
		if r.X != nil {
			c.value(r.X, InValues)
		}
		for _, x := range r.List {
			c.value(x, InValues)
		}
		if r.Reason != nil {
			c.value(r.Reason, InValues)
		}
	}
}

// fits checks that a result is one that the call can have.
func (c *checker) fits(r *Result, sig *Signature) {
	switch {
	case sig.Binds == BindsNothing:
		c.report(r.At, "a result of "+sig.Name, "nothing", "it does not return")
	case (r.Kind == Has || r.Kind == Lacks) && !sig.Lists:
		c.report(r.At, fmt.Sprintf("`%s` behind %s", r.Kind, sig.Name), "listns or pages before it", "")
	case r.Kind == Value && isNegative(r.X):
		c.report(r.At, "= "+r.X.String(), "an errno by its name (`= -EPERM`), or `< 0` for any", "")
	}
}

func isNegative(x Expr) bool {
	u, ok := x.(*Unary)
	if !ok || u.Op != "-" {
		return false
	}
	_, ok = u.X.(*Num)
	return ok
}

// bindResult binds the name that is a result, or else the result is compared with it. A call
// that makes a task cannot return one that is there, unless it was named when it began.
func (c *checker) bindResult(n *Name, l *Line, sig *Signature) {
	makesTask := sig != nil && sig.Binds == BindsTask
	if b, ok := c.names[n.Name]; ok {
		if makesTask && l.Kind == Call {
			c.report(n.At, clip(n.Name)+" a second time", "a name that is not bound yet", b.where(n.Name, n.At))
		}
		return
	}
	if c.reserved("", n.Name, n.At) || c.constantLike(n.Name, n.At) {
		return
	}
	c.names[n.Name] = bound{n.At, makesTask}
}

// bindOuts binds the outputs of a call.
func (c *checker) bindOuts(l *Line) {
	for _, arg := range l.Call.Args {
		Walk(arg, func(x Expr) bool {
			if o, ok := x.(*Out); ok {
				c.bindOut(o)
			}
			return true
		})
	}
}

func (c *checker) bindOut(o *Out) {
	if c.reserved("&", o.Name, o.At) {
		return
	}
	if b, ok := c.names[o.Name]; ok {
		c.report(o.At, "&"+clip(o.Name)+" a second time", "a name that is not bound yet", b.where(o.Name, o.At))
		return
	}
	if !c.constantLike(o.Name, o.At) {
		c.names[o.Name] = bound{at: o.At}
	}
}

// reserved reports, and complains about, what cannot be bound.
func (c *checker) reserved(prefix, name string, at Pos) bool {
	msg := ""
	_, isConstant := constant(name)
	switch {
	case isConstant:
		msg = "it is a constant"
	case !isName(name) || name == "_" || isKeyword(name) || isState(name):
		msg = "the word is reserved"
	default:
		return false
	}
	c.report(at, prefix+clip(name), prefix+"NAME", msg)
	return true
}

// constantLike reports, and complains about, a name that looks like a constant: a misspelt
// one must not bind.
func (c *checker) constantLike(name string, at Pos) bool {
	if !looksConstant(name) {
		return false
	}
	hint := didYouMean(name, constantNames())
	if hint == "" {
		hint = "words in capitals of three letters or more are constants"
	}
	c.report(at, clip(name), "a constant by its C name, or a name in small letters", hint)
	return true
}

// SPDX-License-Identifier: GPL-2.0-only

package program

import (
	"fmt"
	"slices"
	"strings"

	"pgregory.net/rapid"

	"github.com/nssim/nssim/syscall/uapi"
)

// generator makes random programs that are correct by the rules of Check.
type generator struct {
	*rapid.T
	names    []string // bound
	tasks    []string
	inFlight map[string]*Line
	fresh    int
	// fieldNames is what structures are made of.
	fieldNames []string
}

// pick returns one of the choices. Fewer choices come out more often when shrinking.
func pick[T any](g *generator, what string, choices ...T) T {
	return rapid.SampledFrom(choices).Draw(g.T, what)
}

func (g *generator) flip(what string) bool { return rapid.Bool().Draw(g.T, what) }

func (g *generator) upTo(n int, what string) int { return rapid.IntRange(0, n).Draw(g.T, what) }

func (g *generator) newName() string {
	g.fresh++
	return fmt.Sprintf("%s%d", pick(g, "stem", "x", "fd_", "_", "Ab"), g.fresh)
}

var someConstants = []string{"CLONE_NEWUSER", "CLONE_NEWNET", "O_RDONLY", "NET_NS", "NULL", "AT_FDCWD", "ENOENT", "SIG_IGN"}

// program makes one.
func (g *generator) program() *Program {
	p := &Program{Name: "random", Lines: nil}
	if g.flip("license") {
		p.License = "GPL-2.0-only"
	}
	for range g.upTo(2, "doc") {
		p.Doc = append(p.Doc, g.comment())
	}
	for range g.upTo(2, "config") {
		p.Config = append(p.Config, ConfigItem{Key: pick(g, "key", configKeys...), Value: pick(g, "value", "v6.19", "a,b", "x-1")})
	}
	g.names, g.tasks, g.inFlight = []string{"init"}, []string{"init"}, make(map[string]*Line)
	for range g.upTo(8, "lines") {
		p.Lines = append(p.Lines, g.line())
	}
	return p
}

func (g *generator) comment() string {
	return strings.TrimRight(rapid.StringMatching(`[ -~é]{0,20}`).Draw(g.T, "comment"), " ")
}

func (g *generator) line() Line {
	l := Line{Kind: pick(g, "kind", Settle, Assert, SkipIf, Call, Call, Call)}
	l.Comment = strings.TrimLeft(g.comment(), " ")
	switch l.Kind {
	case Assert:
		l.Expr = g.expr(3, InState|InValues)
	case SkipIf:
		l.Expr, l.Reason = g.expr(3, InState|InValues), g.str(1, InValues)
	case Call:
		g.call(&l)
	}
	return l
}

func (g *generator) call(l *Line) {
	l.Task = pick(g, "task", g.tasks...)
	if open := g.inFlight[l.Task]; open != nil {
		l.Kind, l.Call.Name = Resume, open.Call.Name
		if l.Unfinished = g.flip("stopped again"); l.Unfinished {
			l.Call.Until = pick(g, "until", "commit_nsset", "do_exit")
			return
		}
		delete(g.inFlight, l.Task)
		g.bind(open)
		l.Results = g.results(signatures[l.Call.Name])
		return
	}
	sig := &Calls[g.upTo(len(Calls)-1, "call")]
	l.Call.Name = sig.Name
	g.fieldNames = sig.Fields
	for i := range sig.Min + g.upTo(sig.Max-sig.Min, "args") {
		l.Call.Args = append(l.Call.Args, g.arg(slices.Contains(sig.Outs, i)))
	}
	if l.Unfinished = g.flip("unfinished"); l.Unfinished {
		if !sig.Short && g.flip("until") {
			l.Call.Until = pick(g, "step", "commit_nsset", "do_exit")
		}
		if sig.Binds == BindsTask && g.flip("named") {
			l.Results = []Result{{Kind: Value, X: g.newTask()}}
		}
		kept := *l
		g.inFlight[l.Task] = &kept
		return
	}
	g.bind(l)
	l.Results = g.results(sig)
}

// bind makes the outputs of a call usable.
func (g *generator) bind(l *Line) {
	for _, arg := range l.Call.Args {
		Walk(arg, func(x Expr) bool {
			if o, ok := x.(*Out); ok {
				g.names = append(g.names, o.Name)
			}
			return true
		})
	}
}

func (g *generator) newTask() Expr {
	name := g.newName()
	g.names, g.tasks = append(g.names, name), append(g.tasks, name)
	return &Name{Name: name}
}

func (g *generator) arg(out bool) Expr {
	if !out {
		return g.expr(2, InArgs|InValues)
	}
	return g.outArg(2)
}

func (g *generator) outArg(depth int) Expr {
	switch g.upTo(4, "output") {
	case 0:
		return &Blank{}
	case 1:
		o := &Out{Name: g.newName()}
		if g.flip("fields") {
			o.Fields = g.fields(depth-1, func(d int) Expr { return g.expr(d, InArgs|InValues) })
		}
		return o
	case 2:
		if depth > 0 {
			return &List{Elems: g.list(depth-1, g.outArg)}
		}
	case 3:
		if depth > 0 {
			return &Struct{Fields: g.fields(depth-1, g.outArg)}
		}
	}
	return g.expr(depth, InArgs|InValues)
}

func (g *generator) list(depth int, elem func(int) Expr) []Expr {
	var xs []Expr
	for range g.upTo(2, "elements") {
		xs = append(xs, elem(depth))
	}
	return xs
}

func (g *generator) fields(depth int, elem func(int) Expr) []FieldValue {
	var fs []FieldValue
	names := g.fieldNames
	if names == nil {
		names = []string{"st_ino", "size"}
	}
	for i := range g.upTo(min(2, len(names)), "fields") {
		fs = append(fs, FieldValue{Name: names[i], X: elem(depth)})
	}
	return fs
}

func (g *generator) results(sig *Signature) []Result {
	if sig.Binds == BindsNothing {
		return nil
	}
	var rs []Result
	for range g.upTo(2, "results") {
		rs = append(rs, g.result(sig))
	}
	return rs
}

func (g *generator) result(sig *Signature) Result {
	value := func() Expr { return g.expr(2, InValues) }
	switch kind := pick(g, "result", Value, Errnos, Compare, Has, Lacks, Any, SkipOn); kind {
	case Errnos:
		return Result{Kind: kind, Errnos: g.errnos(1)}
	case Compare:
		return Result{Kind: kind, Op: pick(g, "op", "<", "<=", ">", ">=", "!="), X: value()}
	case Has, Lacks:
		if sig.Lists {
			return Result{Kind: kind, List: append(g.list(1, func(int) Expr { return value() }), value())}
		}
	case Any:
		return Result{Kind: kind}
	case SkipOn:
		return Result{Kind: kind, Errnos: g.errnos(0), Reason: g.str(1, InValues)}
	}
	r := Result{Kind: Value, X: value()}
	if _, ok := r.X.(*Name); g.flip("bind") || ok {
		r.X = &Name{Name: g.newName()}
		g.names = append(g.names, r.X.String())
		if sig.Binds == BindsTask {
			g.tasks = append(g.tasks, r.X.String())
		}
	}
	if r.classify(); isNegative(r.X) {
		return Result{Kind: Any}
	}
	return r
}

func (g *generator) errnos(least int) []Errno {
	var es []Errno
	for range least + g.upTo(2, "errnos") {
		name := pick(g, "errno", "EPERM", "ESTALE", "ENOENT")
		num, _ := uapi.ErrnoByName(name)
		es = append(es, Errno{Name: name, Num: num})
	}
	return es
}

// expr makes an expression for some place.
func (g *generator) expr(depth int, place FuncUse) Expr {
	sub := func(depth int) Expr { return g.expr(depth, place) }
	kinds := 5
	if depth > 0 {
		kinds = 13
	}
	switch g.upTo(kinds, "expr") {
	case 0:
		base := pick(g, "base", 10, 16, 8)
		return &Num{Value: rapid.Uint64().Draw(g.T, "value"), Base: base}
	case 1:
		name := pick(g, "constant", someConstants...)
		v, _ := constant(name)
		return &Const{Name: name, Value: v}
	case 2:
		return &Word{Name: pick(g, "state", "running", "blocked", "zombie", "dead")}
	case 3:
		return g.str(depth, place)
	case 4, 5:
		return &Name{Name: pick(g, "name", g.names...)}
	case 6:
		return &List{Elems: g.list(depth-1, sub)}
	case 7:
		return &Struct{Fields: g.fields(depth-1, sub)}
	case 8:
		return &Changed{X: &Name{Name: pick(g, "name", g.names...)}, Fields: g.fields(depth-1, sub)}
	case 9:
		return &Field{X: sub(depth - 1), Name: pick(g, "field", "st_ino", "net")}
	case 10:
		return &Index{X: sub(depth - 1), I: sub(depth - 1)}
	case 11:
		return &Unary{Op: pick(g, "unary", "-", "~", "not"), X: sub(depth - 1)}
	case 12:
		return g.function(depth, place)
	}
	op := pick(g, "binary", "or", "and", "==", "!=", "<", "<=", ">", ">=", "has", "lacks", "in",
		"|", "&", "<<", ">>", "+", "-", "*", "%")
	return &Binary{Op: op, X: sub(depth - 1), Y: sub(depth - 1)}
}

func (g *generator) function(depth int, place FuncUse) Expr {
	var fit []*Function
	for i := range Functions {
		f := &Functions[i]
		inArgs := place&InArgs != 0
		if inArgs && f.Use&InArgs != 0 || !inArgs && f.Use != InArgs {
			fit = append(fit, f)
		}
	}
	f := pick(g, "function", fit...)
	c := &CallExpr{Func: f.Name}
	for range f.Min {
		c.Args = append(c.Args, g.expr(depth-1, place))
	}
	return c
}

// str makes a string, without strings in its braces.
func (g *generator) str(depth int, place FuncUse) *Str {
	s := &Str{}
	for range g.upTo(2, "parts") {
		if depth > 0 && g.flip("braces") {
			x := g.expr(depth-1, place)
			inner := false
			Walk(x, func(x Expr) bool {
				_, isStr := x.(*Str)
				inner = inner || isStr
				return true
			})
			if !inner {
				s.append(Part{X: x})
			}
			continue
		}
		s.append(Part{Text: rapid.SampledFrom([]string{"/proc/", "{", "}", "\"", "\\", "$x", "\n\t\x00\x7f\xff", "é#"}).Draw(g.T, "text")})
	}
	return s
}

// source makes the text of a program with loops and macros.
type source struct {
	*generator
	b strings.Builder
	// vars is the loop variables and parameters in scope.
	vars   []string
	macros []string
	count  int
	inBody bool
}

func (s *source) program() string {
	s.count = 0
	for range 1 + s.upTo(4, "items") {
		s.item(2)
	}
	return s.b.String()
}

func (s *source) emit(indent, format string, args ...any) {
	s.b.WriteString(indent + fmt.Sprintf(format, args...) + "\n")
}

// unique returns a name that differs in each round of the loops around it.
func (s *source) unique() string {
	s.count++
	name := fmt.Sprintf("n%d", s.count)
	for _, v := range s.vars {
		name += "_$" + "(" + v + ")"
	}
	return name
}

func (s *source) task() string {
	if s.inBody {
		return "$TASK"
	}
	return "init"
}

func (s *source) item(depth int) {
	indent := strings.Repeat(" ", s.upTo(3, "indent"))
	switch s.upTo(8, "item") {
	case 0:
		s.emit(indent, "# comment %d", s.count)
	case 1:
		s.emit(indent, "")
	case 2, 3:
		s.line(indent)
	case 4, 5:
		if depth == 0 {
			return
		}
		v := fmt.Sprintf("v%d", s.count+100*depth)
		s.count++
		from := s.upTo(3, "from")
		s.emit(indent, "for %s in %d..%d+%d { # %s", v, from, from-1, s.upTo(3, "rounds"), v)
		s.vars = append(s.vars, v)
		for range s.upTo(3, "body") {
			s.item(depth - 1)
		}
		s.vars = s.vars[:len(s.vars)-1]
		s.emit(indent, "} # end")
	case 6:
		if len(s.vars) == 0 && !s.inBody {
			s.macro(indent)
		}
	default:
		if len(s.macros) > 0 {
			s.emit(indent, "%s: %s(%s)", s.task(), pick(s.generator, "macro", s.macros...), s.value())
		}
	}
}

func (s *source) line(indent string) {
	switch s.upTo(4, "line") {
	case 0:
		s.emit(indent, "? %s==%s # why", s.value(), s.value())
	case 1:
		s.emit(indent, "settle")
	case 2:
		n := s.unique()
		s.emit(indent, `%s:open("/tmp/%s",O_RDONLY)=%s`, s.task(), n, n)
		s.emit(indent, `%s: write(%s, "{%s} ")`, s.task(), n, n)
	case 3:
		n := s.unique()
		s.emit(indent, `%s: ioctl( 3 , NS_GET_ID , &%s ) = -EPERM | -EIO`, s.task(), n)
	default:
		s.emit(indent, `%s: kill(%s, \`, s.task(), s.value())
		s.emit(indent, `  %s) >=%s`, s.value(), s.value())
	}
}

// value makes an expression of what is in scope.
func (s *source) value() string {
	choices := []string{"init", "7", "(1+2)*3", "CLONE_NEWNET|1", `"text"`, "[7,8]"}
	for _, v := range s.vars {
		choices = append(choices, "$"+v, "$("+v+" + 1)", "1 + $"+v)
	}
	if s.inBody {
		choices = append(choices, "$P", "$P", "1 * $P", `"{$TASK}"`)
	}
	return pick(s.generator, "value", choices...)
}

func (s *source) macro(indent string) {
	s.count++
	name := fmt.Sprintf("m%d", s.count)
	s.emit(indent, "macro %s( P ) {", name)
	s.inBody = true
	for range s.upTo(3, "body") {
		s.item(1)
	}
	s.inBody = false
	s.emit(indent, "}")
	s.macros = append(s.macros, name)
}

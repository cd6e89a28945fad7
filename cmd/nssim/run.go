// SPDX-License-Identifier: GPL-2.0-only

package main

import (
	"errors"
	"slices"
	"strings"

	"github.com/nssim/nssim/sim"
	"github.com/nssim/nssim/sim/check"
	"github.com/nssim/nssim/sim/export"
	"github.com/nssim/nssim/sim/program"
	"github.com/spf13/cobra"
)

// runFlags is what `nssim run` is to do besides running.
type runFlags struct{ trace, step, check bool }

func (c *cli) runCommand() *cobra.Command {
	var f runFlags
	cmd := &cobra.Command{
		Use:   "run FILE...",
		Short: "Run programs and print what every call returned",
		Long: `Runs programs on the model and prints each line as strace would, with what the
call returned, and then the outcome: PASS, SKIP or FAIL. "-" is the standard
input. docs/program-format.md describes the language.

Exit status: 1 if a line does not hold or, with --check, a property is broken;
2 if a program has a mistake.`,
		Args: oneOrMore("FILE"),
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := exclusive(cmd, "step", "json"); err != nil {
				return err
			}
			return c.runFiles(args, f)
		},
	}
	c.machineFlags(cmd)
	c.jsonFlag(cmd, "one JSON object a line")
	cmd.Flags().BoolVar(&f.trace, "trace", false, "under each line, the kernel functions it went through and the counts that changed")
	cmd.Flags().BoolVar(&f.step, "step", false, "go line by line, forwards and back, with commands from the standard input")
	cmd.Flags().BoolVar(&f.check, "check", false, "check the properties after every line")
	return cmd
}

func oneOrMore(what string) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		if len(args) > 0 {
			return nil
		}
		return errors.New("no " + what + " given; see: " + cmd.CommandPath() + " --help")
	}
}

func (c *cli) runFiles(names []string, f runFlags) error {
	cfg, err := c.config()
	if err != nil {
		return err
	}
	if f.step && len(names) > 1 {
		return errors.New("--step goes through one FILE")
	}
	if f.step && names[0] == "-" {
		return errors.New("--step reads commands from the standard input, so the program must be a file")
	}
	sources, err := c.readSources(names)
	if err != nil {
		return err
	}
	failed := false
	for i, s := range sources {
		if i > 0 && !c.json {
			c.printf("\n")
		}
		x, err := c.newExec(s.p, cfg, f)
		if err != nil {
			return err
		}
		if f.step {
			err = x.interact()
		} else {
			err = x.runAll()
		}
		if err != nil && !errors.Is(err, errFailed) {
			return err
		}
		failed = failed || err != nil
	}
	if failed {
		return errFailed
	}
	return nil
}

// exec is one program being run and printed.
type exec struct {
	*cli
	r       *program.Runner
	lines   *export.LineWriter
	tracer  *export.Tracer  // nil: nothing is traced
	checker *check.Checker  // nil: nothing is checked
	known   map[string]bool // what is broken and has been told
	fired   uint32          // assertions that have been told
	broken  []string        // properties
}

func (c *cli) newExec(p *program.Program, cfg sim.Config, f runFlags) (*exec, error) {
	r, err := program.NewRunner(p, cfg)
	if err != nil {
		return nil, err
	}
	x := &exec{cli: c, r: r, lines: export.NewLineWriter(p), known: make(map[string]bool)}
	if f.trace {
		x.tracer = export.NewTracer(r.Machine(), r)
	}
	if f.check {
		x.checker = new(check.Checker)
	}
	return x, x.head()
}

func (x *exec) head() error {
	cfg := x.r.Machine().Cfg
	if x.json {
		return x.printJSON(madeBy(cfg, x.r.Program().Name))
	}
	x.printf("%s\n", x.style.dim("# "+header(cfg)))
	return nil
}

// lineResult is what one line has done.
type lineResult struct {
	Line     int                 `json:"line"` // in the file
	Text     string              `json:"text"`
	Status   string              `json:"status,omitempty"`
	Return   string              `json:"return,omitempty"`
	Errno    string              `json:"errno,omitempty"`
	IDs      *[]uint64           `json:"ids,omitempty"`
	Bound    []boundValue        `json:"bound,omitempty"`
	Trace    []export.TraceEvent `json:"trace,omitempty"`
	Findings []string            `json:"findings,omitempty"`

	obs *program.Observed
}

type boundValue struct {
	Name  string `json:"name"`
	Value string `json:"value"`
}

var statusWords = [...]string{"", "returned", "unfinished", "ended"}

// next runs one line.
func (x *exec) next() *lineResult {
	l := &x.r.Program().Lines[x.r.Line()]
	var caller sim.TaskID
	if x.tracer != nil {
		caller = x.caller(l)
		x.tracer.Before()
	}
	x.r.Next()
	o := x.r.Observed()
	res := &lineResult{Line: l.Place().Line, Text: l.String(), Status: statusWords[o.Status], obs: o}
	if o.Status == program.Returned {
		res.Return = o.Ret.String()
	}
	if o.Errno != 0 {
		res.Return, res.Errno = "-1", o.Errno.Name()
	}
	if o.Lists {
		ids := append([]uint64{}, o.IDs...)
		res.IDs = &ids
	}
	for _, out := range o.Outs {
		res.Bound = append(res.Bound, boundValue{out.Name, out.Value.String()})
	}
	if x.tracer != nil {
		res.Trace = x.tracer.After(x.r.Events(), caller)
	} else {
		res.Trace = export.Warnings(x.r.Machine(), x.r, x.r.Events())
	}
	res.Findings = x.check()
	return res
}

// caller is the task that makes a line's call, 0 for a line without one.
func (x *exec) caller(l *program.Line) (id sim.TaskID) {
	x.r.Machine().EachTask(func(t sim.TaskID, _ *sim.Task) bool {
		if l.Task != "" && x.r.TaskName(t) == l.Task {
			id = t
		}
		return id == 0
	})
	return id
}

// check returns the properties that are newly broken.
func (x *exec) check() (found []string) {
	if x.checker == nil {
		return nil
	}
	m, when := x.r.Machine(), check.Quiescent
	if m.InFlight() {
		when = check.Always
	}
	still := make(map[string]bool)
	for _, f := range x.checker.Check(m, when) {
		key := f.Property + " " + f.Text
		if f.Property == "no-warning" {
			// Once an assertion has fired this stays broken; tell each time one fires.
			if m.Fired == x.fired {
				continue
			}
			x.fired = m.Fired
		} else if still[key] = true; x.known[key] {
			continue
		}
		found = append(found, f.String())
		if !slices.Contains(x.broken, f.Property) {
			x.broken = append(x.broken, f.Property)
		}
	}
	x.known = still
	return found
}

// print tells what a line has done.
func (x *exec) print(res *lineResult) error {
	if x.r.Report().Outcome == program.BadProgram {
		return nil
	}
	if x.json {
		return x.printJSON(res)
	}
	x.printf("%s\n", x.lines.Observed(res.obs))
	for i, text := range export.TraceText(res.Trace, x.lines.Indent()+2) {
		x.printf("%s\n", x.traceStyle(res.Trace[i].Kind, text))
	}
	for _, f := range res.Findings {
		x.printf("%s\n", x.style.bad(export.Wrap(strings.Repeat(" ", x.lines.Indent())+"BROKEN "+f, x.lines.Indent()+4)))
	}
	return nil
}

func (x *exec) traceStyle(k export.TraceKind, text string) string {
	switch k {
	case export.TraceWarning:
		return x.style.bad(text)
	case export.TraceCount:
		return text
	}
	return x.style.dim(text)
}

func (x *exec) runAll() error {
	for !x.r.Done() {
		if err := x.print(x.next()); err != nil {
			return err
		}
	}
	return x.outcome()
}

// jsonOutcome is the last line of a program in JSON.
type jsonOutcome struct {
	Outcome  string   `json:"outcome"`
	File     string   `json:"file"`
	Line     int      `json:"line,omitempty"`
	Column   int      `json:"column,omitempty"`
	What     string   `json:"what,omitempty"`
	Executed int      `json:"executed"`
	Warnings int      `json:"warnings"`
	Broken   []string `json:"broken,omitempty"` // properties
}

// outcome prints how the run ended.
func (x *exec) outcome() error {
	rep := x.r.Report()
	if err := rep.Err(); err != nil {
		return err
	}
	if x.json {
		err := x.printJSON(jsonOutcome{
			rep.Outcome.String(), rep.Program, rep.At.Line, rep.At.Col, rep.What(), rep.Executed, rep.Warnings, x.broken,
		})
		if err != nil {
			return err
		}
	} else {
		x.printf("%s\n", x.outcomeText(rep))
		if x.broken != nil {
			x.printf("%s %s: %s\n", x.style.bad("BROKEN"), rep.Program, strings.Join(x.broken, ", "))
		}
	}
	if rep.Outcome == program.Fail || x.broken != nil {
		return errFailed
	}
	return nil
}

func (x *exec) outcomeText(rep *program.Report) string {
	word, rest, _ := strings.Cut(rep.String(), " ")
	paint := x.style.good
	switch rep.Outcome {
	case program.Skip:
		paint = x.style.warn
	case program.Fail:
		paint = x.style.bad
	}
	return paint(word) + " " + rest
}

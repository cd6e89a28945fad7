// SPDX-License-Identifier: GPL-2.0-only

package main

import (
	"errors"
	"strings"

	"github.com/nssim/nssim/sim"
	"github.com/nssim/nssim/sim/export"
	"github.com/nssim/nssim/sim/program"
	"github.com/nssim/nssim/sim/session"
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
	*session.Session
}

func (c *cli) newExec(p *program.Program, cfg sim.Config, f runFlags) (*exec, error) {
	s, err := session.New(p, cfg, session.Options{Trace: f.trace, Check: f.check, Back: f.step})
	if err != nil {
		return nil, err
	}
	x := &exec{c, s}
	return x, x.head()
}

func (x *exec) head() error {
	cfg := x.Runner.Machine().Cfg
	if x.json {
		return x.printJSON(madeBy(cfg, x.Runner.Program().Name))
	}
	x.printf("%s\n", x.style.dim("# "+header(cfg)))
	return nil
}

// print tells what a line has done.
func (x *exec) print(res *session.Result) error {
	if x.Runner.Report().Outcome == program.BadProgram {
		return nil
	}
	if x.json {
		return x.printJSON(res)
	}
	x.printf("%s\n", x.Observed())
	for i, text := range export.TraceText(res.Trace, x.Lines.Indent()+2) {
		x.printf("%s\n", x.traceStyle(res.Trace[i].Kind, text))
	}
	for _, f := range res.Findings {
		x.printf("%s\n", x.style.bad(export.Wrap(strings.Repeat(" ", x.Lines.Indent())+"BROKEN "+f, x.Lines.Indent()+4)))
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
	for !x.Done() {
		if err := x.print(x.Next()); err != nil {
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
	rep := x.Runner.Report()
	if err := rep.Err(); err != nil {
		return err
	}
	if x.json {
		err := x.printJSON(jsonOutcome{
			rep.Outcome.String(), rep.Program, rep.At.Line, rep.At.Col, rep.What(), rep.Executed, rep.Warnings, x.Broken,
		})
		if err != nil {
			return err
		}
	} else {
		x.printf("%s\n", x.outcomeText(rep))
		if x.Broken != nil {
			x.printf("%s %s: %s\n", x.style.bad("BROKEN"), rep.Program, strings.Join(x.Broken, ", "))
		}
	}
	if rep.Outcome == program.Fail || x.Broken != nil {
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

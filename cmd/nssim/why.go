// SPDX-License-Identifier: GPL-2.0-only

package main

import (
	"errors"
	"fmt"

	"github.com/nssim/nssim/sim"
	"github.com/nssim/nssim/sim/export"
	"github.com/nssim/nssim/sim/program"
	"github.com/spf13/cobra"
)

func (c *cli) whyCommand() *cobra.Command {
	line := 0
	cmd := &cobra.Command{
		Use:   "why FILE NAME",
		Short: "Explain who holds a namespace and who can see it",
		Long: `Runs a program and explains a namespace as it is then: who holds each of its
passive and active references, its owners, which task can list it and open it by
handle and which cannot and why, and, if it is inactive, what would bring it
back.

NAME is a name of the program that stands for an id or a descriptor, a task's
namespace like t1.net or t1.pid_for_children, an id, or net:[4026532201].`,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) != 2 {
				return fmt.Errorf("found %d arguments, expected FILE and NAME", len(args))
			}
			return nil
		},
		RunE: func(_ *cobra.Command, args []string) error { return c.why(args[0], args[1], line) },
	}
	c.machineFlags(cmd)
	c.jsonFlag(cmd, "a JSON object")
	cmd.Flags().IntVar(&line, "line", 0, "look when this line of the file has been run (default: the end)")
	return cmd
}

func (c *cli) why(file, name string, line int) error {
	cfg, err := c.config()
	if err != nil {
		return err
	}
	if line < 0 {
		return fmt.Errorf("found line %d, expected the number of a line", line)
	}
	sources, err := c.readSources([]string{file})
	if err != nil {
		return err
	}
	r, err := program.NewRunner(sources[0].p, cfg)
	if err != nil {
		return err
	}
	runUntil(r, line)
	rep := r.Report()
	if err := rep.Err(); err != nil {
		return err
	}
	ns, err := export.Resolve(r, name)
	gone := (*export.GoneError)(nil)
	if err != nil && !errors.As(err, &gone) {
		return err
	}
	if err := c.printWhy(r, ns, gone); err != nil {
		return err
	}
	if rep.Outcome == program.Fail {
		fmt.Fprintln(c.errw, rep)
		return errFailed
	}
	return nil
}

// runUntil runs a program up to and with a line of the file; 0 is the end.
func runUntil(r *program.Runner, line int) {
	lines := r.Program().Lines
	for !r.Done() && (line == 0 || lines[r.Line()].Place().Line <= line) {
		r.Next()
	}
}

// whyJSON is an explanation with what it is about.
type whyJSON struct {
	made
	After int         `json:"after"` // the last line that was run, 0 for none
	Gone  string      `json:"gone,omitempty"`
	Why   *export.Why `json:"why,omitempty"`
}

func (c *cli) printWhy(r *program.Runner, ns sim.NS, gone *export.GoneError) error {
	m := r.Machine()
	var w *export.Why
	if gone == nil {
		w = export.Explain(m, r, ns)
	}
	after := 0
	if i := r.Line(); i > 0 {
		after = r.Program().Lines[i-1].Place().Line
	}
	if c.json {
		out := whyJSON{made: madeBy(m.Cfg, r.Program().Name), After: after, Why: w}
		if gone != nil {
			out.Gone = gone.Error()
		}
		return c.printJSON(out)
	}
	when := fmt.Sprintf("after line %d of", after)
	if after == 0 {
		when = "before the first line of"
	}
	c.printf("# %s\n# %s %s\n", header(m.Cfg), when, r.Program().Name)
	if gone != nil {
		c.printf("%s\n", gone)
		return nil
	}
	c.printf("%s", w)
	return nil
}

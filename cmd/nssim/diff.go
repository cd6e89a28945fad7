// SPDX-License-Identifier: GPL-2.0-only

package main

import (
	"fmt"
	"runtime"

	"github.com/nssim/nssim/sim/explore"
	"github.com/spf13/cobra"
)

// diffFlags is what `nssim diff` is to do.
type diffFlags struct {
	a, b                          string
	tasks, namespaces, fds, depth int
	calls                         []string
	workers                       int
}

func (c *cli) diffCommand() *cobra.Command {
	f := diffFlags{}
	cmd := &cobra.Command{
		Use:   "diff --a CONFIG --b CONFIG",
		Short: "Find the shortest program that tells two configurations apart",
		Long: `Searches for the shortest program whose last call returns something else under
one configuration than under another. A CONFIG is a kernel (v7.3.4), a semantics
(passive), bug:NAME, off:NAME, or several of them joined by +; what it leaves
open is the default.

Exit status: 1 if the configurations differ.`,
		Args: cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error { return c.diff(f) },
	}
	c.jsonFlag(cmd, "one JSON object")
	fl := cmd.Flags()
	fl.StringVar(&f.a, "a", "v6.19", "the one configuration")
	fl.StringVar(&f.b, "b", "", "the other configuration")
	fl.IntVar(&f.tasks, "tasks", 2, "tasks at a time, with the first one and zombies")
	fl.IntVar(&f.namespaces, "namespaces", 3, "namespaces at a time, without those of boot")
	fl.IntVar(&f.fds, "fds", 2, "open descriptors of a task")
	fl.IntVar(&f.depth, "depth", 6, "longest program")
	fl.StringSliceVar(&f.calls, "calls", explore.DiffOps, "the calls to try")
	fl.IntVar(&f.workers, "workers", runtime.GOMAXPROCS(0), "goroutines; the result does not depend on them")
	_ = cmd.MarkFlagRequired("b")
	return cmd
}

func (c *cli) diff(f diffFlags) error {
	a, err := explore.ParseConfig(f.a)
	if err != nil {
		return fmt.Errorf("--a: %w", err)
	}
	b, err := explore.ParseConfig(f.b)
	if err != nil {
		return fmt.Errorf("--b: %w", err)
	}
	s := explore.Setup{
		Name: "diff", Config: a, Ops: f.calls,
		Bounds: explore.Bounds{Tasks: f.tasks, Namespaces: f.namespaces, FDs: f.fds, Depth: f.depth},
	}
	opt := explore.Options{Workers: f.workers}
	stop, progress := c.exploreProgress()
	defer stop()
	opt.Progress = progress
	d, err := explore.Diff(s, b, opt)
	if err != nil {
		return err
	}
	bounds := fmt.Sprintf("%d tasks, %d namespaces, %d descriptors and the %d calls tried", f.tasks, f.namespaces, f.fds, len(f.calls))
	switch {
	case c.json:
		err = c.printJSON(d)
	case d.Program == "":
		c.printf("# a: %s\n# b: %s\nno difference in programs of up to %d lines with %s (%d states)\n", d.A, d.B, d.Depth, bounds, d.States)
	default:
		c.printf("# a: %s\n# b: %s\n%s", d.A, d.B, d.Program)
		c.printf("a: %s\nb: %s\n", d.OnA, d.OnB)
		c.printf("no program of fewer lines tells them apart, with %s\n", bounds)
	}
	if err == nil && d.Program != "" {
		err = errFailed
	}
	return err
}

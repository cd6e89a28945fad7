// SPDX-License-Identifier: GPL-2.0-only

package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"runtime"
	"slices"
	"strings"
	"time"

	"github.com/nssim/nssim/sim"
	"github.com/nssim/nssim/sim/explore"
	"github.com/nssim/nssim/sim/export"
	"github.com/spf13/cobra"
)

// exploreFlags is what `nssim explore` is to do.
type exploreFlags struct {
	tasks, namespaces, fds, depth int
	calls                         []string
	workers                       int
	mem                           string
	list, listCalls               bool
	noTasks, noFDs, noFold        bool
	schedule                      string
}

func (c *cli) exploreCommand() *cobra.Command {
	var f exploreFlags
	cmd := &cobra.Command{
		Use:   "explore [SETUP]",
		Short: "Search every sequence of calls within bounds",
		Long: `Makes every sequence of calls that a set-up allows and checks every state that
comes up: breadth-first, so that what is found is as short as it can be. A
finding is printed as a program that has been run once more by itself.

Ctrl-C ends a search; what it has covered so far is printed.

Exit status: 1 if something was found.`,
		Args: cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error { return c.explore(cmd, args, f) },
	}
	c.machineFlags(cmd)
	c.jsonFlag(cmd, "the report as one JSON object")
	fl := cmd.Flags()
	fl.BoolVar(&f.list, "list", false, "print the set-ups and what they establish")
	fl.BoolVar(&f.listCalls, "list-calls", false, "print the calls that --calls takes")
	fl.IntVar(&f.tasks, "tasks", 0, "tasks at a time, with the first one and zombies")
	fl.IntVar(&f.namespaces, "namespaces", 0, "namespaces at a time, without those of boot")
	fl.IntVar(&f.fds, "fds", 0, "open descriptors of a task")
	fl.IntVar(&f.depth, "depth", 0, "longest sequence of calls (default: until nothing is new)")
	fl.StringSliceVar(&f.calls, "calls", nil, "the calls that tasks may make, but for the first task's")
	fl.IntVar(&f.workers, "workers", runtime.GOMAXPROCS(0), "goroutines; the result does not depend on them")
	fl.StringVar(&f.mem, "mem", "", "memory for states and traces, such as 400M; a search that needs more ends")
	fl.BoolVar(&f.noTasks, "no-task-symmetry", false, "tell interchangeable tasks apart")
	fl.BoolVar(&f.noFDs, "no-fd-symmetry", false, "tell descriptors apart by their numbers")
	fl.BoolVar(&f.noFold, "no-fold", false, "let other tasks in before every step, also before local ones")
	fl.StringVar(&f.schedule, "schedule", "", "replay a schedule of a race and print it")
	return cmd
}

func (c *cli) explore(cmd *cobra.Command, args []string, f exploreFlags) error {
	switch {
	case f.list:
		return c.exploreList()
	case f.listCalls:
		texts := explore.OpTexts()
		for i, name := range explore.OpNames() {
			c.printf("%-16s %s\n", name, texts[i])
		}
		return nil
	}
	if len(args) > 0 {
		if r, ok := explore.RaceByName(args[0]); ok {
			return c.exploreRace(r, f)
		}
	}
	if f.schedule != "" {
		return errors.New("--schedule needs a race; nssim explore --list prints them")
	}
	s, err := c.exploreSetup(cmd, args, f)
	if err != nil {
		return err
	}
	opt := explore.Options{Workers: f.workers}
	if opt.Memory, err = parseBytes(f.mem); err != nil {
		return err
	}
	stop, progress := c.exploreProgress()
	defer stop()
	opt.Progress = progress
	rep, err := explore.Search(s, opt)
	if err != nil {
		return err
	}
	return c.exploreReport(&s, rep)
}

// exploreSetup is the named set-up with what the flags change.
func (c *cli) exploreSetup(cmd *cobra.Command, args []string, f exploreFlags) (explore.Setup, error) {
	name := "lifecycle"
	if len(args) > 0 {
		name = args[0]
	}
	s, ok := explore.SetupByName(name)
	if !ok {
		var names []string
		for _, s := range explore.Setups() {
			names = append(names, s.Name)
		}
		for _, r := range explore.Races() {
			names = append(names, r.Name)
		}
		return s, fmt.Errorf("unknown set-up %q, expected one of %s", name, strings.Join(names, ", "))
	}
	cfg, err := c.config()
	if err != nil {
		return s, err
	}
	s.Config = mergeConfig(s.Config, cfg)
	for flag, at := range map[string]struct{ to, from *int }{
		"tasks": {&s.Bounds.Tasks, &f.tasks}, "namespaces": {&s.Bounds.Namespaces, &f.namespaces},
		"fds": {&s.Bounds.FDs, &f.fds}, "depth": {&s.Bounds.Depth, &f.depth},
	} {
		if cmd.Flags().Changed(flag) {
			if *at.from < 0 {
				return s, fmt.Errorf("--%s %d, expected 0 or more", flag, *at.from)
			}
			*at.to = *at.from
			s.Expect = 0
		}
	}
	if cmd.Flags().Changed("namespaces") {
		s.Bounds.PerType = nil
	}
	if f.calls != nil {
		s.Ops, s.Expect = f.calls, 0
	}
	s.Symmetry.Tasks = s.Symmetry.Tasks && !f.noTasks
	s.Symmetry.FDs = s.Symmetry.FDs && !f.noFDs
	return s, nil
}

// mergeConfig is a set-up's kernel with what the command line says about it.
func mergeConfig(base, flags sim.Config) sim.Config {
	if flags.Kernel != "" {
		base.Kernel = flags.Kernel
	}
	if flags.Semantics != "" {
		base.Semantics = flags.Semantics
	}
	base.Bugs = append(slices.Clip(base.Bugs), flags.Bugs...)
	base.Off = append(slices.Clip(base.Off), flags.Off...)
	return base
}

// parseBytes reads an amount of memory; empty is none.
func parseBytes(s string) (int, error) {
	if s == "" {
		return 0, nil
	}
	n, unit := 0, ""
	if _, err := fmt.Sscanf(s, "%d%s", &n, &unit); err != nil && unit != "" || n <= 0 {
		return 0, fmt.Errorf("--mem %q, expected a number with K, M or G", s)
	}
	shift, ok := map[string]int{"": 0, "K": 10, "M": 20, "G": 30}[strings.ToUpper(unit)]
	if !ok {
		return 0, fmt.Errorf("--mem %q, expected a number with K, M or G", s)
	}
	return n << shift, nil
}

// exploreProgress makes a search end at Ctrl-C and, on a terminal, tell how far it is.
func (c *cli) exploreProgress() (stop func(), progress func(explore.Progress) bool) {
	ctx, cancel := signal.NotifyContext(context.Background(), os.Interrupt)
	tell := styleFor(c.errw).on
	start := time.Now()
	last := start
	stop = func() {
		cancel()
		if tell && last != start {
			fmt.Fprint(c.errw, "\r\x1b[K")
		}
	}
	return stop, func(p explore.Progress) bool {
		if now := time.Now(); tell && now.Sub(last) > 200*time.Millisecond {
			last = now
			d := now.Sub(start)
			fmt.Fprintf(c.errw, "\r\x1b[K%d states, %.0f moves/s, depth %d, frontier %d, %d MB, %s", p.States,
				float64(p.Transitions)/d.Seconds(), p.Depth, p.Frontier, p.Bytes>>20, d.Round(time.Second))
		}
		return ctx.Err() == nil
	}
}

func (c *cli) exploreList() error {
	for i, s := range explore.Setups() {
		if i > 0 {
			c.printf("\n")
		}
		c.printf("%s (%d states)\n", s.Name, s.Expect)
		c.indented(s.Says)
	}
	for _, r := range explore.Races() {
		c.printf("\n%s (interleavings, %d states)\n", r.Name, r.Expect)
		c.indented(r.Says)
	}
	return nil
}

// exploreJSON is the JSON form of a report.
type exploreJSON struct {
	made
	Setup string `json:"setup"`
	*explore.Report
}

func (c *cli) exploreReport(s *explore.Setup, rep *explore.Report) error {
	cfg, err := s.Config.Compose()
	if err != nil {
		return err
	}
	if c.json {
		err = c.printJSON(exploreJSON{madeBy(cfg, ""), s.Name, rep})
	} else {
		c.exploreText(s, cfg, rep)
	}
	if err == nil && len(rep.Traces) > 0 {
		err = errFailed
	}
	return err
}

func (c *cli) exploreText(s *explore.Setup, cfg *sim.Config, rep *explore.Report) {
	c.printf("%s\n", c.style.dim("# "+header(cfg)))
	c.printf("%s: %d states, %d moves, depth %d\n", s.Name, rep.States, rep.Transitions, rep.Depth)
	for _, t := range rep.Traces {
		c.printf("\n%s", t.Program)
		for _, b := range t.Broken {
			c.printf("%s %s\n", c.style.bad("BROKEN"), b)
		}
	}
	c.exploreEnd(rep, len(rep.Traces), s.Says)
}

// exploreEnd says what a search has covered.
func (c *cli) exploreEnd(rep *explore.Report, found int, says string) {
	switch {
	case rep.Complete && found == 0:
		c.printf("%s\n", export.Wrap(c.style.good("complete")+": "+says, 4))
	case rep.Cut == "depth":
		c.printf("nothing found in sequences of up to %d moves; longer ones were not looked at\n", rep.Depth)
	case rep.Cut == "memory" || rep.Cut == "interrupt":
		c.printf("ended by %s: all sequences of up to %d moves are covered, and some of %d\n", rep.Cut, rep.Depth, rep.Depth+1)
	}
}

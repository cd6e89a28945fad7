// SPDX-License-Identifier: GPL-2.0-only

package main

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime/debug"

	"github.com/nssim/nssim/sim"
	"github.com/nssim/nssim/sim/gen"
	"github.com/nssim/nssim/sim/program"
	"github.com/spf13/cobra"
)

// fuzzFlags is what `nssim fuzz` is told.
type fuzzFlags struct {
	n, lines, probe, workers int
	seed                     uint64
	save                     string
}

func (c *cli) fuzzCommand() *cobra.Command {
	f := fuzzFlags{}
	cmd := &cobra.Command{
		Use:   "fuzz",
		Short: "Look for programs that break a property which is to hold",
		Long: `Makes random programs and looks at every property after every line, at those
that are found out by making calls after every so many. A property that the
kernel and the semantics are known to break (nssim options --table) is not
looked at; what a --bug breaks besides is found.

The first program that breaks a property is made small, printed, and kept in the
directory that --save names: by default nssim/failures in the user's cache
directory. What is kept there for the same configuration is run first next time.
--save=none keeps and reads nothing. The same seed always makes the same
programs, however many processors there are.

Exit status: 1 if a property is broken.`,
		Args: cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error { return c.fuzz(f) },
	}
	c.machineFlags(cmd)
	c.jsonFlag(cmd, "a JSON object")
	cmd.Flags().IntVar(&f.n, "n", 100_000, "make at least so many calls")
	cmd.Flags().Uint64Var(&f.seed, "seed", 1, "seed of the first program")
	cmd.Flags().IntVar(&f.lines, "lines", gen.DefaultLines, "lines of a program before it cleans up")
	cmd.Flags().IntVar(&f.probe, "probe", gen.DefaultProbe, "lines between looking at what takes calls to find out, 0 for never")
	cmd.Flags().IntVar(&f.workers, "workers", 0, "programs at a time (default: one for each processor)")
	cmd.Flags().StringVar(&f.save, "save", "", "directory for failures, or none")
	return cmd
}

func (c *cli) fuzz(f fuzzFlags) error {
	cfg, err := c.config()
	switch {
	case err != nil:
		return err
	case f.n < 1:
		return fmt.Errorf("found --n %d, expected 1 or more", f.n)
	case f.probe < 0 || f.lines < 1 || f.workers < 0:
		return fmt.Errorf("found --probe %d, --lines %d and --workers %d, expected none to be negative, and a line at least", f.probe, f.lines, f.workers)
	case f.probe == 0:
		f.probe = -1
	}
	dir, err := failureDir(f.save)
	if err != nil {
		return err
	}
	z := gen.Fuzz{
		Options: gen.Options{Config: cfg, Lines: f.lines}, Seed: f.seed, Probe: f.probe, Workers: f.workers, Dir: dir,
	}
	// Programs are garbage soon; memory is there.
	defer debug.SetGCPercent(debug.SetGCPercent(400))
	res, err := z.Run(f.n)
	if res == nil || res.Failure == nil {
		if err != nil {
			return err
		}
	}
	composed, _ := cfg.Compose()
	if e := c.printFuzz(composed, f.seed, res); err == nil {
		err = e
	}
	if err == nil && res.Failure != nil {
		err = errFailed
	}
	return err
}

// failureDir is where failures are kept, "" for nowhere.
func failureDir(save string) (string, error) {
	switch save {
	case "none":
		return "", nil
	case "":
		cache, err := os.UserCacheDir()
		return filepath.Join(cache, "nssim", "failures"), err
	}
	return save, nil
}

// fuzzJSON is the outcome in JSON.
type fuzzJSON struct {
	made
	Seed     uint64 `json:"seed"`
	Next     uint64 `json:"next_seed"`
	Programs int    `json:"programs"`
	Calls    int    `json:"calls"`
	Property string `json:"property,omitempty"`
	Finding  string `json:"finding,omitempty"`
	Program  string `json:"program,omitempty"`
	Kept     string `json:"kept,omitempty"`
}

func (c *cli) printFuzz(cfg *sim.Config, seed uint64, res *gen.FuzzResult) error {
	x := res.Failure
	if c.json {
		j := fuzzJSON{made: madeBy(cfg, ""), Seed: seed, Next: res.Next, Programs: res.Programs, Calls: res.Calls}
		if x != nil {
			j.Property, j.Finding, j.Program, j.Kept = x.Broken.Property, x.Broken.Text, string(program.Format(x.Program)), x.Kept
		}
		return c.printJSON(j)
	}
	c.printf("# %s\n", header(cfg))
	if res.Programs > 0 {
		c.printf("%d calls, %d programs, seeds %d to %d\n", res.Calls, res.Programs, seed, res.Next-1)
	}
	if x == nil {
		c.printf("no property broken but those known to be\n")
		return nil
	}
	c.printf("%s\n", c.style.bad("broken: "+x.Broken.Finding.String()))
	switch {
	case x.Was == 0:
		c.printf("by %s, which was kept:\n", x.Kept)
	case x.Kept != "":
		c.printf("by %s, made small from %d lines and kept as %s:\n", x.Program.Name, x.Was, x.Kept)
	default:
		c.printf("by %s, made small from %d lines:\n", x.Program.Name, x.Was)
	}
	c.printf("%s", program.Format(x.Program))
	return nil
}

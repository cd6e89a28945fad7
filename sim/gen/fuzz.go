// SPDX-License-Identifier: GPL-2.0-only

package gen

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"

	"github.com/nssim/nssim/sim"
	"github.com/nssim/nssim/sim/check"
	"github.com/nssim/nssim/sim/program"
)

// Fuzz looks for programs that break a property which the table of expected verdicts has
// as holding. The zero value does so on the default configuration, as Run says.
type Fuzz struct {
	// Options say what programs to make.
	Options Options
	// Seed is the first program's; the others follow it.
	Seed uint64
	// Probe is as in Watch, DefaultProbe if 0, never if negative.
	Probe int
	// Shrink is how many programs the shrinker may try, 3000 if 0.
	Shrink int
	// Dir is where failures are kept, "" for nowhere. Those that are there for the same
	// configuration are run first.
	Dir string
	// Workers is how many programs are run at a time, one for each processor if 0. What
	// is found does not depend on it.
	Workers int
}

// FuzzResult is what a run of Fuzz came to.
type FuzzResult struct {
	// Calls and Programs were made, Next is the seed to go on with.
	Calls, Programs int
	Next            uint64
	// Failure is nil if there was no deviation.
	Failure *Failure
}

// Failure is a program that breaks a property which was to hold, made small.
type Failure struct {
	Broken  *Broken
	Program *program.Program
	// Kept is the file that it was written to or, if it is one that was kept before, read
	// from; "" if it was not kept.
	Kept string
	// Was is how many lines it had before it was made small, 0 if it was kept before.
	Was int
}

// DefaultProbe is how often Fuzz looks at what takes calls to find out.
const DefaultProbe = 50

// fuzzBatch is how many programs are made at most between looking whether the budget is used up.
const fuzzBatch = 256

// expectedBroken lists the properties that the kernel and the semantics break as they
// are. What a bug breaks besides is a deviation.
func expectedBroken(c *sim.Config) []string {
	plain := sim.Config{Kernel: c.Kernel, Semantics: c.Semantics}
	broken, ok := check.Expected().BrokenIn(check.RowName(&plain))
	if !ok {
		panic("gen: the table of expected verdicts has no row " + check.RowName(&plain))
	}
	return broken
}

// ExpectingVerdicts returns a Watch for what is expected to hold under the kernel and the
// semantics of a configuration, whatever bugs it has besides.
func ExpectingVerdicts(c *sim.Config, probe int) *Watch {
	return &Watch{But: expectedBroken(c), Probe: probe}
}

// Run makes programs with at least so many calls in all and looks at every property after
// every line. It stops at the first deviation, by the order of seeds, and makes it small.
// An error is about the options, or about reading and writing failures.
func (f *Fuzz) Run(calls int) (*FuzzResult, error) {
	if err := f.Options.Check(); err != nil {
		return nil, err
	}
	cfg, err := f.Options.Config.Compose()
	if err != nil {
		return nil, err
	}
	res := &FuzzResult{Next: f.Seed}
	if res.Failure, err = f.kept(cfg); res.Failure != nil || err != nil {
		return res, err
	}
	workers := f.Workers
	if workers == 0 {
		workers = runtime.GOMAXPROCS(0)
	}
	watches := make([]*Watch, workers)
	for i := range watches {
		watches[i] = f.watch(cfg)
	}
	lines := f.Options.withDefaults().Lines
	for res.Calls < calls {
		n := min(fuzzBatch, (calls-res.Calls)/lines+1)
		if f.batch(watches, n, res); res.Failure != nil {
			return res, f.small(cfg, res.Failure)
		}
	}
	return res, nil
}

func (f *Fuzz) watch(cfg *sim.Config) *Watch {
	probe := f.Probe
	if probe == 0 {
		probe = DefaultProbe
	}
	return ExpectingVerdicts(cfg, max(probe, 0))
}

// batch makes the programs of the next n seeds.
func (f *Fuzz) batch(watches []*Watch, n int, res *FuzzResult) {
	type outcome struct {
		calls   int
		failure *Failure
	}
	out := make([]outcome, n)
	var wg sync.WaitGroup
	for i, w := range watches {
		wg.Add(1)
		go func() {
			defer wg.Done()
			for k := i; k < len(out); k += len(watches) {
				p, calls, broken := w.Search(res.Next+uint64(k), f.Options)
				out[k].calls = calls
				if broken != nil {
					out[k].failure = &Failure{Broken: broken, Program: p, Was: len(p.Lines)}
				}
			}
		}()
	}
	wg.Wait()
	for _, o := range out {
		res.Calls += o.calls
		res.Programs++
		res.Next++
		if o.failure != nil {
			res.Failure = o.failure
			return
		}
	}
}

// small shrinks a failure and keeps it.
func (f *Fuzz) small(cfg *sim.Config, x *Failure) error {
	w := f.watch(cfg)
	if w.Probe > 0 {
		w.Probe = 1
	}
	budget := f.Shrink
	if budget == 0 {
		budget = 3000
	}
	breaks := func(p *program.Program) *Broken {
		b, _, err := w.Verify(p, f.Options.Config)
		if err != nil || b == nil || b.Property != x.Broken.Property {
			return nil
		}
		return b
	}
	x.Program = Shrink(x.Program, func(p *program.Program) bool { return breaks(p) != nil }, budget)
	if b := breaks(x.Program); b != nil {
		x.Broken = b
	}
	x.Program.Doc = []string{x.Broken.Text}
	if f.Dir == "" {
		return nil
	}
	x.Kept = filepath.Join(f.Dir, failureFile(cfg, x))
	return errors.Join(os.MkdirAll(f.Dir, 0o755), os.WriteFile(x.Kept, program.Format(x.Program), 0o644))
}

func failureFile(cfg *sim.Config, x *Failure) string {
	name := fmt.Sprintf("%s-%s-%s", check.RowName(cfg), x.Broken.Property, x.Program.Name)
	return strings.NewReplacer("/", "-", " ", "").Replace(name) + ".ns"
}

// kept runs the failures of the same configuration that were kept, and returns the first
// that still is one.
func (f *Fuzz) kept(cfg *sim.Config) (*Failure, error) {
	if f.Dir == "" {
		return nil, nil
	}
	files, err := filepath.Glob(filepath.Join(f.Dir, "*.ns"))
	if err != nil {
		return nil, err
	}
	w := f.watch(cfg)
	if w.Probe > 0 {
		w.Probe = 1
	}
	for _, file := range files {
		p, err := readProgram(file)
		if err != nil {
			return nil, err
		}
		its, err := p.MergeConfig(sim.Config{})
		if err != nil {
			return nil, err
		}
		if c, err := its.Compose(); err != nil || c.String() != cfg.String() {
			continue
		}
		b, _, err := w.Verify(p, f.Options.Config)
		if err != nil {
			return nil, err
		}
		if b != nil {
			return &Failure{Broken: b, Program: p, Kept: file}, nil
		}
	}
	return nil, nil
}

func readProgram(file string) (*program.Program, error) {
	src, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	return program.Parse(file, src)
}

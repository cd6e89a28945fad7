// SPDX-License-Identifier: GPL-2.0-only

package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"time"

	"github.com/nssim/nssim/sim"
	"github.com/nssim/nssim/sim/gen"
	"github.com/nssim/nssim/sim/live"
	"github.com/nssim/nssim/sim/program"
	"github.com/nssim/nssim/testdata"
	"github.com/spf13/cobra"
)

// liveFlags is how `nssim live` runs programs.
type liveFlags struct {
	kernels          []string
	profile          string
	guests           int
	kvm, console     bool
	qemu, cc, append string
	save, record     string
	quiet            bool
	random           int
	seed             uint64
	lines            int
	madeFor          string
}

func (c *cli) liveCommand() *cobra.Command {
	var f liveFlags
	cmd := &cobra.Command{
		Use:   "live [FILE|DIR...]",
		Short: "Run programs on a real kernel and compare it with the model",
		Long: `Boots a kernel under QEMU, runs programs there and on the model at the same
time, and compares them after every line: results, errno, listings, states of
tasks, and the exact counts of every namespace. Without FILE, the programs are
the kernel's selftests; of a DIR, all files *.ns below it. docs/live.md says
what it takes.

A --kernel is an image, or a version that "nssim live fetch" has got before. Of
several, each is compared in turn. A divergence is printed with both sides and
made small; the small program is saved.

Exit status: 1 if kernel and model differ or a program could not be compared,
2 if a program has a mistake or no guest can be had.`,
		Args: cobra.ArbitraryArgs,
		RunE: func(_ *cobra.Command, args []string) error { return c.live(args, f) },
	}
	fl := cmd.Flags()
	fl.StringArrayVar(&f.kernels, "kernel", nil, "bzImage, or version such as v7.3.4 (repeatable; list: nssim live fetch)")
	fl.StringVar(&f.profile, "profile", "", "profile that the model has (default: the one for the kernel's release)")
	fl.StringVar(&c.cfg.Semantics, "semantics", "", "what makes a namespace visible in the model")
	fl.StringArrayVar(&c.cfg.Bugs, "bug", nil, "switch a bug of the model on, or another difference (repeatable)")
	fl.StringArrayVar(&c.cfg.Off, "off", nil, "switch one off (repeatable)")
	fl.IntVar(&f.guests, "guests", 0, "guests at a time (default one per processor)")
	fl.BoolVar(&f.kvm, "kvm", false, "let the processor run the guest (/dev/kvm) and not the emulator")
	fl.StringVar(&f.qemu, "qemu", "qemu-system-x86_64", "the emulator")
	fl.StringVar(&f.cc, "cc", "gcc", "the C compiler that builds the guest's pid 1")
	fl.StringVar(&f.append, "append", "", "more arguments for the kernel's command line")
	fl.StringVar(&f.save, "save", "live-failures", "where small programs of divergences are saved")
	fl.StringVar(&f.record, "record", "", "write what the kernels did into files of this directory")
	fl.IntVar(&f.random, "random", 0, "compare this many random programs, made for the model of each kernel")
	fl.Uint64Var(&f.seed, "seed", 1, "the first one's seed")
	fl.StringVar(&f.madeFor, "made-for", "", "profile that random programs are made for (default: that of each kernel)")
	fl.IntVar(&f.lines, "lines", 20, "how long random programs are, before they clean up")
	fl.BoolVar(&f.console, "console", false, "copy the guests' consoles to stderr")
	fl.BoolVarP(&f.quiet, "quiet", "q", false, "print no line for a program that agrees")
	c.jsonFlag(cmd, "one JSON object a line")
	cmd.AddCommand(c.liveFetchCommand())
	return cmd
}

func (c *cli) liveFetchCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "fetch [VERSION...]",
		Short: "Get kernel images from the package mirror of this machine's apt",
		Long: `Gets kernel images from the Debian mirror that this machine's apt is set up
with, into the user's cache directory; nothing is installed. Without VERSION,
lists which there are and which have been fetched.`,
		Args: cobra.ArbitraryArgs,
		RunE: func(_ *cobra.Command, args []string) error {
			ctx, stop := interruptible()
			defer stop()
			if len(args) == 0 {
				return c.listImages(ctx)
			}
			for _, v := range args {
				path, err := live.Fetch(ctx, v, "")
				if err != nil {
					return err
				}
				c.printf("%s\n", path)
			}
			return nil
		},
	}
}

func (c *cli) listImages(ctx context.Context) error {
	have := make(map[string]bool)
	for _, v := range live.Kernels("") {
		have[v] = true
	}
	all, err := live.Available(ctx, "")
	for _, v := range all {
		word := ""
		if have[v] {
			word, have[v] = " fetched", false
		}
		c.printf("v%s%s\n", v, word)
	}
	for _, v := range live.Kernels("") {
		if have[v] {
			c.printf("v%s fetched\n", v)
		}
	}
	return err
}

func interruptible() (context.Context, context.CancelFunc) {
	return signal.NotifyContext(context.Background(), os.Interrupt)
}

// options are those of live.Open for one kernel.
func (f *liveFlags) options(kernel string) []live.Option {
	opts := []live.Option{
		live.WithKernel(kernel), live.WithQEMU(f.qemu), live.WithCompiler(f.cc), live.WithCommandLine(f.append),
	}
	if f.kvm {
		opts = append(opts, live.WithAccel(live.AccelKVM))
	}
	if f.console {
		opts = append(opts, live.WithConsole(os.Stderr))
	}
	return opts
}

func (c *cli) live(args []string, f liveFlags) error {
	if len(f.kernels) == 0 {
		return errors.New("no --kernel given: an image, or a version such as v7.3.4 (nssim live fetch lists them)")
	}
	c.cfg.Kernel = f.profile
	cfg, err := c.config()
	if err != nil {
		return err
	}
	if f.random > 0 && len(args) > 0 {
		return errors.New("--random and a FILE exclude each other")
	}
	ps, err := c.livePrograms(args)
	if err != nil {
		return err
	}
	ps, err = c.skipCannot(ps)
	if err != nil {
		return err
	}
	ctx, stop := interruptible()
	defer stop()
	bad := false
	rec := recordings{dir: f.record}
	for _, kernel := range f.kernels {
		err := c.liveOn(ctx, &liveRun{cfg: cfg, kernel: kernel, f: &f, rec: &rec}, ps)
		if err != nil && !errors.Is(err, errFailed) {
			return err
		}
		bad = bad || err != nil
		if f.record != "" {
			if err := rec.write(); err != nil {
				return err
			}
		}
	}
	if bad {
		return errFailed
	}
	return nil
}

// livePrograms reads what is to be compared.
func (c *cli) livePrograms(args []string) (ps []*program.Program, err error) {
	if len(args) == 0 {
		tests, err := program.Selftests(testdata.FS)
		for i := range tests {
			ps = append(ps, tests[i].Program)
		}
		return ps, err
	}
	names, err := programFiles(args)
	if err != nil {
		return nil, err
	}
	sources, err := c.readSources(names)
	for _, s := range sources {
		ps = append(ps, s.p)
	}
	return ps, err
}

// skipCannot leaves out the programs that only the model can run, and says so. One must
// be left.
func (c *cli) skipCannot(ps []*program.Program) (out []*program.Program, err error) {
	for _, p := range ps {
		why := live.Cannot(p)
		switch {
		case why == nil:
			out = append(out, p)
		case c.json:
			err = errors.Join(err, c.printJSON(map[string]string{"program": p.Name, "skip": why.Error()}))
		default:
			c.printf("SKIP %v\n", why)
		}
	}
	if len(ps) > 0 && len(out) == 0 {
		return nil, errors.New("no program is left that a real kernel can run")
	}
	return out, err
}

// programFiles replaces directories by the programs below them.
func programFiles(args []string) (names []string, err error) {
	for _, arg := range args {
		st, err := os.Stat(arg)
		if arg == "-" || err != nil || !st.IsDir() {
			names = append(names, arg) // reading it tells what is wrong
			continue
		}
		before := len(names)
		err = filepath.WalkDir(arg, func(name string, d fs.DirEntry, err error) error {
			if err == nil && !d.IsDir() && filepath.Ext(name) == ".ns" {
				names = append(names, name)
			}
			return err
		})
		switch {
		case err != nil:
			return nil, err
		case len(names) == before:
			return nil, fmt.Errorf("%s: no programs (*.ns) in this directory", arg)
		}
	}
	return names, nil
}

// liveTotals sums up a kernel's comparisons.
type liveTotals struct {
	Kernel      string `json:"kernel"`  // release
	Against     string `json:"against"` // what the model ran under
	Programs    int    `json:"programs"`
	Calls       int    `json:"calls"`
	Lines       int    `json:"lines"`
	Divergences int    `json:"divergences"`
	Errors      int    `json:"errors"`
	Ahead       int    `json:"ahead"`
	Waited      int    `json:"waited"`
}

// liveJSON is one comparison in JSON.
type liveJSON struct {
	Program string   `json:"program"`
	Agree   bool     `json:"agree"`
	Error   string   `json:"error,omitempty"`
	Line    int      `json:"line,omitempty"`
	Text    string   `json:"text,omitempty"`
	Diffs   []string `json:"diffs,omitempty"`
	Model   string   `json:"model,omitempty"`
	Guest   string   `json:"guest,omitempty"`
	Saved   string   `json:"saved,omitempty"`
	Calls   int      `json:"calls"`
	Lines   int      `json:"lines"`
}

// liveRun is one kernel's comparisons.
type liveRun struct {
	cfg    sim.Config
	kernel string
	f      *liveFlags
	rec    *recordings
}

func (c *cli) liveOn(ctx context.Context, r *liveRun, ps []*program.Program) error {
	n, get, err := r.programs(ps)
	if err != nil {
		return err
	}
	var t liveTotals
	var recErr error
	var differ []*program.Program
	start := time.Now()
	err = live.CompareAll(ctx, n, get, r.cfg, r.f.guests, func(i int, x *live.Comparison, err error) {
		if t.Programs == 0 && x != nil {
			c.liveHead(x)
		}
		t.add(x, err)
		p := get(i)
		switch {
		case err != nil || x == nil:
		case x.Divergence != nil:
			differ = append(differ, p)
		case r.f.record != "" && x.Agree():
			recErr = errors.Join(recErr, r.rec.add(p, x))
		}
		c.printComparison(p, x, err, r.f)
		c.out.Flush()
	}, r.f.options(r.kernel)...)
	if err = errors.Join(err, recErr); err != nil {
		return err
	}
	if !c.json {
		fmt.Fprintf(c.errw, "%s: %d programs in %.1f s, boot included\n", r.kernel, t.Programs, time.Since(start).Seconds())
	}
	for _, p := range differ {
		if err := c.saveSmall(ctx, r, p); err != nil {
			return err
		}
	}
	return c.printLiveTotals(&t)
}

// programs are those that are given, or random ones.
func (r *liveRun) programs(ps []*program.Program) (int, func(i int) *program.Program, error) {
	if r.f.random <= 0 {
		return len(ps), func(i int) *program.Program { return ps[i] }, nil
	}
	cfg := r.cfg
	if r.f.madeFor != "" {
		cfg.Kernel = r.f.madeFor
	}
	if cfg.Kernel == "" {
		release, err := live.ImageRelease(r.kernel)
		if err == nil {
			cfg.Kernel, err = live.Profile(release)
		}
		if err != nil {
			return 0, nil, err
		}
	}
	opts := gen.Options{Config: cfg, Kernel: true, Lines: r.f.lines}
	return r.f.random, func(i int) *program.Program {
		seed := r.f.seed + uint64(i)
		p := gen.Generate(seed, opts)
		p.Name = fmt.Sprintf("random/%05d.ns", seed)
		return p
	}, nil
}

func (t *liveTotals) add(x *live.Comparison, err error) {
	t.Programs++
	switch {
	case err != nil:
		t.Errors++
	case !x.Agree():
		t.Divergences++
	}
	if x != nil {
		t.Kernel, t.Against = x.Release, x.Config
		t.Calls, t.Lines, t.Ahead, t.Waited = t.Calls+x.Calls, t.Lines+x.Lines, t.Ahead+x.Ahead, t.Waited+x.Waited
	}
}

func (c *cli) liveHead(x *live.Comparison) {
	if !c.json {
		c.printf("%s\n", c.style.dim("# nssim: "+x.Release+" against "+x.Config+", version "+version))
	}
}

// printComparison prints what has become of one program.
func (c *cli) printComparison(p *program.Program, x *live.Comparison, err error, f *liveFlags) {
	if c.json {
		_ = c.printJSON(comparisonJSON(p, x, err))
		return
	}
	switch {
	case err != nil:
		c.printf("%s %s: %v\n", c.style.bad("ERROR"), p.Name, err)
	case !x.Agree():
		word, rest, _ := strings.Cut(x.String(), " ")
		c.printf("%s %s\n", c.style.bad(word), rest)
	case !f.quiet:
		c.printf("%s %s: %d calls, %d lines\n", c.style.good("AGREE"), p.Name, x.Calls, x.Lines)
	}
}

func comparisonJSON(p *program.Program, x *live.Comparison, err error) liveJSON {
	j := liveJSON{Program: p.Name}
	if err != nil {
		j.Error = err.Error()
	}
	if x == nil {
		return j
	}
	j.Agree, j.Calls, j.Lines = err == nil && x.Agree(), x.Calls, x.Lines
	j.Diffs = append(j.Diffs, x.Warnings...)
	if d := x.Divergence; d != nil {
		j.Line, j.Text, j.Model, j.Guest = d.At.Line, d.Text, d.Model, d.Guest
		j.Diffs = append(j.Diffs, d.Diffs...)
	}
	return j
}

func (c *cli) printLiveTotals(t *liveTotals) error {
	failed := error(nil)
	if t.Divergences+t.Errors > 0 {
		failed = errFailed
	}
	if c.json {
		if err := c.printJSON(map[string]*liveTotals{"totals": t}); err != nil {
			return err
		}
		return failed
	}
	c.printf("# Totals: %s: %d programs, %d calls, %d lines compared, %d divergences, %d errors\n",
		t.Kernel, t.Programs, t.Calls, t.Lines, t.Divergences, t.Errors)
	return failed
}

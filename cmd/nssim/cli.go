// SPDX-License-Identifier: GPL-2.0-only

package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/nssim/nssim/sim"
	"github.com/nssim/nssim/sim/export"
	"github.com/nssim/nssim/sim/program"
	"github.com/spf13/cobra"
)

// cli is what the commands share: where to read and print, and the common flags.
type cli struct {
	in    io.Reader
	out   *bufio.Writer
	errw  io.Writer
	style style
	cfg   sim.Config
	json  bool
}

// run executes a command line and returns the exit status.
func run(args []string, in io.Reader, out, errw io.Writer) int {
	c := &cli{in: in, out: bufio.NewWriter(out), errw: errw, style: styleFor(out)}
	root := c.root()
	root.SetArgs(args)
	err := root.Execute()
	if e := c.out.Flush(); e != nil && err == nil {
		err = e
	}
	return c.status(err)
}

// errFailed says that a check failed and that it has been told already.
var errFailed = errors.New("failed")

// status prints an error and returns the exit status for it.
func (c *cli) status(err error) int {
	var bad *program.Error
	var list program.ErrorList
	switch {
	case err == nil:
		return 0
	case errors.Is(err, errFailed):
		return 1
	case errors.As(err, &list):
		err = list
	case errors.As(err, &bad):
		err = bad
	default:
		fmt.Fprintf(c.errw, "nssim: %v\n", err)
		return 2
	}
	// A mistake in a program stands by itself, so that editors find the place.
	fmt.Fprintln(c.errw, err)
	return 2
}

// root builds the tree of commands.
func (c *cli) root() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "nssim",
		Short: "A model of the Linux kernel's namespace tree and its reference counts",
		Long: `nssim is an executable model of the Linux kernel's namespaces: of listns() and
namespace file handles, and of the passive and active reference counts that
decide how long a namespace lives and who can see it.

Exit status: 0 all is well, 1 a check failed, 2 bad input.`,
		Args:          cobra.ArbitraryArgs,
		SilenceErrors: true,
		SilenceUsage:  true,
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) > 0 {
				return unknownCommand(cmd, args[0])
			}
			return cmd.Help()
		},
	}
	cmd.SetIn(c.in)
	cmd.SetOut(c.out)
	cmd.SetErr(c.errw)
	cmd.SetFlagErrorFunc(func(cmd *cobra.Command, err error) error {
		return fmt.Errorf("%w; see: %s --help", err, cmd.CommandPath())
	})
	cmd.AddCommand(c.commands()...)
	cmd.InitDefaultCompletionCmd()
	// Flags with their descriptions stay within the width of a terminal.
	wrapped := fmt.Sprintf(".FlagUsagesWrapped %d", export.Width)
	cmd.SetUsageTemplate(strings.ReplaceAll(cmd.UsageTemplate(), ".FlagUsages", wrapped))
	return cmd
}

func unknownCommand(cmd *cobra.Command, name string) error {
	var names []string
	for _, s := range cmd.Commands() {
		if s.IsAvailableCommand() {
			names = append(names, s.Name())
		}
	}
	return fmt.Errorf("unknown command %q, expected one of %s", name, strings.Join(names, ", "))
}

// machineFlags adds the flags that say which kernel a command is about.
func (c *cli) machineFlags(cmd *cobra.Command) {
	f := cmd.Flags()
	f.StringVar(&c.cfg.Kernel, "kernel", "", "profile of the kernel (default "+sim.DefaultKernel+"; list: nssim profiles)")
	f.StringVar(&c.cfg.Semantics, "semantics", "", "what makes a namespace visible (default "+sim.DefaultSemantics+"; list: nssim profiles)")
	f.StringArrayVar(&c.cfg.Bugs, "bug", nil, "switch a bug on, or another difference (repeatable; list: nssim switches)")
	f.StringArrayVar(&c.cfg.Off, "off", nil, "switch one off (repeatable)")
	_ = cmd.RegisterFlagCompletionFunc("kernel", completeFrom(kernelNames()))
	_ = cmd.RegisterFlagCompletionFunc("semantics", completeFrom(semanticsNames()))
	_ = cmd.RegisterFlagCompletionFunc("bug", completeFrom(switchNames()))
	_ = cmd.RegisterFlagCompletionFunc("off", completeFrom(switchNames()))
}

func (c *cli) jsonFlag(cmd *cobra.Command, what string) {
	cmd.Flags().BoolVar(&c.json, "json", false, "print "+what)
}

// exclusive complains if more than one of the flags was given.
func exclusive(cmd *cobra.Command, flags ...string) error {
	given := ""
	for _, f := range flags {
		switch {
		case !cmd.Flags().Changed(f):
		case given != "":
			return fmt.Errorf("--%s and --%s exclude each other", given, f)
		default:
			given = f
		}
	}
	return nil
}

func completeFrom(names []string) func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
	return func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
		return names, cobra.ShellCompDirectiveNoFileComp
	}
}

// config checks the names that were given.
func (c *cli) config() (sim.Config, error) {
	for _, name := range append(append([]string(nil), c.cfg.Bugs...), c.cfg.Off...) {
		if _, ok := sim.SwitchByName(name); !ok {
			list := export.Wrap("  "+strings.Join(switchNames(), ", "), 2)
			return sim.Config{}, fmt.Errorf("unknown bug or switch %q, expected one of\n%s", name, list)
		}
	}
	if _, err := c.cfg.Compose(); err != nil {
		return sim.Config{}, err
	}
	return c.cfg, nil
}

// header is the line that says what made an output.
func header(cfg *sim.Config) string { return "nssim: " + cfg.String() + ", version " + version }

func (c *cli) printf(format string, args ...any) { fmt.Fprintf(c.out, format, args...) }

// printJSON prints a value in one line.
func (c *cli) printJSON(v any) error {
	enc := json.NewEncoder(c.out)
	enc.SetEscapeHTML(false)
	return enc.Encode(v)
}

// made is the JSON form of the header.
type made struct {
	Version   string   `json:"nssim"`
	Kernel    string   `json:"kernel"`
	Semantics string   `json:"semantics"`
	Bugs      []string `json:"bugs,omitempty"`
	Off       []string `json:"off,omitempty"`
	File      string   `json:"file,omitempty"`
}

func madeBy(cfg *sim.Config, file string) made {
	return made{version, cfg.Kernel, cfg.Semantics, cfg.Bugs, cfg.Off, file}
}

func kernelNames() (names []string) {
	for _, p := range sim.Profiles() {
		names = append(names, p.Name)
	}
	return names
}

func semanticsNames() (names []string) {
	for _, s := range sim.AllSemantics() {
		names = append(names, s.Name)
	}
	return names
}

func switchNames() (names []string) {
	for _, s := range sim.Switches() {
		names = append(names, s.Name)
	}
	return names
}

// SPDX-License-Identifier: GPL-2.0-only

package main

import (
	"slices"
	"strings"

	"github.com/nssim/nssim/sim"
	"github.com/nssim/nssim/sim/compare"
	"github.com/nssim/nssim/sim/export"
	"github.com/nssim/nssim/testdata"
	"github.com/spf13/cobra"
)

func (c *cli) optionsCommand() *cobra.Command {
	table, against := false, ""
	cmd := &cobra.Command{
		Use:   "options",
		Short: "Compare what could make a namespace visible, and the kernels",
		Long: `Puts each semantics on one kernel, and each kernel with one semantics, to
questions about what userspace can do, to the properties, and to the kernel's
selftests. A property holds, or is broken by programs, which are printed below:
those that are the shortest somewhere. A test is named if its outcome is not the
same everywhere. Then, for each semantics, what is gained and lost against
having none of it.

--kernel chooses the kernel of the first table and leaves out the second,
--semantics the semantics of the second and leaves out the first.
docs/options.md says what to make of it.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := exclusive(cmd, "table", "json"); err != nil {
				return err
			}
			s, err := compare.Read(testdata.FS)
			switch {
			case err != nil:
				return err
			case table:
				return c.verdictTable(s)
			}
			return c.options(s, against)
		},
	}
	c.machineFlags(cmd)
	c.jsonFlag(cmd, "one JSON object a line, for each configuration")
	cmd.Flags().BoolVar(&table, "table", false, "print the table of expected verdicts, made anew for every kernel and semantics")
	cmd.Flags().StringVar(&against, "against", "none", "the semantics that gains and losses are told against")
	_ = cmd.RegisterFlagCompletionFunc("against", completeFrom(semanticsNames()))
	return cmd
}

func (c *cli) verdictTable(s *compare.Suite) error {
	t, err := s.Table()
	if err != nil {
		return err
	}
	_, err = c.out.Write(t.Format())
	return err
}

func (c *cli) options(s *compare.Suite, against string) error {
	cfg, err := c.config()
	if err != nil {
		return err
	}
	bySemantics, byKernel := cfg.Semantics == "", cfg.Kernel == ""
	if !bySemantics && !byKernel {
		bySemantics, byKernel = true, true // one of each
	}
	base := cfg
	base.Semantics = against
	if _, err := base.Compose(); err != nil {
		return err
	}
	w := s.NewWriter()
	if bySemantics {
		if err := c.optionTable(s, w, cfg, against); err != nil {
			return err
		}
	}
	if byKernel {
		if err := c.kernelTable(s, w, cfg); err != nil {
			return err
		}
	}
	if c.json {
		return nil
	}
	c.printf("\nprograms\n")
	return w.Programs(c.out)
}

// optionTable compares the semantics on one kernel.
func (c *cli) optionTable(s *compare.Suite, w *compare.Writer, cfg sim.Config, against string) error {
	names := semanticsNames()
	if cfg.Semantics != "" {
		names = []string{cfg.Semantics}
	}
	rs, err := c.results(s, names, func(name string) sim.Config { cfg.Semantics = name; return cfg })
	if err != nil || c.json {
		return err
	}
	cfg.Semantics = ""
	c.printf("# nssim: %s, version %s\n\n", rs[0].Config.WithoutSemantics(), version)
	if err := w.Columns(c.out, compare.Merge(names, rs)); err != nil {
		return err
	}
	base, err := baseResult(s, cfg, against, names, rs)
	if err != nil {
		return err
	}
	c.printf("\ngained and lost against %s\n", against)
	for i, r := range rs {
		if names[i] != against {
			c.printf("%s\n", export.Wrap(names[i]+": "+semanticsDoc(names[i]), 4))
			c.printf("%s", indent(s.Diff(base, r).String()))
		}
	}
	return nil
}

// baseResult is that of the semantics that the others are told against, which is mostly
// one of them.
func baseResult(s *compare.Suite, cfg sim.Config, against string, names []string, rs []*compare.Result) (*compare.Result, error) {
	if i := slices.Index(names, against); i >= 0 {
		return rs[i], nil
	}
	cfg.Semantics = against
	return s.Run(cfg)
}

// kernelTable compares the kernels with one semantics.
func (c *cli) kernelTable(s *compare.Suite, w *compare.Writer, cfg sim.Config) error {
	names := kernelNames()
	if cfg.Kernel != "" {
		names = []string{cfg.Kernel}
	}
	rs, err := c.results(s, names, func(name string) sim.Config { cfg.Kernel = name; return cfg })
	if err != nil || c.json {
		return err
	}
	c.printf("\n# nssim: %s, version %s\n\n", rs[0].Config.WithoutKernel(), version)
	return w.Columns(c.out, compare.Merge(names, rs))
}

// optionJSON is a result in JSON.
type optionJSON struct {
	made
	Answers   map[string]bool     `json:"answers"`
	Broken    map[string][]string `json:"broken"` // by property; empty where it holds
	Selftests map[string]string   `json:"selftests"`
}

// results runs configurations and, if asked for, prints them as JSON.
func (c *cli) results(s *compare.Suite, names []string, cfg func(string) sim.Config) (rs []*compare.Result, err error) {
	for _, name := range names {
		r, err := s.Run(cfg(name))
		if err != nil {
			return nil, err
		}
		rs = append(rs, r)
		if !c.json {
			continue
		}
		if err := c.printJSON(resultJSON(s, r)); err != nil {
			return nil, err
		}
	}
	return rs, nil
}

func resultJSON(s *compare.Suite, r *compare.Result) optionJSON {
	j := optionJSON{madeBy(r.Config, ""), map[string]bool{}, map[string][]string{}, map[string]string{}}
	for i, q := range s.Questions {
		j.Answers[q.Text] = r.Answers[i]
	}
	for _, v := range r.Verdicts {
		if v.Applies {
			j.Broken[v.Property.Name] = append([]string{}, v.Programs()...)
		}
	}
	for i := range s.Selftests {
		j.Selftests[s.Selftests[i].Path()] = r.Selftests[i].String()
	}
	return j
}

// indent puts four blanks before every line and breaks long ones.
func indent(text string) string {
	var b strings.Builder
	for l := range strings.Lines(text) {
		hang := 8 + len(l) - len(strings.TrimLeft(l, " "))
		b.WriteString(export.Wrap("    "+strings.TrimSuffix(l, "\n"), hang) + "\n")
	}
	return b.String()
}

func semanticsDoc(name string) string {
	for _, s := range sim.AllSemantics() {
		if s.Name == name {
			return s.Doc
		}
	}
	return ""
}

// SPDX-License-Identifier: GPL-2.0-only

package main

import (
	"strings"

	"github.com/nssim/nssim/sim"
	"github.com/nssim/nssim/sim/export"
	"github.com/nssim/nssim/sim/program"
	"github.com/spf13/cobra"
)

// tableCommand makes a command that prints what the program knows: a text for each row,
// or the rows in JSON.
func tableCommand[T any](c *cli, use, short string, rows func() []T, text func(T)) *cobra.Command {
	cmd := &cobra.Command{
		Use: use, Short: short, Args: cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			for _, r := range rows() {
				if !c.json {
					text(r)
				} else if err := c.printJSON(r); err != nil {
					return err
				}
			}
			return nil
		},
	}
	c.jsonFlag(cmd, "one JSON object a line")
	return cmd
}

// indented prints a paragraph.
func (c *cli) indented(text string) { c.printf("%s\n", export.Wrap("    "+text, 4)) }

type switchRow struct {
	Name  string   `json:"name"`
	Layer string   `json:"layer"`
	Doc   string   `json:"doc"`
	In    []string `json:"in"` // profiles
}

func switchRows() (rows []switchRow) {
	var kernels []*sim.Config
	for _, p := range sim.Profiles() {
		if cfg, err := (sim.Config{Kernel: p.Name}).Compose(); err == nil {
			kernels = append(kernels, cfg)
		}
	}
	for _, s := range sim.Switches() {
		row := switchRow{s.Name, string(s.Layer), s.Doc, []string{}}
		for _, cfg := range kernels {
			if cfg.SwitchOn(s.Name) {
				row.In = append(row.In, cfg.Kernel)
			}
		}
		rows = append(rows, row)
	}
	return rows
}

func (c *cli) switchesCommand() *cobra.Command {
	return tableCommand(c, "switches", "List the switches: differences between kernels, and bugs", switchRows, func(row switchRow) {
		c.printf("%s (%s)\n", row.Name, row.Layer)
		c.indented(row.Doc)
		if len(row.In) > 0 {
			c.indented("on in " + strings.Join(row.In, ", "))
		}
	})
}

type profileRow struct {
	Kind     string   `json:"kind"` // kernel or semantics
	Name     string   `json:"name"`
	Doc      string   `json:"doc"`
	Default  bool     `json:"default,omitempty"`
	Switches []string `json:"switches"`
}

func profileRows() (rows []profileRow) {
	for _, p := range sim.Profiles() {
		rows = append(rows, profileRow{"kernel", p.Name, p.Doc, p.Name == sim.DefaultKernel, p.Switches})
	}
	for _, s := range sim.AllSemantics() {
		rows = append(rows, profileRow{"semantics", s.Name, s.Doc, s.Name == sim.DefaultSemantics, append([]string{}, s.Switches...)})
	}
	return rows
}

func (c *cli) profilesCommand() *cobra.Command {
	return tableCommand(c, "profiles", "List the kernels and the semantics", profileRows, func(row profileRow) {
		name := row.Kind + " " + row.Name
		if row.Default {
			name += " (default)"
		}
		c.printf("%s\n", name)
		c.indented(row.Doc)
		if len(row.Switches) > 0 {
			c.indented("on: " + strings.Join(row.Switches, ", "))
		}
	})
}

type callRow struct {
	Kind    string `json:"kind"` // call or function
	Usage   string `json:"usage"`
	Returns string `json:"returns,omitempty"`
	Doc     string `json:"doc"`
}

func callRows() (rows []callRow) {
	for _, s := range program.Calls {
		rows = append(rows, callRow{"call", s.Name + "(" + s.Usage + ")", s.Binds.String(), s.Doc})
	}
	for _, f := range program.Functions {
		rows = append(rows, callRow{"function", f.Name + "(" + f.Usage + ")", "", f.Doc})
	}
	return rows
}

func (c *cli) callsCommand() *cobra.Command {
	return tableCommand(c, "calls", "List the calls and functions that programs may use", callRows, func(row callRow) {
		head := row.Usage
		if row.Returns != "" {
			head += " = " + row.Returns
		}
		c.printf("%s\n", export.Wrap(head, 8))
		c.indented(row.Doc)
	})
}

// SPDX-License-Identifier: GPL-2.0-only

package main

import (
	"bytes"
	"errors"
	"os"

	"github.com/nssim/nssim/sim/export"
	"github.com/nssim/nssim/sim/program"
	"github.com/spf13/cobra"
)

func (c *cli) fmtCommand() *cobra.Command {
	write, diff := false, false
	cmd := &cobra.Command{
		Use:   "fmt FILE...",
		Short: "Write programs in the canonical layout",
		Long: `Prints programs in the canonical layout, checked but not run. With -w it
rewrites the files, with -d it prints what would change and exits with status 1
if anything would.`,
		Args: oneOrMore("FILE"),
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := exclusive(cmd, "write", "diff"); err != nil {
				return err
			}
			return c.format(args, write, diff)
		},
	}
	cmd.Flags().BoolVarP(&write, "write", "w", false, "rewrite the files")
	cmd.Flags().BoolVarP(&diff, "diff", "d", false, "print the differences")
	return cmd
}

func (c *cli) format(names []string, write, diff bool) error {
	sources, err := c.readSources(names)
	if err != nil {
		return err
	}
	differs := false
	for _, s := range sources {
		out := program.Format(s.p)
		same := bytes.Equal(s.text, out)
		switch {
		case write && s.name == "<stdin>":
			return errors.New("-w cannot rewrite the standard input")
		case write && !same:
			err = os.WriteFile(s.name, out, 0o666)
		case write:
		case diff && !same:
			differs = true
			c.printf("%s", export.Diff(s.name, s.text, out))
		case !diff:
			_, err = c.out.Write(out)
		}
		if err != nil {
			return err
		}
	}
	if differs {
		return errFailed
	}
	return nil
}

// SPDX-License-Identifier: GPL-2.0-only

package main

import (
	"fmt"
	"os"

	"github.com/nssim/nssim/sim/export/syz"
	"github.com/nssim/nssim/sim/program"
	"github.com/spf13/cobra"
)

func (c *cli) importSyzCommand() *cobra.Command {
	output := ""
	cmd := &cobra.Command{
		Use:   "syz FILE",
		Short: "Turn a reproducer or a test of syzkaller into a program",
		Long: `Reads a program of syzkaller and prints it as a program of the model, which is
not run: "nssim run" does that. In a test, with an errno behind a call or a
line "# requires:", a call without an errno must succeed; in a reproducer, one
that a later call needs. Calls that the model does not know, and those that
need what these return, become comments, with a warning that names the place.
"-" is the standard input. docs/syzkaller.md has the table of calls.`,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) != 1 {
				return fmt.Errorf("found %d arguments, expected FILE", len(args))
			}
			return nil
		},
		RunE: func(_ *cobra.Command, args []string) error { return c.importSyz(args[0], output) },
	}
	cmd.Flags().StringVarP(&output, "output", "o", "", "write the program to this file")
	return cmd
}

func (c *cli) importSyz(file, output string) error {
	data, err := c.readLog(file)
	if err != nil {
		return err
	}
	f, err := syz.Parse(logName(file), data)
	if err != nil {
		return err
	}
	p, warnings, err := syz.Import(f)
	if err != nil {
		return err
	}
	for _, w := range warnings {
		fmt.Fprintf(c.errw, "%s: warning: %s\n", w.At, w.Text)
	}
	if output != "" {
		return os.WriteFile(output, program.Format(p), 0o666)
	}
	_, err = c.out.Write(program.Format(p))
	return err
}

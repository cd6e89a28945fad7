// SPDX-License-Identifier: GPL-2.0-only

package main

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"io"
	"os"

	"github.com/nssim/nssim/sim/export/strace"
	"github.com/nssim/nssim/sim/program"
	"github.com/spf13/cobra"
)

func (c *cli) importCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "import FORMAT FILE",
		Short: "Turn a log or another form into a program",
		Args:  cobra.ArbitraryArgs,
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) > 0 {
				return unknownCommand(cmd, args[0])
			}
			return cmd.Help()
		},
	}
	cmd.AddCommand(c.importStraceCommand(), c.importSyzCommand())
	return cmd
}

// importFlags are those of `nssim import strace`.
type importFlags struct {
	check, comments bool
	output          string
}

func (c *cli) importStraceCommand() *cobra.Command {
	var f importFlags
	cmd := &cobra.Command{
		Use:   "strace LOG",
		Short: "Turn a log of strace -f into a program and compare it with the model",
		Long: `Reads the log of "strace -f -v -o LOG", runs its calls on the model, and prints
them as a program, in which every call states what the log says that it
returned. Calls that have nothing to do with namespaces are left out. Then comes
the verdict: how many lines and calls there were, and each place in the log
where the model does something else. "-" is the standard input; a log may be
compressed with gzip. docs/strace.md says more.

Exit status: 1 if the log and the model differ; 2 if a line of the log is not
understood.`,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) != 1 {
				return fmt.Errorf("found %d arguments, expected LOG", len(args))
			}
			return nil
		},
		RunE: func(_ *cobra.Command, args []string) error { return c.importStrace(args[0], f) },
	}
	c.machineFlags(cmd)
	cmd.Flags().BoolVar(&f.check, "check", true, "print the verdict, and fail if the log and the model differ")
	cmd.Flags().BoolVar(&f.comments, "comments", false, "put the calls that are left out into the program as comments")
	cmd.Flags().StringVarP(&f.output, "output", "o", "", "write the program to this file")
	return cmd
}

func (c *cli) importStrace(file string, f importFlags) error {
	cfg, err := c.config()
	if err != nil {
		return err
	}
	data, err := c.readLog(file)
	if err != nil {
		return err
	}
	name := logName(file)
	i, err := strace.Read(name, data, strace.Options{Config: cfg, Comments: f.comments})
	if err != nil {
		return err
	}
	text := program.Format(i.Program)
	if f.output != "" {
		err = os.WriteFile(f.output, text, 0o666)
	} else {
		_, err = c.out.Write(text)
	}
	if err != nil || !f.check {
		return err
	}
	c.verdict(name, i)
	if len(i.Divergences) > 0 {
		return errFailed
	}
	return nil
}

// verdict prints what has come of the comparison, as comments behind the program.
func (c *cli) verdict(name string, i *strace.Import) {
	c.printf("# %s\n# %s: %s\n", "nssim: "+i.Config+", version "+version, name, i)
	for k := range i.Divergences {
		c.printf("# %s\n", &i.Divergences[k])
	}
}

func logName(name string) string {
	if name == "-" {
		return "<stdin>"
	}
	return name
}

// readLog reads a file, or the standard input, that may be compressed.
func (c *cli) readLog(name string) ([]byte, error) {
	var data []byte
	var err error
	if name == "-" {
		data, err = io.ReadAll(c.in)
	} else {
		data, err = os.ReadFile(name)
	}
	if err != nil || !bytes.HasPrefix(data, []byte{0x1f, 0x8b}) {
		return data, err
	}
	z, err := gzip.NewReader(bytes.NewReader(data))
	if err != nil {
		return nil, err
	}
	return io.ReadAll(z)
}

// SPDX-License-Identifier: GPL-2.0-only

package main

import (
	"os"

	"github.com/nssim/nssim/sim"
	"github.com/nssim/nssim/sim/export/creproducer"
	"github.com/spf13/cobra"
)

func (c *cli) exportCCommand() *cobra.Command {
	to := ""
	cmd := &cobra.Command{
		Use:   "c FILE",
		Short: "Write a program as a C reproducer",
		Long: `Writes a program as one C source that needs nothing but a C library: build it
with cc and run it as root, in a virtual machine. It prints each line with its
result and exits with status 1 if one is not as the program states. What user
space cannot see, the counts, is printed and not checked.

What the program's names stand for is found by running it on the model.`,
		Args: exactlyOne("FILE"),
		RunE: func(_ *cobra.Command, args []string) error {
			cfg, err := c.config()
			if err != nil {
				return err
			}
			sources, err := c.readSources(args)
			if err != nil {
				return err
			}
			p := sources[0].p
			if cfg, err = p.MergeConfig(cfg); err != nil {
				return err
			}
			m, err := sim.New(cfg)
			if err != nil {
				return err
			}
			out, err := creproducer.Source(p, cfg, header(m.Cfg))
			if err != nil {
				return err
			}
			if to != "" {
				return os.WriteFile(to, out, 0o644)
			}
			_, err = c.out.Write(out)
			return err
		},
	}
	c.machineFlags(cmd)
	cmd.Flags().StringVarP(&to, "output", "o", "", "write to this file")
	return cmd
}

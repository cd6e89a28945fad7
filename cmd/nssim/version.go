// SPDX-License-Identifier: GPL-2.0-only

package main

import (
	"runtime"
	"runtime/debug"

	"github.com/spf13/cobra"
)

// version is the release, as it stands at the head of every output.
const version = "0.1"

func (c *cli) versionCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "version",
		Short: "Print the version",
		Args:  cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			c.printf("nssim %s %s%s\n", version, runtime.Version(), revision())
			return nil
		},
	}
}

// revision is the commit that the binary was built from, where Go has recorded it.
func revision() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return ""
	}
	rev, dirty := "", ""
	for _, s := range info.Settings {
		switch {
		case s.Key == "vcs.revision":
			rev = " " + s.Value[:min(12, len(s.Value))]
		case s.Key == "vcs.modified" && s.Value == "true":
			dirty = " modified"
		}
	}
	return rev + dirty
}

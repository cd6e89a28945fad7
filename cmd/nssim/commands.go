// SPDX-License-Identifier: GPL-2.0-only

package main

import "github.com/spf13/cobra"

// commands are those below the root.
func (c *cli) commands() []*cobra.Command {
	return []*cobra.Command{
		c.runCommand(),
		c.whyCommand(),
		c.selftestCommand(),
		c.liveCommand(),
		c.optionsCommand(),
		c.exploreCommand(),
		c.diffCommand(),
		c.fuzzCommand(),
		c.fmtCommand(),
		c.exportCommand(),
		c.playCommand(),
		c.importCommand(),
		c.bugsCommand(),
		c.callsCommand(),
		c.switchesCommand(),
		c.profilesCommand(),
		c.versionCommand(),
	}
}

// SPDX-License-Identifier: GPL-2.0-only

package main

import (
	"fmt"
	"strings"

	"github.com/nssim/nssim/sim/bugs"
)

// The parts of docs/bugs.md that are not made.
const (
	bugsHead = `<!-- SPDX-License-Identifier: GPL-2.0-only -->
<!-- Made by: make bugs-table -->
# The known bugs

What the namespace tree, the active counts and listns() did wrong while they were written,
have done since, or still do, is a switch of the model each: ` + "`--bug NAME`" + ` turns it on,
` + "`--off NAME`" + ` turns off what a kernel has. ` + "`nssim bugs`" + ` lists them, and ` + "`nssim bugs NAME`" + ` shows
one caught: the program of [testdata/bugs](../testdata/bugs) that triggers it, run with the
bug and without it.

` + "```console" + `
$ nssim bugs zero-id-as-initial
...
with the bug                              without it
...
caught by: warning is_ns_init_id: ns_id == 0
` + "```" + `

## What catches them

Nothing is made to catch one bug. After every line of a program the properties of
[sim/check](../sim/check) are looked at, among them that no assertion fires, nothing sleeps
under RCU and no freed object is used (no-warning). What breaks none of them but returns
something else (result) is caught by comparison with the kernel without it. A program that
is to show a race stops a call before a kernel function while other tasks go on.

The last two columns are about random programs, of which some have calls that are stopped in
the middle or made to fail: what catches the bug most often, and how many system calls that
takes, the median of %d seeds with at most %d calls each. They are made by ` + "`make bugs-table`" + `.

| bug | caught by | at random by | calls |
|---|---|---|---:|
`
	missingHead = `
## Not in the model

`
)

// bugsTable prints docs/bugs.md.
func (c *cli) bugsTable(seeds, calls int) error {
	if seeds < 1 || calls < 1 {
		return fmt.Errorf("%d seeds and %d calls, expected at least one of each", seeds, calls)
	}
	rows, err := bugs.Table(bugs.All(), seeds, calls)
	if err != nil {
		return err
	}
	c.printBugs(rows, seeds, calls)
	return nil
}

func (c *cli) printBugs(rows []bugs.Row, seeds, most int) {
	c.printf(bugsHead, seeds, most)
	for _, r := range rows {
		calls, by := fmt.Sprint(r.Median), r.Random
		if r.Median == 0 {
			calls = fmt.Sprintf("> %d", most)
		}
		if by == "" {
			by = "-"
		}
		c.printf("| [%s](#%s) | %s | %s | %s |\n", r.Bug.Name, r.Bug.Name, r.Caught, by, calls)
	}
	area := bugs.Area("")
	for _, r := range rows {
		if r.Bug.Area != area {
			area = r.Bug.Area
			c.printf("\n## %s\n", heading(string(area)))
		}
		c.printBug(&r.Bug)
	}
	c.printf(missingHead)
	for _, m := range bugs.Missing() {
		c.printf("- **%s**: %s %s\n", m.Name, m.Title, m.Why)
	}
}

// printBug prints a bug's paragraph.
func (c *cli) printBug(b *bugs.Bug) {
	c.printf("\n### %s\n\n%s %s\n", b.Name, b.Title, b.Story)
	var facts []string
	for _, f := range []struct{ what, text string }{
		{"Found: ", b.Found}, {"See: ", b.Where}, {"Fixed: ", b.Fixed}, {"On in: ", strings.Join(b.Kernels(), ", ")},
	} {
		if f.text != "" {
			facts = append(facts, f.what+f.text+".")
		}
	}
	if len(facts) > 0 {
		c.printf("%s\n", strings.Join(facts, " "))
	}
}

// heading is a text with a capital.
func heading(s string) string { return strings.ToUpper(s[:1]) + s[1:] }

// SPDX-License-Identifier: GPL-2.0-only

package main

import (
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/nssim/nssim/sim/bugs"
	"github.com/nssim/nssim/sim/export"
	"github.com/nssim/nssim/sim/program"
	"github.com/spf13/cobra"
)

func (c *cli) bugsCommand() *cobra.Command {
	var table bool
	var seeds, calls int
	cmd := &cobra.Command{
		Use:   "bugs [NAME]",
		Short: "List the known bugs, or show one caught",
		Long: `Lists the bugs that the namespace tree, the active counts and listns() had while
they were written, have had since, or still have, with where they were found and
fixed. With a NAME it shows that bug: the program that triggers it, run with the
bug and without it, and what catches it. --bug NAME switches it on elsewhere.

Exit status: 1 if nothing catches the bug.`,
		Args: cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := exclusive(cmd, "table", "json"); err != nil {
				return err
			}
			switch {
			case table && len(args) > 0:
				return errors.New("--table is about all bugs, expected no NAME")
			case table:
				return c.bugsTable(seeds, calls)
			case len(args) == 0:
				return c.listBugs()
			}
			return c.showBug(args[0])
		},
		ValidArgsFunction: completeFrom(bugNames()),
	}
	c.jsonFlag(cmd, "one JSON object a line")
	cmd.Flags().BoolVar(&table, "table", false, "print docs/bugs.md: what catches each bug, and how many random calls it takes (takes minutes)")
	cmd.Flags().IntVar(&seeds, "seeds", bugs.Seeds, "with --table, how many seeds the median is of")
	cmd.Flags().IntVar(&calls, "calls", bugs.MaxCalls, "with --table, how many calls each seed makes at most")
	return cmd
}

func bugNames() (names []string) {
	for _, b := range bugs.All() {
		names = append(names, b.Name)
	}
	return names
}

// bugRow is a bug in JSON.
type bugRow struct {
	Name    string   `json:"name"`
	Area    string   `json:"area"`
	Title   string   `json:"title"`
	Found   string   `json:"found,omitempty"`
	Where   string   `json:"where,omitempty"`
	Fixed   string   `json:"fixed,omitempty"`
	Kernels []string `json:"kernels"`
	Story   string   `json:"story"`
}

func rowOf(b *bugs.Bug) bugRow {
	return bugRow{b.Name, string(b.Area), b.Title, b.Found, b.Where, b.Fixed, append([]string{}, b.Kernels()...), b.Story}
}

func (c *cli) listBugs() error {
	area := bugs.Area("")
	for _, b := range bugs.All() {
		if c.json {
			if err := c.printJSON(rowOf(&b)); err != nil {
				return err
			}
			continue
		}
		if b.Area != area {
			if area != "" {
				c.printf("\n")
			}
			area = b.Area
			c.printf("[%s]\n", area)
		}
		c.printf("%s\n", b.Name)
		c.aboutBug(&b)
	}
	return nil
}

// aboutBug prints what is known of a bug, but for its story.
func (c *cli) aboutBug(b *bugs.Bug) {
	c.indented(b.Title)
	for _, l := range []struct{ what, text string }{
		{"found: ", b.Found}, {"see: ", b.Where}, {"fixed: ", b.Fixed}, {"on in: ", strings.Join(b.Kernels(), ", ")},
	} {
		if l.text != "" {
			c.printf("%s\n", export.Wrap("    "+l.what+l.text, 8))
		}
	}
}

func (c *cli) showBug(name string) error {
	b, ok := bugs.ByName(name)
	if !ok {
		list := export.Wrap("  "+strings.Join(bugNames(), ", "), 2)
		return fmt.Errorf("unknown bug %q, expected one of\n%s", name, list)
	}
	caught, err := b.Catch()
	if err != nil {
		return err
	}
	if c.json {
		err = c.printJSON(caughtRow(b, caught))
	} else {
		c.printCaught(b, caught)
	}
	if err == nil && caught.By() == "" {
		return errFailed
	}
	return err
}

// caughtBug is a bug that has been caught in JSON.
type caughtBug struct {
	bugRow
	Program  string   `json:"program"`
	By       string   `json:"caughtBy"`
	Warnings []string `json:"warnings,omitempty"`
	With     runRow   `json:"with"`
	Without  runRow   `json:"without"`
}

type runRow struct {
	Config   string   `json:"config"`
	Outcome  string   `json:"outcome"`
	Failed   string   `json:"failed,omitempty"`
	Lines    []string `json:"lines"`
	Findings []string `json:"findings,omitempty"`
}

func caughtRow(b *bugs.Bug, k *bugs.Caught) caughtBug {
	return caughtBug{rowOf(b), b.File(), k.By(), k.Warnings, runRowOf(k, k.With), runRowOf(k, k.Without)}
}

func runRowOf(k *bugs.Caught, r *bugs.Run) runRow {
	row := runRow{Config: r.Config, Outcome: r.Outcome.String(), Failed: r.Failed}
	for i := range r.Lines {
		row.Lines = append(row.Lines, r.Lines[i].Text)
	}
	for _, f := range k.Telling(r.Findings()) {
		row.Findings = append(row.Findings, f.String())
	}
	return row
}

func (c *cli) printCaught(b *bugs.Bug, k *bugs.Caught) {
	c.printf("%s\n", c.style.dim("# nssim: version "+version))
	c.printf("%s\n", b.Name)
	c.aboutBug(b)
	c.printf("\n")
	c.indented(b.Story)
	c.printf("\n%s\n", b.File())
	p, err := b.Program()
	if err == nil {
		c.indented(strings.TrimSpace(strings.Join(p.Doc, " ")))
	}
	c.printf("\n")
	left, right := column(k, k.With), column(k, k.Without)
	if !c.sideBySide(left, right) {
		c.oneByOne(left)
		c.printf("\n")
		c.oneByOne(right)
	}
	if b.Gone {
		c.printf("\n%s\n", export.Wrap("Without the bug the call does not come to the point at which it is to stop.", 0))
	}
	c.printf("\n%s\n", export.Wrap("caught by: "+caughtText(k), 11))
}

func caughtText(k *bugs.Caught) string {
	var by []string
	for _, w := range k.Warnings {
		by = append(by, "warning "+w)
	}
	for _, p := range k.Properties {
		by = append(by, "property "+p)
	}
	if k.ResultsDiffer {
		by = append(by, "comparison with the run without it")
	}
	if len(by) == 0 {
		return "nothing"
	}
	return strings.Join(by, "; ")
}

// textLine is a line of a run for people; bad is about what is wrong.
type textLine struct {
	text string
	bad  bool
}

// column is a run as text, with its configuration at the head.
func column(k *bugs.Caught, r *bugs.Run) (ls []textLine) {
	ls = append(ls, textLine{"# nssim: " + r.Config, false})
	for i := range r.Lines {
		l := &r.Lines[i]
		ls = append(ls, textLine{l.Text, false})
		if l.Failed != "" {
			ls = append(ls, textLine{"FAIL " + l.Failed, true})
		}
		for _, f := range k.Telling(l.Findings) {
			ls = append(ls, textLine{"BROKEN " + f.String(), true})
		}
	}
	if end := k.Telling(r.End); len(end) > 0 {
		ls = append(ls, textLine{"(every task ends, and what is put off is done)", false})
		for _, f := range end {
			ls = append(ls, textLine{"BROKEN " + f.String(), true})
		}
	}
	word := r.Outcome.String()
	return append(ls, textLine{word, r.Outcome != program.Pass})
}

// sideBySide prints two runs in two columns, if both fit.
func (c *cli) sideBySide(left, right []textLine) bool {
	const half = export.Width/2 - 2
	for _, l := range append(append([]textLine(nil), left[1:]...), right[1:]...) {
		if !l.bad && utf8.RuneCountInString(l.text) > half {
			return false
		}
	}
	c.printf("%-*s    %s\n", half, "with the bug", "without it")
	i, j := 1, 1
	for i < len(left) || j < len(right) {
		for i < len(left) && left[i].bad && i < len(left)-1 {
			c.printBad(left[i])
			i++
		}
		for j < len(right) && right[j].bad && j < len(right)-1 {
			c.printBad(right[j])
			j++
		}
		a, b := "", ""
		if i < len(left) {
			a = left[i].text
		}
		if j < len(right) {
			b = right[j].text
		}
		i, j = i+1, j+1
		c.printf("%s\n", strings.TrimRight(fmt.Sprintf("%-*s    %s", half, a, b), " "))
	}
	return true
}

func (c *cli) printBad(l textLine) { c.printf("%s\n", c.style.bad(export.Wrap("    "+l.text, 8))) }

func (c *cli) oneByOne(ls []textLine) {
	for i, l := range ls {
		switch {
		case l.bad && i < len(ls)-1:
			c.printBad(l)
		case l.bad:
			c.printf("%s\n", c.style.bad(l.text))
		default:
			c.printf("%s\n", export.Wrap(l.text, 10))
		}
	}
}

// SPDX-License-Identifier: GPL-2.0-only

package main

import (
	"bufio"
	"errors"
	"os"
	"strconv"
	"strings"

	"github.com/nssim/nssim/sim/export"
)

// stepCommand is a command of `nssim run --step`.
type stepCommand struct {
	name, usage, doc string
	do               func(x *exec, arg string) error
}

var stepCommands []stepCommand

func init() {
	// Not in the declaration: help refers to the table.
	stepCommands = []stepCommand{
		{"n", "n [COUNT]", "run the next line, or COUNT lines; so does an empty line", (*exec).stepNext},
		{"b", "b [COUNT]", "take the last line back, or COUNT lines", (*exec).stepBack},
		{"g", "g LINE", "go to a line of the file, forwards or back", (*exec).stepGo},
		{"l", "l", "list the program around the next line", (*exec).stepList},
		{"t", "t", "the namespaces as a tree of owners", (*exec).stepTree},
		{"c", "c", "the counts, and what holds each namespace", (*exec).stepCounts},
		{"w", "w NAME", "why a namespace is there and who sees it", (*exec).stepWhy},
		{"h", "h", "this list", (*exec).stepHelp},
		{"q", "q", "quit", nil},
	}
}

// interact runs a program on commands from the standard input.
func (x *exec) interact() error {
	in := bufio.NewScanner(x.in)
	// Commands that do not come from a terminal are not to be seen otherwise.
	echo := !isTerminal(x.in)
	x.printf("h lists the commands\n")
	x.showNext()
	for {
		x.printf("> ")
		if err := x.out.Flush(); err != nil {
			return err
		}
		if !in.Scan() {
			x.printf("\n")
			return in.Err()
		}
		text := strings.TrimSpace(in.Text())
		if echo {
			x.printf("%s\n", text)
		}
		name, arg, _ := strings.Cut(text, " ")
		if name == "" {
			name = "n"
		}
		if name == "q" {
			return nil
		}
		if err := x.stepDo(name, strings.TrimSpace(arg)); err != nil {
			return err
		}
	}
}

func isTerminal(in any) bool {
	f, ok := in.(*os.File)
	if !ok {
		return false
	}
	info, err := f.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0
}

func (x *exec) stepDo(name, arg string) error {
	for _, c := range stepCommands {
		if c.name == name {
			return c.do(x, arg)
		}
	}
	x.printf("unknown command %q; h lists them\n", name)
	return nil
}

func (x *exec) stepHelp(string) error {
	for _, c := range stepCommands {
		x.printf("  %-10s %s\n", c.usage, c.doc)
	}
	return nil
}

// count reads how often; false if it is no number.
func (x *exec) count(arg string) (int, bool) {
	if arg == "" {
		return 1, true
	}
	n, err := strconv.Atoi(arg)
	if err != nil || n < 1 {
		x.printf("found %q, expected a number\n", arg)
		return 0, false
	}
	return n, true
}

func (x *exec) stepNext(arg string) error {
	n, ok := x.count(arg)
	for ; ok && n > 0; n-- {
		more, err := x.forward()
		if err != nil {
			return err
		}
		if !more {
			return nil
		}
	}
	x.showNext()
	return nil
}

// forward runs one line and prints it; false at the end, after the outcome.
func (x *exec) forward() (bool, error) {
	if x.Done() {
		x.showNext()
		return false, nil
	}
	if err := x.print(x.Next()); err != nil || !x.Done() {
		return true, err
	}
	err := x.outcome()
	if errors.Is(err, errFailed) { // it has been told, and one may go back
		err = nil
	}
	return false, err
}

func (x *exec) stepBack(arg string) error {
	n, ok := x.count(arg)
	if !ok {
		return nil
	}
	for ; n > 0; n-- {
		if !x.Back() {
			x.printf("this is the beginning\n")
			break
		}
	}
	x.showNext()
	return nil
}

// stepGo goes to the first line of the program that stands on a line of the file or
// behind it.
func (x *exec) stepGo(arg string) error {
	want, err := strconv.Atoi(arg)
	if err != nil || want < 1 {
		x.printf("found %q, expected the number of a line\n", arg)
		return nil
	}
	target := 0
	lines := x.Runner.Program().Lines
	for target < len(lines) && lines[target].Place().Line < want {
		target++
	}
	for x.Runner.Line() > target && x.Back() {
	}
	for x.Runner.Line() < target {
		if more, err := x.forward(); err != nil || !more {
			return err
		}
	}
	x.showNext()
	return nil
}

// showNext shows which line is next.
func (x *exec) showNext() {
	if x.Done() {
		x.printf("%s\n", x.style.dim("this is the end"))
		return
	}
	x.printf("%s\n", x.style.dim("next "+x.numbered(x.Runner.Line())))
}

func (x *exec) numbered(i int) string {
	return strconv.Itoa(x.Runner.Program().Lines[i].Place().Line) + "  " + x.Lines.Plain(i)
}

// around is how many lines a list shows before and after the next one.
const around = 5

func (x *exec) stepList(string) error {
	lines, at := x.Runner.Program().Lines, x.Runner.Line()
	for i := max(0, at-around); i < min(len(lines), at+around+1); i++ {
		mark := "  "
		if i == at {
			mark = "->"
		}
		x.printf("%s %4d  %s\n", mark, lines[i].Place().Line, x.Lines.Plain(i))
	}
	return nil
}

func (x *exec) stepTree(string) error {
	x.printf("%s", export.TreeText(export.Tree(x.Runner.Machine(), x.Runner)))
	return nil
}

func (x *exec) stepCounts(string) error {
	x.printf("%s", export.CountsText(export.Counts(x.Runner.Machine(), x.Runner)))
	return nil
}

func (x *exec) stepWhy(arg string) error {
	ns, err := export.Resolve(x.Runner, arg)
	if err != nil {
		x.printf("%v\n", err)
		return nil
	}
	x.printf("%s", export.Explain(x.Runner.Machine(), x.Runner, ns))
	return nil
}

// SPDX-License-Identifier: GPL-2.0-only

package compare

import (
	"cmp"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"

	"github.com/nssim/nssim/sim/program"
)

// Where the programs lie in a file system of test data.
const (
	questionDir = "options/questions"
	breakDir    = "options/breaks"
)

// Suite is the programs that configurations are put to.
type Suite struct {
	Questions []Question
	// Breaks is the programs that break properties, the shortest first.
	Breaks    []Breaker
	Selftests []program.Selftest
}

// Question is a program that passes where the answer is yes.
type Question struct {
	Name, Text string
	Program    *program.Program
}

// Breaker is a program that breaks a property under some configuration.
type Breaker struct {
	Name    string
	Calls   int
	Program *program.Program
}

// Says is what the program is about.
func (b *Breaker) Says() string { return strings.Join(b.Program.Doc, " ") }

// Read reads a suite from a file system of test data.
func Read(data fs.FS) (*Suite, error) {
	s := &Suite{}
	err := each(data, questionDir, func(name string, p *program.Program) error {
		text := strings.Join(p.Doc, " ")
		if !strings.HasSuffix(text, "?") {
			return fmt.Errorf("%s: found %q as its description, expected a question", p.Name, text)
		}
		s.Questions = append(s.Questions, Question{name, text, p})
		return nil
	})
	if err != nil {
		return nil, err
	}
	err = each(data, breakDir, func(name string, p *program.Program) error {
		s.Breaks = append(s.Breaks, Breaker{name, calls(p), p})
		return nil
	})
	if err != nil {
		return nil, err
	}
	slices.SortStableFunc(s.Breaks, func(a, b Breaker) int { return cmp.Compare(a.Calls, b.Calls) })
	s.Selftests, err = program.Selftests(data)
	return s, err
}

// each reads the programs of a directory in the order of their names.
func each(data fs.FS, dir string, f func(name string, p *program.Program) error) error {
	entries, err := fs.ReadDir(data, dir)
	if err != nil {
		return err
	}
	for _, e := range entries {
		name, ok := strings.CutSuffix(e.Name(), ".ns")
		if !ok {
			continue
		}
		file := path.Join(dir, e.Name())
		text, err := fs.ReadFile(data, file)
		if err != nil {
			return err
		}
		p, err := program.Parse(file, text)
		if err != nil {
			return err
		}
		if err := f(name, p); err != nil {
			return err
		}
	}
	return nil
}

func calls(p *program.Program) (n int) {
	for i := range p.Lines {
		if p.Lines[i].Kind == program.Call {
			n++
		}
	}
	return n
}

// Breaker finds a program that breaks properties by its name.
func (s *Suite) Breaker(name string) *Breaker {
	for i := range s.Breaks {
		if s.Breaks[i].Name == name {
			return &s.Breaks[i]
		}
	}
	return nil
}

// SPDX-License-Identifier: GPL-2.0-only

package main

import (
	"io"
	"os"

	"github.com/nssim/nssim/sim/program"
)

// source is the text of a program and what it reads as.
type source struct {
	name string
	text []byte
	p    *program.Program
}

// readSources reads programs; "-" is the standard input. The error is every mistake in
// all of them.
func (c *cli) readSources(names []string) ([]source, error) {
	var out []source
	var mistakes program.ErrorList
	for _, name := range names {
		s, err := c.readSource(name)
		list, ok := err.(program.ErrorList)
		if err != nil && !ok {
			return nil, err
		}
		mistakes = append(mistakes, list...)
		out = append(out, s)
	}
	return out, mistakes.Err()
}

func (c *cli) readSource(name string) (s source, err error) {
	if s.name = name; name == "-" {
		s.name = "<stdin>"
		s.text, err = io.ReadAll(c.in)
	} else {
		s.text, err = os.ReadFile(name)
	}
	if err == nil {
		s.p, err = program.Parse(s.name, s.text)
	}
	return s, err
}

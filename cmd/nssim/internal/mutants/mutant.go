// SPDX-License-Identifier: GPL-2.0-only

package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// mutant is one small mistake in the model's own source.
type mutant struct {
	name  string
	why   string // what the mistake is
	edits []edit
	tests []string // packages whose tests are run, in this order
}

// edit replaces a text that stands exactly once in a file.
type edit struct{ file, from, to string }

// apply makes the edit below a directory.
func (e edit) apply(dir string) error {
	name := filepath.Join(dir, e.file)
	text, err := os.ReadFile(name)
	if err != nil {
		return err
	}
	if n := strings.Count(string(text), e.from); n != 1 {
		return fmt.Errorf("%s: %q stands there %d times, expected once", e.file, e.from, n)
	}
	return os.WriteFile(name, []byte(strings.Replace(string(text), e.from, e.to, 1)), 0o666)
}

// The packages that kill, the quickest first.
var (
	byCounts = []string{"./refcount", "./nstree", "./syscall", "./sim/bugs", "./sim/check"}
	byTrees  = []string{"./nstree", "./syscall", "./sim/bugs", "./sim/check"}
	byCalls  = []string{"./syscall", "./sim/bugs", "./sim/check", "./sim/program"}
	byRaces  = []string{"./sim/bugs", "./syscall", "./sim/check", "./sim/program"}
)

// SPDX-License-Identifier: GPL-2.0-only

// Command mutants shows that the tests have teeth: it makes one small mistake after the
// other in a copy of the module, runs the quick tests there, and reports which test has
// noticed. `make mutants` runs all of them; arguments name some. Exit status 1 if one
// survives.
package main

import (
	"context"
	"flag"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"time"
)

func main() {
	timeout := flag.Duration("timeout", 10*time.Minute, "how long one package's tests may take")
	flag.Parse()
	survived, err := run(flag.Args(), *timeout)
	if err != nil {
		fmt.Fprintln(os.Stderr, "mutants:", err)
		os.Exit(2)
	}
	if survived > 0 {
		os.Exit(1)
	}
}

func run(names []string, timeout time.Duration) (survived int, err error) {
	root, err := moduleRoot()
	if err != nil {
		return 0, err
	}
	// One copy for all, so that only what a mutant changes is built anew.
	dir, err := os.MkdirTemp("", "mutants")
	if err != nil {
		return 0, err
	}
	defer os.RemoveAll(dir)
	if err := copyModule(root, dir); err != nil {
		return 0, err
	}
	total := 0
	for _, m := range mutants {
		if len(names) > 0 && !slices.Contains(names, m.name) {
			continue
		}
		total++
		by, err := m.run(dir, timeout)
		if err != nil {
			return survived, fmt.Errorf("%s: %w", m.name, err)
		}
		if by == "" {
			survived++
			by = "SURVIVED"
		}
		fmt.Printf("%-28s %s\n", m.name, by)
	}
	fmt.Printf("%d mutants, %d survived\n", total, survived)
	if total == 0 {
		return 0, fmt.Errorf("no mutant is called %s", strings.Join(names, ", "))
	}
	return survived, nil
}

// moduleRoot is the directory of go.mod.
func moduleRoot() (string, error) {
	out, err := exec.Command("go", "env", "GOMOD").Output()
	if err != nil {
		return "", err
	}
	return filepath.Dir(strings.TrimSpace(string(out))), nil
}

// run returns the package and test that kill the mutant, "" if none does. It leaves the copy
// of the module as it was.
func (m *mutant) run(dir string, timeout time.Duration) (by string, err error) {
	for _, e := range m.edits {
		name := filepath.Join(dir, e.file)
		was, err := os.ReadFile(name)
		if err != nil {
			return "", err
		}
		if err := e.apply(dir); err != nil {
			return "", err
		}
		defer os.WriteFile(name, was, 0o666) // last made, first undone
	}
	for _, pkg := range m.tests {
		test, err := killedBy(dir, pkg, timeout)
		if err != nil {
			return "", err
		}
		if test != "" {
			return pkg + " " + test, nil
		}
	}
	return "", nil
}

var failedTest = regexp.MustCompile(`(?m)^\s*--- FAIL: (\S+)`)

// killedBy runs a package's tests and returns the one that fails.
func killedBy(dir, pkg string, timeout time.Duration) (string, error) {
	ctx, cancel := context.WithTimeout(context.Background(), timeout)
	defer cancel()
	cmd := exec.CommandContext(ctx, "go", "test", "-short", "-failfast", "-vet=off", "-trimpath", pkg)
	cmd.Dir = dir
	out, err := cmd.CombinedOutput()
	switch {
	case err == nil:
		return "", nil
	case ctx.Err() != nil:
		return "(timed out)", nil
	}
	if strings.Contains(string(out), "[build failed]") {
		return "", fmt.Errorf("%s does not build:\n%s", pkg, out)
	}
	if all := failedTest.FindAllStringSubmatch(string(out), -1); all != nil {
		return all[len(all)-1][1], nil
	}
	return "(panicked)", nil
}

// copyModule copies what the tests need: everything but the history.
func copyModule(from, to string) error {
	return filepath.WalkDir(from, func(name string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(from, name)
		if err != nil {
			return err
		}
		switch {
		case d.Name() == ".git":
			if d.IsDir() {
				return filepath.SkipDir
			}
			return nil
		case d.IsDir():
			return os.MkdirAll(filepath.Join(to, rel), 0o777)
		case !d.Type().IsRegular():
			return nil
		}
		return copyFile(name, filepath.Join(to, rel))
	})
}

func copyFile(from, to string) error {
	text, err := os.ReadFile(from)
	if err != nil {
		return err
	}
	return os.WriteFile(to, text, 0o666)
}

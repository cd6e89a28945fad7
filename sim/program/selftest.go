// SPDX-License-Identifier: GPL-2.0-only

package program

import (
	"fmt"
	"io/fs"
	"path"
	"strings"
)

// Selftest is one of the kernel's selftests for namespaces as a program.
type Selftest struct {
	// Binary is the selftest's program, Name the test in it.
	Binary, Name string
	Program      *Program
}

// Path returns Binary/Name, as the kernel's harness and patterns have it.
func (s *Selftest) Path() string { return s.Binary + "/" + s.Name }

// Match reports whether a test is meant by a pattern of path.Match: of its whole path, its
// binary or its name. The empty pattern means all.
func (s *Selftest) Match(pattern string) (bool, error) {
	if pattern == "" {
		return true, nil
	}
	for _, name := range []string{s.Path(), s.Binary, s.Name} {
		if ok, err := path.Match(pattern, name); ok || err != nil {
			return ok, err
		}
	}
	return false, nil
}

// selftestDir is where the selftests lie in a file system of test data; the file LIST in
// it has their paths in the order in which the kernel runs them.
const selftestDir = "selftests"

// Selftests reads the selftests in the kernel's order. Every file has to be listed, and
// every test that is listed has to be there.
func Selftests(data fs.FS) ([]Selftest, error) {
	list, err := fs.ReadFile(data, selftestDir+"/LIST")
	if err != nil {
		return nil, err
	}
	var tests []Selftest
	listed := make(map[string]bool)
	for name := range strings.Lines(string(list)) {
		name = strings.TrimSpace(name)
		if name == "" || strings.HasPrefix(name, "#") {
			continue
		}
		if listed[name] {
			return nil, fmt.Errorf("%s/LIST: %s is listed twice", selftestDir, name)
		}
		listed[name] = true
		t, err := readSelftest(data, name)
		if err != nil {
			return nil, err
		}
		tests = append(tests, t)
	}
	return tests, unlisted(data, listed)
}

func readSelftest(data fs.FS, name string) (Selftest, error) {
	t := Selftest{Binary: path.Dir(name), Name: path.Base(name)}
	file := selftestDir + "/" + name + ".ns"
	text, err := fs.ReadFile(data, file)
	if err != nil {
		return t, err
	}
	t.Program, err = Parse(file, text)
	return t, err
}

// unlisted complains about programs that are not in the list.
func unlisted(data fs.FS, listed map[string]bool) error {
	return fs.WalkDir(data, selftestDir, func(file string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || path.Ext(file) != ".ns" {
			return err
		}
		name := strings.TrimSuffix(strings.TrimPrefix(file, selftestDir+"/"), ".ns")
		if !listed[name] {
			return fmt.Errorf("%s: not in %s/LIST", file, selftestDir)
		}
		return nil
	})
}

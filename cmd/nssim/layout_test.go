// SPDX-License-Identifier: GPL-2.0-only

package main

import (
	"go/parser"
	"go/token"
	"io/fs"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

const module = "github.com/nssim/nssim/"

// The README's table of packages is complete, and each imports only what stands above
// it. Tests may import what they like.
func TestLayout(t *testing.T) {
	t.Chdir(root)
	row := regexp.MustCompile(`^\| \[[^]]*\]\(([^)]*)\) \|`)
	var order []string
	for _, l := range readLines(t, "README.md") {
		if m := row.FindStringSubmatch(l); m != nil {
			order = append(order, m[1])
		}
	}
	require.Greater(t, len(order), 5)
	for dir, imports := range packages(t) {
		at := slices.Index(order, dir)
		require.GreaterOrEqual(t, at, 0, "the README's table does not have %s", dir)
		for _, i := range imports {
			above := slices.Index(order, i)
			require.True(t, above >= 0 && above < at, "%s imports %s, which does not stand above it in the README's table", dir, i)
		}
	}
}

// packages returns the packages of the module, but for internal ones, with what each
// imports of it outside of tests.
func packages(t *testing.T) map[string][]string {
	out := make(map[string][]string)
	require.NoError(t, filepath.WalkDir(".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || path.Ext(name) != ".go" || strings.HasSuffix(name, "_test.go") || strings.Contains(name, "/internal/") {
			return err
		}
		f, err := parser.ParseFile(token.NewFileSet(), name, nil, parser.ImportsOnly)
		if err != nil {
			return err
		}
		dir := path.Dir(name)
		out[dir] = slices.Clip(out[dir])
		for _, i := range f.Imports {
			p, err := strconv.Unquote(i.Path.Value)
			if own, ok := strings.CutPrefix(p, module); ok && err == nil && !strings.Contains(own, "/internal/") {
				out[dir] = append(out[dir], own)
			}
		}
		return nil
	}))
	return out
}

// SPDX-License-Identifier: GPL-2.0-only

package main

import (
	"encoding/json"
	"go/format"
	"os"
	osexec "os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

const recipes = "docs/recipes.md"

// The recipes work: their patches, all of them on top of the sources, make a program that
// builds, and its commands print what the text says. The sources are not touched: the go
// command reads the patched files through an overlay.
func TestRecipes(t *testing.T) {
	if testing.Short() {
		t.Skip("it builds nssim")
	}
	t.Chdir(root)
	dir := t.TempDir()
	lines := readLines(t, recipes)
	blocks := blocksOf(lines)
	files := map[string]string{}
	for _, b := range blocks {
		if b.info == "diff" {
			applyPatch(t, files, lines[b.from:b.to], b.from+1)
		}
	}
	binary := buildPatched(t, dir, files)
	data, err := filepath.Abs("testdata")
	require.NoError(t, err)
	require.NoError(t, os.Symlink(data, filepath.Join(dir, "testdata")))

	ran := 0
	for _, b := range slices.Backward(blocks) {
		if b.info != "console recipes" {
			continue
		}
		text := lines[b.from:b.to]
		got := transcript(t, dir, binary, text)
		ran++
		if !slices.Contains(text, "...") && *update {
			lines = slices.Replace(lines, b.from, b.to, got...)
			continue
		}
		require.True(t, matches(text, got), "%s, line %d: the commands print\n%s", recipes, b.from+1, strings.Join(got, "\n"))
	}
	require.GreaterOrEqual(t, ran, 5)
	if *update {
		require.NoError(t, os.WriteFile(recipes, []byte(strings.Join(lines, "\n")+"\n"), 0o666))
	}
}

// applyPatch puts the hunks of a patch into files. A hunk has no line numbers: what it
// says about the old text must be there, once.
func applyPatch(t *testing.T, files map[string]string, patch []string, at int) {
	var name string
	var before, after strings.Builder
	flush := func() {
		switch old := before.String(); {
		case name == "" || old+after.String() == "":
		case old == "":
			require.NotContains(t, files, name)
			files[name] = after.String()
		default:
			require.Equal(t, 1, strings.Count(files[name], old), "%s, line %d: how often %s has\n%s", recipes, at, name, old)
			files[name] = strings.Replace(files[name], old, after.String(), 1)
		}
		before.Reset()
		after.Reset()
	}
	isNew := false
	for _, l := range patch {
		switch {
		case strings.HasPrefix(l, "--- "):
			flush()
			isNew = l == "--- /dev/null"
		case strings.HasPrefix(l, "+++ b/"):
			name = strings.TrimPrefix(l, "+++ b/")
			if _, err := os.Stat(name); isNew {
				require.ErrorIs(t, err, os.ErrNotExist, name)
			} else if _, ok := files[name]; !ok {
				text, err := os.ReadFile(name)
				require.NoError(t, err)
				files[name] = string(text)
			}
		case l == "@@":
			flush()
		case l == "":
			before.WriteString("\n")
			after.WriteString("\n")
		case l[0] == ' ':
			before.WriteString(l[1:] + "\n")
			after.WriteString(l[1:] + "\n")
		case l[0] == '-':
			before.WriteString(l[1:] + "\n")
		case l[0] == '+':
			after.WriteString(l[1:] + "\n")
		default:
			require.Failf(t, "no line of a patch", "%s, line %d: %q", recipes, at, l)
		}
	}
	flush()
}

// buildPatched writes the files to dir and builds nssim with them in the place of the
// sources. What is no Go is left in dir for the commands.
func buildPatched(t *testing.T, dir string, files map[string]string) (binary string) {
	here, err := os.Getwd()
	require.NoError(t, err)
	replace := map[string]string{}
	for name, text := range files {
		to := filepath.Join(dir, name)
		require.NoError(t, os.MkdirAll(filepath.Dir(to), 0o777))
		require.NoError(t, os.WriteFile(to, []byte(text), 0o666))
		if filepath.Ext(name) != ".go" {
			continue
		}
		formatted, err := format.Source([]byte(text))
		require.NoError(t, err, name)
		require.True(t, string(formatted) == text, "%s is not as gofmt has it", name)
		replace[filepath.Join(here, name)] = to
	}
	overlay, err := json.Marshal(map[string]any{"Replace": replace})
	require.NoError(t, err)
	list := filepath.Join(dir, "overlay.json")
	require.NoError(t, os.WriteFile(list, overlay, 0o666))
	binary = filepath.Join(dir, "nssim")
	out, err := osexec.Command("go", "build", "-overlay", list, "-o", binary, "./cmd/nssim").CombinedOutput()
	require.NoError(t, err, "%s", out)
	return binary
}

// transcript returns a block with the output that its commands have now.
func transcript(t *testing.T, dir, binary string, text []string) (got []string) {
	for _, l := range text {
		command, ok := strings.CutPrefix(l, "$ nssim ")
		if !ok {
			continue
		}
		c := osexec.Command(binary, words(command)...)
		c.Dir = dir
		out, err := c.CombinedOutput()
		if _, exited := err.(*osexec.ExitError); err != nil && !exited {
			require.NoError(t, err)
		}
		got = append(got, l)
		got = append(got, strings.Split(strings.TrimSuffix(string(out), "\n"), "\n")...)
	}
	return got
}

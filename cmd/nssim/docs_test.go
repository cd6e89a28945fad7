// SPDX-License-Identifier: GPL-2.0-only

package main

import (
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/nssim/nssim/sim"
	"github.com/nssim/nssim/sim/check"
	"github.com/nssim/nssim/sim/program"
	"github.com/stretchr/testify/require"
)

// root is the repository's, seen from this package.
const root = "../.."

// documents are the README and everything in docs.
func documents(t *testing.T) []string {
	return append([]string{"README.md"}, glob(t, "docs/*.md", "docs/course/*.md")...)
}

// glob returns the files that the patterns fit, of which each must fit some.
func glob(t *testing.T, patterns ...string) (names []string) {
	for _, p := range patterns {
		found, err := filepath.Glob(p)
		require.NoError(t, err)
		require.NotEmpty(t, found, p)
		names = append(names, found...)
	}
	return names
}

// block is a fenced block of a document: lines from to to of it, without the fences.
type block struct {
	info     string
	from, to int
}

func blocksOf(lines []string) (blocks []block) {
	open := -1
	for i, l := range lines {
		switch {
		case !strings.HasPrefix(l, "```"):
		case open < 0:
			open = i
		default:
			blocks = append(blocks, block{strings.TrimPrefix(lines[open], "```"), open + 1, i})
			open = -1
		}
	}
	return blocks
}

// outside are the commands in documents that are no business of nssim's: they are not
// run. Everything else that follows a `$ ` must be a command of nssim.
var outside = []string{"make test", "git clone ", "cd nssim"}

// The commands in the documents print what the documents say. A line `...` stands for
// any lines. With -update a block without such lines is rewritten.
func TestDocumentsConsole(t *testing.T) {
	t.Chdir(root)
	before := pictures(t)
	ran := 0
	for _, name := range documents(t) {
		lines := readLines(t, name)
		blocks := blocksOf(lines)
		for _, b := range slices.Backward(blocks) { // from the end, so that places stay
			if b.info != "console" {
				continue
			}
			text := lines[b.from:b.to]
			got, n := console(t, name, text)
			ran += n
			if !slices.Contains(text, "...") && *update {
				lines = slices.Replace(lines, b.from, b.to, got...)
				continue
			}
			require.True(t, matches(text, got), "%s, line %d: the commands print\n%s", name, b.from+1, strings.Join(got, "\n"))
		}
		if *update {
			require.NoError(t, os.WriteFile(name, []byte(strings.Join(lines, "\n")+"\n"), 0o666))
		}
	}
	require.GreaterOrEqual(t, ran, 5)
	if !*update {
		for name, text := range pictures(t) {
			require.True(t, before[name] == text, "%s was not what its command draws; it is now", name)
		}
	}
}

// pictures are the drawings in docs. The commands in the documents draw them again.
func pictures(t *testing.T) map[string]string {
	out := map[string]string{}
	for _, name := range glob(t, "docs/examples/*.svg", "docs/course/*.svg") {
		text, err := os.ReadFile(name)
		require.NoError(t, err)
		out[name] = string(text)
	}
	return out
}

// Every drawing is made by a command in a document, and shown in one.
func TestDocumentsPictures(t *testing.T) {
	t.Chdir(root)
	var all strings.Builder
	for _, name := range documents(t) {
		all.WriteString(strings.Join(readLines(t, name), "\n"))
	}
	for name := range pictures(t) {
		require.Contains(t, all.String(), " -o "+name+" ")
		require.Regexp(t, `!\[[^]]+\]\([^)]*`+regexp.QuoteMeta(filepath.Base(name))+`\)`, all.String())
	}
}

func readLines(t *testing.T, name string) []string {
	data, err := os.ReadFile(name)
	require.NoError(t, err)
	return strings.Split(strings.TrimSuffix(string(data), "\n"), "\n")
}

// console returns a block with the output that its commands have now, and how many were
// run.
func console(t *testing.T, name string, text []string) (out []string, ran int) {
	for i := 0; i < len(text); i++ {
		command, ok := strings.CutPrefix(text[i], "$ ")
		require.True(t, ok, "%s: %q follows no command", name, text[i])
		out = append(out, text[i])
		end := i + 1
		for end < len(text) && !strings.HasPrefix(text[end], "$ ") {
			end++
		}
		if slices.ContainsFunc(outside, func(p string) bool { return strings.HasPrefix(command, p) }) {
			out = append(out, text[i+1:end]...)
		} else {
			out = append(out, output(t, name, command)...)
			ran++
		}
		i = end - 1
	}
	return out, ran
}

// output runs a command of a document.
func output(t *testing.T, name, command string) []string {
	for _, prefix := range []string{"nssim", "go run ./cmd/nssim"} {
		if rest, ok := strings.CutPrefix(command+" ", prefix+" "); ok {
			r := nssim("", words(strings.TrimSpace(rest))...)
			if r.out+r.err == "" {
				return nil
			}
			return strings.Split(strings.TrimSuffix(r.out+r.err, "\n"), "\n")
		}
	}
	t.Fatalf("%s: %q is neither a command of nssim nor known to be none", name, command)
	return nil
}

// matches reports whether got is what want says, `...` being any lines.
func matches(want, got []string) bool {
	if len(want) == 0 {
		return len(got) == 0
	}
	if want[0] == "..." {
		for i := 0; i <= len(got); i++ {
			if matches(want[1:], got[i:]) {
				return true
			}
		}
		return false
	}
	return len(got) > 0 && want[0] == got[0] && matches(want[1:], got[1:])
}

func TestMatches(t *testing.T) {
	got := strings.Split("a b c d", " ")
	for _, want := range []string{"a b c d", "... d", "a ...", "a ... c d", "...", "a b ... c d"} {
		require.True(t, matches(strings.Split(want, " "), got), want)
	}
	for _, want := range []string{"a b c", "a ... b d", "... c", "b ..."} {
		require.False(t, matches(strings.Split(want, " "), got), want)
	}
}

// The programs in the documents do what their blocks say: pass, or fail, or skip.
func TestDocumentsPrograms(t *testing.T) {
	t.Chdir(root)
	want := map[string]program.Outcome{"ns": program.Pass, "ns fail": program.Fail, "ns skip": program.Skip}
	for _, name := range documents(t) {
		lines := readLines(t, name)
		for _, b := range blocksOf(lines) {
			if !strings.HasPrefix(b.info, "ns") {
				continue
			}
			outcome, ok := want[b.info]
			require.True(t, ok, "%s: block %q", name, b.info)
			// Lines before the block are blank, so that places are those of the document.
			text := strings.Repeat("\n", b.from) + strings.Join(lines[b.from:b.to], "\n") + "\n"
			p, err := program.Parse(name, []byte(text))
			require.NoError(t, err)
			rep, err := program.Run(p, sim.Config{})
			require.NoError(t, err)
			require.Equal(t, outcome, rep.Outcome, rep)
		}
	}
}

// The example programs pass, and are laid out as fmt has it.
func TestDocumentsExamples(t *testing.T) {
	t.Chdir(root)
	for _, name := range glob(t, "docs/examples/*.ns", "testdata/course/*.ns") {
		require.Equal(t, result{}, nssim("", "fmt", "-d", name))
		r := nssim("", "run", "--check", name)
		require.Zero(t, r.status, r.transcript())
	}
}

// The Go code in the documents is part of an Example, which is compiled and run.
func TestDocumentsGo(t *testing.T) {
	t.Chdir(root)
	var examples []string
	require.NoError(t, filepath.WalkDir(".", func(name string, d fs.DirEntry, err error) error {
		if err == nil && path.Base(name) == "example_test.go" {
			examples = append(examples, strings.Join(trimmed(readLines(t, name)), "\n"))
		}
		return err
	}))
	for _, name := range documents(t) {
		lines := readLines(t, name)
		for _, b := range blocksOf(lines) {
			if b.info != "go" {
				continue
			}
			code := strings.Join(trimmed(lines[b.from:b.to]), "\n")
			found := slices.ContainsFunc(examples, func(e string) bool { return strings.Contains(e, code) })
			require.True(t, found, "%s, line %d: this code is in no Example", name, b.from+1)
		}
	}
}

func trimmed(lines []string) []string {
	out := make([]string, len(lines))
	for i, l := range lines {
		out[i] = strings.TrimSpace(l)
	}
	return out
}

// infos is what a fenced block of a document may be: something that is checked, or text.
var infos = []string{"console", "console recipes", "diff", "ns", "ns fail", "ns skip", "go", "text", ""}

// No block escapes the checks by a misspelt name, and nothing is linked that is not there.
func TestDocumentsLinks(t *testing.T) {
	t.Chdir(root)
	link := regexp.MustCompile(`\]\(([^)#]+)(#[^)]*)?\)`)
	for _, name := range documents(t) {
		lines := readLines(t, name)
		for _, b := range blocksOf(lines) {
			require.Contains(t, infos, b.info, "%s, line %d", name, b.from)
		}
		for _, m := range link.FindAllStringSubmatch(strings.Join(lines, "\n"), -1) {
			if !strings.Contains(m[1], "://") {
				_, err := os.Stat(filepath.Join(filepath.Dir(name), m[1]))
				require.NoError(t, err, name)
			}
		}
	}
}

// What is documented about listns() happens, and the programs are laid out as fmt has it.
func TestListnsPrograms(t *testing.T) {
	t.Chdir(root)
	names, err := filepath.Glob("testdata/listns/*.ns")
	require.NoError(t, err)
	require.Len(t, names, 11)
	doc := strings.Join(readLines(t, "docs/listns.md"), "\n")
	for _, name := range names {
		require.Equal(t, result{}, nssim("", "fmt", "-d", name))
		require.Contains(t, doc, name)
		r := nssim("", "run", name)
		require.Zero(t, r.status, r.transcript())
	}
}

// docs/checking.md has the properties as they are.
func TestDocumentsProperties(t *testing.T) {
	t.Chdir(root)
	doc := readLines(t, "docs/checking.md")
	when := map[check.When]string{
		check.Always: "after every step", check.Quiescent: "between calls", check.AtEnd: "at the end", check.Probing: "by making calls",
	}
	for _, p := range check.Properties() {
		require.Contains(t, doc, "| "+p.Name+" | "+when[p.When]+" | "+p.Says+" |")
	}
}

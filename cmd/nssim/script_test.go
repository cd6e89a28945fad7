// SPDX-License-Identifier: GPL-2.0-only

package main

import (
	"bytes"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

var update = flag.Bool("update", false, "rewrite the expected output")

// result is what a command has done.
type result struct {
	out, err string
	status   int
}

// nssim runs a command line inside the test.
func nssim(stdin string, args ...string) result {
	var out, errw bytes.Buffer
	status := run(args, strings.NewReader(stdin), &out, &errw)
	return result{out.String(), errw.String(), status}
}

// transcript is a result as scripts have it: the output, then what went to stderr, then
// a status other than 0.
func (r result) transcript() string {
	s := r.out
	if r.err != "" {
		s += "[stderr]\n" + r.err
	}
	if r.status != 0 {
		s += fmt.Sprintf("[exit %d]\n", r.status)
	}
	return s
}

// script is a file of commands with their output. Each `$ nssim ARGS [< FILE]` is
// followed by its transcript, up to an empty line before the next command or comment.
// The files that the commands read stand at the end, each behind `-- NAME --`.
type script struct {
	head  []string // everything before the files
	files map[string]string
	tail  string
}

const fileMark = "-- "

func readScript(t *testing.T, name string) *script {
	data, err := os.ReadFile(name)
	require.NoError(t, err)
	s := &script{files: make(map[string]string)}
	text := string(data)
	head, tail, found := strings.Cut(text, "\n"+fileMark)
	s.head = strings.Split(strings.TrimRight(head, "\n"), "\n")
	if !found {
		return s
	}
	s.tail = "\n" + fileMark + tail
	for part := range strings.SplitSeq("\n"+fileMark+tail, "\n"+fileMark) {
		if name, body, ok := strings.Cut(part, " --\n"); ok {
			s.files[name] = strings.TrimSuffix(body, "\n") + "\n"
		}
	}
	return s
}

// run runs the commands and returns the script with the output that they have now.
func (s *script) run(t *testing.T) string {
	var b strings.Builder
	for i := 0; i < len(s.head); i++ {
		line := s.head[i]
		command, ok := strings.CutPrefix(line, "$ nssim ")
		if !ok {
			require.True(t, line == "" || strings.HasPrefix(line, "#"), "line %d: %q follows no command", i+1, line)
			b.WriteString(line + "\n")
			continue
		}
		args, stdin := s.split(t, command)
		b.WriteString(line + "\n" + nssim(stdin, args...).transcript())
		for i+1 < len(s.head) && !s.ends(i+1) {
			i++
		}
	}
	return b.String() + s.tail
}

// ends reports whether a transcript is over before line i: what follows is a command,
// or nothing and then a command or a comment.
func (s *script) ends(i int) bool {
	if strings.HasPrefix(s.head[i], "$ ") {
		return true
	}
	if s.head[i] != "" || i+1 == len(s.head) {
		return false
	}
	next := s.head[i+1]
	return strings.HasPrefix(next, "$ ") || strings.HasPrefix(next, "# ") && !strings.HasPrefix(next, "# nssim")
}

// split takes a command apart; single quotes keep words together.
func (s *script) split(t *testing.T, command string) (args []string, stdin string) {
	command, from, redirected := strings.Cut(command, " < ")
	if redirected {
		text, ok := s.files[from]
		require.True(t, ok, "no file %s", from)
		stdin = text
	}
	return words(command), stdin
}

// words splits at blanks outside of single quotes.
func words(command string) (out []string) {
	quoted := false
	word, any := "", false
	for _, r := range command + " " {
		switch {
		case r == '\'':
			quoted, any = !quoted, true
		case r == ' ' && !quoted:
			if any {
				out = append(out, word)
			}
			word, any = "", false
		default:
			word, any = word+string(r), true
		}
	}
	return out
}

func (s *script) write(t *testing.T, dir string) {
	for name, text := range s.files {
		require.NoError(t, os.WriteFile(filepath.Join(dir, name), []byte(text), 0o666))
	}
}

// The commands print what the transcripts in testdata say. With -update they are
// rewritten: read the difference before believing it.
func TestScripts(t *testing.T) {
	names, err := filepath.Glob("testdata/*.txt")
	require.NoError(t, err)
	require.NotEmpty(t, names)
	for _, name := range names {
		t.Run(filepath.Base(name), func(t *testing.T) {
			s := readScript(t, name)
			path, err := filepath.Abs(name)
			require.NoError(t, err)
			dir := t.TempDir()
			s.write(t, dir)
			t.Chdir(dir)
			got := s.run(t)
			if *update {
				require.NoError(t, os.WriteFile(path, []byte(got), 0o666))
			}
			want, err := os.ReadFile(path)
			require.NoError(t, err)
			require.Equal(t, string(want), got)
		})
	}
}

// Output is the same every time.
func TestDeterministic(t *testing.T) {
	t.Chdir("../..")
	for _, args := range [][]string{
		{"selftest"}, {"selftest", "--kernel", "v6.18", "--json"}, {"calls"}, {"profiles"}, {"switches"}, {"bugs"}, {"bugs", "put-inside-rcu"},
		{"run", "--trace", "testdata/selftests/siocgskns_test/siocgskns_multilevel_resurrection.ns"},
		{"why", "testdata/selftests/siocgskns_test/siocgskns_multilevel_resurrection.ns", "init.net"},
	} {
		first := nssim("", args...)
		for range 3 {
			require.Equal(t, first, nssim("", args...))
		}
	}
}

// No output of a command that people read is wider than a terminal, but for lines that
// name a file.
func TestWidth(t *testing.T) {
	t.Chdir("../..")
	for _, args := range [][]string{
		{"calls"}, {"profiles"}, {"switches"}, {"bugs"}, {"bugs", "--help"}, {"run", "--help"}, {"why", "--help"}, {"selftest", "--help"}, {"fmt", "--help"},
		{"run", "--trace", "testdata/selftests/siocgskns_test/siocgskns_multilevel_resurrection.ns"},
		{"why", "testdata/selftests/siocgskns_test/siocgskns_multilevel_resurrection.ns", "init.net"},
	} {
		for l := range strings.Lines(nssim("", args...).out) {
			if !strings.HasPrefix(l, "PASS ") && !strings.HasPrefix(l, "# after ") {
				require.LessOrEqual(t, len(strings.TrimSuffix(l, "\n")), 80, "%v: %s", args, l)
			}
		}
	}
}

// A file is no terminal: nothing is coloured.
func TestNoColour(t *testing.T) {
	f, err := os.CreateTemp(t.TempDir(), "out")
	require.NoError(t, err)
	t.Setenv("TERM", "xterm")
	require.False(t, styleFor(f).on)
	require.Equal(t, "x", styleFor(f).bad("x"))
	require.Equal(t, "\x1b[31mx\x1b[0m", style{true}.bad("x"))
	tty, err := os.OpenFile("/dev/null", os.O_WRONLY, 0)
	if err == nil { // a character device stands in for a terminal
		defer tty.Close()
		require.True(t, styleFor(tty).on)
		t.Setenv("NO_COLOR", "1")
		require.False(t, styleFor(tty).on)
		t.Setenv("NO_COLOR", "")
		t.Setenv("TERM", "dumb")
		require.False(t, styleFor(tty).on)
	}
}

// SPDX-License-Identifier: GPL-2.0-only

package program

import (
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/nssim/nssim/syscall/uapi"
)

// docSection returns the rows of the table in a section of the format's description, each
// as its first cell.
func docSection(t *testing.T, heading string) []string {
	text, err := os.ReadFile(formatDoc)
	require.NoError(t, err)
	_, rest, found := strings.Cut(string(text), "\n## "+heading+"\n")
	require.True(t, found, heading)
	rest, _, _ = strings.Cut(rest, "\n## ")
	var cells []string
	for line := range strings.Lines(rest) {
		if strings.HasPrefix(line, "| `") {
			cells = append(cells, strings.Split(line, " | ")[0])
		}
	}
	require.NotEmpty(t, cells, heading)
	return cells
}

// docNames returns the names before a parenthesis in the first column of a table.
func docNames(t *testing.T, heading string) []string {
	var names []string
	for _, cell := range docSection(t, heading) {
		for i, code := range strings.Split(cell, "`") {
			if i%2 == 0 {
				continue
			}
			name, _, called := strings.Cut(code, "(")
			if called && isName(name) && name != "room" && !slices.Contains(names, name) {
				names = append(names, name)
			}
		}
	}
	return names
}

// TestCallsAreDescribed: the table of calls and the one in the format's description are
// about the same calls; so are those of functions and macros.
func TestCallsAreDescribed(t *testing.T) {
	assert.ElementsMatch(t, docNames(t, "Calls"), callNames)

	var inState []string
	for _, f := range Functions {
		if f.Use&InState != 0 && !slices.Contains([]string{"exited", "killed", "raw"}, f.Name) {
			inState = append(inState, f.Name)
		}
	}
	assert.ElementsMatch(t, docNames(t, "Assertions"), inState)

	var macros []string
	for _, m := range Builtins() {
		macros = append(macros, m.Name)
	}
	assert.ElementsMatch(t, docNames(t, "Macros that are always there"), macros)
}

// TestCallsTable: the usage of each call agrees with its numbers.
func TestCallsTable(t *testing.T) {
	for _, s := range Calls {
		assert.True(t, strings.HasSuffix(s.Doc, "."), s.Name)
		assert.LessOrEqual(t, s.Min, s.Max, s.Name)
		for _, o := range s.Outs {
			assert.Less(t, o, s.Max, s.Name)
		}
		if strings.Contains(s.Usage, "...") {
			continue
		}
		// Structures and lists count as one argument, what is in brackets may be left out.
		usage := regexp.MustCompile(`\{[^}]*\}`).ReplaceAllString(s.Usage, "S")
		usage = regexp.MustCompile(`(^|, )\[[^,\]]*, &[A-Z]\]`).ReplaceAllString(usage, "${1}L")
		optional := regexp.MustCompile(`\[(, )?[&A-Z]+,?`).FindAllString(usage, -1)
		most := 0
		if usage != "" {
			most = strings.Count(usage, ",") + 1
		}
		assert.Equal(t, s.Max, most, "%s(%s)", s.Name, s.Usage)
		assert.Equal(t, s.Min, most-len(optional), "%s(%s)", s.Name, s.Usage)
	}
}

// TestBuiltins: each macro says what it does, and expands to calls that exist.
func TestBuiltins(t *testing.T) {
	for _, m := range Builtins() {
		assert.NotEmpty(t, m.Doc, m.Name)
	}
	p := mustParse(t, "init: setup_userns()\ninit: enter_userns()\ninit: get_userns_fd(u, 0, 1000, 1)\n"+
		"init: switch_ids(1, 2)\ninit: caps_down()\ninit: close(u)\n")
	roundTrip(t, p)
	var calls []string
	for _, l := range p.Lines {
		calls = append(calls, l.Call.Name)
	}
	assert.Equal(t, strings.Fields(`getuid getgid unshare write write write mount
		getuid getgid unshare write write write
		clone pause write write open kill wait4
		setgroups setresgid setresuid prctl
		capget capset close`), calls)
}

// TestConstants: the parser finds every constant, though it does not look at words that begin
// with a small letter.
func TestConstants(t *testing.T) {
	for _, c := range uapi.Constants() {
		v, ok := constant(c.Name)
		assert.True(t, ok, c.Name)
		assert.Equal(t, c.Value, v, c.Name)
	}
}

// SPDX-License-Identifier: GPL-2.0-only

package main

import (
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/nssim/nssim/sim"
	"github.com/nssim/nssim/sim/program"
	"github.com/nssim/nssim/sim/session"
	"github.com/nssim/nssim/testdata"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// chapters are the texts of the course by their paths.
func chapters(t *testing.T) map[string]string {
	out := map[string]string{}
	for _, name := range glob(t, "docs/course/[0-9]*.md") {
		out[name] = strings.Join(readLines(t, name), "\n") + "\n"
	}
	return out
}

// The index has every chapter, and every chapter two exercises and their answers, of which
// at least one is run.
func TestCourseChapters(t *testing.T) {
	t.Chdir(root)
	index := strings.Join(readLines(t, "docs/course/README.md"), "\n")
	numbered := regexp.MustCompile(`(?m)^\*\*\d+\.\*\* `)
	for name, text := range chapters(t) {
		assert.Contains(t, index, "("+filepath.Base(name)+")")
		_, rest, ok := strings.Cut(text, "\n## Exercises\n")
		require.True(t, ok, name)
		exercises, answers, ok := strings.Cut(rest, "\n## Answers\n")
		require.True(t, ok, name)
		assert.Len(t, numbered.FindAllString(exercises, -1), 2, name)
		assert.Len(t, numbered.FindAllString(answers, -1), 2, name)
		assert.Contains(t, answers, "\n```ns\n", name)
	}
}

// Every program of the course is shown in a chapter, with a link to the playground, and
// what the link leads to is there.
func TestCoursePrograms(t *testing.T) {
	t.Chdir(root)
	link := regexp.MustCompile(`\[[a-z]+\.ns\]\(\.\./\.\./testdata/(course/[a-z]+\.ns)\)\.\s+In\s+the\s+playground:\s+` +
		"`nssim play`,\\s+then\\s+`#load=(course/[a-z]+\\.ns)&step=(\\d+)`")
	linked := map[string]bool{}
	for name, text := range chapters(t) {
		found := link.FindAllStringSubmatch(text, -1)
		assert.Len(t, found, strings.Count(text, "#load="), name)
		for _, m := range found {
			assert.Equal(t, m[1], m[2], name)
			linked[m[2]] = true
			step, err := strconv.Atoi(m[3])
			require.NoError(t, err)
			src, err := testdata.FS.ReadFile(m[2])
			require.NoError(t, err, name)
			p, err := program.Parse(m[2], src)
			require.NoError(t, err)
			player, err := session.NewPlayer(p, sim.Config{})
			require.NoError(t, err)
			player.Go(step)
			assert.Equal(t, step, player.Page("").At, "%s: %s has fewer lines", name, m[2])
		}
	}
	for _, name := range glob(t, "testdata/course/*.ns") {
		assert.True(t, linked["course/"+filepath.Base(name)], "no chapter links to %s", name)
	}
}

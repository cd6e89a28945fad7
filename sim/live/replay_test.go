// SPDX-License-Identifier: GPL-2.0-only

package live

import (
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/nssim/nssim/sim"
	"github.com/nssim/nssim/sim/program"
)

const repository = "../.."

var update = flag.Bool("update", false, "rewrite docs/conformance.md")

// TestRecordings: the model does what kernels did when they were recorded, and
// docs/conformance.md says how much that is.
func TestRecordings(t *testing.T) {
	files, err := filepath.Glob(repository + "/testdata/recordings/*.rec")
	require.NoError(t, err)
	require.NotEmpty(t, files)
	r := NewReport()
	for _, file := range files {
		text, err := os.ReadFile(file)
		require.NoError(t, err)
		f, err := ParseRecordFile(file, string(text))
		require.NoError(t, err)
		require.NotEmpty(t, f.Programs)
		assert.Equal(t, string(text), f.String(), "%s is not as it is written", file)
		for i := range f.Programs {
			rp := &f.Programs[i]
			require.NoError(t, r.Add(recordedProgram(t, rp), rp))
		}
	}
	for _, d := range r.Divergences() {
		assert.Fail(t, "model and kernel differ", "%s", d)
	}
	const doc = repository + "/docs/conformance.md"
	old, err := os.ReadFile(doc)
	require.NoError(t, err)
	head, _, found := strings.Cut(string(old), "| kernel |")
	require.True(t, found, "%s has no table", doc)
	if *update {
		require.NoError(t, os.WriteFile(doc, []byte(head+r.Markdown()), 0o644))
		return
	}
	assert.Equal(t, head+r.Markdown(), string(old), "make conformance-doc")
}

func recordedProgram(t *testing.T, rp *RecordedProgram) *program.Program {
	text := []byte(rp.Text)
	if rp.Text == "" {
		var err error
		text, err = os.ReadFile(filepath.Join(repository, rp.Name))
		require.NoError(t, err)
	}
	p, err := program.Parse(rp.Name, text)
	require.NoError(t, err)
	return p
}

// TestReplaySeesBugs: a model with a bug does something else than what was recorded, and a
// recording that has been changed is noticed.
func TestReplaySeesBugs(t *testing.T) {
	p := parse(t, "init: fork() = t\nt: unshare(CLONE_NEWUSER|CLONE_NEWNET) = 0\nt: exit_group(0)\ninit: wait4(t) = t\n")
	const did = `1 =1002 @init @t
2 #101:user<3:2 #102:net<101:1
3 ? @t:zombie #101:1 #102:0
4 =1002 @t:dead #101:0
5 -101 -102
`
	rec, err := ParseRecording(p, did)
	require.NoError(t, err)
	assert.Equal(t, did, rec.Text())
	c, err := Replay(p, rec, sim.Config{})
	require.NoError(t, err)
	assert.True(t, c.Agree(), "%s", c)
	c, err = Replay(p, rec, sim.Config{Bugs: []string{"no-cascade-on-put"}})
	require.NoError(t, err)
	require.NotNil(t, c.Divergence)
	assert.Equal(t, 2, c.Divergence.Line)
	for what, other := range map[string]string{
		"result":  strings.Replace(did, "2 #101", "2 =-EPERM #101", 1),
		"count":   strings.Replace(did, "#102:net<101:1", "#102:net<101:2", 1),
		"owner":   strings.Replace(did, "#102:net<101:1", "#102:net<3:1", 1),
		"type":    strings.Replace(did, "#102:net", "#102:uts", 1),
		"id":      strings.ReplaceAll(did, "#102", "#103"),
		"task":    strings.Replace(did, "@t:zombie", "@t:dead", 1),
		"left":    strings.Replace(did, "5 -101 -102\n", "5 #101:0/1 -102\n", 1),
		"visible": strings.Replace(did, "4 =1002 @t:dead #101:0", "4 =1002 @t:dead", 1),
	} {
		rec, err := ParseRecording(p, other)
		require.NoError(t, err, what)
		c, err := Replay(p, rec, sim.Config{})
		require.NoError(t, err, what)
		assert.NotNil(t, c.Divergence, what)
	}
	rec, err = ParseRecording(p, "1 =1002 @init @t\n2 #101:user<3:2 #102:net<101:1\n")
	require.NoError(t, err)
	_, err = Replay(p, rec, sim.Config{})
	assert.ErrorIs(t, err, errRecording, "it ends too early")
}

func TestParseRecordingErrors(t *testing.T) {
	p := parse(t, small)
	for _, text := range []string{
		"", "x\n", "0 =1\n", "99 =1\n", "2 =1\n1 =1\n", "1 =-ENOSUCH\n", "1 =x\n", "1 [1,x]\n", "1 [1\n", "1 a={b=1\n", "1 a={b=x}\n",
		"1 a=\"x\n", "1 #x:1\n", "1 #1\n", "1 #1:nonsense<3:1\n", "1 #1:uts<x:1\n", "1 #1:x\n", "1 #1:1/x\n", "1 -x\n", "1 nothing\n", "1 a=\n",
	} {
		_, err := ParseRecording(p, text)
		assert.ErrorIs(t, err, errRecording, "%q", text)
	}
	for _, text := range []string{"on 7.0\n", "program x\n", "program a b\n1 =1\n"} {
		_, err := ParseRecordFile("f.rec", text)
		assert.ErrorIs(t, err, errRecording, "%q", text)
		assert.ErrorContains(t, err, "f.rec:")
	}
}

// TestRecordFile: kernels that did the same share a recording, and what is recorded anew
// replaces what was there.
func TestRecordFile(t *testing.T) {
	p := parse(t, small)
	one, err := ParseRecording(p, "1 =1\n")
	require.NoError(t, err)
	two, err := ParseRecording(p, "1 =2\n")
	require.NoError(t, err)
	var f RecordFile
	f.Add(p, false, "7.0.13", one)
	f.Add(p, false, "6.19.8", one)
	f.Add(p, false, "7.3.4", two)
	assert.Equal(t, []RecordedRun{{[]string{"6.19.8", "7.0.13"}, "1 =1\n"}, {[]string{"7.3.4"}, "1 =2\n"}}, f.Programs[0].Runs)
	f.Add(p, false, "6.19.8", two)
	assert.Equal(t, []RecordedRun{{[]string{"6.19.8", "7.3.4"}, "1 =2\n"}, {[]string{"7.0.13"}, "1 =1\n"}}, f.Programs[0].Runs)
	f.Add(parse(t, without), true, "7.3.4", two)
	require.Len(t, f.Programs, 1, "the program has changed: %s", f.String())
	again, err := ParseRecordFile("f", f.String())
	require.NoError(t, err)
	assert.Equal(t, f.String(), again.String())
	assert.Equal(t, string(parse(t, without).Expanded()), again.Programs[0].Text)
}

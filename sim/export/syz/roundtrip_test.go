// SPDX-License-Identifier: GPL-2.0-only

package syz_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/nssim/nssim/sim"
	"github.com/nssim/nssim/sim/export/syz"
	"github.com/nssim/nssim/sim/gen"
	"github.com/nssim/nssim/sim/program"
	"github.com/nssim/nssim/testdata"
	"github.com/stretchr/testify/require"
)

// outcomes are what calls returned, without the names: those of a program and of what it
// becomes by an export and an import.
func outcomes(p *program.Program, seen []program.Observed) (out []string) {
	for i := range seen {
		o, l := &seen[i], &p.Lines[i]
		switch {
		case l.Kind != program.Call || l.Call.Name == "clone" && strings.Contains(l.String(), "CLONE_THREAD"):
			continue
		case l.Call.Name == "write" && strings.HasPrefix(l.Call.Args[0].String(), `"`):
			out = append(out, "openat", "write", "close") // the line stands for three calls
			continue
		case l.Call.Name == "getpid":
			continue // one more stands before the first use of the pid of init
		}
		name := l.Call.Name
		switch name {
		case "openat", "close":
			out = append(out, name+errnoOf(o))
			continue
		case "write":
			out = append(out, name+errnoOf(o))
			continue
		case "fork", "clone3":
			name = "clone"
		}
		// Numbers of descriptors are one more apart where a write has opened a file.
		out = append(out, fmt.Sprint(name, errnoOf(o), o.Status, o.Ret.String(), o.IDs))
	}
	return out
}

func errnoOf(o *program.Observed) string {
	if o.Errno == 0 {
		return ""
	}
	return " " + o.Errno.Name()
}

// again exports a program that has run and imports the text. It returns nil for one that
// cannot be expressed, with the mistake.
func again(t require.TestingT, p *program.Program, seen []program.Observed) (*program.Program, string, error) {
	f, err := syz.Export(p, seen)
	if err != nil {
		var list program.ErrorList
		require.ErrorAs(t, err, &list)
		for _, e := range list {
			require.NotEmpty(t, e.Found)
			require.NotEmpty(t, e.Expected)
		}
		return nil, "", err
	}
	text := f.Format()
	parsed, err := syz.Parse(p.Name, text)
	require.NoError(t, err, "%s", text)
	require.Equal(t, string(text), string(parsed.Format()), "the text reads back as the same program")
	q, warnings, err := syz.Import(parsed)
	require.NoError(t, err, "%s", text)
	require.Empty(t, warnings, "%s", text)
	return q, string(text), nil
}

// The reproducers do the same after an export and an import, under both kernels.
func TestReproducersAgain(t *testing.T) {
	for _, name := range reproducers(t) {
		for _, k := range kernels {
			t.Run(filepath.Base(name)+" "+k, func(t *testing.T) {
				p, _ := read(t, name)
				same(t, p, sim.Config{Kernel: k})
			})
		}
	}
}

// same requires that a program does the same after an export and an import; it reports
// whether it can be expressed.
func same(t require.TestingT, p *program.Program, cfg sim.Config) bool {
	seen, rep := playOn(t, p, cfg)
	if rep.Outcome == program.Fail || rep.Outcome == program.BadProgram {
		return false
	}
	q, text, err := again(t, p, seen)
	if err != nil {
		return false
	}
	seen2, rep2 := playOn(t, q, cfg)
	require.Equal(t, program.Pass, rep2.Outcome, "%s\n%s\n%s", rep2, program.Format(p), text)
	require.Equal(t, outcomes(p, seen), outcomes(q, seen2), "%s\n%s", program.Format(p), text)
	return true
}

func playOn(t require.TestingT, p *program.Program, cfg sim.Config) ([]program.Observed, *program.Report) {
	r, err := program.NewRunner(p, cfg)
	require.NoError(t, err)
	var seen []program.Observed
	for !r.Done() {
		r.Next()
		o := r.Observed()
		seen = append(seen, o.Clone())
	}
	return seen, r.Report()
}

// The selftests that one task carries out do the same after an export and an import; of
// the others, every reason is a place in the file.
func TestSelftestsAgain(t *testing.T) {
	tests, err := program.Selftests(testdata.FS)
	require.NoError(t, err)
	var expressible []string
	for i := range tests {
		s := &tests[i]
		if same(t, s.Program, sim.Config{}) {
			expressible = append(expressible, s.Path())
			continue
		}
		seen, _ := playOn(t, s.Program, sim.Config{})
		_, err := syz.Export(s.Program, seen)
		var list program.ErrorList
		require.True(t, errors.As(err, &list), s.Path())
		for _, e := range list {
			require.True(t, e.Pos.IsValid(), "%s: %v", s.Path(), e)
		}
	}
	golden(t, "testdata/selftests.txt", strings.Join(expressible, "\n")+"\n")
}

// weights leave out what one task of syzkaller's cannot do.
var weights = map[string]int{
	"sendfd": 0, "pages": 0, "signal": 0, "mmap": 0, "munmap": 0, "write-map": 0, "write": 0,
	"vfork": 0, "fork": 1, "clone": 1, "clone3": 1, "assert": 2,
}

// Random programs of one task do the same after an export and an import. NSSIM_SYZ_PROGRAMS
// is how many are tried, 60 if not set.
func TestRandomAgain(t *testing.T) {
	programs := 60
	if s := os.Getenv("NSSIM_SYZ_PROGRAMS"); s != "" {
		n, err := strconv.Atoi(s)
		require.NoError(t, err)
		programs = n
	}
	expressible := 0
	for seed := range programs {
		if same(t, gen.Generate(uint64(seed), gen.Options{Lines: 25, Tasks: 1, Weights: weights}), sim.Config{}) {
			expressible++
		}
	}
	require.Greater(t, expressible, programs/4, "hardly any of the programs can be expressed")
}

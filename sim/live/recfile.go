// SPDX-License-Identifier: GPL-2.0-only

package live

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"

	"github.com/nssim/nssim/sim/program"
)

// RecordFile is a file of recordings: of some programs, each on some kernels. Kernels on
// which a program did the same share one recording. As text:
//
//	program NAME HASH      HASH is of the program's text without loops and macros
//	| LINE...              the text itself, where it is in no file of its own
//	on KERNEL...           releases such as 6.19.14
//	RECORDING              (see Recording.Text)
type RecordFile struct{ Programs []RecordedProgram }

// RecordedProgram is a program with what it did.
type RecordedProgram struct {
	Name, Hash string
	Text       string // "" if NAME is a file
	Runs       []RecordedRun
}

// RecordedRun is what a program did on some kernels.
type RecordedRun struct {
	Kernels []string
	Text    string
}

// ProgramHash tells whether a program is still the one that was recorded.
func ProgramHash(p *program.Program) string {
	sum := sha256.Sum256(p.Expanded())
	return hex.EncodeToString(sum[:6])
}

// Add puts in what a program did on a kernel, in place of what it did there before. If the
// program has changed, all that was recorded of it goes. Programs are kept in the order of
// their names, kernels in that of their versions.
func (f *RecordFile) Add(p *program.Program, text bool, kernel string, rec *Recording) {
	i, found := slices.BinarySearchFunc(f.Programs, p.Name, func(r RecordedProgram, name string) int { return strings.Compare(r.Name, name) })
	if hash := ProgramHash(p); !found || f.Programs[i].Hash != hash {
		r := RecordedProgram{Name: p.Name, Hash: hash}
		if text {
			r.Text = string(p.Expanded())
		}
		if found {
			f.Programs[i] = r
		} else {
			f.Programs = slices.Insert(f.Programs, i, r)
		}
	}
	f.Programs[i].add(kernel, rec.Text())
}

func (r *RecordedProgram) add(kernel, did string) {
	var runs []RecordedRun
	placed := false
	for _, run := range r.Runs {
		run.Kernels = slices.DeleteFunc(run.Kernels, func(k string) bool { return k == kernel })
		if run.Text == did {
			run.Kernels, placed = append(run.Kernels, kernel), true
			slices.SortFunc(run.Kernels, compareVersions)
		}
		if len(run.Kernels) > 0 {
			runs = append(runs, run)
		}
	}
	if !placed {
		runs = append(runs, RecordedRun{[]string{kernel}, did})
	}
	slices.SortFunc(runs, func(a, b RecordedRun) int { return compareVersions(a.Kernels[0], b.Kernels[0]) })
	r.Runs = runs
}

// recordHead is what a file begins with.
const recordHead = `# SPDX-License-Identifier: GPL-2.0-only
# What programs did on kernels, line by line. Made by: make record
`

// String writes the file.
func (f *RecordFile) String() string {
	var b strings.Builder
	b.WriteString(recordHead)
	for _, p := range f.Programs {
		fmt.Fprintf(&b, "\nprogram %s %s\n", p.Name, p.Hash)
		for l := range strings.Lines(p.Text) {
			fmt.Fprintf(&b, "| %s", l)
		}
		for _, r := range p.Runs {
			fmt.Fprintf(&b, "on %s\n%s", strings.Join(r.Kernels, " "), r.Text)
		}
	}
	return b.String()
}

// ParseRecordFile reads a file; an error has the number of the line.
func ParseRecordFile(name, text string) (*RecordFile, error) {
	f := new(RecordFile)
	n := 0
	bad := func(what string) error { return fmt.Errorf("%s:%d: %w: expected %s", name, n, errRecording, what) }
	for line := range strings.Lines(text) {
		n++
		if line == "\n" || line[0] == '#' {
			continue
		}
		words := strings.Fields(line)
		if words[0] == "program" {
			if len(words) != 3 {
				return nil, bad("program NAME HASH")
			}
			f.Programs = append(f.Programs, RecordedProgram{Name: words[1], Hash: words[2]})
			continue
		}
		if len(f.Programs) == 0 {
			return nil, bad("program")
		}
		p := &f.Programs[len(f.Programs)-1]
		rest, isText := strings.CutPrefix(line, "| ")
		switch {
		case isText && len(p.Runs) == 0:
			p.Text += rest
		case words[0] == "on" && len(words) > 1:
			p.Runs = append(p.Runs, RecordedRun{Kernels: words[1:]})
		case len(p.Runs) > 0:
			p.Runs[len(p.Runs)-1].Text += line
		default:
			return nil, bad("on KERNEL...")
		}
	}
	return f, nil
}

// Version returns the version of a release: 7.3.4 of 7.3.4+deb13-cloud-amd64.
func Version(release string) string {
	end := strings.IndexFunc(release, func(r rune) bool { return r != '.' && (r < '0' || r > '9') })
	if end < 0 {
		return release
	}
	return release[:end]
}

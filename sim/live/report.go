// SPDX-License-Identifier: GPL-2.0-only

package live

import (
	"fmt"
	"maps"
	"path"
	"slices"
	"strings"

	"github.com/nssim/nssim/sim"
	"github.com/nssim/nssim/sim/program"
	"github.com/nssim/nssim/syscall/uapi"
)

// Report sums up what recordings say about the model: how much was compared on which
// kernels, where they differ, and which results that programs allow no kernel has ever
// given.
type Report struct {
	kernels map[string]*kernelReport
	allowed map[string]*allowedResult // by place and errno
	differ  []string
}

type kernelReport struct {
	profile                             string
	programs, calls, lines, divergences int
}

// allowedResult is one of several errnos that a line allows.
type allowedResult struct {
	errno uapi.Errno
	call  string
	place string
	seen  bool
}

// NewReport returns a report without a program.
func NewReport() *Report {
	return &Report{kernels: make(map[string]*kernelReport), allowed: make(map[string]*allowedResult)}
}

// Add replays what a program did on each kernel. The error says that a recording is none of
// the program.
func (r *Report) Add(p *program.Program, rp *RecordedProgram) error {
	if rp.Hash != ProgramHash(p) {
		return fmt.Errorf("%w: %s has changed since it was recorded (make record)", errRecording, rp.Name)
	}
	if len(rp.Runs) == 0 {
		return fmt.Errorf("%w: of %s there is none", errRecording, rp.Name)
	}
	for _, run := range rp.Runs {
		rec, err := ParseRecording(p, run.Text)
		if err != nil {
			return fmt.Errorf("%s on %s: %w", rp.Name, run.Kernels, err)
		}
		for _, kernel := range run.Kernels {
			if err := r.add(p, rec, kernel); err != nil {
				return err
			}
		}
	}
	return nil
}

func (r *Report) add(p *program.Program, rec *Recording, kernel string) error {
	profile, err := Profile(kernel)
	if err != nil {
		return err
	}
	c, err := Replay(p, rec, sim.Config{Kernel: profile})
	if err != nil {
		return fmt.Errorf("%s on %s: %w", p.Name, kernel, err)
	}
	k := r.kernels[kernel]
	if k == nil {
		k = &kernelReport{profile: profile}
		r.kernels[kernel] = k
	}
	k.programs++
	k.lines += c.Lines
	for i := range min(c.Lines, len(p.Lines)) {
		if p.Lines[i].Kind == program.Call {
			k.calls++
		}
		r.allow(p, i, rec)
	}
	if c.Divergence != nil {
		k.divergences++
		r.differ = append(r.differ, fmt.Sprintf("%s on %s: %s", p.Name, kernel, c))
	}
	return nil
}

// allow takes in which of the errnos that a line allows there was.
func (r *Report) allow(p *program.Program, i int, rec *Recording) {
	l := &p.Lines[i]
	for _, res := range l.Results {
		if res.Kind != program.Errnos || len(res.Errnos) < 2 || i >= len(rec.Lines) {
			continue
		}
		for _, e := range res.Errnos {
			key := fmt.Sprintf("%s %d %s", p.Name, i, e.Name)
			a := r.allowed[key]
			if a == nil {
				a = &allowedResult{errno: e.Num, call: l.Call.Name, place: l.Place().String()}
				r.allowed[key] = a
			}
			a.seen = a.seen || rec.Lines[i].Observed.Errno == e.Num
		}
	}
}

// Divergences lists where model and kernels differ, in full.
func (r *Report) Divergences() []string { return r.differ }

// Markdown writes the report.
func (r *Report) Markdown() string {
	var b strings.Builder
	b.WriteString("| kernel | profile | programs | calls | lines compared | divergences |\n|---|---|---:|---:|---:|---:|\n")
	for _, name := range slices.SortedFunc(maps.Keys(r.kernels), compareVersions) {
		k := r.kernels[name]
		fmt.Fprintf(&b, "| %s | %s | %d | %d | %d | %d |\n", name, k.profile, k.programs, k.calls, k.lines, k.divergences)
	}
	b.WriteString("\n## Allowed but never seen\n\n")
	never := make(map[string][]string) // by call and errno: places
	for _, key := range slices.Sorted(maps.Keys(r.allowed)) {
		if a := r.allowed[key]; !a.seen {
			what := fmt.Sprintf("%s: %s", a.call, a.errno.Name())
			never[what] = append(never[what], a.place)
		}
	}
	if len(never) == 0 {
		b.WriteString("Every result that a program allows besides another was seen on some kernel.\n")
		return b.String()
	}
	b.WriteString("Where a program allows several results, the following were given by none of the kernels.\n\n| result | lines | the first |\n|---|---:|---|\n")
	for _, what := range slices.Sorted(maps.Keys(never)) {
		places := never[what]
		fmt.Fprintf(&b, "| %s | %d | %s |\n", what, len(places), path.Base(places[0]))
	}
	return b.String()
}

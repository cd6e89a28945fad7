// SPDX-License-Identifier: GPL-2.0-only

package live

import (
	"fmt"
	"strings"
	"time"

	"github.com/nssim/nssim/sim/program"
)

// LineResult is what one line did on a guest.
type LineResult struct {
	program.Observed
	// Namespaces is the snapshot after the line, nil where the kernel has no active counts.
	Namespaces []Namespace
}

// Result is a run of a program on a guest.
type Result struct {
	Program string
	// Release is the kernel's, as uname -r prints it.
	Release string
	// Outcome is how the run ended, as program.Report has it: where and why, unless it
	// passed.
	Outcome program.Outcome
	At      program.Pos
	Reason  string
	// Lines is what each line that was carried out did.
	Lines []LineResult
	// Calls counts the calls that were made, with those of macros and of lines that stand
	// for several.
	Calls int
	// Warnings is what the kernel logged that must not happen.
	Warnings []string
	// Leftovers is the namespaces that were still there when all tasks were gone.
	Leftovers []Namespace
	Elapsed   time.Duration
}

// Passed reports whether the run did what the program says and left nothing behind.
func (r *Result) Passed() bool {
	return (r.Outcome == program.Pass || r.Outcome == program.Skip) && len(r.Warnings) == 0 && len(r.Leftovers) == 0
}

// String returns one line, and one more for everything that was left over or logged.
func (r *Result) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s %s on %s", r.Outcome, r.Program, r.Release)
	if r.Outcome != program.Pass {
		fmt.Fprintf(&b, ": %s: %s", r.At, r.Reason)
	}
	writeAfter(&b, r.Warnings, r.Leftovers)
	return b.String()
}

func writeAfter(b *strings.Builder, warnings []string, left []Namespace) {
	for _, w := range warnings {
		fmt.Fprintf(b, "\n\tthe kernel warned: %s", w)
	}
	for _, ns := range left {
		fmt.Fprintf(b, "\n\tleft over: %s %d, active %d, passive %d", ns.Type, ns.ID, ns.Active, ns.Passive)
	}
}

// Divergence is a line after which model and kernel differ.
type Divergence struct {
	// Line is the index in Program.Lines; len(Lines) is what is compared after the last.
	Line int
	// At is its place and Text the line with what the model says that it returns.
	At   program.Pos
	Text string
	// Diffs says what differs, one thing each.
	Diffs []string
	// Model and Guest are what the line returned and put out.
	Model, Guest string
	// Counts shows both sides' namespaces next to each other, "" without snapshots.
	Counts string
}

// String returns the divergence over several lines.
func (d *Divergence) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s: %s\n", d.At, d.Text)
	for _, diff := range d.Diffs {
		fmt.Fprintf(&b, "  %s\n", diff)
	}
	fmt.Fprintf(&b, "  model %s\n  guest %s\n%s", d.Model, d.Guest, d.Counts)
	return b.String()
}

// Comparison is a program's run on the model and on a guest.
type Comparison struct {
	Program string
	// Release is the guest's kernel, Config what the model ran under.
	Release, Config string
	// Model is the model's report.
	Model *program.Report
	// Divergence is the first line after which the two differ, nil if there is none. What
	// follows it is not compared.
	Divergence *Divergence
	// Ahead counts lines after which the kernel had already done what the model was still
	// putting off, Waited those for which the kernel had to be waited for.
	Ahead, Waited int
	// Lines counts the lines carried out, Calls the calls on the guest.
	Lines, Calls int
	Warnings     []string
	Leftovers    []Namespace
	Elapsed      time.Duration
	// Recording is what the kernel did, up to the divergence.
	Recording *Recording
}

// Agree reports whether kernel and model did the same, down to the counts, the kernel was
// left as it had been, and it did not warn unless the model did.
func (c *Comparison) Agree() bool {
	warned := len(c.Warnings) > 0 && (c.Model == nil || c.Model.Warnings == 0)
	return c.Divergence == nil && !warned && len(c.Leftovers) == 0
}

// String returns one line, and more for what differs.
func (c *Comparison) String() string {
	var b strings.Builder
	word := "AGREE"
	if !c.Agree() {
		word = "DIFFER"
	}
	fmt.Fprintf(&b, "%s %s: %s against %s", word, c.Program, c.Release, c.Config)
	if c.Model != nil && c.Model.Outcome != program.Pass {
		fmt.Fprintf(&b, "\n\tboth: %s", c.Model)
	}
	writeAfter(&b, c.Warnings, c.Leftovers)
	if c.Divergence != nil {
		b.WriteString("\n" + strings.TrimRight(c.Divergence.String(), "\n"))
	}
	return b.String()
}

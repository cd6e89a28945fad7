// SPDX-License-Identifier: GPL-2.0-only

package session

import (
	"strconv"

	"github.com/nssim/nssim/sim"
	"github.com/nssim/nssim/sim/export"
	"github.com/nssim/nssim/sim/program"
)

// Player is a session that remembers what each line did and drew, so that a page can
// show any point of a program. A line that returns something else than it states is
// marked, and the program goes on where that makes sense: one wants to see what follows
// under another kernel.
type Player struct {
	*Session
	start *export.Drawing
	steps []playerStep
}

// playerStep is what one line has done.
type playerStep struct {
	observed string
	result   *Result
	trace    []string
	failed   string // what did not hold
	drawing  *export.Drawing
}

// NewPlayer prepares a program under a configuration.
func NewPlayer(p *program.Program, cfg sim.Config) (*Player, error) {
	s, err := New(p, cfg, Options{Trace: true, Check: true, Back: true})
	if err != nil {
		return nil, err
	}
	return &Player{Session: s, start: export.Draw(s.Runner.Machine(), s.Runner)}, nil
}

// Go runs or takes back lines until n have been run, or it goes no further.
func (p *Player) Go(n int) {
	for p.Runner.Line() > n && p.back() {
	}
	for p.Runner.Line() < n && p.forward() {
	}
}

func (p *Player) back() bool {
	if len(p.steps) == 0 || !p.Back() {
		return false
	}
	p.steps = p.steps[:len(p.steps)-1]
	return true
}

func (p *Player) forward() bool {
	if p.Done() {
		return false
	}
	s := playerStep{result: p.Next()}
	rep := p.Runner.Report()
	if rep.Outcome == program.BadProgram {
		return false
	}
	s.observed = p.Observed()
	s.trace = export.TraceText(s.result.Trace, 0)
	if rep.Outcome == program.Fail {
		s.failed = rep.What()
		p.Runner.GoOn()
	}
	s.drawing = export.Draw(p.Runner.Machine(), p.Runner)
	s.drawing.Mark(p.drawing())
	p.steps = append(p.steps, s)
	return true
}

// drawing is the last one.
func (p *Player) drawing() *export.Drawing {
	if n := len(p.steps); n > 0 {
		return p.steps[n-1].drawing
	}
	return p.start
}

// Page is everything that the playground shows at one point of a program.
type Page struct {
	Header string     `json:"header"`
	Lines  []PageLine `json:"lines"`
	At     int        `json:"at"` // how many lines have been run
	Done   bool       `json:"done"`
	// Outcome is the run's so far, and what there is to say about it.
	Outcome     string   `json:"outcome"`
	OutcomeText string   `json:"outcome_text"`
	Trace       []string `json:"trace"`    // of the last line
	Findings    []string `json:"findings"` // properties that the last line broke
	Tree        string   `json:"tree"`
	DOT         string   `json:"dot"`
	// Names are the namespaces of the drawing that Why can be asked about, by node.
	Names map[string]string `json:"names"`
}

// PageLine is a line of the program, with its result if it has been run.
type PageLine struct {
	Line   int    `json:"line"` // in the file
	Text   string `json:"text"`
	Ran    bool   `json:"ran"`
	Failed string `json:"failed,omitempty"` // what did not hold
}

// Page returns what there is to show now. header stands over everything.
func (p *Player) Page(header string) *Page {
	rep := p.Runner.Report()
	d := p.drawing()
	page := &Page{
		Header: header, At: p.Runner.Line(), Done: p.Done(),
		Outcome: rep.Outcome.String(), OutcomeText: rep.What(),
		Trace: []string{}, Findings: []string{}, Tree: d.Text(), DOT: d.DOT(""), Names: make(map[string]string),
	}
	lines := p.Runner.Program().Lines
	for i := range lines {
		l := PageLine{Line: lines[i].Place().Line, Text: p.Lines.Plain(i)}
		if i < len(p.steps) {
			l.Text, l.Ran, l.Failed = p.steps[i].observed, true, p.steps[i].failed
		}
		page.Lines = append(page.Lines, l)
	}
	if n := len(p.steps); n > 0 {
		page.Trace = append(page.Trace, p.steps[n-1].trace...)
		page.Findings = append(page.Findings, p.steps[n-1].result.Findings...)
	}
	for i := range d.Nodes {
		if n := &d.Nodes[i]; n.NS != nil {
			page.Names[n.ID] = strconv.FormatUint(n.NS.ID, 10)
		}
	}
	return page
}

// Why explains a namespace, named as for export.Resolve, at this point.
func (p *Player) Why(name string) (string, error) {
	ns, err := export.Resolve(p.Runner, name)
	if err != nil {
		return "", err
	}
	return export.Explain(p.Runner.Machine(), p.Runner, ns).String(), nil
}

// SPDX-License-Identifier: GPL-2.0-only

package explore

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/nssim/nssim/sim"
	"github.com/nssim/nssim/sim/check"
	"github.com/nssim/nssim/syscall"
)

// Schedule is an interleaving, replayed: who did what, in order, and what is wrong then.
type Schedule struct {
	// Text is what Replay takes: `t1*3 t2 cleanup_net*6`, each word who makes that many
	// steps.
	Text string `json:"schedule"`
	// Steps are in order.
	Steps []Step `json:"steps"`
	// Broken is what the properties say at the end.
	Broken []check.Finding `json:"broken,omitempty"`
}

// Step is one atomic step of a schedule.
type Step struct {
	Who  string `json:"who"`
	What string `json:"what"`
	// Call is the call that begins with this step, as in a program.
	Call string `json:"call,omitempty"`
}

// turn is some steps in a row of one task, or of the kernel's worker with one kind of
// work.
type turn struct {
	who   string
	steps int
}

// schedule turns the moves of a finding into a schedule and replays it.
func (p *racePlan) schedule(moves []Move) (*Schedule, error) {
	x := p.system().(*steps)
	s := new(state)
	x.root(s)
	var turns []turn
	for _, v := range moves {
		who := p.who(v)
		x.apply(s, v)
		switch last := len(turns) - 1; {
		case last >= 0 && (turns[last].who == who || v.op() == opStep && v.task() == sim.KWorker):
			turns[last].steps += x.count
		default:
			turns = append(turns, turn{who, x.count})
		}
	}
	out, err := p.replay(turnsText(turns))
	if err == nil && len(out.Broken) == 0 {
		err = fmt.Errorf("explore: a finding is gone when it is replayed: %s", out.Text)
	}
	if err != nil {
		return out, err
	}
	return p.calm(turns, out), nil
}

func turnsText(turns []turn) string {
	words := make([]string, len(turns))
	for i, t := range turns {
		if words[i] = t.who; t.steps > 1 {
			words[i] += "*" + strconv.Itoa(t.steps)
		}
	}
	return strings.Join(words, " ")
}

// calm takes needless switches out of a schedule: as long as a turn can be joined with the
// next one of the same task, and the end is still broken, it is.
func (p *racePlan) calm(turns []turn, out *Schedule) *Schedule {
	for again := true; again; {
		again = false
		for i := 0; i < len(turns) && !again; i++ {
			j := i + 1
			for j < len(turns) && turns[j].who != turns[i].who {
				j++
			}
			if j == len(turns) {
				continue
			}
			sum := turn{turns[i].who, turns[i].steps + turns[j].steps}
			late := slices.Concat(turns[:i], turns[i+1:j], []turn{sum}, turns[j+1:])
			early := slices.Concat(turns[:i], []turn{sum}, turns[i+1:j], turns[j+1:])
			for _, t := range [][]turn{late, early} {
				if s, err := p.replay(turnsText(t)); err == nil && len(s.Broken) > 0 {
					turns, out, again = t, s, true
					break
				}
			}
		}
	}
	return out
}

func (p *racePlan) who(v Move) string {
	if v.op() == opWork {
		return workName(sim.WorkKind(v.a()))
	}
	if v.task() == sim.KWorker {
		return "kworker"
	}
	return p.taskName(v.task())
}

func (p *racePlan) taskName(t sim.TaskID) string {
	if n := p.names.task[t]; n != "" {
		return n
	}
	if t == sim.Pid1 {
		return "pid1"
	}
	return fmt.Sprintf("task%d", t)
}

// workName is the name of a kind of work as one word.
func workName(k sim.WorkKind) string { return strings.ReplaceAll(k.String(), " ", "_") }

// Replay runs a schedule of a race.
func (r Race) Replay(text string) (*Schedule, error) {
	p, err := r.plan()
	if err != nil {
		return nil, err
	}
	return p.replay(text)
}

// replay runs a schedule step by step, without folding.
func (p *racePlan) replay(text string) (*Schedule, error) {
	x := p.system().(*steps)
	x.fold = false
	s := new(state)
	x.root(s)
	out := &Schedule{Text: text}
	for word := range strings.FieldsSeq(text) {
		who, times, ok := strings.Cut(word, "*")
		n := 1
		if ok {
			var err error
			if n, err = strconv.Atoi(times); err != nil || n < 1 {
				return nil, fmt.Errorf("schedule: %q, expected WHO or WHO*COUNT", word)
			}
		}
		for i := range n {
			v, ok := p.next(x, s, who, i == 0)
			if !ok {
				return nil, fmt.Errorf("schedule: %s can make no step at %q", who, word)
			}
			out.Steps = append(out.Steps, p.step(x, s, who, v))
			x.apply(s, v)
		}
	}
	for i := range x.props {
		if q := &x.props[i]; s.m.Frames.Count() == 0 || q.When == check.Always {
			out.Broken = append(out.Broken, q.Find(&x.checker, &s.m)...)
		}
	}
	return out, nil
}

// next is the move that a word of a schedule stands for: the only one of that task, or
// for the kernel's worker one that begins work of that kind, or goes on with it.
func (p *racePlan) next(x *steps, s *state, who string, first bool) (Move, bool) {
	for _, v := range x.moves(s, nil) {
		switch {
		case v.op() == opWork && first && p.who(v) == who, v.op() != opWork && p.who(v) == who:
			return v, true
		case v.op() == opStep && v.task() == sim.KWorker && (!first || who == "kworker"):
			return v, true
		}
	}
	return 0, false
}

// step says what a move is about to do.
func (p *racePlan) step(x *steps, s *state, who string, v Move) Step {
	k := Step{Who: who}
	m := &s.m
	switch v.op() {
	case opStart:
		call := x.scripts[v.a()].calls[s.aux[v.a()]]
		_, k.Call, _ = strings.Cut(p.names.call(call), ": ")
		// What the first step is, a copy has to say.
		var c sim.Machine
		c.CopyFrom(m)
		x.caller.start(&c, call)
		k.What = stepText(&c, v.task())
	case opStep:
		k.What = stepText(m, v.task())
	case opWork:
		k.What = "begins"
	}
	return k
}

func stepText(m *sim.Machine, t sim.TaskID) string {
	o, s := syscall.NextStep(m, t)
	if o == s || o == "" {
		return s
	}
	return o + ": " + s
}

// Table draws a schedule with a column for each that takes part.
func (s *Schedule) Table() string {
	var cols []string
	at := map[string]int{}
	for _, k := range s.Steps {
		who := s.column(k.Who)
		if _, ok := at[who]; !ok {
			at[who] = len(cols)
			cols = append(cols, who)
		}
	}
	width := 38
	if len(cols) > 2 {
		width = 78 / len(cols)
	}
	var b strings.Builder
	row := func(col int, text string) {
		b.WriteString(strings.Repeat(" ", col*width) + text + "\n")
	}
	for i, c := range cols {
		fmt.Fprintf(&b, "%-*s", width, c)
		if i == len(cols)-1 {
			b.WriteString("\n")
		}
	}
	out := strings.TrimRight(b.String(), " \n") + "\n"
	b.Reset()
	for _, k := range s.Steps {
		col := at[s.column(k.Who)]
		if k.Call != "" {
			row(col, k.Call)
		}
		what := k.What
		if s.column(k.Who) != k.Who && what == "begins" {
			what = k.Who
		}
		row(col, "  "+what)
	}
	return out + b.String()
}

// column is where a step stands: all of the kernel's work in one.
func (s *Schedule) column(who string) string {
	for k := sim.WorkKind(1); int(k) < kinds; k++ {
		if workName(k) == who {
			return "kworker"
		}
	}
	return who
}

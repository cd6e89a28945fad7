// SPDX-License-Identifier: GPL-2.0-only

package explore

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/nssim/nssim/sim"
	"github.com/nssim/nssim/sim/check"
	"github.com/nssim/nssim/sim/program"
)

// Race is a question about interleavings: behind a prelude, some tasks make calls at the
// same time.
type Race struct {
	Name string
	// Says is a sentence on what a complete search establishes.
	Says    string
	Config  sim.Config
	Prelude string
	// Scripts are lines `TASK: CALL ARGS` with the calls' names of OpNames and the
	// prelude's names of tasks and descriptors; the order is that within each task.
	Scripts []string
	// NoFold lets other tasks come in before every step, also before those that look at
	// and change nothing of theirs.
	NoFold bool
	// Expect is the number of states of a complete search.
	Expect int64
}

// racePlan is a Race that has been checked.
type racePlan struct {
	Race
	prelude *program.Program
	start   *sim.Machine
	names   *namer
	scripts []script
	props   []check.Property
}

func (r Race) plan() (*racePlan, error) {
	p := &racePlan{Race: r, names: newNamer()}
	var err error
	if p.prelude, err = program.Parse("prelude of "+r.Name, []byte(r.Prelude)); err != nil {
		return nil, err
	}
	x, err := program.NewRunner(p.prelude, r.Config)
	if err != nil {
		return nil, err
	}
	p.names.follow(x)
	if rep := x.Report(); rep.Outcome != program.Pass {
		return nil, fmt.Errorf("explore: the prelude of %s: %s", r.Name, rep)
	}
	p.start = x.Machine()
	p.start.UserMem = p.start.UserMem[:0]
	for _, l := range r.Scripts {
		if err := p.line(l); err != nil {
			return nil, fmt.Errorf("explore: %s: %q: %w", r.Name, l, err)
		}
	}
	if len(p.scripts) > len(state{}.aux) {
		return nil, fmt.Errorf("explore: %s: %d tasks, expected at most %d", r.Name, len(p.scripts), len(state{}.aux))
	}
	for _, q := range check.Properties() {
		if q.When == check.Always || q.When == check.Quiescent {
			p.props = append(p.props, q)
		}
	}
	return p, nil
}

// line adds a line of a script.
func (p *racePlan) line(l string) error {
	who, call, ok := strings.Cut(l, ":")
	words := strings.Fields(call)
	if !ok || len(words) == 0 {
		return fmt.Errorf("expected TASK: CALL ARGS")
	}
	t, ok := p.taskNamed(strings.TrimSpace(who))
	if !ok {
		return fmt.Errorf("no task %s", who)
	}
	n, ok := opByName(words[0])
	if !ok {
		return fmt.Errorf("unknown call %q", words[0])
	}
	var args [2]int32
	for i, w := range words[1:] {
		if args[min(i, 1)], ok = p.argument(t, w); !ok {
			return fmt.Errorf("%q is no task, no descriptor of %s and no id", w, who)
		}
	}
	i := slices.IndexFunc(p.scripts, func(s script) bool { return s.task == t })
	if i < 0 {
		i = len(p.scripts)
		p.scripts = append(p.scripts, script{task: t})
	}
	p.scripts[i].calls = append(p.scripts[i].calls, newMove(n, t, args[0], args[1]))
	return nil
}

func (p *racePlan) taskNamed(name string) (sim.TaskID, bool) {
	for t, n := range p.names.task {
		if n == name {
			return t, true
		}
	}
	return 0, false
}

func (p *racePlan) argument(t sim.TaskID, name string) (int32, bool) {
	if o, ok := p.taskNamed(name); ok {
		return int32(o), true
	}
	if n, err := strconv.ParseUint(name, 10, 8); err == nil {
		return int32(n), true
	}
	for at, n := range p.names.fd {
		if n == name && at.t == t {
			return at.fd, true
		}
	}
	return 0, false
}

func (p *racePlan) system() system {
	return &steps{start: p.start, scripts: p.scripts, props: p.props, fold: !p.NoFold}
}

// SearchRace answers a race's question.
func SearchRace(r Race, opt Options) (*RaceReport, error) {
	p, err := r.plan()
	if err != nil {
		return nil, err
	}
	rep := &RaceReport{Report: run(p.system, opt)}
	for _, f := range rep.Findings {
		s, err := p.schedule(f.Moves)
		if err != nil {
			return rep, err
		}
		rep.Schedules = append(rep.Schedules, s)
	}
	return rep, nil
}

// RaceReport is what a search of interleavings has found.
type RaceReport struct {
	*Report
	Schedules []*Schedule `json:"schedules,omitempty"`
}

// SPDX-License-Identifier: GPL-2.0-only

package live

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/nssim/nssim/sim"
	"github.com/nssim/nssim/sim/program"
	"github.com/nssim/nssim/syscall"
	"github.com/nssim/nssim/syscall/uapi"
)

// catchUpPause is how often a guest is looked at that is not yet where the model is.
const catchUpPause = 3 * time.Millisecond

// Compare runs a program on the model and on a guest, line by line, up to the first line
// after which they differ. The model's kernel is the one that Profile names for the guest's
// release, unless cfg says otherwise. An error says that the comparison could not be made:
// the program is bad (a *program.Error), a line cannot be carried out on a real kernel
// (ErrCannot), the program made no call (ErrEmpty), or the guest is at fault.
func Compare(ctx context.Context, p *program.Program, cfg sim.Config, g *Guest) (*Comparison, error) {
	if cfg.Kernel == "" {
		profile, err := Profile(g.release)
		if err != nil {
			return nil, err
		}
		cfg.Kernel = profile
	}
	r, err := program.NewRunner(p, cfg)
	if err != nil {
		return nil, err
	}
	start := time.Now()
	s, err := g.newSession(ctx, p)
	if err != nil {
		return nil, err
	}
	d := &duel{s: s, r: r, c: &Comparison{Program: p.Name, Release: g.release, Config: r.Machine().Cfg.String(), Model: r.Report()}}
	err = d.begin()
	if err == nil {
		err = d.run()
	}
	left, endErr := s.end()
	c := d.c
	c.Lines, c.Calls, c.Elapsed = r.Report().Executed, s.calls, time.Since(start)
	c.Leftovers, c.Warnings = left, s.alarms()
	switch {
	case err != nil:
		return c, err
	case endErr != nil:
		return c, endErr
	case s.calls == 0:
		return c, fmt.Errorf("%s: %w", p.Name, ErrEmpty)
	}
	return c, nil
}

// duel is a program on both sides.
type duel struct {
	s *session
	r *program.Runner
	t *tables
	c *Comparison
}

// begin relates what both sides start with.
func (d *duel) begin() error {
	next, err := nextModelID(d.r.Machine())
	if err != nil {
		return err
	}
	mp := newMapping(next, d.s.nextID)
	m := d.r.Machine()
	mp.pids.match(uint64(m.PidNr(m.Task(m.Init()).Pid, m.Initial(uapi.PID_NS))), d.s.names["init"].N)
	mp.pids.match(1, 1)
	if !d.s.g.HasCounts() {
		d.t = &tables{mapping: mp}
		return nil
	}
	d.t, err = newTables(mp, modelTable(m), d.s.now)
	return err
}

// nextModelID returns the id that the next namespace of a machine will have.
func nextModelID(m *sim.Machine) (uint64, error) {
	m = m.Clone()
	t := syscall.Task(m, m.Init())
	if err := t.Unshare(uapi.CLONE_NEWUTS); err != nil {
		return 0, err
	}
	return m.Nodes[m.Proxy(m.Task(m.Init()).Proxy).NS[sim.SlotUts]].ID, nil
}

// run goes through the lines.
func (d *duel) run() error {
	d.r.KeepSnapshots(1)
	for i := range d.s.p.Lines {
		late := d.r.Machine().Deferred != 0
		inner := d.innerCaller(&d.s.p.Lines[i])
		more := d.r.Next()
		if rep := d.r.Report(); rep.Outcome == program.BadProgram {
			return rep.Err()
		}
		if err := d.onGuest(i); err != nil {
			return err
		}
		err := d.compareLine(i, inner)
		if err == nil && d.c.Divergence != nil && late {
			more, err = d.again(i, inner)
		}
		if err != nil {
			return err
		}
		if d.c.Divergence != nil || !more {
			return nil
		}
	}
	return d.last()
}

// again takes the model's line back, has it do first what it had put off, as the kernel may
// have done, and compares once more. If that makes no difference, the divergence stays.
func (d *duel) again(i int, inner bool) (more bool, err error) {
	if d.s.p.Lines[i].Kind == program.Settle || !d.r.Back() {
		return true, nil
	}
	before := d.c.Divergence
	syscall.Settle(d.r.Machine())
	more = d.r.Next()
	if d.r.Report().Outcome == program.BadProgram {
		return more, nil
	}
	d.c.Divergence = nil
	if err := d.compareLine(i, inner); err != nil {
		return false, err
	}
	if d.c.Divergence != nil {
		d.c.Divergence = before
		return false, nil
	}
	d.c.Ahead++
	return more, nil
}

// innerCaller reports whether a line's task is in a pid namespace below the initial one.
func (d *duel) innerCaller(l *program.Line) bool {
	t := d.s.names[l.Task].task
	return t != nil && len(t.pids) > 1
}

// untold reports whether a line is about the state of the machine, which without counts
// nobody can tell: the results around it are what is compared then.
func (d *duel) untold(l *program.Line) bool {
	return (l.Kind == program.Assert || l.Kind == program.SkipIf) && !d.s.g.HasCounts()
}

// onGuest carries one line out on the guest, after the model has.
func (d *duel) onGuest(i int) error {
	l := &d.s.p.Lines[i]
	switch {
	case l.Kind == program.Settle:
		d.s.obs = program.Observed{Kind: program.Settle, Line: i}
	case !d.untold(l):
		return d.lineError(d.s.line(i))
	}
	return nil
}

// compareLine compares what a line has done on both sides.
func (d *duel) compareLine(i int, inner bool) error {
	l := &d.s.p.Lines[i]
	if d.untold(l) {
		return nil
	}
	m := d.r.Observed()
	d.t.relate(modelTable(d.r.Machine()), d.s.now)
	o := observer{mapping: d.t.mapping, line: d.openLine(l), inner: inner}
	rest := d.catchUp
	if l.Kind == program.Settle {
		rest = d.settle
	} else {
		o.compare(m, &d.s.obs)
	}
	diffs, err := rest()
	if err != nil {
		return err
	}
	if o.diffs = append(o.diffs, diffs...); len(o.diffs) > 0 {
		d.diverged(i, l.Place(), m.Text(d.s.p), o.diffs, m)
	}
	return nil
}

// openLine is the line whose call a line ends.
func (d *duel) openLine(l *program.Line) *program.Line {
	if l.Kind == program.Resume && d.s.obs.Status == program.Returned {
		for i := d.s.obs.Line - 1; i >= 0; i-- {
			if o := &d.s.p.Lines[i]; o.Kind == program.Call && o.Task == l.Task && o.Call.Name == l.Call.Name {
				return o
			}
		}
	}
	return l
}

// lineError is an error of a line on the guest: when the model's line did not do what it
// says either, the guest could not be expected to.
func (d *duel) lineError(err error) error {
	if errors.Is(err, ErrCannot) && d.r.Report().Outcome == program.Fail {
		return nil
	}
	return err
}

// stateDiffs compares what tasks and namespaces are like.
func (d *duel) stateDiffs(how strictness) []string {
	diffs := d.taskDiffs()
	if d.s.g.HasCounts() {
		diffs = append(diffs, d.t.compare(modelTable(d.r.Machine()), d.s.now, how)...)
	}
	return diffs
}

// ahead reports whether the guest is where the model will be when it has done what it now
// puts off: the kernel may do that at any time.
func (d *duel) ahead() bool {
	m := d.r.Machine()
	if m.Deferred == 0 || !d.s.g.HasCounts() || len(d.taskDiffs()) > 0 {
		return false
	}
	later := m.Clone()
	syscall.Settle(later)
	return len(d.t.compare(modelTable(later), d.s.now, activeOnly)) == 0
}

// taskDiffs compares the states of the program's tasks.
func (d *duel) taskDiffs() (diffs []string) {
	m := d.r.Machine()
	model := make(map[string]string)
	for t := sim.TaskID(1); int32(t) < m.Tasks.Cap(); t++ {
		if m.TaskLive(t) {
			model[d.r.TaskName(t)] = taskWord(m.Task(t).State)
		}
	}
	guest := d.s.taskStates()
	for _, name := range d.s.order {
		got, ok := guest[name]
		if !ok {
			continue
		}
		want := model[name]
		if want == "" {
			want = "dead"
		}
		if want != got {
			diffs = append(diffs, fmt.Sprintf("state(%s): model %s, guest %s", name, want, got))
		}
	}
	return diffs
}

func taskWord(s sim.TaskState) string {
	switch s {
	case sim.Blocked, sim.Stopped:
		return "blocked"
	case sim.Zombie:
		return "zombie"
	case sim.Running, sim.Embryo:
		return "running"
	}
	return "dead"
}

// catchUp waits, for a bounded time, until the guest is where the model is; it returns what
// still differs then.
func (d *duel) catchUp() ([]string, error) {
	end := time.Now().Add(d.s.g.opts.patience)
	for first := true; ; first = false {
		diffs := d.stateDiffs(activeOnly)
		switch {
		case len(diffs) == 0:
			return nil, nil
		case d.ahead():
			d.c.Ahead++
			return nil, nil
		case time.Now().After(end):
			return diffs, nil
		}
		if first {
			d.c.Waited++
		}
		if err := d.s.pause(catchUpPause); err != nil {
			return nil, err
		}
		if err := d.s.look(0); err != nil {
			return nil, err
		}
	}
}

// settle waits until the guest has done everything that it had put off, as the model has,
// and returns what differs then.
func (d *duel) settle() ([]string, error) {
	if !d.s.g.HasCounts() {
		return d.taskDiffs(), d.s.calm()
	}
	err := d.s.settle(func() bool { return len(d.stateDiffs(settled)) == 0 })
	return d.stateDiffs(settled), err
}

// last compares once more when the program is over, with everything settled.
func (d *duel) last() error {
	if !d.s.g.HasCounts() {
		return nil
	}
	syscall.Settle(d.r.Machine())
	d.s.obs = program.Observed{Kind: program.Settle}
	diffs, err := d.settle()
	if err != nil || len(diffs) == 0 {
		return err
	}
	n := len(d.s.p.Lines)
	at := program.Pos{}
	if n > 0 {
		at = d.s.p.Lines[n-1].Place()
	}
	d.diverged(n, at, "settle, after the last line", diffs, &program.Observed{Kind: program.Settle})
	return nil
}

// diverged notes the divergence.
func (d *duel) diverged(line int, at program.Pos, text string, diffs []string, m *program.Observed) {
	v := &Divergence{Line: line, At: at, Text: text, Diffs: slices.Clone(diffs), Model: m.String(), Guest: d.s.obs.String()}
	if d.s.g.HasCounts() {
		v.Counts = d.t.text(modelTable(d.r.Machine()), d.s.now)
	}
	d.c.Divergence = v
}

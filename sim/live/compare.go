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
	r, err := newRunner(p, cfg)
	if err != nil {
		return nil, err
	}
	start := time.Now()
	s, err := g.newSession(ctx, p)
	if err != nil {
		return nil, err
	}
	d := newDuel(p, s, r, g.release)
	d.rec = new(recorder)
	err = d.fight()
	left, endErr := s.end()
	c := d.c
	c.Calls, c.Elapsed = s.calls, time.Since(start)
	c.Leftovers, c.Warnings, c.Recording = left, s.alarms(), d.rec.rec
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

// newRunner boots the model. What the program's config lines ask for is not looked at: the
// other side has the kernel that it has.
func newRunner(p *program.Program, cfg sim.Config) (*program.Runner, error) {
	m, err := sim.New(cfg)
	if err != nil {
		return nil, err
	}
	return program.NewRunnerOn(p, m), nil
}

// duel is a program on both sides.
type duel struct {
	p   *program.Program
	s   side
	r   *program.Runner
	t   *tables
	c   *Comparison
	now moment    // what the other side's line has left
	rec *recorder // nil: nothing is recorded
}

func newDuel(p *program.Program, s side, r *program.Runner, release string) *duel {
	return &duel{p: p, s: s, r: r,
		c: &Comparison{Program: p.Name, Release: release, Config: r.Machine().Cfg.String(), Model: r.Report()}}
}

// fight begins and goes through the lines.
func (d *duel) fight() error {
	err := d.begin()
	if err == nil {
		if d.rec != nil {
			d.rec.begin(d.t.mapping, d.s.opening().init, d.now.namespaces)
		}
		err = d.run()
	}
	d.c.Lines = d.r.Report().Executed
	return err
}

// begin relates what both sides start with.
func (d *duel) begin() error {
	next, err := nextModelID(d.r.Machine())
	if err != nil {
		return err
	}
	o := d.s.opening()
	if d.now.namespaces = o.namespaces; o.namespaces == nil {
		d.now.namespaces = modelTable(d.r.Machine())
	}
	mp := newMapping(next, o.nextID)
	m := d.r.Machine()
	mp.pids.match(uint64(m.PidNr(m.Task(m.Init()).Pid, m.Initial(uapi.PID_NS))), o.init)
	mp.pids.match(1, 1)
	if !d.s.counts() {
		d.t = &tables{mapping: mp}
		return nil
	}
	d.t, err = newTables(mp, modelTable(m), d.now.namespaces)
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
	for i := range d.p.Lines {
		late := d.r.Machine().Deferred != 0
		inner := d.inner(&d.p.Lines[i])
		more := d.r.Next()
		d.prompt()
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
		d.note(i, inner)
		if d.c.Divergence != nil || !more {
			return nil
		}
	}
	return d.last()
}

// prompt has the model do what a kernel does without delay though not in the call itself:
// it looks for sockets that only hold each other before anything else runs.
func (d *duel) prompt() {
	for syscall.Deferred(d.r.Machine(), func(w *sim.Work) bool { return w.Kind == sim.WorkUnixGC }) {
		syscall.Sched(d.r.Machine())
	}
}

// again takes the model's line back, has it do first what it had put off, as the kernel may
// have done, and compares once more. If that makes no difference, the divergence stays.
func (d *duel) again(i int, inner bool) (more bool, err error) {
	if d.p.Lines[i].Kind == program.Settle || !d.r.Back() {
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

// inner reports whether a line's task is in a pid namespace below the initial one.
func (d *duel) inner(l *program.Line) (inner bool) {
	m := d.r.Machine()
	m.EachTask(func(t sim.TaskID, k *sim.Task) bool {
		if l.Task == "" || k.Pid == 0 || d.r.TaskName(t) != l.Task {
			return true
		}
		inner = m.UPids.At(m.Pid(k.Pid).UPid).Outer != 0
		return false
	})
	return inner
}

// note adds a line to the recording.
func (d *duel) note(i int, inner bool) {
	if d.rec != nil {
		d.rec.line(d.p, i, inner, &d.now)
	}
}

// untold reports whether a line is about the state of the machine, which without counts
// nobody can tell: the results around it are what is compared then.
func (d *duel) untold(l *program.Line) bool {
	return (l.Kind == program.Assert || l.Kind == program.SkipIf) && !d.s.counts()
}

// onGuest carries one line out on the guest, after the model has.
func (d *duel) onGuest(i int) error {
	l := &d.p.Lines[i]
	switch {
	case l.Kind == program.Settle:
		err := d.s.skip(i)
		d.now = d.s.moment()
		return err
	case !d.untold(l):
		err := d.lineError(d.s.line(i))
		d.now = d.s.moment()
		return err
	}
	return nil
}

// compareLine compares what a line has done on both sides.
func (d *duel) compareLine(i int, inner bool) error {
	l := &d.p.Lines[i]
	if d.untold(l) {
		return nil
	}
	m := d.r.Observed()
	d.t.relate(modelTable(d.r.Machine()), d.now.namespaces)
	o := observer{mapping: d.t.mapping, line: d.openLine(l), inner: inner}
	rest := d.catchUp
	if l.Kind == program.Settle {
		rest = d.settle
	} else {
		o.compare(m, &d.now.obs)
	}
	diffs, err := rest()
	if err != nil {
		return err
	}
	if o.diffs = append(o.diffs, diffs...); len(o.diffs) > 0 {
		d.diverged(i, l.Place(), m.Text(d.p), o.diffs, m)
	}
	return nil
}

// openLine is the line whose call a line ends.
func (d *duel) openLine(l *program.Line) *program.Line {
	if l.Kind == program.Resume && d.now.obs.Status == program.Returned {
		for i := d.now.obs.Line - 1; i >= 0; i-- {
			if o := &d.p.Lines[i]; o.Kind == program.Call && o.Task == l.Task && o.Call.Name == l.Call.Name {
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
	if d.s.counts() {
		diffs = append(diffs, d.t.compare(modelTable(d.r.Machine()), d.now.namespaces, how)...)
	}
	return diffs
}

// ahead reports whether the guest is where the model will be when it has done what it now
// puts off: the kernel may do that at any time.
func (d *duel) ahead() bool {
	m := d.r.Machine()
	if m.Deferred == 0 || !d.s.counts() || len(d.taskDiffs()) > 0 {
		return false
	}
	later := m.Clone()
	syscall.Settle(later)
	return len(d.t.compare(modelTable(later), d.now.namespaces, activeOnly)) == 0
}

// taskDiffs compares the states of the program's tasks.
func (d *duel) taskDiffs() (diffs []string) {
	m := d.r.Machine()
	model := make(map[string]string)
	for t := sim.TaskID(1); int32(t) < m.Tasks.Cap(); t++ {
		if m.TaskLive(t) {
			model[d.r.TaskName(t)] = stateWord(m.Task(t).State)
		}
	}
	for _, t := range d.now.tasks {
		want := model[t.Name]
		if want == "" {
			want = "dead"
		}
		if want != t.State {
			diffs = append(diffs, fmt.Sprintf("state(%s): model %s, guest %s", t.Name, want, t.State))
		}
	}
	return diffs
}

func stateWord(s sim.TaskState) string {
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
	end := time.Now().Add(d.s.patience())
	for first := true; ; first = false {
		diffs := d.stateDiffs(activeOnly)
		switch {
		case len(diffs) == 0:
			return nil, nil
		case d.ahead():
			d.c.Ahead++
			return nil, nil
		case !time.Now().Before(end):
			return diffs, nil
		}
		if first {
			d.c.Waited++
		}
		if err := d.s.again(); err != nil {
			return nil, err
		}
		d.now = d.s.moment()
	}
}

// settle waits until the guest has done everything that it had put off, as the model has,
// and returns what differs then.
func (d *duel) settle() ([]string, error) {
	err := d.s.settle(func() bool {
		d.now = d.s.moment()
		return len(d.stateDiffs(settled)) == 0
	})
	d.now = d.s.moment()
	return d.stateDiffs(settled), err
}

// last compares once more when the program is over, with everything settled.
func (d *duel) last() error {
	if !d.s.counts() {
		return nil
	}
	syscall.Settle(d.r.Machine())
	if err := d.s.skip(len(d.p.Lines)); err != nil {
		return err
	}
	d.now = d.s.moment()
	diffs, err := d.settle()
	d.note(len(d.p.Lines), false)
	if err != nil || len(diffs) == 0 {
		return err
	}
	n := len(d.p.Lines)
	at := program.Pos{}
	if n > 0 {
		at = d.p.Lines[n-1].Place()
	}
	d.diverged(n, at, "settle, after the last line", diffs, &program.Observed{Kind: program.Settle})
	return nil
}

// diverged notes the divergence.
func (d *duel) diverged(line int, at program.Pos, text string, diffs []string, m *program.Observed) {
	v := &Divergence{Line: line, At: at, Text: text, Diffs: slices.Clone(diffs), Model: m.String(), Guest: d.now.obs.String()}
	if d.s.counts() {
		v.Counts = d.t.text(modelTable(d.r.Machine()), d.now.namespaces)
	}
	d.c.Divergence = v
}

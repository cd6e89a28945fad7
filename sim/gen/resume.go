// SPDX-License-Identifier: GPL-2.0-only

package gen

import "github.com/nssim/nssim/sim/program"

// resume adds the lines on which calls that were left unfinished return, as soon as they
// have; now and then, unless all are to be, it puts that off.
func (g *generator) resume(all bool) {
	for i := 0; i < len(g.tasks); i++ {
		t := g.tasks[i]
		if t.open == nil {
			continue
		}
		if !g.alive(t) {
			t.open = nil // a task that was killed need not be resumed
			continue
		}
		if g.m.Task(t.id).Top == 0 && (all || g.chance(70)) {
			g.finish(t)
		}
	}
}

func (g *generator) finish(t *task) {
	l := program.Line{Kind: program.Resume, Task: t.name, Call: program.Syscall{Name: t.open.Call.Name}}
	if n := binds(t.open.Results); n != "" {
		l.Results = equals(name(n))
	}
	if f := g.try(l); f == recorded {
		last := &g.p.Lines[len(g.p.Lines)-1]
		if last.Results == nil {
			last.Results = g.expect(last)
		}
		g.note(t, last, g.r.Observed())
	}
}

// maySleep reports whether a call may be left unfinished by a task: init has to be there
// for the others. Which one of several sleepers is woken is not the model's to say.
func (g *generator) maySleep(t *task, others bool) bool {
	if !g.o.Open && (t.name == "init" || g.tasks[0].open != nil) || !g.chance(40) {
		return false
	}
	idle := len(g.callable()) > 1
	for _, o := range g.tasks {
		if o.open != nil && !others && o.open.Call.Name != "pause" {
			return false
		}
	}
	return idle
}

// SPDX-License-Identifier: GPL-2.0-only

package gen

import (
	"slices"

	"github.com/nssim/nssim/sim"
	"github.com/nssim/nssim/sim/program"
	"github.com/nssim/nssim/syscall/uapi"
)

// Shrink returns a program that is as small as it can make it and for which fails is still
// true, as it has to be for p. It leaves out lines in chunks, whole tasks with all that
// they do, threads of the story that another task can take over, flags, fields, arguments
// and digits, and then what is stated but does not matter. fails is called at most budget
// times; a budget of 0 or less is none. The result depends on nothing else, and names are
// short and in the order of their appearance.
//
// When lines go, others may do something else than they state. If fails is true for p as
// Rerecord writes it for the configuration that p asks for, every program that fails sees
// is written so: then it passes there, and what is wrong with it is another matter, a
// property or another kernel. Otherwise, as for a program that does not pass, what lines
// state is left alone, or left out.
func Shrink(p *program.Program, fails func(*program.Program) bool, budget int) *program.Program {
	s := &shrinker{fails: fails, left: budget, best: flat(p)}
	if budget <= 0 {
		s.left = -1
	}
	if m := machineOf(p); m != nil {
		s.machine = m
		if q := rerecord(s.best, m.Clone()); !s.ask(q) {
			s.machine = nil
		} else {
			s.best = q
		}
	}
	s.run()
	return s.best
}

// flat is a copy without the text that the program was read from.
func flat(p *program.Program) *program.Program {
	q := *p
	q.Source = nil
	q.Lines = slices.Clone(p.Lines)
	for i := range q.Lines {
		q.Lines[i].Stack = nil
	}
	return &q
}

// machineOf boots the machine that a program asks for, nil if there is none such.
func machineOf(p *program.Program) *sim.Machine {
	cfg, err := p.MergeConfig(sim.Config{})
	if err != nil {
		return nil
	}
	m, err := sim.New(cfg)
	if err != nil {
		return nil
	}
	return m
}

type shrinker struct {
	fails func(*program.Program) bool
	left  int // how often fails may still be asked, negative for no limit
	best  *program.Program
	// machine is a freshly booted one to rerecord on, nil if nothing is rerecorded.
	machine *sim.Machine
}

// run goes through the ways to make a program smaller, the cheap ones first, until none of
// them does any more.
func (s *shrinker) run() {
	for changed := true; changed && s.left != 0; {
		changed = false
		for _, pass := range []func(*shrinker) bool{
			(*shrinker).dropChunks, (*shrinker).dropTasks, (*shrinker).dropLines, (*shrinker).mergeTasks, (*shrinker).initialIDs,
			(*shrinker).simplify,
		} {
			changed = pass(s) || changed
		}
	}
	s.dropResults()
	s.rename()
}

// ask asks whether a program fails.
func (s *shrinker) ask(p *program.Program) bool {
	if s.left == 0 || program.Check(p) != nil {
		return false
	}
	s.left--
	return s.fails(p)
}

// take makes a program the best one if it fails, rerecorded where that is wanted.
func (s *shrinker) take(p *program.Program) bool {
	if s.machine != nil {
		m := new(sim.Machine)
		m.CopyFrom(s.machine)
		p = rerecord(p, m)
	}
	if !s.ask(p) {
		return false
	}
	s.best = p
	return true
}

// drop leaves out some lines of the best program, and those that need what they bind.
func (s *shrinker) drop(which func(i int) bool) bool {
	q := *s.best
	q.Lines = prune(s.best.Lines, which)
	return len(q.Lines) < len(s.best.Lines) && s.take(&q)
}

// dropChunks leaves out many lines at once: halves, quarters, and so on, from the end to
// the beginning.
func (s *shrinker) dropChunks() (changed bool) {
	for size := len(s.best.Lines) / 2; size > 1; size /= 2 {
		for end := len(s.best.Lines); end > 0; end -= size {
			end = min(end, len(s.best.Lines))
			from, to := max(0, end-size), end
			changed = s.drop(func(i int) bool { return i >= from && i < to }) || changed
		}
	}
	return changed
}

func (s *shrinker) dropLines() (changed bool) {
	for i := len(s.best.Lines) - 1; i >= 0; i-- {
		changed = s.drop(func(j int) bool { return j == i }) || changed
	}
	return changed
}

// dropTasks leaves out one task with all that it does, and with those that it makes.
func (s *shrinker) dropTasks() (changed bool) {
	for _, t := range slices.Backward(tasksOf(s.best.Lines)) {
		changed = s.drop(func(i int) bool { return s.best.Lines[i].Task == t }) || changed
		changed = s.drop(func(i int) bool { return makes(&s.best.Lines[i]) == t }) || changed
	}
	return changed
}

// mergeTasks has a task's lines made by the one that made it, or by another one.
func (s *shrinker) mergeTasks() (changed bool) {
	for _, t := range slices.Backward(tasksOf(s.best.Lines)) {
		for _, by := range append([]string{"init"}, tasksOf(s.best.Lines)...) {
			if by == t {
				break // only by one that is older
			}
			if q := s.merged(t, by); q != nil && s.take(q) {
				changed = true
				break
			}
		}
	}
	return changed
}

// initialIDs writes the ids of initial namespaces, which are the same everywhere, as
// numbers. Then nobody needs to ask for them.
func (s *shrinker) initialIDs() (changed bool) {
	if s.machine == nil {
		return false
	}
	m := new(sim.Machine)
	m.CopyFrom(s.machine)
	r := program.NewRunnerOn(s.best, m)
	r.Run()
	for _, n := range r.Names() {
		v, _ := r.Value(n)
		if v.Kind != program.NSID || !uapi.IsInitID(v.N) || s.machine.Cfg.SwitchOn("ids-per-cpu") {
			continue
		}
		q := *s.best
		q.Lines = nil
		used := false
		for i := range s.best.Lines {
			used = used || uses(&s.best.Lines[i], n)
			q.Lines = append(q.Lines, rewriteLine(s.best.Lines[i], func(x program.Expr) program.Expr {
				if e, ok := x.(*program.Name); ok && e.Name == n {
					return unum(v.N)
				}
				return x
			}))
		}
		changed = used && s.take(&q) || changed
	}
	return changed
}

// merged is the best program with one task's name in place of another's, whose making is
// left out.
func (s *shrinker) merged(t, by string) *program.Program {
	q := *s.best
	q.Lines = nil
	for i := range s.best.Lines {
		l := s.best.Lines[i]
		if makes(&l) == t {
			continue
		}
		if l.Task == t {
			l.Task = by
		}
		q.Lines = append(q.Lines, rewriteLine(l, func(x program.Expr) program.Expr {
			if n, ok := x.(*program.Name); ok && n.Name == t {
				return name(by)
			}
			return x
		}))
	}
	q.Lines = prune(q.Lines, func(int) bool { return false })
	if len(q.Lines) >= len(s.best.Lines) {
		return nil
	}
	return &q
}

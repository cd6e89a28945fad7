// SPDX-License-Identifier: GPL-2.0-only

package strace

import (
	"fmt"
	"strconv"

	"github.com/nssim/nssim/sim"
	"github.com/nssim/nssim/sim/program"
)

// Options says how to import a log.
type Options struct {
	// Config is the kernel that the log is compared with.
	Config sim.Config
	// Comments puts the calls that do not concern the model into the program as comments.
	Comments bool
	// MaxDivergences ends the comparison after so many, 0 for 20.
	MaxDivergences int
}

// Divergence is something that the log shows otherwise than the model has it.
type Divergence struct {
	// At is the place in the log.
	At program.Pos
	// What says what the model did and what the log shows.
	What string
	// Others counts the calls of other processes that were under way and may have made a
	// difference. Calls are taken to be done one after the other; where the kernel has gone
	// back and forth between them, that may be all there is to it.
	Others int
}

// String returns the divergence with its place.
func (d *Divergence) String() string {
	s := d.At.String() + ": " + d.What
	if d.Others > 0 {
		s += fmt.Sprintf(" (calls of others under way: %d)", d.Others)
	}
	return s
}

// Import is what became of a log.
type Import struct {
	// Program is the log as a program. Without a divergence it passes.
	Program *program.Program
	// Lines counts the lines of the log, Calls the calls that the model has made and
	// Passed those that do not concern it, Added the calls of the program that are not in the
	// log: they make descriptors that stand for what the model does not know.
	Lines, Calls, Passed, Added int
	// Early counts the calls that must have taken effect before the line on which they
	// return.
	Early int
	// Divergences is where the log and the model differ, in the order of the log.
	Divergences []Divergence
	// Config is what the log was compared with.
	Config string
}

// String returns the verdict in one line.
func (i *Import) String() string {
	n := len(i.Divergences)
	verdict := strconv.Itoa(n) + " divergences"
	if n == 1 {
		verdict = "1 divergence"
	}
	return fmt.Sprintf("%d lines, %d calls of the model, %d passed through, %s", i.Lines, i.Calls, i.Passed, verdict)
}

// Read reads the log of `strace -f` and makes a program of it: the calls that concern
// namespaces, in the order of the log, each stating what the log says that it returned. It
// runs the program on the model as it goes along. An error that is a *program.Error has
// the place of a line that is not understood; others are of the configuration.
func Read(name string, data []byte, opt Options) (*Import, error) {
	if opt.MaxDivergences == 0 {
		opt.MaxDivergences = 20
	}
	// Up to the first divergence, with calls taken to be done at their ends or at their
	// beginnings. If neither fits, the one counts that gets further.
	brief, best, further := opt, atReturn, -1
	brief.MaxDivergences = 1
	for _, when := range [...]moment{atReturn, atEntry} {
		i, err := read(name, data, brief, when)
		if err != nil || len(i.Divergences) == 0 {
			return i, err
		}
		if at := i.Divergences[0].At.Line; at > further {
			best, further = when, at
		}
	}
	return read(name, data, opt, best)
}

func read(name string, data []byte, opt Options, when moment) (*Import, error) {
	l, err := readLog(name, data)
	if err != nil {
		return nil, err
	}
	p := &program.Program{Name: name}
	r, err := program.NewRunner(p, opt.Config)
	if err != nil {
		return nil, err
	}
	r.KeepSnapshots(keptLines)
	im := &importer{
		log: l, opt: opt, when: when, p: p, r: r, m: r.Machine(),
		tasks: map[int]*task{}, ids: newIDs(), devs: newNumbers("device"),
		notes: map[sim.FileID]note{}, births: map[int]*call{},
		res: Import{Program: p, Lines: l.lines, Config: r.Machine().Cfg.String()},
	}
	im.inums = newInums(im.inumLives)
	im.survey()
	if err := im.run(); err != nil {
		return nil, err
	}
	im.layout()
	return &im.res, nil
}

// keptLines is how many lines of the program can be taken back.
const keptLines = 256

// importer is an import under way.
type importer struct {
	log   *log
	opt   Options
	when  moment
	p     *program.Program
	r     *program.Runner
	m     *sim.Machine
	items []item
	tasks map[int]*task
	// births is the calls that are known to have made a process, by its number in the log.
	births  map[int]*call
	pending []*call
	ids     *numbers
	inums   *numbers
	devs    *numbers
	// notes is what the model does not know about an open file.
	notes map[sim.FileID]note
	seen  survey
	now   int // line of the log
	// hidden are the ids that a call has put out and strace has not shown. guess is which of
	// them a call that is tried takes for one that it hands to the kernel, of guesses.
	hidden         []hiddenID
	guess, guesses int
	// strict: ids that are met for the first time must be as far from their neighbours as
	// in the log.
	strict bool
	res    Import
	err    error
}

// hiddenID is an id that the log does not show, by its name in the program.
type hiddenID struct {
	name  string
	model uint64
}

// item is a part of the program to be: a line of it by number, or a comment.
type item struct {
	line    int // 1 + place in Lines, 0 for a comment
	comment string
}

// task is a process or thread of the log.
type task struct {
	pid  int
	name string
	id   sim.TaskID
	gone bool
	fs   *fsInfo
	mem  *memory
	sig  *handlers
	last *call // the call by which it may have ended
	// killers are the calls by which it may have been killed.
	killers []*call
}

// fsInfo is what threads share with CLONE_FS.
type fsInfo struct{ cwd string }

// note is what an open file stands for.
type note struct {
	path string
	// stand says that the file is none that the model knows: another one holds its number.
	stand bool
	// foreign says that it is a namespace file of a process that is not in the log.
	foreign bool
}

// run goes through the log.
func (im *importer) run() error {
	for i := range im.log.events {
		e := &im.log.events[i]
		im.now = e.line
		if e.kind == notice {
			continue
		}
		t := im.taskOf(e)
		if im.err != nil {
			return im.err
		}
		if len(im.res.Divergences) >= im.opt.MaxDivergences {
			return nil
		}
		switch {
		case t == nil || t.gone:
		case e.kind == enter:
			im.begin(e.call)
			im.atEntry(e.call)
		case e.kind == leave:
			im.leave(t, e.call)
		case e.kind == exited:
			im.exited(t, e)
		}
		if im.err != nil {
			return im.err
		}
	}
	return nil
}

// leave deals with the return of a call.
func (im *importer) leave(t *task, c *call) {
	switch {
	case c.ends():
		// It goes on until the log says that the task is gone.
		t.last = c
		if !im.isPending(c) && !c.done {
			im.begin(c)
		}
		return
	case c.done:
		im.drop(c)
		if c.vforked && !im.resumeVfork(t, c) {
			im.diverge(c, &mismatch{what: c.name + " has not returned on the model"})
		}
		return
	case !c.returns || c.restart:
		im.drop(c)
		im.pass(t, c)
		return
	case im.killsLater(t, c):
		return
	}
	im.carryOut(c)
}

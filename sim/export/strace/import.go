// SPDX-License-Identifier: GPL-2.0-only

package strace

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/nssim/nssim/nstree"
	"github.com/nssim/nssim/sim"
	"github.com/nssim/nssim/sim/program"
	"github.com/nssim/nssim/syscall/uapi"
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

// keptLines is how many lines of the program can be taken back: more than the few calls
// that are tried out need.
const keptLines = 64

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

// mark is a state that undo goes back to.
type mark struct{ line, items, ids, inums, devs, calls, added int }

func (im *importer) mark() mark {
	return mark{im.r.Line(), len(im.items), len(im.ids.journal), len(im.inums.journal), len(im.devs.journal), im.res.Calls, im.res.Added}
}

// undo takes back what was done since a mark.
func (im *importer) undo(k mark) {
	for im.r.Line() > k.line {
		if !im.r.Back() {
			panic("strace: too many lines to take back")
		}
	}
	im.p.Lines = im.p.Lines[:k.line]
	im.items = im.items[:k.items]
	im.ids.back(k.ids)
	im.inums.back(k.inums)
	im.devs.back(k.devs)
	im.res.Calls, im.res.Added = k.calls, k.added
}

// mismatch is why a call did not come to what the log says.
type mismatch struct {
	what string
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

// diverge notes that a call did something else on the model. The run goes on from what
// the model has made of it.
func (im *importer) diverge(c *call, why *mismatch) {
	im.res.Divergences = append(im.res.Divergences, Divergence{At: im.log.place(c, 0), What: why.what, Others: im.others(c, why)})
	c.done = true
	im.force(c)
}

// others counts the calls of other processes that overlap a listing, if that is not another
// one for failing.
func (im *importer) others(c *call, why *mismatch) (n int) {
	if c.name != "listns" || c.errno != 0 || strings.Contains(why.what, " = -1 E") {
		return 0
	}
	seen := map[*call]bool{}
	for i := range im.log.events {
		p := im.log.events[i].call
		if p == nil || seen[p] || p.pid == c.pid || !shows[p.name] || p.first > c.last || p.last != 0 && p.last < c.first {
			continue
		}
		seen[p] = true
		n++
	}
	return n
}

// force carries out a call without looking at what it comes to.
func (im *importer) force(c *call) {
	x := im.prepare(c)
	if x == nil || im.err != nil {
		return
	}
	for i := range x.steps {
		if s := &x.steps[i]; s.line.Kind == program.Call || s.line.Kind == program.Resume {
			if !im.exec(s, true) {
				return
			}
		}
	}
	if x.after != nil {
		x.after()
	}
}

// try makes the model do a call and compares. What differs is taken back. An id that the
// log has not shown when the call put it out may be any of those.
func (im *importer) try(c *call) *mismatch {
	var first *mismatch
	for im.guess = 0; ; im.guess++ {
		im.guesses = 0
		why := im.tryOnce(c)
		if why == nil {
			return nil
		}
		if first == nil {
			first = why
		}
		if im.guess+1 >= im.guesses {
			im.guess = 0
			return first
		}
	}
}

func (im *importer) tryOnce(c *call) *mismatch {
	k := im.mark()
	x := im.prepare(c)
	if x == nil || im.err != nil {
		c.done = true
		return nil
	}
	for i := range x.steps {
		if im.exec(&x.steps[i], false) {
			continue
		}
		rep := im.r.Report()
		what := rep.What()
		im.undo(k)
		return &mismatch{what: what}
	}
	if x.check != nil {
		if what := x.check(); what != "" {
			im.undo(k)
			return &mismatch{what: what}
		}
	}
	if x.after != nil {
		x.after()
	}
	c.done = true
	if c.last > im.now {
		im.res.Early++
	}
	return nil
}

// exec runs one line of the program on the model. With goOn it goes on behind a result
// that differs.
func (im *importer) exec(s *step, goOn bool) bool {
	im.p.Lines = append(im.p.Lines, s.line)
	n := len(im.p.Lines)
	ok := im.r.Next()
	if !ok && goOn {
		ok = im.r.GoOn()
		if !ok {
			im.r.Back()
			im.p.Lines = im.p.Lines[:n-1]
			return false
		}
	}
	if !ok && im.r.Report().Outcome != program.Pass {
		return false
	}
	im.items = append(im.items, item{line: n})
	for f := range im.notes {
		if !im.m.Files.Live(int32(f)) {
			delete(im.notes, f)
		}
	}
	if s.line.Kind == program.Call || s.line.Kind == program.Resume {
		if s.added {
			im.res.Added++
		} else if s.line.Kind == program.Call {
			im.res.Calls++
		}
	}
	if s.then != nil {
		s.then()
	}
	return true
}

// layout makes the program's text: its lines with the comments in between.
func (im *importer) layout() {
	p := im.p
	p.Doc = []string{"From the strace log " + im.log.name + ": " + im.res.String() + "."}
	kernel := im.m.Cfg
	p.Config = []program.ConfigItem{{Key: "kernel", Value: kernel.Kernel}, {Key: "semantics", Value: kernel.Semantics}}
	if len(kernel.Bugs) > 0 {
		p.Config = append(p.Config, program.ConfigItem{Key: "bug", Value: strings.Join(kernel.Bugs, ",")})
	}
	for _, c := range p.Doc {
		p.Source = append(p.Source, &program.Comment{Text: c})
	}
	p.Source = append(p.Source, &program.ConfigLine{Items: p.Config}, &program.BlankLine{})
	for _, it := range im.items {
		if it.line == 0 {
			p.Source = append(p.Source, &program.Comment{Text: it.comment})
			continue
		}
		p.Source = append(p.Source, &p.Lines[it.line-1])
	}
}

// pass lets a call through that does not concern the model.
func (im *importer) pass(t *task, c *call) {
	im.res.Passed++
	if im.opt.Comments {
		text := c.text
		if len(text) > 200 {
			text = text[:200] + "..."
		}
		im.items = append(im.items, item{comment: t.name + ": " + printable(text)})
	}
}

// printable replaces what may not stand in a comment.
func printable(s string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' || r == utf8.RuneError {
			return '?'
		}
		return r
	}, s)
}

// exited deals with the line that says that a task is gone.
func (im *importer) exited(t *task, e *event) {
	defer func() {
		t.gone = true
		for _, c := range slices.Clone(im.pending) {
			if c.pid == t.pid {
				im.drop(c)
			}
		}
	}()
	if e.superseded {
		im.err = im.log.fail(e.line, 1, "an execve by another thread than the leader", "one by the leader")
		return
	}
	for _, c := range t.killers {
		if im.alive(t) && !c.done {
			im.carryOut(c)
		}
	}
	for _, c := range slices.Clone(im.pending) {
		if c.pid == t.pid && c.kills() && im.alive(t) {
			im.carryOut(c) // it cannot do so later
		}
	}
	if c := t.last; c != nil && !c.done && im.alive(t) {
		im.carryOut(c)
	}
	if im.alive(t) {
		im.exitWithOthers(t, e)
	}
	if im.alive(t) {
		im.res.Divergences = append(im.res.Divergences, Divergence{
			At:   program.Pos{File: im.log.name, Line: e.line, Col: 1},
			What: fmt.Sprintf("%s is alive on the model, expected it to have ended (%s)", t.name, e.status),
		})
		return
	}
	im.checkStatus(t, e)
}

// quiet reports whether no task but the first is there and something is deferred. It is
// taken to be done before another task is made.
func (im *importer) quiet() bool {
	for _, t := range im.tasks {
		if !t.gone && t.name != "init" {
			return false
		}
	}
	return im.m.Deferred != 0
}

// exitWithOthers ends a task that has made no call to that end: another thread has ended
// the process, another task has sent a signal and its call has not returned yet, or nobody
// in the log has sent it.
func (im *importer) exitWithOthers(t *task, e *event) {
	for _, c := range slices.Clone(im.pending) {
		if c.pid == t.pid || !im.mayMove(c) {
			continue
		}
		switch c.name {
		case "exit_group", "kill", "tgkill", "tkill", "pidfd_send_signal":
		default:
			continue
		}
		k := im.mark()
		if im.try(c) == nil && !im.alive(t) {
			im.drop(c)
			return
		}
		c.done = false
		im.undo(k)
	}
	if e.status.Signaled() {
		l := program.Line{Kind: program.Call, Task: t.name, Call: program.Syscall{
			Name: "kill", Args: []program.Expr{nameX(t.name), constX(e.status.TermSignal().String())},
		}, Comment: "a signal that the log does not show being sent"}
		im.exec(&step{line: l, added: true}, true)
	}
}

// inumLives reports whether a namespace of the model has an inode number now.
func (im *importer) inumLives(inum uint64) bool {
	for i := range im.m.Nodes {
		if n := &im.m.Nodes[i]; uint64(n.Inum) == inum && n.Is(nstree.OnTree) {
			return true
		}
	}
	return false
}

func (im *importer) alive(t *task) bool {
	return im.m.TaskLive(t.id) && im.m.Task(t.id).Alive() && im.r.TaskName(t.id) == t.name
}

// checkStatus compares how a process ended with how the model has it.
func (im *importer) checkStatus(t *task, e *event) {
	if c := t.last; c != nil && c.name == "exit_group" && len(c.args) > 0 && e.status.Exited() {
		if n, ok := term(c.args[0].raw); ok && e.status.ExitCode() != int(n&0xff) {
			im.res.Divergences = append(im.res.Divergences, Divergence{
				At:   program.Pos{File: im.log.name, Line: e.line, Col: 1},
				What: fmt.Sprintf("%s has exited with %d, expected %d as on line %d", t.name, e.status.ExitCode(), n&0xff, c.first),
			})
			return
		}
	}
	if !im.m.TaskLive(t.id) || im.r.TaskName(t.id) != t.name {
		return
	}
	k := im.m.Task(t.id)
	if k.State != sim.Zombie || k.Leader != t.id {
		return
	}
	got := uapi.ExitStatus(int(k.ExitCode))
	if k.Has(sim.KilledBySignal) {
		got = uapi.SignalStatus(uapi.Signal(k.ExitCode), false)
	}
	if want := e.status &^ 0x80; got != want {
		im.res.Divergences = append(im.res.Divergences, Divergence{
			At:   program.Pos{File: im.log.name, Line: e.line, Col: 1},
			What: fmt.Sprintf("%s has ended with %s on the model, expected %s", t.name, got, want),
		})
	}
}

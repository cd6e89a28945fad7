// SPDX-License-Identifier: GPL-2.0-only

package strace

import (
	"fmt"
	"slices"

	"github.com/nssim/nssim/nstree"
	"github.com/nssim/nssim/sim"
	"github.com/nssim/nssim/sim/program"
	"github.com/nssim/nssim/syscall/uapi"
)

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

// SPDX-License-Identifier: GPL-2.0-only

package live

import (
	"time"

	"github.com/nssim/nssim/sim/program"
)

// side is what the model is compared with: a program on a guest, or the recording of one.
type side interface {
	// opening is what it starts with.
	opening() opening
	// counts reports whether there are snapshots.
	counts() bool
	// line carries out a line, skip makes a settle the current one.
	line(i int) error
	skip(i int) error
	// moment is what there is after the current line.
	moment() moment
	// again looks once more after a while, for as long as patience says.
	again() error
	patience() time.Duration
	// settle waits, within bounds, until wanted is true of what is seen and stays so.
	settle(wanted func() bool) error
}

// opening is what a side starts with.
type opening struct {
	nextID, init uint64      // id of the next namespace, pid of the first task
	namespaces   []Namespace // nil: those of the model
}

// moment is what is seen after a line.
type moment struct {
	obs        program.Observed
	namespaces []Namespace
	tasks      []TaskWord
}

func (s *session) opening() opening { return opening{s.nextID, s.names["init"].N, s.now} }

func (s *session) counts() bool { return s.g.HasCounts() }

func (s *session) skip(i int) error {
	s.obs = program.Observed{Kind: program.Settle, Line: i}
	return nil
}

func (s *session) moment() moment { return moment{s.obs, s.now, s.taskWords()} }

func (s *session) patience() time.Duration { return s.g.opts.patience }

func (s *session) again() error {
	if err := s.pause(catchUpPause); err != nil {
		return err
	}
	return s.look(0)
}

func (s *session) settle(wanted func() bool) error {
	if !s.counts() {
		return s.calm() // there is nothing to compare with
	}
	return s.settleUntil(wanted)
}

// taskWords lists the program's tasks by their first names, in the order of those.
func (s *session) taskWords() (out []TaskWord) {
	named := make(map[*task]bool)
	for _, name := range s.order {
		if v := s.names[name]; v.Kind == program.TaskValue && v.task != nil && !named[v.task] {
			named[v.task] = true
			out = append(out, TaskWord{name, v.task.stateWord()})
		}
	}
	return out
}

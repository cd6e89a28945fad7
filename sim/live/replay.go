// SPDX-License-Identifier: GPL-2.0-only

package live

import (
	"fmt"
	"slices"
	"time"

	"github.com/nssim/nssim/sim"
	"github.com/nssim/nssim/sim/program"
	"github.com/nssim/nssim/syscall/uapi"
)

// Replay compares the model with a recording as Compare does with a guest. What the kernel
// was waited for has been waited for when it was recorded. A recording that the comparison
// does not come to the end of is an error.
func Replay(p *program.Program, rec *Recording, cfg sim.Config) (*Comparison, error) {
	r, err := newRunner(p, cfg)
	if err != nil {
		return nil, err
	}
	base := modelTable(r.Machine())
	s := &recorded{p: p, rec: rec, base: base, now: slices.Clone(base)}
	d := newDuel(p, s, r, "recording")
	err = d.fight()
	if err == nil && d.c.Divergence == nil && s.used != len(rec.Lines) {
		err = fmt.Errorf("%w: %d of %d lines were used", errRecording, s.used, len(rec.Lines))
	}
	return d.c, err
}

// recorded is the side of a comparison that a recording is.
type recorded struct {
	p     *program.Program
	rec   *Recording
	base  []Namespace // of the model at its start
	now   []Namespace
	tasks []TaskWord
	at    moment
	used  int // lines
}

func (r *recorded) opening() opening                { return opening{nextID: firstID, init: firstPid} }
func (r *recorded) counts() bool                    { return true }
func (r *recorded) line(i int) error                { return r.load(i) }
func (r *recorded) skip(i int) error                { return r.load(i) }
func (r *recorded) moment() moment                  { return r.at }
func (r *recorded) again() error                    { return nil }
func (r *recorded) patience() time.Duration         { return 0 }
func (r *recorded) settle(wanted func() bool) error { wanted(); return nil }

// load makes a line's changes.
func (r *recorded) load(i int) error {
	if i >= len(r.rec.Lines) {
		return fmt.Errorf("%w: it ends before line %d of the program, which was carried out", errRecording, i+1)
	}
	l := &r.rec.Lines[i]
	for _, t := range l.Tasks {
		j := slices.IndexFunc(r.tasks, func(o TaskWord) bool { return o.Name == t.Name })
		if j < 0 {
			r.tasks = append(r.tasks, t)
			continue
		}
		r.tasks[j] = t
	}
	for _, c := range l.Namespaces {
		if err := r.change(c); err != nil {
			return err
		}
	}
	r.used = i + 1
	r.at = moment{l.Observed, r.now, r.tasks}
	return nil
}

func (r *recorded) change(c RecordedNamespace) error {
	i, there := slices.BinarySearchFunc(r.now, Namespace{ID: c.ID}, byID)
	switch {
	case c.Gone && there:
		r.now = slices.Delete(r.now, i, i+1)
		return nil
	case !there && c.Type == "":
		return fmt.Errorf("%w: namespace %d has not been told of before", errRecording, c.ID)
	case !there:
		typ, _ := uapi.NSTypeByName(c.Type)
		r.now = slices.Insert(r.now, i, Namespace{ID: c.ID, Owner: c.Owner, Type: typ, Inum: uint32(firstInum + c.ID)})
	}
	ns := &r.now[i]
	start := Namespace{}
	if j, old := slices.BinarySearchFunc(r.base, Namespace{ID: c.ID}, byID); old {
		start = r.base[j]
	}
	ns.Active = start.Active + c.Active
	if c.Settled {
		ns.Passive = start.Passive + c.Passive
	}
	return nil
}

// SPDX-License-Identifier: GPL-2.0-only

package program

import (
	"maps"

	"github.com/nssim/nssim/sim"
)

// snapshot is everything as it was before a line.
type snapshot struct {
	next                int
	m                   sim.Machine
	rep                 Report
	obs                 Observed
	names, tasks, files int
	pending             map[int32]*pendingCall
}

// KeepSnapshots makes Back possible for the last n lines, for all if n is negative. It
// costs a copy of the machine for each line, so by default nothing is kept.
func (r *Runner) KeepSnapshots(n int) {
	r.kept = n
	for n >= 0 && len(r.snaps) > n {
		r.forget()
	}
}

// forget gives up the oldest snapshot.
func (r *Runner) forget() {
	r.spare = append(r.spare, r.snaps[0])
	r.snaps = append(r.snaps[:0], r.snaps[1:]...)
}

// keep takes a snapshot if Back is to be possible.
func (r *Runner) keep() {
	if r.kept == 0 {
		return
	}
	if len(r.snaps) == r.kept {
		r.forget()
	}
	var s *snapshot
	if n := len(r.spare); n > 0 {
		s, r.spare = r.spare[n-1], r.spare[:n-1]
	} else {
		s = new(snapshot)
	}
	s.m.CopyFrom(r.m)
	s.next, s.rep, s.obs = r.next, r.rep, r.obs.Clone()
	s.names, s.tasks, s.files = len(r.names), len(r.tasks.all), len(r.files.all)
	s.pending = maps.Clone(r.pending)
	r.snaps = append(r.snaps, s)
}

// Inherit takes over the memory in which a runner that is not used any more kept its
// snapshots.
func (r *Runner) Inherit(from *Runner) {
	r.spare = append(append(r.spare, from.snaps...), from.spare...)
	from.snaps, from.spare = nil, nil
}

// CanBack reports whether Back would go back.
func (r *Runner) CanBack() bool { return len(r.snaps) > 0 }

// Back takes the last line back: machine, names and report are as they were before it,
// and it is the next line again. It returns false when no snapshot is left.
func (r *Runner) Back() bool {
	n := len(r.snaps)
	if n == 0 {
		return false
	}
	s := r.snaps[n-1]
	r.snaps = r.snaps[:n-1]
	r.spare = append(r.spare, s)

	tracing := r.m.Tracing
	r.m.CopyFrom(&s.m)
	r.m.Tracing = tracing
	r.next, r.rep, r.obs, r.over = s.next, s.rep, s.obs.Clone(), false
	r.pending = s.pending
	for _, n := range r.names[s.names:] {
		delete(r.index, n.name)
	}
	r.names = r.names[:s.names]
	r.tasks.back(s.tasks, r.next)
	r.files.back(s.files, r.next)
	r.pids = r.pids[:min(len(r.pids), s.tasks)]
	return true
}

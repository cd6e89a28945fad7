// SPDX-License-Identifier: GPL-2.0-only

package strace

import (
	"slices"

	"github.com/nssim/nssim/sim/program"
)

// approach looks for the calls that were done before a listing by what is missing in it and
// what is too much: a call that brings the model's listing nearer to the log's is kept.
func (im *importer) approach(c *call) bool {
	if c.name != "listns" || c.errno != 0 {
		return false
	}
	want := im.wanted(c)
	far, ok := im.apart(c, want)
	if !ok || far == 0 {
		return false
	}
	k := im.mark()
	var moved []*call
	for again := true; again && far > 0; {
		again = false
		for _, p := range slices.Clone(im.pending) {
			if p.pid == c.pid || !im.mayMove(p) || !shows[p.name] || im.r.Line()-k.line > keptLines/2 {
				continue
			}
			before := im.mark()
			if im.try(p) != nil {
				continue
			}
			if now, ok := im.apart(c, want); ok && now < far {
				im.drop(p)
				moved, far, again = append(moved, p), now, true
				continue
			}
			p.done = false
			im.undo(before)
		}
	}
	if len(moved) > 0 && im.try(c) == nil {
		return true
	}
	for _, p := range moved {
		p.done = false
		im.begin(p)
	}
	im.undo(k)
	return false
}

// wanted are the ids of a listing of the log as the model would have them: those that it
// has not met yet as far from the others as in the log.
func (im *importer) wanted(c *call) map[uint64]bool {
	want := map[uint64]bool{}
	if len(c.args) < 2 {
		return want
	}
	list := c.args[1].last()
	for i := range list.elems {
		n, ok := term(list.elems[i].raw)
		if !ok {
			continue
		}
		switch p := im.ids.find(n); {
		case p != nil:
			want[p.model] = true
		case im.ids.nearest(n) != nil:
			near := im.ids.nearest(n)
			want[n-near.log+near.model] = true
		default:
			want[n] = true
		}
	}
	return want
}

// apart counts the ids by which the model's listing differs. It changes nothing.
func (im *importer) apart(c *call, want map[uint64]bool) (n int, ok bool) {
	x := im.prepare(c)
	if x == nil || len(x.steps) == 0 {
		return 0, false
	}
	k := im.mark()
	s := x.steps[0]
	s.line.Results = []program.Result{{Kind: program.Any}}
	ran := im.exec(&s, false)
	found := 0
	for _, id := range im.r.Observed().IDs {
		if want[id] {
			found++
			continue
		}
		n++
	}
	im.undo(k)
	return n + len(want) - found, ran
}

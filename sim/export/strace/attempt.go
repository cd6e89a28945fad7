// SPDX-License-Identifier: GPL-2.0-only

package strace

import (
	"strings"

	"github.com/nssim/nssim/sim/program"
)

// mark is a state that undo goes back to.
type mark struct{ line, items, ids, inums, devs, calls, added, early int }

func (im *importer) mark() mark {
	return mark{im.r.Line(), len(im.items), len(im.ids.journal), len(im.inums.journal), len(im.devs.journal), im.res.Calls, im.res.Added, im.res.Early}
}

// undo takes back what was done since a mark.
func (im *importer) undo(k mark) {
	for im.r.Line() > k.line {
		if !im.r.Back() {
			im.err = im.log.fail(im.now, 1, "more calls under way than can be tried in another order", "fewer of them")
			return
		}
	}
	im.p.Lines = im.p.Lines[:k.line]
	im.items = im.items[:k.items]
	im.ids.back(k.ids)
	im.inums.back(k.inums)
	im.devs.back(k.devs)
	im.res.Calls, im.res.Added, im.res.Early = k.calls, k.added, k.early
}

// mismatch is why a call did not come to what the log says.
type mismatch struct {
	what string
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

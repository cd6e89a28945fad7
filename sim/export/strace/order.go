// SPDX-License-Identifier: GPL-2.0-only

package strace

import (
	"slices"
)

// A call that the log shows on one line takes effect there. One that is shown as
// unfinished takes effect somewhere between its two lines, and so does the end of a
// process, between its last call and the line that says it is gone. The second line is
// taken, unless what another call has returned in between shows that it was earlier.

// begin notes a call that has not returned yet.
func (im *importer) begin(c *call) {
	im.pending = append(im.pending, c)
}

// drop takes a call off the list of those that have not returned.
func (im *importer) drop(c *call) {
	im.pending = slices.DeleteFunc(im.pending, func(p *call) bool { return p == c })
}

// isPending reports whether a call has begun and has not been carried out.
func (im *importer) isPending(c *call) bool { return slices.Contains(im.pending, c) }

// mostEarlier is how many calls may be taken to have happened before another one that the
// log shows later.
const mostEarlier = 3

// carryOut makes the model do a call, which must come to what the log says; if it does
// not, with calls of other tasks before it that have begun. The mistake is that of the
// call alone.
func (im *importer) carryOut(c *call) {
	im.drop(c)
	why := im.try(c)
	if why == nil {
		return
	}
	if why.hard || !im.tryAfter(c, mostEarlier) {
		im.diverge(c, why)
	}
}

// tryAfter looks for calls that, made before c, let it come to what the log says.
func (im *importer) tryAfter(c *call, most int) bool {
	for n := 1; n <= most; n++ {
		if im.tryAfterN(c, n) {
			return true
		}
	}
	return false
}

func (im *importer) tryAfterN(c *call, n int) bool {
	if n == 0 {
		return im.try(c) == nil
	}
	for _, p := range slices.Clone(im.pending) {
		if p.pid == c.pid || !im.mayMove(p) {
			continue
		}
		mark := im.mark()
		if im.try(p) != nil {
			continue
		}
		im.drop(p)
		if im.tryAfterN(c, n-1) {
			return true
		}
		im.pending = append(im.pending, p)
		im.undo(mark)
	}
	return false
}

// mayMove reports whether a call can be carried out before the line on which it returns:
// its result must be known, and its caller able to make it.
func (im *importer) mayMove(c *call) bool {
	t := im.tasks[c.pid]
	return t != nil && !t.gone && (c.ends() || c.returns && !c.restart)
}

// ends reports whether a call ends the task that makes it.
func (c *call) ends() bool { return c.name == "exit" || c.name == "exit_group" }

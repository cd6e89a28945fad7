// SPDX-License-Identifier: GPL-2.0-only

package program

// GoOn lets a run go on behind a call that has returned something else than its line
// states, from the state that the call has left; what it has put out is in Observed. It is
// for who writes down what a program does, not for who wants to know whether it holds. It
// returns false, and the run is over, for any other end: a line that could not be carried
// out, an assertion that does not hold, a call that is still in flight or was left so.
func (r *Runner) GoOn() bool {
	if !r.over {
		return true
	}
	ended := r.obs.Status == Returned || r.obs.Status == Ended
	if r.rep.Outcome != Fail || !ended || r.p.Lines[r.obs.Line].Unfinished {
		return false
	}
	r.over = false
	r.rep = Report{Program: r.rep.Program, Config: r.rep.Config,
		Executed: r.rep.Executed, Calls: r.rep.Calls, Warnings: r.rep.Warnings}
	return true
}

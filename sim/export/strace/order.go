// SPDX-License-Identifier: GPL-2.0-only

package strace

import (
	"maps"
	"slices"

	"github.com/nssim/nssim/sim"
	"github.com/nssim/nssim/sim/program"
	"github.com/nssim/nssim/syscall/uapi"
)

// A call that the log shows on one line takes effect there. One that is shown as
// unfinished takes effect somewhere between its two lines, and so does the end of a
// process, between its last call and the line that says it is gone. The second line is
// taken, unless what another call has returned in between shows that it was earlier.

// moment is when a call that the log shows on two lines is taken to have its effect, unless
// that cannot be.
type moment uint8

const (
	// atReturn: on its second line.
	atReturn moment = iota
	// atEntry: on its first one. So it is where no task takes the processor from another:
	// the calls are done in the order in which strace lets them begin.
	atEntry
)

// atEntry carries out a call on its first line if it comes to what the log says.
func (im *importer) atEntry(c *call) {
	if im.when != atEntry || !im.mayMove(c) {
		return
	}
	im.strict = true
	if im.try(c) == nil {
		im.drop(c)
	}
	im.strict = false
}

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
const mostEarlier = 2

// carryOut makes the model do a call, which must come to what the log says. If it does
// not, then with deferred work done before it, and with calls of other tasks before it that
// have begun. The mistake is that of the call alone.
func (im *importer) carryOut(c *call) {
	im.drop(c)
	if makers[c.name] && im.quiet() {
		im.settle()
	}
	if shows[c.name] {
		im.listBefore(c)
	}
	if c.creates() {
		im.createFirst(c)
	}
	im.strict = true
	why := im.inSomeOrder(c)
	im.strict = false
	if why != nil && im.try(c) != nil {
		im.diverge(c, why)
	}
}

// inSomeOrder carries out a call, with other things before it where that is needed. It
// returns what was wrong with the call alone.
func (im *importer) inSomeOrder(c *call) *mismatch {
	why := im.try(c)
	if why == nil || im.settled(c, 0) || im.approach(c) {
		return nil
	}
	for n := 1; n <= mostEarlier; n++ {
		if im.tryAfter(c, n) {
			return nil
		}
	}
	for n := 1; n <= mostEarlier; n++ {
		if im.settled(c, n) {
			return nil
		}
	}
	return why
}

// shows are the calls after which a listing may be another one.
var shows = map[string]bool{
	"clone": true, "clone3": true, "exit": true, "exit_group": true, "execve": true, "unshare": true, "setns": true,
	"kill": true, "tkill": true, "tgkill": true, "pidfd_send_signal": true, "wait4": true, "waitid": true,
	"open": true, "openat": true, "close": true, "dup2": true, "dup3": true, "ioctl": true, "open_by_handle_at": true,
	"sendmsg": true, "recvmsg": true, "mount": true, "umount2": true, "unlink": true,
}

// listBefore carries out the listings that have begun and whose results are what they would
// be before c. They change nothing, so the first moment that fits is as good as any.
func (im *importer) listBefore(c *call) {
	for _, p := range slices.Clone(im.pending) {
		if p.name != "listns" || p.pid == c.pid || !im.mayMove(p) {
			continue
		}
		im.strict = true
		if im.try(p) == nil {
			im.drop(p)
		}
	}
}

// createFirst carries out the calls that make namespaces before c does: calls that do not
// block are begun and done in one order, however strace has learnt of their ends, and the
// numbers of new processes tell theirs.
func (im *importer) createFirst(c *call) {
	earlier := slices.Clone(im.pending)
	slices.SortStableFunc(earlier, compareCreators)
	for _, p := range earlier {
		if p.creates() && p.pid != c.pid && compareCreators(p, c) < 0 && im.mayMove(p) && im.try(p) == nil {
			im.drop(p)
		}
	}
}

func compareCreators(a, b *call) int {
	if a.child != 0 && b.child != 0 {
		return a.child - b.child
	}
	return a.first - b.first
}

// creates reports whether a call makes namespaces.
func (c *call) creates() bool {
	var v *value
	switch {
	case c.errno != 0 || len(c.args) == 0:
	case c.name == "unshare":
		v = &c.args[0]
	case c.name == "clone":
		v = c.named("flags")
	case c.name == "clone3":
		v = c.args[0].field("flags")
	}
	if v == nil {
		return false
	}
	n, _, _ := flags(v.raw)
	return n&newFlags != 0
}

// newFlags are the flags that ask for a namespace each.
const newFlags = uapi.CLONE_NEWNS | uapi.CLONE_NEWCGROUP | uapi.CLONE_NEWUTS | uapi.CLONE_NEWIPC | uapi.CLONE_NEWUSER |
	uapi.CLONE_NEWPID | uapi.CLONE_NEWNET | uapi.CLONE_NEWTIME

// settled is tryAfter with what is deferred drained before.
func (im *importer) settled(c *call, n int) bool {
	if im.m.Deferred == 0 {
		return false
	}
	k := im.mark()
	im.settle()
	if im.tryAfter(c, n) {
		return true
	}
	im.undo(k)
	return false
}

// settle drains what is deferred.
func (im *importer) settle() {
	im.exec(&step{line: program.Line{Kind: program.Settle}}, false)
}

// tryAfter looks for n calls that, made before c, let it come to what the log says.
func (im *importer) tryAfter(c *call, n int) bool {
	if n == 0 {
		return im.try(c) == nil
	}
	for _, p := range slices.Clone(im.pending) {
		if p.pid == c.pid || !im.mayMove(p) || !moves[p.name] {
			continue
		}
		mark := im.mark()
		if im.try(p) != nil {
			continue
		}
		im.drop(p)
		if im.tryAfter(c, n-1) {
			return true
		}
		p.done = false
		im.pending = append(im.pending, p)
		im.undo(mark)
	}
	return false
}

// moves are the calls whose effect another task may see in what its own calls return.
var moves = map[string]bool{
	"fork": true, "vfork": true, "socket": true, "socketpair": true, "write": true, "setuid": true, "setgid": true,
	"setreuid": true, "setregid": true, "setresuid": true, "setresgid": true, "capset": true, "prctl": true,
	"rt_sigaction": true, "pidfd_getfd": true,
}

func init() { maps.Copy(moves, shows) }

// mayMove reports whether a call can be carried out before the line on which it returns:
// its result must be known, and its caller able to make it.
func (im *importer) mayMove(c *call) bool {
	t := im.tasks[c.pid]
	if t == nil || t.gone || c.done {
		return false
	}
	if c.ends() {
		return !slices.ContainsFunc(im.pending, func(p *call) bool { return p.pid == c.pid && p.kills() })
	}
	return c.returns && !c.restart
}

// killsLater keeps a call back that has ended another task according to the log: the signal
// is sent when the call returns, and takes effect before the line that says so.
func (im *importer) killsLater(t *task, c *call) bool {
	if !c.kills() || c.errno != 0 || c.done {
		return false
	}
	v, sig := im.victim(t, c)
	if v == nil || v == t || v.gone || sig == 0 || im.seen.killed[v.pid] != sig {
		return false
	}
	v.killers = append(v.killers, c)
	if !im.isPending(c) {
		im.begin(c)
	}
	return true
}

// kills reports whether a call sends a signal.
func (c *call) kills() bool {
	switch c.name {
	case "kill", "tkill", "tgkill", "pidfd_send_signal":
		return true
	}
	return false
}

// victim is the task that a call sends a signal to, nil if the log does not show it.
func (im *importer) victim(t *task, c *call) (*task, uapi.Signal) {
	q := &request{im: im, t: t, c: c}
	i := 1
	if c.name == "tgkill" {
		i = 2
	}
	_, sig := q.signal(q.arg(i))
	n := int32(q.num(q.arg(i - 1)))
	if c.name == "pidfd_send_signal" {
		if im.kindOf(t, n) != sim.FilePidFD {
			return nil, sig
		}
		return im.byID(im.m.Pid(sim.PidID(im.m.File(im.file(t, n)).Obj)).Task), sig
	}
	if im.inInitialPid(t) {
		return im.tasks[int(n)], sig
	}
	return im.byNumber(im.m.ActivePidNS(t.id), int(n)), sig
}

// byID finds a task of the log by that of the model.
func (im *importer) byID(id sim.TaskID) *task {
	for _, t := range im.tasks {
		if !t.gone && t.id == id {
			return t
		}
	}
	return nil
}

// ends reports whether a call ends the task that makes it.
func (c *call) ends() bool { return c.name == "exit" || c.name == "exit_group" }

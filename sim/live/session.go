// SPDX-License-Identifier: GPL-2.0-only

package live

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/nssim/nssim/sim/program"
	"github.com/nssim/nssim/syscall/uapi"
)

// session is one program on a guest.
type session struct {
	ctx context.Context
	g   *Guest
	p   *program.Program

	names map[string]value
	order []string // of names, as they were bound
	tasks []*task
	slots int   // used so far
	free  []int // of them, those that a call did not need

	nextID   uint64               // of the first namespace that the program makes, 0: not known
	now      []Namespace          // after the last line
	seen     map[uint64]Namespace // every namespace ever seen, by id
	warnings []string             // kernel messages so far
	obs      program.Observed     // of the line
	calls    int
}

// How long the agent waits for the machine to come to rest before it gives up. A call that
// is to stay unfinished is seen to sleep at once; the limit is for what is stuck elsewhere,
// and generous because the host may be busy.
const restLimit = 20 * time.Second

// newSession starts a program's root task.
func (g *Guest) newSession(ctx context.Context, p *program.Program) (*session, error) {
	s := &session{ctx: ctx, g: g, p: p, names: make(map[string]value), seen: make(map[uint64]Namespace), slots: 2}
	var w words
	w.u64(flagSnapshot)
	recs, err := g.ask(ctx, opStart, w)
	if err != nil {
		return nil, err
	}
	if _, err := s.take(recs); err != nil {
		return nil, err
	}
	root := s.taskIn(1)
	if root.state != idle {
		return nil, fmt.Errorf("%w: the root task did not start", ErrAgent)
	}
	s.bind("init", value{Val: program.Val{Kind: program.TaskValue, N: uint64(root.pidFor(nil))}, task: root})
	return s, nil
}

func (s *session) bind(name string, v value) {
	s.names[name] = v
	s.order = append(s.order, name)
}

// take takes in an answer; it returns the calls that have returned.
func (s *session) take(recs []record) (returned []*task, err error) {
	for _, r := range recs {
		switch r.kind {
		case recTask:
			n := r.u64s()
			if len(n) < 3 || len(n) != 3+int(n[2]) {
				return nil, fmt.Errorf("%w: a task", errFrame)
			}
			t := s.taskIn(int(n[0]))
			t.state = byte(n[1])
			if len(n) > 3 {
				t.pids = t.pids[:0]
				for _, nr := range n[3:] {
					t.pids = append(t.pids, int(nr))
				}
			}
		case recReturn:
			if len(r.data) < 16 {
				return nil, fmt.Errorf("%w: a return", errFrame)
			}
			t := s.taskIn(int(order.Uint64(r.data)))
			if t.pending == nil {
				return nil, fmt.Errorf("%w: a call returned that was never made", errFrame)
			}
			if err := t.pending.returned(int64(order.Uint64(r.data[8:])), r.data[16:]); err != nil {
				return nil, err
			}
			returned = append(returned, t)
		case recNumbers:
			if n := r.u64s(); len(n) == 1 {
				s.nextID = n[0]
			}
		case recText:
			s.warnings = append(s.warnings, string(r.data))
		case recNS:
			if s.now, err = decodeNamespaces(r.data); err != nil {
				return nil, err
			}
			for _, ns := range s.now {
				s.seen[ns.ID] = ns
			}
		}
	}
	return returned, nil
}

// look waits until nothing runs and takes a snapshot.
func (s *session) look(flags uint64) error {
	var w words
	w.u64(flags|flagSnapshot, uint64(restLimit.Microseconds()))
	recs, err := s.g.ask(s.ctx, opLook, w)
	if err != nil {
		return err
	}
	_, err = s.take(recs)
	return err
}

// issue has the call's task make it and waits until everything has come to rest.
func (s *session) issue(c *call, flags uint64) error {
	if c.t.pending != nil {
		return fmt.Errorf("%v: %w: a call by a task that is inside another one", c.l.At, ErrCannot)
	}
	c.t.pending = c
	recs, err := s.g.ask(s.ctx, opCall, c.encode(flags, uint64(restLimit.Microseconds())))
	if err != nil {
		return err
	}
	s.calls++
	_, err = s.take(recs)
	if c.done {
		c.t.pending = nil
	}
	return err
}

// do makes one of the several calls that a line stands for, which has to return.
func (s *session) do(c *call) (int64, uapi.Errno) {
	must(s.issue(c, 0))
	if !c.done {
		panic(problem{fmt.Errorf("%v: %s: %w: it did not return", c.l.At, c.l.Call.Name, ErrCannot)})
	}
	return c.ret, c.errno
}

// taskMemory reads a task's own memory as far as it is mapped, or clears it.
func (s *session) taskMemory(t *task, addr, n uint64, clear bool) []byte {
	var w words
	w.u64(uint64(t.slot), addr, n, 0)
	if clear {
		order.PutUint64(w[24:], 1)
	}
	r, err := s.g.askOne(s.ctx, opMemory, w)
	must(err)
	return r.data
}

// line carries one line out; obs and now are its results.
func (s *session) line(i int) error {
	l := &s.p.Lines[i]
	s.obs = program.Observed{Line: i, Kind: l.Kind}
	err := try(func() {
		switch l.Kind {
		case program.Call:
			s.call(l)
		case program.Resume:
			s.resume(l)
		case program.Settle:
			must(s.calm())
		case program.Assert, program.SkipIf:
			s.obs.Ret = s.eval(l.Expr, env{}).Val
		}
	})
	if err != nil {
		return fmt.Errorf("%s: %w", l.Place(), err)
	}
	return nil
}

// caller returns the task of a line.
func (s *session) caller(l *program.Line) *task {
	t := s.names[l.Task].task
	if t == nil {
		must(fmt.Errorf("%w: there is no task %s", ErrCannot, l.Task))
	}
	return t
}

func (s *session) call(l *program.Line) {
	t := s.caller(l)
	spec := callSpecs[l.Call.Name]
	switch {
	case spec == nil:
		must(fmt.Errorf("%w: call %s", ErrCannot, l.Call.Name))
	case l.Call.Until != "":
		must(fmt.Errorf("%w: until %s: the kernel has no place to stop there", ErrCannot, l.Call.Until))
	case t.ended():
		must(fmt.Errorf("%w: %s has ended", ErrCannot, l.Task))
	}
	c := s.newCall(l, t, spec)
	if spec.run != nil && (spec.several == nil || spec.several(c)) {
		ret, errno := spec.run(c)
		c.done, c.errno = true, errno
		must(s.look(0))
		s.finish(l, c, ret)
		return
	}
	spec.build(c)
	must(s.issue(c, flagSnapshot))
	must(s.await(l, c))
	s.outcome(l, c)
}

// await gives a call that is not to stay unfinished some time: the last steps of an exit
// may wait for a grace period (kernel/pid_namespace.c: zap_pid_ns_processes, v7.1).
func (s *session) await(l *program.Line, c *call) error {
	end := time.Now().Add(s.g.opts.patience)
	for !l.Unfinished && !c.done && !c.t.ended() && time.Now().Before(end) {
		if err := s.again(); err != nil {
			return err
		}
	}
	return nil
}

// resume looks for the end of a call that was left unfinished.
func (s *session) resume(l *program.Line) {
	t := s.caller(l)
	c := t.pending
	if c == nil {
		must(fmt.Errorf("%w: %s has no call unfinished", ErrCannot, l.Task))
	}
	if !c.done {
		must(s.look(0))
		must(s.await(l, c))
	}
	s.outcome(l, c)
}

// outcome notes what became of a call.
func (s *session) outcome(l *program.Line, c *call) {
	switch {
	case c.done:
		c.t.pending = nil
		ret := number(c.ret)
		if c.nr == sysListns {
			c.ids = c.stored()
		}
		if c.errno == 0 {
			ret = c.spec.value(c)
		} else if c.child > 0 {
			s.free = append(s.free, c.child)
		}
		s.finish(l, c, ret)
	case c.t.ended():
		s.obs.Status = program.Ended
	default:
		s.obs.Status = program.Unfinished
		if c.child > 0 && len(l.Results) > 0 {
			s.bindChild(l, c)
		}
	}
}

// bindChild binds the task that an unfinished call has made.
func (s *session) bindChild(l *program.Line, c *call) {
	child := s.taskIn(c.child)
	name, ok := l.Results[0].X.(*program.Name)
	if !ok || len(child.pids) == 0 {
		return
	}
	s.bind(name.Name, value{Val: program.Val{Kind: program.TaskValue, N: uint64(child.pidFor(nil))}, task: child})
}

// finish binds what a call has returned and put out.
func (s *session) finish(l *program.Line, c *call, ret value) {
	s.obs.Status, s.obs.Ret, s.obs.Errno = program.Returned, ret.Val, c.errno
	lists := program.CallByName(l.Call.Name).Lists
	if lists {
		s.obs.Lists, s.obs.IDs = true, c.ids
	}
	if skipped(l, c.errno) {
		return
	}
	if c.spec.outs != nil && (c.errno == 0 || lists || c.errno == c.spec.putsOut) {
		c.spec.outs(c)
	}
	for i := range l.Results {
		if n, ok := l.Results[i].X.(*program.Name); ok && l.Results[i].Kind == program.Value && c.errno == 0 {
			if _, bound := s.names[n.Name]; !bound {
				s.bind(n.Name, ret)
			}
		}
	}
}

// skipped reports whether a line ends the program as skipped because of an errno.
func skipped(l *program.Line, errno uapi.Errno) bool {
	return errno != 0 && slices.ContainsFunc(l.Results, func(r program.Result) bool {
		return r.Kind == program.SkipOn && named(&r, errno)
	})
}

// settlePause is how often settle looks.
const settlePause = 4 * time.Millisecond

// settleEnd is when settle gives up.
func (s *session) settleEnd() time.Time { return time.Now().Add(settleFactor * s.g.opts.patience) }

// settleUntil waits until the kernel has done what it had put off: until the snapshot is as
// wanted and stays so when RCU's callbacks have run, but not for ever.
func (s *session) settleUntil(wanted func() bool) error {
	for end := s.settleEnd(); time.Now().Before(end); {
		if err := s.look(0); err != nil {
			return err
		}
		if !wanted() {
			if err := s.pause(settlePause); err != nil {
				return err
			}
			continue
		}
		if err := s.look(flagBarrier); err != nil || wanted() {
			return err
		}
	}
	return nil
}

// calm waits until nothing changes any more: for a kernel whose counts nobody predicts.
func (s *session) calm() error {
	before := s.now
	return s.settleUntil(func() bool {
		same := slices.Equal(before, s.now) &&
			!slices.ContainsFunc(s.now, func(ns Namespace) bool { return ns.Passive == 0 })
		before = s.now
		return same
	})
}

// pause sleeps.
func (s *session) pause(d time.Duration) error {
	select {
	case <-s.ctx.Done():
		return s.ctx.Err()
	case <-time.After(d):
		return nil
	}
}

// end kills the program's tasks, waits until what they had is gone, and returns the
// namespaces that are left over. A guest on which something was left over, or whose kernel
// has warned, which it does but once, is not used for another program.
func (s *session) end() ([]Namespace, error) {
	left, err := s.cleanUp()
	if s.g.dead != nil {
		return left, err
	}
	switch warned := s.alarms(); {
	case err != nil:
		s.g.dead = err // the machine is not what it was
	case len(left) > 0:
		s.g.dead = fmt.Errorf("%w: %s left namespaces over", ErrTainted, s.p.Name)
	case len(warned) > 0:
		s.g.dead = fmt.Errorf("%w: in %s the kernel warned: %s", ErrTainted, s.p.Name, warned[0])
	}
	return left, err
}

func (s *session) cleanUp() ([]Namespace, error) {
	var w words
	w.u64(flagSnapshot)
	recs, err := s.g.ask(s.ctx, opEnd, w)
	if err != nil {
		return nil, err
	}
	if _, err := s.take(recs); err != nil {
		return nil, err
	}
	for end := s.settleEnd(); len(s.leftovers()) > 0 && time.Now().Before(end); {
		if err := s.pause(settlePause); err != nil {
			return nil, err
		}
		if err := s.look(0); err != nil {
			return nil, err
		}
	}
	return s.leftovers(), nil
}

// leftovers lists the namespaces that were not there before the first program.
func (s *session) leftovers() (left []Namespace) {
	base := make(map[uint64]bool, len(s.g.base))
	for _, ns := range s.g.base {
		base[ns.ID] = true
	}
	for _, ns := range s.now {
		if !base[ns.ID] {
			left = append(left, ns)
		}
	}
	return left
}

// alarms lists the kernel's messages of things that must not happen.
func (s *session) alarms() (out []string) {
	for _, w := range s.warnings {
		if isWarning(w) {
			out = append(out, w)
		}
	}
	return out
}

// isWarning reports whether a kernel message is of something that must not happen.
func isWarning(text string) bool {
	for _, sign := range []string{"WARNING:", "BUG:", "refcount_t:", "Oops", "KASAN", "general protection", "rcu: INFO"} {
		if strings.Contains(text, sign) {
			return true
		}
	}
	return false
}

// SPDX-License-Identifier: GPL-2.0-only

package gen

import (
	"github.com/nssim/nssim/sim"
	"github.com/nssim/nssim/sim/program"
	"github.com/nssim/nssim/syscall/uapi"
)

// expect returns the results that say what the last line did. A name that its results have
// bound stays.
func (c *recorder) expect(l *program.Line) []program.Result {
	o := c.r.Observed()
	switch {
	case o.Status == program.Ended:
		return nil
	case o.Errno != 0:
		return fails(o.Errno)
	}
	if n := binds(l.Results); n != "" && !c.compared {
		if _, bound := c.r.Value(n); bound {
			return equals(name(n))
		}
	}
	if o.Lists {
		return c.listing(o)
	}
	return c.value(l, o.Ret)
}

func fails(e uapi.Errno) []program.Result {
	return []program.Result{{Kind: program.Errnos, Errnos: []program.Errno{{Name: e.Name(), Num: e}}}}
}

func equals(x program.Expr) []program.Result {
	return []program.Result{{Kind: program.Value, X: x}}
}

func compares(op string, n int64) []program.Result {
	return []program.Result{{Kind: program.Compare, Op: op, X: num(n)}}
}

// binds returns the name that stands alone as a result, "" if there is none.
func binds(rs []program.Result) string {
	for i := range rs {
		if n, ok := rs[i].X.(*program.Name); ok && rs[i].Kind == program.Value {
			return n.Name
		}
	}
	return ""
}

// value is the result of a call that succeeded and is no listing.
func (c *recorder) value(l *program.Line, v program.Val) []program.Result {
	switch v.Kind {
	case program.TaskValue:
		if n := c.taskReturned(l, v); n != "" {
			return equals(name(n))
		}
		return c.numberOr(v.N, v.N == 1) // pid 1
	case program.Descriptor, program.Address:
		return compares(">=", 0)
	case program.Number:
		return c.number(l, int64(v.N))
	}
	return nil
}

// numberOr is a number, or where it would not be the same elsewhere that there is one.
func (c *recorder) numberOr(n uint64, same bool) []program.Result {
	if c.portable && !same {
		return compares(">", 0)
	}
	return equals(unum(n))
}

// taskReturned names the task that a call has returned.
func (c *recorder) taskReturned(l *program.Line, v program.Val) string {
	caller := c.taskID(l.Task)
	if caller == 0 {
		return ""
	}
	k := c.m.Task(caller)
	t := sim.TaskID(0)
	switch l.Call.Name {
	case "wait4":
		t = sim.TaskID(k.Out[1])
	case "gettid":
		t = caller
	case "getpid":
		t = k.Leader
	case "getppid":
		if p := c.m.Task(k.Leader).Parent; p != 0 {
			t = c.m.Task(p).Leader
		}
	default:
		t = sim.TaskID(k.Out[0])
	}
	return c.taskName(t)
}

// taskName is the name that the program has for a task, "" for none.
func (c *recorder) taskName(t sim.TaskID) string {
	if t == 0 || !c.m.TaskLive(t) {
		return ""
	}
	n := c.r.TaskName(t)
	if v, ok := c.r.Value(n); ok && v.Kind == program.TaskValue {
		return n
	}
	return ""
}

// taskID is the task that a name stands for, 0 if it has been released.
func (c *recorder) taskID(n string) (id sim.TaskID) {
	c.m.EachTask(func(t sim.TaskID, _ *sim.Task) bool {
		if c.r.TaskName(t) == n {
			id = t
		}
		return id == 0
	})
	return id
}

// number is a number that a call has returned.
func (c *recorder) number(l *program.Line, n int64) []program.Result {
	if l.Call.Name != "ioctl" || len(l.Call.Args) < 2 {
		return equals(num(n))
	}
	switch cmd := constOf(l.Call.Args[1]); cmd {
	case uapi.NS_GET_NSTYPE:
		return equals(flags(uapi.GroupNSType, uint64(n)))
	case uapi.NS_GET_PID_FROM_PIDNS, uapi.NS_GET_TGID_FROM_PIDNS, uapi.NS_GET_PID_IN_PIDNS, uapi.NS_GET_TGID_IN_PIDNS:
		return c.numberOr(uint64(n), n == 1)
	}
	return equals(num(n))
}

// constOf is the value of a constant or number, ^0 for another expression.
func constOf(x program.Expr) uint64 {
	switch x := x.(type) {
	case *program.Const:
		return x.Value
	case *program.Num:
		return x.Value
	}
	return ^uint64(0)
}

// listing is the result of a call that lists: all ids in their order, by names where there
// are any. Where some would be numbers that differ from machine to machine, it is how
// many, and those that have names.
func (c *recorder) listing(o *program.Observed) []program.Result {
	xs := make([]program.Expr, 0, len(o.IDs))
	named := true
	for _, id := range o.IDs {
		x, ok := c.idExpr(id)
		if !ok && c.portable {
			named = false
			continue
		}
		xs = append(xs, x)
	}
	if named && uint64(len(o.IDs)) == o.Ret.N {
		return equals(list(xs...))
	}
	rs := equals(unum(o.Ret.N))
	if len(xs) > 0 {
		rs = append(rs, program.Result{Kind: program.Has, List: xs})
	}
	return rs
}

// idExpr writes a namespace id: a name, a task's namespace, or the number; ok says that it
// is the same on every machine.
func (c *recorder) idExpr(id uint64) (x program.Expr, ok bool) {
	if n := c.ids[id]; n != "" {
		return name(n), true
	}
	if uapi.IsInitID(id) {
		return unum(id), true
	}
	if ns := c.m.Lookup(id, 0); ns != 0 {
		if x := c.taskNS(ns); x != nil {
			return x, true
		}
	}
	return unum(id), false
}

// taskNS writes a namespace as a task's (`t1.net`), nil if no task that the program has a
// name for is in it.
func (c *recorder) taskNS(ns sim.NS) (x program.Expr) {
	typ := c.m.Node(ns).NSType()
	c.m.EachTask(func(t sim.TaskID, k *sim.Task) bool {
		entry := c.entryOf(t, k, typ, ns)
		if entry == "" {
			return true
		}
		if n := c.taskName(t); n != "" {
			x = &program.Field{X: name(n), Name: entry}
		}
		return x == nil
	})
	return x
}

// entryOf names the entry of /proc/PID/ns by which a task has a namespace.
func (c *recorder) entryOf(t sim.TaskID, k *sim.Task, typ uapi.NSType, ns sim.NS) string {
	if k.State == sim.Dead || k.State == sim.Embryo {
		return ""
	}
	switch typ {
	case uapi.USER_NS:
		if k.Cred != 0 && c.m.UserNS(t) == ns {
			return "user"
		}
		return ""
	case uapi.PID_NS:
		if c.m.ActivePidNS(t) == ns {
			return "pid"
		}
	}
	if k.Proxy == 0 {
		return ""
	}
	for s, held := range c.m.Proxy(k.Proxy).NS {
		if held == ns && sim.Slot(s).Type() == typ {
			return sim.Slot(s).String()
		}
	}
	return ""
}

// SPDX-License-Identifier: GPL-2.0-only

package program

import (
	"strconv"

	"github.com/nssim/nssim/nstree"
	"github.com/nssim/nssim/refcount"
	"github.com/nssim/nssim/sim"
	"github.com/nssim/nssim/syscall"
	"github.com/nssim/nssim/syscall/uapi"
)

// kernelAddress is the lowest address of the kernel's half.
const kernelAddress = 1 << 63

// function is what an expression's function does.
type function func(r *Runner, x *CallExpr, e env) Val

// runFuncs is the functions by name; Functions describes them.
var runFuncs map[string]function

func init() {
	// Not in the declaration: eval refers to the table.
	runFuncs = map[string]function{
		"active":   (*Runner).fnActive,
		"passive":  (*Runner).fnPassive,
		"exists":   (*Runner).fnExists,
		"listed":   (*Runner).fnListed,
		"inum":     (*Runner).fnInum,
		"owner":    (*Runner).fnOwner,
		"type":     (*Runner).fnType,
		"state":    (*Runner).fnState,
		"warnings": func(r *Runner, _ *CallExpr, _ env) Val { return number64(int64(r.m.Fired)) },
		"len":      (*Runner).fnLen,
		"exited":   (*Runner).fnExited,
		"killed":   (*Runner).fnKilled,
		"raw":      (*Runner).fnRaw,
		"room":     (*Runner).fnRoom,
		"kernel":   func(*Runner, *CallExpr, env) Val { return Val{Kind: Address, N: kernelAddress} },
	}
}

func (r *Runner) function(x *CallExpr, e env) Val {
	f := runFuncs[x.Func]
	if f == nil {
		r.bad(x.At, "function "+clip(x.Func), "one that there is", didYouMean(x.Func, funcNames))
	}
	return f(r, x, e)
}

// namespace resolves the argument of a function of the state: an id, or a descriptor of a
// namespace file. The namespace is 0 when it does not exist any more.
func (r *Runner) namespace(x *CallExpr, e env) (id uint64, ns sim.NS) {
	v := r.eval(x.Args[0], e)
	switch v.Kind {
	case NSID, Number:
		return v.N, r.find(v.N)
	case Descriptor:
		r.checkFD(v, x.Args[0], env{})
		ns := r.fileNS(r.file(v.ref))
		if ns == 0 {
			r.bad(x.Args[0].Pos(), clip(x.Args[0].String())+", which is no namespace file", "a namespace", "")
		}
		return r.m.Nodes[ns].ID, ns
	}
	r.mismatch(x.Args[0], v, "a namespace: its id, a descriptor of it, or a task's")
	return 0, 0
}

func (r *Runner) fnActive(x *CallExpr, e env) Val {
	if r.m.Table.Rules.Has(refcount.NoActive) {
		r.bad(x.At, clip(x.String())+" on kernel "+r.m.Cfg.Kernel, "a kernel with active counts", "it has no active count")
	}
	_, ns := r.namespace(x, e)
	if ns == 0 {
		return number64(0)
	}
	return number64(int64(r.m.Entries[ns].Active))
}

func (r *Runner) fnPassive(x *CallExpr, e env) Val {
	_, ns := r.namespace(x, e)
	if ns == 0 {
		return number64(0)
	}
	return number64(int64(r.m.Entries[ns].Passive))
}

func (r *Runner) fnExists(x *CallExpr, e env) Val {
	_, ns := r.namespace(x, e)
	return truthValue(ns != 0 && r.m.Nodes[ns].Is(nstree.OnTree))
}

func (r *Runner) fnListed(x *CallExpr, e env) Val {
	_, ns := r.namespace(x, e)
	return truthValue(ns != 0 && r.m.Nodes[ns].Is(nstree.OnTree) && r.m.Entries[ns].Passive > 0 && syscall.Visible(r.m, ns))
}

// known is what does not change about a namespace, also of one that is gone.
func (r *Runner) known(x *CallExpr, e env) seenNS {
	id, ns := r.namespace(x, e)
	if ns != 0 {
		if s, ok := r.seen[id]; !ok || s.ns != ns {
			r.seeNS(id, ns)
		}
	}
	s, ok := r.seen[id]
	if !ok {
		r.bad(x.Args[0].Pos(), "namespace "+strconv.FormatUint(id, 10)+", which does not exist", "a namespace that was seen while it did", "")
	}
	return s
}

func (r *Runner) fnInum(x *CallExpr, e env) Val {
	return Val{Kind: Inum, N: uint64(r.known(x, e).inum)}
}

func (r *Runner) fnOwner(x *CallExpr, e env) Val { return idValue(r.known(x, e).owner) }

func (r *Runner) fnType(x *CallExpr, e env) Val { return numberU(uint64(r.known(x, e).typ)) }

func (r *Runner) fnState(x *CallExpr, e env) Val {
	v := r.eval(x.Args[0], e)
	if v.Kind != TaskValue {
		r.mismatch(x.Args[0], v, "a task")
	}
	word := "dead"
	if t := r.task(v.ref); t != 0 {
		word = stateWord(r.m.Task(t).State)
	}
	return Val{Kind: StateValue, S: word}
}

// stateWord is a task's state in a program's words: a call that was stopped before a step
// is as unfinished as one that sleeps.
func stateWord(s sim.TaskState) string {
	switch s {
	case sim.Blocked, sim.Stopped:
		return "blocked"
	case sim.Zombie:
		return "zombie"
	case sim.Running, sim.Embryo:
		return "running"
	}
	return "dead"
}

func (r *Runner) fnLen(x *CallExpr, e env) Val {
	switch v := r.eval(x.Args[0], e); v.Kind {
	case ListValue:
		return number64(int64(len(v.L)))
	case StringValue:
		return number64(int64(len(v.S)))
	default:
		r.mismatch(x.Args[0], v, "a list or a string")
	}
	return Val{}
}

func (r *Runner) fnExited(x *CallExpr, e env) Val {
	code := r.number(r.eval(x.Args[0], e), x.Args[0], e)
	return Val{Kind: WaitStatus, N: uint64(uapi.ExitStatus(int(code)))}
}

func (r *Runner) fnKilled(x *CallExpr, e env) Val {
	sig := r.number(r.eval(x.Args[0], e), x.Args[0], e)
	if !uapi.Signal(sig).Valid() || sig > uapi.SIGRTMAX {
		r.bad(x.Args[0].Pos(), strconv.FormatUint(sig, 10), "a signal", "")
	}
	return Val{Kind: WaitStatus, N: uint64(uapi.SignalStatus(uapi.Signal(sig), false))}
}

func (r *Runner) fnRaw(x *CallExpr, e env) Val {
	v := r.eval(x.Args[0], e)
	if v.Kind != Descriptor && v.Kind != Number {
		r.mismatch(x.Args[0], v, "a descriptor")
	}
	return numberU(v.N)
}

func (r *Runner) fnRoom(x *CallExpr, e env) Val {
	n := r.number(r.eval(x.Args[0], e), x.Args[0], e)
	if n > uapi.LISTNS_NR_MAX {
		r.bad(x.Args[0].Pos(), strconv.FormatUint(n, 10), "at most "+strconv.Itoa(uapi.LISTNS_NR_MAX)+" entries", "")
	}
	return Val{Kind: memory, N: n}
}

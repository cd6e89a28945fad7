// SPDX-License-Identifier: GPL-2.0-only

package syscall

import (
	"github.com/nssim/nssim/refcount"
	"github.com/nssim/nssim/sim"
	"github.com/nssim/nssim/syscall/uapi"
)

// X is a task running kernel code on a machine: what every step gets.
type X struct {
	*sim.Machine
	T sim.TaskID
}

// step is one atomic piece of a kernel function.
type step struct {
	name string // the kernel function that does the work
	do   func(X)
}

// op is a kernel function as a sequence of steps.
type op struct {
	name  string
	steps []step
}

// The operations. A frame's Op is one of these.
const (
	opNone uint8 = iota
	opActiveWalk
	opPutNS
	opDestroySync
	opDestroyIPC
	opDestroyMnt
	opFreeIPC
	opFreeUser
	opFreePid
	opFreePidRCU
	opCleanNet
	opPutCredRCU
	opPutTask
	opDeactivateProxy
	opFreeProxy
	opSwitchNamespaces
	opActivateProxy
	opCreateNewNamespaces
	opCreateUserNS
	opCommitCreds
	opClone
	opUnshare
	opSetns
	opPathFromStashed
	opOpenNamespace
	opEvict
	opFPut
	opCloseFiles
	opMntPut
	opUmountTree
	opDoExit
	opReleaseTask
	opZapPidNS
	opExitNotify
	opExitToUser
	opWait
	opPause
	opExecve
	opKillThreads
	opListns
	opOpenLink
	opOpenByHandle
	opPidFDGetNS
	opClose
	opDup
	opPutPid
	opPutMM
	opMntNext
	opSimple
	opSendFD
	opRecvMsg
	opMountBind
	opStatLink
	opShrink
	opSession
	opFirstFree // packages of calls in other files number on from here
)

var ops [256]op

func define(o uint8, name string, steps ...step) {
	if ops[o].name != "" {
		panic("syscall: operation defined twice: " + name)
	}
	ops[o] = op{name, steps}
}

// f returns the innermost frame. The pointer is stale after push.
func (x X) f() *sim.Frame { return x.TopFrame(x.T) }

// me returns the running task's record.
func (x X) me() *sim.Task { return x.Task(x.T) }

// cred returns the running task's credential.
func (x X) cred() *sim.Cred { return x.TaskCred(x.T) }

// push enters a function with its first locals set.
func (x X) push(o uint8, args ...int64) {
	f := x.Push(x.T, o)
	copy(f.L[:], args)
}

// ret leaves the innermost function with a result.
func (x X) ret(v int64) { x.Pop(x.T, v) }

// fail leaves the innermost function with a negative errno; errExecBusy lets the step
// be done anew.
func (x X) fail(e uapi.Errno) {
	if e == errExecBusy {
		x.sleepForExec()
		return
	}
	x.ret(-int64(e))
}

// done leaves with an errno, or with v if there is none.
func (x X) done(v int64, e uapi.Errno) {
	if e != 0 {
		x.fail(e)
		return
	}
	x.ret(v)
}

// again repeats the step that is running.
func (x X) again() { x.f().Step-- }

// jump makes step n of the innermost function the next.
func (x X) jump(n uint8) { x.f().Step = n }

// sleep puts the task to sleep; woken, it repeats the step.
func (x X) sleep() {
	x.again()
	x.me().State = sim.Blocked
	x.Note(refcount.Blocked, 0, 0, 0)
}

// userMode is the way back to user mode: queued file releases run, and a pending
// signal kills (kernel/entry/common.c: exit_to_user_mode_loop, v6.19).
func (x X) userMode() {
	k := x.me()
	if (k.Work == 0 && !k.Has(sim.KillPending)) || k.Has(sim.KThread) || !k.Alive() {
		return
	}
	x.push(opExitToUser)
}

// Step does one atomic step of t's call and reports whether the call is still in
// flight. It does nothing for a task in user mode or asleep.
func Step(m *sim.Machine, t sim.TaskID) bool {
	x := X{m, t}
	if canStep(x.me()) {
		x.step()
		x.leave()
	}
	return x.me().Top != 0
}

// step does the next step of the innermost function.
func (x X) step() {
	f := x.f()
	s := &ops[f.Op].steps[f.Step]
	x.Now.Task = int32(x.T)
	if x.Tracing {
		x.Note(refcount.Entered, 0, int32(f.Op), int32(f.Step))
	}
	f.Step++
	x.Left = false
	s.do(x)
}

// canStep reports whether a task has a step to do; a dead one may still be busy
// releasing itself.
func canStep(k *sim.Task) bool {
	return k.Top != 0 && (k.State == sim.Running || k.State == sim.Dead)
}

// leave returns from the functions whose steps are exhausted, and from the kernel with
// the last of them.
func (x X) leave() {
	for {
		top := x.me().Top
		if top == 0 {
			x.userMode()
			return
		}
		if f := x.Frame(top); int(f.Step) < len(ops[f.Op].steps) {
			return
		}
		x.ret(0)
	}
}

// NextStep names the operation and the step that t does next; empty in user mode.
func NextStep(m *sim.Machine, t sim.TaskID) (operation, step string) {
	f := m.TopFrame(t)
	if f == nil {
		return "", ""
	}
	o := &ops[f.Op]
	return o.name, o.steps[f.Step].name
}

// StepName names an operation and step as recorded in a refcount.Entered event.
func StepName(e refcount.Event) (operation, step string) {
	o := &ops[uint8(e.Old)]
	return o.name, o.steps[e.New].name
}

// Run does steps of t until its call is over or it sleeps.
func Run(m *sim.Machine, t sim.TaskID) {
	m.Whole = true
	for x := (X{m, t}); canStep(x.me()); x.leave() {
		x.step()
	}
	m.Whole = false
}

// RunUntil is Run, but stops before a step of that name; it reports whether it did.
// The task is then Stopped; Resume lets it go on.
func RunUntil(m *sim.Machine, t sim.TaskID, name string) bool {
	for canStep(m.Task(t)) {
		if _, s := NextStep(m, t); s == name {
			m.Task(t).State = sim.Stopped
			return true
		}
		Step(m, t)
	}
	return false
}

// Resume lets a stopped task go on.
func Resume(m *sim.Machine, t sim.TaskID) {
	if k := m.Task(t); k.State == sim.Stopped {
		k.State = sim.Running
	}
}

// Runnable reports whether t has something to do without being asked: a call that
// can go on, or a signal that kills.
func Runnable(m *sim.Machine, t sim.TaskID) bool {
	return m.TaskLive(t) && runnable(m.Task(t))
}

func runnable(k *sim.Task) bool {
	return canStep(k) || (k.State == sim.Running && k.Has(sim.KillPending) && !k.Has(sim.KThread))
}

// Sched runs every task that has something to do until each is in user mode,
// asleep, stopped, a zombie or gone. A program's line ends with it.
func Sched(m *sim.Machine) {
	for busy := true; busy; {
		busy = false
		m.EachTask(func(t sim.TaskID, k *sim.Task) bool {
			if runnable(k) {
				busy = true
				X{m, t}.deliver()
				Run(m, t)
			}
			return true
		})
	}
}

// deliver lets a task in user mode notice a signal.
func (x X) deliver() {
	if k := x.me(); k.Top == 0 && k.Has(sim.KillPending) {
		x.userMode()
	}
}

// Deliver makes t notice a pending signal when it is in user mode, as the explorer
// needs it for a step-by-step run; Sched does it by itself.
func Deliver(m *sim.Machine, t sim.TaskID) { X{m, t}.deliver() }

func init() {
	define(opExitToUser, "exit_to_user_mode_loop",
		step{"task_work_run", taskWorkRun},
		step{"get_signal", getSignal},
	)
}

func taskWorkRun(x X) {
	f := x.TakeTaskWork(x.T)
	if f == 0 {
		return
	}
	x.again()
	x.push(opFPut, int64(f))
}

func getSignal(x X) {
	if k := x.me(); k.Has(sim.KillPending) && !k.Has(sim.Exiting) {
		x.push(opDoExit)
	}
}

// SPDX-License-Identifier: GPL-2.0-only

package sim

import "github.com/nssim/nssim/syscall/uapi"

// TaskState is where in its life a task is.
type TaskState uint8

const (
	// Running: in user mode, or inside a call that can go on.
	Running TaskState = iota + 1
	// Blocked: asleep inside a call until something wakes it.
	Blocked
	// Stopped: inside a call, held before a step by whoever drives the machine.
	Stopped
	// Zombie: through do_exit, not yet passed to release_task.
	Zombie
	// Dead: released; the record stays until the RCU callback has run.
	Dead
	// Embryo: being made by a clone that has not published it yet.
	Embryo
)

func (s TaskState) String() string {
	return [...]string{"none", "running", "blocked", "stopped", "zombie", "dead", "embryo"}[s]
}

// TaskFlags are a task's booleans.
type TaskFlags uint16

const (
	// Exiting is PF_EXITING.
	Exiting TaskFlags = 1 << iota
	// KThread is PF_KTHREAD.
	KThread
	// Unkillable is SIGNAL_UNKILLABLE: an init of a pid namespace. In the group
	// leader's record.
	Unkillable
	// SubReaper is PR_SET_CHILD_SUBREAPER. In the group leader's record.
	SubReaper
	// KillPending: SIGKILL or a signal that kills is pending.
	KillPending
	// KilledBySignal: ExitCode is a signal number.
	KilledBySignal
	// GroupExiting is SIGNAL_GROUP_EXIT. In the group leader's record.
	GroupExiting
	// DumpableAtExit keeps the answer of the dumpability test for a task that
	// has given up its mm.
	DumpableAtExit
	// ExecedSinceFork: the parent's self_exec_id moved on.
	ExecedSinceFork
	// NoNewPrivs is no_new_privs.
	NoNewPrivs
	// AutoReap is CLONE_AUTOREAP.
	AutoReap
	// Driven: the task has made a call.
	Driven
	// Execed: the process has called execve.
	Execed
	// InCall: a system call has begun and its result is not known yet.
	InCall
)

// Task models struct task_struct with what it shares by thread group (in the group
// leader's record: Tgid, Pgid, Sid, signal flags).
type Task struct {
	State      TaskState
	ExitSignal uint8 // 0: none
	ExitCode   uint8
	ForExec    bool // asleep until another task's execve is over
	Flags      TaskFlags
	PDeathSig  uint8
	Leader     TaskID // thread group leader; itself for one
	Parent     TaskID // real_parent
	Child      TaskID // first and last of the processes whose real_parent it is
	LastChild  TaskID
	Sibling    TaskID // next child of the same parent
	Pid        PidID  // thread_pid; 0 once detached
	Tgid       PidID  // in the leader's record
	Pgid       PidID
	Sid        PidID
	Cred       CredID // real_cred, the objective credential
	Proxy      ProxyID
	Files      FDTableID
	FS         FSID
	MM         MMID
	Exec       ExecID // exec_state (v7.2)
	SigHand    int32
	Work       WorkID  // task_work: files to be released before user mode
	WorkTail   WorkID  //
	Top        FrameID // innermost frame of the call in flight
	StopStep   uint16  // step before which the call is to be held, 0 for none
	Seen       TaskFlags
	Ret        int64     // result of the last call
	Out        [4]uint64 // what the last call wrote to user memory, see package syscall
}

// SigHand is the part of struct sighand_struct that matters: what SIGCHLD does.
type SigHand struct {
	Users       int32
	ChldIgnored bool   // SIG_IGN or SA_NOCLDWAIT
	Ignored     uint64 // SIG_IGN: bit n-1 for signal n, as in a sigset_t
}

// Has reports whether all the flags are set.
func (t *Task) Has(f TaskFlags) bool { return t.Flags&f == f }

// Alive reports whether the task can still make calls.
func (t *Task) Alive() bool { return t.State >= Running && t.State <= Stopped }

// Task returns a task's record.
func (m *Machine) Task(t TaskID) *Task { return m.Tasks.At(int32(t)) }

// TaskLive reports whether t names a record in use.
func (m *Machine) TaskLive(t TaskID) bool { return m.Tasks.Live(int32(t)) }

// NumTasks bounds loops over tasks: 1 <= t < NumTasks, asking TaskLive.
func (m *Machine) NumTasks() TaskID { return TaskID(m.Tasks.Cap()) }

// EachTask calls f for every task's record in order until it returns false.
func (m *Machine) EachTask(f func(TaskID, *Task) bool) {
	for i := int32(1); i <= m.Tasks.last; i++ {
		if k := &m.Tasks.s[i]; k.next == inUse && !f(TaskID(i), &k.v) {
			return
		}
	}
}

// Threads counts the members of t's thread group that have not been released,
// besides t itself when others is set (kernel/fork.c: thread_group_empty, v6.19).
func (m *Machine) Threads(t TaskID, others bool) (n int) {
	leader := m.Task(t).Leader
	for i := TaskID(1); i < m.NumTasks(); i++ {
		if !m.TaskLive(i) || (others && i == t) {
			continue
		}
		if k := m.Task(i); k.Leader == leader && k.State < Dead {
			n++
		}
	}
	return n
}

// OtherThreadsAlive reports whether a member of t's group other than t has not
// started to exit.
func (m *Machine) OtherThreadsAlive(t TaskID) bool {
	leader := m.Task(t).Leader
	for i := TaskID(1); i < m.NumTasks(); i++ {
		if i == t || !m.TaskLive(i) {
			continue
		}
		if k := m.Task(i); k.Leader == leader && k.Alive() && !k.Has(Exiting) {
			return true
		}
	}
	return false
}

// AddChild puts a process at the end of a task's children, where wait looks last.
func (m *Machine) AddChild(parent, child TaskID) {
	p, c := m.Task(parent), m.Task(child)
	c.Parent, c.Sibling = parent, 0
	if p.Child == 0 {
		p.Child = child
	} else {
		m.Task(p.LastChild).Sibling = child
	}
	p.LastChild = child
}

// RemoveChild takes a process off its parent's children; Parent stays.
func (m *Machine) RemoveChild(child TaskID) {
	c := m.Task(child)
	p := m.Task(c.Parent)
	before := TaskID(0)
	for t := p.Child; t != child; t = m.Task(t).Sibling {
		before = t
	}
	if before == 0 {
		p.Child = c.Sibling
	} else {
		m.Task(before).Sibling = c.Sibling
	}
	if p.LastChild == child {
		p.LastChild = before
	}
	c.Sibling = 0
}

// ReplaceChild puts a task in the place of another among its parent's children.
func (m *Machine) ReplaceChild(old, now TaskID) {
	o, n := m.Task(old), m.Task(now)
	p := m.Task(o.Parent)
	n.Parent, n.Sibling = o.Parent, o.Sibling
	o.Sibling = 0
	if p.LastChild == old {
		p.LastChild = now
	}
	if p.Child == old {
		p.Child = now
		return
	}
	t := p.Child
	for m.Task(t).Sibling != old {
		t = m.Task(t).Sibling
	}
	m.Task(t).Sibling = now
}

// HasChildren reports whether some unreleased task has t's group for its parent.
func (m *Machine) HasChildren(t TaskID) bool {
	leader := m.Task(t).Leader
	for i := TaskID(1); i < m.NumTasks(); i++ {
		if !m.TaskLive(i) {
			continue
		}
		k := m.Task(i)
		if k.State < Dead && k.Leader == i && k.Parent != 0 && m.Task(k.Parent).Leader == leader {
			return true
		}
	}
	return false
}

// Signal makes sig pending on t's group if its default action is to kill and it is
// not ignored or blocked from t by being a pid namespace's init
// (kernel/signal.c: sig_task_ignored, complete_signal, v6.19). Signal 0 does
// nothing. forced signals reach an init too.
func (m *Machine) Signal(t TaskID, sig uapi.Signal, forced bool) {
	if !kills(sig) {
		return
	}
	leader := m.Task(t).Leader
	l := m.Task(leader)
	if l.Has(Unkillable) && !forced {
		return
	}
	if sig != uapi.SIGKILL && l.SigHand != 0 && m.SigHands.At(l.SigHand).Ignored&(1<<(sig-1)) != 0 {
		return
	}
	hit := false
	for i := TaskID(1); i < m.NumTasks(); i++ {
		if !m.TaskLive(i) {
			continue
		}
		if k := m.Task(i); k.Leader == leader && k.Alive() && !k.Has(Exiting) {
			k.Flags |= KillPending
			m.Wake(i)
			hit = true
		}
	}
	if hit && !l.Has(GroupExiting) {
		l.ExitCode = uint8(sig)
		l.Flags |= KilledBySignal | GroupExiting
	}
}

// kills reports whether a signal's default action ends the process.
func kills(sig uapi.Signal) bool {
	switch sig {
	case 0, uapi.SIGCHLD, uapi.SIGURG, uapi.SIGWINCH, uapi.SIGCONT,
		uapi.SIGSTOP, uapi.SIGTSTP, uapi.SIGTTIN, uapi.SIGTTOU:
		return false
	}
	return sig.Valid()
}

// Wake lets a blocked task look at its condition again.
func (m *Machine) Wake(t TaskID) {
	if k := m.Task(t); k.State == Blocked {
		k.State = Running
	}
}

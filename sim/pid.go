// SPDX-License-Identifier: GPL-2.0-only

package sim

// UPid is one level of a struct pid: a number in one pid namespace. Levels are
// chained from the innermost outwards.
type UPid struct {
	NS    NS
	Nr    int32
	Outer int32 // the next level in Machine.UPids; 0 at the initial pid namespace
}

// Pid models struct pid. It belongs to its innermost namespace, which it holds
// actively until free_pid and passively until its last reference is gone.
type Pid struct {
	UPid  int32 // innermost level
	Refs  int32 // pid->count: attached uses, descriptors, calls
	Uses  int32 // how many tasks use it as PID, TGID, PGID or SID
	Task  TaskID
	Freed bool // free_pid has run
}

// Pid returns a struct pid.
func (m *Machine) Pid(p PidID) *Pid { return m.Pids.At(int32(p)) }

// PidNS returns the innermost namespace of a struct pid.
func (m *Machine) PidNS(p PidID) NS {
	if p == 0 {
		return 0
	}
	return m.UPids.At(m.Pid(p).UPid).NS
}

// ActivePidNS returns a task's active pid namespace, 0 once it has no pid
// (kernel/pid.c: task_active_pid_ns, v6.19).
func (m *Machine) ActivePidNS(t TaskID) NS { return m.PidNS(m.Task(t).Pid) }

// PidNr returns the number of p in the namespace ns, 0 if it has none there
// (kernel/pid.c: pid_nr_ns, v6.19).
func (m *Machine) PidNr(p PidID, ns NS) int32 {
	if p == 0 || ns == 0 {
		return 0
	}
	for u := m.Pid(p).UPid; u != 0; u = m.UPids.At(u).Outer {
		if k := m.UPids.At(u); k.NS == ns {
			return k.Nr
		}
	}
	return 0
}

// FindPid returns the struct pid with a number in a namespace, 0 for none
// (kernel/pid.c: find_pid_ns, v6.19).
func (m *Machine) FindPid(nr int32, ns NS) PidID {
	for i := int32(1); i < m.Pids.Cap(); i++ {
		if m.Pids.Live(i) && !m.Pids.At(i).Freed && m.PidNr(PidID(i), ns) == nr {
			return PidID(i)
		}
	}
	return 0
}

// FindTask returns the task with a number in a namespace, 0 for none.
func (m *Machine) FindTask(nr int32, ns NS) TaskID {
	p := m.FindPid(nr, ns)
	if p == 0 {
		return 0
	}
	return m.Pid(p).Task
}

// PidNSData is what a pid namespace has beyond ns_common.
type PidNSData struct {
	Parent   NS
	Level    int32
	Reaper   TaskID // child_reaper; stays after it died
	LastNr   int32
	Count    int32 // pid_allocated without the flag: numbers in use
	Closed   bool  // PIDNS_ADDING cleared: accepts no process any more
	HadChild bool  // child_reaper was set once
}

// PidNSOf returns the pid part of a pid namespace.
func (m *Machine) PidNSOf(ns NS) *PidNSData { return m.PidNSs.At(m.Nodes[ns].Data) }

// PidNSIsAncestor reports whether a is ns or one of its ancestors.
func (m *Machine) PidNSIsAncestor(a, ns NS) bool {
	for ns != 0 {
		if ns == a {
			return true
		}
		ns = m.PidNSOf(ns).Parent
	}
	return false
}

// FreePidMemory gives a struct pid's memory back and returns the namespace whose
// passive reference it held (kernel/pid.c: put_pid, v6.19).
func (m *Machine) FreePidMemory(p PidID) NS {
	ns := m.PidNS(p)
	for u := m.Pid(p).UPid; u != 0; {
		outer := m.UPids.At(u).Outer
		m.UPids.Free(u)
		u = outer
	}
	m.Pids.Free(int32(p))
	return ns
}

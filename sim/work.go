// SPDX-License-Identifier: GPL-2.0-only

package sim

// WorkKind says what the kernel has put off.
type WorkKind uint8

const (
	// RCU callbacks: run once every reader that was inside a read section when
	// they were queued has left it.
	RCUPutCred   WorkKind = iota + 1 // put_cred_rcu: Obj is the Cred
	RCUPutPid                        // delayed_put_pid: Obj is the Pid
	RCUPutTask                       // delayed_put_task_struct: Obj is the Task
	RCUFreeNS                        // memory of a namespace: NS
	RCUFreePidNS                     // delayed_free_pidns: NS
	RCUFreeMntNS                     // mnt_ns_release: NS
	RCUFreeExec                      // exec_state: Obj is the ExecState
	RCUFreeIPC                       // free_ipc_work waits a grace period: NS
	// Work items.
	WorkFreeUser // free_user_ns: NS
	WorkFreePid  // destroy_pid_namespace_work: NS
	WorkCleanNet // cleanup_net: NS
	// LazyTLB is the mm that a CPU still has loaded: Obj is the MM.
	LazyTLB
	// FPut is a file whose release waits for the task's return to user mode.
	FPut
	// WorkUnixGC is unix_gc: descriptors that are only in flight to each other.
	WorkUnixGC
	// WorkShrink prunes the dentries that nobody uses (bug nsfs-dentry-cached).
	WorkShrink
)

// RCU reports whether the work waits for a grace period.
func (k WorkKind) RCU() bool { return k <= RCUFreeIPC }

var workNames = [...]string{
	"none", "put_cred_rcu", "delayed_put_pid", "delayed_put_task_struct", "free namespace", "delayed_free_pidns",
	"free mount namespace", "free exec_state", "free_ipc (grace period)", "free_user_ns", "destroy_pid_namespace_work",
	"cleanup_net", "lazy TLB", "delayed fput", "unix_gc", "shrink_dentry_list",
}

func (k WorkKind) String() string { return workNames[k] }

// Work is one thing that the kernel has put off.
type Work struct {
	Kind    WorkKind
	NS      NS
	Obj     int32
	Readers uint64 // RCU readers that must leave first
	Next    WorkID
}

// Work returns a piece of deferred work.
func (m *Machine) Work(w WorkID) *Work { return m.Works.At(int32(w)) }

// Defer queues work at the end of the machine's queue.
func (m *Machine) Defer(k WorkKind, ns NS, obj int32) {
	id := WorkID(m.Works.New())
	w := m.Work(id)
	w.Kind, w.NS, w.Obj = k, ns, obj
	if k.RCU() {
		w.Readers = m.Readers()
	}
	if m.DeferredTail == 0 {
		m.Deferred = id
	} else {
		m.Work(m.DeferredTail).Next = id
	}
	m.DeferredTail = id
}

// TakeWork removes and returns the first piece of work that may run and that ok
// accepts (nil: all); false when there is none.
func (m *Machine) TakeWork(ok func(*Work) bool) (Work, bool) {
	prev := WorkID(0)
	for id := m.Deferred; id != 0; prev, id = id, m.Work(id).Next {
		if k := m.Work(id); k.Readers != 0 || (ok != nil && !ok(k)) {
			continue
		}
		w := *m.Work(id)
		if prev == 0 {
			m.Deferred = w.Next
		} else {
			m.Work(prev).Next = w.Next
		}
		if m.DeferredTail == id {
			m.DeferredTail = prev
		}
		m.Works.Free(int32(id))
		return w, true
	}
	return Work{}, false
}

// TaskWork queues a file for release when t returns to user mode
// (fs/file_table.c: __fput_deferred, v6.19).
func (m *Machine) TaskWork(t TaskID, f FileID) {
	id := WorkID(m.Works.New())
	*m.Work(id) = Work{Kind: FPut, Obj: int32(f)}
	k := m.Task(t)
	if k.WorkTail == 0 {
		k.Work = id
	} else {
		m.Work(k.WorkTail).Next = id
	}
	k.WorkTail = id
}

// TakeTaskWork removes the first queued file of t; 0 when there is none.
func (m *Machine) TakeTaskWork(t TaskID) FileID {
	k := m.Task(t)
	id := k.Work
	if id == 0 {
		return 0
	}
	w := *m.Work(id)
	if k.Work = w.Next; k.Work == 0 {
		k.WorkTail = 0
	}
	m.Works.Free(int32(id))
	return FileID(w.Obj)
}

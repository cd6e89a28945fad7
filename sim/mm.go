// SPDX-License-Identifier: GPL-2.0-only

package sim

// MM models struct mm_struct: an address space. Up to v7.1 it remembers the user
// namespace of the last execve and holds it passively until the last mmdrop.
type MM struct {
	Users    int32  // mm_users: tasks
	Count    int32  // mm_count: 1 for all users together, plus lazy TLB
	UserNS   NS     // 0 where exec_state has it (v7.2)
	Exe      FileID // exe_file: pins the credential it was opened with
	VMAs     int32  // first mapping
	Top      uint64 // where the next mapping goes
	Dumpable bool
}

// MM returns an address space.
func (m *Machine) MM(i MMID) *MM { return m.MMs.At(int32(i)) }

// VMA is one mapping of user memory.
type VMA struct {
	Start, End uint64
	Next       int32
}

// TaskExecState models struct task_exec_state (v7.2): what execve recorded.
type TaskExecState struct {
	Refs   int32
	UserNS NS
}

// ExecUserNS returns the user namespace recorded at t's last execve.
func (m *Machine) ExecUserNS(t TaskID) NS {
	k := m.Task(t)
	if k.Exec != 0 {
		return m.ExecStates.At(int32(k.Exec)).UserNS
	}
	if k.MM != 0 {
		return m.MM(k.MM).UserNS
	}
	return m.InitUserNS()
}

// FS models struct fs_struct: what root and working directory say about mounts.
type FS struct {
	Users  int32
	Root   NS   // mount namespace that root and cwd are in
	Chroot bool // root is not the mount namespace's own
}

// FS returns a file-system context.
func (m *Machine) FS(f FSID) *FS { return m.FSs.At(int32(f)) }

// UCounts models struct ucounts: who is charged for namespaces, one object for a
// user namespace and a uid however often it is used. The object holds the
// namespace passively.
type UCounts struct {
	NS   NS
	UID  uint32
	Refs int32
}

// UCountsGet takes a reference on the object for (ns, uid) and makes it if need be
// (kernel/ucount.c: alloc_ucounts, v6.19).
func (m *Machine) UCountsGet(ns NS, uid uint32) UCountsID {
	for i := int32(1); i < m.UCounts.Cap(); i++ {
		if u := m.UCounts.At(i); m.UCounts.Live(i) && u.NS == ns && u.UID == uid {
			u.Refs++
			return UCountsID(i)
		}
	}
	i := m.UCounts.New()
	*m.UCounts.At(i) = UCounts{NS: ns, UID: uid, Refs: 1}
	m.Inc(ns)
	return UCountsID(i)
}

// UCountsPut drops a reference; at the last it returns the user namespace whose
// passive reference is now the caller's to drop (kernel/ucount.c: put_ucounts,
// v6.19).
func (m *Machine) UCountsPut(i UCountsID) NS {
	if i == 0 {
		return 0
	}
	u := m.UCounts.At(int32(i))
	if u.Refs--; u.Refs > 0 {
		return 0
	}
	ns := u.NS
	m.UCounts.Free(int32(i))
	return ns
}

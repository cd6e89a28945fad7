// SPDX-License-Identifier: GPL-2.0-only

package export

import (
	"fmt"
	"strings"

	"github.com/nssim/nssim/refcount"
	"github.com/nssim/nssim/sim"
	"github.com/nssim/nssim/syscall"
)

// describers say for each kind of holder what it is and by whom it is held in turn.
// A table, so that a kind without an entry is found by a test.
var describers = map[sim.HolderKind]func(*places, sim.NS, sim.Holder) string{
	sim.HeldByProxy:     (*places).proxy,
	sim.HeldByTask:      func(p *places, _ sim.NS, h sim.Holder) string { return "real_cred of " + p.task(sim.TaskID(h.ID)) },
	sim.HeldByCred:      (*places).cred,
	sim.HeldByUCounts:   (*places).ucounts,
	sim.HeldByPid:       (*places).pid,
	sim.HeldByInode:     (*places).inode,
	sim.HeldByOwned:     (*places).owned,
	sim.HeldByMqueue:    func(p *places, _ sim.NS, h sim.Holder) string { return "mqueue superblock of " + p.ref(h.NS) },
	sim.HeldByChild:     func(p *places, _ sim.NS, h sim.Holder) string { return "child: " + p.ref(h.NS) },
	sim.HeldBySocket:    (*places).socket,
	sim.HeldByFile:      (*places).file,
	sim.HeldBySuper:     (*places).super,
	sim.HeldByMM:        (*places).mm,
	sim.HeldByExecState: (*places).execState,
	sim.HeldByTree:      (*places).file,
	sim.HeldByFrame:     (*places).frame,
}

// holder says who a holder is.
func (p *places) holder(ns sim.NS, h sim.Holder) string {
	if d := describers[h.Kind]; d != nil {
		return d(p, ns, h)
	}
	return h.Kind.String()
}

// ref is the short form of a namespace with its state.
func (p *places) ref(ns sim.NS) string {
	s := refOf(p.m, p.names, ns).String()
	if st := stateOf(p.m, ns); st != "initial" {
		s += ", " + st
	}
	return s
}

func (p *places) proxy(_ sim.NS, h sim.Holder) string {
	users := p.tasks(func(k *sim.Task) bool { return int32(k.Proxy) == h.ID && k.State != sim.Dead })
	if users == "" {
		users = p.inFlight()
	}
	return fmt.Sprintf("nsproxy of %s (%s)", users, h.Slot)
}

// cred: a credential belongs to tasks, to the files that were opened with it, or waits
// for its grace period.
func (p *places) cred(_ sim.NS, h sim.Holder) string {
	var parts []string
	if s := p.tasks(func(k *sim.Task) bool { return int32(k.Cred) == h.ID }); s != "" {
		parts = append(parts, "cred of "+s)
	}
	if s := p.files(func(_ sim.FileID, f *sim.File) bool { return int32(f.Cred) == h.ID }); s != "" {
		parts = append(parts, "f_cred of "+s)
	}
	if s := p.pending(sim.RCUPutCred, h.ID); s != "" {
		parts = append(parts, "cred, "+s)
	}
	if parts == nil {
		return "cred of " + p.inFlight()
	}
	return strings.Join(parts, "; ")
}

// ucounts: the accounting object is shared by what is charged to it.
func (p *places) ucounts(_ sim.NS, h sim.Holder) string {
	creds, others := 0, []string(nil)
	for i := int32(1); i < p.m.Creds.Cap(); i++ {
		if p.m.Creds.Live(i) && int32(p.m.Creds.At(i).UCounts) == h.ID {
			creds++
		}
	}
	if creds > 0 {
		others = append(others, plural(creds, "cred"))
	}
	for ns := range p.m.Handles() {
		if p.m.Nodes[ns].UCounts == h.ID {
			others = append(others, refOf(p.m, p.names, ns).String())
		}
	}
	watches := 0
	for i := int32(1); i < p.m.Inotifies.Cap(); i++ {
		if p.m.Inotifies.Live(i) && int32(p.m.Inotifies.At(i).UCounts) == h.ID {
			watches++
		}
	}
	if watches > 0 {
		others = append(others, plural(watches, "inotify instance"))
	}
	return fmt.Sprintf("ucounts of uid %d: %s", p.m.UCounts.At(h.ID).UID, strings.Join(others, ", "))
}

func (p *places) pid(_ sim.NS, h sim.Holder) string {
	id := sim.PidID(h.ID)
	k := p.m.Pid(id)
	what := fmt.Sprintf("struct pid %d", p.m.UPids.At(k.UPid).Nr)
	var parts []string
	if s := p.tasks(func(t *sim.Task) bool { return t.Pid == id }); s != "" {
		parts = append(parts, "of "+s)
	} else if s := p.tasks(func(t *sim.Task) bool { return t.Tgid == id || t.Pgid == id || t.Sid == id }); s != "" {
		parts = append(parts, "group or session of "+s)
	}
	if s := p.pidFiles(id); s != "" {
		parts = append(parts, s)
	}
	for i := int32(1); i < p.m.Sockets.Cap(); i++ {
		if p.m.Sockets.Live(i) && p.m.Sockets.At(i).PeerPid == id {
			parts = append(parts, "peer of socket "+itoa(i))
		}
	}
	if s := p.pending(sim.RCUPutPid, h.ID); s != "" {
		parts = append(parts, s)
	}
	if parts == nil {
		parts = append(parts, "of "+p.inFlight())
	}
	return what + " " + strings.Join(parts, "; ")
}

// pidFiles says which files hold a struct pid.
func (p *places) pidFiles(id sim.PidID) string {
	return p.files(func(_ sim.FileID, f *sim.File) bool {
		switch f.Kind {
		case sim.FilePidFD, sim.FileProcDir, sim.FileProcNSLink:
			return f.Obj == int32(id)
		}
		return false
	})
}

// inode: what opened or mounted the namespace file.
func (p *places) inode(_ sim.NS, h sim.Holder) string {
	var parts []string
	files := p.files(func(_ sim.FileID, f *sim.File) bool { return f.Kind == sim.FileNSFS && f.Obj == h.ID })
	if files != "" {
		parts = append(parts, files)
	}
	for i := int32(1); i < p.m.Mounts.Cap(); i++ {
		if p.m.Mounts.Live(i) && int32(p.m.Mounts.At(i).Inode) == h.ID {
			parts = append(parts, p.mount(sim.MountID(i)))
		}
	}
	if k := p.m.Inode(sim.InodeID(h.ID)); k.Marks > 0 {
		parts = append(parts, plural(int(k.Marks), "inotify watch")+" on it")
	}
	if parts == nil {
		parts = append(parts, p.inFlight())
	}
	return "nsfs inode: " + strings.Join(parts, ", ")
}

func (p *places) mount(i sim.MountID) string {
	k := p.m.Mount(i)
	if k.NS == 0 {
		return "a bind mount that is unmounted but in use"
	}
	return "bind mount " + p.m.PathString(k.Path) + " in " + refOf(p.m, p.names, k.NS).String()
}

// owned: the namespaces that a user namespace owns hold it.
func (p *places) owned(_ sim.NS, h sim.Holder) string {
	return "owned: " + p.ref(h.NS) + p.waiting(h.NS)
}

// waiting says what a dead namespace waits for.
func (p *places) waiting(ns sim.NS) string {
	if p.m.Entries[ns].Passive != 0 {
		return ""
	}
	for w := p.m.Deferred; w != 0; w = p.m.Work(w).Next {
		if p.m.Work(w).NS == ns {
			return ", deferred: " + p.m.Work(w).Kind.String()
		}
	}
	return ""
}

func (p *places) socket(_ sim.NS, h sim.Holder) string {
	files := p.files(func(_ sim.FileID, f *sim.File) bool { return f.Kind == sim.FileSocket && f.Obj == h.ID })
	if files == "" {
		files = "closed; its peer still points at it"
	}
	return fmt.Sprintf("socket %d (%s)", h.ID, files)
}

var fileWords = map[sim.FileKind]string{
	sim.FileProcMounts: "/proc/PID/mounts file", sim.FileProcUser: "/proc/PID/uid_map file or its like",
	sim.FileProcNet: "/proc/net file", sim.FileCgroup: "cgroup file", sim.FileTree: "detached mount tree",
	sim.FileFSContext: "file system context",
}

func (p *places) file(_ sim.NS, h sim.Holder) string {
	word := fileWords[p.m.File(sim.FileID(h.ID)).Kind]
	if word == "" {
		word = "file"
	}
	return word + ": " + p.files(func(f sim.FileID, _ *sim.File) bool { return int32(f) == h.ID })
}

var superWords = [...]string{"file system", "tmpfs", "proc", "mqueue", "sysfs", "file system"}

func (p *places) super(ns sim.NS, h sim.Holder) string {
	k := p.m.Supers.At(h.ID)
	var parts []string
	for i := int32(1); i < p.m.Mounts.Cap(); i++ {
		if m := p.m.Mounts.At(i); p.m.Mounts.Live(i) && int32(m.Super) == h.ID {
			parts = append(parts, p.superMount(m))
		}
	}
	files := p.files(func(_ sim.FileID, f *sim.File) bool { return f.Kind == sim.FileFSContext && f.Obj == h.ID })
	if files != "" {
		parts = append(parts, files)
	}
	s := "superblock of " + superWords[k.Kind]
	if parts != nil {
		s += ": " + strings.Join(parts, ", ")
	}
	return s
}

func (p *places) superMount(m *sim.Mount) string {
	if m.NS == 0 {
		return "not attached"
	}
	return "mounted on " + p.m.PathString(m.Path) + " in " + refOf(p.m, p.names, m.NS).String()
}

func (p *places) mm(_ sim.NS, h sim.Holder) string {
	var parts []string
	if s := p.mmUsers(h.ID); s != "" {
		parts = append(parts, "of "+s)
	}
	if s := p.pending(sim.LazyTLB, h.ID); s != "" {
		parts = append(parts, s)
	}
	return "mm (execve) " + strings.Join(parts, "; ")
}

func (p *places) execState(_ sim.NS, h sim.Holder) string {
	if s := p.pending(sim.RCUFreeExec, h.ID); s != "" {
		return "exec_state (execve), " + s
	}
	return "exec_state (execve) of " + p.tasks(func(k *sim.Task) bool { return int32(k.Exec) == h.ID })
}

func (p *places) frame(_ sim.NS, h sim.Holder) string {
	op, step := syscall.NextStep(p.m, sim.TaskID(h.ID))
	return fmt.Sprintf("call in flight of %s: %s, before %s", p.names.TaskName(sim.TaskID(h.ID)), op, step)
}

// counted reports whether a namespace's counts are kept; an initial one's are not.
func counted(m *sim.Machine, ns sim.NS) bool { return m.Entries[ns].Flags&refcount.Frozen == 0 }

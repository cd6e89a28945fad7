// SPDX-License-Identifier: GPL-2.0-only

package sim

import (
	"github.com/nssim/nssim/nstree"
	"github.com/nssim/nssim/refcount"
	"github.com/nssim/nssim/syscall/uapi"
)

// FullCaps is every capability that exists.
const FullCaps CapSet = 1<<(uapi.CAP_LAST_CAP+1) - 1

// BaseMounts is how many mounts the initial mount namespace starts with besides its
// root: proc, sys, dev, tmp, cgroup.
const BaseMounts = 5

// New boots a machine: the eight initial namespaces, the kernel's own tasks, pid 1
// and the task that a program starts with. It fails only on a Config whose names
// are not known.
func New(cfg Config) (*Machine, error) {
	c, err := cfg.Compose()
	if err != nil {
		return nil, err
	}
	m := &Machine{Cfg: c}
	m.Table.Rules, m.Forest.Rules = c.RefRules, c.TreeRule
	m.bootTasks(m.bootNamespaces())
	if m.Table.Rules.Has(refcount.InitCounted) {
		m.countInitial()
	}
	m.Events, m.Fired = m.Events[:0], 0
	return m, nil
}

// MustNew is New for a Config that is known to be good.
func MustNew(cfg Config) *Machine {
	m, err := New(cfg)
	if err != nil {
		panic(err)
	}
	return m
}

// countInitial gives the initial namespaces the counts they have where they are
// counted: one reference for being static, which nobody ever drops, and those of
// whoever holds them after boot. The boot nsproxy's active references were never
// taken; the count of 1 that they start with stands for them.
func (m *Machine) countInitial() {
	derived := m.DeriveCounts(nil)
	for _, ns := range m.initial {
		e := &m.Entries[ns]
		e.Passive = derived[ns].Passive + 1
		if m.Forest.Rules.Has(nstree.InitActiveUnset) && m.Nodes[ns].NSType() == uapi.NET_NS {
			e.Active = derived[ns].Active - 1
			continue
		}
		e.Active = max(1, derived[ns].Active)
	}
}

// bootOrder is the order in which the initial namespaces get their ids where these are
// not fixed, as v6.18.15 does on one CPU. kdevtmpfs comes in between, before ipc.
var bootOrder = []uapi.NSType{
	uapi.UTS_NS, uapi.TIME_NS, uapi.NET_NS, uapi.MNT_NS, uapi.CGROUP_NS, uapi.IPC_NS, uapi.USER_NS, uapi.PID_NS,
}

// bootNamespaces makes the initial namespaces, and returns kdevtmpfs's if it has had to be
// made in between.
func (m *Machine) bootNamespaces() (kdevtmpfs NS) {
	for _, typ := range uapi.NSTypes() { // the owner of the others is the first
		ns := m.AllocFixed(typ, m.initial[0], typ.InitInum())
		m.initial[typ.Index()] = ns
		if !m.Forest.Rules.Has(nstree.IDsPerCPU) {
			m.SetID(ns, typ.InitID())
			m.Insert(ns)
		}
		switch typ {
		case uapi.USER_NS:
			m.bootUserNS(ns)
		case uapi.PID_NS:
			m.Nodes[ns].Data = m.PidNSs.New()
			m.PidNSOf(ns).HadChild = true
		case uapi.MNT_NS:
			m.Nodes[ns].Data = m.MntNSs.New()
			m.MntNSOf(ns).Base = BaseMounts
		}
	}
	if m.Forest.Rules.Has(nstree.IDsPerCPU) {
		return m.bootDrawIDs()
	}
	return 0
}

// bootDrawIDs gives the initial namespaces ids like any others. What is initial does not
// follow from the id then.
func (m *Machine) bootDrawIDs() (kdevtmpfs NS) {
	for _, typ := range bootOrder {
		if typ == uapi.IPC_NS && m.Cfg.Rules.Has(BootKDevTmpfs) {
			kdevtmpfs = m.newKDevTmpfsNS()
			m.SetIdentity(kdevtmpfs, false)
		}
		ns := m.Initial(typ)
		m.AssignID(ns)
		m.SetIdentity(ns, true)
		m.Insert(ns)
	}
	return kdevtmpfs
}

func (m *Machine) bootUserNS(ns NS) {
	m.Nodes[ns].Data = m.UserNSs.New()
	all := m.Mappings.New()
	m.Mappings.At(all).Extent = Extent{Count: ^uint32(0)}
	u := m.UserNSOf(ns)
	u.UIDMap, u.GIDMap, u.ProjMap = all, all, all
}

// bootTasks makes the kernel's worker, pid 1, the program's first task and, where
// configured, the kernel thread that keeps a mount namespace to itself.
func (m *Machine) bootTasks(kdevtmpfs NS) {
	worker := TaskID(m.Tasks.New())
	k := m.Task(worker)
	k.State, k.Flags, k.Leader = Running, KThread, worker

	proxy := ProxyID(m.Proxies.New())
	p := m.Proxy(proxy)
	for s := SlotMnt; s < NumSlots; s++ {
		p.NS[s] = m.Initial(s.Type())
	}
	p.Count, p.Active = 1, true

	one := m.bootTask(proxy)
	m.SigHands.At(m.Task(one).SigHand).ChldIgnored = true
	m.Task(one).Flags |= Unkillable
	m.PidNSOf(m.Initial(uapi.PID_NS)).Reaper = one

	first := m.bootTask(proxy)
	m.AddChild(one, first)
	m.Task(first).ExitSignal = uint8(uapi.SIGCHLD)
	m.bootFiles(first)

	if m.Cfg.Rules.Has(BootKDevTmpfs) {
		m.bootKDevTmpfs(proxy, kdevtmpfs)
	}
}

func (m *Machine) bootTask(proxy ProxyID) TaskID {
	t := TaskID(m.Tasks.New())
	pid := m.bootPid(t)
	cred := m.bootCred()
	files := FDTableID(m.FDTables.New())
	m.FDs(files).Users = 1
	mm := MMID(m.MMs.New())
	*m.MM(mm) = MM{Users: 1, Count: 1, Dumpable: true}
	fs := FSID(m.FSs.New())
	*m.FS(fs) = FS{Users: 1, Root: m.Initial(uapi.MNT_NS)}
	hand := m.SigHands.New()
	m.SigHands.At(hand).Users = 1
	m.Proxy(proxy).Count++

	k := m.Task(t)
	*k = Task{
		State: Running, Leader: t, Pid: pid, Tgid: pid, Pgid: pid, Sid: pid, Cred: cred,
		Proxy: proxy, Files: files, FS: fs, MM: mm, SigHand: hand,
	}
	if m.Cfg.Rules.Has(ExecState) {
		k.Exec = ExecID(m.ExecStates.New())
		*m.ExecStates.At(int32(k.Exec)) = TaskExecState{Refs: 1, UserNS: m.InitUserNS()}
	} else {
		m.MM(mm).UserNS = m.InitUserNS()
	}
	return t
}

// bootFiles gives the first task what a program finds open: descriptors 0 to 2, which
// are one open file of the console, and its binary. Pid 1 needs none.
func (m *Machine) bootFiles(t TaskID) {
	k := m.Task(t)
	console := FileID(m.Files.New())
	*m.File(console) = File{Kind: FilePlain, Refs: 3, Cred: k.Cred, Flags: uapi.O_RDWR}
	for fd := range int32(3) {
		m.FDSet(k.Files, fd, console, false)
	}
	exe := FileID(m.Files.New())
	*m.File(exe) = File{Kind: FilePlain, Refs: 1, Cred: k.Cred}
	m.MM(k.MM).Exe = exe
	m.Cred(k.Cred).Refs += 2
}

func (m *Machine) bootCred() CredID {
	c := CredID(m.Creds.New())
	u := m.UCountsGet(m.InitUserNS(), 0)
	*m.Cred(c) = Cred{
		Permitted: FullCaps, Effective: FullCaps, Bounding: FullCaps,
		UserNS: m.InitUserNS(), UCounts: u, Refs: 1,
	}
	return c
}

// bootPid makes a struct pid in the initial pid namespace for a process that leads
// its own group and session.
func (m *Machine) bootPid(t TaskID) PidID {
	ns := m.Initial(uapi.PID_NS)
	d := m.PidNSOf(ns)
	d.LastNr++
	d.Count++
	u := m.UPids.New()
	*m.UPids.At(u) = UPid{NS: ns, Nr: d.LastNr}
	p := PidID(m.Pids.New())
	*m.Pid(p) = Pid{UPid: u, Refs: 1, Uses: 4, Task: t}
	return p
}

// bootKDevTmpfs makes the kernel thread that unshares its mount namespace during
// boot (drivers/base/devtmpfs.c: devtmpfsd, v6.19).
func (m *Machine) bootKDevTmpfs(initial ProxyID, ns NS) {
	if ns == 0 {
		ns = m.newKDevTmpfsNS()
	}
	m.ActiveGet(ns)

	proxy := ProxyID(m.Proxies.New())
	*m.Proxy(proxy) = *m.Proxy(initial)
	m.Proxy(proxy).NS[SlotMnt] = ns
	m.Proxy(proxy).Count = 1

	t := TaskID(m.Tasks.New())
	cred := m.bootCred()
	*m.Task(t) = Task{State: Running, Flags: KThread, Leader: t, Cred: cred, Proxy: proxy}
}

func (m *Machine) newKDevTmpfsNS() NS {
	ns, _ := m.Alloc(uapi.MNT_NS, m.InitUserNS())
	m.Inc(m.InitUserNS())
	m.AssignID(ns)
	m.Nodes[ns].Data = m.MntNSs.New()
	m.MntNSOf(ns).Base = 1
	m.MntNSOf(ns).Bare = !m.Cfg.Rules.Has(KDevTmpfsCopies)
	m.Nodes[ns].UCounts = int32(m.UCountsGet(m.InitUserNS(), 0))
	m.Insert(ns)
	return ns
}

// Init returns the task that a program starts with.
func (m *Machine) Init() TaskID { return InitTask }

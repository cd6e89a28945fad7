// SPDX-License-Identifier: GPL-2.0-only

package naive_test

import (
	"github.com/nssim/nssim/sim"
	"github.com/nssim/nssim/sim/naive"
	"github.com/nssim/nssim/syscall/uapi"
)

// facts tells the naive engine, from the machine that it is compared with, what is not
// its business.
type facts struct{ m *sim.Machine }

func (f facts) ns(id uint64) sim.NS {
	for _, typ := range uapi.NSTypes() {
		if ns := f.m.Lookup(id, typ); ns != 0 {
			return ns
		}
	}
	return 0
}

func (f facts) id(ns sim.NS) uint64 {
	if ns == 0 {
		return 0
	}
	return f.m.Node(ns).ID
}

func (f facts) Life(t int) naive.Life {
	id := sim.TaskID(t)
	switch {
	case !f.m.TaskLive(id) || f.m.Task(id).State >= sim.Dead:
		return naive.Gone
	case !f.m.Task(id).Alive() || f.m.Task(id).Has(sim.Exiting):
		return naive.Zombie
	}
	return naive.Running
}

func (f facts) Capable(t int, user uint64, capability int) bool {
	return f.m.NSCapable(sim.TaskID(t), f.ns(user), capability)
}

func (f facts) Mapped(t int) bool {
	c := f.m.TaskCred(sim.TaskID(t))
	u := f.m.UserNSOf(c.UserNS)
	return f.m.FromID(u.UIDMap, c.UID.Eff) != sim.IDsUnmapped && f.m.FromID(u.GIDMap, c.GID.Eff) != sim.IDsUnmapped
}

func (f facts) MayRead(t, target int) bool {
	return f.m.PtraceMayRead(sim.TaskID(t), sim.TaskID(target), sim.FSCreds)
}

func (f facts) ByPid(pid int) (task int, ok bool) {
	f.m.EachTask(func(t sim.TaskID, k *sim.Task) bool {
		if k.Pid != 0 && f.m.PidNr(k.Pid, f.m.Initial(uapi.PID_NS)) == int32(pid) && k.State < sim.Dead {
			task, ok = int(t), true
		}
		return !ok
	})
	return task, ok
}

func (f facts) User(t int) uint64 {
	if id := sim.TaskID(t); f.m.TaskLive(id) && f.m.Task(id).Cred != 0 && f.m.Task(id).State < sim.Dead {
		return f.id(f.m.UserNS(id))
	}
	return 0
}

func (f facts) Files(t int) map[int]naive.File {
	files := map[int]naive.File{}
	f.m.EachFD(f.m.Task(sim.TaskID(t)).Files, func(fd int32, i sim.FileID) {
		k := f.m.File(i)
		file := naive.File{User: f.id(f.m.Cred(k.Cred).UserNS), Path: k.Flags&uapi.O_PATH != 0}
		switch k.Kind {
		case sim.FileNSFS:
			file.NS = f.id(f.m.Inodes.At(k.Obj).NS)
		case sim.FileSocket:
			file.Socket, file.Net = true, f.id(f.m.Socket(sim.SocketID(k.Obj)).NetNS)
		}
		files[int(fd)] = file
	})
	return files
}

// boot is what a machine has booted with.
func boot(m *sim.Machine) naive.Boot {
	b := naive.Boot{Initial: map[uapi.NSType]uint64{}, Last: m.LastID}
	if m.Cfg.SwitchOn("ids-per-cpu") { // LastID is the end of a block of ids
		b.Last = 0
	}
	f := facts{m}
	for _, typ := range uapi.NSTypes() {
		b.Initial[typ] = f.id(m.Initial(typ))
		b.Last = max(b.Last, b.Initial[typ])
	}
	m.EachTask(func(_ sim.TaskID, k *sim.Task) bool {
		if k.Has(sim.KThread) && k.Proxy != 0 {
			b.KDevTmpfs = f.id(m.Proxy(k.Proxy).NS[sim.SlotMnt])
		}
		return true
	})
	return b
}

// SPDX-License-Identifier: GPL-2.0-only

package syscall

import (
	"github.com/nssim/nssim/sim"
	"github.com/nssim/nssim/syscall/uapi"
)

// Execve is execve(2) of an ordinary binary: readable, without set-id bits or file
// capabilities.
type Execve struct{ Path string }

func (c Execve) start(x X) {
	if e := x.mayExec(c.Path); e != 0 {
		x.result(0, e)
		return
	}
	x.push(opExecve)
}

// Execve replaces the program (fs/exec.c: bprm_execve, begin_new_exec, v6.19):
// other threads end, a pending time namespace is entered, descriptors marked
// close-on-exec are closed, capabilities are computed anew. ENOENT, EACCES: no such
// file, or nothing that can be executed.
func (t T) Execve(path string) error { return t.do(Execve{path}) }

// Locals of execve.
const (
	exCred = iota // the credential to be
	exFile        // the binary, opened with the old one
)

func init() {
	define(opExecve, "execve",
		step{"prepare_bprm_creds", func(x X) {
			c := x.prepareCreds()
			x.execCaps(x.Cred(c))
			x.f().L[exCred] = int64(c)
			x.f().L[exFile] = int64(x.newFile(sim.File{Kind: sim.FilePlain}))
		}},
		step{"de_thread", execKillThreads},
		step{"de_thread", execWaitThreads},
		step{"de_thread", execTakeLeader},
		step{"unshare_files", func(x X) {
			k := x.me()
			if x.FDs(k.Files).Users > 1 {
				n := x.CopyFDs(k.Files)
				x.FDs(k.Files).Users--
				k.Files = n
			}
		}},
		step{"exec_mmap", execMMap},
		step{"exec_task_namespaces", func(x X) {
			k := x.me()
			x.f().Ret = 0
			if p := x.Proxy(k.Proxy); p.NS[sim.SlotTime] != p.NS[sim.SlotTimeForChildren] {
				x.createNewNamespaces(0, k.Proxy, x.cred().UserNS, x.T)
			}
		}},
		step{"switch_task_namespaces", func(x X) {
			if p := x.f().Ret; p != 0 {
				x.timensOnFork(sim.ProxyID(p))
				x.push(opSwitchNamespaces, p)
			}
		}},
		step{"do_close_on_exec", execCloseOnExec},
		step{"commit_creds", func(x X) {
			f := x.f()
			c := sim.CredID(f.L[exCred])
			f.L[exCred] = 0
			x.commitCreds(c)
		}},
		step{"done", func(x X) { x.execDumpable(); x.ret(0) }},
	)
}

// execDumpable: execve of an ordinary binary makes the task dumpable again where
// the effective ids are the real ones.
func (x X) execDumpable() {
	c := x.cred()
	x.MM(x.me().MM).Dumpable = c.UID.Eff == c.UID.Real && c.GID.Eff == c.GID.Real
}

// execCaps computes the capabilities of an ordinary binary
// (security/commoncap.c: cap_bprm_creds_from_file, v6.19): root, as its user
// namespace maps it, gets what is bounded, anybody else what is ambient.
func (x X) execCaps(c *sim.Cred) {
	root := x.MakeID(x.UserNSOf(c.UserNS).UIDMap, 0)
	noroot := c.SecureBits&uapi.SECBIT_NOROOT != 0
	isRoot := root != sim.IDsUnmapped && !noroot && (c.UID.Eff == root || c.UID.Real == root)
	c.UID.Saved, c.UID.FS = c.UID.Eff, c.UID.Eff
	c.GID.Saved, c.GID.FS = c.GID.Eff, c.GID.Eff
	if isRoot {
		c.Permitted = c.Bounding | c.Inheritable
		c.Effective = 0
		if c.UID.Eff == root {
			c.Effective = c.Permitted
		}
		return
	}
	c.Permitted, c.Effective = c.Ambient, c.Ambient
}

func execKillThreads(x X) {
	x.killOthers()
}

// execWaitThreads sleeps until the group has no other member but perhaps its
// zombie leader.
func execWaitThreads(x X) {
	others := 0
	leader := x.me().Leader
	x.EachTask(func(t sim.TaskID, k *sim.Task) bool {
		if t != x.T && k.Leader == leader && k.State < sim.Dead && (t != leader || k.State != sim.Zombie) {
			others++
		}
		return true
	})
	if others > 0 {
		x.sleep()
	}
}

// execTakeLeader makes a thread that executes take over its dead leader's identity
// and release the leader (fs/exec.c: de_thread, v6.19).
func execTakeLeader(x X) {
	k := x.me()
	x.eachChildOf(x.T, func(c *sim.Task) { c.Flags |= sim.ExecedSinceFork })
	if k.Leader == x.T {
		return
	}
	old := k.Leader
	l := x.Task(old)
	k.Pid, l.Pid = l.Pid, k.Pid
	x.Pid(k.Pid).Task, x.Pid(l.Pid).Task = x.T, old
	k.Tgid, k.Pgid, k.Sid = l.Tgid, l.Pgid, l.Sid
	l.Tgid, l.Pgid, l.Sid = 0, 0, 0
	k.Parent, k.ExitSignal = l.Parent, uint8(uapi.SIGCHLD)
	k.Flags |= l.Flags & (sim.SubReaper | sim.Unkillable)
	k.Leader = x.T
	x.EachTask(func(_ sim.TaskID, c *sim.Task) bool {
		if c.Parent == old {
			c.Parent = x.T
		}
		return true
	})
	if ns := x.ActivePidNS(x.T); ns != 0 && x.PidNSOf(ns).Reaper == old {
		x.PidNSOf(ns).Reaper = x.T
	}
	l.Leader = x.T // a plain thread now, released like one
	l.State = sim.Dead
	x.push(opReleaseTask, int64(old))
}

func (x X) eachChildOf(t sim.TaskID, f func(*sim.Task)) {
	x.EachTask(func(_ sim.TaskID, c *sim.Task) bool {
		if c.Parent == t && c.State < sim.Dead {
			f(c)
		}
		return true
	})
}

// execMMap replaces the address space. The new one, or from v7.2 the task, pins
// the user namespace; the binary pins the credential that opened it.
func execMMap(x X) {
	f, k := x.f(), x.me()
	ns := x.cred().UserNS
	mm := sim.MMID(x.MMs.New())
	*x.MM(mm) = sim.MM{Users: 1, Count: 1, Exe: sim.FileID(f.L[exFile]), Dumpable: true}
	f.L[exFile] = 0
	x.vforkDone()
	old := k.MM
	k.MM = mm
	x.Inc(ns)
	if k.Exec != 0 {
		e := k.Exec
		k.Exec = sim.ExecID(x.ExecStates.New())
		*x.ExecStates.At(int32(k.Exec)) = sim.TaskExecState{Refs: 1, UserNS: ns}
		x.putExecState(e)
	} else {
		x.MM(mm).UserNS = ns
	}
	x.mmput(old)
}

func execCloseOnExec(x X) {
	table := x.me().Files
	fd, found := int32(0), false
	x.EachFD(table, func(n int32, _ sim.FileID) {
		if !found && x.FDCloExec(table, n) {
			fd, found = n, true
		}
	})
	if !found {
		return
	}
	x.again()
	x.fputSync(x.FDClear(table, fd))
}

func init() {
	define(opPutMM, "mmdrop_lazy_tlb", step{"mmdrop", func(x X) { x.mmdrop(sim.MMID(x.f().L[0])) }})
}

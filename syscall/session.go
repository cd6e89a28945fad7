// SPDX-License-Identifier: GPL-2.0-only

package syscall

import (
	"github.com/nssim/nssim/sim"
	"github.com/nssim/nssim/syscall/uapi"
)

// Setsid is setsid(2), Setpgid is setpgid(2), Getpgid is getpgid(2), Getsid is getsid(2).
type (
	Setsid  struct{}
	Setpgid struct{ Pid, Pgid int32 }
	Getpgid struct{ Pid int32 }
	Getsid  struct{ Pid int32 }
)

func (Setsid) start(x X)    { x.push(opSession, sessSetsid) }
func (c Setpgid) start(x X) { x.push(opSession, sessSetpgid, int64(c.Pid), int64(c.Pgid)) }
func (c Getpgid) start(x X) { x.push(opSession, sessGetpgid, int64(c.Pid)) }
func (c Getsid) start(x X)  { x.push(opSession, sessGetsid, int64(c.Pid)) }

// Setsid makes the caller's process the leader of a session and a group of its own and
// returns its number (kernel/sys.c: ksys_setsid, v6.19). EPERM: a group of that number
// exists. The struct pid that was the session's is let go of, which may release its pid
// namespace; the new one's outlives the process as long as the session has members.
func (t T) Setsid() (int, error) { return t.fd(Setsid{}) }

// Setpgid puts a process, 0 for the caller's, into a process group, 0 for one of its own
// (kernel/sys.c: setpgid, v6.19). EINVAL: a negative group; ESRCH: no such process, or
// not the caller's or its child; EPERM: a child in another session; EACCES: a child
// that has called execve; EPERM: a session's leader, or a group of another session.
func (t T) Setpgid(pid, pgid int) error { return t.do(Setpgid{int32(pid), int32(pgid)}) }

// Getpgid returns the process group of a process, 0 for the caller's, as the caller's pid
// namespace numbers it: 0 if it is outside (kernel/sys.c: do_getpgid, v6.19). ESRCH.
func (t T) Getpgid(pid int) (int, error) { return t.fd(Getpgid{int32(pid)}) }

// Getsid is Getpgid for the session (kernel/sys.c: getsid, v6.19).
func (t T) Getsid(pid int) (int, error) { return t.fd(Getsid{int32(pid)}) }

// Locals of opSession: what to do, the arguments, the result, struct pids to free.
const (
	sessWhat = iota
	sessPid
	sessPgid
	sessRet
	sessFree
)

// What opSession does.
const (
	sessSetsid = iota
	sessSetpgid
	sessGetpgid
	sessGetsid
)

func init() {
	define(opSession, "setsid",
		step{"change_pid", func(x X) {
			f := x.f()
			v, e := sessions[f.L[sessWhat]](x, int32(f.L[sessPid]), int32(f.L[sessPgid]))
			if f.L[sessRet] = v; e != 0 {
				x.fail(e)
			}
		}},
		step{"free_pids", func(x X) {
			f := x.f()
			for i := sessFree; i < sessFree+2; i++ {
				if p := sim.PidID(f.L[i]); p != 0 {
					f.L[i] = 0
					x.again()
					x.freePid(p)
					return
				}
			}
		}},
		step{"done", func(x X) { x.ret(x.f().L[sessRet]) }},
	)
}

var sessions = [...]func(x X, pid, pgid int32) (int64, uapi.Errno){
	sessSetsid:  func(x X, _, _ int32) (int64, uapi.Errno) { return x.setsid() },
	sessSetpgid: func(x X, pid, pgid int32) (int64, uapi.Errno) { return 0, x.setpgid(pid, pgid) },
	sessGetpgid: func(x X, pid, _ int32) (int64, uapi.Errno) {
		return x.sessionNr(pid, func(l *sim.Task) sim.PidID { return l.Pgid })
	},
	sessGetsid: func(x X, pid, _ int32) (int64, uapi.Errno) {
		return x.sessionNr(pid, func(l *sim.Task) sim.PidID { return l.Sid })
	},
}

func (x X) sessionNr(pid int32, of func(leader *sim.Task) sim.PidID) (int64, uapi.Errno) {
	t := x.T
	if pid != 0 {
		if t = x.FindTask(pid, x.ActivePidNS(x.T)); !x.attached(t) {
			return 0, uapi.ESRCH
		}
	}
	return int64(x.PidNr(of(x.Task(x.Task(t).Leader)), x.ActivePidNS(x.T))), 0
}

func (x X) setsid() (int64, uapi.Errno) {
	leader := x.Task(x.me().Leader)
	p := leader.Tgid
	if leader.Sid == p || x.groupExists(p) {
		return 0, uapi.EPERM
	}
	x.changePid(&leader.Sid, p)
	x.changePid(&leader.Pgid, p)
	return int64(x.PidNr(p, x.ActivePidNS(x.T))), 0
}

// groupExists reports whether a struct pid is some process's group.
func (x X) groupExists(p sim.PidID) (found bool) {
	x.EachTask(func(t sim.TaskID, k *sim.Task) bool {
		found = k.Leader == t && k.Pgid == p && x.attached(t)
		return !found
	})
	return found
}

func (x X) setpgid(pid, pgid int32) uapi.Errno {
	ns, mine := x.ActivePidNS(x.T), x.me().Leader
	if pid == 0 {
		pid = x.PidNr(x.Task(mine).Tgid, ns)
	}
	if pgid == 0 {
		pgid = pid
	}
	if pgid < 0 {
		return uapi.EINVAL
	}
	t := x.FindTask(pid, ns)
	switch {
	case !x.attached(t):
		return uapi.ESRCH
	case x.Task(t).Leader != t:
		return uapi.EINVAL
	}
	k := x.Task(t)
	switch parent := k.Parent; {
	case parent != 0 && x.Task(parent).Leader == mine:
		if k.Sid != x.Task(mine).Sid {
			return uapi.EPERM
		}
		if k.Has(sim.Execed) {
			return uapi.EACCES
		}
	case t != mine:
		return uapi.ESRCH
	}
	if k.Sid == k.Tgid {
		return uapi.EPERM
	}
	group := k.Tgid
	if pgid != pid {
		group = x.FindPid(pgid, ns)
		if !x.groupInSession(group, x.Task(mine).Sid) {
			return uapi.EPERM
		}
	}
	if k.Pgid != group {
		x.changePid(&k.Pgid, group)
	}
	return 0
}

// groupInSession reports whether a struct pid is the group of a process in a session.
func (x X) groupInSession(group, session sim.PidID) (found bool) {
	x.EachTask(func(t sim.TaskID, k *sim.Task) bool {
		found = group != 0 && k.Leader == t && k.Pgid == group && k.Sid == session && x.attached(t)
		return !found
	})
	return found
}

// changePid makes a leader's Pgid or Sid another struct pid. The old one is freed by the
// next step if this was the last use of it (kernel/pid.c: change_pid, v6.19).
func (x X) changePid(at *sim.PidID, p sim.PidID) {
	old := *at
	*at = p
	x.Pid(p).Uses++
	if !x.detachPid(old) {
		return
	}
	f := x.f()
	if f.L[sessFree] != 0 {
		f.L[sessFree+1] = int64(old)
		return
	}
	f.L[sessFree] = int64(old)
}

// SPDX-License-Identifier: GPL-2.0-only

package syscall

import "github.com/nssim/nssim/sim"

// The calls that ask for one of the caller's own numbers.
type (
	Getpid  struct{}
	Gettid  struct{}
	Getppid struct{}
	Getuid  struct{}
	Geteuid struct{}
	Getgid  struct{}
	Getegid struct{}
)

func (Getpid) start(x X)  { x.push(opGetID, getPID) }
func (Gettid) start(x X)  { x.push(opGetID, getTID) }
func (Getppid) start(x X) { x.push(opGetID, getPPID) }
func (Getuid) start(x X)  { x.push(opGetID, getUID) }
func (Geteuid) start(x X) { x.push(opGetID, getEUID) }
func (Getgid) start(x X)  { x.push(opGetID, getGID) }
func (Getegid) start(x X) { x.push(opGetID, getEGID) }

// Getpid returns the process's id in the caller's active pid namespace
// (kernel/sys.c: sys_getpid, v6.19). No errno, as for the others of this file.
func (t T) Getpid() (int, error) { return t.fd(Getpid{}) }

// Gettid returns the thread's id in its active pid namespace (kernel/sys.c:
// sys_gettid, v6.19).
func (t T) Gettid() (int, error) { return t.fd(Gettid{}) }

// Getppid returns the parent's id in the caller's active pid namespace, 0 if the
// parent is outside it (kernel/sys.c: sys_getppid, v6.19).
func (t T) Getppid() (int, error) { return t.fd(Getppid{}) }

// Getuid returns the real uid as the caller's user namespace numbers it, 65534 if it
// has no mapping there (kernel/sys.c: sys_getuid, v6.19).
func (t T) Getuid() (uint32, error) { return t.id(Getuid{}) }

// Geteuid is Getuid for the effective uid (kernel/sys.c: sys_geteuid, v6.19).
func (t T) Geteuid() (uint32, error) { return t.id(Geteuid{}) }

// Getgid is Getuid for the real gid (kernel/sys.c: sys_getgid, v6.19).
func (t T) Getgid() (uint32, error) { return t.id(Getgid{}) }

// Getegid is Getuid for the effective gid (kernel/sys.c: sys_getegid, v6.19).
func (t T) Getegid() (uint32, error) { return t.id(Getegid{}) }

const (
	getPID = iota
	getTID
	getPPID
	getUID
	getEUID
	getGID
	getEGID
)

var getters = [...]func(X) int64{
	getPID:  func(x X) int64 { return x.tgidOf(x.T) },
	getTID:  func(x X) int64 { return int64(x.PidNr(x.me().Pid, x.ActivePidNS(x.T))) },
	getPPID: func(x X) int64 { return x.tgidOf(x.Task(x.me().Leader).Parent) },
	getUID:  func(x X) int64 { return x.munged(x.cred().UID.Real, false) },
	getEUID: func(x X) int64 { return x.munged(x.cred().UID.Eff, false) },
	getGID:  func(x X) int64 { return x.munged(x.cred().GID.Real, true) },
	getEGID: func(x X) int64 { return x.munged(x.cred().GID.Eff, true) },
}

func init() {
	define(opGetID, "get*id", step{"get", func(x X) { x.ret(getters[x.f().L[0]](x)) }})
}

// tgidOf returns the number of t's process in the caller's active pid namespace, 0
// if it has none there (kernel/pid.c: task_tgid_vnr, v6.19).
func (x X) tgidOf(t sim.TaskID) int64 {
	if t == 0 {
		return 0
	}
	return int64(x.PidNr(x.Task(x.Task(t).Leader).Tgid, x.ActivePidNS(x.T)))
}

func (x X) munged(id uint32, group bool) int64 {
	u := x.UserNSOf(x.cred().UserNS)
	if group {
		return int64(x.Munged(u.GIDMap, id))
	}
	return int64(x.Munged(u.UIDMap, id))
}

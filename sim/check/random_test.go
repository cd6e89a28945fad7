// SPDX-License-Identifier: GPL-2.0-only

package check_test

import (
	"fmt"
	"math/rand/v2"
	"os"
	"strconv"
	"strings"
	"testing"

	"github.com/nssim/nssim/sim"
	"github.com/nssim/nssim/sim/check"
	"github.com/nssim/nssim/syscall"
	"github.com/nssim/nssim/syscall/uapi"
)

// randomCalls is how many random calls the test below makes for each profile;
// NSSIM_CALLS raises it.
func randomCalls() int {
	if n, err := strconv.Atoi(os.Getenv("NSSIM_CALLS")); err == nil {
		return n
	}
	if testing.Short() {
		return 3_000
	}
	return 30_000
}

// TestRandomCalls makes random calls by random tasks, with arguments that are
// sometimes wild, and demands every property after each. Machines are started anew
// now and then, and before that all is torn down, so that leaks show.
func TestRandomCalls(t *testing.T) {
	for i, p := range sim.Profiles() {
		t.Run(p.Name, func(t *testing.T) {
			t.Parallel()
			r := &randomizer{Rand: rand.New(rand.NewPCG(uint64(i), 1)), t: t}
			for n := randomCalls(); n > 0; {
				n -= r.machine(sim.Config{Kernel: p.Name}, 120)
				if t.Failed() {
					return
				}
			}
		})
	}
}

type randomizer struct {
	*rand.Rand
	t       *testing.T
	m       *sim.Machine
	checker check.Checker
	log     []string
}

// machine boots a machine, makes calls and tears it down.
func (r *randomizer) machine(cfg sim.Config, calls int) int {
	r.m = sim.MustNew(cfg)
	r.log = r.log[:0]
	for i := range calls {
		t := r.task()
		if t == 0 {
			return i + 1
		}
		c := r.call(t)
		r.log = append(r.log, fmt.Sprintf("t%d: %T%+v", t, c, c))
		r.run(t, c)
		k := r.m.Task(t)
		r.log[len(r.log)-1] += fmt.Sprintf(" = %d", k.Ret)
		if r.IntN(20) == 0 {
			syscall.Settle(r.m)
			r.log = append(r.log, "settle")
		}
		if !r.check(check.Quiescent) {
			return i + 1
		}
	}
	r.tearDown()
	return calls
}

func (r *randomizer) run(t sim.TaskID, c syscall.Call) {
	_ = syscall.Start(r.m, t, c)
	syscall.Run(r.m, t)
	syscall.Sched(r.m)
}

// tearDown ends every task but the first, which releases a socket so that the kernel
// looks for sockets in flight to each other, and then goes too. A machine whose first
// task is gone already may keep such sockets.
func (r *randomizer) tearDown() {
	init := syscall.Task(r.m, r.m.Init())
	r.kill(func(t sim.TaskID) bool { return t != init.ID })
	syscall.Settle(r.m)
	if r.m.TaskLive(init.ID) && r.m.Task(init.ID).Alive() {
		if s, err := init.Socket(uapi.AF_UNIX, uapi.SOCK_DGRAM, 0); err == nil {
			_ = init.Close(s)
		}
	}
	r.kill(func(sim.TaskID) bool { return true })
	syscall.Settle(r.m)
	r.check(check.Quiescent)
	if r.m.Mounts.Count() == 0 && r.m.Sockets.Count() == 0 {
		r.check(check.AtEnd)
	}
}

func (r *randomizer) kill(which func(sim.TaskID) bool) {
	for t := sim.Pid1 + 1; t < r.m.NumTasks(); t++ {
		if r.m.TaskLive(t) && r.m.Task(t).Alive() && !r.m.Task(t).Has(sim.KThread) && which(t) {
			r.m.Task(t).Flags |= sim.KillPending
			r.m.Wake(t)
		}
	}
}

func (r *randomizer) check(w check.When) bool {
	for _, f := range r.checker.Check(r.m, w) {
		if len(brokenBy(r.t, r.m.Cfg, f.Property)) > 0 {
			continue
		}
		from := max(0, len(r.log)-60)
		held := ""
		if f.NS != 0 {
			for _, h := range r.m.Holders(f.NS) {
				held += fmt.Sprintf("\nheld by %s %d: %+v", h.Kind, h.ID, h)
			}
		}
		r.t.Errorf("%s%s\nafter\n%s", f, held, strings.Join(r.log[from:], "\n"))
		return false
	}
	return true
}

func (r *randomizer) task() sim.TaskID {
	var ts []sim.TaskID
	r.m.EachTask(func(t sim.TaskID, k *sim.Task) bool {
		if t > sim.Pid1 && k.Alive() && k.Top == 0 && !k.Has(sim.KThread) {
			ts = append(ts, t)
		}
		return true
	})
	if len(ts) == 0 {
		return 0
	}
	return ts[r.IntN(len(ts))]
}

func (r *randomizer) fd(t sim.TaskID) int32 {
	var fds []int32
	r.m.EachFD(r.m.Task(t).Files, func(fd int32, _ sim.FileID) { fds = append(fds, fd) })
	if len(fds) == 0 || r.IntN(20) == 0 {
		return int32(r.IntN(40)) - 3
	}
	return fds[r.IntN(len(fds))]
}

// pid is a pid as t sees it, mostly of a task that exists.
func (r *randomizer) pid(t sim.TaskID) int32 {
	if r.IntN(10) == 0 {
		return int32(r.IntN(20)) - 3
	}
	var ps []int32
	r.m.EachTask(func(o sim.TaskID, k *sim.Task) bool {
		if nr := r.m.PidNr(k.Pid, r.m.ActivePidNS(t)); nr > 1 {
			ps = append(ps, nr)
		}
		return true
	})
	if len(ps) == 0 {
		return 1
	}
	return ps[r.IntN(len(ps))]
}

func (r *randomizer) nsFlags() uint64 {
	types := uapi.NSTypes()
	f := uint64(types[r.IntN(8)])
	for r.IntN(3) == 0 {
		f |= uint64(types[r.IntN(8)])
	}
	if r.IntN(40) == 0 {
		f ^= 1 << r.IntN(40)
	}
	return f
}

func (r *randomizer) id() uint64 {
	switch r.IntN(12) {
	case 0:
		return ^uint64(0)
	case 1:
		return 0
	case 2:
		return r.Uint64()
	}
	return r.Uint64N(r.m.LastID + 3)
}

func (r *randomizer) nsPath() string {
	names := []string{"net", "uts", "ipc", "pid", "pid_for_children", "user", "mnt", "cgroup", "time", "time_for_children"}
	who := "self"
	if r.IntN(2) == 0 {
		who = strconv.Itoa(1 + r.IntN(9))
	}
	return "/proc/" + who + "/ns/" + names[r.IntN(len(names))]
}

func (r *randomizer) path() string {
	paths := []string{"/dev/null", "/tmp/a", "/tmp/b", "/tmp", "/", "/proc/self/uid_map", "/proc/self/mountinfo", "/nope", "/proc/self/status"}
	if r.IntN(2) == 0 {
		return r.nsPath()
	}
	return paths[r.IntN(len(paths))]
}

func (r *randomizer) call(t sim.TaskID) syscall.Call {
	cs := randomTable
	return cs[r.IntN(len(cs))](r, t)
}

func (r *randomizer) oflags() uint32 {
	fs := []uint32{uapi.O_RDONLY, uapi.O_RDONLY, uapi.O_RDONLY | uapi.O_CLOEXEC, uapi.O_RDWR, uapi.O_WRONLY, uapi.O_PATH,
		uapi.O_PATH | uapi.O_NOFOLLOW, uapi.O_CREAT | uapi.O_RDWR, uapi.O_DIRECTORY, uapi.O_TRUNC, uapi.O_EXCL | uapi.O_CREAT}
	if r.IntN(10) == 0 {
		return r.Uint32()
	}
	return fs[r.IntN(len(fs))]
}

// randomTable makes one call each; listed more than once to be likelier.
var randomTable = []func(*randomizer, sim.TaskID) syscall.Call{
	func(r *randomizer, t sim.TaskID) syscall.Call { return syscall.Clone{ExitSignal: uint32(uapi.SIGCHLD)} },
	func(r *randomizer, t sim.TaskID) syscall.Call {
		return syscall.Clone{ExitSignal: uint32(uapi.SIGCHLD), Flags: r.nsFlags()}
	},
	func(r *randomizer, t sim.TaskID) syscall.Call {
		return syscall.Clone{Flags: uapi.CLONE_VM | uapi.CLONE_SIGHAND | uapi.CLONE_THREAD | uapi.CLONE_FILES | uapi.CLONE_FS}
	},
	func(r *randomizer, t sim.TaskID) syscall.Call {
		c := syscall.Clone{ExitSignal: uint32(r.IntN(70)), Flags: r.Uint64() & (1<<38 - 1), Clone3: r.IntN(2) == 0}
		if r.IntN(2) == 0 {
			c.Flags = r.nsFlags() | uapi.CLONE_PIDFD
			c.BadPidFD = r.IntN(2) == 0
			c.ExitSignal = uint32(uapi.SIGCHLD)
		}
		for r.IntN(3) == 0 {
			c.SetTid = append(c.SetTid, int32(r.IntN(40)-1))
		}
		return c
	},
	func(r *randomizer, t sim.TaskID) syscall.Call { return syscall.Unshare{Flags: r.nsFlags()} },
	func(r *randomizer, t sim.TaskID) syscall.Call { return syscall.Unshare{Flags: r.nsFlags()} },
	func(r *randomizer, t sim.TaskID) syscall.Call {
		return syscall.Unshare{Flags: uapi.CLONE_NEWUSER | r.nsFlags()}
	},
	func(r *randomizer, t sim.TaskID) syscall.Call { return syscall.Unshare{Flags: r.Uint64() & 0xffffffff} },
	func(r *randomizer, t sim.TaskID) syscall.Call {
		return syscall.Unshare{Flags: uapi.CLONE_FILES | uapi.CLONE_FS}
	},
	func(r *randomizer, t sim.TaskID) syscall.Call { return syscall.Setns{FD: r.fd(t), Flags: 0} },
	func(r *randomizer, t sim.TaskID) syscall.Call { return syscall.Setns{FD: r.fd(t), Flags: r.nsFlags()} },
	func(r *randomizer, t sim.TaskID) syscall.Call { return syscall.ExitGroup{Code: int32(r.IntN(3))} },
	func(r *randomizer, t sim.TaskID) syscall.Call { return syscall.Exit{Code: int32(r.IntN(3))} },
	func(r *randomizer, t sim.TaskID) syscall.Call {
		return syscall.Wait{Which: uapi.P_ALL, Options: uapi.WNOHANG | uint32(r.IntN(2))*uapi.WALL}
	},
	func(r *randomizer, t sim.TaskID) syscall.Call { return syscall.Wait{Which: uapi.P_PID, ID: r.pid(t)} },
	func(r *randomizer, t sim.TaskID) syscall.Call {
		return syscall.Wait{Which: int32(r.IntN(5)), ID: r.pid(t), Options: r.Uint32N(32) | uapi.WEXITED, WaitID: true}
	},
	func(r *randomizer, t sim.TaskID) syscall.Call { return syscall.Close{FD: r.fd(t)} },
	func(r *randomizer, t sim.TaskID) syscall.Call { return syscall.Close{FD: r.fd(t)} },
	func(r *randomizer, t sim.TaskID) syscall.Call {
		cmds := []uapi.Ioctl{uapi.NS_GET_USERNS, uapi.NS_GET_PARENT, uapi.NS_GET_NSTYPE, uapi.NS_GET_OWNER_UID, uapi.NS_GET_MNTNS_ID,
			uapi.NS_GET_ID, uapi.NS_MNT_GET_INFO, uapi.NS_MNT_GET_NEXT, uapi.NS_MNT_GET_PREV, uapi.SIOCGSKNS, uapi.SIOCGSKNS,
			uapi.NS_GET_PID_FROM_PIDNS, uapi.NS_GET_TGID_IN_PIDNS, uapi.PIDFD_GET_NET_NAMESPACE, uapi.PIDFD_GET_USER_NAMESPACE,
			uapi.PIDFD_GET_PID_NAMESPACE, uapi.PIDFD_GET_TIME_FOR_CHILDREN_NAMESPACE, uapi.Ioctl(r.Uint32())}
		return syscall.Ioctl{FD: r.fd(t), Cmd: cmds[r.IntN(len(cmds))], Arg: uint64(r.IntN(8)) * uint64(r.IntN(2)), Null: r.IntN(8) == 0, Bad: r.IntN(8) == 0}
	},
	func(r *randomizer, t sim.TaskID) syscall.Call {
		types := uapi.NSTypes()
		q := uapi.NSIDReq{NSID: r.id()}
		if r.IntN(2) == 0 {
			q.NSType = types[r.IntN(8)]
		}
		if r.IntN(3) == 0 {
			q.UserNSID = r.id()
		}
		if r.IntN(10) == 0 {
			q.NSType |= uapi.NSType(r.Uint32())
			q.Size = r.Uint32N(5000)
			q.Spare = r.Uint32N(2)
		}
		return syscall.Listns{Req: q, Buf: syscall.Buf{Room: int64(r.IntN(8) - 1)}, NR: r.Uint64N(20), Flags: r.Uint32N(40) / 39}
	},
	func(r *randomizer, t sim.TaskID) syscall.Call {
		h := uapi.NSFSFileHandle{NSID: r.id()}
		if r.IntN(2) == 0 {
			if ns := r.m.Lookup(h.NSID, 0); ns != 0 {
				h.NSType, h.NSInum = r.m.Node(ns).NSType(), r.m.Node(ns).Inum
			}
		}
		c := syscall.Handle(uapi.FD_NSFS_ROOT, h, r.oflags())
		if r.IntN(4) == 0 {
			c.Anchor = r.fd(t)
			c.Bytes = r.Uint32N(140)
			c.Payload = append(c.Payload, make([]byte, r.IntN(130))...)
			c.Type |= int32(r.IntN(4)) << 16
		}
		return c
	},
	func(r *randomizer, t sim.TaskID) syscall.Call { return syscall.Execve{Path: "/bin/true"} },
	func(r *randomizer, t sim.TaskID) syscall.Call { return syscall.Pause{} },
}

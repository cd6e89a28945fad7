// SPDX-License-Identifier: GPL-2.0-only

package syscall_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/nssim/nssim/sim"
	"github.com/nssim/nssim/syscall"
	"github.com/nssim/nssim/syscall/uapi"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// The counts in this file were read from running kernels, 6.19.14, 7.0.13 and 7.3.4, which
// agree: active counts right after the call, passive ones when the kernel had come to rest.

// scene is a world with names.
type scene struct {
	*world
	T  map[string]syscall.T
	fd map[string]int
	ns map[string]named
}

// named is a namespace that is told from a later one at the same place.
type named struct {
	ns sim.NS
	id uint64
}

// name gives a task's namespaces of some types names.
func (s *scene) name(p string, names ...string) {
	for _, n := range names {
		name, typ, ok := strings.Cut(n, "=")
		if !ok {
			typ = name
		}
		ns := s.world.ns(s.T[p], typ)
		s.ns[name] = named{ns, s.id(ns)}
	}
}

// is looks at one namespace: "p1 a1", "a1", or "-" for one that is gone.
func (s *scene) is(name string) (active, counts string) {
	n := s.ns[name]
	if n.ns == 0 || !s.there(n.ns) || s.id(n.ns) != n.id {
		return "-", "-"
	}
	return fmt.Sprintf("a%d", s.m.Active(n.ns)), s.counts(n.ns)
}

// step is a line of an example: what is done, and the counts of the namespaces in the
// order of the example's columns; "" for one that does not exist yet or is not looked at.
type step struct {
	what string
	do   func(s *scene)
	want []string
}

type example struct {
	name    string
	columns []string
	steps   []step
}

func (e *example) run(t *testing.T, kernel string) {
	w := newWorld(t, sim.Config{Kernel: kernel})
	s := &scene{w, map[string]syscall.T{"M": w.init}, map[string]int{}, map[string]named{}}
	for _, st := range e.steps {
		st.do(s)
		require.Len(t, st.want, len(e.columns), st.what)
		for i, c := range e.columns {
			if active, _ := s.is(c); strings.Contains(st.want[i], "a") && active != "-" {
				assert.Equal(t, st.want[i][strings.IndexByte(st.want[i], 'a'):], active, "%s: %s, at once", st.what, c)
			}
		}
		syscall.Settle(s.m)
		for i, c := range e.columns {
			active, counts := s.is(c)
			switch want := st.want[i]; {
			case want == "":
			case strings.HasPrefix(want, "a"):
				assert.Equal(t, want, active, "%s: %s", st.what, c)
			default:
				assert.Equal(t, want, counts, "%s: %s", st.what, c)
			}
		}
	}
	assert.Equal(t, "quiet", s.warnings())
}

// The same task by name, from here on.

func (s *scene) forks(p, child string) { s.T[child] = s.fork(s.T[p]) }

func (s *scene) exits(p string) { s.T[p].ExitGroup(0) }

func (s *scene) reaps(p, child string) { s.reap(s.T[p], s.T[child]) }

func (s *scene) opens(p, of, typ, fd string) { s.fd[fd] = s.open(s.T[p], s.T[of], typ) }

func (s *scene) closes(p, fd string) { s.ok(s.T[p].Close(s.fd[fd])) }

func (s *scene) setns(p, fd string, flags uint64) { s.ok(s.T[p].Setns(s.fd[fd], flags)) }

func (s *scene) fails(want uapi.Errno, err error) {
	s.t.Helper()
	assert.Equal(s.t, want, err)
}

const (
	all7 = uapi.CLONE_NEWNS | uapi.CLONE_NEWUTS | uapi.CLONE_NEWIPC | uapi.CLONE_NEWPID | uapi.CLONE_NEWCGROUP |
		uapi.CLONE_NEWNET | uapi.CLONE_NEWTIME
	all8 = all7 | uapi.CLONE_NEWUSER
)

var examples = []example{
	{"X1 fork, unshare net, exit, reap", []string{"net", "uts"}, []step{
		{"P unshare(NEWNET)", func(s *scene) {
			s.forks("M", "P")
			s.unshare(s.T["P"], uapi.CLONE_NEWNET)
			s.name("P", "net")
		}, []string{"p1 a1", ""}},
		{"P forks C", func(s *scene) { s.forks("P", "C") }, []string{"p1 a1", ""}},
		{"C zombie", func(s *scene) { s.exits("C") }, []string{"p1 a1", ""}},
		{"C reaped", func(s *scene) { s.reaps("P", "C") }, []string{"p1 a1", ""}},
		{"P unshare(NEWUTS)", func(s *scene) {
			s.unshare(s.T["P"], uapi.CLONE_NEWUTS)
			s.name("P", "uts")
		}, []string{"p1 a1", "p1 a1"}},
		{"P zombie", func(s *scene) { s.exits("P") }, []string{"-", "-"}},
		{"P reaped", func(s *scene) { s.reaps("M", "P") }, []string{"-", "-"}},
	}},

	{"X2 all seven", []string{"mnt", "uts", "ipc", "cgroup", "net", "pid", "time"}, []step{
		{"unshare", func(s *scene) {
			s.forks("M", "P")
			s.unshare(s.T["P"], all7)
			s.name("P", "mnt", "uts", "ipc", "cgroup", "net", "pid=pid_for_children", "time=time_for_children")
		}, []string{"p1 a1", "p1 a1", "p1 a1", "p1 a1", "p1 a1", "p1 a1", "p1 a1"}},
		{"fork C1", func(s *scene) { s.forks("P", "C1") },
			[]string{"p2 a2", "p2 a2", "p2 a2", "p2 a2", "p2 a2", "p3 a3", "p3 a3"}},
		{"fork C2", func(s *scene) { s.forks("P", "C2") },
			[]string{"p3 a3", "p3 a3", "p3 a3", "p3 a3", "p3 a3", "p5 a5", "p5 a5"}},
		{"C2 zombie", func(s *scene) { s.exits("C2") },
			[]string{"p2 a2", "p2 a2", "p2 a2", "p2 a2", "p2 a2", "p4 a4", "p3 a3"}},
		{"C2 reaped", func(s *scene) { s.reaps("P", "C2") },
			[]string{"p2 a2", "p2 a2", "p2 a2", "p2 a2", "p2 a2", "p3 a3", "p3 a3"}},
		{"C1 zombie", func(s *scene) { s.exits("C1") },
			[]string{"p1 a1", "p1 a1", "p1 a1", "p1 a1", "p1 a1", "p2 a2", "p1 a1"}},
		{"C1 reaped", func(s *scene) { s.reaps("P", "C1") },
			[]string{"p1 a1", "p1 a1", "p1 a1", "p1 a1", "p1 a1", "p1 a1", "p1 a1"}},
		{"fork again", func(s *scene) {
			_, err := s.T["P"].Fork()
			s.fails(uapi.ENOMEM, err)
		}, []string{"p1 a1", "p1 a1", "p1 a1", "p1 a1", "p1 a1", "p1 a1", "p1 a1"}},
		{"P zombie", func(s *scene) { s.exits("P") }, []string{"-", "-", "-", "-", "-", "-", "-"}},
	}},

	{"X3 nested user namespaces", []string{"U1", "U2", "N"}, []step{
		{"P unshare", func(s *scene) {
			s.forks("M", "P")
			s.unshare(s.T["P"], uapi.CLONE_NEWUSER)
			s.mapRoot(s.T["P"])
			s.name("P", "U1=user")
		}, []string{"p2 a1", "", ""}},
		{"clone Q", func(s *scene) {
			s.T["Q"] = s.clone(s.T["P"], uapi.CLONE_NEWUSER)
			s.name("Q", "U2=user")
		}, []string{"p3 a2", "p2 a1", ""}},
		{"Q unshare(NEWNET)", func(s *scene) {
			s.unshare(s.T["Q"], uapi.CLONE_NEWNET)
			s.name("Q", "N=net")
		}, []string{"p3 a2", "p3 a2", "p1 a1"}},
		{"Q zombie", func(s *scene) { s.exits("Q") }, []string{"p3 a2", "p2 a1", "-"}},
		{"Q reaped", func(s *scene) { s.reaps("P", "Q") }, []string{"a1", "-", "-"}},
		{"P zombie", func(s *scene) { s.exits("P") }, []string{"p2 a1", "-", "-"}},
		{"P reaped", func(s *scene) { s.reaps("M", "P") }, []string{"-", "-", "-"}},
	}},
	{"X3 the outer task goes first", []string{"U1", "U2"}, []step{
		{"clone Q", func(s *scene) {
			s.forks("M", "P")
			s.unshare(s.T["P"], uapi.CLONE_NEWUSER)
			s.mapRoot(s.T["P"])
			s.name("P", "U1=user")
			s.T["Q"] = s.clone(s.T["P"], uapi.CLONE_NEWUSER)
			s.name("Q", "U2=user")
		}, []string{"p3 a2", "p2 a1"}},
		{"P reaped", func(s *scene) { s.exits("P"); s.reaps("M", "P") }, []string{"p2 a1", "p2 a1"}},
		{"Q reaped", func(s *scene) { s.exits("Q") }, []string{"-", "-"}},
	}},

	{"X4 shared through different nsproxies", []string{"N"}, []step{
		{"P unshare(NEWNET)", func(s *scene) {
			s.forks("M", "P")
			s.forks("M", "Q")
			s.unshare(s.T["P"], uapi.CLONE_NEWNET)
			s.name("P", "N=net")
		}, []string{"p1 a1"}},
		{"Q opens", func(s *scene) { s.opens("Q", "P", "net", "a") }, []string{"p2 a2"}},
		{"Q opens again", func(s *scene) { s.opens("Q", "P", "net", "b") }, []string{"p2 a2"}},
		{"Q setns", func(s *scene) { s.setns("Q", "a", 0) }, []string{"p3 a3"}},
		{"Q closes one", func(s *scene) { s.closes("Q", "a") }, []string{"p3 a3"}},
		{"Q closes the other", func(s *scene) { s.closes("Q", "b") }, []string{"p2 a2"}},
		{"Q unshare(NEWUTS)", func(s *scene) { s.unshare(s.T["Q"], uapi.CLONE_NEWUTS) }, []string{"p2 a2"}},
		{"P zombie", func(s *scene) { s.exits("P") }, []string{"p1 a1"}},
		{"Q zombie", func(s *scene) { s.exits("Q") }, []string{"-"}},
	}},

	{"X5 bind mount", []string{"N"}, []step{
		{"P unshare(NEWNET)", func(s *scene) {
			s.forks("M", "P")
			s.unshare(s.T["P"], uapi.CLONE_NEWNET)
			s.name("P", "N=net")
		}, []string{"p1 a1"}},
		{"M bind-mounts", bindNet, []string{"p2 a2"}},
		{"P reaped", func(s *scene) { s.exits("P"); s.reaps("M", "P") }, []string{"p1 a1"}},
		{"M opens the mount point", func(s *scene) {
			s.fd["n"] = s.world.fd(s.init.Open("/tmp/net", uapi.O_RDONLY))
		}, []string{"p1 a1"}},
		{"lazy unmount", func(s *scene) { s.ok(s.init.Umount2("/tmp/net", uapi.MNT_DETACH)) }, []string{"p1 a1"}},
		{"closed", func(s *scene) { s.closes("M", "n") }, []string{"-"}},
	}},
	{"X5 copied by NEWNS", []string{"N"}, []step{
		{"M bind-mounts", func(s *scene) {
			s.forks("M", "P")
			s.unshare(s.T["P"], uapi.CLONE_NEWNET)
			s.name("P", "N=net")
			bindNet(s)
		}, []string{"p2 a2"}},
		{"R unshare(NEWNS)", func(s *scene) {
			s.forks("M", "R")
			s.unshare(s.T["R"], uapi.CLONE_NEWNS)
		}, []string{"p2 a2"}},
		{"P reaped", func(s *scene) { s.exits("P"); s.reaps("M", "P") }, []string{"p1 a1"}},
		{"M unmounts", func(s *scene) { s.ok(s.init.Umount2("/tmp/net", 0)) }, []string{"p1 a1"}},
		{"R zombie", func(s *scene) { s.exits("R") }, []string{"-"}},
	}},

	{"X6 SCM_RIGHTS", []string{"N"}, []step{
		{"P opens its own", func(s *scene) {
			pair, err := s.init.Socketpair(uapi.AF_UNIX, uapi.SOCK_DGRAM, 0)
			s.ok(err)
			s.fd["m"], s.fd["p"] = pair[0], pair[1]
			s.forks("M", "P")
			s.unshare(s.T["P"], uapi.CLONE_NEWNET)
			s.name("P", "N=net")
			s.opens("P", "P", "net", "n")
		}, []string{"p2 a2"}},
		{"queued", func(s *scene) { s.ok(s.T["P"].Sendmsg(s.fd["p"], s.fd["n"])) }, []string{"p2 a2"}},
		{"P closes", func(s *scene) { s.closes("P", "n") }, []string{"p2 a2"}},
		{"P reaped", func(s *scene) { s.exits("P"); s.reaps("M", "P") }, []string{"p1 a1"}},
		{"M receives", func(s *scene) {
			fds, _, err := s.init.Recvmsg(s.fd["m"], 8, 0)
			s.ok(err)
			require.Len(s.t, fds, 1)
			s.fd["n"] = fds[0]
		}, []string{"p1 a1"}},
		{"M closes", func(s *scene) { s.closes("M", "n") }, []string{"-"}},
	}},
	{"X6 the receiving socket is closed", []string{"N"}, []step{
		{"only in the queue", func(s *scene) {
			pair, err := s.init.Socketpair(uapi.AF_UNIX, uapi.SOCK_DGRAM, 0)
			s.ok(err)
			s.fd["m"], s.fd["p"] = pair[0], pair[1]
			s.forks("M", "P")
			s.unshare(s.T["P"], uapi.CLONE_NEWNET)
			s.name("P", "N=net")
			s.opens("P", "P", "net", "n")
			s.ok(s.T["P"].Sendmsg(s.fd["p"], s.fd["n"]))
			s.exits("P")
			s.reaps("M", "P")
		}, []string{"p1 a1"}},
		{"M closes the socket", func(s *scene) { s.closes("M", "m") }, []string{"-"}},
	}},

	{"X7 socket, SIOCGSKNS", []string{"U", "N"}, []step{
		{"unshare", func(s *scene) {
			s.forks("M", "P")
			s.unshare(s.T["P"], uapi.CLONE_NEWUSER|uapi.CLONE_NEWNET)
			s.name("P", "U=user", "N=net")
		}, []string{"p3 a2", "p1 a1"}},
		{"socket", func(s *scene) {
			s.fd["sk"] = s.world.fd(s.T["P"].Socket(uapi.AF_INET, uapi.SOCK_STREAM, 0))
		}, []string{"p3 a2", "p2 a1"}},
		{"passed", func(s *scene) { s.fd["sk"] = s.send(s.T["P"], s.init, s.fd["sk"]) }, []string{"p3 a2", "p2 a1"}},
		{"P zombie", func(s *scene) { s.exits("P") }, []string{"p3 a1", "p1 a0"}},
		{"P reaped", func(s *scene) { s.reaps("M", "P") }, []string{"p3 a0", "p1 a0"}},
		{"SIOCGSKNS", func(s *scene) { s.fd["a"] = s.world.fd(s.init.SIOCGSKNS(s.fd["sk"])) }, []string{"p3 a1", "p2 a1"}},
		{"again", func(s *scene) { s.fd["b"] = s.world.fd(s.init.SIOCGSKNS(s.fd["sk"])) }, []string{"p3 a1", "p2 a1"}},
		{"close one", func(s *scene) { s.closes("M", "a") }, []string{"p3 a1", "p2 a1"}},
		{"close the other", func(s *scene) { s.closes("M", "b") }, []string{"p3 a0", "p1 a0"}},
		{"socket closed", func(s *scene) { s.closes("M", "sk") }, []string{"-", "-"}},
	}},

	{"X8 f_cred", []string{"U"}, []step{
		{"passed", func(s *scene) {
			s.forks("M", "P")
			s.unshare(s.T["P"], uapi.CLONE_NEWUSER)
			s.name("P", "U=user")
			s.fd["f"] = s.send(s.T["P"], s.init, s.world.fd(s.T["P"].Open("/dev/null", uapi.O_RDONLY)))
		}, []string{"p2 a1"}},
		{"P zombie", func(s *scene) { s.exits("P") }, []string{"p2 a1"}},
		{"P reaped", func(s *scene) { s.reaps("M", "P") }, []string{"p2 a0"}},
		{"M closes", func(s *scene) { s.closes("M", "f") }, []string{"-"}},
	}},

	{"X9 pid namespace and its init", []string{"T"}, []step{
		{"clone Q", cloneInit, []string{"p2 a2"}},
		{"Q forks C", func(s *scene) { s.forks("Q", "C") }, []string{"p3 a3"}},
		{"Q exits", func(s *scene) {
			s.exits("Q")
			assert.False(s.t, s.m.TaskLive(s.T["C"].ID) && s.m.Task(s.T["C"].ID).State < sim.Dead)
			assert.Equal(s.t, sim.Zombie, s.m.Task(s.T["Q"].ID).State)
		}, []string{"p1 a1"}},
		{"Q reaped", func(s *scene) { s.reaps("P", "Q") }, []string{"-"}},
	}},
	{"X9 a member from outside", []string{"T"}, []step{
		{"clone Q", cloneInit, []string{"p2 a2"}},
		{"P opens", func(s *scene) { s.opens("P", "Q", "pid", "t") }, []string{"a3"}},
		{"P setns", func(s *scene) { s.setns("P", "t", 0) }, []string{"a4"}},
		{"P closes", func(s *scene) { s.closes("P", "t") }, []string{"a3"}},
		{"P forks I", func(s *scene) { s.forks("P", "I") }, []string{"a4"}},
		{"Q exits", func(s *scene) {
			s.exits("Q")
			assert.Equal(s.t, sim.Zombie, s.m.Task(s.T["I"].ID).State)
			assert.Equal(s.t, sim.Blocked, s.m.Task(s.T["Q"].ID).State, "waits for its members")
		}, []string{"a3"}},
		{"P reaps I", func(s *scene) {
			s.reaps("P", "I")
			assert.Equal(s.t, sim.Zombie, s.m.Task(s.T["Q"].ID).State)
		}, []string{"a2"}},
		{"P reaps Q", func(s *scene) { s.reaps("P", "Q") }, []string{"a1"}},
		{"P forks", func(s *scene) {
			_, err := s.T["P"].Fork()
			s.fails(uapi.ENOMEM, err)
		}, []string{"a1"}},
		{"P exits", func(s *scene) { s.exits("P") }, []string{"-"}},
	}},
	{"X9 threads of an init", []string{"T"}, []step{
		{"two threads", func(s *scene) {
			cloneInit(s)
			s.T["t2"], s.T["t3"] = s.thread(s.T["Q"]), s.thread(s.T["Q"])
		}, []string{"a4"}},
		{"leader exits", func(s *scene) { s.T["Q"].Exit(0) }, []string{"a4"}},
		{"thread exits", func(s *scene) { s.T["t2"].Exit(0) }, []string{"a3"}},
		{"last thread exits", func(s *scene) { s.T["t3"].Exit(0) }, []string{"a1"}},
		{"reaped", func(s *scene) { s.reaps("P", "Q") }, []string{"-"}},
	}},
	{"X9b nested pid namespaces", []string{"T1", "T2"}, []step{
		{"both running", func(s *scene) {
			s.T["Q"] = s.clone(s.init, uapi.CLONE_NEWPID)
			s.T["R"] = s.clone(s.T["Q"], uapi.CLONE_NEWPID)
			s.name("Q", "T1=pid")
			s.name("R", "T2=pid")
		}, []string{"p3 a2", "p2 a2"}},
		{"M opens T2", func(s *scene) { s.opens("M", "R", "pid", "t2") }, []string{"p3 a2", "p3 a3"}},
		{"Q dies, reaped", func(s *scene) { s.exits("Q"); s.reaps("M", "Q") }, []string{"p1 a0", "p1 a1"}},
		{"the parent opened", func(s *scene) {
			s.fd["t1"] = s.world.fd(s.init.NSGetParent(s.fd["t2"]))
		}, []string{"p2 a1", "p1 a1"}},
		{"closed", func(s *scene) { s.closes("M", "t1") }, []string{"p1 a0", "p1 a1"}},
		{"T2 closed", func(s *scene) { s.closes("M", "t2") }, []string{"-", "-"}},
	}},

	{"X10 setns back and forth", []string{"N1"}, []step{
		{"unshare", func(s *scene) {
			s.forks("M", "P")
			s.opens("P", "P", "net", "init")
			s.unshare(s.T["P"], uapi.CLONE_NEWNET)
			s.name("P", "N1=net")
		}, []string{"p1 a1"}},
		{"opens N1", func(s *scene) { s.opens("P", "P", "net", "n") }, []string{"p2 a2"}},
		{"setns(init net)", func(s *scene) { s.setns("P", "init", 0) }, []string{"p1 a1"}},
		{"setns(N1)", func(s *scene) { s.setns("P", "n", uapi.CLONE_NEWNET) }, []string{"p2 a2"}},
		{"setns(N1) again", func(s *scene) { s.setns("P", "n", 0) }, []string{"p2 a2"}},
		{"wrong type", func(s *scene) {
			s.fails(uapi.EINVAL, s.T["P"].Setns(s.fd["n"], uapi.CLONE_NEWUTS))
		}, []string{"p2 a2"}},
		{"leaves", func(s *scene) { s.setns("P", "init", 0); s.closes("P", "n") }, []string{"-"}},
	}},

	{"X11 unprivileged", []string{"U", "N"}, []step{
		{"unshare", func(s *scene) {
			s.forks("M", "P")
			s.setuid(s.T["P"])
			s.fails(uapi.EPERM, s.T["P"].Unshare(uapi.CLONE_NEWNET))
			s.unshare(s.T["P"], uapi.CLONE_NEWUSER|uapi.CLONE_NEWNET)
			s.name("P", "U=user", "N=net")
		}, []string{"p3 a2", "p1 a1"}},
		{"fork C", func(s *scene) { s.forks("P", "C") }, []string{"p4 a3", "p1 a1"}},
		{"C zombie", func(s *scene) { s.exits("C") }, []string{"p4 a3", "p1 a1"}},
		{"C reaped", func(s *scene) { s.reaps("P", "C") }, []string{"p3 a2", "p1 a1"}},
		{"exec", func(s *scene) { s.ok(s.T["P"].Execve("/init")) }, []string{"p5 a2", "p1 a1"}},
		{"zombie", func(s *scene) { s.exits("P") }, []string{"a1", "-"}},
		{"reaped", func(s *scene) { s.reaps("M", "P") }, []string{"-", "-"}},
	}},

	{"X12 time namespaces", []string{"T"}, []step{
		{"unshare(NEWTIME)", func(s *scene) {
			s.forks("M", "P")
			s.unshare(s.T["P"], uapi.CLONE_NEWTIME)
			s.name("P", "T=time_for_children")
		}, []string{"p1 a1"}},
		{"fork C1", func(s *scene) { s.forks("P", "C1") }, []string{"p3 a3"}},
		{"fork C2", func(s *scene) { s.forks("P", "C2") }, []string{"p5 a5"}},
		{"C1 forks G", func(s *scene) { s.forks("C1", "G") }, []string{"p5 a5"}},
		{"a thread", func(s *scene) { s.thread(s.T["P"]) }, []string{"p5 a5"}},
		{"C2, G gone", func(s *scene) {
			s.exits("C2")
			s.reaps("P", "C2")
			s.exits("G")
			s.reaps("C1", "G")
		}, []string{"p3 a3"}},
		{"C1 zombie", func(s *scene) { s.exits("C1") }, []string{"p1 a1"}},
		{"P exec", func(s *scene) { s.ok(s.T["P"].Execve("/init")) }, []string{"p2 a2"}},
		{"P zombie", func(s *scene) { s.exits("P") }, []string{"-"}},
	}},
	{"X12 setns, clone3", []string{"T", "T3"}, []step{
		{"X opens", func(s *scene) {
			s.forks("M", "P")
			s.unshare(s.T["P"], uapi.CLONE_NEWTIME)
			s.name("P", "T=time_for_children")
			s.forks("M", "X")
			s.opens("X", "P", "time_for_children", "t")
		}, []string{"p2 a2", ""}},
		{"X setns", func(s *scene) { s.setns("X", "t", 0) }, []string{"p4 a4", ""}},
		{"X exits", func(s *scene) { s.exits("X") }, []string{"p1 a1", ""}},
		{"clone3(NEWTIME)", func(s *scene) {
			s.T["Y"] = s.clone3(s.init, uapi.CLONE_NEWTIME)
			s.name("Y", "T3=time")
		}, []string{"p1 a1", "p2 a2"}},
	}},

	{"X13 setns by pidfd", []string{"U", "net", "uts", "mnt", "ipc", "cgroup"}, []step{
		{"P unshare", func(s *scene) {
			s.forks("M", "P")
			s.forks("M", "Q")
			s.unshare(s.T["P"], uapi.CLONE_NEWUSER|all7&^(uapi.CLONE_NEWPID|uapi.CLONE_NEWTIME))
			s.name("P", "U=user", "net", "uts", "mnt", "ipc", "cgroup")
			s.fd["p"] = s.pidfd(s.T["Q"], s.T["P"])
		}, []string{"p8 a6", "p1 a1", "p1 a1", "p1 a1", "p1 a1", "p1 a1"}},
		{"Q setns", func(s *scene) { s.setns("Q", "p", uapi.CLONE_NEWNET|uapi.CLONE_NEWUTS) },
			[]string{"p8 a6", "p2 a2", "p2 a2", "p1 a1", "p1 a1", "p1 a1"}},
		{"P zombie", func(s *scene) {
			s.exits("P")
			s.fails(uapi.ESRCH, s.T["Q"].Setns(s.fd["p"], uapi.CLONE_NEWIPC))
			s.fails(uapi.ESRCH, s.T["Q"].Setns(s.fd["p"], uapi.CLONE_NEWUSER))
		}, []string{"p4 a3", "p1 a1", "p1 a1", "-", "-", "-"}},
		{"M opens user", func(s *scene) { s.opens("M", "P", "user", "u") },
			[]string{"a4", "p1 a1", "p1 a1", "-", "-", "-"}},
		{"P reaped", func(s *scene) {
			s.closes("M", "u")
			s.reaps("M", "P")
			s.fails(uapi.ESRCH, s.T["Q"].Setns(s.fd["p"], uapi.CLONE_NEWIPC))
			s.fails(uapi.EINVAL, s.T["Q"].Setns(s.fd["p"], 0))
		}, []string{"a2", "p1 a1", "p1 a1", "-", "-", "-"}},
		{"Q zombie", func(s *scene) { s.exits("Q") }, []string{"-", "-", "-", "-", "-", "-"}},
	}},

	{"X14 threads", []string{"U", "N", "uts", "pid", "time"}, []step{
		{"unshare", func(s *scene) {
			s.forks("M", "P")
			s.unshare(s.T["P"], uapi.CLONE_NEWUSER|uapi.CLONE_NEWNET)
			s.name("P", "U=user", "N=net")
		}, []string{"a2", "a1", "", "", ""}},
		{"thread 2", func(s *scene) { s.T["t2"] = s.thread(s.T["P"]) }, []string{"a3", "a1", "", "", ""}},
		{"thread 3", func(s *scene) { s.T["t3"] = s.thread(s.T["P"]) }, []string{"a4", "a1", "", "", ""}},
		{"2 unshare(NEWUTS)", func(s *scene) {
			s.unshare(s.T["t2"], uapi.CLONE_NEWUTS)
			s.name("t2", "uts")
			s.fails(uapi.EINVAL, s.T["t2"].Unshare(uapi.CLONE_NEWUSER))
		}, []string{"a5", "a2", "a1", "", ""}},
		{"2 unshare(NEWPID)", func(s *scene) {
			s.unshare(s.T["t2"], uapi.CLONE_NEWPID)
			s.name("t2", "pid=pid_for_children")
			_, err := s.T["t2"].Clone(uapi.CLONE_THREAD|uapi.CLONE_SIGHAND|uapi.CLONE_VM, 0)
			s.fails(uapi.EINVAL, err)
		}, []string{"a6", "a2", "a1", "a1", ""}},
		{"2 unshare(NEWTIME)", func(s *scene) {
			s.unshare(s.T["t2"], uapi.CLONE_NEWTIME)
			s.name("t2", "time=time_for_children")
		}, []string{"a7", "a2", "a1", "a1", "a1"}},
		{"3 exits", func(s *scene) { s.T["t3"].Exit(0) }, []string{"a6", "a2", "a1", "a1", "a1"}},
		{"2 exits", func(s *scene) { s.T["t2"].Exit(0) }, []string{"a2", "a1", "-", "-", "-"}},
		{"the leader exits", func(s *scene) {
			s.T["t5"] = s.thread(s.T["P"])
			s.T["P"].Exit(0)
			for _, link := range []string{"net", "uts", "ipc", "mnt", "cgroup", "time", "time_for_children", "pid_for_children"} {
				_, err := s.init.Open(nsPath(s.init, s.T["P"], link), uapi.O_RDONLY)
				s.fails(uapi.ENOENT, err)
			}
			for _, link := range []string{"user", "pid"} {
				s.ok(s.init.Close(s.world.fd(s.init.Open(nsPath(s.init, s.T["P"], link), uapi.O_RDONLY))))
			}
		}, []string{"a3", "a1", "-", "-", "-"}},
		{"5 exits", func(s *scene) { s.T["t5"].Exit(0) }, []string{"a1", "-", "-", "-", "-"}},
		{"reaped", func(s *scene) { s.reaps("M", "P") }, []string{"-", "-", "-", "-", "-"}},
	}},

	{"X15 autoreap", []string{"U", "N"}, []step{
		{"SIGCHLD ignored", func(s *scene) {
			s.forks("M", "Q")
			s.ok(s.T["Q"].Signal(uapi.SIGCHLD, syscall.SigIgn))
			s.forks("Q", "P")
			s.unshare(s.T["P"], uapi.CLONE_NEWUSER|uapi.CLONE_NEWNET)
			s.name("P", "U=user", "N=net")
			s.fd["p"] = s.pidfd(s.T["Q"], s.T["P"])
		}, []string{"p3 a2", "p1 a1"}},
		{"P exits", func(s *scene) {
			s.exits("P")
			s.fails(uapi.ESRCH, s.T["Q"].Setns(s.fd["p"], uapi.CLONE_NEWNET))
		}, []string{"-", "-"}},
	}},
	{"X15 reparenting", []string{"U"}, []step{
		{"Q zombie", func(s *scene) {
			_, err := s.init.Prctl(uapi.PR_SET_CHILD_SUBREAPER, 1)
			s.ok(err)
			s.forks("M", "P")
			s.forks("P", "Q")
			s.unshare(s.T["Q"], uapi.CLONE_NEWUSER)
			s.name("Q", "U=user")
			s.exits("Q")
		}, []string{"p2 a1"}},
		{"P dies", func(s *scene) { s.exits("P"); s.reaps("M", "P") }, []string{"p2 a1"}},
		{"the subreaper waits", func(s *scene) { s.reaps("M", "Q") }, []string{"-"}},
	}},

	{"X16 clone3 with all eight", []string{"U", "mnt", "uts", "ipc", "cgroup", "net", "pid", "time"}, []step{
		{"clone3", func(s *scene) {
			s.T["Q"] = s.clone3(s.init, all8)
			s.name("Q", "U=user", "mnt", "uts", "ipc", "cgroup", "net", "pid", "time")
		}, []string{"p10 a8", "p1 a1", "p1 a1", "p1 a1", "p1 a1", "p1 a1", "p2 a2", "p2 a2"}},
		{"Q forks", func(s *scene) { s.forks("Q", "C") },
			[]string{"p11 a9", "p1 a1", "p1 a1", "p1 a1", "p1 a1", "p1 a1", "p3 a3", "p2 a2"}},
		{"Q zombie", func(s *scene) { s.exits("Q") }, []string{"a2", "-", "-", "-", "-", "-", "p1 a1", "-"}},
		{"Q reaped", func(s *scene) { s.reaps("M", "Q") }, []string{"-", "-", "-", "-", "-", "-", "-", "-"}},
	}},
	{"X16 unshare all eight", []string{"U", "mnt", "uts", "ipc", "cgroup", "net", "pid", "time"}, []step{
		{"first fork", func(s *scene) {
			s.forks("M", "P")
			s.unshare(s.T["P"], all8)
			s.name("P", "U=user", "mnt", "uts", "ipc", "cgroup", "net", "pid=pid_for_children", "time=time_for_children")
			s.forks("P", "C")
		}, []string{"p11 a9", "p2 a2", "p2 a2", "p2 a2", "p2 a2", "p2 a2", "p3 a3", "p3 a3"}},
		{"C zombie", func(s *scene) { s.exits("C") },
			[]string{"a9", "p1 a1", "p1 a1", "p1 a1", "p1 a1", "p1 a1", "p2 a2", "p1 a1"}},
		{"C reaped", func(s *scene) { s.reaps("P", "C") },
			[]string{"a8", "p1 a1", "p1 a1", "p1 a1", "p1 a1", "p1 a1", "p1 a1", "p1 a1"}},
		{"P zombie", func(s *scene) { s.exits("P") }, []string{"a1", "-", "-", "-", "-", "-", "-", "-"}},
		{"P reaped", func(s *scene) { s.reaps("M", "P") }, []string{"-", "-", "-", "-", "-", "-", "-", "-"}},
	}},

	{"E1 to E4", []string{"U", "V", "T", "N"}, []step{
		{"E1 first unshare", func(s *scene) {
			s.forks("M", "P")
			s.unshare(s.T["P"], uapi.CLONE_NEWUSER)
			s.mapRoot(s.T["P"])
			s.name("P", "U=user")
		}, []string{"a1", "", "", ""}},
		{"E1 second unshare", func(s *scene) {
			s.unshare(s.T["P"], uapi.CLONE_NEWUSER)
			s.name("P", "V=user")
		}, []string{"a1", "a1", "", ""}},
		{"E1 third unshare", func(s *scene) {
			s.unshare(s.T["P"], uapi.CLONE_NEWNET|uapi.CLONE_NEWUTS)
			s.name("P", "T=uts", "N=net")
		}, []string{"a1", "a3", "a1", "a1"}},
		{"E2 N opened three times", func(s *scene) {
			for _, fd := range []string{"n1", "n2", "n3"} {
				s.opens("M", "P", "net", fd)
			}
			s.fd["n4"] = s.world.fd(s.init.Dup(s.fd["n1"]))
		}, []string{"a1", "a3", "a1", "a2"}},
		{"E2 V opened", func(s *scene) { s.opens("M", "P", "user", "v") }, []string{"a1", "a4", "a1", "a2"}},
		{"E3 exit", func(s *scene) { s.exits("P") }, []string{"a1", "a3", "-", "a1"}},
		{"E3 reap", func(s *scene) { s.reaps("M", "P") }, []string{"a1", "a2", "-", "a1"}},
		{"E4 V closed", func(s *scene) { s.closes("M", "v") }, []string{"a1", "a1", "-", "a1"}},
		{"E4 N closed but once", func(s *scene) {
			for _, fd := range []string{"n1", "n2", "n3"} {
				s.closes("M", fd)
			}
		}, []string{"a1", "a1", "-", "a1"}},
		{"E4 N closed", func(s *scene) { s.closes("M", "n4") }, []string{"-", "-", "-", "-"}},
	}},
	{"E5 resurrection", []string{"U", "V", "N"}, []step{
		{"only a socket", func(s *scene) {
			s.forks("M", "P")
			s.unshare(s.T["P"], uapi.CLONE_NEWUSER)
			s.mapRoot(s.T["P"])
			s.name("P", "U=user")
			s.unshare(s.T["P"], uapi.CLONE_NEWUSER)
			s.unshare(s.T["P"], uapi.CLONE_NEWNET|uapi.CLONE_NEWUTS)
			s.name("P", "V=user", "N=net")
			s.fd["sk"] = s.send(s.T["P"], s.init, s.socket(s.T["P"]))
			s.exits("P")
			s.reaps("M", "P")
		}, []string{"a0", "a0", "a0"}},
		{"SIOCGSKNS", func(s *scene) { s.fd["n"] = s.world.fd(s.init.SIOCGSKNS(s.fd["sk"])) }, []string{"a1", "a1", "a1"}},
		{"NS_GET_USERNS", func(s *scene) { s.fd["v"] = s.world.fd(s.init.NSGetUserNS(s.fd["n"])) }, []string{"a1", "a2", "a1"}},
		{"N closed", func(s *scene) { s.closes("M", "n") }, []string{"a1", "a1", "a0"}},
		{"V closed", func(s *scene) { s.closes("M", "v") }, []string{"a0", "a0", "a0"}},
	}},
	{"E6 siblings", []string{"W", "N1", "N2"}, []step{
		{"only sockets", func(s *scene) {
			s.forks("M", "P")
			s.unshare(s.T["P"], uapi.CLONE_NEWUSER|uapi.CLONE_NEWNET)
			s.name("P", "W=user", "N1=net")
			s.fd["s1"] = s.send(s.T["P"], s.init, s.socket(s.T["P"]))
			s.unshare(s.T["P"], uapi.CLONE_NEWNET)
			s.name("P", "N2=net")
			s.fd["s2"] = s.send(s.T["P"], s.init, s.socket(s.T["P"]))
			s.exits("P")
			s.reaps("M", "P")
		}, []string{"a0", "a0", "a0"}},
		{"N1 resurrected", func(s *scene) { s.fd["n1"] = s.world.fd(s.init.SIOCGSKNS(s.fd["s1"])) }, []string{"a1", "a1", "a0"}},
		{"N2 resurrected", func(s *scene) { s.fd["n2"] = s.world.fd(s.init.SIOCGSKNS(s.fd["s2"])) }, []string{"a2", "a1", "a1"}},
		{"N1 closed", func(s *scene) {
			s.closes("M", "n1")
			ids, err := s.init.Listns(uapi.NSIDReq{UserNSID: s.ns["W"].id}, 8)
			s.ok(err)
			assert.Equal(s.t, []uint64{s.ns["N2"].id}, ids)
		}, []string{"a1", "a0", "a1"}},
	}},
	{"E7 pid parent", []string{"P1", "P2"}, []step{
		{"a descriptor of the inner one", func(s *scene) {
			s.T["Q"] = s.clone(s.init, uapi.CLONE_NEWPID)
			s.T["R"] = s.clone(s.T["Q"], uapi.CLONE_NEWPID)
			s.name("Q", "P1=pid")
			s.name("R", "P2=pid")
			s.opens("M", "R", "pid", "p2")
			s.exits("Q")
			s.reaps("M", "Q")
			assert.Equal(s.t, "hidden", s.lists(s.init, uapi.NSIDReq{NSType: uapi.PID_NS}, s.ns["P1"].ns))
		}, []string{"a0", "a1"}},
		{"NS_GET_PARENT", func(s *scene) {
			s.fd["p1"] = s.world.fd(s.init.NSGetParent(s.fd["p2"]))
			assert.Equal(s.t, "listed", s.lists(s.init, uapi.NSIDReq{NSType: uapi.PID_NS}, s.ns["P1"].ns))
		}, []string{"a1", "a1"}},
		{"closed", func(s *scene) { s.closes("M", "p1") }, []string{"a0", "a1"}},
	}},
}

func bindNet(s *scene) {
	s.ok(s.init.Close(s.world.fd(s.init.Open("/tmp/net", uapi.O_CREAT|uapi.O_RDWR))))
	s.ok(s.init.Mount(nsPath(s.init, s.T["P"], "net"), "/tmp/net", "", uapi.MS_BIND))
}

func cloneInit(s *scene) {
	s.forks("M", "P")
	s.T["Q"] = s.clone(s.T["P"], uapi.CLONE_NEWPID)
	s.name("Q", "T=pid")
}

func TestExamples(t *testing.T) {
	for _, e := range examples {
		t.Run(e.name, func(t *testing.T) {
			for _, p := range sim.Profiles() {
				if p.Name == "v6.18" || p.Name == "rfc-v1" {
					continue // they do not count like this
				}
				t.Run(p.Name, func(t *testing.T) { e.run(t, p.Name) })
			}
		})
	}
}

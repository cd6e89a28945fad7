// SPDX-License-Identifier: GPL-2.0-only

package gen

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/nssim/nssim/sim"
	"github.com/nssim/nssim/sim/program"
	"github.com/nssim/nssim/syscall/uapi"
)

// ends is the predicate that a program passes and that its machine is like this at the end.
func ends(cfg sim.Config, like func(m *sim.Machine) bool) func(*program.Program) bool {
	return func(p *program.Program) bool {
		r, err := program.NewRunner(p, cfg)
		return err == nil && r.Run().Outcome == program.Pass && like(r.Machine())
	}
}

// pinnedNet: a network namespace is inactive, and a socket holds it.
func pinnedNet(m *sim.Machine) bool {
	for i := sim.SocketID(1); i < sim.SocketID(m.Sockets.Cap()); i++ {
		if m.Sockets.Live(int32(i)) && m.Entries[m.Socket(i).NetNS].Active == 0 {
			return true
		}
	}
	return false
}

// firstWith is the first generated program for which a predicate is true.
func firstWith(t *testing.T, o Options, is func(*program.Program) bool) *program.Program {
	for seed := range uint64(3000) {
		if p := Generate(seed, o); is(p) {
			return p
		}
	}
	require.Fail(t, "no program is like that")
	return nil
}

// Known smallest programs are found, from whatever program there is.
func TestShrinkFindsTheSmallest(t *testing.T) {
	open := Options{Open: true, Nets: 6, Lines: 80}
	for name, c := range map[string]struct {
		is   func(*program.Program) bool
		want []string // one of them
	}{
		"a network namespace that only a socket pins": {ends(sim.Config{}, pinnedNet), []string{
			"init: unshare(CLONE_NEWNET)\ninit: socket(0)\ninit: unshare(CLONE_NEWNET)\n",
			"init: clone(CLONE_NEWNET) = t1\nt1: socket(0)\nt1: sendfd(init)\nt1: exit_group\n",
		}},
		"a zombie": {ends(sim.Config{}, anyTask(func(_ *sim.Machine, k *sim.Task) bool { return k.State == sim.Zombie })), []string{
			"init: fork() = t1\nt1: exit_group\n", "init: clone(0) = t1\nt1: exit_group\n", "init: clone(SIGCHLD) = t1\nt1: exit_group\n",
			"init: fork() = t1\nt1: exit\n", "init: clone(0) = t1\nt1: exit\n", "init: fork() = t1\nt1: kill\n", "init: clone(0) = t1\nt1: kill\n",
			"init: clone(0) = t1\ninit: kill\n", "init: fork() = t1\ninit: kill\n", "init: clone3({}) = t1\nt1: exit_group\n",
			"init: clone3({}) = t1\ninit: kill\n",
		}},
		"a user namespace in a user namespace": {ends(sim.Config{}, func(m *sim.Machine) bool {
			return count(m, uapi.USER_NS, func(ns sim.NS) bool { return m.UserNSOf(ns).Level == 2 }) > 0
		}), []string{
			"init: clone(CLONE_NEWUSER) = t1\ninit: write uid_map\ninit: write gid_map\nt1: unshare(CLONE_NEWUSER)\n",
			"init: clone(CLONE_NEWUSER) = t1\ninit: write uid_map\ninit: write gid_map\nt1: clone(CLONE_NEWUSER) = t2\n",
			"init: unshare(CLONE_NEWUSER)\ninit: write uid_map\ninit: write setgroups\ninit: write gid_map\ninit: unshare(CLONE_NEWUSER)\n",
			"init: unshare(CLONE_NEWUSER)\ninit: write uid_map\ninit: write setgroups\ninit: write gid_map\ninit: clone(CLONE_NEWUSER) = t1\n",
		}},
	} {
		t.Run(name, func(t *testing.T) {
			p := firstWith(t, open, c.is)
			q := Shrink(p, c.is, 0)
			require.True(t, c.is(q))
			assert.Contains(t, c.want, gist(q), "%s", program.Format(q))
		})
	}
}

// gist is a program with what there is more than one way to write left out.
func gist(p *program.Program) string {
	var b strings.Builder
	for i := range p.Lines {
		l := &p.Lines[i]
		text := l.String()
		switch l.Call.Name {
		case "exit_group", "exit", "kill", "tgkill", "pidfd_send_signal":
			text = l.Task + ": " + strings.TrimPrefix(strings.TrimPrefix(l.Call.Name, "pidfd_send_"), "tg")
		case "socket":
			text = l.Task + ": socket(0)"
		case "sendfd":
			text = l.Task + ": sendfd(" + l.Call.Args[0].String() + ")"
		case "write":
			path := strings.Trim(l.Call.Args[0].String(), `"`)
			text = l.Task + ": write" + strings.ReplaceAll(path[strings.LastIndex(path, "/"):], "/", " ")
		}
		b.WriteString(text + "\n")
	}
	return b.String()
}

// A needle in a long program is found whatever stands around it, with few questions.
func TestShrinkFindsANeedle(t *testing.T) {
	needle := parse(t, `
		init: open("/proc/self/ns/uts", O_RDONLY|O_CLOEXEC) = needle
		init: unshare(CLONE_NEWUTS|CLONE_NEWIPC) = 0
		init: setns(needle, CLONE_NEWUTS) = 0`)
	// Back in the initial uts namespace, but not in the initial ipc namespace.
	is := ends(sim.Config{}, func(m *sim.Machine) bool {
		k := m.Task(m.Init())
		if k.Proxy == 0 {
			return false
		}
		ns := m.Proxy(k.Proxy).NS
		return ns[sim.SlotUts] == m.Initial(uapi.UTS_NS) && ns[sim.SlotIpc] != m.Initial(uapi.IPC_NS)
	})
	most, tried := 0, 0
	for seed := range uint64(40) {
		p := Generate(seed, Options{Lines: 120, Weights: map[string]int{"unshare": 0, "setns": 0}})
		at := int(seed * 2)
		p.Lines = p.Lines[:len(p.Lines)-2] // init stays
		p.Lines = slices.Insert(p.Lines, at, needle.Lines[0])
		p.Lines = slices.Insert(p.Lines, at+10, needle.Lines[1])
		p.Lines = append(p.Lines, needle.Lines[2])
		p, err := Rerecord(p, sim.Config{})
		require.NoError(t, err)
		if !is(p) {
			continue // init was asleep, say
		}
		tried++
		asked := 0
		q := Shrink(p, func(p *program.Program) bool { asked++; return is(p) }, 0)
		require.Equal(t, "init: unshare(CLONE_NEWIPC)\n", texts(q), "seed %d", seed)
		most = max(most, asked)
	}
	t.Logf("%d programs, %d questions at most", tried, most)
	assert.Greater(t, tried, 20)
	assert.Less(t, most, 120, "questions")
}

// What Shrink returns fails, passes on the model as it stands, and has short names.
func TestShrunkProgramsAreWhole(t *testing.T) {
	for _, kernel := range []string{"v6.18", "v6.19", "v7.3.4"} {
		cfg := sim.Config{Kernel: kernel}
		for call, errno := range map[string]string{"setns": "EPERM", "open_by_handle_at": "ESTALE", "ioctl": "EPERM", "umount2": "EINVAL", "wait4": "ok"} {
			is := func(p *program.Program) bool {
				c := Coverage{}
				c.Add(p)
				return c[call][errno] > 0
			}
			p := firstWith(t, Options{Config: cfg}, is)
			q := Shrink(p, is, 0)
			require.True(t, is(q))
			rep, err := program.Run(q, sim.Config{})
			require.NoError(t, err)
			require.Equal(t, program.Pass, rep.Outcome, "%s\n%s", rep, program.Format(q))
			assert.LessOrEqual(t, len(q.Lines), 6, "%s %s:\n%s", call, errno, program.Format(q))
			passes(t, q, call)
			again := Shrink(q, is, 0)
			assert.Equal(t, texts(q), texts(again), "what is small stays as it is")
		}
	}
}

// A program that is to fail by what it states keeps that statement.
func TestShrinkKeepsWhatFails(t *testing.T) {
	p := parse(t, `
		init: fork() = child
		child: getpid() = child
		init: open("/proc/self/ns/net", O_RDONLY|O_CLOEXEC) = fd
		init: ioctl(fd, NS_GET_ID, &net) = 0
		init: listns({ns_type=NET_NS|UTS_NS}, &list, 64) = 2
		child: exit_group(0)
		init: wait4(child) = child
		? active(net) == 17`)
	q := Shrink(p, func(p *program.Program) bool {
		rep, err := program.Run(p, sim.Config{})
		return err == nil && rep.Outcome == program.Fail && rep.Line == "active(net)" || rep.Line == "active(id)"
	}, 0)
	assert.Equal(t, `init: open("/proc/self/ns/net", O_RDONLY) = fd
init: ioctl(fd, NS_GET_ID, &id)
? active(id) == 17
`, texts(q))
}

func TestShrinkBudget(t *testing.T) {
	p := Generate(5, Options{Open: true})
	before := texts(p)
	for _, budget := range []int{1, 2, 10, 50} {
		asked := 0
		q := Shrink(p, func(p *program.Program) bool { asked++; return len(p.Lines) > 3 }, budget)
		assert.LessOrEqual(t, asked, budget)
		assert.Greater(t, len(q.Lines), 3)
	}
	assert.Equal(t, before, texts(p), "the original is as it was")
	a := Shrink(p, func(p *program.Program) bool { return len(p.Lines) > 3 }, 0)
	b := Shrink(p, func(p *program.Program) bool { return len(p.Lines) > 3 }, 0)
	assert.Equal(t, texts(a), texts(b))
	assert.Len(t, a.Lines, 4)
	assert.Empty(t, Shrink(p, func(*program.Program) bool { return true }, 0).Lines, "everything can go")
}

// caught is bugs that random programs catch, with the property that they break, and how many
// lines the smallest program that Shrink finds may have.
var caught = []struct {
	bug, property string
	lines         int
}{
	{"no-cascade-on-put", "holders", 3},
	{"cascade-on-every-put", "holders", 4},
	{"resurrect-one-level", "holders", 6},
	{"failed-setns-drops-active", "holders", 3},
	{"fork-failure-leaks-active", "holders", 2},
	{"cgroup-added-before-owner", "trees", 1},
	{"unified-but-not-type", "trees", 1},
	{"owner-at-creation", "holders", 3},
	{"type-cursor-unified", "no-warning", 1},
}

// Bugs that one call at a time can show are caught by the properties and shrunk to a few
// lines.
func TestBugsAreCaught(t *testing.T) {
	for _, c := range caught {
		t.Run(c.bug, func(t *testing.T) {
			cfg := sim.Config{Bugs: []string{c.bug}}
			var w Watch
			is := func(p *program.Program) bool {
				b, _, err := w.Verify(p, cfg)
				return err == nil && b != nil && b.Property == c.property
			}
			p := firstWith(t, Options{Config: cfg}, is)
			q := Shrink(p, is, 2000)
			require.True(t, is(q))
			assert.LessOrEqual(t, len(q.Lines), c.lines, "%s", program.Format(q))
			assert.Equal(t, fmt.Sprintf("config bug=%s", c.bug), strings.Split(string(program.Format(q)), "\n")[1])
		})
	}
}

// SPDX-License-Identifier: GPL-2.0-only

package gen

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/nssim/nssim/sim"
	"github.com/nssim/nssim/sim/program"
)

// parse reads a program that has no mistakes.
func parse(t require.TestingT, text string) *program.Program {
	p, err := program.Parse("test.ns", []byte(text))
	require.NoError(t, err, text)
	return p
}

// texts is a program's lines as they stand alone.
func texts(p *program.Program) string {
	var b strings.Builder
	for i := range p.Lines {
		b.WriteString(p.Lines[i].String() + "\n")
	}
	return b.String()
}

func TestRerecord(t *testing.T) {
	for name, c := range map[string]struct{ kernel, in, want string }{
		"what holds stays as it is": {"", `
			init: fork() = t1
			init: listns({}, 64) >= 8 has 7
			t1: close(99) = -EBADF|-EPERM
			t1: getpid()
			init: open("/nope", O_RDONLY) < 0
			? active(7) == 1
			settle`, `init: fork() = t1
init: listns({}, 64) >= 8 has 7
t1: close(99) = -EBADF|-EPERM
t1: getpid()
init: open("/nope", O_RDONLY) < 0
? active(7) == 1
settle
`},
		"values and errnos": {"", `
			init: close(99) = 0
			init: getuid() = 5
			init: unshare(CLONE_NEWUTS) = -EPERM
			init: open("/dev/null", O_RDONLY) = -ENOENT
			init: mmap(NULL, 0) = addr
			init: listns({ns_type=NET_NS}, 64) = [3, 4]
			init: setns(0, 0) > 7`, `init: close(99) = -EBADF
init: getuid() = 0
init: unshare(CLONE_NEWUTS) = 0
init: open("/dev/null", O_RDONLY) >= 0
init: mmap(NULL, 0) = -EINVAL
init: listns({ns_type=NET_NS}, 64) = [7]
init: setns(0, 0) = -EINVAL
`},
		"what cannot be is left out": {"", `
			init: open("/nope", O_RDONLY) = fd
			init: close(fd) = 0
			init: unshare(CLONE_NEWUSER|CLONE_FS|CLONE_VM|1) = 0
			init: clone(CLONE_THREAD) = t1
			t1: getpid() = t1
			? state(init) == zombie
			? active(7) == 2`, `init: open("/nope", O_RDONLY) = -ENOENT
init: unshare(CLONE_NEWUSER|CLONE_FS|CLONE_VM|1) = -EINVAL
init: clone(CLONE_THREAD) = -EINVAL
`},
		"a task that was not to be gets a name": {"", `
			init: fork() = -EPERM
			init: fork() = t1
			init: wait4(t1, &st, WNOHANG) = t1`, `init: fork() = t2
init: fork() = t1
init: wait4(t1, &st, WNOHANG) = 0
`},
		"another task is reaped": {"", `
			init: fork() = a
			init: fork() = b
			a: exit_group(0)
			b: exit_group(1)
			init: wait4(b) = a
			init: wait4(-1) = b`, `init: fork() = a
init: fork() = b
a: exit_group(0)
b: exit_group(1)
init: wait4(b) = b
init: wait4(-1) = a
`},
		"calls that block, and that do not": {"", `
			init: pipe([&r, &w]) = 0
			init: fork() = t1
			t1: read(r, 1) <unfinished ...>
			init: write(w, "x") <unfinished ...>
			init: <... write resumed> = 1
			t1: <... read resumed> = 7
			init: wait4(t1) = t1
			t1: exit_group(0)
			init: getpid() = init`, `init: pipe([&r, &w]) = 0
init: fork() = t1
t1: read(r, 1) <unfinished ...>
init: write(w, "x") = 1
t1: <... read resumed> = 1
init: wait4(t1) <unfinished ...>
t1: exit_group(0)
`},
		"outputs of calls that fail": {"", `
			init: ioctl(0, NS_GET_ID, &id) = 0
			init: listns({ns_type=1}, &ids, 64) = 0
			init: open("/proc/self/ns/net", O_RDONLY) = fd
			init: ioctl(fd, NS_GET_ID, &net) = 0
			init: listns({}, 64) has id, net`, `init: ioctl(0, NS_GET_ID, _) = -ENOTTY
init: listns({ns_type=1}, &ids, 64) = -EOPNOTSUPP
init: open("/proc/self/ns/net", O_RDONLY) = fd
init: ioctl(fd, NS_GET_ID, &net) = 0
`},
		"another kernel": {"v6.18", `
			init: unshare(CLONE_NEWNET) = 0
			init: listns({}, 64) = 9
			? active(7) == 1
			skip if 0 == 1 "never"`, `init: unshare(CLONE_NEWNET) = 0
init: listns({}, 64) = -ENOSYS
skip if 0 == 1 "never"
`},
		"a skip ends it": {"v6.18", `
			init: listns({}, 64) = 9 skip if -ENOSYS "old"
			init: getpid() = init`, `init: listns({}, 64) = 9 skip if -ENOSYS "old"
`},
	} {
		t.Run(name, func(t *testing.T) {
			p := parse(t, c.in)
			before := texts(p)
			q, err := Rerecord(p, sim.Config{Kernel: c.kernel})
			require.NoError(t, err)
			assert.Equal(t, c.want, texts(q))
			assert.Equal(t, before, texts(p), "the original is as it was")
			rep, err := program.Run(q, sim.Config{Kernel: c.kernel})
			require.NoError(t, err)
			assert.Contains(t, []program.Outcome{program.Pass, program.Skip}, rep.Outcome, rep)
		})
	}
	_, err := Rerecord(&program.Program{Config: []program.ConfigItem{{Key: "kernel", Value: "v1"}}}, sim.Config{})
	assert.ErrorContains(t, err, "unknown kernel")
}

// A generated program is what Rerecord makes of it. On another kernel, and with any lines
// left out, it becomes one that passes there.
func TestRerecordPasses(t *testing.T) {
	kernels := sim.Profiles()
	rapid.Check(t, func(rt *rapid.T) {
		from := rapid.SampledFrom(kernels).Draw(rt, "from").Name
		p := Generate(rapid.Uint64().Draw(rt, "seed"), Options{Config: sim.Config{Kernel: from}, Open: rapid.Bool().Draw(rt, "open")})
		same, err := Rerecord(p, sim.Config{})
		require.NoError(rt, err)
		require.Equal(rt, texts(p), texts(same))

		chance := rapid.IntRange(0, 9).Draw(rt, "chance")
		some := *p
		some.Lines = nil
		for i := range p.Lines {
			if rapid.IntRange(0, 9).Draw(rt, "kept") >= chance {
				some.Lines = append(some.Lines, p.Lines[i])
			}
		}
		to := sim.Config{Kernel: rapid.SampledFrom(kernels).Draw(rt, "to").Name}
		q, err := Rerecord(&some, to)
		require.NoError(rt, err)
		require.NoError(rt, program.Check(q), texts(q))
		rep, err := program.Run(q, to)
		require.NoError(rt, err)
		require.Equal(rt, program.Pass, rep.Outcome, "%s\n%s", rep, texts(q))
	})
}

// SPDX-License-Identifier: GPL-2.0-only

package program

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/nssim/nssim/sim"
)

// TestNotHolding: what is said about a line that does not hold.
func TestNotHolding(t *testing.T) {
	for _, test := range []struct{ text, report string }{
		{`init: listns({ns_type=NET_NS}, 64) = 4`,
			`FAIL t.ns:1:36: listns({ns_type=NET_NS}, 64) = 1, expected 4`},
		{`init: listns({ns_type=NET_NS}, 64) = [7, 11]`,
			`FAIL t.ns:1:36: listns({ns_type=NET_NS}, 64) = [7], expected [7, 11]`},
		{`init: listns({ns_type=NET_NS}, 64) has 7, 11`,
			`FAIL t.ns:1:36: listns({ns_type=NET_NS}, 64) = [7], expected one that has 11`},
		{"init: fork() = c\ninit: listns({ns_type=USER_NS}, 64) lacks c.user",
			`FAIL t.ns:2:37: listns({ns_type=USER_NS}, 64) = [3], expected one that lacks 3 (c.user)`},
		{`init: listns({ns_id=99}, 64) lacks 11`,
			`FAIL t.ns:1:30: listns({ns_id=99}, 64) = -1 ENOENT (No such file or directory), expected lacks 11`},
		{`init: listns({ns_id=99}, 64) = _ has 7`,
			`FAIL t.ns:1:34: listns({ns_id=99}, 64) = [], expected one that has 7`},
		{`init: open("/nowhere", O_RDONLY)`,
			`FAIL t.ns:1:7: open("/nowhere", O_RDONLY) = -1 ENOENT (No such file or directory), expected success`},
		{`init: open("/nowhere", O_RDONLY) = fd`,
			`FAIL t.ns:1:34: open("/nowhere", O_RDONLY) = -1 ENOENT (No such file or directory), expected fd`},
		{`init: open("/nowhere", O_RDONLY) = -EPERM|-EACCES`,
			`FAIL t.ns:1:34: open("/nowhere", O_RDONLY) = -1 ENOENT (No such file or directory), expected -EPERM|-EACCES`},
		{`init: open("/nowhere", O_RDONLY) >= 0`,
			`FAIL t.ns:1:34: open("/nowhere", O_RDONLY) = -1 ENOENT (No such file or directory), expected >= 0`},
		{`init: getpid() = -ESRCH`, `FAIL t.ns:1:16: getpid() = 2, expected -ESRCH`},
		{`init: getpid() < 0`, `FAIL t.ns:1:16: getpid() = 2, expected < 0`},
		{`init: getpid() > 2`, `FAIL t.ns:1:16: getpid() = 2 (init), expected > 2`},
		{"init: fork() = c\ninit: getpid() = c", `FAIL t.ns:2:16: getpid() = 2 (init), expected 3 (c)`},
		{"init: fork() = c\ninit: getpid() != init", `FAIL t.ns:2:16: getpid() = 2 (init), expected != 2 (init)`},
		{"init: fork() = c\ninit: wait4(c)", `FAIL t.ns:2:1: wait4(c) = <unfinished ...>, expected to return (did not return: blocked in do_wait, before wait_consider_task)`},
		{`init: getpid() <unfinished ...>`, `FAIL t.ns:1:7: getpid() = 2, expected <unfinished ...>`},
		{`init: unshare(CLONE_NEWNET) until no_such_step <unfinished ...>`,
			`FAIL t.ns:1:7: unshare(CLONE_NEWNET) until no_such_step = returned, expected to stop before no_such_step`},
		{`init: pause() until no_such_step <unfinished ...>`,
			`FAIL t.ns:1:7: pause() until no_such_step = blocked, expected to stop before no_such_step`},
		{"init: fork() = c\nc: pause() <unfinished ...>\nc: <... pause resumed> = -EINTR",
			`FAIL t.ns:3:1: pause() = <unfinished ...>, expected to return (did not return: blocked in pause, before schedule)`},
		{"init: fork() = c\nc: pause() <unfinished ...>\ninit: kill(c, SIGKILL)\nc: <... pause resumed> = -EINTR",
			`FAIL t.ns:4:24: pause() = ?, expected -EINTR (the task has ended)`},
		{"init: fork() = c\nc: pause() <unfinished ...>\ninit: kill(c, SIGKILL)\nc: <... pause resumed>",
			`FAIL t.ns:4:1: pause() = ?, expected to return (the task has ended)`},
		{"init: fork() = c\nc: getpid() = me\nc: kill(me, SIGKILL) = 0",
			`FAIL t.ns:3:22: kill(me, SIGKILL) = ?, expected 0 (the task has ended)`},
		{"init: unshare(CLONE_NEWPID)\ninit: fork() = c\ninit: fork() = d\nc: exit_group(0)",
			`FAIL t.ns:4:1: exit_group(0) = blocked, expected the end of the task`},
		{"init: fork() = c\nc: pause() <unfinished ...>\nc: <... pause resumed> until schedule <unfinished ...>",
			`FAIL t.ns:3:1: pause = blocked, expected to stop before schedule (it was not stopped)`},
		{"init: fork() = c\nc: pause() until schedule <unfinished ...>\nc: <... pause resumed> until nosuch <unfinished ...>",
			`FAIL t.ns:3:9: pause() until nosuch = blocked, expected to stop before nosuch`},
		{`init: write("/nowhere", "x") <unfinished ...>`,
			`FAIL t.ns:1:7: write("/nowhere", "x") = -1 ENOENT (No such file or directory), expected <unfinished ...>`},
		{"init: fork() = c\ninit: getpid() >= c", `FAIL t.ns:2:16: getpid() = 2 (init), expected >= 3 (c)`},
		{"init: open(\"/\", O_RDONLY) = fd\ninit: name_to_handle_at(fd, \"\", &h, _, AT_EMPTY_PATH) = _\n? h == h and h.handle_type == 0xf1",
			`FAIL t.ns:3:14: h.handle_type = 1, expected 241`},
		{`? active(7) == 2`, `FAIL t.ns:1:3: active(7) = 1, expected 2`},
		{`? active(7) > 3 - 2`, `FAIL t.ns:1:3: active(7) = 1, expected > 1 (3 - 2)`},
		{`? active(7) == 1 and exists(99)`, `FAIL t.ns:1:22: exists(99) = 0, expected != 0`},
		{`? not exists(7)`, `FAIL t.ns:1:3: exists(7) = 1, expected 0`},
		{`? not (1 == 1)`, `FAIL t.ns:1:3: ? not 1 == 1: does not hold`},
		{`? exists(98) or exists(99)`, `FAIL t.ns:1:3: ? exists(98) or exists(99): does not hold`},
		{`? state(init) == dead`, `FAIL t.ns:1:3: state(init) = running, expected dead`},
		{`? [7, 8] lacks 7`, `FAIL t.ns:1:3: [7, 8] = [7, 8], expected lacks 7`},
		{`? 9 in [7, 8]`, `FAIL t.ns:1:3: 9 = 9, expected in [7, 8]`},
		{`? "a" == "b"`, `FAIL t.ns:1:3: "a" = "a", expected "b"`},
		{`? [1, 2][2] == 3`, `FAIL t.ns:1:3: len([1, 2]) = 2, expected enough for [1, 2][2]`},
		{`init: exit_group(0) until do_exit <unfinished ...>`,
			`FAIL t.ns:1:7: exit_group(0) until do_exit = returned, expected to stop before do_exit`},
		{"macro m() {\n    $TASK: getpid() = 1\n}\nfor i in 1..2 {\n    init: m()\n}",
			"FAIL t.ns:2:21: getpid() = 2 (init), expected 1\n\tin macro m at t.ns:5:5\n\tin for i = 1 at t.ns:4:1"},
		{`skip if 1 == 1 "no {init}"`, `SKIP t.ns:1:1: no 2`},
		{`init: open("/nowhere", O_RDONLY) skip if < 0 "none"`, `SKIP t.ns:1:34: none`},
		{`init: open("/nowhere", O_RDONLY) = fd skip if -EPERM|-ENOENT "none"`, `SKIP t.ns:1:39: none`},
		{`init: getpid()`, `PASS t.ns`},
	} {
		rep := runText(t, test.text+"\n")
		assert.Equal(t, test.report, rep.String(), "%s", test.text)
		assert.NoError(t, rep.Err())
		assert.Equal(t, map[Outcome]int{Pass: 0, Skip: 0, Fail: 1}[rep.Outcome], rep.Outcome.ExitStatus())
	}
}

// TestBadPrograms: what is said about a program that cannot be carried out.
func TestBadPrograms(t *testing.T) {
	for _, test := range []struct{ text, report string }{
		{"init: fork() = c\nc: exit_group(0)\nc: getpid()",
			`3:1: found a call by c, which has ended, expected a task that lives`},
		{"init: fork() = c\nc: exit_group(0)\ninit: wait4(c)\nsettle\nc: getpid()",
			`5:1: found a call by c, which has ended, expected a task that lives`},
		{"init: open(\"/nowhere\", O_RDONLY) = _\ninit: stat(\"/nowhere\", &st) = _\n? st.st_ino == 1",
			`3:3: found st, expected a name that is bound by now (the call that would have bound it failed, or has not returned)`},
		{"init: open(\"/proc/self/ns/net\", O_RDONLY) = fd\ninit: close(fd)\ninit: close(fd)",
			`3:13: found fd, which is closed, expected an open descriptor (raw(fd) is the bare number)`},
		{"init: open(\"/proc/self/ns/net\", O_RDONLY) = fd\ninit: close(fd)\ninit: open(\"/proc/self/ns/net\", O_RDONLY) = fd2\ninit: fstat(fd, _)",
			`4:13: found fd, which is closed, expected an open descriptor (raw(fd) is the bare number)`},
		{"init: fork() = c\ninit: open(\"/proc/self/ns/net\", O_RDONLY) = fd\nc: fstat(fd, _)",
			`3:10: found fd, whose number 3 is closed in c, expected the same open file (raw(fd) is the bare number)`},
		{"init: open(\"/proc/self/ns/net\", O_RDONLY) = fd\ninit: fork() = c\ninit: dup2(0, raw(fd))\ninit: fstat(fd, _)",
			`4:13: found fd, whose number 3 is another file in init, expected the same open file (raw(fd) is the bare number)`},
		{"init: open(\"/proc/self/ns/net\", O_RDONLY) = fd\ninit: kill(fd, 0)",
			`2:12: found fd, which is a descriptor, expected a task or its number`},
		{"init: close(init)", `1:13: found init, which is a task, expected a descriptor`},
		{"init: listns({}, &ids, 9)\ninit: kill(ids, 0)", `2:12: found ids, which is a list, expected a task or its number`},
		{"init: unshare(\"x\")", `1:15: found "x", which is a string, expected a number or constants`},
		{"init: open(3, O_RDONLY)", `1:12: found 3, which is a number, expected a string`},
		{"init: open(NULL, O_RDONLY)", `1:12: found NULL, which is a number, expected a string`},
		{"? init", `1:3: found init, which is a task, expected a condition`},
		{"? init.net == init", `1:3: found init.net, which is a namespace id, and init, which is a task, expected two values of one kind`},
		{"? [1] < [2]", `1:3: found < between a list and a list, expected == or !=`},
		{"? init.nett == 7", `1:3: found init.nett, expected one of a task's namespaces (did you mean net?)`},
		{"? init.foo == 7", `1:3: found init.foo, expected one of a task's namespaces (net, uts, ipc, pid, pid_for_children, user, mnt, cgroup, time, time_for_children)`},
		{"init: stat(\"/\", &st)\n? st.st_inoo == 7", `2:3: found st.st_inoo, expected one of st_ino, st_dev, st_mode, st_nlink, st_uid, st_gid (did you mean st_ino?)`},
		{"init: getpid() = n\n? n.x == 7", `2:3: found n.x, expected one of a task's namespaces (net, uts, ipc, pid, pid_for_children, user, mnt, cgroup, time, time_for_children)`},
		{"init: getuid() = n\n? n.x == 7", `2:3: found n, which is a number, expected a structure, a handle or a task`},
		{"init: fork() = c\nc: exit_group(0)\n? c.net == 7",
			`3:3: found c.net of a task that has ended, expected a task that is in a namespace of this type (bind its id while the task lives)`},
		{"init: getuid() = n\n? n[0] == 7", `2:3: found n, which is a number, expected a list`},
		{"? 1 % 0 == 1", `1:7: found 0, which is 0, expected a divisor other than 0`},
		{"? owner(99) == 1", `1:9: found namespace 99, which does not exist, expected a namespace that was seen while it did`},
		{"? active(init) == 1", `1:10: found init, which is a task, expected a namespace: its id, a descriptor of it, or a task's`},
		{"init: pipe([&r, &w])\n? active(r) == 1", `2:10: found r, which is no namespace file, expected a namespace`},
		{"init: stat(\"/\", &st)\n? st == st{st_inoo=7}",
			`2:12: found field st_inoo, expected one of st_ino, st_dev, st_mode, st_nlink, st_uid, st_gid (did you mean st_ino?)`},
		{"init: getuid() = n\ninit: open_by_handle_at(3, n{ns_id=7}, 0)", `2:28: found n, which is a number, expected a handle or a structure`},
		{"init: close(raw(init))", `1:17: found init, which is a task, expected a descriptor`},
		{"init: sendfd(7, 0)", `1:14: found 7, which is a number, expected a task`},
		{"? state(7) == dead", `1:9: found 7, which is a number, expected a task`},
		{"? len(7) == 1", `1:7: found 7, which is a number, expected a list or a string`},
		{"? exited(0) == killed(99)", `1:23: found 99, expected a signal`},
		{"init: pipe(_)", `1:12: found _, expected [&A, &B]`},
		{"init: listns(\"x\", 9)", `1:14: found "x", which is a string, expected memory: &NAME, an address, room(K) or NULL`},
		{"init: listns({}, room(1000001), 9)", `1:23: found 1000001, expected at most 1000000 entries`},
		{"init: pages({}, 0)", `1:17: found pages of 0 entries, expected 1 or more`},
		{"init: open_by_handle_at(FD_NSFS_ROOT, {ns_id=7, tail=\"0\"}, 0)", `1:54: found "0", expected pairs of hexadecimal digits`},
		{"init: open_by_handle_at(FD_NSFS_ROOT, {ns_id=7, tail=7}, 0)", `1:54: found 7, which is a number, expected bytes in hexadecimal, in quotes`},
		{"init: signal(SIGTERM, 5)", `1:23: found 5, expected SIG_IGN or SIG_DFL (there are no handlers)`},
		{"init: unshare(CLONE_NEWPID)\ninit: fork() = c\nc: kill(init, 0)", `3:9: found init, which has no pid there, expected a task that the caller's pid namespace numbers`},
		{"init: fork() = c\nc: exit_group(0)\ninit: wait4(c)\nsettle\ninit: sendfd(c, 0)", `5:14: found c, which has ended, expected a task that lives`},
		{"init: setgroups(3)", `1:17: found 3, which is a number, expected a list of group ids`},
		{"init: capset(7)", `1:14: found 7, which is a number, expected a structure with effective, permitted, inheritable`},
		{"init: sendmsg(3, {fds=3})", `1:23: found 3, expected a list`},
		{"init: getpid() = \"x\"", `1:18: found "x", which is a string, expected a task (that is what getpid returns)`},
		{"init: getpid() >= [1]", `1:19: found [1], which is a list, expected a number`},
		{"init: getpid() = [1]", `1:18: found [1], which is a list, expected a task`},
	} {
		rep := runText(t, test.text+"\n")
		assert.Equal(t, "ERROR t.ns:"+test.report, rep.String(), "%s", test.text)
		assert.EqualError(t, rep.Err(), "t.ns:"+test.report)
		assert.Equal(t, 2, rep.Outcome.ExitStatus())
	}
}

// TestBadLines: lines that were put together without the checker are no worse.
func TestBadLines(t *testing.T) {
	for _, test := range []struct {
		lines  []Line
		report string
	}{
		{[]Line{{Task: "t9", Call: Syscall{Name: "getpid"}}}, "task t9, expected a task that was made above"},
		{[]Line{{Task: "init", Call: Syscall{Name: "nosuch"}}}, "call nosuch, expected a system call"},
		{[]Line{{Task: "init", Kind: Resume, Call: Syscall{Name: "pause"}}}, "<... pause resumed>, expected a call"},
		{[]Line{{Kind: Assert, Expr: &CallExpr{Func: "nosuch"}}}, "function nosuch, expected one that there is"},
		{[]Line{{Kind: Assert, Expr: &Blank{}}}, "_, expected a value"},
		{[]Line{{Task: "init", Call: Syscall{Name: "name_to_handle_at", Args: []Expr{
			&Num{}, &Str{}, &Out{Name: "h", Fields: []FieldValue{{Name: "ns_id", X: &Num{}}}}}}}},
			"field ns_id, expected handle_bytes (only the room can be set)"},
		{[]Line{{Task: "init", Call: Syscall{Name: "listns", Args: []Expr{
			&Struct{Fields: []FieldValue{{Name: "ns_idd", X: &Num{}}}}, &Num{Value: 9}}}}},
			"field ns_idd, expected one of size, spare, ns_id, ns_type, spare2, user_ns_id, tail (did you mean ns_id?)"},
		{[]Line{
			{Task: "init", Call: Syscall{Name: "pause"}, Unfinished: true},
			{Task: "init", Call: Syscall{Name: "getpid"}},
		}, "a call by init, which is inside another one"},
		{[]Line{
			{Task: "init", Call: Syscall{Name: "getuid"}, Results: []Result{{X: &Name{Name: "n"}}}},
			{Task: "n", Call: Syscall{Name: "getpid"}},
		}, "n, which is a number, expected a task"},
	} {
		rep, err := Run(&Program{Lines: test.lines}, sim.Config{})
		require.NoError(t, err)
		assert.Contains(t, rep.String(), "found "+test.report)
		assert.Equal(t, BadProgram, rep.Outcome)
	}
}

// TestNoActiveCount: on v6.18 there is nothing that active() could read.
func TestNoActiveCount(t *testing.T) {
	rep := runOn(t, sim.Config{Kernel: "v6.18"}, "? exists(init.net)\n? active(init.net) == 1\n")
	assert.Equal(t, "ERROR t.ns:2:3: found active(init.net) on kernel v6.18, expected a kernel with active counts (it has no active count)", rep.String())
}

// TestConfig: a program says what it wants to run under, and a caller who names something
// wins.
func TestConfig(t *testing.T) {
	const text = "config kernel=v7.0 semantics=passive bug=no-cascade-on-put,cursor-wraps\ninit: getpid()\n"
	assert.Equal(t, "kernel v7.0, semantics passive, bugs no-cascade-on-put+cursor-wraps", runText(t, text).Config)
	rep := runOn(t, sim.Config{Kernel: "v6.19", Bugs: []string{}}, text)
	assert.Equal(t, "kernel v6.19, semantics passive", rep.Config)
	rep = runOn(t, sim.Config{Semantics: "active", Bugs: []string{"duplicate-id"}}, text)
	assert.Equal(t, "kernel v7.0, semantics active, bugs duplicate-id", rep.Config)

	p, err := Parse("t.ns", []byte("config kernel=v9.0\n"))
	require.NoError(t, err)
	_, err = Run(p, sim.Config{})
	assert.EqualError(t, err, `t.ns:1:8: unknown kernel "v9.0", expected one of v6.18, rfc-v1, v6.19, v6.19.9, v7.0, v7.1, v7.2, v7.3, v7.3.4`)
	_, err = Run(&Program{}, sim.Config{Bugs: []string{"nosuch"}})
	assert.ErrorContains(t, err, `unknown bug or switch "nosuch"`)
}

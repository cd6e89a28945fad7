// SPDX-License-Identifier: GPL-2.0-only

package strace_test

import (
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/nssim/nssim/sim"
	"github.com/nssim/nssim/sim/export/strace"
	"github.com/nssim/nssim/sim/program"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// read imports a log of one test.
func read(t *testing.T, lines ...string) *strace.Import {
	i, err := strace.Read("log", []byte(strings.Join(lines, "\n")+"\n"), strace.Options{Config: sim.Config{Kernel: "v6.19.9"}})
	require.NoError(t, err)
	require.Empty(t, i.Divergences)
	return i
}

// body is the lines of a program without its head.
func body(i *strace.Import) string {
	_, rest, _ := strings.Cut(string(program.Format(i.Program)), "\n\n")
	return rest
}

// How lines begin and end, by the options of strace.
func TestForms(t *testing.T) {
	want := "init: unshare(CLONE_NEWNET)\ninit: open(\"/proc/self/ns/net\", O_RDONLY) = 3\n"
	for name, lines := range map[string][]string{
		"-f -o":   {"7     unshare(CLONE_NEWNET)             = 0", `7     openat(AT_FDCWD, "/proc/self/ns/net", O_RDONLY) = 3`},
		"-f":      {"unshare(CLONE_NEWNET) = 0", `openat(AT_FDCWD, "/proc/self/ns/net", O_RDONLY) = 3`},
		"stderr":  {"strace: Process 7 attached", "[pid     7] unshare(CLONE_NEWNET) = 0", `[pid     7] openat(AT_FDCWD, "/proc/self/ns/net", O_RDONLY) = 3`},
		"-tt -T":  {"7 10:00:01.123456 unshare(CLONE_NEWNET) = 0 <0.000123>", `7 10:00:01.133456 openat(AT_FDCWD, "/proc/self/ns/net", O_RDONLY) = 3 <0.000020>`},
		"-ttt -y": {"7 1700000000.123456 unshare(CLONE_NEWNET) = 0", `7 1700000000.123457 openat(AT_FDCWD</tmp>, "/proc/self/ns/net", O_RDONLY) = 3<net:[4026532000]>`},
		"-X raw":  {"7 unshare(0x40000000) = 0", `7 openat(0xffffff9c, "/proc/self/ns/net", 0) = 3`},
		"-X verb": {"7 unshare(0x40000000 /* CLONE_NEWNET */) = 0", `7 openat(0xffffff9c /* AT_FDCWD */, "/proc/self/ns/net", 0 /* O_RDONLY */) = 3`},
		"two lines": {"7 unshare(CLONE_NEWNET <unfinished ...>", "7 <... unshare resumed>) = 0",
			`7 openat(AT_FDCWD, "/proc/self/ns/net" <unfinished ...>`, `7 <... openat resumed>, O_RDONLY) = 3`},
	} {
		got := body(read(t, lines...))
		if strings.HasPrefix(name, "-X") {
			got = strings.NewReplacer("0x40000000", "CLONE_NEWNET", ", 0)", ", O_RDONLY)").Replace(got)
		}
		require.Equal(t, want, got, name)
	}
}

// Descriptors that the model does not know are taken by something else.
func TestStandIns(t *testing.T) {
	i := read(t,
		`7 openat(AT_FDCWD, "/etc/passwd", O_RDONLY|O_CLOEXEC) = 3`,
		`7 eventfd2(0, EFD_CLOEXEC|EFD_NONBLOCK) = 4`,
		`7 pipe2([5, 6], O_CLOEXEC) = 0`,
		`7 openat(AT_FDCWD, "/nowhere", O_RDONLY) = -1 ENOENT (No such file or directory)`,
		`7 dup(4) = 7`,
		`7 socket(AF_ALG, SOCK_SEQPACKET, 0) = 8`,
		`7 execve("/bin/x", ["x"], 0x7ffc /* 3 vars */) = 0`,
		`7 openat(AT_FDCWD, "/proc/self/ns/net", O_RDONLY) = 3`,
	)
	require.Equal(t, 4, i.Calls)
	require.Equal(t, 1, i.Passed)
}

// In a pid namespace of its own, numbers are those that the model gives; outside, the log's
// numbers name tasks.
func TestPids(t *testing.T) {
	i := read(t,
		`100 unshare(CLONE_NEWPID) = 0`,
		`100 clone(child_stack=NULL, flags=CLONE_CHILD_CLEARTID|SIGCHLD, child_tidptr=0x1) = 107`,
		`107 getpid() = 1`,
		`107 clone(child_stack=NULL, flags=SIGCHLD) = 2`,
		`108 getppid() = 1`,
		`108 exit_group(3) = ?`,
		`108 +++ exited with 3 +++`,
		`107 wait4(-1, [{WIFEXITED(s) && WEXITSTATUS(s) == 3}], 0, NULL) = 2`,
		`107 exit_group(0) = ?`,
		`107 +++ exited with 0 +++`,
		`100 wait4(107, NULL, 0, NULL) = 107`,
	)
	require.Contains(t, body(i), "t107: fork() = t108\n")
	require.Contains(t, body(i), "init: wait4(t107) = t107\n")
}

// A call whose memory strace does not show is compared by its count.
func TestRawListns(t *testing.T) {
	file := filepath.Join(logs, "6.19.14", "listns_test.strace.gz")
	shown := regexp.MustCompile(`listns\(\{[^}]*\}(?:, \[[^]]*\])?`)
	text := shown.ReplaceAllString(string(readLog(t, file)), "syscall_0x1d6(0x7ffc2000, 0x7ffc3000")
	text = strings.NewReplacer("<... listns resumed>", "<... syscall_0x1d6 resumed>").Replace(text)
	text = regexp.MustCompile(`(resumed>), \[[^]]*\], `).ReplaceAllString(text, "$1, ")
	i, err := strace.Read("log", []byte(text), strace.Options{Config: sim.Config{Kernel: "v6.19.9"}})
	require.NoError(t, err)
	require.Empty(t, i.Divergences)
	require.Contains(t, body(i), "listns({}, 100) >= ")
}

// A line that is not understood is an error with its place.
func TestMistakes(t *testing.T) {
	for line, want := range map[string]string{
		`7 nonsense`:                              `log:2:3: found "nonsense", expected a system call, a signal or the end of a process`,
		`7 close(3 = 0`:                           "log:2:14: found the end of the line, expected `,` or `)`",
		`7 close(3) = zero`:                       "log:2:11: found \" = zero\", expected = and a result",
		`7 close(3) = -1 EWHAT (?)`:               `log:2:17: found "EWHAT", expected an errno`,
		`7 <... read resumed>"x", 1) = 1`:         `log:2:3: found <... read resumed>, expected a call that the process has left unfinished`,
		`7 +++ exited with 1`:                     `log:2:3: found "+++ exited with 1", expected +++ exited with N +++ or +++ killed by SIGNAL +++`,
		`7 --- SIGCHLD ---`:                       `log:2:3: found "--- SIGCHLD ---", expected --- SIGNAL {...} ---`,
		`7 unshare(CLONE_NEWWHAT) = 0`:            `log:2:11: found "CLONE_NEWWHAT) = 0", expected a number or constants that are known; "CLONE_NEWWHAT" is none`,
		`9 close(3) = 0`:                          `log:2:1: found process 9, expected one that a call in the log has made`,
		`7 wait4(8, [{WIFEXITED(s)}, 0, NULL = 0`: "log:2:40: found the end of the line, expected `]`",
		`7 write(1, "abc`:                         "log:2:16: found the end of the line, expected `\"`",
	} {
		_, err := strace.Read("log", []byte("7 getpid() = 7\n"+line+"\n"), strace.Options{})
		require.Error(t, err, line)
		require.IsType(t, &program.Error{}, err)
		if err.Error() != want {
			t.Errorf("%s\n got %s\nwant %s", line, err, want)
		}
	}
}

// Broken logs are errors or divergences, and never more than that.
func TestBrokenLogs(t *testing.T) {
	file := filepath.Join(logs, "6.19.14", "siocgskns_test.strace.gz")
	lines := strings.Split(string(readLog(t, file)), "\n")
	rapid.Check(t, func(rt *rapid.T) {
		from := rapid.IntRange(0, len(lines)-40).Draw(rt, "from")
		part := append([]string(nil), lines[from:from+40]...)
		for range rapid.IntRange(1, 3).Draw(rt, "changes") {
			i := rapid.IntRange(0, len(part)-1).Draw(rt, "line")
			s := part[i]
			if s == "" {
				continue
			}
			at := rapid.IntRange(0, len(s)-1).Draw(rt, "at")
			n := rapid.IntRange(0, min(8, len(s)-at)).Draw(rt, "cut")
			part[i] = s[:at] + rapid.StringN(0, 4, 8).Draw(rt, "put") + s[at+n:]
		}
		_, err := strace.Read("log", []byte(strings.Join(part, "\n")), strace.Options{MaxDivergences: 3})
		if err != nil && !strings.HasPrefix(err.Error(), "log:") {
			rt.Fatalf("no place: %v", err)
		}
	})
}

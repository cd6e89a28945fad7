// SPDX-License-Identifier: GPL-2.0-only

package program

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestExpand: programs and what remains of them without loops and macros.
func TestExpand(t *testing.T) {
	for _, c := range []struct{ name, in, out string }{
		{"loop", `
for i in 1..2 {
    init: open("/tmp/f$i", O_RDWR) = fd$i
    init: write(fd$i, "{fd$i} $(i*10)%") = $i
}`, `
init: open("/tmp/f1", O_RDWR) = fd1
init: write(fd1, "{fd1} 10%") = 1
init: open("/tmp/f2", O_RDWR) = fd2
init: write(fd2, "{fd2} 20%") = 2
`},
		{"nested loops over each other's variable", `
for i in 0..2 {
    for j in $i + 1..2 { # pairs
        init: kill($i, $j)
    }
}`, `
init: kill(0, 1)
init: kill(0, 2)
init: kill(1, 2)
`},
		{"a loop downwards has no lines", "for i in 1..0 {\n    settle\n}\nsettle", "\nsettle\n"},
		{"bounds are computed", "for i in CLONE_NEWNET % 7 - 2..-(1 - 2)*0 {\n    init: kill($i, $(-i))\n}", `
init: kill(-1, 1)
init: kill(0, 0)
`},
		{"arguments keep together", `
macro both(A, B) {
    $TASK: kill($A * 2, $B|4)
}
init: both(1 + 2, 1 == 2)`, `
init: kill((1 + 2) * 2, (1 == 2)|4)
`},
		{"names in a body are its own", `
macro twice(P) {
    $TASK: dup($P) = copy
    $TASK: close(copy)
}
init: open("/", O_RDONLY) = copy
init: twice(copy)
init: twice(copy)
init: close(copy)`, `
init: open("/", O_RDONLY) = copy
init: dup(copy) = copy_1
init: close(copy_1)
init: dup(copy) = copy_2
init: close(copy_2)
init: close(copy)
`},
		{"a made name does not meet one that is there", `
macro m() {
    $TASK: getpid() = x
}
init: getpid() = x_1
init: m()`, `
init: getpid() = x_1
init: getpid() = x_2
`},
		{"names in parameters are the caller's", `
macro outer(P) {
    $TASK: inner($P, mine)
    $TASK: close(mine)
}
macro inner(P, Q) {
    $TASK: open("/", O_RDONLY) = fd
    $TASK: dup(fd) = $P
    $TASK: dup(fd) = $Q
    $TASK: dup(fd) = ${P}
}
init: outer(a)`, ""},
		{"a name with a parameter in it is the caller's", `
macro named(P) {
    $TASK: fork() = t_$P
    t_$P: exit_group(0)
}
init: named(a)
init: wait4(t_a) = t_a`, `
init: fork() = t_a
t_a:  exit_group(0)
init: wait4(t_a) = t_a
`},
		{"tasks of a body", `
macro grandchild() {
    $TASK: fork() = c
    c:     pause() <unfinished ...>
    $TASK: exit_group(0)
}
macro child() {
    $TASK: fork() = c
    c:     grandchild()
    $TASK: wait4(c, &st) = c
    ?      st == exited(0) and state(c) == dead
}
init: child()`, `
init: fork() = c_1
c_1:  fork() = c_2
c_2:  pause() <unfinished ...>
c_1:  exit_group(0)
init: wait4(c_1, &st_1) = c_1
?     st_1 == exited(0) and state(c_1) == dead
`},
		{"outputs, fields and structures", `
macro m(F, N, X, G) {
    $TASK: clone3({$F=CLONE_PIDFD, pidfd=$X}) = $N
    ?      $N.$F == 1
    $TASK: name_to_handle_at($N, "", &h{handle_bytes=$(8*2)})
    $TASK: open_by_handle_at(3, h{ns_$G=0}, 0) = $N
}
for i in 0..0 {
    init: m(flags, t$i, &p$i, id)
}`, `
init: clone3({flags=CLONE_PIDFD, pidfd=&p0}) = t0
?     t0.flags == 1
init: name_to_handle_at(t0, "", &h_1{handle_bytes=16})
init: open_by_handle_at(3, h_1{ns_id=0}, 0) = t0
`},
		{"errnos, blanks and strings as arguments", `
macro m(E, S, B) {
    $TASK: open("/proc/$S", 0) = $E
    $TASK: open($S, 0) = -EPERM|$E skip if $E "no $S, {$S}"
    $TASK: pipe([$B, $B])
}
init: m(-ENOENT|-EIO, "self/{init}", _)`, `
init: open("/proc/self/{init}", 0) = -ENOENT|-EIO
init: open("self/{init}", 0) = -EPERM|-ENOENT|-EIO \
          skip if -ENOENT|-EIO "no self/{init}, self/{init}"
init: pipe([_, _])
`},
		{"a program's macro replaces a built-in one", `
macro caps_down() {
    settle
}
init: caps_down()`, "\nsettle\n"},
	} {
		t.Run(c.name, func(t *testing.T) {
			p, err := Parse("test.ns", []byte(c.in))
			if c.out == "" {
				require.Error(t, err)
				return
			}
			require.NoError(t, err)
			got := "\n" + string(p.Expanded())
			assert.Equal(t, c.out, got)
			roundTrip(t, p)
		})
	}
}

// TestStack: an expanded line tells where it is from.
func TestStack(t *testing.T) {
	p := mustParse(t, "macro m() {\n    settle\n}\nfor i in 0..1 {\n    init: m()\n}\ninit: caps_down()\n")
	l := p.Lines[1]
	assert.Equal(t, Pos{"test.ns", 2, 5}, l.At)
	assert.Equal(t, l.At, l.Place())
	assert.Equal(t, []Frame{{Pos{"test.ns", 4, 1}, "for i = 1"}, {Pos{"test.ns", 5, 5}, "macro m"}}, l.Stack)
	assert.Equal(t, Pos{"test.ns", 7, 1}, p.Lines[2].Place())
}

// chain returns a program with a chain of n macros, each of which calls the one before it a
// number of times.
func chain(n, times int, arg string) string {
	var b strings.Builder
	b.WriteString("macro m0(P) {\n    settle\n}\n")
	for i := range n {
		fmt.Fprintf(&b, "macro m%d(P) {\n", i+1)
		for range times {
			fmt.Fprintf(&b, "    $TASK: m%d(%s)\n", i, arg)
		}
		b.WriteString("}\n")
	}
	fmt.Fprintf(&b, "init: m%d(1)\n", n)
	return b.String()
}

// TestBounds: what grows without end is stopped with an error.
func TestBounds(t *testing.T) {
	for _, c := range []struct{ name, src, msg string }{
		{"rounds", "for i in 0..9223372036854775807 {\n}\n", "macro calls"},
		{"lines", "for i in 0..9999 {\n  for j in 0..9999 {\n settle\n}\n}\n", "macro calls"},
		{"calls", chain(40, 2, "1"), "macro calls"},
		{"operands", chain(5000, 1, "[$P, $P, $P, $P]"), "at most 4096 operands"},
		{"operands of many lines", "for i in 0..9999 {\n    ? " + strings.Repeat("$i + ", 5000) + "1\n}\n", "at most 160000 operands"},
		{"names", chain(40, 1, "a$P$P"), "at most 200"},
		{"strings", chain(40, 1, `"abcdefgh$P$P"`), "bytes after expansion"},
		{"a long string", "macro m(P) {\n    ? \"$P$P\" == 1\n}\ninit: m(\"" + strings.Repeat("x", 40000) + "\")\n", "bytes after expansion"},
		{"recursion", "macro a() {\n init: b()\n}\nmacro b() {\n init: a()\n}\ninit: a()\n", "inside itself"},
		{"text", "? " + strings.Repeat("1 + ", 20000) + "1\n", "operands in one line"},
		{"blocks", strings.Repeat("for i in 0..1 {\n", 200), "inside each other"},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := parse("test.ns", []byte(c.src), 20000)
			require.Error(t, err)
			assert.Contains(t, err.Error(), c.msg)
			assert.Less(t, len(err.Error()), 4000)
		})
	}
}

// TestExpandedLimits: what expansion nests deeper than a text may is an error, for it could
// not be written down.
func TestExpandedLimits(t *testing.T) {
	src := "macro m(P) {\n    ? " + strings.Repeat("-(1 + ", 20) + "$P" + strings.Repeat(")", 20) + " == 1\n}\n" +
		"init: m(" + strings.Repeat("[", 60) + strings.Repeat("]", 60) + ")\n"
	_, err := Parse("test.ns", []byte(src))
	require.Error(t, err)
	assert.Contains(t, err.Error(), "nested too deeply")
}

// SPDX-License-Identifier: GPL-2.0-only

package program

import (
	"errors"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/nssim/nssim/syscall/uapi"
)

// TestDocPrograms reads the programs in the format's description: they are correct, and
// laid out as Format does it.
func TestDocPrograms(t *testing.T) {
	for _, src := range docPrograms(t) {
		p := mustParse(t, src)
		assert.NotEmpty(t, p.Lines)
		assert.Equal(t, src, string(Format(p)))
		roundTrip(t, p)
	}
}

// TestSavedPrograms reads every program of the repository.
func TestSavedPrograms(t *testing.T) {
	for path, src := range savedPrograms(t) {
		p, err := Parse(path, []byte(src))
		require.NoError(t, err)
		roundTrip(t, p)
	}
}

func TestParseLine(t *testing.T) {
	p := mustParse(t, "init: open(\"/proc/self/ns/net\", O_RDONLY|O_CLOEXEC) = fd skip if -EPERM|-EACCES \"no\" # why\n")
	require.Len(t, p.Lines, 1)
	l := p.Lines[0]
	assert.Equal(t, Call, l.Kind)
	assert.Equal(t, Pos{"test.ns", 1, 1}, l.At)
	assert.Equal(t, "init", l.Task)
	assert.Equal(t, "open", l.Call.Name)
	assert.Equal(t, Pos{"test.ns", 1, 7}, l.Call.At)
	require.Len(t, l.Call.Args, 2)
	assert.Equal(t, &Str{At: Pos{"test.ns", 1, 12}, Parts: []Part{{Text: "/proc/self/ns/net"}}}, l.Call.Args[0])
	flags := l.Call.Args[1].(*Binary)
	assert.Equal(t, "|", flags.Op)
	assert.Equal(t, "O_CLOEXEC", flags.Y.(*Const).Name)
	assert.EqualValues(t, uapi.O_CLOEXEC, flags.Y.(*Const).Value)
	require.Len(t, l.Results, 2)
	assert.Equal(t, Value, l.Results[0].Kind)
	assert.Equal(t, "fd", l.Results[0].X.String())
	assert.Equal(t, SkipOn, l.Results[1].Kind)
	assert.Equal(t, []Errno{
		{Pos{"test.ns", 1, 66}, "EPERM", uapi.EPERM},
		{Pos{"test.ns", 1, 73}, "EACCES", uapi.EACCES},
	}, l.Results[1].Errnos)
	assert.Equal(t, `"no"`, l.Results[1].Reason.String())
	assert.Equal(t, "why", l.Comment)
}

// TestResults shows each form of a result and what it is read as.
func TestResults(t *testing.T) {
	for _, c := range []struct {
		text  string
		kinds []ResultKind
	}{
		{"", nil},
		{"= 0", []ResultKind{Value}},
		{"= n", []ResultKind{Value}},
		{"= [7, 8]", []ResultKind{Value}},
		{"= -ENOENT", []ResultKind{Errnos}},
		{"= -ENOENT|-ESTALE", []ResultKind{Errnos}},
		{"= _", []ResultKind{Any}},
		{"< 0", []ResultKind{Compare}},
		{"!= 7", []ResultKind{Compare}},
		{">= 2 has 7, 8 lacks 3", []ResultKind{Compare, Has, Lacks}},
		{`= n skip if -ENOSYS "no listns()"`, []ResultKind{Value, SkipOn}},
		{`skip if < 0 "no listns()"`, []ResultKind{SkipOn}},
	} {
		p := mustParse(t, "init: listns({}, 64) "+c.text)
		var kinds []ResultKind
		for _, r := range p.Lines[0].Results {
			kinds = append(kinds, r.Kind)
		}
		assert.Equal(t, c.kinds, kinds, c.text)
		roundTrip(t, p)
	}
}

// TestPrecedence shows how operators bind: the canonical text has only the parentheses
// that are needed.
func TestPrecedence(t *testing.T) {
	for in, out := range map[string]string{
		"(1 + 2) * 3":                  "(1 + 2) * 3",
		"1 + (2 * 3)":                  "1 + 2 * 3",
		"1 - (2 - 3)":                  "1 - (2 - 3)",
		"(1 - 2) - 3":                  "1 - 2 - 3",
		"1|2 & 3":                      "1 | 2 & 3",
		"(1|2) & 3":                    "(1|2) & 3",
		"1|(2|3)":                      "1|(2|3)",
		"1|2+3":                        "1 | 2 + 3",
		"1<<CAP_SYS_ADMIN|1":           "1 << CAP_SYS_ADMIN | 1",
		"~1 & -2":                      "~1 & -2",
		"-(1 + 2)":                     "-(1 + 2)",
		"--1":                          "--1",
		"not (1 == 2)":                 "not 1 == 2",
		"(not 1) == 2":                 "(not 1) == 2",
		"not not 1":                    "not not 1",
		"(1 == 2) == 3":                "(1 == 2) == 3",
		"1 == 2 and 3 == 4 or 5 == 6":  "1 == 2 and 3 == 4 or 5 == 6",
		"1 == 2 and (3 == 4 or 5 > 6)": "1 == 2 and (3 == 4 or 5 > 6)",
		"[7,8] has 7|1":                "[7, 8] has 7|1",
		"7 in [7, 8][0:]":              "",
		"init.net.x[0]{a=1}":           "init.net.x[0]{a=1}",
		"(init).net":                   "init.net",
		"(-1).x":                       "(-1).x",
		"0XF1":                         "0xf1",
		"00":                           "00",
		`"a{init}\{\x00\"\$é}"`:        `"a{init}\{\x00\"\$é}"`,
	} {
		p, err := Parse("test.ns", []byte("? "+in))
		if out == "" {
			require.Error(t, err, in)
			continue
		}
		require.NoError(t, err, in)
		assert.Equal(t, out, p.Lines[0].Expr.String(), in)
		roundTrip(t, p)
	}
}

// TestContinuation: a line goes on behind a backslash, also with blanks behind it, and
// places count physical lines.
func TestContinuation(t *testing.T) {
	p := mustParse(t, "init: kill(1, \\  \r\n   SIGKILL) = 0 \\\n  # done\nsettle\n")
	require.Len(t, p.Lines, 2)
	assert.Equal(t, Pos{"test.ns", 2, 4}, p.Lines[0].Call.Args[1].Pos())
	assert.Equal(t, "done", p.Lines[0].Comment)
	assert.Equal(t, 4, p.Lines[1].At.Line)
}

func TestHeader(t *testing.T) {
	p := mustParse(t, "# SPDX-License-Identifier: GPL-2.0-only\n\n# One.\n#\n# Two.\n\n# Three.\nconfig kernel=v6.19 bug=a,b # x\nsettle")
	assert.Equal(t, "GPL-2.0-only", p.License)
	assert.Equal(t, []string{"One.", "", "Two."}, p.Doc)
	require.Len(t, p.Config, 2)
	assert.Equal(t, ConfigItem{Pos{"test.ns", 8, 21}, "bug", "a,b"}, p.Config[1])
}

// TestUnfinished: outputs are bound when the call returns, a child when it is made.
func TestUnfinished(t *testing.T) {
	p := mustParse(t, `
init: vfork() = t1 <unfinished ...>
t1:   exit_group(0)
init: <... vfork resumed> = t1
init: fork() = t2
init: wait4(t2, &status) <unfinished ...>
t2:   exit_group(0)
init: <... wait4 resumed> = t2
?     status == exited(0)
init: fork() = t3
t3:   unshare(CLONE_NEWNET) until create_new_namespaces <unfinished ...>
t3:   <... unshare resumed> until switch_task_namespaces <unfinished ...>
t3:   <... unshare resumed> = 0
`)
	assert.True(t, p.Lines[0].Unfinished)
	assert.Equal(t, Resume, p.Lines[2].Kind)
	assert.Equal(t, "switch_task_namespaces", p.Lines[10].Call.Until)
	roundTrip(t, p)
}

// TestErrorList: the errors are in the order of the text, each can be had as *Error, and
// the rest of the program is there.
func TestErrorList(t *testing.T) {
	p, err := Parse("x.ns", []byte("init: frok() = t\ninit getpid()\ninit: getpid()\n"))
	var list ErrorList
	require.ErrorAs(t, err, &list)
	require.Len(t, list, 2)
	assert.Equal(t, 1, list[0].Pos.Line)
	assert.Equal(t, 2, list[1].Pos.Line)
	var one *Error
	require.True(t, errors.As(err, &one))
	assert.Equal(t, "call frok", one.Found)
	assert.Len(t, p.Lines, 2)
}

// TestManyErrors: the list ends at some point.
func TestManyErrors(t *testing.T) {
	var src []byte
	for range 1000 {
		src = append(src, "init getpid()\n"...)
	}
	_, err := Parse("x.ns", src)
	var list ErrorList
	require.ErrorAs(t, err, &list)
	assert.Len(t, list, maxErrors+1)
}

// TestCheck validates lines without a text.
func TestCheck(t *testing.T) {
	p := &Program{Lines: []Line{{Kind: Call, Task: "init", Call: Syscall{Name: "fork"},
		Results: []Result{{Kind: Value, X: &Name{Name: "t1"}}}}}}
	require.NoError(t, Check(p))
	assert.Equal(t, "init: fork() = t1\n", string(Format(p)))
	p.Lines[0].Task = "t2"
	assert.EqualError(t, Check(p), "-: found task t2, expected init, or a task made above by fork, vfork, clone or clone3")
}

// SPDX-License-Identifier: GPL-2.0-only

package syz

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/nssim/nssim/sim/program"
	"github.com/stretchr/testify/require"
)

// Everything of the grammar is read and written as it stands.
func TestGrammar(t *testing.T) {
	for _, line := range []string{
		"unshare(0x40000000)",
		"r0 = openat$ns(0xffffffffffffff9c, &(0x7f0000000000)='./file0\\x00', 0x0, 0x0)",
		"r0 = syz_open_dev$loop(&(0x7f00000011c0), 0x0, 0x0) # ENOENT",
		"socketpair$unix(0x1, 0x1, 0x0, &(0x7f0000000040)={<r1=>0xffffffffffffffff, <r2=>0xffffffffffffffff})",
		"read(r0, &AUTO=\"\"/4, 0x4) (async)",
		"setns(r0/0x2+0x3, 0x0) (fail_nth: 5, rerun: 7)",
		"mmap(&(0x7f0000000000/0x1000)=nil, 0x1000, 0x3, 0x32, 0xffffffffffffffff, 0x0)",
		"ioctl(r0, AUTO, &(0x7f0000000000)=ANY=[@ANYBLOB=\"0102\", @ANYRES32=r1, @void, nil])",
		`write(r0, &AUTO='\a\b\f\n\r\t\v\'\"\\\xff', 0xa)`,
		`bpf(&(0x7f0000000000)="$eJwDAAAAAAE=", 0x1)`,
		"pause()",
		"# requires: -sandbox=",
		"#",
		"",
	} {
		f, err := Parse("line.syz", []byte(line+"\n"))
		require.NoError(t, err, line)
		require.Equal(t, line+"\n", string(f.Format()))
	}
}

// Blanks do not matter, and numbers may be decimal.
func TestLayout(t *testing.T) {
	f, err := Parse("line.syz", []byte("  r3=unshare ( 16 ,{ 0x1,} )\t( async )\t#EPERM\r\n"))
	require.NoError(t, err)
	require.Equal(t, "r3 = unshare(0x10, {0x1}) (async) # EPERM\n", string(f.Format()))
}

// A mistake says where it is, what stands there and what should.
func TestMistakes(t *testing.T) {
	for text, want := range map[string]string{
		"unshare(0x40000000":            `m.syz:1:19: found end of line, expected ',' or ')'`,
		"unshare":                       `m.syz:1:8: found end of line, expected '('`,
		"\n\nunshare(0x)":               `m.syz:3:9: found "0x", expected a number of up to 64 bits`,
		"unshare(x)":                    `m.syz:1:9: found "x", expected an argument: 0x..., rN, &(0x7f...)=, a string, {, [, @, nil, AUTO`,
		"x = unshare(0x0)":              `m.syz:1:1: found "x", expected a resource, like r0`,
		"r0 = (0x0)":                    `m.syz:1:6: found "(", expected a system call`,
		"close(rx)":                     `m.syz:1:7: found "rx", expected a resource, like r0`,
		"close(r99999999)":              `m.syz:1:7: found "r99999999", expected a resource, like r0`,
		"close(&(0x10))":                `m.syz:1:9: found address 0x10, expected one from 0x7f0000000000 to 0x7f0000ffffff`,
		"close(&AUT=0x0)":               `m.syz:1:7: found "&AUT", expected &AUTO or &(0x7f...)`,
		"f('abc":                        `m.syz:1:7: found end of line, expected the closing quote`,
		`f('\q')`:                       `m.syz:1:5: found "q", expected one of \x, \a, \b, \f, \n, \r, \t, \v, \', \", \\`,
		`f('\x0')`:                      `m.syz:1:5: found "x", expected \x and two hexadecimal digits`,
		`f("0")`:                        `m.syz:1:4: found "0", expected an even number of hexadecimal digits`,
		`f(""/99999999999)`:             `m.syz:1:6: found "9", expected at most 16777216 bytes`,
		"f() (async":                    `m.syz:1:11: found end of line, expected ','`,
		"f() g()":                       `m.syz:1:5: found "g", expected a comment or the end of the line`,
		"f(<r1=0x0)":                    `m.syz:1:7: found "0", expected '>'`,
		"f(" + strings.Repeat("[", 100): `m.syz:1:67: found "[", expected at most 64 arguments in each other`,
		"*":                             `m.syz:1:1: found "*", expected a system call or a comment`,
	} {
		_, err := Parse("m.syz", []byte(text))
		require.EqualError(t, err, want, text)
	}
}

// What is read wrongly further on is told too, up to a bound.
func TestManyMistakes(t *testing.T) {
	_, err := Parse("m.syz", []byte(strings.Repeat("x\n", 3*maxErrors)))
	var list program.ErrorList
	require.ErrorAs(t, err, &list)
	require.Len(t, list, maxErrors)
	require.Equal(t, 2, list[1].Pos.Line)
}

// The manual has the names of all calls, and no others.
func TestManual(t *testing.T) {
	text, err := os.ReadFile("../../../docs/syzkaller.md")
	require.NoError(t, err)
	_, table, found := strings.Cut(string(text), "\n## Calls\n")
	require.True(t, found)
	var got, want []string
	for _, m := range regexp.MustCompile("`([a-z0-9_]+)`").FindAllStringSubmatch(table, -1) {
		got = append(got, m[1])
	}
	for name := range bySyz {
		want = append(want, name)
	}
	slices.Sort(want)
	require.Equal(t, want, got)
	for _, s := range calls {
		require.NotNil(t, program.CallByName(s.sys), s.sys)
	}
}

// Whatever the text, it is read or refused with a place, and what is read is imported or
// refused with a place; what is imported is a program.
func FuzzImport(f *testing.F) {
	names, err := filepath.Glob("../../../testdata/syz/*.syz")
	require.NoError(f, err)
	for _, name := range names {
		text, err := os.ReadFile(name)
		require.NoError(f, err)
		f.Add(text)
	}
	f.Add([]byte("r0 = syz_clone3(&(0x7f0000000000)={0x1000, &(0x7f0000000040)=<r1=>0x0, 0x0, 0x0, {0x11}}, 0x58)\nwaitid(0x3, r1, &AUTO, 0x4, 0x0) (rerun: 2)"))
	f.Fuzz(func(t *testing.T, text []byte) { checkImport(t, text) })
}

func checkImport(t require.TestingT, text []byte) {
	p, err := Parse("f.syz", text)
	if err != nil {
		requirePlaces(t, err)
		return
	}
	again, err := Parse("f.syz", p.Format())
	require.NoError(t, err)
	require.Equal(t, string(p.Format()), string(again.Format()))
	q, warnings, err := Import(p)
	if err != nil {
		requirePlaces(t, err)
		return
	}
	for _, w := range warnings {
		require.True(t, w.At.IsValid(), w)
	}
	_, err = program.Parse("f.ns", program.Format(q))
	require.NoError(t, err)
}

func requirePlaces(t require.TestingT, err error) {
	var list program.ErrorList
	require.ErrorAs(t, err, &list)
	for _, e := range list {
		require.True(t, e.Pos.IsValid(), e)
		require.NotContains(t, e.Found, "panic")
	}
}

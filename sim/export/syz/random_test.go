// SPDX-License-Identifier: GPL-2.0-only

package syz

import (
	"maps"
	"slices"
	"testing"

	"github.com/nssim/nssim/sim"
	"github.com/nssim/nssim/sim/program"
	"github.com/nssim/nssim/syscall/uapi"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// numbers are those that mean something somewhere.
var numbers = []uint64{
	0, 1, 2, 3, 8, 0x10, 0x11, 0x20, 0x40, 0xf1, 0x80, 0x1000, 0xffffffff, 1<<63 - 1, 1 << 63, 0xffffffffffffff9c, 0xffffffffffffd8ed,
	uapi.CLONE_NEWNET, uapi.CLONE_NEWUSER, uapi.CLONE_NEWPID, uapi.CLONE_VM, uapi.CLONE_PIDFD, uapi.CLONE_THREAD, asyncFlags,
	uapi.NS_GET_USERNS, uapi.NS_GET_ID, uapi.NS_MNT_GET_INFO, uapi.NS_GET_PID_IN_PIDNS, uapi.SIOCGSKNS, uapi.F_DUPFD, 1<<64 - 1,
}

var texts = []string{"", "\x00", "ns/net\x00", "/proc/self/ns/user\x00", "/tmp/a\x00b", "\xff\n{r0}$x\x00", "0 0 1\n"}

// randomArg draws any argument.
func randomArg(t *rapid.T, depth int) Arg {
	kinds := 4
	if depth > 0 {
		kinds = 9
	}
	at := program.Pos{File: "r.syz", Line: 1, Col: 1}
	inner := func() Arg { return randomArg(t, depth-1) }
	switch rapid.IntRange(0, kinds).Draw(t, "kind") {
	case 0:
		return &Resource{At: at, N: rapid.IntRange(0, 5).Draw(t, "r"), Add: rapid.SampledFrom([]uint64{0, 0, 0, 1, 1 << 63, 1<<64 - 5}).Draw(t, "add")}
	case 1:
		return &Data{At: at, Text: []byte(rapid.SampledFrom(texts).Draw(t, "text")), Size: rapid.SampledFrom([]int64{-1, 0, 9}).Draw(t, "size"), Quote: '\''}
	case 2:
		return &Word{At: at, Text: rapid.SampledFrom([]string{"nil", "AUTO"}).Draw(t, "word")}
	case 5:
		return &Result{At: at, N: rapid.IntRange(0, 5).Draw(t, "r"), X: inner()}
	case 6, 7:
		p := &Pointer{At: at, Addr: rapid.SampledFrom([]uint64{0, 0x40, memorySize - 24, memorySize - 1}).Draw(t, "addr")}
		if rapid.Bool().Draw(t, "has") {
			p.X = inner()
		}
		return p
	case 8:
		g := &Group{At: at, Open: rapid.SampledFrom([]byte("{[")).Draw(t, "open")}
		for range rapid.IntRange(0, 7).Draw(t, "n") {
			g.Elems = append(g.Elems, inner())
		}
		return g
	case 9:
		return &Union{At: at, Field: rapid.SampledFrom([]string{"rights", "cred", "nsfs"}).Draw(t, "field"), X: inner()}
	}
	return &Const{At: at, Value: rapid.SampledFrom(numbers).Draw(t, "number")}
}

// randomCall draws a call of the table with arguments of any kind.
func randomCall(t *rapid.T, names []string) *Call {
	c := &Call{Ret: rapid.IntRange(-1, 5).Draw(t, "ret"), Name: rapid.SampledFrom(names).Draw(t, "name")}
	for range rapid.IntRange(0, 6).Draw(t, "args") {
		c.Args = append(c.Args, randomArg(t, 3))
	}
	c.Comment = rapid.SampledFrom([]string{"", "", "", "EPERM", "EINVAL", "EWHAT", "blocked", "unexecuted"}).Draw(t, "comment")
	switch rapid.IntRange(0, 9).Draw(t, "property") {
	case 0:
		c.Props = []Prop{{Name: "async"}}
	case 1:
		c.Props = []Prop{{Name: "rerun", Has: true, Value: 2}}
	case 2:
		c.Props = []Prop{{Name: "fail_nth", Has: true, Value: 3}, {Name: "other"}}
	}
	return c
}

// Any arguments of the calls in the table are imported or become a comment, and what is
// imported is carried out or refused by the model: nothing panics, and nothing that is
// imported is a mistake in the program that comes of it.
func TestRandomCalls(t *testing.T) {
	names := slices.Sorted(maps.Keys(bySyz))
	calls, kept := 0, 0
	rapid.Check(t, func(t *rapid.T) {
		f := &File{Name: "r.syz"}
		for range rapid.IntRange(1, 8).Draw(t, "calls") {
			f.Items = append(f.Items, Item{Call: randomCall(t, names)})
		}
		text := f.Format()
		checkImport(t, text)
		parsed, err := Parse("r.syz", text)
		require.NoError(t, err, "%s", text)
		p, warnings, err := Import(parsed)
		require.NoError(t, err, "%s", text)
		calls, kept = calls+len(f.Items), kept+len(f.Items)-len(warnings)
		r, err := program.NewRunner(p, sim.Config{})
		require.NoError(t, err)
		for !r.Done() {
			r.Next()
		}
		_ = r.Report().String()
	})
	require.Greater(t, kept, calls/50, "hardly any call is imported")
}

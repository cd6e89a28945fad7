// SPDX-License-Identifier: GPL-2.0-only

package live

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/nssim/nssim/sim/program"
	"github.com/nssim/nssim/syscall/uapi"
)

func returned(v program.Val) *program.Observed {
	return &program.Observed{Kind: program.Call, Status: program.Returned, Ret: v}
}

func kind(k program.ValueKind, n uint64) program.Val { return program.Val{Kind: k, N: n} }

// TestObserver shows every kind of difference once, and what is none.
func TestObserver(t *testing.T) {
	failed := returned(kind(program.Number, 1<<64-1))
	failed.Errno = uapi.EPERM
	record := func(dev, ino, mode uint64) program.Val {
		return program.Val{Kind: program.RecordValue, F: []program.FieldNumber{
			{Name: "st_ino", Kind: program.Inum, N: ino}, {Name: "st_dev", Kind: program.Number, N: dev}, {Name: "st_mode", Kind: program.Number, N: mode},
		}}
	}
	out := func(v program.Val) *program.Observed {
		o := returned(kind(program.Number, 0))
		o.Outs = []program.NamedValue{{Name: "x", Value: v}}
		return o
	}
	listing := func(ids ...uint64) *program.Observed {
		o := returned(kind(program.Number, uint64(len(ids))))
		o.Lists, o.IDs = true, ids
		return o
	}
	for _, c := range []struct {
		name         string
		model, guest *program.Observed
		diff         string
	}{
		{"number", returned(kind(program.Number, 5)), returned(kind(program.Number, 5)), ""},
		{"other number", returned(kind(program.Number, 5)), returned(kind(program.Number, 6)), "result: model 5, guest 6"},
		{"errno", failed, returned(kind(program.Number, 0)), "result: model -1 EPERM, guest 0"},
		{"blocked", returned(kind(program.Number, 5)), &program.Observed{Kind: program.Call, Status: program.Unfinished}, "call: model returned, guest unfinished"},
		{"pid", returned(kind(program.TaskValue, 3)), returned(kind(program.TaskValue, 91)), ""},
		{"other pid", returned(kind(program.TaskValue, 2)), returned(kind(program.TaskValue, 91)), "result: pid 2 of the model is 90 on the guest, not 91"},
		{"descriptor", returned(kind(program.Descriptor, 3)), returned(kind(program.Descriptor, 4)), "result: model 3, guest 4"},
		{"address", returned(kind(program.Address, 0x1000)), returned(kind(program.Address, 0x2000)), ""},
		{"listing", listing(7, 12), listing(7, 41), ""},
		{"other listing", listing(7, 12), listing(7, 42), "listing: model [7, 41], guest [7, 42]"},
		{"shorter listing", listing(7, 12), listing(7), "listing: model [7, 41], guest [7]"},
		{"id", out(kind(program.NSID, 12)), out(kind(program.NSID, 41)), ""},
		{"other id", out(kind(program.NSID, 12)), out(kind(program.NSID, 42)), "x: namespace 12 of the model is 41 on the guest, which has 42"},
		{"status", out(kind(program.WaitStatus, 9)), out(kind(program.WaitStatus, 15)), "x: model killed(SIGKILL), guest killed(SIGTERM)"},
		{"nothing put out", out(kind(program.NSID, 12)), returned(kind(program.Number, 0)), "outputs: model has put out 1 values, guest 0"},
		{"nsfs file", out(record(nsfsDevice, 100, 0o444)), out(record(6, 200, 0o444)), ""},
		{"other nsfs file", out(record(nsfsDevice, 55, 0o444)), out(record(6, 67, 0o444)), "x.st_ino: inode number 55 of the model is 66 on the guest, not 67"},
		{"file", out(record(20, 1, 0o100644)), out(record(2, 999, 0o100644)), ""},
		{"mode", out(record(20, 1, 0o100644)), out(record(2, 1, 0o100600)), "x.st_mode: model 33188, guest 33152"},
	} {
		t.Run(c.name, func(t *testing.T) {
			o := observer{mapping: newMapping(11, 40)}
			o.pids.match(2, 90)
			o.inums.match(55, 66)
			o.old.match(7, 7)
			o.compare(c.model, c.guest)
			if c.diff == "" {
				assert.Empty(t, o.diffs)
				return
			}
			assert.Contains(t, o.diffs, c.diff)
		})
	}
}

func TestInnerPidsAreEqual(t *testing.T) {
	o := observer{mapping: newMapping(11, 40), inner: true}
	o.compare(returned(kind(program.TaskValue, 3)), returned(kind(program.TaskValue, 3)))
	assert.Empty(t, o.diffs)
	o.compare(returned(kind(program.TaskValue, 3)), returned(kind(program.TaskValue, 4)))
	assert.Equal(t, []string{"result: model pid 3, guest 4"}, o.diffs)
}

// TestTranslatedPids: such an ioctl may return a number of the initial pid namespace or of
// another.
func TestTranslatedPids(t *testing.T) {
	line := func(cmd string) *program.Line {
		p, err := program.Parse("t", []byte("init: open(\"/proc/self/ns/pid\", O_RDONLY) = fd\ninit: ioctl(fd, "+cmd+", 1)\n"))
		require.NoError(t, err)
		return &p.Lines[1]
	}
	for cmd, ok := range map[string]bool{"NS_GET_PID_FROM_PIDNS": true, "NS_GET_NSTYPE": false} {
		o := observer{mapping: newMapping(11, 40), line: line(cmd)}
		o.pids.match(2, 90)
		o.compare(returned(kind(program.Number, 2)), returned(kind(program.Number, 90)))
		assert.Equal(t, ok, len(o.diffs) == 0, cmd)
	}
}

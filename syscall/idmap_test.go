// SPDX-License-Identifier: GPL-2.0-only

package syscall

import (
	"fmt"
	"math"
	"strings"
	"testing"

	"github.com/nssim/nssim/sim"
	"github.com/nssim/nssim/syscall/uapi"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestParseIDMap(t *testing.T) {
	x := X{bootInit(t).M, sim.InitTask}
	lines := func(n int) string {
		var b strings.Builder
		for i := range n {
			fmt.Fprintf(&b, "%d %d 1\n", i, i)
		}
		return b.String()
	}
	for _, c := range []struct {
		text string
		want []sim.Extent // nil: EINVAL
	}{
		{"0 1000 1", []sim.Extent{{First: 0, Lower: 1000, Count: 1}}},
		{"0 1000 1\n", []sim.Extent{{First: 0, Lower: 1000, Count: 1}}},
		{" \t0\v1000\f\r1 \t\r\n", []sim.Extent{{First: 0, Lower: 1000, Count: 1}}},
		{"0\xa01\xa02", []sim.Extent{{First: 0, Lower: 1, Count: 2}}},
		{"0 0 1\n1 1 1", []sim.Extent{{First: 0, Lower: 0, Count: 1}, {First: 1, Lower: 1, Count: 1}}},
		{"0 0 4294967295", []sim.Extent{{First: 0, Lower: 0, Count: 4294967295}}},
		{"4294967296 00 4294967297", []sim.Extent{{First: 0, Lower: 0, Count: 1}}}, // cut to 32 bits
		{"0 0 1\x00 rubbish", []sim.Extent{{First: 0, Lower: 0, Count: 1}}},
		{"", nil},
		{"\n", nil},
		{"0 0 1\n\n", nil},
		{"\n0 0 1", nil},
		{"0 0", nil},
		{"0 0 ", nil},
		{"0 0 0", nil},
		{"0 0 x", nil},
		{"0 0 1x", nil},
		{"0 0 1 1", nil},
		{"0x0 0 1", nil},
		{"-1 0 1", nil},
		{"0,0 1", nil},
		{"4294967295 0 1", nil},
		{"0 4294967295 1", nil},
		{"1 0 4294967295", nil}, // wraps
		{"0 2 4294967294", nil},
		{"0 0 2\n1 5 1", nil}, // overlaps inside
		{"0 0 2\n5 1 1", nil}, // and below
		{"5 9 1\n0 0 6", nil},
		{lines(341), nil},
	} {
		got, ok := x.parseIDMap(c.text)
		assert.Equal(t, c.want != nil, ok, "%q", c.text)
		if c.want != nil {
			assert.Equal(t, c.want, got, "%q", c.text)
		}
	}
	got, ok := x.parseIDMap(lines(340))
	assert.True(t, ok)
	assert.Len(t, got, 340)
}

// Numbers beyond 64 bits: read on running 6.18.15, 6.19.14, 7.0.13, 7.1.13 (wrap)
// and 7.2.13, 7.3.4 (saturate).
func TestParseIDMapLargeNumbers(t *testing.T) {
	const large = "18446744073709551617" // 2^64+1
	for _, c := range []struct {
		kernel string
		number uint32
	}{
		{"v6.18", 1}, {"v6.19", 1}, {"v7.0", 1}, {"v7.1", 1}, {"v7.2", math.MaxUint32}, {"v7.3.4", math.MaxUint32},
	} {
		x := X{sim.MustNew(sim.Config{Kernel: c.kernel}), sim.InitTask}
		got, ok := x.parseIDMap("0 0 " + large)
		assert.True(t, ok, c.kernel)
		assert.Equal(t, []sim.Extent{{Count: c.number}}, got, c.kernel)
		_, ok = x.parseIDMap(large + " 0 1")
		assert.Equal(t, c.number == 1, ok, c.kernel)
		got, ok = x.parseIDMap("0 4294967301 1") // fits into 64 bits
		assert.True(t, ok, c.kernel)
		assert.Equal(t, []sim.Extent{{Lower: 5, Count: 1}}, got, c.kernel)
	}
}

// Who may write what, in the kernel's order of checks. The namespace's creator is
// uid 1000 gid 1000 in its parent, without capabilities there.
func TestWriteIDMap(t *testing.T) {
	const root, owner, member, other = 0, 1, 2, 3 // who opens and who writes
	long := "0 1000 1" + strings.Repeat(" ", pageSize-8)
	for _, c := range []struct {
		name         string
		open, writer int
		which        uint8
		text         string
		before       string // "deny", "set", "setfcap" and so on
		err          uapi.Errno
	}{
		{"own uid from inside", member, member, procUIDMap, "0 1000 1", "", 0},
		{"own uid by the owner outside", owner, owner, procUIDMap, "0 1000 1", "", 0},
		{"own uid at another number", owner, owner, procUIDMap, "5 1000 1\n", "", 0},
		{"another's uid", member, member, procUIDMap, "0 1001 1", "", uapi.EPERM},
		{"two uids", member, member, procUIDMap, "0 1000 2", "", uapi.EPERM},
		{"two lines", member, member, procUIDMap, "0 1000 1\n1 1001 1", "", uapi.EPERM},
		{"own gid, setgroups allowed", member, member, procGIDMap, "0 1000 1", "", uapi.EPERM},
		{"own gid, setgroups denied", member, member, procGIDMap, "0 1000 1", "deny", 0},
		{"another's gid", member, member, procGIDMap, "0 1001 1", "deny", uapi.EPERM},
		{"root maps anything", root, root, procUIDMap, "0 0 4294967295", "", 0},
		{"root maps any gid", root, root, procGIDMap, "0 0 10\n20 20 5", "", 0},
		{"opened by root, written by the owner", root, owner, procUIDMap, "0 5 1", "", uapi.EPERM},
		{"opened by the owner, written by root", owner, root, procUIDMap, "0 5 1", "", uapi.EPERM},
		{"opened by the owner, written by root, own uid", owner, root, procUIDMap, "0 1000 1", "", 0},
		{"parent's root without CAP_SETFCAP", root, root, procUIDMap, "0 0 1", "opener setfcap", uapi.EPERM},
		{"others without CAP_SETFCAP", root, root, procUIDMap, "0 1 1", "opener setfcap", 0},
		{"gid 0 without CAP_SETFCAP", root, root, procGIDMap, "0 0 1", "opener setfcap", 0},
		{"parent's root from inside", member, root, procUIDMap, "0 0 1", "", uapi.EPERM},
		{"without CAP_SETUID", root, root, procUIDMap, "0 1 1", "opener setuid", uapi.EPERM},
		{"projid needs nothing", member, member, procProjIDMap, "0 7 9", "", 0},
		{"projid by a stranger", other, other, procProjIDMap, "0 7 9", "", 0},
		{"a stranger without CAP_SYS_ADMIN", other, other, procUIDMap, "rubbish", "", uapi.EPERM},
		{"text", member, member, procUIDMap, "rubbish", "", uapi.EINVAL},
		{"empty", member, member, procUIDMap, "", "", uapi.EINVAL},
		{"a page", member, member, procUIDMap, long, "", uapi.EINVAL},
		{"a page, but set", member, member, procUIDMap, long, "set", uapi.EINVAL},
		{"almost a page", member, member, procUIDMap, long[:pageSize-1], "", 0},
		{"set", member, member, procUIDMap, "rubbish", "set", uapi.EPERM},
		{"set, second write", member, member, procUIDMap, "0 1000 1", "set pos", uapi.EINVAL},
	} {
		t.Run(c.name, func(t *testing.T) {
			init := bootInit(t)
			creator := forkOf(t, init)
			require.NoError(t, creator.Setresgid(1000, 1000, 1000))
			require.NoError(t, creator.Setresuid(1000, 1000, 1000))
			inside := forkOf(t, creator)
			require.NoError(t, inside.Unshare(uapi.CLONE_NEWUSER))
			stranger := forkOf(t, init)
			require.NoError(t, stranger.Setresuid(2000, 2000, 2000))
			tasks := []T{init, creator, inside, stranger}
			m := init.M
			ns := m.UserNS(inside.ID)
			f := sim.File{Kind: sim.FileProcUser, Which: c.which, NS: ns, Cred: m.Task(tasks[c.open].ID).Cred}
			switch c.before {
			case "deny":
				require.NoError(t, writeMap(inside, ns, procSetgroups, "deny"))
			case "set pos":
				f.Pos = 1
				fallthrough
			case "set":
				require.NoError(t, writeMap(init, ns, c.which, "0 1000 1"))
			case "opener setfcap":
				m.Cred(f.Cred).Effective &^= caps(uapi.CAP_SETFCAP)
			case "opener setuid":
				m.Cred(f.Cred).Effective &^= caps(uapi.CAP_SETUID)
			}
			Settle(m)
			before := counts(m)
			maps := m.Mappings.Count()
			n, e := X{m, tasks[c.writer].ID}.writeIDMap(&f, c.which, c.text)
			assert.Equal(t, c.err, e, "%v", asError(e))
			if e == 0 {
				assert.EqualValues(t, len(c.text), n)
				assert.EqualValues(t, len(c.text), f.Pos)
				assert.NotZero(t, *mapOf(m.UserNSOf(ns), c.which))
			} else {
				assert.Zero(t, n)
				assert.Equal(t, maps, m.Mappings.Count())
			}
			assert.Equal(t, before, counts(m))
		})
	}
}

func TestWriteIDMapStrangers(t *testing.T) {
	init := bootInit(t)
	assert.Equal(t, uapi.EPERM, writeMap(init, init.M.InitUserNS(), procUIDMap, "rubbish"), "the initial namespace")
	outer, outerNS := inUserNS(t, init, 100000)
	require.NoError(t, outer.Setresgid(0, 0, 0))
	require.NoError(t, outer.Setresuid(0, 0, 0))
	inner := forkOf(t, outer)
	require.NoError(t, inner.Unshare(uapi.CLONE_NEWUSER))
	ns := inner.M.UserNS(inner.ID)
	assert.Equal(t, uapi.EPERM, writeMap(init, ns, procUIDMap, "0 0 1"), "opened in the grandparent")
	assert.Equal(t, uapi.EPERM, writeMap(outer, ns, procUIDMap, "0 999 2"), "half of it has no mapping in the parent")
	assert.NoError(t, writeMap(outer, ns, procUIDMap, "0 10 5"))
	assert.EqualValues(t, 100012, inner.M.MakeID(inner.M.UserNSOf(ns).UIDMap, 2), "global ids are stored")
	assert.Equal(t, uapi.EPERM, writeMap(outer, outerNS, procUIDMap, "0 0 1"), "set already")
}

// The creator's own root needs CAP_SETFCAP at the time of creation.
func TestWriteIDMapRootFromInside(t *testing.T) {
	for _, setfcap := range []bool{true, false} {
		task := forkOf(t, bootInit(t))
		if !setfcap {
			task.M.TaskCred(task.ID).Effective &^= caps(uapi.CAP_SETFCAP)
		}
		require.NoError(t, task.Unshare(uapi.CLONE_NEWUSER))
		err := writeMap(task, task.M.UserNS(task.ID), procUIDMap, "0 0 1")
		if setfcap {
			assert.NoError(t, err)
		} else {
			assert.Equal(t, uapi.EPERM, err)
		}
	}
}

func TestSetgroupsFile(t *testing.T) {
	for _, c := range []struct {
		text           string
		denied, mapped bool
		err            uapi.Errno
		want           string
	}{
		{"deny", false, false, 0, "deny\n"},
		{"deny \t\n", false, false, 0, "deny\n"},
		{"deny", true, false, 0, "deny\n"},
		{"deny", false, true, uapi.EPERM, "allow\n"},
		{"deny", true, true, uapi.EPERM, "deny\n"},
		{"allow", false, false, 0, "allow\n"},
		{"allow\n", false, true, 0, "allow\n"},
		{"allow", true, false, uapi.EPERM, "deny\n"},
		{"allow ??", true, false, uapi.EINVAL, "deny\n"},
		{"denyx", false, false, uapi.EINVAL, "allow\n"},
		{"Deny", false, false, uapi.EINVAL, "allow\n"},
		{"", false, false, uapi.EINVAL, "allow\n"},
		{"deny\x00x", false, false, 0, "deny\n"},
		{"deny    ", false, false, uapi.EINVAL, "allow\n"}, // eight bytes
	} {
		init := bootInit(t)
		task := forkOf(t, init)
		require.NoError(t, task.Unshare(uapi.CLONE_NEWUSER))
		ns := task.M.UserNS(task.ID)
		if c.denied {
			require.NoError(t, writeMap(task, ns, procSetgroups, "deny"))
		}
		if c.mapped {
			require.NoError(t, writeMap(init, ns, procGIDMap, "0 0 1"))
		}
		f := sim.File{NS: ns, Cred: init.M.Task(task.ID).Cred}
		x := X{task.M, task.ID}
		_, e := x.writeIDMap(&f, procSetgroups, c.text)
		assert.Equal(t, c.err, e, "%+v", c)
		assert.Equal(t, c.want, x.readIDMap(&f, procSetgroups), "%+v", c)
		_, e = x.writeIDMap(&f, procSetgroups, "deny")
		if c.err == 0 {
			assert.Equal(t, uapi.EINVAL, e, "a second write of one file")
		}
	}
}

// Mapping oneself is for the owner; having got in some other way is not enough.
func TestWriteIDMapNotOwner(t *testing.T) {
	task := forkOf(t, bootInit(t))
	require.NoError(t, task.Setresuid(1000, 1000, 1000))
	require.NoError(t, task.Unshare(uapi.CLONE_NEWUSER))
	ns := task.M.UserNS(task.ID)
	for _, owner := range []uint32{1001, 1000} {
		task.M.UserNSOf(ns).Owner = owner
		err := writeMap(task, ns, procUIDMap, "0 1000 1")
		assert.Equal(t, owner == 1000, err == nil, "%v", err)
	}
}

// A setgroups denial is inherited.
func TestSetgroupsInherited(t *testing.T) {
	task, ns := inUserNS(t, bootInit(t), 100000)
	task.M.UserNSOf(ns).SetgroupsDeny = true
	require.NoError(t, task.Setresgid(0, 0, 0))
	require.NoError(t, task.Setresuid(0, 0, 0))
	inner := forkOf(t, task)
	require.NoError(t, inner.Unshare(uapi.CLONE_NEWUSER))
	assert.Equal(t, uapi.EPERM, writeMap(inner, inner.M.UserNS(inner.ID), procSetgroups, "allow"))
}

// A map reads differently from outside, from inside and from elsewhere.
func TestReadIDMap(t *testing.T) {
	init := bootInit(t)
	outer, outerNS := inUserNS(t, init, 100000)
	require.NoError(t, outer.Setresgid(0, 0, 0))
	require.NoError(t, outer.Setresuid(0, 0, 0))
	inner := forkOf(t, outer)
	require.NoError(t, inner.Unshare(uapi.CLONE_NEWUSER))
	ns := inner.M.UserNS(inner.ID)
	require.NoError(t, writeMap(outer, ns, procUIDMap, "7 10 5\n0 20 1"))
	stranger, _ := inUserNS(t, init, 200000)
	read := func(k T, ns sim.NS, which uint8) string {
		f := sim.File{NS: ns, Cred: k.M.Task(k.ID).Cred}
		return X{k.M, k.ID}.readIDMap(&f, which)
	}
	line := func(a, b, c uint32) string { return fmt.Sprintf("%10d %10d %10d\n", a, b, c) }
	assert.Equal(t, line(7, 100010, 5)+line(0, 100020, 1), read(init, ns, procUIDMap))
	assert.Equal(t, line(7, 10, 5)+line(0, 20, 1), read(outer, ns, procUIDMap))
	assert.Equal(t, line(7, 10, 5)+line(0, 20, 1), read(inner, ns, procUIDMap), "inside means: as the parent")
	assert.Equal(t, line(7, 4294967295, 5)+line(0, 4294967295, 1), read(stranger, ns, procUIDMap))
	assert.Equal(t, line(0, 100000, 1000), read(outer, outerNS, procGIDMap))
	assert.Empty(t, read(inner, ns, procGIDMap))
	assert.Empty(t, read(inner, ns, procProjIDMap))
	for _, which := range []uint8{procUIDMap, procGIDMap, procProjIDMap} {
		assert.Equal(t, "         0          0 4294967295\n", read(init, init.M.InitUserNS(), which))
	}
}

// Up to five lines stay as written; more are sorted.
func TestIDMapOrder(t *testing.T) {
	for _, c := range []struct {
		n     int
		first uint32
	}{{5, 5}, {6, 1}} {
		init := bootInit(t)
		task := forkOf(t, init)
		require.NoError(t, task.Unshare(uapi.CLONE_NEWUSER))
		ns := task.M.UserNS(task.ID)
		text := ""
		for i := c.n; i > 0; i-- {
			text += fmt.Sprintf("%d %d 1\n", i, i*10)
		}
		require.NoError(t, writeMap(init, ns, procUIDMap, text))
		m := init.M
		assert.Equal(t, c.first, m.Mappings.At(m.UserNSOf(ns).UIDMap).First)
		for i := 1; i <= c.n; i++ {
			assert.EqualValues(t, i*10, m.MakeID(m.UserNSOf(ns).UIDMap, uint32(i)))
		}
	}
}

// The maps go with their namespace.
func TestIDMapsAreFreed(t *testing.T) {
	init := bootInit(t)
	Settle(init.M)
	maps := init.M.Mappings.Count()
	task, ns := inUserNS(t, init, 100000)
	require.NoError(t, writeMap(init, ns, procProjIDMap, "0 0 1\n1 1 1"))
	assert.Equal(t, maps+4, init.M.Mappings.Count())
	task.ExitGroup(0)
	_, err := init.WaitTask(task)
	require.NoError(t, err)
	Settle(init.M)
	assert.Equal(t, maps, init.M.Mappings.Count())
}

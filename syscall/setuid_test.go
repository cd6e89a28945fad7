// SPDX-License-Identifier: GPL-2.0-only

package syscall

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/nssim/nssim/sim"
	"github.com/nssim/nssim/syscall/uapi"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// bootInit boots a machine and returns its first task.
func bootInit(t *testing.T) T {
	t.Helper()
	m, err := sim.New(sim.Config{})
	require.NoError(t, err)
	return Task(m, m.Init())
}

// forkOf forks.
func forkOf(t *testing.T, p T) T {
	t.Helper()
	c, err := p.Fork()
	require.NoError(t, err)
	return c
}

// inUserNS forks a child into a user namespace of its own; the parent maps ids 0 to
// 999 of it to its own from lower on.
func inUserNS(t *testing.T, parent T, lower uint32) (child T, ns sim.NS) {
	t.Helper()
	child = forkOf(t, parent)
	require.NoError(t, child.Unshare(uapi.CLONE_NEWUSER))
	ns = child.M.UserNS(child.ID)
	for _, which := range []uint8{procUIDMap, procGIDMap} {
		line := fmt.Sprintf("0 %d 1000\n", lower)
		require.NoError(t, writeMap(parent, ns, which, line))
	}
	Settle(child.M)
	return child, ns
}

// writeMap opens a map file as t and writes it as t.
func writeMap(t T, ns sim.NS, which uint8, text string) error {
	f := sim.File{Kind: sim.FileProcUser, Which: which, NS: ns, Cred: t.M.Task(t.ID).Cred}
	_, e := X{t.M, t.ID}.writeIDMap(&f, which, text)
	return asError(e)
}

func asError(e uapi.Errno) error {
	if e == 0 {
		return nil
	}
	return e
}

// counts is both counts of everything on the trees.
func counts(m *sim.Machine) map[sim.NS][2]int32 {
	out := map[sim.NS][2]int32{}
	for ns := m.First(0); ns != 0; ns = m.Next(0, ns) {
		out[ns] = [2]int32{m.Passive(ns), m.Active(ns)}
	}
	return out
}

func ids(r, e, s, fs uint32) sim.IDs { return sim.IDs{Real: r, Eff: e, Saved: s, FS: fs} }

// Every form, for uids with CAP_SETUID and without, from the ids 1, 2, 3 and 4.
func TestIDForms(t *testing.T) {
	old := ids(1, 2, 3, 4)
	const no = NoID
	for _, c := range []struct {
		form        int
		r, e, s     uint32
		unpriv      verdict
		unprivIDs   sim.IDs
		priv        verdict
		privIDs     sim.IDs
		description string
	}{
		{formSet, 1, no, no, change, ids(1, 1, 3, 1), change, ids(1, 1, 1, 1), "setuid to the real id"},
		{formSet, 2, no, no, abort, old, change, ids(2, 2, 2, 2), "the effective id is not enough"},
		{formSet, 3, no, no, change, ids(1, 3, 3, 3), change, ids(3, 3, 3, 3), "setuid to the saved id"},
		{formSet, 9, no, no, abort, old, change, ids(9, 9, 9, 9), "setuid to a foreign id"},
		{formSetre, no, no, no, change, ids(1, 2, 3, 2), change, ids(1, 2, 3, 2), "only fsuid falls back"},
		{formSetre, 2, 1, no, change, ids(2, 1, 1, 1), change, ids(2, 1, 1, 1), "swapping"},
		{formSetre, 3, no, no, abort, old, change, ids(3, 2, 2, 2), "the saved id cannot become the real one"},
		{formSetre, no, 3, no, change, ids(1, 3, 3, 3), change, ids(1, 3, 3, 3), "but the effective one"},
		{formSetre, no, 1, no, change, ids(1, 1, 3, 1), change, ids(1, 1, 3, 1), "the real id leaves the saved one"},
		{formSetre, no, 9, no, abort, old, change, ids(1, 9, 9, 9), "foreign effective id"},
		{formSetre, 9, no, no, abort, old, change, ids(9, 2, 2, 2), "foreign real id"},
		{formSetres, no, no, no, keep, old, keep, old, "nothing at all"},
		{formSetres, 1, no, 3, keep, old, keep, old, "what they are"},
		{formSetres, 1, 2, 3, change, ids(1, 2, 3, 2), change, ids(1, 2, 3, 2), "fsuid is a change"},
		{formSetres, 3, 1, 2, change, ids(3, 1, 2, 1), change, ids(3, 1, 2, 1), "rotating"},
		{formSetres, 4, no, no, refuse, old, change, ids(4, 2, 3, 2), "fsuid is none of the three"},
		{formSetres, no, no, 9, refuse, old, change, ids(1, 2, 9, 2), "foreign saved id"},
		{formSetfs, 1, no, no, change, ids(1, 2, 3, 1), change, ids(1, 2, 3, 1), "real"},
		{formSetfs, 4, no, no, abort, old, abort, old, "what it is"},
		{formSetfs, 9, no, no, abort, old, change, ids(1, 2, 3, 9), "foreign"},
	} {
		now, v := idForms[c.form](old, [3]uint32{c.r, c.e, c.s}, false)
		assert.Equal(t, c.unpriv, v, c.description)
		assert.Equal(t, c.unprivIDs, now, c.description)
		now, v = idForms[c.form](old, [3]uint32{c.r, c.e, c.s}, true)
		assert.Equal(t, c.priv, v, c.description+", privileged")
		assert.Equal(t, c.privIDs, now, c.description+", privileged")
	}
}

// The calls themselves reach the right ids, and errors leave them alone.
func TestSetIDCalls(t *testing.T) {
	for _, c := range []struct {
		name     string
		call     Call
		err      error
		uid, gid sim.IDs // inside the namespace, so 100000 lower
	}{
		{"setuid", Setuid{5}, nil, ids(5, 5, 5, 5), ids(0, 0, 0, 0)},
		{"setgid", Setgid{5}, nil, ids(0, 0, 0, 0), ids(5, 5, 5, 5)},
		{"setreuid", Setreuid{5, 6}, nil, ids(5, 6, 6, 6), ids(0, 0, 0, 0)},
		{"setregid", Setregid{5, NoID}, nil, ids(0, 0, 0, 0), ids(5, 0, 0, 0)},
		{"setresuid", Setresuid{5, 6, 7}, nil, ids(5, 6, 7, 6), ids(0, 0, 0, 0)},
		{"setresgid", Setresgid{NoID, 6, 7}, nil, ids(0, 0, 0, 0), ids(0, 6, 7, 6)},
		{"setfsuid", Setfsuid{5}, nil, ids(0, 0, 0, 5), ids(0, 0, 0, 0)},
		{"setfsgid", Setfsgid{5}, nil, ids(0, 0, 0, 0), ids(0, 0, 0, 5)},
		{"unmapped", Setuid{1000}, uapi.EINVAL, ids(0, 0, 0, 0), ids(0, 0, 0, 0)},
		{"setuid(-1)", Setuid{NoID}, uapi.EINVAL, ids(0, 0, 0, 0), ids(0, 0, 0, 0)},
		{"setgid(-1)", Setgid{NoID}, uapi.EINVAL, ids(0, 0, 0, 0), ids(0, 0, 0, 0)},
		{"one of two unmapped", Setreuid{5, 1000}, uapi.EINVAL, ids(0, 0, 0, 0), ids(0, 0, 0, 0)},
		{"one of three unmapped", Setresgid{NoID, NoID, 1000}, uapi.EINVAL, ids(0, 0, 0, 0), ids(0, 0, 0, 0)},
		{"setfsuid unmapped", Setfsuid{1000}, nil, ids(0, 0, 0, 0), ids(0, 0, 0, 0)},
		{"setfsgid(-1)", Setfsgid{NoID}, nil, ids(0, 0, 0, 0), ids(0, 0, 0, 0)},
	} {
		t.Run(c.name, func(t *testing.T) {
			task, _ := inUserNS(t, bootInit(t), 100000)
			require.NoError(t, task.Setresgid(0, 0, 0))
			require.NoError(t, task.Setresuid(0, 0, 0))
			ret, err := Do(task.M, task.ID, c.call)
			if c.err != nil {
				assert.Equal(t, c.err, err)
			} else {
				require.NoError(t, err)
				assert.Zero(t, ret)
			}
			k := task.M.TaskCred(task.ID)
			assert.Equal(t, c.uid, inside(k.UID))
			assert.Equal(t, c.gid, inside(k.GID))
			for get, want := range map[Call]uint32{
				Getuid{}: c.uid.Real, Geteuid{}: c.uid.Eff, Getgid{}: c.gid.Real, Getegid{}: c.gid.Eff,
			} {
				v, err := Do(task.M, task.ID, get)
				require.NoError(t, err)
				assert.EqualValues(t, want, v)
			}
		})
	}
}

func inside(k sim.IDs) sim.IDs {
	return ids(k.Real-100000, k.Eff-100000, k.Saved-100000, k.FS-100000)
}

// Without a map every id is the overflow id and none can be set, not even 0.
func TestSetIDUnmappedNamespace(t *testing.T) {
	task := forkOf(t, bootInit(t))
	require.NoError(t, task.Unshare(uapi.CLONE_NEWUSER))
	for _, c := range []Call{
		Setuid{0}, Setgid{0}, Setreuid{0, 0}, Setregid{0, 0}, Setresuid{0, 0, 0}, Setresgid{0, 0, 0},
	} {
		_, err := Do(task.M, task.ID, c)
		assert.Equal(t, uapi.EINVAL, err, "%#v", c)
	}
	assert.NoError(t, task.Setresuid(NoID, NoID, NoID))
	for _, c := range []Call{Getuid{}, Geteuid{}, Getgid{}, Getegid{}, Setfsuid{0}, Setfsgid{0}} {
		v, err := Do(task.M, task.ID, c)
		require.NoError(t, err)
		assert.EqualValues(t, sim.OverflowID, v, "%#v", c)
	}
}

func TestSetIDWithoutCapability(t *testing.T) {
	task := forkOf(t, bootInit(t))
	require.NoError(t, task.Setresgid(1, 2, 3))
	require.NoError(t, task.Setresuid(1, 2, 3))
	for _, c := range []Call{
		Setuid{2}, Setgid{9}, Setreuid{3, NoID}, Setregid{NoID, 9}, Setresuid{NoID, NoID, 0}, Setresgid{9, 1, 1},
	} {
		_, err := Do(task.M, task.ID, c)
		assert.Equal(t, uapi.EPERM, err, "%#v", c)
	}
	old, err := task.Setfsuid(9)
	require.NoError(t, err)
	assert.EqualValues(t, 2, old)
	assert.Equal(t, ids(1, 2, 3, 2), task.M.TaskCred(task.ID).UID)
	assert.Equal(t, ids(1, 2, 3, 2), task.M.TaskCred(task.ID).GID)
}

// A call that changes nothing has no new credential, unless the kernel makes one
// first and throws it away.
func TestSetIDCredentials(t *testing.T) {
	for _, c := range []struct {
		call   Call
		fresh  bool // the task has a new credential afterwards
		thrown bool // one was thrown away
	}{
		{Setresuid{NoID, NoID, NoID}, false, false},
		{Setresuid{1, 2, 3}, false, false},
		{Setresgid{0, 0, 0}, false, false},
		{Setresuid{9, NoID, NoID}, false, false}, // EPERM
		{Setuid{NoID}, false, false},             // EINVAL
		{Setuid{9}, false, true},                 // EPERM
		{Setreuid{9, NoID}, false, true},         // EPERM
		{Setfsuid{2}, false, true},               // is it already
		{Setfsuid{9}, false, true},               // not permitted
		{Setfsuid{NoID}, false, false},
		{Setreuid{NoID, NoID}, true, false},
		{Setuid{1}, true, false},
		{Setfsgid{0}, false, true},
	} {
		task := forkOf(t, bootInit(t))
		require.NoError(t, task.Setresuid(1, 2, 3))
		Settle(task.M)
		before, creds := task.M.Task(task.ID).Cred, task.M.Creds.Count()
		_, _ = Do(task.M, task.ID, c.call)
		assert.Equal(t, c.fresh, before != task.M.Task(task.ID).Cred, "%#v", c.call)
		made := task.M.Creds.Count() - creds
		assert.Equal(t, c.fresh || c.thrown, made == 1, "%#v", c.call)
		Settle(task.M)
		assert.Equal(t, creds, task.M.Creds.Count(), "%#v leaks a credential", c.call)
		assert.EqualValues(t, 1, task.M.TaskCred(task.ID).Refs, "%#v", c.call)
	}
}

func TestSetuidCapabilities(t *testing.T) {
	const full, fsOff = sim.FullCaps, sim.FullCaps &^ capFSSet
	for _, c := range []struct {
		name      string
		calls     []Call
		permitted sim.CapSet
		effective sim.CapSet
		ambient   sim.CapSet
	}{
		{"giving up root", []Call{Setuid{5}}, 0, 0, 0},
		{"effective root only", []Call{Setresuid{NoID, 5, NoID}}, full, 0, 1},
		{"and back", []Call{Setresuid{NoID, 5, NoID}, Setresuid{NoID, 0, NoID}}, full, full, 1},
		{"saved root keeps permitted", []Call{Setresuid{5, 5, 0}}, full, 0, 1},
		{"saved root goes too", []Call{Setresuid{5, 5, 0}, Setresuid{5, 5, 5}}, 0, 0, 0},
		{"KEEP_CAPS", []Call{Prctl{uapi.PR_SET_KEEPCAPS, [4]uint64{1}}, Setuid{5}}, full, 0, 0},
		{"NO_SETUID_FIXUP", []Call{
			Prctl{uapi.PR_SET_SECUREBITS, [4]uint64{uapi.SECBIT_NO_SETUID_FIXUP}}, Setuid{5},
		}, full, full, 1},
		{"fsuid leaves root", []Call{Setfsuid{5}}, full, fsOff, 1},
		{"fsuid becomes root", []Call{Setfsuid{5}, Setfsuid{0}}, full, full, 1},
		{"fsuid without fixup", []Call{
			Prctl{uapi.PR_SET_SECUREBITS, [4]uint64{uapi.SECBIT_NO_SETUID_FIXUP}}, Setfsuid{5},
		}, full, full, 1},
		{"gids do not matter", []Call{Setgid{5}, Setfsgid{6}}, full, full, 1},
	} {
		t.Run(c.name, func(t *testing.T) {
			task := forkOf(t, bootInit(t))
			require.NoError(t, task.Capset(Capset{full, full, 1}))
			_, err := task.Prctl(uapi.PR_CAP_AMBIENT, uapi.PR_CAP_AMBIENT_RAISE, uapi.CAP_CHOWN)
			require.NoError(t, err)
			for _, call := range c.calls {
				_, err := Do(task.M, task.ID, call)
				require.NoError(t, err)
			}
			k := task.M.TaskCred(task.ID)
			assert.Equal(t, c.permitted, k.Permitted, "permitted")
			assert.Equal(t, c.effective, k.Effective, "effective")
			assert.Equal(t, c.ambient, k.Ambient, "ambient")
			assert.Equal(t, full, k.Bounding, "bounding")
		})
	}
}

// The capabilities that go with the file-system uid, as running kernels have them.
func TestFSCapabilities(t *testing.T) {
	assert.Equal(t, sim.CapSet(0x10800021f), capFSSet)
}

// Root is id 0 of the own user namespace: from 65534 outside to 0 inside is from
// non-root to root, and the capabilities do not suffer from a namespace without 0.
func TestSetuidRootIsOfTheNamespace(t *testing.T) {
	task, _ := inUserNS(t, bootInit(t), 100000)
	require.NoError(t, task.Setuid(7)) // from the unmapped global 0
	assert.Equal(t, sim.FullCaps, task.M.TaskCred(task.ID).Effective)
	require.NoError(t, task.Setuid(0))
	require.NoError(t, task.Setuid(7))
	assert.Zero(t, task.M.TaskCred(task.ID).Permitted)
}

// A change of ids clears dumpability and the parent-death signal.
func TestSetIDDumpable(t *testing.T) {
	for _, c := range []struct {
		call Call
		want bool
	}{
		{Setresuid{5, NoID, NoID}, true}, // neither euid nor fsuid changes
		{Setresuid{NoID, 5, NoID}, false},
		{Setfsuid{5}, false},
		{setegid(5), false},
		{Setgroups{[]uint32{5}}, true},
	} {
		task := forkOf(t, bootInit(t))
		_, err := task.Prctl(uapi.PR_SET_PDEATHSIG, uapi.SIGTERM)
		require.NoError(t, err)
		_, err = Do(task.M, task.ID, c.call)
		require.NoError(t, err)
		v, err := task.Prctl(uapi.PR_GET_DUMPABLE)
		require.NoError(t, err)
		assert.Equal(t, c.want, v == 1, "%#v", c.call)
		assert.Equal(t, c.want, task.M.Task(task.ID).PDeathSig != 0, "%#v", c.call)
	}
}

// setegid is what a C library makes of setegid().
func setegid(gid uint32) Call { return Setresgid{NoID, gid, NoID} }

func TestSetgroups(t *testing.T) {
	big := make([]uint32, nGroupsMax+1)
	scattered := func(n int, last uint32) (out []uint32) {
		for i := range n {
			out = append(out, uint32(n-i)*3)
		}
		return append(out, last)
	}
	root := func(*testing.T, T) {}
	for _, c := range []struct {
		name  string
		setup func(*testing.T, T)
		gids  []uint32
		err   error
		kept  uint8
	}{
		{"none", root, nil, nil, 0},
		{"some", root, []uint32{4, 24, 27, 0}, nil, 4},
		{"more ranges than a frame holds", root, scattered(100, 1), nil, 101},
		{"unmapped in a later frame", root, scattered(100, 1000), uapi.EINVAL, 0},
		{"unmapped", root, []uint32{1, 1000}, uapi.EINVAL, 0},
		{"-1", root, []uint32{NoID}, uapi.EINVAL, 0},
		{"too many", root, big, uapi.EINVAL, 0},
		{"as many as can be", root, big[1:], nil, 255},
		{"no capability", func(t *testing.T, k T) { require.NoError(t, k.Setuid(5)) }, []uint32{1000}, uapi.EPERM, 0},
		{"no capability, too many", func(t *testing.T, k T) { require.NoError(t, k.Setuid(5)) }, big, uapi.EPERM, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			task, _ := inUserNS(t, bootInit(t), 100000)
			require.NoError(t, task.Setuid(0))
			c.setup(t, task)
			Settle(task.M)
			before := counts(task.M)
			err := task.Setgroups(c.gids...)
			if c.err == nil {
				assert.NoError(t, err)
			} else {
				assert.Equal(t, c.err, err)
			}
			assert.Equal(t, c.kept, task.M.TaskCred(task.ID).Groups)
			Settle(task.M)
			assert.Equal(t, before, counts(task.M))
			assert.Zero(t, task.M.Frames.Count())
		})
	}
}

func TestSetgroupsNeedsMapAndPermission(t *testing.T) {
	for _, c := range []struct {
		deny, mapped bool
		err          error
	}{
		{false, false, uapi.EPERM},
		{true, false, uapi.EPERM},
		{true, true, uapi.EPERM},
		{false, true, nil},
	} {
		init := bootInit(t)
		task := forkOf(t, init)
		require.NoError(t, task.Unshare(uapi.CLONE_NEWUSER))
		ns := task.M.UserNS(task.ID)
		if c.deny {
			require.NoError(t, writeMap(task, ns, procSetgroups, "deny"))
		}
		if c.mapped {
			require.NoError(t, writeMap(init, ns, procGIDMap, "0 0 1"))
		}
		err := task.Setgroups(0)
		if c.err == nil {
			assert.NoError(t, err, "%+v", c)
		} else {
			assert.Equal(t, c.err, err, "%+v", c)
		}
	}
}

// A list that is judged in several frames is judged by the map as it is when the
// call looks, not as it was when the call began.
func TestSetgroupsReadsTheMapLate(t *testing.T) {
	init := bootInit(t)
	task := forkOf(t, init)
	require.NoError(t, task.Unshare(uapi.CLONE_NEWUSER))
	require.NoError(t, Start(task.M, task.ID, Setgroups{[]uint32{0, 5}}))
	require.NoError(t, writeMap(init, task.M.UserNS(task.ID), procGIDMap, "0 0 1\n5 5 1"))
	Run(task.M, task.ID)
	_, err := Result(task.M, task.ID)
	assert.NoError(t, err)
}

// No change of ids, groups, capabilities or securebits moves an active count, not
// even for a moment; the passive counts are back once all is settled.
func TestIDChangesMoveNoCounts(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	id := func() uint32 { return []uint32{0, 1, 2, 3, 1000, NoID}[r.IntN(6)] }
	calls := []func() Call{
		func() Call { return Setuid{id()} },
		func() Call { return Setgid{id()} },
		func() Call { return Setreuid{id(), id()} },
		func() Call { return Setregid{id(), id()} },
		func() Call { return Setresuid{id(), id(), id()} },
		func() Call { return Setresgid{id(), id(), id()} },
		func() Call { return Setfsuid{id()} },
		func() Call { return Setfsgid{id()} },
		func() Call { return Setgroups{[]uint32{id()}} },
		func() Call { return Capset{sim.CapSet(r.Uint64()), sim.FullCaps, sim.CapSet(r.Uint64())} },
		func() Call { return Prctl{uapi.PR_CAPBSET_DROP, [4]uint64{r.Uint64N(42)}} },
		func() Call { return Prctl{uapi.PR_SET_KEEPCAPS, [4]uint64{r.Uint64N(3)}} },
	}
	changed := 0
	for range 40 {
		outer, outerNS := inUserNS(t, bootInit(t), 100000)
		require.NoError(t, outer.Setuid(0))
		require.NoError(t, outer.Setgid(0))
		task, ns := inUserNS(t, outer, 0)
		m := task.M
		before := counts(m)
		assert.Equal(t, [2]int32{2, 1}, before[ns])
		for range 20 {
			cred := m.Task(task.ID).Cred
			call := calls[r.IntN(len(calls))]()
			require.NoError(t, Start(m, task.ID, call))
			for Step(m, task.ID) {
				for _, u := range []sim.NS{ns, outerNS} {
					require.Equal(t, before[u][1], m.Active(u), "%#v", call)
				}
			}
			if m.Task(task.ID).Cred != cred {
				changed++
			}
			Settle(m)
			require.Equal(t, before, counts(m), "%#v", call)
			require.Zero(t, m.Fired)
		}
	}
	assert.Greater(t, changed, 200)
}

// The ucounts object follows the real uid.
func TestSetuidMovesUCounts(t *testing.T) {
	task, ns := inUserNS(t, bootInit(t), 100000)
	m := task.M
	uid := func() uint32 { return m.UCounts.At(int32(m.TaskCred(task.ID).UCounts)).UID }
	require.NoError(t, task.Setresuid(3, 4, 5))
	assert.EqualValues(t, 100003, uid())
	require.NoError(t, task.Setresuid(NoID, 5, NoID))
	assert.EqualValues(t, 100003, uid())
	Settle(m)
	assert.EqualValues(t, 2, m.Passive(ns))
}

// The typed calls pass their arguments on in order.
func TestTypedIDCalls(t *testing.T) {
	task := forkOf(t, bootInit(t))
	require.NoError(t, task.Setregid(1, 2))
	require.NoError(t, task.Setresgid(NoID, NoID, 3))
	old, err := task.Setfsgid(4)
	require.NoError(t, err)
	assert.EqualValues(t, 2, old)
	assert.Equal(t, ids(1, 2, 3, 4), task.M.TaskCred(task.ID).GID)
	require.NoError(t, task.Setreuid(5, 6))
	assert.Equal(t, ids(5, 6, 6, 6), task.M.TaskCred(task.ID).UID)
	var got []uint32
	for _, get := range []func() (uint32, error){task.Getuid, task.Geteuid, task.Getgid, task.Getegid} {
		id, err := get()
		require.NoError(t, err)
		got = append(got, id)
	}
	assert.Equal(t, []uint32{5, 6, 1, 2}, got)
}

// SPDX-License-Identifier: GPL-2.0-only

package syscall

import (
	"math"
	"testing"

	"github.com/nssim/nssim/sim"
	"github.com/nssim/nssim/syscall/uapi"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func stateOf(k T) sim.TaskState {
	if !k.M.TaskLive(k.ID) {
		return sim.Dead
	}
	return k.M.Task(k.ID).State
}

// threadOf makes a thread.
func threadOf(t *testing.T, p T) T {
	t.Helper()
	c, err := p.Clone(uapi.CLONE_THREAD|uapi.CLONE_SIGHAND|uapi.CLONE_VM, 0)
	require.NoError(t, err)
	return c
}

func TestKillErrors(t *testing.T) {
	init := bootInit(t)
	child := forkOf(t, init)
	pid, err := child.Getpid()
	require.NoError(t, err)
	user := forkOf(t, init)
	require.NoError(t, user.Setresuid(1000, 1000, 1000))
	upid, err := user.Getpid()
	require.NoError(t, err)
	for _, c := range []struct {
		name     string
		from     T
		pid, sig int32
		err      error
	}{
		{"null signal", init, int32(pid), 0, nil},
		{"no such pid", init, 999, 0, uapi.ESRCH},
		{"no such pid before no such signal", init, 999, 65, uapi.ESRCH},
		{"no such signal", init, int32(pid), 65, uapi.EINVAL},
		{"negative signal", init, int32(pid), -1, uapi.EINVAL},
		{"not permitted", user, int32(pid), 0, uapi.EPERM},
		{"no such signal before not permitted", user, int32(pid), 65, uapi.EINVAL},
		{"SIGCONT in the session of another", user, int32(pid), uapi.SIGCONT, nil},
		{"oneself", user, int32(upid), 0, nil},
		{"no such group", init, -999, 0, uapi.ESRCH},
		{"the least number", init, math.MinInt32, 0, uapi.ESRCH},
		{"own group has one that may be", user, 0, 0, nil},
		{"own group, no such signal", init, 0, 65, uapi.EINVAL},
		{"all", init, -1, 0, nil},
		{"all, none permitted", user, -1, 0, nil},
		{"all, no such signal", user, -1, 65, uapi.EINVAL},
	} {
		_, err := Do(init.M, c.from.ID, Kill{c.pid, c.sig})
		if c.err == nil {
			assert.NoError(t, err, c.name)
		} else {
			assert.Equal(t, c.err, err, c.name)
		}
	}
}

func TestTgkillErrors(t *testing.T) {
	init := bootInit(t)
	child := forkOf(t, init)
	thread := threadOf(t, child)
	tgid, err := child.Getpid()
	require.NoError(t, err)
	tid, err := thread.Gettid()
	require.NoError(t, err)
	require.NotEqual(t, tgid, tid)
	for _, c := range []struct {
		tgid, tid, sig int
		err            error
	}{
		{tgid, tid, 0, nil},
		{tgid, tgid, 0, nil},
		{0, tid, 0, uapi.EINVAL},
		{tgid, 0, 0, uapi.EINVAL},
		{-1, 999, 65, uapi.EINVAL},
		{tgid, 999, 65, uapi.ESRCH},
		{tid, tid, 0, uapi.ESRCH},
		{tgid, 2, 0, uapi.ESRCH},
		{tgid, tid, 65, uapi.EINVAL},
	} {
		_, err := Do(init.M, init.ID, Tgkill{int32(c.tgid), int32(c.tid), int32(c.sig)})
		if c.err == nil {
			assert.NoError(t, err, "%+v", c)
		} else {
			assert.Equal(t, c.err, err, "%+v", c)
		}
	}
}

// Any of the sender's real and effective uid with any of the target's real and saved
// one; the target's effective uid is none of them.
func TestKillByUID(t *testing.T) {
	for _, c := range []struct {
		from, to sim.IDs
		ok       bool
	}{
		{ids(1, 2, 3, 3), ids(1, 8, 9, 9), true},
		{ids(1, 2, 3, 3), ids(2, 8, 9, 9), true},
		{ids(1, 2, 3, 3), ids(8, 9, 1, 9), true},
		{ids(1, 2, 3, 3), ids(8, 9, 2, 9), true},
		{ids(1, 2, 3, 3), ids(8, 1, 9, 9), false},
		{ids(1, 2, 3, 3), ids(3, 3, 3, 3), false},
		{ids(1, 2, 3, 3), ids(8, 2, 9, 1), false},
	} {
		init := bootInit(t)
		from, to := forkOf(t, init), forkOf(t, init)
		init.M.TaskCred(from.ID).UID, init.M.TaskCred(to.ID).UID = c.from, c.to
		init.M.TaskCred(from.ID).Effective = 0
		err := from.Kill(init.mustPid(to), uapi.SIGTERM)
		if c.ok {
			assert.NoError(t, err, "%+v", c)
			assert.Equal(t, sim.Zombie, stateOf(to), "%+v", c)
		} else {
			assert.Equal(t, uapi.EPERM, err, "%+v", c)
			assert.Equal(t, sim.Running, stateOf(to), "%+v", c)
		}
	}
}

// CAP_KILL counts over the target's user namespace: its creator has it from outside,
// nobody has it from inside.
func TestKillAcrossUserNamespaces(t *testing.T) {
	init := bootInit(t)
	creator := forkOf(t, init)
	require.NoError(t, creator.Setresuid(1000, 1000, 1000))
	inside, ns := inUserNS(t, init, 100000)
	require.NoError(t, inside.Setresuid(5, 5, 5))
	require.NoError(t, inside.Setresgid(5, 5, 5))
	init.M.UserNSOf(ns).Owner = 1000
	pid := init.mustPid(inside)
	assert.NoError(t, creator.Kill(pid, 0), "the creator's euid")
	init.M.UserNSOf(ns).Owner = 1001
	assert.Equal(t, uapi.EPERM, creator.Kill(pid, 0))
	init.M.TaskCred(inside.ID).Effective = sim.FullCaps
	assert.Equal(t, uapi.EPERM, inside.Kill(init.mustPid(creator), 0), "capabilities do not reach outside")
	assert.NoError(t, init.Kill(pid, uapi.SIGKILL))
	assert.Equal(t, sim.Zombie, stateOf(inside))
}

func (t T) mustPid(o T) int {
	m := t.M
	return int(m.PidNr(m.Task(m.Task(o.ID).Leader).Tgid, m.ActivePidNS(t.ID)))
}

func TestKillEffects(t *testing.T) {
	for _, c := range []struct {
		name string
		act  func(*testing.T, T, T) error // init, child
		want sim.TaskState
		code uapi.WaitStatus
	}{
		{"SIGTERM", func(_ *testing.T, i, c T) error { return i.Kill(i.mustPid(c), uapi.SIGTERM) },
			sim.Zombie, uapi.SignalStatus(uapi.SIGTERM, false)},
		{"SIGKILL", func(_ *testing.T, i, c T) error { return i.Kill(i.mustPid(c), uapi.SIGKILL) },
			sim.Zombie, uapi.SignalStatus(uapi.SIGKILL, false)},
		{"the last signal", func(_ *testing.T, i, c T) error { return i.Kill(i.mustPid(c), 64) },
			sim.Zombie, uapi.SignalStatus(64, false)},
		{"SIGCHLD", func(_ *testing.T, i, c T) error { return i.Kill(i.mustPid(c), uapi.SIGCHLD) }, sim.Running, 0},
		{"SIGSTOP", func(_ *testing.T, i, c T) error { return i.Kill(i.mustPid(c), uapi.SIGSTOP) }, sim.Running, 0},
		{"null", func(_ *testing.T, i, c T) error { return i.Kill(i.mustPid(c), 0) }, sim.Running, 0},
		{"ignored", func(t *testing.T, i, c T) error {
			require.NoError(t, c.Signal(uapi.SIGTERM, SigIgn))
			return i.Kill(i.mustPid(c), uapi.SIGTERM)
		}, sim.Running, 0},
		{"the last signal ignored", func(t *testing.T, i, c T) error {
			require.NoError(t, c.Signal(64, SigIgn))
			return i.Kill(i.mustPid(c), 64)
		}, sim.Running, 0},
		{"another ignored", func(t *testing.T, i, c T) error {
			require.NoError(t, c.Signal(uapi.SIGTERM+1, SigIgn))
			require.NoError(t, c.Signal(uapi.SIGTERM-1, SigIgn))
			return i.Kill(i.mustPid(c), uapi.SIGTERM)
		}, sim.Zombie, uapi.SignalStatus(uapi.SIGTERM, false)},
		{"ignored no more", func(t *testing.T, i, c T) error {
			require.NoError(t, c.Signal(uapi.SIGTERM, SigIgn))
			require.NoError(t, c.Signal(uapi.SIGTERM, SigDfl))
			return i.Kill(i.mustPid(c), uapi.SIGTERM)
		}, sim.Zombie, uapi.SignalStatus(uapi.SIGTERM, false)},
		{"suicide", func(_ *testing.T, _, c T) error {
			err := c.Kill(c.mustPid(c), uapi.SIGUSR1)
			if err == nil || err == ErrGone {
				return nil
			}
			return err
		}, sim.Zombie, uapi.SignalStatus(uapi.SIGUSR1, false)},
		{"by thread id", func(t *testing.T, i, c T) error {
			th := threadOf(t, c)
			tid := int(i.M.PidNr(i.M.Task(th.ID).Pid, i.M.ActivePidNS(i.ID)))
			return i.Kill(tid, uapi.SIGTERM)
		}, sim.Zombie, uapi.SignalStatus(uapi.SIGTERM, false)},
		{"a thread", func(t *testing.T, i, c T) error {
			th := threadOf(t, c)
			tid := int(i.M.PidNr(i.M.Task(th.ID).Pid, i.M.ActivePidNS(i.ID)))
			return i.Tgkill(i.mustPid(c), tid, uapi.SIGTERM)
		}, sim.Zombie, uapi.SignalStatus(uapi.SIGTERM, false)},
	} {
		t.Run(c.name, func(t *testing.T) {
			init := bootInit(t)
			child := forkOf(t, init)
			require.NoError(t, c.act(t, init, child))
			require.Equal(t, c.want, stateOf(child))
			if c.want == sim.Zombie {
				status, err := init.WaitTask(child)
				require.NoError(t, err)
				assert.Equal(t, c.code, status)
			}
		})
	}
}

// A zombie takes any signal, and what it left for its parent stays as it is.
func TestKillZombie(t *testing.T) {
	init := bootInit(t)
	child := forkOf(t, init)
	pid := init.mustPid(child)
	child.ExitGroup(7)
	require.Equal(t, sim.Zombie, stateOf(child))
	assert.NoError(t, init.Kill(pid, uapi.SIGKILL))
	assert.NoError(t, init.Tgkill(pid, pid, uapi.SIGTERM))
	assert.Equal(t, uapi.EINVAL, init.Kill(pid, 65))
	status, err := init.WaitTask(child)
	require.NoError(t, err)
	assert.Equal(t, uapi.ExitStatus(7), status)
	assert.Equal(t, uapi.ESRCH, init.Kill(pid, 0))
}

// A signal to a leader that has exited reaches the other threads by kill and
// nothing by tgkill.
func TestKillExitedLeader(t *testing.T) {
	for _, specific := range []bool{true, false} {
		init := bootInit(t)
		child := forkOf(t, init)
		thread := threadOf(t, child)
		pid := init.mustPid(child)
		child.Exit(0)
		require.Equal(t, sim.Zombie, stateOf(child))
		if specific {
			require.NoError(t, init.Tgkill(pid, pid, uapi.SIGKILL))
			assert.Equal(t, sim.Running, stateOf(thread))
		} else {
			require.NoError(t, init.Kill(pid, uapi.SIGKILL))
			assert.Equal(t, sim.Dead, stateOf(thread))
		}
	}
}

// The init of a pid namespace does not hear its own; an ancestor's SIGKILL it does.
func TestKillNamespaceInit(t *testing.T) {
	for _, c := range []struct {
		sig     uapi.Signal
		outside bool
		want    sim.TaskState
	}{
		{uapi.SIGKILL, false, sim.Running},
		{uapi.SIGTERM, false, sim.Running},
		{uapi.SIGTERM, true, sim.Running},
		{uapi.SIGKILL, true, sim.Zombie},
	} {
		init := bootInit(t)
		first, err := init.Clone(uapi.CLONE_NEWPID, uapi.SIGCHLD)
		require.NoError(t, err)
		child := forkOf(t, first)
		if c.outside {
			require.NoError(t, init.Kill(init.mustPid(first), c.sig))
		} else {
			require.NoError(t, child.Kill(1, c.sig))
			require.NoError(t, first.Kill(1, c.sig))
		}
		assert.Equal(t, c.want, stateOf(first), "%+v", c)
		if c.want == sim.Zombie {
			assert.Equal(t, sim.Dead, stateOf(child), "%+v", c)
		} else {
			assert.Equal(t, sim.Running, stateOf(child), "%+v", c)
		}
	}
}

// Pids are those of the caller's pid namespace, and nobody outside it has one.
func TestKillPidTranslation(t *testing.T) {
	init := bootInit(t)
	first, err := init.Clone(uapi.CLONE_NEWPID, uapi.SIGCHLD)
	require.NoError(t, err)
	child := forkOf(t, first)
	assert.Equal(t, uapi.ESRCH, first.Kill(init.mustPid(init)+100, 0))
	assert.Equal(t, uapi.ESRCH, first.Kill(3, uapi.SIGKILL))
	require.NoError(t, first.Kill(2, uapi.SIGKILL))
	assert.Equal(t, sim.Zombie, stateOf(child))
	assert.Equal(t, sim.Running, stateOf(init))
}

// kill(-1) spares the caller, pid 1 and whoever the caller does not see.
func TestKillAll(t *testing.T) {
	init := bootInit(t)
	outsider := forkOf(t, init)
	first, err := init.Clone(uapi.CLONE_NEWPID, uapi.SIGCHLD)
	require.NoError(t, err)
	assert.Equal(t, uapi.ESRCH, first.Kill(-1, 0), "alone")
	child := forkOf(t, first)
	assert.Equal(t, uapi.ESRCH, child.Kill(-1, 0), "pid 1 and itself do not count")
	a, b := forkOf(t, child), forkOf(t, child)
	require.NoError(t, child.Kill(-1, uapi.SIGKILL))
	assert.Equal(t, []sim.TaskState{sim.Zombie, sim.Zombie}, []sim.TaskState{stateOf(a), stateOf(b)})
	for _, k := range []T{init, outsider, first, child} {
		assert.Equal(t, sim.Running, stateOf(k))
	}
}

// A process group gets the signal as a whole; one member that may be signalled is
// success.
func TestKillGroup(t *testing.T) {
	init := bootInit(t)
	m := init.M
	foreign, mine := forkOf(t, init), forkOf(t, init)
	user := forkOf(t, init)
	require.NoError(t, user.Setresuid(1000, 1000, 1000))
	pgid := -int32(m.PidNr(m.Task(init.ID).Pgid, m.ActivePidNS(init.ID)))
	_, err := Do(m, user.ID, Kill{pgid, 0})
	assert.NoError(t, err, "it is in the group itself")

	lone := m.Task(foreign.ID).Tgid
	for _, k := range []T{foreign, mine} {
		m.Task(k.ID).Pgid = lone
	}
	group := -int(m.PidNr(lone, m.ActivePidNS(init.ID)))
	assert.Equal(t, uapi.EPERM, user.Kill(group, uapi.SIGTERM))
	for _, k := range []T{mine, foreign} { // now the first is refused, now the last
		m.TaskCred(k.ID).UID = ids(1000, 0, 0, 0)
		assert.NoError(t, user.Kill(group, uapi.SIGTERM))
		assert.Equal(t, sim.Zombie, stateOf(k))
		m.TaskCred(k.ID).UID = ids(0, 0, 0, 0)
	}
}

// SIGCONT needs no permission within a session, and does outside it.
func TestKillSigcont(t *testing.T) {
	init := bootInit(t)
	m := init.M
	user, other := forkOf(t, init), forkOf(t, init)
	require.NoError(t, user.Setresuid(1000, 1000, 1000))
	assert.NoError(t, user.Kill(user.mustPid(other), uapi.SIGCONT))
	m.Task(other.ID).Sid = m.Task(other.ID).Tgid
	assert.Equal(t, uapi.EPERM, user.Kill(user.mustPid(other), uapi.SIGCONT))
}

func TestSigaction(t *testing.T) {
	task := bootInit(t)
	for _, c := range []struct {
		sig int32
		err error
	}{
		{uapi.SIGTERM, nil}, {uapi.SIGCHLD, nil}, {1, nil}, {64, nil},
		{0, uapi.EINVAL}, {-1, uapi.EINVAL}, {65, uapi.EINVAL}, {uapi.SIGKILL, uapi.EINVAL}, {uapi.SIGSTOP, uapi.EINVAL},
	} {
		for _, d := range []Disposition{SigIgn, SigDfl} {
			_, err := Do(task.M, task.ID, Signal{c.sig, d})
			if c.err == nil {
				assert.NoError(t, err, "%d", c.sig)
			} else {
				assert.Equal(t, c.err, err, "%d", c.sig)
			}
		}
	}
	assert.Zero(t, task.M.SigHands.At(task.M.Task(task.ID).SigHand).Ignored)
}

// Who ignores SIGCHLD never sees a zombie, but keeps those that are there.
func TestSignalChld(t *testing.T) {
	init := bootInit(t)
	before, after := forkOf(t, init), forkOf(t, init)
	before.ExitGroup(0)
	require.NoError(t, init.Signal(uapi.SIGCHLD, SigIgn))
	after.ExitGroup(0)
	Settle(init.M)
	assert.Equal(t, sim.Zombie, stateOf(before))
	assert.Equal(t, sim.Dead, stateOf(after))
	require.NoError(t, init.Signal(uapi.SIGCHLD, SigDfl))
	third := forkOf(t, init)
	third.ExitGroup(0)
	assert.Equal(t, sim.Zombie, stateOf(third))
}

// Signals move no count but what the death of the target moves.
func TestSignalsMoveNoCounts(t *testing.T) {
	init := bootInit(t)
	child, ns := inUserNS(t, init, 100000)
	Settle(init.M)
	before := counts(init.M)
	require.Equal(t, int32(1), before[ns][1])
	require.NoError(t, init.Kill(init.mustPid(child), 0))
	require.NoError(t, init.Kill(init.mustPid(child), uapi.SIGCONT))
	require.NoError(t, child.Signal(uapi.SIGTERM, SigIgn))
	require.NoError(t, init.Kill(init.mustPid(child), uapi.SIGTERM))
	Settle(init.M)
	assert.Equal(t, before, counts(init.M))
	require.NoError(t, init.Kill(init.mustPid(child), uapi.SIGKILL))
	assert.EqualValues(t, 1, init.M.Active(ns), "a zombie counts")
	assert.Zero(t, init.M.Fired)
}

// SPDX-License-Identifier: GPL-2.0-only

package syscall_test

import (
	"fmt"
	"testing"

	"github.com/nssim/nssim/sim"
	"github.com/nssim/nssim/syscall"
	"github.com/nssim/nssim/syscall/uapi"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// What a test here expects was seen on running kernels, 6.18.15 to 7.3.4, unless it says
// so; where they differ there is a switch.

func boot(t *testing.T, kernel string) *world { return newWorld(t, sim.Config{Kernel: kernel}) }

// everyKernel runs a test in all profiles.
func everyKernel(t *testing.T, f func(t *testing.T, w *world)) {
	for _, p := range sim.Profiles() {
		t.Run(p.Name, func(t *testing.T) { f(t, boot(t, p.Name)) })
	}
}

// state is what a task is doing, "gone" once it is released.
func (w *world) state(p syscall.T) string {
	if !w.m.TaskLive(p.ID) || w.m.Task(p.ID).State == sim.Dead {
		return "gone"
	}
	return w.m.Task(p.ID).State.String()
}

// The zombie of a member from outside is the outside parent's; when that dies, the
// namespace's init inherits it, dying itself, and does not want it.
func TestZapWithMembersFromOutside(t *testing.T) {
	everyKernel(t, func(t *testing.T, w *world) {
		p := w.fork(w.init)
		q := w.clone(w.init, uapi.CLONE_NEWPID)
		w.ok(p.Setns(w.open(p, q, "pid"), 0))
		i := w.fork(p)
		grandchild := w.fork(i)
		ns := w.ns(q, "pid")
		q.ExitGroup(0)
		assert.Equal(t, "zombie gone blocked", w.state(i)+" "+w.state(grandchild)+" "+w.state(q))
		_, err := p.Fork()
		assert.Equal(t, uapi.ENOMEM, err)
		p.ExitGroup(0)
		assert.Equal(t, "gone zombie", w.state(i)+" "+w.state(q))
		w.reap(w.init, p)
		w.reap(w.init, q)
		assert.Equal(t, "-", w.settled(ns))
	})
}

// The init of an inner namespace is killed with the outer one; its own members first.
func TestZapReachesDescendants(t *testing.T) {
	everyKernel(t, func(t *testing.T, w *world) {
		q := w.clone(w.init, uapi.CLONE_NEWPID)
		r := w.clone(q, uapi.CLONE_NEWPID)
		c := w.fork(r)
		inner := w.ns(r, "pid")
		q.ExitGroup(0)
		assert.Equal(t, "zombie gone gone", w.state(q)+" "+w.state(r)+" "+w.state(c))
		assert.Equal(t, "-", w.settled(inner))
	})
}

// A thread takes over as child reaper when the leader exits, with the leader's children.
func TestThreadBecomesChildReaper(t *testing.T) {
	everyKernel(t, func(t *testing.T, w *world) {
		q := w.clone(w.init, uapi.CLONE_NEWPID)
		child := w.fork(q)
		orphan := w.fork(child)
		thread := w.thread(q)
		ns := w.ns(q, "pid")
		q.Exit(3)
		assert.Equal(t, thread.ID, w.m.PidNSOf(ns).Reaper)
		assert.Equal(t, thread.ID, w.m.Task(child.ID).Parent)
		child.ExitGroup(0)
		assert.Equal(t, thread.ID, w.m.Task(orphan.ID).Parent)
		_, _, err := thread.Wait4(-1, 0)
		w.ok(err)
		_, _, err = w.init.Wait4(q.PidIn(w.init), uapi.WNOHANG)
		w.ok(err)
		assert.Equal(t, "zombie", w.state(q), "nobody can have it while the thread lives")
		thread.Exit(5)
		assert.Equal(t, "zombie gone", w.state(q)+" "+w.state(orphan))
		status, err := w.init.WaitTask(q)
		w.ok(err)
		assert.Equal(t, uapi.ExitStatus(5), status, "the last thread's code")
	})
}

// A reaped session leader keeps its struct pid, and with it the pid namespace active,
// until no process is in its session.
func TestSessionKeepsStructPid(t *testing.T) {
	everyKernel(t, func(t *testing.T, w *world) {
		if w.m.Cfg.SwitchOn("no-active-count") {
			return
		}
		p := w.fork(w.init)
		w.unshare(p, uapi.CLONE_NEWPID)
		reaper := w.fork(p)
		leader := w.fork(p)
		sid, err := leader.Setsid()
		w.ok(err)
		assert.Equal(t, leader.PidIn(leader), sid)
		member := w.fork(leader)
		ns := w.ns(reaper, "pid")
		assert.Equal(t, "4", w.active(ns)) // p's nsproxy, three struct pids
		w.end(p, leader)
		assert.Equal(t, "4", w.active(ns))
		got, err := member.Getsid(0)
		w.ok(err)
		assert.Equal(t, sid, got)
		w.ok(reaper.Signal(uapi.SIGCHLD, syscall.SigIgn))
		member.ExitGroup(0)
		assert.Equal(t, "2", w.active(ns), "both at once")
	})
}

// The init of a pid namespace stays in the session and the group that it was made in.
func TestInitInheritsSession(t *testing.T) {
	w := boot(t, "")
	p := w.fork(w.init)
	_, err := p.Setsid()
	w.ok(err)
	outside := w.fork(p)
	q := w.clone(p, uapi.CLONE_NEWPID)
	sid, err := q.Getsid(0)
	w.ok(err)
	pgid, err := q.Getpgid(0)
	w.ok(err)
	assert.Equal(t, []int{0, 0}, []int{sid, pgid}, "no numbers in there")
	w.ok(p.Signal(uapi.SIGTERM, syscall.SigIgn))
	w.ok(q.Kill(0, uapi.SIGTERM))
	assert.Equal(t, "zombie", w.state(outside))
	assert.Equal(t, "running", w.state(q))
}

func TestSetpgid(t *testing.T) {
	w := boot(t, "")
	p := w.fork(w.init)
	_, err := p.Setsid()
	w.ok(err)
	child, other := w.fork(p), w.fork(p)
	pid := child.PidIn(p)
	_, err = other.Setsid()
	w.ok(err)
	assert.Equal(t, uapi.EPERM, func() error { _, err := p.Setsid(); return err }())
	assert.Equal(t, uapi.EPERM, p.Setpgid(0, 0), "a session's leader")
	assert.Equal(t, uapi.EPERM, p.Setpgid(pid, 1))
	assert.Equal(t, uapi.ESRCH, p.Setpgid(1, 1))
	assert.Equal(t, uapi.EINVAL, p.Setpgid(pid, -1))
	assert.Equal(t, uapi.EPERM, p.Setpgid(other.PidIn(p), 0), "a child in another session")
	assert.Equal(t, uapi.EPERM, child.Setpgid(0, other.PidIn(p)), "a group of another session")
	w.ok(p.Setpgid(pid, 0))
	pgid, err := p.Getpgid(pid)
	w.ok(err)
	assert.Equal(t, pid, pgid)
	assert.Equal(t, uapi.EPERM, func() error { _, err := child.Setsid(); return err }(), "a group of that number")
	w.ok(child.Execve("/init"))
	assert.Equal(t, uapi.EACCES, p.Setpgid(pid, p.PidIn(p)))
	w.ok(child.Setpgid(0, p.PidIn(p)))
	_, err = p.Getsid(999)
	assert.Equal(t, uapi.ESRCH, err)
}

// execve by a thread ends the others and takes the leader's number.
func TestExecByThread(t *testing.T) {
	everyKernel(t, func(t *testing.T, w *world) {
		q, _, err := w.init.Clone3(syscall.Clone{Flags: uapi.CLONE_NEWUSER | uapi.CLONE_NEWPID, ExitSignal: uapi.SIGCHLD})
		w.ok(err)
		_, err = q.Prctl(uapi.PR_SET_CHILD_SUBREAPER, 1)
		w.ok(err)
		child := w.fork(q)
		thread, third := w.thread(q), w.thread(q)
		counts := func() string { return w.active(w.ns(thread, "user"), w.ns(thread, "pid")) }
		if !w.m.Cfg.SwitchOn("no-active-count") {
			assert.Equal(t, "5 5", counts()) // and the pid namespace; and the nsproxy
		}
		w.ok(thread.Execve("/init"))
		if !w.m.Cfg.SwitchOn("no-active-count") {
			assert.Equal(t, "3 3", counts())
		}
		assert.Equal(t, "gone gone running", w.state(q)+" "+w.state(third)+" "+w.state(thread))
		pid, err := thread.Getpid()
		w.ok(err)
		assert.Equal(t, 1, pid)
		assert.Equal(t, thread.ID, w.m.PidNSOf(w.ns(thread, "pid")).Reaper)
		assert.Equal(t, thread.ID, w.m.Task(child.ID).Parent)
		reaper, err := thread.Prctl(uapi.PR_GET_CHILD_SUBREAPER, 1)
		w.ok(err)
		assert.Equal(t, []any{0, uint64(1)}, []any{reaper, w.m.Task(thread.ID).Out[0]})
		thread.ExitGroup(7)
		status, err := w.init.WaitTask(thread)
		w.ok(err)
		assert.Equal(t, uapi.ExitStatus(7), status)
	})
}

// A kill that comes while the threads are ending ends the execve too.
func TestExecKilledInBetween(t *testing.T) {
	w := boot(t, "")
	q := w.fork(w.init)
	thread, third := w.thread(q), w.thread(q)
	w.ok(syscall.Start(w.m, thread.ID, syscall.Execve{Path: "/init"}))
	require.True(t, syscall.RunUntil(w.m, thread.ID, "de_thread"))
	syscall.Resume(w.m, thread.ID)
	syscall.Step(w.m, thread.ID) // the others have been told
	syscall.Step(w.m, thread.ID)
	require.Equal(t, "blocked", w.state(thread))
	w.ok(w.init.Kill(q.PidIn(w.init), uapi.SIGKILL))
	assert.Equal(t, "zombie gone gone", w.state(q)+" "+w.state(thread)+" "+w.state(third))
	status, err := w.init.WaitTask(q)
	w.ok(err)
	assert.Equal(t, uapi.SignalStatus(uapi.SIGKILL, false), status)
}

// Orphans go to another thread, the nearest subreaper with numbers of the same level, or
// the child reaper.
func TestReparenting(t *testing.T) {
	w := boot(t, "")
	sub := w.fork(w.init)
	_, err := sub.Prctl(uapi.PR_SET_CHILD_SUBREAPER, 1)
	w.ok(err)
	p := w.fork(sub)
	child := w.fork(p)
	thread := w.thread(p)
	parent := func(of syscall.T) sim.TaskID { return w.m.Task(of.ID).Parent }
	p.Exit(0)
	assert.Equal(t, thread.ID, parent(child))
	thread.Exit(0)
	assert.Equal(t, sub.ID, parent(child))
	w.reap(sub, p)

	q := w.clone(sub, uapi.CLONE_NEWPID)
	inner := w.fork(q)
	orphan := w.fork(inner)
	inner.ExitGroup(0)
	assert.Equal(t, q.ID, parent(orphan), "the subreaper is on another level")

	// One that came in by setns and fork, whose parent is outside.
	outside := w.fork(sub)
	w.ok(outside.Setns(w.open(outside, q, "pid"), 0))
	in := w.fork(outside)
	lost := w.fork(in)
	outside.ExitGroup(0)
	assert.Equal(t, sub.ID, parent(in), "outside was on the subreaper's level")
	in.ExitGroup(0)
	assert.Equal(t, q.ID, parent(lost))
}

// Children are waited for in the order in which they became children.
func TestWaitOrder(t *testing.T) {
	everyKernel(t, func(t *testing.T, w *world) {
		sub := w.fork(w.init)
		_, err := sub.Prctl(uapi.PR_SET_CHILD_SUBREAPER, 1)
		w.ok(err)
		first := w.fork(sub)
		p := w.fork(sub)
		c := w.fork(p)
		w.end(sub, first) // its place in the table is free
		a := w.fork(sub)
		b := w.fork(sub)
		for _, k := range []syscall.T{b, a, p, c} {
			k.ExitGroup(0)
		}
		var order []sim.TaskID
		for range 4 {
			k, _, err := sub.Wait4(-1, uapi.WNOHANG)
			w.ok(err)
			order = append(order, k.ID)
		}
		assert.Equal(t, []sim.TaskID{p.ID, a.ID, b.ID, c.ID}, order)
	})
}

func TestWaitOptions(t *testing.T) {
	everyKernel(t, func(t *testing.T, w *world) {
		p := w.fork(w.init)
		waitid := func(which, id int, options uint32) string {
			k, _, err := p.WaitID(which, id, options)
			if err == nil && k.ID == 0 {
				return "none"
			}
			return says(err)
		}
		for _, c := range []struct {
			which, id int
			options   uint32
			want      string
		}{
			{uapi.P_ALL, 0, uapi.WEXITED, "ECHILD"},
			{uapi.P_ALL, 0, 0, "EINVAL"},
			{uapi.P_ALL, 0, uapi.WEXITED | 0x100, "EINVAL"},
			{uapi.P_PID, 0, uapi.WEXITED, "EINVAL"},
			{uapi.P_PID, 999, uapi.WEXITED, "ECHILD"},
			{uapi.P_PGID, -1, uapi.WEXITED, "EINVAL"},
			{uapi.P_PIDFD, -1, uapi.WEXITED, "EINVAL"},
			{uapi.P_PIDFD, 99, uapi.WEXITED, "EBADF"},
			{uapi.P_PIDFD, 0, uapi.WEXITED, "EBADF"},
			{9, 0, uapi.WEXITED, "EINVAL"},
		} {
			assert.Equal(t, c.want, waitid(c.which, c.id, c.options), "%+v", c)
		}
		assert.Equal(t, "ESRCH", w.do(p, syscall.Wait{Which: uapi.P_PGID, ID: -1 << 31}), "wait4(INT_MIN)")
		assert.Equal(t, "EINVAL", w.do(p, syscall.Wait{Which: uapi.P_ALL, Options: uapi.WEXITED}), "not an option of wait4")

		child := w.fork(p)
		fd := w.fd(p.PidfdOpen(child.PidIn(p), uapi.PIDFD_NONBLOCK))
		assert.Equal(t, "EAGAIN", waitid(uapi.P_PIDFD, fd, uapi.WEXITED))
		assert.Equal(t, "none", waitid(uapi.P_PIDFD, fd, uapi.WEXITED|uapi.WNOHANG))
		assert.Equal(t, "none", waitid(uapi.P_ALL, 0, uapi.WSTOPPED|uapi.WNOHANG))
		assert.Equal(t, "ECHILD", waitid(uapi.P_ALL, 0, uapi.WEXITED|uapi.WCLONE|uapi.WNOHANG))
		child.ExitGroup(0)
		assert.Equal(t, "ECHILD", waitid(uapi.P_ALL, 0, uapi.WSTOPPED|uapi.WNOHANG), "a zombie does not stop")
		assert.Equal(t, "ok", waitid(uapi.P_ALL, 0, uapi.WEXITED|uapi.WNOWAIT))
		assert.Equal(t, "ok", waitid(uapi.P_PIDFD, fd, uapi.WEXITED))
		assert.Equal(t, "ECHILD", waitid(uapi.P_PIDFD, fd, uapi.WEXITED))
	})
}

// Which child is a "clone" child goes by its exit signal, which its own execve changes and
// its parent's does not.
func TestWaitByExitSignal(t *testing.T) {
	everyKernel(t, func(t *testing.T, w *world) {
		p := w.fork(w.init)
		w.ok(p.Signal(uapi.SIGUSR1, syscall.SigIgn))
		wait := func(options uint32) string {
			k, _, err := p.Wait4(-1, options|uapi.WNOHANG)
			if err == nil && k.ID == 0 {
				return "none"
			}
			return says(err)
		}
		child, err := p.Clone(0, uapi.SIGUSR1)
		w.ok(err)
		w.ok(p.Execve("/init"))
		child.ExitGroup(0)
		assert.Equal(t, "ECHILD", wait(0))
		assert.Equal(t, "ok", wait(uapi.WCLONE))

		child, err = p.Clone(0, uapi.SIGUSR1)
		w.ok(err)
		w.ok(child.Execve("/init"))
		assert.Equal(t, "none", wait(0))
		assert.Equal(t, "ECHILD", wait(uapi.WCLONE))
		child.ExitGroup(0)
		assert.Equal(t, "ok", wait(uapi.WALL))
	})
}

// WNOTHREAD leaves the children of other threads alone.
func TestWaitThreads(t *testing.T) {
	w := boot(t, "")
	p := w.fork(w.init)
	thread := w.thread(p)
	w.fork(thread).ExitGroup(0)
	_, _, err := p.Wait4(-1, uapi.WNOTHREAD)
	assert.Equal(t, uapi.ECHILD, err)
	_, _, err = p.Wait4(-1, 0)
	w.ok(err)
}

// The signal that ends a process as its exit signal says: SIGCHLD once the parent has
// called execve.
func TestExitSignalAfterExec(t *testing.T) {
	w := boot(t, "")
	p := w.fork(w.init)
	child, err := p.Clone(0, uapi.SIGUSR1)
	w.ok(err)
	w.ok(p.Execve("/init"))
	child.ExitGroup(0)
	assert.Equal(t, "running", w.state(p), "SIGUSR1 would have killed it")
	child, err = p.Clone(0, uapi.SIGUSR1)
	w.ok(err)
	child.ExitGroup(0)
	assert.Equal(t, "zombie", w.state(p))
}

// CLONE_PARENT makes a sibling, with the exit signal of the caller's process; even the
// init of a pid namespace may be one, but no init makes one.
func TestCloneParent(t *testing.T) {
	everyKernel(t, func(t *testing.T, w *world) {
		p, err := w.init.Clone(0, uapi.SIGUSR1)
		w.ok(err)
		w.ok(w.init.Signal(uapi.SIGUSR1, syscall.SigIgn))
		sib, err := p.Clone(uapi.CLONE_PARENT, uapi.SIGUSR2)
		w.ok(err)
		assert.Equal(t, w.init.ID, w.m.Task(sib.ID).Parent)
		sib.ExitGroup(0)
		_, _, err = w.init.Wait4(-1, uapi.WNOHANG)
		assert.Equal(t, uapi.ECHILD, err)
		k, _, err := w.init.Wait4(-1, uapi.WCLONE)
		w.ok(err)
		assert.Equal(t, sib.ID, k.ID)

		q := w.clone(p, uapi.CLONE_PARENT|uapi.CLONE_NEWPID)
		assert.Equal(t, w.init.ID, w.m.Task(q.ID).Parent)
		_, err = q.Clone(uapi.CLONE_PARENT, uapi.SIGCHLD)
		assert.Equal(t, uapi.EINVAL, err)
	})
}

// The flags of v7.1.
func TestCloneAutoreap(t *testing.T) {
	for _, kernel := range []string{"v7.1", "v7.2", "v7.3", "v7.3.4"} {
		w := boot(t, kernel)
		c, fd, err := w.init.Clone3(syscall.Clone{Flags: uapi.CLONE_AUTOREAP | uapi.CLONE_PIDFD})
		w.ok(err)
		_, err = c.Clone(uapi.CLONE_PARENT, 0)
		assert.Equal(t, uapi.EINVAL, err)
		_, err = w.thread(c).Clone(uapi.CLONE_PARENT, 0)
		assert.Equal(t, uapi.EINVAL, err, "nor by a thread")
		child := w.fork(c)
		w.end(c, child) // its own children are not reaped for it
		w.ok(c.Execve("/init"))
		c.ExitGroup(0)
		assert.Equal(t, "gone", w.state(c))
		_, _, err = w.init.Wait4(-1, uapi.WALL)
		assert.Equal(t, uapi.ECHILD, err)
		assert.Equal(t, uapi.ESRCH, w.init.Setns(fd, uapi.CLONE_NEWNET))

		// A parent that waits learns that there is nothing to wait for.
		c, _, err = w.init.Clone3(syscall.Clone{Flags: uapi.CLONE_AUTOREAP})
		w.ok(err)
		assert.Equal(t, syscall.ErrBlocked.Error(), w.do(w.init, syscall.Wait{Which: uapi.P_ALL, Options: uapi.WALL}))
		c.ExitGroup(0)
		_, err = syscall.Result(w.m, w.init.ID)
		assert.Equal(t, uapi.ECHILD, err)
	}
}

func TestCloneAutokill(t *testing.T) {
	w := boot(t, "v7.3.4")
	const flags = uapi.CLONE_PIDFD_AUTOKILL | uapi.CLONE_AUTOREAP | uapi.CLONE_PIDFD
	c, fd, err := w.init.Clone3(syscall.Clone{Flags: flags})
	w.ok(err)
	other := w.pidfd(w.init, c)
	w.ok(w.init.Close(other))
	fl, err := w.init.Fcntl(fd, uapi.F_GETFL, 0)
	w.ok(err)
	assert.Equal(t, uapi.O_RDWR|uapi.PIDFD_AUTOKILL, fl)
	again := w.fd(w.init.Dup(fd))
	w.ok(w.init.Close(fd))
	assert.Equal(t, "running", w.state(c))
	w.ok(w.init.Close(again))
	assert.Equal(t, "gone", w.state(c))

	p := w.fork(w.init)
	w.setuid(p)
	_, _, err = p.Clone3(syscall.Clone{Flags: flags})
	assert.Equal(t, uapi.EPERM, err)
	c, _, err = p.Clone3(syscall.Clone{Flags: flags | uapi.CLONE_NNP})
	w.ok(err)
	assert.True(t, w.m.Task(c.ID).Has(sim.NoNewPrivs))
}

// An empty mount namespace has nothing but a root that nothing can be made in.
func TestEmptyMountNamespace(t *testing.T) {
	for _, how := range []string{"clone3", "unshare"} {
		w := boot(t, "v7.3.4")
		proc := w.fd(w.init.Open("/proc", uapi.O_PATH|uapi.O_DIRECTORY))
		p := w.fork(w.init)
		if how == "unshare" {
			w.ok(p.Chroot("/tmp"))
			assert.Equal(t, uapi.EPERM, p.Unshare(uapi.CLONE_NEWUSER))
			w.unshare(p, uapi.UNSHARE_EMPTY_MNTNS)
		} else {
			p = w.clone3(p, uapi.CLONE_EMPTY_MNTNS)
		}
		info := func() uint64 {
			fd := w.fd(p.Openat(proc, fmt.Sprintf("%d/ns/mnt", p.PidIn(w.init)), uapi.O_RDONLY))
			_, err := p.Ioctl(fd, uapi.NS_MNT_GET_INFO, 0)
			w.ok(err)
			n := w.m.Task(p.ID).Out[syscall.OutMntNrSize] >> 32
			w.ok(p.Close(fd))
			return n
		}
		_, err := p.Stat("/proc")
		assert.Equal(t, uapi.ENOENT, err)
		assert.EqualValues(t, 0, info())
		assert.Equal(t, uapi.ENOENT, p.Mkdir("/x"))
		_, err = p.Open("/", uapi.O_RDONLY|uapi.O_DIRECTORY)
		w.ok(err)
		w.ok(p.Mount("t", "/", "tmpfs", 0))
		assert.EqualValues(t, 1, info())
		assert.Equal(t, uapi.ENOENT, p.Mkdir("/x"), "the root is still the one below")
		w.unshare(p, uapi.CLONE_NEWUSER) // no chroot any more
	}
	w := boot(t, "v7.3.4")
	_, _, err := w.init.Clone3(syscall.Clone{Flags: uapi.CLONE_EMPTY_MNTNS | uapi.CLONE_FS, ExitSignal: uapi.SIGCHLD})
	assert.Equal(t, uapi.EINVAL, err, "it implies CLONE_NEWNS")
	p := w.fork(w.init)
	w.setuid(p)
	assert.Equal(t, uapi.EPERM, p.Unshare(uapi.UNSHARE_EMPTY_MNTNS))
	w.unshare(p, uapi.UNSHARE_EMPTY_MNTNS|uapi.CLONE_NEWUSER)
}

// A chroot is not left by unsharing the mount namespace, but by joining one.
func TestChrootAndMountNamespaces(t *testing.T) {
	everyKernel(t, func(t *testing.T, w *world) {
		p := w.fork(w.init)
		mnt := w.open(p, p, "mnt")
		w.ok(p.Chroot("/tmp"))
		w.unshare(p, uapi.CLONE_NEWNS)
		assert.Equal(t, uapi.EPERM, p.Unshare(uapi.CLONE_NEWUSER))
		assert.Equal(t, uapi.EPERM, w.clone(p, uapi.CLONE_NEWNS).Unshare(uapi.CLONE_NEWUSER))
		w.ok(p.Setns(mnt, 0))
		w.unshare(p, uapi.CLONE_NEWUSER)
	})
}

// The user namespace of an execve stays pinned by the address space, which a processor
// keeps loaded when the task is gone, or since v7.2 by the task's own record.
func TestExecPinsUserNamespace(t *testing.T) {
	everyKernel(t, func(t *testing.T, w *world) {
		p := w.fork(w.init)
		w.unshare(p, uapi.CLONE_NEWUSER)
		u := w.ns(p, "user")
		assert.Equal(t, "p2", w.settled(u)[:2])
		w.ok(p.Execve("/init"))
		assert.Equal(t, "p4", w.settled(u)[:2], "the credential of the binary's file, and the execve")
		child := w.fork(p)
		assert.Equal(t, "p6", w.settled(u)[:2], "its credential and its record of the execve")
		vm, err := p.Clone(uapi.CLONE_VM, uapi.SIGCHLD)
		w.ok(err)
		assert.Equal(t, "p7", w.settled(u)[:2], "that one shares the record")
		w.end(p, child)
		w.end(p, vm)
		assert.Equal(t, "p4", w.settled(u)[:2])
		p.ExitGroup(0)
		lazy := 0
		for id := w.m.Deferred; id != 0; id = w.m.Work(id).Next {
			if w.m.Work(id).Kind == sim.LazyTLB {
				lazy++
			}
		}
		assert.Equal(t, 1, lazy)
		w.reap(w.init, p)
		assert.Equal(t, "-", w.settled(u))
	})
}

// An execve that grants capabilities makes the task not dumpable, another dumpable again.
func TestExecDumpable(t *testing.T) {
	everyKernel(t, func(t *testing.T, w *world) {
		dumpable := func(p syscall.T) int {
			v, err := p.Prctl(uapi.PR_GET_DUMPABLE)
			w.ok(err)
			return v
		}
		p := w.fork(w.init)
		c, err := p.Capget()
		w.ok(err)
		c.Permitted &^= 1 << uapi.CAP_SYS_TIME
		c.Effective &^= 1 << uapi.CAP_SYS_TIME
		w.ok(p.Capset(c))
		assert.Equal(t, 1, dumpable(p))
		w.ok(p.Execve("/init"))
		assert.Equal(t, 0, dumpable(p))
		w.ok(p.Execve("/init"))
		assert.Equal(t, 1, dumpable(p))
		w.setuid(p)
		assert.Equal(t, 0, dumpable(p))
		w.ok(p.Execve("/init"))
		assert.Equal(t, 1, dumpable(p))
	})
}

// A kill that arrives in the middle of a fork leaves no child.
func TestForkKilledInBetween(t *testing.T) {
	for _, step := range []string{"dup_task_struct", "alloc_pid", "attach_pid"} {
		w := boot(t, "")
		p := w.fork(w.init)
		w.stop(p, syscall.Clone{Flags: uapi.CLONE_PIDFD | uapi.CLONE_NEWNET, ExitSignal: uapi.SIGCHLD, Clone3: true}, step)
		w.ok(w.init.Kill(p.PidIn(w.init), uapi.SIGKILL))
		syscall.Resume(w.m, p.ID)
		syscall.Sched(w.m)
		assert.Equal(t, "zombie", w.state(p), step)
		w.reap(w.init, p)
		syscall.Settle(w.m)
		assert.EqualValues(t, 4, w.m.Tasks.Count(), step)
		assert.Equal(t, 9, w.m.Len(), step)
		assert.Equal(t, "quiet", w.warnings())
	}
}

// The second of two tasks that populate a pid namespace at the same time: the first has
// its number and is not init yet.
func TestTwoFirstProcesses(t *testing.T) {
	for kernel, want := range map[string]string{"v7.0": "ok", "v7.1": "EINVAL", "v7.3.4": "EINVAL"} {
		w := boot(t, kernel)
		p := w.fork(w.init)
		w.unshare(p, uapi.CLONE_NEWPID)
		q := w.fork(w.init)
		w.ok(q.Setns(w.pidfdNS(q, p, uapi.PIDFD_GET_PID_FOR_CHILDREN_NAMESPACE), 0))
		w.stop(p, syscall.Clone{ExitSignal: uapi.SIGCHLD}, "attach_pid")
		_, err := q.Fork()
		assert.Equal(t, want, says(err), kernel)
		assert.Equal(t, "ok", w.finish(p), kernel)
		assert.True(t, w.m.Task(sim.TaskID(w.m.Task(p.ID).Out[0])).Has(sim.Unkillable))
	}
}

// pidfdNS opens a namespace by a pidfd ioctl.
func (w *world) pidfdNS(p, of syscall.T, cmd uapi.Ioctl) int {
	w.t.Helper()
	fd, err := p.Ioctl(w.pidfd(p, of), cmd, 0)
	w.ok(err)
	return int(fd)
}

// Numbers that were drawn for processes which then were not made are passed over.
func TestFailedForkPassesNumbersOver(t *testing.T) {
	everyKernel(t, func(t *testing.T, w *world) {
		q := w.clone(w.init, uapi.CLONE_NEWPID)
		p := w.fork(w.init)
		home := w.open(p, p, "pid")
		dead := w.open(p, q, "pid")
		w.end(w.init, q)
		before := w.fork(p).PidIn(w.init)
		w.ok(p.Setns(dead, 0))
		for range 2 {
			_, err := p.Fork()
			assert.Equal(t, uapi.ENOMEM, err)
		}
		w.ok(p.Setns(home, 0))
		assert.Equal(t, before+3, w.fork(p).PidIn(w.init))
	})
}

// SPDX-License-Identifier: GPL-2.0-only

package syscall_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/nssim/nssim/refcount"
	"github.com/nssim/nssim/sim"
	"github.com/nssim/nssim/syscall"
	"github.com/nssim/nssim/syscall/uapi"
	"github.com/stretchr/testify/require"
)

// world is a machine in a test, with calls that must succeed and ways to say in a few
// words what is seen.
type world struct {
	t    *testing.T
	m    *sim.Machine
	init syscall.T
}

func newWorld(t *testing.T, cfg sim.Config) *world {
	t.Helper()
	m, err := sim.New(cfg)
	require.NoError(t, err)
	return &world{t, m, syscall.Task(m, m.Init())}
}

func (w *world) ok(err error) {
	w.t.Helper()
	require.NoError(w.t, err)
}

func (w *world) fd(fd int, err error) int {
	w.t.Helper()
	require.NoError(w.t, err)
	return fd
}

func (w *world) fork(p syscall.T) syscall.T {
	w.t.Helper()
	c, err := p.Fork()
	require.NoError(w.t, err)
	return c
}

func (w *world) clone(p syscall.T, flags uint64) syscall.T {
	w.t.Helper()
	c, err := p.Clone(flags, uapi.SIGCHLD)
	require.NoError(w.t, err)
	return c
}

// clone3 is for flags that clone cannot take.
func (w *world) clone3(p syscall.T, flags uint64) syscall.T {
	w.t.Helper()
	c, _, err := p.Clone3(syscall.Clone{Flags: flags, ExitSignal: uapi.SIGCHLD})
	require.NoError(w.t, err)
	return c
}

func (w *world) thread(p syscall.T) syscall.T {
	w.t.Helper()
	c, err := p.Clone(uapi.CLONE_THREAD|uapi.CLONE_SIGHAND|uapi.CLONE_VM, 0)
	require.NoError(w.t, err)
	return c
}

func (w *world) unshare(p syscall.T, flags uint64) {
	w.t.Helper()
	require.NoError(w.t, p.Unshare(flags))
}

// mapRoot maps p's ids to root of its user namespace.
func (w *world) mapRoot(p syscall.T) {
	w.t.Helper()
	c := w.m.TaskCred(p.ID)
	w.ok(w.init.WriteFile(fmt.Sprintf("/proc/%d/uid_map", p.PidIn(w.init)), fmt.Sprintf("0 %d 1", c.UID.Eff)))
	w.ok(w.init.WriteFile(fmt.Sprintf("/proc/%d/gid_map", p.PidIn(w.init)), fmt.Sprintf("0 %d 1", c.GID.Eff)))
}

// setuid makes p an ordinary user. It is not dumpable any more.
func (w *world) setuid(p syscall.T) {
	w.t.Helper()
	w.ok(p.Setresgid(1000, 1000, 1000))
	w.ok(p.Setresuid(1000, 1000, 1000))
}

func (w *world) reap(p, child syscall.T) {
	w.t.Helper()
	_, err := p.WaitTask(child)
	require.NoError(w.t, err)
}

// end lets child exit and p reap it.
func (w *world) end(p, child syscall.T) {
	w.t.Helper()
	child.ExitGroup(0)
	w.reap(p, child)
}

// open opens a namespace of a task through /proc.
func (w *world) open(p, of syscall.T, name string) int {
	w.t.Helper()
	return w.fd(p.Open(nsPath(p, of, name), uapi.O_RDONLY))
}

func nsPath(p, of syscall.T, name string) string {
	return fmt.Sprintf("/proc/%d/ns/%s", of.PidIn(p), name)
}

func (w *world) pidfd(p, of syscall.T) int {
	w.t.Helper()
	return w.fd(p.PidfdOpen(of.PidIn(p), 0))
}

func (w *world) socket(p syscall.T) int {
	w.t.Helper()
	return w.fd(p.Socket(uapi.AF_INET, uapi.SOCK_DGRAM, 0))
}

func (w *world) send(from, to syscall.T, fd int) int {
	w.t.Helper()
	return w.fd(from.SendFD(to, fd))
}

// ns returns the namespace of a type that a task is in; "pid_for_children" and
// "time_for_children" are names too.
func (w *world) ns(p syscall.T, name string) sim.NS {
	proxy := w.m.Proxy(w.m.Task(p.ID).Proxy)
	switch name {
	case "user":
		return w.m.UserNS(p.ID)
	case "pid":
		return w.m.ActivePidNS(p.ID)
	case "pid_for_children":
		return proxy.NS[sim.SlotPid]
	case "time_for_children":
		return proxy.NS[sim.SlotTimeForChildren]
	}
	for s := sim.SlotMnt; s < sim.NumSlots; s++ {
		if s.String() == name {
			return proxy.NS[s]
		}
	}
	w.t.Fatalf("no namespace %q", name)
	return 0
}

func (w *world) id(ns sim.NS) uint64 { return w.m.Nodes[ns].ID }

// there reports whether a namespace still is on a tree.
func (w *world) there(ns sim.NS) bool {
	e := w.m.Entries[ns]
	return e.Flags&(refcount.Live|refcount.Freed) == refcount.Live && w.m.Nodes[ns].Is(sim.NodeOnTree) && e.Passive != 0
}

// counts says "p1 a1", or "-" for a namespace that is gone.
func (w *world) counts(ns sim.NS) string {
	if !w.there(ns) {
		return "-"
	}
	return fmt.Sprintf("p%d a%d", w.m.Passive(ns), w.m.Active(ns))
}

// active says "1", or "-".
func (w *world) active(all ...sim.NS) string {
	var out []string
	for _, ns := range all {
		if !w.there(ns) {
			out = append(out, "-")
			continue
		}
		out = append(out, fmt.Sprint(w.m.Active(ns)))
	}
	return strings.Join(out, " ")
}

// settled is counts once nothing is put off any more.
func (w *world) settled(ns sim.NS) string {
	syscall.Settle(w.m)
	return w.counts(ns)
}

// lists says whether a listing shows a namespace, or the errno.
func (w *world) lists(p syscall.T, req uapi.NSIDReq, ns sim.NS) string {
	ids, err := p.Listns(req, 64)
	switch {
	case err != nil:
		return says(err)
	case slices.Contains(ids, w.id(ns)):
		return "listed"
	}
	return "hidden"
}

// handle makes the handle of a namespace, without asking anybody.
func (w *world) handle(ns sim.NS) uapi.NSFSFileHandle {
	n := w.m.Nodes[ns]
	return uapi.NSFSFileHandle{NSID: n.ID, NSType: n.NSType(), NSInum: n.Inum}
}

// says is the name of an errno, or "ok".
func says(err error) string {
	if e, ok := err.(uapi.Errno); ok {
		return e.Name()
	}
	if err != nil {
		return err.Error()
	}
	return "ok"
}

// saysFD is says for a call that returns a descriptor.
func saysFD(_ int, err error) string { return says(err) }

func saysRet(_ int64, err error) string { return says(err) }

// do makes a call by its type.
func (w *world) do(p syscall.T, c syscall.Call) string {
	_, err := syscall.Do(w.m, p.ID, c)
	return says(err)
}

// stop starts a call and stops it before a step.
func (w *world) stop(p syscall.T, c syscall.Call, step string) {
	w.t.Helper()
	w.ok(syscall.Start(w.m, p.ID, c))
	require.True(w.t, syscall.RunUntil(w.m, p.ID, step), step)
}

// finish lets a stopped call go on to its end.
func (w *world) finish(p syscall.T) string {
	syscall.Resume(w.m, p.ID)
	syscall.Run(w.m, p.ID)
	syscall.Sched(w.m)
	_, err := syscall.Result(w.m, p.ID)
	return says(err)
}

// warnings says which assertions have fired.
func (w *world) warnings() string {
	var out []string
	for _, e := range w.m.Events {
		if e.Kind == refcount.Warned {
			out = append(out, e.What.String())
		}
	}
	if len(out) == 0 {
		return "quiet"
	}
	return strings.Join(slices.Compact(out), "; ")
}

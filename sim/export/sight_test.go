// SPDX-License-Identifier: GPL-2.0-only

package export

import (
	"slices"
	"strings"
	"testing"

	"github.com/nssim/nssim/refcount"
	"github.com/nssim/nssim/sim"
	"github.com/nssim/nssim/sim/program"
	"github.com/nssim/nssim/syscall"
	"github.com/nssim/nssim/syscall/uapi"
	"github.com/stretchr/testify/require"
)

// asker makes calls on a copy of a machine, which is thrown away after each.
type asker struct {
	from *sim.Machine
	m    sim.Machine
}

func (a *asker) task(t sim.TaskID) syscall.T {
	a.m.CopyFrom(a.from)
	return syscall.Task(&a.m, t)
}

// canAsk reports whether a task is in user mode, so that it can make a call.
func canAsk(k *sim.Task) bool { return k.State == sim.Running && k.Top == 0 && !k.Has(sim.KThread) }

// What Explain says about who sees a namespace is what listns() and
// open_by_handle_at() answer, for every task, every namespace and every kernel.
func TestSightsAgreeWithCalls(t *testing.T) {
	asked := 0
	for _, kernel := range []string{"v6.18", "rfc-v1", "v6.19", "v6.19.9", "v7.3.4"} {
		for _, s := range smallSelftests(t, 60) {
			r := runnerOf(t, s.Program, kernel)
			for r.Next() {
				if r.Line()%9 == 0 {
					asked += askAll(t, r)
				}
			}
			asked += askAll(t, r)
		}
	}
	require.Greater(t, asked, 5000)
}

func askAll(t *testing.T, r *program.Runner) (asked int) {
	a := &asker{from: r.Machine()}
	for ns := range a.from.Handles() {
		if n := &a.from.Nodes[ns]; n.ID <= uapi.NS_LAST_INIT_ID && n.NSType() != uapi.USER_NS {
			continue // like the initial user namespace
		}
		sights := Explain(a.from, r, ns).Sights
		i := 0
		a.from.EachTask(func(id sim.TaskID, k *sim.Task) bool {
			if !k.Alive() || k.Has(sim.KThread) {
				return true
			}
			s := sights[i]
			i++
			require.Equal(t, r.TaskName(id), s.Task)
			if canAsk(k) {
				asked++
				a.compare(t, id, ns, s, r)
			}
			return true
		})
	}
	return asked
}

func (a *asker) compare(t *testing.T, id sim.TaskID, ns sim.NS, s Sight, r *program.Runner) {
	n := a.from.Nodes[ns]
	where := func() string { return r.Program().Name + ": " + s.Task + " and " + r.NSName(ns) + ": " + s.String() }
	ids, err := a.task(id).Listns(uapi.NSIDReq{NSType: n.NSType()}, 1000)
	if err != nil {
		ids = nil
	}
	if slices.Contains(ids, n.ID) != s.Lists {
		t.Fatalf("%s\nlistns() = %v, %v", where(), ids, err)
	}
	h := uapi.NSFSFileHandle{NSID: n.ID, NSType: n.NSType(), NSInum: n.Inum}
	if _, err := a.task(id).OpenByHandle(h); (err == nil) != s.Opens {
		t.Fatalf("%s\nopen_by_handle_at() = %v", where(), err)
	}
}

// waysText leaves inactive namespaces of the three kinds that something can reopen.
const waysText = socketText + `
init: fork() = unprivileged
unprivileged: setresuid(1000, 1000, 1000)
init: fork() = p
p:    unshare(CLONE_NEWPID)
p:    fork() = q
q:    unshare(CLONE_NEWPID)
q:    fork() = s
init: open("/proc/{q}/ns/pid", O_RDONLY) = outer
init: ioctl(outer, NS_GET_ID, &pid)
init: open("/proc/{s}/ns/pid", O_RDONLY) = inner
init: kill(q, SIGKILL)
p:    wait4(q)
p:    exit_group(0)
init: wait4(p)
init: close(outer)
init: fork() = n
n:    unshare(CLONE_NEWNS)
init: open("/proc/{n}/ns/mnt", O_RDONLY) = before
init: fork() = o
o:    unshare(CLONE_NEWNS)
init: open("/proc/{o}/ns/mnt", O_RDONLY) = mfd
init: ioctl(mfd, NS_GET_ID, &mnt)
init: open("/proc/{o}/mounts", O_RDONLY) = mounts
init: close(mfd)
o:    exit_group(0)
init: wait4(o)
settle
`

// The ways back that Explain lists are all that there are: every ioctl that opens a
// related namespace is tried by every task on every descriptor.
func TestWaysAgreeWithCalls(t *testing.T) {
	r := ran(t, waysText, "")
	for name, want := range map[string]string{
		"net": "SIOCGSKNS", "pid": "NS_GET_PARENT", "mnt": "NS_MNT_GET_NEXT",
	} {
		w := Explain(r.Machine(), r, named(t, r, name))
		require.Equal(t, "inactive", w.State, name)
		require.Contains(t, w.String(), want)
	}
	tried := tryWays(t, r)
	for _, s := range smallSelftests(t, 60) {
		r := runnerOf(t, s.Program, "")
		for r.Next() {
			tried += tryWays(t, r)
		}
	}
	require.Greater(t, tried, 1000)
}

// reopeners are the ioctls that open another namespace than the descriptor's own.
var reopeners = map[string]uapi.Ioctl{
	"SIOCGSKNS": uapi.SIOCGSKNS, "NS_GET_PARENT": uapi.NS_GET_PARENT, "NS_GET_USERNS": uapi.NS_GET_USERNS,
	"NS_MNT_GET_NEXT": uapi.NS_MNT_GET_NEXT, "NS_MNT_GET_PREV": uapi.NS_MNT_GET_PREV,
}

func tryWays(t *testing.T, r *program.Runner) (tried int) {
	a := &asker{from: r.Machine()}
	for ns := range a.from.Handles() {
		w := Explain(a.from, r, ns)
		if w.State != "inactive" {
			require.Empty(t, w.Ways)
			continue
		}
		said := make(map[string]bool)
		for _, way := range w.Ways {
			said[way.Task+" "+itoa(way.FD)+" "+way.Cmd] = true
		}
		did := make(map[string]bool)
		a.from.EachTask(func(id sim.TaskID, k *sim.Task) bool {
			if !canAsk(k) {
				return true
			}
			a.from.EachFD(k.Files, func(fd int32, _ sim.FileID) {
				for name, cmd := range reopeners {
					tried++
					c := a.task(id)
					_, _ = syscall.Do(c.M, id, syscall.Ioctl{FD: fd, Cmd: cmd})
					if a.m.Entries[ns].Active > 0 {
						did[r.TaskName(id)+" "+itoa(fd)+" "+name] = true
					}
				}
			})
			return true
		})
		require.Equal(t, did, said, "%s: %s", r.Program().Name, r.NSName(ns))
	}
	return tried
}

// Every holder of the derivation has its words, and outside of calls none is put down
// to a call in flight.
func TestHoldersAreNamed(t *testing.T) {
	met := make(map[string]bool)
	look := func(r *program.Runner) {
		m := r.Machine()
		inFlight := false
		m.EachTask(func(_ sim.TaskID, k *sim.Task) bool {
			inFlight = inFlight || k.Top != 0
			return true
		})
		for ns := range m.Handles() {
			for _, h := range Explain(m, r, ns).Holders {
				met[h.Kind] = true
				require.NotEmpty(t, h.Text)
				require.Positive(t, h.Passive+h.Active)
				if !inFlight {
					require.NotContains(t, h.Text, "call in flight", r.Program().Name)
					require.NotContains(t, h.Text, "about to be freed", r.Program().Name)
				}
			}
		}
	}
	for _, s := range smallSelftests(t, 40) {
		for _, kernel := range []string{"v6.19", "v7.3.4"} {
			r := runnerOf(t, s.Program, kernel)
			for r.Next() {
				look(r)
			}
		}
	}
	r := runnerOf(t, parse(t, holdersText), "v7.3.4")
	for r.Next() {
		look(r)
	}
	require.Equal(t, program.Pass, r.Report().Outcome, r.Report())
	for k := range describers {
		require.True(t, met[k.String()], "no program shows a holder of kind %q", k)
	}
	require.Len(t, describers, int(sim.HeldByFrame))
}

// holdersText has the kinds of holders that no selftest has.
const holdersText = `
init: fork() = a
a:    unshare(CLONE_NEWUSER|CLONE_NEWNET|CLONE_NEWPID|CLONE_NEWIPC|CLONE_NEWNS)
a:    mount("none", "/tmp", "tmpfs", 0)
a:    fork() = b
init: pidfd_open(a) = pfd
init: open_tree(AT_FDCWD, "/", OPEN_TREE_CLONE) = tree
init: listns({ns_type=NET_NS}, 8) until put_user <unfinished ...>
a:    listns({ns_type=NET_NS}, 8)
init: <... listns resumed>
`

// Explain's counts are the holders' sum wherever counts are kept and nothing is in
// flight.
func TestHoldersAddUp(t *testing.T) {
	for _, s := range smallSelftests(t, 40) {
		r := runnerOf(t, s.Program, "")
		for r.Next() {
			m := r.Machine()
			for ns := range m.Handles() {
				w := Explain(m, r, ns)
				if w.Frozen || m.InFlight() || m.Entries[ns].Flags&refcount.Live == 0 {
					continue
				}
				var passive, active int32
				for _, h := range w.Holders {
					passive += h.Passive
					active += h.Active
				}
				require.Equal(t, [2]int32{w.Passive, w.Active}, [2]int32{passive, active}, "%s: %s", s.Path(), w)
			}
		}
	}
}

// No line of an explanation is wider than a terminal.
func TestExplanationsFit(t *testing.T) {
	for _, s := range smallSelftests(t, 60) {
		r := runnerOf(t, s.Program, "v6.19.9")
		r.Run()
		for ns := range r.Machine().Handles() {
			for l := range strings.Lines(Explain(r.Machine(), r, ns).String()) {
				require.LessOrEqual(t, len(l), Width+1, l)
			}
		}
	}
}

// SPDX-License-Identifier: GPL-2.0-only

package gen

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/nssim/nssim/nstree"
	"github.com/nssim/nssim/sim"
	"github.com/nssim/nssim/sim/program"
	"github.com/nssim/nssim/syscall/uapi"
)

// state is something worth being in, and in how many of a hundred programs it has to come
// up at least.
type state struct {
	name    string
	percent int
	in      func(m *sim.Machine) bool
}

var states = []state{
	{"three user namespaces besides the initial one", 15, func(m *sim.Machine) bool { return count(m, uapi.USER_NS, nil) >= 3 }},
	{"a user namespace three levels deep", 2, func(m *sim.Machine) bool {
		return count(m, uapi.USER_NS, func(ns sim.NS) bool { return m.UserNSOf(ns).Level >= 3 }) > 0
	}},
	{"a user namespace with maps", 40, func(m *sim.Machine) bool {
		return count(m, uapi.USER_NS, func(ns sim.NS) bool { return m.UserNSOf(ns).UIDMap != 0 }) > 0
	}},
	{"a user namespace without maps", 40, func(m *sim.Machine) bool {
		return count(m, uapi.USER_NS, func(ns sim.NS) bool { return m.UserNSOf(ns).UIDMap == 0 }) > 0
	}},
	{"a namespace that is pinned and inactive", 40, func(m *sim.Machine) bool { return count(m, 0, inactive(m)) > 0 }},
	{"a network namespace that is pinned and inactive", 6, func(m *sim.Machine) bool { return count(m, uapi.NET_NS, inactive(m)) > 0 }},
	{"a user namespace that is pinned and inactive", 10, func(m *sim.Machine) bool { return count(m, uapi.USER_NS, inactive(m)) > 0 }},
	{"an nsproxy that tasks share besides that of boot", 30, func(m *sim.Machine) bool {
		for i := int32(2); i < m.Proxies.Cap(); i++ {
			if m.Proxies.Live(i) && m.Proxies.At(i).Count > 1 {
				return true
			}
		}
		return false
	}},
	{"a zombie", 60, anyTask(func(_ *sim.Machine, k *sim.Task) bool { return k.State == sim.Zombie })},
	{"a sleeping task", 15, anyTask(func(_ *sim.Machine, k *sim.Task) bool { return k.State == sim.Blocked })},
	{"a thread", 15, anyTask(func(m *sim.Machine, k *sim.Task) bool { return k.Alive() && k.Parent != 0 && m.Task(k.Leader) != k })},
	{"a task without capabilities", 15, anyTask(func(m *sim.Machine, k *sim.Task) bool {
		return k.Alive() && k.Cred != 0 && m.Cred(k.Cred).Effective == 0 && !k.Has(sim.KThread)
	})},
	{"an ordinary user", 6, anyTask(func(m *sim.Machine, k *sim.Task) bool {
		return k.Alive() && k.Cred != 0 && m.Cred(k.Cred).UID.Eff >= 1000
	})},
	{"a nested pid namespace with two processes", 6, func(m *sim.Machine) bool {
		return count(m, uapi.PID_NS, func(ns sim.NS) bool { return m.PidNSOf(ns).Count >= 2 }) > 0
	}},
	{"a pid namespace that has lost its init", 5, func(m *sim.Machine) bool {
		return count(m, uapi.PID_NS, func(ns sim.NS) bool { return m.PidNSOf(ns).Closed }) > 0
	}},
	{"a namespace file that is mounted", 6, func(m *sim.Machine) bool {
		for i := int32(1); i < m.Mounts.Cap(); i++ {
			if m.Mounts.Live(i) && m.Mounts.At(i).Inode != 0 && m.Mounts.At(i).NS != 0 {
				return true
			}
		}
		return false
	}},
	{"a descriptor in flight", 10, func(m *sim.Machine) bool { return m.MsgFiles.Count() > 0 }},
	{"a watched namespace file", 10, func(m *sim.Machine) bool { return m.Marks.Count() > 0 }},
	{"a subreaper", 4, anyTask(func(_ *sim.Machine, k *sim.Task) bool { return k.Has(sim.SubReaper) })},
}

// count counts the namespaces that a program has made and that are on the trees: of a type,
// 0 for any, and of some kind.
func count(m *sim.Machine, typ uapi.NSType, is func(sim.NS) bool) (n int) {
	for ns := m.First(0); ns != 0; ns = m.Next(nstree.Unified, ns) {
		k := m.Node(ns)
		if uapi.IsInitInum(k.Inum) || typ != 0 && k.NSType() != typ {
			continue
		}
		if is == nil || is(ns) {
			n++
		}
	}
	return n
}

func inactive(m *sim.Machine) func(sim.NS) bool {
	return func(ns sim.NS) bool { return m.Entries[ns].Active == 0 && m.Entries[ns].Passive > 0 }
}

func anyTask(is func(*sim.Machine, *sim.Task) bool) func(*sim.Machine) bool {
	return func(m *sim.Machine) (found bool) {
		m.EachTask(func(_ sim.TaskID, k *sim.Task) bool {
			found = is(m, k)
			return !found
		})
		return found
	}
}

// Programs get into the states that matter often enough, also those that a real kernel is
// to run.
func TestStates(t *testing.T) {
	const programs = 400
	for _, kernel := range []bool{false, true} {
		seen := make([]int, len(states))
		for seed := range uint64(programs) {
			r, err := program.NewRunner(Generate(seed, Options{Kernel: kernel}), sim.Config{})
			require.NoError(t, err)
			in := make([]bool, len(states))
			for r.Next() {
				for i := range states {
					in[i] = in[i] || states[i].in(r.Machine())
				}
			}
			for i := range in {
				if in[i] {
					seen[i]++
				}
			}
		}
		for i, s := range states {
			t.Logf("%3d%% %s", 100*seen[i]/programs, s.name)
			assert.GreaterOrEqual(t, 100*seen[i], s.percent*programs, "kernel %v: %s", kernel, s.name)
		}
	}
}

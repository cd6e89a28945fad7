// SPDX-License-Identifier: GPL-2.0-only

package check_test

import (
	"testing"

	"github.com/nssim/nssim/refcount"
	"github.com/nssim/nssim/sim"
	"github.com/nssim/nssim/sim/check"
	"github.com/nssim/nssim/syscall"
	"github.com/nssim/nssim/syscall/uapi"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// broken is a way to break a property: a configuration, what is done, and what is found.
// Without the configuration, or without the damage, the same finds nothing.
type broken struct {
	property string
	cfg      sim.Config
	do       func(*require.Assertions, *sim.Machine) sim.NS // the namespace that it is about
	damage   func(*sim.Machine, sim.NS)
	found    string
	// sound is a configuration under which the property holds, where there is no damage
	// to leave out.
	sound *sim.Config
}

// uts makes a namespace that the first task is in.
func uts(r *require.Assertions, m *sim.Machine) sim.NS {
	init := syscall.Task(m, m.Init())
	r.NoError(init.Unshare(uapi.CLONE_NEWUTS))
	return m.Proxy(m.Task(m.Init()).Proxy).NS[sim.SlotUts]
}

// owned makes a user namespace that owns another, with a child in both.
func owned(r *require.Assertions, m *sim.Machine) sim.NS {
	child, err := syscall.Task(m, m.Init()).Fork()
	r.NoError(err)
	r.NoError(child.Unshare(uapi.CLONE_NEWUSER | uapi.CLONE_NEWUTS))
	return m.Proxy(m.Task(child.ID).Proxy).NS[sim.SlotUts]
}

// pinned leaves a network namespace that a socket holds, and enters another.
func pinned(r *require.Assertions, m *sim.Machine) sim.NS {
	init := syscall.Task(m, m.Init())
	r.NoError(init.Unshare(uapi.CLONE_NEWNET))
	net := m.Proxy(m.Task(m.Init()).Proxy).NS[sim.SlotNet]
	_, err := init.Socket(uapi.AF_INET, uapi.SOCK_DGRAM, 0)
	r.NoError(err)
	r.NoError(init.Unshare(uapi.CLONE_NEWNET))
	syscall.Settle(m)
	return net
}

// unprivileged gives up privilege beside a namespace that it may not see.
func unprivileged(r *require.Assertions, m *sim.Machine) sim.NS {
	ns := owned(r, m)
	r.NoError(syscall.Task(m, m.Init()).Setuid(1000))
	return ns
}

var ways = []broken{
	{property: "holders", do: uts, found: "passive count 2, but 1 holders",
		damage: func(m *sim.Machine, ns sim.NS) { m.Entries[ns].Passive++ }},
	{property: "holders", do: uts, found: "active count 0, but 1 holders",
		damage: func(m *sim.Machine, ns sim.NS) { m.Entries[ns].Active-- }},
	{property: "active-needs-passive", do: uts, found: "active 1, passive 0",
		damage: func(m *sim.Machine, ns sim.NS) { m.Entries[ns].Passive = 0 }},
	{property: "owner-active", do: owned, found: "is active, its owner user namespace 11",
		damage: func(m *sim.Machine, ns sim.NS) { m.Entries[m.Entries[ns].Owner].Active = 0 }},
	{property: "owner-active", do: owned, found: "can be seen, its owner user namespace 11",
		cfg:    sim.Config{Semantics: "dying"},
		damage: func(m *sim.Machine, ns sim.NS) { m.Node(m.Entries[ns].Owner).Flags |= sim.NodeDying }},
	{property: "trees", do: uts, found: "is out of order",
		damage: func(m *sim.Machine, ns sim.NS) { m.Node(ns).ID = 1 }},
	{property: "trees", do: uts, found: "9 namespaces on the trees, 10 on the unified list",
		damage: func(m *sim.Machine, ns sim.NS) { m.Node(ns).Flags &^= sim.NodeOnTree }},
	{property: "trees", do: uts, found: "is on the list of user namespace 3 (4026531837), which does not own it",
		damage: func(m *sim.Machine, ns sim.NS) { m.Entries[ns].Owner = m.Initial(uapi.UTS_NS) }},
	{property: "initial", do: uts, found: "initial net namespace has counts 2/1",
		damage: func(m *sim.Machine, _ sim.NS) { m.Entries[m.Initial(uapi.NET_NS)].Passive++ }},
	{property: "initial", do: uts, found: "initial net namespace has id 9",
		damage: func(m *sim.Machine, _ sim.NS) { m.Node(m.Initial(uapi.NET_NS)).ID = 9 }},
	{property: "no-warning", do: uts, found: "use of a freed namespace",
		damage: func(m *sim.Machine, ns sim.NS) { m.Warn(refcount.FreedUsed, ns) }},
	{property: "no-leak", do: uts, found: "is left with counts 2/1",
		damage: func(m *sim.Machine, ns sim.NS) {
			m.Entries[ns].Passive++
			syscall.Task(m, m.Init()).ExitGroup(0)
			syscall.Settle(m)
			m.Entries[ns].Passive, m.Entries[ns].Active = 2, 1
		}},
	{property: "list-sound", do: uts, found: "instead of [1 2 3 4 5 6 7 8 10 11]",
		damage: func(m *sim.Machine, ns sim.NS) { m.Entries[ns].Active = 0 }},
	{property: "list-sound", do: owned, found: "owner 11: [] EINVAL instead of [12]",
		damage: func(m *sim.Machine, ns sim.NS) { m.Entries[m.Entries[ns].Owner].Active = 0 }},
	{property: "list-complete", do: pinned, found: "NET_NS: pages of 1 give [7] instead of [7 12]",
		sound: &sim.Config{Kernel: "v7.3.4"}},
	{property: "list-end", do: uts, found: "the next page of 1 is ENOENT",
		sound: &sim.Config{Semantics: "none"}},
	{property: "handle-agrees", do: uts, found: "task 3 lists it: true, opens it: false",
		cfg: sim.Config{Policy: sim.Policy{Name: "own-only",
			MayOpen: func(m *sim.Machine, t sim.TaskID, ns sim.NS) bool { return m.Current(t, ns) }}},
		sound: &sim.Config{}},
	{property: "handle-agrees", do: pinned, found: "task 3 lists it with the flag, but cannot open it",
		cfg: sim.Config{Semantics: "list-all"}, sound: &sim.Config{}},
	{property: "reach", do: pinned, found: "opens by handle, though no task, file, mount or child leads to it",
		cfg: sim.Config{Semantics: "passive"}, sound: &sim.Config{}},
	{property: "resurrect", do: pinned, found: "cannot be reopened through descriptor 3 of task 3",
		cfg: sim.Config{Semantics: "active-v1"}, sound: &sim.Config{}},
	{property: "quiet", do: unprivileged, found: "as owner filter it gives success and an id that never was EINVAL",
		sound: &sim.Config{Kernel: "v6.18"}},
	{property: "quiet", do: unprivileged, found: "the page before it ends in success and the list in ENOENT",
		sound: &sim.Config{Semantics: "none"}},
}

// Each property is found broken where it is, and only there.
func TestEachProperty(t *testing.T) {
	tested := map[string]bool{}
	for _, w := range ways {
		tested[w.property] = true
		p, ok := check.ByName(w.property)
		require.True(t, ok)
		t.Run(w.property+": "+w.found, func(t *testing.T) {
			var c check.Checker
			m := sim.MustNew(w.cfg)
			ns := w.do(require.New(t), m)
			if w.damage != nil {
				assert.Empty(t, texts(without(&c, p, m)))
				w.damage(m, ns)
			}
			assert.Contains(t, texts(p.Find(&c, m)), w.found)
			if w.sound != nil {
				m := sim.MustNew(*w.sound)
				w.do(require.New(t), m)
				assert.Empty(t, texts(p.Find(&c, m)))
			}
		})
	}
	for _, p := range check.Properties() {
		assert.True(t, tested[p.Name], "%s", p.Name)
		assert.NotEmpty(t, p.Says)
	}
}

// without is what is found before any damage is done; no-leak is not due as long as a
// task lives.
func without(c *check.Checker, p check.Property, m *sim.Machine) []check.Finding {
	if p.When == check.AtEnd {
		return nil
	}
	return p.Find(c, m)
}

func texts(found []check.Finding) (text string) {
	for _, f := range found {
		text += f.Text + "\n"
	}
	return text
}

// A property that is about listns() says nothing without it.
func TestApplies(t *testing.T) {
	var c check.Checker
	m := sim.MustNew(sim.Config{Kernel: "v6.18"})
	for _, p := range check.Properties() {
		assert.Equal(t, !p.Listns, p.Applies(m.Cfg), p.Name)
	}
	for _, f := range c.Check(m, check.Probing) {
		p, _ := check.ByName(f.Property)
		assert.False(t, p.Listns, f)
	}
}

// A machine is over when nothing of a program is left.
func TestOver(t *testing.T) {
	m := sim.MustNew(sim.Config{})
	assert.False(t, check.Over(m))
	syscall.Task(m, m.Init()).ExitGroup(0)
	syscall.Settle(m)
	assert.True(t, check.Over(m))
	var c check.Checker
	assert.Empty(t, c.Check(m, check.AtEnd))
}

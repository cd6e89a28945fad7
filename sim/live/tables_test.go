// SPDX-License-Identifier: GPL-2.0-only

package live

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/nssim/nssim/sim"
	"github.com/nssim/nssim/syscall"
	"github.com/nssim/nssim/syscall/uapi"
)

// guestOf is what a kernel would show that is just like a machine, with ids from another
// offset on, other inode numbers, and more references on the initial namespaces.
func guestOf(m *sim.Machine, offset uint64) []Namespace {
	all := modelTable(m)
	for i := range all {
		if all[i].ID >= 11 {
			all[i].ID += offset
		} else {
			all[i].Passive += 3
		}
		if all[i].Owner >= 11 {
			all[i].Owner += offset
		}
		all[i].Inum += 1000
	}
	return all
}

// started returns a machine and how it is compared with a guest that is 30 ids further.
func started(t *testing.T) (*sim.Machine, *tables) {
	t.Helper()
	m := sim.MustNew(sim.Config{})
	next, err := nextModelID(m)
	require.NoError(t, err)
	require.Equal(t, uint64(11), next)
	tab, err := newTables(newMapping(next, next+30), modelTable(m), guestOf(m, 30))
	require.NoError(t, err)
	return m, tab
}

func TestTables(t *testing.T) {
	m, tab := started(t)
	require.NoError(t, syscall.Task(m, m.Init()).Unshare(uapi.CLONE_NEWUSER|uapi.CLONE_NEWNET))
	model, guest := modelTable(m), guestOf(m, 30)
	tab.relate(model, guest)
	assert.Empty(t, tab.compare(model, guest, activeOnly))
	assert.Empty(t, tab.compare(model, guest, settled))

	last := len(guest) - 1
	for name, c := range map[string]struct {
		change func(*Namespace)
		active string // what activeOnly says
		all    string // what settled says
	}{
		"active":  {func(ns *Namespace) { ns.Active++ }, "active(net 42): model 1, guest 2", "active(net 42): model 1, guest 2"},
		"passive": {func(ns *Namespace) { ns.Passive++ }, "", "passive(net 42): model 1, guest 2"},
		"owner":   {func(ns *Namespace) { ns.Owner = 3 }, "owner(net 42): model 11, guest 3", "owner(net 42): model 11, guest 3"},
		"type":    {func(ns *Namespace) { ns.Type = uapi.UTS_NS }, "type(uts 42): model net, guest uts", "type(uts 42): model net, guest uts"},
		"id":      {func(ns *Namespace) { ns.ID = 43 }, "active(net 42): model 1, guest 0", "net 42: only on the model"},
		"strange": {func(ns *Namespace) { ns.ID = 15 }, "namespace 15 net on the guest, where the model can have none", "namespace 15 net on the guest, where the model can have none"},
	} {
		t.Run(name, func(t *testing.T) {
			changed := append([]Namespace(nil), guest...)
			c.change(&changed[last])
			for how, want := range map[strictness]string{activeOnly: c.active, settled: c.all} {
				got := tab.compare(model, changed, how)
				if want == "" {
					assert.Empty(t, got)
				} else {
					assert.Contains(t, got, want)
				}
			}
		})
	}
}

// TestGoneIsInactive: between settles, a namespace that only one side still has on its list
// may be dying there, but not active.
func TestGoneIsInactive(t *testing.T) {
	m, tab := started(t)
	require.NoError(t, syscall.Task(m, m.Init()).Unshare(uapi.CLONE_NEWUTS))
	guest := guestOf(m, 30)
	assert.NotEmpty(t, tab.compare(modelTable(m), guest[:len(guest)-1], activeOnly))
	guest[len(guest)-1].Active = 0
	assert.Empty(t, tab.compare(nil, guest[len(guest)-1:], activeOnly))
	assert.NotEmpty(t, tab.compare(nil, guest[len(guest)-1:], settled))
}

// TestInitialCountsAreDifferences: what the kernel's own tasks hold does not matter, what
// the program adds does.
func TestInitialCountsAreDifferences(t *testing.T) {
	m, tab := started(t)
	guest := guestOf(m, 30)
	assert.Empty(t, tab.compare(modelTable(m), guest, settled))
	guest[0].Active++
	assert.Len(t, tab.compare(modelTable(m), guest, settled), 1)
}

func TestBaseline(t *testing.T) {
	m := sim.MustNew(sim.Config{})
	guest := guestOf(m, 30)
	_, err := newTables(newMapping(11, 41), modelTable(m), guest[1:])
	assert.ErrorIs(t, err, ErrBaseline)
	guest[0].Type = uapi.NET_NS
	_, err = newTables(newMapping(11, 41), modelTable(m), guest)
	assert.ErrorIs(t, err, ErrBaseline)
}

// TestInumsAreRelatedAfresh: an inode number may be given out again on one side while the
// other still has it.
func TestInumsAreRelatedAfresh(t *testing.T) {
	m, tab := started(t)
	require.NoError(t, syscall.Task(m, m.Init()).Unshare(uapi.CLONE_NEWUTS))
	model, guest := modelTable(m), guestOf(m, 30)
	last := len(guest) - 1
	tab.relate(model, guest)
	guest[last].ID, model[last].ID = guest[last].ID+1, model[last].ID+1
	model[last].Inum++
	assert.NotEmpty(t, tab.compare(model, guest, settled), "the guest's number still means the old one")
	tab.relate(model, guest)
	assert.Empty(t, tab.compare(model, guest, settled))
}

func TestTableText(t *testing.T) {
	m, tab := started(t)
	require.NoError(t, syscall.Task(m, m.Init()).Unshare(uapi.CLONE_NEWUTS))
	model, guest := modelTable(m), guestOf(m, 30)
	tab.relate(model, guest)
	guest[len(guest)-1].Active = 2
	text := tab.text(model, guest)
	assert.Contains(t, text, "* uts 41                             1/1             2/1\n")
	assert.Contains(t, text, "  mnt 10                             1/1             1/4\n")
}

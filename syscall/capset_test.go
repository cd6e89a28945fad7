// SPDX-License-Identifier: GPL-2.0-only

package syscall

import (
	"testing"

	"github.com/nssim/nssim/sim"
	"github.com/nssim/nssim/syscall/uapi"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func caps(c ...int) sim.CapSet { return sim.CapSet(uapi.CapMask(c...)) }

// Every rule of capset, from permitted a and b, effective a, inheritable i, and a
// bounding set without out.
func TestCapset(t *testing.T) {
	const a, b, i, out, pcap = uapi.CAP_CHOWN, uapi.CAP_KILL, uapi.CAP_SYS_ADMIN, uapi.CAP_MKNOD, uapi.CAP_SETPCAP
	old := Capset{Effective: caps(a), Permitted: caps(a, b), Inheritable: caps(i)}
	with := func(c ...int) Capset {
		return Capset{old.Effective | caps(c...), old.Permitted | caps(c...), old.Inheritable}
	}
	for _, c := range []struct {
		name string
		from Capset
		to   Capset
		ok   bool
	}{
		{"the same", old, old, true},
		{"nothing", old, Capset{}, true},
		{"effective up to permitted", old, Capset{caps(a, b), caps(a, b), caps(i)}, true},
		{"effective beyond new permitted", old, Capset{caps(a, b), caps(a), 0}, false},
		{"permitted grows", old, Capset{caps(a), caps(a, b, i), 0}, false},
		{"inheritable from permitted", old, Capset{caps(a), caps(a, b), caps(a, b, i)}, true},
		{"inheritable from the bounding set", old, Capset{caps(a), caps(a, b), caps(pcap)}, false},
		{"the same with CAP_SETPCAP", with(pcap), Capset{with(pcap).Effective, with(pcap).Permitted, caps(uapi.CAP_BPF)}, true},
		{"beyond the bounding set", with(pcap), Capset{with(pcap).Effective, with(pcap).Permitted, caps(out)}, false},
		{"permitted but not in the bounding set", with(out), Capset{0, 0, caps(out)}, false},
		{"no such capability", old, Capset{caps(a) | 1<<62, caps(a) | 1<<62, 1 << 62}, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			task := forkOf(t, bootInit(t))
			k := task.M.TaskCred(task.ID)
			k.Effective, k.Permitted, k.Inheritable = c.from.Effective, c.from.Permitted, c.from.Inheritable
			k.Bounding &^= caps(out)
			k.Ambient = c.from.Permitted & c.from.Inheritable
			Settle(task.M)
			creds := task.M.Creds.Count()
			err := task.Capset(c.to)
			now, getErr := task.Capget()
			require.NoError(t, getErr)
			if !c.ok {
				assert.Equal(t, uapi.EPERM, err)
				assert.Equal(t, c.from, now)
			} else {
				require.NoError(t, err)
				const all = sim.FullCaps
				assert.Equal(t, Capset{c.to.Effective & all, c.to.Permitted & all, c.to.Inheritable & all}, now)
			}
			Settle(task.M)
			assert.Equal(t, creds, task.M.Creds.Count())
		})
	}
}

// What leaves permitted or inheritable leaves ambient.
func TestCapsetTrimsAmbient(t *testing.T) {
	task := bootInit(t)
	k := task.M.TaskCred(task.ID)
	k.Inheritable, k.Ambient = 7, 7
	require.NoError(t, task.Capset(Capset{0, sim.FullCaps &^ 1, 3}))
	assert.Equal(t, sim.CapSet(2), task.M.TaskCred(task.ID).Ambient)
}

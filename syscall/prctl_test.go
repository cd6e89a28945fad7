// SPDX-License-Identifier: GPL-2.0-only

package syscall

import (
	"testing"

	"github.com/nssim/nssim/sim"
	"github.com/nssim/nssim/syscall/uapi"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestPrctl(t *testing.T) {
	const noroot, noambient = uapi.SECBIT_NOROOT, uapi.SECBIT_NO_CAP_AMBIENT_RAISE
	const exec = uapi.SECBIT_EXEC_RESTRICT_FILE
	drop := func(c ...int) func(*sim.Cred) {
		return func(k *sim.Cred) { k.Effective &^= caps(c...) }
	}
	secure := func(b uint16) func(*sim.Cred) { return func(k *sim.Cred) { k.SecureBits = b } }
	both := func(f ...func(*sim.Cred)) func(*sim.Cred) {
		return func(k *sim.Cred) {
			for _, g := range f {
				g(k)
			}
		}
	}
	for _, c := range []struct {
		name   string
		setup  func(*sim.Cred)
		option int
		args   []uint64
		ret    int
		err    uapi.Errno
		fresh  bool // there is a new credential
	}{
		{"unknown", nil, 9999, nil, 0, uapi.EINVAL, false},
		{"negative", nil, -1, nil, 0, uapi.EINVAL, false},

		{"dumpable at first", nil, uapi.PR_GET_DUMPABLE, nil, 1, 0, false},
		{"dumpable off", nil, uapi.PR_SET_DUMPABLE, []uint64{0}, 0, 0, false},
		{"dumpable root", nil, uapi.PR_SET_DUMPABLE, []uint64{uapi.SUID_DUMP_ROOT}, 0, uapi.EINVAL, false},

		{"keepcaps", nil, uapi.PR_SET_KEEPCAPS, []uint64{1}, 0, 0, true},
		{"keepcaps off", secure(uapi.SECBIT_KEEP_CAPS), uapi.PR_SET_KEEPCAPS, []uint64{0}, 0, 0, true},
		{"keepcaps 2", nil, uapi.PR_SET_KEEPCAPS, []uint64{2}, 0, uapi.EINVAL, false},
		{"keepcaps locked", secure(uapi.SECBIT_KEEP_CAPS_LOCKED), uapi.PR_SET_KEEPCAPS, []uint64{1}, 0, uapi.EPERM, false},
		{"keepcaps locked 2", secure(uapi.SECBIT_KEEP_CAPS_LOCKED), uapi.PR_SET_KEEPCAPS, []uint64{2}, 0, uapi.EINVAL, false},
		{"get keepcaps", secure(uapi.SECBIT_KEEP_CAPS), uapi.PR_GET_KEEPCAPS, nil, 1, 0, false},

		{"bounding read", nil, uapi.PR_CAPBSET_READ, []uint64{40}, 1, 0, false},
		{"bounding read beyond", nil, uapi.PR_CAPBSET_READ, []uint64{41}, 0, uapi.EINVAL, false},
		{"bounding drop", nil, uapi.PR_CAPBSET_DROP, []uint64{40}, 0, 0, true},
		{"bounding drop beyond", nil, uapi.PR_CAPBSET_DROP, []uint64{41}, 0, uapi.EINVAL, false},
		{"bounding drop without cap", drop(uapi.CAP_SETPCAP), uapi.PR_CAPBSET_DROP, []uint64{41}, 0, uapi.EPERM, false},

		{"securebits", nil, uapi.PR_SET_SECUREBITS, []uint64{noroot}, 0, 0, true},
		{"securebits read", secure(noroot), uapi.PR_GET_SECUREBITS, nil, noroot, 0, false},
		{"securebits unknown", nil, uapi.PR_SET_SECUREBITS, []uint64{1 << 12}, 0, uapi.EPERM, false},
		{"securebits locked", secure(noroot << 1), uapi.PR_SET_SECUREBITS, []uint64{noroot << 1 & noroot}, 0, uapi.EPERM, false},
		{"securebits locked bit", secure(noroot << 1), uapi.PR_SET_SECUREBITS, []uint64{noroot<<1 | noroot}, 0, uapi.EPERM, false},
		{"securebits other bit", secure(noroot << 1), uapi.PR_SET_SECUREBITS, []uint64{noroot<<1 | noambient}, 0, 0, true},
		{"securebits without cap", drop(uapi.CAP_SETPCAP), uapi.PR_SET_SECUREBITS, []uint64{noroot}, 0, uapi.EPERM, false},
		{"securebits same without cap", drop(uapi.CAP_SETPCAP), uapi.PR_SET_SECUREBITS, []uint64{0}, 0, uapi.EPERM, false},
		{"securebits same with cap", nil, uapi.PR_SET_SECUREBITS, []uint64{0}, 0, 0, true},
		{"exec bits without cap", drop(uapi.CAP_SETPCAP), uapi.PR_SET_SECUREBITS, []uint64{exec | exec<<1}, 0, 0, true},
		{"exec bits and more", drop(uapi.CAP_SETPCAP), uapi.PR_SET_SECUREBITS, []uint64{exec | noroot}, 0, uapi.EPERM, false},
		{"exec bits locked", both(drop(uapi.CAP_SETPCAP), secure(exec<<1)), uapi.PR_SET_SECUREBITS, []uint64{exec<<1 | exec}, 0, uapi.EPERM, false},

		{"subreaper", nil, uapi.PR_SET_CHILD_SUBREAPER, []uint64{2}, 0, 0, false},
		{"get subreaper NULL", nil, uapi.PR_GET_CHILD_SUBREAPER, nil, 0, uapi.EFAULT, false},
		{"get subreaper", nil, uapi.PR_GET_CHILD_SUBREAPER, []uint64{1}, 0, 0, false},

		{"no_new_privs", nil, uapi.PR_SET_NO_NEW_PRIVS, []uint64{1}, 0, 0, false},
		{"no_new_privs 0", nil, uapi.PR_SET_NO_NEW_PRIVS, []uint64{0}, 0, uapi.EINVAL, false},
		{"no_new_privs more", nil, uapi.PR_SET_NO_NEW_PRIVS, []uint64{1, 0, 0, 1}, 0, uapi.EINVAL, false},
		{"get no_new_privs", nil, uapi.PR_GET_NO_NEW_PRIVS, nil, 0, 0, false},
		{"get no_new_privs more", nil, uapi.PR_GET_NO_NEW_PRIVS, []uint64{1}, 0, uapi.EINVAL, false},

		{"pdeathsig", nil, uapi.PR_SET_PDEATHSIG, []uint64{64}, 0, 0, false},
		{"pdeathsig beyond", nil, uapi.PR_SET_PDEATHSIG, []uint64{65}, 0, uapi.EINVAL, false},
		{"get pdeathsig NULL", nil, uapi.PR_GET_PDEATHSIG, nil, 0, uapi.EFAULT, false},

		{"ambient set?", nil, uapi.PR_CAP_AMBIENT, []uint64{uapi.PR_CAP_AMBIENT_IS_SET, 0}, 0, 0, false},
		{"ambient set? beyond", nil, uapi.PR_CAP_AMBIENT, []uint64{uapi.PR_CAP_AMBIENT_IS_SET, 41}, 0, uapi.EINVAL, false},
		{"ambient raise, not inheritable", nil, uapi.PR_CAP_AMBIENT, []uint64{uapi.PR_CAP_AMBIENT_RAISE, 0}, 0, uapi.EPERM, false},
		{"ambient raise", func(k *sim.Cred) { k.Inheritable = 1 }, uapi.PR_CAP_AMBIENT, []uint64{uapi.PR_CAP_AMBIENT_RAISE, 0}, 0, 0, true},
		{"ambient raise, not permitted", func(k *sim.Cred) { k.Inheritable, k.Permitted = 1, 0 },
			uapi.PR_CAP_AMBIENT, []uint64{uapi.PR_CAP_AMBIENT_RAISE, 0}, 0, uapi.EPERM, false},
		{"ambient raise forbidden", func(k *sim.Cred) { k.Inheritable, k.SecureBits = 1, noambient },
			uapi.PR_CAP_AMBIENT, []uint64{uapi.PR_CAP_AMBIENT_RAISE, 0}, 0, uapi.EPERM, false},
		{"ambient lower", nil, uapi.PR_CAP_AMBIENT, []uint64{uapi.PR_CAP_AMBIENT_LOWER, 0}, 0, 0, true},
		{"ambient clear", nil, uapi.PR_CAP_AMBIENT, []uint64{uapi.PR_CAP_AMBIENT_CLEAR_ALL}, 0, 0, true},
		{"ambient clear one", nil, uapi.PR_CAP_AMBIENT, []uint64{uapi.PR_CAP_AMBIENT_CLEAR_ALL, 1}, 0, uapi.EINVAL, false},
		{"ambient unknown", nil, uapi.PR_CAP_AMBIENT, []uint64{5, 0}, 0, uapi.EINVAL, false},
		{"ambient more", nil, uapi.PR_CAP_AMBIENT, []uint64{uapi.PR_CAP_AMBIENT_LOWER, 0, 1}, 0, uapi.EINVAL, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			task := forkOf(t, bootInit(t))
			m := task.M
			if c.setup != nil {
				c.setup(m.TaskCred(task.ID))
			}
			before, cred, creds := counts(m), m.Task(task.ID).Cred, m.Creds.Count()
			ret, err := task.Prctl(c.option, c.args...)
			if c.err != 0 {
				assert.Equal(t, c.err, err)
			} else if assert.NoError(t, err) {
				assert.Equal(t, c.ret, ret)
			}
			assert.Equal(t, c.fresh, cred != m.Task(task.ID).Cred)
			Settle(m)
			assert.Equal(t, before, counts(m))
			assert.Equal(t, creds, m.Creds.Count())
		})
	}
}

// What is set can be read, by all threads where it belongs to the process.
func TestPrctlRoundTrips(t *testing.T) {
	task := forkOf(t, bootInit(t))
	m := task.M
	thread, err := task.Clone(uapi.CLONE_THREAD|uapi.CLONE_SIGHAND|uapi.CLONE_VM, 0)
	require.NoError(t, err)
	set := func(option int, args ...uint64) {
		t.Helper()
		_, err := thread.Prctl(option, args...)
		require.NoError(t, err)
	}
	get := func(k T, option int, args ...uint64) int {
		t.Helper()
		v, err := k.Prctl(option, args...)
		require.NoError(t, err)
		if len(args) == 1 && option != uapi.PR_CAPBSET_READ {
			return int(m.Task(k.ID).Out[0])
		}
		return v
	}
	set(uapi.PR_SET_CHILD_SUBREAPER, 1)
	assert.Equal(t, 1, get(task, uapi.PR_GET_CHILD_SUBREAPER, 1))
	assert.Equal(t, 1, get(thread, uapi.PR_GET_CHILD_SUBREAPER, 1))
	set(uapi.PR_SET_CHILD_SUBREAPER, 0)
	assert.Zero(t, get(task, uapi.PR_GET_CHILD_SUBREAPER, 1))

	set(uapi.PR_SET_DUMPABLE, 0)
	assert.Zero(t, get(task, uapi.PR_GET_DUMPABLE))

	set(uapi.PR_SET_PDEATHSIG, uapi.SIGUSR1)
	assert.Equal(t, uapi.SIGUSR1, get(thread, uapi.PR_GET_PDEATHSIG, 1))
	assert.Zero(t, get(task, uapi.PR_GET_PDEATHSIG, 1))

	set(uapi.PR_SET_NO_NEW_PRIVS, 1)
	assert.Equal(t, 1, get(thread, uapi.PR_GET_NO_NEW_PRIVS))
	assert.Zero(t, get(task, uapi.PR_GET_NO_NEW_PRIVS))

	set(uapi.PR_CAPBSET_DROP, uapi.CAP_BPF)
	assert.Zero(t, get(thread, uapi.PR_CAPBSET_READ, uapi.CAP_BPF))
	assert.Equal(t, 1, get(task, uapi.PR_CAPBSET_READ, uapi.CAP_BPF))
	set(uapi.PR_SET_SECUREBITS, 0xaaa)
	assert.Equal(t, 0xaaa, get(thread, uapi.PR_GET_SECUREBITS))
}

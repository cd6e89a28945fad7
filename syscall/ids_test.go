// SPDX-License-Identifier: GPL-2.0-only

package syscall

import (
	"testing"

	"github.com/nssim/nssim/sim"
	"github.com/nssim/nssim/syscall/uapi"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// Pids are what the caller's own pid namespace calls them; a parent outside is 0.
func TestGetpidInNamespaces(t *testing.T) {
	init := bootInit(t)
	inner, err := init.Clone(uapi.CLONE_NEWPID, uapi.SIGCHLD)
	require.NoError(t, err)
	child := forkOf(t, inner)
	thread, err := child.Clone(uapi.CLONE_THREAD|uapi.CLONE_SIGHAND|uapi.CLONE_VM, 0)
	require.NoError(t, err)
	for _, c := range []struct {
		name           string
		task           T
		pid, tid, ppid int
	}{
		{"init", init, 2, 2, 1},
		{"first of a namespace", inner, 1, 1, 0},
		{"its child", child, 2, 2, 1},
		{"a thread of that", thread, 2, 3, 1},
		{"pid 1", Task(init.M, sim.Pid1), 1, 1, 0},
	} {
		pid, err := c.task.Getpid()
		require.NoError(t, err)
		tid, err := c.task.Gettid()
		require.NoError(t, err)
		ppid, err := c.task.Getppid()
		require.NoError(t, err)
		assert.Equal(t, []int{c.pid, c.tid, c.ppid}, []int{pid, tid, ppid}, c.name)
	}
}

func TestGetuidIsMunged(t *testing.T) {
	init := bootInit(t)
	task := forkOf(t, init)
	require.NoError(t, task.Unshare(uapi.CLONE_NEWUSER))
	for _, want := range []uint32{sim.OverflowID, 7} {
		uid, err := task.Getuid()
		require.NoError(t, err)
		assert.Equal(t, want, uid)
		if want != 7 {
			require.NoError(t, writeMap(init, task.M.UserNS(task.ID), procUIDMap, "7 0 1"))
		}
	}
}

// SPDX-License-Identifier: GPL-2.0-only

package gen

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/nssim/nssim/sim"
	"github.com/nssim/nssim/sim/program"
)

// neverFail is the calls that have no errno, neverSucceed those that do not return.
var (
	neverFail = map[string]bool{
		"getpid": true, "gettid": true, "getppid": true, "getuid": true, "geteuid": true, "getgid": true, "getegid": true,
		"setfsuid": true, "setfsgid": true, "capget": true, "exit": true, "exit_group": true, "pause": true,
		// These fail only for want of descriptors or memory.
		"inotify_init": true, "pipe": true,
	}
	neverSucceed = map[string]bool{"exit": true, "exit_group": true, "pause": true}
)

// errnosOf is errnos that matter to namespaces and have to come up.
var errnosOf = map[string][]string{
	"listns":            {"EINVAL", "EFAULT", "ENOENT", "EOPNOTSUPP", "EOVERFLOW", "E2BIG"},
	"open_by_handle_at": {"ESTALE", "EINVAL", "EPERM", "EBADF", "EFAULT", "ENOTDIR", "EEXIST"},
	"name_to_handle_at": {"EOPNOTSUPP", "EOVERFLOW", "EINVAL", "ENOENT", "EBADF", "EACCES"},
	"setns":             {"EPERM", "EINVAL", "EBADF", "ESRCH", "EUSERS"},
	"unshare":           {"EPERM", "EINVAL"},
	"clone":             {"EPERM", "EINVAL", "ENOMEM"},
	"clone3":            {"EPERM", "EINVAL", "EEXIST", "EFAULT"},
	"ioctl":             {"EPERM", "EINVAL", "ENOTTY", "EBADF", "EACCES", "ESRCH", "EFAULT", "ENOENT"},
	"mount":             {"EPERM", "EINVAL", "ENOENT", "ENOTDIR"},
	"open":              {"EACCES", "ENOENT", "EPERM", "EINVAL"},
	"write":             {"EPERM", "EINVAL"},
	"wait4":             {"ECHILD", "EINVAL"},
	"pidfd_getfd":       {"EPERM", "EBADF", "ESRCH"},
}

// Every call that programs have is made and succeeds in a number of programs that a test
// can afford, whether or not they are for a real kernel, and fails in one of the two. The
// errnos that matter come up.
func TestEveryCallIsMade(t *testing.T) {
	fails := make(map[string]int)
	all := Coverage{}
	for _, kernel := range []bool{false, true} {
		c := Coverage{}
		for _, p := range programs(2400, Options{Kernel: kernel, Config: sim.Config{Kernel: "v7.3.4"}}) {
			c.Add(p)
			all.Add(p)
		}
		t.Logf("kernel %v: %d lines\n%s", kernel, c.Calls(), c)
		for _, sig := range program.Calls {
			if sig.ModelOnly {
				continue
			}
			fails[sig.Name] += c.Fails(sig.Name)
			assert.NotZero(t, sum(c[sig.Name]), "%s is never made", sig.Name)
			assert.Equal(t, !neverSucceed[sig.Name], c.Succeeds(sig.Name) > 0, "%s succeeds %d times", sig.Name, c.Succeeds(sig.Name))
		}
	}
	for _, sig := range program.Calls {
		if sig.ModelOnly {
			continue
		}
		assert.Equal(t, !neverFail[sig.Name], fails[sig.Name] > 0, "%s fails %d times", sig.Name, fails[sig.Name])
	}
	for call, errnos := range errnosOf {
		for _, e := range errnos {
			assert.NotZero(t, all[call][e], "%s never fails with %s", call, e)
		}
	}
	for _, call := range []string{"wait4", "waitid", "read", "recvmsg", "pause", "vfork", "clone", "exit_group"} {
		assert.NotZero(t, all[call]["unfinished"], "%s is never left unfinished", call)
	}
}

// programs makes n programs, from seed 0 on.
func programs(n int, o Options) (ps []*program.Program) {
	for p := range Programs(0, o) {
		if len(ps) == n {
			break
		}
		ps = append(ps, p)
	}
	return ps
}

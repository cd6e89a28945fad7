// SPDX-License-Identifier: GPL-2.0-only

package export

import (
	"errors"
	"fmt"
	"testing"

	"github.com/nssim/nssim/sim"
	"github.com/stretchr/testify/require"
)

const resolveText = `init: fork() = t1
init: fork() = t2
t1: unshare(CLONE_NEWNET|CLONE_NEWPID)
t1: open("/proc/self/ns/net", O_RDONLY) = fd
t1: ioctl(fd, NS_GET_ID, &net)
t2: unshare(CLONE_NEWUTS)
t2: open("/proc/self/ns/uts", O_RDONLY) = other
t2: ioctl(other, NS_GET_ID, &uts) = n
t1: open("/dev/null", O_RDONLY) = null
`

// A namespace is found by everything that it may be called.
func TestResolve(t *testing.T) {
	r := ran(t, resolveText, "")
	net := named(t, r, "net")
	n := r.Machine().Nodes[net]
	for _, text := range []string{"t1.net", fmt.Sprint(n.ID), fmt.Sprintf("net:[%d]", n.Inum)} {
		require.Equal(t, net, named(t, r, text), text)
	}
	require.Equal(t, r.Machine().Initial(n.NSType()), named(t, r, "init.net"))
	require.NotEqual(t, named(t, r, "t1.pid"), named(t, r, "t1.pid_for_children"))
	require.Equal(t, r.Machine().Initial(n.NSType()), named(t, r, "7"))

	for text, want := range map[string]string{
		"nobody":   `no namespace "nobody" here: expected a name that is bound by now, TASK.net, an id or net:[INODE]`,
		"t1":       "t1 is a task: expected t1.net, t1.user or another of its namespaces",
		"t1.ns":    `no namespace "t1.ns": expected one of the names in /proc/PID/ns behind the dot`,
		"t9.net":   `no task "t9" here: expected one that is there by now and not yet released`,
		"n":        "n is a number: expected a namespace",
		"null":     "null is not open on a namespace file here",
		"fd":       "fd is number 3, which is another namespace in another task: expected an id or net:[INODE]",
		"99":       `no namespace "99" here: expected a name that is bound by now, TASK.net, an id or net:[INODE]`,
		"net:[12]": `no namespace "net:[12]" here: expected a name that is bound by now, TASK.net, an id or net:[INODE]`,
	} {
		_, err := Resolve(r, text)
		require.EqualError(t, err, want)
	}
}

// A descriptor's name is enough where nobody else has that number open on another
// namespace.
func TestResolveDescriptor(t *testing.T) {
	r := ran(t, "init: open(\"/proc/self/ns/net\", O_RDONLY) = fd\n", "")
	require.Equal(t, named(t, r, "init.net"), named(t, r, "fd"))
}

func TestResolveGone(t *testing.T) {
	r := ran(t, resolveText+"t1: exit_group(0)\ninit: wait4(t1)\nsettle\n", "")
	_, err := Resolve(r, "net")
	gone := (*GoneError)(nil)
	require.True(t, errors.As(err, &gone))
	require.Equal(t, "net: namespace 12 does not exist any more, and nothing of it is left", err.Error())
	_, err = Resolve(r, "t1.net")
	require.Error(t, err)
}

// The namespaces of a task are those that the runner writes as TASK.NAME.
func TestTaskNamespaces(t *testing.T) {
	r := ran(t, resolveText, "")
	for _, name := range []string{"t1.net", "t1.pid_for_children", "t2.uts"} {
		ns := named(t, r, name)
		v := r.NSName(ns)
		require.Contains(t, []string{name, "net", "uts"}, v)
	}
	require.NotEqual(t, sim.NS(0), named(t, r, "t2.time_for_children"))
}

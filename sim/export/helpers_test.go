// SPDX-License-Identifier: GPL-2.0-only

package export

import (
	"testing"

	"github.com/nssim/nssim/sim"
	"github.com/nssim/nssim/sim/program"
	"github.com/nssim/nssim/testdata"
	"github.com/stretchr/testify/require"
)

// socketText is a program at whose end a network namespace is inactive but held by a
// socket.
const socketText = `init: fork() = t1
t1: unshare(CLONE_NEWUSER|CLONE_NEWNET)
t1: socket(AF_INET, SOCK_DGRAM, 0) = sk
t1: open("/proc/self/ns/net", O_RDONLY) = fd
t1: ioctl(fd, NS_GET_ID, &net)
t1: close(fd)
t1: sendfd(init, sk) = sk2
t1: exit_group(0)
init: wait4(t1) = t1
settle
`

func parse(t testing.TB, text string) *program.Program {
	p, err := program.Parse("test.ns", []byte(text))
	require.NoError(t, err)
	return p
}

// runnerOf prepares a program under a kernel, "" for the default.
func runnerOf(t testing.TB, p *program.Program, kernel string) *program.Runner {
	r, err := program.NewRunner(p, sim.Config{Kernel: kernel})
	require.NoError(t, err)
	return r
}

// ran runs a program to its end, where it must have passed.
func ran(t testing.TB, text, kernel string) *program.Runner {
	r := runnerOf(t, parse(t, text), kernel)
	require.Equal(t, program.Pass, r.Run().Outcome, r.Report())
	return r
}

// smallSelftests are the selftests that are not too long to look at everything after
// every line.
func smallSelftests(t testing.TB, most int) (tests []program.Selftest) {
	all, err := program.Selftests(testdata.FS)
	require.NoError(t, err)
	for _, s := range all {
		if len(s.Program.Lines) <= most {
			tests = append(tests, s)
		}
	}
	require.Greater(t, len(tests), 50)
	return tests
}

// named resolves a namespace.
func named(t testing.TB, r *program.Runner, name string) sim.NS {
	ns, err := Resolve(r, name)
	require.NoError(t, err)
	return ns
}

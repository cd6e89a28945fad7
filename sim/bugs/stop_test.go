// SPDX-License-Identifier: GPL-2.0-only

package bugs

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/nssim/nssim/refcount"
	"github.com/nssim/nssim/sim"
	"github.com/nssim/nssim/sim/check"
	"github.com/nssim/nssim/sim/program"
	"github.com/nssim/nssim/syscall"
	"github.com/stretchr/testify/require"
)

// everyCall is what is stopped before each of its steps, behind lines that prepare it.
var everyCall = []struct{ before, call string }{
	{"t1: unshare(CLONE_NEWUSER|CLONE_NEWNS|CLONE_NEWUTS|CLONE_NEWIPC|CLONE_NEWNET|CLONE_NEWCGROUP|CLONE_NEWTIME)\n", "exit_group(0)"},
	{"", "unshare(CLONE_NEWUSER|CLONE_NEWNS|CLONE_NEWUTS|CLONE_NEWIPC|CLONE_NEWNET|CLONE_NEWCGROUP|CLONE_NEWPID)"},
	{"t1: unshare(CLONE_NEWUTS)\nt1: open(\"/proc/self/ns/uts\", O_RDONLY) = fd\nt1: unshare(CLONE_NEWUTS)\n", "close(fd)"},
	{"t1: clone(CLONE_NEWUSER|CLONE_NEWPID|CLONE_NEWUTS) = t2\nt1: pidfd_open(t2) = pfd\n", "setns(pfd, CLONE_NEWUSER|CLONE_NEWPID|CLONE_NEWUTS)"},
	{"t1: fork() = t2\nt2: unshare(CLONE_NEWUSER|CLONE_NEWNET)\nt1: pidfd_open(t2) = pfd\n", "setns(pfd, CLONE_NEWUSER|CLONE_NEWNET)"},
}

// Wherever a call is stopped, while what is put off is done and somebody looks, no property
// is broken, and nothing is left of it in the end.
func TestStopEverywhere(t *testing.T) {
	for _, c := range everyCall {
		head := "init: fork() = t1\n" + c.before
		name, _, _ := strings.Cut(c.call, "(")
		steps := stepsOf(t, head+"t1: "+c.call+"\n")
		require.Greater(t, len(steps), 3)
		for _, s := range steps {
			if testing.Short() && s == "copy" {
				continue // many
			}
			text := fmt.Sprintf("%st1: %s until %s <unfinished ...>\nsettle\ninit: listns({}, 64) = _\nt1: <... %s resumed>\nsettle\n",
				head, c.call, s, name)
			p, err := program.Parse(name+" until "+s, []byte(text))
			require.NoError(t, err, text)
			r, err := Play(p, sim.Config{Kernel: "v7.3.4"})
			require.NoError(t, err)
			require.Equal(t, program.Pass, r.Outcome, "%s: %s", p.Name, r.Failed)
			for _, f := range r.Findings() {
				prop, _ := check.ByName(f.Property)
				require.Equal(t, check.Probing, prop.When, "%s: %s", p.Name, f)
			}
		}
	}
}

// stepsOf lists the steps that the last line's call goes through, each once, but for the
// first.
func stepsOf(t *testing.T, text string) (steps []string) {
	p, err := program.Parse("steps", []byte(text))
	require.NoError(t, err)
	r, err := program.NewRunner(p, sim.Config{Kernel: "v7.3.4"})
	require.NoError(t, err)
	r.Machine().Tracing = true
	for r.Next() {
	}
	require.Equal(t, program.Pass, r.Report().Outcome, r.Report())
	caller := sim.TaskID(0)
	for _, e := range r.Events() {
		if e.Kind != refcount.Entered {
			continue
		}
		if caller == 0 {
			caller = sim.TaskID(e.Task)
			continue
		}
		_, s := syscall.StepName(e)
		if sim.TaskID(e.Task) == caller && !strings.Contains(s, " ") && !slices.Contains(steps, s) {
			steps = append(steps, s)
		}
	}
	return steps
}

// A walk that stands on a namespace in its read section keeps the memory, though all that is
// put off is done meanwhile.
func TestReaderKeepsMemory(t *testing.T) {
	p, err := program.Parse("reader", []byte(`
init: fork() = t1
t1:   unshare(CLONE_NEWUTS)
init: fork() = t2
t2:   listns({ns_type=UTS_NS}, &ids, 64) until ns_get_unless_inactive <unfinished ...>
t2:   <... listns resumed> until ns_get_unless_inactive <unfinished ...>
t1:   exit_group(0)
init: wait4(t1) = t1
settle
t2:   <... listns resumed> = 1
?     ids == [2]
`))
	require.NoError(t, err)
	r, err := Play(p, sim.Config{Kernel: "v7.3.4"})
	require.NoError(t, err)
	require.Equal(t, program.Pass, r.Outcome, r.Failed)
	require.False(t, r.Broke("no-warning"))
}

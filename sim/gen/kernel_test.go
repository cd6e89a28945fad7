// SPDX-License-Identifier: GPL-2.0-only

package gen

import (
	"regexp"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/nssim/nssim/sim"
	"github.com/nssim/nssim/sim/program"
)

// unfit is what must not stand in a line that a real kernel is to run. Process numbers
// other than 0, 1 and such as nobody has may stand only where a nested pid namespace
// counts from 1; that is looked at below.
var unfit = map[string]*regexp.Regexp{
	"a call is stopped at a step":           regexp.MustCompile(`\) until `),
	"a path has a process number":           regexp.MustCompile(`"/proc/([2-9]|1\d)`),
	"a path has a descriptor's number":      regexp.MustCompile(`/fd/[3-9]`),
	"a descriptor that the guest uses":      regexp.MustCompile(`(dup2|dup3|close)\([^,]*\b1\d\d\d\b`),
	"a number that is an address":           regexp.MustCompile(`= \d{12,}`),
	"big memory":                            regexp.MustCompile(`mmap\(NULL, (0x|\d{6})`),
	"a relative path from the directory":    regexp.MustCompile(`AT_FDCWD, "[^/"]`),
	"what is mounted hides the guest's own": regexp.MustCompile(`mount\("[^"]*", "(/proc|/dev|/sys|/tmp)", ("|NULL, (MS_BIND|MS_MOVE|0))`),
	"a root directory that moves":           regexp.MustCompile(`chroot\("/[^"]+"\) = 0`),
	"a signal that stops":                   regexp.MustCompile(`SIGSTOP|SIGTSTP|SIGTTIN|SIGTTOU`),
	"a length that depends on numbers":      regexp.MustCompile(`readlink\("/proc/(thread-)?self"`),
	"attributes that depend on the machine": regexp.MustCompile(`st_dev|st_ino`),
}

var numbers = regexp.MustCompile(`((kill|pidfd_open|wait4|tgkill)\(|P_PID, )([2-9]|\d\d)\b`)

// Programs for a real kernel leave out what it does otherwise for reasons of its own.
func TestKernelRestrictions(t *testing.T) {
	for seed := range seeds(600) {
		p := Generate(seed, Options{Kernel: true, Lines: 60, Config: sim.Config{Kernel: "v7.3.4"}})
		r, err := program.NewRunner(p, sim.Config{})
		require.NoError(t, err)
		settles := 0
		for i := range p.Lines {
			l := &p.Lines[i]
			text := l.String()
			for what, re := range unfit {
				require.False(t, re.MatchString(text), "seed %d: %s: %s", seed, what, text)
			}
			if l.Kind == program.Settle {
				settles++
				require.True(t, i == 0 || p.Lines[i-1].Kind != program.Settle, "seed %d: settle twice in a row", seed)
			}
			if numbers.MatchString(text) {
				c := &recorder{r: r, m: r.Machine()}
				m := r.Machine()
				require.NotEqual(t, m.Initial(sim.SlotPid.Type()), m.ActivePidNS(c.taskID(l.Task)), "seed %d: %s", seed, text)
			}
			noNumbers(t, seed, r, l)
			require.True(t, r.Next())
		}
		require.LessOrEqual(t, settles, kernelSettles+1)
	}
}

// noNumbers: a result is no process number of the initial pid namespace and no id that
// depends on the machine.
func noNumbers(t *testing.T, seed uint64, r *program.Runner, l *program.Line) {
	sig := program.CallByName(l.Call.Name)
	for i := range l.Results {
		res := &l.Results[i]
		if sig == nil || res.X == nil {
			continue
		}
		n, isNum := res.X.(*program.Num)
		if isNum && (sig.Binds == program.BindsPid || sig.Binds == program.BindsTask || sig.Binds == program.BindsAddress) {
			require.LessOrEqual(t, n.Value, uint64(1), "seed %d: %s", seed, l)
		}
		if x, ok := res.X.(*program.List); ok {
			for _, e := range x.Elems {
				if n, isNum := e.(*program.Num); isNum {
					require.LessOrEqual(t, n.Value, uint64(8), "seed %d: %s", seed, l)
				}
			}
		}
	}
}

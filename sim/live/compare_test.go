// SPDX-License-Identifier: GPL-2.0-only

package live

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/nssim/nssim/sim"
	"github.com/nssim/nssim/sim/program"
)

const small = `init: getpid() = init
init: fork() = t
t:    unshare(CLONE_NEWUTS) = 0
t:    close(55) = -EBADF
t:    pause() <unfinished ...>
init: kill(t, SIGKILL) = 0
init: wait4(t, &st) = t
`

// without is small without the line that makes a namespace, which a real kernel would
// take away again.
var without = strings.Replace(small, "t:    unshare(CLONE_NEWUTS) = 0\n", "", 1)

func TestCompareAgrees(t *testing.T) {
	g, k := newFake(t, "6.19.8-test")
	c, err := Compare(background(t), parse(t, without), sim.Config{}, g)
	require.NoError(t, err)
	assert.True(t, c.Agree(), "%s", c)
	assert.Equal(t, 6, c.Lines)
	assert.Equal(t, 6, c.Calls)
	assert.Equal(t, "kernel v6.19, semantics active", c.Config)
	assert.Contains(t, k.asked, opEnd)
	assert.Contains(t, c.String(), "AGREE t.ns: 6.19.8-test against kernel v6.19")
	assert.NoError(t, g.Err())
}

// TestCompareDiffers: each program is right on the model and wrong on the fake kernel.
func TestCompareDiffers(t *testing.T) {
	for _, c := range []struct {
		name, text string
		change     func(*fakeKernel)
		line       int
		diff       string
	}{
		{"errno", "init: getpid() = init\ninit: getppid() = p\n", nil, 1, "result: model 1, guest -1 ENOSYS"},
		{"active", "init: getpid() = init\ninit: unshare(CLONE_NEWUTS) = 0\n", func(k *fakeKernel) { k.skew = 1 }, 1, "active(uts 41): model 1, guest 2"},
		{"burnt id", "init: getpid() = init\ninit: unshare(CLONE_NEWUTS) = 0\n", func(k *fakeKernel) { k.next++ }, 1, "active(uts 42): model 0, guest 1"},
		{"not gone", small, nil, 5, "active(uts 41): model 0, guest 1"},
		{"state", "init: fork() = t\nt: exit_group(0)\ninit: kill(t, 0) = 0\ninit: wait4(t) = t\ninit: signal(SIGCHLD, SIG_IGN)\n", nil, 4, "result: model 0, guest -1 ENOSYS"},
		{"blocks", "init: fork() = t\nt: pause() <unfinished ...>\nt: <... pause resumed> = 0\n", nil, 2, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			g, k := newFake(t, "6.19.8")
			k.asked = nil
			p := parse(t, c.text)
			s, err := g.newSession(background(t), p) // so that the change comes after the next id is told
			require.NoError(t, err)
			if c.change != nil {
				c.change(k)
			}
			r, err := program.NewRunner(p, sim.Config{})
			require.NoError(t, err)
			d := newDuel(p, s, r, g.release)
			require.NoError(t, d.fight())
			if c.diff == "" {
				assert.Nil(t, d.c.Divergence)
				assert.Equal(t, program.Fail, r.Report().Outcome)
				return
			}
			require.NotNil(t, d.c.Divergence)
			assert.Equal(t, c.line, d.c.Divergence.Line)
			assert.Contains(t, d.c.Divergence.Diffs, c.diff)
			assert.Contains(t, d.c.Divergence.Counts, "net 7")
			assert.False(t, d.c.Agree())
		})
	}
}

func TestCompareErrors(t *testing.T) {
	g, _ := newFake(t, "6.19.8")
	_, err := Compare(background(t), parse(t, "? active(7) == 1\n"), sim.Config{}, g)
	assert.ErrorIs(t, err, ErrEmpty)
	_, err = Compare(background(t), parse(t, "init: unshare(CLONE_NEWUTS) until unshare_nsproxy_namespaces <unfinished ...>\n"), sim.Config{}, g)
	assert.ErrorIs(t, err, ErrCannot)
	_, err = Compare(background(t), parse(t, "init: close(5) = fd\ninit: close(fd)\n"), sim.Config{}, g)
	assert.NoError(t, err, "both fail on the first line")
	g.release = "5.10"
	_, err = Compare(background(t), parse(t, small), sim.Config{}, g)
	assert.ErrorIs(t, err, ErrVersion)
	c, err := Compare(background(t), parse(t, without), sim.Config{Kernel: "v7.0"}, g)
	require.NoError(t, err, "named, the profile does not depend on the release")
	assert.Contains(t, c.Config, "kernel v7.0")
}

func TestLeftoversAndWarningsTaint(t *testing.T) {
	g, k := newFake(t, "6.19.8")
	k.leak = []Namespace{{50, 3, 1 << 26, 77, 1, 0}}
	c, err := Compare(background(t), parse(t, without), sim.Config{}, g)
	require.NoError(t, err)
	assert.False(t, c.Agree())
	assert.Contains(t, c.String(), "left over: uts 50, active 0, passive 1")
	assert.ErrorIs(t, g.Err(), ErrTainted)
	_, err = Compare(background(t), parse(t, without), sim.Config{}, g)
	assert.ErrorIs(t, err, ErrTainted)

	g, k = newFake(t, "6.19.8")
	k.warning = "WARNING: CPU: 0 PID: 91 at kernel/nscommon.c:99"
	c, err = Compare(background(t), parse(t, without), sim.Config{}, g)
	require.NoError(t, err)
	assert.False(t, c.Agree())
	assert.Contains(t, c.String(), "the kernel warned: WARNING: CPU: 0")
	assert.ErrorIs(t, g.Err(), ErrTainted)

	g, k = newFake(t, "6.19.8")
	k.warning = "random: crng init done"
	c, err = Compare(background(t), parse(t, without), sim.Config{}, g)
	require.NoError(t, err)
	assert.True(t, c.Agree())
}

func TestHungGuest(t *testing.T) {
	g, k := newFake(t, "6.19.8")
	g.opts.timeout = 50 * time.Millisecond
	k.hang = true
	g.vm.console.Write([]byte("one\ntwo\nwatchdog: BUG: soft lockup"))
	_, err := Compare(background(t), parse(t, small), sim.Config{}, g)
	assert.ErrorIs(t, err, ErrHung)
	assert.ErrorContains(t, err, "console: watchdog: BUG: soft lockup")
	assert.ErrorIs(t, g.Err(), ErrHung)

	g, k = newFake(t, "6.19.8")
	k.hang = true
	ctx, cancel := context.WithTimeout(context.Background(), 50*time.Millisecond)
	defer cancel()
	_, err = Compare(ctx, parse(t, small), sim.Config{}, g)
	assert.ErrorIs(t, err, context.DeadlineExceeded)

	g, k = newFake(t, "6.19.8")
	k.conn.Close()
	_, err = Compare(background(t), parse(t, small), sim.Config{}, g)
	assert.ErrorIs(t, err, ErrGone)
}

func TestRun(t *testing.T) {
	for _, c := range []struct {
		name, text string
		outcome    program.Outcome
		reason     string
	}{
		{"passes", without, program.Pass, ""},
		{"other value", "init: getpid() = 17\n", program.Fail, "getpid = 91, expected = 17"},
		{"other errno", "init: close(5) = -EPERM\n", program.Fail, "close = -1 EBADF (Bad file descriptor), expected = -EPERM"},
		{"fails", "init: close(5)\n", program.Fail, "close = -1 EBADF (Bad file descriptor), expected success"},
		{"may fail", "init: close(5) = _\ninit: close(5) < 0\ninit: close(5) = -EPERM|-EBADF\n", program.Pass, ""},
		{"skips", "init: close(5) skip if -EBADF \"no {init}\"\ninit: close(5)\n", program.Skip, "no 91"},
		{"assertion", "init: getpid() = p\n? p == init and active(7) == 1 and inum(7) == 4026531833 and not exists(99)\n? p > 100\n", program.Fail, "? p > 100 does not hold"},
		{"blocks", "init: pause() = 0\n", program.Fail, "pause <unfinished ...>, expected to return"},
		{"does not block", "init: getpid() <unfinished ...>\n", program.Fail, "getpid = 91, expected <unfinished ...>"},
		{"new namespace", "init: unshare(CLONE_NEWUTS)\n? active(41) == 1 and owner(41) == 3 and type(41) == UTS_NS and listed(41)\n", program.Pass, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			g, _ := newFake(t, "6.19.8")
			r, err := g.Run(background(t), parse(t, c.text))
			require.NoError(t, err)
			assert.Equal(t, c.outcome, r.Outcome, "%s", r)
			assert.Equal(t, c.reason, r.Reason)
			assert.Equal(t, c.outcome != program.Fail, r.Passed())
			assert.NotEmpty(t, r.Lines)
			assert.Len(t, r.Lines[0].Namespaces, len(g.base)+strings.Count(c.text, "unshare"))
		})
	}
}

func TestRunWithoutCalls(t *testing.T) {
	g, _ := newFake(t, "6.19.8")
	_, err := g.Run(background(t), parse(t, "? active(7) == 1\n"))
	assert.ErrorIs(t, err, ErrEmpty)
}

// SPDX-License-Identifier: GPL-2.0-only

package naive_test

import (
	"fmt"
	"os"
	"slices"
	"strconv"
	"testing"

	"github.com/nssim/nssim/sim"
	"github.com/nssim/nssim/sim/gen"
	"github.com/nssim/nssim/sim/naive"
	"github.com/nssim/nssim/sim/program"
	"github.com/nssim/nssim/syscall"
	"github.com/nssim/nssim/syscall/uapi"
	"github.com/stretchr/testify/require"
)

// core is what the programs are made of, by the generator's names.
var core = map[string]int{
	"enter-user": 12, "drop": 4, "learn": 18, "settle": 6, "fork": 16, "clone": 6, "unshare": 20, "setns": 16,
	"exit_group": 6, "wait4": 8, "kill": 3, "open-ns": 14, "close": 12, "dup": 3, "ioctl": 24, "open_by_handle_at": 20,
	"name_to_handle_at": 8, "listns": 30, "pages": 8, "socket": 10, "sendfd": 10, "create": 3, "mount": 3, "umount2": 2,
}

func weights() map[string]int {
	w := gen.Weights()
	for name := range w {
		w[name] = core[name]
	}
	return w
}

// comparison runs a program on both engines, call by call.
type comparison struct {
	m     *sim.Machine
	w     *naive.World
	open  *made
	calls int // compared
	wrong string
	left  string // why the rest of the program is not compared
}

// made is a call in flight.
type made struct {
	t      sim.TaskID
	c      syscall.Call
	answer naive.Answer
	mine   bool
	mounts any
}

// compare returns what the engines do not agree on, empty if nothing, and how many calls
// were compared.
func compare(p *program.Program, cfg sim.Config) (wrong string, calls int, left string) {
	r, err := program.NewRunner(p, cfg)
	if err != nil {
		return err.Error(), 0, ""
	}
	c := &comparison{m: r.Machine()}
	c.w = naive.New(c.m.Cfg.SwitchOn, facts{c.m}, boot(c.m), int(c.m.Init()))
	r.OnCall = c.begin
	for c.same("boot"); c.wrong == "" && c.left == "" && r.Next(); {
		l := &p.Lines[r.Line()-1]
		c.end()
		if l.Kind == program.Settle {
			c.w.Settle()
		}
		c.same(l.String())
	}
	return c.wrong, c.calls, c.left
}

func (c *comparison) begin(t sim.TaskID, call syscall.Call) {
	c.end()
	if c.wrong != "" || c.left != "" {
		return
	}
	m := &made{t: t, c: call, mounts: c.w.Mounts()}
	switch k := call.(type) {
	case syscall.Clone:
		m.answer.Errno, m.mine = c.w.Clone(int(t), k.Flags)
		m.mine = m.mine && len(k.SetTid) == 0 && k.ExitSignal <= 64
	default:
		m.answer, m.mine = c.w.Do(int(t), call)
	}
	c.open = m
}

// end compares what the last call has returned.
func (c *comparison) end() {
	m := c.open
	if c.open = nil; m == nil || c.wrong != "" || c.left != "" {
		return
	}
	defer c.w.Look()
	if !c.m.TaskLive(m.t) || !c.m.Task(m.t).Alive() {
		return
	}
	k := c.m.Task(m.t)
	if k.State == sim.Blocked {
		if _, ok := m.c.(syscall.Wait); !ok {
			c.left = fmt.Sprintf("%T sleeps", m.c)
		}
		return
	}
	ret, errno := k.Ret, uapi.Errno(0)
	if ret < 0 && ret > -4096 {
		errno = uapi.Errno(-ret)
	}
	switch call := m.c.(type) {
	case syscall.Clone:
		if !m.mine {
			if errno != uapi.EINVAL || call.Flags&uint64(uapi.NSTypeMask) != 0 {
				c.left = "clone"
			}
			return
		}
		c.calls++
		switch {
		case errno == m.answer.Errno && errno == 0:
			c.w.Fork(int(m.t), int(k.Out[0]), call.Flags)
		case errno != m.answer.Errno && m.answer.Errno == 0:
			c.left = "a clone fails with " + errno.Name()
		case errno != m.answer.Errno:
			c.wrong = fmt.Sprintf("%T%+v: %s, naively %s", m.c, m.c, errno.Error(), m.answer.Errno.Error())
		}
		return
	case syscall.Mount, syscall.Umount2:
		if !m.mine && errno == 0 {
			c.left = fmt.Sprintf("%T", m.c)
		}
		if errno != 0 {
			c.w.Unmade(m.mounts)
		}
		return
	case syscall.Setns:
		if !m.mine && errno == 0 {
			c.left = "setns through a pidfd"
		}
	case syscall.Unshare:
		if !m.mine && errno == 0 && call.Flags&uint64(uapi.NSTypeMask) != 0 {
			c.left = "unshare with other flags"
		}
	}
	if !m.mine {
		c.w.Told(int(m.t))
		return
	}
	c.calls++
	got := naive.Answer{Ret: ret, Errno: errno}
	if errno != 0 {
		got.Ret = 0
	}
	want := m.answer
	if _, ok := m.c.(syscall.Listns); ok && errno == 0 {
		got.IDs = syscall.Stored(c.m, m.t)
	}
	if i, ok := m.c.(syscall.Ioctl); ok && errno == 0 && (i.Cmd == uapi.NS_GET_ID || i.Cmd == uapi.NS_GET_MNTNS_ID) {
		got.Out = k.Out[0]
	}
	if got.Ret != want.Ret || got.Errno != want.Errno || got.Out != want.Out || !slices.Equal(got.IDs, want.IDs) {
		c.wrong = fmt.Sprintf("%T%+v by task %d: %+v, naively %+v", m.c, m.c, m.t, got, want)
	}
}

// same compares what exists and what can be seen.
func (c *comparison) same(line string) {
	if c.wrong != "" || c.left != "" {
		return
	}
	c.w.Look()
	var there, seen []uint64
	for _, typ := range uapi.NSTypes() {
		for ns := c.m.First(typ); ns != 0; ns, _ = c.m.Adjoined(ns, false) {
			id := c.m.Node(ns).ID
			there = append(there, id)
			if c.m.Entries[ns].Passive > 0 && syscall.Visible(c.m, ns) {
				seen = append(seen, id)
			}
		}
	}
	slices.Sort(there)
	slices.Sort(seen)
	if w := c.w.Existing(); !slices.Equal(there, w) {
		c.wrong = fmt.Sprintf("after %s\nthere are %v, naively %v", line, there, w)
	} else if w := c.w.Visible(); !slices.Equal(seen, w) {
		c.wrong = fmt.Sprintf("after %s\nof %v %v can be seen, naively %v", line, there, seen, w)
	}
}

// programsEach is how many programs are run on each configuration; NSSIM_PROGRAMS is
// another number.
func programsEach() int {
	if n, err := strconv.Atoi(os.Getenv("NSSIM_PROGRAMS")); err == nil {
		return n
	}
	if testing.Short() {
		return 2
	}
	return 5
}

// TestEnginesAgree makes random programs for every kernel and semantics and runs them on
// both engines. A difference is made small and printed.
func TestEnginesAgree(t *testing.T) {
	calls, left := 0, map[string]int{}
	for i, k := range sim.Profiles() {
		for j, s := range sim.AllSemantics() {
			cfg := sim.Config{Kernel: k.Name, Semantics: s.Name}
			o := gen.Options{Config: cfg, Weights: weights(), Lines: 60}
			for n := range programsEach() {
				p := gen.Generate(uint64(1000*(10*i+j)+n), o)
				wrong, made, why := compare(p, sim.Config{})
				calls += made
				left[why]++
				if wrong != "" {
					small := gen.Shrink(p, func(q *program.Program) bool { w, _, _ := compare(q, sim.Config{}); return w != "" }, 2000)
					wrong, _, _ = compare(small, sim.Config{})
					t.Fatalf("%s/%s: %s\n%s", k.Name, s.Name, wrong, program.Format(small))
				}
			}
		}
	}
	t.Logf("%d calls compared; programs left early: %v", calls, left)
	require.Greater(t, calls, 400*programsEach())
}

// What is wrong in one engine shows as a difference to the other, in a short program.
func TestEnginesDiffer(t *testing.T) {
	for _, bug := range []string{"no-cascade-on-put", "failed-setns-drops-active", "unified-but-not-type", "put-user-error-wrong-code"} {
		t.Run(bug, func(t *testing.T) {
			t.Parallel()
			o := gen.Options{Config: sim.Config{Bugs: []string{bug}}, Weights: weights(), Lines: 60}
			differ := func(p *program.Program) bool { w, _, _ := compare(p, sim.Config{}); return w != "" }
			for seed := uint64(0); ; seed++ {
				require.Less(t, seed, uint64(300), "no difference")
				if p := gen.Generate(seed, o); differ(p) {
					require.LessOrEqual(t, len(gen.Shrink(p, differ, 400).Lines), 8)
					return
				}
			}
		})
	}
}

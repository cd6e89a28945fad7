// SPDX-License-Identifier: GPL-2.0-only

package export

import (
	"slices"
	"testing"

	"github.com/nssim/nssim/refcount"
	"github.com/nssim/nssim/sim"
	"github.com/nssim/nssim/syscall"
	"github.com/nssim/nssim/syscall/uapi"
	"github.com/stretchr/testify/require"
)

// noNames names nothing.
type noNames struct{}

func (noNames) TaskName(t sim.TaskID) string { return "task " + itoa(t) }
func (noNames) NSName(sim.NS) string         { return "" }

// stepper runs calls step by step and compares, for every step, the functions that are
// really on the stack with those that a Tracer takes to be there.
type stepper struct {
	t     *testing.T
	m     *sim.Machine
	tr    *Tracer
	truth [][]int32
	exact int
	other int
}

func (s *stepper) step(t sim.TaskID) bool {
	if s.m.Task(t).Top == 0 {
		return false
	}
	var ops []int32
	for f := s.m.Task(t).Top; f != 0; f = s.m.Frame(f).Prev {
		ops = append(ops, int32(s.m.Frame(f).Op))
	}
	slices.Reverse(ops)
	n := len(s.m.Events)
	syscall.Step(s.m, t)
	if len(s.m.Events) > n && s.m.Events[n].Kind == refcount.Entered {
		s.truth = append(s.truth, ops)
		return true
	}
	return false
}

// line runs calls of a task as one line of a program, and then all that they have set
// going, and returns what the last one returned.
func (s *stepper) line(t sim.TaskID, calls ...syscall.Call) int64 {
	defer s.compare()
	for _, c := range calls {
		require.NoError(s.t, syscall.Start(s.m, t, c))
		for s.step(t) {
		}
	}
	for busy := true; busy; {
		busy = false
		for o := sim.TaskID(1); o < s.m.NumTasks(); o++ {
			if !syscall.Runnable(s.m, o) {
				continue
			}
			syscall.Deliver(s.m, o)
			for s.step(o) {
				busy = true
			}
		}
	}
	return s.m.Task(t).Ret
}

// settle drains what is deferred.
func (s *stepper) settle() {
	defer s.compare()
	for syscall.StartDeferred(s.m, nil) {
		for s.step(sim.KWorker) {
		}
	}
}

func (s *stepper) compare() {
	for i := range s.m.Events {
		e := &s.m.Events[i]
		s.tr.event(e)
		if e.Kind != refcount.Entered {
			continue
		}
		var got []int32
		for _, f := range s.tr.stack[sim.TaskID(e.Task)] {
			got = append(got, f.op)
		}
		want := s.truth[0]
		s.truth = s.truth[1:]
		if slices.Equal(got, want) {
			s.exact++
			continue
		}
		s.other++
		op, step := syscall.StepName(*e)
		if e.Task == int32(sim.KWorker) { // one piece of deferred work is not called by another
			require.Equal(s.t, want[0], got[0], "%s: %s", op, step)
		}
		require.True(s.t, subsequence(want, got), "%s: %s: got %v, frames %v", op, step, got, want)
	}
	require.Empty(s.t, s.truth)
	s.m.Events = s.m.Events[:0]
	s.tr.Before()
}

// The depth of calls that the Tracer works out is that of the frames. A function that
// was called by another's last act has no caller on the stack any more, and stands
// below it all the same: that is the only difference, and it is rare.
func TestDepthAgreesWithFrames(t *testing.T) {
	for _, kernel := range []string{"rfc-v1", "v6.19", "v7.3.4"} {
		m := sim.MustNew(sim.Config{Kernel: kernel})
		s := &stepper{t: t, m: m, tr: NewTracer(m, noNames{})}
		s.compare()
		lifeOfNamespaces(s)
		t.Logf("%s: %d exact, %d below a function that is over", kernel, s.exact, s.other)
		require.Greater(t, s.exact, 500)
		require.Less(t, s.other*20, s.exact)
	}
}

// subsequence reports whether want is in got, in order, with the same end.
func subsequence(want, got []int32) bool {
	i := 0
	for _, g := range got {
		if i < len(want) && want[i] == g {
			i++
		}
	}
	return i == len(want) && len(want) > 0 && got[len(got)-1] == want[len(want)-1]
}

// lifeOfNamespaces makes, joins, pins and gives up namespaces of every type.
func lifeOfNamespaces(s *stepper) {
	init := s.m.Init()
	child := syscall.Clone{ExitSignal: uint32(uapi.SIGCHLD)}
	reap := syscall.Wait{Which: uapi.P_ALL}
	list := syscall.Listns{NR: 8, Buf: syscall.Buf{Room: syscall.Unlimited}}
	for range 2 {
		s.line(init, child)
		a := lastTask(s.m)
		s.line(a, syscall.Unshare{Flags: uint64(uapi.NSTypeMask &^ uapi.TIME_NS)})
		s.line(a, child)
		b := lastTask(s.m)
		var fds []int32
		for _, name := range []string{"net", "user", "pid_for_children", "ipc", "mnt"} {
			fds = append(fds, int32(s.line(b, syscall.Open{Path: "/proc/self/ns/" + name})))
		}
		s.line(b, syscall.Socket{Family: uapi.AF_INET, Type: uapi.SOCK_DGRAM})
		s.line(b, list, list, list)
		s.line(b, syscall.Setns{FD: fds[0], Flags: uapi.CLONE_NEWNET})
		s.line(b, syscall.Ioctl{FD: fds[0], Cmd: uapi.NS_GET_USERNS})
		s.line(b, syscall.Close{FD: fds[0]}, syscall.Open{Path: "/proc/self/ns/uts"}, syscall.Close{FD: fds[0]})
		s.line(b, syscall.Execve{Path: "/proc/self/exe"})
		s.settle()
		s.line(a, child)
		s.line(a, syscall.ExitGroup{})
		s.settle()
		s.line(init, reap)
		s.line(b, syscall.ExitGroup{})
		s.line(init, reap)
		s.settle()
	}
}

func lastTask(m *sim.Machine) (last sim.TaskID) {
	m.EachTask(func(t sim.TaskID, k *sim.Task) bool {
		if k.Alive() {
			last = t
		}
		return true
	})
	return last
}

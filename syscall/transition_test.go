// SPDX-License-Identifier: GPL-2.0-only

package syscall_test

import (
	"math/rand/v2"
	"testing"

	"github.com/nssim/nssim/sim"
	"github.com/nssim/nssim/syscall"
	"github.com/nssim/nssim/syscall/uapi"
	"github.com/stretchr/testify/require"
)

// mix is what a search lets tasks do, unless a descriptor is to be given.
var mix = []syscall.Call{
	syscall.Clone{ExitSignal: uint32(uapi.SIGCHLD)},
	syscall.Clone{Flags: uapi.CLONE_NEWUSER | uapi.CLONE_NEWNET, ExitSignal: uint32(uapi.SIGCHLD)},
	syscall.Unshare{Flags: uapi.CLONE_NEWNET},
	syscall.Unshare{Flags: uapi.CLONE_NEWUSER},
	syscall.Unshare{Flags: uapi.CLONE_NEWUSER | uapi.CLONE_NEWUTS},
	syscall.ExitGroup{},
	syscall.Wait{Which: uapi.P_ALL, Options: uapi.WNOHANG},
	syscall.Open{Path: "/proc/self/ns/net"},
	syscall.Open{Path: "/proc/self/ns/user"},
	syscall.Socket{Family: uapi.AF_INET, Type: uapi.SOCK_DGRAM},
}

// onFD is the same for one of the first descriptors that a task opens.
func onFD(fd int32) []syscall.Call {
	return []syscall.Call{
		syscall.Setns{FD: fd},
		syscall.Ioctl{FD: fd, Cmd: uapi.SIOCGSKNS},
		syscall.Ioctl{FD: fd, Cmd: uapi.NS_GET_USERNS},
		syscall.Close{FD: fd},
	}
}

func searchCalls() (calls []syscall.Call) {
	calls = append(calls, mix...)
	for fd := range int32(2) {
		calls = append(calls, onFD(3+fd)...)
	}
	return calls
}

// mover picks who does what, within the bounds of a search: three tasks that live, and
// namespaces eight at most beyond the initial ones.
type mover struct {
	*rand.Rand
	calls []syscall.Call
	tasks []sim.TaskID
}

func (r *mover) pick(m *sim.Machine) (sim.TaskID, syscall.Call) {
	r.tasks = r.tasks[:0]
	m.EachTask(func(t sim.TaskID, k *sim.Task) bool {
		if t > sim.Pid1 && k.State == sim.Running && k.Top == 0 && !k.Has(sim.KThread) {
			r.tasks = append(r.tasks, t)
		}
		return true
	})
	c := r.calls[r.IntN(len(r.calls))]
	t := r.tasks[r.IntN(len(r.tasks))]
	switch c.(type) {
	case syscall.Clone:
		if len(r.tasks) >= 3 || m.Len() >= uapi.NumNSTypes+7 {
			return t, syscall.Wait{Which: uapi.P_ALL, Options: uapi.WNOHANG}
		}
	case syscall.Unshare:
		if m.Len() >= uapi.NumNSTypes+7 {
			return t, onFD(3)[3]
		}
	case syscall.ExitGroup:
		if t == sim.InitTask {
			return t, onFD(4)[3]
		}
	}
	return t, c
}

// transit is one transition: a call, run to its end step by step.
func transit(m *sim.Machine, t sim.TaskID, c syscall.Call) {
	if syscall.Start(m, t, c) != nil {
		return
	}
	for syscall.Step(m, t) && m.Task(t).State == sim.Running {
	}
	syscall.Sched(m)
}

// transition is an edge of the graph that a search walks.
type transition struct {
	from *sim.Machine
	task sim.TaskID
	call syscall.Call
}

// transitions walks at random through n states and returns edges, fan from each.
func transitions(tb testing.TB, n, fan int) (edges []transition) {
	r := &mover{Rand: rand.New(rand.NewPCG(1, 2)), calls: searchCalls()}
	start := sim.MustNew(sim.Config{Off: []string{"boot-kdevtmpfs"}})
	m := start.Clone()
	for i := range n {
		if i%40 == 0 {
			m.CopyFrom(start)
		}
		from := m.Clone()
		for range fan {
			t, c := r.pick(m)
			edges = append(edges, transition{from, t, c})
		}
		last := edges[len(edges)-1]
		transit(m, last.task, last.call)
		if r.IntN(3) == 0 {
			syscall.Settle(m)
		}
	}
	require.Len(tb, edges, n*fan)
	return edges
}

// BenchmarkTransition is what a search does for every edge: copy the state, make a call
// step by step, and compute the fingerprint.
func BenchmarkTransition(b *testing.B) {
	edges := transitions(b, 100, 16)
	var to sim.Machine
	var c sim.Canon
	one := func(e *transition) {
		to.CopyFrom(e.from)
		transit(&to, e.task, e.call)
		c.Fingerprint(&to)
	}
	for i := range edges { // what there is to allocate
		one(&edges[i])
	}
	b.ReportAllocs()
	i := 0
	for b.Loop() {
		one(&edges[i%len(edges)])
		i++
	}
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "transitions/s")
	b.ReportMetric(1_000_000, "transitions/s-at-least")
}

// SPDX-License-Identifier: GPL-2.0-only

package explore

import (
	"fmt"
	"strings"

	"github.com/nssim/nssim/sim"
	"github.com/nssim/nssim/sim/program"
	"github.com/nssim/nssim/syscall"
)

// namer writes moves as lines of a program: it gives tasks and descriptors names as they
// come up.
type namer struct {
	task  map[sim.TaskID]string
	fd    map[ofTask]string
	used  map[string]bool
	tasks int // t1 to tN have been given
	fds   int // fd1 to fdN
}

// ofTask is a descriptor's number in a task.
type ofTask struct {
	t  sim.TaskID
	fd int32
}

func newNamer() *namer {
	return &namer{task: map[sim.TaskID]string{sim.InitTask: "init"}, fd: map[ofTask]string{}, used: map[string]bool{}}
}

// follow runs a prelude and learns the names that it gives.
func (n *namer) follow(r *program.Runner) {
	known := 0
	for r.Next() {
		names := r.Names()
		for _, name := range names[known:] {
			n.used[name] = true
			v, _ := r.Value(name)
			n.learn(r, name, v)
		}
		known = len(names)
		n.inherit(r.Machine())
	}
}

func (n *namer) learn(r *program.Runner, name string, v program.Val) {
	m := r.Machine()
	for t := sim.InitTask; t < m.NumTasks(); t++ {
		if !m.TaskLive(t) {
			continue
		}
		at := ofTask{t, int32(v.N)}
		switch {
		case v.Kind == program.TaskValue && r.TaskName(t) == name:
			n.task[t] = name
		case v.Kind == program.Descriptor && n.fd[at] == "" && m.FDGet(m.Task(t).Files, at.fd) != 0:
			n.fd[at] = name
			return
		}
	}
}

// inherit gives the descriptors of tasks that were made the names that their parents'
// have, and forgets those that are closed.
func (n *namer) inherit(m *sim.Machine) {
	for at := range n.fd {
		if !m.TaskLive(at.t) || m.FDGet(m.Task(at.t).Files, at.fd) == 0 {
			delete(n.fd, at)
		}
	}
	for t := sim.InitTask; t < m.NumTasks(); t++ {
		if !m.TaskLive(t) {
			delete(n.task, t)
			continue
		}
		for fd := int32(firstFD); fd < firstFD+maxFDs; fd++ {
			f := m.FDGet(m.Task(t).Files, fd)
			if f == 0 || n.fd[ofTask{t, fd}] != "" {
				continue
			}
			for o := sim.InitTask; o < m.NumTasks(); o++ {
				if m.TaskLive(o) && n.fd[ofTask{o, fd}] != "" && m.FDGet(m.Task(o).Files, fd) == f {
					n.fd[ofTask{t, fd}] = n.fd[ofTask{o, fd}]
					break
				}
			}
		}
	}
}

// fresh returns a name that is not in use.
func (n *namer) fresh(prefix string, count *int) string {
	for {
		*count++
		if name := fmt.Sprint(prefix, *count); !n.used[name] {
			n.used[name] = true
			return name
		}
	}
}

// call returns a move as it is written before it is made.
func (n *namer) call(v Move) string {
	o := &ops[v.op()]
	a := n.fd[ofTask{v.task(), v.a()}]
	if o.shape == aChild || o.shape == aTask {
		a = n.task[sim.TaskID(v.a())]
	}
	text := strings.NewReplacer("%a", a, "%b", n.task[sim.TaskID(v.b())], "%n", fmt.Sprint(v.a())).Replace(o.text)
	task := n.task[v.task()] + ": "
	return task + strings.ReplaceAll(text, "\n", "\n"+task)
}

// outcome returns what a move's call has returned as a program states it, and learns the
// names of what it has made.
func (n *namer) outcome(m *sim.Machine, v Move) string {
	o := &ops[v.op()]
	t := v.task()
	if o.ends {
		n.inherit(m)
		return ""
	}
	if !m.TaskLive(t) {
		return ""
	}
	k := m.Task(t)
	switch e := failed(m, t); {
	case k.State == sim.Blocked || k.State == sim.Stopped:
		return " <unfinished ...>"
	case e != 0:
		return " = -" + e.Name()
	}
	bound := ""
	switch o.binds {
	case bindsTask:
		bound = n.fresh("t", &n.tasks)
		n.task[sim.TaskID(k.Out[0])] = bound
	case bindsFD, bindsThere:
		bound = n.fresh("fd", &n.fds)
		at := ofTask{t, int32(k.Ret)}
		if o.binds == bindsThere {
			at.t = sim.TaskID(v.b())
		}
		n.fd[at] = bound
	}
	switch {
	case bound != "":
	case o.shape == aChild:
		bound = n.task[sim.TaskID(v.a())]
	case strings.HasPrefix(o.name, "listns"):
		bound = listText(syscall.Stored(m, t))
	case o.after != nil:
		n.inherit(m)
		return ""
	default:
		bound = "0"
	}
	n.inherit(m)
	return " = " + bound
}

func listText(ids []uint64) string {
	s := make([]string, len(ids))
	for i, id := range ids {
		s[i] = fmt.Sprint(id)
	}
	return "[" + strings.Join(s, ", ") + "]"
}

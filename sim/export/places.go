// SPDX-License-Identifier: GPL-2.0-only

package export

import (
	"fmt"
	"slices"
	"strings"

	"github.com/nssim/nssim/sim"
	"github.com/nssim/nssim/syscall"
)

// places knows where a machine's objects are held, in words.
type places struct {
	m      *sim.Machine
	names  Namer
	tables map[sim.FDTableID]string // the tasks that use a descriptor table
	loose  map[sim.FileID][]string  // holders of open files that are no descriptors
	work   map[sim.WorkKind]map[int32]bool
}

func newPlaces(m *sim.Machine, names Namer) *places {
	p := &places{
		m: m, names: names, tables: make(map[sim.FDTableID]string),
		loose: make(map[sim.FileID][]string), work: make(map[sim.WorkKind]map[int32]bool),
	}
	m.EachTask(func(t sim.TaskID, k *sim.Task) bool {
		if k.Files != 0 {
			p.tables[k.Files] = join(p.tables[k.Files], names.TaskName(t))
		}
		for w := k.Work; w != 0; w = m.Work(w).Next {
			p.hold(sim.FileID(m.Work(w).Obj), names.TaskName(t)+", which is closing it")
		}
		return true
	})
	for i := int32(1); i < m.MMs.Cap(); i++ {
		if m.MMs.Live(i) {
			p.hold(m.MMs.At(i).Exe, "executable of "+p.mmUsers(i))
		}
	}
	for i := int32(1); i < m.Sockets.Cap(); i++ {
		if m.Sockets.Live(i) {
			p.queued(i)
		}
	}
	for w := m.Deferred; w != 0; w = m.Work(w).Next {
		p.deferred(m.Work(w))
	}
	return p
}

func (p *places) hold(f sim.FileID, what string) {
	if f != 0 {
		p.loose[f] = append(p.loose[f], what)
	}
}

func (p *places) queued(socket int32) {
	for i := p.m.Sockets.At(socket).First; i != 0; i = p.m.Msgs.At(i).Next {
		for f := p.m.Msgs.At(i).Files; f != 0; f = p.m.MsgFiles.At(f).Next {
			p.hold(p.m.MsgFiles.At(f).File, "a message in the queue of socket "+itoa(socket))
		}
	}
}

func (p *places) deferred(w *sim.Work) {
	obj := w.Obj
	if w.NS != 0 {
		obj = int32(w.NS)
	}
	if p.work[w.Kind] == nil {
		p.work[w.Kind] = make(map[int32]bool)
	}
	p.work[w.Kind][obj] = true
	if w.Kind == sim.FPut {
		p.hold(sim.FileID(w.Obj), "deferred: "+w.Kind.String())
	}
}

// pending returns "deferred: KIND" if work of that kind waits for an object.
func (p *places) pending(kind sim.WorkKind, obj int32) string {
	if !p.work[kind][obj] {
		return ""
	}
	return "deferred: " + kind.String()
}

// files says where open files are: descriptors by task, then the rest.
func (p *places) files(match func(sim.FileID, *sim.File) bool) string {
	var want []sim.FileID
	for i := int32(1); i < p.m.Files.Cap(); i++ {
		if p.m.Files.Live(i) && match(sim.FileID(i), p.m.File(sim.FileID(i))) {
			want = append(want, sim.FileID(i))
		}
	}
	parts := p.descriptors(want)
	for _, f := range want {
		parts = append(parts, p.loose[f]...)
		if len(p.loose[f]) == 0 && !p.isDescriptor(f) {
			parts = append(parts, p.inFlight())
		}
	}
	return strings.Join(slices.Compact(parts), ", ")
}

// descriptors says which descriptors the files are; tables with the same ones are
// taken together.
func (p *places) descriptors(files []sim.FileID) []string {
	var order []string
	tasks := make(map[string]string)
	for i := int32(1); i < p.m.FDTables.Cap(); i++ {
		users, used := p.tables[sim.FDTableID(i)]
		if !used {
			continue
		}
		var fds []int32
		p.m.EachFD(sim.FDTableID(i), func(fd int32, f sim.FileID) {
			if slices.Contains(files, f) {
				fds = append(fds, fd)
			}
		})
		if len(fds) == 0 {
			continue
		}
		what := "fd " + spans(fds)
		if _, seen := tasks[what]; !seen {
			order = append(order, what)
		}
		tasks[what] = join(tasks[what], users)
	}
	for i, what := range order {
		order[i] = what + " of " + tasks[what]
	}
	return order
}

// inFlight names the calls that are in flight. Which of several holds something in its
// locals cannot be told from outside.
func (p *places) inFlight() string {
	s := "a call in flight"
	p.m.EachTask(func(t sim.TaskID, k *sim.Task) bool {
		if k.Top != 0 {
			op, step := syscall.NextStep(p.m, t)
			s += fmt.Sprintf(" (%s in %s, before %s)", p.names.TaskName(t), op, step)
		}
		return true
	})
	return s
}

func (p *places) isDescriptor(want sim.FileID) (found bool) {
	for i := range p.tables {
		p.m.EachFD(i, func(_ int32, f sim.FileID) { found = found || f == want })
	}
	return found
}

// tasks names the tasks that fit, with what has become of them.
func (p *places) tasks(match func(*sim.Task) bool) string {
	s := ""
	p.m.EachTask(func(t sim.TaskID, k *sim.Task) bool {
		if match(k) {
			s = join(s, p.task(t))
		}
		return true
	})
	return s
}

func (p *places) task(t sim.TaskID) string {
	name := p.names.TaskName(t)
	switch k := p.m.Task(t); {
	case k.State == sim.Dead:
		return name + " (reaped, " + p.pendingOr(sim.RCUPutTask, int32(t), "about to be freed") + ")"
	case k.State == sim.Zombie:
		return name + " (zombie)"
	case k.State == sim.Embryo:
		return name + " (being made)"
	}
	return name
}

func (p *places) pendingOr(kind sim.WorkKind, obj int32, otherwise string) string {
	if s := p.pending(kind, obj); s != "" {
		return s
	}
	return otherwise
}

func (p *places) mmUsers(mm int32) string {
	return p.tasks(func(k *sim.Task) bool { return int32(k.MM) == mm })
}

// join adds an element to a list in words.
func join(list, element string) string {
	if list == "" {
		return element
	}
	return list + ", " + element
}

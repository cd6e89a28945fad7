// SPDX-License-Identifier: GPL-2.0-only

package export

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/nssim/nssim/sim"
	"github.com/nssim/nssim/sim/program"
	"github.com/nssim/nssim/syscall/uapi"
)

// Resolve finds the namespace that a person means at this point of a run: by a name of
// the program that stands for an id or for a descriptor, as a task's (`t1.net`), by its
// id, or as /proc shows it (`net:[4026532201]`). The error says what was expected.
func Resolve(r *program.Runner, text string) (sim.NS, error) {
	m := r.Machine()
	if ns := FindNS(m, text); ns != 0 {
		return ns, nil
	}
	if task, entry, ok := strings.Cut(text, "."); ok {
		return taskNS(r, task, entry)
	}
	v, bound := r.Value(text)
	switch {
	case !bound:
		return 0, fmt.Errorf("no namespace %q here: expected a name that is bound by now, TASK.net, an id or net:[INODE]", text)
	case v.Kind == program.TaskValue:
		return 0, fmt.Errorf("%s is a task: expected %s.net, %s.user or another of its namespaces", text, text, text)
	case v.Kind == program.Descriptor:
		return descriptorNS(r, text, int32(v.N))
	case v.Kind != program.NSID:
		return 0, fmt.Errorf("%s is %s: expected a namespace", text, v.Kind)
	}
	if ns := FindNS(m, strconv.FormatUint(v.N, 10)); ns != 0 {
		return ns, nil
	}
	return 0, &GoneError{text, v.N}
}

// GoneError says that a namespace was there and is not any more.
type GoneError struct {
	Name string
	ID   uint64
}

// Error says it in a sentence.
func (e *GoneError) Error() string {
	return fmt.Sprintf("%s: namespace %d does not exist any more, and nothing of it is left", e.Name, e.ID)
}

// taskNS finds a namespace of a task by the task's name and the name in /proc/PID/ns.
func taskNS(r *program.Runner, task, entry string) (sim.NS, error) {
	e, ok := uapi.ProcNSByName(entry)
	if !ok {
		return 0, fmt.Errorf("no namespace %q: expected one of the names in /proc/PID/ns behind the dot", task+"."+entry)
	}
	m := r.Machine()
	var id sim.TaskID
	m.EachTask(func(t sim.TaskID, _ *sim.Task) bool {
		if r.TaskName(t) == task {
			id = t
		}
		return id == 0
	})
	if id == 0 {
		return 0, fmt.Errorf("no task %q here: expected one that is there by now and not yet released", task)
	}
	if ns := m.TaskNS(id, e); ns != 0 {
		return ns, nil
	}
	return 0, fmt.Errorf("%s has no %s namespace any more: it has ended", task, entry)
}

// descriptorNS finds the namespace of a descriptor's name: what tasks have open under
// that number.
func descriptorNS(r *program.Runner, name string, fd int32) (found sim.NS, err error) {
	m := r.Machine()
	m.EachTask(func(_ sim.TaskID, k *sim.Task) bool {
		f := m.FDGet(k.Files, fd)
		if f == 0 || m.File(f).Kind != sim.FileNSFS {
			return true
		}
		switch ns := m.Inode(sim.InodeID(m.File(f).Obj)).NS; found {
		case 0, ns:
			found = ns
		default:
			err = fmt.Errorf("%s is number %d, which is another namespace in another task: expected an id or net:[INODE]", name, fd)
		}
		return err == nil
	})
	if found == 0 {
		return 0, fmt.Errorf("%s is not open on a namespace file here", name)
	}
	return found, err
}

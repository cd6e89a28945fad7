// SPDX-License-Identifier: GPL-2.0-only

package live

import (
	"errors"
	"fmt"
	"strings"

	"github.com/nssim/nssim/syscall/uapi"
)

// taskNamespace returns the id of a task's namespace by its name in /proc/PID/ns. Only the
// link is read: to open the file would be to hold the namespace.
func (s *session) taskNamespace(pid int, name string) (uint64, error) {
	id, err := s.linkedNamespace(fmt.Sprintf("/proc/%d/ns/%s", pid, name))
	if errors.Is(err, ErrAgent) && name == "pid_for_children" {
		// Up to v7.0 procfs shows it only when it has had a process.
		return s.pidForChildren(pid)
	}
	return id, err
}

// linkedNamespace returns the id of the namespace that a link such as net:[4026531833]
// names.
func (s *session) linkedNamespace(path string) (uint64, error) {
	if !s.g.HasCounts() {
		r, err := s.g.askOne(s.ctx, opNSID, []byte(path)) // nobody counts who opens it
		if n := r.u64s(); len(n) == 1 {
			return n[0], nil
		}
		return 0, err
	}
	link, err := s.g.askOne(s.ctx, opLink, []byte(path))
	if err != nil {
		return 0, err
	}
	typ, inum, ok := parseLink(string(link.data))
	if !ok {
		return 0, fmt.Errorf("%w: %s is %q and no namespace", ErrCannot, path, link.data)
	}
	for i := range s.now {
		if ns := &s.now[i]; ns.Inum == inum && ns.Type == typ {
			return ns.ID, nil
		}
	}
	return 0, fmt.Errorf("%w: no namespace %s is on the kernel's list", ErrCannot, link.data)
}

func parseLink(text string) (typ uapi.NSType, inum uint32, ok bool) {
	name, rest, _ := strings.Cut(text, ":")
	if _, err := fmt.Sscanf(rest, "[%d]", &inum); err != nil {
		return 0, 0, false
	}
	e, ok := uapi.ProcNSByName(name)
	return e.Type, inum, ok
}

// pidForChildren finds the pid namespace of a process's future children in the kernel's
// memory: along the list of all processes, by nsproxy.
func (s *session) pidForChildren(pid int) (uint64, error) {
	if !s.g.HasCounts() {
		return 0, fmt.Errorf("%w: this kernel does not show pid_for_children", ErrCannot)
	}
	t := &s.g.lay.Task
	for task, n := t.Init, 0; n < maxProcesses; n++ {
		v, err := s.g.readWords(s.ctx, task+t.Next, task+t.Pid, task+t.Proxy)
		if err != nil {
			return 0, err
		}
		if int(uint32(v[1])) == pid {
			return s.follow(v[2], t.ForChildren, t.ID)
		}
		if task = v[0] - t.Next; task == t.Init {
			break
		}
	}
	return 0, fmt.Errorf("%w: no process %d in the kernel's memory", ErrCannot, pid)
}

// maxProcesses bounds the walk along the list.
const maxProcesses = 1 << 15

// follow reads the word at an offset from a pointer, and so on from what it finds there.
func (s *session) follow(p uint64, offsets ...uint64) (uint64, error) {
	for _, off := range offsets {
		v, err := s.g.readWords(s.ctx, p+off)
		if err != nil {
			return 0, err
		}
		p = v[0]
	}
	return p, nil
}

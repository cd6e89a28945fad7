// SPDX-License-Identifier: GPL-2.0-only

package strace

import (
	"path"
	"slices"
	"strconv"
	"strings"

	"github.com/nssim/nssim/sim"
	"github.com/nssim/nssim/syscall/uapi"
)

// survey is what is looked up in the whole log before it is gone through.
type survey struct {
	// mounted are the mount points that the model is to have, and the directories in which
	// these are made.
	mounted map[string]bool
	// strange are the processes that are none of the log's and are not in the initial
	// namespaces.
	strange map[string]bool
	// killed is the signals that have ended processes.
	killed map[int]uapi.Signal
}

// makers are the calls that make a task.
var makers = map[string]bool{"fork": true, "vfork": true, "clone": true, "clone3": true, "clone2": true}

// survey looks through the log.
func (im *importer) survey() {
	im.seen = survey{map[string]bool{}, map[string]bool{}, map[int]uapi.Signal{}}
	firstLine := map[int]int{}
	opened := map[[2]int]string{}
	var pids []int
	var made []*call
	for i := range im.log.events {
		e := &im.log.events[i]
		if e.kind == notice {
			continue
		}
		if _, met := firstLine[e.pid]; !met {
			firstLine[e.pid] = e.line
			pids = append(pids, e.pid)
		}
		if e.kind == exited && e.status.Signaled() {
			im.seen.killed[e.pid] = e.status.TermSignal()
		}
		c := e.call
		if e.kind != leave || !c.returns {
			continue
		}
		switch {
		case makers[c.name] && c.errno == 0:
			made = append(made, c)
		case c.errno == 0 && (c.name == "openat" || c.name == "open"):
			opened[[2]int{c.pid, int(c.ret)}] = c.text
		case c.name == "mount" && c.errno == 0 && len(c.args) > 1:
			im.surveyMount(c, opened)
		case c.name == "read" && len(c.args) > 1:
			im.surveyStat(c.args[1].str)
		}
	}
	slices.SortStableFunc(made, func(a, b *call) int { return a.first - b.first })
	im.pairUp(pids, made, firstLine)
}

// pairUp finds out which call has made which process. In the initial pid namespace the
// call returns the number that the log has; elsewhere the order must do.
func (im *importer) pairUp(pids []int, made []*call, firstLine map[int]int) {
	pair := func(fits func(c *call, pid int) bool) {
		for _, pid := range pids[min(1, len(pids)):] {
			if im.births[pid] != nil {
				continue
			}
			for _, c := range made {
				if c.child == 0 && c.first < firstLine[pid] && c.pid != pid && fits(c, pid) {
					c.child, im.births[pid] = pid, c
					break
				}
			}
		}
	}
	pair(func(c *call, pid int) bool { return c.ret == int64(pid) })
	pair(func(*call, int) bool { return true })
}

// surveyMount notes where a namespace file is mounted, from /proc/PID/ns or from a
// descriptor that was opened there, and where a file system below /tmp.
func (im *importer) surveyMount(c *call, opened map[[2]int]string) {
	src, target := c.args[0].str, c.args[1].str
	if nr, ok := strings.CutPrefix(src, "/proc/self/fd/"); ok {
		fd, _ := strconv.Atoi(nr)
		src = opened[[2]int{c.pid, fd}]
	}
	tmpfs := len(c.args) > 2 && c.args[2].str == "tmpfs" && strings.HasPrefix(target, "/tmp/")
	if !strings.Contains(src, "/ns/") && !tmpfs {
		return
	}
	for p := path.Clean(target); strings.HasPrefix(p, "/") && p != "/" && p != "/tmp"; p = path.Dir(p) {
		im.seen.mounted[p] = true
	}
}

// surveyStat notices the kernel thread with a mount namespace of its own by what a
// program has read from its stat file.
func (im *importer) surveyStat(s string) {
	if nr, rest, ok := strings.Cut(s, " "); ok && strings.HasPrefix(rest, "(kdevtmpfs) ") {
		im.seen.strange[nr] = true
	}
}

// taskOf returns the task of an event, which it makes if this is the first of it.
func (im *importer) taskOf(e *event) *task {
	if t := im.tasks[e.pid]; t != nil {
		return t
	}
	if len(im.tasks) == 0 {
		t := &task{pid: e.pid, name: "init", id: im.m.Init(), fs: &fsInfo{}, mem: &memory{}, sig: &handlers{}}
		im.tasks[e.pid] = t
		return t
	}
	c := im.births[e.pid]
	if c == nil {
		im.err = im.log.fail(e.line, 1, "process "+itoa(e.pid), "one that a call in the log has made")
		return nil
	}
	if !c.done {
		im.carryOut(c)
	}
	return im.tasks[e.pid]
}

// inInitialPid reports whether a task's calls return the numbers that the log has.
func (im *importer) inInitialPid(t *task) bool {
	return im.m.ActivePidNS(t.id) == im.m.Initial(uapi.PID_NS)
}

// procShows is the pid namespace whose numbers a task finds in /proc.
func (im *importer) procShows(t *task) sim.NS {
	shown := im.m.Initial(uapi.PID_NS)
	proxy := im.m.Task(t.id).Proxy
	if proxy == 0 {
		return shown
	}
	ns := im.m.Proxy(proxy).NS[sim.SlotMnt]
	for i := im.m.MntNSOf(ns).First; i != 0; i = im.m.Mount(i).Next {
		k := im.m.Mount(i)
		if k.Super != 0 && k.Path != 0 && im.m.PathString(k.Path) == "/proc" {
			if s := im.m.Supers.At(int32(k.Super)); s.Kind == sim.SuperProc {
				shown = s.NS
			}
		}
	}
	return shown
}

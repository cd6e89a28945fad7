// SPDX-License-Identifier: GPL-2.0-only

package strace

import (
	"strconv"
	"strings"

	"github.com/nssim/nssim/sim"
	"github.com/nssim/nssim/sim/program"
	"github.com/nssim/nssim/syscall/uapi"
)

// place is what a path of the log is on the model.
type place struct {
	// x is how the program writes it, nil for a path that does not concern the model.
	x *program.Str
	// abs is the path in the log, absolute; "" if that cannot be told.
	abs string
	// of is the task whose namespace the path leads to, kind which one, if it leads to
	// /proc/PID/ns/KIND.
	of   *task
	kind string
	// foreign: a namespace file of a process that is not in the log.
	foreign bool
}

// userFiles are the files of /proc/PID that say how a user namespace maps.
var userFiles = map[string]bool{"uid_map": true, "gid_map": true, "projid_map": true, "setgroups": true}

// where says what a path is on the model.
func (q *request) where(dir int32, p string) place {
	at := place{abs: q.abs(dir, p)}
	if at.abs == "" {
		return at
	}
	if q.im.seen.mounted[at.abs] {
		at.x = strX(at.abs)
		return at
	}
	rest, ok := strings.CutPrefix(at.abs, "/proc/")
	if !ok {
		return at
	}
	who, rest, _ := strings.Cut(rest, "/")
	pre, ok := q.process(&at, who)
	if !ok {
		return at
	}
	if sub, ok := strings.CutPrefix(rest, "task/"); ok {
		tid, more, _ := strings.Cut(sub, "/")
		inner, ok := q.process(&at, tid)
		if !ok {
			return at
		}
		pre.Parts = append(pre.Parts, program.Part{Text: "/task/"})
		pre.Parts = append(pre.Parts, inner.Parts...)
		rest = more
	}
	first, last, _ := strings.Cut(rest, "/")
	switch {
	case first == "ns" && last != "":
		at.kind = last
		if q.isStrange(who, last) {
			at.foreign = true
			return at
		}
	case userFiles[rest]:
	case first == "fd" && q.fdOfNS(at.of, last):
	default:
		return at
	}
	at.x = joinStr("/proc/", pre, "/"+rest)
	return at
}

// process resolves a name in the root of procfs.
func (q *request) process(at *place, who string) (*program.Str, bool) {
	if who == "self" || who == "thread-self" {
		at.of = q.t
		return strX(who), true
	}
	n, err := strconv.Atoi(who)
	if err != nil {
		return nil, false
	}
	if q.im.procShows(q.t) != q.im.m.Initial(uapi.PID_NS) {
		at.of = q.im.byNumber(q.im.procShows(q.t), n)
		return strX(who), true
	}
	if t := q.im.tasks[n]; t != nil {
		at.of = t
		return &program.Str{Parts: []program.Part{{X: nameX(t.name)}}}, true
	}
	// A process that the log does not show is taken to be in the namespaces of pid 1.
	return strX("1"), true
}

// byNumber finds the task with a number in a pid namespace.
func (im *importer) byNumber(ns sim.NS, nr int) *task {
	for _, t := range im.tasks {
		if t.gone || !im.m.TaskLive(t.id) {
			continue
		}
		if p := im.m.Task(t.id).Pid; p != 0 && im.m.PidNr(p, ns) == int32(nr) {
			return t
		}
	}
	return nil
}

// isStrange reports whether a process that is not in the log is known not to be in the
// initial namespace of a type.
func (q *request) isStrange(who, kind string) bool {
	return q.im.seen.strange[who] && kind == "mnt" || q.im.seen.strange[who+"/"+kind]
}

// fdOfNS reports whether a descriptor of a task is a namespace file.
func (q *request) fdOfNS(t *task, nr string) bool {
	n, err := strconv.ParseInt(nr, 10, 32)
	return err == nil && t != nil && q.im.kindOf(t, int32(n)) == sim.FileNSFS
}

// joinStr puts a string together, joining neighbouring texts.
func joinStr(before string, s *program.Str, after string) *program.Str {
	out := &program.Str{}
	text := before
	for _, p := range s.Parts {
		if p.X == nil {
			text += p.Text
			continue
		}
		if text != "" {
			out.Parts = append(out.Parts, program.Part{Text: text})
		}
		out.Parts = append(out.Parts, p)
		text = ""
	}
	if text += after; text != "" {
		out.Parts = append(out.Parts, program.Part{Text: text})
	}
	return out
}

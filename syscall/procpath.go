// SPDX-License-Identifier: GPL-2.0-only

package syscall

import (
	"strconv"
	"strings"

	"github.com/nssim/nssim/sim"
	"github.com/nssim/nssim/syscall/uapi"
)

// procNS are the names in /proc/PID/ns.
var procNS = uapi.ProcNSEntries()

// The links of procfs that lead to text or to something of a task.
const (
	procSelf uint8 = iota
	procThreadSelf
	procNetLink
	procMountsLink
	procRootLink
	procCwdLink
	procExeLink
)

// procTop are the names in the root of procfs besides the numbers.
var procTop = map[string]target{
	"self":        {kind: toProcText, which: procSelf},
	"thread-self": {kind: toProcText, which: procThreadSelf},
	"net":         {kind: toProcText, which: procNetLink},
	"mounts":      {kind: toProcText, which: procMountsLink},
	"cmdline":     {kind: toProcFile, mode: regular | 0o444},
	"cpuinfo":     {kind: toProcFile, mode: regular | 0o444},
	"filesystems": {kind: toProcFile, mode: regular | 0o444},
	"loadavg":     {kind: toProcFile, mode: regular | 0o444},
	"meminfo":     {kind: toProcFile, mode: regular | 0o444},
	"stat":        {kind: toProcFile, mode: regular | 0o444},
	"uptime":      {kind: toProcFile, mode: regular | 0o444},
	"version":     {kind: toProcFile, mode: regular | 0o444},
}

// procPid are the names in /proc/PID (fs/proc/base.c: tgid_base_stuff, v6.19).
// mountstats and task are missing in /proc/PID/task/TID.
var procPid = map[string]target{
	"task":          {kind: toProcTasks},
	"fd":            {kind: toProcFDs},
	"ns":            {kind: toProcNSDir},
	"net":           {kind: toProcNetDir},
	"root":          {kind: toTaskLink, which: procRootLink},
	"cwd":           {kind: toTaskLink, which: procCwdLink},
	"exe":           {kind: toTaskLink, which: procExeLink},
	"mounts":        {kind: toProcMounts, mode: regular | 0o444},
	"mountinfo":     {kind: toProcMounts, mode: regular | 0o444},
	"mountstats":    {kind: toProcMounts, mode: regular | 0o400},
	"uid_map":       {kind: toProcUser, which: procUIDMap},
	"gid_map":       {kind: toProcUser, which: procGIDMap},
	"projid_map":    {kind: toProcUser, which: procProjIDMap},
	"setgroups":     {kind: toProcUser, which: procSetgroups},
	"cgroup":        {kind: toProcFile, mode: regular | 0o444},
	"cmdline":       {kind: toProcFile, mode: regular | 0o444},
	"comm":          {kind: toProcFile, mode: regular | 0o644},
	"environ":       {kind: toProcFile, mode: regular | 0o400},
	"limits":        {kind: toProcFile, mode: regular | 0o444},
	"maps":          {kind: toProcFile, mode: regular | 0o444},
	"oom_score":     {kind: toProcFile, mode: regular | 0o444},
	"oom_score_adj": {kind: toProcFile, mode: regular | 0o644},
	"stat":          {kind: toProcFile, mode: regular | 0o444},
	"statm":         {kind: toProcFile, mode: regular | 0o444},
	"status":        {kind: toProcFile, mode: regular | 0o444},
}

// procNetFiles are the files in /proc/PID/net that every kernel with networking has.
var procNetFiles = map[string]bool{
	"arp": true, "dev": true, "netlink": true, "packet": true, "protocols": true, "ptype": true, "raw": true,
	"route": true, "sockstat": true, "tcp": true, "udp": true, "unix": true,
}

// notInTask are the names of /proc/PID that /proc/PID/task/TID lacks.
var notInTask = map[string]bool{"task": true, "mountstats": true}

// procChild looks a name up in a directory of procfs; n is the child but for what it
// is. The directories of a task that is gone are empty.
func (x X) procChild(t *target, n target, name string) (target, uapi.Errno) {
	if t.kind == toProcRoot {
		if k, ok := procTop[name]; ok {
			return n.as(k), 0
		}
		return x.procTask(n, name, 0)
	}
	task := x.pidTask(t.pid)
	if task == 0 {
		return target{}, uapi.ENOENT
	}
	switch t.kind {
	case toProcPid:
		if k, ok := procPid[name]; ok && !(t.isTID && notInTask[name]) {
			return n.as(k), 0
		}
	case toProcTasks:
		return x.procTask(n, name, x.Task(task).Leader)
	case toProcNSDir:
		for i, e := range procNS {
			if e.Name == name {
				return n.as(target{kind: toNSLink, which: uint8(i)}), 0
			}
		}
	case toProcFDs:
		return x.procFD(n, name, task)
	case toProcNetDir:
		if x.Task(task).Proxy != 0 && procNetFiles[name] {
			return n.as(target{kind: toProcNet, mode: regular | 0o444}), 0
		}
	}
	return target{}, uapi.ENOENT
}

// as gives a child what it is.
func (t target) as(k target) target {
	t.kind, t.which, t.mode = k.kind, k.which, k.mode
	return t
}

// procTask finds the directory of the task with a number in the instance's pid
// namespace; with a leader given, of a thread of its group
// (fs/proc/base.c: proc_pid_lookup, proc_task_lookup, v6.19).
func (x X) procTask(n target, name string, leader sim.TaskID) (target, uapi.Errno) {
	nr, ok := procNumber(name)
	if !ok {
		return target{}, uapi.ENOENT
	}
	p := x.FindPid(nr, n.pidns)
	task := x.pidTask(p)
	if task == 0 || (leader != 0 && x.Task(task).Leader != leader) {
		return target{}, uapi.ENOENT
	}
	n.kind, n.pid, n.isTID = toProcPid, p, leader != 0
	return n, 0
}

func (x X) procFD(n target, name string, task sim.TaskID) (target, uapi.Errno) {
	fd, ok := procNumber(name)
	if !ok {
		return target{}, uapi.ENOENT
	}
	f := x.FDGet(x.Task(task).Files, fd)
	if f == 0 {
		return target{}, uapi.ENOENT
	}
	n.kind, n.file = toFDLink, f
	return n, 0
}

// procNumber reads a number as procfs spells it: without sign or leading zeros
// (fs/proc/util.c: name_to_int, v6.19).
func procNumber(name string) (int32, bool) {
	n, err := strconv.ParseUint(name, 10, 31)
	return int32(n), err == nil && (name == "0" || name[0] != '0')
}

// pidTask returns the task that has a struct pid for its own, zombies included; 0
// once it is reaped (fs/proc/internal.h: get_proc_task, v6.19).
func (x X) pidTask(p sim.PidID) sim.TaskID {
	if p == 0 {
		return 0
	}
	t := x.Pid(p).Task
	if t == 0 || !x.TaskLive(t) || x.Task(t).State >= sim.Dead || x.Task(t).Pid != p {
		return 0
	}
	return t
}

// followLink goes through a symbolic link of procfs. A link to a namespace leads to
// a namespace file that may have no inode yet.
func (x X) followLink(t *target) (target, uapi.Errno) {
	if t.kind == toProcText {
		return x.followText(t)
	}
	task, e := x.mayFollow(t)
	if e != 0 {
		return target{}, e
	}
	switch t.kind {
	case toNSLink:
		ns, e := x.taskNS(task, procNS[t.which])
		if e != 0 {
			return target{}, e
		}
		return target{kind: toNSFS, path: "/", nsfs: ns}, 0
	case toFDLink:
		return x.fileTarget(t.file), 0
	}
	switch k := x.Task(task); {
	case t.which == procExeLink && k.MM != 0:
		return x.at(x.rootNS(x.T), 0, "/init")
	case t.which == procRootLink && k.FS != 0:
		return x.root(task), 0
	case t.which == procCwdLink && k.FS != 0:
		return x.cwd(task), 0
	}
	return target{}, uapi.ENOENT
}

// mayFollow makes the checks of a magic link: the task must be there, and the caller
// must be allowed to read it; the links of /proc/PID/ns wait for the end of an execve
// since v7.1 (fs/proc/namespaces.c: proc_ns_get_link; fs/proc/base.c: proc_pid_get_link,
// v6.19).
func (x X) mayFollow(t *target) (sim.TaskID, uapi.Errno) {
	task := x.pidTask(t.pid)
	if task == 0 {
		return 0, uapi.EACCES
	}
	if t.kind == toNSLink && !x.Cfg.Rules.Has(sim.NSLinkIgnoresExec) {
		if e := x.awaitExec(task); e != 0 {
			return 0, e
		}
	}
	if !x.PtraceMayRead(x.T, task, sim.FSCreds) {
		return 0, uapi.EACCES
	}
	return task, 0
}

// taskNS is the get operation behind a name in /proc/PID/ns. It takes no reference.
// ENOENT: the task has given the namespace up, or, up to v7.0, the pid namespace for
// its children has had no process yet (fs/proc/namespaces.c; kernel/pid_namespace.c:
// pidns_for_children_get, v6.19).
func (x X) taskNS(t sim.TaskID, e uapi.ProcNSEntry) (sim.NS, uapi.Errno) {
	ns := x.TaskNS(t, e)
	if ns != 0 && e.Type == uapi.PID_NS && e.ForChildren && x.Cfg.Rules.Has(sim.PidForChildrenNeedsReaper) &&
		!x.PidNSOf(ns).HadChild {
		ns = 0
	}
	if ns == 0 {
		return 0, uapi.ENOENT
	}
	return ns, 0
}

// followText follows a link of procfs to a path in procfs. self and thread-self are
// ENOENT for a task without a number in the instance's pid namespace
// (fs/proc/self.c: proc_self_get_link, v6.19).
func (x X) followText(t *target) (target, uapi.Errno) {
	text, e := x.procText(t)
	if e != 0 {
		return target{}, e
	}
	at, e := x.at(t.ns, t.mnt, dirName(t.path))
	for rest := text; rest != "" && e == 0; {
		var name string
		name, rest, _ = strings.Cut(rest, "/")
		if at, e = x.enter(at, name); e == 0 && at.kind == toProcText {
			at, e = x.followText(&at)
		}
	}
	return at, e
}

// procText is what a link of procfs to text reads.
func (x X) procText(t *target) (string, uapi.Errno) {
	switch t.which {
	case procNetLink:
		return "self/net", 0
	case procMountsLink:
		return "self/mounts", 0
	}
	tgid := x.PidNr(x.Task(x.me().Leader).Tgid, t.pidns)
	if tgid == 0 {
		return "", uapi.ENOENT
	}
	text := strconv.Itoa(int(tgid))
	if t.which == procThreadSelf {
		text += "/task/" + strconv.Itoa(int(x.PidNr(x.me().Pid, t.pidns)))
	}
	return text, 0
}

// procFileTarget is fileTarget for a file of procfs, which is kept by its struct pid
// and kind.
func (x X) procFileTarget(t target, k *sim.File) target {
	t.file, t.pid, t.pidns = 0, sim.PidID(k.Obj), x.procInstance(k.Mount)
	t.kind, t.isTID = targetKind(k.Which&^procTID), k.Which&procTID != 0
	t.path = x.procPath(&t)
	switch k.Kind {
	case sim.FileProcMounts:
		t.kind, t.mode = toProcMounts, regular|0o444
	case sim.FileProcNet:
		t.kind, t.mode = toProcNet, regular|0o444
	case sim.FileProcUser:
		t.kind, t.which = toProcUser, k.Which
	case sim.FileProcNSLink:
		t.kind, t.which = toNSLink, k.Which
	default:
		t.mode = regular | 0o444
	}
	return t
}

// procDirs are the directories of /proc/PID.
var procDirs = map[targetKind]string{toProcTasks: "/task", toProcNSDir: "/ns", toProcFDs: "/fd", toProcNetDir: "/net"}

// procPath is where in its file system a directory of procfs is; of a file it is the
// directory.
func (x X) procPath(t *target) string {
	root := "/"
	if x.superOf(t.mnt) == 0 {
		root = "/proc"
	}
	if t.pid == 0 {
		return root
	}
	nr := strconv.Itoa(int(x.PidNr(t.pid, t.pidns)))
	if task := x.pidTask(t.pid); t.isTID && task != 0 {
		nr = strconv.Itoa(int(x.PidNr(x.Task(x.Task(task).Leader).Tgid, t.pidns))) + "/task/" + nr
	}
	return joinPath(root, nr) + procDirs[t.kind]
}

// procInstance is the pid namespace that the procfs of a mount shows.
func (x X) procInstance(m sim.MountID) sim.NS {
	if s := x.superOf(m); s != 0 && x.super(s).Kind == sim.SuperProc {
		return x.super(s).NS
	}
	return x.Initial(uapi.PID_NS)
}

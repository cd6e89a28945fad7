// SPDX-License-Identifier: GPL-2.0-only

package explore

import (
	"strings"

	"github.com/nssim/nssim/sim"
	"github.com/nssim/nssim/syscall"
	"github.com/nssim/nssim/syscall/uapi"
)

// shape says what an operation's arguments range over.
type shape uint8

const (
	noArg     shape = iota
	anyFD           // every open descriptor of the task
	nsFD            // those of namespace files and pidfds
	sockFD          // those of sockets
	aChild          // every zombie child
	aTask           // every other task of the program that lives
	fdAndTask       // a descriptor and another task
	anID            // every id that has been given out, dead or alive
)

// binds says what name a call's result gets in a program.
type binds uint8

const (
	bindsNothing binds = iota
	bindsTask
	bindsFD
	bindsThere // a descriptor of the task that is the argument
)

// op is a kind of call that a search may make: the name it has on the command line, how
// it is written in a program, and what it needs of the bounds.
type op struct {
	name  string
	text  string // as in a program; %a is the first argument, %b the second, %n the first as a number
	shape shape
	binds binds
	tasks int                   // tasks that it makes
	makes uint64                // CLONE_NEW* of the namespaces that it makes
	fds   int                   // descriptors that it opens
	ends  bool                  // it ends the task
	call  builder               // the system call
	after func() []syscall.Call // further calls that belong to it: what a macro does
	dull  dullness              // nil: never known to be dull
}

// builder makes the system call for the arguments: a descriptor, a pid or a task.
type builder func(a, b int32) syscall.Call

// dullness reports whether a call is certain to fail and to change nothing.
type dullness func(m *sim.Machine, t sim.TaskID, a int32) bool

// ops are the operations of all set-ups. An op's place is its number in a Move, and the
// order in which a state's moves are tried.
var ops []op

func opByName(name string) (uint8, bool) {
	for i := range ops {
		if ops[i].name == name {
			return uint8(i), true
		}
	}
	return 0, false
}

// OpNames lists the operations that a search may be told to make.
func OpNames() (names []string) {
	for i := range ops {
		names = append(names, ops[i].name)
	}
	return names
}

// OpTexts lists them as they are written in programs, in the same order.
func OpTexts() (texts []string) {
	for i := range ops {
		texts = append(texts, strings.NewReplacer("%a", "X", "%b", "Y", "%n", "ID").Replace(ops[i].text))
	}
	return texts
}

func init() {
	add := func(o op) { ops = append(ops, o) }
	add(op{name: "fork", text: "fork()", binds: bindsTask, tasks: 1,
		call: func(_, _ int32) syscall.Call { return syscall.Clone{ExitSignal: uint32(uapi.SIGCHLD)} }})
	for _, c := range []struct {
		name  string
		flags uint64
		text  string
	}{
		{"clone-parent", uapi.CLONE_PARENT, "CLONE_PARENT"},
		{"clone-user", uapi.CLONE_NEWUSER, "CLONE_NEWUSER"},
		{"clone-net", uapi.CLONE_NEWNET, "CLONE_NEWNET"},
		{"clone-usernet", uapi.CLONE_NEWUSER | uapi.CLONE_NEWNET, "CLONE_NEWUSER|CLONE_NEWNET"},
		{"clone-pid", uapi.CLONE_NEWPID, "CLONE_NEWPID"},
		{"clone-userpid", uapi.CLONE_NEWUSER | uapi.CLONE_NEWPID, "CLONE_NEWUSER|CLONE_NEWPID"},
	} {
		call := syscall.Clone{Flags: c.flags, ExitSignal: uint32(uapi.SIGCHLD)}
		add(op{name: c.name, text: "clone(" + c.text + "|SIGCHLD)", binds: bindsTask, tasks: 1, makes: c.flags & uint64(uapi.NSTypeMask),
			call: func(_, _ int32) syscall.Call { return call }})
	}
	for _, u := range []struct {
		name  string
		flags uint64
		text  string
	}{
		{"unshare-user", uapi.CLONE_NEWUSER, "CLONE_NEWUSER"},
		{"unshare-net", uapi.CLONE_NEWNET, "CLONE_NEWNET"},
		{"unshare-usernet", uapi.CLONE_NEWUSER | uapi.CLONE_NEWNET, "CLONE_NEWUSER|CLONE_NEWNET"},
		{"unshare-uts", uapi.CLONE_NEWUTS, "CLONE_NEWUTS"},
		{"unshare-useruts", uapi.CLONE_NEWUSER | uapi.CLONE_NEWUTS, "CLONE_NEWUSER|CLONE_NEWUTS"},
		{"unshare-ipc", uapi.CLONE_NEWIPC, "CLONE_NEWIPC"},
		{"unshare-mnt", uapi.CLONE_NEWNS, "CLONE_NEWNS"},
		{"unshare-cgroup", uapi.CLONE_NEWCGROUP, "CLONE_NEWCGROUP"},
		{"unshare-time", uapi.CLONE_NEWTIME, "CLONE_NEWTIME"},
		{"unshare-pid", uapi.CLONE_NEWPID, "CLONE_NEWPID"},
	} {
		call := syscall.Unshare{Flags: u.flags}
		add(op{name: u.name, text: "unshare(" + u.text + ")", makes: u.flags,
			call: func(_, _ int32) syscall.Call { return call }, dull: unshareDull(u.flags)})
	}
	add(op{name: "enter-userns", text: "enter_userns()", makes: uapi.CLONE_NEWUSER, dull: enterDull,
		call: func(_, _ int32) syscall.Call { return syscall.Unshare{Flags: uapi.CLONE_NEWUSER} }, after: mapRoot})
	add(op{name: "enter-usernet", makes: uapi.CLONE_NEWUSER | uapi.CLONE_NEWNET, dull: enterDull,
		text: "unshare(CLONE_NEWUSER|CLONE_NEWNET) = 0\n" + `write("/proc/self/uid_map", "0 0 1")` + "\n" +
			`write("/proc/self/setgroups", "deny")` + "\n" + `write("/proc/self/gid_map", "0 0 1")`,
		call: func(_, _ int32) syscall.Call {
			return syscall.Unshare{Flags: uapi.CLONE_NEWUSER | uapi.CLONE_NEWNET}
		}, after: mapRoot})
	for _, o := range []string{"user", "net", "uts", "ipc", "mnt", "cgroup", "pid", "pid_for_children", "time"} {
		call := syscall.Open{Path: "/proc/self/ns/" + o, Flags: uapi.O_RDONLY}
		add(op{name: "open-" + o, text: `open("` + call.Path + `", O_RDONLY)`, binds: bindsFD, fds: 1,
			call: func(_, _ int32) syscall.Call { return call }})
	}
	add(op{name: "socket", text: "socket(AF_INET, SOCK_DGRAM, 0)", binds: bindsFD, fds: 1,
		call: func(_, _ int32) syscall.Call { return syscall.Socket{Family: uapi.AF_INET, Type: uapi.SOCK_DGRAM} }})
	add(op{name: "setns", text: "setns(%a, 0)", shape: nsFD, dull: setnsDull,
		call: func(a, _ int32) syscall.Call { return syscall.Setns{FD: a} }})
	for _, s := range []struct {
		name  string
		flags uint64
		text  string
	}{
		{"setns-user", uapi.CLONE_NEWUSER, "CLONE_NEWUSER"},
		{"setns-net", uapi.CLONE_NEWNET, "CLONE_NEWNET"},
		{"setns-uts", uapi.CLONE_NEWUTS, "CLONE_NEWUTS"},
		{"setns-usernet", uapi.CLONE_NEWUSER | uapi.CLONE_NEWNET, "CLONE_NEWUSER|CLONE_NEWNET"},
		{"setns-useruts", uapi.CLONE_NEWUSER | uapi.CLONE_NEWUTS, "CLONE_NEWUSER|CLONE_NEWUTS"},
	} {
		flags := s.flags
		add(op{name: s.name, text: "setns(%a, " + s.text + ")", shape: nsFD,
			call: func(a, _ int32) syscall.Call { return syscall.Setns{FD: a, Flags: flags} }})
	}
	for _, i := range []struct {
		name, cmd string
		num       uapi.Ioctl
		shape     shape
		dull      dullness
	}{
		{"siocgskns", "SIOCGSKNS", uapi.SIOCGSKNS, sockFD, nil},
		{"get-userns", "NS_GET_USERNS", uapi.NS_GET_USERNS, nsFD, getUserNSDull},
		{"get-parent", "NS_GET_PARENT", uapi.NS_GET_PARENT, nsFD, nil},
	} {
		cmd := i.num
		add(op{name: i.name, text: "ioctl(%a, " + i.cmd + ")", shape: i.shape, binds: bindsFD, fds: 1, dull: i.dull,
			call: func(a, _ int32) syscall.Call { return syscall.Ioctl{FD: a, Cmd: cmd, Null: true} }})
	}
	add(op{name: "close", text: "close(%a)", shape: anyFD,
		call: func(a, _ int32) syscall.Call { return syscall.Close{FD: a} }})
	add(op{name: "sendfd", text: "sendfd(%b, %a)", shape: fdAndTask, binds: bindsThere,
		call: func(a, b int32) syscall.Call { return syscall.SendFD{To: sim.TaskID(b), FD: a} }})
	add(op{name: "pidfd-open", text: "pidfd_open(%a, 0)", shape: aTask, binds: bindsFD, fds: 1,
		call: func(a, _ int32) syscall.Call { return syscall.PidfdOpen{Pid: a} }})
	add(op{name: "setuid", text: "setuid(1000)", dull: func(m *sim.Machine, t sim.TaskID, _ int32) bool { return m.TaskCred(t).UID.Eff == 1000 },
		call: func(_, _ int32) syscall.Call { return syscall.Setuid{UID: 1000} }})
	for _, l := range []struct {
		name string
		req  uapi.NSIDReq
		text string
	}{
		{"listns", uapi.NSIDReq{}, "{}"},
		{"listns-net", uapi.NSIDReq{NSType: uapi.NET_NS}, "{ns_type=NET_NS}"},
		{"listns-uts", uapi.NSIDReq{NSType: uapi.UTS_NS}, "{ns_type=UTS_NS}"},
		{"listns-own", uapi.NSIDReq{UserNSID: uapi.LISTNS_CURRENT_USER}, "{user_ns_id=LISTNS_CURRENT_USER}"},
	} {
		call := syscall.Listns{Req: l.req, Buf: syscall.Buf{Room: syscall.Unlimited}, NR: 64}
		add(op{name: l.name, text: "listns(" + l.text + ", 64)",
			call: func(_, _ int32) syscall.Call { return call }})
	}
	after := func(typ uapi.NSType) builder {
		return func(a, _ int32) syscall.Call {
			return syscall.Listns{Req: uapi.NSIDReq{NSID: uint64(a), NSType: typ}, Buf: syscall.Buf{Room: syscall.Unlimited}, NR: 64}
		}
	}
	add(op{name: "listns-after", text: "listns({ns_id=%n}, 64)", shape: anID, call: after(0)})
	add(op{name: "listns-after-net", text: "listns({ns_id=%n, ns_type=NET_NS}, 64)", shape: anID, call: after(uapi.NET_NS)})
	add(op{name: "listns-owned", text: "listns({user_ns_id=%n}, 64)", shape: anID, call: func(a, _ int32) syscall.Call {
		return syscall.Listns{Req: uapi.NSIDReq{UserNSID: uint64(a)}, Buf: syscall.Buf{Room: syscall.Unlimited}, NR: 64}
	}})
	add(op{name: "open-handle", text: "open_by_handle_at(FD_NSFS_ROOT, {ns_id=%n}, O_RDONLY)",
		shape: anID, binds: bindsFD, fds: 1, call: func(a, _ int32) syscall.Call {
			return syscall.Handle(uapi.FD_NSFS_ROOT, uapi.NSFSFileHandle{NSID: uint64(a)}, uapi.O_RDONLY)
		}})
	add(op{name: "exit", text: "exit_group(0)", ends: true,
		call: func(_, _ int32) syscall.Call { return syscall.ExitGroup{} }})
	add(op{name: "wait", text: "wait4(%a)", shape: aChild, binds: bindsNothing,
		call: func(a, _ int32) syscall.Call { return syscall.Wait{Which: uapi.P_PID, ID: a} }})
}

// setnsDull: the caller is in that user namespace, or lacks a capability. What fails so
// has built and thrown away an nsproxy, which leaves no trace.
func setnsDull(m *sim.Machine, t sim.TaskID, fd int32) bool {
	f := m.File(m.FDGet(m.Task(t).Files, fd))
	if f.Kind != sim.FileNSFS {
		return false
	}
	ns := m.Inode(sim.InodeID(f.Obj)).NS
	mine := m.UserNS(t)
	if m.Nodes[ns].NSType() == uapi.USER_NS {
		return ns == mine || !m.NSCapable(t, ns, uapi.CAP_SYS_ADMIN)
	}
	return !m.NSCapable(t, m.Entries[ns].Owner, uapi.CAP_SYS_ADMIN) || !m.NSCapable(t, mine, uapi.CAP_SYS_ADMIN)
}

// getUserNSDull: the owner is outside of what the caller's user namespace contains.
func getUserNSDull(m *sim.Machine, t sim.TaskID, fd int32) bool {
	f := m.File(m.FDGet(m.Task(t).Files, fd))
	if f.Kind != sim.FileNSFS {
		return true
	}
	owner := m.Entries[m.Inode(sim.InodeID(f.Obj)).NS].Owner
	for mine := m.UserNS(t); owner != 0; owner = m.Entries[owner].Owner {
		if owner == mine {
			return false
		}
	}
	return true
}

// mapRoot is what the macro enter_userns() does behind the unshare, for a caller whose
// ids are 0. The calls are made in one go: until the maps are there the task can do
// little, and nobody else looks at them.
func mapRoot() (calls []syscall.Call) {
	for _, w := range [][2]string{{"uid_map", "0 0 1"}, {"setgroups", "deny"}, {"gid_map", "0 0 1"}} {
		calls = append(calls, syscall.Open{Path: "/proc/self/" + w[0], Flags: uapi.O_WRONLY},
			syscall.Write{FD: lastFD, Data: w[1]}, syscall.Close{FD: lastFD})
	}
	return calls
}

// lastFD stands for the descriptor that the call before has returned.
const lastFD = -2

// enterDull: the caller's ids have no mapping, or are not 0.
func enterDull(m *sim.Machine, t sim.TaskID, _ int32) bool {
	c := m.TaskCred(t)
	return c.UID.Eff != 0 || m.UserNSOf(c.UserNS).UIDMap == 0
}

// unshareDull: without a new user namespace the others take a capability.
func unshareDull(flags uint64) dullness {
	if flags&uapi.CLONE_NEWUSER != 0 {
		return nil
	}
	return func(m *sim.Machine, t sim.TaskID, _ int32) bool {
		return !m.NSCapable(t, m.UserNS(t), uapi.CAP_SYS_ADMIN)
	}
}

// SPDX-License-Identifier: GPL-2.0-only

package syz

import (
	"slices"
	"strings"

	"github.com/nssim/nssim/syscall/uapi"
)

// kind is what a parameter of a system call is.
type kind uint8

const (
	// ignored is a parameter of syzkaller's that programs of the model do not have.
	ignored kind = iota
	// zero is one of those that has to have its default value.
	zero
	number
	flags
	descriptor
	// bare is the number of a descriptor, whatever is open there.
	bare
	process
	// ident is a user or group id: -1 has 32 bits.
	ident
	text
	// path is text that ends at its first zero byte.
	path
	// name is a path that may be missing.
	name
	// length is the length of the text before it.
	length
	// output is a number that the call stores.
	output
	// opaque is an output of which programs of syzkaller cannot use anything.
	opaque
	status
	stat
)

// param is one parameter of syzkaller's call.
type param struct {
	kind  kind
	group uapi.Group
	// value is the default of zero and of a parameter that is left out in the program.
	value uint64
	// optional parameters are left out in the program when they have the default value
	// and nothing follows.
	optional bool
}

// produces is what a call returns.
type produces uint8

const (
	nothing produces = iota
	aNumber
	aDescriptor
	aProcess
	// aChild is a process that the call makes.
	aChild
	// ends is a call that does not return, and leaves syzkaller's program behind.
	ends
)

// callSpec is a system call on both sides.
type callSpec struct {
	// syz is syzkaller's name without the variant, sys the model's.
	syz, sys string
	// variant is written behind the name: $unix.
	variant string
	params  []param
	returns produces
	// in returns the arguments of the model's call; nil: by params.
	in func(m *importer, c *Call) []string
	// out returns the arguments of syzkaller's call; nil: by params.
	out func(x *exporter) []Arg
	// inOnly is a call that is read but not written: there is another form.
	inOnly bool
}

func flagsOf(g uapi.Group) param { return param{kind: flags, group: g} }
func optional(p param) param     { p.optional = true; return p }
func skipped(def uint64) param   { return param{kind: ignored, value: def} }
func fixed(def uint64) param     { return param{kind: zero, value: def} }
func many(k kind, n int) []param { return slices.Repeat([]param{{kind: k}}, n) }

var (
	fdParam   = param{kind: descriptor, group: uapi.GroupDirFD}
	fdNumber  = param{kind: bare}
	num       = param{kind: number}
	pidParam  = param{kind: process}
	pathParam = param{kind: path}
	textParam = param{kind: text}
	lenParam  = param{kind: length}
	statParam = param{kind: stat}
	atCWD     = fixed(uint64(0xffffffffffffff9c))
	prctlArg  = optional(num)
	openFlags = flagsOf(uapi.GroupOpen)
	mode      = optional(param{kind: number})
)

// calls is the table of system calls that both sides know. Of several with one name on the
// model's side, the first that is not inOnly is written.
var calls []callSpec

func init() {
	calls = []callSpec{
		{syz: "unshare", sys: "unshare", params: []param{flagsOf(uapi.GroupUnshare)}},
		{syz: "setns", sys: "setns", params: []param{fdParam, flagsOf(uapi.GroupUnshare)}},
		{syz: "syz_clone", sys: "clone", returns: aChild, in: (*importer).clone, out: (*exporter).clone},
		{syz: "clone", sys: "clone", returns: aChild, in: (*importer).clone, inOnly: true},
		{syz: "fork", sys: "fork", returns: aChild, inOnly: true},
		{syz: "syz_clone", sys: "fork", returns: aChild, out: (*exporter).fork},
		{syz: "syz_clone3", sys: "clone3", returns: aChild, in: (*importer).clone3, out: (*exporter).clone3},
		{syz: "clone3", sys: "clone3", returns: aChild, in: (*importer).clone3, inOnly: true},
		{syz: "exit_group", sys: "exit_group", params: []param{num}, returns: ends},
		{syz: "exit", sys: "exit", params: []param{num}, returns: ends},
		{syz: "wait4", sys: "wait4", params: []param{pidParam, {kind: status}, optional(flagsOf(uapi.GroupWait)), skipped(0)}, returns: aProcess},
		{syz: "waitid", sys: "waitid", in: (*importer).waitid, out: (*exporter).waitid},
		{syz: "execve", sys: "execve", params: []param{pathParam, skipped(0), skipped(0)}, returns: ends},
		{syz: "kill", sys: "kill", params: []param{pidParam, flagsOf(uapi.GroupSignal)}},
		{syz: "tgkill", sys: "tgkill", params: []param{pidParam, pidParam, flagsOf(uapi.GroupSignal)}},
		{syz: "pidfd_send_signal", sys: "pidfd_send_signal", params: []param{fdParam, flagsOf(uapi.GroupSignal), skipped(0), fixed(0)}},
		{syz: "pause", sys: "pause"},
		{syz: "prctl", sys: "prctl", params: []param{flagsOf(uapi.GroupPrctl), prctlArg, prctlArg, prctlArg, prctlArg}, returns: aNumber},
		{syz: "getpid", sys: "getpid", returns: aProcess},
		{syz: "gettid", sys: "gettid", returns: aProcess},
		{syz: "getppid", sys: "getppid", returns: aProcess},

		{syz: "openat", sys: "openat", params: []param{fdParam, pathParam, openFlags, mode}, returns: aDescriptor},
		{syz: "open", sys: "open", params: []param{pathParam, openFlags, mode}, returns: aDescriptor},
		{syz: "syz_open_procfs", sys: "open", in: (*importer).openProcfs, returns: aDescriptor, inOnly: true},
		{syz: "close", sys: "close", params: []param{fdParam}},
		{syz: "dup", sys: "dup", params: []param{fdParam}, returns: aDescriptor},
		{syz: "dup2", sys: "dup2", params: []param{fdParam, fdNumber}, returns: aDescriptor},
		{syz: "dup3", sys: "dup3", params: []param{fdParam, fdNumber, openFlags}, returns: aDescriptor},
		{syz: "fcntl", sys: "fcntl", in: (*importer).fcntl, out: (*exporter).fcntl, returns: aNumber},
		{syz: "read", sys: "read", params: []param{fdParam, skipped(0), num}, returns: aNumber},
		{syz: "write", sys: "write", params: []param{fdParam, textParam, lenParam}, returns: aNumber},
		{syz: "readlink", sys: "readlink", params: []param{pathParam, {kind: opaque}, skipped(0x1000)}, returns: aNumber},
		{syz: "stat", sys: "stat", params: []param{pathParam, statParam}},
		{syz: "lstat", sys: "lstat", params: []param{pathParam, statParam}},
		{syz: "fstat", sys: "fstat", params: []param{fdParam, statParam}},
		{syz: "access", sys: "access", params: []param{pathParam, num}},
		{syz: "mkdir", sys: "mkdir", params: []param{pathParam, mode}},
		{syz: "mkdirat", sys: "mkdir", params: []param{atCWD, pathParam, mode}, inOnly: true},
		{syz: "unlink", sys: "unlink", params: []param{pathParam}},
		{syz: "rmdir", sys: "rmdir", params: []param{pathParam}},
		{syz: "chdir", sys: "chdir", params: []param{pathParam}},
		{syz: "chroot", sys: "chroot", params: []param{pathParam}},

		{syz: "ioctl", sys: "ioctl", in: (*importer).ioctl, out: (*exporter).ioctl, returns: aNumber},
		{syz: "name_to_handle_at", sys: "name_to_handle_at", in: (*importer).nameToHandle, out: (*exporter).nameToHandle},
		{syz: "open_by_handle_at", sys: "open_by_handle_at", in: (*importer).openByHandle, out: (*exporter).openByHandle, returns: aDescriptor},
		{syz: "listns", sys: "listns", in: (*importer).listns, out: (*exporter).listns, returns: aNumber},

		{syz: "socket", sys: "socket", params: []param{flagsOf(uapi.GroupFamily), flagsOf(uapi.GroupSocketType), num}, returns: aDescriptor},
		{syz: "socketpair", sys: "socketpair", in: (*importer).socketpair, out: (*exporter).socketpair},
		{syz: "pipe", sys: "pipe", in: (*importer).pipe, out: (*exporter).pipe},
		{syz: "pipe2", sys: "pipe", in: (*importer).pipe, inOnly: true},
		{syz: "getsockopt", sys: "getsockopt", params: []param{fdParam, flagsOf(uapi.GroupSockLevel), flagsOf(uapi.GroupSockopt), {kind: output}, skipped(0)}},
		{syz: "sendmsg", sys: "sendmsg", variant: "$unix", in: (*importer).sendmsg, out: (*exporter).sendmsg, returns: aNumber},
		{syz: "recvmsg", sys: "recvmsg", variant: "$unix", in: (*importer).recvmsg, out: (*exporter).recvmsg, returns: aNumber},

		{syz: "pidfd_open", sys: "pidfd_open", params: []param{pidParam, optional(flagsOf(uapi.GroupPidfdOpen))}, returns: aDescriptor},
		{syz: "pidfd_getfd", sys: "pidfd_getfd", params: []param{fdParam, fdNumber, fixed(0)}, returns: aDescriptor},

		{syz: "mount", sys: "mount", params: []param{{kind: name}, pathParam, {kind: name}, flagsOf(uapi.GroupMount), skipped(0)}},
		{syz: "umount2", sys: "umount2", params: []param{pathParam, flagsOf(uapi.GroupUmount)}},
		{syz: "open_tree", sys: "open_tree", params: []param{fdParam, pathParam, flagsOf(uapi.GroupOpenTree)}, returns: aDescriptor},
		{syz: "fsopen", sys: "fsopen", params: []param{pathParam, fixed(0)}, returns: aDescriptor},
		{syz: "fsmount", sys: "fsmount", params: []param{fdParam, flagsOf(uapi.GroupFsmount), fixed(0)}, returns: aDescriptor},
		{syz: "move_mount", sys: "move_mount", in: (*importer).moveMount, out: (*exporter).moveMount},

		{syz: "inotify_init", sys: "inotify_init", returns: aDescriptor},
		{syz: "inotify_init1", sys: "inotify_init", params: []param{fixed(0)}, returns: aDescriptor, inOnly: true},
		{syz: "inotify_add_watch", sys: "inotify_add_watch", params: []param{fdParam, pathParam, flagsOf(uapi.GroupInotify)}, returns: aNumber},
		{syz: "inotify_rm_watch", sys: "inotify_rm_watch", params: []param{fdParam, num}},

		{syz: "setgroups", sys: "setgroups", in: (*importer).setgroups, out: (*exporter).setgroups},
		{syz: "capset", sys: "capset", in: (*importer).capset, out: (*exporter).capset},
		{syz: "capget", sys: "capget", in: (*importer).capget, out: (*exporter).capget},
	}
	for _, name := range []string{"setuid", "setgid"} {
		calls = append(calls, callSpec{syz: name, sys: name, params: many(ident, 1)})
	}
	for _, name := range []string{"setfsuid", "setfsgid"} {
		calls = append(calls, callSpec{syz: name, sys: name, params: many(ident, 1), returns: aNumber})
	}
	for _, name := range []string{"setreuid", "setregid"} {
		calls = append(calls, callSpec{syz: name, sys: name, params: many(ident, 2)})
	}
	for _, name := range []string{"setresuid", "setresgid"} {
		calls = append(calls, callSpec{syz: name, sys: name, params: many(ident, 3)})
	}
	for _, name := range []string{"getuid", "geteuid", "getgid", "getegid"} {
		calls = append(calls, callSpec{syz: name, sys: name, returns: aNumber})
	}
	for i := range calls {
		c := &calls[i]
		if bySyz[c.syz] == nil {
			bySyz[c.syz] = c
		}
		if bySys[c.sys] == nil && !c.inOnly {
			bySys[c.sys] = c
		}
	}
}

var bySyz, bySys = map[string]*callSpec{}, map[string]*callSpec{}

// specOf finds a call of syzkaller by its name, whatever the variant.
func specOf(name string) *callSpec {
	base, _, _ := strings.Cut(name, "$")
	return bySyz[base]
}

// statFields are the fields of struct stat that both sides have, in their order.
var statFields = []string{"st_dev", "st_ino", "st_mode", "st_nlink", "st_uid", "st_gid"}

// reqFields are the fields of struct ns_id_req.
var reqFields = []string{"size", "spare", "ns_id", "ns_type", "spare2", "user_ns_id"}

// handleFields are the fields of nsfs's part of a file handle.
var handleFields = []string{"ns_id", "ns_type", "ns_inum"}

// cloneFields are the fields of struct clone_args.
var cloneFields = []string{"flags", "pidfd", "child_tid", "parent_tid", "exit_signal", "stack", "stack_size", "tls", "set_tid", "set_tid_size", "cgroup"}

// asyncFlags are how syzkaller's executor makes the thread of an asynchronous call.
const asyncFlags = uapi.CLONE_VM | uapi.CLONE_FS | uapi.CLONE_FILES | uapi.CLONE_SIGHAND | uapi.CLONE_THREAD | uapi.CLONE_SYSVSEM

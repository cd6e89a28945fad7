// SPDX-License-Identifier: GPL-2.0-only

package syscall_test

import (
	"encoding/binary"
	"testing"

	"github.com/nssim/nssim/sim"
	"github.com/nssim/nssim/syscall"
	"github.com/nssim/nssim/syscall/uapi"
	"github.com/stretchr/testify/assert"
)

// violation is one thing wrong with a call, and the errno that it gives alone.
type violation[C any] struct {
	name  string
	apply func(*C)
	want  string
}

// inOrder makes a call with each two things wrong: the earlier one in the list decides.
// Those of one group cannot be wrong at once.
func inOrder[C any](t *testing.T, all []violation[C], call func(C) string) {
	for i, first := range all {
		var c C
		first.apply(&c)
		assert.Equal(t, first.want, call(c), first.name)
		for _, second := range all[i+1:] {
			var both C
			second.apply(&both)
			first.apply(&both)
			assert.Equal(t, first.want, call(both), "%s, %s", first.name, second.name)
		}
	}
}

// listnsArgs is a listns call whose request lies in user memory.
type listnsArgs struct {
	flags      uint32
	nr         uint64
	addr       uint64
	null       bool
	size       uint32 // 0: 32
	short      bool   // what is behind the request cannot be read
	tail       byte
	spare      uint32
	nsType     uint32
	owner      uint64
	cursor     uint64
	faultyPage bool
}

func (a listnsArgs) call() syscall.Listns {
	req := uapi.NSIDReq{Size: a.size, Spare: a.spare, NSType: uapi.NSType(a.nsType), UserNSID: a.owner, NSID: a.cursor}
	if req.Size == 0 {
		req.Size = uapi.NS_ID_REQ_SIZE_VER0
	}
	raw := make([]byte, max(uint32(64), min(req.Size, 8192)))
	copy(raw, req.Encode())
	binary.LittleEndian.PutUint32(raw, req.Size)
	if raw[40] = a.tail; a.short {
		raw = raw[:uapi.NS_ID_REQ_SIZE_VER0]
	}
	c := syscall.Listns{Raw: raw, Null: a.null, NR: max(a.nr, 4), Flags: a.flags}
	if c.Buf = (syscall.Buf{Addr: a.addr, Room: syscall.Unlimited}); a.faultyPage {
		c.Buf.Room = 2
	}
	return c
}

func TestListnsErrors(t *testing.T) {
	w := boot(t, "")
	call := func(a listnsArgs) string { return w.do(w.init, a.call()) }
	assert.Equal(t, "ok", call(listnsArgs{}))
	inOrder(t, []violation[listnsArgs]{
		{"flags", func(a *listnsArgs) { a.flags = 2 }, "EINVAL"},
		{"too many", func(a *listnsArgs) { a.nr = 1000001 }, "EOVERFLOW"},
		{"a kernel address", func(a *listnsArgs) { a.addr = 1 << 63 }, "EFAULT"},
		{"no request", func(a *listnsArgs) { a.null = true }, "EFAULT"},
		{"too large", func(a *listnsArgs) { a.size = 4097 }, "E2BIG"},
		{"more that cannot be read", func(a *listnsArgs) { a.size = max(a.size, 64); a.short = true }, "EFAULT"},
		{"more that is set", func(a *listnsArgs) { a.size = max(a.size, 64); a.tail = 1 }, "E2BIG"},
		{"spare", func(a *listnsArgs) { a.spare = 1 }, "EINVAL"},
		{"type", func(a *listnsArgs) { a.nsType = 1 }, "EOPNOTSUPP"},
		{"no such owner", func(a *listnsArgs) { a.owner = 999 }, "EINVAL"},
		{"past the end", func(a *listnsArgs) { a.cursor = 999 }, "ENOENT"},
		{"the page faults", func(a *listnsArgs) { a.faultyPage = true }, "EFAULT"},
	}, call)
	assert.Equal(t, "EINVAL", call(listnsArgs{size: 31}))
	assert.Equal(t, "EINVAL", call(listnsArgs{size: 31, tail: 1, spare: 1, nsType: 1}))
	assert.Equal(t, "ENOENT", w.do(w.init, syscall.Listns{Req: uapi.NSIDReq{NSID: 999}}), "also for no entries at all")
}

// handleArgs is an open_by_handle_at of the initial network namespace.
type handleArgs struct {
	header   bool
	bytes    uint32
	typ      int32
	anchor   int32
	unprivil bool
	payload  bool
	id0      bool
	full     bool
	flags    uint32
}

func TestOpenByHandleErrors(t *testing.T) {
	w := boot(t, "v7.3.4")
	target := w.handle(w.m.Initial(uapi.NET_NS)).Encode()
	newTask := func(a handleArgs) syscall.T {
		p := w.fork(w.init)
		for a.full && saysFD(p.Dup(0)) == "ok" {
		}
		if a.unprivil {
			w.setuid(p)
		}
		return p
	}
	call := func(a handleArgs) string {
		p := newTask(a)
		c := syscall.OpenByHandleAt{Anchor: uapi.FD_NSFS_ROOT, Bytes: 16, Type: uapi.FILEID_NSFS, Flags: a.flags, BadHeader: a.header}
		c.Payload = append([]byte{}, target...)
		if a.bytes != 0 {
			c.Bytes = a.bytes
		}
		if a.typ != 0 {
			c.Type = a.typ
		}
		if a.anchor != 0 {
			c.Anchor = a.anchor
		}
		if a.payload {
			c.Payload = nil
		}
		if a.id0 {
			clear(c.Payload)
		}
		e := w.do(p, c)
		p.ExitGroup(0)
		return e
	}
	assert.Equal(t, "ok", call(handleArgs{}))
	inOrder(t, []violation[handleArgs]{
		{"header", func(a *handleArgs) { a.header = true }, "EFAULT"},
		{"size", func(a *handleArgs) { a.bytes = 129 }, "EINVAL"},
		{"user flags", func(a *handleArgs) { a.typ = uapi.FILEID_NSFS | 1<<20 }, "EINVAL"},
		{"anchor", func(a *handleArgs) { a.anchor = 5000 }, "EBADF"},
		{"not allowed there", func(a *handleArgs) { a.unprivil = true; a.anchor = nonZero(a.anchor, uapi.AT_FDCWD) }, "EPERM"},
		{"payload", func(a *handleArgs) { a.payload = true }, "EFAULT"},
		{"no such namespace", func(a *handleArgs) { a.id0 = true }, "ESTALE"},
		{"a directory", func(a *handleArgs) { a.typ = nonZero(a.typ, uapi.FILEID_NSFS|0x20000) }, "ESTALE"},
		{"full table", func(a *handleArgs) { a.full = true }, "EMFILE"},
		{"flags", func(a *handleArgs) { a.flags = uapi.O_WRONLY }, "EPERM"},
	}, call)
}

func nonZero(a, b int32) int32 {
	if a != 0 {
		return a
	}
	return b
}

func TestSetnsErrors(t *testing.T) {
	everyKernel(t, func(t *testing.T, w *world) {
		p := w.fork(w.init)
		other := w.fork(w.init)
		w.unshare(other, uapi.CLONE_NEWNS|uapi.CLONE_NEWNET|uapi.CLONE_NEWPID|uapi.CLONE_NEWTIME)
		fds := map[string]int{}
		for _, name := range []string{"net", "mnt", "user", "time_for_children"} {
			fds[name] = w.open(p, other, name)
		}
		fds["init"] = w.open(p, p, "pid")
		pfd := w.pidfd(p, other)
		file := w.fd(p.Open("/dev/null", uapi.O_RDONLY))
		path := w.fd(p.Open("/proc/self/ns/net", uapi.O_PATH))

		assert.Equal(t, uapi.EBADF, p.Setns(77, 1))
		assert.Equal(t, uapi.EBADF, p.Setns(path, 1))
		assert.Equal(t, uapi.EINVAL, p.Setns(file, 0))
		assert.Equal(t, uapi.EINVAL, p.Setns(fds["net"], uapi.CLONE_NEWUTS))
		assert.Equal(t, uapi.EINVAL, p.Setns(pfd, 0))
		assert.Equal(t, uapi.EINVAL, p.Setns(pfd, uapi.CLONE_NEWNET|uapi.CLONE_VM))
		assert.Equal(t, uapi.EINVAL, p.Setns(fds["user"], 0), "its own")

		user := w.fork(p)
		w.setuid(user)
		assert.Equal(t, uapi.EINVAL, user.Setns(pfd, 0), "before the permission")
		assert.Equal(t, uapi.EPERM, user.Setns(pfd, uapi.CLONE_NEWNET))
		assert.Equal(t, uapi.EPERM, user.Setns(fds["net"], 0))
		w.clone(user, uapi.CLONE_FS)
		assert.Equal(t, uapi.EPERM, user.Setns(fds["mnt"], 0), "before the shared fs_struct")
		assert.Equal(t, uapi.EPERM, user.Setns(fds["time_for_children"], 0))
		w.thread(user)
		assert.Equal(t, uapi.EUSERS, user.Setns(fds["time_for_children"], 0), "before the permission")
		assert.Equal(t, uapi.EINVAL, user.Setns(fds["user"], 0))

		inner := w.clone(p, uapi.CLONE_NEWPID)
		assert.Equal(t, uapi.EINVAL, inner.Setns(fds["init"], 0), "not a descendant of its own")
		w.setuid(inner)
		assert.Equal(t, uapi.EPERM, inner.Setns(fds["init"], 0))

		// Of several the first in the order of installation decides: user before pid.
		assert.Equal(t, uapi.EINVAL, p.Setns(pfd, uapi.CLONE_NEWUSER|uapi.CLONE_NEWNET))

		foreign := w.fork(p)
		w.setuid(foreign)
		other.ExitGroup(0)
		assert.Equal(t, uapi.ESRCH, p.Setns(pfd, uapi.CLONE_NEWUSER))
		assert.Equal(t, uapi.EPERM, foreign.Setns(pfd, uapi.CLONE_NEWUSER), "before there is no nsproxy")
		w.reap(w.init, other)
		assert.Equal(t, uapi.ESRCH, foreign.Setns(pfd, uapi.CLONE_NEWUSER), "no task, before the permission")
		assert.Equal(t, uapi.EINVAL, p.Setns(pfd, 0))
	})
}

// None of these needs a privilege to fail, and each is EINVAL for root too.
func TestCloneInvalidFlags(t *testing.T) {
	everyKernel(t, func(t *testing.T, w *world) {
		const thread = uapi.CLONE_THREAD | uapi.CLONE_SIGHAND | uapi.CLONE_VM
		for _, root := range []bool{true, false} {
			p := w.fork(w.init)
			if !root {
				w.setuid(p)
			}
			for _, c := range []syscall.Clone{
				{Flags: uapi.CLONE_NEWNS | uapi.CLONE_FS},
				{Flags: uapi.CLONE_NEWUSER | uapi.CLONE_FS},
				{Flags: uapi.CLONE_THREAD | uapi.CLONE_NEWNET},
				{Flags: uapi.CLONE_SIGHAND | uapi.CLONE_NEWNET},
				{Flags: thread | uapi.CLONE_NEWUSER},
				{Flags: thread | uapi.CLONE_NEWPID},
				{Flags: uapi.CLONE_PIDFD | uapi.CLONE_DETACHED},
				{Flags: uapi.CLONE_DETACHED, Clone3: true},
				{Flags: 1 << 63, Clone3: true},
				{Flags: uapi.CLONE_NEWNET | 1, Clone3: true},
				{Flags: uapi.CLONE_SIGHAND | uapi.CLONE_VM | uapi.CLONE_CLEAR_SIGHAND, Clone3: true},
				{Flags: thread, ExitSignal: uapi.SIGCHLD, Clone3: true},
				{Flags: uapi.CLONE_PARENT, ExitSignal: uapi.SIGCHLD, Clone3: true},
				{ExitSignal: 65, Clone3: true},
				{ExitSignal: 256, Clone3: true},
			} {
				assert.Equal(t, "EINVAL", w.do(p, c), "%+v", c)
			}
			// What the 32 bits of clone do not say does not count.
			for _, c := range []syscall.Clone{
				{Flags: uapi.CLONE_DETACHED, ExitSignal: uapi.SIGCHLD},
				{Flags: 1 << 63, ExitSignal: uapi.SIGCHLD},
				{Flags: uapi.CLONE_CLEAR_SIGHAND | uapi.CLONE_SIGHAND | uapi.CLONE_VM, ExitSignal: uapi.SIGCHLD},
			} {
				assert.Equal(t, "ok", w.do(p, c), "%+v", c)
			}
		}
		// CLONE_NEWTIME is part of clone's exit signal.
		want := "EINVAL"
		if w.m.Cfg.SwitchOn("any-exit-signal") {
			want = "ok"
		}
		assert.Equal(t, want, w.do(w.init, syscall.Clone{Flags: uapi.CLONE_NEWTIME | uapi.SIGCHLD}))
	})
}

func TestCloneErrors(t *testing.T) {
	everyKernel(t, func(t *testing.T, w *world) {
		user := w.fork(w.init)
		w.setuid(user)
		const ipc = uapi.CLONE_NEWIPC | uapi.CLONE_SYSVSEM
		clone := func(p syscall.T, flags uint64) string {
			return w.do(p, syscall.Clone{Flags: flags, ExitSignal: uapi.SIGCHLD})
		}
		assert.Equal(t, "EPERM", clone(user, uapi.CLONE_NEWNET|ipc))
		assert.Equal(t, "EINVAL", clone(user, uapi.CLONE_NEWUSER|ipc))
		assert.Equal(t, "EINVAL", clone(w.init, ipc))

		// The user namespace before the rest, the rest before the number, that before the pidfd.
		p := w.fork(w.init)
		w.unshare(p, uapi.CLONE_NEWUSER)
		assert.Equal(t, "EPERM", clone(p, uapi.CLONE_NEWUSER|ipc), "not mapped")
		w.unshare(p, uapi.CLONE_NEWPID)
		assert.Equal(t, "EINVAL", clone(p, uapi.CLONE_NEWPID))
		w.end(p, w.fork(p))
		full := func(f func()) {
			var fds []int
			for fd, err := p.Dup(0); err == nil; fd, err = p.Dup(0) {
				fds = append(fds, fd)
			}
			f()
			for _, fd := range fds {
				w.ok(p.Close(fd))
			}
		}
		full(func() { assert.Equal(t, "ENOMEM", clone(p, uapi.CLONE_PIDFD), "no init any more, full table") })
		q := w.fork(w.init)
		for saysFD(q.Dup(0)) == "ok" {
		}
		bad := syscall.Clone{Flags: uapi.CLONE_PIDFD, ExitSignal: uapi.SIGCHLD, BadPidFD: true}
		assert.Equal(t, "EMFILE", w.do(q, bad), "before the pointer")
		w.ok(q.Close(5))
		assert.Equal(t, "EFAULT", w.do(q, bad))
	})
}

// set_tid, as kernels of three generations answer.
func TestSetTid(t *testing.T) {
	for _, c := range []struct {
		privileged, populated bool
		tids                  []int32
		v618, v70, v71        string // up to v6.19.14, v7.0, since v7.1
	}{
		{false, false, []int32{2, 700}, "EINVAL", "EINVAL", "EPERM"},
		{false, false, []int32{1, 700}, "EPERM", "EPERM", "EPERM"},
		{false, false, []int32{2}, "EINVAL", "EINVAL", "EINVAL"},
		{false, false, []int32{1, 4194304}, "EINVAL", "EINVAL", "EINVAL"},
		{false, false, []int32{1, 700, 700}, "EINVAL", "EINVAL", "EINVAL"},
		{false, false, []int32{0}, "EINVAL", "EINVAL", "EINVAL"},
		{true, false, []int32{2}, "EINVAL", "EINVAL", "EINVAL"},
		{true, false, []int32{2, 1}, "EINVAL", "EINVAL", "EINVAL"},
		{true, false, []int32{1}, "ok", "ok", "ok"},
		{true, true, []int32{1, 99999}, "EEXIST", "EINVAL", "EINVAL"},
		{true, true, []int32{1, 1}, "EEXIST", "EEXIST", "EEXIST"},
		{true, true, []int32{5000000, 1}, "EINVAL", "EINVAL", "EINVAL"},
		{true, true, []int32{40000, 40000}, "EINVAL", "EINVAL", "EINVAL"},
		{true, true, []int32{40000}, "ok", "ok", "ok"},
		{true, true, []int32{4194303}, "ok", "ok", "ok"},
		{true, true, []int32{4194304}, "EINVAL", "EINVAL", "EINVAL"},
		{true, true, []int32{40000, 1}, "EEXIST", "EEXIST", "EEXIST"},
		{false, true, []int32{1, 700}, "EEXIST", "EPERM", "EPERM"},
		{false, true, []int32{1, 0}, "EEXIST", "EINVAL", "EINVAL"},
		{false, true, []int32{50, 700}, "EPERM", "EPERM", "EPERM"},
		{false, true, []int32{50, 1}, "EPERM", "EPERM", "EPERM"},
	} {
		for _, k := range sim.Profiles() {
			w := boot(t, k.Name)
			p := w.fork(w.init)
			if !c.privileged {
				w.setuid(p)
				w.unshare(p, uapi.CLONE_NEWUSER)
			}
			w.unshare(p, uapi.CLONE_NEWPID)
			if c.populated {
				w.fork(p)
			}
			want := c.v71
			switch {
			case w.m.Cfg.SwitchOn("set-tid-by-level"):
				want = c.v618
			case w.m.Cfg.SwitchOn("set-tid-init-first"):
				want = c.v70
			}
			assert.Equal(t, want, w.setTid(p, c.tids...), "%s: %+v", k.Name, c)
		}
	}
}

func TestUnshareErrors(t *testing.T) {
	everyKernel(t, func(t *testing.T, w *world) {
		user := w.fork(w.init)
		w.setuid(user)
		assert.Equal(t, uapi.EINVAL, user.Unshare(uapi.CLONE_NEWNET|uapi.CLONE_PIDFD), "before the permission")
		assert.Equal(t, uapi.EPERM, user.Unshare(uapi.CLONE_NEWNET))
		w.thread(user)
		assert.Equal(t, uapi.EINVAL, user.Unshare(uapi.CLONE_NEWNET|uapi.CLONE_NEWUSER), "a thread, before the permission")
		assert.Equal(t, uapi.EPERM, user.Unshare(uapi.CLONE_NEWTIME|uapi.CLONE_NEWPID), "threads may")

		p := w.fork(w.init)
		w.unshare(p, uapi.CLONE_NEWPID)
		before := w.m.Len()
		assert.Equal(t, uapi.EINVAL, p.Unshare(uapi.CLONE_NEWPID|uapi.CLONE_NEWUTS|uapi.CLONE_NEWNET))
		syscall.Settle(w.m)
		assert.Equal(t, before, w.m.Len(), "what had been made is gone")
		assert.Equal(t, uapi.EPERM, func() error {
			w.unshare(p, uapi.CLONE_NEWUSER)
			return p.Unshare(uapi.CLONE_NEWUSER | uapi.CLONE_NEWPID)
		}(),
			"not mapped, before the pid namespace")

		vm := w.fork(w.init)
		w.clone(vm, uapi.CLONE_VM)
		assert.Equal(t, uapi.EINVAL, vm.Unshare(uapi.CLONE_VM))
		w.clone(vm, uapi.CLONE_VM|uapi.CLONE_SIGHAND)
		assert.Equal(t, uapi.EINVAL, vm.Unshare(uapi.CLONE_SIGHAND))
		w.ok(vm.Execve("/init"))
		w.ok(vm.Unshare(uapi.CLONE_SIGHAND | uapi.CLONE_VM))
	})
}

// 33 user namespaces and 32 pid namespaces below the initial ones; the limit is looked at
// before a chroot and after where the caller is.
func TestNesting(t *testing.T) {
	everyKernel(t, func(t *testing.T, w *world) {
		p := w.fork(w.init)
		for range 33 {
			w.unshare(p, uapi.CLONE_NEWUSER)
			w.ok(p.WriteFile("/proc/self/setgroups", "deny"))
			w.ok(p.WriteFile("/proc/self/uid_map", "0 0 1"))
			w.ok(p.WriteFile("/proc/self/gid_map", "0 0 1"))
		}
		assert.Equal(t, uapi.ENOSPC, p.Unshare(uapi.CLONE_NEWUSER))
		w.ok(p.Chroot("/tmp"))
		assert.Equal(t, uapi.ENOSPC, p.Unshare(uapi.CLONE_NEWUSER))

		q := w.init
		for range 32 {
			q = w.clone(q, uapi.CLONE_NEWPID)
		}
		assert.Equal(t, "ENOSPC", w.do(q, syscall.Clone{Flags: uapi.CLONE_NEWPID, ExitSignal: uapi.SIGCHLD}))
	})
}

func TestNSIoctlErrors(t *testing.T) {
	w := boot(t, "v7.3.4")
	user := w.fork(w.init)
	w.setuid(user)
	net, mnt := w.open(w.init, w.init, "net"), w.open(w.init, w.init, "mnt")
	unet, umnt := w.send(w.init, user, net), w.send(w.init, user, mnt)
	path := w.fd(w.init.Open("/proc/self/ns/net", uapi.O_PATH))
	small := uapi.IOR(uapi.NSIO, 11, 8)
	for _, c := range []struct {
		name string
		p    syscall.T
		call syscall.Ioctl
		want string
	}{
		{"not open, unknown", w.init, syscall.Ioctl{FD: 77, Cmd: 1}, "EBADF"},
		{"O_PATH, unknown", w.init, syscall.Ioctl{FD: int32(path), Cmd: 1}, "EBADF"},
		{"unknown", w.init, syscall.Ioctl{FD: int32(net), Cmd: uapi.IO(uapi.NSIO, 99)}, "ENOTTY"},
		{"too small, not permitted", user, syscall.Ioctl{FD: int32(umnt), Cmd: small}, "ENOTTY"},
		{"not permitted, wrong type", user, syscall.Ioctl{FD: int32(unet), Cmd: uapi.NS_MNT_GET_NEXT}, "EPERM"},
		{"not permitted, no buffer", user, syscall.Ioctl{FD: int32(umnt), Cmd: uapi.NS_MNT_GET_NEXT, Null: true}, "EPERM"},
		{"wrong type, no buffer", w.init, syscall.Ioctl{FD: int32(net), Cmd: uapi.NS_MNT_GET_NEXT, Null: true}, "EINVAL"},
		{"no next but kdevtmpfs's, no buffer", w.init, syscall.Ioctl{FD: int32(mnt), Cmd: uapi.NS_MNT_GET_NEXT, Null: true}, "EFAULT"},
		{"no previous, no buffer", w.init, syscall.Ioctl{FD: int32(mnt), Cmd: uapi.NS_MNT_GET_PREV, Null: true}, "ENOENT"},
		{"info of another type", w.init, syscall.Ioctl{FD: int32(net), Cmd: uapi.NS_MNT_GET_INFO, Null: true}, "EINVAL"},
		{"info, no buffer", w.init, syscall.Ioctl{FD: int32(mnt), Cmd: uapi.NS_MNT_GET_INFO, Null: true}, "EINVAL"},
		{"info, bad buffer", w.init, syscall.Ioctl{FD: int32(mnt), Cmd: uapi.NS_MNT_GET_INFO, Bad: true}, "EFAULT"},
		{"owner's uid of another type", w.init, syscall.Ioctl{FD: int32(net), Cmd: uapi.NS_GET_OWNER_UID, Bad: true}, "EINVAL"},
		{"parent of a type without", user, syscall.Ioctl{FD: int32(unet), Cmd: uapi.NS_GET_PARENT}, "EINVAL"},
		{"pid of another type", user, syscall.Ioctl{FD: int32(unet), Cmd: uapi.NS_GET_PID_IN_PIDNS, Arg: 30000}, "EINVAL"},
		{"id, bad buffer", user, syscall.Ioctl{FD: int32(unet), Cmd: uapi.NS_GET_ID, Bad: true}, "EFAULT"},
	} {
		assert.Equal(t, c.want, w.do(c.p, c.call), c.name)
	}

	sk := w.socket(w.init)
	usk := w.send(w.init, user, sk)
	assert.Equal(t, "EPERM", saysFD(user.SIOCGSKNS(usk)))
	assert.Equal(t, "ENOTTY", saysFD(user.SIOCGSKNS(w.fd(user.Open("/dev/null", uapi.O_RDONLY)))))
}

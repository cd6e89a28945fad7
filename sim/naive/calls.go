// SPDX-License-Identifier: GPL-2.0-only

package naive

import (
	"encoding/binary"
	"maps"
	"math/bits"
	"slices"
	"strconv"
	"strings"

	"github.com/nssim/nssim/syscall"
	"github.com/nssim/nssim/syscall/uapi"
)

// Answer is what a call returns.
type Answer struct {
	Ret   int64
	Errno uapi.Errno
	IDs   []uint64 // of listns
	Out   uint64   // what NS_GET_ID and its like put out
}

func fail(e uapi.Errno) (Answer, bool) { return Answer{Errno: e}, true }

// Do makes a call. It is false for a call that is none of the engine's business: then
// Told has to be called when it has been made.
func (w *World) Do(t int, c syscall.Call) (a Answer, mine bool) {
	k := w.tasks[t]
	switch c := c.(type) {
	case syscall.Unshare:
		return w.unshare(t, k, c.Flags)
	case syscall.Setns:
		return w.setns(t, k, c)
	case syscall.Open:
		return w.open(t, k, c)
	case syscall.Close:
		f, ok := k.files.open[int(c.FD)]
		if !ok {
			return fail(uapi.EBADF)
		}
		w.drop(f)
		delete(k.files.open, int(c.FD))
		return Answer{}, true
	case syscall.Dup:
		if f, ok := k.files.open[int(c.FD)]; ok {
			return w.install(k, f), true
		}
		return fail(uapi.EBADF)
	case syscall.SendFD:
		f, ok := k.files.open[int(c.FD)]
		if !ok || w.tasks[int(c.To)] == nil || w.life(int(c.To)) != Running {
			return a, false
		}
		return w.install(w.tasks[int(c.To)], f), true
	case syscall.Ioctl:
		return w.ioctl(t, k, c)
	case syscall.OpenByHandleAt:
		return w.openByHandle(t, k, c)
	case syscall.Listns:
		return w.listns(t, k, c)
	case syscall.Mount:
		return w.mount(t, k, c)
	case syscall.Umount2:
		return w.umount(k, c)
	}
	return a, false
}

// mount binds a namespace file. Whether it may is a fact; see Unmade.
func (w *World) mount(t int, k *task, c syscall.Mount) (Answer, bool) {
	id, e, ok := w.namespace(t, c.Source)
	if !ok || e != 0 || c.Flags != uapi.MS_BIND {
		return Answer{}, false
	}
	w.mounts = append(w.mounts, mount{k.mnt, c.Target, id})
	return Answer{}, true
}

// umount takes away what was mounted there last.
func (w *World) umount(k *task, c syscall.Umount2) (Answer, bool) {
	for i, m := range slices.Backward(w.mounts) {
		if m.in == k.mnt && m.target == c.Target {
			w.mounts = slices.Delete(slices.Clone(w.mounts), i, i+1)
			return Answer{}, true
		}
	}
	return Answer{}, false
}

// Mounts and Unmade keep and put back the mounts around a mount or umount that fails for
// reasons that are not the engine's business.
func (w *World) Mounts() any { return slices.Clone(w.mounts) }

// Unmade puts back what Mounts has kept.
func (w *World) Unmade(kept any) { w.mounts = kept.([]mount) }

// Told takes over what a call has done that is not the engine's business.
func (w *World) Told(t int) {
	k := w.tasks[t]
	if k == nil {
		return
	}
	for _, f := range k.files.open {
		w.drop(f)
	}
	if w.life(t) == Running {
		k.files.open = w.facts.Files(t)
	}
	if u := w.facts.User(t); u != 0 {
		k.user = u
	}
	w.lately[k.user] = true
}

// drop notes that the credential of a file that is closed goes after a grace period.
func (w *World) drop(f File) { w.lately[f.User] = true }

// install puts a file at the lowest free number.
func (w *World) install(k *task, f File) Answer {
	fd := 0
	for ; ; fd++ {
		if _, taken := k.files.open[fd]; !taken {
			break
		}
	}
	k.files.open[fd] = f
	return Answer{Ret: int64(fd)}
}

func (w *World) openNS(k *task, id uint64) (Answer, bool) {
	return w.install(k, File{NS: id, User: k.user}), true
}

// spaceFlags are the flags that make namespaces.
const spaceFlags = uint64(uapi.NSTypeMask)

// simple are the flags of clone that the engine knows what to do with.
const simple = spaceFlags | uapi.CLONE_FILES | uapi.CLONE_FS | uapi.CLONE_PARENT_SETTID | uapi.CLONE_CHILD_SETTID

// Clone says how a clone fails: 0 if it does not. It is false for flags that are not the
// engine's business.
func (w *World) Clone(t int, flags uint64) (e uapi.Errno, mine bool) {
	k := w.tasks[t]
	if flags&^simple != 0 || flags&uapi.CLONE_FS != 0 && flags&uint64(uapi.USER_NS|uapi.MNT_NS) != 0 {
		return 0, false
	}
	user, s := k.user, k.slots
	switch {
	case flags&uint64(uapi.USER_NS) != 0:
		if !w.facts.Mapped(t) {
			return uapi.EPERM, true
		}
		user = 0 // a new one: every capability over it
	case flags&spaceFlags != 0 && !w.facts.Capable(t, user, uapi.CAP_SYS_ADMIN):
		return uapi.EPERM, true
	}
	if flags&uint64(uapi.PID_NS) == 0 || s.pidc == k.pid && (user == 0 && w.below(k.user, w.spaces[k.pidc].owner) || user != 0 && w.below(user, w.spaces[k.pidc].owner)) {
		return 0, true
	}
	// What is made before the pid namespace uses up ids.
	if user == 0 {
		user = w.create(uapi.USER_NS, k.user).id
		w.lately[user] = true
	}
	return w.makeSpaces(k, &s, user, flags), true
}

// Fork adds the child of a clone that has succeeded, with the namespaces that its flags
// make.
func (w *World) Fork(parent, child int, flags uint64) {
	p := w.tasks[parent]
	c := &task{slots: p.slots, user: p.user, files: p.files}
	if flags&uapi.CLONE_FS != 0 {
		p.sharesFS, c.sharesFS = true, true
	}
	if flags&uapi.CLONE_FILES == 0 {
		c.files = &files{maps.Clone(p.files.open)}
	}
	if flags&uint64(uapi.USER_NS) != 0 {
		c.user = w.create(uapi.USER_NS, p.user).id
	}
	w.makeSpaces(p, &c.slots, c.user, flags)
	c.pid, c.time = c.pidc, c.timec
	w.spaces[c.pid].reaper = true
	w.tasks[child] = c
}

// makeSpaces makes what the flags name, owned by user, in the kernel's order. A pid
// namespace cannot be made by a task whose children are to be in another one already, nor
// under a user namespace that is not below that of the outer one.
func (w *World) makeSpaces(k *task, s *slots, user uint64, flags uint64) uapi.Errno {
	var made []*space
	if user != k.user {
		made = append(made, w.spaces[user])
	}
	for _, m := range []struct {
		typ  uapi.NSType
		slot *uint64
	}{
		{uapi.MNT_NS, &s.mnt}, {uapi.UTS_NS, &s.uts}, {uapi.IPC_NS, &s.ipc}, {uapi.PID_NS, &s.pidc},
		{uapi.CGROUP_NS, &s.cgroup}, {uapi.NET_NS, &s.net}, {uapi.TIME_NS, &s.timec},
	} {
		if flags&uint64(m.typ) == 0 {
			continue
		}
		if m.typ == uapi.PID_NS && (k.pidc != k.pid || !w.below(user, w.spaces[k.pidc].owner)) {
			w.abandon(made)
			return uapi.EINVAL
		}
		n := w.create(m.typ, user)
		made = append(made, n)
		switch m.typ {
		case uapi.PID_NS:
			n.parent = k.pidc
		case uapi.MNT_NS:
			for _, o := range slices.Clone(w.mounts) {
				if o.in == *m.slot {
					w.mounts = append(w.mounts, mount{n.id, o.target, o.ns})
				}
			}
		}
		*m.slot = n.id
	}
	return 0
}

// abandon throws away namespaces that nobody is in yet. In the first posting the owner's
// reference, taken when they were made, is never given back.
func (w *World) abandon(made []*space) {
	for _, n := range made {
		if w.rules("owner-at-creation") {
			w.stray[n.owner] = true
		}
	}
}

// below reports whether a user namespace is another one or a descendant of it.
func (w *World) below(user, other uint64) bool {
	for ; user != 0; user = w.spaces[user].owner {
		if user == other {
			return true
		}
	}
	return false
}

func (w *World) unshare(t int, k *task, flags uint64) (Answer, bool) {
	if flags&^(spaceFlags|uapi.CLONE_FS|uapi.CLONE_FILES) != 0 {
		return Answer{}, false
	}
	user := k.user
	made := flags&uint64(uapi.USER_NS) != 0
	if made {
		if !w.facts.Mapped(t) {
			return fail(uapi.EPERM)
		}
		user = w.create(uapi.USER_NS, k.user).id
	}
	if flags&spaceFlags&^uint64(uapi.USER_NS) != 0 {
		// Whoever has just made the user namespace has every capability over it.
		if !made && !w.facts.Capable(t, user, uapi.CAP_SYS_ADMIN) {
			return fail(uapi.EPERM)
		}
		s := k.slots
		if e := w.makeSpaces(k, &s, user, flags); e != 0 {
			w.lately[user] = true
			return fail(e)
		}
		k.slots = s
	}
	if flags&uapi.CLONE_FILES != 0 {
		k.files = &files{maps.Clone(k.files.open)}
	}
	w.lately[k.user] = true
	k.user = user
	return Answer{}, true
}

// setns enters the namespace of a descriptor. A pidfd is not the engine's business, nor
// whether a shared root directory forbids it.
func (w *World) setns(t int, k *task, c syscall.Setns) (Answer, bool) {
	f, ok := k.files.open[int(c.FD)]
	switch {
	case !ok || f.Path:
		return fail(uapi.EBADF)
	case f.NS == 0:
		return Answer{}, false
	}
	n := w.spaces[f.NS]
	if k.sharesFS && n.typ&(uapi.USER_NS|uapi.MNT_NS) != 0 {
		return Answer{}, false
	}
	if c.Flags != 0 && c.Flags != uint64(n.typ) {
		return fail(uapi.EINVAL)
	}
	admin := func(user uint64) bool { return w.facts.Capable(t, user, uapi.CAP_SYS_ADMIN) }
	switch {
	case n.typ == uapi.USER_NS && n.id == k.user:
		return fail(uapi.EINVAL)
	case n.typ == uapi.USER_NS && !admin(n.id),
		n.typ != uapi.USER_NS && (!admin(n.owner) || !admin(k.user)),
		n.typ == uapi.MNT_NS && !w.facts.Capable(t, k.user, uapi.CAP_SYS_CHROOT):
		return fail(uapi.EPERM)
	case n.typ == uapi.PID_NS && !w.inside(n.id, k.pid):
		return fail(uapi.EINVAL)
	}
	switch n.typ {
	case uapi.USER_NS:
		w.lately[k.user] = true
		k.user = n.id
	case uapi.PID_NS:
		k.pidc = n.id
	case uapi.TIME_NS:
		k.time, k.timec = n.id, n.id
	default:
		*map[uapi.NSType]*uint64{uapi.MNT_NS: &k.mnt, uapi.UTS_NS: &k.uts, uapi.IPC_NS: &k.ipc, uapi.CGROUP_NS: &k.cgroup, uapi.NET_NS: &k.net}[n.typ] = n.id
	}
	return Answer{}, true
}

// inside reports whether a pid namespace is another one or a descendant of it.
func (w *World) inside(pid, other uint64) bool {
	for ; pid != 0; pid = w.spaces[pid].parent {
		if pid == other {
			return true
		}
	}
	return false
}

// open opens a file in /proc/PID/ns for reading.
func (w *World) open(t int, k *task, c syscall.Open) (Answer, bool) {
	if c.Flags&^uapi.O_CLOEXEC != 0 {
		return Answer{}, false
	}
	id, e, mine := w.namespace(t, c.Path)
	switch {
	case !mine:
		return Answer{}, false
	case e != 0:
		return fail(e)
	}
	return w.openNS(k, id)
}

// namespace follows a link in /proc/PID/ns. It is false for any other path.
func (w *World) namespace(t int, path string) (id uint64, e uapi.Errno, mine bool) {
	rest, ok := strings.CutPrefix(path, "/proc/")
	who, name, ok2 := strings.Cut(rest, "/ns/")
	if !ok || !ok2 {
		return 0, 0, false
	}
	target := t
	if who != "self" {
		pid, err := strconv.Atoi(who)
		if err != nil {
			return 0, 0, false
		}
		if target, ok = w.facts.ByPid(pid); !ok || w.tasks[target] == nil {
			return 0, 0, false
		}
	} else if w.tasks[t].pid != w.pid {
		return 0, 0, false // the mounted /proc is the initial namespace's
	}
	o := w.tasks[target]
	id, ok = map[string]uint64{
		"mnt": o.mnt, "uts": o.uts, "ipc": o.ipc, "net": o.net, "cgroup": o.cgroup, "time": o.time,
		"pid_for_children": o.pidc, "time_for_children": o.timec, "user": o.user, "pid": o.pid,
	}[name]
	switch {
	case !ok:
		return 0, 0, false
	case w.life(target) == Gone:
		return 0, uapi.ENOENT, true
	case target != t && !w.facts.MayRead(t, target):
		return 0, uapi.EACCES, true
	case w.life(target) == Zombie && name != "user" && name != "pid",
		name == "pid_for_children" && !w.spaces[id].reaper && w.rules("pid-for-children-needs-reaper"):
		return 0, uapi.ENOENT, true
	}
	return id, 0, true
}

func (w *World) ioctl(t int, k *task, c syscall.Ioctl) (Answer, bool) {
	f, ok := k.files.open[int(c.FD)]
	if !ok || f.Path {
		return fail(uapi.EBADF)
	}
	if f.Socket && c.Cmd == uapi.SIOCGSKNS {
		if !w.facts.Capable(t, w.spaces[f.Net].owner, uapi.CAP_NET_ADMIN) {
			return fail(uapi.EPERM)
		}
		if v, _ := w.visible(f.Net); !v && w.rules("siocgskns-refuses-inactive") {
			return fail(uapi.EINVAL)
		}
		return w.openNS(k, f.Net)
	}
	if f.NS == 0 || c.Bad || c.Null && c.Cmd == uapi.NS_GET_ID {
		return Answer{}, false
	}
	n := w.spaces[f.NS]
	switch c.Cmd {
	case uapi.NS_GET_NSTYPE:
		return Answer{Ret: int64(n.typ)}, true
	case uapi.NS_GET_ID:
		return Answer{Out: n.id}, true
	case uapi.NS_GET_MNTNS_ID:
		if n.typ != uapi.MNT_NS {
			return fail(uapi.EINVAL)
		}
		return Answer{Out: n.id}, !c.Null
	case uapi.NS_GET_USERNS:
		return w.owner(k, n)
	case uapi.NS_GET_PARENT:
		switch {
		case n.typ == uapi.USER_NS:
			return w.owner(k, n)
		case n.typ != uapi.PID_NS:
			return fail(uapi.EINVAL)
		case n.parent == 0 || !w.inside(n.parent, k.pid):
			return fail(uapi.EPERM)
		}
		return w.openNS(k, n.parent)
	}
	return Answer{}, false
}

// owner opens a namespace's owner if it is the caller's user namespace or below it.
func (w *World) owner(k *task, n *space) (Answer, bool) {
	if n.owner == 0 || !w.below(n.owner, k.user) {
		return fail(uapi.EPERM)
	}
	return w.openNS(k, n.owner)
}

// current reports whether a task is in a namespace.
func (k *task) current(id uint64) bool {
	s := k.slots
	s.pidc, s.timec = k.pid, k.user
	return slices.Contains(s.all(), id)
}

// seesAll reports whether a task may see every namespace.
func (w *World) seesAll(t int, k *task) bool {
	return k.pid == w.pid && w.facts.Capable(t, w.user, uapi.CAP_SYS_ADMIN)
}

// openByHandle opens a well-formed handle relative to the root of nsfs.
func (w *World) openByHandle(t int, k *task, c syscall.OpenByHandleAt) (Answer, bool) {
	if c.Anchor != uapi.FD_NSFS_ROOT || c.Bytes != 16 || len(c.Payload) < 16 || c.Type != uapi.FILEID_NSFS || c.BadHeader || c.Flags&^uapi.O_CLOEXEC != 0 {
		return Answer{}, false
	}
	id := binary.LittleEndian.Uint64(c.Payload)
	typ := uapi.NSType(binary.LittleEndian.Uint32(c.Payload[8:]))
	inum := binary.LittleEndian.Uint32(c.Payload[12:])
	n := w.spaces[id]
	lax := typ == 0 && inum == 0
	switch {
	case n == nil,
		w.rules("handle-exact") && (typ == 0 || inum == 0),
		!lax && !w.rules("handle-loose") && (typ == 0 || inum == 0),
		typ != 0 && typ != n.typ,
		inum != 0 && inum != n.inum:
		return fail(uapi.ESTALE)
	}
	visible, alive := w.visible(id)
	over := n.owner
	if n.typ == uapi.USER_NS {
		over = n.id
	}
	switch {
	case !visible || !alive:
		return fail(uapi.ESTALE)
	case k.current(id):
	case w.rules("handle-owner-cap"):
		if !w.facts.Capable(t, over, uapi.CAP_SYS_ADMIN) {
			return fail(uapi.ESTALE)
		}
	case !w.seesAll(t, k):
		return fail(uapi.ESTALE)
	}
	return w.openNS(k, id)
}

// listns answers a request whose arguments can be read.
func (w *World) listns(t int, k *task, c syscall.Listns) (Answer, bool) {
	all := c.Flags == syscall.ListnsAll && w.rules("list-all-flag")
	q := c.Req
	switch {
	case w.rules("no-listns"):
		return fail(uapi.ENOSYS)
	case c.Flags != 0 && !all:
		return fail(uapi.EINVAL)
	case c.NR > 1_000_000:
		return fail(uapi.EOVERFLOW)
	case c.Raw != nil || c.Null || c.Buf.Addr != 0 || q.Size != 0 && q.Size != uapi.NS_ID_REQ_SIZE_VER0:
		return Answer{}, false
	case q.Spare != 0:
		return fail(uapi.EINVAL)
	case q.NSType&^uapi.NSTypeMask != 0:
		return fail(uapi.EOPNOTSUPP)
	}
	seen := func(id uint64) bool {
		visible, alive := w.visible(id)
		return alive && (visible || all)
	}
	// The first posting took no reference on an entry, so it did not see that it is dead.
	entry := func(id uint64) bool {
		visible, alive := w.visible(id)
		return (alive || w.rules("listns-buffered")) && (visible || all)
	}
	filter := q.UserNSID
	switch {
	case filter == uapi.LISTNS_CURRENT_USER:
		filter = k.user
	case filter != 0 && (w.spaces[filter] == nil || w.spaces[filter].typ != uapi.USER_NS || !seen(filter)):
		return fail(uapi.EINVAL)
	}
	one := filter == 0 && bits.OnesCount32(uint32(q.NSType)) == 1
	var list []uint64 // the list that is walked
	for _, id := range w.Existing() {
		s := w.spaces[id]
		if filter != 0 && s.owner != filter || one && s.typ != q.NSType {
			continue
		}
		list = append(list, id)
	}
	if q.NSID != 0 {
		if one && w.rules("type-cursor-unified") {
			return Answer{}, false // undefined
		}
		from := q.NSID
		if from == ^uint64(0) && w.rules("cursor-wraps") {
			from = 0
		}
		list = slices.DeleteFunc(list, func(id uint64) bool { return id <= from })
		if len(list) == 0 || w.rules("cursor-inactive-ends") && !seen(list[0]) {
			return fail(uapi.ENOENT)
		}
	}
	var a Answer
	for _, id := range list {
		if uint64(len(a.IDs)) == c.NR {
			break
		}
		if q.NSType != 0 && q.NSType&w.spaces[id].typ == 0 || !entry(id) || !w.mayList(t, k, id, filter) {
			continue
		}
		if int64(len(a.IDs)) == c.Buf.Room {
			return fail(uapi.EFAULT)
		}
		a.IDs = append(a.IDs, id)
	}
	a.Ret = int64(len(a.IDs))
	return a, true
}

// mayList reports whether a task may see a namespace in a listing, with an owner to
// filter by or without.
func (w *World) mayList(t int, k *task, id, filter uint64) bool {
	if k.current(id) {
		return true
	}
	if !w.rules("listns-owner-cap") {
		return w.seesAll(t, k)
	}
	over := filter
	if over == 0 {
		if over = w.spaces[id].owner; over == 0 {
			over = id
		}
	}
	return w.facts.Capable(t, over, uapi.CAP_SYS_ADMIN) ||
		w.spaces[id].typ == uapi.USER_NS && w.facts.Capable(t, id, uapi.CAP_SYS_ADMIN)
}

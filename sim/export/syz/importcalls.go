// SPDX-License-Identifier: GPL-2.0-only

package syz

import (
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"strings"

	"github.com/nssim/nssim/syscall/uapi"
)

// clone is clone and syz_clone, which differ in that the latter never shares memory. A
// child without an exit signal is made by the model's clone3, since its clone adds one.
func (m *importer) clone(c *Call) []string {
	v := m.number(c.arg(0), 0)
	if strings.HasPrefix(c.Name, "syz_") {
		v &^= uapi.CLONE_VM
	}
	m.childless(c, v)
	if v&uapi.CSIGNAL == 0 && v&uapi.CLONE_THREAD == 0 {
		m.sys = "clone3"
		return []string{"{flags=" + uapi.FormatFlags(uapi.GroupClone3, v) + "}"}
	}
	return []string{uapi.FormatFlags(uapi.GroupClone, v)}
}

// childless refuses what would block until the child has made a call.
func (m *importer) childless(c *Call, cloneFlags uint64) {
	if cloneFlags&uapi.CLONE_VFORK != 0 {
		m.refuse(c.At, "found CLONE_VFORK, expected a child that its parent does not wait for: it makes no call")
	}
}

// structure is a pointer to one that the program fills in.
func (m *importer) structure(a Arg) []Arg {
	x, special := m.pointee(a)
	if special != "" {
		m.refuse(a.Pos(), "found %s, expected a pointer to a structure", describe(a))
	}
	return m.fields(x)
}

func elem(elems []Arg, i int, c *Call) Arg {
	if i < len(elems) {
		return elems[i]
	}
	return &Const{At: c.At}
}

func (m *importer) clone3(c *Call) []string {
	e := m.structure(c.arg(0))
	v := m.number(elem(e, 0, c), 0)
	if strings.HasPrefix(c.Name, "syz_") {
		v &^= uapi.CLONE_VM
	}
	m.childless(c, v)
	parts := []string{"flags=" + uapi.FormatFlags(uapi.GroupClone3, v)}
	if sig := m.number(elem(e, 4, c), 0); sig != 0 {
		parts = append(parts, "exit_signal="+uapi.FormatFlags(uapi.GroupSignal, sig))
	}
	if v&uapi.CLONE_PIDFD != 0 {
		parts = append(parts, "pidfd="+m.output(elem(e, 1, c), aDescriptor, 4))
	}
	if n := m.number(elem(e, 9, c), 0); n > 0 {
		parts = append(parts, "set_tid=["+strings.Join(m.list(elem(e, 8, c), m.process), ", ")+"]")
	}
	for i, name := range cloneFields {
		switch name {
		case "stack", "stack_size", "tls", "cgroup":
			if u := unwrap(elem(e, i, c)); !isZero(u) {
				m.refuse(u.Pos(), "found %s=%s, expected 0: the child makes no call", name, describe(u))
			}
		}
	}
	return []string{"{" + strings.Join(parts, ", ") + "}"}
}

func isZero(a Arg) bool {
	switch a := a.(type) {
	case *Const:
		return a.Value == 0
	case *Word:
		return true
	}
	return false
}

// maxList is how many elements an array may have.
const maxList = 64

// list is a pointer to an array, each element translated by f.
func (m *importer) list(a Arg, f func(Arg) string) (out []string) {
	for _, e := range m.structure(a) {
		out = append(out, f(e))
	}
	if len(out) > maxList {
		m.refuse(a.Pos(), "found %d elements, expected at most %d", len(out), maxList)
	}
	return out
}

func (m *importer) waitid(c *Call) []string {
	which := m.number(c.arg(0), 0)
	who := m.process
	if which == uapi.P_PIDFD {
		who = m.descriptor
	}
	out := []string{uapi.FormatFlags(uapi.GroupWaitID, which), who(c.arg(1)), m.output(c.arg(2), aNumber, 128)}
	return append(out, m.value(c.arg(3), uapi.GroupWait))
}

// openProcfs is syz_open_procfs, which opens a file of procfs for the caller.
func (m *importer) openProcfs(c *Call) []string {
	dir := "self"
	if r, ok := unwrap(c.arg(0)).(*Resource); ok && !m.isConstant(r) {
		m.refuse(r.At, "found r%d, expected 0 for the process or 0xffffffffffffffff for the thread", r.N)
	} else if !ok {
		switch v := int32(m.number(c.arg(0), 0)); v {
		case 0:
		case -1:
			dir = "thread-self"
		default:
			dir = fmt.Sprintf("self/task/%d", v)
		}
	}
	return []string{quoted("/proc/" + dir + "/" + m.path(c.arg(1))), "O_RDONLY"}
}

func (m *importer) isConstant(r *Resource) bool {
	v := m.vars[r.N]
	return v != nil && v.constant
}

func fcntlCopies(c *Call) bool {
	k, ok := unwrap(c.arg(1)).(*Const)
	return ok && (k.Value == uapi.F_DUPFD || k.Value == uapi.F_DUPFD_CLOEXEC)
}

func (m *importer) fcntl(c *Call) []string {
	cmd := m.number(c.arg(1), 0)
	args := []string{m.descriptor(c.arg(0)), uapi.FormatFlags(uapi.GroupFcntl, cmd)}
	switch cmd {
	case uapi.F_DUPFD, uapi.F_DUPFD_CLOEXEC:
		return append(args, m.bare(c.arg(2)))
	case uapi.F_SETFD:
		return append(args, m.value(c.arg(2), uapi.GroupFD))
	case uapi.F_GETFD:
		return args
	}
	if !otherFcntl(cmd) {
		return append(args, m.value(c.arg(2), ""))
	}
	m.refuse(c.arg(1).Pos(), "found command %#x, expected F_DUPFD, F_DUPFD_CLOEXEC, F_GETFD or F_SETFD", cmd)
	return nil
}

// otherFcntl reports whether Linux has a command of fcntl, be it one that the model does not
// know.
func otherFcntl(cmd uint64) bool {
	return cmd <= 16 || cmd >= 36 && cmd <= 38 || cmd >= 1024 && cmd < 1100
}

// ioctlOpens reports whether an ioctl returns a descriptor.
func ioctlOpens(c *Call) bool {
	k, ok := unwrap(c.arg(1)).(*Const)
	if !ok {
		return false
	}
	cmd := uapi.Ioctl(k.Value)
	_, pidfd := cmd.PidfdNamespace()
	return pidfd || cmd == uapi.NS_GET_USERNS || cmd == uapi.NS_GET_PARENT || cmd == uapi.SIOCGSKNS ||
		cmd == uapi.NS_MNT_GET_NEXT || cmd == uapi.NS_MNT_GET_PREV
}

func (m *importer) ioctl(c *Call) []string {
	v := m.number(c.arg(1), 0)
	cmd := uapi.Ioctl(v)
	name := cmd.Name()
	switch {
	case v == 0, name == "" && (cmd.Type() == uapi.NSIO || cmd.Type() == uapi.PIDFS_IOCTL_MAGIC):
		name = plain(v) // no such command, which is for nsfs and pidfs to say
	case name == "" || uint64(cmd) != v:
		m.refuse(c.arg(1).Pos(), "found command %#x, expected one that the model knows", v)
	}
	args := []string{m.descriptor(c.arg(0)), name}
	arg := unwrap(c.arg(2))
	switch cmd {
	case uapi.NS_GET_USERNS, uapi.NS_GET_PARENT, uapi.NS_GET_NSTYPE, uapi.SIOCGSKNS:
		return args
	case uapi.NS_MNT_GET_INFO, uapi.NS_MNT_GET_NEXT, uapi.NS_MNT_GET_PREV:
		return append(args, m.mntInfo(arg))
	case uapi.NS_GET_PID_FROM_PIDNS, uapi.NS_GET_TGID_FROM_PIDNS, uapi.NS_GET_PID_IN_PIDNS, uapi.NS_GET_TGID_IN_PIDNS:
		return append(args, m.process(arg))
	case uapi.NS_GET_OWNER_UID:
		return append(args, m.output(arg, aNumber, 4))
	}
	if _, ok := cmd.PidfdNamespace(); ok {
		if isZero(arg) {
			return args
		}
		return append(args, m.value(arg, ""))
	}
	return append(args, m.output(arg, aNumber, 8))
}

// mntInfo is the structure that NS_MNT_GET_* fill in.
func (m *importer) mntInfo(a Arg) string {
	x, special := m.pointee(a)
	switch {
	case special != "":
		m.results(x)
		return special
	case room(a, uapi.MNT_NS_INFO_SIZE_VER0) == 0:
		return "room(0)"
	case firstResult(x) == nil:
		return "_"
	}
	return m.bindFields(m.fields(x), "info", []string{"size", "nr_mounts", "mnt_ns_id"}, aNumber)
}

// handle takes a file handle apart: its room, its type, and what nsfs has in it.
func (m *importer) handle(a Arg) (size, typ Arg, inner []Arg, tail []byte) {
	elems := m.structure(a)
	zero := &Const{At: a.Pos()}
	size, typ = zero, zero
	if len(elems) > 0 {
		size = elems[0]
	}
	if len(elems) > 1 {
		typ = elems[1]
	}
	if len(elems) < 3 {
		return size, typ, nil, nil
	}
	if d, ok := unwrap(elems[2]).(*Data); ok {
		return size, typ, nil, d.Text
	}
	inner = m.fields(elems[2])
	if len(inner) > len(handleFields) {
		if d, ok := unwrap(inner[3]).(*Data); ok {
			tail = d.Text
		}
		inner = inner[:3]
	}
	return size, typ, inner, tail
}

func (m *importer) nameToHandle(c *Call) []string {
	args := []string{m.descriptor(c.arg(0)), quoted(m.path(c.arg(1))), ""}
	size, typ, inner, _ := m.handle(c.arg(2))
	h := "_"
	if m.failing {
		m.results(typ)
		each(inner, func(a Arg) { m.results(a) })
	} else {
		h = m.bindFields(inner, "h", handleFields, aNumber)
		if r := firstResult(typ); r != nil {
			m.vars[r.N] = &variable{text: h[1:] + ".handle_type", kind: aNumber}
		}
	}
	if n := m.number(size, uapi.MAX_HANDLE_SZ); n != uapi.MAX_HANDLE_SZ {
		if h == "_" {
			h = "&" + m.fresh("h")
		}
		h += fmt.Sprintf("{handle_bytes=%s}", plain(n))
	}
	args[2] = h
	mnt, fl := m.output(c.arg(3), aNumber, 4), m.value(c.arg(4), uapi.GroupHandleAt)
	if mnt == "_" && fl == "0" {
		return args
	}
	return append(args, mnt, fl)
}

func (m *importer) openByHandle(c *Call) []string {
	fd, fl := m.descriptor(c.arg(0)), m.value(c.arg(2), uapi.GroupOpen)
	if p, ok := unwrap(c.arg(1)).(*Pointer); !ok || room(p, 8) == 0 {
		if ok {
			return []string{fd, "room(0)", fl}
		}
		_, special := m.pointee(c.arg(1))
		return []string{fd, special, fl}
	}
	size, typ, inner, tail := m.handle(c.arg(1))
	var parts []string
	for i, e := range inner {
		group := uapi.Group("")
		if handleFields[i] == "ns_type" {
			group = uapi.GroupNSType
		}
		parts = append(parts, handleFields[i]+"="+m.value(e, group))
	}
	if inner == nil && len(tail) >= uapi.NSFS_FILE_HANDLE_SIZE_VER0 {
		parts = append(parts, fmt.Sprintf("ns_id=%s, ns_type=%s, ns_inum=%s", plain(binary.LittleEndian.Uint64(tail)),
			uapi.FormatFlags(uapi.GroupNSType, uint64(binary.LittleEndian.Uint32(tail[8:]))), plain(uint64(binary.LittleEndian.Uint32(tail[12:])))))
		tail = tail[16:]
	} else if inner == nil && len(tail) > 0 {
		m.refuse(c.arg(1).Pos(), "found a handle of %d bytes, expected none or those of nsfs, which are 16", len(tail))
	}
	parts = append(parts, "handle_bytes="+m.value(size, ""))
	if t := m.value(typ, uapi.GroupHandleType); t != "FILEID_NSFS" {
		parts = append(parts, "handle_type="+t)
	}
	if len(tail) > uapi.MAX_HANDLE_SZ-16 {
		tail = tail[:uapi.MAX_HANDLE_SZ-16]
	}
	if len(tail) > 0 {
		parts = append(parts, `tail="`+hex.EncodeToString(tail)+`"`)
	}
	return []string{fd, "{" + strings.Join(parts, ", ") + "}", fl}
}

// request is what listns is asked for.
func (m *importer) request(a Arg, c *Call) string {
	x, special := m.pointee(a)
	switch {
	case special != "":
		return special
	case room(a, 8) == 0:
		return "room(0)"
	}
	elems := m.fields(x)
	parts := []string{}
	for i, name := range reqFields {
		group := map[string]uapi.Group{"ns_type": uapi.GroupNSType, "user_ns_id": uapi.GroupUserNSID}[name]
		t := m.value(elem(elems, i, c), group)
		if i < len(elems) {
			if w, ok := elems[i].(*Word); ok && w.Text == "AUTO" && name == "size" {
				t = "32"
			}
		}
		if name == "size" && t != "32" || name != "size" && t != "0" {
			parts = append(parts, name+"="+t)
		}
	}
	if len(elems) > len(reqFields) {
		if d, ok := unwrap(elems[len(reqFields)]).(*Data); ok && len(d.Text) > 0 && len(d.Text) <= uapi.PAGE_SIZE {
			parts = append(parts, `tail="`+hex.EncodeToString(d.Text)+`"`)
		}
	}
	return "{" + strings.Join(parts, ", ") + "}"
}

func (m *importer) listns(c *Call) []string {
	nr, fl := m.value(c.arg(2), ""), m.value(c.arg(3), "")
	args := []string{m.request(c.arg(0), c), m.ids(c.arg(1)), nr}
	if fl != "0" {
		args = append(args, fl)
	}
	return args
}

// ids is the buffer of listns: memory faults behind its end.
func (m *importer) ids(a Arg) string {
	x, special := m.pointee(a)
	if special != "" {
		m.results(x)
		return special
	}
	if n := room(a, 8); n < 4096/8 {
		m.results(x)
		return fmt.Sprintf("room(%d)", n)
	}
	if firstResult(x) == nil {
		return "_"
	}
	var names []string
	elems := m.fields(x)
	for i := range elems {
		names = append(names, fmt.Sprintf("[%d]", i))
	}
	out := m.bindFields(elems, "ids", names, aNumber)
	for _, e := range elems {
		if r := firstResult(e); r != nil {
			v := m.vars[r.N]
			v.text = strings.Replace(v.text, ".[", "[", 1)
		}
	}
	return out
}

// pair is two descriptors that a call stores.
func (m *importer) pair(a Arg) string {
	x, special := m.pointee(a)
	if special != "" {
		m.refuse(a.Pos(), "found %s, expected a pointer to two descriptors", describe(a))
	}
	var out [2]string
	elems := m.fields(x)
	for i := range out {
		out[i] = "_"
		if i < len(elems) {
			if r := firstResult(elems[i]); r != nil {
				out[i] = m.bind(r, aDescriptor)
			}
		}
	}
	return "[" + out[0] + ", " + out[1] + "]"
}

func (m *importer) socketpair(c *Call) []string {
	return []string{m.value(c.arg(0), uapi.GroupFamily), m.value(c.arg(1), uapi.GroupSocketType), m.value(c.arg(2), ""), m.pair(c.arg(3))}
}

func (m *importer) pipe(c *Call) []string {
	if v := m.number(c.arg(1), 0); v != 0 {
		m.refuse(c.arg(1).Pos(), "found flags %#x, expected 0", v)
	}
	return []string{m.pair(c.arg(0))}
}

// rights are the descriptors in a message's control data. Messages without any are sent
// with their data alone.
func (m *importer) rights(c *Call, f func(Arg) string) string {
	msg := m.structure(c.arg(1))
	var fds []string
	if ctrl := elem(msg, 4, c); !isZero(unwrap(ctrl)) {
		for _, e := range m.structure(ctrl) {
			u, ok := e.(*Union)
			if ok && u.Field != "rights" {
				m.refuse(u.At, "found control data @%s, expected @rights", u.Field)
			}
			for _, inner := range m.fields(e) {
				cmsg := m.fields(inner)
				level, typ := m.number(elem(cmsg, 1, c), 1), m.number(elem(cmsg, 2, c), uapi.SCM_RIGHTS)
				if level != uapi.SOL_SOCKET || typ != uapi.SCM_RIGHTS {
					m.refuse(inner.Pos(), "found control data of level %#x and type %#x, expected SOL_SOCKET and SCM_RIGHTS", level, typ)
				}
				for _, fd := range m.fields(elem(cmsg, 3, c)) {
					fds = append(fds, f(fd))
				}
			}
		}
	}
	return "{fds=[" + strings.Join(fds, ", ") + "]}"
}

func (m *importer) sendmsg(c *Call) []string {
	m.noFlags(c)
	return []string{m.descriptor(c.arg(0)), m.rights(c, m.descriptor)}
}

func (m *importer) recvmsg(c *Call) []string {
	m.noFlags(c)
	return []string{m.descriptor(c.arg(0)), m.rights(c, func(a Arg) string {
		if r := firstResult(a); r != nil {
			return m.bind(r, aDescriptor)
		}
		return "_"
	})}
}

func (m *importer) noFlags(c *Call) {
	if v := m.number(c.arg(2), 0); v != 0 {
		m.refuse(c.arg(2).Pos(), "found flags %s, expected 0", uapi.FormatFlags(uapi.GroupMsg, v))
	}
}

// moveMount attaches the mount of a descriptor at a path.
func (m *importer) moveMount(c *Call) []string {
	if p := m.path(c.arg(1)); p != "" {
		m.refuse(c.arg(1).Pos(), "found path %q, expected an empty one", p)
	}
	if to := int32(m.number(c.arg(2), 0)); to != uapi.AT_FDCWD {
		m.refuse(c.arg(2).Pos(), "found directory %d, expected AT_FDCWD", to)
	}
	if v := m.number(c.arg(4), 0); v != uapi.MOVE_MOUNT_F_EMPTY_PATH {
		m.refuse(c.arg(4).Pos(), "found flags %#x, expected MOVE_MOUNT_F_EMPTY_PATH alone", v)
	}
	return []string{m.descriptor(c.arg(0)), quoted(m.path(c.arg(3)))}
}

func (m *importer) setgroups(c *Call) []string {
	if m.number(c.arg(0), 1) == 0 {
		return []string{"[]"}
	}
	return []string{"[" + strings.Join(m.list(c.arg(1), m.ident), ", ") + "]"}
}

// capset takes the sets of 64 bits together, which version 3 has in two halves.
func (m *importer) capset(c *Call) []string {
	e := m.structure(c.arg(1))
	var parts []string
	for i, name := range []string{"effective", "permitted", "inheritable"} {
		v := m.number(elem(e, i, c), 0)&(1<<32-1) | m.number(elem(e, i+3, c), 0)<<32
		parts = append(parts, name+"="+uapi.FormatFlags(uapi.GroupCapSet, v))
	}
	return []string{"{" + strings.Join(parts, ", ") + "}"}
}

func (m *importer) capget(c *Call) []string {
	if x, special := m.pointee(c.arg(1)); special == "" && firstResult(x) != nil {
		m.refuse(c.arg(1).Pos(), "found a resource among capabilities, expected none")
	}
	return []string{"_"}
}

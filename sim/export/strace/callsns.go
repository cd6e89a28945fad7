// SPDX-License-Identifier: GPL-2.0-only

package strace

import (
	"cmp"
	"encoding/hex"
	"slices"
	"strings"

	"github.com/nssim/nssim/sim"
	"github.com/nssim/nssim/sim/program"
	"github.com/nssim/nssim/syscall/uapi"
)

// nsCalls are the calls on namespaces.
var nsCalls = map[string]func(*request){
	"unshare":           func(q *request) { q.call("unshare", q.flagsX(0)); q.unshared() },
	"setns":             (*request).setns,
	"listns":            (*request).listns,
	"syscall_0x1d6":     (*request).rawListns,
	"ioctl":             (*request).ioctl,
	"name_to_handle_at": (*request).nameToHandle,
	"open_by_handle_at": (*request).openByHandle,
	"pidfd_open":        (*request).pidfdOpen,
	"pidfd_getfd":       (*request).pidfdGetfd,
}

// unshared keeps track of what the importer knows about a task.
func (q *request) unshared() {
	n := q.num(q.arg(0))
	q.w.after = func() {
		if q.c.errno == 0 && n&(uapi.CLONE_FS|uapi.CLONE_NEWNS|uapi.CLONE_NEWUSER) != 0 {
			fs := *q.t.fs
			q.t.fs = &fs
		}
	}
}

func (q *request) setns() {
	fd := q.fd(q.arg(0))
	if q.im.noteOf(q.t, fd).foreign {
		q.bad(q.arg(0), "a namespace of a process in the log: where this one leads cannot be told")
		return
	}
	q.call("setns", fdX(fd), q.flagsX(1))
}

// listns compares a listing, entry by entry.
func (q *request) listns() {
	req, buf := q.arg(0), q.arg(1)
	rx, ok := q.listnsRequest(req)
	if !ok {
		q.rawListns()
		return
	}
	args := []program.Expr{rx}
	nr := q.flagsX(2)
	how, hx := q.flags(q.arg(3))
	tail := func(buf program.Expr) []program.Expr {
		if buf != nil {
			args = append(args, buf)
		}
		args = append(args, nr)
		if how != 0 {
			args = append(args, hx)
		}
		return args
	}
	if q.c.errno != 0 {
		q.call("listns", tail(q.memory(buf.last()))...)
		return
	}
	list := buf.last()
	if list.kind != array {
		q.call("listns", tail(nil)...).returns(q, numX(q.c.ret))
		return
	}
	if xs := q.knownIDs(list); xs != nil {
		q.call("listns", tail(nil)...).returns(q, listX(xs...))
		return
	}
	l := q.local("l")
	q.call("listns", tail(outX(l))...).returns(q, numX(q.c.ret))
	for i := range list.elems {
		e := &list.elems[i]
		if e.raw == "..." {
			break
		}
		q.same(q.im.ids, q.num(e), indexX(nameX(l), i), func() uint64 { return at(q.value(l).L, i) })
	}
}

func at(l []uint64, i int) uint64 {
	if i < len(l) {
		return l[i]
	}
	return 0
}

// knownIDs are the entries of a listing as the program writes them, nil if one of them is
// met for the first time, or not shown.
func (q *request) knownIDs(list *value) []program.Expr {
	xs := []program.Expr{}
	for i := range list.elems {
		e := &list.elems[i]
		if e.raw == "..." {
			return nil
		}
		p := q.im.ids.find(q.num(e))
		if p == nil || p.x == nil {
			return nil
		}
		xs = append(xs, p.x)
	}
	return xs
}

// listnsRequest is struct ns_id_req. It is not ok if strace does not show it.
func (q *request) listnsRequest(v *value) (program.Expr, bool) {
	if v.kind != record {
		return constX("NULL"), v.isNull()
	}
	s := &program.Struct{}
	for i := range v.elems {
		f := &v.elems[i]
		n, x := uint64(0), program.Expr(nil)
		switch f.name {
		case "ns_id", "user_ns_id":
			x, n = q.id(f)
		case "size", "ns_type", "spare", "spare2":
			n, x = q.flags(f)
		default:
			q.bad(f, "size, ns_id, ns_type, user_ns_id")
		}
		if n != 0 && !(f.name == "size" && n == uapi.NS_ID_REQ_SIZE_VER0) {
			s.Fields = append(s.Fields, program.FieldValue{Name: f.name, X: x})
		}
	}
	return s, true
}

// id is a namespace id that the program of the log has handed to the kernel.
func (q *request) id(v *value) (program.Expr, uint64) {
	n, x := q.flags(v)
	if _, err := term(v.raw); !err || strings.ContainsAny(v.raw, "_") {
		return x, n
	}
	return q.idX(n), n
}

func (q *request) idX(n uint64) program.Expr {
	if n == 0 {
		return numX(0)
	}
	if p := q.im.ids.find(n); p != nil {
		if p.x != nil {
			return p.x
		}
		return numX(int64(p.model))
	}
	return q.guessX(n)
}

// guessX takes an id that the log has not shown before for one that was put out without
// being shown.
func (q *request) guessX(n uint64) program.Expr {
	im := q.im
	if n >= mostID {
		return smallX(n)
	}
	likely := im.likely(n)
	im.guesses = max(im.guesses, len(likely)+1)
	if im.guess >= len(likely) {
		return smallX(n)
	}
	h := likely[im.guess]
	q.checks(func() string { return im.ids.meet(n, h.model, nameX(h.name)) })
	return nameX(h.name)
}

// mostID is where numbers begin that are no ids: LISTNS_CURRENT_USER is the last.
const mostID = 1 << 62

// mostGuesses is how many ids are tried for one.
const mostGuesses = 8

// likely are the hidden ids that one of the log may be: as far from a known one as there, or
// else the last that was put out.
func (im *importer) likely(n uint64) (hs []hiddenID) {
	for _, h := range slices.Backward(im.hidden) {
		if im.ids.byModel[h.model] == nil {
			hs = append(hs, h)
		}
	}
	if p := im.ids.nearest(n); p != nil {
		want := n - p.log + p.model
		slices.SortStableFunc(hs, func(a, b hiddenID) int {
			return cmp.Compare(distance(a.model, want), distance(b.model, want))
		})
	}
	return hs[:min(len(hs), mostGuesses)]
}

func distance(a, b uint64) uint64 {
	if a < b {
		return b - a
	}
	return a - b
}

// rawListns is a call whose memory strace does not show: all that can be said is that a
// listing with a filter is no longer than the one without.
func (q *request) rawListns() {
	if q.c.errno != 0 {
		q.pass()
		return
	}
	s := q.call("listns", structX(), q.flagsX(2))
	s.line.Results = []program.Result{{Kind: program.Compare, Op: ">=", X: numX(q.c.ret)}}
	s.line.Comment = "the log does not show what was asked for"
}

func (q *request) ioctl() {
	fd := q.fd(q.arg(0))
	cmd, ok := q.command(q.arg(1))
	if !ok {
		q.pass()
		return
	}
	if q.im.noteOf(q.t, fd).foreign {
		q.foreignIoctl(cmd)
		return
	}
	f := q.im.kindOf(q.t, fd)
	_, pidfd := cmd.PidfdNamespace()
	switch {
	case f == 0 && q.im.file(q.t, fd) != 0 && q.c.errno == 0:
		q.foreignIoctl(cmd)
		return
	case f == sim.FilePidFD && !pidfd && q.c.errno == 0:
		q.pass()
		return
	}
	cx := constX(cmd.Name())
	if cmd.Name() == "" {
		cx = hexX(uint64(cmd))
	}
	arg := value{raw: "NULL"}
	if len(q.c.args) > 2 {
		arg = q.c.args[2]
	}
	q.nsIoctl(fd, cmd, cx, arg.last())
}

// command is the ioctl if it is one of the model's; its direction and size tell.
func (q *request) command(v *value) (uapi.Ioctl, bool) {
	n, _, bad := flags(v.raw)
	if strings.HasPrefix(v.raw, "_IOC(") {
		n, bad = iocOf(v.raw)
	}
	if bad != "" {
		return 0, false
	}
	c := uapi.Ioctl(n)
	_, pidfd := c.PidfdNamespace()
	return c, pidfd || c.Type() == uapi.NSIO || c == uapi.SIOCGSKNS
}

// iocOf reads _IOC(_IOC_READ, 0xb7, 0xd, 0x8), as strace prints what it does not know.
func iocOf(raw string) (uint64, string) {
	parts := strings.Split(strings.TrimSuffix(strings.TrimPrefix(raw, "_IOC("), ")"), ",")
	if len(parts) != 4 {
		return 0, raw
	}
	dirs := map[string]uint64{"_IOC_NONE": uapi.IOC_NONE, "_IOC_READ": uapi.IOC_READ, "_IOC_WRITE": uapi.IOC_WRITE}
	dir := uint64(0)
	for d := range strings.SplitSeq(parts[0], "|") {
		dir |= dirs[strings.TrimSpace(d)]
	}
	n := [3]uint64{}
	for i := range n {
		v, ok := term(parts[i+1])
		if !ok {
			return 0, parts[i+1]
		}
		n[i] = v
	}
	return uint64(uapi.IOC(uint32(dir), uint32(n[0]), uint32(n[1]), uint32(n[2]))), ""
}

// opensNS reports whether an ioctl returns a descriptor of a namespace.
func opensNS(c uapi.Ioctl) bool {
	_, pidfd := c.PidfdNamespace()
	next := uapi.Ioctl(uapi.NS_MNT_GET_NEXT).Nr() == c.Nr() || uapi.Ioctl(uapi.NS_MNT_GET_PREV).Nr() == c.Nr()
	return pidfd || c == uapi.NS_GET_USERNS || c == uapi.NS_GET_PARENT || c == uapi.SIOCGSKNS || c.Type() == uapi.NSIO && next
}

// foreignIoctl is an ioctl on a namespace that the model does not have.
func (q *request) foreignIoctl(c uapi.Ioctl) {
	if q.c.errno == 0 && opensNS(c) {
		q.stand(int32(q.c.ret), true, note{foreign: true})
		return
	}
	q.pass()
}

func (q *request) nsIoctl(fd int32, c uapi.Ioctl, cx program.Expr, arg *value) {
	switch nr := c.Nr(); {
	case opensNS(c) && c.Size() == 0:
		q.call("ioctl", fdX(fd), cx).opens(q, note{})
		return
	case c == uapi.NS_GET_NSTYPE:
		s := q.call("ioctl", fdX(fd), cx)
		if q.c.errno == 0 {
			s.returns(q, smallX(uint64(q.c.ret)))
		}
		return
	case q.c.errno != 0:
		q.call("ioctl", fdX(fd), cx, orMemory(q.memory(arg)))
		return
	case c == uapi.NS_GET_ID || c == uapi.NS_GET_MNTNS_ID:
		q.idOut(fd, cx, arg)
		return
	case c.Size() == uint32(len(uapi.MntNSInfo{}.Encode())) && nr >= uapi.Ioctl(uapi.NS_MNT_GET_INFO).Nr():
		q.mntInfo(fd, c, cx, arg)
		return
	}
	o := q.local("o")
	s := q.call("ioctl", fdX(fd), cx, outX(o))
	switch {
	case c == uapi.NS_GET_OWNER_UID && arg.kind == array && len(arg.elems) == 1:
		q.assert(equalX(nameX(o), numX(int64(q.num(&arg.elems[0])))))
	case c.Dir() == uapi.IOC_READ && q.im.inInitialPid(q.t):
		// A number of a process.
	default:
		s.returns(q, numX(q.c.ret))
	}
}

func orMemory(x program.Expr) program.Expr {
	if x == nil {
		return &program.Blank{}
	}
	return x
}

// idOut is an ioctl that puts out a namespace's id.
func (q *request) idOut(fd int32, cx program.Expr, arg *value) {
	id := q.local("id")
	q.call("ioctl", fdX(fd), cx, outX(id))
	if arg.kind != array || len(arg.elems) != 1 {
		q.w.after = func() {
			q.im.hidden = append(q.im.hidden, hiddenID{id, q.value(id).N})
		}
		return
	}
	q.same(q.im.ids, q.num(&arg.elems[0]), nameX(id), func() uint64 { return q.value(id).N })
}

// mntInfo is NS_MNT_GET_INFO and its like. How many mounts there are is not compared: the
// model keeps only those that hold a namespace.
func (q *request) mntInfo(fd int32, c uapi.Ioctl, cx program.Expr, arg *value) {
	o := q.local("o")
	s := q.call("ioctl", fdX(fd), cx, outX(o))
	if c.Nr() != uapi.Ioctl(uapi.NS_MNT_GET_INFO).Nr() {
		s.opens(q, note{})
	}
	if f := arg.field("mnt_ns_id"); f != nil {
		q.same(q.im.ids, q.num(f), fieldX(nameX(o), "mnt_ns_id"), func() uint64 { return fieldOf(q.value(o), "mnt_ns_id") })
	}
}

func (q *request) nameToHandle() {
	dir, p := q.fd(q.arg(0)), q.str(q.arg(1))
	how, hx := q.flags(q.arg(4))
	at := place{}
	switch {
	case p == "" && how&uapi.AT_EMPTY_PATH != 0:
		if q.im.kindOf(q.t, dir) != sim.FileNSFS {
			q.pass()
			return
		}
		at.x = strX("")
	default:
		if at = q.where(dir, p); at.x == nil || at.foreign {
			q.pass()
			return
		}
		dir = int32(uapi.AT_FDCWD)
	}
	h := q.arg(2)
	name := q.local("h")
	out := &program.Out{Name: name}
	room := h.field("handle_bytes")
	if room != nil {
		if n := q.num(room); n != uapi.MAX_HANDLE_SZ {
			out.Fields = []program.FieldValue{{Name: "handle_bytes", X: numX(int64(n))}}
		}
	}
	q.call("name_to_handle_at", fdX(dir), at.x, out, &program.Blank{}, hx)
	if room == nil {
		return
	}
	if o := room.last(); o != room {
		q.assert(equalX(fieldX(nameX(name), "handle_bytes"), numX(int64(q.num(o)))))
	}
	if f := h.field("handle_type"); f != nil && q.c.errno == 0 {
		q.assert(equalX(fieldX(nameX(name), "handle_type"), numX(int64(q.num(f)))))
	}
	if f := h.field("f_handle"); f != nil && q.c.errno == 0 && len(f.str) >= handleSize {
		q.compareHandle(name, f.str)
	}
}

const handleSize = 16 // of struct nsfs_file_handle

func (q *request) compareHandle(name, bytes string) {
	id, typ, inum := handleOf(bytes)
	q.same(q.im.ids, id, fieldX(nameX(name), "ns_id"), func() uint64 { return fieldOf(q.value(name), "ns_id") })
	q.assert(equalX(fieldX(nameX(name), "ns_type"), typeX(typ)))
	q.sameInum(uint64(inum), fieldX(nameX(name), "ns_inum"), func() uint64 { return fieldOf(q.value(name), "ns_inum") })
}

func typeX(t uapi.NSType) program.Expr {
	if t.Valid() {
		return constX(t.CName())
	}
	return hexX(uint64(t))
}

// handleOf takes a handle of nsfs apart.
func handleOf(bytes string) (id uint64, typ uapi.NSType, inum uint32) {
	u := func(from, n int) (v uint64) {
		for i := n - 1; i >= 0; i-- {
			v = v<<8 | uint64(bytes[from+i])
		}
		return v
	}
	return u(0, 8), uapi.NSType(u(8, 4)), uint32(u(12, 4))
}

func (q *request) openByHandle() {
	anchor, h := q.fd(q.arg(0)), q.arg(1)
	b := h.field("f_handle")
	if h.kind != record || b == nil {
		if h.isNull() {
			q.call("open_by_handle_at", fdX(anchor), constX("NULL"), q.flagsX(2)).opens(q, note{})
			return
		}
		q.standOrPass(q.closesOnExec(), note{})
		return
	}
	typ := h.field("handle_type")
	if typ != nil && q.num(typ) != uapi.FILEID_NSFS && q.c.errno == 0 {
		q.standOrPass(q.closesOnExec(), note{}) // of another file system
		return
	}
	bytes := b.str
	for len(bytes) < handleSize {
		bytes += "\x00"
	}
	id, nstype, inum := handleOf(bytes)
	s := structX("ns_id", q.idX(id), "ns_type", typeX(nstype), "ns_inum", q.inumX(uint64(inum)))
	if rest := bytes[handleSize:]; rest != "" {
		s.Fields = append(s.Fields, program.FieldValue{Name: "tail", X: strX(hex.EncodeToString([]byte(rest)))})
	}
	if n := q.num(h.field("handle_bytes")); n != uint64(len(bytes)) {
		s.Fields = append(s.Fields, program.FieldValue{Name: "handle_bytes", X: numX(int64(n))})
	}
	if typ != nil && q.num(typ) != uapi.FILEID_NSFS {
		s.Fields = append(s.Fields, program.FieldValue{Name: "handle_type", X: numX(int64(q.num(typ)))})
	}
	q.call("open_by_handle_at", fdX(anchor), s, q.flagsX(2)).opens(q, note{})
}

func (q *request) inumX(n uint64) program.Expr {
	if p := q.im.inums.find(n); p != nil {
		if p.x != nil {
			return p.x
		}
		return numX(int64(p.model))
	}
	return numX(int64(n))
}

func (q *request) pidfdOpen() {
	x, ok := q.pid(int64(int32(q.num(q.arg(0)))))
	if !ok {
		q.standOrPass(true, note{})
		return
	}
	args := []program.Expr{x}
	if n, fx := q.flags(q.arg(1)); n != 0 {
		args = append(args, fx)
	}
	q.call("pidfd_open", args...).opens(q, note{})
}

func (q *request) pidfdGetfd() {
	q.call("pidfd_getfd", fdX(q.fd(q.arg(0))), fdX(q.fd(q.arg(1)))).returns(q, numX(q.c.ret))
}

// memory is a buffer that the kernel could not write to, nil if nothing is known of it.
func (q *request) memory(v *value) program.Expr {
	switch {
	case v.isNull():
		return constX("NULL")
	case !v.isAddress():
		return nil
	}
	if q.c.errno != uapi.EFAULT {
		return nil
	}
	return funcX("room", numX(int64(q.t.mem.room(q.num(v))/8)))
}

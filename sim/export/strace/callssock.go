// SPDX-License-Identifier: GPL-2.0-only

package strace

import (
	"github.com/nssim/nssim/sim"
	"github.com/nssim/nssim/sim/program"
	"github.com/nssim/nssim/syscall/uapi"
)

// sockCalls are the calls on sockets.
var sockCalls = map[string]func(*request){
	"socket":     (*request).socket,
	"socketpair": (*request).socketpair,
	"getsockopt": (*request).getsockopt,
	"sendmsg":    (*request).sendmsg,
	"recvmsg":    (*request).recvmsg,
}

// families are those that the model has sockets of.
var families = map[uint64]bool{
	uapi.AF_UNIX: true, uapi.AF_INET: true, uapi.AF_INET6: true, uapi.AF_NETLINK: true, uapi.AF_PACKET: true, uapi.AF_XDP: true,
}

func (q *request) socket() {
	f, _, bad := flags(q.arg(0).raw)
	if bad != "" || !families[f] {
		q.standOrPass(q.closesOnExec(), note{})
		return
	}
	q.call("socket", q.flagsX(0), q.flagsX(1), smallX(q.num2(q.arg(2)))).opens(q, note{})
}

func (q *request) socketpair() {
	a, b := q.local("a"), q.local("b")
	q.call("socketpair", q.flagsX(0), q.flagsX(1), smallX(q.num(q.arg(2))), listX(outX(a), outX(b)))
	q.bothEnds(q.arg(3), a, b, false)
}

func (q *request) getsockopt() {
	if !has(q.arg(2), uapi.SO_NETNS_COOKIE) || q.num2(q.arg(2)) != uapi.SO_NETNS_COOKIE || q.im.kindOf(q.t, q.fd(q.arg(0))) != sim.FileSocket || q.c.errno != 0 {
		q.pass()
		return
	}
	id := q.local("id")
	q.call("getsockopt", fdX(q.fd(q.arg(0))), q.flagsX(1), q.flagsX(2), outX(id))
	if v := q.arg(3).last(); v.kind == array && len(v.elems) == 1 {
		q.same(q.im.ids, q.num(&v.elems[0]), nameX(id), func() uint64 { return q.value(id).N })
	}
}

// rights are the descriptors in the control messages of a message.
func (q *request) rights(v *value) (fds []int32) {
	msg := v.last()
	c := msg.field("msg_control")
	if c == nil {
		return nil
	}
	for i := range c.elems {
		m := &c.elems[i]
		typ, data := m.field("cmsg_type"), m.field("cmsg_data")
		if typ == nil || data == nil || typ.raw != "SCM_RIGHTS" && q.num2(typ) != scmRights {
			continue
		}
		for j := range data.elems {
			fds = append(fds, q.fd(&data.elems[j]))
		}
	}
	return fds
}

const scmRights = 1 // SCM_RIGHTS

// sendmsg sends descriptors; data alone does not concern the model.
func (q *request) sendmsg() {
	fds := q.rights(q.arg(1))
	if len(fds) == 0 || q.c.errno != 0 {
		q.pass()
		return
	}
	var xs []program.Expr
	for _, fd := range fds {
		xs = append(xs, fdX(fd))
	}
	q.call("sendmsg", fdX(q.fd(q.arg(0))), structX("fds", listX(xs...)))
}

func (q *request) recvmsg() {
	fds := q.rights(q.arg(1))
	if len(fds) == 0 || q.c.errno != 0 {
		q.pass()
		return
	}
	var outs []program.Expr
	var names []string
	for i := range fds {
		names = append(names, q.local("x")+"_"+itoa(i))
		outs = append(outs, outX(names[i]))
	}
	q.call("recvmsg", fdX(q.fd(q.arg(0))), structX("fds", listX(outs...)))
	for i, fd := range fds {
		q.assert(equalX(nameX(names[i]), fdX(fd)))
	}
}

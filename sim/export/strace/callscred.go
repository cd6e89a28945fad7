// SPDX-License-Identifier: GPL-2.0-only

package strace

import (
	"github.com/nssim/nssim/sim/program"
)

// credCalls are the calls that read and change credentials.
var credCalls = map[string]func(*request){
	"getuid":  func(q *request) { q.call("getuid").returns(q, numX(q.c.ret)) },
	"geteuid": func(q *request) { q.call("geteuid").returns(q, numX(q.c.ret)) },
	"getgid":  func(q *request) { q.call("getgid").returns(q, numX(q.c.ret)) },
	"getegid": func(q *request) { q.call("getegid").returns(q, numX(q.c.ret)) },

	"setuid": ids(1), "setgid": ids(1), "setreuid": ids(2), "setregid": ids(2), "setresuid": ids(3), "setresgid": ids(3),
	"setfsuid":  func(q *request) { q.call("setfsuid", q.flagsX(0)).returns(q, numX(q.c.ret)) },
	"setfsgid":  func(q *request) { q.call("setfsgid", q.flagsX(0)).returns(q, numX(q.c.ret)) },
	"setgroups": (*request).setgroups,
	"capset":    (*request).capset,
	"capget":    (*request).capget,
}

// ids is a call with n user or group ids.
func ids(n int) func(*request) {
	return func(q *request) {
		var xs []program.Expr
		for i := range n {
			xs = append(xs, numX(int64(int32(q.num(q.arg(i))))))
		}
		q.call(q.c.name, xs...)
	}
}

func (q *request) setgroups() {
	v := q.arg(1)
	n := q.num(q.arg(0))
	var xs []program.Expr
	for i := range v.elems {
		xs = append(xs, q.groupX(&v.elems[i]))
	}
	if n != uint64(len(xs)) {
		if q.c.errno == 0 {
			q.bad(v, "the list of groups")
		}
		q.pass()
		return
	}
	q.call("setgroups", listX(xs...))
}

func (q *request) groupX(v *value) program.Expr { return numX(int64(q.num(v))) }

var capSets = []string{"effective", "permitted", "inheritable"}

func (q *request) capset() {
	s := q.arg(1)
	if s.kind != record {
		q.pass()
		return
	}
	x := &program.Struct{}
	for _, name := range capSets {
		if f := s.field(name); f != nil {
			x.Fields = append(x.Fields, program.FieldValue{Name: name, X: hexX(q.num(f))})
		}
	}
	q.call("capset", x)
}

func (q *request) capget() {
	s := q.arg(1)
	if s.kind != record || q.c.errno != 0 {
		q.pass()
		return
	}
	c := q.local("c")
	q.call("capget", outX(c))
	for _, name := range capSets {
		if f := s.field(name); f != nil {
			q.assert(equalX(fieldX(nameX(c), name), hexX(q.num(f))))
		}
	}
}

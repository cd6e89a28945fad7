// SPDX-License-Identifier: GPL-2.0-only

package gen

import (
	"github.com/nssim/nssim/sim/program"
	"github.com/nssim/nssim/syscall/uapi"
)

// listns lists: everything, some types, what a user namespace owns, from a cursor, into
// memory of every kind.
func (g *generator) listns(t *task) {
	req := g.request(true)
	if g.wild() {
		req = pick[program.Expr](g, null(), fn("room", num(0)), fn("room", num(4)), fn("kernel"))
	}
	nr := num(int64(pick(g, 64, 64, 64, 64, 1, 2, 3, 0)))
	if g.wild() {
		nr = pick[program.Expr](g, num(1000000), num(1000001), hex(1<<60))
	}
	args := []program.Expr{req, g.buffer(t), nr}
	if args[1] == nil {
		args = []program.Expr{req, nr}
	}
	if g.wild() {
		args = append(args, num(int64(pick(g, 0, 1, 1<<31))))
	}
	if g.run(call{t: t, name: "listns", args: args}) {
		g.vary()
	}
}

// buffer is where the ids go; nil to leave it out.
func (g *generator) buffer(t *task) program.Expr {
	switch g.n(10) {
	case 0, 1, 2:
		return out(g.fresh("ids"))
	case 3:
		return fn("room", num(int64(g.n(5))))
	case 4:
		if g.wild() {
			return pick(g, null(), fn("kernel"))
		}
		return g.address(t)
	}
	return nil
}

// address is memory that the task has mapped, or nil.
func (g *generator) address(t *task) program.Expr {
	for _, m := range g.memory {
		if m.mm != g.m.Task(t.id).MM || !g.chance(60) {
			continue
		}
		if g.chance(30) {
			return binary("+", name(m.name), num(int64(pick(g, 8, 4080, 4088, 4096, 8192))))
		}
		return name(m.name)
	}
	return nil
}

// request is a struct ns_id_req, if odd with sizes and fields that are not the kernel's.
func (g *generator) request(odd bool) program.Expr {
	var fs []program.FieldValue
	if g.chance(45) {
		f := uint64(g.anyType())
		for g.chance(25) {
			f |= uint64(g.anyType())
		}
		if g.wild() {
			f ^= pick[uint64](g, 1, uapi.CLONE_VM, 1<<31)
		}
		fs = append(fs, field("ns_type", flags(uapi.GroupNSType, f)))
	}
	if g.chance(40) {
		fs = append(fs, field("ns_id", g.nsID()))
	}
	if g.chance(35) {
		x := program.Expr(word("LISTNS_CURRENT_USER"))
		if g.chance(60) {
			x = g.userNS()
		}
		fs = append(fs, field("user_ns_id", x))
	}
	if odd && g.wild() {
		fs = append(fs, pick(g,
			field("size", num(int64(pick(g, 0, 1, 16, 31, 32, 33, 40, 4096, 4097)))),
			field("spare", num(1)), field("spare2", num(1))))
		if g.chance(50) {
			fs = append(fs, field("size", num(40)), field("tail", str(pick(g, "0000000000000000", "0100000000000000"))))
		}
	}
	return structure(dropTwins(fs)...)
}

// userNS is the id of a user namespace, mostly.
func (g *generator) userNS() program.Expr {
	if g.chance(50) {
		if t := pick(g, g.tasks...); g.alive(t) {
			return &program.Field{X: name(t.name), Name: "user"}
		}
	}
	for range 6 {
		if len(g.ns) == 0 {
			break
		}
		n := g.seenNS()
		if ns := g.lookup(n.id); ns != 0 && g.m.Node(ns).NSType() == uapi.USER_NS {
			return n.x
		}
	}
	if g.chance(60) {
		return num(uapi.USER_NS_INIT_ID)
	}
	return g.nsID()
}

// pages lists all in pages of every size.
func (g *generator) pages(t *task) {
	args := []program.Expr{g.request(true), num(int64(pick(g, 1, 2, 3, 4, 5, 8, 64)))}
	if g.chance(30) {
		args = []program.Expr{args[0], out(g.fresh("ids")), args[1]}
	}
	if g.run(call{t: t, name: "pages", args: args}) {
		g.vary()
	}
}

// vary says of a listing, now and then, how long it is and what is among it or is not.
func (g *generator) vary() {
	l := &g.p.Lines[len(g.p.Lines)-1]
	o := g.r.Observed()
	if !g.chance(25) {
		return
	}
	rs := pick(g, equals(unum(o.Ret.N)), []program.Result{{Kind: program.Compare, Op: ">=", X: unum(o.Ret.N)}})
	var has, lacks []program.Expr
	for _, n := range g.ns {
		if len(has)+len(lacks) == 4 {
			break
		}
		if listed(o.IDs, n.id) {
			has = append(has, n.x)
		} else {
			lacks = append(lacks, n.x)
		}
	}
	if len(has) > 0 {
		rs = append(rs, program.Result{Kind: program.Has, List: has})
	}
	if len(lacks) > 0 {
		rs = append(rs, program.Result{Kind: program.Lacks, List: lacks})
	}
	l.Results = rs
}

func listed(ids []uint64, id uint64) bool {
	for _, i := range ids {
		if i == id {
			return true
		}
	}
	return false
}

// SPDX-License-Identifier: GPL-2.0-only

package live

import (
	"github.com/nssim/nssim/sim/program"
	"github.com/nssim/nssim/syscall/uapi"
)

// The calls that read and change credentials.
func init() {
	specs := map[string]callSpec{
		"setgroups": {nr: sysSetgroups, build: func(c *call) {
			var b []byte
			gids := c.val(0).L
			for _, gid := range gids {
				b = order.AppendUint32(b, uint32(gid))
			}
			c.set(uint64(len(gids)), c.bytes(b))
		}},
		"capget": {nr: sysCapget, build: func(c *call) {
			c.set(c.bytes(capHeader()), c.result(capSize))
		}, outs: func(c *call) {
			c.bindOut(0, value{Val: program.Val{Kind: program.RecordValue, F: []program.FieldNumber{
				{Name: "effective", Kind: program.Number, N: c.caps(0)},
				{Name: "permitted", Kind: program.Number, N: c.caps(1)},
				{Name: "inheritable", Kind: program.Number, N: c.caps(2)},
			}}})
		}},
		"capset": {run: runCapset},
	}
	for name, c := range map[string]struct {
		nr   uint64
		args int
	}{
		"setuid": {sysSetuid, 1}, "setgid": {sysSetgid, 1}, "setreuid": {sysSetreuid, 2}, "setregid": {sysSetregid, 2},
		"setresuid": {sysSetresuid, 3}, "setresgid": {sysSetresgid, 3}, "setfsuid": {sysSetfsuid, 1}, "setfsgid": {sysSetfsgid, 1},
		"getuid": {sysGetuid, 0}, "geteuid": {sysGeteuid, 0}, "getgid": {sysGetgid, 0}, "getegid": {sysGetegid, 0},
	} {
		specs[name] = callSpec{nr: c.nr, build: func(call *call) { call.nums(c.args) }}
	}
	define(specs)
}

// capSize is the size of the two struct __user_cap_data_struct of 64-bit capabilities.
const capSize = 24

// capHeader is the header of capget and capset: version 3, the caller.
func capHeader() []byte {
	return append(order.AppendUint32(nil, 0x20080522), 0, 0, 0, 0)
}

// caps returns one of the sets that capget has stored: each in two halves.
func (c *call) caps(set int) uint64 {
	return uint64(c.u32(0, 4*set)) | uint64(c.u32(0, 12+4*set))<<32
}

// runCapset sets capabilities; what is left out stays as it is.
func runCapset(c *call) (value, uapi.Errno) {
	get := c.another(sysCapget)
	get.set(get.bytes(capHeader()), get.result(capSize))
	if _, errno := c.s.do(get); errno != 0 {
		return number(-1), errno
	}
	var data [6]uint32
	for i, name := range []string{"effective", "permitted", "inheritable"} {
		set := get.caps(i)
		if x := c.fieldExpr(0, name); x != nil {
			set = c.capSet(x)
		} else if c.fields(0) == nil {
			set = c.fieldNum(0, name, set)
		}
		data[i], data[3+i] = uint32(set), uint32(set>>32)
	}
	var b []byte
	for _, n := range data {
		b = order.AppendUint32(b, n)
	}
	put := c.another(sysCapset)
	put.set(put.bytes(capHeader()), put.bytes(b))
	ret, errno := c.s.do(put)
	return number(ret), errno
}

// capSet is a mask or a list of capabilities.
func (c *call) capSet(x program.Expr) uint64 {
	v := c.s.eval(x, c.env())
	if v.Kind != program.ListValue {
		return v.N
	}
	set := uint64(0)
	for _, n := range v.L {
		set |= 1 << (n & 63)
	}
	return set
}

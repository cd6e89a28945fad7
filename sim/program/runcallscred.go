// SPDX-License-Identifier: GPL-2.0-only

package program

import (
	"github.com/nssim/nssim/sim"
	"github.com/nssim/nssim/syscall"
)

// The calls that read and change credentials.
func init() {
	define(map[string]callSpec{
		"setuid":   {build: func(a *args) syscall.Call { return syscall.Setuid{UID: a.u32(0)} }},
		"setgid":   {build: func(a *args) syscall.Call { return syscall.Setgid{GID: a.u32(0)} }},
		"setreuid": {build: func(a *args) syscall.Call { return syscall.Setreuid{Real: a.u32(0), Eff: a.u32(1)} }},
		"setregid": {build: func(a *args) syscall.Call { return syscall.Setregid{Real: a.u32(0), Eff: a.u32(1)} }},
		"setresuid": {build: func(a *args) syscall.Call {
			return syscall.Setresuid{Real: a.u32(0), Eff: a.u32(1), Saved: a.u32(2)}
		}},
		"setresgid": {build: func(a *args) syscall.Call {
			return syscall.Setresgid{Real: a.u32(0), Eff: a.u32(1), Saved: a.u32(2)}
		}},
		"setfsuid":  {build: func(a *args) syscall.Call { return syscall.Setfsuid{UID: a.u32(0)} }},
		"setfsgid":  {build: func(a *args) syscall.Call { return syscall.Setfsgid{GID: a.u32(0)} }},
		"setgroups": {build: buildSetgroups},
		"getuid":    {build: func(*args) syscall.Call { return syscall.Getuid{} }},
		"geteuid":   {build: func(*args) syscall.Call { return syscall.Geteuid{} }},
		"getgid":    {build: func(*args) syscall.Call { return syscall.Getgid{} }},
		"getegid":   {build: func(*args) syscall.Call { return syscall.Getegid{} }},
		"capset":    {build: buildCapset},
		"capget": {build: func(*args) syscall.Call { return syscall.Capget{} }, outs: func(a *args) {
			o := a.outs()
			a.bindOut(0, record("effective permitted inheritable", o[0], o[1], o[2]))
		}},
	})
}

func buildSetgroups(a *args) syscall.Call {
	v := a.val(0)
	if v.Kind != ListValue {
		a.r.mismatch(a.expr(0), v, "a list of group ids")
	}
	c := syscall.Setgroups{GIDs: make([]uint32, len(v.L))}
	for i, gid := range v.L {
		c.GIDs[i] = uint32(gid)
	}
	return c
}

// buildCapset takes masks or lists of capabilities; what is left out stays as it is.
func buildCapset(a *args) syscall.Call {
	s := a.structure(0)
	old := a.r.m.TaskCred(a.t)
	return syscall.Capset{
		Effective:   s.caps("effective", old.Effective),
		Permitted:   s.caps("permitted", old.Permitted),
		Inheritable: s.caps("inheritable", old.Inheritable),
	}
}

func (f *fields) caps(name string, old sim.CapSet) sim.CapSet {
	x := f.expr(name)
	if x == nil {
		return sim.CapSet(f.numOr(name, uint64(old)))
	}
	v := f.a.r.eval(x, f.a.e)
	if v.Kind != ListValue {
		return sim.CapSet(f.a.r.number(v, x, f.a.e))
	}
	set := sim.CapSet(0)
	for _, c := range v.L {
		set |= 1 << (c & 63)
	}
	return set
}

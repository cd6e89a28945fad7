// SPDX-License-Identifier: GPL-2.0-only

package sim_test

import (
	"fmt"

	"github.com/nssim/nssim/sim"
	"github.com/nssim/nssim/syscall"
	"github.com/nssim/nssim/syscall/uapi"
)

// Why is a namespace alive? Holders derives it from the rest of the state.
func ExampleMachine_Holders() {
	m := sim.MustNew(sim.Config{})
	init := syscall.Task(m, m.Init())
	child, _ := init.Fork()
	_ = child.Unshare(uapi.CLONE_NEWNET)
	_, _ = child.Open("/proc/self/ns/net", uapi.O_RDONLY)
	_, _ = child.Socket(uapi.AF_INET, uapi.SOCK_DGRAM, 0)

	net := m.Lookup(11, uapi.NET_NS)
	for _, h := range m.Holders(net) {
		fmt.Printf("%s: passive %d, active %d\n", h.Kind, h.Passive, h.Active)
	}
	fmt.Printf("counts: passive %d, active %d\n", m.Passive(net), m.Active(net))
	// Output:
	// nsproxy: passive 1, active 1
	// nsfs inode: passive 1, active 1
	// socket: passive 1, active 0
	// counts: passive 3, active 2
}

// A machine is a value: a copy goes its own way.
func ExampleMachine_CopyFrom() {
	m := sim.MustNew(sim.Config{})
	var other sim.Machine
	other.CopyFrom(m)
	_ = syscall.Task(&other, other.Init()).Unshare(uapi.CLONE_NEWUTS)
	fmt.Println(m.Len(), other.Len())
	// Output: 9 10
}

// What differs between kernels is a set of named switches.
func ExampleConfig() {
	c, err := sim.Config{Kernel: "v7.3.4"}.Compose()
	fmt.Println(c, err)
	fmt.Println(c.SwitchOn("cursor-wraps"), c.SwitchOn("exec-state"))
	_, err = sim.Config{Semantics: "option-4"}.Compose()
	fmt.Println(err)
	// Output:
	// kernel v7.3.4, semantics active <nil>
	// false true
	// unknown semantics "option-4", expected one of active, active-v1, passive, none, dying, list-all
}

// A policy of one's own replaces the predicates of visibility: here everything that
// a socket still pins is visible too.
func ExamplePolicy() {
	cfg := sim.Config{Policy: sim.Policy{
		Name: "sockets-count",
		Visible: func(m *sim.Machine, ns sim.NS) bool {
			for _, h := range m.Holders(ns) {
				if h.Active > 0 || h.Kind == sim.HeldBySocket {
					return true
				}
			}
			return m.Active(ns) > 0
		},
	}}
	for _, c := range []sim.Config{{}, cfg} {
		m := sim.MustNew(c)
		init := syscall.Task(m, m.Init())
		child, _ := init.Fork()
		_ = child.Unshare(uapi.CLONE_NEWNET)
		fd, _ := child.Socket(uapi.AF_INET, uapi.SOCK_DGRAM, 0)
		_, _ = child.SendFD(init, fd)
		child.ExitGroup(0)
		ids, _ := init.Listns(uapi.NSIDReq{NSType: uapi.NET_NS}, 8)
		fmt.Println(m.Cfg, ids)
	}
	// Output:
	// kernel v6.19, semantics active [7]
	// kernel v6.19, semantics active, policy sockets-count [7 11]
}

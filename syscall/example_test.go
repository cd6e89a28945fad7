// SPDX-License-Identifier: GPL-2.0-only

package syscall_test

import (
	"fmt"

	"github.com/nssim/nssim/sim"
	"github.com/nssim/nssim/syscall"
	"github.com/nssim/nssim/syscall/uapi"
)

// A child's namespaces are listed until it exits; a user namespace until it is
// reaped.
func Example() {
	m, err := sim.New(sim.Config{})
	if err != nil {
		panic(err)
	}
	init := syscall.Task(m, m.Init())
	child, _ := init.Fork()
	_ = child.Unshare(uapi.CLONE_NEWUSER | uapi.CLONE_NEWNET)

	list := func(when string) {
		ids, err := init.Listns(uapi.NSIDReq{NSType: uapi.USER_NS | uapi.NET_NS}, 64)
		fmt.Println(when, ids, err)
	}
	list("running:")
	child.ExitGroup(0)
	list("zombie: ")
	_, _ = init.WaitTask(child)
	list("reaped: ")
	// Output:
	// running: [3 7 11 12] <nil>
	// zombie:  [3 7 11] <nil>
	// reaped:  [3 7] <nil>
}

// Errors are errno values, in the kernel's order of checks.
func ExampleT_Unshare() {
	m := sim.MustNew(sim.Config{})
	init := syscall.Task(m, m.Init())
	_ = init.Setresuid(1000, 1000, 1000)
	fmt.Println(init.Unshare(uapi.CLONE_NEWNET))
	fmt.Println(init.Unshare(uapi.CLONE_NEWUSER | uapi.CLONE_NEWNET))
	// Output:
	// EPERM (Operation not permitted)
	// <nil>
}

// A call can be taken step by step, and anything else may happen in between.
func ExampleStep() {
	m := sim.MustNew(sim.Config{})
	t := m.Init()
	_ = syscall.Start(m, t, syscall.Unshare{Flags: uapi.CLONE_NEWUSER})
	syscall.RunUntil(m, t, "commit_creds")
	ns := m.Lookup(11, uapi.USER_NS)
	fmt.Println("before commit_creds: active", m.Active(ns))
	syscall.Resume(m, t)
	syscall.Run(m, t)
	fmt.Println("after: active", m.Active(ns))
	// Output:
	// before commit_creds: active 0
	// after: active 1
}

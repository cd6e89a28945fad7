// SPDX-License-Identifier: GPL-2.0-only

package check_test

import (
	"fmt"

	"github.com/nssim/nssim/sim"
	"github.com/nssim/nssim/sim/check"
	"github.com/nssim/nssim/syscall"
	"github.com/nssim/nssim/syscall/uapi"
)

// A failing setns that drops active references it never took is seen at once.
func Example() {
	m := sim.MustNew(sim.Config{Bugs: []string{"failed-setns-drops-active"}})
	init := syscall.Task(m, m.Init())
	child, _ := init.Fork()
	_ = child.Unshare(uapi.CLONE_NEWPID)
	pid, _ := child.Open("/proc/self/ns/pid", uapi.O_RDONLY)
	inner, _ := child.Fork()
	_ = inner.Unshare(uapi.CLONE_NEWUTS)
	fmt.Println(inner.Setns(pid, uapi.CLONE_NEWPID))

	var c check.Checker
	for _, f := range c.Check(m, check.Quiescent) {
		fmt.Println(f)
		break
	}
	// Output:
	// EINVAL (Invalid argument)
	// holders: pid namespace 11 (4026531841): active count 2, but 3 holders
}

// SPDX-License-Identifier: GPL-2.0-only

package strace_test

import (
	"fmt"

	"github.com/nssim/nssim/sim"
	"github.com/nssim/nssim/sim/export/strace"
	"github.com/nssim/nssim/sim/program"
)

// A log of two processes becomes a program. It fits the kernel that it comes from.
func Example() {
	log := `
4711  clone(child_stack=NULL, flags=CLONE_CHILD_CLEARTID|CLONE_CHILD_SETTID|SIGCHLD, child_tidptr=0x1650) = 4712
4711  wait4(4712 <unfinished ...>
4712  unshare(CLONE_NEWUTS)             = 0
4712  listns({size=32, ns_id=0, ns_type=UTS_NS, user_ns_id=0}, [0x2, 0x2f], 8, 0) = 2
4712  exit_group(0)                     = ?
4712  +++ exited with 0 +++
4711  <... wait4 resumed>, [{WIFEXITED(s) && WEXITSTATUS(s) == 0}], 0, NULL) = 4712
4711  listns({size=32, ns_id=0, ns_type=UTS_NS, user_ns_id=0}, [0x2], 8, 0) = 1
`
	i, err := strace.Read("uts.log", []byte(log), strace.Options{Config: sim.Config{Kernel: "v7.3"}})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Printf("%s", program.Format(i.Program))
	// Output:
	// # From the strace log uts.log: 9 lines, 6 calls of the model, 0 passed through, 0 divergences.
	// config kernel=v7.3 semantics=active
	//
	// init:  fork() = t4712
	// t4712: unshare(CLONE_NEWUTS)
	// t4712: listns({ns_type=UTS_NS}, &l5, 8) = 2
	// ?      l5[0] == 2
	// t4712: exit_group(0)
	// init:  wait4(t4712, &w8) = t4712
	// ?      w8 == exited(0)
	// init:  listns({ns_type=UTS_NS}, 8) = [2]
}

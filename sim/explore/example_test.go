// SPDX-License-Identifier: GPL-2.0-only

package explore_test

import (
	"fmt"

	"github.com/nssim/nssim/sim"
	"github.com/nssim/nssim/sim/explore"
)

// A kernel whose puts do not release the owner is told by four lines.
func Example() {
	s, _ := explore.SetupByName("lifecycle")
	s.Config = sim.Config{Bugs: []string{"no-cascade-on-put"}}
	rep, err := explore.Search(s, explore.Options{})
	if err != nil {
		panic(err)
	}
	fmt.Print(rep.Traces[0].Program)
	fmt.Println(rep.Traces[0].Broken[0])
	// Output:
	// init: fork() = t1
	// t1:   enter_userns()
	// t1:   unshare(CLONE_NEWNET) = 0
	// t1:   unshare(CLONE_NEWNET) = 0
	// holders: user namespace 11 (4026531841): active count 3, but 2 holders
}

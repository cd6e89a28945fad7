// SPDX-License-Identifier: GPL-2.0-only

package session_test

import (
	"fmt"

	"github.com/nssim/nssim/sim"
	"github.com/nssim/nssim/sim/program"
	"github.com/nssim/nssim/sim/session"
)

// A namespace that a socket alone keeps can be reopened as merged, but not as the
// series was first posted.
func ExampleCompare() {
	p, err := program.Parse("socket.ns", []byte(`
init: unshare(CLONE_NEWNET)
init: socket(AF_INET, SOCK_DGRAM, 0) = sk
init: unshare(CLONE_NEWNET)
init: ioctl(sk, SIOCGSKNS) = _
`))
	if err != nil {
		panic(err)
	}
	c, err := session.Compare(p, sim.Config{}, sim.Config{Semantics: "active-v1"})
	if err != nil {
		panic(err)
	}
	fmt.Println("active:   ", c.A.Lines[c.First])
	fmt.Println("active-v1:", c.B.Lines[c.First])
	// Output:
	// active:    init: ioctl(sk, SIOCGSKNS) = 4
	// active-v1: init: ioctl(sk, SIOCGSKNS) = -1 EINVAL (Invalid argument)
}

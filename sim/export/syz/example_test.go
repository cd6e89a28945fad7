// SPDX-License-Identifier: GPL-2.0-only

package syz_test

import (
	"fmt"

	"github.com/nssim/nssim/sim"
	"github.com/nssim/nssim/sim/export/syz"
	"github.com/nssim/nssim/sim/program"
)

// A reproducer becomes a program, and that a test again.
func Example() {
	f, err := syz.Parse("net.syz", []byte(`unshare(0x40000000)
r0 = socket$inet_udp(0x2, 0x2, 0x0)
ioctl$sock_SIOCGSKNS(r0, 0x894c, 0x0)
setns(r0, 0x0)
`))
	if err != nil {
		fmt.Println(err)
		return
	}
	p, _, err := syz.Import(f)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Print(string(program.Format(p)))
	r, err := program.NewRunner(p, sim.Config{})
	if err != nil {
		fmt.Println(err)
		return
	}
	var seen []program.Observed
	for !r.Done() {
		r.Next()
		o := r.Observed()
		seen = append(seen, o.Clone())
	}
	test, err := syz.Export(p, seen)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Print(string(test.Format()))
	// Output:
	// init: unshare(CLONE_NEWNET) = _
	// init: socket(AF_INET, SOCK_DGRAM, 0) = r0
	// init: ioctl(r0, SIOCGSKNS) = _
	// init: setns(r0, 0) = _
	// unshare(0x40000000)
	// r0 = socket(0x2, 0x2, 0x0)
	// ioctl$sock_SIOCGSKNS(r0, 0x894c, 0x0)
	// setns(r0, 0x0) # EINVAL
}

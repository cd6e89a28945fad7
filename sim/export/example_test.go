// SPDX-License-Identifier: GPL-2.0-only

package export_test

import (
	"fmt"

	"github.com/nssim/nssim/sim"
	"github.com/nssim/nssim/sim/export"
	"github.com/nssim/nssim/sim/program"
)

// Why is a network namespace still there after its only process has gone?
func Example() {
	p, err := program.Parse("socket.ns", []byte(`
init: fork() = t1
t1:   unshare(CLONE_NEWNET)
t1:   open("/proc/self/ns/net", O_RDONLY) = fd
t1:   ioctl(fd, NS_GET_ID, &net)
t1:   socket(AF_INET, SOCK_DGRAM, 0) = sk
t1:   sendfd(init, sk) = sk2
t1:   exit_group(0)
init: wait4(t1) = t1
`))
	if err != nil {
		fmt.Println(err)
		return
	}
	r, err := program.NewRunner(p, sim.Config{Kernel: "v7.3.4"})
	if err != nil {
		fmt.Println(err)
		return
	}
	r.Run()
	ns, err := export.Resolve(r, "net")
	if err != nil {
		fmt.Println(err)
		return
	}
	why := export.Explain(r.Machine(), r, ns)
	for _, h := range why.Holders {
		fmt.Println("held by", h.Text)
	}
	for _, s := range why.Sights {
		fmt.Println(s.String())
	}
	for _, w := range why.Ways {
		fmt.Println("back by", w)
	}
	// Output:
	// held by socket 1 (fd 3 of init)
	// pid1: hidden: it is inactive
	// init: hidden: it is inactive
	// back by init: ioctl(3, SIOCGSKNS)
}

// A drawing as text: who holds the network namespace when only a socket is left.
func ExampleDraw() {
	p, err := program.Parse("socket.ns", []byte(`
init: unshare(CLONE_NEWNET)
init: socket(AF_INET, SOCK_DGRAM, 0) = sk
init: unshare(CLONE_NEWNET)
`))
	if err != nil {
		panic(err)
	}
	r, err := program.NewRunner(p, sim.Config{Off: []string{"boot-kdevtmpfs"}})
	if err != nil {
		panic(err)
	}
	r.Run()
	fmt.Print(export.Draw(r.Machine(), r).Text())
	// Output:
	// initial user
	//   net 10: passive 1, active 0, inactive
	//     <- socket AF_INET (passive) <- init fd 3
	//   net 11 (init.net): passive 1, active 1, active
	//     <- nsproxy (passive, active) <- init
}

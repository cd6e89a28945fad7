// SPDX-License-Identifier: GPL-2.0-only

package program_test

import (
	"fmt"

	"github.com/nssim/nssim/sim"
	"github.com/nssim/nssim/sim/program"
)

const resurrection = `# A socket can bring an inactive network namespace back.
init: fork() = t1
t1:   unshare(CLONE_NEWUSER|CLONE_NEWNET) = 0
t1:   socket(AF_INET, SOCK_DGRAM, 0) = sk
t1:   ioctl(sk, SIOCGSKNS) = fd
t1:   ioctl(fd, NS_GET_ID, &net) = 0
t1:   close(fd) = 0
t1:   sendfd(init, sk) = sk2
t1:   exit_group(0)
?     active(net) == 0
init: ioctl(sk2, SIOCGSKNS) = nfd
?     active(net) == 1
init: listns({ns_type=NET_NS}, 64) = [7]
`

// A program runs line by line; each line can be looked at. The last line of this one is
// wrong, and the report says how.
func ExampleRunner() {
	p, err := program.Parse("socket.ns", []byte(resurrection))
	if err != nil {
		fmt.Println(err)
		return
	}
	r, err := program.NewRunner(p, sim.Config{Kernel: "v7.0"})
	if err != nil {
		fmt.Println(err)
		return
	}
	for r.Next() {
		fmt.Println(r.Observed().Text(p))
	}
	fmt.Println(r.Report())
	// Output:
	// init: fork() = 3
	// t1: unshare(CLONE_NEWUSER|CLONE_NEWNET) = 0
	// t1: socket(AF_INET, SOCK_DGRAM, 0) = 3
	// t1: ioctl(sk, SIOCGSKNS) = 4
	// t1: ioctl(fd, NS_GET_ID, &net) = 0 net=12
	// t1: close(fd) = 0
	// t1: sendfd(init, sk) = 3
	// t1: exit_group(0) = ?
	// ? active(net) == 0 = 1
	// init: ioctl(sk2, SIOCGSKNS) = 4
	// ? active(net) == 1 = 1
	// FAIL socket.ns:13:36: listns({ns_type=NET_NS}, 64) = [7, 12], expected [7]
}

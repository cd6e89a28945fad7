// SPDX-License-Identifier: GPL-2.0-only

package creproducer_test

import (
	"fmt"
	"strings"

	"github.com/nssim/nssim/sim"
	"github.com/nssim/nssim/sim/export/creproducer"
	"github.com/nssim/nssim/sim/program"
)

// The function that a line becomes.
func Example() {
	p, err := program.Parse("net.ns", []byte("init: open(\"/proc/self/ns/net\", O_RDONLY) = fd\ninit: ioctl(fd, NS_GET_ID, &net) = 0\n"))
	if err != nil {
		fmt.Println(err)
		return
	}
	text, err := creproducer.Source(p, sim.Config{}, "nssim")
	if err != nil {
		fmt.Println(err)
		return
	}
	_, after, _ := strings.Cut(string(text), "/* ---- the program ---- */\n\n")
	line, _, _ := strings.Cut(after, "\n}\n")
	fmt.Println(line)
	// Output:
	// /* init: open("/proc/self/ns/net", O_RDONLY) = fd */
	// static void line_0(int me)
	// {
	// 	CALL(open("/proc/self/ns/net", O_RDONLY));
	// 	if (!R->err)
	// 		V.fd = R->ret;
}

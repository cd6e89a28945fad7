// SPDX-License-Identifier: GPL-2.0-only

package program_test

import (
	"fmt"

	"github.com/nssim/nssim/sim/program"
)

// A program is read, laid out and expanded.
func Example() {
	src := `
# Two children, one after the other.
for i in 1..2 {
init: fork() = t$i
t$i: exit_group($i)
init: wait4(t$i, &st$i) = t$i
? st$i==exited($i)  # its own code
}
`
	p, err := program.Parse("children.ns", []byte(src))
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Printf("%s\n", program.Format(p))
	fmt.Printf("%s", p.Expanded())
	// Output:
	// # Two children, one after the other.
	// for i in 1..2 {
	//     init: fork() = t$i
	//     t$i:  exit_group($i)
	//     init: wait4(t$i, &st$i) = t$i
	//     ?     st$i == exited($i)  # its own code
	// }
	//
	// # Two children, one after the other.
	// init: fork() = t1
	// t1:   exit_group(1)
	// init: wait4(t1, &st1) = t1
	// ?     st1 == exited(1)  # its own code
	// init: fork() = t2
	// t2:   exit_group(2)
	// init: wait4(t2, &st2) = t2
	// ?     st2 == exited(2)  # its own code
}

// Mistakes come with their place and with what was expected there.
func ExampleParse_errors() {
	_, err := program.Parse("bad.ns", []byte("init: frok() = t1\nt1: getpid(\n"))
	fmt.Println(err)
	// Output:
	// bad.ns:1:7: found call frok, expected a system call or a macro defined above (did you mean fork?)
	// bad.ns:2:12: found the end of the line, expected a value (number, constant, name, string, {structure}, [list], &output) (a line that goes on ends in \)
}

// SPDX-License-Identifier: GPL-2.0-only

// Command nssim is the command line of the model of the Linux kernel's namespaces: it
// runs programs and the kernel's selftests, and explains what holds a namespace. The
// commands are described in docs/commands.md.
//
// There is nothing here but flags and printing. Exit status 0 means that all is well, 1
// that a check failed, 2 that the input was bad.
package main

import "os"

func main() { os.Exit(run(os.Args[1:], os.Stdin, os.Stdout, os.Stderr)) }

// SPDX-License-Identifier: GPL-2.0-only

// Package creproducer writes a program as one C source that needs nothing but a C library:
// to be mailed, built with cc and run as root on any kernel.
//
// Each line of the program becomes a function that makes the call, with the structures and
// constants of the kernel's headers (what older headers lack is defined), and one that
// checks what the line states. runtime.c makes the tasks and lets them take turns; it
// prints each line with its result and exits with 1 when one is not as stated. What only
// the model or nssim live can see, the counts, is printed and not checked.
package creproducer

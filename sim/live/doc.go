// SPDX-License-Identifier: GPL-2.0-only

// Package live runs programs on a real kernel and compares it with the model, down to the
// exact counts.
//
// Open boots a kernel image under QEMU with one small C program as pid 1, the agent, which
// makes the tasks of a program and drives them one line at a time. Guest.Run runs a program
// there: the host computes what a line's arguments are from what earlier lines returned,
// lays them out in memory as the kernel reads them, and has the line's task make the call.
// After each line the agent waits until the machine has come to rest and walks the kernel's
// list of all namespaces through /proc/kcore; where the counts are is looked up once per
// image in the kernel's own type information.
//
// Compare runs a program on the model and on a guest side by side. Errno, descriptors and
// wait statuses have to be equal; ids are offsets from the next id that each side would
// have given out; inode numbers, process numbers and devices correspond one to one; active
// counts are compared after every line, passive counts after settle. What a kernel may put
// off is waited for, within bounds. What differs is a Divergence.
//
// Fetch gets kernel images from the package mirror that the machine's apt uses.
package live

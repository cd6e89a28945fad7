// SPDX-License-Identifier: GPL-2.0-only

// Package sim holds the one state of the model. A Machine is everything that a
// Linux kernel knows and that matters to namespaces: the namespaces with their
// counts and trees, tasks, struct pids, credentials, nsproxies, open files and
// descriptor tables, sockets, mounts, address spaces, the work that the kernel has
// put off, and the system calls in flight.
//
// A Machine is a value. It holds no pointer but to its immutable Config, no map,
// closure, channel or string; objects refer to each other by small integers into
// arenas. So it can be copied into a used machine without allocation (CopyFrom),
// compared, hashed (Fingerprint), printed and stepped back.
//
// A call in flight is a stack of frames on its task, each with an operation, a step
// and locals. This package lays out the data and the rules that one atomic kernel
// function obeys (ns_capable, ptrace_may_access, the passive and active counts);
// the order in which such functions make up a system call is package syscall's
// subject, as is running frames. What differs between kernels, options and bugs is
// a set of switches in the Config. Holders derives from all of that who holds each
// reference, independently of the counts.
package sim

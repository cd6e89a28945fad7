// SPDX-License-Identifier: GPL-2.0-only

// Package syscall runs the system calls of the model. Each call is a sequence of
// atomic steps named after the kernel functions that do the work; a step reads and
// changes a sim.Machine and may enter another function by pushing a frame. A call in
// flight is those frames and nothing else, so any other task may run between two
// steps, and a machine copied in the middle of a call goes on in the copy.
//
// Start begins a call, Step does one step, Run goes on until the call is over or
// sleeps, and Settle drains what the kernel has put off. On top of these stands a
// typed interface: Task(m, m.Init()).Unshare(uapi.CLONE_NEWNET) and the like, whose
// errors are uapi.Errno. There is one file for each call or family; each checks its
// arguments in the kernel's order, for an errno is only right if it is the first
// that applies.
package syscall

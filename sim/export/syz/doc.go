// SPDX-License-Identifier: GPL-2.0-only

// Package syz reads and writes the programs of syzkaller, the kernel fuzzer: the text of
// its reproducers and of its tests, where the errno that a call must fail with stands
// behind the call.
//
// Parse and File.Format are the reader and the writer of the text. They know its grammar
// and no system call: constants, resources (`r0 = ...`, `<r1=>0x0`), pointers with what
// they point to, data, structures, arrays, unions, properties of calls, comments.
//
// Import turns a File into a program of the model, Export the other way round, both by the
// table of calls in calls.go. One task makes the calls; the children that it makes make
// none, and each asynchronous call has a thread of its own, as in syzkaller's executor.
// What the model does not know becomes a comment, and Import says so.
package syz

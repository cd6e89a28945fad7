// SPDX-License-Identifier: GPL-2.0-only

// Package strace imports logs of strace -f: a log becomes a program, and is compared with
// the model call by call.
//
// A log is read whole (log.go, value.go): every line must be understood. Then it is gone
// through from the top (import.go). A call that concerns namespaces becomes lines of a
// program (calls*.go, request.go, paths.go), which are run on the model at once and must
// return what the log says; of the others, those that make descriptors are stood in for.
// Ids and inode numbers are related to the model's as they are met (numbers.go). Where the
// log leaves open when a call had its effect, the order is looked for in which all results
// come out right (order.go, approach.go).
//
// What does not come out right in any order is a Divergence: the kernel that made the log
// and the one that the model was asked to be differ, or the model is wrong.
package strace

// SPDX-License-Identifier: GPL-2.0-only

// Package gen makes random programs and makes failing programs small.
//
// Generate draws a program line by line. Each line is run on the model before the next one
// is drawn, so that arguments are mostly meaningful: descriptors that are open in the task,
// pids of living and of dead children, ids and handles that were seen. Now and then they
// are wild. What a line did is written down as what it is expected to do, so a program
// passes on the configuration that it was made under, and says where another kernel
// differs. It ends with every task gone, every mount unmounted and every file removed. The
// same seed and options always give the same program.
//
// Rerecord writes down anew what the lines of a program do. Shrink takes a program for
// which a predicate holds and leaves out lines, tasks, flags and digits for as long as it
// still holds. Verify runs a program and looks at the properties of sim/check after every
// line: that is a predicate to start with.
package gen

// SPDX-License-Identifier: GPL-2.0-only

// Package bugs is the catalogue of the bugs that the namespace tree, its active counts and
// listns(2) had while they were written, have had since, or still have, and of some that
// nobody made but that show what the rules are for.
//
// Each Bug is a switch of package sim and a program of testdata/bugs. The program states
// what a kernel without the bug does. Catch runs it with the bug and without, looks at
// every property of package check after every line, and says what told the two apart: a
// warning, a property, or no more than a result. Hunt does the same with random programs
// and counts the calls that it takes.
//
// Missing lists what is known and cannot be had as a switch, with the reason.
package bugs

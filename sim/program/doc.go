// SPDX-License-Identifier: GPL-2.0-only

// Package program holds nssim's one intermediate form: a program is a list of system
// calls by named tasks, one call a line, written as strace would print it. The order of
// the lines is the schedule, results bind names or state what is expected, and lines that
// begin with `?` assert on the state of the machine.
//
// Parse reads the text (docs/program-format.md is the grammar), expands loops and macros
// and checks what can be known without running: call names and argument counts, constants,
// names bound twice or not at all, tasks that nobody made, calls resumed that were never
// left unfinished. Format writes the canonical layout and Expanded the flat one; both read
// back as the same program. Check validates lines that were put together by a generator or
// a shrinker.
//
// Runner executes a program on a machine of the model, line by line and, where snapshots
// are kept, backwards; Run does so at once and says with a Report whether every line did
// what it states. Observed is what a line returned as plain data, to be compared with a
// real kernel. Selftests reads the kernel's own tests. Calls, the table of system calls, is
// data for the command reference too.
package program

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
// The package knows neither the model nor a real kernel: what a line means is the business
// of whoever runs it. Calls, the table of system calls, is data for the command reference.
package program

// SPDX-License-Identifier: GPL-2.0-only

// Package compare sets kernels, options of the discussion, bugs and policies side by
// side. A Suite has three kinds of programs, read from the test data: questions, which
// pass where userspace can do something; programs that break a property of sim/check
// under some configuration; and the kernel's selftests.
//
// Run puts one configuration to all of them. The Result answers the questions, has for
// each property the programs that break it, the shortest first, and the outcome of each
// selftest. Diff says what one configuration gains and loses against another. A Table is
// the verdicts of many configurations, in the form of the table of expected verdicts in
// sim/check; a test makes it anew and compares.
//
// That a property holds means that none of these programs breaks it, and that random
// programs did not either: see sim/check and nssim fuzz.
package compare

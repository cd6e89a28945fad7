// SPDX-License-Identifier: GPL-2.0-only

// Package session runs a program for somebody who watches: line by line, forwards and
// back, each line with what it returned, what it did inside the kernel, which counts it
// changed and which properties it broke.
//
// A Session is what `nssim run` prints and `nssim run --step` steps through. Page is
// the same for the playground: everything that it shows at one point of a program, as
// one value that becomes JSON. Compare runs a program under two configurations and
// finds the first line whose result differs. Library lists the programs that come with
// nssim.
package session

// SPDX-License-Identifier: GPL-2.0-only

// Package export turns what the model knows into something for readers: people, and
// programs that read formats of the kernel's world.
//
// WriteKTAP writes test results as the kernel's own tests do. A Tracer tells what one
// line of a program did inside the kernel: the functions in the order in which they
// ran, and every count that changed. Explain answers why a namespace is alive and who
// can see it, by naming the holder of each reference. Tree and Counts show a
// machine's namespaces; Draw makes a picture of all that holds them, for Graphviz and
// for terminals. Expected is the table of outcomes of the selftests under every
// configuration.
//
// All of it looks at a sim.Machine and never changes it. Each result is plain data,
// which becomes JSON as it is, with a function beside it that writes it for people in
// lines of at most Width columns.
package export

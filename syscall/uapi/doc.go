// SPDX-License-Identifier: GPL-2.0-only

// Package uapi is the part of Linux's userspace ABI that namespaces touch: error numbers,
// flags, ioctl commands, struct layouts, and the fixed ids and inode numbers of the initial
// namespaces. The numbers are those of x86-64 on whatever platform the program runs, so
// that a model of Linux gives the same answers everywhere; nothing here calls the system.
//
// Identifiers keep the C spelling, CLONE_NEWUSER, because that is what people search for.
// Each file holds one header's subject. Constants are untyped unless a type has methods
// that make it worth it (Errno, NSType).
//
// Names and values go both ways: ConstantByName reads any C name, FormatFlags writes a
// value as strace would, and both are derived from the tables next to the constants.
// Values cover kernels up to 7.3. That a constant exists here says nothing about the kernel being modelled.
package uapi

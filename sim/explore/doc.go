// SPDX-License-Identifier: GPL-2.0-only

// Package explore searches: it makes every sequence of moves within bounds on copies of
// one machine and checks every state that it comes to. Where random programs find bugs,
// a search that completes settles a question for its bounds.
//
// A Setup says where a search starts, what tasks may do and what ought to hold. Search
// goes breadth-first, so that what it finds is as short as can be, writes each finding as
// a program and runs that once more before it tells.
package explore

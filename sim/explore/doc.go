// SPDX-License-Identifier: GPL-2.0-only

// Package explore searches: it makes every sequence of moves within bounds on copies of
// one machine and checks every state that it comes to. Where random programs find bugs,
// a search that completes settles a question for its bounds.
//
// A Setup says where a search starts, what tasks may do and what ought to hold; a move is
// a whole call. A Race starts behind a program, and a move is one step of a call, or of
// what the kernel has put off. Diff makes the same moves under two configurations until a
// call returns something else. All go breadth-first, so that what they find is as short as
// can be, and what is found is run once more by itself before it is told. The order in
// which states are found, and so every result, does not depend on the number of workers.
//
// # Reductions
//
// Each can be switched off; tests search with and without and compare.
//
// Tasks (Symmetry.Tasks): the children of one task that differ in nothing but their
// numbers can change places, because every move of one is a move of the other. Which
// child stands first in its parent's list is left out with it: children are waited for by
// number.
//
// Descriptors (Symmetry.FDs): what is open at 3 and at 4 can change places, because every
// call that takes one is tried with the other, and a new one takes whatever is free.
//
// Counts (Symmetry.Counts): as long as every count is that of its holders, which is
// checked in every state that is visited, a count says nothing that the holders do not.
// A call asks of a count only whether it is zero, and whether a count is zero follows from
// whether there is a holder; so two states with the same holders go on alike, however many
// objects the holders are spread over. A set-up whose properties do not include holders
// must not ask for it.
//
// Order (Symmetry.Order): ids are compressed to their ranks, and ranks are kept, for a
// listing shows them. Where no call of the set-up lists, nothing shows them.
//
// Unreachable (Symmetry.Unreachable): a namespace that only the credential of an open file
// keeps is one that no call leads to any more. Bounds.Reachable has to leave it out of the
// count of namespaces too, for that would be the one way to notice it.
//
// Folding (Race.NoFold is without): a step that looks at and changes nothing that another
// task can, or that raises a count which the task itself keeps from zero, is made together
// with the step before: it can change places with any step of another task.
package explore

// SPDX-License-Identifier: GPL-2.0-only

// Package check holds the properties that every machine ought to have: each one
// function with a name, the moment at which it is to hold, and a sentence. They look
// at a sim.Machine from outside and recompute everything; none trusts a count.
//
// Always is for properties that hold after every atomic step, Quiescent for those
// that hold when no call is in flight. A Finding says what was found on which
// namespace. Which configuration holds or breaks which property is a result of the
// project; the properties themselves know no configuration.
package check

// SPDX-License-Identifier: GPL-2.0-only

// Package naive is a second, deliberately simple engine for the namespace core, to be
// compared with the real one. It has no counts, no trees, no lists and no steps: it keeps
// who is where and what is open, in maps, and works out from that each time who holds a
// namespace, whether it is active, whether it still exists, and what listns(), a handle
// or an ioctl returns. It is written from the specification of the interface.
//
// What is not about namespaces is not its business but a Fact that it is told: which
// tasks live, what capabilities they have, what numbers they go by, and what calls other
// than those in Do have done to descriptors and credentials.
package naive

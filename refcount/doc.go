// SPDX-License-Identifier: GPL-2.0-only

// Package refcount models the two reference counts that every namespace of the
// kernel carries, and the one edge along which they influence each other.
//
// The passive count (__ns_ref) keeps the object: at zero it leaves the trees and
// is freed. The active count (__ns_ref_active) keeps it visible: at zero listns(2)
// does not list it and no file handle opens it. A namespace whose active count
// leaves zero takes one active reference on the user namespace that owns it, and
// gives it back when the count returns to zero; the step repeats upwards, so an
// active namespace's whole owner chain is active. The walk down to zero is the
// cascade, the walk up from it the resurrection:
//
//	      user A (2)            user A (0)            user A (1)
//	     /    |                /    |                /    |
//	uts (1)  user B (1)   uts (0)  user B (0)   uts (0)  user B (1)
//	          |                     |                     |
//	         net (1)               net (0)               net (1)
//
//	in use                all released          net resurrected by a socket
//
// A Table holds entries that refer to each other by Handle. Every operation is
// also there as single steps (ActiveGetStep, ActivePutStep), because in the
// kernel each level is an atomic operation of its own and another CPU may look in
// between. What the kernel would assert is recorded as an Event and never stops
// the model. What differs between kernels is a set of Rules.
//
// The package knows nothing of ids, trees, tasks or files. A Table is plain data:
// CopyFrom makes an independent copy. It is not safe for concurrent use; the
// interleaving of CPUs is modelled by calling the steps in the order wanted, not by
// goroutines.
package refcount

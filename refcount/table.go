// SPDX-License-Identifier: GPL-2.0-only

package refcount

import "iter"

// Handle names one namespace inside a Table. The zero Handle is no namespace: where
// the kernel function accepts NULL, the method accepts 0.
type Handle int32

// Flags say how an entry's counts behave.
type Flags uint8

const (
	// Initial marks one of the eight boot namespaces. The owner step never
	// reaches the initial user namespace (kernel/nscommon.c: ns_owner, v6.19).
	Initial Flags = 1 << iota
	// Frozen marks an entry for which the kernel's is_ns_init_id() is true:
	// get and put do nothing and both counts have to read 1. It follows the id,
	// so a namespace that has no id yet counts as initial as well.
	Frozen
	// NoID marks an entry whose id is still 0. Counting it is an assertion.
	NoID
	// Freed marks an entry whose memory the kernel has given back.
	Freed
	// Live marks a slot in use; a slot that is not live may be handed out.
	Live
)

// unusual are the flags that differ from an ordinary namespace's when XORed with
// Live: whatever an operation has to look at more closely.
const unusual = Frozen | NoID | Freed | Live

// Entry is one namespace's counts.
type Entry struct {
	Passive int32  // __ns_ref
	Active  int32  // __ns_ref_active
	Owner   Handle // owning user namespace; 0 for the initial user namespace alone
	Flags   Flags
}

// Saturated is what refcount_t holds after an overflow, an underflow or an
// increment from zero (include/linux/refcount.h: REFCOUNT_SATURATED, v6.19).
const Saturated int32 = -1 << 30

// Table holds the entries of one machine. The zero value is an empty table of a
// mainline kernel.
type Table struct {
	Entries []Entry // Entries[0] is unused, so that Handle 0 means none
	Rules   Rules
	Now     Context // stamped on every event
	Tracing bool    // record count changes too, not only warnings
	Events  []Event
	Fired   uint32 // number of warnings so far, kept when Events is cleared
	hint    Handle // no free slot lies below it
}

// Alloc makes an entry owned by owner with one passive and no active reference,
// as every dynamic namespace starts (kernel/nscommon.c: __ns_common_init, v6.19).
// It has no id yet, so it is frozen until SetIdentity.
func (t *Table) Alloc(owner Handle) Handle {
	if len(t.Entries) == 0 {
		t.Entries = append(t.Entries, Entry{})
		t.hint = 1
	}
	e := Entry{Passive: 1, Owner: owner, Flags: Live | NoID | Frozen}
	if t.Rules.Has(InitCounted) {
		e.Flags &^= Frozen
	}
	n := Handle(len(t.Entries))
	for h := t.hint; h < n; h++ {
		if t.Entries[h].Flags&Live == 0 {
			t.Entries[h] = e
			t.hint = h + 1
			return h
		}
	}
	t.Entries = append(t.Entries, e)
	t.hint = n + 1
	return n
}

// AllocInitial makes one of the boot namespaces, with both counts at 1
// (include/linux/ns_common.h: NS_COMMON_INIT, v6.19). The initial user namespace
// has owner 0 and owns the others.
func (t *Table) AllocInitial(owner Handle) Handle {
	h := t.Alloc(owner)
	t.Entries[h].Active = 1
	t.SetIdentity(h, true)
	return h
}

// SetIdentity tells the table that the entry has received its id, and whether
// that id is one of the eight initial ones.
func (t *Table) SetIdentity(h Handle, initial bool) {
	e := &t.Entries[h]
	e.Flags &^= NoID | Frozen | Initial
	if !initial {
		return
	}
	e.Flags |= Initial
	if !t.Rules.Has(InitCounted) {
		e.Flags |= Frozen
	}
}

// Free marks the memory as given back. The slot is not handed out again before
// Reclaim, so that a use after free is seen for what it is.
func (t *Table) Free(h Handle) { t.Entries[h].Flags |= Freed }

// Reclaim returns a freed slot. The caller vouches that nobody in flight still
// holds the Handle.
func (t *Table) Reclaim(h Handle) {
	t.Entries[h] = Entry{}
	if h < t.hint {
		t.hint = h
	}
}

// Handles runs over the namespaces whose memory is there, in order of handles.
func (t *Table) Handles() iter.Seq[Handle] {
	return func(yield func(Handle) bool) {
		for h := Handle(1); int(h) < len(t.Entries); h++ {
			if t.Entries[h].Flags&(Live|Freed) == Live && !yield(h) {
				return
			}
		}
	}
}

// Owner is the owner step of every walk: the owning user namespace, or 0 when the
// walk ends because there is none or it is the initial one
// (kernel/nscommon.c: ns_owner, v6.19).
func (t *Table) Owner(h Handle) Handle {
	o := t.Entries[h].Owner
	if o == 0 || t.Entries[o].Flags&Initial != 0 {
		return 0
	}
	return o
}

// Owners runs over the owner chain of h: its owner, the owner's owner and so on.
// Other than a walk it includes the initial user namespace.
func (t *Table) Owners(h Handle) iter.Seq[Handle] {
	return func(yield func(Handle) bool) {
		// A broken table may hold a cycle; no chain is longer than the table.
		for range t.Entries {
			if h = t.Entries[h].Owner; h == 0 || !yield(h) {
				return
			}
		}
	}
}

// ownerStep is Owner with the assertion that a walk makes.
func (t *Table) ownerStep(h Handle) Handle {
	o := t.Entries[h].Owner
	if o == 0 {
		t.assertOwner(h)
		return 0
	}
	if t.Entries[o].Flags&Initial != 0 {
		return 0
	}
	return o
}

func (t *Table) assertOwner(h Handle) {
	if t.Entries[h].Flags&Initial == 0 {
		t.Warn(WalkNoOwner, h)
	}
}

// CopyFrom makes t equal to src and shares nothing with it. It allocates only
// when t's slices are too small.
func (t *Table) CopyFrom(src *Table) {
	t.Entries = append(t.Entries[:0], src.Entries...)
	if len(t.Events)|len(src.Events) != 0 {
		t.Events = append(t.Events[:0], src.Events...)
	}
	t.Rules, t.Now, t.Tracing, t.Fired, t.hint = src.Rules, src.Now, src.Tracing, src.Fired, src.hint
}

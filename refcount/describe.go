// SPDX-License-Identifier: GPL-2.0-only

package refcount

import (
	"fmt"
	"strconv"
	"strings"
)

// BitNames joins with "|" the names of the bits that are set, the lowest first;
// bits without a name follow as one hexadecimal number, and no bit at all is "0".
func BitNames(bits uint64, names []string) string {
	var set []string
	for i, name := range names {
		if bits&(1<<i) != 0 {
			set = append(set, name)
		}
	}
	if rest := bits >> len(names) << len(names); rest != 0 {
		set = append(set, fmt.Sprintf("%#x", rest))
	}
	if len(set) == 0 {
		return "0"
	}
	return strings.Join(set, "|")
}

// String names the flags that are set.
func (f Flags) String() string {
	return BitNames(uint64(f), []string{"Initial", "Frozen", "NoID", "Freed", "Live"})
}

// String is both counts in the notation "p2 a1": passive 2, active 1.
func (e Entry) String() string {
	p := strconv.Itoa(int(e.Passive))
	if e.Passive == Saturated {
		p = "(saturated)"
	}
	return fmt.Sprintf("p%s a%d", p, e.Active)
}

// State says in one word where in its life a namespace with these counts is.
func (e Entry) State() string {
	switch {
	case e.Flags&Live == 0:
		return "unused"
	case e.Flags&Freed != 0:
		return "freed"
	case e.Flags&Initial != 0:
		return "initial"
	case e.Passive == 0:
		return "dead"
	case e.Active == 0:
		return "inactive"
	}
	return "active"
}

// Describe tells a namespace's counts and those of its owner chain, one to a line:
// what a get from zero would resurrect and a put to zero would release.
func (t *Table) Describe(h Handle) string {
	var b strings.Builder
	fmt.Fprintf(&b, "#%d %s\n", h, t.Entries[h].describe())
	for o := range t.Owners(h) {
		fmt.Fprintf(&b, "owned by #%d %s\n", o, t.Entries[o].describe())
	}
	return b.String()
}

func (e Entry) describe() string { return e.String() + " " + e.State() }

func (k EventKind) String() string {
	names := [...]string{"event 0", "warned", "passive", "active", "entered", "returned", "blocked"}
	if int(k) >= len(names) {
		return fmt.Sprintf("event %d", uint8(k))
	}
	return names[k]
}

// String tells the event, naming the namespace by its handle: "#5: active 0 -> 1".
// Task and line come first where they are known.
func (e Event) String() string {
	var b strings.Builder
	if e.Line != 0 {
		fmt.Fprintf(&b, "line %d: ", e.Line)
	}
	if e.Task != 0 {
		fmt.Fprintf(&b, "task %d: ", e.Task)
	}
	b.WriteString(e.Text(fmt.Sprintf("#%d", e.NS)))
	return b.String()
}

// Text tells the event without its context and with another name for the
// namespace, such as "net:[4026532201]: active 0 -> 1". Functions and steps are
// told by number, for only the layers above know their names.
func (e Event) Text(name string) string {
	switch e.Kind {
	case Warned:
		if e.NS == 0 {
			return "warning: " + e.What.String()
		}
		return fmt.Sprintf("%s: warning: %s (%s)", name, e.What, Entry{Passive: e.Old, Active: e.New})
	case PassiveChanged, ActiveChanged:
		return fmt.Sprintf("%s: %s %d -> %d", name, e.Kind, e.Old, e.New)
	case Entered:
		return fmt.Sprintf("entered operation %d step %d", e.Old, e.New)
	case Returned:
		return fmt.Sprintf("returned %d", e.Old)
	}
	return e.Kind.String()
}

// SPDX-License-Identifier: GPL-2.0-only

package nstree

import (
	"fmt"
	"strings"

	"github.com/nssim/nssim/refcount"
)

// String names the list.
func (l List) String() string {
	names := [...]string{Unified: "unified", PerType: "type", PerOwner: "owner"}
	if int(l) >= len(names) {
		return fmt.Sprintf("list %d", uint8(l))
	}
	return names[l]
}

// String names the flags that are set.
func (f NodeFlags) String() string {
	return refcount.BitNames(uint64(f), []string{"OnTree", "Removed", "Anonymous", "Owned"})
}

// String is the namespace's id and its name as /proc shows it: "10 net:[4026532201]".
func (n Node) String() string { return fmt.Sprintf("%d %s", n.ID, n.NSType().LinkName(n.Inum)) }

// Name is what /proc shows for the namespace: "net:[4026532201]".
func (f *Forest) Name(h Handle) string {
	if h <= 0 || int(h) >= len(f.Nodes) {
		return fmt.Sprintf("#%d", h)
	}
	n := &f.Nodes[h]
	return n.NSType().LinkName(n.Inum)
}

// Text tells an event with the namespace's name: "net:[4026532201]: active 0 -> 1".
func (f *Forest) Text(e refcount.Event) string { return e.Text(f.Name(e.NS)) }

// Describe tells a namespace's id, name and counts and those of its owner chain, one
// to a line.
func (f *Forest) Describe(h Handle) string {
	var b strings.Builder
	fmt.Fprintln(&b, f.line(h))
	for o := range f.Owners(h) {
		fmt.Fprintln(&b, "owned by", f.line(o))
	}
	return b.String()
}

func (f *Forest) line(h Handle) string {
	e := f.Entries[h]
	return fmt.Sprintf("%s %s %s", f.Nodes[h], e, e.State())
}

// SPDX-License-Identifier: GPL-2.0-only

package nstree_test

import (
	"fmt"
	"testing"

	"github.com/nssim/nssim/nstree"
	"github.com/nssim/nssim/refcount"
	"github.com/nssim/nssim/syscall/uapi"
	"github.com/stretchr/testify/assert"
)

func TestStrings(t *testing.T) {
	f := booted(0)
	h := create(t, f, uapi.NET_NS, 1)
	for _, c := range []struct{ want, got string }{
		{"unified type owner list 7", fmt.Sprint(nstree.Unified, " ", nstree.PerType, " ", nstree.PerOwner, " ", nstree.List(7))},
		{"mainline", nstree.Rules(0).String()},
		{"IDsPerCPU|UnifiedOnly", (nstree.IDsPerCPU | nstree.UnifiedOnly).String()},
		{"OnTree|Owned", f.Node(h).Flags.String()},
		{"Removed|0x10", (nstree.Removed | nstree.Owned<<1).String()},
		{"10 net:[4026531840]", f.Node(h).String()},
		{"net:[4026531840]", f.Name(h)},
		{"#0", f.Name(0)},
		{"#99", f.Name(99)},
		{"net:[4026531840]: active 0 -> 1", f.Text(refcount.Event{Kind: refcount.ActiveChanged, NS: h, New: 1})},
		{"10 net:[4026531840] p1 a0 inactive\nowned by 3 user:[4026531837] p1 a1 initial\n", f.Describe(h)},
	} {
		assert.Equal(t, c.want, c.got)
	}
}

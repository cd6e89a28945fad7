// SPDX-License-Identifier: GPL-2.0-only

package refcount_test

import (
	"slices"
	"testing"

	"github.com/nssim/nssim/refcount"
	"github.com/stretchr/testify/assert"
)

func TestStrings(t *testing.T) {
	for _, c := range []struct{ want, got string }{
		{"p2 a1", refcount.Entry{Passive: 2, Active: 1}.String()},
		{"p(saturated) a-1", refcount.Entry{Passive: refcount.Saturated, Active: -1}.String()},
		{"Frozen|NoID|Live", (refcount.Frozen | refcount.NoID | refcount.Live).String()},
		{"0", refcount.Flags(0).String()},
		{"Initial|0xe0", refcount.Flags(0xe1).String()},
		{"mainline", refcount.Rules(0).String()},
		{"NoActive|FirstAsserts", (refcount.NoActive | refcount.FirstAsserts).String()},
		{"warned", refcount.Warned.String()},
		{"blocked", refcount.Blocked.String()},
		{"event 9", refcount.EventKind(9).String()},
		{"blocked", refcount.Event{Kind: refcount.Blocked}.String()},
		{"task 1: returned -2", refcount.Event{Kind: refcount.Returned, Old: -2, Context: refcount.Context{Task: 1}}.String()},
		{"warning: KASAN: use of a freed namespace", refcount.Event{Kind: refcount.Warned, What: refcount.FreedUsed}.String()},
		{
			"net:[4026532201]: active 0 -> 1",
			refcount.Event{Kind: refcount.ActiveChanged, NS: 5, New: 1}.Text("net:[4026532201]"),
		},
	} {
		assert.Equal(t, c.want, c.got)
	}
}

func TestState(t *testing.T) {
	l := newLineage(0)
	assert.Equal(t, "initial", l.Entries[l.init].State())
	assert.Equal(t, "inactive", l.Entries[l.net].State())
	l.ActiveGet(l.net)
	assert.Equal(t, "active", l.Entries[l.net].State())
	l.ActivePut(l.net)
	l.Put(l.net)
	assert.Equal(t, "dead", l.Entries[l.net].State())
	l.Free(l.net)
	assert.Equal(t, "freed", l.Entries[l.net].State())
	l.Reclaim(l.net)
	assert.Equal(t, "unused", l.Entries[l.net].State())
}

func TestDescribe(t *testing.T) {
	l := newLineage(0)
	l.ActiveGet(l.net)
	assert.Equal(t, "#3 p1 a1 active\nowned by #2 p1 a1 active\nowned by #1 p1 a1 initial\n", l.Describe(l.net))
	assert.Equal(t, "#1 p1 a1 initial\n", l.Describe(l.init))

	l.Entries[l.user].Owner = l.net // no kernel does
	assert.NotPanics(t, func() { l.Describe(l.net) })
	assert.Len(t, slices.Collect(l.Owners(l.net)), len(l.Entries))
}

// SPDX-License-Identifier: GPL-2.0-only

package uapi

import (
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestNSTypes(t *testing.T) {
	var names []string
	var mask NSType
	ids := map[uint64]bool{}
	for i, typ := range NSTypes() {
		names = append(names, typ.String())
		mask |= typ
		ids[typ.InitID()] = true

		assert.Equal(t, i, typ.Index())
		back, ok := NSTypeByIndex(i)
		assert.True(t, ok)
		assert.Equal(t, typ, back)
		byName, ok := NSTypeByName(typ.String())
		assert.True(t, ok)
		assert.Equal(t, typ, byName)

		assert.True(t, IsInitID(typ.InitID()))
		assert.True(t, IsInitInum(typ.InitInum()))
		// Both sequences name the types in one order, one upwards, the other down.
		assert.Equal(t, uint64(0xF0000000), uint64(typ.InitInum())+typ.InitID())
	}
	assert.Equal(t, []string{"user", "mnt", "uts", "ipc", "pid", "cgroup", "net", "time"}, names)
	assert.Equal(t, NSTypeMask, mask)
	assert.EqualValues(t, 0x7E020080, NSTypeMask)
	assert.Len(t, ids, NumNSTypes)
}

func TestNSTypeInvalid(t *testing.T) {
	for _, typ := range []NSType{0, 1, NET_NS | MNT_NS, NSTypeMask, 0xffffffff} {
		assert.False(t, typ.Valid())
		assert.Equal(t, -1, typ.Index())
		assert.Zero(t, typ.InitID())
		assert.Zero(t, typ.InitInum())
		assert.False(t, typ.HasParent())
		assert.False(t, typ.ForChildren())
	}
	assert.Equal(t, "MNT_NS|NET_NS", (NET_NS | MNT_NS).String())
	assert.Equal(t, []NSType{MNT_NS, NET_NS}, (NET_NS | MNT_NS | 1).Types())
	for _, i := range []int{-1, NumNSTypes} {
		_, ok := NSTypeByIndex(i)
		assert.False(t, ok)
	}
	_, ok := NSTypeByName("pid_for_children")
	assert.False(t, ok, "an entry of /proc/PID/ns, no type")
}

func TestInitialRange(t *testing.T) {
	assert.False(t, IsInitInum(MNT_NS_ANON_INO))
	assert.False(t, IsInitInum(PROC_DYNAMIC_FIRST))
	assert.False(t, IsInitInum(0))
	assert.True(t, IsInitID(0), "an id not yet assigned passes the kernel's test")
	assert.False(t, IsInitID(NS_LAST_INIT_ID+1))
}

func TestProcNS(t *testing.T) {
	forChildren := map[NSType]bool{}
	own := map[NSType]bool{}
	for _, e := range ProcNSEntries() {
		got, ok := ProcNSByName(e.Name)
		assert.True(t, ok)
		assert.Equal(t, e, got)
		if e.ForChildren {
			assert.Equal(t, e.Type.String()+"_for_children", e.Name)
			forChildren[e.Type] = true
			continue
		}
		assert.Equal(t, e.Type.String(), e.Name)
		own[e.Type] = true
	}
	for _, typ := range NSTypes() {
		assert.True(t, own[typ], typ.String())
		assert.Equal(t, typ.ForChildren(), forChildren[typ], typ.String())
	}
	_, ok := ProcNSByName("")
	assert.False(t, ok)

	// The caller's copy is its own.
	ProcNSEntries()[0].Name = "changed"
	assert.Equal(t, "net", ProcNSEntries()[0].Name)
}

func TestNSTypeSpellings(t *testing.T) {
	assert.Equal(t, "NET_NS", NET_NS.CName())
	assert.Equal(t, "CLONE_NEWNS", MNT_NS.CloneName())
	assert.Equal(t, "CLONE_NEWTIME", TIME_NS.CloneName())
	assert.Equal(t, "net:[4026531833]", NET_NS.LinkName(NET_NS.InitInum()))
}

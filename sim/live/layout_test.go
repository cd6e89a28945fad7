// SPDX-License-Identifier: GPL-2.0-only

package live

import (
	"bytes"
	"testing"

	"github.com/cilium/ebpf/btf"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/nssim/nssim/syscall/uapi"
)

var (
	u32  = &btf.Int{Name: "unsigned int", Size: 4}
	u64  = &btf.Int{Name: "unsigned long long", Size: 8}
	addr = &btf.Pointer{Target: &btf.Void{}}
)

// structure lays fields out one after the other, as C does for fields of their own size.
func structure(name string, fields ...btf.Member) *btf.Struct {
	s := &btf.Struct{Name: name}
	at := uint32(0)
	for _, f := range fields {
		n, err := btf.Sizeof(f.Type)
		if err != nil {
			panic(err)
		}
		align := min(uint32(n), 8)
		at = (at + align - 1) / align * align
		f.Offset = btf.Bits(at * 8)
		s.Members = append(s.Members, f)
		at += uint32(n)
	}
	s.Size = (at + 7) / 8 * 8
	return s
}

// kernelTypes is a kernel's structures in miniature, with ns_common as given.
func kernelTypes(common *btf.Struct) []btf.Type {
	types := []btf.Type{
		structure("ns_tree_root", btf.Member{Name: "ns_rb", Type: addr}, btf.Member{Name: "ns_list_head", Type: listHead}),
		structure("nsproxy", btf.Member{Name: "count", Type: u64}, btf.Member{Name: "pid_ns_for_children", Type: addr}),
		structure("task_struct", btf.Member{Name: "tasks", Type: listHead}, btf.Member{Name: "pid", Type: u32}, btf.Member{Name: "nsproxy", Type: addr}),
	}
	for i, n := range namespaceStructs {
		owner := btf.Member{Name: n.owner, Type: addr}
		ns := btf.Member{Name: "ns", Type: common}
		if i%2 == 0 {
			types = append(types, structure(n.name, btf.Member{Name: "before", Type: u64}, owner, ns))
		} else {
			types = append(types, structure(n.name, ns, owner))
		}
	}
	return types
}

var listHead = structure("list_head", btf.Member{Name: "next", Type: addr}, btf.Member{Name: "prev", Type: addr})

// treeFields are what is in ns_common since active counts.
func treeFields() []btf.Member {
	node := structure("ns_tree_node", btf.Member{Name: "ns_node", Type: addr}, btf.Member{Name: "ns_list_entry", Type: listHead})
	return []btf.Member{
		{Name: "ns_id", Type: u64}, {Name: "__ns_ref_active", Type: u32}, {Name: "ns_unified_node", Type: node},
	}
}

func encodeTypes(t *testing.T, types []btf.Type) []byte {
	t.Helper()
	b, err := btf.NewBuilder(types, nil)
	require.NoError(t, err)
	raw, err := b.Marshal(nil, nil)
	require.NoError(t, err)
	return raw
}

// TestLayout: the fields are found wherever a kernel puts them: in an unnamed union up to
// v7.2, in an unnamed member of a named structure since.
func TestLayout(t *testing.T) {
	fields := []btf.Member{{Name: "__ns_ref", Type: u32}, {Name: "ns_type", Type: u32}, {Name: "inum", Type: u32}}
	inner := structure("ns_tree", treeFields()...)
	union := &btf.Union{Size: inner.Size, Members: []btf.Member{{Type: inner}, {Name: "ns_rcu", Type: listHead}}}
	for name, common := range map[string]*btf.Struct{
		"union":  structure("ns_common", append(fields, btf.Member{Type: union})...),
		"member": structure("ns_common", append(fields, btf.Member{Type: inner})...),
		"flat":   structure("ns_common", append(fields, treeFields()...)...),
	} {
		t.Run(name, func(t *testing.T) {
			l, err := layoutOf(encodeTypes(t, kernelTypes(common)), []uint64{0xffff0000, 0xeeee0000})
			require.NoError(t, err)
			assert.Equal(t, uint64(0xffff0008), l.Head)
			assert.Equal(t, []uint64{0, 4, 8, 16, 24}, []uint64{l.Passive, l.Type, l.Inum, l.ID, l.Active})
			assert.Equal(t, uint64(40), l.Node, "ns_unified_node is 32 bytes in, its list entry 8 more")
			assert.Equal(t, uint64(56), l.Size)
			assert.Equal(t, uint64(16), l.User, "user_namespace begins with something else")
			assert.Equal(t, taskLayout{Init: 0xeeee0000, Next: 0, Pid: 16, Proxy: 24, ForChildren: 8, ID: 32}, l.Task)
			require.Len(t, l.Owners, uapi.NumNSTypes)
			assert.Equal(t, ownerAt{uapi.USER_NS, -8}, l.Owners[0], "the owner comes before ns_common")
			assert.Positive(t, l.Owners[1].Offset)
		})
	}
}

func TestLayoutIsMissingSomething(t *testing.T) {
	fields := append([]btf.Member{{Name: "__ns_ref", Type: u32}, {Name: "ns_type", Type: u32}, {Name: "inum", Type: u32}}, treeFields()...)
	for i := range fields {
		var rest []btf.Member
		for j, f := range fields {
			if j != i {
				rest = append(rest, f)
			}
		}
		_, err := layoutOf(encodeTypes(t, kernelTypes(structure("ns_common", rest...))), []uint64{1, 1})
		if fields[i].Name == "__ns_ref_active" {
			assert.ErrorIs(t, err, errNoActive)
			continue
		}
		assert.ErrorIs(t, err, ErrLayout, fields[i].Name)
		assert.ErrorContains(t, err, fields[i].Name)
	}
	whole := encodeTypes(t, kernelTypes(structure("ns_common", fields...)))
	_, err := layoutOf(whole, []uint64{0, 1})
	assert.ErrorContains(t, err, "no symbol ns_unified_root")
	_, err = layoutOf(whole, []uint64{1})
	assert.ErrorContains(t, err, "no symbol init_task")
	_, err = layoutFromBTF(bytes.NewReader([]byte("no BTF at all, but long enough")))
	assert.ErrorIs(t, err, ErrLayout)
	_, err = layoutOf(encodeTypes(t, kernelTypes(structure("ns_common", fields...))[1:]), []uint64{1, 1})
	assert.ErrorContains(t, err, "ns_tree_root")
}

func TestFieldOfWrongSize(t *testing.T) {
	fields := append([]btf.Member{{Name: "__ns_ref", Type: u64}, {Name: "ns_type", Type: u32}, {Name: "inum", Type: u32}}, treeFields()...)
	_, err := layoutOf(encodeTypes(t, kernelTypes(structure("ns_common", fields...))), []uint64{1, 1})
	assert.ErrorContains(t, err, "__ns_ref has 8 bytes, expected 4")
}

func TestNamespacesRoundTrip(t *testing.T) {
	var b words
	b.u64(11, 3, uint64(uapi.NET_NS)|4026531999<<32, 2, 1<<64-1)
	got, err := decodeNamespaces(b)
	require.NoError(t, err)
	assert.Equal(t, []Namespace{{ID: 11, Owner: 3, Type: uapi.NET_NS, Inum: 4026531999, Passive: 2, Active: -1}}, got)
	_, err = decodeNamespaces(b[1:])
	assert.ErrorIs(t, err, errFrame)
}

func TestFirstSnapshot(t *testing.T) {
	var b words
	for _, typ := range uapi.NSTypes() {
		b.u64(typ.InitID(), 3, uint64(typ), 1, 1)
	}
	all, err := firstSnapshot([]record{{recText, nil}, {recNS, b}})
	require.NoError(t, err)
	assert.Len(t, all, uapi.NumNSTypes)
	_, err = firstSnapshot([]record{{recNS, b[namespaceSize:]}})
	assert.ErrorContains(t, err, "7 of 8 initial namespaces")
	_, err = firstSnapshot(nil)
	assert.ErrorIs(t, err, ErrLayout)
}

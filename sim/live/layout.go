// SPDX-License-Identifier: GPL-2.0-only

package live

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/cilium/ebpf/btf"

	"github.com/nssim/nssim/syscall/uapi"
)

// layout is where a kernel keeps what a snapshot shows: offsets in struct ns_common, found
// in the kernel's type information (BTF). The agent walks the unified list with it.
type layout struct {
	Head                                  uint64 // address of the unified list's head
	Node, ID, Type, Inum, Passive, Active uint64
	Size                                  uint64 // bytes of ns_common that hold all of them
	User                                  uint64 // of ns_common in struct user_namespace
	Owners                                []ownerAt
	Task                                  taskLayout
	RCU                                   rcuLayout
}

// rcuLayout is where a processor counts the callbacks that it has queued (struct rcu_data,
// kernel/rcu/tree.c). Without it, whether they have run is asked in a slower way.
type rcuLayout struct {
	Len    uint64 // address of the first processor's, less Offset's first word; 0: not known
	Offset uint64 // address of __per_cpu_offset
}

// taskLayout is where a task keeps the pid namespace of its future children, which procfs
// does not show on all kernels as long as it is empty.
type taskLayout struct {
	Init             uint64 // address of init_task
	Next, Pid, Proxy uint64 // in struct task_struct; Next leads to another one's Next
	ForChildren      uint64 // in struct nsproxy
	ID               uint64 // of the id in struct pid_namespace
}

// ownerAt is the distance from a namespace's ns_common to the pointer to its owner, which
// may be negative.
type ownerAt struct {
	Type   uapi.NSType
	Offset int64
}

// layoutSymbols are the symbols whose addresses a layout has: the tree of all namespaces
// (kernel/nstree.c, v6.19) and the first task.
var layoutSymbols = []string{"ns_unified_root", "init_task"}

// rcuSymbols are those of rcuLayout.
var rcuSymbols = []string{"rcu_data", "__per_cpu_offset"}

// commonFields are the fields of ns_common that a snapshot reads, in the order of the
// layout's.
var commonFields = []struct {
	path string
	size uint32
	at   func(*layout) *uint64
}{
	{"ns_unified_node.ns_list_entry", 16, func(l *layout) *uint64 { return &l.Node }},
	{"ns_id", 8, func(l *layout) *uint64 { return &l.ID }},
	{"ns_type", 4, func(l *layout) *uint64 { return &l.Type }},
	{"inum", 4, func(l *layout) *uint64 { return &l.Inum }},
	{"__ns_ref", 4, func(l *layout) *uint64 { return &l.Passive }},
	{"__ns_ref_active", 4, func(l *layout) *uint64 { return &l.Active }},
}

// namespaceStructs says which structure each type of namespace is and what its pointer to
// the owner is called.
var namespaceStructs = []struct {
	typ         uapi.NSType
	name, owner string
}{
	{uapi.USER_NS, "user_namespace", "parent"},
	{uapi.MNT_NS, "mnt_namespace", "user_ns"},
	{uapi.UTS_NS, "uts_namespace", "user_ns"},
	{uapi.IPC_NS, "ipc_namespace", "user_ns"},
	{uapi.PID_NS, "pid_namespace", "user_ns"},
	{uapi.CGROUP_NS, "cgroup_namespace", "user_ns"},
	{uapi.NET_NS, "net", "user_ns"},
	{uapi.TIME_NS, "time_namespace", "user_ns"},
}

// errNoActive says that a kernel is older than active counts.
var errNoActive = errors.New("this kernel has no active counts")

// layoutFromBTF finds the layout in a kernel's type information. Addresses are left to be
// filled in: Head is the offset of the list's head in the root.
func layoutFromBTF(r io.ReaderAt) (*layout, error) {
	spec, err := btf.LoadSpecFromReader(r)
	if err != nil {
		return nil, fmt.Errorf("%w: BTF: %w", ErrLayout, err)
	}
	common, err := structNamed(spec, "ns_common")
	if err != nil {
		return nil, err
	}
	if _, _, err := member(common, "__ns_ref_active"); err != nil {
		return nil, errNoActive
	}
	l := &layout{}
	for _, f := range commonFields {
		off, size, err := member(common, f.path)
		if err != nil {
			return nil, err
		}
		if size != f.size {
			return nil, fmt.Errorf("%w: ns_common.%s has %d bytes, expected %d", ErrLayout, f.path, size, f.size)
		}
		*f.at(l) = off
		l.Size = max(l.Size, off+uint64(size))
	}
	root, err := structNamed(spec, "ns_tree_root")
	if err != nil {
		return nil, err
	}
	if l.Head, _, err = member(root, "ns_list_head"); err != nil {
		return nil, err
	}
	if err := l.findOwners(spec); err != nil {
		return nil, err
	}
	l.RCU.find(spec)
	return l, l.Task.find(spec, l.ID)
}

// find fills in the offset of the number of callbacks, if there is one.
func (r *rcuLayout) find(spec *btf.Spec) {
	s, err := structNamed(spec, "rcu_data")
	if err != nil {
		return
	}
	if off, size, err := member(s, "cblist.len"); err == nil && size == 8 {
		r.Len = off
	}
}

func (l *layout) findOwners(spec *btf.Spec) error {
	for _, n := range namespaceStructs {
		s, err := structNamed(spec, n.name)
		if err != nil {
			return err
		}
		ns, _, err := member(s, "ns")
		if err != nil {
			return err
		}
		owner, _, err := member(s, n.owner)
		if err != nil {
			return err
		}
		if n.typ == uapi.USER_NS {
			l.User = ns
		}
		l.Owners = append(l.Owners, ownerAt{n.typ, int64(owner) - int64(ns)})
	}
	return nil
}

// find fills in the offsets; id is that of the id in ns_common.
func (t *taskLayout) find(spec *btf.Spec, id uint64) error {
	for _, f := range []struct {
		structure, path string
		at              *uint64
	}{
		{"task_struct", "tasks", &t.Next},
		{"task_struct", "pid", &t.Pid},
		{"task_struct", "nsproxy", &t.Proxy},
		{"nsproxy", "pid_ns_for_children", &t.ForChildren},
		{"pid_namespace", "ns", &t.ID},
	} {
		s, err := structNamed(spec, f.structure)
		if err != nil {
			return err
		}
		if *f.at, _, err = member(s, f.path); err != nil {
			return err
		}
	}
	t.ID += id
	return nil
}

func structNamed(spec *btf.Spec, name string) (*btf.Struct, error) {
	var s *btf.Struct
	if err := spec.TypeByName(name, &s); err != nil {
		return nil, fmt.Errorf("%w: struct %s: %w", ErrLayout, name, err)
	}
	return s, nil
}

// member finds a field by its path, `a.b`, also within unnamed members, and returns its
// offset and size in bytes.
func member(t btf.Type, path string) (offset uint64, size uint32, err error) {
	for _, name := range strings.Split(path, ".") {
		off, typ, ok := find(t, name)
		if !ok {
			return 0, 0, fmt.Errorf("%w: no field %s in %s", ErrLayout, path, t.TypeName())
		}
		offset += off
		t = typ
	}
	n, err := btf.Sizeof(t)
	if err != nil {
		return 0, 0, fmt.Errorf("%w: field %s: %w", ErrLayout, path, err)
	}
	return offset, uint32(n), nil
}

func find(t btf.Type, name string) (offset uint64, _ btf.Type, ok bool) {
	var members []btf.Member
	switch t := btf.UnderlyingType(t).(type) {
	case *btf.Struct:
		members = t.Members
	case *btf.Union:
		members = t.Members
	}
	for _, m := range members {
		if m.Name == name {
			return uint64(m.Offset.Bytes()), m.Type, true
		}
	}
	for _, m := range members {
		// An unnamed member may itself be of a named structure.
		if m.Name != "" {
			continue
		}
		if off, typ, ok := find(m.Type, name); ok {
			return uint64(m.Offset.Bytes()) + off, typ, true
		}
	}
	return 0, nil, false
}

// maxTypes is for how many types a layout has room.
const maxTypes = 16

// encode is the layout as the agent reads it.
func (l *layout) encode() []byte {
	var w words
	w.u64(l.Head, l.Node, l.ID, l.Type, l.Inum, l.Passive, l.Active, l.Size, l.User, uint64(len(l.Owners)))
	for _, o := range l.Owners {
		w.u64(uint64(o.Type), uint64(o.Offset))
	}
	w = append(w, make([]byte, 16*(maxTypes-len(l.Owners)))...)
	w.u64(l.RCU.Len, l.RCU.Offset)
	return w
}

// layoutOf works out the layout of a running kernel from its type information and the
// addresses of layoutSymbols.
func layoutOf(types []byte, addrs []uint64) (*layout, error) {
	l, err := layoutFromBTF(bytes.NewReader(types))
	if err != nil {
		return nil, err
	}
	for i, name := range layoutSymbols {
		if i >= len(addrs) || addrs[i] == 0 {
			return nil, fmt.Errorf("%w: no symbol %s", ErrLayout, name)
		}
	}
	l.Head += addrs[0]
	l.Task.Init = addrs[1]
	if rest := addrs[len(layoutSymbols):]; len(rest) == len(rcuSymbols) && rest[0] != 0 && rest[1] != 0 && l.RCU.Len != 0 {
		l.RCU = rcuLayout{l.RCU.Len + rest[0], rest[1]}
	} else {
		l.RCU = rcuLayout{}
	}
	return l, nil
}

// SPDX-License-Identifier: GPL-2.0-only

package nstree

import (
	"math"

	"github.com/google/btree"
	"github.com/nssim/nssim/syscall/uapi"
)

// index serves the look-ups of a big forest: one B-tree for all trees. It belongs to
// one forest and is never cloned.
type index struct {
	t *btree.BTreeG[key]
}

// key orders by tree, then by id. The handle is last because a list that is not kept
// in order may hold an id twice.
type key struct {
	id   uint64
	root int32
	h    Handle
}

func less(a, b key) bool {
	switch {
	case a.root != b.root:
		return a.root < b.root
	case a.id != b.id:
		return a.id < b.id
	}
	return a.h < b.h
}

// Trees are numbered: the unified one, one per type, one per owner.
const (
	rootUnified int32 = 0
	rootOwned   int32 = 1 + uapi.NumNSTypes
)

// rootOf numbers the tree that a valid type, or 0, selects.
func rootOf(typ uapi.NSType) int32 {
	if typ == 0 {
		return rootUnified
	}
	return 1 + int32(typ.Index())
}

// root numbers the tree over the list that h is on.
func (f *Forest) root(l List, h Handle) int32 {
	switch l {
	case Unified:
		return rootUnified
	case PerType:
		return 1 + int32(f.Nodes[h].Type)
	}
	return rootOwned + int32(f.Entries[h].Owner)
}

func (f *Forest) indexed() *index {
	if f.big == nil {
		f.big = &index{btree.NewG(32, less)}
		for h := range f.All(0) {
			f.big.add(f, h)
		}
	}
	return f.big
}

func (x *index) add(f *Forest, h Handle) {
	for l := range numLists {
		if f.Nodes[h].Searchable(l) {
			x.t.ReplaceOrInsert(key{f.Nodes[h].ID, f.root(l, h), h})
		}
	}
}

func (x *index) remove(f *Forest, h Handle) {
	for l := range numLists {
		if f.Nodes[h].Searchable(l) {
			x.t.Delete(key{f.Nodes[h].ID, f.root(l, h), h})
		}
	}
}

// atOrAbove returns the smallest id of a tree that is not below the given one.
func (x *index) atOrAbove(root int32, id uint64) (found Handle) {
	x.t.AscendGreaterOrEqual(key{id, root, 0}, func(k key) bool {
		if k.root == root {
			found = k.h
		}
		return false
	})
	return found
}

// atOrBelow returns the largest id of a tree that is not above the given one.
func (x *index) atOrBelow(root int32, id uint64) (found Handle) {
	x.t.DescendLessOrEqual(key{id, root, math.MaxInt32}, func(k key) bool {
		if k.root == root {
			found = k.h
		}
		return false
	})
	return found
}

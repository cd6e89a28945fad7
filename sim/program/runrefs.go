// SPDX-License-Identifier: GPL-2.0-only

package program

// objRef is one object of the machine that a value refers to: a task or an open file. The
// machine gives the number of an object that is gone to another one; a reference stays.
type objRef struct {
	id   int32
	gone int // the line after which the object was found gone, 0 while it is there
}

// refTable is the references to objects of one kind. It only grows, but for Back.
type refTable struct {
	all  []objRef
	of   []int32 // by the machine's number: 1 + the place in all, 0 for none
	live []int32 // places in all of the objects that are there
}

// find returns the reference to an object that is there.
func (t *refTable) find(id int32) (ref int32, ok bool) {
	if int(id) >= len(t.of) {
		return 0, false
	}
	return t.of[id] - 1, t.of[id] != 0
}

// get is find, and makes a reference if there is none.
func (t *refTable) get(id int32) int32 {
	ref, ok := t.find(id)
	if !ok {
		ref = int32(len(t.all))
		t.all = append(t.all, objRef{id: id})
		t.enter(ref)
	}
	return ref
}

func (t *refTable) enter(ref int32) {
	id := t.all[ref].id
	for len(t.of) <= int(id) {
		t.of = append(t.of, 0)
	}
	t.of[id] = ref + 1
	t.live = append(t.live, ref)
}

// sweep notes which objects are gone by the end of a line.
func (t *refTable) sweep(line int, there func(id int32) bool) {
	kept := t.live[:0]
	for _, ref := range t.live {
		o := &t.all[ref]
		if there(o.id) {
			kept = append(kept, ref)
			continue
		}
		o.gone = line
		t.of[o.id] = 0
	}
	t.live = kept
}

// back forgets the references after the first n, and what sweep has noted after a line.
func (t *refTable) back(n, line int) {
	t.all, t.live = t.all[:n], t.live[:0]
	clear(t.of)
	for i := range t.all {
		if o := &t.all[i]; o.gone == 0 || o.gone > line {
			o.gone = 0
			t.enter(int32(i))
		}
	}
}

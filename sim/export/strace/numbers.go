// SPDX-License-Identifier: GPL-2.0-only

package strace

import (
	"fmt"
	"slices"
	"sort"

	"github.com/nssim/nssim/sim/program"
	"github.com/nssim/nssim/syscall/uapi"
)

// pair is a number of the log and what it is on the model.
type pair struct {
	log, model uint64
	// x is how the program writes it, nil if it has no name there.
	x program.Expr
}

// numbers relates the log's numbers to the model's, one to one. Where the order of the
// numbers says something, it must be the same on both sides.
type numbers struct {
	what    string
	ordered bool
	// lives tells whether what has a number on the model is still there; if it is not, the
	// number may mean something else by now. nil: numbers are not used again.
	lives func(model uint64) bool

	byLog, byModel map[uint64]*pair
	sorted         []*pair // by the log's number
	journal        []func()
}

func newNumbers(what string) *numbers {
	return &numbers{what: what, byLog: map[uint64]*pair{}, byModel: map[uint64]*pair{}}
}

// newIDs relates ids of namespaces. They are given out in order and never again.
func newIDs() *numbers {
	n := newNumbers("namespace")
	n.ordered = true
	for _, t := range uapi.NSTypes() {
		n.meet(t.InitID(), t.InitID(), numX(int64(t.InitID())))
	}
	return n
}

// newInums relates inode numbers of namespaces. The lowest free one is given out.
func newInums(lives func(uint64) bool) *numbers {
	n := newNumbers("inode")
	for _, t := range uapi.NSTypes() {
		n.meet(uint64(t.InitInum()), uint64(t.InitInum()), hexX(uint64(t.InitInum())))
	}
	n.lives = lives
	return n
}

// find returns what is known about a number of the log, nil for nothing.
func (n *numbers) find(log uint64) *pair {
	p := n.byLog[log]
	if p != nil && n.lives != nil && !n.lives(p.model) {
		return nil
	}
	return p
}

// meet relates two numbers and says what is wrong if they cannot be the same thing.
func (n *numbers) meet(log, model uint64, x program.Expr) string {
	if p := n.byLog[log]; p != nil {
		switch {
		case p.model == model:
			n.name(p, x)
			return ""
		case n.find(log) != nil:
			return fmt.Sprintf("%s %d is %d on the model, where it was %d before", n.what, log, model, p.model)
		}
		n.drop(p)
	}
	if p := n.byModel[model]; p != nil {
		// What the model knows by the number is there now, so what the log knew by
		// another one is not.
		if n.lives == nil {
			return fmt.Sprintf("%s %d is %d on the model, as %s %d was", n.what, log, model, n.what, p.log)
		}
		n.drop(p)
	}
	return n.enter(&pair{log, model, x})
}

func (n *numbers) name(p *pair, x program.Expr) {
	if p.x == nil && x != nil {
		p.x = x
		n.journal = append(n.journal, func() { p.x = nil })
	}
}

func (n *numbers) enter(p *pair) string {
	if n.ordered {
		i := n.place(p.log)
		for _, j := range [...]int{i - 1, i} {
			if j < 0 || j >= len(n.sorted) {
				continue
			}
			if k := n.sorted[j]; (k.model < p.model) != (j < i) {
				return fmt.Sprintf("%s %d is %d on the model, out of order with %d, which is %d", n.what, p.log, p.model, k.log, k.model)
			}
		}
		n.sorted = slices.Insert(n.sorted, i, p)
	}
	n.byLog[p.log], n.byModel[p.model] = p, p
	n.journal = append(n.journal, func() { n.remove(p) })
	return ""
}

func (n *numbers) place(log uint64) int {
	return sort.Search(len(n.sorted), func(i int) bool { return n.sorted[i].log >= log })
}

// nearest is the known number that is closest to one of the log, not counting those that
// are there from the boot on; nil for none.
func (n *numbers) nearest(log uint64) *pair {
	if !n.ordered {
		return nil
	}
	i := n.place(log)
	for _, j := range [...]int{i - 1, i} {
		if j >= 0 && j < len(n.sorted) && n.sorted[j].log > bootIDs {
			return n.sorted[j]
		}
	}
	return nil
}

// bootIDs is the last of the ids that are given out at boot.
const bootIDs = 16

func (n *numbers) remove(p *pair) {
	if n.byLog[p.log] == p {
		delete(n.byLog, p.log)
	}
	if n.byModel[p.model] == p {
		delete(n.byModel, p.model)
	}
	n.sorted = slices.DeleteFunc(n.sorted, func(k *pair) bool { return k == p })
}

func (n *numbers) drop(p *pair) {
	n.remove(p)
	n.journal = append(n.journal, func() { n.byLog[p.log], n.byModel[p.model] = p, p })
}

// back takes back all that was learnt since the journal had k entries.
func (n *numbers) back(k int) {
	for _, undo := range slices.Backward(n.journal[k:]) {
		undo()
	}
	n.journal = n.journal[:k]
}

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
	all     []pair // in the order in which they were met
	sorted  []int  // places in all by the log's number
	byModel map[uint64]int
}

func (n *numbers) search(log uint64) (at int, found bool) {
	at = sort.Search(len(n.sorted), func(i int) bool { return n.all[n.sorted[i]].log >= log })
	return at, at < len(n.sorted) && n.all[n.sorted[at]].log == log
}

// find returns what is known about a number of the log, nil for nothing.
func (n *numbers) find(log uint64) *pair {
	if at, ok := n.search(log); ok {
		return &n.all[n.sorted[at]]
	}
	return nil
}

// meet relates two numbers and says what is wrong if they cannot be the same thing.
func (n *numbers) meet(log, model uint64, x program.Expr) string {
	at, known := n.search(log)
	if known {
		p := &n.all[n.sorted[at]]
		if p.model != model {
			return fmt.Sprintf("%s %d is %d on the model, where it was %d before", n.what, log, model, p.model)
		}
		if p.x == nil {
			p.x = x
		}
		return ""
	}
	if i, taken := n.byModel[model]; taken {
		return fmt.Sprintf("%s %d is %d on the model, as %s %d was", n.what, log, model, n.what, n.all[i].log)
	}
	if n.ordered {
		for _, i := range [...]int{at - 1, at} {
			if i >= 0 && i < len(n.sorted) && (n.all[n.sorted[i]].model < model) != (i < at) {
				p := n.all[n.sorted[i]]
				return fmt.Sprintf("%s %d is %d on the model, out of order with %d, which is %d", n.what, log, model, p.log, p.model)
			}
		}
	}
	n.byModel[model] = len(n.all)
	n.sorted = slices.Insert(n.sorted, at, len(n.all))
	n.all = append(n.all, pair{log, model, x})
	return ""
}

// back forgets all but the first k numbers.
func (n *numbers) back(k int) {
	for i := k; i < len(n.all); i++ {
		delete(n.byModel, n.all[i].model)
	}
	n.all = n.all[:k]
	n.sorted = slices.DeleteFunc(n.sorted, func(i int) bool { return i >= k })
}

func newIDs() *numbers {
	n := &numbers{what: "namespace", ordered: true, byModel: map[uint64]int{}}
	for _, t := range uapi.NSTypes() {
		n.meet(t.InitID(), t.InitID(), numX(int64(t.InitID())))
	}
	return n
}

func newInums() *numbers {
	n := &numbers{what: "inode", byModel: map[uint64]int{}}
	for _, t := range uapi.NSTypes() {
		n.meet(uint64(t.InitInum()), uint64(t.InitInum()), hexX(uint64(t.InitInum())))
	}
	return n
}

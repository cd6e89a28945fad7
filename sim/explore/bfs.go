// SPDX-License-Identifier: GPL-2.0-only

package explore

import (
	"sync"
	"sync/atomic"

	"github.com/nssim/nssim/sim"
)

// How the work of a level is cut up. A batch is expanded by all workers while nobody
// changes the visited set; then what they found is put in, in order. So what is found,
// and its order, do not depend on how many workers there are.
const (
	batchNodes = 8192
	chunkNodes = 64
)

// candidate is a state that was not in the visited set when its batch began.
type candidate struct {
	print  sim.Fingerprint
	parent uint32
	move   Move
	bad    verdict
}

// bfs is a breadth-first search.
type bfs struct {
	opt     Options
	seen    seen
	tree    tree
	workers []*worker
	rep     Report
	chunks  [][]candidate
	next    atomic.Int64
	stop    bool
}

// worker expands states.
type worker struct {
	sys   system
	stack []*state // machines along a path of the tree
	ids   []uint32
	path  []uint32
	to    state
	moves []Move
	count int64
}

func newWorker(sys system) *worker {
	w := &worker{sys: sys, stack: []*state{new(state)}, ids: []uint32{0}}
	sys.root(w.stack[0])
	return w
}

// load returns the machine of a state. States that follow each other share most of their
// path, so that mostly one move has to be made anew.
func (w *worker) load(t *tree, id uint32) *state {
	w.path = w.path[:0]
	for i := id; i != 0; i = t.at(i).parent {
		w.path = append(w.path, i)
	}
	depth := len(w.path)
	for i := range depth { // w.path is in order from the leaf up
		at := w.path[depth-1-i]
		if i+1 < len(w.ids) && w.ids[i+1] == at {
			continue
		}
		w.ids = append(w.ids[:i+1], at)
		if i+1 == len(w.stack) {
			w.stack = append(w.stack, new(state))
		}
		w.sys.copy(w.stack[i+1], w.stack[i])
		w.sys.apply(w.stack[i+1], t.at(at).move)
	}
	w.ids = w.ids[:depth+1]
	return w.stack[depth]
}

// expand appends the successors of a state that have not been seen.
func (w *worker) expand(b *bfs, id uint32, out []candidate) []candidate {
	s := w.load(&b.tree, id)
	w.moves = w.sys.moves(s, w.moves[:0])
	w.count += int64(len(w.moves))
	for _, v := range w.moves {
		w.sys.copy(&w.to, s)
		w.sys.apply(&w.to, v)
		p := w.sys.fingerprint(&w.to)
		if w.to.bad == fine && b.seen.has(p) {
			continue
		}
		bad := w.to.bad
		if bad == fine {
			bad = w.sys.judge(&w.to)
		}
		out = append(out, candidate{p, id, v, bad})
	}
	return out
}

// search runs level by level.
func (b *bfs) search() {
	w := b.workers[0]
	root := w.stack[0]
	b.seen.add(w.sys.fingerprint(root))
	b.tree.add(0, 0)
	b.rep.States = 1
	if bad := w.sys.judge(root); bad != fine {
		b.rep.found(bad, 0, nil)
		return
	}
	lo, hi := uint32(0), uint32(1)
	for lo < hi {
		if b.opt.Depth > 0 && b.rep.Depth == b.opt.Depth {
			b.rep.Cut = "depth"
			return
		}
		for at := lo; at < hi; at += batchNodes {
			b.batch(at, min(at+batchNodes, hi))
			if b.stop {
				return
			}
		}
		lo, hi = hi, b.tree.n
		if lo < hi {
			b.rep.Depth++
			b.rep.Levels = append(b.rep.Levels, int(hi-lo))
		}
	}
	b.rep.Complete = true
}

// batch expands a range of states and merges what was found.
func (b *bfs) batch(lo, hi uint32) {
	n := int(hi-lo+chunkNodes-1) / chunkNodes
	for len(b.chunks) < n {
		b.chunks = append(b.chunks, nil)
	}
	b.next.Store(0)
	work := func(w *worker) {
		for {
			c := int(b.next.Add(1)) - 1
			if c >= n {
				return
			}
			out := b.chunks[c][:0]
			from := lo + uint32(c*chunkNodes)
			for id := from; id < min(from+chunkNodes, hi); id++ {
				out = w.expand(b, id, out)
			}
			b.chunks[c] = out
		}
	}
	if n == 1 || len(b.workers) == 1 {
		work(b.workers[0])
	} else {
		var wg sync.WaitGroup
		for _, w := range b.workers {
			wg.Go(func() { work(w) })
		}
		wg.Wait()
	}
	b.merge(n)
	b.tick(int(b.tree.n - hi))
}

// merge puts what the chunks have found into the visited set and the tree, in order.
func (b *bfs) merge(chunks int) {
	for _, w := range b.workers {
		b.rep.Transitions += w.count
		w.count = 0
	}
	for _, c := range b.chunks[:chunks] {
		for i := range c {
			k := &c[i]
			if k.bad != fine {
				path := append(b.tree.path(k.parent), k.move)
				if b.rep.found(k.bad, len(path), path); !b.opt.KeepGoing {
					b.stop = true
					return
				}
				if k.bad == differs {
					continue // behind a difference, nothing new can be learnt
				}
			}
			if b.seen.add(k.print) {
				b.tree.add(k.parent, k.move)
			}
		}
	}
	b.rep.States = int64(b.tree.n)
}

// tick reports progress and looks whether the search has to end.
func (b *bfs) tick(frontier int) {
	b.rep.Bytes = b.seen.bytes() + b.tree.bytes()
	if b.opt.Memory > 0 && b.rep.Bytes > b.opt.Memory {
		b.rep.Cut, b.stop = "memory", true
	}
	if b.opt.Progress != nil {
		p := Progress{States: b.rep.States, Transitions: b.rep.Transitions, Depth: b.rep.Depth, Frontier: frontier, Bytes: b.rep.Bytes}
		if !b.opt.Progress(p) {
			b.rep.Cut, b.stop = "interrupt", true
		}
	}
}

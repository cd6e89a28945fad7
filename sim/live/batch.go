// SPDX-License-Identifier: GPL-2.0-only

package live

import (
	"context"
	"runtime"
	"sync"

	"github.com/nssim/nssim/sim"
	"github.com/nssim/nssim/sim/program"
)

// CompareAll compares n programs on several guests at a time, 0 for one per processor. get
// makes the programs, and may be called for several at a time. A
// guest is used for any number of programs; one that hangs, dies or is not left as it was
// is replaced. each is called once for every program, in their order, with what Compare
// returned for it. The error says that no guest could be had.
func CompareAll(ctx context.Context, n int, get func(i int) *program.Program, cfg sim.Config, guests int,
	each func(i int, c *Comparison, err error), opts ...Option) error {
	if guests <= 0 {
		guests = runtime.NumCPU()
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	b := &batch{cfg: cfg, opts: opts, todo: make(chan int), done: make(chan compared)}
	var workers sync.WaitGroup
	for range min(guests, n) {
		workers.Go(func() { b.work(ctx, get) })
	}
	go func() {
		defer close(b.todo)
		for i := range n {
			select {
			case b.todo <- i:
			case <-ctx.Done():
				return
			}
		}
	}()
	go func() {
		workers.Wait()
		close(b.done)
	}()
	waiting := make(map[int]compared)
	next := 0
	var failed error
	for r := range b.done {
		if r.noGuest != nil {
			if failed == nil { // the others end because of it
				failed = r.noGuest
			}
			cancel()
			continue
		}
		waiting[r.i] = r
		for w, ok := waiting[next]; ok; w, ok = waiting[next] {
			delete(waiting, next)
			each(next, w.c, w.err)
			next++
		}
	}
	if failed == nil {
		failed = ctx.Err()
	}
	return failed
}

// batch is the guests of CompareAll.
type batch struct {
	cfg  sim.Config
	opts []Option
	todo chan int
	done chan compared
}

// compared is what has become of one program.
type compared struct {
	i       int
	c       *Comparison
	err     error
	noGuest error
}

// work compares one program after the other on one guest, or on its successors.
func (b *batch) work(ctx context.Context, get func(i int) *program.Program) {
	var g *Guest
	defer func() {
		if g != nil {
			g.Close()
		}
	}()
	for i := range b.todo {
		if g != nil && g.Err() != nil {
			g.Close()
			g = nil
		}
		if g == nil {
			var err error
			if g, err = Open(ctx, b.opts...); err != nil {
				b.done <- compared{i: i, noGuest: err}
				return
			}
		}
		c, err := Compare(ctx, get(i), b.cfg, g)
		b.done <- compared{i: i, c: c, err: err}
	}
}

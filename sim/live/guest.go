// SPDX-License-Identifier: GPL-2.0-only

package live

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"time"
)

// Guest is a running kernel. It is not safe for concurrent use: one guest runs one program
// at a time.
type Guest struct {
	opts    options
	vm      *vm
	conn    net.Conn
	release string // uname -r
	geo     geometry
	lay     *layout // nil: this kernel has no active counts
	dead    error   // why it cannot be used any more
	booted  time.Duration
	base    []Namespace // of an empty machine
	trips   int
}

// geometry is where things are in the mapping that the agent shares with all tasks.
type geometry struct {
	base, slots, slotSize, dataOffset, dataSize uint64
	heap, heapSize                              uint64
	passFD, passToFD                            uint64
}

// Open boots a guest. It needs WithKernel. Close ends it.
func Open(ctx context.Context, opts ...Option) (*Guest, error) {
	o := defaults()
	for _, opt := range opts {
		if err := opt(&o); err != nil {
			return nil, err
		}
	}
	if err := o.complete(); err != nil {
		return nil, err
	}
	agent, err := buildAgent(ctx, o.compiler, o.cache)
	if err != nil {
		return nil, err
	}
	initrd, err := initramfs(agent)
	if err != nil {
		return nil, err
	}
	start := time.Now()
	v, conn, hello, err := launch(ctx, &o, initrd)
	if err != nil {
		return nil, err
	}
	g := &Guest{opts: o, vm: v, conn: conn, booted: time.Since(start)}
	if err := g.start(ctx, hello); err != nil {
		g.Close()
		return nil, err
	}
	return g, nil
}

// start takes in what the agent says of itself and prepares the snapshots.
func (g *Guest) start(ctx context.Context, hello []record) error {
	if len(hello) != 2 || hello[0].kind != recNumbers || hello[1].kind != recText {
		return fmt.Errorf("%w: %w in its first words", ErrBoot, errFrame)
	}
	n := hello[0].u64s()
	if len(n) != 10 || n[0] != protocol {
		return fmt.Errorf("%w: the agent speaks another protocol", ErrBoot)
	}
	g.geo = geometry{n[1], n[2], n[3], n[4], n[5], n[6], n[7], n[8], n[9]}
	g.release = string(hello[1].data)
	return g.findCounts(ctx)
}

// Release returns the kernel's release, as uname -r prints it.
func (g *Guest) Release() string { return g.release }

// Booted returns how long the guest took to boot.
func (g *Guest) Booted() time.Duration { return g.booted }

// Err returns why the guest cannot be used any more, nil as long as it can.
func (g *Guest) Err() error { return g.dead }

// Close switches the guest off.
func (g *Guest) Close() error {
	if g.dead == nil {
		g.dead = ErrGone
		g.conn.SetDeadline(time.Now().Add(time.Second))
		if writeFrame(g.conn, opOff, nil) == nil {
			g.vm.wait(5 * time.Second)
		}
	}
	g.conn.Close()
	g.vm.kill()
	return nil
}

// ask sends a request and returns the answer's records. A guest that does not answer in
// time, or not sensibly, is given up.
func (g *Guest) ask(ctx context.Context, o op, payload []byte) ([]record, error) {
	if g.dead != nil {
		return nil, g.dead
	}
	g.trips++
	g.conn.SetDeadline(time.Now().Add(g.opts.timeout))
	stop := context.AfterFunc(ctx, func() { g.conn.SetDeadline(time.Now()) })
	defer stop()
	err := writeFrame(g.conn, o, payload)
	var got op
	var recs []record
	if err == nil {
		got, recs, err = readFrame(g.conn)
	}
	switch {
	case err != nil:
		return nil, g.giveUp(ctx, o, err)
	case got != o:
		return nil, g.giveUp(ctx, o, fmt.Errorf("%w: to %s", errFrame, got))
	}
	for _, r := range recs {
		if r.kind == recError {
			return recs, fmt.Errorf("%w: %s: %s", ErrAgent, o, r.data)
		}
	}
	return recs, nil
}

// askOne is ask for a request that is answered with one record.
func (g *Guest) askOne(ctx context.Context, o op, payload []byte) (record, error) {
	recs, err := g.ask(ctx, o, payload)
	if err != nil {
		return record{}, err
	}
	if len(recs) != 1 {
		return record{}, fmt.Errorf("%w: %d records to %s", errFrame, len(recs), o)
	}
	return recs[0], nil
}

// giveUp declares the guest dead.
func (g *Guest) giveUp(ctx context.Context, o op, err error) error {
	why := fmt.Errorf("%w: %s: %w", ErrGone, o, err)
	switch {
	case ctx.Err() != nil:
		why = fmt.Errorf("%s: %w", o, ctx.Err())
	case errors.Is(err, os.ErrDeadlineExceeded):
		why = fmt.Errorf("%w: %s, within %v", ErrHung, o, g.opts.timeout)
	case errors.Is(err, io.EOF):
		g.vm.wait(time.Second)
	}
	g.dead = &GuestError{why, append(g.vm.stderr.tail(), g.vm.console.tail()...)}
	g.vm.kill()
	return g.dead
}

// readWords reads 64-bit words of kernel memory.
func (g *Guest) readWords(ctx context.Context, addrs ...uint64) ([]uint64, error) {
	var w words
	w.u64(uint64(len(addrs)))
	for _, a := range addrs {
		w.u64(a, 8)
	}
	recs, err := g.ask(ctx, opKmem, w)
	if err != nil {
		return nil, err
	}
	var out []uint64
	for _, r := range recs {
		out = append(out, r.u64s()...)
	}
	if len(out) != len(addrs) {
		return nil, fmt.Errorf("%w: kernel memory", errFrame)
	}
	return out, nil
}

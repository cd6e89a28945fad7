// SPDX-License-Identifier: GPL-2.0-only

package live

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
)

// op is a request to the agent, and what its answer begins with.
type op uint32

// The requests (agent/agent.c has the same table).
const (
	opHello op = 1 + iota
	opStart
	opCall
	opLook
	opEnd
	opMemory
	opSymbols
	opFile
	opLayout
	opKmem
	opLink
	opNSID
	opOff
)

var opNames = [...]string{"", "hello", "start", "call", "look", "end", "memory", "symbols", "file", "layout", "kmem", "link", "nsid", "off"}

func (o op) String() string {
	if int(o) < len(opNames) {
		return opNames[o]
	}
	return fmt.Sprintf("op(%d)", uint32(o))
}

// recKind is the kind of a record of an answer.
type recKind uint32

const (
	recReturn recKind = 1 + iota
	recTask
	recNS
	recText
	recBytes
	recError
	recNumbers
)

// Flags of requests.
const (
	flagSnapshot = 1 << 0 // answer with the counts of all namespaces
	flagBarrier  = 1 << 1 // let queued RCU callbacks run first
	flagThread   = 1 << 32
)

// protocol is the version of all this.
const protocol = 1

// maxFrame bounds an answer.
const maxFrame = 32 << 20

var order = binary.LittleEndian

// words builds the payload of a request.
type words []byte

func (w *words) u64(vs ...uint64) {
	for _, v := range vs {
		*w = order.AppendUint64(*w, v)
	}
}

func (w *words) bytes(b []byte) { *w = append(*w, b...) }

// record is one part of an answer.
type record struct {
	kind recKind
	data []byte
}

// u64s reads the data as numbers; what is left over is dropped.
func (r record) u64s() []uint64 {
	out := make([]uint64, len(r.data)/8)
	for i := range out {
		out[i] = order.Uint64(r.data[8*i:])
	}
	return out
}

// writeFrame sends a request.
func writeFrame(w io.Writer, o op, payload []byte) error {
	b := make([]byte, 8, 8+len(payload))
	order.PutUint32(b, uint32(len(payload)))
	order.PutUint32(b[4:], uint32(o))
	_, err := w.Write(append(b, payload...))
	return err
}

// errFrame is an answer that makes no sense.
var errFrame = errors.New("garbled answer")

// readFrame receives an answer.
func readFrame(r io.Reader) (op, []record, error) {
	var head [8]byte
	if _, err := io.ReadFull(r, head[:]); err != nil {
		return 0, nil, err
	}
	n, o := order.Uint32(head[:]), op(order.Uint32(head[4:]))
	if n > maxFrame {
		return 0, nil, fmt.Errorf("%w: %d bytes", errFrame, n)
	}
	payload := make([]byte, n)
	if _, err := io.ReadFull(r, payload); err != nil {
		return 0, nil, err
	}
	recs, err := splitRecords(payload)
	return o, recs, err
}

func splitRecords(b []byte) ([]record, error) {
	var recs []record
	for len(b) > 0 {
		if len(b) < 8 {
			return nil, fmt.Errorf("%w: %d bytes after the last record", errFrame, len(b))
		}
		kind, n := recKind(order.Uint32(b)), int(order.Uint32(b[4:]))
		if n > len(b)-8 {
			return nil, fmt.Errorf("%w: a record of %d bytes with %d left", errFrame, n, len(b)-8)
		}
		recs = append(recs, record{kind, b[8 : 8+n]})
		b = b[8+n:]
	}
	return recs, nil
}

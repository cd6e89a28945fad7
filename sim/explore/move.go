// SPDX-License-Identifier: GPL-2.0-only

package explore

import "github.com/nssim/nssim/sim"

// Move is one edge of the graph that is searched: a task makes a call, does one step
// of a call in flight, or the kernel does some of what it has put off. It is packed
// so that a trace costs four bytes a move.
type Move uint32

// The parts of a Move: which operation, who, and its arguments.
const (
	moveOpShift   = 24
	moveTaskShift = 16
	moveAShift    = 8
)

func newMove(op uint8, t sim.TaskID, a, b int32) Move {
	return Move(op)<<moveOpShift | Move(uint8(t))<<moveTaskShift | Move(uint8(a))<<moveAShift | Move(uint8(b))
}

func (v Move) op() uint8        { return uint8(v >> moveOpShift) }
func (v Move) task() sim.TaskID { return sim.TaskID(uint8(v >> moveTaskShift)) }
func (v Move) a() int32         { return int32(uint8(v >> moveAShift)) }
func (v Move) b() int32         { return int32(uint8(v)) }

// SPDX-License-Identifier: GPL-2.0-only

package explore

import "slices"

// tree remembers how each state was first reached: the state before and the move. States
// are numbered in the order in which a breadth-first search finds them, the root first,
// so that parents ascend and a level is a range of numbers.
type tree struct {
	blocks [][]edge
	n      uint32
}

type edge struct {
	parent uint32
	move   Move
}

// edgeBlock is how many edges are allocated at a time: growing copies nothing.
const edgeBlock = 1 << 14

func (t *tree) add(parent uint32, v Move) uint32 {
	if t.n%edgeBlock == 0 {
		t.blocks = append(t.blocks, make([]edge, edgeBlock))
	}
	t.blocks[t.n/edgeBlock][t.n%edgeBlock] = edge{parent, v}
	t.n++
	return t.n - 1
}

func (t *tree) at(i uint32) edge { return t.blocks[i/edgeBlock][i%edgeBlock] }

// path returns the moves that lead to a state.
func (t *tree) path(i uint32) (moves []Move) {
	for ; i != 0; i = t.at(i).parent {
		moves = append(moves, t.at(i).move)
	}
	slices.Reverse(moves)
	return moves
}

func (t *tree) bytes() int { return len(t.blocks) * edgeBlock * 8 }

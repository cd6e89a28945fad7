// SPDX-License-Identifier: GPL-2.0-only

package strace

import "slices"

// memory is the mappings of an address space as far as the log shows them: what mmap and
// munmap have made. It tells how much room there is behind an address that a call has
// faulted on.
type memory struct{ maps []mapping }

type mapping struct{ start, end uint64 }

func (m *memory) clone() *memory { return &memory{slices.Clone(m.maps)} }

func (m *memory) add(start, n uint64) {
	m.remove(start, n)
	m.maps = append(m.maps, mapping{start, start + (n+pageSize-1)&^(pageSize-1)})
}

const pageSize = 4096

func (m *memory) remove(start, n uint64) {
	end := start + (n+pageSize-1)&^(pageSize-1)
	var out []mapping
	for _, k := range m.maps {
		if k.end <= start || k.start >= end {
			out = append(out, k)
			continue
		}
		if k.start < start {
			out = append(out, mapping{k.start, start})
		}
		if k.end > end {
			out = append(out, mapping{end, k.end})
		}
	}
	m.maps = out
}

// room is how many bytes there are from an address on, 0 for an address that is in no
// mapping.
func (m *memory) room(addr uint64) uint64 {
	at := addr
	for again := true; again; {
		again = false
		for _, k := range m.maps {
			if at >= k.start && at < k.end {
				at, again = k.end, true
			}
		}
	}
	return at - addr
}

func (q *request) mmap() {
	if q.c.errno == 0 {
		q.t.mem.add(uint64(q.c.ret), q.num(q.arg(1)))
	}
	q.pass()
}

func (q *request) munmap() {
	if q.c.errno == 0 {
		q.t.mem.remove(q.num(q.arg(0)), q.num(q.arg(1)))
	}
	q.pass()
}

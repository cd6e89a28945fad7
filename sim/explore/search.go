// SPDX-License-Identifier: GPL-2.0-only

package explore

// Options say how to search; they do not change what is found.
type Options struct {
	// Depth is the longest sequence of moves to look at; 0: all.
	Depth int
	// Workers is how many goroutines expand states; 0: one.
	Workers int
	// Memory bounds the memory of the visited set and the traces, in bytes; 0: no bound.
	Memory int
	// KeepGoing goes on behind the first finding.
	KeepGoing bool
	// Progress, unless nil, is called now and then; it returns false to end the search.
	Progress func(Progress) bool
}

// Progress is how far a search has come.
type Progress struct {
	States, Transitions int64
	Depth, Frontier     int
	Bytes               int
}

// Report is what a search has found.
type Report struct {
	// States is how many different states were visited, Transitions how many moves were
	// made between them.
	States      int64 `json:"states"`
	Transitions int64 `json:"transitions"`
	// Depth is the longest shortest way to a state, Levels how many states there are at
	// each depth from 1 on.
	Depth  int   `json:"depth"`
	Levels []int `json:"levels,omitempty"`
	// Complete says that everything within the bounds was visited; otherwise Cut says
	// what ended the search: depth, memory, interrupt or finding.
	Complete bool   `json:"complete"`
	Cut      string `json:"cut,omitempty"`
	// Bytes is the memory of the visited set and the traces.
	Bytes int `json:"bytes"`
	// Findings are the violations, the shortest first.
	Findings []Finding `json:"-"`
	// Traces are the findings written as programs and run again.
	Traces []*Trace `json:"findings,omitempty"`
}

// Search answers a set-up's question. The error is a mistake in the set-up, or a finding
// that could not be repeated.
func Search(s Setup, opt Options) (*Report, error) {
	p, err := s.plan()
	if err != nil {
		return nil, err
	}
	if opt.Depth == 0 {
		opt.Depth = s.Bounds.Depth
	}
	rep := run(p.system, opt)
	for _, f := range rep.Findings {
		t, err := p.trace(f)
		if err != nil {
			return rep, err
		}
		rep.Traces = append(rep.Traces, t)
	}
	return rep, nil
}

// Finding is a state that something is wrong with, and the moves that lead there.
type Finding struct {
	verdict verdict
	Moves   []Move
}

func (r *Report) found(v verdict, depth int, path []Move) {
	r.Findings = append(r.Findings, Finding{v, path})
	r.Cut = "finding"
}

// run searches breadth-first. newSystem is called once for each worker.
func run(newSystem func() system, opt Options) *Report {
	b := &bfs{opt: opt}
	for range max(1, opt.Workers) {
		b.workers = append(b.workers, newWorker(newSystem()))
	}
	b.search()
	b.rep.Bytes = b.seen.bytes() + b.tree.bytes()
	return &b.rep
}

// SPDX-License-Identifier: GPL-2.0-only

package gen

import (
	"testing"

	"github.com/nssim/nssim/sim"
	"github.com/nssim/nssim/sim/program"
)

// benchCalls reports programs and calls per second of what do does with a seed; it returns
// the number of calls.
func benchCalls(b *testing.B, do func(seed uint64) int) {
	calls, seed := 0, uint64(0)
	for b.Loop() {
		calls += do(seed)
		seed++
	}
	b.ReportMetric(float64(seed)/b.Elapsed().Seconds(), "programs/s")
	b.ReportMetric(float64(calls)/b.Elapsed().Seconds(), "calls/s")
}

func callsOf(p *program.Program) (n int) {
	for i := range p.Lines {
		if p.Lines[i].Kind == program.Call {
			n++
		}
	}
	return n
}

func BenchmarkGenerate(b *testing.B) {
	benchCalls(b, func(seed uint64) int { return callsOf(Generate(seed, Options{})) })
}

// BenchmarkVerify runs programs with every property looked at after every line.
func BenchmarkVerify(b *testing.B) {
	programs := make([]*program.Program, 256)
	for i := range programs {
		programs[i] = Generate(uint64(i), Options{})
	}
	var w Watch
	benchCalls(b, func(seed uint64) int {
		p := programs[seed%uint64(len(programs))]
		if broken, rep, err := w.Verify(p, sim.Config{}); broken != nil || err != nil || rep.Outcome != program.Pass {
			b.Fatal(broken, rep, err)
		}
		return callsOf(p)
	})
}

// BenchmarkFuzz is what a search for broken properties costs, with all of them looked at.
func BenchmarkFuzz(b *testing.B) {
	cfg := sim.MustNew(sim.Config{}).Cfg
	w := ExpectingVerdicts(cfg, DefaultProbe)
	benchCalls(b, func(seed uint64) int {
		_, calls, broken := w.Search(seed, Options{})
		if broken != nil {
			b.Fatal(broken)
		}
		return calls
	})
}

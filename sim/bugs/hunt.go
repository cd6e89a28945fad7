// SPDX-License-Identifier: GPL-2.0-only

package bugs

import (
	"slices"

	"github.com/nssim/nssim/sim"
	"github.com/nssim/nssim/sim/check"
	"github.com/nssim/nssim/sim/gen"
	"github.com/nssim/nssim/sim/program"
)

// Hunted is what random programs show of a bug.
type Hunted struct {
	Found   bool
	Calls   int    // made until the bug was caught, or in vain
	By      string // a property, or "result"
	Program *program.Program
}

// hunter looks for one bug.
type hunter struct {
	bug           *Bug
	with, without sim.Config
	checker       check.Checker
	calls         int
}

// Hunt runs random programs with the bug and without it until one tells them apart, or
// until so many calls have been made. The same seed gives the same.
func (b *Bug) Hunt(seed uint64, calls int) (*Hunted, error) {
	p, err := b.Program()
	if err != nil {
		return nil, err
	}
	h := &hunter{bug: b}
	if h.with, h.without, err = b.Configs(p); err != nil {
		return nil, err
	}
	for n := seed << 32; h.calls < calls; n++ {
		p, err := h.program(n)
		if err != nil {
			return nil, err
		}
		by, err := h.catches(p)
		if err != nil {
			return nil, err
		}
		if by != "" {
			return &Hunted{true, h.calls, by, p}, nil
		}
	}
	return &Hunted{Calls: h.calls}, nil
}

// Of four programs one is as it is generated, one has calls interleaved, and two of these
// have more of what comes and goes while it is looked at.
var mixes = [...]struct {
	interleave bool
	weights    map[string]int
}{
	{false, nil},
	{true, nil},
	{true, map[string]int{"listns": 60, "unshare": 40, "exit_group": 20, "wait4": 20, "fork": 20, "leave": 30, "settle": 15}},
	{true, map[string]int{"setns": 30, "unshare": 40, "pidfd_open": 20, "ioctl": 50, "open_by_handle_at": 30, "exit_group": 20, "drop": 20}},
}

// program makes the program of a number.
func (h *hunter) program(n uint64) (*program.Program, error) {
	mix := &mixes[n%uint64(len(mixes))]
	p := gen.Generate(n, gen.Options{Config: h.without, Weights: h.bug.weights(mix.weights)})
	p.Config = nil
	if !mix.interleave {
		return p, nil
	}
	return gen.Interleave(p, n, h.without)
}

// catches runs a program with the bug and without it, side by side, and says what tells
// them apart: a property that is broken with the bug, or "result" for a line that does
// something else; "" if nothing does.
func (h *hunter) catches(p *program.Program) (by string, err error) {
	with, err := program.NewRunner(p, h.with)
	if err != nil {
		return "", err
	}
	without, err := program.NewRunner(p, h.without)
	if err != nil {
		return "", err
	}
	defer func() { h.calls += with.Report().Calls }()
	for more := true; more; {
		more = with.Next()
		without.Next()
		when := check.Quiescent
		if with.Machine().InFlight() {
			when = check.Always
		}
		if by = h.look(with.Machine(), without.Machine(), when); by != "" {
			return by, nil
		}
		if with.Machine().Fired != without.Machine().Fired {
			return "no-warning", nil
		}
		if differ(with.Observed(), without.Observed()) || with.Report().Outcome != without.Report().Outcome {
			return "result", nil
		}
	}
	tearDown(with.Machine())
	tearDown(without.Machine())
	return h.look(with.Machine(), without.Machine(), check.AtEnd), nil
}

// look returns a property that is broken with the bug; what is broken without it as well
// shows nothing.
func (h *hunter) look(with, without *sim.Machine, when check.When) string {
	for _, f := range h.checker.Check(with, when) {
		if !slices.ContainsFunc(h.checker.Check(without, when), func(g check.Finding) bool { return g.Property == f.Property }) {
			return f.Property
		}
	}
	return ""
}

// differ reports whether two runs of a line have returned or put out something else.
func differ(a, b *program.Observed) bool {
	if a.Status != b.Status || a.Errno != b.Errno || a.Ret.String() != b.Ret.String() || !slices.Equal(a.IDs, b.IDs) ||
		len(a.Outs) != len(b.Outs) {
		return true
	}
	for i := range a.Outs {
		if a.Outs[i].Value.String() != b.Outs[i].Value.String() {
			return true
		}
	}
	return false
}

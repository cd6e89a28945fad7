// SPDX-License-Identifier: GPL-2.0-only

package program

import (
	"slices"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/nssim/nssim/sim"
	"github.com/nssim/nssim/testdata"
)

// mutant is a line with one expectation made wrong.
type mutant struct {
	what string
	line Line
	// want is how the run has to end on that line.
	want Outcome
}

// opposite is the comparison that holds exactly where the other does not.
var opposite = map[string]string{
	"==": "!=", "!=": "==", "<": ">=", ">=": "<", ">": "<=", "<=": ">", "has": "lacks", "lacks": "has",
}

// someErrno is one that no call of the programs fails with.
var someErrno = []Errno{{Name: "EDOM", Num: 33}}

// mutants returns every way to make one expectation of the next line wrong.
func mutants(r *Runner, l *Line) (ms []mutant) {
	switch l.Kind {
	case Assert:
		for _, x := range wrongConditions(l.Expr) {
			m := *l
			m.Expr = x
			ms = append(ms, mutant{"? " + x.String(), m, Fail})
		}
		return ms
	case SkipIf:
		m := *l
		m.Expr = &Unary{Op: "not", X: l.Expr}
		return []mutant{{m.String(), m, Skip}}
	case Settle:
		return nil
	}
	if l.Unfinished {
		m := *l
		m.Unfinished, m.Results = false, nil
		ms = append(ms, mutant{"finished: " + m.String(), m, Fail})
	}
	states := false // the line states how the call ends
	for i := range l.Results {
		res := &l.Results[i]
		states = states || res.Kind != SkipOn
		for _, wrong := range wrongResults(r, res) {
			m := *l
			m.Results = slices.Concat(l.Results[:i], wrong, l.Results[i+1:])
			ms = append(ms, mutant{m.String(), m, Fail})
		}
	}
	sig := signatures[l.Call.Name]
	if !states && !l.Unfinished && sig.Binds != BindsNothing {
		// Nothing is stated: it must succeed.
		m := *l
		m.Results = append(slices.Clip(l.Results), Result{Kind: Errnos, Errnos: someErrno})
		ms = append(ms, mutant{m.String(), m, Fail})
	}
	return ms
}

// wrongConditions makes each part of a condition false that has to be true.
func wrongConditions(x Expr) (out []Expr) {
	b, ok := x.(*Binary)
	switch {
	case ok && b.Op == "and":
		for _, w := range wrongConditions(b.X) {
			out = append(out, &Binary{Op: "and", X: w, Y: b.Y})
		}
		for _, w := range wrongConditions(b.Y) {
			out = append(out, &Binary{Op: "and", X: b.X, Y: w})
		}
		return out
	case ok && opposite[b.Op] != "":
		out = append(out, &Binary{Op: opposite[b.Op], X: b.X, Y: b.Y})
		if n, isNum := b.Y.(*Num); isNum && b.Op == "==" {
			out = append(out, &Binary{Op: "==", X: b.X, Y: &Num{Value: n.Value + 1}})
		}
		return out
	}
	return []Expr{&Unary{Op: "not", X: x}}
}

// wrongResults returns what may stand in place of a result so that it does not hold.
func wrongResults(r *Runner, res *Result) [][]Result {
	fails := []Result{{Kind: Errnos, Errnos: someErrno}}
	switch res.Kind {
	case Errnos:
		return [][]Result{fails, {{Kind: Compare, Op: ">=", X: &Num{}}}}
	case Compare:
		if res.Op == "!=" {
			return [][]Result{fails, {{Kind: Value, X: res.X}}}
		}
		return [][]Result{fails, {{Kind: Compare, Op: opposite[res.Op], X: res.X}}}
	case Has, Lacks:
		var out [][]Result
		for i, x := range res.List {
			rest := *res
			rest.List = slices.Concat(res.List[:i], res.List[i+1:])
			flipped := []Result{{Kind: Has + Lacks - res.Kind, List: []Expr{x}}}
			if len(rest.List) > 0 {
				flipped = append(flipped, rest)
			}
			out = append(out, flipped)
		}
		return out
	case Value:
		if wrong := wrongValue(r, res.X); wrong != nil {
			return [][]Result{fails, {{Kind: Value, X: wrong}}}
		}
		return [][]Result{fails}
	}
	return nil
}

// wrongValue is another value of the kind, nil where the value is bound only.
func wrongValue(r *Runner, x Expr) Expr {
	if n, ok := x.(*Name); ok {
		v, bound := r.Value(n.Name)
		if !bound {
			return nil
		}
		if v.Kind == ListValue {
			return &List{Elems: []Expr{&Num{Value: 57005}}}
		}
	}
	if l, ok := x.(*List); ok {
		return &List{Elems: append(slices.Clip(l.Elems), &Num{Value: 57005})}
	}
	return &Binary{Op: "+", X: x, Y: &Num{Value: 1}}
}

// unstated is the lines that state nothing that could be made wrong, with the reason.
var unstated = map[string]string{
	`mkdir("/tmp/test_mnt1", 0755) = _`: "the directory is shared: made by the first child, there for the others",
	`mkdir("/tmp/test_mnt2", 0755) = _`: "likewise",
	`listns({ns_type=CLONE_NEWNS}, room(3), 10, 0) = _`: "whether there are four depends on whether the kernel " +
		"has a thread with a mount namespace of its own",
	`listns({ns_type=CLONE_NEWNET, user_ns_id=LISTNS_CURRENT_USER}, &before, 100) = _`: "the kernel's test " +
		"compares the two calls with each other, be they failures; the lines below state the lengths",
	`listns({ns_type=CLONE_NEWNET, user_ns_id=LISTNS_CURRENT_USER}, &after, 100) = _`: "likewise",
}

// TestMutatedExpectations makes every expectation of every selftest wrong, one at a time,
// and sees the run fail on that line. So no expectation holds whatever the kernel does.
func TestMutatedExpectations(t *testing.T) {
	tests, err := Selftests(testdata.FS)
	require.NoError(t, err)
	var count atomic.Int64
	var open sync.Map
	t.Run("each", func(t *testing.T) {
		for i := range tests {
			test := &tests[i]
			t.Run(test.Path(), func(t *testing.T) {
				t.Parallel()
				n := mutate(t, test.Program, &open)
				assert.NotZero(t, n, "no expectation at all")
				count.Add(int64(n))
			})
		}
	})
	t.Logf("%d mutants", count.Load())
	for line := range unstated {
		_, met := open.Load(line)
		assert.True(t, met, "no program has the line %s", line)
	}
}

// mutate runs a program and every mutant of each of its lines. Lines that have none are
// entered in open.
func mutate(t *testing.T, p *Program, open *sync.Map) (count int) {
	r, err := NewRunner(p, sim.Config{})
	require.NoError(t, err)
	r.KeepSnapshots(1)
	for !r.Done() {
		l := &p.Lines[r.Line()]
		original := *l
		ms := mutants(r, l)
		if len(ms) == 0 && l.Kind == Call && signatures[l.Call.Name].Binds != BindsNothing {
			_, body := l.halves()
			assert.NotEmpty(t, unstated[body], "%s: %s", l.At, body)
			open.Store(body, true)
		}
		for i := range ms {
			*l = ms[i].line
			require.False(t, r.Next(), "%s: %s holds", original.At, ms[i].what)
			require.Equal(t, ms[i].want, r.Report().Outcome, "%s: %s: %s", original.At, ms[i].what, r.Report())
			require.True(t, r.Back())
			count++
		}
		*l = original
		require.True(t, r.Next(), "%s", r.Report())
	}
	require.Equal(t, Pass, r.Report().Outcome)
	return count
}

// SPDX-License-Identifier: GPL-2.0-only

package gen

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/nssim/nssim/sim/program"
)

// Coverage counts what programs do: for each call how often it ends how. The outcomes are
// errnos by name, "ok", "ended" for a call that does not return because the task ends in
// it, and "unfinished" for one that is left so.
type Coverage map[string]map[string]int

// Add counts the lines of a program as they are recorded.
func (c Coverage) Add(p *program.Program) {
	for i := range p.Lines {
		switch l := &p.Lines[i]; l.Kind {
		case program.Call, program.Resume:
			c.count(l.Call.Name, outcome(l))
		default:
			c.count(l.Kind.String(), "ok")
		}
	}
}

func (c Coverage) count(call, outcome string) {
	if c[call] == nil {
		c[call] = make(map[string]int)
	}
	c[call][outcome]++
}

// outcome tells how a line's call ends by what the line states.
func outcome(l *program.Line) string {
	if l.Unfinished {
		return "unfinished"
	}
	for i := range l.Results {
		if r := &l.Results[i]; r.Kind == program.Errnos {
			return r.Errnos[0].Name
		}
	}
	if len(l.Results) == 0 {
		return "ended"
	}
	return "ok"
}

// Calls is how many calls were counted.
func (c Coverage) Calls() (n int) {
	for _, outcomes := range c {
		for _, k := range outcomes {
			n += k
		}
	}
	return n
}

// Succeeds and Fails are how often a call did.
func (c Coverage) Succeeds(call string) int { return c[call]["ok"] }

// Fails is how often a call returned an errno.
func (c Coverage) Fails(call string) (n int) {
	for o, k := range c[call] {
		if o != "ok" && o != "ended" && o != "unfinished" {
			n += k
		}
	}
	return n
}

// String is a table: a line for each call with its outcomes, the most frequent first.
func (c Coverage) String() string {
	var b strings.Builder
	for _, call := range slices.Sorted(maps.Keys(c)) {
		fmt.Fprintf(&b, "%-18s", call)
		outcomes := slices.SortedFunc(maps.Keys(c[call]), func(x, y string) int {
			if d := c[call][y] - c[call][x]; d != 0 {
				return d
			}
			return strings.Compare(x, y)
		})
		for _, o := range outcomes {
			fmt.Fprintf(&b, " %s %d", o, c[call][o])
		}
		b.WriteByte('\n')
	}
	return b.String()
}

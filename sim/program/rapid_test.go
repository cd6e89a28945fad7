// SPDX-License-Identifier: GPL-2.0-only

package program

import (
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// TestRandomLines: any program that Check accepts can be written down and read back.
func TestRandomLines(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		g := &generator{T: rt}
		p := g.program()
		require.NoError(rt, Check(p), "%s", Format(p))
		roundTrip(rt, p)
	})
}

// TestRandomSource: a text with loops and macros means the same in the canonical layout and
// expanded.
func TestRandomSource(t *testing.T) {
	lines := 0
	rapid.Check(t, func(rt *rapid.T) {
		s := &source{generator: &generator{T: rt}}
		p := mustParse(rt, s.program())
		roundTrip(rt, p)
		again := mustParse(rt, string(Format(p)))
		require.Equal(rt, dump(withoutBlanks(p.Source)), dump(withoutBlanks(again.Source)), "source")
		lines += len(p.Lines)
	})
	require.NotZero(t, lines)
}

// withoutBlanks drops empty lines, which the layout decides on.
func withoutBlanks(items []Item) []Item {
	var kept []Item
	for _, it := range items {
		switch it := it.(type) {
		case *BlankLine:
			continue
		case *Loop:
			it.Body = withoutBlanks(it.Body)
		case *Macro:
			it.Body = withoutBlanks(it.Body)
		}
		kept = append(kept, it)
	}
	return kept
}

// TestRandomDamage: a correct program with a piece of its text cut out or doubled never
// makes Parse panic, and its errors have places.
func TestRandomDamage(t *testing.T) {
	damaged := 0
	rapid.Check(t, func(rt *rapid.T) {
		s := &source{generator: &generator{T: rt}}
		text := s.program()
		from := rapid.IntRange(0, len(text)).Draw(rt, "from")
		to := rapid.IntRange(0, len(text)).Draw(rt, "to")
		text = text[:from] + text[to:]
		if p := checkText(rt, []byte(text)); p == nil {
			damaged++
		}
	})
	require.NotZero(t, damaged)
}

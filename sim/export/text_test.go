// SPDX-License-Identifier: GPL-2.0-only

package export

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// Wrap keeps the words, their order and the first indentation, and no line is too wide
// unless it is one word.
func TestWrap(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		words := rapid.SliceOfN(rapid.StringMatching(`[a-z]{1,30}`), 1, 40).Draw(t, "words")
		indent := rapid.IntRange(0, 10).Draw(t, "indent")
		hang := rapid.IntRange(0, 20).Draw(t, "hang")
		out := Wrap(strings.Repeat(" ", indent)+strings.Join(words, " "), hang)
		require.Equal(t, words, strings.Fields(out))
		for i, l := range strings.Split(out, "\n") {
			want := hang
			if i == 0 {
				want = indent
			}
			require.Len(t, l, len(strings.TrimLeft(l, " "))+want)
			if strings.Contains(strings.TrimSpace(l), " ") {
				require.LessOrEqual(t, len(l), Width)
			}
		}
	})
	require.Equal(t, "a   b", Wrap("a   b", 4), "what fits stays as it is")
}

func TestSpans(t *testing.T) {
	for want, in := range map[string][]int32{
		"": nil, "3": {3}, "3, 4": {3, 4}, "0-2": {0, 1, 2}, "0-2, 5, 7, 8": {0, 1, 2, 5, 7, 8},
	} {
		require.Equal(t, want, spans(in))
	}
}

// A diff applied to the old text gives the new one, and it has no more changes than the
// longest common subsequence leaves.
func TestDiff(t *testing.T) {
	text := rapid.SliceOfN(rapid.SampledFrom([]string{"a", "b", "c", "d"}), 0, 20)
	rapid.Check(t, func(t *rapid.T) {
		a, b := text.Draw(t, "a"), text.Draw(t, "b")
		var kept, from, to []string
		for _, e := range edits(a, b) {
			switch e.op {
			case ' ':
				kept = append(kept, e.text)
				from, to = append(from, e.text), append(to, e.text)
			case '-':
				from = append(from, e.text)
			case '+':
				to = append(to, e.text)
			}
		}
		require.Equal(t, strings.Join(a, ""), strings.Join(from, ""))
		require.Equal(t, strings.Join(b, ""), strings.Join(to, ""))
		require.Equal(t, longestCommon(a, b), len(kept))
	})
}

// longestCommon is the textbook recursion, forwards, with no end cut off.
func longestCommon(a, b []string) int {
	row := make([]int, len(b)+1)
	for i := range a {
		prev := 0
		for j := range b {
			old := row[j+1]
			row[j+1] = max(row[j+1], row[j])
			if a[i] == b[j] {
				row[j+1] = max(row[j+1], prev+1)
			}
			prev = old
		}
	}
	return row[len(b)]
}

func TestDiffText(t *testing.T) {
	a := "1\n2\n3\n4\n5\n6\n7\n8\n9\n10\n11\n12\n"
	b := "1\n2\n3\n4\nfive\n6\n7\n8\n9\n10\n11\n12\n13\n"
	require.Equal(t, `--- x.ns
+++ x.ns (formatted)
@@ -2,7 +2,7 @@
 2
 3
 4
-5
+five
 6
 7
 8
@@ -10,3 +10,4 @@
 10
 11
 12
+13
`, Diff("x.ns", []byte(a), []byte(b)))
	require.Empty(t, Diff("x.ns", []byte(a), []byte(a)))
	require.Equal(t, "--- x.ns\n+++ x.ns (formatted)\n@@ -0,0 +1,1 @@\n+1\n", Diff("x.ns", nil, []byte("1\n")))
}

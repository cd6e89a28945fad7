// SPDX-License-Identifier: GPL-2.0-only

package export

import (
	"bytes"
	"fmt"
	"strings"
)

// diffContext is how many unchanged lines surround a change.
const diffContext = 3

// Diff returns the changes from one text to another as a unified diff, "" for none.
func Diff(name string, from, to []byte) string {
	a, b := lines(from), lines(to)
	edits := edits(a, b)
	var out strings.Builder
	for i := 0; i < len(edits); {
		if edits[i].op == ' ' {
			i++
			continue
		}
		// A hunk goes on while the next change is near.
		start, end := i, i
		for j := i; j < len(edits) && j <= end+2*diffContext; j++ {
			if edits[j].op != ' ' {
				end = j
			}
		}
		start, end = max(0, start-diffContext), min(len(edits)-1, end+diffContext)
		if out.Len() == 0 {
			fmt.Fprintf(&out, "--- %s\n+++ %s (formatted)\n", name, name)
		}
		writeHunk(&out, edits[start:end+1])
		i = end + 1
	}
	return out.String()
}

// edit is a line that is kept (' '), taken away ('-') or added ('+'), with its place in
// either text, from 0.
type edit struct {
	op   byte
	text string
	a, b int
}

func writeHunk(out *strings.Builder, hunk []edit) {
	var na, nb int
	for _, e := range hunk {
		if e.op != '+' {
			na++
		}
		if e.op != '-' {
			nb++
		}
	}
	fmt.Fprintf(out, "@@ -%s +%s @@\n", hunkRange(hunk[0].a, na), hunkRange(hunk[0].b, nb))
	for _, e := range hunk {
		fmt.Fprintf(out, "%c%s\n", e.op, e.text)
	}
}

func hunkRange(at, n int) string {
	if n > 0 {
		at++
	}
	return fmt.Sprintf("%d,%d", at, n)
}

// edits finds a shortest way from a to b by the longest common subsequence, after what
// is the same at both ends.
func edits(a, b []string) (out []edit) {
	i, j := 0, 0
	for i < len(a) && i < len(b) && a[i] == b[i] {
		out = append(out, edit{' ', a[i], i, i})
		i++
	}
	j = i
	endA, endB := len(a), len(b)
	for endA > i && endB > j && a[endA-1] == b[endB-1] {
		endA--
		endB--
	}
	common := commonLengths(a[i:endA], b[j:endB])
	for x, y := i, j; x < endA || y < endB; {
		switch {
		case x < endA && y < endB && a[x] == b[y]:
			out = append(out, edit{' ', a[x], x, y})
			x++
			y++
		case y == endB || x < endA && common[x-i+1][y-j] >= common[x-i][y-j+1]:
			out = append(out, edit{'-', a[x], x, y})
			x++
		default:
			out = append(out, edit{'+', b[y], x, y})
			y++
		}
	}
	for ; endA < len(a); endA, endB = endA+1, endB+1 {
		out = append(out, edit{' ', a[endA], endA, endB})
	}
	return out
}

// commonLengths[i][j] is the length of the longest common subsequence of a[i:], b[j:].
func commonLengths(a, b []string) [][]int32 {
	t := make([][]int32, len(a)+1)
	for i := range t {
		t[i] = make([]int32, len(b)+1)
	}
	for i := len(a) - 1; i >= 0; i-- {
		for j := len(b) - 1; j >= 0; j-- {
			if a[i] == b[j] {
				t[i][j] = t[i+1][j+1] + 1
			} else {
				t[i][j] = max(t[i+1][j], t[i][j+1])
			}
		}
	}
	return t
}

func lines(text []byte) []string {
	if len(text) == 0 {
		return nil
	}
	return strings.Split(string(bytes.TrimSuffix(text, []byte("\n"))), "\n")
}

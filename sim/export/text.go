// SPDX-License-Identifier: GPL-2.0-only

package export

import (
	"strings"
	"unicode/utf8"
)

// Width is how many columns a line of output takes at most, unless it holds a word
// that is longer.
const Width = 80

// Wrap breaks text at blanks into lines of at most Width columns. The lines after the
// first are indented by hang blanks. Blanks at the beginning are kept.
func Wrap(text string, hang int) string { return wrapAt(text, hang, Width) }

func wrapAt(text string, hang, width int) string {
	if utf8.RuneCountInString(text) <= width {
		return text
	}
	body := strings.TrimLeft(text, " ")
	indent := len(text) - len(body)
	var b strings.Builder
	b.WriteString(text[:indent])
	column, words := indent, 0
	for word := range strings.FieldsSeq(body) {
		n := utf8.RuneCountInString(word)
		switch {
		case words == 0:
		case column+1+n > width:
			b.WriteString("\n" + strings.Repeat(" ", hang))
			column = hang
		default:
			b.WriteByte(' ')
			column++
		}
		b.WriteString(word)
		column += n
		words++
	}
	return b.String()
}

// plural returns "1 thing" or "3 things".
func plural(n int, thing string) string {
	if n == 1 {
		return "1 " + thing
	}
	return itoa(n) + " " + thing + "s"
}

// spans writes ascending numbers as "0-2, 5".
func spans(ns []int32) string {
	var parts []string
	for i := 0; i < len(ns); {
		j := i
		for j+1 < len(ns) && ns[j+1] == ns[j]+1 {
			j++
		}
		switch {
		case j > i+1:
			parts = append(parts, itoa(ns[i])+"-"+itoa(ns[j]))
		default:
			for k := i; k <= j; k++ {
				parts = append(parts, itoa(ns[k]))
			}
		}
		i = j + 1
	}
	return strings.Join(parts, ", ")
}

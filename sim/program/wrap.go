// SPDX-License-Identifier: GPL-2.0-only

package program

import "strings"

// lineWidth is where a long line is broken, if it has a place to break.
const lineWidth = 100

// wrap breaks a text so that it fits, where it can: behind a comma, or before a result.
func wrap(text string, indent int) []string {
	if len(text) <= lineWidth {
		return []string{text}
	}
	var out []string
	for len(text) > lineWidth {
		at := breakAt(text, lineWidth-2, indent)
		if at < 0 {
			break
		}
		out = append(out, text[:at])
		text = strings.Repeat(" ", indent) + text[at+1:]
	}
	return append(out, text)
}

// breakAt returns the last place to break up to limit, or else the first one behind it; -1
// if there is none. What is before least is the indentation.
func breakAt(text string, limit, least int) int {
	best, quoted := -1, false
	for i := 0; i < len(text); i++ {
		switch c := text[i]; {
		case c == '\\' && quoted:
			i++
		case c == '"':
			quoted = !quoted
		case c == ' ' && !quoted && i > least && (text[i-1] == ',' || breaksBefore(text[i+1:])):
			if i > limit && best >= 0 {
				return best
			}
			best = i
		}
	}
	return best
}

// breaksBefore reports whether a line may be broken before a text.
func breaksBefore(text string) bool {
	word, _, _ := strings.Cut(text, " ")
	switch word {
	case "=", "has", "lacks", "skip", "until", "and", "or", "<unfinished":
		return true
	}
	return false
}

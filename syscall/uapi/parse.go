// SPDX-License-Identifier: GPL-2.0-only

package uapi

import (
	"fmt"
	"strconv"
	"strings"
)

// ParseFlags reads an expression of constants and numbers joined by "|", where "1<<X" is a
// bit by its number: what FormatFlags writes, and what C programs do. The error names the
// column, from 1, and what stands there.
func ParseFlags(text string) (uint64, error) {
	var value uint64
	column := 1
	for part := range strings.SplitSeq(text, "|") {
		v, err := parseTerm(strings.TrimSpace(part))
		if err != nil {
			indent := len(part) - len(strings.TrimLeft(part, " \t"))
			return 0, fmt.Errorf("column %d: %w", column+indent, err)
		}
		value |= v
		column += len(part) + 1
	}
	return value, nil
}

func parseTerm(term string) (uint64, error) {
	if number, ok := strings.CutPrefix(term, "1<<"); ok {
		n, err := parseAtom(strings.TrimSpace(number))
		if err == nil && n > 63 {
			err = fmt.Errorf("1<<%d does not fit in 64 bits", n)
		}
		return 1 << n, err
	}
	return parseAtom(term)
}

func parseAtom(atom string) (uint64, error) {
	if atom == "" {
		return 0, fmt.Errorf("found nothing, expected a constant or a number")
	}
	if v, ok := ConstantByName(atom); ok {
		return v, nil
	}
	if c := atom[0]; c < '0' || c > '9' {
		return 0, fmt.Errorf("unknown constant %q", atom)
	}
	v, err := strconv.ParseUint(atom, 0, 64)
	if err != nil {
		return 0, fmt.Errorf("found %q, expected a number of up to 64 bits", atom)
	}
	return v, nil
}

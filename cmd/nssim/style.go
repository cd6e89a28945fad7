// SPDX-License-Identifier: GPL-2.0-only

package main

import (
	"io"
	"os"
)

// style colours words. It does so only on a terminal that can, and never where NO_COLOR
// is set.
type style struct{ on bool }

func styleFor(out io.Writer) style {
	f, ok := out.(*os.File)
	if !ok || os.Getenv("NO_COLOR") != "" || os.Getenv("TERM") == "dumb" || os.Getenv("TERM") == "" {
		return style{}
	}
	info, err := f.Stat()
	return style{err == nil && info.Mode()&os.ModeCharDevice != 0}
}

func (s style) paint(code, text string) string {
	if !s.on {
		return text
	}
	return "\x1b[" + code + "m" + text + "\x1b[0m"
}

func (s style) good(text string) string { return s.paint("32", text) }
func (s style) warn(text string) string { return s.paint("33", text) }
func (s style) bad(text string) string  { return s.paint("31", text) }
func (s style) dim(text string) string  { return s.paint("2", text) }

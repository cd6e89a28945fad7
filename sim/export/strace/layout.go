// SPDX-License-Identifier: GPL-2.0-only

package strace

import (
	"strings"
	"unicode/utf8"

	"github.com/nssim/nssim/sim/program"
)

// layout makes the program's text: its lines with the comments in between.
func (im *importer) layout() {
	p := im.p
	p.Doc = []string{"From the strace log " + im.log.name + ": " + im.res.String() + "."}
	kernel := im.m.Cfg
	p.Config = []program.ConfigItem{{Key: "kernel", Value: kernel.Kernel}, {Key: "semantics", Value: kernel.Semantics}}
	if len(kernel.Bugs) > 0 {
		p.Config = append(p.Config, program.ConfigItem{Key: "bug", Value: strings.Join(kernel.Bugs, ",")})
	}
	for _, c := range p.Doc {
		p.Source = append(p.Source, &program.Comment{Text: c})
	}
	p.Source = append(p.Source, &program.ConfigLine{Items: p.Config}, &program.BlankLine{})
	for _, it := range im.items {
		if it.line == 0 {
			p.Source = append(p.Source, &program.Comment{Text: it.comment})
			continue
		}
		p.Source = append(p.Source, &p.Lines[it.line-1])
	}
}

// pass lets a call through that does not concern the model.
func (im *importer) pass(t *task, c *call) {
	im.res.Passed++
	if im.opt.Comments {
		text := c.text
		if len(text) > 200 {
			text = text[:200] + "..."
		}
		im.items = append(im.items, item{comment: t.name + ": " + printable(text)})
	}
}

// printable replaces what may not stand in a comment.
func printable(s string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' || r == utf8.RuneError {
			return '?'
		}
		return r
	}, s)
}

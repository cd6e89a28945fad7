// SPDX-License-Identifier: GPL-2.0-only

package program

import (
	"slices"
	"strings"
)

// configKeys is what a config line may set.
var configKeys = []string{"bug", "kernel", "semantics"}

func configItems(items []Item) []ConfigItem {
	var cs []ConfigItem
	for _, it := range items {
		if c, ok := it.(*ConfigLine); ok {
			cs = append(cs, c.Items...)
		}
	}
	return cs
}

func (p *parser) config(at Pos) Item {
	if p.inBlock > 0 {
		p.fail(at, "config", "a line that can be repeated", "config stands at the top")
	}
	if p.started {
		p.fail(at, "config", "a line of the program", "config comes before the first call")
	}
	c := &ConfigLine{At: at}
	for {
		p.skipSpace()
		if b := p.peekByte(0); b == 0 && p.off >= p.end || b == '\n' || b == '#' {
			break
		}
		c.Items = append(c.Items, p.configItem())
	}
	p.advance()
	if len(c.Items) == 0 {
		p.failTok("KEY=VALUE", "")
	}
	c.Comment = p.endLine("the end of the line")
	return c
}

func (p *parser) configItem() ConfigItem {
	start := p.off
	at := p.pos(start)
	for p.off < p.end && !strings.ContainsRune(" \t\r\n#", rune(p.src[p.off])) {
		p.off++
	}
	text := p.src[start:p.off]
	key, value, ok := strings.Cut(text, "=")
	if !ok {
		p.fail(at, clip(text), "KEY=VALUE", "")
	}
	c := ConfigItem{At: at, Key: key, Value: value}
	checkConfig(c, p.sink)
	return c
}

func checkConfig(c ConfigItem, sink *errorSink) {
	if !slices.Contains(configKeys, c.Key) {
		sink.add(&Error{Pos: c.At, Found: "key " + clip(c.Key), Expected: strings.Join(configKeys, ", "),
			Msg: didYouMean(c.Key, configKeys)})
		return
	}
	for i := range len(c.Value) {
		if b := c.Value[i]; !isNameByte(b) && !strings.ContainsRune(".,-+", rune(b)) {
			sink.add(&Error{Pos: c.At, Found: "value " + clip(c.Value), Expected: "letters, digits and . , - + _"})
			return
		}
	}
	if c.Value == "" {
		sink.add(&Error{Pos: c.At, Found: "no value for " + c.Key, Expected: "KEY=VALUE"})
	}
}

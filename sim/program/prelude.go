// SPDX-License-Identifier: GPL-2.0-only

package program

import (
	_ "embed"
	"sync"
)

//go:embed prelude.ns
var preludeText string

// preludeName is the file name in positions of lines that come from a built-in macro.
const preludeName = "prelude.ns"

// Builtins returns the macros that every program has, in the order of the prelude. They
// are shared: do not change them.
var Builtins = sync.OnceValue(func() []*Macro {
	p := newParser(preludeName, preludeText)
	var ms []*Macro
	for _, it := range p.items(0) {
		if m, ok := it.(*Macro); ok {
			ms = append(ms, m)
		}
	}
	if err := p.sink.sorted().Err(); err != nil {
		// The text is part of the package, and the tests read it.
		panic(err)
	}
	return ms
})

// SPDX-License-Identifier: GPL-2.0-only

package program

import "fmt"

// unique renames what macro bodies bind, so that two calls do not clash: a name that the
// body's own text binds gets the first suffix _1, _2, ... that nothing else uses.
func (x *expander) unique() {
	if x.frames == 0 {
		return
	}
	used := make(map[string]bool)
	local := make(map[frameName]string)
	next := make(map[string]int)
	for i := range x.lines {
		forNames(&x.lines[i], func(name *string, frame *int32, binds bool) {
			used[*name] = true
			if binds && *frame > 0 {
				local[frameName{*frame, *name}] = ""
			}
		})
	}
	for i := range x.lines {
		forNames(&x.lines[i], func(name *string, frame *int32, _ bool) {
			key := frameName{*frame, *name}
			to, ok := local[key]
			if !ok {
				return
			}
			for to == "" {
				next[*name]++
				if s := fmt.Sprintf("%s_%d", *name, next[*name]); !used[s] {
					used[s] = true
					to = s
				}
			}
			local[key] = to
			// An argument may stand in several places: it is renamed once.
			*name, *frame = to, 0
		})
	}
}

type frameName struct {
	frame int32
	name  string
}

// forNames calls f for each name in a line, as far as it is the program's own.
func forNames(l *Line, f func(name *string, frame *int32, binds bool)) {
	if l.Task != "" {
		f(&l.Task, &l.taskFrame, false)
	}
	visit := func(e Expr) bool {
		switch e := e.(type) {
		case *Name:
			f(&e.Name, &e.frame, false)
		case *Out:
			f(&e.Name, &e.frame, true)
		}
		return true
	}
	for i := range l.Results {
		r := &l.Results[i]
		if n, ok := r.X.(*Name); ok && r.Kind == Value {
			f(&n.Name, &n.frame, true)
		}
	}
	for _, e := range l.Exprs() {
		Walk(e, visit)
	}
}

// SPDX-License-Identifier: GPL-2.0-only

package program

import (
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/nssim/nssim/syscall/uapi"
)

// value checks an expression outside of a call's arguments.
func (c *checker) value(x Expr, place FuncUse) {
	c.use(x, place)
	c.outputs(x, nil, false)
}

// fields checks the names of the fields in an argument that is a structure.
func (c *checker) fields(arg Expr, sig *Signature) {
	if sig == nil || sig.Fields == nil {
		return
	}
	var fields []FieldValue
	switch x := arg.(type) {
	case *Struct:
		fields = x.Fields
	case *Changed:
		fields = x.Fields
	case *Out:
		fields = x.Fields
	}
	for _, f := range fields {
		if !slices.Contains(sig.Fields, f.Name) {
			c.report(f.At, "field "+clip(f.Name), "one of "+strings.Join(sig.Fields, ", "), didYouMean(f.Name, sig.Fields))
		}
	}
}

// constantNames is every constant, for hints.
var constantNames = sync.OnceValue(func() []string {
	var names []string
	for _, c := range uapi.Constants() {
		names = append(names, c.Name)
	}
	return names
})

func looksConstant(name string) bool {
	return len(name) > 2 && 'A' <= name[0] && name[0] <= 'Z' && name == strings.ToUpper(name)
}

// outputs complains about outputs in an argument where nothing is put out: everywhere, or,
// if the call has outputs there, below anything but a list or a structure.
func (c *checker) outputs(x Expr, sig *Signature, allowed bool) {
	switch e := x.(type) {
	case *Out:
		if allowed {
			for _, f := range e.Fields {
				c.outputs(f.X, sig, false)
			}
			return
		}
	case *Blank:
		if allowed {
			return
		}
	case *List, *Struct:
		eachChild(x, func(child Expr) { c.outputs(child, sig, allowed) })
		return
	default:
		eachChild(x, func(child Expr) { c.outputs(child, sig, false) })
		return
	}
	msg := ""
	if sig != nil {
		msg = sig.Name + "(" + sig.Usage + ")"
	}
	c.report(x.Pos(), "output "+clip(x.String()), "a value", msg)
}

// use checks the names and functions in an expression that stands in a place of some kind.
func (c *checker) use(x Expr, place FuncUse) {
	if nesting(x) > maxNesting {
		c.report(x.Pos(), "an expression that is nested too deeply", fmt.Sprintf("at most %d levels", maxNesting), "")
		return
	}
	Walk(x, func(x Expr) bool {
		switch x := x.(type) {
		case *Name:
			c.useName(x)
		case *CallExpr:
			c.useFunc(x, place)
		case *Str:
			c.useStr(x)
		case *Unary, *Binary:
			return true
		}
		c.operands++
		return true
	})
}

// useStr looks for what cannot be written inside the quotes of a string.
func (c *checker) useStr(s *Str) {
	for _, p := range s.Parts {
		if p.X == nil {
			continue
		}
		Walk(p.X, func(x Expr) bool {
			if _, ok := x.(*Str); ok {
				c.report(x.Pos(), "a string inside the braces of a string", "a name, a number or a field", "")
				return false
			}
			return true
		})
	}
}

func (c *checker) useName(n *Name) {
	if _, ok := c.names[n.Name]; ok || c.reported[n.Name] {
		return
	}
	if looksConstant(n.Name) {
		c.reported[n.Name] = true
		c.report(n.At, clip(n.Name), "a constant by its C name", didYouMean(n.Name, constantNames()))
		return
	}
	if !c.complete {
		return
	}
	c.reported[n.Name] = true
	var known []string
	for name := range c.names {
		known = append(known, name)
	}
	slices.Sort(known)
	c.report(n.At, clip(n.Name), "a name that is bound by now", didYouMean(n.Name, known))
}

func (c *checker) useFunc(x *CallExpr, place FuncUse) {
	f := functions[x.Func]
	switch {
	case f == nil:
		c.report(x.At, "function "+clip(x.Func), "one of "+strings.Join(funcNames, ", "), didYouMean(x.Func, funcNames))
	case len(x.Args) < f.Min || len(x.Args) > f.Max:
		c.report(x.At, f.Name+" with "+plural(len(x.Args), "argument"), f.Name+"("+f.Usage+")", "")
	case f.Use&InArgs == 0 && place&InArgs != 0:
		c.report(x.At, f.Name+" in an argument", "a value", f.Name+" looks at the state of the machine, which a call cannot")
	case f.Use == InArgs && place&InArgs == 0:
		c.report(x.At, f.Name+" outside of a call", "a value", f.Name+" is memory, an argument of a call")
	}
}

// SPDX-License-Identifier: GPL-2.0-only

package syz

import (
	"encoding/hex"
	"fmt"
	"strconv"
)

// Format returns the text of a program. Reading it gives the same program.
func (f *File) Format() []byte {
	var b []byte
	for i := range f.Items {
		it := &f.Items[i]
		switch {
		case it.Call != nil:
			b = it.Call.append(b)
		case it.Comment != "":
			b = append(b, "# "+it.Comment...)
		case !it.Blank:
			b = append(b, '#')
		}
		b = append(b, '\n')
	}
	return b
}

// String returns the call's line without the comment behind it.
func (c *Call) String() string {
	bare := *c
	bare.Comment = ""
	return string(bare.append(nil))
}

func (c *Call) append(b []byte) []byte {
	if c.Ret >= 0 {
		b = fmt.Appendf(b, "r%d = ", c.Ret)
	}
	b = append(append(b, c.Name...), '(')
	b = append(appendArgs(b, c.Args), ')')
	for i, p := range c.Props {
		b = append(b, [2]string{" (", ", "}[min(i, 1)]...)
		b = append(b, p.Name...)
		if p.Has {
			b = fmt.Appendf(b, ": %d", p.Value)
		}
	}
	if len(c.Props) > 0 {
		b = append(b, ')')
	}
	if c.Comment != "" {
		b = append(b, " # "+c.Comment...)
	}
	return b
}

func appendArgs(b []byte, args []Arg) []byte {
	for i, a := range args {
		if i > 0 {
			b = append(b, ", "...)
		}
		b = a.append(b)
	}
	return b
}

func (a *Const) append(b []byte) []byte { return fmt.Appendf(b, "%#x", a.Value) }

func (a *Resource) append(b []byte) []byte {
	b = fmt.Appendf(b, "r%d", a.N)
	if a.Div != 0 {
		b = fmt.Appendf(b, "/%#x", a.Div)
	}
	if a.Add != 0 {
		b = fmt.Appendf(b, "+%#x", a.Add)
	}
	return b
}

func (a *Result) append(b []byte) []byte {
	return a.X.append(fmt.Appendf(b, "<r%d=>", a.N))
}

func (a *Pointer) append(b []byte) []byte {
	switch {
	case a.Auto:
		b = append(b, "&AUTO"...)
	case a.Size != 0:
		b = fmt.Appendf(b, "&(%#x/%#x)", encodingBase+a.Addr, a.Size)
	default:
		b = fmt.Appendf(b, "&(%#x)", encodingBase+a.Addr)
	}
	if a.X == nil {
		return b
	}
	if b = append(b, '='); a.Any {
		b = append(b, "ANY="...)
	}
	return a.X.append(b)
}

func (a *Data) append(b []byte) []byte {
	switch a.Quote {
	case '$':
		return append(append(append(b, `"$`...), a.Text...), '"')
	case '"':
		b = append(b, '"')
		b = hex.AppendEncode(b, a.Text)
		b = append(b, '"')
	default:
		b = append(appendReadable(append(b, '\''), a.Text), '\'')
	}
	if a.Size >= 0 {
		b = append(b, '/')
		b = strconv.AppendInt(b, a.Size, 10)
	}
	return b
}

// escapes are the bytes that have a short form in readable data.
var escapes = map[byte]byte{'\a': 'a', '\b': 'b', '\f': 'f', '\n': 'n', '\r': 'r', '\t': 't', '\v': 'v', '\'': '\'', '"': '"', '\\': '\\'}

func appendReadable(b, text []byte) []byte {
	for _, c := range text {
		switch e, ok := escapes[c]; {
		case ok:
			b = append(b, '\\', e)
		case c < ' ' || c >= 0x7f:
			b = fmt.Appendf(b, `\x%02x`, c)
		default:
			b = append(b, c)
		}
	}
	return b
}

func (a *Group) append(b []byte) []byte {
	b = appendArgs(append(b, a.Open), a.Elems)
	return append(b, a.Open+2) // { and }, [ and ]
}

func (a *Union) append(b []byte) []byte {
	b = append(append(b, '@'), a.Field...)
	if a.X == nil {
		return b
	}
	return a.X.append(append(b, '='))
}

func (a *Word) append(b []byte) []byte { return append(b, a.Text...) }

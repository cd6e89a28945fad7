// SPDX-License-Identifier: GPL-2.0-only

package syz

import (
	"bytes"
	"fmt"
	"strconv"
	"strings"

	"github.com/nssim/nssim/sim/program"
	"github.com/nssim/nssim/syscall/uapi"
)

// byParams translates arguments one by one.
func (m *importer) byParams(spec *callSpec, c *Call) []string {
	var args []string
	least := 0
	for i, p := range spec.params {
		a := c.arg(i)
		if p.kind == zero {
			if v := m.number(a, p.value); v != p.value && uint32(v) != uint32(p.value) {
				m.refuse(a.Pos(), "found %#x, expected %#x", v, p.value)
			}
			continue
		}
		if p.kind == ignored || p.kind == length {
			continue
		}
		if p.kind == text {
			args = append(args, quoted(m.written(a, c.arg(i+1))))
		} else {
			args = append(args, m.byParam(p, a, c))
		}
		if !p.optional || args[len(args)-1] != "0" {
			least = len(args)
		}
	}
	return args[:least]
}

// arg returns argument i, or the default where a program has left it out.
func (c *Call) arg(i int) Arg {
	if i < len(c.Args) {
		return c.Args[i]
	}
	return &Const{At: c.At}
}

func (m *importer) byParam(p param, a Arg, c *Call) string {
	switch p.kind {
	case flags:
		return m.value(a, p.group)
	case number:
		return m.value(a, "")
	case descriptor:
		return m.descriptor(a)
	case bare:
		return m.bare(a)
	case process:
		return m.process(a)
	case ident:
		return m.ident(a)
	case path:
		return quoted(m.path(a))
	case name:
		if isZero(unwrap(a)) {
			return quoted("")
		}
		return quoted(m.path(a))
	case output, opaque, status:
		return m.output(a, aNumber, 8)
	case stat:
		return m.record(a, "st", statFields, aNumber)
	}
	m.refuse(c.At, "found parameter of kind %d, expected one that is known", p.kind)
	return ""
}

// number is an argument that has to be a constant; AUTO is the default.
func (m *importer) number(a Arg, auto uint64) uint64 {
	switch a := unwrap(a).(type) {
	case *Const:
		return a.Value
	case *Word:
		if a.Text == "AUTO" {
			return auto
		}
		return 0
	}
	m.refuse(a.Pos(), "found %s, expected a number", describe(a))
	return 0
}

// unwrap returns what is in a union or a result.
func unwrap(a Arg) Arg {
	for {
		switch u := a.(type) {
		case *Union:
			if u.X == nil {
				return &Const{At: u.At}
			}
			a = u.X
		case *Result:
			a = u.X
		default:
			return a
		}
	}
}

func describe(a Arg) string {
	text := string(a.append(nil))
	if len(text) > 40 {
		text = text[:40] + "..."
	}
	return strconv.QuoteToGraphic(text)
}

// value is a number with the names of a group, or a resource.
func (m *importer) value(a Arg, group uapi.Group) string {
	if r, ok := unwrap(a).(*Resource); ok {
		return m.resource(r, aNumber)
	}
	v := m.number(a, 0)
	switch {
	case group == "" || v>>32 != 0:
		return plain(v)
	case v == 0:
		return "0"
	}
	return uapi.FormatFlags(group, v)
}

// plain writes a number: small ones in decimal, others as the masks that they mostly are.
func plain(v uint64) string {
	switch {
	case int64(v) < 0 && int64(v) > -1<<16:
		return strconv.FormatInt(int64(v), 10)
	case v > 0xffff:
		return fmt.Sprintf("%#x", v)
	}
	return strconv.FormatUint(v, 10)
}

// resource is what an earlier call has returned or put out, as something that is wanted.
func (m *importer) resource(r *Resource, want produces) string {
	v := m.vars[r.N]
	switch {
	case v == nil:
		m.refuse(r.At, "found r%d, expected a resource that a call above returns", r.N)
	case v.lost != "":
		m.refuse(r.At, "it needs r%d of %s, which has no value", r.N, v.lost)
	case r.Div > 1:
		m.refuse(r.At, "found a division by %#x, expected a resource as it is or with something added", r.Div)
	}
	text, kind := v.text, v.kind
	if kind == aChild {
		kind = aProcess
	}
	switch {
	case v.constant:
	case kind == aDescriptor && (want != aDescriptor || v.closed || m.closedAny || r.Add != 0):
		text = "raw(" + text + ")"
	case want == aDescriptor && kind != aDescriptor, want == aProcess && kind != aProcess && r.Add == 0:
		m.refuse(r.At, "found r%d, which is %s, expected %s", r.N, kindWord(kind), kindWord(want))
	}
	if r.Add == 0 {
		return text
	}
	if add := int64(r.Add); add < 0 && add != -add {
		return fmt.Sprintf("%s - %d", text, -add)
	}
	return fmt.Sprintf("%s + %#x", text, r.Add)
}

func kindWord(p produces) string {
	switch p {
	case aDescriptor:
		return "a descriptor"
	case aProcess, aChild:
		return "a process"
	}
	return "a number"
}

func (m *importer) descriptor(a Arg) string {
	if r, ok := unwrap(a).(*Resource); ok {
		return m.resource(r, aDescriptor)
	}
	v := int64(int32(m.number(a, 0xffffffff)))
	if name := uapi.FormatFlags(uapi.GroupDirFD, uint64(v)); !strings.HasPrefix(name, "0x") {
		return name
	}
	return strconv.FormatInt(v, 10)
}

// bare is the number of a descriptor that need not be open.
func (m *importer) bare(a Arg) string {
	if r, ok := unwrap(a).(*Resource); ok {
		return m.resource(r, aNumber)
	}
	return strconv.Itoa(int(int32(m.number(a, 0xffffffff))))
}

func (m *importer) process(a Arg) string {
	if r, ok := unwrap(a).(*Resource); ok {
		return m.resource(r, aProcess)
	}
	return strconv.Itoa(int(int32(m.number(a, 0))))
}

func (m *importer) ident(a Arg) string {
	if r, ok := unwrap(a).(*Resource); ok {
		return m.resource(r, aNumber)
	}
	v := uint32(m.number(a, 0))
	if v == 1<<32-1 {
		return "-1"
	}
	return strconv.FormatUint(uint64(v), 10)
}

func quoted(s string) string { return (&program.Str{Parts: []program.Part{{Text: s}}}).String() }

// pointee is what an argument points to, nil if that is left out. Where the argument is no
// pointer into memory, special is how the model writes it.
func (m *importer) pointee(a Arg) (x Arg, special string) {
	switch a := unwrap(a).(type) {
	case *Pointer:
		if w, ok := a.X.(*Word); ok && w.Text == "nil" {
			return nil, ""
		}
		return a.X, ""
	case *Const:
		switch {
		case a.Value == 0:
			return nil, "NULL"
		case a.Value>>63 != 0:
			return nil, "kernel()"
		}
	case *Word:
		return nil, "NULL"
	}
	m.refuse(a.Pos(), "found %s, expected a pointer", describe(a))
	return nil, ""
}

// room returns how many entries of a size there are up to the end of memory.
func room(a Arg, size uint64) uint64 {
	p, ok := unwrap(a).(*Pointer)
	if !ok || p.Auto {
		return memorySize / size
	}
	return (memorySize - p.Addr) / size
}

// bytes is data that an argument points to.
func (m *importer) bytes(a Arg) []byte {
	x, special := m.pointee(a)
	if special != "" {
		m.refuse(a.Pos(), "found %s, expected a pointer to text: the model has no other", describe(a))
	}
	switch d := unwrap0(x).(type) {
	case nil:
		m.refuse(a.Pos(), "found text that is left out, expected all of it: only syzkaller's description of %s has it", m.calls)
	case *Data:
		if d.Quote == '$' {
			m.refuse(d.At, "found compressed data, expected text")
		}
		return d.Text
	}
	m.refuse(x.Pos(), "found %s, expected text", describe(x))
	return nil
}

func unwrap0(a Arg) Arg {
	if a == nil {
		return nil
	}
	return unwrap(a)
}

// path is text up to its first zero byte.
func (m *importer) path(a Arg) string {
	b, _, _ := bytes.Cut(m.bytes(a), []byte{0})
	return string(b)
}

// maxText is how many bytes a text may have.
const maxText = 4096

// written is the text of a write.
func (m *importer) written(a, n Arg) string {
	b := m.bytes(a)
	size := m.number(n, uint64(len(b)))
	if size > maxText {
		m.refuse(n.Pos(), "found %#x bytes, expected at most %#x", size, maxText)
	}
	for uint64(len(b)) < size {
		b = append(bytes.Clone(b), 0)
	}
	return string(b[:size])
}

// bind makes an output bind a resource, and returns how the call's line names it.
func (m *importer) bind(r *Result, kind produces) string {
	if m.failing {
		m.constant(r)
		return "_"
	}
	v := &variable{text: m.unique(fmt.Sprintf("r%d", r.N)), kind: kind}
	m.vars[r.N] = v
	return "&" + v.text
}

// constant gives a resource the value that it has when the call fails.
func (m *importer) constant(r *Result) {
	text := "0"
	if c, ok := unwrap(r.X).(*Const); ok {
		text = plain(c.Value)
		if c.Value == 1<<32-1 {
			text = "-1"
		}
	}
	m.vars[r.N] = &variable{text: text, constant: true}
}

// output is a pointer to a number, or a descriptor, of some bytes that the call stores.
func (m *importer) output(a Arg, kind produces, size uint64) string {
	x, special := m.pointee(a)
	switch {
	case special != "":
		m.results(x)
		return special
	case room(a, size) == 0:
		return "room(0)"
	}
	if r := firstResult(x); r != nil {
		return m.bind(r, kind)
	}
	return "_"
}

// firstResult returns the first resource that an argument puts out.
func firstResult(x Arg) (r *Result) {
	if x == nil {
		return nil
	}
	each([]Arg{x}, func(a Arg) {
		if o, ok := a.(*Result); ok && r == nil {
			r = o
		}
	})
	return r
}

// results gives everything that an argument puts out its default.
func (m *importer) results(x Arg) {
	if x == nil {
		return
	}
	each([]Arg{x}, func(a Arg) {
		if r, ok := a.(*Result); ok {
			m.constant(r)
		}
	})
}

// fields are the elements of a structure or an array; none if it is left out.
func (m *importer) fields(x Arg) []Arg {
	switch g := unwrap0(x).(type) {
	case nil, *Word, *Data:
		return nil
	case *Group:
		return g.Elems
	case *Const:
		return []Arg{x}
	}
	m.refuse(x.Pos(), "found %s, expected a structure", describe(x))
	return nil
}

// record is a pointer to a structure that the call fills in.
func (m *importer) record(a Arg, prefix string, names []string, kind produces) string {
	x, special := m.pointee(a)
	if special != "" {
		m.refuse(a.Pos(), "found %s, expected a pointer to memory: the model has no other here", describe(a))
	}
	if firstResult(x) == nil {
		return "_"
	}
	return m.bindFields(m.fields(x), prefix, names, kind)
}

// bindFields binds resources to the fields of a structure, and returns how the call's line
// names it.
func (m *importer) bindFields(elems []Arg, prefix string, names []string, kind produces) string {
	name := ""
	if !m.failing {
		name = m.fresh(prefix)
	}
	for i, e := range elems {
		r := firstResult(e)
		switch {
		case r == nil:
		case m.failing:
			m.results(e)
		case i >= len(names):
			m.refuse(r.At, "found field %d, expected one of the first %d", i+1, len(names))
		default:
			m.vars[r.N] = &variable{text: name + "." + names[i], kind: kind}
		}
	}
	if name == "" {
		return "_"
	}
	return "&" + name
}

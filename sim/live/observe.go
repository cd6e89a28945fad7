// SPDX-License-Identifier: GPL-2.0-only

package live

import (
	"fmt"
	"slices"

	"github.com/nssim/nssim/sim/program"
	"github.com/nssim/nssim/syscall/uapi"
)

// observer compares what one line returned and put out on both sides.
type observer struct {
	*mapping
	line *program.Line
	// inner says that the caller is in a pid namespace below the initial one, where process
	// numbers are the same on both sides.
	inner bool
	diffs []string
}

func (o *observer) differ(format string, args ...any) {
	o.diffs = append(o.diffs, fmt.Sprintf(format, args...))
}

var statusText = map[program.Status]string{
	program.NoCall: "no call", program.Returned: "returned", program.Unfinished: "unfinished", program.Ended: "the task ended",
}

// compare notes where the guest's line differs from the model's.
func (o *observer) compare(m, g *program.Observed) {
	if m.Status != g.Status {
		o.differ("call: model %s, guest %s", statusText[m.Status], statusText[g.Status])
		return
	}
	if m.Errno != g.Errno {
		o.differ("result: model %s, guest %s", resultText(m), resultText(g))
		return
	}
	if m.Status == program.Returned && m.Errno == 0 || m.Kind != program.Call && m.Kind != program.Resume {
		o.value("result", m.Ret, g.Ret)
	}
	if m.Lists || g.Lists {
		o.list("listing", m.IDs, g.IDs)
	}
	o.outs(m.Outs, g.Outs)
}

func resultText(o *program.Observed) string {
	if o.Errno != 0 {
		return "-1 " + o.Errno.Name()
	}
	return o.Ret.String()
}

func (o *observer) outs(m, g []program.NamedValue) {
	if len(m) != len(g) {
		o.differ("outputs: model has put out %d values, guest %d", len(m), len(g))
		return
	}
	for i := range m {
		if m[i].Name != g[i].Name {
			o.differ("outputs: model %s, guest %s", m[i].Name, g[i].Name)
			continue
		}
		if i == 1 && o.line != nil && o.line.Call.Name == "name_to_handle_at" {
			o.number(m[i].Name, &o.mounts, m[i].Value.N, g[i].Value.N)
			continue
		}
		o.value(m[i].Name, m[i].Value, g[i].Value)
	}
}

// value compares by what the model says that the value is.
func (o *observer) value(name string, m, g program.Val) {
	switch m.Kind {
	case program.Nothing, program.Address:
		// Addresses are the kernel's to choose.
	case program.TaskValue:
		o.pid(name, m.N, g.N)
	case program.NSID:
		o.id(name, m.N, g.N)
	case program.Inum:
		o.number(name, &o.inums, m.N, g.N)
	case program.ListValue:
		o.list(name, m.L, g.L)
	case program.StringValue:
		if !o.text(m.S, g.S) {
			o.differ("%s: model %q, guest %q", name, m.S, g.S)
		}
	case program.StateValue:
		if m.S != g.S {
			o.differ("%s: model %s, guest %s", name, m.S, g.S)
		}
	case program.RecordValue, program.HandleValue:
		o.record(name, m, g)
	default:
		if m.N != g.N && !o.translatedPid(m.N, g.N) {
			o.differ("%s: model %s, guest %s", name, m, program.Val{Kind: m.Kind, N: g.N})
		}
	}
}

func (o *observer) number(name string, p *pairs, m, g uint64) {
	if !p.match(m, g) {
		o.differ("%s: %s", name, p.explain(m, g))
	}
}

func (o *observer) id(name string, m, g uint64) {
	if m == g && (m == 0 || m == uapi.LISTNS_CURRENT_USER) || o.mapping.id(m, g) {
		return
	}
	if want, ok := o.toGuest(m); ok {
		o.differ("%s: namespace %d of the model is %d on the guest, which has %d", name, m, want, g)
		return
	}
	o.differ("%s: namespace %d of the model, %d on the guest", name, m, g)
}

func (o *observer) pid(name string, m, g uint64) {
	if o.inner {
		if m != g {
			o.differ("%s: model pid %d, guest %d", name, m, g)
		}
		return
	}
	o.number(name, &o.pids, m, g)
}

// translatedPid reports whether a number is that of a process in an ioctl that translates
// those between pid namespaces: which one it belongs to is the descriptor's business, so
// either kind of number is accepted.
func (o *observer) translatedPid(m, g uint64) bool {
	return translatesPids(o.line) && o.pids.match(m, g)
}

// translatesPids reports whether a line's call is one of those ioctls.
func translatesPids(l *program.Line) bool {
	if l == nil || l.Call.Name != "ioctl" || len(l.Call.Args) < 2 {
		return false
	}
	c, ok := l.Call.Args[1].(*program.Const)
	if !ok {
		return false
	}
	switch c.Value {
	case uapi.NS_GET_PID_FROM_PIDNS, uapi.NS_GET_TGID_FROM_PIDNS, uapi.NS_GET_PID_IN_PIDNS, uapi.NS_GET_TGID_IN_PIDNS:
		return true
	}
	return false
}

func (o *observer) list(name string, m, g []uint64) {
	if len(m) != len(g) {
		o.differ("%s: model %s, guest %s", name, o.guestIDs(m), program.Val{Kind: program.ListValue, L: g})
		return
	}
	for i := range m {
		if m[i] == g[i] && m[i] == 0 {
			continue
		}
		if !o.mapping.id(m[i], g[i]) {
			o.differ("%s: model %s, guest %s", name, o.guestIDs(m), program.Val{Kind: program.ListValue, L: g})
			return
		}
	}
}

// guestIDs shows ids of the model as the guest numbers them.
func (o *observer) guestIDs(m []uint64) string {
	v := program.Val{Kind: program.ListValue}
	for _, id := range m {
		if g, ok := o.toGuest(id); ok {
			id = g
		}
		v.L = append(v.L, id)
	}
	return v.String()
}

// ownNumbers are the fields that the model makes up for files that are no namespaces'.
var ownNumbers = []string{"st_ino", "st_nlink", "ns_id", "ns_type", "ns_inum"}

// record compares structures field by field.
func (o *observer) record(name string, m, g program.Val) {
	nsfs := true
	if dev, ok := fieldOf(m, "st_dev"); ok {
		nsfs = dev.N == nsfsDevice
	}
	if typ, ok := fieldOf(m, "handle_type"); ok {
		nsfs = typ.N == uapi.FILEID_NSFS
	}
	for _, f := range m.F {
		h, ok := fieldOf(g, f.Name)
		if !ok {
			o.differ("%s.%s: not on the guest", name, f.Name)
			continue
		}
		switch {
		case !nsfs && slices.Contains(ownNumbers, f.Name):
		case f.Name == "st_dev":
			if f.N <= lastBootDevice {
				o.number(name+"."+f.Name, &o.devs, f.N, h.N)
			}
		default:
			o.value(name+"."+f.Name, program.Val{Kind: f.Kind, N: f.N}, h.Val)
		}
	}
	if m.S != g.S {
		o.differ("%s: model has the tail %x, guest %x", name, m.S, g.S)
	}
}

// The model's device numbers (syscall/stat.go): nsfs's, and the last of the file systems
// that are there at boot. Later ones are given out again in another order.
const (
	nsfsDevice     = 4
	lastBootDevice = 25
)

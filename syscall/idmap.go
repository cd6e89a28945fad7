// SPDX-License-Identifier: GPL-2.0-only

package syscall

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/nssim/nssim/sim"
	"github.com/nssim/nssim/syscall/uapi"
)

// The files of /proc/PID that show and set up a user namespace, as the Which of a
// FileProcUser file.
const (
	procUIDMap uint8 = iota
	procGIDMap
	procProjIDMap
	procSetgroups
)

const (
	pageSize = 4096
	// maxExtents is UID_GID_MAP_MAX_EXTENTS; up to fewExtents
	// (UID_GID_MAP_MAX_BASE_EXTENTS) a map stays in the order it was written in.
	maxExtents = 340
	fewExtents = 5
	// noCap stands in for the capability of projid_map, which asks for none.
	noCap = -1
)

// idMapCap is the capability over the parent that lets a writer map any id.
var idMapCap = [...]int{procUIDMap: uapi.CAP_SETUID, procGIDMap: uapi.CAP_SETGID, procProjIDMap: noCap}

// mapOf returns where a user namespace has its map.
func mapOf(u *sim.UserNSData, which uint8) *int32 {
	return [...]*int32{procUIDMap: &u.UIDMap, procGIDMap: &u.GIDMap, procProjIDMap: &u.ProjMap}[which]
}

// writeIDMap is write(2) on a file of /proc/PID whose target is the user namespace
// f.NS. It returns the length written.
func (x X) writeIDMap(f *sim.File, which uint8, data string) (int64, uapi.Errno) {
	e := x.idMapWrite(f, which, data)
	if e != 0 {
		return 0, e
	}
	f.Pos = uint16(len(data))
	return int64(len(data)), 0
}

// idMapWrite checks in this order: EPERM for the initial namespace's maps, and for an
// opener that was neither in the namespace nor in its parent; EINVAL for a write that
// is not the first of the file or is as long as a page; EPERM for a map that is set,
// and for an opener without CAP_SYS_ADMIN over the namespace; EINVAL for the text;
// EPERM for a map that is not permitted, or that maps what the parent does not
// (kernel/user_namespace.c: proc_uid_map_write, map_write, v6.19).
func (x X) idMapWrite(f *sim.File, which uint8, data string) uapi.Errno {
	if which == procSetgroups {
		return x.setgroupsWrite(f, data)
	}
	parent := x.Entries[f.NS].Owner
	opener := x.Cred(f.Cred)
	if parent == 0 || (opener.UserNS != f.NS && opener.UserNS != parent) {
		return uapi.EPERM
	}
	if f.Pos != 0 || len(data) >= pageSize {
		return uapi.EINVAL
	}
	if *mapOf(x.UserNSOf(f.NS), which) != 0 {
		return uapi.EPERM
	}
	if which != procProjIDMap && !x.Capable(opener, f.NS, uapi.CAP_SYS_ADMIN) {
		return uapi.EPERM
	}
	extents, ok := x.parseIDMap(data)
	if !ok {
		return uapi.EINVAL
	}
	if !x.newIDMapPermitted(f, which, extents) {
		return uapi.EPERM
	}
	lower := *mapOf(x.UserNSOf(parent), which)
	for i := range extents {
		e := &extents[i]
		if e.Lower, ok = x.mapRange(lower, e.Lower, e.Count); !ok {
			return uapi.EPERM
		}
	}
	if len(extents) > fewExtents {
		slices.SortFunc(extents, func(a, b sim.Extent) int { return cmp.Compare(a.First, b.First) })
	}
	*mapOf(x.UserNSOf(f.NS), which) = x.newMapping(extents)
	return 0
}

// newMapping stores a map and returns its first line.
func (x X) newMapping(extents []sim.Extent) (first int32) {
	for _, e := range slices.Backward(extents) {
		n := x.Mappings.New()
		*x.Mappings.At(n) = sim.Mapping{Extent: e, Next: first}
		first = n
	}
	return first
}

// mapRange translates a whole range, which must lie in one line of the map.
func (x X) mapRange(first int32, id, count uint32) (uint32, bool) {
	for i := first; i != 0; i = x.Mappings.At(i).Next {
		if e := x.Mappings.At(i).Extent; id-e.First < e.Count && count <= e.Count-(id-e.First) {
			return e.Lower + (id - e.First), true
		}
	}
	return 0, false
}

// newIDMapPermitted judges a map whose lower ids are still the parent's. Anybody may
// map one id to himself, once setgroups is denied where it is a gid; all else takes
// the capability over the parent, both of the writer and of the opener
// (kernel/user_namespace.c: new_idmap_permitted, v6.19).
func (x X) newIDMapPermitted(f *sim.File, which uint8, extents []sim.Extent) bool {
	u := x.UserNSOf(f.NS)
	parent := x.Entries[f.NS].Owner
	p := x.UserNSOf(parent)
	opener := x.Cred(f.Cred)
	if which == procUIDMap && !x.verifyRootMap(f, extents) {
		return false
	}
	if len(extents) == 1 && extents[0].Count == 1 && u.Owner == opener.UID.Eff {
		id := extents[0].Lower
		switch {
		case which == procUIDMap && x.MakeID(p.UIDMap, id) == opener.UID.Eff:
			return true
		case which == procGIDMap && u.SetgroupsDeny && x.MakeID(p.GIDMap, id) == opener.GID.Eff:
			return true
		}
	}
	cap := idMapCap[which]
	return cap == noCap || (x.NSCapable(x.T, parent, cap) && x.Capable(opener, parent, cap))
}

// verifyRootMap asks for CAP_SETFCAP where the parent's root is mapped, because
// file capabilities written inside would be good outside: the namespace's creator
// must have had it when the file was opened from inside, else the opener has it over
// the parent (kernel/user_namespace.c: verify_root_map, v6.19).
func (x X) verifyRootMap(f *sim.File, extents []sim.Extent) bool {
	if !slices.ContainsFunc(extents, func(e sim.Extent) bool { return e.Lower == 0 }) {
		return true
	}
	opener := x.Cred(f.Cred)
	if opener.UserNS == f.NS {
		return x.UserNSOf(f.NS).ParentSetFCap
	}
	return x.Capable(opener, x.Entries[f.NS].Owner, uapi.CAP_SETFCAP)
}

// setgroupsWrite takes "allow" and "deny": EINVAL for anything else, EPERM for
// allowing what is denied and for denying once there is a gid_map. Who may write is
// settled by open(2) (kernel/user_namespace.c: proc_setgroups_write, v6.19).
func (x X) setgroupsWrite(f *sim.File, data string) uapi.Errno {
	if f.Pos != 0 || len(data) >= 8 {
		return uapi.EINVAL
	}
	u := x.UserNSOf(f.NS)
	text := cString(data)
	rest, allow := strings.CutPrefix(text, "allow")
	if !allow {
		var deny bool
		if rest, deny = strings.CutPrefix(text, "deny"); !deny {
			return uapi.EINVAL
		}
	}
	switch {
	case skipSpaces(rest) != "":
		return uapi.EINVAL
	case allow && u.SetgroupsDeny, !allow && u.GIDMap != 0:
		return uapi.EPERM
	}
	u.SetgroupsDeny = !allow
	return 0
}

// readIDMap is the text of a file of /proc/PID about the user namespace f.NS. Lower
// ids are shown as the opener's user namespace numbers them, or the parent when the
// opener is in the namespace itself; -1, unsigned, stands for no number there
// (kernel/user_namespace.c: uid_m_show, proc_setgroups_show, v6.19).
func (x X) readIDMap(f *sim.File, which uint8) string {
	u := x.UserNSOf(f.NS)
	if which == procSetgroups {
		if u.SetgroupsDeny {
			return "deny\n"
		}
		return "allow\n"
	}
	viewer := x.Cred(f.Cred).UserNS
	if parent := x.Entries[f.NS].Owner; viewer == f.NS && parent != 0 {
		viewer = parent
	}
	lower := *mapOf(x.UserNSOf(viewer), which)
	var b strings.Builder
	for i := *mapOf(u, which); i != 0; i = x.Mappings.At(i).Next {
		e := x.Mappings.At(i).Extent
		fmt.Fprintf(&b, "%10d %10d %10d\n", e.First, x.FromID(lower, e.Lower), e.Count)
	}
	return b.String()
}

// parseIDMap reads lines of three numbers as the kernel does: any white space between
// them, none needed at the end, and one newline after the last line at most.
func (x X) parseIDMap(data string) ([]sim.Extent, bool) {
	var out []sim.Extent
	for rest, more := cString(data), true; more; {
		var line string
		line, rest, more = strings.Cut(rest, "\n")
		more = more && rest != ""
		e, ok := x.parseExtent(line)
		if !ok || slices.ContainsFunc(out, func(o sim.Extent) bool { return overlap(o, e) }) ||
			(len(out)+1 == maxExtents && more) {
			return nil, false
		}
		out = append(out, e)
	}
	return out, true
}

func (x X) parseExtent(line string) (sim.Extent, bool) {
	var v [3]uint32
	for i := range v {
		v[i], line = x.parseUint(skipSpaces(line))
		if end := i == 2 && line == ""; !end && (line == "" || !isSpace(line[0])) {
			return sim.Extent{}, false
		}
	}
	e := sim.Extent{First: v[0], Lower: v[1], Count: v[2]}
	ok := skipSpaces(line) == "" && e.First != math.MaxUint32 && e.Lower != math.MaxUint32 &&
		e.First+e.Count > e.First && e.Lower+e.Count > e.Lower
	return e, ok
}

// parseUint is simple_strtoul() cut to 32 bits: it takes the digits there are, be it
// none. Numbers too large for 64 bits are all ones from v7.2 on, and wrap before.
func (x X) parseUint(s string) (uint32, string) {
	wraps := x.Cfg.Rules.Has(sim.IDMapNumberWraps)
	v := uint64(0)
	for s != "" && s[0] >= '0' && s[0] <= '9' {
		d := uint64(s[0] - '0')
		if !wraps && v > (math.MaxUint64-d)/10 {
			v = math.MaxUint64
		} else {
			v = v*10 + d
		}
		s = s[1:]
	}
	return uint32(v), s
}

// overlap reports whether two lines share an id inside or below.
func overlap(a, b sim.Extent) bool {
	return (a.First-b.First < b.Count || b.First-a.First < a.Count) ||
		(a.Lower-b.Lower < b.Count || b.Lower-a.Lower < a.Count)
}

// cString is the text up to the first NUL.
func cString(s string) string {
	s, _, _ = strings.Cut(s, "\x00")
	return s
}

func skipSpaces(s string) string {
	for s != "" && isSpace(s[0]) {
		s = s[1:]
	}
	return s
}

// isSpace is the kernel's isspace(), for which Latin-1's no-break space is one.
func isSpace(c byte) bool { return c == ' ' || (c >= '\t' && c <= '\r') || c == 0xa0 }

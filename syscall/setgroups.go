// SPDX-License-Identifier: GPL-2.0-only

package syscall

import (
	"math"
	"slices"

	"github.com/nssim/nssim/sim"
	"github.com/nssim/nssim/syscall/uapi"
)

// Setgroups is setgroups(2).
type Setgroups struct{ GIDs []uint32 }

// Setgroups sets the supplementary groups (kernel/groups.c: sys_setgroups, v6.19).
// EPERM: no CAP_SETGID over the caller's user namespace, or that one has no gid_map
// yet, or has setgroups denied; EINVAL: more than 65536 groups, or one without a
// mapping. The groups' number is kept and their values are not: no rule about
// namespaces asks for them.
func (t T) Setgroups(gids ...uint32) error { return t.do(Setgroups{gids}) }

// nGroupsMax is NGROUPS_MAX.
const nGroupsMax = 65536

// Locals of opGroupsFromUser: how many groups there are in all, how many ranges
// this frame has, and the ranges, each a first and a last id.
const (
	gfuTotal = iota
	gfuRanges
	gfuFirst
	gfuRoom = sim.NumLocals - gfuFirst
)

// start copies the list into frames. Order and repetitions do not matter, so the
// list becomes ranges, and a frame takes as many of them as it has locals.
func (c Setgroups) start(x X) {
	n := int64(len(c.GIDs))
	x.push(opSetGroups, n)
	ranges := []int64{}
	if n <= nGroupsMax {
		ranges = idRanges(c.GIDs)
	}
	for {
		part := ranges[:min(gfuRoom, len(ranges))]
		ranges = ranges[len(part):]
		x.push(opGroupsFromUser, append([]int64{n, int64(len(part))}, part...)...)
		if len(ranges) == 0 {
			return
		}
	}
}

// idRanges packs a list of ids into ranges, the first id in the upper half.
func idRanges(ids []uint32) (out []int64) {
	s := slices.Clone(ids)
	slices.Sort(s)
	for i := 0; i < len(s); {
		first, last := s[i], s[i]
		for i++; i < len(s) && s[i]-last <= 1; i++ {
			last = s[i]
		}
		out = append(out, int64(uint64(first)<<32|uint64(last)))
	}
	return out
}

func init() {
	define(opGroupsFromUser, "groups_from_user", step{"groups_from_user", groupsFromUser})
	define(opSetGroups, "setgroups",
		step{"set_current_groups", func(x X) {
			f := x.f()
			if f.Ret < 0 { // groups_from_user failed
				x.ret(f.Ret)
				return
			}
			c := x.prepareCreds()
			x.Cred(c).Groups = uint8(min(f.L[gfuTotal], math.MaxUint8))
			x.commitCreds(c)
		}},
		step{"done", func(x X) { x.ret(0) }},
	)
}

// groupsFromUser checks permission, the list's length, and that its ids are mapped.
// A gid_map is written once, so what one frame of a long list found stays true.
func groupsFromUser(x X) {
	f := x.f()
	user := x.cred().UserNS
	u := x.UserNSOf(user)
	switch {
	case f.Ret < 0: // an earlier part of the list
		x.ret(f.Ret)
	case !x.NSCapable(x.T, user, uapi.CAP_SETGID) || u.GIDMap == 0 || u.SetgroupsDeny:
		x.fail(uapi.EPERM)
	case f.L[gfuTotal] > nGroupsMax || !x.mapped(u.GIDMap, f.L[gfuFirst:gfuFirst+f.L[gfuRanges]]):
		x.fail(uapi.EINVAL)
	default:
		x.ret(0)
	}
}

func (x X) mapped(idMap int32, ranges []int64) bool {
	for _, r := range ranges {
		first, last := uint64(r)>>32, uint64(r)&math.MaxUint32
		for id := first; id <= last; id++ {
			if x.MakeID(idMap, uint32(id)) == sim.IDsUnmapped {
				return false
			}
		}
	}
	return true
}

// SPDX-License-Identifier: GPL-2.0-only

package live

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
)

// pairs relates numbers of the model to numbers of the guest one to one.
type pairs struct {
	what         string
	guest, model map[uint64]uint64
}

func newPairs(what string) pairs {
	return pairs{what, make(map[uint64]uint64), make(map[uint64]uint64)}
}

// match reports whether m of the model corresponds to g of the guest. Numbers that have
// not been seen on either side do from now on. 0 means none on both sides.
func (p *pairs) match(m, g uint64) bool {
	if m == 0 || g == 0 {
		return m == g
	}
	have, ok := p.guest[m]
	back, taken := p.model[g]
	if !ok && !taken {
		p.guest[m], p.model[g] = g, m
		return true
	}
	return ok && taken && have == g && back == m
}

// explain says why a match failed.
func (p *pairs) explain(m, g uint64) string {
	if have, ok := p.guest[m]; ok {
		return fmt.Sprintf("%s %d of the model is %d on the guest, not %d", p.what, m, have, g)
	}
	if back, ok := p.model[g]; ok {
		return fmt.Sprintf("%s %d of the guest is %d of the model, not %d", p.what, g, back, m)
	}
	return fmt.Sprintf("%s: model %d, guest %d", p.what, m, g)
}

// mapping relates the model's numbers to the guest's for one program.
type mapping struct {
	// From nextModel and nextGuest on, ids are offsets from these: the next that each side
	// gives out. Older ones correspond one to one.
	nextModel, nextGuest uint64
	old                  pairs

	pids, inums, mounts, devs, files pairs
}

func newMapping(nextModel, nextGuest uint64) *mapping {
	return &mapping{
		nextModel: nextModel, nextGuest: nextGuest, old: newPairs("namespace id"),
		pids: newPairs("pid"), inums: newPairs("inode number"), mounts: newPairs("mount id"),
		devs: newPairs("device"), files: newPairs("number"),
	}
}

// id reports whether a namespace id of the model corresponds to one of the guest.
func (mp *mapping) id(m, g uint64) bool {
	if m >= mp.nextModel || g >= mp.nextGuest {
		return m >= mp.nextModel && g >= mp.nextGuest && m-mp.nextModel == g-mp.nextGuest
	}
	return mp.old.match(m, g)
}

// toModel returns the id that the model has for a guest's, if there can be one.
func (mp *mapping) toModel(g uint64) (uint64, bool) {
	if g >= mp.nextGuest {
		return g - mp.nextGuest + mp.nextModel, true
	}
	m, ok := mp.old.model[g]
	return m, ok
}

// toGuest is the reverse of toModel.
func (mp *mapping) toGuest(m uint64) (uint64, bool) {
	if m >= mp.nextModel {
		return m - mp.nextModel + mp.nextGuest, true
	}
	g, ok := mp.old.guest[m]
	return g, ok
}

var digits = regexp.MustCompile(`[0-9]+`)

// text reports whether two strings say the same: equal but for numbers that correspond.
func (mp *mapping) text(m, g string) bool {
	if m == g {
		return true
	}
	if digits.ReplaceAllString(m, "#") != digits.ReplaceAllString(g, "#") {
		return false
	}
	ms, gs := digits.FindAllStringIndex(m, -1), digits.FindAllString(g, -1)
	for i, at := range ms {
		a, _ := strconv.ParseUint(m[at[0]:at[1]], 10, 64)
		b, _ := strconv.ParseUint(gs[i], 10, 64)
		if !mp.numberIn(m[:at[0]], a, b) {
			return false
		}
	}
	return true
}

// numberIn compares a number that stands behind some text: `net:[` announces an inode
// number, `socket:[` a file's, anything else may be a process.
func (mp *mapping) numberIn(before string, m, g uint64) bool {
	switch {
	case strings.HasSuffix(before, "socket:[") || strings.HasSuffix(before, "pipe:["):
		return mp.files.match(m, g)
	case strings.HasSuffix(before, ":["):
		return mp.inums.match(m, g)
	}
	return m == g || mp.pids.match(m, g)
}

// SPDX-License-Identifier: GPL-2.0-only

package explore

import (
	"github.com/nssim/nssim/sim"
	"github.com/nssim/nssim/syscall/uapi"
)

// every reduction that a set-up without listings may use, and those of one with.
var (
	every   = Symmetry{Tasks: true, FDs: true, Counts: true, Order: true, Unreachable: true}
	ordered = Symmetry{Tasks: true, FDs: true}
)

func userNet(user, net int) map[uapi.NSType]int {
	return map[uapi.NSType]int{uapi.USER_NS: user, uapi.NET_NS: net}
}

// setups are the named ones.
var setups = []Setup{
	{
		Name: "lifecycle",
		Says: "Whatever two tasks do with a user namespace and two network namespaces, each count is that of its holders, and " +
			"nothing is visible whose owners are not.",
		Ops:      []string{"enter-userns", "unshare-net", "setns", "open-net", "open-user", "socket", "siocgskns", "close", "exit"},
		First:    []string{"fork", "wait"},
		Bounds:   Bounds{Tasks: 3, Namespaces: 3, PerType: userNet(1, 2), FDs: 1},
		Symmetry: ordered,
		Expect:   1175,
	},
	{
		Name: "resurrection",
		Says: "A socket that outlives every task of its network namespace brings it back with its whole owner chain and nothing else, " +
			"as often as one likes.",
		Ops:      []string{"enter-usernet", "socket", "sendfd", "siocgskns", "get-userns", "close", "exit"},
		First:    []string{"fork", "wait", "siocgskns", "get-userns", "close"},
		Bounds:   Bounds{Tasks: 2, Namespaces: 4, PerType: userNet(2, 2), FDs: 2},
		Symmetry: ordered,
		Expect:   42582,
	},
	{
		Name:     "userns-nesting",
		Says:     "User namespaces nested in each other keep their owners active and alive, whoever of three levels goes first.",
		Ops:      []string{"clone-parent", "enter-userns", "setns", "open-user", "get-userns", "get-parent", "close", "exit"},
		First:    []string{"fork", "wait"},
		Bounds:   Bounds{Tasks: 3, Namespaces: 3, FDs: 1},
		Symmetry: ordered,
		Expect:   417,
	},
	{
		Name: "listns-paging",
		Says: "In every state that two tasks can make of uts and network namespaces, paging through a listing returns what one large " +
			"page returns, whoever asks and whatever for.",
		Config:     sim.Config{Kernel: "v7.3.4"},
		Ops:        []string{"enter-userns", "unshare-uts", "unshare-net", "socket", "close", "exit"},
		First:      []string{"fork", "wait"},
		Bounds:     Bounds{Tasks: 3, Namespaces: 3, FDs: 1},
		Symmetry:   ordered,
		Properties: []string{"no-warning", "list-sound", "list-complete"},
		Expect:     1189,
	},
	{
		Name: "permissions",
		Says: "In every state that root and a user who has dropped to uid 1000 can make, what listns() shows a caller that caller " +
			"can open by handle, and the reverse.",
		Config:     sim.Config{Kernel: "v6.19.9"},
		Ops:        []string{"unshare-user", "unshare-usernet", "unshare-uts", "setuid", "open-net", "setns", "close", "exit"},
		First:      []string{"fork", "wait"},
		Bounds:     Bounds{Tasks: 3, Namespaces: 2, FDs: 1},
		Symmetry:   ordered,
		Properties: []string{"no-warning", "holders", "list-sound", "handle-agrees"},
		Expect:     1078,
	},
	{
		Name: "pidns",
		Says: "A pid namespace and the struct pids in it are counted right from its first process to its last, through the death of " +
			"its init with children left.",
		Ops:      []string{"fork", "clone-pid", "unshare-pid", "open-pid", "setns", "get-parent", "close", "exit", "wait"},
		Bounds:   Bounds{Tasks: 3, Namespaces: 1, FDs: 1},
		Symmetry: Symmetry{FDs: true}, // tasks are inits, parents and children of each other
		Expect:   68383,
	},
	{
		Name: "spin",
		Says: "Three tasks, two user namespaces, nested or not, two network namespaces that they own, two descriptors each: the " +
			"question of testdata/spin/lifecycle.pml.",
		Config: sim.Config{Off: []string{"boot-kdevtmpfs"}},
		Ops: []string{"clone-parent", "enter-usernet", "unshare-net", "setns", "open-user", "open-net", "socket", "siocgskns",
			"get-userns", "close", "exit"},
		First:    []string{"fork", "wait"},
		Bounds:   Bounds{Tasks: 4, Namespaces: 4, PerType: userNet(2, 2), FDs: 2, Reachable: true},
		Symmetry: every,
		Expect:   475872,
	},
}

// Setups lists the named set-ups.
func Setups() []Setup { return append([]Setup(nil), setups...) }

// SetupByName finds one.
func SetupByName(name string) (Setup, bool) {
	for _, s := range setups {
		if s.Name == name {
			return s, true
		}
	}
	return Setup{}, false
}

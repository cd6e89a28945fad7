// SPDX-License-Identifier: GPL-2.0-only

package explore

import "github.com/nssim/nssim/syscall/uapi"

// both is what most set-ups make use of.
var both = Symmetry{Tasks: true, FDs: true}

// setups are the named ones.
var setups = []Setup{
	{
		Name: "lifecycle",
		Says: "Whatever two tasks do with a nested user namespace and a network namespace, the counts are those of their holders, " +
			"and nothing is visible whose owners are not.",
		Ops:      []string{"enter-userns", "unshare-net", "setns", "open-net", "open-user", "socket", "siocgskns", "close", "exit"},
		First:    []string{"fork", "wait"},
		Bounds:   Bounds{Tasks: 3, Namespaces: 3, PerType: map[uapi.NSType]int{uapi.USER_NS: 1, uapi.NET_NS: 2}, FDs: 1},
		Symmetry: both,
		Expect:   1107,
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

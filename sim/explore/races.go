// SPDX-License-Identifier: GPL-2.0-only

package explore

import "github.com/nssim/nssim/sim"

// races are the named ones.
var races = []Race{
	{
		Name: "setns-race",
		Says: "However a setns() through a pidfd and the end of the pidfd's task interleave, a namespace that comes back brings " +
			"its owners with it, and nothing is counted twice.",
		Prelude: `init: signal(SIGCHLD, SIG_IGN)
init: fork() = t1
init: fork() = t2
t1:   unshare(CLONE_NEWUSER|CLONE_NEWNET)
t2:   pidfd_open(t1) = pfd
settle
`,
		Scripts: []string{"t2: setns-net pfd", "t1: exit"},
		Expect:  10000,
	},
	{
		Name: "listns-race",
		Says: "While one task lists, another may leave the namespaces that it walks over, and the kernel may free them: the walk " +
			"neither sleeps in a read section nor uses what is gone.",
		Config: sim.Config{Kernel: "v7.3.4"},
		Prelude: `init: fork() = t1
t1:   unshare(CLONE_NEWNS|CLONE_NEWUTS)
settle
`,
		Scripts: []string{"init: listns-after 10", "t1: exit"},
		Expect:  9000,
	},
	{
		Name: "open-race",
		Says: "The last close and the next open of a namespace file share one inode or make a new one; the active count is right either way.",
		Prelude: `init: fork() = t1
t1:   unshare(CLONE_NEWUSER|CLONE_NEWNET)
t1:   socket(AF_INET, SOCK_DGRAM, 0) = sk
t1:   ioctl(sk, SIOCGSKNS) = fd
t1:   sendfd(init, sk) = sk2
settle
`,
		Scripts: []string{"t1: close fd", "t1: exit", "init: siocgskns sk2"},
		Expect:  600,
	},
}

// Races lists the named races.
func Races() []Race { return append([]Race(nil), races...) }

// RaceByName finds one.
func RaceByName(name string) (Race, bool) {
	for _, r := range races {
		if r.Name == name {
			return r, true
		}
	}
	return Race{}, false
}

// SPDX-License-Identifier: GPL-2.0-only

package nstree_test

import (
	"fmt"

	"github.com/nssim/nssim/nstree"
	"github.com/nssim/nssim/syscall/uapi"
)

// A task in a user namespace of its own makes a network namespace and leaves it. A socket
// keeps it, and brings it back later.
func Example() {
	var f nstree.Forest
	init := f.Boot()
	user, _ := f.Create(uapi.USER_NS, init)
	net, _ := f.Create(uapi.NET_NS, user)
	f.ActiveGet(net)
	fmt.Print(f.Describe(net))

	f.Tracing = true
	f.Get(net)       // the socket
	f.ActivePut(net) // the task leaves
	f.ActiveGet(net) // SIOCGSKNS
	for _, e := range f.Events {
		fmt.Println(f.Text(e))
	}
	// Output:
	// 11 net:[4026531841] p1 a1 active
	// owned by 10 user:[4026531840] p1 a1 active
	// owned by 3 user:[4026531837] p1 a1 initial
	// net:[4026531841]: passive 1 -> 2
	// net:[4026531841]: active 1 -> 0
	// user:[4026531840]: active 1 -> 0
	// net:[4026531841]: active 0 -> 1
	// user:[4026531840]: active 0 -> 1
}

// The three orders in which listns(2) can walk.
func ExampleForest() {
	var f nstree.Forest
	init := f.Boot()
	user, _ := f.Create(uapi.USER_NS, init)
	_, _ = f.Create(uapi.MNT_NS, user)
	_, _ = f.Create(uapi.NET_NS, user)

	for h := range f.All(uapi.NET_NS) {
		fmt.Println("net:  ", f.Node(h))
	}
	for h := range f.OwnedBy(user) {
		fmt.Println("owned:", f.Node(h))
	}
	after, _ := f.Adjoined(f.LookupAt(8, uapi.MNT_NS), false)
	fmt.Println("next: ", f.Node(after))
	fmt.Println("all:  ", f.Len())
	// Output:
	// net:   7 net:[4026531833]
	// net:   12 net:[4026531842]
	// owned: 11 mnt:[4026531841]
	// owned: 12 net:[4026531842]
	// next:  11 mnt:[4026531841]
	// all:   11
}

// A walker under RCU may stand on a namespace that is being removed. It goes on from
// there.
func ExampleForest_Remove() {
	var f nstree.Forest
	init := f.Boot()
	a, _ := f.Create(uapi.UTS_NS, init)
	b, _ := f.Create(uapi.UTS_NS, init)
	at := a
	f.Destroy(a)
	fmt.Println(f.Lookup(f.Node(a).ID, 0) == 0, f.Next(nstree.PerType, at) == b)
	// Output:
	// true true
}

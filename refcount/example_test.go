// SPDX-License-Identifier: GPL-2.0-only

package refcount_test

import (
	"fmt"

	"github.com/nssim/nssim/refcount"
)

// family makes the initial user namespace, a user namespace in it, another one inside
// that, and a network namespace owned by the innermost.
func family() (t *refcount.Table, outer, inner, net refcount.Handle) {
	t = &refcount.Table{}
	init := t.AllocInitial(0)
	create := func(owner refcount.Handle) refcount.Handle {
		h := t.Alloc(owner)
		t.SetIdentity(h, false)
		return h
	}
	outer = create(init)
	inner = create(outer)
	return t, outer, inner, create(inner)
}

// A task uses a namespace and exits; a socket keeps the object, which nobody sees.
func Example() {
	t, _, _, net := family()

	t.ActiveGet(net) // the task's nsproxy
	t.Get(net)       // a socket
	fmt.Println(t.GetUnlessInactive(net), t.Entries[net])
	t.Put(net)

	t.ActivePut(net) // the task exits
	t.Put(net)
	fmt.Println(t.GetUnlessInactive(net), t.Entries[net])

	fmt.Println("destroyed:", t.Put(net)) // the socket is closed
	// Output:
	// true p3 a1
	// false p1 a0
	// destroyed: true
}

// The ioctl SIOCGSKNS on a socket of a network namespace whose tasks have all gone
// makes it and its whole owner chain visible again.
func ExampleTable_ActiveGet() {
	t, _, _, net := family()
	fmt.Print(t.Describe(net))

	t.Tracing = true
	t.ActiveGet(net)
	for _, e := range t.Events {
		fmt.Println(e)
	}
	fmt.Print(t.Describe(net))
	// Output:
	// #4 p1 a0 inactive
	// owned by #3 p1 a0 inactive
	// owned by #2 p1 a0 inactive
	// owned by #1 p1 a1 initial
	// #4: active 0 -> 1
	// #3: active 0 -> 1
	// #2: active 0 -> 1
	// #4 p1 a1 active
	// owned by #3 p1 a1 active
	// owned by #2 p1 a1 active
	// owned by #1 p1 a1 initial
}

// Each level of a walk is an atomic operation of its own. Here another CPU looks at
// the owner after the first.
func ExampleTable_ActiveGetStep() {
	t, outer, inner, net := family()
	next := t.ActiveGetStep(net, false)
	fmt.Println(t.Active(net), t.Active(inner), t.Active(outer), next == inner)
	for owner := next; owner != 0; {
		owner = t.ActiveGetStep(owner, true)
	}
	fmt.Println(t.Active(net), t.Active(inner), t.Active(outer))
	// Output:
	// 1 0 0 true
	// 1 1 1
}

// One put too many is recorded as the kernel would assert it, and counting goes on.
func ExampleTable_Warnings() {
	t, _, _, net := family()
	t.Now.Line = 3
	t.ActivePut(net)
	for e := range t.Warnings() {
		fmt.Println(e)
	}
	// Output:
	// line 3: #4: warning: __ns_ref_active_put: __ns_ref_active < 0 (p1 a-1)
}

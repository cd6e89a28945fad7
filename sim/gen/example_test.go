// SPDX-License-Identifier: GPL-2.0-only

package gen_test

import (
	"fmt"
	"os"

	"github.com/nssim/nssim/sim"
	"github.com/nssim/nssim/sim/gen"
	"github.com/nssim/nssim/sim/program"
)

// A bug is looked for with random programs, and the first that shows it is made small.
func Example() {
	buggy := sim.Config{Bugs: []string{"cgroup-added-before-owner"}}
	var watch gen.Watch
	breaks := func(p *program.Program) bool {
		broken, _, err := watch.Verify(p, buggy)
		return err == nil && broken != nil && broken.Property == "trees"
	}
	// Only unshare is to make namespaces.
	options := gen.Options{Config: buggy, Weights: map[string]int{"clone": 0, "clone3": 0, "enter-user": 0, "leave": 0}}
	for seed := uint64(1); ; seed++ {
		p := gen.Generate(seed, options)
		if breaks(p) {
			os.Stdout.Write(program.Format(gen.Shrink(p, breaks, 1000)))
			break
		}
	}
	// Output:
	// # SPDX-License-Identifier: GPL-2.0-only
	// config bug=cgroup-added-before-owner
	// init: unshare(CLONE_NEWCGROUP)
}

// The same lines do something else on an older kernel.
func ExampleRerecord() {
	p, err := program.Parse("handle.ns", []byte(`
init: unshare(CLONE_NEWNET) = 0
init: listns({ns_type=NET_NS}, 64) = 2
init: open_by_handle_at(FD_NSFS_ROOT, {ns_id=7}, O_RDONLY) = fd
init: ioctl(fd, NS_GET_ID, &id) = 0
`))
	if err != nil {
		fmt.Println(err)
		return
	}
	old, err := gen.Rerecord(p, sim.Config{Kernel: "v6.18"})
	if err != nil {
		fmt.Println(err)
		return
	}
	os.Stdout.Write(program.Format(old))
	// Output:
	// init: unshare(CLONE_NEWNET) = 0
	// init: listns({ns_type=NET_NS}, 64) = -ENOSYS
	// init: open_by_handle_at(FD_NSFS_ROOT, {ns_id=7}, O_RDONLY) = -ESTALE
}

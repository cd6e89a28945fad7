// SPDX-License-Identifier: GPL-2.0-only

package program

import (
	"fmt"
	"strings"
	"testing"
)

// longProgram is 2,000 lines of all sorts.
func longProgram() string {
	var b strings.Builder
	for i := range 200 {
		fmt.Fprintf(&b, "init: fork() = t%d\n", i)
		fmt.Fprintf(&b, "t%d:   unshare(CLONE_NEWUSER|CLONE_NEWNET|CLONE_NEWNS) = 0\n", i)
		fmt.Fprintf(&b, "t%d:   open(\"/proc/{t%d}/ns/net\", O_RDONLY|O_CLOEXEC) = fd%d skip if -ENOSYS|-EPERM \"no namespaces\"\n", i, i, i)
		fmt.Fprintf(&b, "t%d:   ioctl(fd%d, NS_GET_ID, &id%d) = 0\n", i, i, i)
		fmt.Fprintf(&b, "t%d:   close(fd%d) = 0  # not needed any more\n", i, i)
		fmt.Fprintf(&b, "t%d:   exit_group(0)\n", i)
		fmt.Fprintf(&b, "init: wait4(t%d, &st%d) = t%d\n", i, i, i)
		fmt.Fprintf(&b, "?     st%d == exited(0) and active(id%d) == 0\n", i, i)
		fmt.Fprintf(&b, "init: listns({ns_type=NET_NS, ns_id=id%d, user_ns_id=LISTNS_CURRENT_USER}, 64) >= 0 lacks id%d\n", i, i)
		fmt.Fprintf(&b, "settle\n")
	}
	return b.String()
}

func BenchmarkParse(b *testing.B) {
	src := []byte(longProgram())
	b.SetBytes(int64(len(src)))
	for b.Loop() {
		p, err := Parse("long.ns", src)
		if err != nil || len(p.Lines) != 2000 {
			b.Fatal(err, len(p.Lines))
		}
	}
}

func BenchmarkFormat(b *testing.B) {
	p, err := Parse("long.ns", []byte(longProgram()))
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		Format(p)
	}
}

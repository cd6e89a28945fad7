// SPDX-License-Identifier: GPL-2.0-only

package live

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/nssim/nssim/sim/program"
)

// TestEveryCallIsKnown: whatever a program may call can be called on a guest.
func TestEveryCallIsKnown(t *testing.T) {
	real := 0
	for _, c := range program.Calls {
		if c.ModelOnly {
			continue
		}
		real++
		spec := callSpecs[c.Name]
		if assert.NotNil(t, spec, c.Name) {
			assert.True(t, spec.build != nil || spec.run != nil && spec.several == nil, c.Name)
			assert.Equal(t, len(c.Outs) > 0, spec.outs != nil, "%s: outputs", c.Name)
		}
	}
	assert.Len(t, callSpecs, real)
}

func TestEveryFunctionIsKnown(t *testing.T) {
	for _, f := range program.Functions {
		assert.NotNil(t, functions[f.Name], f.Name)
	}
	assert.Len(t, functions, len(program.Functions))
}

// describe writes a call with what it has in memory; addresses in the task's memory are
// data+N, others heap+N or end-N.
func describe(c *call) string {
	g := c.s.g.geo
	data := g.base + uint64(c.t.slot)*g.slotSize + g.dataOffset
	show := func(n uint64) string {
		switch {
		case n >= data && n < data+g.dataSize:
			return fmt.Sprintf("data+%d", n-data)
		case n >= g.heap && n < g.heap+g.heapSize/2:
			return fmt.Sprintf("heap+%d", n-g.heap)
		case n >= g.heap && n <= g.heap+g.heapSize:
			return fmt.Sprintf("end-%d", g.heap+g.heapSize-n)
		case int64(n) < 0 && int64(n) > -1<<40:
			return fmt.Sprint(int64(n))
		}
		return fmt.Sprint(n)
	}
	var b strings.Builder
	fmt.Fprintf(&b, "%d(", c.nr)
	last := 6
	for last > 0 && c.args[last-1] == 0 {
		last--
	}
	for i, a := range c.args[:last] {
		if i > 0 {
			b.WriteString(", ")
		}
		b.WriteString(show(a))
	}
	b.WriteString(")")
	if c.child > 0 {
		fmt.Fprintf(&b, " child %d", c.child)
	}
	for _, in := range c.in {
		fmt.Fprintf(&b, " %s=%x", show(in.addr), in.data)
	}
	for _, o := range c.out {
		fmt.Fprintf(&b, " out %s %d", show(o.addr), o.len)
		if o.unit > 0 {
			fmt.Fprintf(&b, "/%d", o.unit)
		}
	}
	return b.String()
}

// TestLayoutOfCalls compares calls as they are laid out with what the kernel reads
// (man pages of the calls, include/uapi).
func TestLayoutOfCalls(t *testing.T) {
	// ADDR48 stands for the address data+48.
	for line, want := range map[string]string{
		`init: unshare(CLONE_NEWNET|CLONE_NEWUSER)`:        "272(1342177280)",
		`init: fork() = c`:                                 "56(17, 0, data+0, data+16) child 2",
		`init: clone(CLONE_NEWPID) = c`:                    "56(536870929, 0, data+0, data+16) child 2",
		`init: open("/x", O_RDONLY|O_CLOEXEC)`:             "2(data+0, 524288) data+0=2f7800",
		`init: openat(AT_FDCWD, "y", O_WRONLY)`:            "257(-100, data+0, 1) data+0=7900",
		`init: wait4(init, &st, WNOHANG)`:                  "61(91, data+0, 1) out data+0 4",
		`init: kill(init, SIGKILL)`:                        "62(91, 9)",
		`init: readlink("/proc/{init}/ns/net", &l)`:        "89(data+0, data+16, 4096) data+0=2f70726f632f39312f6e732f6e657400 out data+16 4096",
		`init: listns({ns_type=NET_NS, ns_id=9}, &ids, 4)`: "470(data+0, heap+0, 4) data+0=20000000000000000900000000000000000000400000000000000000000000" + "00 out heap+0 32/8",
		`init: listns({}, room(2), 4)`:                     "470(data+0, end-16, 4) data+0=" + "20" + strings.Repeat("00", 31) + " out end-16 16",
		`init: listns({}, NULL, 4, 1)`:                     "470(data+0, 0, 4, 1) data+0=" + "20" + strings.Repeat("00", 31),
		`init: listns(room(0), 4)`:                         "470(end-0, heap+0, 4) end-0= out heap+0 32/8",
		`init: ioctl(3, NS_GET_ID, &id)`:                   "16(3, 2148054797, data+0) out data+0 8",
		`init: ioctl(3, NS_GET_ID, NULL)`:                  "16(3, 2148054797)",
		`init: ioctl(3, NS_GET_PID_FROM_PIDNS, init)`:      "16(3, 2147792646, 91)",
		`init: pipe([&r, &w])`:                             "22(data+0) out data+0 8",
		`init: signal(SIGCHLD, SIG_IGN)`:                   "13(17, data+0, 0, 8) data+0=01" + strings.Repeat("00", 31),
		`init: mount(NULL, "/", NULL, MS_REC|MS_PRIVATE)`:  "165(0, data+0, 0, 278528) data+0=2f00",
		`init: setgroups([5, 6])`:                          "116(2, data+0) data+0=0500000006000000",
		`init: sendmsg(4, {fds=[5]})`: "46(4, data+80, 16384) data+0=140000000000000001000000010000000500000000000000 data+48=78 data+64=" +
			"ADDR480100000000000000 data+80=" +
			strings.Repeat("00", 16) + "ADDR640100000000000000ADDR001800000000000000" + strings.Repeat("00", 8) + " out data+32 0",
		`init: open_by_handle_at(FD_NSFS_ROOT, {handle_bytes=16, handle_type=0xf1, ns_id=7}, O_RDONLY)`: "304(-10003, data+0) data+0=10000000f1000000" + "07" + strings.Repeat("00", 15),
		`init: clone3({flags=CLONE_NEWUTS, exit_signal=SIGCHLD, set_tid=[7]}) = c`: "435(data+48, 88) child 2 data+32=07000000 data+48=" +
			"0000000400000000" + "0000000000000000" + "ADDR00" + "ADDR16" + "1100000000000000" + strings.Repeat("00", 24) + "ADDR32" + "0100000000000000" + "0000000000000000",
	} {
		t.Run(line, func(t *testing.T) {
			g, _ := newFake(t, "6.19.8")
			p := parse(t, line+"\n")
			s, err := g.newSession(background(t), p)
			require.NoError(t, err)
			l := &p.Lines[0]
			c := s.newCall(l, s.caller(l), callSpecs[l.Call.Name])
			c.spec.build(c)
			got := describe(c)
			hex := func(n uint64) string { return fmt.Sprintf("%x", numbers(n)) }
			data := g.geo.base + g.geo.slotSize + g.geo.dataOffset
			for _, at := range []uint64{0, 16, 32, 48, 64} {
				want = strings.ReplaceAll(want, fmt.Sprintf("ADDR%02d", at), hex(data+at))
			}
			assert.Equal(t, want, got)
		})
	}
}

func TestReceivedDescriptors(t *testing.T) {
	b := order.AppendUint64(nil, cmsgHead+8)
	b = order.AppendUint32(b, 1)
	b = order.AppendUint32(b, scmRights)
	b = order.AppendUint32(b, 5)
	b = order.AppendUint32(b, 6)
	assert.Equal(t, []int64{5, 6}, received(b))
	assert.Equal(t, []int64{5}, received(b[:cmsgHead+4]), "no more than there is")
	assert.Empty(t, received(make([]byte, 24)))
	assert.Empty(t, received(nil))
}

func TestWaitStatus(t *testing.T) {
	assert.Equal(t, "exited(3)", program.Val{Kind: program.WaitStatus, N: uint64(waitStatus(1, 3))}.String())
	assert.Equal(t, "killed(SIGKILL)", program.Val{Kind: program.WaitStatus, N: uint64(waitStatus(2, 9))}.String())
	assert.Zero(t, waitStatus(0, 0))
}

// SPDX-License-Identifier: GPL-2.0-only

package live

import (
	"context"
	"net"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/nssim/nssim/sim/program"
	"github.com/nssim/nssim/syscall/uapi"
)

// fakeKernel answers as the agent of a guest would. It knows a few calls and keeps a table
// of namespaces, so that what the host does with answers can be tested without a kernel.
type fakeKernel struct {
	conn  net.Conn
	table []Namespace
	next  uint64 // id of the next namespace
	tasks map[uint64]*fakeTask
	pid   int
	// warning is logged with the next call, and hang makes it go unanswered.
	warning string
	hang    bool
	// leak is what a program leaves behind.
	leak []Namespace
	// skew is added to the active count of every new namespace.
	skew  int
	asked []op
}

type fakeTask struct {
	pid   int
	state byte
}

// fakeGeometry is where fakeKernel's tasks have their memory.
var fakeGeometry = geometry{
	base: 1 << 40, slots: 16, slotSize: 16384, dataOffset: 512, dataSize: 8192,
	heap: 1<<40 + 1<<20, heapSize: 1 << 20, passFD: 1001, passToFD: 1002,
}

// newFake returns a guest with a fake kernel of a release.
func newFake(t *testing.T, release string) (*Guest, *fakeKernel) {
	t.Helper()
	host, guest := net.Pipe()
	k := &fakeKernel{conn: guest, next: 41, tasks: make(map[uint64]*fakeTask), pid: 90}
	for _, typ := range uapi.NSTypes() {
		owner := uint64(uapi.USER_NS_INIT_ID)
		if typ == uapi.USER_NS {
			owner = 0
		}
		k.table = append(k.table, Namespace{typ.InitID(), owner, typ, typ.InitInum(), 1, 1})
	}
	k.table = append(k.table, Namespace{12, uapi.USER_NS_INIT_ID, uapi.MNT_NS, 4026532000, 1, 1}) // kdevtmpfs's
	g := &Guest{
		opts: options{timeout: 5 * time.Second, patience: 20 * time.Millisecond}, vm: &vm{console: &console{}, stderr: &console{}, done: make(chan struct{})},
		conn: host, release: release, geo: fakeGeometry, lay: &layout{}, base: append([]Namespace(nil), k.table...),
	}
	go k.serve()
	t.Cleanup(func() { guest.Close() })
	return g, k
}

func (k *fakeKernel) serve() {
	for {
		o, payload, err := k.request()
		if err != nil {
			return
		}
		k.asked = append(k.asked, o)
		recs, ok := k.answer(o, record{data: payload}.u64s())
		if !ok {
			continue
		}
		if _, err := k.conn.Write(answerFrame(o, recs...)); err != nil {
			return
		}
	}
}

// request reads what the host asks.
func (k *fakeKernel) request() (op, []byte, error) {
	var head [8]byte
	if _, err := readFull(k.conn, head[:]); err != nil {
		return 0, nil, err
	}
	payload := make([]byte, order.Uint32(head[:]))
	_, err := readFull(k.conn, payload)
	return op(order.Uint32(head[4:])), payload, err
}

func readFull(c net.Conn, b []byte) (n int, err error) {
	for n < len(b) && err == nil {
		var m int
		m, err = c.Read(b[n:])
		n += m
	}
	return n, err
}

func (k *fakeKernel) answer(o op, w []uint64) (recs []record, ok bool) {
	switch o {
	case opStart:
		k.tasks = make(map[uint64]*fakeTask)
		recs = append(recs, record{recNumbers, numbers(k.next)}, k.newTask(1))
	case opCall:
		if k.hang {
			return nil, false
		}
		recs = k.call(w)
	case opEnd:
		k.table = append(k.table[:9:9], k.leak...)
	case opLook:
	default:
		return []record{{recError, []byte("not here")}}, true
	}
	if k.warning != "" {
		recs = append(recs, record{recText, []byte(k.warning)})
		k.warning = ""
	}
	var b words
	for _, ns := range k.table {
		b.u64(ns.ID, ns.Owner, uint64(ns.Type)|uint64(ns.Inum)<<32, uint64(ns.Passive), uint64(ns.Active))
	}
	return append(recs, record{recNS, b}), true
}

func (k *fakeKernel) newTask(slot uint64) record {
	k.pid++
	k.tasks[slot] = &fakeTask{pid: k.pid, state: idle}
	return k.taskRecord(slot)
}

func (k *fakeKernel) taskRecord(slot uint64) record {
	t := k.tasks[slot]
	return record{recTask, numbers(slot, uint64(t.state), 1, uint64(t.pid))}
}

// call makes a call: slot, child, flags, limit, number, six arguments.
func (k *fakeKernel) call(w []uint64) []record {
	slot, child, nr, arg := w[0], w[1], w[4], w[5]
	ret := func(n int64, outs ...[]byte) record {
		b := numbers(slot, uint64(n))
		for _, out := range outs {
			b = append(append(b, numbers(uint64(len(out)))...), out...)
		}
		return record{recReturn, b}
	}
	switch nr {
	case sysGetpid:
		return []record{ret(int64(k.tasks[slot].pid))}
	case sysClone:
		r := k.newTask(child)
		return []record{r, ret(int64(k.tasks[child].pid))}
	case sysUnshare:
		k.table = append(k.table, Namespace{k.next, uapi.USER_NS_INIT_ID, uapi.NSType(arg), uint32(4026532000 + k.next), 1, 1 + k.skew})
		k.next++
		return []record{ret(0)}
	case sysPause:
		k.tasks[slot].state = 'S'
		return []record{k.taskRecord(slot)}
	case sysExitGroup:
		k.tasks[slot].state = 'Z'
		return []record{k.taskRecord(slot)}
	case sysKill:
		for s, t := range k.tasks {
			if t.pid == int(arg) {
				t.state = 'Z'
				return []record{k.taskRecord(s), ret(0)}
			}
		}
	case sysWait4:
		for s, t := range k.tasks {
			if t.pid == int(arg) {
				t.state = 'X'
				return []record{k.taskRecord(s), ret(int64(t.pid), order.AppendUint32(nil, 9))}
			}
		}
	case sysClose:
		return []record{ret(-int64(uapi.EBADF))}
	}
	return []record{ret(-int64(uapi.ENOSYS))}
}

func parse(t *testing.T, text string) *program.Program {
	t.Helper()
	p, err := program.Parse("t.ns", []byte(text))
	require.NoError(t, err)
	return p
}

func background(t *testing.T) context.Context {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	t.Cleanup(cancel)
	return ctx
}

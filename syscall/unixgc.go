// SPDX-License-Identifier: GPL-2.0-only

package syscall

import (
	"github.com/nssim/nssim/sim"
	"github.com/nssim/nssim/syscall/uapi"
)

// Sockets that are in flight to each other and to nobody else keep each other open,
// and with them whatever else their queues hold. Closing the last descriptor of one
// that is in flight releases nothing, so nothing looks for them then: only the release
// of another AF_UNIX socket does, of any process (net/unix/garbage.c, v6.19).

func init() {
	define(opUnixGC, "unix_gc", step{"unix_walk_scc", func(x X) {
		for _, s := range x.unreachable() {
			x.purge(s)
		}
	}})
}

// scheduleUnixGC queues a collection if sockets are in flight and none is queued
// (net/unix/garbage.c: unix_schedule_gc, v6.19). The kernel goes by whether there may
// be cycles; without one a collection finds nothing.
func (x X) scheduleUnixGC() {
	inFlight := false
	x.eachInFlight(func(_, _ sim.SocketID) { inFlight = true })
	if inFlight && !x.isDeferred(sim.WorkUnixGC) {
		x.Defer(sim.WorkUnixGC, 0, 0)
	}
}

// eachInFlight calls f for every AF_UNIX socket in a queue, with the socket whose
// queue it is.
func (x X) eachInFlight(f func(sent, queue sim.SocketID)) {
	for q := sim.SocketID(1); int32(q) < x.Sockets.Cap(); q++ {
		if !x.Sockets.Live(int32(q)) {
			continue
		}
		for m := x.Socket(q).First; m != 0; m = x.Msgs.At(m).Next {
			for i := x.Msgs.At(m).Files; i != 0; i = x.MsgFiles.At(i).Next {
				if s := x.unixSocket(x.MsgFiles.At(i).File); s != 0 {
					f(s, q)
				}
			}
		}
	}
}

// unixSocket returns the AF_UNIX socket of a file, 0 if it is none.
func (x X) unixSocket(file sim.FileID) sim.SocketID {
	k := x.File(file)
	if k.Kind != sim.FileSocket || x.Socket(sim.SocketID(k.Obj)).Family != uapi.AF_UNIX {
		return 0
	}
	return sim.SocketID(k.Obj)
}

// unreachable returns the sockets that nobody can receive any more: all references on
// their files are in flight, in queues of such sockets. It is the largest such set, so
// what the kernel collects component by component over several runs goes in one.
func (x X) unreachable() (dead []sim.SocketID) {
	n := x.Sockets.Cap()
	refs := make([]int32, n) // in flight
	file := make([]sim.FileID, n)
	x.eachInFlight(func(sent, _ sim.SocketID) { refs[sent]++ })
	for f := int32(1); f < x.Files.Cap(); f++ {
		if !x.Files.Live(f) {
			continue
		}
		if k := x.File(sim.FileID(f)); k.Kind == sim.FileSocket && k.Refs > 0 {
			file[k.Obj] = sim.FileID(f)
		}
	}
	lost := func(s sim.SocketID) bool { return refs[s] != 0 && refs[s] == x.File(file[s]).Refs }
	for again := true; again; {
		again = false
		x.eachInFlight(func(sent, queue sim.SocketID) {
			if lost(sent) && !lost(queue) {
				refs[sent] = 0
				again = true
			}
		})
	}
	for s := sim.SocketID(1); int32(s) < n; s++ {
		if x.Sockets.Live(int32(s)) && lost(s) {
			dead = append(dead, s)
		}
	}
	return dead
}

// SPDX-License-Identifier: GPL-2.0-only

package explore

import (
	"github.com/nssim/nssim/sim"
	"github.com/nssim/nssim/sim/internal/hash"
)

// number returns the canonical number of object i of a kind, and whether it is met for
// the first time: its content has to follow.
func (f *former) number(of []int32, i int32) (n int32, first bool) {
	if i == 0 {
		return 0, false
	}
	if of[i] == 0 {
		f.next++
		of[i] = f.next
		return f.next, true
	}
	return of[i], false
}

func (f *former) proxyRef(p sim.ProxyID) int32 {
	n, first := f.number(f.prox, int32(p))
	if first {
		k := f.m.Proxy(p)
		w := f.room(3)
		w[0] = hash.Pack(k.Count, bit(k.Active, 0))
		w[1] = hash.Pack4(f.ns[k.NS[0]], f.ns[k.NS[1]], f.ns[k.NS[2]], f.ns[k.NS[3]])
		w[2] = hash.Pack4(f.ns[k.NS[4]], f.ns[k.NS[5]], f.ns[k.NS[6]], f.ns[k.NS[7]])
	}
	return n
}

func (f *former) credRef(i sim.CredID) int32 {
	n, first := f.number(f.cred, int32(i))
	if !first {
		return n
	}
	k := f.m.Cred(i)
	u := f.m.UCounts.At(int32(k.UCounts))
	plain := k.UID == (sim.IDs{}) && k.GID == (sim.IDs{}) && k.Effective == sim.FullCaps && k.Permitted == sim.FullCaps &&
		k.Bounding == sim.FullCaps && k.Inheritable|k.Ambient == 0 && k.SecureBits == 0
	f.word(hash.Pack4(f.ns[k.UserNS], k.Refs, f.ns[u.NS], int32(k.Groups)<<1|bit(plain, 0)))
	if plain {
		f.word(uint64(u.UID))
		return n
	}
	w := f.room(9)
	w[0] = hash.Pack(int32(k.UID.Real), int32(k.UID.Eff))
	w[1] = hash.Pack(int32(k.UID.Saved), int32(k.UID.FS))
	w[2] = hash.Pack(int32(k.GID.Real), int32(k.GID.Eff))
	w[3] = hash.Pack(int32(k.GID.Saved), int32(k.GID.FS))
	w[4] = uint64(k.Permitted)
	w[5] = uint64(k.Effective)
	w[6] = uint64(k.Bounding)<<16 | uint64(k.SecureBits)
	w[7] = uint64(k.Inheritable) ^ uint64(u.UID)<<41
	w[8] = uint64(k.Ambient)
	return n
}

func (f *former) pidRef(p sim.PidID) int32 {
	n, first := f.number(f.pid, int32(p))
	if !first {
		return n
	}
	k := f.m.Pid(p)
	l := f.m.UPids.At(k.UPid)
	f.word(hash.Pack4(k.Refs, k.Uses, f.taskRef(k.Task), f.ns[l.NS]<<3|bit(k.Freed, 0)|bit(l.Nr == 1, 1)|bit(l.Outer != 0, 2)))
	for u := l.Outer; u != 0; u = f.m.UPids.At(u).Outer {
		l := f.m.UPids.At(u)
		f.word(hash.Pack(f.ns[l.NS], bit(l.Nr == 1, 0)))
	}
	return n
}

func (f *former) fileRef(i sim.FileID) int32 {
	n, first := f.number(f.file, int32(i))
	if !first {
		return n
	}
	k := f.m.File(i)
	cred := f.credRef(k.Cred)
	obj := k.Obj
	switch k.Kind {
	case sim.FileNSFS:
		obj = f.inodeRef(sim.InodeID(k.Obj))
	case sim.FilePidFD, sim.FileProcDir, sim.FileProcNSLink:
		obj = f.pidRef(sim.PidID(k.Obj))
	case sim.FileSocket:
		obj = f.socketRef(sim.SocketID(k.Obj))
	}
	w := f.room(2)
	w[0] = uint64(k.Kind)<<56 | uint64(k.Which)<<48 | uint64(cred)<<32 | uint64(k.Flags)
	w[1] = hash.Pack4(k.Refs, obj, f.ns[k.NS], int32(k.Pos))
	return n
}

func (f *former) inodeRef(i sim.InodeID) int32 {
	n, first := f.number(f.ino, int32(i))
	if first {
		k := f.m.Inode(i)
		f.word(hash.Pack4(f.ns[k.NS], k.Dentry, k.Marks, bit(f.m.Nodes[k.NS].Stashed == int32(i), 0)|bit(k.Evicted, 1)))
	}
	return n
}

// socketRef writes a socket and the other end of its pair.
func (f *former) socketRef(s sim.SocketID) int32 {
	n, first := f.number(f.sock, int32(s))
	if !first {
		return n
	}
	k := f.m.Socket(s)
	w := f.room(2)
	w[0] = hash.Pack4(f.ns[k.NetNS], int32(k.Family)|int32(k.Type)<<8, int32(k.Proto), k.Refs<<2|bit(k.Closed, 0)|bit(k.Reset, 1))
	at := f.n - 1
	pid := f.pidRef(k.PeerPid)
	f.buf[at] = hash.Pack(pid, f.socketRef(k.Peer))
	return n
}

// userMem writes the ids that the tasks' programs hold, by their rank among all ids that
// are held or alive.
func (f *former) userMem() {
	m := f.m
	for _, u := range m.UserMem {
		rank := int32(0)
		for _, h := range m.Ordered() {
			if m.Nodes[h].ID < u.ID {
				rank += 2
			} else if m.Nodes[h].ID == u.ID {
				rank++
			}
		}
		below := int32(0) // held ids of namespaces that are gone
		for _, o := range m.UserMem {
			if o.ID < u.ID {
				below++
			}
		}
		t := u.Task
		f.word(hash.Pack4(rank, below, f.taskRef(max(t, -t)), bit(t < 0, 0)))
	}
}

// SPDX-License-Identifier: GPL-2.0-only

package syscall

import (
	"github.com/nssim/nssim/sim"
	"github.com/nssim/nssim/syscall/uapi"
)

// Ioctl is ioctl(2). Arg is the argument by value; Bad says that as an address it
// faults; Null that it is a null pointer.
type Ioctl struct {
	FD   int32
	Cmd  uapi.Ioctl
	Arg  uint64
	Bad  bool
	Null bool
}

func (c Ioctl) start(x X) {
	f, e := x.fdGet(c.FD, false)
	if e != 0 {
		x.result(0, e)
		return
	}
	switch k := x.File(f); k.Kind {
	case sim.FileNSFS:
		x.nsIoctl(x.nsOfFile(f), c)
	case sim.FileSocket:
		x.sockIoctl(f, c)
	case sim.FilePidFD:
		x.pidfdIoctl(f, c.Cmd, c.Arg)
	default:
		x.result(0, uapi.ENOTTY)
	}
}

// Ioctl makes an ioctl whose argument is a number or is not looked at.
func (t T) Ioctl(fd int, cmd uapi.Ioctl, arg uint64) (int64, error) {
	return Do(t.M, t.ID, Ioctl{FD: int32(fd), Cmd: cmd, Arg: arg})
}

// NSGetID is ioctl(fd, NS_GET_ID) (fs/nsfs.c: ns_ioctl, v6.19).
func (t T) NSGetID(fd int) (uint64, error) {
	_, err := t.Ioctl(fd, uapi.NS_GET_ID, 0)
	return t.M.Task(t.ID).Out[0], err
}

// NSGetUserNS is ioctl(fd, NS_GET_USERNS): a descriptor on the owning user
// namespace. EPERM: the caller's user namespace is neither the owner nor above it.
func (t T) NSGetUserNS(fd int) (int, error) {
	return t.fd(Ioctl{FD: int32(fd), Cmd: uapi.NS_GET_USERNS})
}

// NSGetParent is ioctl(fd, NS_GET_PARENT) for user and pid namespaces. EINVAL:
// another type; EPERM: the parent is out of the caller's reach.
func (t T) NSGetParent(fd int) (int, error) {
	return t.fd(Ioctl{FD: int32(fd), Cmd: uapi.NS_GET_PARENT})
}

// SIOCGSKNS opens a socket's network namespace (net/socket.c: sock_ioctl, v6.19) and
// brings it and its owners back to life if they were inactive. EPERM: no
// CAP_NET_ADMIN over the namespace's owner.
func (t T) SIOCGSKNS(fd int) (int, error) { return t.fd(Ioctl{FD: int32(fd), Cmd: uapi.SIOCGSKNS}) }

// What NS_MNT_GET_INFO and its kin leave in Task.Out.
const (
	OutMntNSID   = 0 // mnt_ns_id
	OutMntNrSize = 1 // nr_mounts << 32 | size
)

// mntIoctl recognises the three extensible commands: direction, number, and a size
// of at least the struct's first version.
func mntIoctl(c uapi.Ioctl) (nr uint32, ok bool) {
	if c.Type() != uapi.NSIO || c.Dir() != uapi.IOC_READ || c.Size() < uapi.MNT_NS_INFO_SIZE_VER0 {
		return 0, false
	}
	nr = c.Nr()
	return nr, nr >= uapi.Ioctl(uapi.NS_MNT_GET_INFO).Nr() && nr <= uapi.Ioctl(uapi.NS_MNT_GET_PREV).Nr()
}

// nsIoctl is an ioctl on a namespace file (fs/nsfs.c: ns_ioctl, v6.19).
func (x X) nsIoctl(ns sim.NS, c Ioctl) {
	if nr, ok := mntIoctl(c.Cmd); ok {
		x.mntNSIoctl(ns, nr, c)
		return
	}
	n := &x.Nodes[ns]
	switch c.Cmd {
	case uapi.NS_GET_USERNS:
		x.openRelated(x.getOwner(ns))
	case uapi.NS_GET_PARENT:
		x.openRelated(x.getParent(ns))
	case uapi.NS_GET_NSTYPE:
		x.result(int64(n.NSType()), 0)
	case uapi.NS_GET_OWNER_UID:
		if n.NSType() != uapi.USER_NS {
			x.result(0, uapi.EINVAL)
			return
		}
		mine := x.UserNSOf(x.cred().UserNS)
		x.store(c, uint64(x.Munged(mine.UIDMap, x.UserNSOf(ns).Owner)))
	case uapi.NS_GET_MNTNS_ID:
		if n.NSType() != uapi.MNT_NS {
			x.result(0, uapi.EINVAL)
			return
		}
		x.store(c, n.ID)
	case uapi.NS_GET_ID:
		x.store(c, n.ID)
	case uapi.NS_GET_PID_FROM_PIDNS, uapi.NS_GET_TGID_FROM_PIDNS, uapi.NS_GET_PID_IN_PIDNS, uapi.NS_GET_TGID_IN_PIDNS:
		x.result(x.translatePid(ns, c))
	default:
		x.result(0, uapi.ENOTTY)
	}
}

// store ends a call that writes a value to the argument's address.
func (x X) store(c Ioctl, v uint64) {
	if c.Bad || c.Null {
		x.result(0, uapi.EFAULT)
		return
	}
	x.me().Out[0] = v
	x.result(0, 0)
}

// openRelated is open_related_ns(): it opens the namespace, whose passive reference
// it takes over, whether or not it is active (fs/nsfs.c, v6.19).
func (x X) openRelated(ns sim.NS, e uapi.Errno) {
	if e != 0 {
		x.result(0, e)
		return
	}
	x.openNamespace(ns)
}

// translatePid converts a pid between a pid namespace and the caller's. Up to v6.19
// a pid that does not exist falls through to "unknown command".
func (x X) translatePid(ns sim.NS, c Ioctl) (int64, uapi.Errno) {
	if x.Nodes[ns].NSType() != uapi.PID_NS {
		return 0, uapi.EINVAL
	}
	mine := x.ActivePidNS(x.T)
	from, to := ns, mine
	if c.Cmd == uapi.NS_GET_PID_IN_PIDNS || c.Cmd == uapi.NS_GET_TGID_IN_PIDNS {
		from, to = mine, ns
	}
	t := x.FindTask(int32(c.Arg), from)
	if t == 0 {
		if x.Cfg.Rules.Has(sim.PidIoctlENOTTY) {
			return 0, uapi.ENOTTY
		}
		return 0, uapi.ESRCH
	}
	p := x.Task(t).Pid
	if c.Cmd == uapi.NS_GET_TGID_FROM_PIDNS || c.Cmd == uapi.NS_GET_TGID_IN_PIDNS {
		p = x.Task(x.Task(t).Leader).Tgid
	}
	nr := x.PidNr(p, to)
	if nr == 0 {
		return 0, uapi.ESRCH
	}
	return int64(nr), 0
}

// mntNSIoctl is the three mount namespace commands. Since v6.19.9 the right to step
// is asked for before the type of the descriptor.
func (x X) mntNSIoctl(ns sim.NS, nr uint32, c Ioctl) {
	step := nr != uapi.Ioctl(uapi.NS_MNT_GET_INFO).Nr()
	switch {
	case step && !x.Cfg.Rules.Has(sim.IterOwnerCap) && !x.MaySeeAll(x.T):
		x.result(0, uapi.EPERM)
	case x.Nodes[ns].NSType() != uapi.MNT_NS:
		x.result(0, uapi.EINVAL)
	case step:
		how := int64(0)
		if nr == uapi.Ioctl(uapi.NS_MNT_GET_PREV).Nr() {
			how |= mnPrev
		}
		if c.Null {
			how |= mnNull
		}
		if c.Bad {
			how |= mnBad
		}
		x.push(opMntNext, int64(ns), how, int64(min(c.Cmd.Size(), uapi.MNT_NS_INFO_SIZE_VER0)))
	case c.Null:
		x.result(0, uapi.EINVAL)
	case c.Bad:
		x.result(0, uapi.EFAULT)
	default:
		x.putMntInfo(ns, min(c.Cmd.Size(), uapi.MNT_NS_INFO_SIZE_VER0))
		x.result(0, 0)
	}
}

func (x X) putMntInfo(ns sim.NS, size uint32) {
	k := x.me()
	k.Out[OutMntNSID] = x.Nodes[ns].ID
	k.Out[OutMntNrSize] = uint64(uint32(x.nrMounts(ns)))<<32 | uint64(size)
}

// Locals of NS_MNT_GET_NEXT and PREV.
const (
	mnNS = iota
	mnHow
	mnSize
	mnInode
)

const (
	mnPrev = 1 << iota
	mnNull
	mnBad
)

func init() {
	define(opMntNext, "NS_MNT_GET_NEXT",
		step{"get_sequential_mnt_ns", mntNext},
		step{"get_unused_fd_flags", func(x X) {
			f := x.f()
			i := sim.InodeID(f.Ret)
			f.L[mnInode] = int64(i)
			if _, e := x.FDFree(x.me().Files, 0); e != 0 {
				x.fail(e)
				x.dput(i)
			}
		}},
		step{"copy_ns_info_to_user", func(x X) {
			f := x.f()
			i, how := sim.InodeID(f.L[mnInode]), f.L[mnHow]
			if how&mnBad != 0 || (how&mnNull != 0 && x.Cfg.Rules.Has(sim.IterNeedsInfo)) {
				x.fail(uapi.EFAULT)
				x.dput(i)
				return
			}
			if how&mnNull == 0 {
				x.putMntInfo(x.Inode(i).NS, uint32(f.L[mnSize]))
			}
			fd, e := x.openInode(i, uapi.O_RDONLY|uapi.O_CLOEXEC, 0)
			x.done(fd, e)
			if e != 0 {
				x.dput(i)
			}
		}},
	)
}

// mntNext steps to the next mount namespace that the caller may administer and that
// still lives. Whether it is active is not asked, so stepping may resurrect it
// (fs/namespace.c: get_sequential_mnt_ns, v6.19).
func mntNext(x X) {
	f := x.f()
	ns := sim.NS(f.L[mnNS])
	for {
		n, e := x.Adjoined(ns, f.L[mnHow]&mnPrev != 0)
		if e != 0 {
			x.fail(e)
			return
		}
		if ns = n; !x.Cfg.Faults.Has(sim.IterIgnoresActive) && !Visible(x.Machine, ns) {
			continue
		}
		if x.NSCapable(x.T, x.Entries[ns].Owner, uapi.CAP_SYS_ADMIN) && x.Get(ns) {
			break
		}
	}
	x.pathFromStashed(ns)
}

// sockIoctl knows SIOCGSKNS. Any other ioctl of a socket is not this model's
// subject.
func (x X) sockIoctl(f sim.FileID, c Ioctl) {
	if c.Cmd != uapi.SIOCGSKNS {
		x.result(0, uapi.ENOTTY)
		return
	}
	net := x.Socket(sim.SocketID(x.File(f).Obj)).NetNS
	switch {
	case !x.NSCapable(x.T, x.Entries[net].Owner, uapi.CAP_NET_ADMIN):
		x.result(0, uapi.EPERM)
	case !x.mayReopen(net) || !x.Get(net):
		x.result(0, uapi.EINVAL)
	default:
		x.openNamespace(net)
	}
}

// mayReopen is where the first posting, or a policy, refuses to open an inactive
// namespace through a socket.
func (x X) mayReopen(net sim.NS) bool {
	if p := x.Cfg.Policy.MayReopen; p != nil {
		return p(x.Machine, x.T, net)
	}
	return !x.Cfg.Rules.Has(sim.SocketRefusesInactive) || x.CheckActive(net)
}

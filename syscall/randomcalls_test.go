// SPDX-License-Identifier: GPL-2.0-only

package syscall

import (
	"github.com/nssim/nssim/sim"
	"github.com/nssim/nssim/syscall/uapi"
)

func pick[T any](r *randomizer, of ...T) T { return of[r.IntN(len(of))] }

// flags is one of the given values, seldom anything at all.
func (r *randomizer) flags(of ...uint32) uint32 {
	if r.IntN(12) == 0 {
		return r.Uint32()
	}
	return pick(r, of...)
}

func (r *randomizer) uid() uint32 {
	return pick(r, 0, 0, 1000, 1001, 65534, NoID, r.Uint32())
}

func (r *randomizer) socket(t sim.TaskID) Call {
	return Socket{
		pick[int32](r, uapi.AF_UNIX, uapi.AF_INET, uapi.AF_INET6, uapi.AF_NETLINK, uapi.AF_PACKET, int32(r.IntN(60))),
		pick[int32](r, uapi.SOCK_STREAM, uapi.SOCK_DGRAM, uapi.SOCK_RAW, uapi.SOCK_DGRAM|uapi.SOCK_CLOEXEC, int32(r.IntN(20))),
		pick[int32](r, 0, 0, 0, 1, 6, 17),
	}
}

func init() {
	randomTable = append(randomTable,
		(*randomizer).socket,
		(*randomizer).socket,
		func(r *randomizer, t sim.TaskID) Call {
			return Socketpair{uapi.AF_UNIX, pick[int32](r, uapi.SOCK_STREAM, uapi.SOCK_DGRAM, uapi.SOCK_SEQPACKET), 0}
		},
		func(r *randomizer, t sim.TaskID) Call {
			return Getsockopt{r.fd(t), uapi.SOL_SOCKET, uapi.SO_NETNS_COOKIE}
		},
		func(r *randomizer, t sim.TaskID) Call {
			fds := []int32{r.fd(t)}
			for r.IntN(3) == 0 {
				fds = append(fds, r.fd(t))
			}
			return Sendmsg{FD: r.fd(t), FDs: fds[:r.IntN(len(fds)+1)]}
		},
		func(r *randomizer, t sim.TaskID) Call {
			return Sendmsg{FD: r.fd(t), FDs: []int32{r.fd(t)}}
		},
		func(r *randomizer, t sim.TaskID) Call {
			return Recvmsg{FD: r.fd(t), Room: int32(r.IntN(5)), Flags: pick[uint32](r, 0, uapi.MSG_CMSG_CLOEXEC)}
		},
		func(r *randomizer, t sim.TaskID) Call { return SendFD{r.task(), r.fd(t)} },
		func(r *randomizer, t sim.TaskID) Call { return Pipe2{r.flags(0, uapi.O_CLOEXEC)} },
		func(r *randomizer, t sim.TaskID) Call { return PidfdOpen{r.pid(t), r.flags(0, 0, 0x800, 0x80)} },
		func(r *randomizer, t sim.TaskID) Call { return PidfdOpen{r.pid(t), 0} },
		func(r *randomizer, t sim.TaskID) Call { return PidfdGetfd{r.fd(t), r.fd(t), uint32(r.IntN(20)) / 19} },
		func(r *randomizer, t sim.TaskID) Call { return PidfdSendSignal{r.fd(t), int32(r.IntN(66)), 0} },
		func(r *randomizer, t sim.TaskID) Call { return Kill{r.pid(t), pick[int32](r, 0, 9, 15, 17, 70)} },
		func(r *randomizer, t sim.TaskID) Call { return Tgkill{r.pid(t), r.pid(t), pick[int32](r, 0, 9)} },
		func(r *randomizer, t sim.TaskID) Call {
			return Signal{pick[int32](r, 17, 15, 9, 0, 66), pick(r, SigIgn, SigDfl)}
		},
		func(r *randomizer, t sim.TaskID) Call { return Open{Path: r.path(), Flags: r.oflags()} },
		func(r *randomizer, t sim.TaskID) Call { return Open{Path: r.nsPath()} },
		func(r *randomizer, t sim.TaskID) Call { return Open{Path: r.nsPath(), Flags: uapi.O_CLOEXEC} },
		func(r *randomizer, t sim.TaskID) Call {
			return Openat{FD: r.fd(t), Path: r.path()[1:], Flags: r.oflags()}
		},
		func(r *randomizer, t sim.TaskID) Call { return Dup{r.fd(t)} },
		func(r *randomizer, t sim.TaskID) Call { return Dup2{r.fd(t), r.fd(t)} },
		func(r *randomizer, t sim.TaskID) Call {
			return Dup3{r.fd(t), r.fd(t), pick[int32](r, 0, uapi.O_CLOEXEC, 1)}
		},
		func(r *randomizer, t sim.TaskID) Call {
			return Fcntl{r.fd(t), pick[int32](r, uapi.F_DUPFD, uapi.F_DUPFD_CLOEXEC, uapi.F_GETFD, uapi.F_SETFD, 99), int64(r.IntN(1100)) - 5}
		},
		func(r *randomizer, t sim.TaskID) Call { return Read{r.fd(t), int64(r.IntN(5))} },
		func(r *randomizer, t sim.TaskID) Call {
			return Write{r.fd(t), pick(r, "0 0 1", "deny", "allow", "0 1000 1\n1 1 5", "x", "", "0 0 4294967295")}
		},
		func(r *randomizer, t sim.TaskID) Call { return Readlink{r.path()} },
		func(r *randomizer, t sim.TaskID) Call { return Stat{r.path()} },
		func(r *randomizer, t sim.TaskID) Call { return Lstat{r.path()} },
		func(r *randomizer, t sim.TaskID) Call { return Fstat{r.fd(t)} },
		func(r *randomizer, t sim.TaskID) Call { return Access{r.path(), r.Uint32N(9)} },
		func(r *randomizer, t sim.TaskID) Call { return Mkdir{r.path()} },
		func(r *randomizer, t sim.TaskID) Call { return Rmdir{r.path()} },
		func(r *randomizer, t sim.TaskID) Call { return Unlink{r.path()} },
		func(r *randomizer, t sim.TaskID) Call { return Chdir{r.path()} },
		func(r *randomizer, t sim.TaskID) Call {
			if r.IntN(10) != 0 {
				return Getpid{}
			}
			return Chroot{r.path()}
		},
		func(r *randomizer, t sim.TaskID) Call {
			return Mount{Source: r.path(), Target: pick(r, "/tmp/a", "/tmp/b", "/tmp", "/", r.path()), Type: pick(r, "tmpfs", "proc", "mqueue", "nope", ""),
				Flags: uint64(r.flags(uapi.MS_BIND, uapi.MS_BIND|uapi.MS_REC, uapi.MS_REC|uapi.MS_PRIVATE, 0, 0))}
		},
		func(r *randomizer, t sim.TaskID) Call {
			return Mount{Source: r.nsPath(), Target: pick(r, "/tmp/a", "/tmp/b"), Flags: uapi.MS_BIND}
		},
		func(r *randomizer, t sim.TaskID) Call {
			return Umount2{Target: pick(r, "/tmp/a", "/tmp/b", r.path()), Flags: r.flags(0, uapi.MNT_DETACH)}
		},
		func(r *randomizer, t sim.TaskID) Call {
			return OpenTree{uapi.AT_FDCWD, r.path(), r.flags(uapi.OPEN_TREE_CLONE, uapi.OPEN_TREE_NAMESPACE, uapi.OPEN_TREE_CLONE|uapi.AT_RECURSIVE, 0)}
		},
		func(r *randomizer, t sim.TaskID) Call { return FSOpen{pick(r, "tmpfs", "proc", "nope"), r.flags(0, 1)} },
		func(r *randomizer, t sim.TaskID) Call {
			return FSMount{r.fd(t), r.flags(0, uapi.FSMOUNT_CLOEXEC, uapi.FSMOUNT_NAMESPACE)}
		},
		func(r *randomizer, t sim.TaskID) Call { return MoveMount{r.fd(t), pick(r, "/tmp/a", "/tmp", r.path())} },
		func(r *randomizer, t sim.TaskID) Call { return InotifyInit{} },
		func(r *randomizer, t sim.TaskID) Call {
			return InotifyAddWatch{r.fd(t), r.path(), r.flags(uapi.IN_ALL_EVENTS)}
		},
		func(r *randomizer, t sim.TaskID) Call { return InotifyRmWatch{r.fd(t), int32(r.IntN(4))} },
		func(r *randomizer, t sim.TaskID) Call {
			return NameToHandleAt{FD: r.fd(t), Path: pick(r, "", r.nsPath()), Room: r.Uint32N(140), Flags: r.flags(uapi.AT_EMPTY_PATH, uapi.AT_SYMLINK_FOLLOW, 0)}
		},
		func(r *randomizer, t sim.TaskID) Call { return Setuid{r.uid()} },
		func(r *randomizer, t sim.TaskID) Call { return Setgid{r.uid()} },
		func(r *randomizer, t sim.TaskID) Call { return Setresuid{r.uid(), r.uid(), r.uid()} },
		func(r *randomizer, t sim.TaskID) Call { return Setresgid{r.uid(), r.uid(), r.uid()} },
		func(r *randomizer, t sim.TaskID) Call { return Setreuid{r.uid(), r.uid()} },
		func(r *randomizer, t sim.TaskID) Call { return Setfsuid{r.uid()} },
		func(r *randomizer, t sim.TaskID) Call { return Setgroups{} },
		func(r *randomizer, t sim.TaskID) Call {
			return Capset{sim.CapSet(r.Uint64()), sim.CapSet(r.Uint64() | r.Uint64()), 0}
		},
		func(r *randomizer, t sim.TaskID) Call {
			return Prctl{Option: int32(pick[uint32](r, uapi.PR_SET_CHILD_SUBREAPER, uapi.PR_SET_DUMPABLE, uapi.PR_SET_KEEPCAPS, uapi.PR_SET_PDEATHSIG, r.Uint32N(80))), Args: [4]uint64{uint64(r.IntN(20))}}
		},
		func(r *randomizer, t sim.TaskID) Call { return Mmap{0, uint64(r.IntN(20000))} },
		func(r *randomizer, t sim.TaskID) Call { return Munmap{r.Uint64() &^ 0xfff >> 17, 4096} },
	)
}

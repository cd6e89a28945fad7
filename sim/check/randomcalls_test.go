// SPDX-License-Identifier: GPL-2.0-only

package check_test

import (
	"github.com/nssim/nssim/sim"
	"github.com/nssim/nssim/syscall"
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
	return pick(r, 0, 0, 1000, 1001, 65534, syscall.NoID, r.Uint32())
}

func (r *randomizer) socket(t sim.TaskID) syscall.Call {
	return syscall.Socket{Family: pick[int32](r, uapi.AF_UNIX, uapi.AF_INET, uapi.AF_INET6, uapi.AF_NETLINK, uapi.AF_PACKET, int32(r.IntN(60))), Type: pick[int32](r, uapi.SOCK_STREAM, uapi.SOCK_DGRAM, uapi.SOCK_RAW, uapi.SOCK_DGRAM|uapi.SOCK_CLOEXEC, int32(r.IntN(20))), Proto: pick[int32](r, 0, 0, 0, 1, 6, 17)}
}

func init() {
	randomTable = append(randomTable,
		(*randomizer).socket,
		(*randomizer).socket,
		func(r *randomizer, t sim.TaskID) syscall.Call {
			return syscall.Socketpair{Family: uapi.AF_UNIX, Type: pick[int32](r, uapi.SOCK_STREAM, uapi.SOCK_DGRAM, uapi.SOCK_SEQPACKET), Proto: 0}
		},
		func(r *randomizer, t sim.TaskID) syscall.Call {
			return syscall.Getsockopt{FD: r.fd(t), Level: uapi.SOL_SOCKET, Option: uapi.SO_NETNS_COOKIE}
		},
		func(r *randomizer, t sim.TaskID) syscall.Call {
			fds := []int32{r.fd(t)}
			for r.IntN(3) == 0 {
				fds = append(fds, r.fd(t))
			}
			return syscall.Sendmsg{FD: r.fd(t), FDs: fds[:r.IntN(len(fds)+1)]}
		},
		func(r *randomizer, t sim.TaskID) syscall.Call {
			return syscall.Sendmsg{FD: r.fd(t), FDs: []int32{r.fd(t)}}
		},
		func(r *randomizer, t sim.TaskID) syscall.Call {
			return syscall.Recvmsg{FD: r.fd(t), Room: int32(r.IntN(5)), Flags: pick[uint32](r, 0, uapi.MSG_CMSG_CLOEXEC)}
		},
		func(r *randomizer, t sim.TaskID) syscall.Call { return syscall.SendFD{To: r.task(), FD: r.fd(t)} },
		func(r *randomizer, t sim.TaskID) syscall.Call {
			return syscall.Pipe2{Flags: r.flags(0, uapi.O_CLOEXEC)}
		},
		func(r *randomizer, t sim.TaskID) syscall.Call {
			return syscall.PidfdOpen{Pid: r.pid(t), Flags: r.flags(0, 0, 0x800, 0x80)}
		},
		func(r *randomizer, t sim.TaskID) syscall.Call { return syscall.PidfdOpen{Pid: r.pid(t), Flags: 0} },
		func(r *randomizer, t sim.TaskID) syscall.Call {
			return syscall.PidfdGetfd{PidFD: r.fd(t), FD: r.fd(t), Flags: uint32(r.IntN(20)) / 19}
		},
		func(r *randomizer, t sim.TaskID) syscall.Call {
			return syscall.PidfdSendSignal{PidFD: r.fd(t), Sig: int32(r.IntN(66)), Flags: 0}
		},
		func(r *randomizer, t sim.TaskID) syscall.Call {
			return syscall.Kill{Pid: r.pid(t), Sig: pick[int32](r, 0, 9, 15, 17, 70)}
		},
		func(r *randomizer, t sim.TaskID) syscall.Call {
			return syscall.Tgkill{Tgid: r.pid(t), Tid: r.pid(t), Sig: pick[int32](r, 0, 9)}
		},
		func(r *randomizer, t sim.TaskID) syscall.Call {
			return syscall.Signal{Sig: pick[int32](r, 17, 15, 9, 0, 66), Disposition: pick(r, syscall.SigIgn, syscall.SigDfl)}
		},
		func(r *randomizer, t sim.TaskID) syscall.Call { return syscall.Open{Path: r.path(), Flags: r.oflags()} },
		func(r *randomizer, t sim.TaskID) syscall.Call { return syscall.Open{Path: r.nsPath()} },
		func(r *randomizer, t sim.TaskID) syscall.Call {
			return syscall.Open{Path: r.nsPath(), Flags: uapi.O_CLOEXEC}
		},
		func(r *randomizer, t sim.TaskID) syscall.Call {
			return syscall.Openat{FD: r.fd(t), Path: r.path()[1:], Flags: r.oflags()}
		},
		func(r *randomizer, t sim.TaskID) syscall.Call { return syscall.Dup{FD: r.fd(t)} },
		func(r *randomizer, t sim.TaskID) syscall.Call { return syscall.Dup2{FD: r.fd(t), NewFD: r.fd(t)} },
		func(r *randomizer, t sim.TaskID) syscall.Call {
			return syscall.Dup3{FD: r.fd(t), NewFD: r.fd(t), Flags: pick[int32](r, 0, uapi.O_CLOEXEC, 1)}
		},
		func(r *randomizer, t sim.TaskID) syscall.Call {
			return syscall.Fcntl{FD: r.fd(t), Cmd: pick[int32](r, uapi.F_DUPFD, uapi.F_DUPFD_CLOEXEC, uapi.F_GETFD, uapi.F_SETFD, 99), Arg: int64(r.IntN(1100)) - 5}
		},
		func(r *randomizer, t sim.TaskID) syscall.Call { return syscall.Read{FD: r.fd(t), N: int64(r.IntN(5))} },
		func(r *randomizer, t sim.TaskID) syscall.Call {
			return syscall.Write{FD: r.fd(t), Data: pick(r, "0 0 1", "deny", "allow", "0 1000 1\n1 1 5", "x", "", "0 0 4294967295")}
		},
		func(r *randomizer, t sim.TaskID) syscall.Call { return syscall.Readlink{Path: r.path()} },
		func(r *randomizer, t sim.TaskID) syscall.Call { return syscall.Stat{Path: r.path()} },
		func(r *randomizer, t sim.TaskID) syscall.Call { return syscall.Lstat{Path: r.path()} },
		func(r *randomizer, t sim.TaskID) syscall.Call { return syscall.Fstat{FD: r.fd(t)} },
		func(r *randomizer, t sim.TaskID) syscall.Call {
			return syscall.Access{Path: r.path(), Mode: r.Uint32N(9)}
		},
		func(r *randomizer, t sim.TaskID) syscall.Call { return syscall.Mkdir{Path: r.path()} },
		func(r *randomizer, t sim.TaskID) syscall.Call { return syscall.Rmdir{Path: r.path()} },
		func(r *randomizer, t sim.TaskID) syscall.Call { return syscall.Unlink{Path: r.path()} },
		func(r *randomizer, t sim.TaskID) syscall.Call { return syscall.Chdir{Path: r.path()} },
		func(r *randomizer, t sim.TaskID) syscall.Call {
			if r.IntN(10) != 0 {
				return syscall.Getpid{}
			}
			return syscall.Chroot{Path: r.path()}
		},
		func(r *randomizer, t sim.TaskID) syscall.Call {
			return syscall.Mount{Source: r.path(), Target: pick(r, "/tmp/a", "/tmp/b", "/tmp", "/", r.path()), Type: pick(r, "tmpfs", "proc", "mqueue", "nope", ""),
				Flags: uint64(r.flags(uapi.MS_BIND, uapi.MS_BIND|uapi.MS_REC, uapi.MS_REC|uapi.MS_PRIVATE, 0, 0))}
		},
		func(r *randomizer, t sim.TaskID) syscall.Call {
			return syscall.Mount{Source: r.nsPath(), Target: pick(r, "/tmp/a", "/tmp/b"), Flags: uapi.MS_BIND}
		},
		func(r *randomizer, t sim.TaskID) syscall.Call {
			return syscall.Umount2{Target: pick(r, "/tmp/a", "/tmp/b", r.path()), Flags: r.flags(0, uapi.MNT_DETACH)}
		},
		func(r *randomizer, t sim.TaskID) syscall.Call {
			return syscall.OpenTree{FD: uapi.AT_FDCWD, Path: r.path(), Flags: r.flags(uapi.OPEN_TREE_CLONE, uapi.OPEN_TREE_NAMESPACE, uapi.OPEN_TREE_CLONE|uapi.AT_RECURSIVE, 0)}
		},
		func(r *randomizer, t sim.TaskID) syscall.Call {
			return syscall.FSOpen{Type: pick(r, "tmpfs", "proc", "nope"), Flags: r.flags(0, 1)}
		},
		func(r *randomizer, t sim.TaskID) syscall.Call {
			return syscall.FSMount{FD: r.fd(t), Flags: r.flags(0, uapi.FSMOUNT_CLOEXEC, uapi.FSMOUNT_NAMESPACE)}
		},
		func(r *randomizer, t sim.TaskID) syscall.Call {
			return syscall.MoveMount{FD: r.fd(t), Path: pick(r, "/tmp/a", "/tmp", r.path())}
		},
		func(r *randomizer, t sim.TaskID) syscall.Call { return syscall.InotifyInit{} },
		func(r *randomizer, t sim.TaskID) syscall.Call {
			return syscall.InotifyAddWatch{FD: r.fd(t), Path: r.path(), Mask: r.flags(uapi.IN_ALL_EVENTS)}
		},
		func(r *randomizer, t sim.TaskID) syscall.Call {
			return syscall.InotifyRmWatch{FD: r.fd(t), WD: int32(r.IntN(4))}
		},
		func(r *randomizer, t sim.TaskID) syscall.Call {
			return syscall.NameToHandleAt{FD: r.fd(t), Path: pick(r, "", r.nsPath()), Room: r.Uint32N(140), Flags: r.flags(uapi.AT_EMPTY_PATH, uapi.AT_SYMLINK_FOLLOW, 0)}
		},
		func(r *randomizer, t sim.TaskID) syscall.Call { return syscall.Setuid{UID: r.uid()} },
		func(r *randomizer, t sim.TaskID) syscall.Call { return syscall.Setgid{GID: r.uid()} },
		func(r *randomizer, t sim.TaskID) syscall.Call {
			return syscall.Setresuid{Real: r.uid(), Eff: r.uid(), Saved: r.uid()}
		},
		func(r *randomizer, t sim.TaskID) syscall.Call {
			return syscall.Setresgid{Real: r.uid(), Eff: r.uid(), Saved: r.uid()}
		},
		func(r *randomizer, t sim.TaskID) syscall.Call { return syscall.Setreuid{Real: r.uid(), Eff: r.uid()} },
		func(r *randomizer, t sim.TaskID) syscall.Call { return syscall.Setfsuid{UID: r.uid()} },
		func(r *randomizer, t sim.TaskID) syscall.Call { return syscall.Setgroups{} },
		func(r *randomizer, t sim.TaskID) syscall.Call {
			return syscall.Capset{Effective: sim.CapSet(r.Uint64()), Permitted: sim.CapSet(r.Uint64() | r.Uint64()), Inheritable: 0}
		},
		func(r *randomizer, t sim.TaskID) syscall.Call {
			return syscall.Prctl{Option: int32(pick[uint32](r, uapi.PR_SET_CHILD_SUBREAPER, uapi.PR_SET_DUMPABLE, uapi.PR_SET_KEEPCAPS, uapi.PR_SET_PDEATHSIG, r.Uint32N(80))), Args: [4]uint64{uint64(r.IntN(20))}}
		},
		func(r *randomizer, t sim.TaskID) syscall.Call {
			return syscall.Mmap{Addr: 0, Len: uint64(r.IntN(20000))}
		},
		func(r *randomizer, t sim.TaskID) syscall.Call {
			return syscall.Munmap{Addr: r.Uint64() &^ 0xfff >> 17, Len: 4096}
		},
	)
}

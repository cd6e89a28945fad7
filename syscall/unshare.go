// SPDX-License-Identifier: GPL-2.0-only

package syscall

import (
	"github.com/nssim/nssim/sim"
	"github.com/nssim/nssim/syscall/uapi"
)

// Unshare is unshare(2).
type Unshare struct{ Flags uint64 }

func (c Unshare) start(x X) { x.push(opUnshare, int64(c.Flags)) }

// Unshare gives the task private copies of what the flags name
// (kernel/fork.c: ksys_unshare, v6.19). EINVAL: an unknown flag, or one that needs
// a single thread; EPERM: no CAP_SYS_ADMIN over the owner to be, or a user
// namespace that may not be made; ENOSPC: a limit on nesting.
func (t T) Unshare(flags uint64) error {
	_, err := Do(t.M, t.ID, Unshare{flags})
	return err
}

// Locals of unshare.
const (
	ushFlags = iota
	ushCred  // prepared credential, 0 without CLONE_NEWUSER
	ushProxy // nsproxy being made
	ushFiles
	ushErr
)

const unshareKnown = nsFlags | uapi.CLONE_NEWUSER | uapi.CLONE_THREAD | uapi.CLONE_FS | uapi.CLONE_SIGHAND |
	uapi.CLONE_VM | uapi.CLONE_FILES | uapi.CLONE_SYSVSEM

const (
	ushUnwindProxy = 10
	ushUnwindCred  = 11
)

func init() {
	define(opUnshare, "unshare",
		step{"check_unshare_flags", unshareCheck},
		step{"unshare_fd", unshareFD},
		step{"unshare_userns", func(x X) {
			f := x.f()
			if uint64(f.L[ushFlags])&uapi.CLONE_NEWUSER == 0 {
				return
			}
			c := x.prepareCreds()
			f.L[ushCred] = int64(c)
			x.push(opCreateUserNS, int64(c))
		}},
		step{"unshare_nsproxy_namespaces", unshareProxy},
		step{"set_cred_ucounts", unshareUCounts},
		step{"switch_fs_struct", func(x X) {
			if !x.Cfg.Rules.Has(sim.UnshareNSProxyFirst) {
				x.unshareFS(sim.ProxyID(x.f().L[ushProxy]))
			}
		}},
		step{"switch_task_namespaces", func(x X) {
			f := x.f()
			if p := f.L[ushProxy]; p != 0 {
				f.L[ushProxy] = 0
				x.push(opSwitchNamespaces, p)
			}
		}},
		step{"switch_files", func(x X) {
			if x.Cfg.Rules.Has(sim.UnshareNSProxyFirst) {
				x.unshareFS(x.me().Proxy)
			}
			f, k := x.f(), x.me()
			if n := f.L[ushFiles]; n != 0 {
				x.FDs(k.Files).Users--
				k.Files, f.L[ushFiles] = sim.FDTableID(n), 0
			}
		}},
		step{"commit_creds", func(x X) {
			f := x.f()
			if c := f.L[ushCred]; c != 0 {
				f.L[ushCred] = 0
				x.commitCreds(sim.CredID(c))
			}
		}},
		step{"done", func(x X) { x.ret(0) }},
		step{"nsproxy_free", unshareDropProxy},
		step{"put_cred", func(x X) {
			f := x.f()
			c, e := f.L[ushCred], f.L[ushErr]
			x.dropFiles(sim.FDTableID(f.L[ushFiles]))
			x.ret(e)
			x.putCred(sim.CredID(c))
		}},
	)
}

// unshareCheck applies the implications between flags and the checks that need no
// privilege.
func unshareCheck(x X) {
	f := x.f()
	fl := uint64(f.L[ushFlags])
	if fl&uapi.CLONE_NEWUSER != 0 {
		fl |= uapi.CLONE_THREAD | uapi.CLONE_FS
	}
	if fl&uapi.CLONE_VM != 0 {
		fl |= uapi.CLONE_SIGHAND
	}
	if fl&uapi.CLONE_SIGHAND != 0 {
		fl |= uapi.CLONE_THREAD
	}
	known := uint64(unshareKnown)
	if !x.Cfg.Rules.Has(sim.NoCloneAutoreap) {
		known |= uapi.UNSHARE_EMPTY_MNTNS
		if fl&uapi.UNSHARE_EMPTY_MNTNS != 0 {
			fl |= uapi.CLONE_NEWNS | uapi.CLONE_EMPTY_MNTNS
		}
	}
	if fl&uapi.CLONE_NEWNS != 0 {
		fl |= uapi.CLONE_FS
	}
	k := x.me()
	switch {
	case fl&uapi.CLONE_NEWUSER != 0 && !x.mayCloneUserNS():
		x.fail(uapi.EPERM)
		return
	case uint64(f.L[ushFlags])&^known != 0:
		x.fail(uapi.EINVAL)
		return
	case fl&(uapi.CLONE_THREAD|uapi.CLONE_SIGHAND|uapi.CLONE_VM) != 0 && x.Threads(x.T, true) > 0:
		x.fail(uapi.EINVAL)
		return
	case fl&(uapi.CLONE_SIGHAND|uapi.CLONE_VM) != 0 && x.SigHands.At(k.SigHand).Users > 1:
		x.fail(uapi.EINVAL)
		return
	case fl&uapi.CLONE_VM != 0 && x.MM(k.MM).Users > 1:
		x.fail(uapi.EINVAL)
		return
	}
	f.L[ushFlags] = int64(fl)
}

func unshareFD(x X) {
	f := x.f()
	if uint64(f.L[ushFlags])&uapi.CLONE_FILES != 0 && x.FDs(x.me().Files).Users > 1 {
		f.L[ushFiles] = int64(x.CopyFDs(x.me().Files))
	}
}

// unshareProxy asks for CAP_SYS_ADMIN with the caller's old credential, which has
// it over a namespace it has just made as that one's owner.
func unshareProxy(x X) {
	f := x.f()
	if f.Ret < 0 { // create_user_ns failed
		f.L[ushErr] = f.Ret
		x.jump(ushUnwindCred)
		return
	}
	fl := uint64(f.L[ushFlags])
	if fl&nsFlags == 0 {
		return
	}
	user := x.cred().UserNS
	if c := f.L[ushCred]; c != 0 {
		user = x.Cred(sim.CredID(c)).UserNS
	}
	if !x.NSCapable(x.T, user, uapi.CAP_SYS_ADMIN) {
		f.L[ushErr] = -int64(uapi.EPERM)
		x.jump(ushUnwindCred)
		return
	}
	x.createNewNamespaces(fl&(nsFlags|uapi.CLONE_EMPTY_MNTNS), x.me().Proxy, user, x.T)
}

func unshareUCounts(x X) {
	f := x.f()
	if f.Ret < 0 { // create_new_namespaces failed
		f.L[ushErr] = f.Ret
		x.jump(ushUnwindCred)
		return
	}
	if uint64(f.L[ushFlags])&nsFlags != 0 {
		f.L[ushProxy] = f.Ret
	}
	c := f.L[ushCred]
	if c == 0 {
		return
	}
	if e := x.injected(FailUCounts); e != 0 {
		f.L[ushErr] = -int64(e)
		x.jump(ushUnwindProxy)
		return
	}
	x.setCredUCounts(sim.CredID(c))
}

// unshareDropProxy throws the new nsproxy away, which was never active. Kernels before
// v7.2.11 either forgot it or treated it like one that was.
func unshareDropProxy(x X) {
	p := int64(x.take(ushProxy))
	switch {
	case p == 0, x.Cfg.Rules.Has(sim.UnshareErrorLeaks):
	case x.Cfg.Rules.Has(sim.UnshareErrorDropsActive):
		x.push(opDeactivateProxy, p)
	default:
		x.push(opFreeProxy, p)
	}
}

// unshareFS installs the private file-system context, which with CLONE_NEWNS is in the
// nsproxy's mount namespace.
func (x X) unshareFS(p sim.ProxyID) {
	fl, k := uint64(x.f().L[ushFlags]), x.me()
	if fl&uapi.CLONE_FS != 0 {
		k.FS = x.privateFS(k.FS)
	}
	x.enterMntNS(k.FS, p, fl)
}

// enterMntNS moves a file-system context into a new mount namespace, where it stays in
// its chroot; an empty one has nothing but the root.
func (x X) enterMntNS(i sim.FSID, p sim.ProxyID, fl uint64) {
	if fl&uapi.CLONE_NEWNS == 0 {
		return
	}
	fs := x.FS(i)
	fs.Root = x.Proxy(p).NS[sim.SlotMnt]
	if fl&uapi.CLONE_EMPTY_MNTNS != 0 {
		fs.Chroot = false
	}
}

// privateFS returns fs itself if it is not shared, else a copy.
func (x X) privateFS(fs sim.FSID) sim.FSID {
	if x.FS(fs).Users == 1 {
		return fs
	}
	x.FS(fs).Users--
	n := sim.FSID(x.FSs.New())
	*x.FS(n) = *x.FS(fs)
	x.FS(n).Users = 1
	return n
}

// dropFiles throws a private table away that was never installed: every file in it
// is still open in the table it was copied from.
func (x X) dropFiles(table sim.FDTableID) {
	if table == 0 {
		return
	}
	x.EachFD(table, func(_ int32, file sim.FileID) { x.File(file).Refs-- })
	x.FreeFDs(table)
}

// SPDX-License-Identifier: GPL-2.0-only

package program

import "github.com/nssim/nssim/syscall"

// The calls on mounts and watches.
func init() {
	define(map[string]callSpec{
		"mount": {build: func(a *args) syscall.Call {
			return syscall.Mount{Source: a.strOrNull(0), Target: a.str(1), Type: a.strOrNull(2), Flags: a.flags(3)}
		}},
		"umount2": {build: func(a *args) syscall.Call {
			return syscall.Umount2{Target: a.str(0), Flags: uint32(a.flags(1))}
		}},
		"open_tree": {build: func(a *args) syscall.Call {
			return syscall.OpenTree{FD: a.fd(0), Path: a.str(1), Flags: uint32(a.flags(2))}
		}},
		"fsopen": {build: func(a *args) syscall.Call { return syscall.FSOpen{Type: a.str(0)} }},
		"fsmount": {build: func(a *args) syscall.Call {
			return syscall.FSMount{FD: a.fd(0), Flags: uint32(a.flags(1))}
		}},
		"move_mount": {build: func(a *args) syscall.Call {
			return syscall.MoveMount{FD: a.fd(0), Path: a.str(1)}
		}},
		"inotify_init": {build: func(*args) syscall.Call { return syscall.InotifyInit{} }},
		"inotify_add_watch": {build: func(a *args) syscall.Call {
			return syscall.InotifyAddWatch{FD: a.fd(0), Path: a.str(1), Mask: uint32(a.flags(2))}
		}},
		"inotify_rm_watch": {build: func(a *args) syscall.Call {
			return syscall.InotifyRmWatch{FD: a.fd(0), WD: a.int32(1)}
		}},
	})
}

// SPDX-License-Identifier: GPL-2.0-only

package syscall

import (
	"github.com/nssim/nssim/sim"
	"github.com/nssim/nssim/syscall/uapi"
)

// SendFD is no system call: it does in one step what a sendmsg(2) by the caller and a
// recvmsg(2) by To do through a socket that they share.
type SendFD struct {
	To sim.TaskID
	FD int32
}

func (c SendFD) start(x X) { x.push(opSendFD, int64(c.To), int64(c.FD)) }

// SendFD gives another task a copy of a descriptor at the lowest number that is closed
// there, not marked close-on-exec, and returns that number. EBADF: it is not open;
// ESRCH: the other task has exited; EMFILE: its table is full.
func (t T) SendFD(to T, fd int) (int, error) { return t.fd(SendFD{to.ID, int32(fd)}) }

func init() {
	define(opSendFD, "sendfd", step{"receive_fd", func(x X) {
		f := x.f()
		to := sim.TaskID(f.L[0])
		file, e := x.fdGet(int32(f.L[1]), true)
		if e != 0 {
			x.fail(e)
			return
		}
		if !x.TaskLive(to) || !x.Task(to).Alive() || x.Task(to).Files == 0 {
			x.fail(uapi.ESRCH)
			return
		}
		table := x.Task(to).Files
		fd, e := x.FDFree(table, 0)
		if e != 0 {
			x.fail(e)
			return
		}
		x.FDSet(table, fd, x.getFile(file), false)
		x.ret(int64(fd))
	}})
}

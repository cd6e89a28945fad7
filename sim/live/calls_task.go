// SPDX-License-Identifier: GPL-2.0-only

package live

import (
	"strconv"

	"github.com/nssim/nssim/sim/program"
	"github.com/nssim/nssim/syscall/uapi"
)

// The calls that make, end, signal and name tasks.
func init() {
	define(map[string]callSpec{
		"fork":       {nr: sysClone, build: func(c *call) { c.makesTask(uint64(uapi.SIGCHLD)) }},
		"vfork":      {nr: sysVfork, build: func(c *call) { c.makesTask(0) }},
		"clone":      {nr: sysClone, build: buildClone},
		"clone3":     {nr: sysClone3, build: buildClone3, outs: outsClone3},
		"unshare":    {nr: sysUnshare, build: func(c *call) { c.nums(1) }},
		"setns":      {nr: sysSetns, build: func(c *call) { c.nums(2) }},
		"exit_group": {nr: sysExitGroup, build: func(c *call) { c.nums(1) }},
		"exit":       {nr: sysExit, build: func(c *call) { c.nums(1) }},
		"wait4": {nr: sysWait4, build: func(c *call) {
			c.set(c.num(0), c.result(4), c.numOr(2, 0))
		}, outs: func(c *call) {
			c.bindOut(1, ofKind(program.WaitStatus, uint64(c.u32(0, 0))))
		}},
		"waitid": {nr: sysWaitid, build: func(c *call) {
			c.set(c.num(0), c.num(1), c.result(128), c.numOr(3, uapi.WEXITED))
		}, outs: func(c *call) {
			c.bindOut(2, ofKind(program.WaitStatus, uint64(waitStatus(c.u32(0, 8), c.u32(0, 24)))))
		}},
		"execve": {nr: sysExecve, build: func(c *call) {
			// What it executes is the agent, which goes back to its slot.
			var argv words
			argv.u64(c.path("nssim-task"), c.path(strconv.Itoa(c.t.slot)), 0)
			c.set(c.path(c.str(0)), c.bytes(argv), c.bytes(make([]byte, 8)))
		}},
		"kill":              {nr: sysKill, build: func(c *call) { c.nums(2) }},
		"tgkill":            {nr: sysTgkill, build: func(c *call) { c.nums(3) }},
		"pidfd_send_signal": {nr: sysPidfdSendSignal, build: func(c *call) { c.nums(2) }},
		"signal": {nr: sysRtSigaction, build: func(c *call) {
			var act words
			act.u64(c.num(1), 0, 0, 0) // handler, flags, restorer, mask
			c.set(c.num(0), c.bytes(act), 0, 8)
		}},
		"pause":       {nr: sysPause, build: func(*call) {}},
		"prctl":       {nr: sysPrctl, build: func(c *call) { c.nums(5) }},
		"getpid":      {nr: sysGetpid, build: func(*call) {}},
		"gettid":      {nr: sysGettid, build: func(*call) {}},
		"getppid":     {nr: sysGetppid, build: func(*call) {}},
		"setsid":      {nr: sysSetsid, build: func(*call) {}},
		"pidfd_open":  {nr: sysPidfdOpen, build: func(c *call) { c.nums(2) }},
		"pidfd_getfd": {nr: sysPidfdGetfd, build: func(c *call) { c.nums(2) }},
	})
}

// makesTask prepares a slot for the child and gives the call the addresses that flags ask
// for.
func (c *call) makesTask(flags uint64) {
	slot, err := c.s.newSlot()
	must(err)
	c.child = slot
	if flags&uapi.CLONE_THREAD != 0 {
		c.flags |= flagThread
	}
	c.set(flags, 0, c.place(8), c.place(8))
}

// buildClone takes SIGCHLD for the exit signal where the flags name none.
func buildClone(c *call) {
	flags := c.num(0)
	if flags&uapi.CSIGNAL == 0 && flags&uapi.CLONE_THREAD == 0 {
		flags |= uint64(uapi.SIGCHLD)
	}
	c.makesTask(flags)
}

func buildClone3(c *call) {
	flags := c.fieldNum(0, "flags", 0)
	c.makesTask(flags)
	tids := c.args[2:4]
	pidfd := uint64(0)
	switch x := c.fieldExpr(0, "pidfd").(type) {
	case nil:
	case *program.Out, *program.Blank:
		pidfd = c.result(4)
	default:
		pidfd = c.s.num(x, c.env())
	}
	set := c.fieldList(0, "set_tid")
	var nrs []byte
	for _, x := range set {
		nrs = order.AppendUint32(nrs, uint32(c.s.num(x, c.env())))
	}
	setAt := uint64(0)
	if len(set) > 0 {
		setAt = c.bytes(nrs)
	}
	var a words // struct clone_args
	a.u64(flags, pidfd, tids[0], tids[1], c.fieldNum(0, "exit_signal", 0), 0, 0, 0,
		setAt, uint64(len(set)), c.fieldNum(0, "cgroup", 0))
	c.set(c.bytes(a), uint64(len(a)), 0, 0)
}

func outsClone3(c *call) {
	if flags := c.fieldNum(0, "flags", 0); flags&uapi.CLONE_PIDFD != 0 && len(c.got) > 0 {
		c.bindExpr(c.fieldExpr(0, "pidfd"), c.fd(int64(int32(c.u32(0, 0)))))
	}
}

// waitStatus makes of waitid's si_code and si_status what wait4 stores.
func waitStatus(code, status uint32) uapi.WaitStatus {
	const exited, killed, dumped, stopped, continued = 1, 2, 3, 5, 6
	switch code {
	case exited:
		return uapi.ExitStatus(int(status))
	case killed, dumped:
		return uapi.SignalStatus(uapi.Signal(status), code == dumped)
	case stopped:
		return uapi.StopStatus(uapi.Signal(status))
	case continued:
		return uapi.ContinuedStatus()
	}
	return 0
}

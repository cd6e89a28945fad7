// SPDX-License-Identifier: GPL-2.0-only

package uapi

import "fmt"

// Options of wait4 and waitid (include/uapi/linux/wait.h). In C the last three start with
// two underscores.
const (
	WNOHANG    = 0x00000001
	WSTOPPED   = 0x00000002
	WEXITED    = 0x00000004
	WCONTINUED = 0x00000008
	WNOWAIT    = 0x01000000
	WNOTHREAD  = 0x20000000
	WALL       = 0x40000000
	WCLONE     = 0x80000000
)

var waitOptions = []Constant{
	{"WNOHANG", WNOHANG},
	{"WSTOPPED", WSTOPPED},
	{"WEXITED", WEXITED},
	{"WCONTINUED", WCONTINUED},
	{"WNOWAIT", WNOWAIT},
	{"__WNOTHREAD", WNOTHREAD},
	{"__WALL", WALL},
	{"__WCLONE", WCLONE},
}

// WUNTRACED is WSTOPPED as wait4's users spell it.
const (
	WUNTRACED = WSTOPPED
)

var waitAliases = []Constant{
	{"WUNTRACED", WUNTRACED},
}

// What waitid's id is.
const (
	P_ALL   = 0
	P_PID   = 1
	P_PGID  = 2
	P_PIDFD = 3
)

var waitIDTypes = []Constant{
	{"P_ALL", P_ALL},
	{"P_PID", P_PID},
	{"P_PGID", P_PGID},
	{"P_PIDFD", P_PIDFD},
}

// What happened to a child: si_code of SIGCHLD and of waitid's result.
const (
	CLD_EXITED    = 1
	CLD_KILLED    = 2
	CLD_DUMPED    = 3
	CLD_TRAPPED   = 4
	CLD_STOPPED   = 5
	CLD_CONTINUED = 6
)

var childCodes = []Constant{
	{"CLD_EXITED", CLD_EXITED},
	{"CLD_KILLED", CLD_KILLED},
	{"CLD_DUMPED", CLD_DUMPED},
	{"CLD_TRAPPED", CLD_TRAPPED},
	{"CLD_STOPPED", CLD_STOPPED},
	{"CLD_CONTINUED", CLD_CONTINUED},
}

const (
	waitCore      = 0x80
	waitStopped   = 0x7f
	waitContinued = 0xffff
)

// WaitStatus is the status word that wait4 stores.
type WaitStatus uint32

// ExitStatus is the status of a task that called exit with code; only 8 bits survive.
func ExitStatus(code int) WaitStatus { return WaitStatus(code&0xff) << 8 }

// SignalStatus is the status of a task that sig killed, with or without a core dump.
func SignalStatus(sig Signal, core bool) WaitStatus {
	if core {
		return WaitStatus(sig)&0x7f | waitCore
	}
	return WaitStatus(sig) & 0x7f
}

// StopStatus is the status of a task that sig stopped.
func StopStatus(sig Signal) WaitStatus { return WaitStatus(sig)<<8 | waitStopped }

// ContinuedStatus is the status of a stopped task that SIGCONT continued.
func ContinuedStatus() WaitStatus { return waitContinued }

// Exited is WIFEXITED: the task called exit.
func (w WaitStatus) Exited() bool { return w&0x7f == 0 }

// ExitCode is WEXITSTATUS, -1 unless Exited.
func (w WaitStatus) ExitCode() int {
	if !w.Exited() {
		return -1
	}
	return int(w >> 8 & 0xff)
}

// Signaled is WIFSIGNALED: a signal killed the task.
func (w WaitStatus) Signaled() bool { return w&0x7f != 0 && w&0x7f != 0x7f }

// TermSignal is WTERMSIG, 0 unless Signaled.
func (w WaitStatus) TermSignal() Signal {
	if !w.Signaled() {
		return 0
	}
	return Signal(w & 0x7f)
}

// CoreDump is WCOREDUMP.
func (w WaitStatus) CoreDump() bool { return w.Signaled() && w&waitCore != 0 }

// Stopped is WIFSTOPPED.
func (w WaitStatus) Stopped() bool { return w&0xff == waitStopped }

// StopSignal is WSTOPSIG, 0 unless Stopped.
func (w WaitStatus) StopSignal() Signal {
	if !w.Stopped() {
		return 0
	}
	return Signal(w >> 8)
}

// Continued is WIFCONTINUED.
func (w WaitStatus) Continued() bool { return w == waitContinued }

// Code is the CLD_* code that waitid reports for the same event, 0 for a word that no
// event produces.
func (w WaitStatus) Code() int {
	switch {
	case w.Continued():
		return CLD_CONTINUED
	case w.Exited():
		return CLD_EXITED
	case w.CoreDump():
		return CLD_DUMPED
	case w.Signaled():
		return CLD_KILLED
	case w.Stopped():
		return CLD_STOPPED
	}
	return 0
}

// String formats w as strace does, as what the C macros say about it.
func (w WaitStatus) String() string {
	switch w.Code() {
	case CLD_CONTINUED:
		return "WIFCONTINUED(s)"
	case CLD_EXITED:
		return fmt.Sprintf("WIFEXITED(s) && WEXITSTATUS(s) == %d", w.ExitCode())
	case CLD_DUMPED:
		return fmt.Sprintf("WIFSIGNALED(s) && WTERMSIG(s) == %s && WCOREDUMP(s)", w.TermSignal())
	case CLD_KILLED:
		return fmt.Sprintf("WIFSIGNALED(s) && WTERMSIG(s) == %s", w.TermSignal())
	case CLD_STOPPED:
		return fmt.Sprintf("WIFSTOPPED(s) && WSTOPSIG(s) == %s", w.StopSignal())
	}
	return fmt.Sprintf("%#x", uint32(w))
}

// SPDX-License-Identifier: GPL-2.0-only

package uapi

import "strconv"

// Signals of x86-64 (arch/x86/include/uapi/asm/signal.h).
const (
	SIGHUP    = 1
	SIGINT    = 2
	SIGQUIT   = 3
	SIGILL    = 4
	SIGTRAP   = 5
	SIGABRT   = 6
	SIGBUS    = 7
	SIGFPE    = 8
	SIGKILL   = 9
	SIGUSR1   = 10
	SIGSEGV   = 11
	SIGUSR2   = 12
	SIGPIPE   = 13
	SIGALRM   = 14
	SIGTERM   = 15
	SIGSTKFLT = 16
	SIGCHLD   = 17
	SIGCONT   = 18
	SIGSTOP   = 19
	SIGTSTP   = 20
	SIGTTIN   = 21
	SIGTTOU   = 22
	SIGURG    = 23
	SIGXCPU   = 24
	SIGXFSZ   = 25
	SIGVTALRM = 26
	SIGPROF   = 27
	SIGWINCH  = 28
	SIGIO     = 29
	SIGPWR    = 30
	SIGSYS    = 31
)

var signals = []Constant{
	{"SIGHUP", SIGHUP},
	{"SIGINT", SIGINT},
	{"SIGQUIT", SIGQUIT},
	{"SIGILL", SIGILL},
	{"SIGTRAP", SIGTRAP},
	{"SIGABRT", SIGABRT},
	{"SIGBUS", SIGBUS},
	{"SIGFPE", SIGFPE},
	{"SIGKILL", SIGKILL},
	{"SIGUSR1", SIGUSR1},
	{"SIGSEGV", SIGSEGV},
	{"SIGUSR2", SIGUSR2},
	{"SIGPIPE", SIGPIPE},
	{"SIGALRM", SIGALRM},
	{"SIGTERM", SIGTERM},
	{"SIGSTKFLT", SIGSTKFLT},
	{"SIGCHLD", SIGCHLD},
	{"SIGCONT", SIGCONT},
	{"SIGSTOP", SIGSTOP},
	{"SIGTSTP", SIGTSTP},
	{"SIGTTIN", SIGTTIN},
	{"SIGTTOU", SIGTTOU},
	{"SIGURG", SIGURG},
	{"SIGXCPU", SIGXCPU},
	{"SIGXFSZ", SIGXFSZ},
	{"SIGVTALRM", SIGVTALRM},
	{"SIGPROF", SIGPROF},
	{"SIGWINCH", SIGWINCH},
	{"SIGIO", SIGIO},
	{"SIGPWR", SIGPWR},
	{"SIGSYS", SIGSYS},
}

// Second spellings, and the real-time range as the kernel counts it: the C library keeps
// the first ones to itself and calls a higher number SIGRTMIN.
const (
	SIGIOT   = SIGABRT
	SIGPOLL  = SIGIO
	SIGRTMIN = 32
	SIGRTMAX = 64
)

var signalAliases = []Constant{
	{"SIGIOT", SIGIOT},
	{"SIGPOLL", SIGPOLL},
	{"SIGRTMIN", SIGRTMIN},
	{"SIGRTMAX", SIGRTMAX},
}

// What a signal does, where it is no function (include/uapi/asm-generic/signal-defs.h).
const (
	SIG_DFL = 0
	SIG_IGN = 1
)

var handlers = []Constant{
	{"SIG_DFL", SIG_DFL},
	{"SIG_IGN", SIG_IGN},
}

// Signal is a signal number, 1 to SIGRTMAX; 0 is "no signal".
type Signal uint8

// Valid reports whether s is a signal that can be sent.
func (s Signal) Valid() bool { return s >= 1 && s <= SIGRTMAX }

// String is the C name, "SIGRT_3" for SIGRTMIN+3 as strace prints it, or the number.
func (s Signal) String() string {
	switch name := lookup[GroupSignal].byValue[uint64(s)]; {
	case name != "":
		return name
	case s == SIGRTMIN:
		return "SIGRTMIN"
	case s > SIGRTMIN && s <= SIGRTMAX:
		return "SIGRT_" + strconv.Itoa(int(s-SIGRTMIN))
	}
	return strconv.Itoa(int(s))
}

// SignalByName is the inverse of String and reads second spellings too.
func SignalByName(name string) (Signal, bool) {
	if v, ok := lookup[GroupSignal].byName[name]; ok {
		return Signal(v), true
	}
	for s := Signal(1); s <= SIGRTMAX; s++ {
		if s.String() == name {
			return s, true
		}
	}
	return 0, false
}

// SPDX-License-Identifier: GPL-2.0-only

package uapi

// Flags of pidfd_open (include/uapi/linux/pidfd.h).
const (
	PIDFD_NONBLOCK = O_NONBLOCK
	PIDFD_THREAD   = O_EXCL
)

var pidfdOpenFlags = []Constant{
	{"PIDFD_NONBLOCK", PIDFD_NONBLOCK},
	{"PIDFD_THREAD", PIDFD_THREAD},
	{"PIDFD_AUTOKILL", PIDFD_AUTOKILL},
}

// PIDFD_AUTOKILL is seen in the flags of a descriptor that clone3 has made with
// CLONE_PIDFD_AUTOKILL; pidfd_open does not take it.
const (
	PIDFD_AUTOKILL = O_TRUNC
)

// Flags of pidfd_send_signal.
const (
	PIDFD_SIGNAL_THREAD        = 1 << 0
	PIDFD_SIGNAL_THREAD_GROUP  = 1 << 1
	PIDFD_SIGNAL_PROCESS_GROUP = 1 << 2
)

var pidfdSignalFlags = []Constant{
	{"PIDFD_SIGNAL_THREAD", PIDFD_SIGNAL_THREAD},
	{"PIDFD_SIGNAL_THREAD_GROUP", PIDFD_SIGNAL_THREAD_GROUP},
	{"PIDFD_SIGNAL_PROCESS_GROUP", PIDFD_SIGNAL_PROCESS_GROUP},
}

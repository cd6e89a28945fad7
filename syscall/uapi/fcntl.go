// SPDX-License-Identifier: GPL-2.0-only

package uapi

// Access modes of open, the values of the bits O_ACCMODE.
const (
	O_RDONLY = 0
	O_WRONLY = 1
	O_RDWR   = 2
)

var openModes = []Constant{
	{"O_RDONLY", O_RDONLY},
	{"O_WRONLY", O_WRONLY},
	{"O_RDWR", O_RDWR},
}

// Flags of open (include/uapi/asm-generic/fcntl.h). O_SYNC and O_TMPFILE each include a
// second flag.
const (
	O_CREAT     = 0x40
	O_EXCL      = 0x80
	O_NOCTTY    = 0x100
	O_TRUNC     = 0x200
	O_APPEND    = 0x400
	O_NONBLOCK  = 0x800
	O_DSYNC     = 0x1000
	O_ASYNC     = 0x2000
	O_DIRECT    = 0x4000
	O_LARGEFILE = 0x8000
	O_DIRECTORY = 0x10000
	O_NOFOLLOW  = 0x20000
	O_NOATIME   = 0x40000
	O_CLOEXEC   = 0x80000
	O_SYNC      = 0x101000
	O_PATH      = 0x200000
	O_TMPFILE   = 0x410000
)

var openFlags = []Constant{
	{"O_CREAT", O_CREAT},
	{"O_EXCL", O_EXCL},
	{"O_NOCTTY", O_NOCTTY},
	{"O_TRUNC", O_TRUNC},
	{"O_APPEND", O_APPEND},
	{"O_NONBLOCK", O_NONBLOCK},
	{"O_DSYNC", O_DSYNC},
	{"O_ASYNC", O_ASYNC},
	{"O_DIRECT", O_DIRECT},
	{"O_LARGEFILE", O_LARGEFILE},
	{"O_DIRECTORY", O_DIRECTORY},
	{"O_NOFOLLOW", O_NOFOLLOW},
	{"O_NOATIME", O_NOATIME},
	{"O_CLOEXEC", O_CLOEXEC},
	{"O_SYNC", O_SYNC},
	{"O_PATH", O_PATH},
	{"O_TMPFILE", O_TMPFILE},
}

// O_ACCMODE masks the access mode; O_NDELAY is O_NONBLOCK's second spelling.
const (
	O_ACCMODE = 3
	O_NDELAY  = O_NONBLOCK
)

var openOther = []Constant{
	{"O_ACCMODE", O_ACCMODE},
	{"O_NDELAY", O_NDELAY},
}

// Commands of fcntl.
const (
	F_DUPFD         = 0
	F_GETFD         = 1
	F_SETFD         = 2
	F_GETFL         = 3
	F_SETFL         = 4
	F_DUPFD_QUERY   = 1027
	F_DUPFD_CLOEXEC = 1030
)

var fcntlCmds = []Constant{
	{"F_DUPFD", F_DUPFD},
	{"F_GETFD", F_GETFD},
	{"F_SETFD", F_SETFD},
	{"F_GETFL", F_GETFL},
	{"F_SETFL", F_SETFL},
	{"F_DUPFD_QUERY", F_DUPFD_QUERY},
	{"F_DUPFD_CLOEXEC", F_DUPFD_CLOEXEC},
}

// FD_CLOEXEC is the one flag of a descriptor, as opposed to an open file.
const (
	FD_CLOEXEC = 1
)

var fdFlags = []Constant{
	{"FD_CLOEXEC", FD_CLOEXEC},
}

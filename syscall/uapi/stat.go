// SPDX-License-Identifier: GPL-2.0-only

package uapi

// What access(2) asks for: F_OK, or a sum of the others (fcntl.h).
const (
	F_OK = 0
	X_OK = 1
	W_OK = 2
	R_OK = 4
)

var accessModes = []Constant{
	{"X_OK", X_OK},
	{"W_OK", W_OK},
	{"R_OK", R_OK},
}

var accessExists = []Constant{
	{"F_OK", F_OK},
}

// Types of files, the values of st_mode's bits S_IFMT (include/uapi/linux/stat.h).
const (
	S_IFIFO  = 0o010000
	S_IFCHR  = 0o020000
	S_IFDIR  = 0o040000
	S_IFBLK  = 0o060000
	S_IFREG  = 0o100000
	S_IFLNK  = 0o120000
	S_IFSOCK = 0o140000
)

var fileTypes = []Constant{
	{"S_IFIFO", S_IFIFO},
	{"S_IFCHR", S_IFCHR},
	{"S_IFDIR", S_IFDIR},
	{"S_IFBLK", S_IFBLK},
	{"S_IFREG", S_IFREG},
	{"S_IFLNK", S_IFLNK},
	{"S_IFSOCK", S_IFSOCK},
}

// S_IFMT separates the type from the permissions.
const (
	S_IFMT = 0o170000
)

var fileTypeMask = []Constant{
	{"S_IFMT", S_IFMT},
}

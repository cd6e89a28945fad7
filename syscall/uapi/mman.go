// SPDX-License-Identifier: GPL-2.0-only

package uapi

// PAGE_SIZE is the size of a page in bytes.
const (
	PAGE_SIZE = 4096
)

var pageSize = []Constant{
	{"PAGE_SIZE", PAGE_SIZE},
}

// NULL is the address of nothing.
const (
	NULL = 0
)

var nullPointer = []Constant{
	{"NULL", NULL},
}

// Protections of mmap and mprotect (include/uapi/asm-generic/mman-common.h).
const (
	PROT_NONE      = 0
	PROT_READ      = 0x1
	PROT_WRITE     = 0x2
	PROT_EXEC      = 0x4
	PROT_SEM       = 0x8
	PROT_GROWSDOWN = 0x01000000
	PROT_GROWSUP   = 0x02000000
)

var protFlags = []Constant{
	{"PROT_NONE", PROT_NONE},
	{"PROT_READ", PROT_READ},
	{"PROT_WRITE", PROT_WRITE},
	{"PROT_EXEC", PROT_EXEC},
	{"PROT_SEM", PROT_SEM},
	{"PROT_GROWSDOWN", PROT_GROWSDOWN},
	{"PROT_GROWSUP", PROT_GROWSUP},
}

// Kinds of mapping, the values of the bits MAP_TYPE.
const (
	MAP_SHARED          = 0x1
	MAP_PRIVATE         = 0x2
	MAP_SHARED_VALIDATE = 0x3
	MAP_DROPPABLE       = 0x8
)

var mapTypes = []Constant{
	{"MAP_SHARED", MAP_SHARED},
	{"MAP_PRIVATE", MAP_PRIVATE},
	{"MAP_SHARED_VALIDATE", MAP_SHARED_VALIDATE},
	{"MAP_DROPPABLE", MAP_DROPPABLE},
}

// Flags of mmap.
const (
	MAP_FIXED           = 0x10
	MAP_ANONYMOUS       = 0x20
	MAP_32BIT           = 0x40
	MAP_GROWSDOWN       = 0x100
	MAP_DENYWRITE       = 0x800
	MAP_EXECUTABLE      = 0x1000
	MAP_LOCKED          = 0x2000
	MAP_NORESERVE       = 0x4000
	MAP_POPULATE        = 0x8000
	MAP_NONBLOCK        = 0x10000
	MAP_STACK           = 0x20000
	MAP_HUGETLB         = 0x40000
	MAP_SYNC            = 0x80000
	MAP_FIXED_NOREPLACE = 0x100000
)

var mapFlags = []Constant{
	{"MAP_FIXED", MAP_FIXED},
	{"MAP_ANONYMOUS", MAP_ANONYMOUS},
	{"MAP_32BIT", MAP_32BIT},
	{"MAP_GROWSDOWN", MAP_GROWSDOWN},
	{"MAP_DENYWRITE", MAP_DENYWRITE},
	{"MAP_EXECUTABLE", MAP_EXECUTABLE},
	{"MAP_LOCKED", MAP_LOCKED},
	{"MAP_NORESERVE", MAP_NORESERVE},
	{"MAP_POPULATE", MAP_POPULATE},
	{"MAP_NONBLOCK", MAP_NONBLOCK},
	{"MAP_STACK", MAP_STACK},
	{"MAP_HUGETLB", MAP_HUGETLB},
	{"MAP_SYNC", MAP_SYNC},
	{"MAP_FIXED_NOREPLACE", MAP_FIXED_NOREPLACE},
}

// MAP_TYPE masks the kind of mapping; the others are second spellings.
const (
	MAP_TYPE = 0xf
	MAP_FILE = 0
	MAP_ANON = MAP_ANONYMOUS
)

var mapOther = []Constant{
	{"MAP_TYPE", MAP_TYPE},
	{"MAP_FILE", MAP_FILE},
	{"MAP_ANON", MAP_ANON},
}

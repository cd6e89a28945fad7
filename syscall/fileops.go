// SPDX-License-Identifier: GPL-2.0-only

package syscall

// The operations of files, paths and mounts.
const (
	opPathPut = opFirstFree + 20 + iota
	opOpen
	opProcRelease
	opDupFD
	opDup2
	opFcntl
	opRead
	opWrite
	opLseek
	opStat
	opReadlink
	opMkdir
	opRmdir
	opUnlink
	opChdir
	opChroot
	opNameToHandle
	opMount
	opUmount
	opOpenTree
	opFSOpen
	opFSMount
	opMoveMount
	opDetachMounts
	opSuperPut
	opFSContextPut
	opInotifyInit
	opInotifyAdd
	opInotifyRemove
	opInotifyRelease
)

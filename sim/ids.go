// SPDX-License-Identifier: GPL-2.0-only

package sim

import (
	"github.com/nssim/nssim/nstree"
	"github.com/nssim/nssim/refcount"
)

// NS names a namespace; 0 is none.
type NS = refcount.Handle

// The numbers of the machine's other objects; 0 is none.
type (
	TaskID    int32
	PidID     int32
	CredID    int32
	ProxyID   int32
	FileID    int32
	FDTableID int32
	InodeID   int32
	SocketID  int32
	MMID      int32
	FSID      int32
	ExecID    int32
	UCountsID int32
	FrameID   int32
	WorkID    int32
	MountID   int32
	SuperID   int32
	PathID    int32
)

// The tasks that every machine boots with.
const (
	// KWorker runs deferred work: grace periods, work queues, lazy TLB. It has
	// no struct pid and no namespaces of its own.
	KWorker TaskID = 1
	// Pid1 is the initial pid namespace's child reaper. It ignores SIGCHLD, so
	// orphans that are handed to it are reaped when they die.
	Pid1 TaskID = 2
	// InitTask is the first task of a program: root, in the initial namespaces,
	// a child of Pid1.
	InitTask TaskID = 3
	// KDevTmpfs is the kernel thread with a mount namespace of its own.
	KDevTmpfs TaskID = 4
)

// Where in its life a namespace is, see nstree.NodeFlags.
const (
	NodeOnTree    = nstree.OnTree
	NodeRemoved   = nstree.Removed
	NodeAnonymous = nstree.Anonymous
	// NodeDying is the advisory flag of the semantics "dying".
	NodeDying = nstree.Owned << 1
	// NodeOwnerPut and NodeParentPut mark a dead namespace that has dropped its
	// passive reference on its owner, or a pid namespace on its parent.
	NodeOwnerPut  = nstree.Owned << 2
	NodeParentPut = nstree.Owned << 3
)

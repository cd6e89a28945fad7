// SPDX-License-Identifier: GPL-2.0-only

package sim

import "github.com/nssim/nssim/syscall/uapi"

// FileKind says what an open file is.
type FileKind uint8

const (
	FilePlain      FileKind = iota + 1 // a regular file or directory; Obj is its PathID or 0
	FileNSFS                           // a namespace file; Obj is the Inode
	FilePidFD                          // Obj is the Pid
	FileSocket                         // Obj is the Socket
	FilePipe                           // Obj is the Pipe
	FileInotify                        // Obj is the first Mark
	FileProcNSLink                     // /proc/PID/ns/x itself, opened O_PATH|O_NOFOLLOW
	FileProcMounts                     // /proc/PID/mounts and its family; NS is the mount namespace
	FileProcUser                       // /proc/PID/uid_map and its family; NS is the user namespace
	FileProcNet                        // /proc/net seq file; NS is the network namespace
	FileProcDir                        // a directory or another file of procfs; Obj is the Pid or 0
	FileCgroup                         // cgroup control file; NS is the cgroup namespace
	FileTree                           // open_tree(OPEN_TREE_CLONE) or fsmount; Obj is the Mount
	FileFSContext                      // fsopen; NS is the namespace its type needs
)

// File models struct file. It holds its opener's credential passively (f_cred).
type File struct {
	Kind  FileKind
	Which uint8  // sub-kind: which uid_map-like file, which end of a pipe
	Pos   uint16 // f_pos of a file of procfs
	Flags uint32 // O_* as opened
	Refs  int32  // f_count: descriptors, messages in flight, calls
	Obj   int32
	NS    NS
	Cred  CredID
	Mount MountID // the mount it was opened through; 0: the internal one
}

// File returns an open file.
func (m *Machine) File(f FileID) *File { return m.Files.At(int32(f)) }

// Path reports whether the file was opened with O_PATH.
func (f *File) Path() bool { return f.Flags&uapi.O_PATH != 0 }

// fdChunk is how many descriptors a piece of a table holds.
const fdChunk = 8

// FDChunk is a piece of a descriptor table.
type FDChunk struct {
	Slots   [fdChunk]FileID
	CloExec uint8 // a bit per slot
	Next    int32
}

// FDTable models struct files_struct.
type FDTable struct {
	Users int32
	First int32 // chunk of descriptors 0 to fdChunk-1
}

// RLimitNoFile is how many descriptors a task may have (RLIMIT_NOFILE's default).
const RLimitNoFile = 1024

// FDs returns a descriptor table.
func (m *Machine) FDs(f FDTableID) *FDTable { return m.FDTables.At(int32(f)) }

// chunk returns the piece of a table that holds fd, 0 for none.
func (m *Machine) chunk(table FDTableID, fd int32) int32 {
	c := m.FDs(table).First
	for ; c != 0 && fd >= fdChunk; fd -= fdChunk {
		c = m.Chunks.At(c).Next
	}
	return c
}

// FDGet returns the file behind a descriptor, 0 if it is closed.
func (m *Machine) FDGet(table FDTableID, fd int32) FileID {
	if table == 0 || fd < 0 {
		return 0
	}
	c := m.chunk(table, fd)
	if c == 0 {
		return 0
	}
	return m.Chunks.At(c).Slots[fd%fdChunk]
}

// FDFree finds the lowest closed descriptor not below from, or EMFILE.
func (m *Machine) FDFree(table FDTableID, from int32) (int32, uapi.Errno) {
	base := int32(0)
	for c := m.FDs(table).First; c != 0; c = m.Chunks.At(c).Next {
		for i, f := range m.Chunks.At(c).Slots {
			if fd := base + int32(i); f == 0 && fd >= from {
				return m.fdLimit(fd)
			}
		}
		base += fdChunk
	}
	return m.fdLimit(max(base, from))
}

func (m *Machine) fdLimit(fd int32) (int32, uapi.Errno) {
	if fd >= RLimitNoFile {
		return 0, uapi.EMFILE
	}
	return fd, 0
}

// FDSet puts a file into a closed descriptor. It takes over the reference.
func (m *Machine) FDSet(table FDTableID, fd int32, f FileID, cloexec bool) {
	at := &m.FDs(table).First
	i := fd
	for ; ; i -= fdChunk {
		if *at == 0 {
			n := m.Chunks.New() // may move what at points to
			m.appendChunk(table, n)
			at = &m.FDs(table).First
			i = fd + fdChunk
			continue
		}
		if i < fdChunk {
			break
		}
		at = &m.Chunks.At(*at).Next
	}
	c := m.Chunks.At(*at)
	c.Slots[i] = f
	c.CloExec &^= 1 << i
	if cloexec {
		c.CloExec |= 1 << i
	}
}

func (m *Machine) appendChunk(table FDTableID, n int32) {
	at := &m.FDs(table).First
	for *at != 0 {
		at = &m.Chunks.At(*at).Next
	}
	*at = n
}

// FDClear closes a descriptor's slot and returns its file; the reference is the
// caller's.
func (m *Machine) FDClear(table FDTableID, fd int32) FileID {
	if table == 0 || fd < 0 {
		return 0
	}
	c := m.chunk(table, fd)
	if c == 0 {
		return 0
	}
	k := m.Chunks.At(c)
	f := k.Slots[fd%fdChunk]
	k.Slots[fd%fdChunk] = 0
	k.CloExec &^= 1 << (fd % fdChunk)
	return f
}

// FDTakeAny empties the lowest open descriptor of a table that nobody uses any more
// and returns its file, 0 when none is open.
func (m *Machine) FDTakeAny(table FDTableID) FileID {
	for c := m.FDs(table).First; c != 0; c = m.FDs(table).First {
		k := m.Chunks.At(c)
		for i, f := range k.Slots {
			if f != 0 {
				k.Slots[i] = 0
				return f
			}
		}
		m.FDs(table).First = k.Next
		m.Chunks.Free(c)
	}
	return 0
}

// FDCloExec returns and FDSetCloExec sets the close-on-exec flag.
func (m *Machine) FDCloExec(table FDTableID, fd int32) bool {
	c := m.chunk(table, fd)
	return c != 0 && m.Chunks.At(c).CloExec>>(fd%fdChunk)&1 != 0
}

// FDSetCloExec sets or clears the close-on-exec flag of an open descriptor.
func (m *Machine) FDSetCloExec(table FDTableID, fd int32, on bool) {
	k := m.Chunks.At(m.chunk(table, fd))
	k.CloExec &^= 1 << (fd % fdChunk)
	if on {
		k.CloExec |= 1 << (fd % fdChunk)
	}
}

// EachFD calls f for every open descriptor in order.
func (m *Machine) EachFD(table FDTableID, f func(fd int32, file FileID)) {
	if table == 0 {
		return
	}
	base := int32(0)
	for c := m.FDs(table).First; c != 0; c = m.Chunks.At(c).Next {
		for i, file := range m.Chunks.At(c).Slots {
			if file != 0 {
				f(base+int32(i), file)
			}
		}
		base += fdChunk
	}
}

// CopyFDs makes a private copy of a descriptor table (fs/file.c: dup_fd, v6.19).
func (m *Machine) CopyFDs(table FDTableID) FDTableID {
	n := FDTableID(m.FDTables.New())
	m.FDs(n).Users = 1
	last := int32(0)
	for c := m.FDs(table).First; c != 0; c = m.Chunks.At(c).Next {
		k := m.Chunks.New()
		*m.Chunks.At(k) = *m.Chunks.At(c)
		m.Chunks.At(k).Next = 0
		for _, f := range m.Chunks.At(k).Slots {
			if f != 0 {
				m.File(f).Refs++
			}
		}
		if last == 0 {
			m.FDs(n).First = k
		} else {
			m.Chunks.At(last).Next = k
		}
		last = k
	}
	return n
}

// FreeFDs gives back an empty descriptor table.
func (m *Machine) FreeFDs(table FDTableID) {
	for c := m.FDs(table).First; c != 0; {
		next := m.Chunks.At(c).Next
		m.Chunks.Free(c)
		c = next
	}
	m.FDTables.Free(int32(table))
}

// Inode models an nsfs inode: the object that holds one passive and one active
// reference on its namespace while it exists, however many files and mounts share it.
type Inode struct {
	NS      NS
	Dentry  int32 // holders of the dentry: files, mounts, calls in flight
	Marks   int32 // inotify marks, which pin the inode but not the dentry
	Evicted bool  // evict has begun
	Idle    bool  // the active reference is gone already (mark-keeps-active off)
}

// Inode returns an nsfs inode.
func (m *Machine) Inode(i InodeID) *Inode { return m.Inodes.At(int32(i)) }

// Mark is an inotify watch: it pins an inode.
type Mark struct {
	Inode InodeID
	WD    int32
	Next  int32
}

// Inotify is an inotify instance. It pins the ucounts it is charged to.
type Inotify struct {
	First   int32
	LastWD  int32
	UCounts UCountsID
}

// Socket models struct socket with its struct sock: a user's socket holds its
// network namespace passively. The record outlives the file while a peer points at
// it. A pair also holds the struct pid of the process that made it, and with that
// the process's pid namespace passively.
type Socket struct {
	NetNS   NS
	Family  uint8
	Type    uint8
	Proto   int16
	Peer    SocketID // the other end of a socketpair, held until this one lets go
	PeerPid PidID    // sk_peer_pid
	Refs    int32    // its file, and the peer that points at it
	First   int32    // queued messages
	Last    int32
	Closed  bool // SOCK_DEAD: the file has been released
	Reset   bool // sk_err is ECONNRESET: the peer closed with messages unread
}

// Socket returns a socket.
func (m *Machine) Socket(s SocketID) *Socket { return m.Sockets.At(int32(s)) }

// Msg is a message in a socket's queue with at most one chain of files.
type Msg struct {
	Next  int32
	Files int32 // first MsgFile
	Bytes int32
}

// MsgFile is one file of an SCM_RIGHTS message.
type MsgFile struct {
	File FileID
	Next int32
}

// Pipe counts the bytes in a pipe and its open ends.
type Pipe struct {
	Bytes            int32
	Readers, Writers int32
}

// SPDX-License-Identifier: GPL-2.0-only

package syscall

import (
	"github.com/nssim/nssim/sim"
	"github.com/nssim/nssim/syscall/uapi"
)

// Read is read(2) and Write is write(2); Lseek is lseek(2) as far as its errno goes.
type (
	Read struct {
		FD int32
		N  int64
	}
	Write struct {
		FD   int32
		Data string
	}
	Lseek struct{ FD int32 }
)

func (c Read) start(x X)  { x.push(opRead, int64(c.FD), c.N) }
func (c Write) start(x X) { x.push(opWrite, int64(c.FD), int64(x.Intern(c.Data))) }
func (c Lseek) start(x X) { x.push(opLseek, int64(c.FD)) }

// Read reads at most n bytes and returns how many (fs/read_write.c: ksys_read, v6.19).
// EBADF: not open for reading; EINVAL: nothing can be read from a namespace file;
// EISDIR. The model keeps no contents: a plain file reads as empty, and a file of
// procfs, sysfs or cgroup as longer than the buffer.
func (t T) Read(fd, n int) (int, error) { return t.fd(Read{int32(fd), int64(n)}) }

// Write writes to a descriptor (fs/read_write.c: ksys_write, v6.19). EBADF: not open
// for writing; then what the file says, for /proc/PID/uid_map and its kin see
// writeIDMap.
func (t T) Write(fd int, data string) (int, error) { return t.fd(Write{int32(fd), data}) }

// WriteFile opens a file for writing, writes to it and closes it.
func (t T) WriteFile(path, data string) error {
	fd, err := t.Open(path, uapi.O_WRONLY)
	if err != nil {
		return err
	}
	_, err = t.Write(fd, data)
	if e := t.Close(fd); err == nil {
		err = e
	}
	return err
}

// Lseek is lseek(fd, 0, SEEK_SET) (fs/read_write.c: ksys_lseek, v6.19). EBADF; ESPIPE:
// the file has no position, as a namespace file, a pipe or a socket.
func (t T) Lseek(fd int) error { return t.do(Lseek{int32(fd)}) }

// fileOp is reading or writing for one kind of file; arg is the number of bytes or
// the text to write, interned. It returns the result, or calls sleep to be called
// again, or pushes a frame whose result is taken.
type fileOp func(x X, f sim.FileID, arg int64) (int64, uapi.Errno)

// readOps and writeOps are the read and write operations by kind of file. A kind
// without one is EINVAL, as the kernel says of a file without the operation.
var (
	readOps = map[sim.FileKind]fileOp{
		sim.FilePlain:      readPlain,
		sim.FileProcUser:   readProcUser,
		sim.FileProcMounts: readLong,
		sim.FileProcNet:    readLong,
		sim.FileCgroup:     readLong,
		sim.FileProcDir:    readProcDir,
	}
	writeOps = map[sim.FileKind]fileOp{
		sim.FilePlain:    writeAll,
		sim.FileProcUser: writeProcUser,
		sim.FileCgroup:   writeAll,
		sim.FileProcDir:  writeAll,
	}
)

// Locals of read and write.
const (
	rwFD  = iota // then the file
	rwArg        // bytes wanted, or the text
	rwFile
)

func init() {
	for _, o := range []struct {
		op    uint8
		name  string
		table map[sim.FileKind]fileOp
		other uint32 // access mode that does not allow it
	}{
		{opRead, "read", readOps, uapi.O_WRONLY},
		{opWrite, "write", writeOps, uapi.O_RDONLY},
	} {
		define(o.op, o.name,
			step{"fdget_pos", func(x X) {
				f := x.f()
				file, e := x.fdGet(int32(f.L[rwFD]), false)
				if e == 0 && !hasMode(x.File(file), o.other) {
					e = uapi.EBADF
				}
				if e != 0 {
					x.fail(e)
					return
				}
				f.L[rwFile] = int64(x.getFile(file))
			}},
			step{"vfs_" + o.name, func(x X) { x.fileOp(o.table) }},
			step{"fdput", func(x X) {
				v := x.f().Ret
				x.fput(sim.FileID(x.f().L[rwFile]))
				x.ret(v)
			}},
		)
	}
	define(opLseek, "lseek", step{"ksys_lseek", func(x X) {
		file, e := x.fdGet(int32(x.f().L[0]), false)
		if e == 0 {
			switch x.File(file).Kind {
			case sim.FileNSFS, sim.FileSocket, sim.FilePipe, sim.FilePidFD, sim.FileInotify, sim.FileFSContext:
				e = uapi.ESPIPE
			}
		}
		x.done(0, e)
	}})
}

// hasMode reports whether a file was opened otherwise than with the access mode that
// excludes what is wanted, or with mode 3, which allows nothing.
func hasMode(f *sim.File, excluded uint32) bool {
	m := f.Flags & uapi.O_ACCMODE
	return m != excluded && m != uapi.O_ACCMODE
}

func (x X) fileOp(table map[sim.FileKind]fileOp) {
	f := x.f()
	file := sim.FileID(f.L[rwFile])
	do := table[x.File(file).Kind]
	if do == nil {
		f.Ret = -int64(uapi.EINVAL)
		return
	}
	top := x.me().Top
	v, e := do(x, file, f.L[rwArg])
	if x.me().Top != top {
		return
	}
	if e != 0 {
		v = -int64(e)
	}
	x.f().Ret = v
}

func readPlain(x X, f sim.FileID, n int64) (int64, uapi.Errno) {
	t := x.fileTarget(f)
	switch {
	case t.isDir():
		return 0, uapi.EISDIR
	case t.kind == toDevice && t.path != "/dev/null":
		return n, 0
	}
	return 0, 0
}

func readLong(_ X, _ sim.FileID, n int64) (int64, uapi.Errno) { return n, 0 }

func readProcDir(x X, f sim.FileID, n int64) (int64, uapi.Errno) {
	if t := x.fileTarget(f); t.isDir() {
		return 0, uapi.EISDIR
	}
	return n, 0
}

func readProcUser(x X, f sim.FileID, n int64) (int64, uapi.Errno) {
	k := x.File(f)
	rest := max(int64(len(x.readIDMap(k, k.Which)))-int64(k.Pos), 0)
	n = min(n, rest)
	k.Pos += uint16(n)
	return n, 0
}

func writeProcUser(x X, f sim.FileID, data int64) (int64, uapi.Errno) {
	k := x.File(f)
	return x.writeIDMap(k, k.Which, x.PathString(sim.PathID(data)))
}

func writeAll(x X, _ sim.FileID, data int64) (int64, uapi.Errno) {
	return int64(len(x.PathString(sim.PathID(data)))), 0
}

// SPDX-License-Identifier: GPL-2.0-only

package syscall

import (
	"github.com/nssim/nssim/sim"
	"github.com/nssim/nssim/syscall/uapi"
)

// Pipe2 is pipe2(2), and without flags pipe(2).
type Pipe2 struct{ Flags uint32 }

func (c Pipe2) start(x X) { x.push(opPipe, int64(c.Flags)) }

// Pipe makes a pipe (fs/pipe.c: do_pipe2, v6.19). EMFILE.
func (t T) Pipe() ([2]int, error) { return t.Pipe2(0) }

// Pipe2 is Pipe with O_CLOEXEC, O_NONBLOCK and O_DIRECT, whose packets are not
// modelled. EINVAL: another flag; ENOPKG: O_NOTIFICATION_PIPE; EMFILE.
func (t T) Pipe2(flags uint32) ([2]int, error) { return t.fdPair(Pipe2{flags}) }

// The ends of a pipe, File.Which.
const (
	pipeReadEnd = iota
	pipeWriteEnd
	pipeBothEnds // opened anew through a link of /proc/PID/fd
)

const (
	// pipeRoom is how many bytes a pipe holds. The kernel counts pages, so many
	// small writes that do not merge may fill its pipe with less.
	pipeRoom = 16 * uapi.PAGE_SIZE
	// pipeBuf is up to how many bytes a write is not divided (PIPE_BUF).
	pipeBuf = uapi.PAGE_SIZE
)

// Locals of reading and writing; the caller holds the file.
const (
	pipeFile = iota
	pipeObj
	pipeLeft
	pipeDone
)

func init() {
	define(opPipe, "pipe2", step{"do_pipe2", pipeStep})
	define(opPipeRead, "pipe_read", step{"anon_pipe_read", pipeReadStep})
	define(opPipeWrite, "pipe_write", step{"anon_pipe_write", pipeWriteStep})
	onRelease(sim.FilePipe, pipeRelease)
	readOps[sim.FilePipe] = readPipe
	writeOps[sim.FilePipe] = writePipe
}

// notificationPipe is O_NOTIFICATION_PIPE.
const notificationPipe = uapi.O_EXCL

func pipeStep(x X) {
	flags := uint32(x.f().L[0])
	switch {
	case flags&^(uapi.O_CLOEXEC|uapi.O_NONBLOCK|uapi.O_DIRECT|notificationPipe) != 0:
		x.fail(uapi.EINVAL)
		return
	case flags&notificationPipe != 0:
		x.fail(uapi.ENOPKG)
		return
	}
	fds, e := x.freePair()
	if e != 0 {
		x.fail(e)
		return
	}
	p := x.Pipes.New()
	*x.Pipes.At(p) = sim.Pipe{Readers: 1, Writers: 1}
	k := x.me()
	for end, mode := range [...]uint32{pipeReadEnd: uapi.O_RDONLY, pipeWriteEnd: uapi.O_WRONLY} {
		file := x.newFile(sim.File{
			Kind: sim.FilePipe, Which: uint8(end), Flags: mode | flags&^uapi.O_CLOEXEC, Obj: p,
		})
		x.FDSet(k.Files, fds[end], file, flags&uapi.O_CLOEXEC != 0)
		k.Out[end] = uint64(fds[end])
	}
	x.ret(0)
}

// pipeRelease closes one end; whoever waits at the other learns of it
// (fs/pipe.c: pipe_release, v6.19).
func pipeRelease(x X, f *sim.File) {
	p := x.Pipes.At(f.Obj)
	if f.Which != pipeWriteEnd {
		p.Readers--
	}
	if f.Which != pipeReadEnd {
		p.Writers--
	}
	if p.Readers == 0 && p.Writers == 0 {
		x.Pipes.Free(f.Obj)
		return
	}
	x.wakePipe(f.Obj)
}

// reopenPipe opens an end of a pipe by its link (fs/pipe.c: fifo_open, v6.19).
func (x X) reopenPipe(k *sim.File) {
	p := x.Pipes.At(k.Obj)
	switch k.Flags & uapi.O_ACCMODE {
	case uapi.O_RDONLY:
		k.Which = pipeReadEnd
	case uapi.O_WRONLY:
		k.Which = pipeWriteEnd
	default:
		k.Which = pipeBothEnds
	}
	if k.Which != pipeWriteEnd {
		p.Readers++
	}
	if k.Which != pipeReadEnd {
		p.Writers++
	}
}

func (x X) wakePipe(p int32) {
	x.wakeBlocked(opPipeRead, pipeObj, int64(p))
	x.wakeBlocked(opPipeWrite, pipeObj, int64(p))
}

// readPipe reads up to n bytes. It sleeps while the pipe is empty and has writers;
// without them it is at the end, 0.
func readPipe(x X, f sim.FileID, n int64) (int64, uapi.Errno) {
	x.push(opPipeRead, int64(f), int64(x.File(f).Obj), n)
	return 0, 0
}

// writePipe writes a text, and sleeps while it does not fit. EPIPE: nobody reads,
// and SIGPIPE.
func writePipe(x X, f sim.FileID, data int64) (int64, uapi.Errno) {
	n := len(x.PathString(sim.PathID(data)))
	x.push(opPipeWrite, int64(f), int64(x.File(f).Obj), int64(n))
	return 0, 0
}

func pipeReadStep(x X) {
	f := x.f()
	p := x.Pipes.At(int32(f.L[pipeObj]))
	switch n := min(f.L[pipeLeft], int64(p.Bytes)); {
	case n > 0:
		p.Bytes -= int32(n)
		x.wakePipe(int32(f.L[pipeObj]))
		x.ret(n)
	case f.L[pipeLeft] == 0 || p.Writers == 0:
		x.ret(0)
	default:
		x.pipeWait(0)
	}
}

func pipeWriteStep(x X) {
	f := x.f()
	p := x.Pipes.At(int32(f.L[pipeObj]))
	left, free := f.L[pipeLeft], pipeRoom-int64(p.Bytes)
	switch {
	case left == 0:
		x.ret(f.L[pipeDone])
	case p.Readers == 0:
		x.sigPipe()
		if f.L[pipeDone] == 0 {
			f.L[pipeDone] = -int64(uapi.EPIPE)
		}
		x.ret(f.L[pipeDone])
	case free == 0 || left+f.L[pipeDone] <= pipeBuf && free < left:
		x.pipeWait(f.L[pipeDone])
	default:
		n := min(left, free)
		p.Bytes += int32(n)
		f.L[pipeLeft] -= n
		f.L[pipeDone] += n
		x.wakePipe(int32(f.L[pipeObj]))
		x.again()
	}
}

// sigPipe tells the caller that nobody reads what it writes.
func (x X) sigPipe() { x.sendSignal(x.T, int32(uapi.SIGPIPE), true) }

// pipeWait sleeps unless the end is not to block or the task is being killed; then it
// returns what has been done, if anything.
func (x X) pipeWait(done int64) {
	e := uapi.Errno(0)
	switch {
	case x.File(sim.FileID(x.f().L[pipeFile])).Flags&uapi.O_NONBLOCK != 0:
		e = uapi.EAGAIN
	case x.me().Has(sim.KillPending):
		e = uapi.EINTR
	default:
		x.sleep()
		return
	}
	if done == 0 {
		done = -int64(e)
	}
	x.ret(done)
}

// SPDX-License-Identifier: GPL-2.0-only

package syscall

import (
	"fmt"
	"strconv"

	"github.com/nssim/nssim/sim"
	"github.com/nssim/nssim/syscall/uapi"
)

// Readlink is readlink(2). The text is not part of the state: the call leaves in
// Task.Out what it is made of, and LinkText makes it.
type Readlink struct{ Path string }

func (c Readlink) start(x X) { x.push(opReadlink, int64(x.Intern(c.Path))) }

// What a readlink leaves in Task.Out.
const (
	OutLinkKind = 0 // a link kind
	OutLinkA    = 1 // inode number, pid, thread group id, file number or interned path
	OutLinkB    = 2 // type of the namespace, thread id
)

// What a link's text is made of.
const (
	linkNone   = iota
	linkNS     // type and inode number of a namespace
	linkPath   // an interned path
	linkSelf   // a pid
	linkThread // a thread group id and a thread id
	linkSocket
	linkPipe
	linkPidFD
	linkInotify
	linkFSContext
)

// LinkText is the text that a readlink has read, from Task.Out.
func LinkText(m *sim.Machine, out [4]uint64) string {
	a, b := out[OutLinkA], out[OutLinkB]
	switch out[OutLinkKind] {
	case linkNS:
		return uapi.NSType(b).LinkName(uint32(a))
	case linkPath:
		return m.PathString(sim.PathID(a))
	case linkSelf:
		return strconv.FormatUint(a, 10)
	case linkThread:
		return fmt.Sprintf("%d/task/%d", a, b)
	case linkSocket:
		return fmt.Sprintf("socket:[%d]", a)
	case linkPipe:
		return fmt.Sprintf("pipe:[%d]", a)
	case linkPidFD:
		return "anon_inode:[pidfd]"
	case linkInotify:
		return "anon_inode:inotify"
	case linkFSContext:
		return "anon_inode:[fscontext]"
	}
	return ""
}

// Readlink reads a symbolic link; that of a namespace file is like net:[4026531833]
// (fs/stat.c: do_readlinkat; fs/proc/namespaces.c: proc_ns_readlink, v6.19). EINVAL: no
// link; EACCES: the caller may not read the task; ENOENT: the task has given the
// namespace up, or is out of sight of that instance of procfs. No inode is made and no
// count changes.
func (t T) Readlink(path string) (string, error) {
	_, err := Do(t.M, t.ID, Readlink{path})
	return LinkText(t.M, t.M.Task(t.ID).Out), err
}

func init() {
	define(opReadlink, "readlink", step{"vfs_readlink", func(x X) {
		t, e := x.resolve(x.PathString(sim.PathID(x.f().L[0])), 0)
		if e == 0 {
			e = x.readlinkText(&t)
		}
		x.done(int64(len(LinkText(x.Machine, x.me().Out))), e)
	}})
}

// readlinkText puts what a link reads into Task.Out.
func (x X) readlinkText(t *target) uapi.Errno {
	if !t.isLink() {
		return uapi.EINVAL
	}
	out := &x.me().Out
	if t.kind == toProcText {
		return x.readProcText(t, out)
	}
	task, e := x.mayFollow(t)
	if e != 0 {
		return e
	}
	switch t.kind {
	case toNSLink:
		ns, e := x.taskNS(task, procNS[t.which])
		if e != 0 {
			return e
		}
		x.linkTo(&target{kind: toNSFS, nsfs: ns}, out)
	case toFDLink:
		end := x.fileTarget(t.file)
		x.linkTo(&end, out)
	default:
		end, e := x.followLink(t)
		if e != 0 {
			return e
		}
		x.linkTo(&end, out)
	}
	return 0
}

func (x X) readProcText(t *target, out *[4]uint64) uapi.Errno {
	text, e := x.procText(t)
	if e != 0 {
		return e
	}
	switch t.which {
	case procSelf:
		*out = [4]uint64{linkSelf, uint64(x.PidNr(x.Task(x.me().Leader).Tgid, t.pidns))}
	case procThreadSelf:
		*out = [4]uint64{
			linkThread, uint64(x.PidNr(x.Task(x.me().Leader).Tgid, t.pidns)), uint64(x.PidNr(x.me().Pid, t.pidns)),
		}
	default:
		*out = [4]uint64{linkPath, uint64(x.Intern(text))}
	}
	return 0
}

// anonLinks are the texts of links to what has no name.
var anonLinks = map[sim.FileKind]uint64{
	sim.FileSocket: linkSocket, sim.FilePipe: linkPipe, sim.FilePidFD: linkPidFD,
	sim.FileInotify: linkInotify, sim.FileFSContext: linkFSContext,
}

// linkTo puts the text of a link that leads to t into Task.Out.
func (x X) linkTo(t *target, out *[4]uint64) {
	switch t.kind {
	case toNSFS:
		*out = [4]uint64{linkNS, uint64(x.Nodes[t.nsfs].Inum), uint64(x.Nodes[t.nsfs].NSType())}
	case toAnon:
		k := x.File(t.file)
		*out = [4]uint64{anonLinks[k.Kind], uint64(k.Obj)}
	default:
		*out = [4]uint64{linkPath, uint64(x.Intern(x.display(*t)))}
	}
}

// display is the path of t from the root of its mount namespace (fs/d_path.c: d_path,
// v6.19).
func (x X) display(t target) string {
	path := t.path
	for m := t.mnt; m != 0; {
		k := x.Mount(m)
		inside := path[min(len(x.mountRootPath(m)), len(path)):]
		if x.mountRootPath(m) == "/" {
			inside = path
		}
		if k.Path == 0 {
			if inside == "" {
				return "/"
			}
			return inside
		}
		at := x.PathString(k.Path)
		switch {
		case inside == "" || inside == "/":
			path = at
		case at == "/":
			path = inside
		default:
			path = at + inside
		}
		m = k.Parent
	}
	return path
}

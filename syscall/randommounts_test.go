// SPDX-License-Identifier: GPL-2.0-only

package syscall

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/nssim/nssim/sim"
	"github.com/nssim/nssim/syscall/uapi"
	"github.com/stretchr/testify/require"
)

// mountRefs compares the reference counts of mounts, superblocks and nsfs inodes with
// who holds them, and the lists of mounts with what they say of each other. It returns
// the first difference.
func mountRefs(m *sim.Machine) error {
	mounts, supers := map[sim.MountID]int32{}, map[sim.SuperID]int32{}
	dentries, marks := map[sim.InodeID]int32{}, map[sim.InodeID]int32{}
	for i := int32(1); i < m.Mounts.Cap(); i++ {
		if !m.Mounts.Live(i) {
			continue
		}
		k := m.Mounts.At(i)
		if k.NS != 0 {
			mounts[sim.MountID(i)]++
		}
		supers[k.Super]++
		dentries[k.Inode]++
	}
	for i := int32(1); i < m.Files.Cap(); i++ {
		if !m.Files.Live(i) {
			continue
		}
		k := m.Files.At(i)
		mounts[k.Mount]++
		switch k.Kind {
		case sim.FileNSFS:
			dentries[sim.InodeID(k.Obj)]++
		case sim.FileFSContext:
			supers[sim.SuperID(k.Obj)]++
		}
	}
	for i := int32(1); i < m.Marks.Cap(); i++ {
		if m.Marks.Live(i) {
			marks[m.Marks.At(i).Inode]++
		}
	}
	for i := sim.MountID(1); i < sim.MountID(m.Mounts.Cap()); i++ {
		if m.Mounts.Live(int32(i)) && m.Mount(i).Refs != mounts[i] {
			return fmt.Errorf("mount %d has %d references and %d holders", i, m.Mount(i).Refs, mounts[i])
		}
	}
	for i := sim.SuperID(1); i < sim.SuperID(m.Supers.Cap()); i++ {
		if m.Supers.Live(int32(i)) && m.Supers.At(int32(i)).Refs != supers[i] {
			return fmt.Errorf("superblock %d has %d references and %d holders", i, m.Supers.At(int32(i)).Refs, supers[i])
		}
	}
	for i := sim.InodeID(1); i < sim.InodeID(m.Inodes.Cap()); i++ {
		if !m.Inodes.Live(int32(i)) {
			continue
		}
		if k := m.Inode(i); k.Dentry != dentries[i] || k.Marks != marks[i] || k.Dentry+k.Marks == 0 {
			return fmt.Errorf("inode %d has %d+%d references and %d+%d holders", i, k.Dentry, k.Marks, dentries[i], marks[i])
		}
	}
	return mountLists(m)
}

func mountLists(m *sim.Machine) error {
	seen := 0
	for i := 1; i < len(m.Nodes); i++ {
		ns := sim.NS(i)
		if n := &m.Nodes[ns]; n.NSType() != uapi.MNT_NS || n.Data == 0 || !m.MntNSs.Live(n.Data) {
			continue
		}
		for k := m.MntNSOf(ns).First; k != 0; k = m.Mount(k).Next {
			seen++
			p := m.Mount(k).Parent
			switch {
			case m.Mount(k).NS != ns:
				return fmt.Errorf("mount %d is on the list of another namespace", k)
			case p != 0 && m.Mount(p).NS != ns:
				return fmt.Errorf("mount %d stands on mount %d of another namespace", k, p)
			case m.Mount(k).Path == 0 && m.MntNSOf(ns).Root != k:
				return fmt.Errorf("mount %d stands nowhere", k)
			}
		}
	}
	attached := 0
	for i := int32(1); i < m.Mounts.Cap(); i++ {
		if m.Mounts.Live(i) && m.Mounts.At(i).NS != 0 {
			attached++
		}
	}
	if seen != attached {
		return fmt.Errorf("%d mounts are on lists, %d say so", seen, attached)
	}
	return nil
}

// mounter makes random calls that have to do with mounts.
type mounter struct {
	*rand.Rand
	t   *testing.T
	m   *sim.Machine
	log []string
}

func (r *mounter) one(of ...string) string { return of[r.IntN(len(of))] }

func (r *mounter) path() string {
	if r.IntN(3) != 0 {
		return r.one("/tmp/a", "/tmp/b", "/tmp/a/a", "/tmp/a/b", "/tmp/b/a", "/tmp/f", "/tmp/a/f", "/tmp/f", "/tmp/b/f")
	}
	return r.one("/tmp", "/", "/proc", "/sys", "/dev/null", "/proc/1/root/tmp", "/proc/3/root/tmp/a", "/proc/4/root/tmp/b",
		"/proc/self/fd/4", "/proc/5/root/tmp/a/f")
}

func (r *mounter) nsPath() string {
	return fmt.Sprintf("/proc/%s/ns/%s", r.one("self", "self", "3", "4", "5", "6"), r.one("net", "mnt", "mnt", "user", "pid", "uts", "ipc"))
}

func (r *mounter) any() string {
	if r.IntN(3) == 0 {
		return r.nsPath()
	}
	return r.path()
}

// fd is an open descriptor of the task, seldom any number.
func (r *mounter) fd(t sim.TaskID) int32 {
	var fds []int32
	r.m.EachFD(r.m.Task(t).Files, func(fd int32, _ sim.FileID) {
		if fd > 2 {
			fds = append(fds, fd)
		}
	})
	if len(fds) == 0 || r.IntN(15) == 0 {
		return int32(r.IntN(20))
	}
	return fds[r.IntN(len(fds))]
}

func (r *mounter) flag(of ...uint32) uint32 { return of[r.IntN(len(of))] }

func (r *mounter) call(t sim.TaskID) Call {
	switch r.IntN(39) {
	case 0, 1:
		return Mount{r.nsPath(), r.path(), "", uapi.MS_BIND}
	case 2, 3, 4:
		return Mount{r.any(), r.path(), "", uint64(r.flag(uapi.MS_BIND, uapi.MS_BIND|uapi.MS_REC))}
	case 5, 6:
		return Mount{"x", r.path(), r.one("tmpfs", "proc", "sysfs", "mqueue", "devpts", "cgroup2", "none"), 0}
	case 7:
		return Mount{r.path(), r.path(), "", uapi.MS_MOVE}
	case 8, 9, 10:
		return Umount2{r.path(), r.flag(0, 0, uapi.MNT_DETACH)}
	case 11, 12:
		return OpenTree{uapi.AT_FDCWD, r.any(), r.flag(0, uapi.OPEN_TREE_CLONE, uapi.OPEN_TREE_CLONE|uapi.AT_RECURSIVE,
			uapi.OPEN_TREE_NAMESPACE, uapi.OPEN_TREE_NAMESPACE|uapi.AT_RECURSIVE)}
	case 13, 14:
		return MoveMount{r.fd(t), r.path()}
	case 15:
		return FSOpen{r.one("tmpfs", "proc", "sysfs", "mqueue"), 0}
	case 16:
		return FSMount{r.fd(t), r.flag(0, uapi.FSMOUNT_NAMESPACE)}
	case 17, 18:
		return Unshare{uint64(r.flag(uapi.CLONE_NEWNS, uapi.CLONE_NEWNS|uapi.CLONE_NEWUSER, uapi.CLONE_NEWNET, uapi.CLONE_NEWIPC, uapi.CLONE_NEWPID))}
	case 19:
		return Clone{ExitSignal: uint32(uapi.SIGCHLD)}
	case 20, 21:
		return Open{Path: r.any(), Flags: r.flag(uapi.O_RDONLY, uapi.O_PATH, uapi.O_CREAT|uapi.O_RDWR, uapi.O_PATH|uapi.O_NOFOLLOW)}
	case 22:
		return Openat{FD: r.fd(t), Path: r.one("a", "f", "b", "..", "../f"), Flags: r.flag(uapi.O_RDONLY, uapi.O_PATH, uapi.O_CREAT|uapi.O_RDWR)}
	case 23, 24, 25:
		return Close{r.fd(t)}
	case 26, 34, 35:
		return Mkdir{r.one("/tmp/a", "/tmp/b", "/tmp/a/a", "/tmp/a/b", "/tmp/b/a")}
	case 36, 37, 38:
		return Open{Path: r.one("/tmp/f", "/tmp/a/f", "/tmp/b/f"), Flags: uapi.O_CREAT | uapi.O_RDWR}
	case 27:
		return Unlink{r.path()}
	case 28:
		return Rmdir{r.path()}
	case 29:
		return Setns{r.fd(t), 0}
	case 30:
		if r.IntN(4) != 0 {
			return Getpid{}
		}
		return ExitGroup{}
	case 31:
		return InotifyInit{}
	case 32:
		return InotifyAddWatch{r.fd(t), r.any(), uapi.IN_OPEN}
	}
	return Stat{r.any()}
}

// Random calls about mounts keep every count what its holders make it, and when all is
// torn down nothing is left.
func TestRandomMounts(t *testing.T) {
	machines := 60
	if testing.Short() {
		machines = 10
	}
	for i, kernel := range []string{"v6.19", "v7.0", "v7.3.4"} {
		t.Run(kernel, func(t *testing.T) {
			t.Parallel()
			for n := range machines {
				r := &mounter{Rand: rand.New(rand.NewPCG(uint64(i), uint64(n))), t: t, m: sim.MustNew(sim.Config{Kernel: kernel})}
				r.run(400)
			}
		})
	}
}

func (r *mounter) run(calls int) {
	init := Task(r.m, r.m.Init())
	for _, dir := range []string{"/tmp/a", "/tmp/b", "/tmp/a/a", "/tmp/a/b"} {
		require.NoError(r.t, init.Mkdir(dir))
	}
	for range 3 {
		_, err := init.Fork()
		require.NoError(r.t, err)
	}
	for range calls {
		k := r.task()
		if k == 0 {
			break
		}
		call := r.call(k)
		v, err := Do(r.m, k, call)
		r.log = append(r.log, fmt.Sprintf("t%d: %T%+v = %s", k, call, call, errText(v, err)))
		if r.IntN(30) == 0 {
			Settle(r.m)
		}
		r.check()
	}
	r.tearDown()
	r.check()
	require.Equal(r.t, sim.MustNew(*r.m.Cfg).Len(), r.m.Len(), "namespaces are left")
	for what, n := range map[string]int{
		"mounts": r.m.Mounts.Count(), "superblocks": r.m.Supers.Count(), "inodes": r.m.Inodes.Count(),
		"frames": r.m.Frames.Count(), "marks": r.m.Marks.Count(), "files": r.m.Files.Count(),
	} {
		require.Zero(r.t, n, "%s are left after\n%s", what, strings.Join(r.log, "\n"))
	}
}

// task picks a task of the program.
func (r *mounter) task() sim.TaskID {
	var ts []sim.TaskID
	r.m.EachTask(func(t sim.TaskID, k *sim.Task) bool {
		if t > sim.Pid1 && k.Alive() && !k.Has(sim.KThread) {
			ts = append(ts, t)
		}
		return true
	})
	if len(ts) == 0 {
		return 0
	}
	return ts[r.IntN(len(ts))]
}

func (r *mounter) check() {
	require.NoError(r.t, mountRefs(r.m), strings.Join(r.log, "\n"))
	checkCounts(r.t, r.m)
}

// tearDown kills all tasks, and unmounts what pid 1 has.
func (r *mounter) tearDown() {
	for t := r.task(); t != 0; t = r.task() {
		Task(r.m, t).ExitGroup(0)
	}
	Settle(r.m)
	one := Task(r.m, sim.Pid1)
	for first := r.m.MntNSOf(r.m.Initial(uapi.MNT_NS)).First; first != 0; first = r.m.MntNSOf(r.m.Initial(uapi.MNT_NS)).First {
		X{r.m, one.ID}.umountTree(first)
		Run(r.m, one.ID)
	}
	Settle(r.m)
}

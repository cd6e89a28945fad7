// SPDX-License-Identifier: GPL-2.0-only

package syscall

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/nssim/nssim/syscall/uapi"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// fileCall makes one call of a recording and says what it returned.
type fileCall func(k T, path string, arg uint64) (any, error)

var fileCalls = map[string]fileCall{
	"open":   func(k T, p string, a uint64) (any, error) { fd, e := k.Open(p, int(a)); return k.closed(fd, e) },
	"access": func(k T, p string, a uint64) (any, error) { return 0, k.Access(p, int(a)) },
	"mkdir":  func(k T, p string, _ uint64) (any, error) { return 0, k.Mkdir(p) },
	"rmdir":  func(k T, p string, _ uint64) (any, error) { return 0, k.Rmdir(p) },
	"unlink": func(k T, p string, _ uint64) (any, error) { return 0, k.Unlink(p) },
	"chdir":  func(k T, p string, _ uint64) (any, error) { return 0, k.Chdir(p) },
	"chroot": func(k T, p string, _ uint64) (any, error) { return 0, k.Chroot(p) },
	"readlink": func(k T, p string, _ uint64) (any, error) {
		text, e := k.Readlink(p)
		text, _, _ = strings.Cut(text, "[")
		return text, e
	},
	"stat":  func(k T, p string, _ uint64) (any, error) { return statText(k.Stat(p)) },
	"lstat": func(k T, p string, _ uint64) (any, error) { return statText(k.Lstat(p)) },
}

func (t T) closed(fd int, e error) (any, error) {
	if e != nil {
		return nil, e
	}
	return 0, t.Close(fd)
}

func statText(st FileStat, e error) (any, error) {
	return fmt.Sprintf("%o %d %d", st.Mode, st.UID, st.GID), e
}

// callers are the tasks that recordings are made by.
var callers = map[string]func(t *testing.T, init T) T{
	"root": func(_ *testing.T, init T) T { return init },
	"user": func(t *testing.T, init T) T {
		k := forkOf(t, init)
		require.NoError(t, k.Setgid(1000))
		require.NoError(t, k.Setuid(1000))
		return k
	},
	"dump": func(t *testing.T, init T) T {
		k := forkOf(t, init)
		require.NoError(t, k.Setgid(1000))
		require.NoError(t, k.Setuid(1000))
		_, err := k.Prctl(uapi.PR_SET_DUMPABLE, 1)
		require.NoError(t, err)
		return k
	},
}

// errText is the name of an errno.
func errText(v any, err error) string {
	if e, ok := err.(uapi.Errno); ok {
		return e.Name()
	}
	if err != nil {
		return err.Error()
	}
	return fmt.Sprint(v)
}

// recording is what real kernels answered to calls that were made one after another.
type recording struct {
	init  T
	k     T
	base  int // mounts at boot
	kept  int
	calls int
}

// play makes the calls of a recording on a kernel, 0 or 1, that it was made on.
func play(t *testing.T, file string, which int, kernel string) int {
	text, err := os.ReadFile("testdata/" + file)
	require.NoError(t, err)
	r := recording{init: bootKernel(t, kernel)}
	r.base = nrMountsOf(t, r.init)
	for n, line := range strings.Split(string(text), "\n") {
		if line == "" || line[0] == '#' {
			continue
		}
		if who, ok := strings.CutPrefix(line, "as "); ok {
			r.k = callers[who](t, r.init)
			continue
		}
		call, want, ok := strings.Cut(line, " = ")
		require.True(t, ok, line)
		if both := strings.Split(want, " | "); len(both) == 2 {
			want = both[which]
		}
		assert.Equal(t, want, r.call(t, strings.Fields(call)), "%s:%d: %s", file, n+1, line)
		r.calls++
	}
	return r.calls
}

// call makes one call and returns its result as a text.
func (r *recording) call(t *testing.T, f []string) string {
	for i, a := range f {
		f[i] = strings.NewReplacer("EMPTY", "", "NULL", "", "NAME256", strings.Repeat("a", 256)).Replace(a)
	}
	if do := fileCalls[f[0]]; do != nil {
		path, arg := f[1], uint64(0)
		if len(f) > 2 {
			arg = flagsOf(t, f[2])
		}
		return errText(do(r.k, path, arg))
	}
	return errText(r.mountCall(t, f))
}

func flagsOf(t *testing.T, text string) uint64 {
	v, err := uapi.ParseFlags(text)
	require.NoError(t, err)
	return v
}

func (r *recording) mountCall(t *testing.T, f []string) (any, error) {
	switch k := r.k; f[0] {
	case "mount":
		return 0, k.Mount(f[1], f[2], f[3], flagsOf(t, f[4]))
	case "umount":
		return 0, k.Umount2(f[1], int(flagsOf(t, f[2])))
	case "open_tree":
		fd, err := k.OpenTree(uapi.AT_FDCWD, f[1], uint32(flagsOf(t, f[2])))
		return k.closed(fd, err)
	case "touch":
		fd, err := k.Open(f[1], uapi.O_CREAT|uapi.O_RDWR)
		return k.closed(fd, err)
	case "unshare":
		return 0, k.Unshare(flagsOf(t, f[1]))
	case "map":
		require.NoError(t, k.WriteFile("/proc/self/setgroups", "deny"))
		require.NoError(t, k.WriteFile("/proc/self/uid_map", "0 1000 1"))
		return 0, k.WriteFile("/proc/self/gid_map", "0 1000 1")
	case "nr":
		return nrMountsOf(t, k) - r.base, nil
	case "keep":
		fd, err := k.Open(f[1], int(flagsOf(t, f[2])))
		r.kept = fd
		return 0, err
	case "drop":
		return 0, k.Close(r.kept)
	}
	require.Fail(t, "no such call: "+f[0])
	return nil, nil
}

// nrMountsOf asks for the number of mounts of a task's mount namespace.
func nrMountsOf(t *testing.T, k T) int {
	fd, err := k.Open("/proc/self/ns/mnt", uapi.O_RDONLY)
	require.NoError(t, err)
	_, err = k.Ioctl(fd, uapi.NS_MNT_GET_INFO, 0)
	require.NoError(t, err)
	n := int(k.M.Task(k.ID).Out[OutMntNrSize] >> 32)
	require.NoError(t, k.Close(fd))
	return n
}

// What the kernels answered, line by line.
func TestAsRecorded(t *testing.T) {
	for file, least := range map[string]int{"files.txt": 380, "mounts.txt": 200} {
		for i, kernel := range []string{"v6.19", "v7.3.4"} {
			t.Run(file+" "+kernel, func(t *testing.T) {
				assert.Greater(t, play(t, file, i, kernel), least)
			})
		}
	}
}

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

// What the kernels answered, line by line.
func TestFilesAsRecorded(t *testing.T) {
	text, err := os.ReadFile("testdata/files.txt")
	require.NoError(t, err)
	for _, kernel := range []string{"v6.19", "v7.3.4"} {
		t.Run(kernel, func(t *testing.T) {
			init := bootKernel(t, kernel)
			var k T
			calls := 0
			for _, line := range strings.Split(string(text), "\n") {
				if line == "" || line[0] == '#' {
					continue
				}
				if who, ok := strings.CutPrefix(line, "as "); ok {
					k = callers[who](t, init)
					continue
				}
				call, want, ok := strings.Cut(line, " = ")
				require.True(t, ok, line)
				f := append(strings.Fields(call), "0")
				arg, err := uapi.ParseFlags(f[2])
				require.NoError(t, err)
				path := strings.NewReplacer("EMPTY", "", "NAME256", strings.Repeat("a", 256)).Replace(f[1])
				assert.Equal(t, want, errText(fileCalls[f[0]](k, path, arg)), line)
				calls++
			}
			assert.Greater(t, calls, 380)
		})
	}
}

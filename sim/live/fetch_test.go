// SPDX-License-Identifier: GPL-2.0-only

package live

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// fakeApt answers as the commands would.
type fakeApt struct {
	targets, search string
	ran             []string
}

func (f *fakeApt) run(_ context.Context, dir string, env []string, name string, args ...string) ([]byte, error) {
	cmd := name + " " + strings.Join(args, " ")
	f.ran = append(f.ran, cmd)
	switch {
	case strings.Contains(cmd, "indextargets"):
		return []byte(f.targets), nil
	case strings.Contains(cmd, "search"):
		return []byte(f.search), nil
	case strings.Contains(cmd, "download"):
		return nil, os.WriteFile(filepath.Join(dir, args[len(args)-1]+"_1_amd64.deb"), nil, 0o644)
	case name == "dpkg":
		boot := filepath.Join(args[2], "boot")
		if err := os.MkdirAll(boot, 0o755); err != nil {
			return nil, err
		}
		return nil, os.WriteFile(filepath.Join(boot, "vmlinuz-7.3.4"), nil, 0o644)
	}
	return nil, nil
}

const (
	someTargets = "http://mirror.test/security\nhttp://mirror.test/debian/\nhttp://mirror.test/other\n"
	someSearch  = `linux-image-6.19.14+deb13-cloud-amd64 - Linux 6.19 for x86-64 cloud
linux-image-6.19.8+deb13-cloud-amd64 - Linux 6.19 for x86-64 cloud
linux-binary-7.3.4+deb13-cloud-amd64 - Linux 7.3 binary
linux-image-7.3.4+deb13-cloud-amd64 - Linux 7.3 for x86-64 cloud
linux-image-7.3.4+deb13-cloud-amd64-dbg - debug symbols
`
)

func TestPackageNames(t *testing.T) {
	names := firstWords([]byte(someSearch))
	assert.Equal(t, []string{"6.19.8", "6.19.14", "7.3.4"}, versionsOf(names))
	for version, want := range map[string]string{
		"6.19.8": "linux-image-6.19.8+deb13-cloud-amd64", "7.3.4": "linux-binary-7.3.4+deb13-cloud-amd64", "7.3": "",
	} {
		got, _ := packageOf(version, names)
		assert.Equal(t, want, got)
	}
}

func TestMirror(t *testing.T) {
	uri, ok := mirrorIn([]byte(someTargets))
	assert.True(t, ok)
	assert.Equal(t, "http://mirror.test/debian/", uri)
	_, ok = mirrorIn([]byte("http://mirror.test/security\n"))
	assert.False(t, ok)

	f := &fakeApt{}
	_, err := (&apt{dir: t.TempDir(), run: f.run}).mirror(context.Background())
	assert.ErrorIs(t, err, ErrFetch)
	assert.Equal(t, "apt-get update -qq", f.ran[1], "the lists may be missing: it tries once more")
}

func TestAptSetUp(t *testing.T) {
	f := &fakeApt{targets: someTargets, search: someSearch}
	a := &apt{dir: t.TempDir(), run: f.run}
	names, err := a.packages(context.Background())
	require.NoError(t, err)
	assert.Len(t, names, 5)
	assert.Contains(t, f.ran, "apt-get update -qq")
	sources, err := os.ReadFile(filepath.Join(a.dir, "sources.list"))
	require.NoError(t, err)
	assert.Contains(t, string(sources), "http://mirror.test/debian/ sid main\n")

	// Lists of today are not fetched again.
	list := filepath.Join(a.dir, "lists", "x_Packages")
	require.NoError(t, os.WriteFile(list, nil, 0o644))
	f.ran = nil
	_, err = a.packages(context.Background())
	require.NoError(t, err)
	assert.NotContains(t, f.ran, "apt-get update -qq")
	old := time.Now().Add(-2 * maxListAge)
	require.NoError(t, os.Chtimes(list, old, old))
	_, err = a.packages(context.Background())
	require.NoError(t, err)
	assert.Contains(t, f.ran, "apt-get update -qq")
}

func TestUnpack(t *testing.T) {
	f := &fakeApt{}
	cache := t.TempDir()
	a := &apt{dir: filepath.Join(cache, "apt"), run: f.run}
	require.NoError(t, a.unpack(context.Background(), "linux-binary-7.3.4", kernelDir(cache, "v7.3.4")))
	image, err := findIn("v7.3.4", cache)
	require.NoError(t, err)
	assert.Equal(t, "vmlinuz-7.3.4", filepath.Base(image))
	assert.Equal(t, []string{"7.3.4"}, Kernels(cache))
	left, err := os.ReadDir(filepath.Join(cache, "kernels"))
	require.NoError(t, err)
	assert.Len(t, left, 1, "nothing else stays")
}

func TestFetchRefusesWhatIsNoVersion(t *testing.T) {
	_, err := Fetch(context.Background(), "latest", t.TempDir())
	assert.ErrorIs(t, err, ErrFetch)
	assert.ErrorContains(t, err, "expected one like 7.3.4")
}

func TestFind(t *testing.T) {
	cache := t.TempDir()
	_, err := findIn("", cache)
	assert.ErrorIs(t, err, ErrNoKernel)
	_, err = findIn("v7.3.4", cache)
	assert.ErrorIs(t, err, ErrNoKernel)
	assert.ErrorContains(t, err, "nssim live fetch v7.3.4")
	_, err = findIn(filepath.Join(cache, "bzImage"), cache)
	assert.ErrorIs(t, err, ErrNoKernel)
	image := filepath.Join(cache, "arch", "bzImage")
	require.NoError(t, os.MkdirAll(filepath.Dir(image), 0o755))
	_, err = findIn(cache, cache)
	assert.ErrorContains(t, err, "none in")
	require.NoError(t, os.WriteFile(image, nil, 0o644))
	for _, name := range []string{image, cache} {
		got, err := findIn(name, cache)
		require.NoError(t, err)
		assert.Equal(t, image, got)
	}
}

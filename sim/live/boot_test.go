// SPDX-License-Identifier: GPL-2.0-only

package live

import (
	"bytes"
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"github.com/u-root/u-root/pkg/cpio"

	"github.com/nssim/nssim/sim"
	"github.com/nssim/nssim/syscall"
)

// TestInitramfs: a guest starts with the files that the model's machine has.
func TestInitramfs(t *testing.T) {
	archive, err := initramfs([]byte("agent"))
	require.NoError(t, err)
	recs, err := cpio.ReadAllRecords(cpio.Newc.Reader(bytes.NewReader(archive)))
	require.NoError(t, err)
	m := sim.MustNew(sim.Config{})
	init := syscall.Task(m, m.Init())
	for _, r := range recs {
		if r.Name == "dev/console" { // covered by devtmpfs
			continue
		}
		path := "/" + strings.TrimPrefix(r.Name, ".")
		st, err := init.Stat(path)
		if assert.NoError(t, err, path) {
			assert.Equal(t, uint32(r.Mode), st.Mode, path)
		}
	}
}

func TestArgs(t *testing.T) {
	o := defaults()
	o.kernel, o.cmdline, o.cpus = "/k", "lsm=", 2
	args := o.args("/d")
	after := func(flag string) string { return args[slices.Index(args, flag)+1] }
	assert.Equal(t, "/k", after("-kernel"))
	assert.Equal(t, "/d/initrd", after("-initrd"))
	assert.Equal(t, "2", after("-smp"))
	assert.Equal(t, kernelArgs+" lsm=", after("-append"))
	assert.Equal(t, "tcg", after("-accel"))
	assert.Contains(t, kernelArgs, "nokaslr")
	assert.NotContains(t, args, "-cpu")
	o.accel = AccelKVM
	args = o.args("/d")
	assert.Equal(t, "host", after("-cpu"))
}

func TestOptions(t *testing.T) {
	for name, opt := range map[string]Option{
		`accelerator "hvf"`: WithAccel("hvf"), "64 MiB of memory": WithMemory(64), "0 processors": WithCPUs(0),
		"timeout 0s": WithTimeout(0), "patience -1s": WithPatience(-time.Second),
	} {
		_, err := Open(context.Background(), opt)
		assert.ErrorContains(t, err, name)
	}
	cache := t.TempDir()
	_, err := Open(context.Background(), WithCache(cache))
	assert.ErrorIs(t, err, ErrNoKernel)
	image := filepath.Join(cache, "bzImage")
	require.NoError(t, os.WriteFile(image, nil, 0o644))
	_, err = Open(context.Background(), WithKernel(image), WithCache(cache), WithCompiler("no-such-compiler"))
	assert.ErrorIs(t, err, ErrNoCompiler)
	assert.ErrorContains(t, err, "no-such-compiler is not installed")
	var out bytes.Buffer
	o := defaults()
	for _, opt := range []Option{WithQEMU("q"), WithMemory(512), WithCommandLine("x"), WithConsole(&out), WithCPUs(1), WithAccel(AccelKVM), WithTimeout(1), WithPatience(1)} {
		require.NoError(t, opt(&o))
	}
	assert.Equal(t, []any{"q", 512, "x", AccelKVM}, []any{o.qemu, o.memory, o.cmdline, o.accel})
}

func TestNoQEMU(t *testing.T) {
	o := defaults()
	o.qemu = "no-such-emulator"
	_, _, _, err := launch(context.Background(), &o, nil)
	assert.ErrorIs(t, err, ErrNoQEMU)
}

// TestQEMUEnds: an emulator that ends at once is told with what it said.
func TestQEMUEnds(t *testing.T) {
	sh := filepath.Join(t.TempDir(), "qemu")
	require.NoError(t, os.WriteFile(sh, []byte("#!/bin/sh\necho from the guest\necho no such machine >&2\nexit 3\n"), 0o755))
	o := defaults()
	o.qemu = sh
	_, _, _, err := launch(context.Background(), &o, nil)
	assert.ErrorIs(t, err, ErrBoot)
	assert.ErrorContains(t, err, "no such machine")
	assert.ErrorContains(t, err, "from the guest")
	var g *GuestError
	assert.True(t, errors.As(err, &g))
}

// TestQEMUSaysNothing: a guest that does not reach its agent is given up in time.
func TestQEMUSaysNothing(t *testing.T) {
	sh := filepath.Join(t.TempDir(), "qemu")
	require.NoError(t, os.WriteFile(sh, []byte("#!/bin/sh\necho Kernel panic\nexec sleep 60\n"), 0o755))
	o := defaults()
	o.qemu, o.timeout = sh, 50*time.Millisecond
	_, _, _, err := launch(context.Background(), &o, nil)
	assert.ErrorIs(t, err, ErrBoot)
	assert.ErrorContains(t, err, "within 250ms")
	assert.ErrorContains(t, err, "Kernel panic")
}

func TestConsole(t *testing.T) {
	var all bytes.Buffer
	c := &console{copyTo: &all}
	for i := range 50 {
		_, err := c.Write([]byte{byte('a' + i%26), '\r', '\n'})
		require.NoError(t, err)
	}
	_, _ = c.Write([]byte("half"))
	tail := c.tail()
	assert.Len(t, tail, consoleLines+1)
	assert.Equal(t, []string{"x", "half"}, tail[consoleLines-1:])
	assert.Equal(t, 154, all.Len())
}

// TestAgent compiles the agent, without warnings, and sees that it refuses to be anything
// but pid 1.
func TestAgent(t *testing.T) {
	cache := t.TempDir()
	bin, err := buildAgent(context.Background(), "gcc", cache)
	if errors.Is(err, ErrNoCompiler) {
		t.Skipf("SKIP: %v", err)
	}
	require.NoError(t, err)
	again, err := buildAgent(context.Background(), "gcc", cache)
	require.NoError(t, err)
	assert.True(t, bytes.Equal(bin, again))
	kept, err := filepath.Glob(filepath.Join(cache, "agent", "*"))
	require.NoError(t, err)
	require.Len(t, kept, 1)
	out, err := exec.Command(kept[0]).CombinedOutput()
	assert.Error(t, err)
	assert.Contains(t, string(out), "to be run as pid 1")
	warnings, err := exec.Command("gcc", "-O1", "-Wall", "-Wextra", "-fsyntax-only", "agent/agent.c").CombinedOutput()
	assert.NoError(t, err)
	assert.Empty(t, string(warnings))
}

func TestCompilerHints(t *testing.T) {
	assert.Contains(t, compilerHint([]byte("/usr/bin/ld: cannot find -lc: No such file")), "no static C library")
	assert.Contains(t, compilerHint([]byte("fatal error: stdio.h: No such file or directory")), "headers are not installed")
	assert.Empty(t, compilerHint([]byte("syntax error")))
}

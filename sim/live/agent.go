// SPDX-License-Identifier: GPL-2.0-only

package live

import (
	"bytes"
	"context"
	"crypto/sha256"
	_ "embed"
	"encoding/hex"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// agentSource is the guest's side.
//
//go:embed agent/agent.c
var agentSource []byte

// agentFlags is how the agent is built: without stack protection because threads share
// their stacks' canary with nobody who set one up.
var agentFlags = []string{"-static", "-O1", "-s", "-fno-stack-protector", "-Wall"}

// buildAgent returns the agent's binary, compiled or kept from before.
func buildAgent(ctx context.Context, cc, cache string) ([]byte, error) {
	sum := sha256.New()
	sum.Write(agentSource)
	fmt.Fprint(sum, cc, agentFlags)
	file := filepath.Join(cache, "agent", hex.EncodeToString(sum.Sum(nil)[:12]))
	if bin, err := os.ReadFile(file); err == nil {
		return bin, nil
	}
	bin, err := compileAgent(ctx, cc)
	if err != nil {
		return nil, err
	}
	return bin, writeCache(file, bin, 0o755)
}

func compileAgent(ctx context.Context, cc string) ([]byte, error) {
	path, err := exec.LookPath(cc)
	if err != nil {
		return nil, fmt.Errorf("%w: %s is not installed (it takes a C compiler and a static C library)", ErrNoCompiler, cc)
	}
	dir, err := os.MkdirTemp("", "nssim-agent-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	src, bin := filepath.Join(dir, "agent.c"), filepath.Join(dir, "agent")
	if err := os.WriteFile(src, agentSource, 0o644); err != nil {
		return nil, err
	}
	cmd := exec.CommandContext(ctx, path, append(append([]string{}, agentFlags...), "-o", bin, src)...)
	out, err := cmd.CombinedOutput()
	if err != nil {
		return nil, fmt.Errorf("%w: %s: %w%s\n%s", ErrNoCompiler, cc, err, compilerHint(out), bytes.TrimSpace(out))
	}
	return os.ReadFile(bin)
}

// compilerHint says what is likely missing.
func compilerHint(out []byte) string {
	switch text := string(out); {
	case strings.Contains(text, "-lc"):
		return " (there is no static C library: libc.a)"
	case strings.Contains(text, ".h: No such file"):
		return " (the C library's headers are not installed)"
	}
	return ""
}

// writeCache puts a file into the cache so that nobody ever sees half of it.
func writeCache(file string, data []byte, mode os.FileMode) error {
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		return err
	}
	tmp, err := os.CreateTemp(filepath.Dir(file), ".new-")
	if err != nil {
		return err
	}
	defer os.Remove(tmp.Name())
	_, err = tmp.Write(data)
	if e := tmp.Close(); err == nil {
		err = e
	}
	if err == nil {
		err = os.Chmod(tmp.Name(), mode)
	}
	if err == nil {
		err = os.Rename(tmp.Name(), file)
	}
	return err
}

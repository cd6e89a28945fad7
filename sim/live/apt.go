// SPDX-License-Identifier: GPL-2.0-only

package live

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"
)

// apt asks for packages with a configuration of its own, so that the machine's lists stay
// as they are.
type apt struct {
	dir string
	run func(ctx context.Context, dir string, env []string, name string, args ...string) ([]byte, error)
}

// runCommand runs a command and returns what it prints.
func runCommand(ctx context.Context, dir string, env []string, name string, args ...string) ([]byte, error) {
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), env...)
	var errText bytes.Buffer
	cmd.Stderr = &errText
	out, err := cmd.Output()
	switch {
	case errors.Is(err, exec.ErrNotFound):
		return nil, fmt.Errorf("%w: %s is not installed; kernels come from the mirror of a machine with apt", ErrFetch, name)
	case err != nil:
		return nil, fmt.Errorf("%w: %s %s: %w: %s", ErrFetch, name, strings.Join(args, " "), err, bytes.TrimSpace(errText.Bytes()))
	}
	return out, nil
}

// env makes the commands use the configuration.
func (a *apt) env() []string { return []string{"APT_CONFIG=" + filepath.Join(a.dir, "apt.conf")} }

// maxListAge is how old the lists of packages may become.
const maxListAge = 24 * time.Hour

// packages returns the names of all kernel packages there are.
func (a *apt) packages(ctx context.Context) ([]string, error) {
	if err := a.setUp(ctx); err != nil {
		return nil, err
	}
	out, err := a.run(ctx, "", a.env(), "apt-cache", "search", "--names-only", `^linux-(binary|image)-[0-9.]+\+deb[0-9]+-cloud-amd64$`)
	if err != nil {
		return nil, err
	}
	return firstWords(out), nil
}

// firstWords returns the first word of every line.
func firstWords(out []byte) (words []string) {
	for line := range strings.Lines(string(out)) {
		if f := strings.Fields(line); len(f) > 0 {
			words = append(words, f[0])
		}
	}
	return words
}

// setUp writes the configuration and gets the lists, unless they are recent.
func (a *apt) setUp(ctx context.Context) error {
	mirror, err := a.mirror(ctx)
	if err != nil {
		return err
	}
	for _, d := range []string{"lists/partial", "cache/archives/partial"} {
		if err := os.MkdirAll(filepath.Join(a.dir, d), 0o755); err != nil {
			return err
		}
	}
	for name, text := range a.config(mirror) {
		if err := os.WriteFile(filepath.Join(a.dir, name), []byte(text), 0o644); err != nil {
			return err
		}
	}
	if a.recent() {
		return nil
	}
	_, err = a.run(ctx, "", a.env(), "apt-get", "update", "-qq")
	return err
}

// config returns the configuration's files.
func (a *apt) config(mirror string) map[string]string {
	var sources strings.Builder
	for _, s := range suites {
		fmt.Fprintf(&sources, "deb [signed-by=%s] %s %s main\n", keyring, mirror, s)
	}
	return map[string]string{
		"sources.list": sources.String(),
		"apt.conf": fmt.Sprintf(`Dir::Etc::sourcelist "%[1]s/sources.list";
Dir::Etc::sourceparts "-";
Dir::State::Lists "%[1]s/lists";
Dir::Cache "%[1]s/cache";
APT::Sandbox::User "root";
`, a.dir),
	}
}

// mirror returns the address of the distribution's mirror that the machine's apt uses.
func (a *apt) mirror(ctx context.Context) (string, error) {
	for try := 0; ; try++ {
		out, err := a.run(ctx, "", nil, "apt-get", "indextargets", "--format", "$(REPO_URI)", "Created-By: Packages")
		if err != nil {
			return "", err
		}
		if uri, ok := mirrorIn(out); ok {
			return uri, nil
		}
		if try > 0 {
			return "", fmt.Errorf("%w: apt is set up with no Debian mirror", ErrFetch)
		}
		if _, err := a.run(ctx, "", nil, "apt-get", "update", "-qq"); err != nil {
			return "", err
		}
	}
}

// mirrorIn picks the first address of a Debian archive out of apt's list.
func mirrorIn(out []byte) (string, bool) {
	for _, uri := range firstWords(out) {
		if strings.HasSuffix(strings.TrimSuffix(uri, "/"), "/debian") {
			return uri, true
		}
	}
	return "", false
}

// recent reports whether there are lists and they are not too old.
func (a *apt) recent() (ok bool) {
	filepath.WalkDir(filepath.Join(a.dir, "lists"), func(path string, d fs.DirEntry, err error) error {
		if err != nil || !strings.Contains(d.Name(), "Packages") {
			return err
		}
		if info, err := d.Info(); err == nil && time.Since(info.ModTime()) < maxListAge {
			ok = true
		}
		return nil
	})
	return ok
}

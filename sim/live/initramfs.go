// SPDX-License-Identifier: GPL-2.0-only

package live

import (
	"bytes"
	"fmt"

	"github.com/u-root/u-root/pkg/cpio"
)

// The directories and files that the model's machine starts with besides what is mounted
// (syscall/basefs.go). What programs execute is the agent, which goes back to its slot.
var (
	rootDirs = []struct {
		name string
		mode uint64
	}{
		{".", 0o755}, {"bin", 0o755}, {"dev", 0o755}, {"etc", 0o755}, {"home", 0o755}, {"mnt", 0o755}, {"proc", 0o555},
		{"root", 0o700}, {"run", 0o755}, {"sys", 0o555}, {"tmp", 0o1777}, {"usr", 0o755}, {"var", 0o755},
	}
	rootBinaries = []string{"init", "bin/true", "bin/sh"}
	rootFiles    = []struct{ name, text string }{
		{"etc/passwd", "root:x:0:0:root:/root:/bin/sh\n"},
		{"etc/hosts", "127.0.0.1 localhost\n"},
	}
)

// initramfs returns the guest's root file system as a cpio archive.
func initramfs(agent []byte) ([]byte, error) {
	var b bytes.Buffer
	w := cpio.Newc.Writer(&b)
	var recs []cpio.Record
	for _, d := range rootDirs {
		recs = append(recs, cpio.Directory(d.name, d.mode))
	}
	// The console has to be there before devtmpfs is mounted.
	recs = append(recs, cpio.CharDev("dev/console", 0o600, 5, 1))
	for _, name := range rootBinaries {
		recs = append(recs, cpio.StaticFile(name, string(agent), 0o755))
	}
	for _, f := range rootFiles {
		recs = append(recs, cpio.StaticFile(f.name, f.text, 0o644))
	}
	for _, r := range recs {
		if err := w.WriteRecord(r); err != nil {
			return nil, fmt.Errorf("initramfs: %s: %w", r.Name, err)
		}
	}
	if err := cpio.WriteTrailer(w); err != nil {
		return nil, fmt.Errorf("initramfs: %w", err)
	}
	return b.Bytes(), nil
}

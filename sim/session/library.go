// SPDX-License-Identifier: GPL-2.0-only

package session

import (
	"io/fs"
	"path"
	"slices"
	"strings"
)

// Entry is a program that comes with nssim.
type Entry struct {
	Group string `json:"group"` // the directory: selftests/listns_test, bugs, course
	Name  string `json:"name"`
	Path  string `json:"path"`
}

// Library lists the programs in a tree of files, sorted by path.
func Library(data fs.FS) ([]Entry, error) {
	var out []Entry
	err := fs.WalkDir(data, ".", func(name string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() && strings.HasSuffix(name, ".ns") {
			out = append(out, Entry{path.Dir(name), strings.TrimSuffix(path.Base(name), ".ns"), name})
		}
		return err
	})
	slices.SortFunc(out, func(a, b Entry) int { return strings.Compare(a.Path, b.Path) })
	return out, err
}

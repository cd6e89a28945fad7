// SPDX-License-Identifier: GPL-2.0-only

package main

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/nssim/nssim/sim/live"
	"github.com/nssim/nssim/sim/program"
)

// recordings are the files of a directory that what kernels did is put into: one for each
// directory that programs are in. What they have of other programs and kernels they keep.
type recordings struct {
	dir   string
	files map[string]*live.RecordFile
}

// add puts a program's recording into its file.
func (r *recordings) add(p *program.Program, x *live.Comparison) error {
	name := filepath.Join(r.dir, filepath.Base(filepath.Dir(p.Name))+".rec")
	if r.files == nil {
		r.files = make(map[string]*live.RecordFile)
	}
	if r.files[name] == nil {
		f, err := readRecordings(name)
		if err != nil {
			return err
		}
		r.files[name] = f
	}
	_, err := os.Stat(p.Name)
	r.files[name].Add(p, err != nil, live.Version(x.Release), x.Recording)
	return nil
}

// readRecordings reads a file of recordings; one that is not there has none.
func readRecordings(name string) (*live.RecordFile, error) {
	text, err := os.ReadFile(name)
	if errors.Is(err, fs.ErrNotExist) {
		return new(live.RecordFile), nil
	}
	if err != nil {
		return nil, err
	}
	return live.ParseRecordFile(name, string(text))
}

// write writes the files, each complete or not at all.
func (r *recordings) write() error {
	if err := os.MkdirAll(r.dir, 0o777); err != nil {
		return err
	}
	for name, f := range r.files {
		if err := os.WriteFile(name+".new", []byte(f.String()), 0o666); err != nil {
			return err
		}
		if err := os.Rename(name+".new", name); err != nil {
			return err
		}
	}
	return nil
}

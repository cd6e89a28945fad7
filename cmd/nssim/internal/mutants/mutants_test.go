// SPDX-License-Identifier: GPL-2.0-only

package main

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// Every mutant still applies, and changes what it edits.
func TestApply(t *testing.T) {
	root := filepath.Join("..", "..", "..", "..")
	names := map[string]bool{}
	for _, m := range mutants {
		assert.False(t, names[m.name], "%s: twice", m.name)
		names[m.name] = true
		assert.NotEmpty(t, m.why, m.name)
		assert.NotEmpty(t, m.tests, m.name)
		dir := t.TempDir()
		for _, e := range m.edits {
			require.NoError(t, copyOnce(root, dir, e.file))
			before, err := os.ReadFile(filepath.Join(dir, e.file))
			require.NoError(t, err)
			require.NoError(t, e.apply(dir), m.name)
			after, err := os.ReadFile(filepath.Join(dir, e.file))
			require.NoError(t, err)
			assert.NotEqual(t, string(before), string(after), m.name)
		}
	}
	assert.GreaterOrEqual(t, len(mutants), 32)
}

// copyOnce copies a file that is not there yet.
func copyOnce(from, to, file string) error {
	name := filepath.Join(to, file)
	if _, err := os.Stat(name); err == nil {
		return nil
	}
	text, err := os.ReadFile(filepath.Join(from, file))
	if err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(name), 0o777); err != nil {
		return err
	}
	return os.WriteFile(name, text, 0o666)
}

// An edit whose text is not there, or is there twice, is refused.
func TestApplyRefuses(t *testing.T) {
	dir := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(dir, "x"), []byte("a b a"), 0o666))
	require.Error(t, edit{"x", "c", "d"}.apply(dir))
	require.Error(t, edit{"x", "a", "d"}.apply(dir))
	require.Error(t, edit{"y", "a", "d"}.apply(dir))
	require.NoError(t, edit{"x", "b", "d"}.apply(dir))
}

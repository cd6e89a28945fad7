// SPDX-License-Identifier: GPL-2.0-only

package live

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// Find returns the path of a kernel image: of a file or directory that is named, or of a
// version such as v7.3.4 or 7.3.4 that Fetch has got before.
func Find(kernel string) (string, error) { return findIn(kernel, "") }

func findIn(kernel, cache string) (string, error) {
	if kernel == "" {
		return "", fmt.Errorf("%w: none was named", ErrNoKernel)
	}
	if strings.ContainsRune(kernel, filepath.Separator) || !isVersion(strings.TrimPrefix(kernel, "v")) {
		return imageAt(kernel)
	}
	cache, err := cacheOr(cache)
	if err != nil {
		return "", err
	}
	image, err := imageAt(kernelDir(cache, kernel))
	if err != nil {
		return "", fmt.Errorf("%w %s: it has not been fetched (nssim live fetch %s); have %s",
			ErrNoKernel, kernel, kernel, haveText(cache))
	}
	return image, nil
}

// kernelDir is where the files of a version are kept.
func kernelDir(cache, version string) string {
	return filepath.Join(cache, "kernels", strings.TrimPrefix(version, "v"))
}

// imageAt returns path itself, or the image in a directory, wherever a package puts it.
func imageAt(path string) (string, error) {
	if real, err := filepath.EvalSymlinks(path); err == nil {
		path = real
	}
	st, err := os.Stat(path)
	if err != nil {
		return "", fmt.Errorf("%w: %w", ErrNoKernel, err)
	}
	if !st.IsDir() {
		return path, nil
	}
	var found []string
	err = filepath.WalkDir(path, func(p string, d os.DirEntry, err error) error {
		if err == nil && d.Type().IsRegular() && isImageName(d.Name()) {
			found = append(found, p)
		}
		return err
	})
	if err != nil {
		return "", fmt.Errorf("%w: %w", ErrNoKernel, err)
	}
	if len(found) == 0 {
		return "", fmt.Errorf("%w: none in %s", ErrNoKernel, path)
	}
	slices.Sort(found)
	return found[len(found)-1], nil
}

func isImageName(name string) bool {
	return strings.HasPrefix(name, "vmlinuz") || name == "bzImage"
}

// Kernels lists the versions that have been fetched into a cache directory, "" for the
// default one, oldest first.
func Kernels(cache string) []string {
	cache, err := cacheOr(cache)
	if err != nil {
		return nil
	}
	dirs, _ := os.ReadDir(filepath.Join(cache, "kernels"))
	var have []string
	for _, d := range dirs {
		if isVersion(d.Name()) {
			have = append(have, d.Name())
		}
	}
	slices.SortFunc(have, compareVersions)
	return have
}

func haveText(cache string) string {
	if have := Kernels(cache); len(have) > 0 {
		return strings.Join(have, ", ")
	}
	return "none"
}

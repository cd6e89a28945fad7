// SPDX-License-Identifier: GPL-2.0-only

package live

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

// suites are the parts of the distribution that have the kernels of interest.
var suites = []string{"trixie-backports", "sid", "experimental"}

// keyring is where the distribution's keys are installed.
const keyring = "/usr/share/keyrings/debian-archive-keyring.gpg"

// Fetch gets the kernel image of a version, such as 7.3.4 or v7.3.4, from the package
// mirror that this machine's apt is set up with, and returns its path. Nothing is
// installed: the package is unpacked below dir, "" for the default of CacheDir. An image
// that is there already is not fetched again.
func Fetch(ctx context.Context, version, dir string) (string, error) {
	version = strings.TrimPrefix(version, "v")
	if !isVersion(version) {
		return "", fmt.Errorf("%w: version %q, expected one like 7.3.4", ErrFetch, version)
	}
	dir, err := cacheOr(dir)
	if err != nil {
		return "", err
	}
	if image, err := imageAt(kernelDir(dir, version)); err == nil {
		return image, nil
	}
	a := &apt{dir: filepath.Join(dir, "apt"), run: runCommand}
	all, err := a.packages(ctx)
	if err != nil {
		return "", err
	}
	name, ok := packageOf(version, all)
	if !ok {
		return "", fmt.Errorf("%w: no kernel %s; there are %s", ErrFetch, version, strings.Join(versionsOf(all), ", "))
	}
	if err := a.unpack(ctx, name, kernelDir(dir, version)); err != nil {
		return "", err
	}
	return imageAt(kernelDir(dir, version))
}

// Available lists the versions that Fetch can get, oldest first. dir is as for Fetch.
func Available(ctx context.Context, dir string) ([]string, error) {
	dir, err := cacheOr(dir)
	if err != nil {
		return nil, err
	}
	a := &apt{dir: filepath.Join(dir, "apt"), run: runCommand}
	all, err := a.packages(ctx)
	return versionsOf(all), err
}

// kernelPackage is the name of a kernel's package: small images with what a virtual
// machine needs built in. Since 7.3 the binary has a package of its own.
var kernelPackage = regexp.MustCompile(`^linux-(binary|image)-([0-9.]+)\+deb[0-9]+-cloud-amd64$`)

// packageOf picks the package with a version's image out of a list of names.
func packageOf(version string, names []string) (string, bool) {
	for _, kind := range []string{"binary", "image"} {
		for _, name := range names {
			if m := kernelPackage.FindStringSubmatch(name); m != nil && m[1] == kind && m[2] == version {
				return name, true
			}
		}
	}
	return "", false
}

// versionsOf lists the versions that packages are of.
func versionsOf(names []string) (out []string) {
	for _, name := range names {
		if m := kernelPackage.FindStringSubmatch(name); m != nil {
			out = append(out, m[2])
		}
	}
	slices.SortFunc(out, compareVersions)
	return slices.Compact(out)
}

// unpack downloads a package and unpacks it into a directory, which appears when it is
// complete.
func (a *apt) unpack(ctx context.Context, name, to string) error {
	if err := os.MkdirAll(filepath.Dir(to), 0o755); err != nil {
		return err
	}
	tmp, err := os.MkdirTemp(filepath.Dir(to), ".new-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(tmp)
	if _, err := a.run(ctx, tmp, a.env(), "apt-get", "download", "-qq", name); err != nil {
		return err
	}
	debs, err := filepath.Glob(filepath.Join(tmp, "*.deb"))
	if err != nil || len(debs) != 1 {
		return fmt.Errorf("%w: %s: %d packages came", ErrFetch, name, len(debs))
	}
	tree := filepath.Join(tmp, "tree")
	if _, err := a.run(ctx, tmp, nil, "dpkg", "-x", debs[0], tree); err != nil {
		return err
	}
	return os.Rename(tree, to)
}

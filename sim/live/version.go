// SPDX-License-Identifier: GPL-2.0-only

package live

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// isVersion reports whether s is two or three numbers with dots between them.
func isVersion(s string) bool {
	n := versionNumbers(s)
	return len(n) >= 2 && len(n) <= 3 && strings.Trim(s, "0123456789.") == ""
}

// versionNumbers returns the numbers that a release begins with: 7, 3, 4 for
// "7.3.4+deb13-cloud-amd64", and 7, 3 for "7.3-rc2".
func versionNumbers(release string) (out []int) {
	for _, part := range strings.Split(Version(release), ".") {
		n, err := strconv.Atoi(part)
		if err != nil {
			return out
		}
		out = append(out, n)
	}
	return out
}

func compareVersions(a, b string) int { return slices.Compare(versionNumbers(a), versionNumbers(b)) }

// profileOf says which profile of the model stands for which kernels, from the release
// named on, oldest first. Releases below the first have none.
var profileOf = []struct{ from, profile string }{
	{"6.18", "v6.18"},
	{"6.19", "v6.19"},
	{"6.19.9", "v6.19.9"},
	{"7.0", "v7.0"},
	{"7.1", "v7.1"},
	{"7.2", "v7.2"},
	{"7.3", "v7.3"},
	{"7.3.4", "v7.3.4"},
}

// Profile returns the name of the model's profile for a kernel's release; for one that is
// newer than all that are known, the newest.
func Profile(release string) (string, error) {
	v := versionNumbers(release)
	if len(v) < 2 {
		return "", fmt.Errorf("%w: release %q has no version", ErrVersion, release)
	}
	i, exact := slices.BinarySearchFunc(profileOf, v, func(p struct{ from, profile string }, v []int) int {
		return slices.CompareFunc(versionNumbers(p.from), v, cmp.Compare[int])
	})
	if !exact {
		i--
	}
	if i < 0 {
		return "", fmt.Errorf("%w: %s, expected %s or later", ErrVersion, release, profileOf[0].from)
	}
	return profileOf[i].profile, nil
}

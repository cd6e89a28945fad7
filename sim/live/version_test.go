// SPDX-License-Identifier: GPL-2.0-only

package live

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/nssim/nssim/sim"
)

func TestProfile(t *testing.T) {
	for release, want := range map[string]string{
		"6.18.15+deb13-cloud-amd64": "v6.18",
		"6.19.0":                    "v6.19",
		"6.19.8+deb13-cloud-amd64":  "v6.19",
		"6.19.9":                    "v6.19.9",
		"6.19.14+deb13-cloud-amd64": "v6.19.9",
		"7.0.13":                    "v7.0",
		"7.1.0-rc3":                 "v7.1",
		"7.2.13":                    "v7.2",
		"7.3.0":                     "v7.3",
		"7.3.3-custom":              "v7.3",
		"7.3.4":                     "v7.3.4",
		"7.4.0-rc1+":                "v7.3.4",
		"8.0":                       "v7.3.4",
	} {
		got, err := Profile(release)
		assert.NoError(t, err, release)
		assert.Equal(t, want, got, release)
	}
	for _, release := range []string{"6.17.13", "5.10", "", "linux", "7"} {
		_, err := Profile(release)
		assert.ErrorIs(t, err, ErrVersion, release)
	}
}

// TestProfilesExist: what Profile returns is known to the model.
func TestProfilesExist(t *testing.T) {
	for _, p := range profileOf {
		_, err := sim.Config{Kernel: p.profile}.Compose()
		assert.NoError(t, err)
	}
}

func TestVersions(t *testing.T) {
	for s, want := range map[string]bool{"7.3": true, "7.3.4": true, "7": false, "7.3.4.5": false, "7.3-rc1": false, "": false, "x.y": false, "7..3": false} {
		assert.Equal(t, want, isVersion(s), "%q", s)
	}
	assert.Negative(t, compareVersions("6.19.9", "6.19.14"))
	assert.Positive(t, compareVersions("7.3.4", "7.3"))
}

func ExampleProfile() {
	profile, _ := Profile("7.3.4+deb13-cloud-amd64")
	fmt.Println(profile)
	// Output: v7.3.4
}

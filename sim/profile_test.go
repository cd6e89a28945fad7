// SPDX-License-Identifier: GPL-2.0-only

package sim_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/nssim/nssim/sim"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// profileTable is what kernels differ in, written down a second time: x where the kernel
// does what the switch says. A row ends in what is known about it: the kernels that it was
// seen on (read: seen in their sources), or where else it is from.
const profileTable = `
                                  v6.18 rfc-v1 v6.19 v6.19.9 v7.0 v7.1 v7.2 v7.3 v7.3.4

trees and ids
  no-unified-tree                   x     .      .      .      .    .    .    .    .     read 6.18.15, 6.19.6
  ids-per-cpu                       x     .      .      .      .    .    .    .    .     6.18.15, all others
  no-anon-id                        x     .      .      .      .    .    .    .    .     6.19.14, 7.0.13, 7.2.7, 7.3.4
  rcu-head-overlays-id              x     x      .      .      .    .    .    .    .     read 6.18.15; the posting
  rcu-head-overlays-id-and-active   .     .      x      x      x    x    x    .    .     6.19.14, 7.0.13; read 7.2.13; not 7.3.4

counts
  no-active-count                   x     .      .      .      .    .    .    .    .     read 6.18.15
  init-ns-counted                   x     x      .      .      .    .    .    .    .     read 6.18.15; the posting
  owner-at-creation                 .     x      .      .      .    .    .    .    .     the posting
  first-asserts                     .     x      .      .      .    .    .    .    .     the posting
  init-active-unset                 .     x      .      .      .    .    .    .    .     the posting
  exec-state                        .     .      .      .      .    .    x    x    x     symbols of 7.1.13, 7.2.13, 7.3.4
  proc-pins-cred                    .     .      .      .      .    .    x    x    x     types of 7.1.13, 7.2.13; read 7.2.13, 7.3.4

listns
  no-listns                         x     .      .      .      .    .    .    .    .     6.18.15
  listns-owner-cap                  .     x      x      .      .    .    .    .    .     6.19.8, 6.19.14
  cursor-inactive-ends              .     x      x      x      x    x    x    x    .     6.19.14, 7.0.13, 7.2.7, 7.3.4
  cursor-wraps                      .     x      x      x      x    x    x    x    .     6.19.8 to 7.2.13, 7.3.4
  listns-get-first                  .     x      x      x      x    x    .    .    .     the posting; read 6.19.6, 7.2.13
  listns-buffered                   .     x      .      .      .    .    .    .    .     the posting
  type-cursor-unified               .     x      .      .      .    .    .    .    .     the posting

handles, nsfs and ioctls
  handle-exact                      x     .      .      .      .    .    .    .    .     read 6.18.15
  handle-loose                      .     x      .      .      .    .    .    .    .     the posting
  handle-owner-cap                  x     x      x      .      .    .    .    .    .     6.19.8, 6.19.14
  iter-owner-cap                    x     x      x      .      .    .    .    .    .     6.19.8, 6.19.14
  pid-ioctl-enotty                  x     x      x      x      .    .    .    .    .     6.18.15 to 7.3.4
  pid-for-children-needs-reaper     x     x      x      x      x    .    .    .    .     6.18.15 to 7.3.4
  pidfd-get-unconditional           x     .      .      .      .    .    .    .    .     read 6.18.15
  pidfd-proxy-first                 x     x      x      x      x    x    .    .    .     6.18.15 to 7.3.4
  zombie-dumpable                   .     .      .      .      x    x    x    x    x     6.18.15 to 7.3.4
  ns-link-ignores-exec              x     x      x      x      x    .    .    .    .     read 6.19.6, 7.2.13
  pidfd-get-ignores-exec            x     x      x      x      x    x    .    .    .     read 6.19.6, 7.2.13
  siocgskns-refuses-inactive        .     x      .      .      .    .    .    .    .     the posting

mounts
  no-open-tree-ns                   x     x      x      x      .    .    .    .    .     6.18.15 to 7.3.4
  open-tree-ns-partial              .     .      .      .      x    x    .    .    .     7.0.13 to 7.3.4
  no-fsmount-ns                     x     x      x      x      x    .    .    .    .     6.18.15 to 7.3.4
  root-mount-extra                  .     .      .      .      x    x    x    x    x     6.18.15 to 7.3.4
  setns-mnt-private-fs              x     x      x      x      x    x    x    x    .     6.18.15 to 7.3.4

tasks and credentials
  set-tid-by-level                  x     x      x      x      .    .    .    .    .     6.18.15 to 7.3.4
  set-tid-init-first                x     x      x      x      x    .    .    .    .     6.18.15 to 7.3.4
  first-fork-closes-pidns           x     x      x      x      x    .    .    .    .     6.18.15 to 7.3.4
  pidns-dying-innermost             x     x      x      x      x    .    .    .    .     read 6.19.6, 7.2.13
  any-exit-signal                   x     x      x      x      x    .    .    .    .     6.18.15 to 7.3.4
  no-clone-autoreap                 x     x      x      x      x    .    .    .    .     6.18.15 to 7.3.4
  exec-closes-late                  x     x      x      x      x    x    .    .    .     read 6.19.6, 7.2.13
  unshare-nsproxy-first             x     x      x      x      x    x    x    .    .     read 7.2.13, 7.3.4
  unshare-error-leaks-nsproxy       x     x      x      x      .    .    .    .    .     read 6.19.6, 7.2.13; change logs
  unshare-error-drops-active        .     .      .      .      x    x    .    .    .     change logs, up to 7.2.10
  userns-drops-exec-securebits      x     x      x      x      x    x    x    x    .     6.18.15 to 7.3.4
  id-map-number-wraps               x     x      x      x      x    x    .    .    .     6.18.15 to 7.3.4

faults
  creds-published-early             .     x      x      x      x    x    x    x    x     read 7.3.4
  mark-keeps-active                 .     x      x      x      x    x    x    x    x     7.3.4
  pid-parent-inactive               .     x      x      x      x    x    x    x    x     6.19.14, 7.0.13, 7.3.4
  handle-ignores-active             x     .      .      .      .    .    .    .    .     read 6.18.15
  netns-lingers                     x     x      x      x      x    x    x    x    x     read 7.3.4
  mnt-inum-freed-early              x     x      x      x      x    x    x    x    x     read 7.3.4
  ipc-error-leaks-mqueue            x     .      .      .      .    .    .    .    .     read 6.18.15, 6.19.6
  net-error-leaks                   x     x      x      .      .    .    .    .    .     read 6.19.6, 7.2.13
  unshare-moves-root                x     x      x      x      .    .    .    .    .     CVE-2026-43472
  pid-freed-before-flush            x     x      x      x      x    x    .    .    .     change logs, up to 7.2.6
  partial-page-lost                 .     x      x      x      x    x    x    x    x     6.19.14, 7.0.13, 7.3.4
  end-is-enoent                     .     x      x      x      x    x    x    x    x     7.3.4
  end-tells-hidden                  .     x      x      x      x    x    x    x    x     6.19.14, 7.0.13, 7.3.4
  owner-filter-tells                .     x      x      x      x    x    x    x    x     6.19.14, 7.0.13, 7.3.4
  spare2-unchecked                  .     x      x      x      x    x    x    x    x     6.19.14, 7.0.13, 7.3.4
  owner-cannot-list                 .     .      .      x      x    x    x    x    x     7.3.4; change logs
  handle-error-collapsed            x     x      x      x      x    x    x    x    x     7.3.4
  handle-tail-misread               x     x      x      x      x    x    x    x    x     6.19.14, 7.0.13, 7.3.4; read 6.18.15
  iter-needs-info                   .     x      x      x      x    x    x    x    x     6.19.14, 7.0.13, 7.3.4; not 6.18.15
  iter-ignores-active               x     x      x      x      x    x    x    x    x     6.19.14, 7.0.13, 7.3.4
  zombie-pidfd-needs-nsproxy        x     x      x      x      x    x    x    x    x     6.19.14, 7.0.13, 7.3.4

boot
  boot-kdevtmpfs                    x     x      x      x      x    x    x    x    x     6.18.15 to 7.3.4
  kdevtmpfs-copies-mounts           x     x      x      x      x    x    x    .    .     6.18.15 to 7.3.4
`

// Each profile has the switches of the table, and no others.
func TestProfiles(t *testing.T) {
	var kernels []string
	want := map[string][]string{}
	for _, line := range strings.Split(profileTable, "\n") {
		words := strings.Fields(line)
		switch {
		case len(words) == 0:
		case kernels == nil:
			kernels = words
		case strings.HasPrefix(line, "  "):
			require.Greater(t, len(words), len(kernels)+1, "%q: nothing says where it is from", words[0])
			_, known := sim.SwitchByName(words[0])
			require.True(t, known, words[0])
			for i, k := range kernels {
				require.Contains(t, "x.", words[1+i], words[0])
				if words[1+i] == "x" {
					want[k] = append(want[k], words[0])
				}
			}
		}
	}
	var names []string
	for _, p := range sim.Profiles() {
		names = append(names, p.Name)
		for _, s := range p.Switches {
			assert.True(t, isFault(s) || slices.Contains(want[p.Name], s), "%s in %s", s, p.Name)
		}
		c, err := sim.Config{Kernel: p.Name}.Compose()
		require.NoError(t, err)
		for _, s := range sim.Switches() {
			if isFault(s.Name) {
				continue
			}
			assert.Equal(t, slices.Contains(want[p.Name], s.Name), c.SwitchOn(s.Name), "%s in %s", s.Name, p.Name)
		}
	}
	assert.Equal(t, names, kernels)
}

// isFault: the catalogue of bugs says itself which kernels have one.
func isFault(name string) bool {
	s, _ := sim.SwitchByName(name)
	return s.Layer == "fault"
}

// SPDX-License-Identifier: GPL-2.0-only

package export

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

const treeText = `init: fork() = a
a:    enter_userns()
a:    unshare(CLONE_NEWUTS)
a:    fork() = b
b:    unshare(CLONE_NEWUSER|CLONE_NEWNET)
init: fork() = c
c:    unshare(CLONE_NEWIPC)
`

// Every namespace stands once, below its owner, siblings in order of their ids.
func TestTree(t *testing.T) {
	r := ran(t, treeText, "")
	list := Tree(r.Machine(), r)
	var got []string
	for _, n := range list {
		got = append(got, strings.Repeat("-", n.Depth)+n.String())
	}
	require.Equal(t, []string{
		"initial user", "-mnt 10", "-user 11 (a.user)", "--uts 12 (a.uts)", "--user 13 (b.user)", "---net 14 (b.net)",
		"-ipc 15 (c.ipc)",
	}, got)
	for l := range strings.Lines(TreeText(list)) {
		require.LessOrEqual(t, len(l), Width+1)
	}
}

// The tree has all namespaces that are there but the initial ones that own nothing.
func TestTreeIsComplete(t *testing.T) {
	for _, s := range smallSelftests(t, 40) {
		r := runnerOf(t, s.Program, "")
		for r.Next() {
			m := r.Machine()
			n := 1
			for ns := range m.Handles() {
				if m.Initial(m.Nodes[ns].NSType()) != ns {
					n++
				}
			}
			require.Len(t, Tree(m, r), n)
			require.Len(t, Counts(m, r), n-1)
		}
	}
}

func TestCountsText(t *testing.T) {
	r := ran(t, socketText, "")
	list := Counts(r.Machine(), r)
	require.Equal(t, `mnt 4026531840 (id 10): active
  passive 1: nsproxy
  active  1: nsproxy
user 4026531841 (id 11): inactive
  passive 3: cred, ucounts, owned
  active  0: nobody
net 4026531842 (id 12, net): inactive
  passive 1: socket
  active  0: nobody
`, CountsText(list))
	for _, h := range list {
		require.Len(t, h.Passive, int(h.NSInfo.Passive))
		require.Len(t, h.Active, int(h.NSInfo.Active))
	}
}

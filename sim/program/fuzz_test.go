// SPDX-License-Identifier: GPL-2.0-only

package program

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

// grammarSeeds is one line for each form of the grammar.
var grammarSeeds = []string{
	"# SPDX-License-Identifier: GPL-2.0-only\n# doc\nconfig kernel=v6.19 semantics=active bug=a,b # c\nsettle\n",
	"init: vfork() = t1 <unfinished ...>\nt1: exit_group(0)\ninit: <... vfork resumed> = t1\n",
	"init: setns(3, CLONE_NEWNET) until commit_nsset <unfinished ...>\n",
	"? not active(7) == 1 and (inum(8) > 0xf1 or owner(7) in [3, ~0, -0644])\n",
	"skip if 1 == 0 \"reason {init}\"\n",
	"for i in 0..3-1 {\ninit: fork() = t$i\nt$i: write(\"/proc/{t$i}/$(i+1)\", \"\\x00\\{\\$\\n\")\n}\n",
	"macro m(P, Q) { # c\n$TASK: open($P, O_RDONLY) = $Q\n$TASK: dup($Q) = copy\n} # d\ninit: m(\"/proc\", fd)\ninit: m(\"/\", fd2)\n",
	"init: setup_userns()\ninit: get_userns_fd(u, 0, 1000, 1)\ninit: switch_ids(1, 2)\ninit: caps_down()\n",
	"init: clone3({flags=CLONE_PIDFD, pidfd=&pfd, set_tid=[1]}) = t\ninit: socketpair(1, 2, 0, [&a, _])\n",
	"init: name_to_handle_at(3, \"\", &h{handle_bytes=8}) = -EOVERFLOW|-EPERM\ninit: open_by_handle_at(3, h{ns_id=h.ns_id}, 0) = _\n",
	"init: listns({}, &ids, 64) = n skip if < 0 \"no\" has 7, 8 lacks ids[-1]\n?ids == [7]\n",
	"init: kill(1, \\\n   SIGKILL) >= (1|2) << 3 & 4 % 5 * 6 - 7 != 8\n",
	" {\nmacro or}(\n}$",
	"init fork(\n}\nfor {\nmacro (\n? \"\n$ $(\n",
}

// FuzzParse: no text makes Parse panic or run away; errors have places; a program without
// errors can be written down and read back. Fuzz with -fuzzminimizetime 20x: by default Go
// spends a minute on making each new input smaller.
func FuzzParse(f *testing.F) {
	for _, src := range append(docPrograms(f), grammarSeeds...) {
		f.Add([]byte(src))
	}
	for _, src := range savedPrograms(f) {
		f.Add([]byte(src))
	}
	f.Add([]byte(preludeText))
	files, err := filepath.Glob("testdata/errors/*.ns")
	require.NoError(f, err)
	for _, file := range files {
		src, err := os.ReadFile(file)
		require.NoError(f, err)
		f.Add(src)
	}
	f.Fuzz(func(t *testing.T, src []byte) { checkText(t, src) })
}

// checkText reads any text and checks what holds for all of them. It returns the program
// if there is nothing wrong with it.
func checkText(t require.TestingT, src []byte) *Program {
	// Small bounds: the expansion is not what is looked at.
	p, err := parse("test.ns", src, 2000)
	require.NotNil(t, p)
	if err == nil {
		require.NoError(t, Check(p))
		roundTrip(t, p)
		return p
	}
	var list ErrorList
	require.ErrorAs(t, err, &list)
	require.NotEmpty(t, list)
	for _, e := range list {
		require.True(t, e.Pos.IsValid(), "%s", e)
		require.NotEmpty(t, e.Found+e.Msg)
		require.Equal(t, e.Found == "", e.Expected == "", "%s", e)
	}
	// What could be read is laid out without trouble too.
	Format(p)
	p.Expanded()
	return nil
}

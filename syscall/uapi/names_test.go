// SPDX-License-Identifier: GPL-2.0-only

package uapi

import (
	"go/ast"
	"go/constant"
	"go/parser"
	"go/token"
	"go/types"
	"os"
	"slices"
	"strings"
	"testing"
	"testing/quick"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// notInC are the exported constants that have no C name.
func notInC(name string) bool {
	return name == "NumNSTypes" || name == "NSTypeMask" || strings.HasPrefix(name, "Group")
}

// cName undoes the only respelling: Go does not export a name that starts with "_".
func cName(name string) string {
	switch name {
	case "WNOTHREAD", "WALL", "WCLONE":
		return "__" + name
	case "IOC_NONE", "IOC_READ", "IOC_WRITE":
		return "_" + name
	}
	return name
}

// declared evaluates every exported constant that the package's source declares.
func declared(t *testing.T) map[string]uint64 {
	t.Helper()
	entries, err := os.ReadDir(".")
	require.NoError(t, err)
	fset := token.NewFileSet()
	var files []*ast.File
	for _, e := range entries {
		if !strings.HasSuffix(e.Name(), ".go") || strings.HasSuffix(e.Name(), "_test.go") {
			continue
		}
		f, err := parser.ParseFile(fset, e.Name(), nil, parser.SkipObjectResolution)
		require.NoError(t, err)
		files = append(files, f)
	}
	// Imports stay unresolved: no constant here depends on one.
	config := types.Config{Error: func(error) {}}
	pkg, _ := config.Check("uapi", fset, files, nil)

	out := map[string]uint64{}
	for _, name := range pkg.Scope().Names() {
		c, ok := pkg.Scope().Lookup(name).(*types.Const)
		if !ok || !c.Exported() || notInC(name) {
			continue
		}
		v := constant.ToInt(c.Val())
		require.Equal(t, constant.Int, v.Kind(), name)
		if u, ok := constant.Uint64Val(v); ok {
			out[cName(name)] = u
			continue
		}
		i, ok := constant.Int64Val(v)
		require.True(t, ok, name)
		out[cName(name)] = uint64(i)
	}
	return out
}

// TestTablesMatchSource finds a constant that no table lists, a table entry whose name and
// value belong to different constants, and an entry without a constant.
func TestTablesMatchSource(t *testing.T) {
	registry := map[string]uint64{}
	for _, c := range Constants() {
		registry[c.Name] = c.Value
	}
	source := declared(t)
	require.Greater(t, len(source), 500)
	assert.Equal(t, source, registry)
}

func TestNameMeansOneValue(t *testing.T) {
	seen := map[string]uint64{}
	for _, s := range specs {
		inGroup := map[string]bool{}
		for _, c := range s.all() {
			assert.False(t, inGroup[c.Name], "%s twice in %s", c.Name, s.group)
			inGroup[c.Name] = true
			if v, ok := seen[c.Name]; ok {
				assert.Equal(t, v, c.Value, c.Name)
			}
			seen[c.Name] = c.Value
		}
	}
}

// A value's name, and a flag's, must be the only one printed for it.
func TestValuesUniqueWithinGroup(t *testing.T) {
	for _, s := range specs {
		for _, table := range [][]Constant{s.flags, s.values} {
			names := map[uint64]string{}
			for _, c := range table {
				assert.Empty(t, names[c.Value], "%s: %s has the same value", s.group, c.Name)
				names[c.Value] = c.Name
			}
		}
		if s.field == 0 || s.field == whole {
			continue
		}
		for _, c := range s.flags {
			assert.Zero(t, c.Value&s.field, "%s: %s overlaps the field", s.group, c.Name)
		}
		for _, c := range s.values {
			assert.Zero(t, c.Value&^s.field, "%s: %s leaves the field", s.group, c.Name)
		}
	}
}

func TestGroups(t *testing.T) {
	groups := Groups()
	assert.Len(t, lookup, len(groups), "a group appears twice")
	assert.True(t, slices.Contains(groups, GroupClone))
}

// Every single name that a group prints reads back as the value it was printed for.
func TestEveryConstantRoundTrips(t *testing.T) {
	for _, s := range specs {
		for _, c := range join(s.flags, s.values) {
			v, want := c.Value, c.Name
			if s.shift {
				v, want = 1<<c.Value, "1<<"+c.Name
			}
			text := FormatFlags(s.group, v)
			assert.Contains(t, strings.Split(text, "|"), want, string(s.group))
			got, err := ParseFlags(text)
			require.NoError(t, err)
			assert.Equal(t, v, got, text)
		}
	}
}

func TestFormatThenParse(t *testing.T) {
	roundTrip := func(group uint8, value uint64, sparse uint64) bool {
		g := Groups()[int(group)%len(Groups())]
		for _, v := range []uint64{value, value & sparse, value & 0xff, value & sparse & 0xffffffff} {
			got, err := ParseFlags(FormatFlags(g, v))
			if err != nil || got != v {
				t.Logf("%s %#x: %s", g, v, FormatFlags(g, v))
				return false
			}
		}
		return true
	}
	require.NoError(t, quick.Check(roundTrip, &quick.Config{MaxCount: 20000}))
}

func TestFormatFlags(t *testing.T) {
	for _, c := range []struct {
		group Group
		value uint64
		want  string
	}{
		{GroupUnshare, CLONE_NEWUSER | CLONE_NEWNET, "CLONE_NEWUSER|CLONE_NEWNET"},
		{GroupUnshare, 0, "0"},
		{GroupUnshare, CLONE_NEWTIME | UNSHARE_EMPTY_MNTNS, "CLONE_NEWTIME|UNSHARE_EMPTY_MNTNS"},
		{GroupUnshare, CLONE_NEWNS | 1<<40 | 1, "CLONE_NEWNS|0x10000000001"},
		{GroupClone, CLONE_NEWPID | SIGCHLD, "CLONE_NEWPID|SIGCHLD"},
		{GroupClone, CLONE_NEWPID | CLONE_PARENT_SETTID, "CLONE_PARENT_SETTID|CLONE_NEWPID"},
		{GroupClone, CLONE_NEWPID | CLONE_NEWTIME, "CLONE_NEWPID|0x80"},
		{GroupClone3, CLONE_NEWTIME | CLONE_EMPTY_MNTNS, "CLONE_NEWTIME|CLONE_EMPTY_MNTNS"},
		{GroupNSType, uint64(MNT_NS | NET_NS), "MNT_NS|NET_NS"},
		{GroupOpen, 0, "O_RDONLY"},
		{GroupOpen, O_RDWR | O_CLOEXEC, "O_RDWR|O_CLOEXEC"},
		{GroupOpen, O_SYNC, "O_RDONLY|O_SYNC"},
		{GroupOpen, O_DSYNC, "O_RDONLY|O_DSYNC"},
		{GroupOpen, O_ACCMODE, "0x3"},
		{GroupSocketType, SOCK_DGRAM | SOCK_CLOEXEC, "SOCK_DGRAM|SOCK_CLOEXEC"},
		{GroupProt, PROT_NONE, "PROT_NONE"},
		{GroupProt, PROT_READ | PROT_WRITE, "PROT_READ|PROT_WRITE"},
		{GroupMap, MAP_PRIVATE | MAP_ANONYMOUS, "MAP_PRIVATE|MAP_ANONYMOUS"},
		{GroupDirFD, signed(FD_NSFS_ROOT), "FD_NSFS_ROOT"},
		{GroupHandleType, FILEID_NSFS | FILEID_IS_DIR, "FILEID_NSFS|FILEID_IS_DIR"},
		{GroupCapSet, CapMask(CAP_SYS_ADMIN, CAP_CHOWN), "1<<CAP_CHOWN|1<<CAP_SYS_ADMIN"},
		{GroupWait, WNOHANG | WALL, "WNOHANG|__WALL"},
		{GroupUserNSID, LISTNS_CURRENT_USER, "LISTNS_CURRENT_USER"},
		{GroupIoctl, NS_GET_ID, "NS_GET_ID"},
		{"no such group", 0x12, "0x12"},
		{"no such group", 0, "0"},
	} {
		assert.Equal(t, c.want, FormatFlags(c.group, c.value), "%s %#x", c.group, c.value)
	}
}

func TestParseFlags(t *testing.T) {
	v, err := ParseFlags(" CLONE_NEWUSER | 0x10 |1<<CAP_SYS_ADMIN|010|1<<3")
	require.NoError(t, err)
	assert.EqualValues(t, CLONE_NEWUSER|0x10|1<<21|8, v)

	for text, want := range map[string]string{
		"":                          "column 1: found nothing, expected a constant or a number",
		"CLONE_NEWUSER|":            "column 15: found nothing, expected a constant or a number",
		"CLONE_NEWUSER|  CLONE_NEW": `column 17: unknown constant "CLONE_NEW"`,
		"0xg":                       `column 1: found "0xg", expected a number of up to 64 bits`,
		"18446744073709551616":      `column 1: found "18446744073709551616", expected a number of up to 64 bits`,
		"1<<64":                     "column 1: 1<<64 does not fit in 64 bits",
		"1<<":                       "column 1: found nothing, expected a constant or a number",
	} {
		_, err := ParseFlags(text)
		assert.EqualError(t, err, want, text)
	}
}

func FuzzParseFlags(f *testing.F) {
	for _, seed := range []string{"", "CLONE_NEWNET|0x3", "1<<CAP_KILL", "1<<99", "|", "O_SYNC| 7"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		v, err := ParseFlags(text)
		if err != nil {
			return
		}
		for _, g := range Groups() {
			got, err := ParseFlags(FormatFlags(g, v))
			require.NoError(t, err)
			require.Equal(t, v, got)
		}
	})
}

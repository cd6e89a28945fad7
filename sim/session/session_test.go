// SPDX-License-Identifier: GPL-2.0-only

package session

import (
	"encoding/json"
	"testing"

	"github.com/nssim/nssim/sim"
	"github.com/nssim/nssim/sim/program"
	"github.com/nssim/nssim/testdata"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

const socketText = `init: fork() = t1
t1:   unshare(CLONE_NEWUSER|CLONE_NEWNET)
t1:   socket(AF_INET, SOCK_DGRAM, 0) = sk
t1:   sendfd(init, sk) = sk2
t1:   exit_group(0)
init: wait4(t1) = t1
init: ioctl(sk2, SIOCGSKNS) = nfd
init: close(nfd) = 0
`

func parse(t *testing.T, text string) *program.Program {
	p, err := program.Parse("test.ns", []byte(text))
	require.NoError(t, err)
	return p
}

func player(t *testing.T, text string, cfg sim.Config) *Player {
	p, err := NewPlayer(parse(t, text), cfg)
	require.NoError(t, err)
	return p
}

// Every point of a program looks the same whichever way one came there.
func TestForwardsAndBack(t *testing.T) {
	p := player(t, socketText, sim.Config{})
	var pages []*Page
	for n := range len(p.Runner.Program().Lines) + 1 {
		p.Go(n)
		pages = append(pages, p.Page("header"))
	}
	for _, n := range []int{3, 8, 0, 5, 4, 8, 7, 1} {
		p.Go(n)
		require.Equal(t, pages[n], p.Page("header"), "line %d", n)
	}
}

func TestPage(t *testing.T) {
	p := player(t, socketText, sim.Config{})
	p.Go(7)
	page := p.Page("header")
	assert.Equal(t, 7, page.At)
	assert.False(t, page.Done)
	assert.Equal(t, "init: ioctl(sk2, SIOCGSKNS) = 4 (nfd)", page.Lines[6].Text)
	assert.True(t, page.Lines[6].Ran)
	assert.False(t, page.Lines[7].Ran)
	assert.Contains(t, page.Trace, "      net 4026531842 (id 12, net of nfd): active 0 -> 1, resurrected")
	assert.Contains(t, page.Tree, "* net 12 (net of nfd): passive 1 -> 2, active 0 -> 1, active")
	assert.Contains(t, page.DOT, `"ns12"`)
	assert.Equal(t, "12", page.Names["ns12"])
	why, err := p.Why("12")
	require.NoError(t, err)
	assert.Contains(t, why, "nsfs inode: fd 4 of init")
	_, err = p.Why("nobody")
	assert.Error(t, err)
}

// A line that returns something else is told, and the program goes on.
func TestFailedLineGoesOn(t *testing.T) {
	p := player(t, "init: close(9) = 0\ninit: getpid() = _\n", sim.Config{})
	p.Go(2)
	page := p.Page("")
	assert.Contains(t, page.Lines[0].Failed, "expected 0")
	assert.True(t, page.Lines[1].Ran)
	assert.Equal(t, 2, page.At)
}

// A mistake that only running shows ends the run.
func TestBadProgramEnds(t *testing.T) {
	p := player(t, "init: fork() = t1\nt1: exit_group(0)\nt1: getpid() = _\n", sim.Config{})
	p.Go(3)
	page := p.Page("")
	assert.True(t, page.Done)
	assert.NotEmpty(t, page.OutcomeText)
}

func TestCompare(t *testing.T) {
	p := parse(t, socketText)
	c, err := Compare(p, sim.Config{}, sim.Config{Semantics: "active-v1"})
	require.NoError(t, err)
	assert.Equal(t, 6, c.First)
	assert.Contains(t, c.A.Lines[6], "= 4 (nfd)")
	assert.Contains(t, c.B.Lines[6], "= -1 E")
	c, err = Compare(p, sim.Config{}, sim.Config{})
	require.NoError(t, err)
	assert.Equal(t, -1, c.First)
	assert.Equal(t, c.A, c.B)
	_, err = Compare(p, sim.Config{}, sim.Config{Kernel: "v1.0"})
	assert.Error(t, err)
	_, err = Compare(p, sim.Config{Kernel: "v1.0"}, sim.Config{})
	assert.Error(t, err)
}

func TestLibrary(t *testing.T) {
	list, err := Library(testdata.FS)
	require.NoError(t, err)
	assert.GreaterOrEqual(t, len(list), 100)
	for i, e := range list {
		assert.NotEmpty(t, e.Group)
		if i > 0 {
			assert.Less(t, list[i-1].Path, e.Path)
		}
	}
}

// call asks a server and reads the answer.
func call(t *testing.T, s *Server, method string, req Request) map[string]any {
	in, err := json.Marshal(req)
	require.NoError(t, err)
	var out map[string]any
	require.NoError(t, json.Unmarshal([]byte(s.Call(method, string(in))), &out))
	return out
}

func TestServer(t *testing.T) {
	s := &Server{Data: testdata.FS, Header: (*sim.Config).String}
	page := call(t, s, "open", Request{Player: "a", Name: "x.ns", Text: socketText, At: 2})
	assert.EqualValues(t, 2, page["at"])
	page = call(t, s, "go", Request{Player: "a", At: 8})
	assert.EqualValues(t, 8, page["at"])
	assert.Equal(t, "PASS", page["outcome"])
	assert.Contains(t, call(t, s, "why", Request{Player: "a", Name: "12"})["text"], "held by")
	c := call(t, s, "compare", Request{Name: "x.ns", Text: socketText, Other: PageConfig{Semantics: "active-v1"}})
	assert.EqualValues(t, 6, c["first"])
	assert.Equal(t, "init: getpid()\n", call(t, s, "format", Request{Text: "init:getpid( )"})["text"])
	choices := call(t, s, "choices", Request{})
	assert.Len(t, choices["kernels"], len(sim.Profiles()))
	assert.Contains(t, call(t, s, "load", Request{Name: "selftests/LIST"})["text"], "nsid_test")
}

func TestServerFailures(t *testing.T) {
	s := &Server{Data: testdata.FS, Header: (*sim.Config).String}
	bad := call(t, s, "open", Request{Player: "a", Name: "x.ns", Text: "init: getpid()\ninit: frobnicate()\n"})
	require.Len(t, bad["mistakes"], 1)
	m := bad["mistakes"].([]any)[0].(map[string]any)
	assert.EqualValues(t, 2, m["line"])
	assert.EqualValues(t, 7, m["column"])
	assert.Contains(t, m["text"], "frobnicate")
	for method, req := range map[string]Request{
		"nothing": {}, "go": {Player: "b"}, "why": {Player: "b"}, "load": {Name: "../secret"},
		"compare": {Text: "x"}, "format": {Text: "x"}, "open": {Config: PageConfig{Kernel: "v1.0"}},
	} {
		assert.NotEmpty(t, call(t, s, method, req)["error"], method)
	}
	assert.Contains(t, s.Call("open", "{"), `"error"`)
}

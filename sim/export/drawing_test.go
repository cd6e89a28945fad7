// SPDX-License-Identifier: GPL-2.0-only

package export

import (
	"fmt"
	"strings"
	"testing"

	"github.com/nssim/nssim/sim"
	"github.com/nssim/nssim/sim/program"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestDrawnReferences: in a quiet machine the edges into every namespace add up to its
// counts, and every edge leads from a node to a node.
func TestDrawnReferences(t *testing.T) {
	edges := 0
	for _, s := range smallSelftests(t, 60) {
		r := runnerOf(t, s.Program, "")
		for r.Next() {
			if quiet(r) {
				edges += checkDrawing(t, Draw(r.Machine(), r), fmt.Sprintf("%s, line %d", s.Name, r.Line()))
			}
		}
	}
	require.Greater(t, edges, 10000)
}

// quiet reports whether no call is in flight.
func quiet(r *program.Runner) bool {
	still := true
	r.Machine().EachTask(func(_ sim.TaskID, k *sim.Task) bool {
		still = still && k.Top == 0
		return still
	})
	return still
}

// checkDrawing returns the number of edges with counts.
func checkDrawing(t *testing.T, d *Drawing, where string) (edges int) {
	passive, active := make(map[string]int32), make(map[string]int32)
	for i := range d.Edges {
		e := &d.Edges[i]
		require.NotNil(t, d.Node(e.From), "%s: %s", where, e.From)
		require.NotNil(t, d.Node(e.To), "%s: %s", where, e.To)
		passive[e.To] += e.Passive
		active[e.To] += e.Active
		if e.Passive+e.Active > 0 {
			require.Equal(t, DrawNamespace, d.Node(e.To).Kind, where)
			edges++
		}
	}
	ids := make(map[string]bool)
	for i := range d.Nodes {
		n := &d.Nodes[i]
		require.False(t, ids[n.ID], "%s: two nodes %s", where, n.ID)
		ids[n.ID] = true
		if n.NS != nil && n.NS.counted() {
			require.Equal(t, n.NS.Passive, passive[n.ID], "%s: passive count of %s", where, n.Label)
			require.Equal(t, n.NS.Active, active[n.ID], "%s: active count of %s", where, n.Label)
		}
	}
	return edges
}

func TestDrawingMarks(t *testing.T) {
	r := ran(t, socketText, "")
	before := Draw(r.Machine(), r)
	same := Draw(r.Machine(), r)
	same.Mark(before)
	assert.Equal(t, before, same, "nothing has changed")

	r = runnerOf(t, parse(t, socketText+"init: ioctl(sk2, SIOCGSKNS) = nfd\n"), "")
	for !r.Done() {
		before = Draw(r.Machine(), r)
		r.Next()
	}
	d := Draw(r.Machine(), r)
	d.Mark(before)
	net := d.Node("ns12")
	assert.Equal(t, MarkChanged, net.Mark)
	assert.Equal(t, "net 12 (net)\npassive 1 -> 2, active 0 -> 1", net.label())
	assert.Equal(t, MarkNew, d.Node("inode:ns12").Mark)
	assert.Empty(t, d.Node("task:init").Mark)
	assert.Contains(t, d.Text(), "* net 12 (net): passive 1 -> 2, active 0 -> 1, active\n")
	assert.Contains(t, d.Text(), "<- + nsfs inode (passive, active) <- init fd 4\n")
	for _, e := range d.Edges {
		if e.Owner && e.From == "ns12" {
			assert.Equal(t, MarkChanged, e.Mark, "its reference on the owner has become active")
		}
	}
}

func TestDOT(t *testing.T) {
	r := ran(t, socketText, "")
	dot := Draw(r.Machine(), r).DOT(`a "title" \ of
two lines`)
	assert.Contains(t, dot, `label="a \"title\" \\ of\ntwo lines"`)
	assert.Contains(t, dot, `"ns12" [id="ns12", class="namespace net inactive", label="net 12 (net)\npassive 1, active 0\ninactive"`)
	assert.Contains(t, dot, `"ns12" -> "ns11" [class="owner", style=dashed, arrowhead=onormal`)
	again := ran(t, socketText, "")
	assert.Equal(t, dot, Draw(again.Machine(), again).DOT("a \"title\" \\ of\ntwo lines"), "the same bytes")
	assert.Equal(t, strings.Count(dot, "{"), 1)
}

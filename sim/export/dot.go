// SPDX-License-Identifier: GPL-2.0-only

package export

import (
	"fmt"
	"strings"
)

// DOT writes the drawing in the language of Graphviz. References lead from left to
// right: tasks, what they hold, namespaces, owners. Each object carries its ID and, for
// style sheets, a class: its kind, its state and its mark.
func (d *Drawing) DOT(title string) string {
	var b strings.Builder
	b.WriteString("digraph nssim {\n")
	fmt.Fprintf(&b, "  graph [rankdir=LR, nodesep=0.18, ranksep=0.5, fontname=\"Helvetica,Arial,sans-serif\", fontsize=11, labelloc=t, label=%s];\n", quote(title))
	b.WriteString("  node [fontname=\"Helvetica,Arial,sans-serif\", fontsize=10, margin=\"0.2,0.06\", height=0.3, shape=box, style=\"rounded,filled\", fillcolor=\"#ffffff\", color=\"#555555\"];\n")
	b.WriteString("  edge [fontname=\"Helvetica,Arial,sans-serif\", fontsize=8, color=\"#777777\", arrowsize=0.6];\n")
	for i := range d.Nodes {
		n := &d.Nodes[i]
		fmt.Fprintf(&b, "  %s [id=%[1]s, class=%s, label=%s%s];\n", quote(n.ID), quote(n.class()), quote(n.label()), n.looks())
	}
	for i := range d.Edges {
		e := &d.Edges[i]
		fmt.Fprintf(&b, "  %s -> %s [class=%s%s];\n", quote(e.From), quote(e.To), quote(e.class()), e.looks())
	}
	b.WriteString("}\n")
	return b.String()
}

var quoter = strings.NewReplacer(`\`, `\\`, `"`, `\"`, "\n", `\n`)

func quote(s string) string { return `"` + quoter.Replace(s) + `"` }

func (n *DrawNode) class() string {
	s := string(n.Kind)
	if n.NS != nil {
		s += " " + n.NS.Type
	}
	if n.State != "" {
		s += " " + strings.ReplaceAll(n.State, " ", "-")
	}
	if n.Mark != "" {
		s += " " + string(n.Mark)
	}
	return s
}

// label is what stands in the box.
func (n *DrawNode) label() string {
	s := n.Label
	switch {
	case n.State == "dead", n.NS == nil && n.State != "":
		s += "\n" + n.State
	case n.NS != nil && n.NS.counted():
		s += fmt.Sprintf("\npassive %s, active %s", n.count(passiveOf), n.count(activeOf))
		if n.State != "active" {
			s += "\n" + n.State
		}
	}
	return s
}

// kindLooks are the attributes of each kind.
var kindLooks = map[DrawKind]string{
	DrawTask:    `, shape=ellipse, fillcolor="#eef3ff"`,
	DrawProxy:   `, style=filled`,
	DrawCred:    `, style=filled`,
	DrawUCounts: `, style=filled, fontsize=8`,
	DrawPid:     `, style=filled, fontsize=8`,
	DrawMM:      `, style=filled, fontsize=8`,
	DrawInode:   `, shape=note, style=filled, fillcolor="#fffbe6"`,
	DrawSocket:  `, shape=cds, style=filled, fillcolor="#f3ecff"`,
	DrawFile:    `, shape=note, style=filled`,
	DrawMount:   `, shape=folder, style=filled`,
	DrawSuper:   `, shape=folder, style=filled`,
	DrawCall:    `, shape=hexagon, style=filled, fillcolor="#ffe9d6"`,
	DrawWork:    `, shape=octagon, style=filled, fillcolor="#f2f2f2", fontsize=8`,
}

// typeColors tell the types of namespaces apart.
var typeColors = map[string]string{
	"user": "#ffd9a8", "net": "#bfe3ff", "mnt": "#cdeccb", "pid": "#ffd0d8",
	"uts": "#e6dcff", "ipc": "#d6f2ee", "cgroup": "#f2e6bf", "time": "#e3e3f5",
}

func (n *DrawNode) looks() string {
	s := kindLooks[n.Kind]
	if n.NS != nil {
		switch n.State {
		case "inactive", "dead":
			s += `, style="rounded,filled,dashed", fillcolor="#e4e4e4", fontcolor="#666666"`
		default:
			s += fmt.Sprintf(", fillcolor=%q", typeColors[n.NS.Type])
		}
	} else if n.State == "zombie" || n.State == "reaped" {
		s += `, style=dashed, fontcolor="#666666"`
	}
	if n.Mark != "" {
		s += `, color="#d0021b", penwidth=2.2`
	}
	return s
}

func (e *DrawEdge) class() string {
	s := "uses"
	switch {
	case e.Owner:
		s = "owner"
	case e.Passive|e.Active != 0:
		s = "holds"
	}
	if e.Active > 0 {
		s += " active"
	}
	if e.Mark != "" {
		s += " " + string(e.Mark)
	}
	return s
}

// looks: a solid line is an active reference, a dashed one a passive reference alone,
// a dotted one a pointer that counts on no namespace.
func (e *DrawEdge) looks() string {
	s := ""
	switch {
	case e.Passive|e.Active == 0:
		s = ", style=dotted"
	case e.Active == 0:
		s = ", style=dashed"
	}
	if label := e.text(); label != "" {
		s += ", label=" + quote(label)
	}
	if e.Owner {
		s += ", arrowhead=onormal, penwidth=1.6"
	}
	if e.Mark != "" {
		s += `, color="#d0021b", fontcolor="#d0021b"`
	}
	return s
}

// text is an edge's label: several references are told by their number.
func (e *DrawEdge) text() string {
	if n := max(e.Passive, e.Active); n > 1 {
		return strings.TrimSpace(fmt.Sprintf("%s ×%d", e.Label, n))
	}
	return e.Label
}

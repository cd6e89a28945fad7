// SPDX-License-Identifier: GPL-2.0-only

package main

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/nssim/nssim/sim"
	"github.com/nssim/nssim/sim/program"
	"github.com/stretchr/testify/require"
)

// table is what a command lists, as text with blanks and line ends alike, and as JSON.
func table(t *testing.T, name string) (text string, rows []map[string]any) {
	r := nssim("", name)
	require.Zero(t, r.status, r.err)
	text = strings.Join(strings.Fields(r.out), " ")
	r = nssim("", name, "--json")
	require.Zero(t, r.status, r.err)
	for l := range strings.Lines(r.out) {
		var row map[string]any
		require.NoError(t, json.Unmarshal([]byte(l), &row))
		rows = append(rows, row)
	}
	return text, rows
}

func TestSwitches(t *testing.T) {
	text, rows := table(t, "switches")
	require.Len(t, rows, len(sim.Switches()))
	for i, s := range sim.Switches() {
		require.Equal(t, s.Name, rows[i]["name"])
		require.Contains(t, text, s.Name+" ("+string(s.Layer)+") "+s.Doc)
	}
	require.Contains(t, text, "handle-owner-cap (kernel) CAP_SYS_ADMIN over the owner is enough to open by handle on in v6.18, rfc-v1, v6.19 ")
}

func TestProfiles(t *testing.T) {
	text, rows := table(t, "profiles")
	require.Len(t, rows, len(sim.Profiles())+len(sim.AllSemantics()))
	for _, p := range sim.Profiles() {
		require.Contains(t, text, p.Doc+" on: "+strings.Join(p.Switches, ", "))
	}
	for _, s := range sim.AllSemantics() {
		require.Contains(t, text, s.Doc)
	}
	require.Contains(t, text, "kernel v6.19 (default) ")
	require.Contains(t, text, "semantics active (default) ")
}

func TestCalls(t *testing.T) {
	text, rows := table(t, "calls")
	require.Len(t, rows, len(program.Calls)+len(program.Functions))
	for _, s := range program.Calls {
		require.Contains(t, text, strings.Join(strings.Fields(s.Name+"("+s.Usage+") = "+s.Binds.String()+" "+s.Doc), " "))
	}
	for _, f := range program.Functions {
		require.Contains(t, text, f.Name+"("+f.Usage+") "+f.Doc)
	}
}

// Who misspells a switch sees all of them.
func TestUnknownSwitch(t *testing.T) {
	for _, flag := range []string{"--bug", "--off"} {
		r := nssim("", "selftest", flag, "no-such-switch")
		require.Equal(t, 2, r.status)
		require.Empty(t, r.out)
		list, ok := strings.CutPrefix(strings.Join(strings.Fields(r.err), " "), `nssim: unknown bug or switch "no-such-switch", expected one of `)
		require.True(t, ok, r.err)
		require.Equal(t, strings.Join(switchNames(), ", "), list)
	}
}

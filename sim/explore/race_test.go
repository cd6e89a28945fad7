// SPDX-License-Identifier: GPL-2.0-only

package explore

import (
	"slices"
	"strings"
	"testing"

	"github.com/nssim/nssim/sim"
	"github.com/stretchr/testify/require"
)

// Each race is clean on a kernel without bugs. Its number of states is about the one that
// is written down: with calls in flight two machines are the same only if numbered alike,
// and how things are numbered is nobody's promise.
func TestRacesClean(t *testing.T) {
	for _, r := range Races() {
		rep, err := SearchRace(r, Options{Workers: 2})
		require.NoError(t, err)
		require.True(t, rep.Complete, r.Name)
		require.Empty(t, rep.Schedules, r.Name)
		require.InEpsilon(t, r.Expect, rep.States, 0.5, r.Name)
	}
}

// raceBugs is which race shows which bug, and in how many turns.
var raceBugs = []struct {
	race, bug string
	turns     int
}{
	{"setns-race", "owner-at-creation", 3},
	{"setns-race", "no-cascade-on-put", 1},
	{"listns-race", "put-inside-rcu", 3},
	{"listns-race", "rcu-head-overlays-id-and-active", 3},
	{"open-race", "no-cascade-on-put", 1},
}

func raceWith(t *testing.T, name, bug string) Race {
	r, ok := RaceByName(name)
	require.True(t, ok)
	r.Config.Bugs = append(slices.Clip(r.Config.Bugs), bug)
	return r
}

// With a bug switched on, the race is found, and its schedule can be replayed.
func TestRacesBugs(t *testing.T) {
	for _, k := range raceBugs {
		r := raceWith(t, k.race, k.bug)
		rep, err := SearchRace(r, Options{Workers: 2})
		require.NoError(t, err)
		require.Len(t, rep.Schedules, 1, k)
		text := rep.Schedules[0].Text
		require.Len(t, strings.Fields(text), k.turns, text)
		again, err := r.Replay(text)
		require.NoError(t, err)
		require.Equal(t, rep.Schedules[0], again)
		require.NotEmpty(t, again.Table())
		r.Config.Bugs = nil
		clean, err := r.Replay(text)
		require.True(t, err != nil || len(clean.Broken) == 0, k) // or the schedule is none of that kernel's
	}
}

// Folding local steps changes how many states there are, not what is found.
func TestFolding(t *testing.T) {
	bugs := []string{""}
	for _, k := range raceBugs {
		bugs = append(bugs, k.bug)
	}
	slices.Sort(bugs)
	if testing.Short() {
		t.Skip("every race without folding, with every bug")
	}
	for _, r := range Races() {
		for _, bug := range slices.Compact(bugs) {
			r.Config.Bugs = nil
			if bug != "" {
				r.Config.Bugs = []string{bug}
			}
			r.NoFold = false
			with, err := SearchRace(r, Options{Workers: 2})
			require.NoError(t, err)
			r.NoFold = true
			without, err := SearchRace(r, Options{Workers: 2})
			require.NoError(t, err)
			require.Equal(t, len(without.Schedules), len(with.Schedules), "%s %s", r.Name, bug)
			if with.Complete && r.Name == "setns-race" {
				require.Less(t, with.States, without.States)
			}
		}
	}
}

func TestReplayErrors(t *testing.T) {
	r, _ := RaceByName("setns-race")
	for _, text := range []string{"t9", "t1*0", "t1*x", "t1*900", "cleanup_net"} {
		_, err := r.Replay(text)
		require.ErrorContains(t, err, "schedule: ", text)
	}
	r.Scripts = []string{"t7: exit"}
	_, err := SearchRace(r, Options{})
	require.ErrorContains(t, err, "no task t7")
	for _, bad := range []string{"t1 exit", "t1: frob", "t1: close nothing"} {
		r.Scripts = []string{bad}
		_, err := SearchRace(r, Options{})
		require.Error(t, err, bad)
	}
	r.Config = sim.Config{Kernel: "v1"}
	_, err = SearchRace(r, Options{})
	require.Error(t, err)
}

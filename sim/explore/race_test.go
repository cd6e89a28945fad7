// SPDX-License-Identifier: GPL-2.0-only

package explore

import (
	"slices"
	"testing"

	"github.com/nssim/nssim/sim"
	"github.com/stretchr/testify/require"
)

// Each race is clean on a kernel without bugs, and its number of states is the one that
// is written down.
func TestRacesClean(t *testing.T) {
	for _, r := range Races() {
		rep, err := SearchRace(r, Options{Workers: 2})
		require.NoError(t, err)
		require.True(t, rep.Complete, r.Name)
		require.Empty(t, rep.Schedules, r.Name)
		require.Equal(t, r.Expect, rep.States, r.Name)
	}
}

// raceBugs is which race shows which bug, and the schedule that it is shown by.
var raceBugs = []struct{ race, bug, schedule string }{
	{"setns-race", "owner-at-creation", "t2*11 t1*20 t2*23"},
	{"setns-race", "no-cascade-on-put", "t1*25"},
	{"listns-race", "put-inside-rcu", "init*9 t1*14 init"},
	{"listns-race", "rcu-head-overlays-id-and-active", "init*4 t1*21 init"},
	{"open-race", "no-cascade-on-put", "t1*23 lazy_TLB t1*5"},
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
		require.Equal(t, k.schedule, rep.Schedules[0].Text, k)
		again, err := r.Replay(k.schedule)
		require.NoError(t, err)
		require.Equal(t, rep.Schedules[0], again)
		require.NotEmpty(t, again.Table())
		r.Config.Bugs = nil
		clean, err := r.Replay(k.schedule)
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

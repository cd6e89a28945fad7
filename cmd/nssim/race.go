// SPDX-License-Identifier: GPL-2.0-only

package main

import "github.com/nssim/nssim/sim/explore"

// exploreRace searches a named race, or replays one schedule of it.
func (c *cli) exploreRace(r explore.Race, f exploreFlags) error {
	cfg, err := c.config()
	if err != nil {
		return err
	}
	r.Config = mergeConfig(r.Config, cfg)
	r.NoFold = f.noFold
	if f.schedule != "" {
		return c.replayRace(r, f.schedule)
	}
	opt := explore.Options{Workers: f.workers}
	if opt.Memory, err = parseBytes(f.mem); err != nil {
		return err
	}
	stop, progress := c.exploreProgress()
	defer stop()
	opt.Progress = progress
	rep, err := explore.SearchRace(r, opt)
	if err != nil {
		return err
	}
	on, err := r.Config.Compose()
	if err != nil {
		return err
	}
	if c.json {
		err = c.printJSON(struct {
			made
			Setup string `json:"setup"`
			*explore.RaceReport
		}{madeBy(on, ""), r.Name, rep})
	} else {
		c.printf("%s\n", c.style.dim("# "+header(on)))
		c.printf("%s: %d states, %d moves, depth %d\n", r.Name, rep.States, rep.Transitions, rep.Depth)
		for _, s := range rep.Schedules {
			c.printSchedule(s)
		}
		c.exploreEnd(rep.Report, len(rep.Schedules), r.Says)
	}
	if err == nil && len(rep.Schedules) > 0 {
		err = errFailed
	}
	return err
}

func (c *cli) replayRace(r explore.Race, text string) error {
	s, err := r.Replay(text)
	if err != nil {
		return err
	}
	if c.json {
		err = c.printJSON(s)
	} else {
		c.printSchedule(s)
	}
	if err == nil && len(s.Broken) > 0 {
		err = errFailed
	}
	return err
}

func (c *cli) printSchedule(s *explore.Schedule) {
	c.printf("\n%s", s.Table())
	for _, b := range s.Broken {
		c.printf("%s %s\n", c.style.bad("BROKEN"), b)
	}
	c.printf("schedule: %s\n", s.Text)
}

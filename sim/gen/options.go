// SPDX-License-Identifier: GPL-2.0-only

package gen

import (
	"fmt"
	"slices"
	"strings"

	"github.com/nssim/nssim/sim"
)

// Options say what programs to make. The zero value is a mixture of everything on the
// default configuration.
type Options struct {
	// Config is what the programs run under while they are made, and what they say that
	// they are to run under.
	Config sim.Config
	// Lines is how long a program is before it cleans up, 40 if 0. A few lines more or
	// less come of what belongs together.
	Lines int
	// Tasks is how many tasks there are at most at one time, zombies included, 7 if 0.
	Tasks int
	// Nets is how many network namespaces a program makes at most; 0 stands for 4, or for
	// 1 with Kernel, since each costs a real kernel some 20 ms. None if negative.
	Nets int
	// Weights replaces how often something is drawn, by the names that Weights lists; 0
	// is never.
	Weights map[string]int
	// Open leaves everything at the end as it is, and the first task free to do whatever
	// it likes: without it, init stays alive and privileged in the initial user and mount
	// namespace, so that it can clean up.
	Open bool
	// Kernel leaves out what a real kernel does otherwise for reasons outside the model:
	// process numbers and addresses that are no names, permissions of files, mounts that
	// hide what the guest needs, working directories, big memory.
	Kernel bool
}

// Defaults of Options.
const (
	DefaultLines = 40
	DefaultTasks = 7
	defaultNets  = 4
	kernelNets   = 1
	// kernelSettles is how many settle lines a program for a real kernel has at most
	// before it cleans up.
	kernelSettles = 1
)

// Check says in a sentence what is wrong with options.
func (o *Options) Check() error {
	if _, err := o.Config.Compose(); err != nil {
		return err
	}
	var unknown []string
	for name, w := range o.Weights {
		if w < 0 {
			return fmt.Errorf("the weight of %s is %d, expected 0 or more", name, w)
		}
		if !slices.ContainsFunc(makers, func(m maker) bool { return m.name == name }) {
			unknown = append(unknown, name)
		}
	}
	if len(unknown) > 0 {
		slices.Sort(unknown)
		return fmt.Errorf("nothing to draw is called %s", strings.Join(unknown, ", "))
	}
	if o.Lines < 0 || o.Tasks < 0 {
		return fmt.Errorf("%d lines and %d tasks, expected 0 or more", o.Lines, o.Tasks)
	}
	return nil
}

// may reports whether a call is to be made at all.
func (o *Options) may(name string) bool {
	w, given := o.Weights[name]
	return !given || w > 0
}

// withDefaults fills in what is left out.
func (o Options) withDefaults() Options {
	if o.Lines == 0 {
		o.Lines = DefaultLines
	}
	if o.Tasks == 0 {
		o.Tasks = DefaultTasks
	}
	if o.Nets == 0 {
		o.Nets = defaultNets
		if o.Kernel {
			o.Nets = kernelNets
		}
	}
	return o
}

// Weights returns how often each thing is drawn by default, relative to the sum of all.
// Most are named after the call that they make; a few stand for several lines.
func Weights() map[string]int {
	w := make(map[string]int, len(makers))
	for _, m := range makers {
		w[m.name] = m.weight
	}
	return w
}

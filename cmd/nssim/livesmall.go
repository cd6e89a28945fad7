// SPDX-License-Identifier: GPL-2.0-only

package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/nssim/nssim/sim/gen"
	"github.com/nssim/nssim/sim/live"
	"github.com/nssim/nssim/sim/program"
)

// shrinkRuns is how often a diverging program is run while it is made small.
const shrinkRuns = 200

// smaller looks for a small program on which kernel and model differ.
type smaller struct {
	ctx  context.Context
	r    *liveRun
	g    *live.Guest
	err  error            // no guest can be had
	last *live.Comparison // of the smallest program that differs
}

// differs reports whether kernel and model differ on a program.
func (s *smaller) differs(p *program.Program) bool {
	if s.err != nil {
		return false
	}
	if s.g == nil || s.g.Err() != nil {
		s.close()
		if s.g, s.err = live.Open(s.ctx, s.r.f.options(s.r.kernel)...); s.err != nil {
			return false
		}
	}
	x, err := live.Compare(s.ctx, p, s.r.cfg, s.g)
	if err != nil || x.Divergence == nil {
		return false
	}
	s.last = x
	return true
}

func (s *smaller) close() {
	if s.g != nil {
		s.g.Close()
	}
	s.g = nil
}

// saveSmall makes a program small on which kernel and model differ, and saves it.
func (c *cli) saveSmall(ctx context.Context, r *liveRun, p *program.Program) error {
	s := &smaller{ctx: ctx, r: r}
	defer s.close()
	if !s.differs(p) {
		if s.err == nil && !c.json {
			c.printf("# %s: no difference when it was run again\n", p.Name)
		}
		return s.err
	}
	small := gen.Shrink(p, s.differs, shrinkRuns)
	if s.err != nil {
		return s.err
	}
	if !s.differs(small) {
		small = p
	}
	name := filepath.Join(r.f.save, strings.TrimSuffix(filepath.Base(p.Name), ".ns")+"-"+live.Version(s.last.Release)+".ns")
	if err := writeSmall(name, small, s.last); err != nil {
		return err
	}
	if c.json {
		return c.printJSON(liveJSON{Program: p.Name, Saved: name, Diffs: s.last.Divergence.Diffs})
	}
	c.printf("# %s, made small, is %s\n%s\n", p.Name, name, s.last)
	return nil
}

// writeSmall saves a program with what differs in comments.
func writeSmall(name string, p *program.Program, x *live.Comparison) error {
	var b bytes.Buffer
	fmt.Fprintf(&b, "# %s against %s\n", x.Release, x.Config)
	for l := range strings.Lines(strings.TrimRight(x.Divergence.String(), "\n")) {
		fmt.Fprintf(&b, "# %s\n", strings.TrimRight(l, "\n"))
	}
	b.WriteString("\n")
	b.Write(p.Expanded())
	return errors.Join(os.MkdirAll(filepath.Dir(name), 0o777), os.WriteFile(name, b.Bytes(), 0o666))
}
